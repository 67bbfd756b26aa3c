/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Start, stop, rotate, destroy as chains of steps; see recording.h. */
#include "backend/model/recording.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/base/self_trace.h"
#include "backend/model/expiry.h"
#include "backend/model/hook.h"
#include "backend/model/lifespan.h"
#include "backend/model/live.h"
#include "backend/model/operation.h"
#include "backend/model/running.h"
#include "backend/model/schedule.h"
#include "backend/model/spec_build.h"
#include "backend/model/tapping.h"
#include "backend/model/trigger.h"
#include "backend/sink/chunked.h"
#include "backend/sink/snapshot.h"

/* A ring that stands still this long is left to its source's repair. */
#define STAND_STILL_MS 1000

struct simple_operation { /* start, stop */
	struct operation operation;
	struct outcome outcome;
};

struct rotate_operation {
	struct operation operation;
	struct rotation_outcome outcome;
	char *hook; /* runs once the chunk is complete; NULL: none */
	uint64_t hook_limit_us;
	uint64_t begin_ns; /* monotonic */
	uint64_t chunk_id;
	bool is_cut;
	bool is_closed;
	struct error error;
	const char *turn_reason; /* NULL: it only rotates */
	struct outcome turn_outcome;
	struct shared_text *turned_identity; /* that the closed chunk has */
	uint64_t turn_wall_ns;		     /* when that ended */
};

struct destroy_operation {
	struct operation operation;
	struct destroy_outcome outcome;
	size_t chunk_count_before;
};

/* Hands the session's present wishes to every source that has channels in it. */
static void apply_to_sources(struct session *session, bool is_over, struct task *task)
{
	struct model *model = session->model;

	session->spec_version++;
	for (size_t i = 0; i < source_count; i++) {
		struct source *source = model->sources[i].source;
		struct session_spec *spec;

		if (!source || source_table[i].class->carrier ||
		    session_channels_carried(session, source_main(i)) == 0)
			continue;
		spec = spec_build(session, source_main(i), is_over);
		task_add(task);
		source->class->apply(source, spec, task);
		session_spec_unref(spec);
	}
}

static void finish_simple(struct operation *operation, const struct error *err)
{
	struct simple_operation *simple = (struct simple_operation *)operation;

	simple->outcome.done(simple->outcome.data, err);
}

static void submit_simple(struct session *session, void (*step)(struct operation *),
			  struct outcome outcome)
{
	struct simple_operation *simple = mem_zalloc(sizeof(*simple));

	simple->operation.step = step;
	simple->operation.finish = finish_simple;
	simple->outcome = outcome;
	operation_submit(session, &simple->operation);
}

static void end_with_task_error(struct operation *operation)
{
	struct error err = operation->task.error;

	operation_end(operation, error_is_set(&err) ? &err : NULL);
}

/* --- start */

/* NULL with an error. */
static struct sink *make_sink(struct session *session, struct error *err)
{
	struct chunk_settings settings = {
		.path = shared_text_str(session->output),
		.owner = &session->owner,
		.first_id = session->first_chunk_id,
		.feed = live_feed_of(session),
		.closed = recording_chunk_closed,
		.data = session,
	};

	if (session->mode == PICTURE_MODE_STREAMING)
		return relay_make_sink(session, err);
	return session_has_chunks(session) ? chunk_sink_create(&settings)
					   : snapshot_sink_create(&session->owner);
}

static bool open_output(struct session *session, struct error *err)
{
	if (session_has_chunks(session) && !chunked_open(session->sink, clock_wall_ns(), err))
		return error_prefix(err, "cannot record to '%s'", shared_text_str(session->output));
	if (!session->streams) {
		session->streams = stream_set_create(session->model->pool);
		tapping_streams_made(session);
		live_started(session);
	}
	return true;
}

static void start_prepared_step(struct operation *operation)
{
	struct session *session = operation->session;
	struct error err = operation->task.error;

	if (error_is_set(&err) || !open_output(session, &err)) {
		operation_end(operation, &err);
		return;
	}
	lifespan_begin(session);
	session->is_active = true;
	session->was_started = true;
	session->was_rotated_since_stop = false;
	session->was_cleared_since_stop = false;
	schedule_started(session->schedule);
	lifespan_note(session, "tracon.recording.start");
	expiry_started(session);
	running_note(session);
	operation_wait(operation, end_with_task_error);
	apply_to_sources(session, false, &operation->task);
	operation_go(operation);
}

