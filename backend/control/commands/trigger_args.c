/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See trigger_args.h. Tables of options: of the command, of each kind of condition and action. */
#include "backend/control/commands/trigger_args.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/filter/filter.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/model/loglevel.h"
#include "backend/source/location.h"

const struct trigger_kind_names trigger_kind_names[] = {
	[TRIGGER_EVENT] = {"event-rule-matches", "event rule matches",
			   "condition_event_rule_matches"},
	[TRIGGER_CONSUMED_SIZE] = {"session-consumed-size-ge", "session consumed size",
				   "condition_session_consumed_size"},
	[TRIGGER_USAGE_HIGH] = {"channel-buffer-usage-ge", "buffer usage high",
				"condition_buffer_usage_high"},
	[TRIGGER_USAGE_LOW] = {"channel-buffer-usage-le", "buffer usage low",
			       "condition_buffer_usage_low"},
	[TRIGGER_ROTATION_STARTS] = {"session-rotation-starts", "session rotation ongoing",
				     "condition_session_rotation_ongoing"},
	[TRIGGER_ROTATION_FINISHES] = {"session-rotation-finishes", "session rotation completed",
				       "condition_session_rotation_completed"},
};

const char *const trigger_action_titles[] = {
	[TRIGGER_NOTIFY] = "notify",
	[TRIGGER_START] = "start session",
	[TRIGGER_STOP] = "stop session",
	[TRIGGER_ROTATE] = "rotate session",
	[TRIGGER_SNAPSHOT] = "snapshot session",
};

static const char *const action_options[] = {
	[TRIGGER_NOTIFY] = "notify",
	[TRIGGER_START] = "start-session",
	[TRIGGER_STOP] = "stop-session",
	[TRIGGER_ROTATE] = "rotate-session",
	[TRIGGER_SNAPSHOT] = "snapshot-session",
};

struct reader {
	const struct call *call;
	size_t at, count; /* words */
	struct trigger *trigger;
	struct trigger_action *action;	    /* the one that is being read */
	const char *control_url, *data_url; /* its, until both are there */
	const char *location, *event_name;  /* of a probe, as they were given */
	bool has_condition, has_type, has_level, has_threshold, has_domain;
	struct error *err;
};

/* An option of one of the tables; a part that has been read is `option`'s value. */
struct option {
	const char *name;
	char letter;
	bool (*take)(struct reader *reader, const char *value);
};

static bool fail(struct reader *reader, const char *text)
{
	return error_set(reader->err, ERROR_INVALID, "%s", text);
}

static const char *word(const struct reader *reader, size_t at)
{
	return args_at(reader->call->args, at);
}

static void replace(char **place, const char *value)
{
	free(*place);
	*place = mem_strdup(value);
}

static bool is_letter(const char *text, const struct option *option)
{
	return text[0] == '-' && option->letter && text[1] == option->letter;
}

/* The option that the word is; *value is what stands in the same word, or NULL. */
static const struct option *match(const char *text, const struct option *options,
				  const char **value)
{
	for (; options->name; options++) {
		size_t length = strlen(options->name);

		*value = NULL;
		if (is_letter(text, options)) {
			if (text[2])
				*value = text + 2 + (text[2] == '=');
			return options;
		}
		if (strncmp(text, "--", 2) != 0 || strncmp(text + 2, options->name, length) != 0)
			continue;
		if (text[2 + length] == '=')
			*value = text + 3 + length;
		if (*value || text[2 + length] == '\0')
			return options;
	}
	return NULL;
}

enum took { TOOK_IT, TOOK_NOTHING, TOOK_WRONG };

static enum took take_option(struct reader *reader, const struct option *options)
{
	const char *text = word(reader, reader->at);
	const char *value;
	const struct option *option = match(text, options, &value);

	if (!option)
		return TOOK_NOTHING;
	if (!value && reader->at + 1 >= reader->count) {
		error_set(reader->err, ERROR_INVALID,
			  "While parsing argument #%zu (`%s`): Missing required argument for "
			  "option `%s`",
			  reader->at + 1, text, text);
		return TOOK_WRONG;
	}
	if (!value)
		value = word(reader, ++reader->at);
	reader->at++;
	if (option->take(reader, value))
		return TOOK_IT;
	return TOOK_WRONG;
}

