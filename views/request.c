/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words of command lines. Names come from outside: whatever is in them stays one argument. */
#include "views/request.h"

#include <string.h>

#include "backend/base/mem.h"
#include "backend/model/event_rule.h"
#include "backend/model/loglevel.h"
#include "views/selection.h"

static void begin(struct text *command, const char *verb)
{
	if (command->length > 0)
		text_add(command, "; ");
	text_add(command, verb);
}

static void add_option(struct text *command, const char *option, const char *value)
{
	text_addf(command, " %s ", option);
	text_add_quoted(command, value);
}

/* A name that begins like an option is told apart by "--". */
static void add_name(struct text *command, const char *name)
{
	text_add(command, *name == '-' ? " -- " : " ");
	text_add_quoted(command, name);
}

/* A comma in a name of a list. */
static void add_escaped(struct text *list, const char *name)
{
	for (; *name; name++) {
		if (*name == ',')
			text_add_char(list, '\\');
		text_add_char(list, *name);
	}
}

/* Commands take lists of channels and events: a comma in a name is escaped. */
static void add_list_name(struct text *command, const char *name)
{
	struct text escaped = {0};

	add_escaped(&escaped, name);
	add_name(command, text_str(&escaped));
	text_finish(&escaped);
}

/* The first whose part is in a domain's title. */
static const struct domain {
	const char *part, *option;
	const char *scale; /* of its log levels; "": unknown here */
} domains[] = {
	{"ernel", "-k", ""},
	{"log4j2", "--log4j2", "LOG4J2"},
	{"LOG4J2", "--log4j2", "LOG4J2"},
	{"log4j", "-l", "LOG4J"},
	{"LOG4J", "-l", "LOG4J"},
	{"JUL", "-j", "JUL"},
	{"ython", "-p", "PYTHON"},
	{"ser space", "-u", "UST"},
	{"", "-u", ""},
};

static const struct domain *find_domain(const char *title)
{
	size_t i = 0;

	while (!strstr(title, domains[i].part))
		i++;
	return &domains[i];
}

static const char *domain_option(const char *title)
{
	return find_domain(title)->option;
}

bool request_check_level(const char *domain, const char *text, struct text *problem)
{
	const struct loglevel_scale *scale = loglevel_scale(find_domain(domain)->scale);
	size_t last = 0;
	int value;

	if (!scale || !*text || loglevel_parse(scale, text, &value))
		return true;
	while (loglevel_at(scale, last + 1))
		last++;
	text_addf(problem, "no such level (%s to %s)", loglevel_at(scale, 0),
		  loglevel_at(scale, last));
	return false;
}

void request_session(struct text *command, const char *verb, const struct picture_session *session)
{
	if (!strcmp(verb, "snapshot")) {
		begin(command, "snapshot record");
		add_option(command, "-s", session->name);
		return;
	}
	begin(command, verb);
	add_name(command, session->name);
}

void request_channel(struct text *command, const char *verb, const struct picture_session *session,
		     const struct picture_channel *channel)
{
	begin(command, verb);
	text_addf(command, " %s", domain_option(channel->domain));
	add_option(command, "-s", session->name);
	add_list_name(command, channel->name);
}

void request_add_literal(struct text *pattern, const char *name, size_t length)
{
	for (const char *end = name + length; name < end; name++) {
		if (*name == '*' || *name == '\\')
			text_add_char(pattern, '\\');
		text_add_char(pattern, *name);
	}
}

/* A line of a command that people read, and its place in the history, stay short. */
#define PATTERNS_BYTES_MAX 2000

void request_patterns(struct text *command, const char *verb, const char *domain,
		      const struct picture_session *session, const char *channel,
		      const char *options, const struct word_list *patterns)
{
	struct text list = {0};

	for (size_t i = 0; i < patterns->count; i++) {
		if (list.length > 0)
			text_add_char(&list, ',');
		add_escaped(&list, patterns->words[i]);
		if (i + 1 < patterns->count && list.length < PATTERNS_BYTES_MAX)
			continue;
		begin(command, verb);
		text_addf(command, " %s", domain_option(domain));
		add_option(command, "-s", session->name);
		if (channel)
			add_option(command, "-c", channel);
		if (*options)
			text_addf(command, " %s", options);
		add_name(command, text_str(&list));
		text_clear(&list);
	}
	text_finish(&list);
}

