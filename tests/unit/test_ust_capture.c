/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What event notifiers capture: values that applications send, right or wrong. */
#include "backend/source/ust/capture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define BYTES_MAX   32
#define RANDOM_RUNS 20000

static void values_are_read(void **state)
{
	static const unsigned char bytes[] = {
		0x98,							/* eight of them */
		0x05,							/* 5 */
		0xff,							/* -1 */
		0xd1, 0xff, 0x00,					/* -256 */
		0xcf, 0xff, 0xff,   0xff, 0xff, 0xff, 0xff, 0xff, 0xff, /* the largest */
		0xcb, 0x3f, 0xf8,   0,	  0,	0,    0,    0,	  0,	/* 1.5 */
		0xa3, 'a',  '\033', 'b',				/* text with an escape */
		0x92, 0x01, 0xc0,					/* a list with a hole */
		0x82, 0xa4, 't',    'y',  'p',	'e',  0xa4, 'e',  'n',
		'u',  'm',  0xa5,   'v',  'a',	'l',  'u',  'e',  0x07, /* an enumeration */
	};
	static const char *const expected[] = {
		"5", "-1", "-256", "18446744073709551615", "1.5", "\"a^[b\"", "[1, unavailable]",
		"7",
	};
	struct word_list values = {0};

	(void)state;
	assert_true(capture_read(bytes, sizeof(bytes), &values));
	assert_int_equal(values.count, sizeof(expected) / sizeof(expected[0]));
	for (size_t i = 0; i < values.count; i++)
		assert_string_equal(values.words[i], expected[i]);
	word_list_finish(&values);
	for (size_t length = 0; length < sizeof(bytes); length++) {
		assert_false(capture_read(bytes, length, &values));
		word_list_finish(&values);
		values = (struct word_list){0};
	}
}

static void lists_in_lists_have_an_end(void **state)
{
	unsigned char bytes[BYTES_MAX];
	struct word_list values = {0};

	(void)state;
	memset(bytes, 0x91, sizeof(bytes));
	assert_false(capture_read(bytes, sizeof(bytes), &values));
	word_list_finish(&values);
}

static void any_bytes_do_no_harm(void **state)
{
	uint64_t number = 1;

	(void)state;
	for (unsigned int run = 0; run < RANDOM_RUNS; run++) {
		struct word_list values = {0};
		size_t length = 1 + run % (BYTES_MAX - 1);
		unsigned char *bytes = malloc(length); /* so that reading beyond is seen */

		assert_non_null(bytes);
		for (size_t i = 0; i < length; i++) {
			number = number * 6364136223846793005u + 1442695040888963407u;
			bytes[i] = (unsigned char)(number >> 56);
		}
		bytes[0] = 0x9f;
		capture_read(bytes, length, &values);
		word_list_finish(&values);
		free(bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_read),
		cmocka_unit_test(lists_in_lists_have_an_end),
		cmocka_unit_test(any_bytes_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
