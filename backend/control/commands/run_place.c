/* SPDX-License-Identifier: GPL-2.0-or-later */
/* run-place: tells a client what a program's environment needs to be found by this engine. */
#include "backend/control/commands/commands.h"
#include "backend/model/model.h"

static void run_place_run(struct call *call)
{
	const char *home = model_apps_home(call->model);

	json_put_text(reply_json(call->reply), "lttng_home", home ? home : "");
	reply_print(call->reply, "%s\n", home ? home : "");
	reply_done(call->reply, STATUS_OK);
}

const struct command run_place_command = {
	.name = "run-place",
	.usage = "",
	.help = "Print the LTTNG_HOME that a program needs.",
	.flags = COMMAND_HIDDEN,
	.run = run_place_run,
};
