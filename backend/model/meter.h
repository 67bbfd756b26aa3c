/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Turns a growing total into a rate and histories: samples of 1 s, 10 s and 60 s. Time is an
 * argument, the same for all meters, so that their samples stand below each other.
 */
#ifndef TRACON_MODEL_METER_H
#define TRACON_MODEL_METER_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/model/picture.h"

/* Lengths of a sample, finest first. */
#define METER_WINDOW_COUNT 3

struct meter_time {
	uint64_t second;   /* number of the sample, grows with each; from 1 */
	uint64_t previous; /* the one before it: somebody has looked all the time since. second - 1
			      after a pause */
	uint64_t now_ns;   /* monotonic */
	uint64_t wall_ns;
};

struct meter_history {
	uint32_t head;	/* where the next sample goes */
	uint32_t count; /* samples taken, at most PICTURE_HISTORY */
	uint32_t samples[PICTURE_HISTORY];
};

struct meter {
	uint64_t last_total;
	uint64_t last_second; /* 0: none yet */
	uint64_t last_sample_ns;
	uint64_t last_growth_wall_ns;
	uint64_t rate_per_1000_s;
	/* The coarse samples under way: growth in the seconds that were sampled. */
	uint64_t growth[METER_WINDOW_COUNT];
	uint32_t sampled_seconds[METER_WINDOW_COUNT];
	struct meter_history histories[METER_WINDOW_COUNT];
};

/* 1, 10 or 60 s → 0, 1, 2; others: the next finer. */
unsigned int meter_window(unsigned int sample_seconds);
unsigned int meter_window_seconds(unsigned int window);

/* The first call only sets the base: what was counted before nobody watched is no rate. */
void meter_sample(struct meter *meter, uint64_t total, const struct meter_time *time);
/* The total went back to `total` (clear): no sample is lost, none is invented. */
void meter_reset(struct meter *meter, uint64_t total);
/*
 * Oldest first; PICTURE_NO_SAMPLE before the first. The newest coarse one is what its time would
 * bring if it went on as it began.
 */
void meter_copy_history(const struct meter *meter, unsigned int window,
			uint32_t history[PICTURE_HISTORY]);

#endif
