/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A snapshot in steps: the sizes of the rings are asked for if there is a limit, then for each
 * output its folder is made, the streams copy what they hold, the files are closed.
 */
#include "backend/model/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/model/lifespan.h"
#include "backend/model/operation.h"
#include "backend/model/relay.h"
#include "backend/sink/chunked.h"
#include "backend/sink/snapshot.h"

#define AD_HOC_NAME "snapshot-0" /* lttng's, for a path that is no output of the session */

struct target {
	char *folder; /* absolute; NULL: it goes to a relay daemon */
	char *name;
	struct relay_url url;
	uint64_t bytes_max;
	uint64_t packets_max;
};

struct snapshot_operation {
	struct operation operation; /* first */
	struct snapshot_outcome outcome;
	char *name;
	char *path;
	uint64_t bytes_max;
	struct ring_kinds kinds;
	struct copy_losses losses;
	struct target *targets;
	size_t target_count;
	size_t target_at;
	uint64_t begun_wall_ns;
	size_t first_row;
	struct sink *remote; /* NULL, or the one that it goes to just now */
	struct chunk_info sent;
	struct error sent_error; /* the remote sink's thread, before its task is done */
	struct error copy_error;
};

uint64_t snapshot_packets_that_fit(const struct ring_kinds *kinds, uint64_t bytes_max)
{
	uint64_t left_bytes = bytes_max;
	uint64_t packets = 0;

	while (true) {
		uint64_t one_more_bytes = 0;

		for (size_t i = 0; i < kinds->count; i++)
			if (kinds->kinds[i].subbuf_count > packets)
				one_more_bytes +=
					kinds->kinds[i].subbuf_bytes * kinds->kinds[i].stream_count;
		if (one_more_bytes > left_bytes)
			return packets;
		if (one_more_bytes == 0)
			return packets ? packets : 1; /* no stream, or all of them wholly */
		left_bytes -= one_more_bytes;
		packets++;
	}
}

static void finish_snapshot(struct operation *operation, const struct error *err)
{
	struct snapshot_operation *snapshot = (struct snapshot_operation *)operation;
	const struct session *session = operation->session;
	struct snapshot_result result = {
		.rows = session->chunks + snapshot->first_row,
		.row_count = session->chunk_count - snapshot->first_row,
		.hole_count = atomic_load(&snapshot->losses.hole_count),
	};

	snapshot->outcome.done(snapshot->outcome.data, &result, err);
	if (!err)
		lifespan_note(operation->session, "tracon.snapshot.recorded");
	for (size_t i = 0; i < snapshot->target_count; i++) {
		free(snapshot->targets[i].folder);
		free(snapshot->targets[i].name);
	}
	ring_kinds_finish(&snapshot->kinds);
	free(snapshot->targets);
	free(snapshot->name);
	free(snapshot->path);
}

static void copy_next(struct snapshot_operation *snapshot);

/* Chunks may have been deleted from the list. */
static uint64_t next_chunk_id(const struct session *session)
{
	return session->chunk_count ? session->chunks[session->chunk_count - 1].id + 1 : 0;
}

static struct chunk_row make_row(const struct snapshot_operation *snapshot,
				 const struct chunk_info *info)
{
	return (struct chunk_row){
		.id = next_chunk_id(snapshot->operation.session),
		.path = shared_text_create(info->path),
		.begin_wall_ns = snapshot->begun_wall_ns,
		.end_wall_ns = info->end_wall_ns,
		.event_count = info->event_count,
		.bytes = info->bytes,
		.is_archived = true,
	};
}

static void add_row(struct snapshot_operation *snapshot, const struct chunk_info *info)
{
	struct session *session = snapshot->operation.session;

	session_add_chunk(session, make_row(snapshot, info));
	free((char *)(uintptr_t)info->path);
	model_changed(session->model);
	snapshot->target_at++;
	copy_next(snapshot);
}

/* --- to a relay daemon */

/* The sink's thread. */
static void chunk_sent(void *data, const struct chunk_info *chunk, const struct error *err)
{
	struct snapshot_operation *snapshot = data;

	snapshot->sent = *chunk;
	snapshot->sent.path = mem_strdup(chunk->path);
	error_copy(&snapshot->sent_error, err);
}

