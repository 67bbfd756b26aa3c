/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * view: reads a trace with another program. In a shell that is the client's child (console/view.c);
 * only its options are here, and view-place, which tells that client where a session's trace is.
 */
#include "backend/base/mem.h"
#include "backend/control/commands/commands.h"
#include "backend/control/commands/common.h"

static void run(struct call *call)
{
	struct error err = ERROR_INIT;

	error_set(&err, ERROR_UNSUPPORTED,
		  "a viewer needs a terminal of its own: give 'tracon view' in a shell");
	reply_fail(call->reply, &err);
}

static const struct option_spec options[] = {
	{"viewer", 'e', OPTION_TEXT, "COMMAND", "the program, with its options", COMPLETE_PROGRAM},
	{"trace-path", 't', OPTION_TEXT, "DIR", "read this folder", COMPLETE_FILE},
};

const struct command view_command = {
	.name = "view",
	.usage = "[--viewer=COMMAND] [SESSION | PATH | --trace-path=DIR]",
	.help = "Read a trace with babeltrace2 or another program.",
	.description = "Runs the viewer (babeltrace2, else babeltrace) on what a session has "
		       "recorded, or on a folder: an argument with a slash is a path. A session "
		       "must be stopped first; its archived chunks can be read at any time by "
		       "their paths.",
	.options = options,
	.option_count = COUNT_OF(options),
	.argument_max = 1,
	.complete = COMPLETE_SESSION,
	.flags = COMMAND_CLIENT,
	.run = run,
};

static void run_place(struct call *call)
{
	const struct session *session = common_session(call, args_at(call->args, 0));
	struct error err = ERROR_INIT;

	if (!session)
		return;
	if (session->is_active) {
		error_set(&err, ERROR_STATE,
			  "session '%s' is recording; stop it before reading it, or read its "
			  "archived chunks by their paths",
			  session_name(session));
		reply_fail(call->reply, &err);
		return;
	}
	json_put_text(reply_json(call->reply), "path", shared_text_str(session->output));
	reply_print(call->reply, "%s\n", shared_text_str(session->output));
	reply_done(call->reply, STATUS_OK);
}

const struct command view_place_command = {
	.name = "view-place",
	.usage = "[SESSION]",
	.help = "Print where a session's trace is.",
	.argument_max = 1,
	.flags = COMMAND_HIDDEN,
	.run = run_place,
};