static void start_step(struct operation *operation)
{
	struct session *session = operation->session;
	struct error err = ERROR_INIT;

	if (session->is_active) {
		operation_end(operation, NULL);
		return;
	}
	if (!session->sink)
		session->sink = make_sink(session, &err);
	if (!session->sink) {
		operation_end(operation, &err);
		return;
	}
	operation_wait(operation, start_prepared_step);
	if (session_has_chunks(session))
		chunked_prepare(session->sink, &operation->task);
	operation_go(operation);
}

void recording_start(struct session *session, struct outcome outcome)
{
	submit_simple(session, start_step, outcome);
}

/* --- stop */

static void stop_last_step(struct operation *operation)
{
	lifespan_note(operation->session, "tracon.recording.stop");
	end_with_task_error(operation);
}

static void stop_arrive_step(struct operation *operation)
{
	struct session *session = operation->session;
	struct error drained = operation->task.error;

	operation_wait(operation, stop_last_step);
	task_add(&operation->task);
	task_done(&operation->task, error_is_set(&drained) ? &drained : NULL);
	if (session_has_chunks(session))
		chunked_arrive(session->sink, &operation->task);
	operation_go(operation);
}

static void stop_flush_step(struct operation *operation)
{
	operation_wait(operation, stop_arrive_step);
	task_add(&operation->task);
	stream_set_drain(operation->session->streams, FLUSH_FINAL, STAND_STILL_MS,
			 &operation->task);
	operation_go(operation);
}

static void stop_step(struct operation *operation)
{
	struct session *session = operation->session;

	if (!session->is_active) {
		operation_end(operation, NULL);
		return;
	}
	session->is_active = false;
	running_note(session);
	operation_wait(operation, stop_flush_step);
	apply_to_sources(session, false, &operation->task);
	operation_go(operation);
}

void recording_stop(struct session *session, struct outcome outcome)
{
	submit_simple(session, stop_step, outcome);
}

/* --- rotate */

static const struct chunk_row *find_chunk(const struct session *session, uint64_t chunk_id)
{
	for (size_t i = session->chunk_count; i > 0; i--)
		if (session->chunks[i - 1].id == chunk_id)
			return &session->chunks[i - 1];
	return NULL;
}

static void trace_phase(const struct rotate_operation *rotate, enum rotation_phase phase)
{
	self_trace_rotation(session_name(rotate->operation.session), rotate->chunk_id, phase,
			    clock_monotonic_ns() - rotate->begin_ns);
}

static void finish_rotate(struct operation *operation, const struct error *err)
{
	struct rotate_operation *rotate = (struct rotate_operation *)operation;

	if (!err && rotate->is_cut)
		trace_phase(rotate, ROTATION_PHASE_ARCHIVE);
	operation->session->rotation = NULL;
	shared_text_unref(rotate->turned_identity);
	free(rotate->hook);
	rotate->outcome.done(rotate->outcome.data,
			     err ? NULL : find_chunk(operation->session, rotate->chunk_id), err);
	if (!err && rotate->is_cut)
		triggers_rotation(operation->session, true);
}

/* The chunk is closed by the last stream that leaves it, usually before the cut's own message
 * arrives. */
static void end_rotation_when_ready(struct rotate_operation *rotate)
{
	struct error err = rotate->error;

	if (rotate->is_cut && rotate->is_closed)
		operation_end(&rotate->operation, error_is_set(&err) ? &err : NULL);
}

static void rotate_cut_step(struct operation *operation)
{
	struct rotate_operation *rotate = (struct rotate_operation *)operation;

	rotate->is_cut = true;
	trace_phase(rotate, ROTATION_PHASE_CUT);
	if (rotate->turn_reason)
		lifespan_turn_late(operation->session);
	end_rotation_when_ready(rotate);
}

