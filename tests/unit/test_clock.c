/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Clocks: the offset between them, and lttng's time texts in any zone. */
#include "backend/base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/units.h"

/* 2026-11-22 04:19:06 UTC, from date -u -d '2026-11-22 04:19:06' +%s */
#define EXAMPLE_NS (UINT64_C(1795321146) * NS_PER_S)

static void offset_leads_from_one_clock_to_the_other(void **state)
{
	int64_t offset_ns = clock_wall_offset_ns();
	uint64_t before_ns = clock_wall_ns();
	uint64_t now_ns = clock_monotonic_ns() + (uint64_t)offset_ns;
	uint64_t after_ns = clock_wall_ns();

	(void)state;
	/* A second of room, for a clock that is being set meanwhile. */
	assert_true(now_ns + NS_PER_S > before_ns);
	assert_true(now_ns < after_ns + NS_PER_S);
}

static void monotonic_time_never_goes_back(void **state)
{
	uint64_t last_ns = clock_monotonic_ns();

	(void)state;
	for (int i = 0; i < 1000; i++) {
		uint64_t now_ns = clock_monotonic_ns();

		assert_true(now_ns >= last_ns);
		last_ns = now_ns;
	}
}

static void texts_are_lttngs(void **state)
{
	char out[CLOCK_TEXT_MAX];

	(void)state;
	setenv("TZ", "UTC0", 1);
	assert_string_equal(clock_text_date_time(out, EXAMPLE_NS), "20261122-041906");
	assert_string_equal(clock_text_iso_basic(out, EXAMPLE_NS), "20261122T041906+0000");
	assert_string_equal(clock_text_time(out, EXAMPLE_NS), "04:19:06");
}

static void texts_are_local(void **state)
{
	char out[CLOCK_TEXT_MAX];

	(void)state;
	setenv("TZ", "XXX+03:30", 1); /* POSIX: west of Greenwich is positive */
	assert_string_equal(clock_text_iso_basic(out, EXAMPLE_NS), "20261122T004906-0330");
	assert_string_equal(clock_text_date_time(out, EXAMPLE_NS), "20261122-004906");
}

static void any_instant_has_a_text(void **state)
{
	char out[CLOCK_TEXT_MAX];

	(void)state;
	assert_int_equal(strlen(clock_text_iso_basic(out, 0)), 20);
	assert_int_equal(strlen(clock_text_iso_basic(out, UINT64_MAX)), 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(offset_leads_from_one_clock_to_the_other),
		cmocka_unit_test(monotonic_time_never_goes_back),
		cmocka_unit_test(texts_are_lttngs),
		cmocka_unit_test(texts_are_local),
		cmocka_unit_test(any_instant_has_a_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
