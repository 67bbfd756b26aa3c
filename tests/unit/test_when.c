/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What people write for a place in a trace. */
#include "console/when.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/base/units.h"

/* 2026-11-22 12:00:00 UTC */
#define NOON (UINT64_C(1795348800) * NS_PER_S)
#define DAY  (UINT64_C(86400) * NS_PER_S)

static const struct when_base base = {NOON, NOON + 100 * NS_PER_S, NOON + 10 * NS_PER_S};

static int setup(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	return 0;
}

static uint64_t at(const struct when_base *from, const char *text)
{
	struct error err = ERROR_INIT;
	uint64_t wall_ns = 0;

	if (!when_parse(text, from, &wall_ns, &err))
		fail_msg("%s", err.message);
	return wall_ns;
}

static void ends_and_percents(void **state)
{
	(void)state;
	assert_int_equal(at(&base, "begin"), NOON);
	assert_int_equal(at(&base, "end"), NOON + 100 * NS_PER_S);
	assert_int_equal(at(&base, "0%"), NOON);
	assert_int_equal(at(&base, "50%"), NOON + 50 * NS_PER_S);
	assert_int_equal(at(&base, "12.5%"), NOON + 12500 * NS_PER_MS);
	assert_int_equal(at(&base, "100%"), NOON + 100 * NS_PER_S);
}

static void distances_count_from_here(void **state)
{
	(void)state;
	assert_int_equal(at(&base, "+3"), NOON + 13 * NS_PER_S);
	assert_int_equal(at(&base, "+3s"), NOON + 13 * NS_PER_S);
	assert_int_equal(at(&base, "-1.5s"), NOON + 8500 * NS_PER_MS);
	assert_int_equal(at(&base, "+200 ms"), NOON + 10200 * NS_PER_MS);
	assert_int_equal(at(&base, "+7us"), NOON + 10 * NS_PER_S + 7000);
	assert_int_equal(at(&base, "+7ns"), NOON + 10 * NS_PER_S + 7);
	assert_int_equal(at(&base, "+1m"), NOON + 70 * NS_PER_S);
	assert_int_equal(at(&base, "-1h"), NOON - 3590 * NS_PER_S);
}

static void times_are_of_the_day_one_is_in(void **state)
{
	(void)state;
	assert_int_equal(at(&base, "12:00"), NOON);
	assert_int_equal(at(&base, "12:00:01.5"), NOON + 1500 * NS_PER_MS);
	assert_int_equal(at(&base, "12:00:01.000000001"), NOON + NS_PER_S + 1);
	assert_int_equal(at(&base, "2026-11-23 12:00:01"), NOON + DAY + NS_PER_S);
	assert_int_equal(at(&base, "2026-11-22T12:00:01"), NOON + NS_PER_S);
	assert_int_equal(at(&base, "1795348800.25"), NOON + 250 * NS_PER_MS);
}

static void a_trace_over_midnight_has_both_sides(void **state)
{
	const struct when_base before = {NOON + 11 * DAY / 24, NOON + 13 * DAY / 24,
					 NOON + 11 * DAY / 24};
	const struct when_base after = {NOON + 11 * DAY / 24, NOON + 13 * DAY / 24,
					NOON + 13 * DAY / 24};

	(void)state;
	assert_int_equal(at(&before, "00:30"), NOON + DAY / 2 + 1800 * NS_PER_S);
	assert_int_equal(at(&after, "23:30"), NOON + DAY / 2 - 1800 * NS_PER_S);
}

static void nonsense_is_refused(void **state)
{
	static const char *const texts[] = {"",
					    "x",
					    "%",
					    "101%",
					    "-1%",
					    "5%%",
					    "+",
					    "+s",
					    "+3 days",
					    "12:",
					    "24:00",
					    "12:60",
					    "1.2:00",
					    "12:00:01x",
					    "12-3",
					    "-",
					    "99999999999999999999999"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct error err = ERROR_INIT;
		uint64_t wall_ns;

		if (when_parse(texts[i], &base, &wall_ns, &err))
			fail_msg("'%s' was taken", texts[i]);
		assert_int_equal(err.code, ERROR_INVALID);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(ends_and_percents, setup),
		cmocka_unit_test_setup(distances_count_from_here, setup),
		cmocka_unit_test_setup(times_are_of_the_day_one_is_in, setup),
		cmocka_unit_test_setup(a_trace_over_midnight_has_both_sides, setup),
		cmocka_unit_test_setup(nonsense_is_refused, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
