/* SPDX-License-Identifier: GPL-2.0-or-later */
/* version: in lttng's form, so that scripts find the number. Needs no engine. */
#include <stdio.h>

#include "backend/control/commands/commands.h"

#define NAME	"TRAcing CONsole"
#define LICENSE "GPL-2.0-or-later"
#define DESCRIPTION                                                                                \
	"tracon is a console for tracing a running Linux system, with the tracer inside. It "      \
	"takes\n"                                                                                  \
	"the commands of lttng 2.13, traces LTTng's applications and writes LTTng's trace format."

/* The names and the form of a number each are those of lttng's machine interface. */
static void add_to_json(struct json *output)
{
	struct json *version = json_put_object(output, "version");
	unsigned int major = 0, minor = 0, patch = 0;

	sscanf(PACKAGE_VERSION, "%u.%u.%u", &major, &minor, &patch);
	json_put_text(version, "string", PACKAGE_VERSION);
	json_put_u64(version, "major", major);
	json_put_u64(version, "minor", minor);
	json_put_u64(version, "patchLevel", patch);
	json_put_text(version, "name", NAME);
	json_put_text(version, "description", DESCRIPTION);
	json_put_text(version, "license", LICENSE);
}

static void run(struct call *call)
{
	reply_print(call->reply, "tracon version %s - %s\n\n%s\n\nLicense: %s\n", PACKAGE_VERSION,
		    NAME, DESCRIPTION, LICENSE);
	add_to_json(reply_json(call->reply));
	reply_done(call->reply, STATUS_OK);
}

const struct command version_command = {
	.name = "version",
	.usage = "",
	.help = "Print the version.",
	.flags = COMMAND_LOCAL,
	.run = run,
};
