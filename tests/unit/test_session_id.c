/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ids of sessions sort in the order in which they were made, whatever the clock does. */
#include "backend/identity/session_id.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/units.h"

static void ids_grow_while_the_clock_stands_still(void **state)
{
	const uint64_t wall_ns = UINT64_C(1795321399119) * NS_PER_MS;
	struct session_id_clock clock = {0};
	char before[UUID_TEXT_MAX], id[UUID_TEXT_MAX];

	(void)state;
	session_id_make(&clock, wall_ns, before);
	for (int i = 0; i < 10000; i++) { /* more than a counter of 12 bits */
		session_id_make(&clock, wall_ns, id);
		assert_true(strcmp(before, id) < 0);
		assert_int_equal(id[14], '7');
		memcpy(before, id, sizeof(id));
	}
}

static void ids_grow_when_the_clock_goes_back(void **state)
{
	struct session_id_clock clock = {0};
	char first[UUID_TEXT_MAX], second[UUID_TEXT_MAX];

	(void)state;
	session_id_make(&clock, 1000 * NS_PER_S, first);
	session_id_make(&clock, 900 * NS_PER_S, second);
	assert_true(strcmp(first, second) < 0);
	assert_memory_equal(first, second, 13); /* the same millisecond */
}

static void others_ids_are_any_short_text(void **state)
{
	char longest[SESSION_ID_BYTES_MAX + 2];

	(void)state;
	memset(longest, 'x', sizeof(longest));
	longest[SESSION_ID_BYTES_MAX + 1] = '\0';
	assert_false(session_id_is_usable(longest));
	longest[SESSION_ID_BYTES_MAX] = '\0';
	assert_true(session_id_is_usable(longest));
	assert_true(session_id_is_usable("0"));
	assert_false(session_id_is_usable(""));
	assert_false(session_id_is_usable(NULL));
}

static void short_form_is_the_end(void **state)
{
	(void)state;
	assert_string_equal(session_id_short("0192e4a0-7b1c-7c00-8000-0123456789ab"), "456789ab");
	assert_string_equal(session_id_short("abc"), "abc");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_grow_while_the_clock_stands_still),
		cmocka_unit_test(ids_grow_when_the_clock_goes_back),
		cmocka_unit_test(others_ids_are_any_short_text),
		cmocka_unit_test(short_form_is_the_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
