/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which events are shown and where: lines, selection, scrolling. */
#include "views/event_rows.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "views/event_rows_layout.h"
#include "views/event_text.h"
#include "views/movement.h"

void event_rows_init(struct event_rows *rows)
{
	*rows = (struct event_rows){.rows = 1, .columns = 80};
	event_columns_init(&rows->columns_shown);
}

void event_rows_finish(struct event_rows *rows)
{
	match_finish(&rows->filter);
	event_columns_finish(&rows->columns_shown);
	event_page_unref(rows->page);
	free(rows->lines);
	*rows = (struct event_rows){0};
}

/* ---- lines ---- */

static const struct event_row *row_of(const struct event_rows *rows, size_t line)
{
	return &rows->page->rows[rows->lines[line].row];
}

static bool is_wanted(const struct event_rows *rows, const struct event_row *row,
		      struct text *scratch)
{
	if (match_is_empty(&rows->filter))
		return true;
	text_clear(scratch);
	event_text_line(rows->page, row, scratch);
	return match_accepts(&rows->filter, text_str(scratch));
}

static void add_line(struct event_rows *rows, size_t row)
{
	const struct event_row *event = &rows->page->rows[row];

	/* What was lost must not be hidden by what comes after it. */
	if (rows->repeats == EVENT_REPEATS_COLLAPSED && rows->line_count > 0 &&
	    !event->lost_before && !event->lost_packets_before &&
	    event_text_is_repeat(rows->page, event, row_of(rows, rows->line_count - 1))) {
		rows->lines[rows->line_count - 1].repeat_count++;
		return;
	}
	rows->lines =
		mem_grow(rows->lines, rows->line_count, &rows->line_room, sizeof(*rows->lines));
	rows->lines[rows->line_count++] = (struct event_line){.row = row};
}

static void gather(struct event_rows *rows)
{
	struct text scratch = {0};

	rows->line_count = 0;
	for (size_t i = 0; rows->page && i < rows->page->row_count; i++)
		if (is_wanted(rows, &rows->page->rows[i], &scratch))
			add_line(rows, i);
	text_finish(&scratch);
}

static void take_page(struct event_rows *rows, const struct event_page *page)
{
	if (page == rows->page && !rows->is_stale)
		return;
	if (page)
		event_page_ref(page);
	event_page_unref(rows->page);
	rows->page = page;
	rows->is_stale = false;
	gather(rows);
}

/* The line of that event, else the next one, else the last. */
static size_t find_line(const struct event_rows *rows, struct event_place place)
{
	size_t begin = 0, end = rows->line_count;

	while (begin < end) {
		size_t middle = begin + (end - begin) / 2;

		if (event_text_compare(row_of(rows, middle)->place, place) < 0)
			begin = middle + 1;
		else
			end = middle;
	}
	/* A collapsed event is shown by the line before. */
	if (begin > 0 && rows->lines[begin - 1].repeat_count > 0 &&
	    (begin == rows->line_count ||
	     event_text_compare(row_of(rows, begin)->place, place) > 0))
		return begin - 1;
	return begin < rows->line_count || begin == 0 ? begin : begin - 1;
}

static void select_line(struct event_rows *rows, size_t line)
{
	if (rows->line_count == 0)
		return;
	rows->selected_line = line < rows->line_count ? line : rows->line_count - 1;
	rows->selected = row_of(rows, rows->selected_line)->place;
	rows->has_selected = true;
	rows->is_jump = false;
}

/* ---- scrolling ---- */

int event_rows_body(const struct event_rows *rows)
{
	return rows->rows >= EVENT_ROWS_HEADER_MIN ? rows->rows - 1 : rows->rows;
}

/* Moves the top up until the rows from it through `line` would no longer fit into `room`. */
static size_t top_above(const struct event_rows *rows, size_t line, int room)
{
	size_t top = line;
	int used = event_rows_height(rows, line);

	while (top > 0) {
		used += event_rows_height(rows, top - 1);
		if (used > room)
			break;
		top--;
	}
	return top;
}

static bool is_shown(const struct event_rows *rows, size_t line)
{
	int room = event_rows_body(rows);

	if (line < rows->top_line)
		return false;
	for (size_t i = rows->top_line; i <= line; i++) {
		/* The first may be cut, or an event that fills the screen would never show. */
		if (i > rows->top_line && room < event_rows_height(rows, i))
			return false;
		room -= event_rows_height(rows, i);
	}
	return true;
}

