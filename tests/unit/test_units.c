/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Units: lttng's grammars to the letter, and short forms that never grow a fourth digit. */
#include "backend/base/units.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"

static void sizes_parse_as_lttng_has_them(void **state)
{
	static const struct {
		const char *text;
		uint64_t size;
	} good[] = {
		{"0", 0},
		{"4096", 4096},
		{"0x2000", 8192},
		{"010000", 4096},
		{"1k", 1024},
		{"1K", 1024},
		{"16M", 16777216},
		{"2G", UINT64_C(2147483648)},
		{"0x10k", 16384},
		{"18446744073709551615", UINT64_MAX},
		{"17179869183G", UINT64_C(17179869183) << 30},
	};
	static const char *const bad[] = {
		"",
		"m",
		"1m",
		"1g",
		"1T",
		"1kb",
		"-1",
		"+1",
		" 1",
		"1 ",
		"1 k",
		"1.5M",
		"0xG",
		"08",
		"k",
		"1kk",
		"0x",
		"é",
		"1\n",
		"18446744073709551616",
		"17179869184G",
	};
	uint64_t size;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		assert_true(units_parse_size(good[i].text, &size));
		assert_true(size == good[i].size);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++) {
		size = 42;
		if (units_parse_size(bad[i], &size))
			fail_msg("'%s' was taken", bad[i]);
		assert_true(size == 42);
	}
}

static void times_parse_as_lttng_has_them(void **state)
{
	static const struct {
		const char *text;
		uint64_t time_us;
	} good[] = {
		{"0", 0},	 {"1000", 1000},    {"7us", 7},	 {"10ms", 10000},
		{"5s", 5000000}, {"2m", 120000000}, {"010", 10}, {"1h", UINT64_C(3600000000)},
	};
	static const char *const bad[] = {
		"",	"S",  "1S", "1.5s", "-5",   "+5", " 5",		 "5 s",
		"0x10", "1d", "ms", "1M",   "1sec", "1 ", "5124095577h", "18446744073709551616",
	};
	uint64_t time_us;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		assert_true(units_parse_time_us(good[i].text, &time_us));
		assert_true(time_us == good[i].time_us);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		if (units_parse_time_us(bad[i], &time_us))
			fail_msg("'%s' was taken", bad[i]);
}

static void whole_numbers_are_nothing_else(void **state)
{
	static const char *const bad[] = {"", "-1", "+1", " 1", "1 ", "0x1", "1k", "1.0"};
	uint64_t value;

	(void)state;
	assert_true(units_parse_u64("18446744073709551615", &value) && value == UINT64_MAX);
	assert_true(units_parse_u64("007", &value) && value == 7);
	assert_false(units_parse_u64("18446744073709551616", &value));
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_false(units_parse_u64(bad[i], &value));
}

struct printed {
	uint64_t value;
	const char *text;
};

static void assert_printed(char *(*print)(char out[UNITS_TEXT_MAX], uint64_t value),
			   const struct printed *cases, size_t count)
{
	char out[UNITS_TEXT_MAX];

	for (size_t i = 0; i < count; i++)
		assert_string_equal(print(out, cases[i].value), cases[i].text);
}

static void counts_have_three_digits(void **state)
{
	static const struct printed cases[] = {
		{0, "0"},
		{999, "999"},
		{1000, "1.00k"},
		{1204, "1.20k"},
		{9994, "9.99k"},
		{9995, "10.0k"},
		{18440, "18.4k"},
		{99949, "99.9k"},
		{99950, "100k"},
		{999499, "999k"},
		{999500, "1.00M"},
		{1204331, "1.20M"},
		{UINT64_C(1000000000), "1.00G"},
		{UINT64_MAX, "18.4E"},
	};

	(void)state;
	assert_printed(units_short_count, cases, COUNT_OF(cases));
}

static void counts_are_grouped_by_thousands(void **state)
{
	static const struct printed cases[] = {
		{0, "0"},
		{999, "999"},
		{1000, "1 000"},
		{1204331, "1 204 331"},
		{UINT64_MAX, "18 446 744 073 709 551 615"},
	};

	(void)state;
	assert_printed(units_grouped_count, cases, COUNT_OF(cases));
}

