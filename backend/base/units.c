/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers in and out. Integers throughout: no locale, no rounding surprises. */
#include "backend/base/units.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"

struct suffix {
	const char *text;
	uint64_t factor;
};

static bool is_digit(char byte)
{
	return byte >= '0' && byte <= '9';
}

/* strtoull takes blanks and signs, lttng's grammars don't: a digit must come first. */
static bool parse_number(const char *text, int base, uint64_t *value, const char **end)
{
	unsigned long long number;
	char *rest;

	if (!is_digit(text[0]))
		return false;
	errno = 0;
	number = strtoull(text, &rest, base);
	if (errno)
		return false;
	*value = number;
	*end = rest;
	return true;
}

static bool apply_suffix(uint64_t number, const char *text, const struct suffix *suffixes,
			 size_t count, uint64_t *value)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(text, suffixes[i].text))
			return !__builtin_mul_overflow(number, suffixes[i].factor, value);
	return false;
}

bool units_parse_size(const char *text, uint64_t *size_bytes)
{
	static const struct suffix suffixes[] = {
		{"", 1},
		{"k", UINT64_C(1) << 10},
		{"K", UINT64_C(1) << 10},
		{"M", UINT64_C(1) << 20},
		{"G", UINT64_C(1) << 30},
	};
	uint64_t number, value;
	const char *end;

	if (!parse_number(text, 0, &number, &end) ||
	    !apply_suffix(number, end, suffixes, COUNT_OF(suffixes), &value))
		return false;
	*size_bytes = value;
	return true;
}

bool units_parse_time_us(const char *text, uint64_t *time_us)
{
	static const struct suffix suffixes[] = {
		{"", 1},
		{"us", 1},
		{"ms", 1000},
		{"s", 1000000},
		{"m", UINT64_C(60) * 1000000},
		{"h", UINT64_C(3600) * 1000000},
	};
	uint64_t number, value;
	const char *end;

	if (!parse_number(text, 10, &number, &end) ||
	    !apply_suffix(number, end, suffixes, COUNT_OF(suffixes), &value))
		return false;
	*time_us = value;
	return true;
}

bool units_parse_u64(const char *text, uint64_t *value)
{
	uint64_t number;
	const char *end;

	if (!parse_number(text, 10, &number, &end) || *end)
		return false;
	*value = number;
	return true;
}

/*
 * value / unit with `decimals` digits behind the point, as one whole number, rounded half up. Digit
 * by digit, because value * 100 may not fit. unit at most 2^60.
 */
static uint64_t scale(uint64_t value, uint64_t unit, unsigned int decimals)
{
	uint64_t result = value / unit;
	uint64_t rest = value % unit;

	for (; decimals > 0; decimals--) {
		rest *= 10;
		result = result * 10 + rest / unit;
		rest %= unit;
	}
	return rest >= unit - rest ? result + 1 : result;
}

static void print_decimal(char out[UNITS_TEXT_MAX], uint64_t scaled, unsigned int decimals,
			  const char *suffix)
{
	unsigned int divisor = decimals == 2 ? 100 : decimals == 1 ? 10 : 1;
	unsigned long long whole = scaled / divisor;
	unsigned int fraction = (unsigned int)(scaled % divisor);

	if (decimals == 0)
		snprintf(out, UNITS_TEXT_MAX, "%llu%s", whole, suffix);
	else
		snprintf(out, UNITS_TEXT_MAX, "%llu.%0*u%s", whole, (int)decimals, fraction,
			 suffix);
}

/*
 * Three digits: 1.20, 18.4, 999. False when rounding reaches `limit`, so that the next larger unit
 * must be taken. decimals_max 1 gives 1.2 instead of 1.20.
 */
static bool print_three_digits(char out[UNITS_TEXT_MAX], uint64_t value, uint64_t unit,
			       uint64_t limit, unsigned int decimals_max, const char *suffix)
{
	/* What no longer has three digits with this many decimals. */
	static const uint64_t digits_end[] = {UINT64_MAX, 1000, 1000};
	unsigned int decimals = decimals_max;
	uint64_t scaled = scale(value, unit, decimals);

	while (decimals > 0 && scaled >= digits_end[decimals])
		scaled = scale(value, unit, --decimals);
	if (decimals == 0 && scaled >= limit)
		return false;
	print_decimal(out, scaled, decimals, suffix);
	return true;
}

