/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * run-place: tells a client what a program's environment needs to be found by this engine, and
 * whether the session that is to record it does.
 */
#include "backend/control/commands/commands.h"
#include "backend/model/model.h"

static void run_place_run(struct call *call)
{
	const struct requester *who = reply_requester(call->reply);
	const char *home = model_apps_home(call->model);
	const char *name = args_at(call->args, 0);
	const struct session *session =
		name ? model_find_session(call->model, who->uid, name) : NULL;

	if (session)
		json_put_text(reply_json(call->reply), "session",
			      session->is_active ? "active" : "inactive");
	json_put_text(reply_json(call->reply), "lttng_home", home ? home : "");
	reply_print(call->reply, "%s\n", home ? home : "");
	reply_done(call->reply, STATUS_OK);
}

const struct command run_place_command = {
	.name = "run-place",
	.usage = "[SESSION]",
	.help = "Print the LTTNG_HOME that a program needs.",
	.argument_max = 1,
	.flags = COMMAND_HIDDEN,
	.run = run_place_run,
};
