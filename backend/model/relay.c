/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Streaming sessions: their sink, and what it tells; see relay.h. */
#include "backend/model/relay.h"

#include <stdlib.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/model/model.h"
#include "backend/model/recording.h"
#include "backend/sink/relayd.h"

struct moved_message {
	struct message message;
	struct model *model;
	uint64_t session_id;
	struct relay_state state;
};

void relay_state_finish(struct relay_state *state)
{
	shared_text_unref(state->path);
	*state = (struct relay_state){0};
}

static void take_moved(struct message *message)
{
	struct moved_message *moved = (struct moved_message *)message;
	struct session *session = model_find_session_id(moved->model, moved->session_id);

	if (session) {
		relay_state_finish(&session->relay);
		session->relay = moved->state;
		model_changed(moved->model);
	} else {
		relay_state_finish(&moved->state);
	}
	free(moved);
}

/* The sink's thread. */
static void moved_there(void *data, const struct relayd_place *place)
{
	struct session *session = data; /* only its model and id, which never change */
	struct moved_message *moved = mem_zalloc(sizeof(*moved));

	moved->message.run = take_moved;
	moved->model = session->model;
	moved->session_id = session->id;
	moved->state.path = place->path ? shared_text_create(place->path) : NULL;
	moved->state.connection_count = place->connection_count;
	if (place->loss) {
		moved->state.lost_wall_ns = clock_wall_ns();
		error_copy(&moved->state.loss, place->loss);
	}
	queue_send(session->model->queue, &moved->message);
}

/* Two sessions of one name must not have the same second in the names of their directories: the
 * later one would empty the earlier one's files there. */
static uint64_t own_second(struct session *session)
{
	uint64_t *last_ns = &session->model->last_relay_ns;
	uint64_t second_ns = session->created_wall_ns - session->created_wall_ns % NS_PER_S;

	if (session->relay_second_ns)
		return session->relay_second_ns;
	if (second_ns <= *last_ns)
		second_ns = *last_ns + NS_PER_S;
	*last_ns = second_ns;
	session->relay_second_ns = second_ns;
	return second_ns;
}

struct sink *relay_make_snapshot_sink(struct session *session, const struct relay_url *url,
				      const char *name,
				      void (*closed)(void *data, const struct chunk_info *chunk,
						     const struct error *err),
				      void *data, struct error *err)
{
	struct relayd_settings settings = {
		.url = *url,
		.session_name = session_name(session),
		.session_id = session->id,
		.created_wall_ns = own_second(session),
		.has_time_in_name = session->has_auto_name,
		.snapshot_name = name,
		.closed = closed,
		.data = data,
	};

	return relayd_sink_create(&settings, err);
}

struct sink *relay_make_sink(struct session *session, struct error *err)
{
	struct relayd_settings settings = {
		.url = session->url,
		.session_name = session_name(session),
		.session_id = session->id,
		.created_wall_ns = own_second(session),
		.has_time_in_name = session->has_auto_name,
		.live_period_us = (uint32_t)session->live_period_us,
		.moved = moved_there,
		.closed = recording_chunk_closed,
		.data = session,
	};

	return relayd_sink_create(&settings, err);
}

uint64_t relay_missing_events(const struct session *session)
{
	struct picture_counts counts;

	session_count(session, &counts);
	return counts.discarded_write;
}

void relay_describe(const struct session *session, struct text *out)
{
	const struct relay_state *state = &session->relay;
	char count[UNITS_TEXT_MAX];
	char time[CLOCK_TEXT_MAX];

	if (state->lost_wall_ns)
		text_addf(out,
			  "the relay daemon can't be reached since %s (%s): events are counted as "
			  "discarded until it answers again",
			  clock_text_time(time, state->lost_wall_ns), state->loss.message);
	else if (state->connection_count > 1)
		text_addf(out, "goes on in %s there, since the relay daemon answered again",
			  shared_text_str(state->path));
	else
		return;
	text_addf(out, "; %s events did not arrive so far",
		  units_grouped_count(count, relay_missing_events(session)));
}
