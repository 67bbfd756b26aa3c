/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * view: reads a trace in the event browser or with another program. In a shell that is the client's
 * business (console/view.c); only its options are here, and view-place, which tells that client
 * where a session's trace is.
 */
#include "backend/base/mem.h"
#include "backend/control/commands/commands.h"
#include "backend/control/commands/common.h"

static void run(struct call *call)
{
	struct error err = ERROR_INIT;

	error_set(&err, ERROR_UNSUPPORTED,
		  "a viewer needs a terminal of its own: give 'tracon view' in a shell, or 'view' "
		  "without options in the console");
	reply_fail(call->reply, &err);
}

static const struct option_spec options[] = {
	{"viewer", 'e', OPTION_TEXT, "COMMAND", "the program, with its options", COMPLETE_PROGRAM},
	{"trace-path", 't', OPTION_TEXT, "DIR", "read this folder", COMPLETE_FILE},
};

const struct command view_command = {
	.name = "view",
	.usage = "[--viewer=COMMAND] [SESSION | PATH | --trace-path=DIR]",
	.help = "Look at a trace in the event browser, or with another program.",
	.description =
		"On a terminal, opens what a session has recorded, or a folder, in the event "
		"browser: an argument with a slash is a path. A session that records is "
		"shown up to its last complete packet. With --viewer, or without a terminal, "
		"runs that program (babeltrace2, else babeltrace) instead; then a session "
		"must be stopped first, while its archived chunks can be read at any time by "
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
	if (session->is_active && !args_has(call->args, "recording")) {
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

static const struct option_spec place_options[] = {
	{"recording", '\0', OPTION_FLAG, NULL, "also of a session that records", COMPLETE_NOTHING},
};

const struct command view_place_command = {
	.name = "view-place",
	.usage = "[SESSION]",
	.help = "Print where a session's trace is.",
	.options = place_options,
	.option_count = COUNT_OF(place_options),
	.argument_max = 1,
	.flags = COMMAND_HIDDEN,
	.run = run_place,
};