static void scroll(struct event_rows *rows)
{
	int body = event_rows_body(rows);
	size_t last_top;

	if (rows->line_count == 0)
		return;
	rows->top_line = rows->has_top ? find_line(rows, rows->top) : 0;
	if (rows->is_jump)
		rows->top_line = top_above(rows, rows->selected_line, body / 3 + 1);
	else if (rows->selected_line < rows->top_line)
		rows->top_line = rows->selected_line;
	else if (!is_shown(rows, rows->selected_line))
		rows->top_line = top_above(rows, rows->selected_line, body);
	last_top = top_above(rows, rows->line_count - 1, body);
	if (rows->top_line > last_top)
		rows->top_line = last_top;
	rows->top = row_of(rows, rows->top_line)->place;
	rows->has_top = true;
}

static void locate(struct event_rows *rows, bool follows)
{
	bool is_jump = rows->is_jump;
	size_t line = rows->selected_line;

	if (rows->line_count == 0) {
		rows->selected_line = 0;
		rows->top_line = 0;
		return;
	}
	if (follows)
		line = rows->line_count - 1;
	else if (!rows->has_selected)
		line = 0;
	else if (line >= rows->line_count ||
		 event_text_compare(row_of(rows, line)->place, rows->selected) != 0)
		line = find_line(rows, rows->selected);
	select_line(rows, line);
	rows->is_jump = is_jump && !follows;
}

void event_rows_fit(struct event_rows *rows, const struct event_page *page,
		    const struct event_rows_context *context, int row_count, int columns)
{
	rows->rows = row_count > 0 ? row_count : 1;
	rows->columns = columns > 0 ? columns : 1;
	take_page(rows, page);
	locate(rows, context->follows);
	event_rows_fit_columns(rows);
	scroll(rows);
	event_rows_fit_scroll(rows);
}

void event_rows_go(struct event_rows *rows, struct event_place place)
{
	rows->selected = place;
	rows->has_selected = true;
	rows->is_jump = true;
	if (rows->line_count > 0)
		rows->selected_line = find_line(rows, place);
}

void event_rows_set_filter(struct event_rows *rows, const char *pattern)
{
	match_finish(&rows->filter);
	match_compile(&rows->filter, pattern, NULL, NULL);
	rows->is_stale = true;
}

const struct event_row *event_rows_selected(const struct event_rows *rows)
{
	return rows->line_count > 0 ? row_of(rows, rows->selected_line) : NULL;
}

/* ---- actions ---- */

static void move(struct event_rows *rows, size_t distance, bool is_down)
{
	size_t line = rows->selected_line;

	if (is_down)
		select_line(rows, distance < rows->line_count - line ? line + distance
								     : rows->line_count - 1);
	else
		select_line(rows, distance < line ? line - distance : 0);
}

static bool act_move(struct event_rows *rows, const char *action, size_t steps)
{
	size_t page = event_rows_body(rows) > 1 ? (size_t)event_rows_body(rows) : 1;
	struct movement movement;

	if (!movement_find(action, page, rows->line_count, &movement))
		return false;
	for (size_t step = 0; step < steps && step < rows->line_count; step++)
		move(rows, movement.distance, movement.is_down);
	return true;
}

static bool act_sideways(struct event_rows *rows, const char *action)
{
	int third = rows->columns / 3 > 0 ? rows->columns / 3 : 1;
	const struct {
		const char *action;
		int columns;
	} moves[] = {
		{"left", -third},
		{"right", third},
		{"left-one", -1},
		{"right-one", 1},
		{"left-end", -rows->scroll},
		{"right-end", rows->scroll_max - rows->scroll},
	};

	for (size_t i = 0; i < COUNT_OF(moves); i++) {
		if (strcmp(action, moves[i].action) != 0)
			continue;
		rows->scroll += moves[i].columns;
		if (rows->scroll > rows->scroll_max)
			rows->scroll = rows->scroll_max;
		if (rows->scroll < 0)
			rows->scroll = 0;
		return true;
	}
	return false;
}

static bool act_look(struct event_rows *rows, const char *action)
{
	if (!strcmp(action, "time-format")) {
		rows->time = (rows->time + 1) % EVENT_TIMES;
	} else if (!strcmp(action, "columns")) {
		event_columns_cycle(&rows->columns_shown);
	} else if (!strcmp(action, "wrap")) {
		rows->wraps = !rows->wraps;
		rows->scroll = 0;
	} else if (!strcmp(action, "repeats")) {
		rows->repeats = (rows->repeats + 1) % EVENT_REPEATS;
		rows->is_stale = true;
	} else {
		return false;
	}
	return true;
}

