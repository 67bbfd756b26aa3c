/* SPDX-License-Identifier: GPL-2.0-or-later */
/* By table: each command that has a way back reads its own words and the picture. */
#include "console/inverse.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backend/base/mem.h"
#include "backend/base/places.h"
#include "backend/control/args.h"
#include "backend/control/command.h"
#include "backend/source/spec.h"

#define CHANNEL_DEFAULT "channel0" /* of enable-event and disable-event */

/* One command about to run. What has no way back leaves has_way_back false. */
struct doing {
	bool has_way_back;
	const struct picture *picture;
	const struct picture_session *session;
	const struct picture_session *selected;
	const struct args *args;
	const char *domain; /* "-u" */
	struct word_list names;
};

static bool has_option(const struct command *command, const char *name)
{
	for (size_t i = 0; command && i < command->option_count; i++) {
		if (!strcmp(command->options[i].name, name))
			return true;
	}
	return false;
}

static void begin(struct text *inverse, const char *verb)
{
	text_addf(inverse, "%s%s", inverse->length ? "; " : "", verb);
}

static void add_option(struct text *inverse, const char *option, const char *value)
{
	text_addf(inverse, " %s ", option);
	text_add_quoted(inverse, value);
}

/* Lists of names: a comma in one is escaped. */
static void add_name(struct text *inverse, const char *name)
{
	struct text escaped = {0};

	for (; *name; name++)
		text_addf(&escaped, *name == ',' ? "\\%c" : "%c", *name);
	text_add(inverse, *text_str(&escaped) == '-' ? " -- " : " ");
	text_add_quoted(inverse, text_str(&escaped));
	text_finish(&escaped);
}

static const struct picture_channel *find_channel(const struct doing *doing, const char *name)
{
	for (size_t i = 0; i < doing->session->channel_count; i++) {
		const struct picture_channel *channel =
			&doing->picture->channels[doing->session->first_channel + i];

		if (!strcmp(channel->name, name))
			return channel;
	}
	return NULL;
}

/* ---- channels ---- */

static void undo_channels(const struct doing *doing, bool enables, struct text *inverse)
{
	for (size_t i = 0; i < doing->names.count; i++) {
		const struct picture_channel *channel = find_channel(doing, doing->names.words[i]);
		bool is_enabled = channel && channel->is_enabled;

		if (is_enabled == enables)
			continue;
		begin(inverse, enables ? "disable-channel" : "enable-channel");
		text_addf(inverse, " %s", doing->domain);
		add_option(inverse, "-s", doing->session->name);
		add_name(inverse, doing->names.words[i]);
	}
}

static void undo_enable_channel(struct doing *doing, struct text *inverse)
{
	undo_channels(doing, true, inverse);
}

static void undo_disable_channel(struct doing *doing, struct text *inverse)
{
	undo_channels(doing, false, inverse);
}

/* ---- event rules ---- */

static const struct picture_channel *channel_of(const struct doing *doing)
{
	const char *name = args_text(doing->args, "channel");

	return find_channel(doing, name ? name : CHANNEL_DEFAULT);
}

static void begin_event(const struct doing *doing, const char *verb, struct text *inverse)
{
	const char *channel = args_text(doing->args, "channel");

	begin(inverse, verb);
	text_addf(inverse, " %s", doing->domain);
	add_option(inverse, "-s", doing->session->name);
	add_option(inverse, "-c", channel ? channel : CHANNEL_DEFAULT);
}

static const struct {
	const char *option;
	enum rule_kind kind;
} kinds[] = {
	{"syscall", RULE_SYSCALL},
	{"probe", RULE_PROBE},
	{"function", RULE_FUNCTION},
	{"userspace-probe", RULE_USERSPACE_PROBE},
};

static const char *kind_option(int kind)
{
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		if ((int)kinds[i].kind == kind)
			return kinds[i].option;
	}
	return NULL;
}

/* The rule that enable-event with these options makes, less its name. */
static struct picture_rule rule_of(const struct doing *doing)
{
	const struct args *args = doing->args;
	struct picture_rule rule = {
		.kind = RULE_TRACEPOINT,
		.location = "",
		.loglevel_match = LOGLEVEL_ALL,
		.loglevel_text = args_text(args, "loglevel"),
		.exclusions = args_text(args, "exclude"),
		.filter = args_text(args, "filter"),
	};

