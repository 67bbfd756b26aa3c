/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See timebase.h. All products are made in 128 bits. */
#include "backend/source/native/timebase.h"

#include <stdio.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/units.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#define TRY_COUNT      300
#define LONG_ENOUGH_NS (2 * NS_PER_S) /* pairs are good to 25 ns: 13 ppb then */
#define BROKEN_NS      NS_PER_MS      /* no drift makes so much of a second */

typedef __int128 wide;

static bool is_invariant(void)
{
#if defined(__x86_64__)
	unsigned int a, b, c, d;

	/* "Invariant TSC": AMD64 Architecture Programmer's Manual 3, function 8000_0007h. */
	return __get_cpuid(0x80000007, &a, &b, &c, &d) && (d & (1U << 8));
#else
	return false;
#endif
}

bool timebase_has_counter(void)
{
	FILE *file =
		fopen("/sys/devices/system/clocksource/clocksource0/current_clocksource", "re");
	char name[16] = "";
	bool is_tsc;

	if (!file)
		return false;
	is_tsc = fgets(name, sizeof(name), file) && strcmp(name, "tsc\n") == 0;
	fclose(file);
	return is_tsc && is_invariant();
}

static uint64_t counter(void)
{
#if defined(__x86_64__)
	return __builtin_ia32_rdtsc();
#else
	return 0;
#endif
}

uint64_t timebase_ticks(bool is_counter)
{
	return is_counter ? counter() : clock_monotonic_ns();
}

struct time_pair timebase_take(void)
{
	struct time_pair best = {0};
	uint64_t smallest = UINT64_MAX;

	for (unsigned int i = 0; i < TRY_COUNT; i++) {
		uint64_t begin = counter();
		uint64_t ns = clock_monotonic_ns();
		uint64_t passed = counter() - begin;

		if (passed >= smallest)
			continue;
		smallest = passed;
		best = (struct time_pair){begin + passed / 2, ns};
	}
	return best;
}

void time_line_begin(struct time_line *line, const struct time_pair *pair, uint64_t frequency_hz)
{
	*line = (struct time_line){
		.first = *pair,
		.last = *pair,
		.has_first = true,
		.stride = 1,
		.frequency_hz = frequency_hz,
	};
}

static uint64_t largest(uint64_t one, uint64_t other)
{
	return one > other ? one : other;
}

static void thin_out(struct time_line *line)
{
	unsigned int kept = 0;

	for (unsigned int i = 1; i < line->count; i += 2)
		line->between[kept++] = line->between[i];
	line->count = kept;
	line->stride *= 2;
}

void time_line_add(struct time_line *line, const struct time_pair *pair)
{
	if (++line->skipped >= line->stride) {
		line->skipped = 0;
		if (line->count == TIME_PAIRS_MAX)
			thin_out(line);
		line->between[line->count++] = line->last;
	}
	line->last = *pair;
}

bool time_line_breaks(struct time_line *line, const struct time_pair *pair)
{
	uint64_t distance_ns;

	if (line->last.ns - line->first.ns < LONG_ENOUGH_NS && !line->frequency_hz)
		return false; /* its frequency is not known well */
	distance_ns = time_line_distance(line, pair);
	if (distance_ns <= BROKEN_NS)
		return false;
	line->broken_ns = largest(line->broken_ns, distance_ns);
	return true;
}

uint64_t time_line_frequency(const struct time_line *line)
{
	uint64_t ns = line->last.ns - line->first.ns;
	uint64_t ticks = line->last.ticks - line->first.ticks;

	if (ns == 0 || (ns < LONG_ENOUGH_NS && line->frequency_hz))
		return line->frequency_hz ? line->frequency_hz : NS_PER_S;
	return (uint64_t)(((wide)ticks * (wide)NS_PER_S + ns / 2) / ns);
}

/* Ticks of a clock with that frequency since its zero, at the end of which it shows ns. */
static uint64_t zero_offset(const struct time_line *line, uint64_t frequency_hz)
{
	/* Whole hertz leave an error that grows: the middle of the line has none. */
	uint64_t middle_ticks = line->first.ticks + (line->last.ticks - line->first.ticks) / 2;
	uint64_t middle_ns = line->first.ns + (line->last.ns - line->first.ns) / 2;

	return (uint64_t)((wide)middle_ns * (wide)frequency_hz / (wide)NS_PER_S -
			  (wide)middle_ticks);
}

static int64_t shown_ns(const struct time_line *line, uint64_t ticks)
{
	uint64_t frequency_hz = time_line_frequency(line);
	wide cycles = (wide)(int64_t)zero_offset(line, frequency_hz) + (wide)ticks;

	return (int64_t)(cycles * (wide)NS_PER_S / (wide)frequency_hz);
}

uint64_t time_line_distance(const struct time_line *line, const struct time_pair *pair)
{
	int64_t distance = shown_ns(line, pair->ticks) - (int64_t)pair->ns;

	return (uint64_t)(distance < 0 ? -distance : distance);
}

void time_line_clock(const struct time_line *line, int64_t offset_ns, struct ctf_clock *clock,
		     uint64_t *residual_ns)
{
	uint64_t frequency_hz = time_line_frequency(line);
	wide cycles = (wide)(int64_t)zero_offset(line, frequency_hz) +
		      (wide)offset_ns * (wide)frequency_hz / (wide)NS_PER_S;
	wide seconds = cycles / (wide)frequency_hz;

	if (cycles < seconds * (wide)frequency_hz)
		seconds--;
	clock->frequency_hz = frequency_hz;
	clock->has_seconds = true;
	clock->offset_s = (int64_t)seconds;
	clock->offset_cycles = (uint64_t)(cycles - seconds * (wide)frequency_hz);
	*residual_ns = largest(time_line_distance(line, &line->first),
			       time_line_distance(line, &line->last));
	*residual_ns = largest(*residual_ns, line->broken_ns);
	for (unsigned int i = 0; i < line->count; i++)
		*residual_ns = largest(*residual_ns, time_line_distance(line, &line->between[i]));
}
