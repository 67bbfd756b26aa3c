/* SPDX-License-Identifier: GPL-2.0-or-later */
/* quit: ends the engine; with active sessions only by force. detach: gives the terminal back. */
#include "backend/base/mem.h"
#include "backend/control/commands/commands.h"
#include "backend/control/commands/common.h"
#include "backend/model/recording.h"

struct ending {
	struct reply *reply;
	struct model *model;
};

static void end_engine(void *data, const struct error *err)
{
	struct reply *reply = data;

	(void)err;
	reply_done(reply, STATUS_OK);
}

static bool has_active_sessions(const struct model *model, struct error *err)
{
	struct text names = {0};

	for (size_t i = 0; i < model->session_count; i++)
		if (model->sessions[i]->is_active)
			text_addf(&names, "%s%s", names.length ? ", " : "",
				  session_name(model->sessions[i]));
	if (names.length > 0)
		error_set(err, ERROR_STATE,
			  "these sessions are recording: %s; stop them first, or 'quit --force'",
			  text_str(&names));
	text_finish(&names);
	return error_is_set(err);
}

static void quit_run(struct call *call)
{
	struct model *model = call->model;
	struct error err = ERROR_INIT;

	if (!args_has(call->args, "force") && has_active_sessions(model, &err)) {
		reply_fail(call->reply, &err);
		return;
	}
	/* The process ends on another thread; this answer is sent before the socket closes. */
	recording_end_all(model, (struct outcome){end_engine, call->reply});
	model->quit(model->callback_data);
}

static const struct option_spec quit_options[] = {
	{"force", 0, OPTION_FLAG, NULL, "stop and flush active sessions first", COMPLETE_NOTHING},
};

const struct command quit_command = {
	.name = "quit",
	.usage = "[--force]",
	.help = "End the engine and wait until it is gone.",
	.description =
		"Refused while sessions record, unless forced: they are then stopped, flushed and "
		"archived as destroy does.",
	.options = quit_options,
	.option_count = COUNT_OF(quit_options),
	.flags = COMMAND_ASKS,
	.run = quit_run,
};

static void detach_run(struct call *call)
{
	struct model *model = call->model;
	struct error err = ERROR_INIT;

	if (model->detach(model->callback_data)) {
		reply_done(call->reply, STATUS_OK);
		return;
	}
	error_set(&err, ERROR_STATE, "cannot detach: no terminal is attached to the engine");
	reply_fail(call->reply, &err);
}

const struct command detach_command = {
	.name = "detach",
	.usage = "",
	.help = "Give the attached terminal back; tracing goes on.",
	.run = detach_run,
};
