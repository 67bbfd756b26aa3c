/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the clocks and writes local times. */
#include "backend/base/clock.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/units.h"

#define OFFSET_SAMPLES 10

static uint64_t read_clock(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t clock_monotonic_ns(void)
{
	return read_clock(CLOCK_MONOTONIC);
}

uint64_t clock_wall_ns(void)
{
	return read_clock(CLOCK_REALTIME);
}

/* The smaller the gap, the less we were interrupted between the readings. */
int64_t clock_wall_offset_ns(void)
{
	uint64_t best_gap_ns = UINT64_MAX;
	int64_t offset_ns = 0;

	for (int i = 0; i < OFFSET_SAMPLES; i++) {
		uint64_t before_ns = clock_monotonic_ns();
		uint64_t wall_ns = clock_wall_ns();
		uint64_t gap_ns = clock_monotonic_ns() - before_ns;

		if (gap_ns >= best_gap_ns)
			continue;
		best_gap_ns = gap_ns;
		offset_ns = (int64_t)(wall_ns - (before_ns + gap_ns / 2));
	}
	return offset_ns;
}

/*
 * localtime_r need not look at TZ itself (POSIX). Without TZ the C library asks the disk each time
 * whether the zone is another one: once a second will do.
 */
static void look_at_zone(void)
{
	static uint64_t looked_ns;
	static bool had_variable;
	bool has_variable = getenv("TZ") != NULL;
	uint64_t now_ns = clock_monotonic_ns();

	if (!has_variable && !had_variable && looked_ns && now_ns - looked_ns < NS_PER_S)
		return;
	had_variable = has_variable;
	looked_ns = now_ns;
	tzset();
}

bool clock_local(uint64_t wall_ns, struct tm *local)
{
	/* The C library's own lock, around what it keeps of TZ, is none that ThreadSanitizer sees.
	 */
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	time_t seconds = (time_t)(wall_ns / NS_PER_S);
	bool is_known;

	memset(local, 0, sizeof(*local));
	pthread_mutex_lock(&lock);
	look_at_zone();
	is_known = localtime_r(&seconds, local);
	pthread_mutex_unlock(&lock);
	return is_known;
}

/* False, and `out` empty, as clock_local. */
static bool to_local(char out[CLOCK_TEXT_MAX], struct tm *local, uint64_t wall_ns)
{
	out[0] = '\0';
	return clock_local(wall_ns, local);
}

char *clock_text_date_time(char out[CLOCK_TEXT_MAX], uint64_t wall_ns)
{
	struct tm local;

	if (to_local(out, &local, wall_ns))
		strftime(out, CLOCK_TEXT_MAX, "%Y%m%d-%H%M%S", &local);
	return out;
}

char *clock_text_iso_basic(char out[CLOCK_TEXT_MAX], uint64_t wall_ns)
{
	struct tm local;

	if (to_local(out, &local, wall_ns))
		strftime(out, CLOCK_TEXT_MAX, "%Y%m%dT%H%M%S%z", &local);
	return out;
}

char *clock_text_time(char out[CLOCK_TEXT_MAX], uint64_t wall_ns)
{
	struct tm local;

	if (to_local(out, &local, wall_ns))
		strftime(out, CLOCK_TEXT_MAX, "%H:%M:%S", &local);
	return out;
}
