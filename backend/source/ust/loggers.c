/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The domains of loggers: java.util.logging, log4j, log4j2, Python's logging. An agent in the
 * program hands the records over as LTTng-UST events: each domain is an ordinary source to the
 * rest, but its rules are carried by the LTTng-UST source, and the agents are told which loggers
 * are wanted.
 */
#include <stdlib.h>

#include "backend/base/mem.h"
#include "backend/source/agent/agent_rule.h"
#include "backend/source/agent/agents.h"
#include "backend/source/ust/bytecode.h"
#include "backend/source/ust/internal.h"
#include "backend/source/ust/ust.h"

struct loggers {
	struct source base;
	struct agents *agents; /* the carrier's */
};

static struct source *create(const struct source_class *class, const struct source_host *host,
			     struct error *err)
{
	const struct ust_source *carrier = (const struct ust_source *)host->carrier;
	struct loggers *loggers;

	if (!carrier || !carrier->agents) {
		if (carrier)
			error_copy(err, &carrier->agents_missing);
		else
			error_set(err, ERROR_UNSUPPORTED,
				  "loggers need LTTng-UST, which does not work here");
		return NULL;
	}
	loggers = mem_zalloc(sizeof(*loggers));
	loggers->base.class = class;
	loggers->agents = carrier->agents;
	return &loggers->base;
}

static void destroy(struct source *base)
{
	free(base);
}

static void list(struct source *base, bool with_fields, uid_t uid, bool is_root,
		 struct point_list *list, struct task *task)
{
	struct loggers *loggers = (struct loggers *)base;

	(void)with_fields; /* a logger has none of its own */
	agents_list(loggers->agents, (enum agent_domain)base->class->carried_code, uid, is_root,
		    list, task);
}

static enum agent_level_match level_match(enum loglevel_match match)
{
	static const enum agent_level_match matches[] = {
		[LOGLEVEL_ALL] = AGENT_LEVEL_ALL,
		[LOGLEVEL_AT_LEAST] = AGENT_LEVEL_AT_LEAST,
		[LOGLEVEL_EXACTLY] = AGENT_LEVEL_EXACTLY,
	};

	return matches[match];
}

static struct agent_rule agent_rule_of(const struct carried_rule *carried)
{
	return (struct agent_rule){
		.id = carried->id,
		.domain = (enum agent_domain)carried->code,
		.logger = carried->pattern,
		.match = level_match(carried->loglevel_match),
		.loglevel = carried->loglevel,
	};
}

/* To the agents a watched rule is a session with one rule; sessions' numbers are far below. */
#define WATCHED_SESSION (UINT64_C(1) << 63)

void ust_loggers_watch(struct ust_source *source, uint64_t token,
		       const struct carried_rule *carried, struct task *task)
{
	struct agent_rule rule = {.logger = ""};

	if (!source->agents)
		return;
	if (carried)
		rule = agent_rule_of(carried);
	if (task)
		task_add(task);
	agents_apply(source->agents, WATCHED_SESSION | token, &rule, carried ? 1 : 0, task);
}

void ust_loggers_apply(struct ust_source *source, const struct session_spec *spec,
		       struct task *task)
{
	bool is_wanted = spec->is_active && !spec->is_over;
	size_t count = is_wanted ? spec->carried_count : 0;
	struct agent_rule *rules;

	if (!source->agents)
		return;
	rules = mem_zalloc((count + 1) * sizeof(*rules));
	for (size_t i = 0; i < count; i++)
		rules[i] = agent_rule_of(&spec->carried[i]);
	if (task)
		task_add(task);
	agents_apply(source->agents, spec->session_id, rules, count, task);
	free(rules);
}

/* Each class calls create with itself: a source knows its class from its table row on. */
#define LOGGERS(WORD, DOMAIN, TITLE, CODE)                                                         \
	static struct source *create_##WORD(const struct places *places,                           \
					    const struct source_host *host, struct error *warning, \
					    struct error *err)                                     \
	{                                                                                          \
		(void)places;                                                                      \
		(void)warning;                                                                     \
		return create(&WORD##_source_class, host, err);                                    \
	}                                                                                          \
	static const char *carry_##WORD(const struct rule_spec *rule, struct text *filter)         \
	{                                                                                          \
		agent_rule_filter(CODE, rule, filter);                                             \
		return agent_event_name(CODE);                                                     \
	}                                                                                          \
	const struct source_class WORD##_source_class = {                                          \
		.name = #WORD,                                                                     \
		.domain = (DOMAIN),                                                                \
		.title = (TITLE),                                                                  \
		.carrier = &ust_source_class,                                                      \
		.carried_code = (CODE),                                                            \
		.carried_channel = "lttng_" #WORD "_channel",                                      \
		.carry = carry_##WORD,                                                             \
		.takes_name = agent_logger_is_valid,                                               \
		.check_filter = ust_bytecode_check,                                                \
		.create = create_##WORD,                                                           \
		.destroy = destroy,                                                                \
		.list_points = list,                                                               \
		.trace_directory = "ust",                                                          \
	}

LOGGERS(jul, "JUL", "java.util.logging (JUL)", AGENT_JUL);
LOGGERS(log4j, "LOG4J", "log4j", AGENT_LOG4J);
LOGGERS(log4j2, "LOG4J2", "log4j2", AGENT_LOG4J2);
LOGGERS(python, "PYTHON", "Python logging", AGENT_PYTHON);