/* --- event rules */

static const struct {
	const char *word, *domain;
	enum rule_kind kind;
} rule_types[] = {
	{"user", "UST", RULE_TRACEPOINT},
	{"user:tracepoint", "UST", RULE_TRACEPOINT},
	{"jul", "JUL", RULE_TRACEPOINT},
	{"jul:logging", "JUL", RULE_TRACEPOINT},
	{"log4j", "LOG4J", RULE_TRACEPOINT},
	{"log4j:logging", "LOG4J", RULE_TRACEPOINT},
	{"log4j2", "LOG4J2", RULE_TRACEPOINT},
	{"log4j2:logging", "LOG4J2", RULE_TRACEPOINT},
	{"python", "PYTHON", RULE_TRACEPOINT},
	{"python:logging", "PYTHON", RULE_TRACEPOINT},
	{"kernel", "KERNEL", RULE_TRACEPOINT},
	{"kernel:tracepoint", "KERNEL", RULE_TRACEPOINT},
	{"syscall", "KERNEL", RULE_SYSCALL},
	{"kernel:syscall", "KERNEL", RULE_SYSCALL},
	{"kprobe", "KERNEL", RULE_PROBE},
	{"kernel:kprobe", "KERNEL", RULE_PROBE},
	{"uprobe", "KERNEL", RULE_USERSPACE_PROBE},
	{"kernel:uprobe", "KERNEL", RULE_USERSPACE_PROBE},
};

const char *const trigger_site_words[] = {
	[TRIGGER_SITE_BOTH] = "entry+exit",
	[TRIGGER_SITE_ENTRY] = "entry",
	[TRIGGER_SITE_EXIT] = "exit",
};

/* ":entry" behind a type of system calls. */
static bool read_site(const char *rest, struct trigger_condition *condition)
{
	if (*rest == '\0')
		return true;
	for (size_t i = 0; i < COUNT_OF(trigger_site_words); i++)
		if (*rest == ':' && strcmp(rest + 1, trigger_site_words[i]) == 0) {
			condition->site = (enum trigger_site)i;
			return condition->rule_kind == RULE_SYSCALL;
		}
	return false;
}

static bool take_type(struct reader *reader, const char *value)
{
	struct trigger_condition *condition = &reader->trigger->condition;

	for (size_t i = 0; i < COUNT_OF(rule_types); i++) {
		size_t length = strlen(rule_types[i].word);

		if (strncmp(value, rule_types[i].word, length) != 0)
			continue;
		condition->rule_kind = rule_types[i].kind;
		if (!read_site(value + length, condition))
			continue;
		reader->has_type = true;
		return model_find_source(reader->call->model, rule_types[i].domain,
					 &condition->source_index) ||
		       fail(reader, "this version knows no events of that type");
	}
	return error_set(reader->err, ERROR_INVALID, "Invalid `--type` value: %s", value);
}

static bool take_pattern(struct reader *reader, const char *value)
{
	replace(&reader->trigger->condition.pattern, value);
	return true;
}

static bool take_exclusion(struct reader *reader, const char *value)
{
	word_list_add(&reader->trigger->condition.exclusions, value);
	return true;
}

/* "INFO", "INFO..", "..": read when the type is known. */
static bool read_level(struct reader *reader, const char *value)
{
	struct trigger_condition *condition = &reader->trigger->condition;
	const char *domain = source_table[condition->source_index].class->domain;
	size_t length = strlen(value);
	bool is_range = length >= 2 && strcmp(value + length - 2, "..") == 0;
	char *name = mem_strndup(value, is_range ? length - 2 : length);
	bool is_good = true;

	condition->loglevel_match = is_range ? LOGLEVEL_AT_LEAST : LOGLEVEL_EXACTLY;
	if (is_range && !*name)
		condition->loglevel_match = LOGLEVEL_ALL;
	else if (!loglevel_parse(loglevel_scale(domain), name, &condition->loglevel))
		is_good = error_set(reader->err, ERROR_INVALID,
				    "Failed to parse log level string `%s`.", value);
	free(name);
	return is_good;
}