static void sent_step(struct operation *operation)
{
	struct snapshot_operation *snapshot = (struct snapshot_operation *)operation;
	struct error *err =
		error_is_set(&snapshot->copy_error) ? &snapshot->copy_error : &snapshot->sent_error;

	sink_destroy(snapshot->remote);
	snapshot->remote = NULL;
	if (!error_is_set(err)) {
		add_row(snapshot, &snapshot->sent);
		return;
	}
	free((char *)(uintptr_t)snapshot->sent.path);
	operation_end(operation, err);
}

static void send_copied(struct snapshot_operation *snapshot)
{
	struct operation *operation = &snapshot->operation;

	snapshot->copy_error = operation->task.error;
	snapshot_sink_end_with(operation->session->sink, !error_is_set(&snapshot->copy_error));
	operation_wait(operation, sent_step);
	chunked_finish(snapshot->remote, clock_wall_ns(), &operation->task);
	operation_go(operation);
}

static void copied_step(struct operation *operation)
{
	struct snapshot_operation *snapshot = (struct snapshot_operation *)operation;
	struct session *session = operation->session;
	struct error err = operation->task.error;
	struct chunk_info info;

	if (snapshot->remote) {
		send_copied(snapshot);
		return;
	}
	if (error_is_set(&err)) {
		snapshot_sink_end(session->sink, false, clock_wall_ns(), NULL);
		operation_end(operation, &err);
		return;
	}
	snapshot_sink_end(session->sink, true, clock_wall_ns(), &info);
	add_row(snapshot, &info);
}

static void copy_streams(struct snapshot_operation *snapshot)
{
	struct operation *operation = &snapshot->operation;
	struct session *session = operation->session;

	operation_wait(operation, copied_step);
	task_add(&operation->task);
	stream_set_copy(session->streams, session->is_active,
			snapshot->targets[snapshot->target_at].packets_max, &snapshot->losses,
			&operation->task);
	operation_go(operation);
}

static void connected_step(struct operation *operation)
{
	struct snapshot_operation *snapshot = (struct snapshot_operation *)operation;
	struct error err = operation->task.error;

	if (!error_is_set(&err) && chunked_open(snapshot->remote, clock_wall_ns(), &err) &&
	    snapshot_sink_begin_with(operation->session->sink, snapshot->remote, &err)) {
		copy_streams(snapshot);
		return;
	}
	sink_destroy(snapshot->remote);
	snapshot->remote = NULL;
	operation_end(operation, &err);
}

static void connect_to(struct snapshot_operation *snapshot, const struct target *target)
{
	struct operation *operation = &snapshot->operation;
	struct error err = ERROR_INIT;

	snapshot->sent_error = (struct error)ERROR_INIT;
	snapshot->remote = relay_make_snapshot_sink(operation->session, &target->url, target->name,
						    chunk_sent, snapshot, &err);
	if (!snapshot->remote) {
		operation_end(operation, &err);
		return;
	}
	operation_wait(operation, connected_step);
	chunked_prepare(snapshot->remote, &operation->task);
	operation_go(operation);
}

static void copy_next(struct snapshot_operation *snapshot)
{
	struct operation *operation = &snapshot->operation;
	struct session *session = operation->session;
	const struct target *target = &snapshot->targets[snapshot->target_at];
	struct error err = ERROR_INIT;

	if (snapshot->target_at == snapshot->target_count) {
		session->snapshot_count++;
		operation_end(operation, NULL);
	} else if (!target->folder) {
		connect_to(snapshot, target);
	} else if (snapshot_sink_begin(session->sink, target->folder, clock_wall_ns(), &err)) {
		copy_streams(snapshot);
	} else {
		operation_end(operation, &err);
	}
}

static void measured_step(struct operation *operation)
{
	struct snapshot_operation *snapshot = (struct snapshot_operation *)operation;
	struct error err = ERROR_INIT;

	for (size_t i = 0; i < snapshot->target_count; i++) {
		struct target *target = &snapshot->targets[i];

		if (!target->bytes_max)
			continue;
		target->packets_max =
			snapshot_packets_that_fit(&snapshot->kinds, target->bytes_max);
		if (target->packets_max > 0)
			continue;
		error_set(&err, ERROR_INVALID,
			  "%llu bytes can't hold at least one packet of each stream; allow more "
			  "with --max-size",
			  (unsigned long long)target->bytes_max);
		operation_end(operation, &err);
		return;
	}
	copy_next(snapshot);
}

