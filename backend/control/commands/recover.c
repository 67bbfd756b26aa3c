/* SPDX-License-Identifier: GPL-2.0-or-later */
/* recover: sessions that an engine that was killed left over: archived, taken up again, forgotten.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/control/commands/commands.h"
#include "backend/control/commands/common.h"
#include "backend/model/lifespan.h"
#include "backend/model/recording.h"
#include "backend/model/running.h"

struct recovering {
	struct call *call;
	struct json *json; /* of the session */
	struct word_list paths;
	const struct left_session *left;
	struct chunk_info *chunks; /* without paths */
	size_t chunk_count, chunk_room;
};

static const char *place_of(const struct left_session *left)
{
	return left->record.output[0] ? left->record.output : "no files";
}

static struct json *describe(struct json *array, const struct left_session *left)
{
	struct json *object = json_add_object(array);

	json_put_text(object, "name", left->record.name);
	json_put_text(object, "path", left->record.output);
	json_put_bool(object, "enabled", left->record.is_active);
	json_put_u64(object, "creation_time_ns", left->record.created_wall_ns);
	return object;
}

/* --- without an action: what there is */

static void list(struct call *call, const char *name)
{
	uid_t uid = reply_requester(call->reply)->uid;
	struct json *array = json_put_array(reply_json(call->reply), "sessions");
	struct left_session *left = running_left(call->model, NULL, uid, name);
	char date[CLOCK_TEXT_MAX];

	if (!left)
		reply_print(call->reply, "No session was left over\n");
	else
		reply_print(call->reply, "Sessions left over by an engine that was killed:\n");
	for (int i = 1; left; left = running_left(call->model, left, uid, name), i++) {
		describe(array, left);
		reply_print(call->reply, "  %d) %s [%s], created %s: %s\n", i, left->record.name,
			    left->record.is_active ? "active" : "inactive",
			    clock_text_date_time(date, left->record.created_wall_ns),
			    place_of(left));
	}
	if (json_count(array) > 0)
		reply_print(call->reply,
			    "\nUse recover --resume, --archive or --discard with a session\n");
	reply_done(call->reply, STATUS_OK);
}

/* --- archive */

static void archived(void *data, const struct chunk_info *chunk)
{
	struct recovering *recovering = data;

	reply_print(recovering->call->reply,
		    "Trace chunk archive for session %s is now readable at %s\n",
		    recovering->left->record.name, chunk->path);
	json_add_text(json_get(recovering->json, "archives"), chunk->path);
	word_list_add(&recovering->paths, chunk->path);
	recovering->chunks = mem_grow(recovering->chunks, recovering->chunk_count,
				      &recovering->chunk_room, sizeof(*recovering->chunks));
	recovering->chunks[recovering->chunk_count++] = *chunk;
}

static bool archive(struct recovering *recovering, uint64_t *next_id, struct error *err)
{
	json_put_array(recovering->json, "archives");
	return running_archive(recovering->call->model, recovering->left, next_id, archived,
			       recovering, err);
}

static bool archive_one(struct recovering *recovering, struct left_session *left, struct error *err)
{
	struct reply *reply = recovering->call->reply;
	uint64_t next_id;

	if (!archive(recovering, &next_id, err))
		return error_prefix(err, "cannot archive '%s'", left->record.name);
	if (recovering->chunk_count == 0)
		reply_print(reply, "Session %s has left nothing to archive\n", left->record.name);
	running_drop(recovering->call->model, left);
	return true;
}

/* --- discard */

static void discard_one(struct recovering *recovering, struct left_session *left)
{
	reply_print(recovering->call->reply, "Session %s forgotten; its trace stays: %s\n",
		    left->record.name, place_of(left));
	running_drop(recovering->call->model, left);
}

/* --- resume */

static void list_chunks(const struct recovering *recovering, struct session *session)
{
	for (size_t i = 0; i < recovering->chunk_count; i++) {
		const struct chunk_info *chunk = &recovering->chunks[i];

		session_add_chunk(session,
				  (struct chunk_row){
					  .id = chunk->id,
					  .path = shared_text_create(recovering->paths.words[i]),
					  .begin_wall_ns = chunk->begin_wall_ns,
					  .end_wall_ns = chunk->end_wall_ns,
					  .bytes = chunk->bytes,
					  .is_archived = true,
				  });
	}
}

/* The restored session comes first: what can't be restored stays as it was left. */
static struct session *resume(struct recovering *recovering, struct error *err)
{
	struct call *call = recovering->call;
	struct word_list warnings = {0};
	struct session *session = running_restore(call->model, recovering->left, 0, &warnings, err);
	uint64_t next_id;