static bool take_level(struct reader *reader, const char *value)
{
	reader->has_level = true;
	return !reader->has_type ? fail(reader, "Event rule requires a --type.")
				 : read_level(reader, value);
}

static bool take_filter(struct reader *reader, const char *value)
{
	replace(&reader->trigger->condition.filter, value);
	return true;
}

static bool take_location(struct reader *reader, const char *value)
{
	reader->location = value;
	return true;
}

static bool take_event_name(struct reader *reader, const char *value)
{
	reader->event_name = value;
	return true;
}

/* A name, with steps of digits in brackets behind it: "field", "field[2]", "$ctx.vpid". */
static bool is_capture(const char *text)
{
	const char *name = text;
	bool is_app = strncmp(text, "$app.", 5) == 0;

	if (is_app || strncmp(text, "$ctx.", 5) == 0)
		name += 5;
	name += strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-:");
	if (name == text || (is_app && !strchr(text, ':')))
		return false;
	while (*name == '[') {
		size_t digits = strspn(name + 1, "0123456789");

		if (digits == 0 || name[digits + 1] != ']')
			return false;
		name += digits + 2;
	}
	return *name == '\0';
}

static bool take_capture(struct reader *reader, const char *value)
{
	if (!is_capture(value))
		return error_set(reader->err, ERROR_INVALID, "While parsing expression `%s`: %s",
				 value,
				 strchr(value, '.') ? "Capturing subfields is not supported."
						    : "Expecting a field, $ctx.NAME or "
						      "$app.PROVIDER:NAME.");
	word_list_add(&reader->trigger->condition.captures, value);
	return true;
}

/* --- the other conditions */

static bool take_session(struct reader *reader, const char *value)
{
	replace(&reader->trigger->condition.session, value);
	return true;
}

static bool take_channel(struct reader *reader, const char *value)
{
	replace(&reader->trigger->condition.channel, value);
	return true;
}

static bool take_domain(struct reader *reader, const char *value)
{
	static const struct {
		const char *word, *domain;
	} domains[] = {{"kernel", "KERNEL"}, {"user", "UST"},	 {"userspace", "UST"},
		       {"jul", "JUL"},	     {"log4j", "LOG4J"}, {"python", "PYTHON"}};

	for (size_t i = 0; i < COUNT_OF(domains); i++)
		if (strcmp(value, domains[i].word) == 0 &&
		    model_find_source(reader->call->model, domains[i].domain,
				      &reader->trigger->condition.source_index)) {
			reader->has_domain = true;
			return true;
		}
	return error_set(reader->err, ERROR_INVALID, "Invalid `--domain` value: %s", value);
}

static bool take_size(struct reader *reader, const char *value)
{
	reader->has_threshold = true;
	return units_parse_size(value, &reader->trigger->condition.bytes) ||
	       error_set(reader->err, ERROR_INVALID, "Invalid threshold size: `%s`", value);
}

static bool take_ratio(struct reader *reader, const char *value)
{
	double *ratio = &reader->trigger->condition.ratio;
	char *end;

	*ratio = strtod(value, &end);
	reader->has_threshold = true;
	reader->trigger->condition.is_ratio = true;
	return (end != value && !*end && *ratio >= 0 && *ratio <= 1) ||
	       error_set(reader->err, ERROR_INVALID,
			 "Invalid threshold ratio: `%s`: a number from 0 to 1 is wanted", value);
}

static const struct option event_options[] = {
	{"type", 't', take_type},
	{"name", 'n', take_pattern},
	{"exclude-name", 'x', take_exclusion},
	{"log-level", 'l', take_level},
	{"filter", 'f', take_filter},
	{"location", 'L', take_location},
	{"event-name", 'E', take_event_name},
	{"capture", 0, take_capture},
	{.name = NULL},
};
static const struct option size_options[] = {
	{"session", 's', take_session},
	{"threshold-size", 't', take_size},
	{"threshold", 0, take_size},
	{.name = NULL},
};
static const struct option usage_options[] = {
	{"session", 's', take_session},	      {"channel", 'c', take_channel},
	{"domain", 'd', take_domain},	      {"threshold-size", 't', take_size},
	{"threshold-ratio", 'r', take_ratio}, {.name = NULL},
};
static const struct option rotation_options[] = {
	{"session", 's', take_session},
	{.name = NULL},
};

