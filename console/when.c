/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whole numbers throughout: nanoseconds since the Epoch don't fit a double. */
#include "console/when.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"

#define NUMBER_MAX (UINT64_MAX / NS_PER_S / 4) /* seconds: no sum of two overflows */
#define DAY_NS	   (UINT64_C(24) * 3600 * NS_PER_S)
#define PERCENT	   100

/* "12.5" as 12 and 500000000 billionths. False: no digit. */
static bool take_number(const char **at, uint64_t *whole, uint64_t *billionths)
{
	uint64_t digit_value = NS_PER_S / 10;
	const char *begin = *at;

	*whole = 0;
	*billionths = 0;
	for (; isdigit((unsigned char)**at); ++*at) {
		*whole = *whole * 10 + (uint64_t)(**at - '0');
		if (*whole > NUMBER_MAX)
			return false;
	}
	if (*at == begin)
		return false;
	if (**at != '.')
		return true;
	for (++*at; isdigit((unsigned char)**at); ++*at) {
		*billionths += (uint64_t)(**at - '0') * digit_value;
		digit_value /= 10;
	}
	return true;
}

static uint64_t clamp(uint64_t value, uint64_t low, uint64_t high)
{
	if (value < low)
		return low;
	return value > high ? high : value;
}

static bool parse_percent(const char *text, const struct when_base *base, uint64_t *wall_ns)
{
	uint64_t span = base->end_ns > base->begin_ns ? base->end_ns - base->begin_ns : 0;
	uint64_t whole, billionths;

	if (!take_number(&text, &whole, &billionths) || strcmp(text, "%") != 0 || whole > PERCENT)
		return false;
	*wall_ns = base->begin_ns + span / PERCENT * whole + span % PERCENT * whole / PERCENT +
		   (uint64_t)((double)span / PERCENT * ((double)billionths / (double)NS_PER_S));
	*wall_ns = clamp(*wall_ns, base->begin_ns, base->end_ns);
	return true;
}

static bool parse_distance(const char *text, const struct when_base *base, uint64_t *wall_ns)
{
	static const struct {
		const char *name;
		uint64_t ns;
	} units[] = {{"", NS_PER_S},
		     {"s", NS_PER_S},
		     {"ms", NS_PER_MS},
		     {"us", NS_PER_US},
		     {"ns", 1},
		     {"m", 60 * NS_PER_S},
		     {"min", 60 * NS_PER_S},
		     {"h", 3600 * NS_PER_S}};
	bool is_back = *text == '-';
	uint64_t whole, billionths, distance;

	if (*text != '+' && *text != '-')
		return false;
	text++;
	if (!take_number(&text, &whole, &billionths))
		return false;
	text += strspn(text, " ");
	for (size_t i = 0; i < COUNT_OF(units); i++) {
		if (strcmp(text, units[i].name) != 0)
			continue;
		if (whole > NUMBER_MAX * NS_PER_S / units[i].ns)
			return false;
		distance = whole * units[i].ns +
			   (uint64_t)((double)billionths * (double)units[i].ns / (double)NS_PER_S);
		if (is_back)
			*wall_ns = distance < base->here_ns ? base->here_ns - distance : 0;
		else
			*wall_ns = base->here_ns + distance;
		return true;
	}
	return false;
}

/* "12:00", "12:00:01.5" */
static bool take_time(const char **at, struct tm *local, uint64_t *fraction_ns)
{
	uint64_t hours, minutes, seconds = 0, none = 0;

	*fraction_ns = 0;
	if (!take_number(at, &hours, &none) || none || *(*at)++ != ':' ||
	    !take_number(at, &minutes, &none) || none)
		return false;
	if (**at == ':') {
		++*at;
		if (!take_number(at, &seconds, fraction_ns))
			return false;
	}
	if (hours > 23 || minutes > 59 || seconds > 60)
		return false;
	local->tm_hour = (int)hours;
	local->tm_min = (int)minutes;
	local->tm_sec = (int)seconds;
	local->tm_isdst = -1;
	return true;
}

static bool take_date(const char **at, struct tm *local)
{
	struct tm date = *local;
	const char *end = strptime(*at, "%Y-%m-%d", &date);

	if (!end || (*end != ' ' && *end != 'T'))
		return false;
	*local = date;
	*at = end + 1;
	return true;
}

static bool parse_time(const char *text, const struct when_base *base, uint64_t *wall_ns)
{
	struct tm local;
	uint64_t fraction_ns;
	bool has_date;
	time_t seconds;

	clock_local(base->here_ns, &local);
	has_date = take_date(&text, &local);
	if (!take_time(&text, &local, &fraction_ns) || *text)
		return false;
	seconds = mktime(&local);
	if (seconds < 0)
		return false;
	*wall_ns = (uint64_t)seconds * NS_PER_S + fraction_ns;
	/* A trace over midnight has each time of day on one of its days. */
	if (!has_date && *wall_ns < base->begin_ns && *wall_ns + DAY_NS <= base->end_ns)
		*wall_ns += DAY_NS;
	else if (!has_date && *wall_ns > base->end_ns && *wall_ns >= base->begin_ns + DAY_NS)
		*wall_ns -= DAY_NS;
	return true;
}

static bool parse_epoch(const char *text, uint64_t *wall_ns)
{
	uint64_t whole, billionths;

	if (!take_number(&text, &whole, &billionths) || *text)
		return false;
	*wall_ns = whole * NS_PER_S + billionths;
	return true;
}

bool when_parse(const char *text, const struct when_base *base, uint64_t *wall_ns,
		struct error *err)
{
	if (!strcmp(text, "begin"))
		*wall_ns = base->begin_ns;
	else if (!strcmp(text, "end"))
		*wall_ns = base->end_ns;
	else if (!parse_percent(text, base, wall_ns) && !parse_distance(text, base, wall_ns) &&
		 !parse_time(text, base, wall_ns) && !parse_epoch(text, wall_ns))
		return error_set(err, ERROR_INVALID,
				 "'%s' is no place: write 12:00:01.5, +3s, -200ms, 50%%, begin or "
				 "end",
				 text);
	return true;
}
