/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Meters: totals become rates and one sample a second, slow events too, and gaps stay gaps. */
#include "backend/model/meter.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "backend/base/units.h"

#define START_NS (100 * NS_PER_S)
#define FIRST	 60 /* a beginning of samples of all lengths */
#define LAST	 (PICTURE_HISTORY - 1)

/* Second 0 is the base; a pause lies before each second that isn't the next. */
static void sample_at(struct meter *meter, uint64_t second, uint64_t total)
{
	struct meter_time time = {
		.second = FIRST + second,
		.previous = FIRST + second - 1,
		.now_ns = START_NS + second * NS_PER_S,
		.wall_ns = second * NS_PER_S + 1,
	};

	meter_sample(meter, total, &time);
}

static void first_total_is_no_rate(void **state)
{
	struct meter meter = {0};

	(void)state;
	sample_at(&meter, 0, 5000);
	assert_int_equal(meter.rate_per_1000_s, 0);
	assert_int_equal(meter.histories[0].count, 0);
}

static void growth_in_a_second_is_the_rate(void **state)
{
	struct meter meter = {0};
	uint32_t history[PICTURE_HISTORY];

	(void)state;
	sample_at(&meter, 0, 1000);
	sample_at(&meter, 1, 1250);
	assert_int_equal(meter.rate_per_1000_s, 250 * 1000);
	meter_copy_history(&meter, 0, history);
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

/* Whoever made them was killed. */
static void what_ran_fast_stands_at_once(void **state)
{
	struct meter meter = {0};

	(void)state;
	sample_at(&meter, 0, 0);
	for (uint64_t second = 1; second <= 20; second++)
		sample_at(&meter, second, 2000 * second);
	sample_at(&meter, 21, 2000 * 20 + 700); /* in the middle of this one */
	assert_int_equal(meter.rate_per_1000_s, 700 * 1000);
	sample_at(&meter, 22, 2000 * 20 + 700);
	assert_int_equal(meter.rate_per_1000_s, 0);
}

static void what_was_slow_is_over_when_much_is_missing(void **state)
{
	struct meter meter = {0};
	uint64_t second;

	(void)state;
	sample_at(&meter, 0, 0);
	for (second = 1; second <= 20; second++)
		sample_at(&meter, second, 5 * second);
	assert_int_equal(meter.rate_per_1000_s, 5 * 1000);
	sample_at(&meter, second++, 5 * 20);
	assert_true(meter.rate_per_1000_s > 0); /* it may only be late */
	while (meter.rate_per_1000_s > 0)
		sample_at(&meter, second++, 5 * 20);
	assert_int_equal(second - 21, 4); /* 20 are missing */
}

static void unwatched_seconds_are_gaps(void **state)
{
	struct meter meter = {0};
	uint32_t history[PICTURE_HISTORY];

	(void)state;
	sample_at(&meter, 0, 0);
	sample_at(&meter, 1, 100);
	sample_at(&meter, 5, 500);
	meter_copy_history(&meter, 0, history);
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
	meter_copy_history(&meter, 0, history);
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

static void slow_looks_share_what_came(void **state)
{
	struct meter meter = {0};
	uint32_t history[PICTURE_HISTORY];
	struct meter_time time = {.second = FIRST + 5, .previous = FIRST, .now_ns = 0};

	(void)state;
	sample_at(&meter, 0, 0);
	time.now_ns = START_NS + 5 * NS_PER_S;
	meter_sample(&meter, 501, &time);
	meter_copy_history(&meter, 0, history);
	for (unsigned int back = 1; back < 5; back++)
		assert_int_equal(history[LAST - back], 100);
	assert_int_equal(history[LAST], 101);
	assert_int_equal(history[LAST - 5], PICTURE_NO_SAMPLE);
	assert_int_equal(meter.rate_per_1000_s, 100 * 1000);
}

static void coarse_samples_hold_the_events_of_their_time(void **state)
{
	struct meter meter = {0};
	uint32_t history[PICTURE_HISTORY];
	uint64_t total = 0;

	(void)state;
	sample_at(&meter, 0, 0);
	for (uint64_t second = 1; second < 130; second++) {
		total += second < 60 ? 3 : 5;
		sample_at(&meter, second, total);
	}
	meter_copy_history(&meter, 1, history);
	assert_int_equal(history[LAST], 50);
	assert_int_equal(history[LAST - 6], 50); /* second 60 to 69 */
	assert_int_equal(history[LAST - 7], 30);
	assert_int_equal(history[LAST - 13], PICTURE_NO_SAMPLE);
	meter_copy_history(&meter, 2, history);
	assert_int_equal(history[LAST], 300); /* as it began: 5 in each of 60 */
	assert_int_equal(history[LAST - 1], 300);
	assert_int_equal(history[LAST - 2], 180);
	assert_int_equal(history[LAST - 3], PICTURE_NO_SAMPLE);
}

static void coarse_samples_of_a_pause_are_gaps(void **state)
{
	struct meter meter = {0};
	uint32_t history[PICTURE_HISTORY];

	(void)state;
	sample_at(&meter, 0, 0);
	sample_at(&meter, 1, 7);
	sample_at(&meter, 35, 7 + 34 * 4);
	meter_copy_history(&meter, 1, history);
	assert_int_equal(history[LAST], 40);
	assert_int_equal(history[LAST - 1], PICTURE_NO_SAMPLE);
	assert_int_equal(history[LAST - 2], PICTURE_NO_SAMPLE);
	assert_int_equal(history[LAST - 3], 70);
	assert_int_equal(history[LAST - 4], PICTURE_NO_SAMPLE);
}

static void windows_are_known_by_their_seconds(void **state)
{
	(void)state;
	assert_int_equal(meter_window(1), 0);
	assert_int_equal(meter_window(10), 1);
	assert_int_equal(meter_window(60), 2);
	assert_int_equal(meter_window(0), 0);
	assert_int_equal(meter_window(59), 1);
	assert_int_equal(meter_window_seconds(2), 60);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_total_is_no_rate),
		cmocka_unit_test(growth_in_a_second_is_the_rate),
		cmocka_unit_test(slow_events_have_a_steady_rate),
		cmocka_unit_test(what_ran_fast_stands_at_once),
		cmocka_unit_test(what_was_slow_is_over_when_much_is_missing),
		cmocka_unit_test(unwatched_seconds_are_gaps),
		cmocka_unit_test(history_keeps_the_newest),
		cmocka_unit_test(total_that_went_back_is_no_growth),
		cmocka_unit_test(slow_looks_share_what_came),
		cmocka_unit_test(coarse_samples_hold_the_events_of_their_time),
		cmocka_unit_test(coarse_samples_of_a_pause_are_gaps),
		cmocka_unit_test(windows_are_known_by_their_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
