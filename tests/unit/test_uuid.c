/* SPDX-License-Identifier: GPL-2.0-or-later */
/* UUIDs: version and variant bits, time order of version 7, text there and back. */
#include "backend/base/uuid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/base/units.h"

static void assert_version(const struct uuid *uuid, int version)
{
	assert_int_equal(uuid->bytes[6] >> 4, version);
	assert_int_equal(uuid->bytes[8] >> 6, 2); /* RFC 9562 §4.1 */
}

static void random_ones_differ(void **state)
{
	struct uuid a, b;

	(void)state;
	uuid_make_random(&a);
	uuid_make_random(&b);
	assert_version(&a, 4);
	assert_memory_not_equal(a.bytes, b.bytes, 16);
}

static void version_7_begins_with_the_milliseconds(void **state)
{
	/* RFC 9562 A.6: 2022-02-22 14:22:22 -05:00 is 0x017F22E279B0 ms */
	static const unsigned char expected[] = {0x01, 0x7f, 0x22, 0xe2, 0x79, 0xb0};
	struct uuid uuid, later;

	(void)state;
	uuid_make_v7(&uuid, UINT64_C(0x017f22e279b0) * NS_PER_MS + 999999);
	assert_memory_equal(uuid.bytes, expected, sizeof(expected));
	assert_version(&uuid, 7);
	uuid_make_v7(&later, UINT64_C(0x017f22e279b1) * NS_PER_MS);
	assert_true(memcmp(uuid.bytes, later.bytes, 16) < 0);
}

static void text_goes_there_and_back(void **state)
{
	static const char *const text = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f";
	char out[UUID_TEXT_MAX];
	struct uuid uuid;

	(void)state;
	assert_true(uuid_from_text(text, &uuid));
	assert_version(&uuid, 7);
	assert_string_equal(uuid_text(out, &uuid), text);
	assert_true(uuid_from_text("017F22E2-79B0-7CC3-98C4-DC0C0C07398F", &uuid));
	assert_string_equal(uuid_text(out, &uuid), text);
}

static void other_texts_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"017f22e2",
		"017f22e2-79b0-7cc3-98c4-dc0c0c07398",
		"017f22e2-79b0-7cc3-98c4-dc0c0c07398f0",
		"017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
		"017f22e2 79b0-7cc3-98c4-dc0c0c07398f",
		" 17f22e2-79b0-7cc3-98c4-dc0c0c07398f",
		"017f22e279b07cc398c4dc0c0c07398f",
		"017f22e2-79b0-7cc3-98c4-dc0c0c07398f\n",
	};
	struct uuid uuid;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		if (uuid_from_text(bad[i], &uuid))
			fail_msg("'%s' was taken", bad[i]);
}

static void boot_id_stays_the_same(void **state)
{
	struct uuid first, second;

	(void)state;
	assert_true(uuid_read_boot_id(&first));
	assert_true(uuid_read_boot_id(&second));
	assert_memory_equal(first.bytes, second.bytes, 16);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_ones_differ),
		cmocka_unit_test(version_7_begins_with_the_milliseconds),
		cmocka_unit_test(text_goes_there_and_back),
		cmocka_unit_test(other_texts_are_refused),
		cmocka_unit_test(boot_id_stays_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
