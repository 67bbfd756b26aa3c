/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Of LTTng-UST's levels, and log4j2's, the smaller is the more severe; other loggers count up. */
#include "backend/model/loglevel.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "backend/base/mem.h"

struct level {
	int value;
	const char *name;
	const char *short_name; /* NULL: the name without its prefix is the only other form */
};

struct loglevel_scale {
	const char *domain;
	const char *prefix;
	bool is_rising; /* the larger value is the more severe */
	const struct level *levels;
	size_t level_count;
};

/* lttng/tracepoint.h */
static const struct level ust_levels[] = {
	{0, "TRACE_EMERG", NULL},
	{1, "TRACE_ALERT", NULL},
	{2, "TRACE_CRIT", NULL},
	{3, "TRACE_ERR", NULL},
	{4, "TRACE_WARNING", NULL},
	{5, "TRACE_NOTICE", NULL},
	{6, "TRACE_INFO", NULL},
	{7, "TRACE_DEBUG_SYSTEM", "SYSTEM"},
	{8, "TRACE_DEBUG_PROGRAM", "PROGRAM"},
	{9, "TRACE_DEBUG_PROCESS", "PROCESS"},
	{10, "TRACE_DEBUG_MODULE", "MODULE"},
	{11, "TRACE_DEBUG_UNIT", "UNIT"},
	{12, "TRACE_DEBUG_FUNCTION", "FUNCTION"},
	{13, "TRACE_DEBUG_LINE", "LINE"},
	{14, "TRACE_DEBUG", NULL},
};

static const struct level jul_levels[] = {
	{INT32_MAX, "JUL_OFF", NULL}, {1000, "JUL_SEVERE", NULL}, {900, "JUL_WARNING", NULL},
	{800, "JUL_INFO", NULL},      {700, "JUL_CONFIG", NULL},  {500, "JUL_FINE", NULL},
	{400, "JUL_FINER", NULL},     {300, "JUL_FINEST", NULL},  {INT32_MIN, "JUL_ALL", NULL},
};

static const struct level log4j_levels[] = {
	{INT32_MAX, "LOG4J_OFF", NULL}, {50000, "LOG4J_FATAL", NULL},
	{40000, "LOG4J_ERROR", NULL},	{30000, "LOG4J_WARN", NULL},
	{20000, "LOG4J_INFO", NULL},	{10000, "LOG4J_DEBUG", NULL},
	{5000, "LOG4J_TRACE", NULL},	{INT32_MIN, "LOG4J_ALL", NULL},
};

static const struct level log4j2_levels[] = {
	{0, "LOG4J2_OFF", NULL},     {100, "LOG4J2_FATAL", NULL},     {200, "LOG4J2_ERROR", NULL},
	{300, "LOG4J2_WARN", NULL},  {400, "LOG4J2_INFO", NULL},      {500, "LOG4J2_DEBUG", NULL},
	{600, "LOG4J2_TRACE", NULL}, {INT32_MAX, "LOG4J2_ALL", NULL},
};

static const struct level python_levels[] = {
	{50, "PYTHON_CRITICAL", NULL}, {40, "PYTHON_ERROR", NULL}, {30, "PYTHON_WARNING", NULL},
	{20, "PYTHON_INFO", NULL},     {10, "PYTHON_DEBUG", NULL}, {0, "PYTHON_NOTSET", NULL},
};

static const struct loglevel_scale scales[] = {
	{"UST", "TRACE_", false, ust_levels, COUNT_OF(ust_levels)},
	{"JUL", "JUL_", true, jul_levels, COUNT_OF(jul_levels)},
	{"LOG4J", "LOG4J_", true, log4j_levels, COUNT_OF(log4j_levels)},
	{"LOG4J2", "LOG4J2_", false, log4j2_levels, COUNT_OF(log4j2_levels)},
	{"PYTHON", "PYTHON_", true, python_levels, COUNT_OF(python_levels)},
};

const struct loglevel_scale *loglevel_scale(const char *domain)
{
	for (size_t i = 0; i < COUNT_OF(scales); i++)
		if (strcmp(scales[i].domain, domain) == 0)
			return &scales[i];
	return NULL;
}

bool loglevel_parse(const struct loglevel_scale *scale, const char *text, int *value)
{
	for (size_t i = 0; scale && i < scale->level_count; i++) {
		const struct level *level = &scale->levels[i];

		if (strcasecmp(text, level->name) == 0 ||
		    strcasecmp(text, level->name + strlen(scale->prefix)) == 0 ||
		    (level->short_name && strcasecmp(text, level->short_name) == 0)) {
			*value = level->value;
			return true;
		}
	}
	return false;
}

const char *loglevel_name(const struct loglevel_scale *scale, int value)
{
	for (size_t i = 0; scale && i < scale->level_count; i++)
		if (scale->levels[i].value == value)
			return scale->levels[i].name;
	return NULL;
}

bool loglevel_is_as_severe(const struct loglevel_scale *scale, int value, int bound)
{
	return scale && scale->is_rising ? value >= bound : value <= bound;
}

const char *loglevel_at(const struct loglevel_scale *scale, size_t index)
{
	return scale && index < scale->level_count
		       ? scale->levels[index].name + strlen(scale->prefix)
		       : NULL;
}

bool loglevel_parse_ust(const char *text, int *value)
{
	return loglevel_parse(&scales[0], text, value);
}

const char *loglevel_name_ust(int value)
{
	return loglevel_name(&scales[0], value);
}
