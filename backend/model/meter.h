/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Turns a growing total into a rate and a history of one sample per second. Time is an argument. */
#ifndef TRACON_MODEL_METER_H
#define TRACON_MODEL_METER_H

#include <stdint.h>

#include "backend/model/picture.h"

struct meter {
	uint64_t last_total;
	uint64_t last_sample_ns; /* monotonic; 0: none yet */
	uint64_t last_growth_wall_ns;
	uint64_t rate_per_1000_s;
	uint32_t head;	/* where the next sample goes */
	uint32_t count; /* samples taken, at most PICTURE_HISTORY */
	uint32_t samples[PICTURE_HISTORY];
};

/* The first call only sets the base: what was counted before nobody watched is no rate. */
void meter_sample(struct meter *meter, uint64_t total, uint64_t now_ns, uint64_t wall_ns);
/* The total went back to `total` (clear): no sample is lost, none is invented. */
void meter_reset(struct meter *meter, uint64_t total);
/* Oldest first; PICTURE_NO_SAMPLE before the first. */
void meter_copy_history(const struct meter *meter, uint32_t history[PICTURE_HISTORY]);

#endif