	if (rule.loglevel_text)
		rule.loglevel_match = LOGLEVEL_AT_LEAST;
	else if ((rule.loglevel_text = args_text(args, "loglevel-only")))
		rule.loglevel_match = LOGLEVEL_EXACTLY;
	if (args_text(args, "location"))
		rule.location = args_text(args, "location");
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		if (!args_has(args, kinds[i].option))
			continue;
		rule.kind = (int)kinds[i].kind;
		if (args_text(args, kinds[i].option))
			rule.location = args_text(args, kinds[i].option);
	}
	rule.loglevel_text = rule.loglevel_text ? rule.loglevel_text : "";
	rule.exclusions = rule.exclusions ? rule.exclusions : "";
	rule.filter = rule.filter ? rule.filter : "";
	return rule;
}

/* "info" is "TRACE_INFO" as well. */
static bool is_same_level(const char *a, const char *b)
{
	static const char common[] = "TRACE_";

	a += strncasecmp(a, common, strlen(common)) == 0 ? strlen(common) : 0;
	b += strncasecmp(b, common, strlen(common)) == 0 ? strlen(common) : 0;
	return strcasecmp(a, b) == 0;
}

static bool is_same_rule(const struct picture_rule *a, const struct picture_rule *b)
{
	return a->kind == b->kind && a->loglevel_match == b->loglevel_match &&
	       !strcmp(a->location, b->location) && !strcmp(a->filter, b->filter) &&
	       !strcmp(a->exclusions, b->exclusions) &&
	       is_same_level(a->loglevel_text, b->loglevel_text);
}

static bool is_enabled_rule(const struct doing *doing, const struct picture_channel *channel,
			    const char *pattern, const struct picture_rule *wanted)
{
	for (size_t i = 0; channel && i < channel->rule_count; i++) {
		const struct picture_rule *rule = &doing->picture->rules[channel->first_rule + i];

		if (rule->is_enabled && !strcmp(rule->pattern, pattern) &&
		    is_same_rule(rule, wanted))
			return true;
	}
	return false;
}

/* enable-event takes the place with the kind, disable-event apart. */
static void add_rule_options(const struct picture_rule *rule, bool is_enabling,
			     struct text *inverse)
{
	const char *kind = kind_option(rule->kind);

	if (kind)
		text_addf(inverse, " --%s", kind);
	if (kind && *rule->location) {
		text_add(inverse, is_enabling ? "=" : " --location=");
		text_add_quoted(inverse, rule->location);
	}
	if (*rule->loglevel_text)
		add_option(inverse,
			   rule->loglevel_match == LOGLEVEL_EXACTLY ? "--loglevel-only"
								    : "--loglevel",
			   rule->loglevel_text);
	if (*rule->exclusions)
		add_option(inverse, "--exclude", rule->exclusions);
	if (*rule->filter)
		add_option(inverse, "--filter", rule->filter);
}

/* The one rule, whatever others of its name there are. */
static void undo_enable_event(struct doing *doing, struct text *inverse)
{
	const struct picture_channel *channel = channel_of(doing);
	const struct picture_rule rule = rule_of(doing);
	const struct command *command = command_find("disable-event");

	if (channel && channel->rule_count > 0 && !doing->session->is_detailed) {
		doing->has_way_back = false;
		return;
	}
	for (size_t i = 0; i < doing->names.count; i++) {
		if (is_enabled_rule(doing, channel, doing->names.words[i], &rule))
			continue;
		begin_event(doing, "disable-event", inverse);
		if (!*rule.location && has_option(command, "exact"))
			text_add(inverse, " --exact");
		add_rule_options(&rule, false, inverse);
		add_name(inverse, doing->names.words[i]);
	}
}

static void enable_rule(const struct doing *doing, const struct picture_rule *rule,
			struct text *inverse)
{
	begin_event(doing, "enable-event", inverse);
	add_rule_options(rule, true, inverse);
	add_name(inverse, rule->pattern);
}

static bool is_named(const struct word_list *names, const char *pattern)
{
	for (size_t i = 0; i < names->count; i++) {
		if (!strcmp(names->words[i], pattern))
			return true;
	}
	return names->count == 0; /* all of them */
}

/* disable-event of a kind, or of one rule, leaves the others of the name. */
static bool is_meant(const struct doing *doing, const struct picture_rule *rule)
{
	const struct picture_rule wanted = rule_of(doing);
	bool has_kind = args_has(doing->args, "tracepoint") || wanted.kind != RULE_TRACEPOINT;
	bool is_exact = args_has(doing->args, "exact") || *wanted.location || *wanted.filter ||
			*wanted.exclusions || *wanted.loglevel_text;

	if (!rule->is_enabled || !is_named(&doing->names, rule->pattern) ||
	    (has_kind && rule->kind != wanted.kind))
		return false;
	return !is_exact || is_same_rule(rule, &wanted);
}

