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

void agent_rule_filter(const struct rule_spec *rule, struct text *out)
{
	if (rule->filter && rule->filter[0])
		text_addf(out, "(%s)", rule->filter);
	if (strcmp(rule->pattern, "*") != 0)
		text_addf(out, "%slogger_name == \"%s\"", out->length > 0 ? " && " : "",
			  rule->pattern);
	if (rule->loglevel_match != LOGLEVEL_ALL)
		text_addf(out, "%sint_loglevel %s %d", out->length > 0 ? " && " : "",
			  rule->loglevel_match == LOGLEVEL_AT_LEAST ? ">=" : "==", rule->loglevel);
}

bool agent_logger_is_valid(const char *logger)
{
	for (const char *at = logger; *at; at++)
		if ((unsigned char)*at < ' ' || *at == '"' || *at == 0x7f)
			return false;
	return logger[0] != '\0';
}
