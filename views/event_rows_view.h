/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the views that are rows of events do alike. Their state begins with its struct event_rows.
 */
#ifndef TRACON_VIEWS_EVENT_ROWS_VIEW_H
#define TRACON_VIEWS_EVENT_ROWS_VIEW_H

#include "views/event_rows.h"

void event_rows_view_detail(const void *state, const struct view_input *input, struct text *out);
bool event_rows_view_details(const void *state, const struct view_input *input,
			     struct popup *popup);
void event_rows_view_remember(const void *state, bool with_marks, struct text *out);
void event_rows_view_recall(void *state, const char *memo);
void event_rows_view_add_column_names(const void *state, struct word_list *names);

/* The part of a view_class that is the same. */
#define EVENT_ROWS_VIEW_CALLS                                                                      \
	.detail = event_rows_view_detail, .details = event_rows_view_details,                      \
	.remember = event_rows_view_remember, .recall = event_rows_view_recall,                    \
	.add_column_names = event_rows_view_add_column_names

#endif