static void undo_disable_event(struct doing *doing, struct text *inverse)
{
	const struct picture_channel *channel = channel_of(doing);

	if (!doing->session->is_detailed)
		doing->has_way_back = false;
	for (size_t i = 0; channel && doing->has_way_back && i < channel->rule_count; i++) {
		const struct picture_rule *rule = &doing->picture->rules[channel->first_rule + i];

		if (is_meant(doing, rule))
			enable_rule(doing, rule, inverse);
	}
}

/* ---- contexts ---- */

/* "vpid, procname" has the word. */
static bool lists_context(const char *contexts, const char *name)
{
	size_t length = strlen(name);

	while (*contexts) {
		size_t word = strcspn(contexts, ",");

		if (word == length && !strncmp(contexts, name, length))
			return true;
		contexts += word;
		contexts += strspn(contexts, ", ");
	}
	return false;
}

/* Whether some channel that the command means has it. */
static bool has_context(const struct doing *doing, const char *name)
{
	const char *only = args_text(doing->args, "channel");
	bool is_found = false;

	for (size_t i = 0; i < doing->session->channel_count; i++) {
		const struct picture_channel *channel =
			&doing->picture->channels[doing->session->first_channel + i];

		is_found |= (!only || !strcmp(channel->name, only)) &&
			    lists_context(channel->contexts, name);
	}
	return is_found;
}

/* What a channel had before stays. A session that was started keeps its contexts. */
static void undo_contexts(const struct doing *doing, const char *verb, bool had,
			  struct text *inverse)
{
	const char *channel = args_text(doing->args, "channel");
	bool is_begun = false;

	for (size_t i = 0; i < args_text_count(doing->args, "type"); i++) {
		const char *type = args_text_at(doing->args, "type", i);

		if (doing->session->was_started || has_context(doing, type) != had)
			continue;
		if (!is_begun) {
			begin(inverse, verb);
			text_addf(inverse, " %s", doing->domain);
			add_option(inverse, "-s", doing->session->name);
			if (channel)
				add_option(inverse, "-c", channel);
		}
		is_begun = true;
		add_option(inverse, "-t", type);
	}
}

static void undo_add_context(struct doing *doing, struct text *inverse)
{
	undo_contexts(doing, "remove-context", false, inverse);
}

static void undo_remove_context(struct doing *doing, struct text *inverse)
{
	undo_contexts(doing, "add-context", true, inverse);
}

/* ---- sessions ---- */

static bool is_meant_session(const struct doing *doing, const struct picture_session *session)
{
	const char *name = args_at(doing->args, 0);

	if (args_has(doing->args, "all"))
		return true;
	if (name && args_has(doing->args, "glob"))
		return text_glob_match(name, session->name);
	return session == doing->session;
}

/* Those that are as they will not be. */
static void undo_activity(const struct doing *doing, bool is_active, const char *verb,
			  struct text *inverse)
{
	for (size_t i = 0; i < doing->picture->session_count; i++) {
		const struct picture_session *session = &doing->picture->sessions[i];

		if (!is_meant_session(doing, session) || session->is_active != is_active)
			continue;
		begin(inverse, verb);
		add_name(inverse, session->name);
	}
}

static void undo_start(struct doing *doing, struct text *inverse)
{
	undo_activity(doing, false, "stop", inverse);
}

static void undo_stop(struct doing *doing, struct text *inverse)
{
	undo_activity(doing, true, "start", inverse);
}

static void undo_set_session(struct doing *doing, struct text *inverse)
{
	if (!doing->selected || doing->selected == doing->session)
		return;
	begin(inverse, "set-session");
	add_name(inverse, doing->selected->name);
}

static void undo_schedule(struct doing *doing, bool enables, struct text *inverse)
{
	const struct {
		const char *option, *unit;
		uint64_t before;
	} kinds_of[] = {
		{"timer", "us", doing->session->rotation_us},
		{"size", "", doing->session->rotation_bytes},
	};

	for (size_t i = 0; i < COUNT_OF(kinds_of); i++) {
		if (!args_has(doing->args, kinds_of[i].option) ||
		    (kinds_of[i].before == 0) != enables)
			continue;
		begin(inverse, enables ? "disable-rotation" : "enable-rotation");
		add_option(inverse, "-s", doing->session->name);
		text_addf(inverse, " --%s", kinds_of[i].option);
		if (!enables)
			text_addf(inverse, "=%llu%s", (unsigned long long)kinds_of[i].before,
				  kinds_of[i].unit);
	}
}