static const struct option *const condition_options[] = {
	[TRIGGER_EVENT] = event_options,
	[TRIGGER_CONSUMED_SIZE] = size_options,
	[TRIGGER_USAGE_HIGH] = usage_options,
	[TRIGGER_USAGE_LOW] = usage_options,
	[TRIGGER_ROTATION_STARTS] = rotation_options,
	[TRIGGER_ROTATION_FINISHES] = rotation_options,
};

static bool take_options(struct reader *reader, const struct option *options)
{
	enum took took = TOOK_IT;

	while (reader->at < reader->count && took == TOOK_IT)
		took = take_option(reader, options);
	return took != TOOK_WRONG;
}

static bool is_of_kernel(const struct trigger_condition *condition)
{
	return strcmp(source_table[condition->source_index].class->domain, "KERNEL") == 0;
}

/* What does not go together, in lttng's words. */
static bool check_kind(struct reader *reader)
{
	static const char *const titles[RULE_KIND_COUNT] = {
		[RULE_TRACEPOINT] = "kernel tracepoint",
		[RULE_SYSCALL] = "kernel syscall",
		[RULE_PROBE] = "kernel kprobe",
		[RULE_USERSPACE_PROBE] = "kernel uprobe",
	};
	const struct trigger_condition *condition = &reader->trigger->condition;
	const bool is_kernel = is_of_kernel(condition);
	const bool is_probe = condition->rule_kind > RULE_SYSCALL;
	const char *title = is_kernel ? titles[condition->rule_kind] : "user space";
	const struct {
		bool is_wrong;
		const char *before, *behind; /* what kind of rule it is */
	} mistakes[] = {
		{is_probe && condition->pattern, "Can't use --name with", "event rules."},
		{is_probe && !reader->location, "Event rule of type", "requires a --location."},
		{!is_probe && reader->location, "Can't use --location with", "event rules."},
		{!is_probe && reader->event_name, "Can't use --event-name with", "event rules."},
		{is_kernel && condition->exclusions.count > 0,
		 "Event name exclusions are not yet implemented for", "event rules."},
		{is_kernel && reader->has_level, "Log levels are not supported for",
		 "event rules."},
	};

	for (size_t i = 0; i < COUNT_OF(mistakes); i++)
		if (mistakes[i].is_wrong)
			return error_set(reader->err, ERROR_INVALID, "%s %s %s", mistakes[i].before,
					 title, mistakes[i].behind);
	return true;
}

static bool read_location(struct reader *reader)
{
	struct trigger_condition *condition = &reader->trigger->condition;
	struct location location;
	struct text text = {0};
	bool is_good =
		location_parse(reader->location, condition->rule_kind, &location, reader->err);

	if (is_good) {
		location_print(&location, &text);
		condition->location = text_take(&text);
		replace(&condition->pattern,
			reader->event_name ? reader->event_name : condition->location);
	}
	location_finish(&location);
	return is_good;
}

static bool check_filter(struct reader *reader)
{
	const struct trigger_condition *condition = &reader->trigger->condition;
	struct filter_problem problem = {.error = ERROR_INIT};
	struct filter *filter;

	if (!condition->filter)
		return true;
	filter = filter_parse(condition->filter, &problem);
	filter_destroy(filter);
	return filter ||
	       error_set(reader->err, ERROR_INVALID,
			 "Failed to register trigger: Invalid filter: %s", problem.error.message);
}

static bool check_event(struct reader *reader)
{
	struct trigger_condition *condition = &reader->trigger->condition;

	if (!reader->has_type)
		return fail(reader, "Event rule requires a --type.");
	if (!check_kind(reader) || (reader->location && !read_location(reader)))
		return false;
	if (!condition->pattern)
		condition->pattern = mem_strdup("*");
	if (condition->exclusions.count > 0 && !text_has_glob(condition->pattern))
		return error_set(reader->err, ERROR_INVALID,
				 "Event %s: Exclusions can only be used with a globbing pattern",
				 condition->pattern);
	return check_filter(reader);
}

