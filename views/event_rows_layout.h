/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What event_rows.c and event_rows_draw.c share: widths and heights. */
#ifndef TRACON_VIEWS_EVENT_ROWS_LAYOUT_H
#define TRACON_VIEWS_EVENT_ROWS_LAYOUT_H

#include "views/event_rows.h"

/* Widths, 0: not shown. Returns the first column behind the gutter. */
int event_rows_find_widths(const struct event_rows *rows, int widths[EVENT_COLUMN_COUNT]);
/* Digits of a second that the column of times has room for. */
int event_rows_digits(int columns);
/* Rows of the body. */
int event_rows_body(const struct event_rows *rows);
/* Rows that the line takes, with the gap before it. */
int event_rows_height(const struct event_rows *rows, size_t line);
/* Names make their column wider, never narrower: nothing jumps while one scrolls. */
void event_rows_fit_columns(struct event_rows *rows);
/* How far the longest event on the screen reaches. */
void event_rows_fit_scroll(struct event_rows *rows);

#endif
