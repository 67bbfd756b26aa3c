/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which columns a list of events has: the usual ones, each to be hidden, and fields of the payload
 * or the context that the user wants as columns of their own.
 */
#ifndef TRACON_VIEWS_EVENT_COLUMNS_H
#define TRACON_VIEWS_EVENT_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/text.h"

#define EVENT_OWN_COLUMNS_MAX 8

/* Usual ones first, their bits are in `hidden`; then the user's own. */
enum event_column {
	EVENT_COLUMN_TIME,
	EVENT_COLUMN_DELTA,
	EVENT_COLUMN_CPU,
	EVENT_COLUMN_LEVEL,
	EVENT_COLUMN_STREAM,
	EVENT_COLUMN_NAME,
	EVENT_COLUMN_FIELDS,
	EVENT_COLUMN_OWN,
	EVENT_COLUMN_COUNT = EVENT_COLUMN_OWN + EVENT_OWN_COLUMNS_MAX
};

struct event_columns {
	unsigned int hidden;
	struct word_list fields;	   /* own columns, as they were added */
	int widths[EVENT_OWN_COLUMNS_MAX]; /* of the longest value so far */
};

void event_columns_init(struct event_columns *columns);
void event_columns_finish(struct event_columns *columns);

bool event_columns_shows(const struct event_columns *columns, enum event_column column);
/* From left to right: the usual ones, the own ones, and last the fields. */
enum event_column event_columns_at(size_t position);
/* "fields", "vpid" */
const char *event_columns_name(const struct event_columns *columns, enum event_column column);
/* Some, all, few: own columns stay. */
void event_columns_cycle(struct event_columns *columns);

/* "columns = +time -stream +name +fields +vpid", a line: all of the usual ones, in words. */
void event_columns_remember(const struct event_columns *columns, struct text *out);
/*
 * The words of such a line from the second on. '=': the own columns are only those that follow;
 * '+' shows a column, one of a field if no usual one is called so; '-' hides it. One stays.
 */
void event_columns_recall(struct event_columns *columns, size_t count, char **words);

#endif
