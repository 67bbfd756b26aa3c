/* SPDX-License-Identifier: GPL-2.0-or-later */
/* help: all commands, or one of them with its options. Needs no engine. */
#include "backend/base/text.h"
#include "backend/control/commands/commands.h"

static void add_to_json(struct json *output, const struct command *only)
{
	struct json *commands = json_put_array(output, "commands");

	for (size_t i = 0; i < command_count; i++) {
		const struct command *command = command_table[i];
		struct json *entry;

		if (only ? command != only : (command->flags & COMMAND_HIDDEN) != 0)
			continue;
		entry = json_add_object(commands);
		json_put_text(entry, "name", command->name);
		json_put_text(entry, "usage", command->usage ? command->usage : "");
		json_put_text(entry, "help", command->help);
	}
}

static void run(struct call *call)
{
	const char *name = args_at(call->args, 0);
	const struct command *command = name ? command_find(name) : NULL;
	struct error err = ERROR_INIT;
	struct text help = {0};

	if (name && !command) {
		error_set(&err, ERROR_INVALID, "unknown command '%s'; 'help' lists all", name);
		reply_fail(call->reply, &err);
		return;
	}
	command_print_help(command, &help);
	reply_print(call->reply, "%s", text_str(&help));
	add_to_json(reply_json(call->reply), command);
	text_finish(&help);
	reply_done(call->reply, STATUS_OK);
}

const struct command help_command = {
	.name = "help",
	.usage = "[COMMAND]",
	.help = "Explain a command, or list all.",
	.argument_max = 1,
	.complete = COMPLETE_COMMAND,
	.flags = COMMAND_LOCAL,
	.run = run,
};