static void copy(const struct event_rows *rows, struct text *command)
{
	const struct event_row *row = event_rows_selected(rows);

	if (!row) {
		text_add(command, "@say there is no event to copy");
		return;
	}
	text_add(command, "@copy ");
	event_text_line(rows->page, row, command);
}

/* "ROW COLUMN" of the canvas. */
static void click(struct event_rows *rows, const char *argument)
{
	int at = atoi(argument) - (rows->rows - event_rows_body(rows));
	size_t line = rows->top_line;

	if (at < 0 || rows->line_count == 0)
		return;
	while (line < rows->line_count && at >= event_rows_height(rows, line))
		at -= event_rows_height(rows, line++);
	if (line < rows->line_count)
		select_line(rows, line);
}

bool event_rows_act(struct event_rows *rows, const char *action, const char *argument,
		    struct text *command)
{
	uint64_t steps;

	if (!units_parse_u64(argument, &steps))
		steps = 1;
	if (act_move(rows, action, steps) || act_sideways(rows, action) || act_look(rows, action))
		return true;
	if (!strcmp(action, "copy"))
		copy(rows, command);
	else if (!strcmp(action, "open"))
		text_add(command, "@details");
	else if (!strcmp(action, "click"))
		click(rows, argument);
	else
		return false;
	return true;
}

bool event_rows_find(struct event_rows *rows, const struct match *match, bool is_backward,
		     bool with_selected)
{
	struct text scratch = {0};
	bool is_found = false;
	size_t count = rows->line_count;

	for (size_t i = with_selected ? 0 : 1; i <= count && count > 0 && !is_found; i++) {
		size_t line = (rows->selected_line + (is_backward ? count - i % count : i)) % count;

		text_clear(&scratch);
		event_text_line(rows->page, row_of(rows, line), &scratch);
		is_found = match_accepts(match, text_str(&scratch));
		if (is_found)
			select_line(rows, line);
	}
	text_finish(&scratch);
	return is_found;
}

/* ---- memory ---- */

static const char *const time_words[EVENT_TIMES] = {"absolute", "relative", "delta"};
static const char *const wrap_words[] = {"off", "on"};
static const char *const repeat_words[EVENT_REPEATS] = {"shown", "dim", "collapsed"};

void event_rows_remember(const struct event_rows *rows, struct text *out)
{
	event_columns_remember(&rows->columns_shown, out);
	text_addf(out, "time %s\nwrap %s\nrepeats %s\n", time_words[rows->time],
		  wrap_words[rows->wraps], repeat_words[rows->repeats]);
}

void event_rows_add_names(const struct event_rows *rows, struct word_list *names)
{
	const struct event_row *row = event_rows_selected(rows);

	if (row)
		event_text_field_names(rows->page, row, names);
}

/* The word's place in the list, or `otherwise`. */
static int place_of(const char *const *list, size_t count, const char *word, int otherwise)
{
	for (size_t i = 0; i < count; i++) {
		if (!strcmp(list[i], word))
			return (int)i;
	}
	return otherwise;
}

static void recall_words(struct event_rows *rows, size_t count, char **words)
{
	if (!strcmp(words[0], "columns"))
		event_columns_recall(&rows->columns_shown, count, words);
	else if (count == 2 && !strcmp(words[0], "time"))
		rows->time = (enum event_rows_time)place_of(time_words, COUNT_OF(time_words),
							    words[1], (int)rows->time);
	else if (count == 2 && !strcmp(words[0], "wrap"))
		rows->wraps = place_of(wrap_words, COUNT_OF(wrap_words), words[1], rows->wraps);
	else if (count == 2 && !strcmp(words[0], "repeats"))
		rows->repeats = (enum event_rows_repeats)place_of(
			repeat_words, COUNT_OF(repeat_words), words[1], (int)rows->repeats);
}

void event_rows_recall(struct event_rows *rows, const char *memo)
{
	char *copy = mem_strdup(memo);
	char *rest = copy;

	while (rest) {
		struct word_list words = {0};
		struct error err = ERROR_INIT;
		const char *end;

		if (text_split_command(strsep(&rest, "\n"), &words, &end, &err) && words.count > 0)
			recall_words(rows, words.count, words.words);
		word_list_finish(&words);
	}
	free(copy);
	rows->is_stale = true;
}
