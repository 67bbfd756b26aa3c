/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Timing of pictures and the one pointer they are published by; see publisher.h. */
#include "backend/model/publisher.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/rcu.h"
#include "backend/base/units.h"
#include "backend/model/model.h"
#include "backend/model/picture_build.h"

#define COALESCE_NS	(10 * NS_PER_MS)
#define SAMPLE_NS	NS_PER_S /* one sample of the histories */
#define INTERVAL_MIN_NS (100 * NS_PER_MS)

struct publisher {
	struct model *model;
	void *current; /* struct picture; written by rcu_publish_pointer */
	uint64_t serial;
	uint64_t published_at_ns;
	bool is_marked;
	struct timer *coalesce_timer;
	struct timer *tick_timer;
	bool is_refreshing; /* a tick's flush is under way */
	bool is_back;	    /* somebody looks again, and nothing was sampled yet */
	uint64_t interval_ns;
	uint64_t sampled_at_ns;
	uint64_t second;     /* number of the last sample; 0: none yet */
	unsigned int window; /* of the meters' histories */
	uint64_t *session_ids;
	size_t session_id_count;
	void (*published)(void *data);
	void *data;
};

static void publish(struct publisher *publisher)
{
	struct picture *fresh;
	struct picture *stale;

	publisher->is_marked = false;
	publisher->published_at_ns = clock_monotonic_ns();
	timer_disarm(publisher->coalesce_timer);
	fresh = picture_build(publisher->model, ++publisher->serial);
	stale = rcu_publish_pointer(&publisher->current, fresh);
	if (stale)
		picture_retire(stale);
	if (publisher->published)
		publisher->published(publisher->data);
}

static void coalesce_fires(void *data, uint64_t now_ns)
{
	(void)now_ns;
	publisher_flush(data);
}

void publisher_mark(struct publisher *publisher)
{
	uint64_t now_ns;
	uint64_t due_ns;

	if (publisher->is_marked)
		return;
	publisher->is_marked = true;
	now_ns = clock_monotonic_ns();
	due_ns = publisher->published_at_ns + COALESCE_NS;
	timer_arm(publisher->coalesce_timer, due_ns > now_ns ? due_ns : now_ns);
}

void publisher_flush(struct publisher *publisher)
{
	if (publisher->is_marked)
		publish(publisher);
}

/* The time of the next sample: numbers go on through pauses as the clock does. */
static struct meter_time next_sample(struct publisher *publisher, uint64_t now_ns, bool was_watched)
{
	uint64_t elapsed_ns = now_ns - publisher->sampled_at_ns;
	uint64_t seconds = (elapsed_ns + NS_PER_S / 2) / NS_PER_S;
	struct meter_time time = {
		.previous = publisher->second, .now_ns = now_ns, .wall_ns = clock_wall_ns()};

	if (publisher->second == 0 || seconds == 0)
		seconds = 1;
	publisher->second += seconds;
	publisher->sampled_at_ns = now_ns;
	time.second = publisher->second;
	if (!was_watched)
		time.previous = time.second - 1;
	return time;
}

/* A rate is the mean of up to ten seconds, a sparkline moves until the last sample has left it. */
static bool moves_still(const struct publisher *publisher, const struct session *session,
			const struct meter_time *time)
{
	uint64_t length_s = meter_window_seconds(publisher->window);
	uint64_t growth_ns = session->meter.last_growth_wall_ns;
	uint64_t quiet_ns = time->wall_ns - growth_ns;

	if (growth_ns == 0)
		return false;
	return quiet_ns < 12 * NS_PER_S || (time->second / length_s != time->previous / length_s &&
					    quiet_ns < (PICTURE_HISTORY + 2) * length_s * NS_PER_S);
}

/* Whether a session's shown numbers grew is for the picture's reader to find out; an idle model
 * publishes nothing. */
static bool sample_sessions(struct publisher *publisher, uint64_t now_ns, bool was_watched)
{
	struct model *model = publisher->model;
	struct meter_time time = next_sample(publisher, now_ns, was_watched);
	bool has_moved = false;

	for (size_t i = 0; i < model->session_count; i++) {
		struct session *session = model->sessions[i];
		uint64_t losses = session_losses(session);
		struct picture_counts counts;

		for (size_t j = 0; j < session->channel_count; j++)
			channel_sample(session->channels[j],
				       publisher_shows(publisher, session->id), &time);
		session_count(session, &counts);
		meter_sample(&session->meter, counts.recorded_events, &time);
		has_moved |=
			losses != session->sampled_losses || moves_still(publisher, session, &time);
		session->sampled_losses = losses;
	}
	return has_moved;
}

