/* SPDX-License-Identifier: GPL-2.0-or-later */
/* enable-event: adds event rules to a channel, or enables ones that were disabled. */
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/control/commands/commands.h"
#include "backend/control/commands/listing.h"
#include "backend/control/commands/rule_check.h"

struct wanted {
	struct session *session;
	size_t source_index;
	struct channel *channel;
	struct rule_args rule;
	struct word_list enabled; /* patterns, for the check of the filter */
	bool is_all;
};

/* lttng: channel0 by default; made if the domain has no channel, or if the name was asked for. */
static bool find_channel(const struct args *args, struct wanted *wanted, struct error *err)
{
	const char *only = source_table[wanted->source_index].class->carried_channel;
	const char *asked = only ? NULL : args_text(args, "channel");
	const char *name = only ? only : asked ? asked : CHANNEL_DEFAULT_NAME;
	struct channel_attributes attributes;

	wanted->channel = session_find_channel(wanted->session, wanted->source_index, name);
	if (wanted->channel)
		return true;
	if (!asked && session_channels_of(wanted->session, wanted->source_index) > 0)
		return error_set(
			err, ERROR_INVALID,
			"session '%s' has other channels than %s: say which with --channel",
			session_name(wanted->session), CHANNEL_DEFAULT_NAME);
	session_channel_defaults(wanted->session, wanted->source_index, &attributes);
	wanted->channel =
		session_add_channel(wanted->session, wanted->source_index, name, &attributes, err);
	return wanted->channel || error_prefix(err, "cannot make channel '%s'", name);
}

static const char *plural(const struct wanted *wanted)
{
	if (wanted->rule.kind == RULE_SYSCALL)
		return "system calls";
	return wanted->rule.has_kind ? "tracepoints" : "events";
}

static void print_enabled(struct reply *reply, const struct wanted *wanted, const char *pattern)
{
	const bool is_logger = source_table[wanted->source_index].class->carrier;
	const struct word_list *excluded = &wanted->rule.exclusions;
	const char *word = common_domain_word(wanted->source_index);
	/* Loggers have no channels of their own: lttng names the default one. */
	const char *channel =
		is_logger ? CHANNEL_DEFAULT_NAME : shared_text_str(wanted->channel->name);
	struct text exclusions = {0};

	for (size_t i = 0; i < excluded->count; i++)
		text_addf(&exclusions, "%s\"%s\"", i > 0 ? ", " : " excluding ",
			  excluded->words[i]);
	if (wanted->rule.filter)
		reply_print(reply, "%s%s%s%sFilter '%s' successfully set\n",
			    wanted->is_all ? "" : "Event ", wanted->is_all ? "" : pattern,
			    wanted->is_all ? "" : text_str(&exclusions), wanted->is_all ? "" : ": ",
			    filter_text(wanted->rule.filter));
	else if (wanted->is_all)
		reply_print(reply, "All %s %s%s are enabled in channel %s\n", word, plural(wanted),
			    text_str(&exclusions), channel);
	else if (is_logger)
		reply_print(reply, "%s event %s enabled\n", word, pattern);
	else
		reply_print(reply, "%s event %s%s created in channel %s\n", word, pattern,
			    text_str(&exclusions), channel);
	text_finish(&exclusions);
}

static bool check_pattern(const struct wanted *wanted, const char *pattern, struct error *err)
{
	const struct source_class *class = source_table[wanted->source_index].class;

	if (pattern[0] == '\0' || strlen(pattern) > EVENT_NAME_MAX)
		return error_set(err, ERROR_INVALID, "an event name has 1 to %d bytes",
				 EVENT_NAME_MAX);
	if (class->takes_name && !class->takes_name(pattern))
		return error_set(err, ERROR_INVALID,
				 "the name has quotes or controls, no rule can look for them");
	if (wanted->rule.exclusions.count > 0 && !text_has_glob(pattern))
		return error_set(err, ERROR_INVALID,
				 "--exclude goes only with a name that has a star");
	return true;
}

static bool check_rule(const struct wanted *wanted, const struct event_rule_key *key,
		       struct error *err)
{
	const struct source *source = wanted->session->model->sources[wanted->source_index].source;
	const struct rule_spec rule = {
		.kind = key->kind,
		.pattern = key->pattern,
		.location = key->location,
	};

	return !source || !source->class->check_rule ||
	       source->class->check_rule(source, &rule, err);
}

static bool enable_one(struct reply *reply, struct wanted *wanted, const char *pattern)
{
	struct event_rule_key key = rule_args_key(&wanted->rule, pattern);
	struct error err = ERROR_INIT;
	struct json *event;

	if (!check_pattern(wanted, pattern, &err) || !check_rule(wanted, &key, &err) ||
	    !channel_enable_rule(wanted->channel, wanted->session->next_rule_id, &key, &err)) {
		error_prefix(&err, "event %s (channel %s, session %s)", pattern,
			     shared_text_str(wanted->channel->name), session_name(wanted->session));
		reply_error(reply, &err);
		return false;
	}
	wanted->session->next_rule_id++;
	event = listing_rule_json(json_get(reply_json(reply), "events"), wanted->source_index,
				  channel_find_rule(wanted->channel, &key));
	json_put_text(event, "channel", shared_text_str(wanted->channel->name));
	json_put_bool(event, "success", true);
	word_list_add(&wanted->enabled, pattern);
	return true;
}

