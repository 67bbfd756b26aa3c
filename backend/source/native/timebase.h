/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The processor's counter against CLOCK_MONOTONIC: pairs of both, the line from the first to the
 * last of a chunk, and how far the pairs between lie from it. Where the counter is no clock, native
 * applications use CLOCK_MONOTONIC and there is nothing to do.
 */
#ifndef TRACON_SOURCE_NATIVE_TIMEBASE_H
#define TRACON_SOURCE_NATIVE_TIMEBASE_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/ctf/metadata.h"

/* The processor says that the counter runs evenly, and the kernel keeps its own time by it. */
bool timebase_has_counter(void);
uint64_t timebase_ticks(bool is_counter);

struct time_pair {
	uint64_t ticks;
	uint64_t ns; /* CLOCK_MONOTONIC */
};

/* The one of many tries in which the least time passed between the two. */
struct time_pair timebase_take(void);

#define TIME_PAIRS_MAX 64

/* Of one chunk of a session. Zeroed: empty. */
struct time_line {
	struct time_pair first, last;
	bool has_first;
	/* Some of those between, evenly: when there is no room every second one goes. */
	struct time_pair between[TIME_PAIRS_MAX];
	unsigned int count;
	unsigned int stride, skipped;
	uint64_t broken_ns;    /* how far a pair was off that is no part of it; 0: none was */
	uint64_t frequency_hz; /* of a longer time, until this line is long enough */
};

/* The next chunk begins with the last pair of this one. */
void time_line_begin(struct time_line *line, const struct time_pair *pair, uint64_t frequency_hz);
void time_line_add(struct time_line *line, const struct time_pair *pair);
/*
 * Whether the pair can't be of this line: the counter or the clock was set, or stood still. Then it
 * is no part of the line, and how far it is off becomes part of its residual.
 */
bool time_line_breaks(struct time_line *line, const struct time_pair *pair);
/* Whole hertz, as CTF has it. */
uint64_t time_line_frequency(const struct time_line *line);
/*
 * The clock of a trace in which CLOCK_MONOTONIC + offset_ns is the time since the Epoch.
 * residual_ns: the largest distance of a pair from it.
 */
void time_line_clock(const struct time_line *line, int64_t offset_ns, struct ctf_clock *clock,
		     uint64_t *residual_ns);
/* How far the pair is from the line's present clock, in ns. */
uint64_t time_line_distance(const struct time_line *line, const struct time_pair *pair);

#endif