bool recording_can_rotate(const struct session *session, struct error *err)
{
	if (session->mode == PICTURE_MODE_SNAPSHOT)
		return error_set(err, ERROR_STATE,
				 "a snapshot session has no trace chunks to archive; 'snapshot "
				 "record' writes what its buffers hold");
	if (session->mode == PICTURE_MODE_NO_OUTPUT)
		return error_set(err, ERROR_STATE,
				 "the session was created with --no-output: it writes nothing that "
				 "could be archived");
	if (session->mode == PICTURE_MODE_STREAMING && session->live_period_us)
		return error_set(err, ERROR_STATE,
				 "viewers at the relay daemon would lose what they have not read; "
				 "a live session without a URL can be rotated");
	return true;
}

static bool check_rotation(const struct session *session, struct error *err)
{
	if (!recording_can_rotate(session, err))
		return false;
	if (!session->was_started)
		return error_set(
			err, ERROR_STATE,
			"nothing to archive yet: the session was never started; start it first");
	if (!session->is_active && session->was_rotated_since_stop)
		return error_set(
			err, ERROR_STATE,
			"the session was already rotated once since it was stopped; start it "
			"again to record more");
	if (!session->is_active && session->was_cleared_since_stop)
		return error_set(err, ERROR_STATE,
				 "nothing to archive: the session was cleared since it was "
				 "stopped; start it again to record more");
	return true;
}

static bool rotate_chunk(struct rotate_operation *rotate, bool is_last, struct error *err)
{
	struct session *session = rotate->operation.session;

	return check_rotation(session, err) &&
	       chunked_rotate(session->sink, is_last, clock_wall_ns(), &rotate->chunk_id, err);
}

/* What is current from now on has the new id, what is being left the old one. */
static void turn_identity(struct rotate_operation *rotate, uint64_t wall_ns)
{
	struct session *session = rotate->operation.session;

	rotate->turned_identity = shared_text_ref(session->identity);
	rotate->turn_wall_ns = wall_ns;
	lifespan_turn(session, rotate->turn_reason, wall_ns,
		      strcmp(rotate->turn_reason, LIFESPAN_IDLE) == 0);
}

static void tell_chunk_ends(const struct session *session)
{
	for (size_t i = 0; i < source_count; i++) {
		struct source *source = session->model->sources[i].source;

		if (source && source->class->chunk_ends)
			source->class->chunk_ends(source, session->id);
	}
}

static void rotate_step(struct operation *operation)
{
	struct rotate_operation *rotate = (struct rotate_operation *)operation;
	struct session *session = operation->session;
	bool is_last = !session->is_active;
	uint64_t turn_wall_ns = 0;
	struct error err = ERROR_INIT;

	if (rotate->turn_reason && !expiry_is_due(session, rotate->turn_reason, &turn_wall_ns)) {
		operation_end(operation, NULL);
		return;
	}
	if (session->sink)
		tell_chunk_ends(session);
	rotate->begin_ns = clock_monotonic_ns();
	session->rotation = operation; /* before: a chunk without streams closes at once */
	if (!rotate_chunk(rotate, is_last, &err)) {
		operation_end(operation, &err);
		return;
	}
	if (rotate->turn_reason) {
		session->archived_count++; /* it will be */
		turn_identity(rotate, turn_wall_ns);
	} else
		lifespan_begin_waiting(session, clock_wall_ns());
	trace_phase(rotate, ROTATION_PHASE_BEGIN);
	session->was_rotated_since_stop = is_last;
	running_note(session);
	model_changed(session->model);
	triggers_rotation(session, false);
	if (rotate->outcome.begun)
		rotate->outcome.begun(rotate->outcome.data);
	operation_wait(operation, rotate_cut_step);
	if (rotate->turn_reason)
		apply_to_sources(session, false, &operation->task);
	task_add(&operation->task);
	stream_set_cut(session->streams, is_last ? FLUSH_NONE : FLUSH_FINAL, STAND_STILL_MS,
		       &operation->task);
	operation_go(operation);
}

