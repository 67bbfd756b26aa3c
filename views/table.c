/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows: collecting, filtering, sorting, selecting, and the actions on them. Drawing: table_draw.c.
 */
#include "views/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "views/glyph.h"
#include "views/table_layout.h"

#define COLUMN_SHOWN_MAX 40 /* columns of a value that a filter on its column looks at */

void table_init(struct table *table, const struct table_class *class)
{
	*table = (struct table){
		.class = class,
		.sort_column = class->sort_column,
		.is_descending = class->sort_descending,
	};
	list_init(&table->list, class->has_newest);
}

void table_finish(struct table *table)
{
	list_finish(&table->list);
	match_finish(&table->filter);
	match_finish(&table->find);
	free(table->indexes);
	free(table->ids);
	*table = (struct table){0};
}

void table_add(struct table *table, size_t index)
{
	table->indexes =
		mem_grow(table->indexes, table->count, &table->room, sizeof(*table->indexes));
	table->indexes[table->count++] = index;
}

/* ---- filter and search ---- */

static size_t find_column(const void *data, const char *name, size_t length)
{
	const struct table_class *class = data;

	for (size_t i = 0; i < class->column_count; i++) {
		const struct table_column *column = &class->columns[i];

		if ((strlen(column->name) == length && !strncasecmp(column->name, name, length)) ||
		    (column->title && strlen(column->title) == length &&
		     !strncasecmp(column->title, name, length)))
			return i;
	}
	return MATCH_NO_COLUMN;
}

void table_compile(const struct table *table, struct match *match, const char *pattern)
{
	match_compile(match, pattern, find_column, table->class);
}

static void add_drawn(const struct view_input *input, size_t index,
		      const struct table_column *column, struct text *out)
{
	struct canvas *canvas = canvas_create(1, COLUMN_SHOWN_MAX);
	struct table_cell cell = {.canvas = canvas, .columns = COLUMN_SHOWN_MAX};
	struct text line = {0};
	const char *begin;

	canvas_set_glyphs(canvas, input->glyphs);
	if (column->draw)
		column->draw(input, index, &cell);
	else
		column->draw_value(&cell, column->value(input, index));
	canvas_print(canvas, &line);
	begin = text_str(&line) + strspn(text_str(&line), " ");
	text_add_bytes(out, begin, strcspn(begin, "\n"));
	text_finish(&line);
	canvas_destroy(canvas);
}

void table_add_value(const struct view_input *input, size_t index,
		     const struct table_column *column, struct text *out)
{
	if (column->text)
		text_add(out, column->text(input, index));
	else if (column->draw || column->draw_value)
		add_drawn(input, index, column, out);
}

static void add_search_text(const struct table *table, const struct view_input *input, size_t index,
			    size_t number, struct text *out)
{
	const struct table_column *flexible = table_flexible_column(table->class);
	const struct table_column *column =
		number < table->class->column_count ? &table->class->columns[number] : NULL;

	if (column && column->is_flexible)
		column = NULL;
	if (column)
		table_add_value(input, index, column, out);
	else if (table->class->search_text)
		table->class->search_text(input, index, out);
	else if (flexible)
		text_add(out, flexible->text(input, index));
}

bool table_row_matches(const struct table *table, const struct view_input *input, size_t index,
		       const struct match *match)
{
	struct text text = {0};
	bool is_accepted;

	if (match_is_empty(match))
		return true;
	add_search_text(table, input, index, match->column, &text);
	is_accepted = match_accepts(match, text_str(&text));
	text_finish(&text);
	return is_accepted;
}

static void filter_rows(struct table *table, const struct view_input *input)
{
	size_t kept = 0;

	table->all_count = table->count;
	table->passed_count = table->count;
	if (match_is_empty(&table->filter))
		return;
	for (size_t i = 0; i < table->count; i++)
		if (table_row_matches(table, input, table->indexes[i], &table->filter))
			table->indexes[kept++] = table->indexes[i];
	table->count = kept;
	table->passed_count = kept;
}

struct sorting {
	const struct table_column *column;
	const struct view_input *input;
	bool is_descending;
};

static int compare_values(const struct sorting *sorting, size_t a, size_t b)
{
	const struct table_column *column = sorting->column;
	uint64_t first, second;

	if (!column->value)
		return strverscmp(column->text(sorting->input, a), column->text(sorting->input, b));
	first = column->value(sorting->input, a);
	second = column->value(sorting->input, b);
	return (first > second) - (first < second);
}

/* Equal rows stay in the picture's order, whichever way the others are sorted. */
static int compare_rows(const void *first, const void *second, void *data)
{
	const struct sorting *sorting = data;
	size_t a = *(const size_t *)first, b = *(const size_t *)second;
	int order = compare_values(sorting, a, b);

	if (order)
		return sorting->is_descending ? -order : order;
	return (a > b) - (a < b);
}