void request_event(struct text *command, const char *verb, const struct picture_session *session,
		   const struct picture_channel *channel, const struct picture_event *event)
{
	struct text pattern = {0};

	if (event->is_rule)
		text_add(&pattern, event->name);
	else if (*event->rule)
		text_add(&pattern, event->rule);
	else
		request_add_literal(&pattern, event->name, strlen(event->name));
	begin(command, verb);
	text_addf(command, " %s", domain_option(channel->domain));
	add_option(command, "-s", session->name);
	add_option(command, "-c", channel->name);
	add_list_name(command, text_str(&pattern));
	text_finish(&pattern);
}

static void add_rule(struct text *command, const struct picture_rule *rule)
{
	if (*rule->filter)
		add_option(command, "--filter", rule->filter);
	if (*rule->exclusions)
		add_option(command, "--exclude", rule->exclusions);
	if (rule->loglevel_match == LOGLEVEL_AT_LEAST)
		add_option(command, "--loglevel", rule->loglevel_text);
	if (rule->loglevel_match == LOGLEVEL_EXACTLY)
		add_option(command, "--loglevel-only", rule->loglevel_text);
	add_list_name(command, rule->pattern);
}

static void begin_rule(struct text *command, const char *verb,
		       const struct picture_session *session, const struct picture_channel *channel)
{
	begin(command, verb);
	text_addf(command, " %s", domain_option(channel->domain));
	add_option(command, "-s", session->name);
	add_option(command, "-c", channel->name);
}

void request_rule(struct text *command, const char *verb, const struct picture_session *session,
		  const struct picture_channel *channel, const struct picture_rule *rule)
{
	begin_rule(command, verb, session, channel);
	add_rule(command, rule);
}

void request_rule_end(struct text *command, const struct picture_session *session,
		      const struct picture_channel *channel, const struct picture_rule *rule)
{
	begin_rule(command, "disable-event", session, channel);
	text_add(command, " --exact");
	add_rule(command, rule);
}

static const struct {
	const char *action, *verb;
} session_verbs[] = {
	{"session-toggle", NULL}, /* start or stop */
	{"start", "start"},	  {"stop", "stop"},   {"rotate", "rotate"},
	{"snapshot", "snapshot"}, {"clear", "clear"}, {"save", "save"},
	{"destroy", "destroy"},
};

static const char *toggle_verb(const struct picture_session *session)
{
	return session->is_active ? "stop" : "start";
}

bool request_session_verb(const char *action, const struct picture_session *session,
			  const char **verb)
{
	for (size_t i = 0; i < COUNT_OF(session_verbs); i++) {
		if (strcmp(action, session_verbs[i].action) != 0)
			continue;
		*verb = session_verbs[i].verb;
		if (!*verb && session)
			*verb = toggle_verb(session);
		return true;
	}
	return false;
}

static void say_no_session(struct text *command)
{
	text_add(command, "@say there is no session yet: c in pane 1 creates one");
}

bool request_session_act(const struct view_input *input, const char *action, struct text *command)
{
	const struct picture_session *session = selection_session(input);
	const char *verb;

	if (!strcmp(action, "acknowledge")) {
		if (session)
			text_add(command, "@acknowledge");
		else
			say_no_session(command);
		return true;
	}
	if (!request_session_verb(action, session, &verb))
		return false;
	if (session)
		request_session(command, verb, session);
	else
		say_no_session(command);
	return true;
}

const char *request_session_label(const struct picture_session *session, const char *action)
{
	if (strcmp(action, "session-toggle") != 0 || !session)
		return NULL;
	return session->is_active ? "Stop" : "Start";
}
