/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The calls of a view that only pass on to its rows of events. */
#include "views/event_rows_view.h"

#include "views/event_text.h"

void event_rows_view_detail(const void *state, const struct view_input *input, struct text *out)
{
	const struct event_rows *rows = state;
	const struct event_row *row = event_rows_selected(rows);

	(void)input;
	if (row)
		event_text_line(rows->page, row, out);
}

bool event_rows_view_details(const void *state, const struct view_input *input, struct popup *popup)
{
	const struct event_rows *rows = state;
	const struct event_row *row = event_rows_selected(rows);

	(void)input;
	if (row)
		event_text_details(rows->page, row, popup);
	return row != NULL;
}

void event_rows_view_remember(const void *state, bool with_marks, struct text *out)
{
	(void)with_marks;
	event_rows_remember(state, out);
}

void event_rows_view_recall(void *state, const char *memo)
{
	event_rows_recall(state, memo);
}

void event_rows_view_add_column_names(const void *state, struct word_list *names)
{
	event_rows_add_names(state, names);
}