static void sort_rows(struct table *table, const struct view_input *input)
{
	struct sorting sorting = {
		.column = &table->class->columns[table->sort_column],
		.input = input,
		.is_descending = table->is_descending,
	};

	if (table->count > 1)
		qsort_r(table->indexes, table->count, sizeof(*table->indexes), compare_rows,
			&sorting);
}

void table_refresh(struct table *table, const struct view_input *input)
{
	table->count = 0;
	table->all_count = 0;
	table->passed_count = 0;
	table->class->collect(input, table);
	if (!table->class->is_arranged) {
		filter_rows(table, input);
		sort_rows(table, input);
	}
	if (table->ids_room < table->room) {
		table->ids_room = table->room;
		table->ids = mem_realloc_array(table->ids, table->ids_room, sizeof(*table->ids));
	}
	for (size_t i = 0; i < table->count; i++)
		table->ids[i] = table->class->id(input, table->indexes[i]);
	list_locate(&table->list, table->ids, table->count);
}

/* No further than to the end of the longest text in sight. */
static void limit_scroll(struct table *table, const struct view_input *input)
{
	const struct table_column *flexible = table_flexible_column(table->class);
	struct text text = {0};
	int longest = 0;
	size_t end = table->list.top + table->list.rows;

	if (table->scroll == 0)
		return;
	for (size_t i = table->list.top; flexible && i < end && i < table->count; i++) {
		const char *bytes = flexible->text(input, table->indexes[i]);
		int columns;

		text_clear(&text);
		text_add_sane(&text, bytes, strlen(bytes), TEXT_SANE_LINE);
		columns = glyph_columns(text_str(&text), text.length);
		longest = columns > longest ? columns : longest;
	}
	text_finish(&text);
	longest -= table_flexible_width(table, table->columns);
	if (table->scroll > longest)
		table->scroll = longest > 0 ? longest : 0;
}

void table_fit(struct table *table, const struct view_input *input, int rows, int columns)
{
	struct table_frame frame;

	table_refresh(table, input);
	table->rows = rows;
	table->columns = columns;
	table_find_frame(table, input, rows, &frame);
	list_fit(&table->list, (size_t)frame.body_rows);
	limit_scroll(table, input);
}

bool table_selected(const struct table *table, size_t *index)
{
	if (table->count == 0)
		return false;
	*index = table->indexes[table->list.selected];
	return true;
}

bool table_select_id(struct table *table, uint64_t id)
{
	for (size_t i = 0; i < table->count; i++) {
		if (table->ids[i] == id) {
			list_select(&table->list, table->ids, i);
			return true;
		}
	}
	return false;
}

static bool has_marks(const struct table *table)
{
	for (size_t i = 0; i < table->count; i++)
		if (list_is_marked(&table->list, table->ids[i]))
			return true;
	return false;
}

bool table_next_target(const struct table *table, size_t *position, size_t *index)
{
	if (!has_marks(table))
		return (*position)++ == 0 && table_selected(table, index);
	while (*position < table->count) {
		size_t row = (*position)++;

		if (list_is_marked(&table->list, table->ids[row])) {
			*index = table->indexes[row];
			return true;
		}
	}
	return false;
}

/* ---- actions ---- */

static bool is_sortable(const struct table_column *column)
{
	return column->text || column->value;
}

static void sort_by(struct table *table, size_t column)
{
	table->sort_column = column;
	table->is_descending = table->class->columns[column].largest_first;
}

/* To the next column that is on screen, in either direction, around the ends. */
static void sort_by_neighbour(struct table *table, size_t step)
{
	size_t count = table->class->column_count;
	size_t column = table->sort_column;
	int widths[TABLE_COLUMNS_MAX];

	table_find_widths(table, table->columns, widths);
	for (size_t i = 0; i < count; i++) {
		column = (column + step) % count;
		if (widths[column] > 0 && is_sortable(&table->class->columns[column]))
			break;
	}
	if (column != table->sort_column)
		sort_by(table, column);
}

static bool act_sort(struct table *table, const char *action)
{
	if (!strcmp(action, "sort-next")) {
		sort_by_neighbour(table, 1);
		return true;
	}
	if (!strcmp(action, "sort-previous")) {
		sort_by_neighbour(table, table->class->column_count - 1);
		return true;
	}
	if (!strcmp(action, "sort-invert")) {
		table->is_descending = !table->is_descending;
		return true;
	}
	if (strncmp(action, "sort-", 5) != 0)
		return false;
	for (size_t i = 0; i < table->class->column_count; i++) {
		const struct table_column *column = &table->class->columns[i];

		if (is_sortable(column) && !strcmp(action + 5, column->name)) {
			sort_by(table, i);
			return true;
		}
	}
	return false;
}

