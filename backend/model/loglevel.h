/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Log levels by name, per domain: lttng-enable-event(1), "Log levels". */
#ifndef TRACON_MODEL_LOGLEVEL_H
#define TRACON_MODEL_LOGLEVEL_H

#include <stdbool.h>
#include <stddef.h>

/* Any case, with or without TRACE_, and the short forms of TRACE_DEBUG_*. No numbers. False if
 * unknown. */
bool loglevel_parse_ust(const char *text, int *value);
/* "TRACE_WARNING"; NULL for a value without a name. */
const char *loglevel_name_ust(int value);
/* For completion: names in order, NULL at the end. */
const char *loglevel_at(size_t index);

#endif
