/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * run-place: tells a client what a program's environment needs to be found by this engine, and
 * whether the session that is to record it does. --interrupt: Ctrl-C for the console's programs.
 */
#include "backend/control/commands/commands.h"
#include "backend/model/child.h"
#include "backend/model/model.h"

static void interrupt(struct call *call)
{
	size_t count = children_count_interruptible(&call->model->children);
	struct error err = ERROR_INIT;

	if (!reply_requester(call->reply)->is_console) {
		error_set(&err, ERROR_DENIED, "only the console interrupts its programs");
		reply_fail(call->reply, &err);
		return;
	}
	children_interrupt(&call->model->children);
	reply_print(call->reply, "%zu program%s interrupted\n", count,
		    count == 1 ? " was" : "s were");
	reply_done(call->reply, STATUS_OK);
}

static void tell_place(struct call *call)
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

static void run_place_run(struct call *call)
{
	if (args_has(call->args, "interrupt"))
		interrupt(call);
	else
		tell_place(call);
}

static const struct option_spec run_place_options[] = {
	{"interrupt", 0, OPTION_FLAG, NULL, "end what `run` has started in the console",
	 COMPLETE_NOTHING},
};

const struct command run_place_command = {
	.name = "run-place",
	.usage = "[SESSION]",
	.help = "Print the LTTNG_HOME that a program needs.",
	.options = run_place_options,
	.option_count = 1,
	.argument_max = 1,
	.flags = COMMAND_HIDDEN,
	.run = run_place_run,
};
