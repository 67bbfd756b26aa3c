/* SPDX-License-Identifier: GPL-2.0-or-later */
/* By table: each command that has a way back reads its own words and the picture. */
#include "console/inverse.h"

#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/places.h"
#include "backend/control/args.h"
#include "backend/control/command.h"
#include "backend/source/spec.h"

#define CHANNEL_DEFAULT "channel0" /* of enable-event and disable-event */

/* One command about to run. */
struct doing {
	const struct picture *picture;
	const struct picture_session *session;
	const struct args *args;
	const char *domain; /* "-u" */
	struct word_list names;
};

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

static void undo_enable_channel(const struct doing *doing, struct text *inverse)
{
	undo_channels(doing, true, inverse);
}

static void undo_disable_channel(const struct doing *doing, struct text *inverse)
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

static bool is_enabled_rule(const struct doing *doing, const struct picture_channel *channel,
			    const char *pattern)
{
	for (size_t i = 0; channel && i < channel->rule_count; i++) {
		const struct picture_rule *rule = &doing->picture->rules[channel->first_rule + i];

		if (rule->is_enabled && !strcmp(rule->pattern, pattern))
			return true;
	}
	return false;
}

/* disable-event takes all rules of a name: where others were enabled before, there is no way back.
 */
static void undo_enable_event(const struct doing *doing, struct text *inverse)
{
	const struct picture_channel *channel = channel_of(doing);

	if (channel && channel->rule_count > 0 && !doing->session->is_detailed)
		return;
	for (size_t i = 0; i < doing->names.count; i++) {
		if (is_enabled_rule(doing, channel, doing->names.words[i]))
			continue;
		begin_event(doing, "disable-event", inverse);
		add_name(inverse, doing->names.words[i]);
	}
}

static void enable_rule(const struct doing *doing, const struct picture_rule *rule,
			struct text *inverse)
{
	begin_event(doing, "enable-event", inverse);
	if (*rule->loglevel_text)
		add_option(inverse,
			   rule->loglevel_match == LOGLEVEL_EXACTLY ? "--loglevel-only"
								    : "--loglevel",
			   rule->loglevel_text);
	if (*rule->exclusions)
		add_option(inverse, "--exclude", rule->exclusions);
	if (*rule->filter)
		add_option(inverse, "--filter", rule->filter);
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

static void undo_disable_event(const struct doing *doing, struct text *inverse)
{
	const struct picture_channel *channel = channel_of(doing);

	if (!doing->session->is_detailed)
		return;
	for (size_t i = 0; channel && i < channel->rule_count; i++) {
		const struct picture_rule *rule = &doing->picture->rules[channel->first_rule + i];

		if (rule->is_enabled && is_named(&doing->names, rule->pattern))
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

static void undo_add_context(const struct doing *doing, struct text *inverse)
{
	undo_contexts(doing, "remove-context", false, inverse);
}

static void undo_remove_context(const struct doing *doing, struct text *inverse)
{
	undo_contexts(doing, "add-context", true, inverse);
}

/* ---- which ---- */

static const struct {
	const char *name;
	void (*undo)(const struct doing *doing, struct text *inverse);
} table[] = {
	{"enable-channel", undo_enable_channel}, {"disable-channel", undo_disable_channel},
	{"enable-event", undo_enable_event},	 {"disable-event", undo_disable_event},
	{"add-context", undo_add_context},	 {"remove-context", undo_remove_context},
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

void inverse_add(const struct picture *picture, uint64_t session_id, const struct word_list *words,
		 struct text *inverse)
{
	const struct command *command = command_resolve(words->words[0], true, NULL);
	struct doing doing = {.picture = picture};
	const char *name;
	struct args *args;

	for (size_t i = 0; command && i < COUNT_OF(table); i++) {
		if (strcmp(table[i].name, command->name) != 0)
			continue;
		args = parse(command, words);
		if (!args)
			return;
		name = args_text(args, "session");
		doing.args = args;
		doing.domain = domain_of(args);
		doing.session = name ? session_of_name(picture, name)
				     : picture_session(picture, session_id);
		gather_names(&doing, command->name);
		if (doing.session)
			table[i].undo(&doing, inverse);
		word_list_finish(&doing.names);
		args_destroy(args);
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
