/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Log levels by name, per domain: lttng-enable-event(1), "Log levels". */
#ifndef TRACON_MODEL_LOGLEVEL_H
#define TRACON_MODEL_LOGLEVEL_H

#include <stdbool.h>
#include <stddef.h>

struct loglevel_scale;

/* domain: "UST", "JUL", … as in source_class. NULL: it has no levels (the kernel). */
const struct loglevel_scale *loglevel_scale(const char *domain);
/* Any case, with or without the scale's prefix, and the short forms of TRACE_DEBUG_*. No numbers.
 * False if unknown; scale may be NULL. */
bool loglevel_parse(const struct loglevel_scale *scale, const char *text, int *value);
/* "TRACE_WARNING", "PYTHON_INFO"; NULL for a value without a name, or without a scale. */
const char *loglevel_name(const struct loglevel_scale *scale, int value);
/* Whether an event of level `value` is as severe as `bound`, or more. */
bool loglevel_is_as_severe(const struct loglevel_scale *scale, int value, int bound);
/* For completion and sentences: short names in order, NULL at the end. */
const char *loglevel_at(const struct loglevel_scale *scale, size_t index);

/* LTTng-UST's. */
bool loglevel_parse_ust(const char *text, int *value);
const char *loglevel_name_ust(int value);

#endif
