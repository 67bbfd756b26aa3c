/* SPDX-License-Identifier: GPL-2.0-or-later */
/* disable-event: disables all rules of a name in a channel, whatever their other parts. */
#include "backend/base/mem.h"
#include "backend/control/commands/commands.h"
#include "backend/control/commands/common.h"

static struct channel *find_channel(struct call *call, const struct session *session,
				    size_t source_index, struct error *err)
{
	const char *asked = args_text(call->args, "channel");
	const char *name = asked ? asked : CHANNEL_DEFAULT_NAME;
	struct channel *channel = session_find_channel(session, source_index, name);

	if (!channel && !asked && session_channels_of(session, source_index) > 0)
		error_set(err, ERROR_INVALID,
			  "session '%s' has other channels than %s: say which with --channel",
			  session_name(session), CHANNEL_DEFAULT_NAME);
	else if (!channel)
		error_set(err, ERROR_CHANNEL_NOT_FOUND, "channel %s not found (session %s)", name,
			  session_name(session));
	return channel;
}

static bool disable_one(struct call *call, const struct session *session, size_t source_index,
			struct channel *channel, const char *name)
{
	const char *word = common_domain_word(source_index);
	struct error err = ERROR_INIT;

	if (!channel_disable_rules(channel, name, &err)) {
		error_prefix(&err, "event %s (session %s)", name, session_name(session));
		reply_error(call->reply, &err);
		return false;
	}
	if (name)
		reply_print(call->reply,
			    "%s %s of type any disabled in channel %s for session %s\n", word, name,
			    shared_text_str(channel->name), session_name(session));
	else
		reply_print(call->reply, "All %s events of type any are disabled in channel %s\n",
			    word, shared_text_str(channel->name));
	return true;
}

static void disable_event_run(struct call *call)
{
	bool is_all = args_has(call->args, "all-events");
	struct error err = ERROR_INIT;
	struct word_list names = {0};
	enum exit_status status = STATUS_OK;
	struct session *session;
	struct channel *channel;
	size_t source_index;

	if (!common_domain(call, &source_index))
		return;
	session = common_session(call, NULL);
	if (!session)
		return;
	channel = find_channel(call, session, source_index, &err);
	if (channel && is_all == (args_count(call->args) > 0))
		error_set(&err, ERROR_INVALID,
			  is_all ? "--all-events and names exclude each other"
				 : "which events? Give their names as 'list' shows them, or "
				   "--all-events");
	if (error_is_set(&err)) {
		reply_fail(call->reply, &err);
		return;
	}
	if (is_all) {
		disable_one(call, session, source_index, channel, NULL);
	} else {
		text_split_commas(args_at(call->args, 0), &names);
		for (size_t i = 0; i < names.count; i++)
			if (!disable_one(call, session, source_index, channel, names.words[i]))
				status = STATUS_ERROR;
		word_list_finish(&names);
	}
	session_apply(session, common_reply_when_done(call->reply, status));
}

static const struct option_spec disable_event_options[] = {
	OPTION_SESSION,
	{"all-events", 'a', OPTION_FLAG, NULL, "all event rules of the channel", COMPLETE_NOTHING},
	{"channel", 'c', OPTION_TEXT, "CHANNEL", "the channel; default channel0", COMPLETE_CHANNEL},
	OPTION_KERNEL,
	OPTION_USERSPACE,
	{"all", 0, OPTION_FLAG, NULL, "rules of any type (default)", COMPLETE_NOTHING},
	{"tracepoint", 0, OPTION_FLAG, NULL, "rules for tracepoints", COMPLETE_NOTHING},
};

const struct command disable_event_command = {
	.name = "disable-event",
	.usage = "(--kernel | --userspace) [--channel=CHANNEL] (--all-events | NAME[,NAME]...)",
	.help = "Disable event rules.",
	.options = disable_event_options,
	.option_count = COUNT_OF(disable_event_options),
	.argument_max = 1,
	.complete = COMPLETE_RULE,
	.run = disable_event_run,
};
