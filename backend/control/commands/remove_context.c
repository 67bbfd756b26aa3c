/* SPDX-License-Identifier: GPL-2.0-or-later */
/* remove-context: takes back what add-context did. */
#include "backend/control/commands/commands.h"
#include "backend/control/commands/context_change.h"

static bool take_away(struct channel *channel, const char *name, struct error *err)
{
	return channel_remove_context(channel, name) ||
	       error_set(err, ERROR_NOT_FOUND, "channel '%s' has no such context",
			 shared_text_str(channel->name));
}

static void remove_context_run(struct call *call)
{
	struct context_change change = {.verb = "removed from", .change = take_away};

	context_change_run(call, &change);
}

const struct command remove_context_command = {
	.name = "remove-context",
	.usage = "(--kernel | --userspace) [--channel=CHANNEL] (--type=TYPE)...",
	.help = "Take contexts back that add-context added.",
	.description = "Before the first start of the session.",
	.options = context_options,
	.option_count = CONTEXT_OPTION_COUNT,
	.run = remove_context_run,
};
