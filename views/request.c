/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words of command lines. Names come from outside: whatever is in them stays one argument. */
#include "views/request.h"

#include <string.h>

#include "backend/base/mem.h"
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

/* Commands take lists of channels and events: a comma in a name is escaped. */
static void add_list_name(struct text *command, const char *name)
{
	struct text escaped = {0};

	for (; *name; name++) {
		if (*name == ',')
			text_add_char(&escaped, '\\');
		text_add_char(&escaped, *name);
	}
	add_name(command, text_str(&escaped));
	text_finish(&escaped);
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

static const char *domain_option(const char *domain)
{
	static const struct {
		const char *part, *option;
	} options[] = {
		{"ernel", "-k"}, {"log4j2", "--log4j2"}, {"LOG4J2", "--log4j2"}, {"log4j", "-l"},
		{"LOG4J", "-l"}, {"JUL", "-j"},		 {"ython", "-p"},
	};

	for (size_t i = 0; i < COUNT_OF(options); i++)
		if (strstr(domain, options[i].part))
			return options[i].option;
	return "-u";
}

void request_channel(struct text *command, const char *verb, const struct picture_session *session,
		     const struct picture_channel *channel)
{
	begin(command, verb);
	text_addf(command, " %s", domain_option(channel->domain));
	add_option(command, "-s", session->name);
	add_list_name(command, channel->name);
}

/* The name of an event that occurs, as a pattern that matches only it. */
static void add_literal(struct text *pattern, const char *name)
{
	for (; *name; name++) {
		if (*name == '*' || *name == '\\')
			text_add_char(pattern, '\\');
		text_add_char(pattern, *name);
	}
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
		add_literal(&pattern, event->name);
	begin(command, verb);
	text_addf(command, " %s", domain_option(channel->domain));
	add_option(command, "-s", session->name);
	add_option(command, "-c", channel->name);
	add_list_name(command, text_str(&pattern));
	text_finish(&pattern);
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

bool request_session_act(const struct view_input *input, const char *action, struct text *command)
{
	const struct picture_session *session = selection_session(input);
	const char *verb;

	if (!strcmp(action, "acknowledge")) {
		if (session)
			text_add(command, "@acknowledge");
		return true;
	}
	if (!request_session_verb(action, session, &verb))
		return false;
	if (session)
		request_session(command, verb, session);
	return true;
}

const char *request_session_label(const struct picture_session *session, const char *action)
{
	if (strcmp(action, "session-toggle") != 0 || !session)
		return NULL;
	return session->is_active ? "Stop" : "Start";
}