static bool check_condition(struct reader *reader)
{
	const struct trigger_condition *condition = &reader->trigger->condition;
	bool is_usage =
		condition->kind == TRIGGER_USAGE_HIGH || condition->kind == TRIGGER_USAGE_LOW;

	if (condition->kind == TRIGGER_EVENT)
		return check_event(reader);
	if (!condition->session)
		return fail(reader, "Missing --session option.");
	if (is_usage && !condition->channel)
		return fail(reader, "Missing --channel option.");
	if (is_usage && !reader->has_domain)
		return fail(reader, "Missing --domain option.");
	if ((is_usage || condition->kind == TRIGGER_CONSUMED_SIZE) && !reader->has_threshold)
		return fail(reader, "Missing threshold: --threshold-size or --threshold-ratio.");
	return true;
}

static bool fail_name(struct reader *reader, const char *what, const char *value, const char *names)
{
	return error_set(reader->err, ERROR_INVALID,
			 "While parsing argument #%zu (`%s`): Unknown %s name '%s'; valid names "
			 "are: %s",
			 reader->at, word(reader, reader->at - 1), what, value, names);
}

static bool take_condition(struct reader *reader, const char *value)
{
	struct text names = {0};
	bool is_good;

	if (reader->has_condition)
		return fail(reader, "A --condition was already given.");
	reader->has_condition = true;
	for (size_t i = 0; i <= TRIGGER_ROTATION_FINISHES; i++) {
		if (strcmp(value, trigger_kind_names[i].option) == 0) {
			text_finish(&names);
			reader->trigger->condition.kind = (enum trigger_kind)i;
			return take_options(reader, condition_options[i]) &&
			       check_condition(reader);
		}
		text_addf(&names, "%s%s", i ? ", " : "", trigger_kind_names[i].option);
	}
	is_good = fail_name(reader, "condition", value, text_str(&names));
	text_finish(&names);
	return is_good;
}

/* --- actions */

static bool take_rate(struct reader *reader, const char *value)
{
	const char *number = strchr(value, ':');
	bool is_once = strncmp(value, "once-after:", 11) == 0;

	if (!is_once && strncmp(value, "every:", 6) != 0)
		return error_set(reader->err, ERROR_INVALID, "Rate policy type `%.*s` unknown.",
				 (int)strcspn(value, ":"), value);
	if (!units_parse_u64(number + 1, &reader->action->count))
		return error_set(reader->err, ERROR_INVALID,
				 "Failed to parse rate policy value `%s` as an integer.",
				 number + 1);
	if (reader->action->count == 0)
		return error_set(reader->err, ERROR_INVALID, "Rate policy value `%s` must be > 0.",
				 number + 1);
	reader->action->is_once = is_once;
	return true;
}

static bool take_snapshot_name(struct reader *reader, const char *value)
{
	replace(&reader->action->name, value);
	return true;
}

static bool take_max_size(struct reader *reader, const char *value)
{
	return units_parse_size(value, &reader->action->bytes_max) ||
	       error_set(reader->err, ERROR_INVALID, "Failed to parse `%s` as a size.", value);
}

static bool take_path(struct reader *reader, const char *value)
{
	if (value[0] != '/')
		return error_set(reader->err, ERROR_INVALID,
				 "Invalid path `%s`: it must be absolute.", value);
	replace(&reader->action->path, value);
	return true;
}

static bool take_url(struct reader *reader, const char *value)
{
	free(reader->action->path);
	reader->action->path = common_snapshot_place(value, NULL, NULL, reader->err);
	return reader->action->path != NULL;
}

/* Both sockets are needed: the second one completes the place. */
static bool take_sockets(struct reader *reader)
{
	if (!reader->control_url || !reader->data_url)
		return true;
	free(reader->action->path);
	reader->action->path =
		common_snapshot_place(NULL, reader->control_url, reader->data_url, reader->err);
	reader->control_url = reader->data_url = NULL;
	return reader->action->path != NULL;
}

static bool take_control_url(struct reader *reader, const char *value)
{
	reader->control_url = value;
	return take_sockets(reader);
}

static bool take_data_url(struct reader *reader, const char *value)
{
	reader->data_url = value;
	return take_sockets(reader);
}

