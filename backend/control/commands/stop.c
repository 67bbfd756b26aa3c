/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stop: records no more. The answer comes when every recorded event is in the files. */
#include <stdlib.h>

#include "backend/base/mem.h"
#include "backend/control/commands/commands.h"
#include "backend/control/commands/common.h"
#include "backend/model/recording.h"

struct stopped {
	struct several_part part; /* first; its reply is NULL: answered already (--no-wait) */
	struct model *model;
	uint64_t session_id;
	char *name;
};

static enum exit_status tell(struct several_part *part, const struct error *err)
{
	struct stopped *stopped = (struct stopped *)part;
	struct reply *reply = part->several->reply;
	const struct session *session = model_find_session_id(stopped->model, stopped->session_id);
	struct error sentence = ERROR_INIT;

	if (err && reply) {
		sentence = *err;
		error_prefix(&sentence, "cannot stop session '%s'", stopped->name);
		reply_error(reply, &sentence);
	} else if (reply) {
		reply_print(reply, "Tracing stopped for session %s\n", stopped->name);
		if (session)
			common_warn_losses(reply, session);
	}
	free(stopped->name);
	free(stopped);
	return err ? STATUS_ERROR : STATUS_OK;
}

static bool is_stopped(const struct session *session)
{
	return !session->is_active && !session->operations;
}

static void stop_one(struct several *several, struct session *session)
{
	struct stopped *stopped;

	if (is_stopped(session))
		return;
	stopped = mem_zalloc(sizeof(*stopped));
	stopped->model = session->model;
	stopped->session_id = session->id;
	stopped->name = mem_strdup(session_name(session));
	recording_stop(session, several_add(several, &stopped->part, tell));
}

/* What is said before the waiting. */
static void announce(struct reply *reply, const struct session *session, bool waits)
{
	if (is_stopped(session))
		reply_warn(reply, "tracing is already stopped for session '%s'",
			   session_name(session));
	else if (waits)
		reply_print(reply, "Waiting for data availability\n");
	else
		reply_print(reply, "Tracing stopped for session %s\n", session_name(session));
}

static void stop_run(struct call *call)
{
	bool waits = !args_has(call->args, "no-wait");
	struct several *several;
	struct session **sessions;
	size_t count;

	if (!common_sessions(call, &sessions, &count))
		return;
	common_sessions_json(call, sessions, count);
	for (size_t i = 0; i < count; i++)
		announce(call->reply, sessions[i], waits);
	several = several_begin(call->reply);
	if (!waits) {
		reply_done(call->reply, STATUS_OK);
		several->reply = NULL;
	}
	for (size_t i = 0; i < count; i++)
		stop_one(several, sessions[i]);
	several_end(several);
	free(sessions);
}

static const struct option_spec stop_options[] = {
	OPTION_ALL,
	OPTION_GLOB,
	{"no-wait", 'n', OPTION_FLAG, NULL, "don't wait until the data are in the files",
	 COMPLETE_NOTHING},
};

const struct command stop_command = {
	.name = "stop",
	.usage = "[--no-wait] [--all | --glob=PATTERN | SESSION]",
	.help = "Stop recording.",
	.options = stop_options,
	.option_count = COUNT_OF(stop_options),
	.argument_max = 1,
	.complete = COMPLETE_SESSION,
	.run = stop_run,
};