void recording_rotate(struct session *session, struct rotation_outcome outcome)
{
	struct rotate_operation *rotate;

	if (operation_is_pending(session, finish_rotate)) {
		struct error err = ERROR_INIT;

		error_set(&err, ERROR_BUSY,
			  "a rotation of this session is under way; try again when it is complete");
		outcome.done(outcome.data, NULL, &err);
		return;
	}
	rotate = mem_zalloc(sizeof(*rotate));
	rotate->operation.step = rotate_step;
	rotate->operation.finish = finish_rotate;
	rotate->outcome = outcome;
	rotate->hook = outcome.hook.command ? mem_strdup(outcome.hook.command) : NULL;
	rotate->hook_limit_us = outcome.hook.limit_us;
	operation_submit(session, &rotate->operation);
}

/* --- turn */

/* Told from other rotations: who wants one waits for its turn. */
static void finish_turn(struct operation *operation, const struct error *err)
{
	finish_rotate(operation, err);
}

static void turn_done(void *data, const struct chunk_row *chunk, const struct error *err)
{
	const struct rotate_operation *rotate = data;

	(void)chunk;
	rotate->turn_outcome.done(rotate->turn_outcome.data, err);
}

static void turn_applied_step(struct operation *operation)
{
	lifespan_turn_late(operation->session);
	end_with_task_error(operation);
}

/* Without a chunk, only what comes later has the new id. */
static void turn_without_chunk(struct rotate_operation *rotate)
{
	struct operation *operation = &rotate->operation;
	struct session *session = operation->session;
	uint64_t wall_ns;

	if (!expiry_is_due(session, rotate->turn_reason, &wall_ns)) {
		operation_end(operation, NULL);
		return;
	}
	turn_identity(rotate, wall_ns);
	running_note(session);
	operation_wait(operation, turn_applied_step);
	if (session->streams)
		apply_to_sources(session, false, &operation->task);
	operation_go(operation);
}

static void turn_step(struct operation *operation)
{
	const struct session *session = operation->session;
	struct chunk_info current;

	if (session_has_chunks(session) && session->sink &&
	    chunked_current(session->sink, &current))
		rotate_step(operation);
	else
		turn_without_chunk((struct rotate_operation *)operation);
}

void recording_turn(struct session *session, const char *reason, struct outcome outcome)
{
	struct rotate_operation *rotate = mem_zalloc(sizeof(*rotate));

	rotate->operation.step = turn_step;
	rotate->operation.finish = finish_turn;
	rotate->outcome = (struct rotation_outcome){.done = turn_done, .data = rotate};
	rotate->turn_reason = reason;
	rotate->turn_outcome = outcome;
	operation_submit(session, &rotate->operation);
}

/* --- closed chunks */

struct closed_message {
	struct message message;
	struct model *model;
	uint64_t session_id;
	struct chunk_row row;
	bool is_cleared;
	struct error error;
};

static uint64_t discarded_since_rotation(struct session *session)
{
	uint64_t before = session->discarded_at_rotation;
	struct picture_counts counts;

	session_count(session, &counts);
	session->discarded_at_rotation = counts.discarded_events;
	return counts.discarded_events > before ? counts.discarded_events - before : 0;
}

static void tell_of_chunk(struct session *session, const struct chunk_row *row,
			  const struct rotate_operation *rotate)
{
	const char *identity =
		rotate && rotate->turned_identity ? shared_text_str(rotate->turned_identity) : NULL;

	struct hook_wish once = {session->last_hook, session->last_hook_limit_us};

	if (rotate)
		once = (struct hook_wish){rotate->hook, rotate->hook_limit_us};
	if (row->is_archived && !identity)
		session->archived_count++;
	if (row->is_archived)
		lifespan_note_chunk(session, row, identity, rotate ? rotate->turn_wall_ns : 0);
	hooks_chunk(session, row, identity ? identity : session_identity(session), &once);
}

