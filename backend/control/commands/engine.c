/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * engine: an engine without a terminal, for boot and services. The program itself does it
 * (console/engine.c) before it asks anybody; what arrives here found an engine running.
 */
#include <unistd.h>

#include "backend/base/mem.h"
#include "backend/control/commands/commands.h"

static void run(struct call *call)
{
	struct error err = ERROR_INIT;

	error_set(&err, ERROR_BUSY, "an engine is running already (process %d)", (int)getpid());
	reply_fail(call->reply, &err);
}

static const struct option_spec options[] = {
	{"background", 0, OPTION_FLAG, NULL,
	 "return once commands and applications can connect; the engine goes on", COMPLETE_NOTHING},
	{"load", 0, OPTION_TEXT, "PATH", "begin with these saved sessions: a file or a folder",
	 COMPLETE_FILE},
};

const struct command engine_command = {
	.name = "engine",
	.usage = "[--background] [--load=PATH]",
	.help = "Run an engine without a terminal.",
	.description = "Runs an engine without a terminal, for boot and services. SIGTERM and "
		       "SIGINT end it in order: sessions are stopped and their data written. "
		       "Sessions saved in .lttng/sessions/auto are loaded by each engine. "
		       "'tracon' in a terminal shows it.",
	.options = options,
	.option_count = COUNT_OF(options),
	.flags = COMMAND_CLIENT,
	.run = run,
};