struct unit {
	uint64_t factor;
	const char *suffix;
};

/* The first unit that the value fits into; the last one takes whatever comes. */
static char *print_in_units(char out[UNITS_TEXT_MAX], uint64_t value, const struct unit *units,
			    size_t count, uint64_t limit, unsigned int decimals_max)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t unit_limit = i + 1 < count ? limit : UINT64_MAX;

		if (print_three_digits(out, value, units[i].factor, unit_limit, decimals_max,
				       units[i].suffix))
			break;
	}
	return out;
}

static const struct unit decimal_units[] = {
	{UINT64_C(1000), "k"},
	{UINT64_C(1000000), "M"},
	{UINT64_C(1000000000), "G"},
	{UINT64_C(1000000000000), "T"},
	{UINT64_C(1000000000000000), "P"},
	{UINT64_C(1000000000000000000), "E"},
};

char *units_short_count(char out[UNITS_TEXT_MAX], uint64_t count)
{
	if (count >= 1000)
		return print_in_units(out, count, decimal_units, COUNT_OF(decimal_units), 1000, 2);
	print_decimal(out, count, 0, "");
	return out;
}

char *units_grouped_count(char out[UNITS_TEXT_MAX], uint64_t count)
{
	char digits[UNITS_TEXT_MAX];
	int length = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)count);
	char *end = out;

	for (int i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			*end++ = ' ';
		*end++ = digits[i];
	}
	*end = '\0';
	return out;
}

char *units_short_bytes(char out[UNITS_TEXT_MAX], uint64_t bytes)
{
	static const struct unit units[] = {
		{UINT64_C(1) << 10, " kB"}, {UINT64_C(1) << 20, " MB"}, {UINT64_C(1) << 30, " GB"},
		{UINT64_C(1) << 40, " TB"}, {UINT64_C(1) << 50, " PB"}, {UINT64_C(1) << 60, " EB"},
	};

	if (bytes >= 1024)
		return print_in_units(out, bytes, units, COUNT_OF(units), 1024, 2);
	print_decimal(out, bytes, 0, " B");
	return out;
}

/* Cut, never rounded up: a duration has not passed before it has. */
char *units_duration(char out[UNITS_TEXT_MAX], uint64_t duration_ns)
{
	unsigned long long seconds = duration_ns / NS_PER_S;
	unsigned long long minutes = seconds / 60;
	unsigned long long hours = minutes / 60;

	if (duration_ns < NS_PER_US)
		print_decimal(out, duration_ns, 0, " ns");
	else if (duration_ns < NS_PER_MS)
		print_decimal(out, duration_ns / NS_PER_US, 0, " us");
	else if (duration_ns < NS_PER_S)
		print_decimal(out, duration_ns / NS_PER_MS, 0, " ms");
	else if (seconds < 60)
		print_decimal(out, duration_ns / (NS_PER_S / 10), 1, " s");
	else if (minutes < 60)
		snprintf(out, UNITS_TEXT_MAX, "%llu m %llu s", minutes, seconds % 60);
	else if (hours < 24)
		snprintf(out, UNITS_TEXT_MAX, "%llu h %llu m", hours, minutes % 60);
	else
		snprintf(out, UNITS_TEXT_MAX, "%llu d %llu h", hours / 24, hours % 24);
	return out;
}

/* Something that happens must not look like nothing: below 0.1 the text says so. */
char *units_rate(char out[UNITS_TEXT_MAX], uint64_t per_1000_s)
{
	if (per_1000_s == 0)
		print_decimal(out, 0, 0, "");
	else if (scale(per_1000_s, 1000, 1) == 0)
		snprintf(out, UNITS_TEXT_MAX, "<0.1");
	else if (!print_three_digits(out, per_1000_s, 1000, 1000, 1, ""))
		print_in_units(out, per_1000_s / 1000, decimal_units, COUNT_OF(decimal_units), 1000,
			       1);
	return out;
}

uint64_t units_round_up_power_of_2(uint64_t value)
{
	if (value <= 1)
		return 1;
	if (value > UINT64_C(1) << 63)
		return 0;
	return UINT64_C(1) << (64 - __builtin_clzll(value - 1));
}
