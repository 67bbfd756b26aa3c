/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rule of a logging domain as LTTng-UST sees it: an agent's native part fires one tracepoint
 * for all its loggers; the logger's name and level are fields of it. Pure functions.
 */
#ifndef TRACON_SOURCE_AGENT_RULE_H
#define TRACON_SOURCE_AGENT_RULE_H

#include "backend/base/text.h"
#include "backend/source/agent/agent_wire.h"
#include "backend/source/spec.h"

/* Of a source_class's name: "jul", "log4j", "log4j2", "python". AGENT_NONE if it is none. */
enum agent_domain agent_domain_of(const char *name);
/* "lttng_python:event" */
const char *agent_event_name(enum agent_domain domain);
/*
 * The expression that lets the rule's events through: its own, the logger's name, the level. Empty
 * when all events of the domain pass.
 */
void agent_rule_filter(enum agent_domain domain, const struct rule_spec *rule, struct text *out);
/* A logger's name that can't stand in an expression: quotes, controls, a backslash but
 * before a star or a backslash. */
bool agent_logger_is_valid(const char *logger);

#endif
