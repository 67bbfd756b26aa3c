/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rates and histories; see meter.h. */
#include "backend/model/meter.h"

#include "backend/base/units.h"

/* Below this many events in a second the rate is the mean of several, or it would only ever be 0
 * or 1. */
#define STEADY_EVENTS 10
#define SLOW_WINDOW   10

static void push(struct meter *meter, uint32_t sample)
{
	meter->samples[meter->head] = sample;
	meter->head = (meter->head + 1) % PICTURE_HISTORY;
	if (meter->count < PICTURE_HISTORY)
		meter->count++;
}

static uint64_t slow_rate(const struct meter *meter)
{
	uint64_t sum = 0;
	uint64_t seconds = 0;

	for (uint32_t back = 1; back <= SLOW_WINDOW && back <= meter->count; back++) {
		uint32_t at = (meter->head + PICTURE_HISTORY - back) % PICTURE_HISTORY;

		if (meter->samples[at] == PICTURE_NO_SAMPLE)
			break;
		sum += meter->samples[at];
		seconds++;
	}
	return seconds ? sum * 1000 / seconds : 0;
}

/* Seconds in which nobody looked leave gaps, so that the time axis stays true. */
static void push_gaps(struct meter *meter, uint64_t elapsed_ns)
{
	uint64_t gaps = (elapsed_ns + NS_PER_S / 2) / NS_PER_S;

	for (uint64_t i = 1; i < gaps && i <= PICTURE_HISTORY; i++)
		push(meter, PICTURE_NO_SAMPLE);
}

void meter_sample(struct meter *meter, uint64_t total, uint64_t now_ns, uint64_t wall_ns)
{
	uint64_t growth = total >= meter->last_total ? total - meter->last_total : 0;
	uint64_t elapsed_ns = now_ns - meter->last_sample_ns;
	uint64_t per_second;

	if (growth > 0)
		meter->last_growth_wall_ns = wall_ns;
	meter->last_total = total;
	if (meter->last_sample_ns == 0 || elapsed_ns == 0) {
		meter->last_sample_ns = now_ns;
		return;
	}
	meter->last_sample_ns = now_ns;
	if (elapsed_ns > 2 * NS_PER_S) {
		push_gaps(meter, elapsed_ns);
		growth = (uint64_t)((double)growth * (double)NS_PER_S / (double)elapsed_ns);
		elapsed_ns = NS_PER_S;
	}
	per_second = (uint64_t)((double)growth * (double)NS_PER_S / (double)elapsed_ns + 0.5);
	push(meter, per_second < PICTURE_NO_SAMPLE ? (uint32_t)per_second : PICTURE_NO_SAMPLE - 1);
	meter->rate_per_1000_s = per_second >= STEADY_EVENTS ? per_second * 1000 : slow_rate(meter);
}

void meter_reset(struct meter *meter, uint64_t total)
{
	meter->last_total = total;
}

void meter_copy_history(const struct meter *meter, uint32_t history[PICTURE_HISTORY])
{
	uint32_t missing = PICTURE_HISTORY - meter->count;

	for (uint32_t i = 0; i < PICTURE_HISTORY; i++) {
		uint32_t at = (meter->head + i) % PICTURE_HISTORY;

		history[i] = i < missing ? PICTURE_NO_SAMPLE : meter->samples[at];
	}
}
