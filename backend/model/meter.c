/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rates and histories; see meter.h. */
#include "backend/model/meter.h"

#include "backend/base/units.h"

/* Below this many events in a second the rate is the mean of several, or it would only ever be 0
 * or 1. */
#define STEADY_EVENTS 10
#define SLOW_WINDOW   10
#define MISSED_EVENTS 20 /* that many were due by now: they have ended */

static const uint32_t window_seconds[METER_WINDOW_COUNT] = {1, 10, 60};

unsigned int meter_window(unsigned int sample_seconds)
{
	unsigned int window = METER_WINDOW_COUNT - 1;

	while (window > 0 && window_seconds[window] > sample_seconds)
		window--;
	return window;
}

unsigned int meter_window_seconds(unsigned int window)
{
	return window_seconds[window];
}

static uint32_t sample_of(uint64_t events)
{
	return events < PICTURE_NO_SAMPLE ? (uint32_t)events : PICTURE_NO_SAMPLE - 1;
}

static void push(struct meter_history *history, uint32_t sample)
{
	history->samples[history->head] = sample;
	history->head = (history->head + 1) % PICTURE_HISTORY;
	if (history->count < PICTURE_HISTORY)
		history->count++;
}

/*
 * The mean of the last seconds, back to one that was no slow one: what ran fast and stands is at 0
 * at once. So is what has been quiet for longer than its pace can explain.
 */
static uint64_t slow_rate(const struct meter_history *history)
{
	uint64_t sum = 0, seconds = 0, quiet = 0;

	for (uint32_t back = 1; back <= SLOW_WINDOW && back <= history->count; back++) {
		uint32_t at = (history->head + PICTURE_HISTORY - back) % PICTURE_HISTORY;

		if (history->samples[at] >= STEADY_EVENTS) /* also where there is none */
			break;
		sum += history->samples[at];
		seconds++;
		quiet += sum == 0;
	}
	if (sum == 0 || sum * quiet >= MISSED_EVENTS * (seconds - quiet))
		return 0;
	return sum * 1000 / seconds;
}

/* Goes on to the sample that `second` lies in; what lies between was not sampled. */
static void enter_second(struct meter *meter, unsigned int window, uint64_t second)
{
	struct meter_history *history = &meter->histories[window];
	uint64_t samples =
		second / window_seconds[window] - meter->last_second / window_seconds[window];

	if (history->count == 0 && samples == 0)
		samples = 1;
	if (samples == 0)
		return;
	for (uint64_t i = 0; i < samples && i < PICTURE_HISTORY; i++)
		push(history, PICTURE_NO_SAMPLE);
	meter->growth[window] = 0;
	meter->sampled_seconds[window] = 0;
}

static void add_second(struct meter *meter, uint64_t second, uint64_t growth)
{
	for (unsigned int window = 0; window < METER_WINDOW_COUNT; window++) {
		struct meter_history *history = &meter->histories[window];
		uint32_t newest;

		enter_second(meter, window, second);
		newest = (history->head + PICTURE_HISTORY - 1) % PICTURE_HISTORY;
		meter->growth[window] += growth;
		meter->sampled_seconds[window]++;
		/* What its time brings if it goes on as it began. */
		history->samples[newest] = sample_of(
			(uint64_t)((double)meter->growth[window] * window_seconds[window] /
					   meter->sampled_seconds[window] +
				   0.5));
	}
	meter->last_second = second;
}

/* Seconds in which nobody looked leave gaps, so that the time axis stays true; those of one long
 * look share what came. */
void meter_sample(struct meter *meter, uint64_t total, const struct meter_time *time)
{
	uint64_t growth = total >= meter->last_total ? total - meter->last_total : 0;
	uint64_t elapsed_ns = time->now_ns - meter->last_sample_ns;
	bool is_first = meter->last_second == 0 || elapsed_ns == 0;
	uint64_t count, events, per_second;

	if (growth > 0)
		meter->last_growth_wall_ns = time->wall_ns;
	meter->last_total = total;
	meter->last_sample_ns = time->now_ns;
	if (is_first) {
		meter->last_second = time->second;
		return;
	}
	count = meter->last_second >= time->previous ? time->second - meter->last_second : 1;
	events = (uint64_t)((double)growth * (double)(count * NS_PER_S) / (double)elapsed_ns + 0.5);
	per_second = events / count;
	for (uint64_t i = count; i > 0; i--)
		add_second(meter, time->second - i + 1, per_second + (i <= events % count ? 1 : 0));
	meter->rate_per_1000_s =
		per_second >= STEADY_EVENTS ? per_second * 1000 : slow_rate(&meter->histories[0]);
}

void meter_reset(struct meter *meter, uint64_t total)
{
	meter->last_total = total;
}

void meter_copy_history(const struct meter *meter, unsigned int window,
			uint32_t history[PICTURE_HISTORY])
{
	const struct meter_history *from = &meter->histories[window];
	uint32_t missing = PICTURE_HISTORY - from->count;

	for (uint32_t i = 0; i < PICTURE_HISTORY; i++) {
		uint32_t at = (from->head + i) % PICTURE_HISTORY;

		history[i] = i < missing ? PICTURE_NO_SAMPLE : from->samples[at];
	}
}
