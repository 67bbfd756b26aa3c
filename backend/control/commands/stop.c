/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stop: records no more. The answer comes when every recorded event is in the files. */
#include <stdlib.h>

#include "backend/base/mem.h"
#include "backend/control/commands/commands.h"
#include "backend/control/commands/common.h"
#include "backend/model/recording.h"

struct stopped {
	struct reply *reply; /* NULL: answered already (--no-wait) */
	struct model *model;
	uint64_t session_id;
	char *name;
};

static void session_stopped(void *data, const struct error *err)
{
	struct stopped *stopped = data;
	const struct session *session = model_find_session_id(stopped->model, stopped->session_id);
	struct error sentence = ERROR_INIT;

	if (err && stopped->reply) {
		sentence = *err;
		error_prefix(&sentence, "cannot stop session '%s'", stopped->name);
		reply_fail(stopped->reply, &sentence);
	} else if (stopped->reply) {
		reply_print(stopped->reply, "Tracing stopped for session %s\n", stopped->name);
		if (session)
			common_warn_losses(stopped->reply, session);
		reply_done(stopped->reply, STATUS_OK);
	}
	free(stopped->name);
	free(stopped);
}

static void stop_run(struct call *call)
{
	struct session *session = common_session(call, args_at(call->args, 0));
	bool waits = !args_has(call->args, "no-wait");
	struct stopped *stopped;

	if (!session)
		return;
	common_session_json(json_put_object(reply_json(call->reply), "session"), session);
	if (!session->is_active && !session->operations) {
		reply_warn(call->reply, "tracing is already stopped for session '%s'",
			   session_name(session));
		reply_done(call->reply, STATUS_OK);
		return;
	}
	if (waits)
		reply_print(call->reply, "Waiting for data availability\n");
	stopped = mem_zalloc(sizeof(*stopped));
	stopped->reply = waits ? call->reply : NULL;
	stopped->model = call->model;
	stopped->session_id = session->id;
	stopped->name = mem_strdup(session_name(session));
	if (!waits) {
		reply_print(call->reply, "Tracing stopped for session %s\n", session_name(session));
		reply_done(call->reply, STATUS_OK);
	}
	recording_stop(session, (struct outcome){session_stopped, stopped});
}

static const struct option_spec stop_options[] = {
	{"no-wait", 'n', OPTION_FLAG, NULL, "don't wait until the data are in the files",
	 COMPLETE_NOTHING},
};

const struct command stop_command = {
	.name = "stop",
	.usage = "[--no-wait] [SESSION]",
	.help = "Stop recording.",
	.options = stop_options,
	.option_count = COUNT_OF(stop_options),
	.argument_max = 1,
	.complete = COMPLETE_SESSION,
	.run = stop_run,
};