static void undo_enable_rotation(struct doing *doing, struct text *inverse)
{
	undo_schedule(doing, true, inverse);
}

static void undo_disable_rotation(struct doing *doing, struct text *inverse)
{
	undo_schedule(doing, false, inverse);
}

/* ---- trackers ---- */

/* "u vpid 12,34;k pid 5": the values, or NULL where all are recorded. Caller frees. */
static char *tracked_values(const struct doing *doing, const char *option)
{
	struct text key = {0};
	const char *part = doing->session->tracked ? doing->session->tracked : "";
	char *values = NULL;

	text_addf(&key, "%s %s ", doing->domain + 1, option);
	for (; *part && !values; part += strcspn(part, ";"), part += *part == ';') {
		if (!strncmp(part, text_str(&key), key.length))
			values = mem_strndup(part + key.length, strcspn(part + key.length, ";"));
	}
	text_finish(&key);
	return values;
}

static void add_tracking(const struct doing *doing, const char *verb, const char *option,
			 const char *values, struct text *inverse)
{
	begin(inverse, verb);
	text_addf(inverse, " %s", doing->domain);
	add_option(inverse, "-s", doing->session->name);
	if (values)
		text_addf(inverse, " --%s=%s", option, values);
	else
		text_addf(inverse, " --%s --all", option);
}

/* The set is made again: empty, then the values it had. */
static void undo_track(struct doing *doing, struct text *inverse)
{
	static const char *const options[] = {"vpid", "vuid", "vgid", "pid", "uid", "gid"};

	for (size_t i = 0; i < COUNT_OF(options); i++) {
		const char *option = options[i];
		char *values;

		if (!args_has(doing->args, option) && args_text_count(doing->args, option) == 0)
			continue;
		/* In user space --pid is --vpid. */
		if (!strcmp(option, "pid") && !strcmp(doing->domain, "-u"))
			option = "vpid";
		values = tracked_values(doing, option);
		add_tracking(doing, values ? "untrack" : "track", option, NULL, inverse);
		if (values && strcmp(values, "none") != 0)
			add_tracking(doing, "track", option, values, inverse);
		free(values);
	}
}

/* ---- what has a name of its own ---- */

/* "snapshot add-output -n NAME …": without a name, which one it got is not known before. */
static void undo_snapshot(struct doing *doing, struct text *inverse)
{
	const char *verb = args_at(doing->args, 0);
	const char *name = args_text(doing->args, "name");

	if (!verb || !strcmp(verb, "list-output"))
		return;
	if (strcmp(verb, "add-output") != 0 || !name) {
		doing->has_way_back = false;
		return;
	}
	begin(inverse, "snapshot del-output");
	add_option(inverse, "-s", doing->session->name);
	add_name(inverse, name);
}

/* The words are read in order: --name belongs to the trigger. */
static const char *trigger_name(const struct word_list *words)
{
	static const char option[] = "--name";

	for (size_t i = 1; i < words->count; i++) {
		if (!strncmp(words->words[i], option, strlen(option)) &&
		    words->words[i][strlen(option)] == '=')
			return words->words[i] + strlen(option) + 1;
		if (!strcmp(words->words[i], option) && i + 1 < words->count)
			return words->words[i + 1];
	}
	return NULL;
}

static bool undo_add_trigger(const struct word_list *words, struct text *inverse)
{
	const char *name = trigger_name(words);

	if (!name)
		return false;
	begin(inverse, "remove-trigger");
	add_name(inverse, name);
	return true;
}

/* ---- which ---- */

static const struct {
	const char *name;
	void (*undo)(struct doing *doing, struct text *inverse);
	bool has_name; /* of the session, as its argument */
} table[] = {
	{"enable-channel", undo_enable_channel, false},
	{"disable-channel", undo_disable_channel, false},
	{"enable-event", undo_enable_event, false},
	{"disable-event", undo_disable_event, false},
	{"add-context", undo_add_context, false},
	{"remove-context", undo_remove_context, false},
	{"start", undo_start, true},
	{"stop", undo_stop, true},
	{"set-session", undo_set_session, true},
	{"enable-rotation", undo_enable_rotation, false},
	{"disable-rotation", undo_disable_rotation, false},
	{"track", undo_track, false},
	{"untrack", undo_track, false},
	{"snapshot", undo_snapshot, false},
};

/* What these do is no change that one would take back, or is taken back in another way. */
static const char *const harmless[] = {
	"run-place",
	"detach",
	"help",
	"list",
	"list-triggers",
	"metadata",
	"quit",
	"save",
	"sessions",
	"status",
	"version",
	"view",
	"engine",
	"stats",
	/* Asked for before and after: inverse_destroyed(), inverse_add_made(). */
	"destroy",
	"create",
	"load",
	"demo",
};