static void take_closed_chunk(struct message *message)
{
	struct closed_message *closed = (struct closed_message *)message;
	struct session *session = model_find_session_id(closed->model, closed->session_id);
	struct rotate_operation *rotate;

	if (!session) {
		shared_text_unref(closed->row.path);
		free(closed);
		return;
	}
	if (closed->is_cleared) {
		clear_take_closed(session, closed->row.id);
		shared_text_unref(closed->row.path);
		free(closed);
		return;
	}
	rotate = (struct rotate_operation *)session->rotation;
	if (rotate && rotate->chunk_id != closed->row.id)
		rotate = NULL;
	closed->row.discarded_events = discarded_since_rotation(session);
	session_add_chunk(session, closed->row);
	tell_of_chunk(session, &closed->row, rotate);
	if (error_is_set(&closed->error))
		log_write(LOG_LEVEL_ERROR, "chunk %llu of session '%s': %s",
			  (unsigned long long)closed->row.id, session_name(session),
			  closed->error.message);
	if (rotate) {
		rotate->is_closed = true;
		rotate->error = closed->error;
		end_rotation_when_ready(rotate);
	}
	model_changed(closed->model);
	free(closed);
}

void recording_chunk_closed(void *data, const struct chunk_info *chunk, const struct error *err)
{
	struct session *session = data; /* only its model and id, which never change */
	struct closed_message *closed = mem_zalloc(sizeof(*closed));

	closed->message.run = take_closed_chunk;
	closed->model = session->model;
	closed->session_id = session->id;
	closed->is_cleared = chunk->is_cleared;
	closed->row = (struct chunk_row){
		.id = chunk->id,
		.path = shared_text_create(chunk->path ? chunk->path : ""),
		.begin_wall_ns = chunk->begin_wall_ns,
		.end_wall_ns = chunk->end_wall_ns,
		.event_count = chunk->event_count,
		.bytes = chunk->bytes,
		.is_archived = chunk->is_archived,
		.has_failed = err != NULL,
	};
	error_copy(&closed->error, err);
	queue_send(session->model->queue, &closed->message);
}

/* --- destroy */

static void finish_destroy(struct operation *operation, const struct error *err)
{
	struct destroy_operation *destroy = (struct destroy_operation *)operation;
	struct session *session = operation->session;
	const struct chunk_row *archived = NULL;
	bool has_new =
		session_has_chunks(session) && session->chunk_count > destroy->chunk_count_before;

	if (has_new && session->chunks[session->chunk_count - 1].is_archived)
		archived = &session->chunks[session->chunk_count - 1];
	destroy->outcome.done(destroy->outcome.data, session, archived, err);
}

static void destroy_last_step(struct operation *operation)
{
	struct session *session = operation->session;
	struct model *model = session->model;

	lifespan_end(session);
	model_remove_session(model, session);
	running_forget(session);
	operation_end_all(operation);
	session_destroy(session);
	model_changed(model);
}

/* It waited for its first event until now: an id that nobody has heard of leaves nothing. */
static void drop_empty_chunk(struct session *session)
{
	struct chunk_info current;
	struct error ignored = ERROR_INIT;
	bool is_closing;
	uint64_t chunk_id;

	if (session_has_chunks(session) && chunked_current(session->sink, &current) &&
	    current.event_count == 0)
		chunked_clear(session->sink, true, clock_wall_ns(), &is_closing, &chunk_id,
			      &ignored);
}

/* Its own turn of the queue, behind the message that the chunk was closed. */
static void destroy_finish_sink_step(struct operation *operation)
{
	struct session *session = operation->session;

	operation_wait(operation, destroy_last_step);
	if (!expiry_settle(session))
		drop_empty_chunk(session);
	if (session_has_chunks(session))
		chunked_finish(session->sink, clock_wall_ns(), &operation->task);
	operation_go(operation);
}

static void destroy_streams_step(struct operation *operation)
{
	struct session *session = operation->session;

	operation_wait(operation, destroy_finish_sink_step);
	task_add(&operation->task);
	stream_set_destroy(session->streams, &operation->task);
	session->streams = NULL;
	live_stop(session);
	operation_go(operation);
}

static void destroy_let_go_step(struct operation *operation)
{
	operation_wait(operation, destroy_streams_step);
	apply_to_sources(operation->session, true, &operation->task);
	operation_go(operation);
}

static void destroy_flush_step(struct operation *operation)
{
	operation_wait(operation, destroy_let_go_step);
	task_add(&operation->task);
	stream_set_drain(operation->session->streams, FLUSH_FINAL, STAND_STILL_MS,
			 &operation->task);
	operation_go(operation);
}

