/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * run: starts a program so that it can be traced. In a shell the program is the client's child
 * (console/run.c); only its options are here. run-place is what that client asks first.
 */
#include <stdint.h>

#include "backend/base/mem.h"
#include "backend/control/commands/commands.h"

static void run(struct call *call)
{
	struct error err = ERROR_INIT;

	error_set(&err, ERROR_UNSUPPORTED,
		  "a program needs a terminal of its own: give 'tracon run' in a shell");
	reply_fail(call->reply, &err);
}

static const struct option_spec options[] = {
	{"session", 's', OPTION_TEXT, "SESSION", "record into this session", COMPLETE_SESSION},
	{"libc", 0, OPTION_FLAG, NULL, "trace malloc, calloc, realloc and free", COMPLETE_NOTHING},
	{"pthread", 0, OPTION_FLAG, NULL, "trace mutexes", COMPLETE_NOTHING},
	{"dl", 0, OPTION_FLAG, NULL, "trace dlopen and dlclose", COMPLETE_NOTHING},
	{"fd", 0, OPTION_FLAG, NULL,
	 "keep LTTng-UST's own descriptors safe from a program that "
	 "closes all",
	 COMPLETE_NOTHING},
	{"functions", 0, OPTION_FLAG, NULL,
	 "trace functions of a program built with -finstrument-functions", COMPLETE_NOTHING},
};

const struct command run_command = {
	.name = "run",
	.usage = "[--session=SESSION] [--libc] [--pthread] [--dl] [--fd] [--functions] [--] "
		 "PROGRAM [ARGUMENT...]",
	.help = "Start a program and record it.",
	.description = "Starts a program and records it: by the session given, else by the current "
		       "one if it is active, else by a new one named after the program, which "
		       "records all user-space events and is stopped, not destroyed, when the "
		       "program ends. The exit status is the program's.",
	.options = options,
	.option_count = COUNT_OF(options),
	.argument_min = 1,
	.argument_max = SIZE_MAX,
	.complete = COMPLETE_PROGRAM,
	.flags = COMMAND_CLIENT | COMMAND_STARTS_ENGINE | COMMAND_STOPS_AT_ARGUMENT,
	.run = run,
};
