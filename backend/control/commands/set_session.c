/* SPDX-License-Identifier: GPL-2.0-or-later */
/* set-session: which session commands mean that name none. */
#include "backend/base/mem.h"
#include "backend/control/commands/commands.h"
#include "backend/control/commands/common.h"
#include "backend/control/rcfile.h"

static void set_session_run(struct call *call)
{
	struct session *session = common_session(call, args_at(call->args, 0));
	struct error err = ERROR_INIT;

	if (!session)
		return;
	if (!rcfile_write(reply_requester(call->reply)->lttng_home, session_name(session), &err)) {
		reply_fail(call->reply, &err);
		return;
	}
	common_session_json(json_put_object(reply_json(call->reply), "session"), session);
	reply_print(call->reply, "Session set to %s\n", session_name(session));
	reply_done(call->reply, STATUS_OK);
}

const struct command set_session_command = {
	.name = "set-session",
	.usage = "SESSION",
	.help = "Make a session the current one.",
	.argument_min = 1,
	.argument_max = 1,
	.complete = COMPLETE_SESSION,
	.run = set_session_run,
};
