/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * clear: the current chunk is replaced by an empty one, and each stream leaves it without what its
 * ring held, its counters at zero; see recording.h.
 */
#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/model/expiry.h"
#include "backend/model/lifespan.h"
#include "backend/model/operation.h"
#include "backend/model/recording.h"
#include "backend/model/running.h"
#include "backend/sink/chunked.h"

/* A ring that stands still this long is left to its source's repair. */
#define STAND_STILL_MS 1000

struct clear_operation {
	struct operation operation; /* first */
	struct outcome outcome;
	uint64_t chunk_id;
	bool is_closing; /* a chunk is to be closed */
	bool is_cut;
};

static void finish_clear(struct operation *operation, const struct error *err)
{
	struct clear_operation *clear = (struct clear_operation *)operation;

	operation->session->clearing = NULL;
	clear->outcome.done(clear->outcome.data, err);
}

/* The streams have counted from zero; here the past's share of rates and losses goes. */
static void forget_counts(struct session *session)
{
	for (size_t i = 0; i < session->channel_count; i++)
		channel_end_clear(session->channels[i]);
	meter_reset(&session->meter, 0);
	session->seen_losses = 0;
	session->sampled_losses = 0;
	session->discarded_at_rotation = 0;
	lifespan_cleared(session);
	expiry_cleared(session);
}

static void end_when_ready(struct clear_operation *clear)
{
	struct session *session = clear->operation.session;

	if (!clear->is_cut || clear->is_closing)
		return;
	forget_counts(session);
	session->was_cleared_since_stop = !session->is_active;
	lifespan_note(session, "tracon.session.cleared");
	operation_end(&clear->operation, NULL);
}

static void clear_cut_step(struct operation *operation)
{
	struct clear_operation *clear = (struct clear_operation *)operation;

	clear->is_cut = true;
	end_when_ready(clear);
}

void clear_take_closed(struct session *session, uint64_t chunk_id)
{
	struct clear_operation *clear = (struct clear_operation *)session->clearing;

	if (!clear || clear->chunk_id != chunk_id)
		return;
	clear->is_closing = false;
	end_when_ready(clear);
}

static void clear_step(struct operation *operation)
{
	struct clear_operation *clear = (struct clear_operation *)operation;
	struct session *session = operation->session;
	struct error err = ERROR_INIT;

	session->clearing = operation; /* before: a chunk without streams closes at once */
	if (!session->streams) {
		operation_end(operation, NULL);
		return;
	}
	if (session_has_chunks(session) &&
	    !chunked_clear(session->sink, !session->is_active, clock_wall_ns(), &clear->is_closing,
			   &clear->chunk_id, &err)) {
		operation_end(operation, &err);
		return;
	}
	running_note(session);
	for (size_t i = 0; i < session->channel_count; i++)
		channel_begin_clear(session->channels[i]);
	operation_wait(operation, clear_cut_step);
	task_add(&operation->task);
	stream_set_clear(session->streams, session->is_active ? FLUSH_FINAL : FLUSH_DATA,
			 STAND_STILL_MS, &operation->task);
	operation_go(operation);
}

void recording_clear(struct session *session, struct outcome outcome)
{
	struct clear_operation *clear = mem_zalloc(sizeof(*clear));

	clear->operation.step = clear_step;
	clear->operation.finish = finish_clear;
	clear->outcome = outcome;
	operation_submit(session, &clear->operation);
}