	for (size_t i = 0; i < warnings.count; i++)
		reply_warn(call->reply, "%s", warnings.words[i]);
	word_list_finish(&warnings);
	if (!session)
		return NULL;
	if (!archive(recovering, &next_id, err)) {
		recording_forget(session);
		return NULL;
	}
	session->first_chunk_id = next_id;
	list_chunks(recovering, session);
	return session;
}

/* Ends the reply, now or when it records. */
static void resume_one(struct recovering *recovering, struct left_session *left)
{
	struct call *call = recovering->call;
	bool was_active = left->record.is_active;
	struct error err = ERROR_INIT;
	struct session *session = resume(recovering, &err);

	if (!session) {
		if (err.code == ERROR_SESSION_EXISTS)
			error_set(&err, ERROR_SESSION_EXISTS,
				  "a session with this name exists already; destroy it, or "
				  "recover --archive");
		error_prefix(&err, "cannot resume '%s'", left->record.name);
		reply_fail(call->reply, &err);
		return;
	}
	reply_print(call->reply, "Session %s resumed%s\n", session_name(session),
		    was_active ? "" : " [inactive]");
	running_drop(call->model, left);
	lifespan_begin(session);
	if (was_active)
		recording_start(session, common_reply_when_done(call->reply, STATUS_OK));
	else
		reply_done(call->reply, STATUS_OK);
}

/* --- the command */

static bool check(struct call *call, struct error *err)
{
	return args_has(call->args, "archive") + args_has(call->args, "resume") +
			       args_has(call->args, "discard") <=
		       1 ||
	       error_set(err, ERROR_INVALID,
			 "--archive, --resume and --discard exclude each other");
}

/* The one that is meant; NULL: the reply was ended. */
static struct left_session *choose(struct call *call, const char *name)
{
	uid_t uid = reply_requester(call->reply)->uid;
	struct left_session *left = running_left(call->model, NULL, uid, name);
	struct error err = ERROR_INIT;

	if (!left && name)
		error_set(&err, ERROR_SESSION_NOT_FOUND,
			  "no session '%s' was left over; 'recover' shows those that were", name);
	else if (!left)
		error_set(&err, ERROR_SESSION_NOT_FOUND, "no session was left over");
	else if (!name && running_left(call->model, left, uid, NULL))
		error_set(&err, ERROR_INVALID,
			  "several sessions were left over; say which: 'recover' shows them");
	if (!error_is_set(&err))
		return left;
	reply_fail(call->reply, &err);
	return NULL;
}

static void act(struct call *call, struct left_session *left)
{
	struct recovering recovering = {.call = call, .left = left};
	struct error err = ERROR_INIT;

	recovering.json = describe(json_put_array(reply_json(call->reply), "sessions"), left);
	if (args_has(call->args, "resume")) {
		resume_one(&recovering, left);
	} else if (args_has(call->args, "discard")) {
		discard_one(&recovering, left);
		reply_done(call->reply, STATUS_OK);
	} else if (archive_one(&recovering, left, &err)) {
		reply_done(call->reply, STATUS_OK);
	} else {
		reply_fail(call->reply, &err);
	}
	word_list_finish(&recovering.paths);
	free(recovering.chunks);
}

static void recover_run(struct call *call)
{
	const char *name = args_at(call->args, 0);
	struct error err = ERROR_INIT;
	struct left_session *left;

	if (!check(call, &err)) {
		reply_fail(call->reply, &err);
		return;
	}
	if (!args_has(call->args, "archive") && !args_has(call->args, "resume") &&
	    !args_has(call->args, "discard")) {
		list(call, name);
		return;
	}
	left = choose(call, name);
	if (left)
		act(call, left);
}

static const struct option_spec recover_options[] = {
	{"archive", 'a', OPTION_FLAG, NULL, "move what it recorded to archives/, and forget it",
	 COMPLETE_NOTHING},
	{"resume", 'r', OPTION_FLAG, NULL,
	 "the same, and go on recording with the next trace chunk", COMPLETE_NOTHING},
	{"discard", 'd', OPTION_FLAG, NULL, "forget it; its trace stays where it is",
	 COMPLETE_NOTHING},
};

const struct command recover_command = {
	.name = "recover",
	.usage = "[--archive | --resume | --discard] [SESSION]",
	.help = "Bring back sessions of an engine that was killed.",
	.description =
		"Sessions that were started and not destroyed when their engine ended "
		"unexpectedly are left over. Their traces are made readable when the next engine "
		"starts. Without an option: shows them. --archive moves the trace chunks that "
		"were being recorded to archives/, as a rotation does. --resume does so, too, and "
		"makes a session of the same name and configuration that goes on in the same "
		"output directory. --discard only forgets the session. What was in its buffers is "
		"lost with the engine, unless they were files: see create --shm-path.",
	.options = recover_options,
	.option_count = COUNT_OF(recover_options),
	.argument_max = 1,
	.complete = COMPLETE_NOTHING,
	.run = recover_run,
};