/* All events of the kernel are two rules, as lttng has it. */
static bool enable_name(struct reply *reply, struct wanted *wanted, const char *pattern)
{
	const char *domain = source_table[wanted->source_index].class->domain;
	bool is_twice = wanted->is_all && !wanted->rule.has_kind && strcmp(domain, "KERNEL") == 0;
	bool is_done = enable_one(reply, wanted, pattern);

	if (is_done && is_twice) {
		wanted->rule.kind = RULE_SYSCALL;
		is_done = enable_one(reply, wanted, pattern);
		wanted->rule.kind = RULE_TRACEPOINT;
	}
	if (is_done)
		print_enabled(reply, wanted, pattern);
	return is_done;
}

static enum exit_status enable_names(struct call *call, struct wanted *wanted)
{
	struct word_list names = {0};
	enum exit_status status = STATUS_OK;

	if (wanted->is_all)
		word_list_add(&names, "*");
	else
		text_split_commas(args_at(call->args, 0), &names);
	for (size_t i = 0; i < names.count; i++) {
		text_glob_normalize(names.words[i]);
		if (!enable_name(call->reply, wanted, names.words[i]))
			status = STATUS_ERROR;
	}
	word_list_finish(&names);
	return status;
}

static bool check_names(const struct args *args, struct wanted *wanted, struct error *err)
{
	wanted->is_all = args_has(args, "all");
	if (wanted->is_all && args_count(args) > 0)
		return error_set(err, ERROR_INVALID, "--all and names exclude each other");
	if (!wanted->is_all && args_count(args) == 0)
		return error_set(err, ERROR_INVALID,
				 "which events? Give names (stars allowed) or --all");
	if (wanted->rule.location && (wanted->is_all || strpbrk(args_at(args, 0), ",*")))
		return error_set(err, ERROR_INVALID,
				 "a probe's events have one name, without stars: give it behind "
				 "the options");
	return true;
}

static void enable(struct call *call, struct wanted *wanted)
{
	struct error err = ERROR_INIT;
	struct outcome outcome;
	enum exit_status status;

	if (!check_names(call->args, wanted, &err) || !find_channel(call->args, wanted, &err)) {
		reply_fail(call->reply, &err);
		return;
	}
	json_put_array(reply_json(call->reply), "events");
	status = enable_names(call, wanted);
	/* What fields loggers' events have is not listed by applications. */
	outcome = wanted->rule.filter && !source_table[wanted->source_index].class->carrier
			  ? rule_check_when_done(call, wanted->source_index, &wanted->rule,
						 &wanted->enabled, status)
			  : common_reply_when_done(call->reply, status);
	session_apply(wanted->session, outcome);
}

static void enable_event_run(struct call *call)
{
	struct wanted wanted = {0};

	if (!common_domain(call, &wanted.source_index))
		return;
	wanted.session = common_session(call, NULL);
	if (!wanted.session)
		return;
	if (rule_args_parse(call, wanted.source_index, &wanted.rule))
		enable(call, &wanted);
	rule_args_finish(&wanted.rule);
	word_list_finish(&wanted.enabled);
}

static const struct option_spec enable_event_options[] = {
	OPTION_SESSION,
	{"all", 'a', OPTION_FLAG, NULL, "all events", COMPLETE_NOTHING},
	{"channel", 'c', OPTION_TEXT, "CHANNEL", "the channel; default channel0", COMPLETE_CHANNEL},
	OPTION_KERNEL,
	OPTION_USERSPACE,
	OPTIONS_OF_LOGGERS,
	{"tracepoint", 0, OPTION_FLAG, NULL, "tracepoints (default)", COMPLETE_NOTHING},
	{"syscall", 0, OPTION_FLAG, NULL, "system calls (kernel): both ends of each",
	 COMPLETE_NOTHING},
	{"probe", 0, OPTION_TEXT, "LOCATION", "a place in the kernel: SYMBOL[+OFFSET] or 0xADDRESS",
	 COMPLETE_NOTHING},
	{"function", 0, OPTION_TEXT, "LOCATION",
	 "a function of the kernel: NAME_entry and NAME_exit", COMPLETE_NOTHING},
	{"userspace-probe", 0, OPTION_TEXT, "LOCATION",
	 "a place in a program: [elf:]PATH:FUNCTION[%return] or sdt:PATH:PROVIDER:NAME",
	 COMPLETE_NOTHING},
	OPTIONS_OF_RULES,
};

const struct command enable_event_command = {
	.name = "enable-event",
	.usage = "DOMAIN [OPTIONS] (--all | NAME[,NAME]...)",
	.help = "Add event rules to a channel.",
	.description =
		"NAME is an event name; a star stands for any run of characters. A rule counts for "
		"the applications that run and for those that come later. Rules can be added while "
		"the session records. For a probe, NAME is how its events are to be called.\n\n"
		"A filter is an expression of the event's fields: size > 4096 && name == \"web*\". "
		"There are NAME, NAME[3] for an element, $ctx.vpid and other contexts, "
		"$app.PROVIDER:NAME, numbers as in C and strings, in which a star stands for any "
		"run of characters (\\* is a star). Operators, those that bind weakest first: ||, "
		"&&, == !=, < > <= >=, |, ^, &, << >>, then ! ~ - + before a value. An event "
		"without one of the fields is not recorded. A mistake is shown with its place; "
		"what does not fit the applications that run is warned of.",
	.options = enable_event_options,
	.option_count = COUNT_OF(enable_event_options),
	.argument_max = 1,
	.complete = COMPLETE_EVENT,
	.run = enable_event_run,
};