static const struct option rate_options[] = {{"rate-policy", 0, take_rate}, {.name = NULL}};
static const struct option snapshot_options[] = {
	{"name", 'n', take_snapshot_name},
	{"max-size", 'm', take_max_size},
	{"path", 0, take_path},
	{"url", 0, take_url},
	{"ctrl-url", 0, take_control_url},
	{"data-url", 0, take_data_url},
	{"rate-policy", 0, take_rate},
	{.name = NULL},
};

/* Options, and but for notify the name of a session among them. */
static bool take_action_words(struct reader *reader)
{
	struct trigger_action *action = reader->action;
	const struct option *options =
		action->kind == TRIGGER_SNAPSHOT ? snapshot_options : rate_options;

	while (take_options(reader, options)) {
		const char *next = reader->at < reader->count ? word(reader, reader->at) : "-";

		if (next[0] == '-' || action->session || action->kind == TRIGGER_NOTIFY)
			return action->session || action->kind == TRIGGER_NOTIFY ||
			       fail(reader, "Missing session name.");
		action->session = mem_strdup(next);
		reader->at++;
	}
	return false;
}

static bool take_action(struct reader *reader, const char *value)
{
	struct trigger *trigger = reader->trigger;
	struct text names = {0};
	bool is_good;

	for (size_t i = 0; i < COUNT_OF(action_options); i++) {
		text_addf(&names, "%s%s", i ? ", " : "", action_options[i]);
		if (strcmp(value, action_options[i]) != 0)
			continue;
		text_finish(&names);
		trigger->actions = mem_grow(trigger->actions, trigger->action_count,
					    &trigger->action_room, sizeof(*trigger->actions));
		reader->action = &trigger->actions[trigger->action_count++];
		*reader->action =
			(struct trigger_action){.kind = (enum trigger_action_kind)i, .count = 1};
		reader->control_url = reader->data_url = NULL;
		if (!take_action_words(reader))
			return false;
		return (!reader->control_url && !reader->data_url) ||
		       error_set(reader->err, ERROR_INVALID,
				 "Both control and data URLs must be specified");
	}
	is_good = fail_name(reader, "action", value, text_str(&names));
	text_finish(&names);
	return is_good;
}

/* --- the command */

static bool take_name(struct reader *reader, const char *value)
{
	replace(&reader->trigger->name, value);
	return value[0] || fail(reader, "a trigger's name can't be empty");
}

static bool take_owner(struct reader *reader, const char *value)
{
	uint64_t uid;

	if (!units_parse_u64(value, &uid) || uid > UINT32_MAX - 1)
		return error_set(reader->err, ERROR_INVALID, "Failed to parse `%s` as a user id.",
				 value);
	if (reader->trigger->uid != 0 && reader->trigger->uid != uid)
		return error_set(reader->err, ERROR_DENIED,
				 "only root may register triggers of others");
	reader->trigger->uid = (uid_t)uid;
	return true;
}

static const struct option command_options[] = {
	{"name", 0, take_name},
	{"owner-uid", 0, take_owner},
	{"condition", 0, take_condition},
	{"action", 0, take_action},
	{.name = NULL},
};

static bool read_all(struct reader *reader)
{
	if (!take_options(reader, command_options))
		return false;
	if (reader->at < reader->count) {
		const char *text = word(reader, reader->at);

		if (text[0] == '-')
			return error_set(reader->err, ERROR_INVALID,
					 "While parsing argument #%zu (`%s`): Unknown option `%s`",
					 reader->at + 1, text, text);
		return error_set(reader->err, ERROR_INVALID, "Unexpected argument `%s`.", text);
	}
	if (!reader->has_condition)
		return fail(reader, "Missing --condition.");
	return reader->trigger->action_count > 0 || fail(reader, "Need at least one --action.");
}

struct trigger *trigger_args_parse(const struct call *call, struct error *err)
{
	struct reader reader = {
		.call = call,
		.count = args_count(call->args),
		.trigger = mem_zalloc(sizeof(struct trigger)),
		.err = err,
	};

	reader.trigger->uid = reply_requester(call->reply)->uid;
	if (read_all(&reader))
		return reader.trigger;
	trigger_destroy(reader.trigger);
	return NULL;
}
