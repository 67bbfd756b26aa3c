/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rotate: archives the current trace chunk and goes on in the next one. */
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/control/commands/commands.h"
#include "backend/control/commands/common.h"
#include "backend/model/recording.h"

struct rotated {
	struct reply *reply; /* NULL: answered already */
	char *name;
	struct relay_url url;
	bool is_streamed;
	bool waits;
};

static struct json *rotation_json(struct rotated *rotated, const char *state)
{
	struct json *rotation = json_put_object(reply_json(rotated->reply), "rotation");

	json_put_text(rotation, "session_name", rotated->name);
	json_put_text(rotation, "state", state);
	return rotation;
}

static void rotation_begun(void *data)
{
	struct rotated *rotated = data;

	if (rotated->waits) {
		reply_print(rotated->reply, "Waiting for rotation to complete\n");
		return;
	}
	rotation_json(rotated, "ONGOING");
	reply_print(rotated->reply, "Rotation ongoing for session %s\n", rotated->name);
	reply_done(rotated->reply, STATUS_OK);
	rotated->reply = NULL;
}

/* The path is "tcp://HOST/RELATIVE [control port …]". */
static void put_relay(struct json *location, const struct relay_url *url, const char *path)
{
	struct json *relay = json_put_object(location, "relay");
	const char *scheme = strstr(path, "://");
	const char *begin = scheme ? strchr(scheme + 3, '/') : NULL;
	const char *end = begin ? strstr(begin, " [") : NULL;
	char *relative = end ? mem_strndup(begin + 1, (size_t)(end - begin - 1)) : mem_strdup("");

	json_put_text(relay, "host", url->host);
	json_put_u64(relay, "control_port", url->control_port);
	json_put_u64(relay, "data_port", url->data_port);
	json_put_text(relay, "protocol", "TCP");
	json_put_text(relay, "relative_path", relative);
	free(relative);
}

static void put_location(struct json *rotation, const struct rotated *rotated, const char *path)
{
	struct json *location = json_put_object(rotation, "location");

	if (rotated->is_streamed)
		put_relay(location, &rotated->url, path);
	else
		json_put_text(json_put_object(location, "local"), "absolute_path", path);
}

static void answer_archive(struct rotated *rotated, const struct chunk_row *chunk)
{
	struct json *rotation = rotation_json(rotated, "COMPLETED");

	put_location(rotation, rotated, shared_text_str(chunk->path));
	json_put_u64(rotation, "chunk_id", chunk->id);
	json_put_u64(rotation, "begin_ns", chunk->begin_wall_ns);
	json_put_u64(rotation, "end_ns", chunk->end_wall_ns);
	json_put_u64(rotation, "recorded_events", chunk->event_count);
	json_put_u64(rotation, "recorded_bytes", chunk->bytes);
	reply_print(rotated->reply, "Trace chunk archive for session %s is now readable %s %s\n",
		    rotated->name, common_archive_place(shared_text_str(chunk->path)),
		    shared_text_str(chunk->path));
	reply_done(rotated->reply, STATUS_OK);
}

static void rotation_done(void *data, const struct chunk_row *chunk, const struct error *err)
{
	struct rotated *rotated = data;
	struct error sentence = ERROR_INIT;

	if (rotated->reply && err) {
		sentence = *err;
		error_prefix(&sentence, "cannot rotate session '%s'", rotated->name);
		reply_fail(rotated->reply, &sentence);
	} else if (rotated->reply && chunk) {
		answer_archive(rotated, chunk);
	} else if (rotated->reply) {
		reply_done(rotated->reply, STATUS_ERROR);
	}
	free(rotated->name);
	free(rotated);
}

static void rotate_run(struct call *call)
{
	struct session *session = common_session(call, args_at(call->args, 0));
	struct error err = ERROR_INIT;
	struct hook_wish hook;
	struct rotated *rotated;

	if (!session)
		return;
	if (!common_hook(call->args, &hook, &err)) {
		reply_fail(call->reply, &err);
		return;
	}
	rotated = mem_zalloc(sizeof(*rotated));
	rotated->reply = call->reply;
	rotated->name = mem_strdup(session_name(session));
	rotated->url = session->url;
	rotated->is_streamed = session->mode == PICTURE_MODE_STREAMING;
	rotated->waits = !args_has(call->args, "no-wait");
	recording_rotate(session, (struct rotation_outcome){.begun = rotation_begun,
							    .done = rotation_done,
							    .data = rotated,
							    .hook = hook});
}

static const struct option_spec rotate_options[] = {
	{"no-wait", 'n', OPTION_FLAG, NULL, "don't wait until the archive is complete",
	 COMPLETE_NOTHING},
	{"exec", 0, OPTION_TEXT, "COMMAND", "run this once the archive is complete",
	 COMPLETE_NOTHING},
	{"exec-timeout", 0, OPTION_TEXT, "TIME", "how long that may run; default 10 m",
	 COMPLETE_NOTHING},
};

const struct command rotate_command = {
	.name = "rotate",
	.usage = "[--no-wait] [--exec=COMMAND] [--exec-timeout=TIME] [SESSION]",
	.help = "Archive the current trace chunk and go on in the next one.",
	.description = "The archive is a complete trace: OUTPUT/archives/BEGIN-END-ID. No event is "
		       "lost or recorded twice. A stopped session can be rotated once.",
	.options = rotate_options,
	.option_count = COUNT_OF(rotate_options),
	.argument_max = 1,
	.complete = COMPLETE_SESSION,
	.run = rotate_run,
};