static char *make_name(const struct snapshot_operation *snapshot, const char *name)
{
	char date_time[CLOCK_TEXT_MAX];

	return mem_printf("%s-%s-%llu", snapshot->name ? snapshot->name : name,
			  clock_text_date_time(date_time, snapshot->begun_wall_ns),
			  (unsigned long long)snapshot->operation.session->snapshot_count);
}

static void add_target(struct snapshot_operation *snapshot, const char *path, const char *name,
		       uint64_t bytes_max)
{
	struct target *target = &snapshot->targets[snapshot->target_count++];

	target->bytes_max = snapshot->bytes_max ? snapshot->bytes_max : bytes_max;
	target->name = make_name(snapshot, name);
	if (relay_url_is_meant(path))
		relay_url_parse(path, &target->url, NULL); /* it was, when it was given */
	else
		target->folder = mem_printf("%s%s%s", path,
					    path[strlen(path) - 1] == '/' ? "" : "/", target->name);
}

static void make_targets(struct snapshot_operation *snapshot)
{
	const struct session *session = snapshot->operation.session;

	snapshot->targets =
		mem_zalloc((session->snapshot_output_count + 1) * sizeof(*snapshot->targets));
	if (snapshot->path) {
		add_target(snapshot, snapshot->path, AD_HOC_NAME, 0);
		return;
	}
	for (size_t i = 0; i < session->snapshot_output_count; i++) {
		const struct snapshot_output *output = &session->snapshot_outputs[i];

		add_target(snapshot, output->path, output->name, output->bytes_max);
	}
}

static bool check(const struct snapshot_operation *snapshot, struct error *err)
{
	const struct session *session = snapshot->operation.session;

	if (session->mode != PICTURE_MODE_SNAPSHOT)
		return error_set(err, ERROR_STATE,
				 "snapshots can only be taken of sessions that were created with "
				 "--snapshot");
	if (!session->streams)
		return error_set(err, ERROR_STATE, "the session was never started; start it first");
	if (!snapshot->path && session->snapshot_output_count == 0)
		return error_set(err, ERROR_STATE,
				 "the session has no snapshot output; 'snapshot add-output' makes "
				 "one, or name a folder here");
	if (snapshot->name &&
	    (snapshot->name[0] == '\0' || snapshot->name[0] == '.' ||
	     strlen(snapshot->name) > SESSION_NAME_MAX || strchr(snapshot->name, '/')))
		return error_set(err, ERROR_INVALID,
				 "'%s' can't be a snapshot's name: 1 to %d bytes, no '/', and not "
				 "'.' at the begin",
				 snapshot->name, SESSION_NAME_MAX);
	return true;
}

static void snapshot_step(struct operation *operation)
{
	struct snapshot_operation *snapshot = (struct snapshot_operation *)operation;
	struct session *session = operation->session;
	struct error err = ERROR_INIT;

	snapshot->first_row = session->chunk_count;
	snapshot->begun_wall_ns = clock_wall_ns();
	if (!check(snapshot, &err)) {
		operation_end(operation, &err);
		return;
	}
	make_targets(snapshot);
	operation_wait(operation, measured_step);
	task_add(&operation->task);
	stream_set_measure(session->streams, &snapshot->kinds, &operation->task);
	operation_go(operation);
}

void snapshot_record(struct session *session, const struct snapshot_wish *wish,
		     struct snapshot_outcome outcome)
{
	struct snapshot_operation *snapshot = mem_zalloc(sizeof(*snapshot));

	snapshot->operation.step = snapshot_step;
	snapshot->operation.finish = finish_snapshot;
	snapshot->outcome = outcome;
	snapshot->name = wish->name ? mem_strdup(wish->name) : NULL;
	snapshot->path = wish->path ? mem_strdup(wish->path) : NULL;
	snapshot->bytes_max = wish->bytes_max;
	ring_kinds_init(&snapshot->kinds);
	operation_submit(session, &snapshot->operation);
}