static void arm_tick(struct publisher *publisher)
{
	if (publisher->interval_ns)
		timer_arm(publisher->tick_timer, clock_monotonic_ns() + publisher->interval_ns);
	else
		timer_disarm(publisher->tick_timer);
}

static void tick_refreshed(void *data, const struct error *err)
{
	struct publisher *publisher = data;
	uint64_t now_ns = clock_monotonic_ns();

	(void)err;
	publisher->is_refreshing = false;
	if (!publisher->interval_ns)
		return;
	if (publisher->is_back || now_ns - publisher->sampled_at_ns >= SAMPLE_NS - SAMPLE_NS / 20)
		publisher->is_marked |= sample_sessions(publisher, now_ns, !publisher->is_back);
	publisher->is_back = false;
	publisher_flush(publisher);
}

static void tick_fires(void *data, uint64_t now_ns)
{
	struct publisher *publisher = data;
	struct outcome outcome = {tick_refreshed, publisher};

	(void)now_ns;
	arm_tick(publisher);
	if (publisher->is_refreshing)
		return;
	publisher->is_refreshing = true;
	model_refresh(publisher->model, NULL, outcome);
}

/*
 * What came while nobody looked is still in buffers that nobody flushed. It is fetched before the
 * first sample, which spreads it over that time: else it would look like a burst now.
 */
static void come_back(struct publisher *publisher)
{
	publisher->is_back = true;
	tick_fires(publisher, clock_monotonic_ns());
}

struct publisher *publisher_create(struct model *model)
{
	struct publisher *publisher = mem_zalloc(sizeof(*publisher));

	publisher->model = model;
	publisher->coalesce_timer = loop_add_timer(model->loop, coalesce_fires, publisher);
	publisher->tick_timer = loop_add_timer(model->loop, tick_fires, publisher);
	rcu_publish_pointer(&publisher->current, picture_build_empty());
	return publisher;
}

void publisher_destroy(struct publisher *publisher)
{
	struct picture *last;

	if (!publisher)
		return;
	loop_remove_timer(publisher->model->loop, publisher->coalesce_timer);
	loop_remove_timer(publisher->model->loop, publisher->tick_timer);
	last = rcu_publish_pointer(&publisher->current, NULL);
	picture_retire(last);
	free(publisher->session_ids);
	free(publisher);
}

void publisher_listen(struct publisher *publisher, void (*published)(void *data), void *data)
{
	publisher->published = published;
	publisher->data = data;
}

void publisher_watch(struct publisher *publisher, uint64_t interval_ns, const uint64_t *session_ids,
		     size_t count)
{
	bool was_watched = publisher->interval_ns != 0;

	if (interval_ns && interval_ns < INTERVAL_MIN_NS)
		interval_ns = INTERVAL_MIN_NS;
	publisher->session_ids =
		mem_realloc_array(publisher->session_ids, count + 1, sizeof(*session_ids));
	if (count)
		memcpy(publisher->session_ids, session_ids, count * sizeof(*session_ids));
	publisher->session_id_count = count;
	publisher->interval_ns = interval_ns;
	if (!was_watched && interval_ns)
		come_back(publisher);
	else if (!timer_is_armed(publisher->tick_timer) || !interval_ns)
		arm_tick(publisher);
	publisher_mark(publisher);
}

void publisher_set_window(struct publisher *publisher, unsigned int sample_seconds)
{
	publisher->window = meter_window(sample_seconds);
	publisher_mark(publisher);
}

unsigned int publisher_window(const struct publisher *publisher)
{
	return publisher->window;
}

uint64_t publisher_sample_count(const struct publisher *publisher)
{
	return publisher->second / meter_window_seconds(publisher->window);
}

bool publisher_is_watched(const struct publisher *publisher)
{
	return publisher->interval_ns != 0;
}

bool publisher_shows(const struct publisher *publisher, uint64_t session_id)
{
	for (size_t i = 0; i < publisher->session_id_count; i++)
		if (publisher->session_ids[i] == session_id)
			return true;
	return false;
}

const struct picture *publisher_acquire(struct publisher *publisher)
{
	rcu_read_begin();
	return rcu_read_pointer(&publisher->current);
}

void publisher_release(struct publisher *publisher)
{
	(void)publisher;
	rcu_read_end();
}
