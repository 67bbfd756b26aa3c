/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The list of decoded events that tail and browser share: times, columns, wrapping, repeats, gaps
 * of lost events, the search's marks, a selection that stays on its event whatever page comes. What
 * it shows is a page; where pages come from is its owner's business.
 */
#ifndef TRACON_VIEWS_EVENT_ROWS_H
#define TRACON_VIEWS_EVENT_ROWS_H

#include "views/event_columns.h"
#include "views/match.h"
#include "views/view.h"

enum event_rows_time { EVENT_TIME_ABSOLUTE, EVENT_TIME_RELATIVE, EVENT_TIME_DELTA, EVENT_TIMES };
enum event_rows_repeats {
	EVENT_REPEATS_SHOWN,
	EVENT_REPEATS_DIM,
	EVENT_REPEATS_COLLAPSED,
	EVENT_REPEATS
};

/* One event shown, with those that were collapsed into it. */
struct event_line {
	size_t row; /* of the page */
	size_t repeat_count;
};

struct event_rows {
	/* What the keys changed. */
	enum event_rows_time time;
	struct event_columns columns_shown;
	enum event_rows_repeats repeats;
	bool wraps;
	int scroll; /* columns of the fields */
	struct match filter;
	uint64_t origin_ns; /* of relative times; 0: the page's first event */

	bool has_selected;
	struct event_place selected;
	bool is_jump; /* came from elsewhere: shown with what is around it */
	bool has_top;
	struct event_place top;

	/* As of the last fit. */
	const struct event_page *page; /* a reference, or NULL */
	struct event_line *lines;
	size_t line_count, line_room;
	size_t selected_line, top_line;
	int name_columns; /* the longest so far */
	int rows, columns;
	int scroll_max;
	bool is_stale; /* filter or repeats changed: lines must be gathered again */
};

/* What the owner has besides; the same for fit and draw. */
struct event_rows_context {
	const struct match *find; /* shown where it is found; NULL: nothing */
	bool is_focused;
	bool follows; /* the newest is selected */
	const struct event_mark *marks;
	size_t mark_count;
	bool has_range; /* from here to the selection */
	struct event_place range;
};

void event_rows_init(struct event_rows *rows);
void event_rows_finish(struct event_rows *rows);

/* page: NULL for none. Keeps a reference until the next fit. rows: with the header, if any. */
void event_rows_fit(struct event_rows *rows, const struct event_page *page,
		    const struct event_rows_context *context, int row_count, int columns);
void event_rows_draw(const struct event_rows *rows, const struct event_rows_context *context,
		     struct canvas *canvas);
/* Shows that event, or what is nearest, with its surroundings. */
void event_rows_go(struct event_rows *rows, struct event_place place);
/*
 * Movements, sideways too; time-format, columns, wrap, repeats; copy, open, click. Fills *command
 * as a view does. False: none of those.
 */
bool event_rows_act(struct event_rows *rows, const char *action, const char *argument,
		    struct text *command);
/* NULL: no events. Valid until the next fit. */
const struct event_row *event_rows_selected(const struct event_rows *rows);
/* Selects the next or last line that matches, round the end. False: none does. */
bool event_rows_find(struct event_rows *rows, const struct match *match, bool is_backward,
		     bool with_selected);
/* As a view remembers: "columns …", "time relative", "wrap on", "repeats dim", a line each. */
void event_rows_remember(const struct event_rows *rows, struct text *out);
void event_rows_recall(struct event_rows *rows, const char *memo);
/* Names of fields that could be columns: those of the selected event. */
void event_rows_add_names(const struct event_rows *rows, struct word_list *names);
void event_rows_set_filter(struct event_rows *rows, const char *pattern);

#define EVENT_ROWS_HEADER_MIN 4 /* with fewer rows there is no header */

#endif