static void bytes_count_in_powers_of_two(void **state)
{
	static const struct printed cases[] = {
		{0, "0 B"},
		{512, "512 B"},
		{1023, "1023 B"},
		{1024, "1.00 kB"},
		{4096, "4.00 kB"},
		{12687770, "12.1 MB"},
		{1023 * 1024, "1023 kB"},
		{1024 * 1024 - 1, "1.00 MB"},
		{UINT64_MAX, "16.0 EB"},
	};

	(void)state;
	assert_printed(units_short_bytes, cases, COUNT_OF(cases));
}

static void durations_are_never_rounded_up(void **state)
{
	static const struct printed cases[] = {
		{0, "0 ns"},
		{999, "999 ns"},
		{1999, "1 us"},
		{312 * NS_PER_MS, "312 ms"},
		{NS_PER_S - 1, "999 ms"},
		{4 * NS_PER_S + 299 * NS_PER_MS, "4.2 s"},
		{60 * NS_PER_S - 1, "59.9 s"},
		{190 * NS_PER_S, "3 m 10 s"},
		{7500 * NS_PER_S, "2 h 5 m"},
		{86400 * NS_PER_S, "1 d 0 h"},
		{UINT64_MAX, "213503 d 23 h"},
	};

	(void)state;
	assert_printed(units_duration, cases, COUNT_OF(cases));
}

static void rates_show_that_something_happens(void **state)
{
	static const struct printed cases[] = {
		{0, "0"},
		{1, "<0.1"},
		{49, "<0.1"},
		{50, "0.1"},
		{200, "0.2"},
		{9100, "9.1"},
		{42000, "42.0"},
		{99950, "100"},
		{918000, "918"},
		{999499, "999"},
		{999500, "1.0k"},
		{9100000, "9.1k"},
		{18440000, "18.4k"},
		{UINT64_MAX, "18.4P"},
	};

	(void)state;
	assert_printed(units_rate, cases, COUNT_OF(cases));
}

static void everything_fits(void **state)
{
	char out[UNITS_TEXT_MAX];

	(void)state;
	for (unsigned int bit = 0; bit < 64; bit++) {
		for (uint64_t off = 0; off < 3; off++) {
			uint64_t value = (UINT64_C(1) << bit) - 1 + off;

			assert_true(strlen(units_short_count(out, value)) <= 5);
			assert_true(strlen(units_rate(out, value)) <= 5);
			assert_true(strlen(units_short_bytes(out, value)) <= 7);
			assert_true(strlen(units_duration(out, value)) < UNITS_TEXT_MAX);
			assert_true(strlen(units_grouped_count(out, value)) < UNITS_TEXT_MAX);
		}
	}
}

static void powers_of_two_round_up(void **state)
{
	(void)state;
	assert_true(units_round_up_power_of_2(0) == 1);
	assert_true(units_round_up_power_of_2(1) == 1);
	assert_true(units_round_up_power_of_2(2) == 2);
	assert_true(units_round_up_power_of_2(3) == 4);
	assert_true(units_round_up_power_of_2(4097) == 8192);
	assert_true(units_round_up_power_of_2(UINT64_C(1) << 63) == UINT64_C(1) << 63);
	assert_true(units_round_up_power_of_2((UINT64_C(1) << 63) + 1) == 0);
	assert_true(units_round_up_power_of_2(UINT64_MAX) == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sizes_parse_as_lttng_has_them),
		cmocka_unit_test(times_parse_as_lttng_has_them),
		cmocka_unit_test(whole_numbers_are_nothing_else),
		cmocka_unit_test(counts_have_three_digits),
		cmocka_unit_test(counts_are_grouped_by_thousands),
		cmocka_unit_test(bytes_count_in_powers_of_two),
		cmocka_unit_test(durations_are_never_rounded_up),
		cmocka_unit_test(rates_show_that_something_happens),
		cmocka_unit_test(everything_fits),
		cmocka_unit_test(powers_of_two_round_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
