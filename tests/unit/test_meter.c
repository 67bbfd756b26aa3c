/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Meters: totals become rates and one sample a second, slow events too, and gaps stay gaps. */
#include "backend/model/meter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "backend/base/units.h"

#define START_NS (100 * NS_PER_S)

static void sample_at(struct meter *meter, uint64_t second, uint64_t total)
{
	meter_sample(meter, total, START_NS + second * NS_PER_S, second * NS_PER_S + 1);
}

static void first_total_is_no_rate(void **state)
{
	struct meter meter = {0};

	(void)state;
	sample_at(&meter, 0, 5000);
	assert_int_equal(meter.rate_per_1000_s, 0);
	assert_int_equal(meter.count, 0);
}

static void growth_in_a_second_is_the_rate(void **state)
{
	struct meter meter = {0};
	uint32_t history[PICTURE_HISTORY];

	(void)state;
	sample_at(&meter, 0, 1000);
	sample_at(&meter, 1, 1250);
	assert_int_equal(meter.rate_per_1000_s, 250 * 1000);
	meter_copy_history(&meter, history);
	assert_int_equal(history[PICTURE_HISTORY - 1], 250);
	assert_int_equal(history[PICTURE_HISTORY - 2], PICTURE_NO_SAMPLE);
}

static void slow_events_have_a_steady_rate(void **state)
{
	struct meter meter = {0};

	(void)state;
	sample_at(&meter, 0, 0);
	for (uint64_t second = 1; second <= 10; second++)
		sample_at(&meter, second, second / 5); /* one in five seconds */
	assert_int_equal(meter.rate_per_1000_s, 200);
}

static void unwatched_seconds_are_gaps(void **state)
{
	struct meter meter = {0};
	uint32_t history[PICTURE_HISTORY];

	(void)state;
	sample_at(&meter, 0, 0);
	sample_at(&meter, 1, 100);
	sample_at(&meter, 5, 500);
	meter_copy_history(&meter, history);
	assert_int_equal(history[PICTURE_HISTORY - 1], 100);
	assert_int_equal(history[PICTURE_HISTORY - 2], PICTURE_NO_SAMPLE);
	assert_int_equal(history[PICTURE_HISTORY - 4], PICTURE_NO_SAMPLE);
	assert_int_equal(history[PICTURE_HISTORY - 5], 100);
}

static void history_keeps_the_newest(void **state)
{
	struct meter meter = {0};
	uint32_t history[PICTURE_HISTORY];
	uint64_t total = 0;

	(void)state;
	sample_at(&meter, 0, 0);
	for (uint64_t second = 1; second <= PICTURE_HISTORY + 10; second++) {
		total += 1000 + second;
		sample_at(&meter, second, total);
	}
	meter_copy_history(&meter, history);
	assert_int_equal(history[0], 1000 + 11);
	assert_int_equal(history[PICTURE_HISTORY - 1], 1000 + PICTURE_HISTORY + 10);
}

static void total_that_went_back_is_no_growth(void **state)
{
	struct meter meter = {0};

	(void)state;
	sample_at(&meter, 0, 1000);
	sample_at(&meter, 1, 10);
	assert_int_equal(meter.rate_per_1000_s, 0);
	sample_at(&meter, 2, 110);
	assert_int_equal(meter.rate_per_1000_s, 100 * 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_total_is_no_rate),
		cmocka_unit_test(growth_in_a_second_is_the_rate),
		cmocka_unit_test(slow_events_have_a_steady_rate),
		cmocka_unit_test(unwatched_seconds_are_gaps),
		cmocka_unit_test(history_keeps_the_newest),
		cmocka_unit_test(total_that_went_back_is_no_growth),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