static const char *domain_of(const struct args *args)
{
	static const struct {
		const char *name, *option;
	} domains[] = {{"kernel", "-k"},
		       {"jul", "-j"},
		       {"log4j", "-l"},
		       {"python", "-p"},
		       {"log4j2", "--log4j2"}};

	for (size_t i = 0; i < COUNT_OF(domains); i++) {
		if (args_has(args, domains[i].name))
			return domains[i].option;
	}
	return "-u";
}

static struct args *parse(const struct command *command, const struct word_list *words)
{
	struct error err = ERROR_INIT;

	return args_parse(command->options, command->option_count, false, words->count,
			  (const char *const *)words->words, &err);
}

static const struct picture_session *session_of_name(const struct picture *picture,
						     const char *name)
{
	for (size_t i = 0; i < picture->session_count; i++) {
		if (!strcmp(picture->sessions[i].name, name))
			return &picture->sessions[i];
	}
	return NULL;
}

static void gather_names(struct doing *doing, const char *command)
{
	const char *names = args_at(doing->args, 0);
	bool is_all = args_has(doing->args, "all");

	if (names)
		text_split_commas(names, &doing->names);
	else if (is_all && !strcmp(command, "enable-event"))
		word_list_add(&doing->names, "*");
	for (size_t i = 0; i < doing->names.count; i++)
		text_glob_normalize(doing->names.words[i]);
}

static bool is_harmless(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(harmless); i++) {
		if (!strcmp(harmless[i], name))
			return true;
	}
	return false;
}

static bool undo_by_table(const struct command *command, size_t index,
			  const struct picture *picture, uint64_t session_id,
			  const struct word_list *words, struct text *inverse)
{
	struct doing doing = {.picture = picture, .has_way_back = true};
	struct args *args = parse(command, words);
	const char *name;

	if (!args)
		return true; /* it will fail */
	name = table[index].has_name ? args_at(args, 0) : args_text(args, "session");
	doing.args = args;
	doing.domain = domain_of(args);
	doing.selected = picture_session(picture, session_id);
	doing.session = name ? session_of_name(picture, name) : doing.selected;
	gather_names(&doing, command->name);
	if (doing.session || table[index].has_name)
		table[index].undo(&doing, inverse);
	word_list_finish(&doing.names);
	args_destroy(args);
	return doing.has_way_back;
}

bool inverse_add(const struct picture *picture, uint64_t session_id, const struct word_list *words,
		 struct text *inverse)
{
	const struct command *command = command_resolve(words->words[0], true, NULL);

	if (!command || is_harmless(command->name))
		return true;
	if (!strcmp(command->name, "add-trigger"))
		return undo_add_trigger(words, inverse);
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		if (!strcmp(table[i].name, command->name))
			return undo_by_table(command, i, picture, session_id, words, inverse);
	}
	return false;
}

void inverse_add_made(const struct picture *picture, uint64_t newest_session_id,
		      const struct word_list *words, struct text *inverse)
{
	static const char *const makers[] = {"create", "load", "demo"};
	const struct command *command = command_resolve(words->words[0], true, NULL);
	bool is_maker = false;

	for (size_t i = 0; command && i < COUNT_OF(makers); i++)
		is_maker |= !strcmp(makers[i], command->name);
	for (size_t i = 0; is_maker && i < picture->session_count; i++) {
		if (picture->sessions[i].id <= newest_session_id)
			continue;
		begin(inverse, "destroy");
		add_name(inverse, picture->sessions[i].name);
	}
}

char *inverse_directory(const struct places *places)
{
	if (!places->state || !command_find("save") || !command_find("load"))
		return NULL;
	return mem_printf("%s/destroyed", places->state);
}

bool inverse_destroyed(const struct picture *picture, uint64_t session_id,
		       const struct word_list *words, struct word_list *names)
{
	const struct command *command = command_resolve(words->words[0], true, NULL);
	const struct picture_session *selected = picture_session(picture, session_id);
	struct args *args;

	if (!command || strcmp(command->name, "destroy") != 0)
		return false;
	args = parse(command, words);
	if (!args)
		return false;
	for (size_t i = 0; args_has(args, "all") && i < picture->session_count; i++)
		word_list_add(names, picture->sessions[i].name);
	if (!args_has(args, "all") && args_count(args) > 0)
		word_list_add(names, args_at(args, 0));
	else if (!args_has(args, "all") && selected)
		word_list_add(names, selected->name);
	args_destroy(args);
	return true;
}
