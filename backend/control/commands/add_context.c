/* SPDX-License-Identifier: GPL-2.0-or-later */
/* add-context: what the events of channels carry besides their own fields. */
#include "backend/base/mem.h"
#include "backend/control/commands/commands.h"
#include "backend/control/commands/context_change.h"
#include "backend/source/context.h"

static bool add(struct channel *channel, const char *name, struct error *err)
{
	const struct source_class *class = source_table[channel->source_index].class;
	struct context_perf perf;

	if (class->check_context && !class->check_context(name, err))
		return false;
	/* Applications would only be refused it later, one by one. */
	if (context_parse_perf(name, &perf) && !context_check_perf(name, &perf, err))
		return false;
	return channel_add_context(channel, name) ||
	       error_set(err, ERROR_STATE, "channel '%s' has this context already",
			 shared_text_str(channel->name));
}

static void add_context_run(struct call *call)
{
	struct context_change change = {.verb = "added to", .creates = true, .change = add};

	context_change_run(call, &change);
}

const struct command add_context_command = {
	.name = "add-context",
	.usage = "(--kernel | --userspace) [--channel=CHANNEL] (--type=TYPE)... | --list",
	.help = "Let every event carry its process, thread, counters ...",
	.description =
		"Before the first start of the session. Besides the names that --list shows, TYPE "
		"is perf:thread:raw:rN:NAME (a counter of the processor by its hexadecimal "
		"number) or $app.PROVIDER:TYPE (what the application itself provides). "
		"callstack-kernel and callstack-user, of the kernel, take room in its buffers for "
		"each event: addresses of who called, the innermost first; of a program at most 8, "
		"by its frame pointers. "
		"remove-context takes one back.",
	.options = context_options,
	.option_count = CONTEXT_OPTION_COUNT,
	.run = add_context_run,
};