static void destroy_step(struct operation *operation)
{
	struct destroy_operation *destroy = (struct destroy_operation *)operation;
	struct session *session = operation->session;

	destroy->chunk_count_before = session->chunk_count;
	if (!session->streams) {
		destroy_last_step(operation);
		return;
	}
	if (!session->is_active) {
		destroy_let_go_step(operation);
		return;
	}
	session->is_active = false;
	operation_wait(operation, destroy_flush_step);
	apply_to_sources(session, false, &operation->task);
	operation_go(operation);
}

void recording_destroy(struct session *session, struct destroy_outcome outcome)
{
	struct destroy_operation *destroy = mem_zalloc(sizeof(*destroy));

	destroy->operation.step = destroy_step;
	destroy->operation.finish = finish_destroy;
	destroy->outcome = outcome;
	session->is_ending = true;
	schedule_stop(session->schedule);
	operation_submit(session, &destroy->operation);
}

static void forgotten(void *data, const struct session *session, const struct chunk_row *archived,
		      const struct error *err)
{
	(void)data;
	(void)session;
	(void)archived;
	(void)err;
}

void recording_forget(struct session *session)
{
	recording_destroy(session, (struct destroy_outcome){forgotten, NULL});
}

/* --- all of them */

struct end_all {
	struct task task;
	struct outcome outcome;
};

static void ended_one(void *data, const struct session *session, const struct chunk_row *archived,
		      const struct error *err)
{
	struct end_all *all = data;

	(void)session;
	(void)archived;
	task_done(&all->task, err);
}

static void ended_all(struct message *message)
{
	struct end_all *all = (struct end_all *)message;

	all->outcome.done(all->outcome.data, NULL);
	free(all);
}

void recording_end_all(struct model *model, struct outcome outcome)
{
	struct end_all *all = mem_zalloc(sizeof(*all));
	size_t count = model->session_count;
	struct session **sessions = mem_alloc((count + 1) * sizeof(struct session *));

	for (size_t i = 0; i < count; i++)
		sessions[i] = model->sessions[i];
	all->outcome = outcome;
	task_init(&all->task, model->queue, ended_all);
	for (size_t i = 0; i < count; i++) {
		struct destroy_outcome one = {ended_one, all};

		task_add(&all->task);
		sessions[i]->end_reason = LIFESPAN_EXIT;
		recording_destroy(sessions[i], one);
	}
	task_done(&all->task, NULL);
	free(sessions);
}

/* --- changes of an existing session */

struct wait_for_task {
	struct task task;
	struct outcome outcome;
};

static void task_is_over(struct message *message)
{
	struct wait_for_task *wait = (struct wait_for_task *)message;
	struct error *err = &wait->task.error;

	wait->outcome.done(wait->outcome.data, error_is_set(err) ? err : NULL);
	free(wait);
}

static struct wait_for_task *wait_begin(struct model *model, struct outcome outcome)
{
	struct wait_for_task *wait = mem_zalloc(sizeof(*wait));

	wait->outcome = outcome;
	task_init(&wait->task, model->queue, task_is_over);
	return wait;
}

void session_apply(struct session *session, struct outcome outcome)
{
	struct wait_for_task *wait;

	model_changed(session->model);
	if (!session->was_started || session->is_ending) {
		outcome.done(outcome.data, NULL);
		return;
	}
	running_note(session);
	wait = wait_begin(session->model, outcome);
	apply_to_sources(session, false, &wait->task);
	task_done(&wait->task, NULL);
}

/* Shorter than a step of an operation: an answer that waits for a stalled ring would help nobody.
 */
#define REFRESH_STAND_STILL_MS 200

void model_refresh(struct model *model, struct session *session, struct outcome outcome)
{
	struct wait_for_task *wait = wait_begin(model, outcome);

	for (size_t i = 0; i < model->session_count; i++) {
		struct session *one = model->sessions[i];

		if ((session && session != one) || !one->streams || !one->is_active ||
		    one->is_ending)
			continue;
		task_add(&wait->task);
		stream_set_drain(one->streams, FLUSH_DATA, REFRESH_STAND_STILL_MS, &wait->task);
	}
	task_done(&wait->task, NULL);
}
