/* SPDX-License-Identifier: GPL-2.0-or-later */
/* start: records from now on. The answer comes when the running applications record. */
#include <stdlib.h>

#include "backend/base/mem.h"
#include "backend/control/commands/commands.h"
#include "backend/control/commands/common.h"
#include "backend/model/recording.h"

struct started {
	struct reply *reply;
	char *name;
};

static void session_started(void *data, const struct error *err)
{
	struct started *started = data;
	struct error sentence = ERROR_INIT;

	if (err) {
		sentence = *err;
		error_prefix(&sentence, "cannot start session '%s'", started->name);
		reply_fail(started->reply, &sentence);
	} else {
		reply_print(started->reply, "Tracing started for session %s\n", started->name);
		reply_done(started->reply, STATUS_OK);
	}
	free(started->name);
	free(started);
}

static void start_run(struct call *call)
{
	struct session *session = common_session(call, args_at(call->args, 0));
	struct error err = ERROR_INIT;
	struct started *started;

	if (!session)
		return;
	common_session_json(json_put_object(reply_json(call->reply), "session"), session);
	if (session->is_active && !session->operations) {
		reply_warn(call->reply, "tracing is already started for session '%s'",
			   session_name(session));
		reply_done(call->reply, STATUS_OK);
		return;
	}
	if (session->channel_count == 0) {
		error_set(&err, ERROR_STATE,
			  "cannot start session '%s': it has no channel; enable-event or "
			  "enable-channel makes one",
			  session_name(session));
		reply_fail(call->reply, &err);
		return;
	}
	started = mem_zalloc(sizeof(*started));
	started->reply = call->reply;
	started->name = mem_strdup(session_name(session));
	recording_start(session, (struct outcome){session_started, started});
}

const struct command start_command = {
	.name = "start",
	.usage = "[SESSION]",
	.help = "Start recording.",
	.argument_max = 1,
	.complete = COMPLETE_SESSION,
	.run = start_run,
};