/* From row `from` on, in steps of `step` around the end, each row once. */
static void select_match(struct table *table, const struct view_input *input, size_t from,
			 size_t step)
{
	for (size_t i = 0; i < table->count; i++) {
		size_t row = (from + i * step) % table->count;

		if (table_row_matches(table, input, table->indexes[row], &table->find)) {
			list_select(&table->list, table->ids, row);
			break;
		}
	}
}

/* The search text grew or shrank: look from where the selection was before. */
static void find_from_origin(struct table *table, const struct view_input *input,
			     const char *argument)
{
	if (!table->has_find_origin) {
		table->find_origin_id = table->list.selected_id;
		table->has_find_origin = table->list.has_selected;
	}
	table_compile(table, &table->find, argument);
	if (table->has_find_origin)
		table_select_id(table, table->find_origin_id);
	if (!match_is_empty(&table->find))
		select_match(table, input, table->list.selected, 1);
	else
		table->has_find_origin = false;
}

static bool act_find(struct table *table, const struct view_input *input, const char *action,
		     const char *argument)
{
	size_t count = table->count;
	size_t selected = table->list.selected;
	bool is_looking = !match_is_empty(&table->find);

	if (!strcmp(action, "find")) {
		find_from_origin(table, input, argument);
		return true;
	}
	if (strcmp(action, "find-start") != 0 && strcmp(action, "find-next") != 0 &&
	    strcmp(action, "find-previous") != 0 && strcmp(action, "find-end") != 0)
		return false;
	table->has_find_origin = false;
	if (!strcmp(action, "find-next") && is_looking && count)
		select_match(table, input, (selected + 1) % count, 1);
	if (!strcmp(action, "find-previous") && is_looking && count)
		select_match(table, input, (selected + count - 1) % count, count - 1);
	return true;
}

static bool act_scroll(struct table *table, const char *action)
{
	int third = table_flexible_width(table, table->columns) / 3;
	const struct {
		const char *action;
		int distance;
	} moves[] = {
		{"left", third > 1 ? -third : -1},
		{"right", third > 1 ? third : 1},
		{"left-one", -1},
		{"right-one", 1},
		{"left-end", -table->scroll},
		{"right-end", 1 << 16},
	};

	for (size_t i = 0; i < COUNT_OF(moves); i++) {
		if (strcmp(action, moves[i].action) != 0)
			continue;
		table->scroll += moves[i].distance;
		if (table->scroll < 0)
			table->scroll = 0;
		return true;
	}
	return false;
}

static void click_header(struct table *table, int at)
{
	int widths[TABLE_COLUMNS_MAX];
	int column = table_find_widths(table, table->columns, widths);

	for (size_t i = 0; i < table->class->column_count; i++) {
		if (widths[i] == 0)
			continue;
		if (at >= column && at < column + widths[i] &&
		    is_sortable(&table->class->columns[i])) {
			if (i == table->sort_column)
				table->is_descending = !table->is_descending;
			else
				sort_by(table, i);
			return;
		}
		column += widths[i] + 1;
	}
}

/* argument: "ROW COLUMN" on the canvas, from 0. */
static void click(struct table *table, const struct view_input *input, const char *argument)
{
	struct table_frame frame;
	int row, column;
	size_t target;

	if (sscanf(argument, "%d %d", &row, &column) != 2)
		return;
	table_find_frame(table, input, table->rows, &frame);
	if (row < frame.header_rows) {
		click_header(table, column);
		return;
	}
	if (row >= frame.header_rows + frame.body_rows)
		return;
	target = table->list.top + (size_t)(row - frame.header_rows);
	if (target < table->count)
		list_select(&table->list, table->ids, target);
}

bool table_act(struct table *table, const struct view_input *input, const char *action,
	       const char *argument)
{
	uint64_t steps;

	if (!units_parse_u64(argument, &steps))
		steps = 1;
	if (list_act(&table->list, table->ids, action, steps)) {
		table->has_find_origin = false;
		return true;
	}
	if (!strcmp(action, "filter")) {
		table_compile(table, &table->filter, argument);
		table_refresh(table, input);
		return true;
	}
	if (!strcmp(action, "click")) {
		click(table, input, argument);
		table_refresh(table, input);
		return true;
	}
	if (act_find(table, input, action, argument) || act_scroll(table, action))
		return true;
	if (!act_sort(table, action))
		return false;
	table_refresh(table, input);
	return true;
}
