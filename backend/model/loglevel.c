/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The log levels of LTTng-UST; the smaller the value, the more severe. */
#include "backend/model/loglevel.h"

#include <string.h>
#include <strings.h>

#include "backend/base/mem.h"

#define PREFIX "TRACE_"

struct level {
	const char *name;
	const char *short_name; /* NULL: the name without its prefix is the only other form */
};

/* Index = value (lttng/tracepoint.h). */
static const struct level ust_levels[] = {
	{PREFIX "EMERG", NULL},
	{PREFIX "ALERT", NULL},
	{PREFIX "CRIT", NULL},
	{PREFIX "ERR", NULL},
	{PREFIX "WARNING", NULL},
	{PREFIX "NOTICE", NULL},
	{PREFIX "INFO", NULL},
	{PREFIX "DEBUG_SYSTEM", "SYSTEM"},
	{PREFIX "DEBUG_PROGRAM", "PROGRAM"},
	{PREFIX "DEBUG_PROCESS", "PROCESS"},
	{PREFIX "DEBUG_MODULE", "MODULE"},
	{PREFIX "DEBUG_UNIT", "UNIT"},
	{PREFIX "DEBUG_FUNCTION", "FUNCTION"},
	{PREFIX "DEBUG_LINE", "LINE"},
	{PREFIX "DEBUG", NULL},
};

bool loglevel_parse_ust(const char *text, int *value)
{
	for (size_t i = 0; i < COUNT_OF(ust_levels); i++) {
		const struct level *level = &ust_levels[i];

		if (strcasecmp(text, level->name) == 0 ||
		    strcasecmp(text, level->name + strlen(PREFIX)) == 0 ||
		    (level->short_name && strcasecmp(text, level->short_name) == 0)) {
			*value = (int)i;
			return true;
		}
	}
	return false;
}

const char *loglevel_name_ust(int value)
{
	if (value < 0 || (size_t)value >= COUNT_OF(ust_levels))
		return NULL;
	return ust_levels[value].name;
}

const char *loglevel_at(size_t index)
{
	return index < COUNT_OF(ust_levels) ? ust_levels[index].name + strlen(PREFIX) : NULL;
}
