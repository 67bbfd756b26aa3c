/* SPDX-License-Identifier: GPL-2.0-or-later */
/* start: records from now on. The answer comes when the running applications record. */
#include <stdlib.h>

#include "backend/base/mem.h"
#include "backend/control/commands/commands.h"
#include "backend/control/commands/common.h"
#include "backend/model/recording.h"

struct started {
	struct several *several;
	char *name;
};

static void session_started(void *data, const struct error *err)
{
	struct started *started = data;
	struct reply *reply = started->several->reply;
	struct error sentence = ERROR_INIT;

	if (err) {
		sentence = *err;
		error_prefix(&sentence, "cannot start session '%s'", started->name);
		reply_error(reply, &sentence);
	} else {
		reply_print(reply, "Tracing started for session %s\n", started->name);
	}
	several_end(started->several, err ? STATUS_ERROR : STATUS_OK);
	free(started->name);
	free(started);
}

static void start_one(struct several *several, struct session *session)
{
	struct error err = ERROR_INIT;
	struct started *started;

	several->remaining++;
	if (session->is_active && !session->operations) {
		reply_warn(several->reply, "tracing is already started for session '%s'",
			   session_name(session));
		several_end(several, STATUS_OK);
		return;
	}
	if (session->channel_count == 0) {
		error_set(&err, ERROR_STATE,
			  "cannot start session '%s': it has no channel; enable-event or "
			  "enable-channel makes one",
			  session_name(session));
		reply_error(several->reply, &err);
		several_end(several, STATUS_ERROR);
		return;
	}
	started = mem_zalloc(sizeof(*started));
	started->several = several;
	started->name = mem_strdup(session_name(session));
	recording_start(session, (struct outcome){session_started, started});
}

static void start_run(struct call *call)
{
	struct several *several;
	struct session **sessions;
	size_t count;

	if (!common_sessions(call, &sessions, &count))
		return;
	common_sessions_json(call, sessions, count);
	several = several_begin(call->reply);
	for (size_t i = 0; i < count; i++)
		start_one(several, sessions[i]);
	several_end(several, STATUS_OK);
	free(sessions);
}

static const struct option_spec start_options[] = {OPTION_ALL, OPTION_GLOB};

const struct command start_command = {
	.name = "start",
	.usage = "[--all | --glob=PATTERN | SESSION]",
	.help = "Start recording.",
	.options = start_options,
	.option_count = COUNT_OF(start_options),
	.argument_max = 1,
	.complete = COMPLETE_SESSION,
	.run = start_run,
};
