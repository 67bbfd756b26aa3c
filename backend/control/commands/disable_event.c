/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * disable-event: disables all rules of a name in a channel, or the one with the same place, filter,
 * exclusions and log level as given; --remove takes rules away that nothing was recorded by.
 */
#include "backend/base/mem.h"
#include "backend/control/commands/commands.h"
#include "backend/control/commands/rule_args.h"

static struct channel *find_channel(struct call *call, const struct session *session,
				    size_t source_index, struct error *err)
{
	const char *only = source_table[source_index].class->carried_channel;
	const char *asked = only ? NULL : args_text(call->args, "channel");
	const char *name = only ? only : asked ? asked : CHANNEL_DEFAULT_NAME;
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

struct unwanted {
	struct session *session;
	size_t source_index;
	struct channel *channel;
	struct rule_args rule;
	bool is_exact; /* the rule that is as `rule` only */
	bool is_removed;
};

static bool change(const struct unwanted *unwanted, const char *name, struct error *err)
{
	struct event_rule_key key = rule_args_key(&unwanted->rule, name);
	const struct event_rule_key *exact = unwanted->is_exact ? &key : NULL;

	if (unwanted->is_removed)
		return channel_remove_rules(unwanted->channel, name, exact, err);
	if (exact)
		return channel_disable_rule(unwanted->channel, exact, err);
	if (unwanted->rule.has_kind)
		return channel_disable_rules_of(unwanted->channel, name, unwanted->rule.kind, err);
	return channel_disable_rules(unwanted->channel, name, err);
}

/* As lttng: the channel, and in it what was asked for. */
static void note(struct reply *reply, const struct unwanted *unwanted, const char *name,
		 bool is_changed)
{
	struct json *channel = json_get(reply_json(reply), "channel");
	struct json *event;

	if (!channel) {
		channel = json_put_object(reply_json(reply), "channel");
		json_put_text(channel, "name", shared_text_str(unwanted->channel->name));
		json_put_array(channel, "events");
	}
	event = json_add_object(json_get(channel, "events"));
	json_put_text(event, "name", name ? name : "*");
	json_put_bool(event, "enabled", false);
	json_put_bool(event, "success", is_changed);
}

/* name NULL: all. */
static bool disable_one(struct call *call, const struct unwanted *unwanted, const char *name)
{
	const char *word = common_domain_word(unwanted->source_index);
	const char *verb = unwanted->is_removed ? "removed from" : "disabled in";
	const char *type =
		unwanted->rule.has_kind ? rule_kind_names[unwanted->rule.kind].word : "any";
	/* Loggers have no channels of their own: lttng names the default one. */
	const char *channel = source_table[unwanted->source_index].class->carrier
				      ? CHANNEL_DEFAULT_NAME
				      : shared_text_str(unwanted->channel->name);
	struct error err = ERROR_INIT;
	bool is_changed = change(unwanted, name, &err);

	note(call->reply, unwanted, name, is_changed);
	if (!is_changed) {
		error_prefix(&err, "event %s (session %s)", name, session_name(unwanted->session));
		reply_error(call->reply, &err);
		return false;
	}
	if (name)
		reply_print(call->reply, "%s %s of type %s %s channel %s for session %s\n", word,
			    name, type, verb, channel, session_name(unwanted->session));
	else
		reply_print(call->reply, "All %s events of type %s are %s channel %s\n", word, type,
			    verb, channel);
	return true;
}

static enum exit_status disable_names(struct call *call, const struct unwanted *unwanted)
{
	enum exit_status status = STATUS_OK;
	struct word_list names = {0};

	if (args_has(call->args, "all-events"))
		return disable_one(call, unwanted, NULL) ? STATUS_OK : STATUS_ERROR;
	text_split_commas(args_at(call->args, 0), &names);
	for (size_t i = 0; i < names.count; i++)
		if (!disable_one(call, unwanted, names.words[i]))
			status = STATUS_ERROR;
	word_list_finish(&names);
	return status;
}

static bool check(struct call *call, struct unwanted *unwanted, struct error *err)
{
	bool is_all = args_has(call->args, "all-events");

	if (is_all == (args_count(call->args) > 0))
		return error_set(err, ERROR_INVALID,
				 is_all ? "--all-events and names exclude each other"
					: "which events? Give their names as 'list' shows them, or "
					  "--all-events");
	if (is_all && unwanted->is_exact)
		return error_set(err, ERROR_INVALID,
				 "--all-events means rules with any filter, exclusions and level");
	if (unwanted->is_removed && unwanted->session->was_started)
		return error_set(err, ERROR_STATE,
				 "session '%s' was started already: its rules can be disabled, but "
				 "no more removed",
				 session_name(unwanted->session));
	unwanted->channel = find_channel(call, unwanted->session, unwanted->source_index, err);
	return unwanted->channel;
}

static void disable_event_run(struct call *call)
{
	struct unwanted unwanted = {
		.is_exact = rule_args_are_given(call->args) || args_has(call->args, "exact"),
		.is_removed = args_has(call->args, "remove"),
	};
	struct error err = ERROR_INIT;

	if (!common_domain(call, &unwanted.source_index))
		return;
	unwanted.session = common_session(call, NULL);
	if (!unwanted.session)
		return;
	if (rule_args_parse(call, unwanted.source_index, &unwanted.rule)) {
		if (check(call, &unwanted, &err))
			session_apply(unwanted.session,
				      common_reply_when_done(call->reply,
							     disable_names(call, &unwanted)));
		else
			reply_fail(call->reply, &err);
	}
	rule_args_finish(&unwanted.rule);
}

static const struct option_spec disable_event_options[] = {
	OPTION_SESSION,
	{"all-events", 'a', OPTION_FLAG, NULL, "all event rules of the channel", COMPLETE_NOTHING},
	{"channel", 'c', OPTION_TEXT, "CHANNEL", "the channel; default channel0", COMPLETE_CHANNEL},
	OPTION_KERNEL,
	OPTION_USERSPACE,
	OPTIONS_OF_LOGGERS,
	{"all", 0, OPTION_FLAG, NULL, "rules of any type (default)", COMPLETE_NOTHING},
	{"tracepoint", 0, OPTION_FLAG, NULL, "rules for tracepoints", COMPLETE_NOTHING},
	{"syscall", 0, OPTION_FLAG, NULL, "rules for system calls", COMPLETE_NOTHING},
	{"probe", 0, OPTION_FLAG, NULL, "rules for places in the kernel", COMPLETE_NOTHING},
	{"function", 0, OPTION_FLAG, NULL, "rules for functions of the kernel", COMPLETE_NOTHING},
	{"userspace-probe", 0, OPTION_FLAG, NULL, "rules for places in programs", COMPLETE_NOTHING},
	{"location", 0, OPTION_TEXT, "LOCATION", "of those the one at this place",
	 COMPLETE_NOTHING},
	{"exact", 0, OPTION_FLAG, NULL, "the one rule with these options, or with none",
	 COMPLETE_NOTHING},
	{"remove", 0, OPTION_FLAG, NULL, "take the rules away; only before the first start",
	 COMPLETE_NOTHING},
	OPTIONS_OF_RULES,
};

const struct command disable_event_command = {
	.name = "disable-event",
	.usage = "DOMAIN [OPTIONS] (--all-events | NAME[,NAME]...)",
	.help = "Disable event rules.",
	.description =
		"Disables all event rules with this name. With --filter, --exclude, --loglevel or "
		"--loglevel-only it means one rule: that which the same options of enable-event "
		"have made; with --exact alone, the rule that was made without any. With "
		"--location "
		"it means the one rule of --probe, --function or --userspace-probe for that place.",
	.options = disable_event_options,
	.option_count = COUNT_OF(disable_event_options),
	.argument_max = 1,
	.complete = COMPLETE_RULE,
	.run = disable_event_run,
};
