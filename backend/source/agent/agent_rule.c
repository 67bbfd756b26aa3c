/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See agent_rule.h. */
#include "backend/source/agent/agent_rule.h"

#include <string.h>

#include "backend/base/mem.h"

static const struct {
	const char *name;
	enum agent_domain domain;
	const char *event;
} domains[] = {
	{"jul", AGENT_JUL, "lttng_jul:event"},
	{"log4j", AGENT_LOG4J, "lttng_log4j:event"},
	{"log4j2", AGENT_LOG4J2, "lttng_log4j2:event"},
	{"python", AGENT_PYTHON, "lttng_python:event"},
};

enum agent_domain agent_domain_of(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(domains); i++)
		if (strcmp(domains[i].name, name) == 0)
			return domains[i].domain;
	return AGENT_NONE;
}

const char *agent_event_name(enum agent_domain domain)
{
	for (size_t i = 0; i < COUNT_OF(domains); i++)
		if (domains[i].domain == domain)
			return domains[i].event;
	return "";
}

/* One more condition: "A", then "(A) && (B)", then "((A) && (B)) && (C)". */
static void add_condition(struct text *out, const char *condition)
{
	struct text both = {0};

	if (out->length > 0)
		text_addf(&both, "(%s) && (%s)", text_str(out), condition);
	else
		text_add(&both, condition);
	text_finish(out);
	*out = both;
}

void agent_rule_filter(enum agent_domain domain, const struct rule_spec *rule, struct text *out)
{
	/* Of log4j2's levels alone the smaller is the more severe. */
	const char *at_least = domain == AGENT_LOG4J2 ? "<=" : ">=";
	struct text condition = {0};

	if (rule->filter && rule->filter[0]) {
		/* A comment at its end must not take along what follows. */
		text_addf(&condition, "%s%s", rule->filter, strstr(rule->filter, "//") ? "\n" : "");
		add_condition(out, text_str(&condition));
		text_clear(&condition);
	}
	if (strcmp(rule->pattern, "*") != 0) {
		text_addf(&condition, "logger_name == \"%s\"", rule->pattern);
		add_condition(out, text_str(&condition));
		text_clear(&condition);
	}
	if (rule->loglevel_match != LOGLEVEL_ALL) {
		text_addf(&condition, "int_loglevel %s %d",
			  rule->loglevel_match == LOGLEVEL_AT_LEAST ? at_least : "==",
			  rule->loglevel);
		add_condition(out, text_str(&condition));
	}
	text_finish(&condition);
}

bool agent_logger_is_valid(const char *logger)
{
	for (const char *at = logger; *at; at++) {
		if ((unsigned char)*at < ' ' || *at == '"' || *at == 0x7f)
			return false;
		/* As in any string of a filter. */
		if (*at == '\\' && *++at != '*' && *at != '\\')
			return false;
	}
	return logger[0] != '\0';
}
