/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table on a canvas: header with the sort mark, rows, footer, the cursor on the selected row.
 */
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/units.h"
#include "views/gauge.h"
#include "views/highlight.h"
#include "views/sentence.h"
#include "views/sparkline.h"
#include "views/table.h"
#include "views/table_layout.h"

enum role table_cell_role(const struct table_cell *cell, enum role role)
{
	if (role == ROLE_ERR || role == ROLE_WARN)
		return role;
	return cell->has_role ? cell->role : role;
}

void table_cell_text(const struct table_cell *cell, enum role role, const char *bytes)
{
	canvas_text(cell->canvas, cell->row, cell->column, cell->columns,
		    table_cell_role(cell, role), bytes);
}

void table_cell_right(const struct table_cell *cell, enum role role, const char *bytes)
{
	canvas_text_right(cell->canvas, cell->row, cell->column + cell->columns, cell->columns,
			  table_cell_role(cell, role), bytes);
}

void table_cell_count_of(const struct table_cell *cell, enum role role, uint64_t count,
			 const char *unit)
{
	char number[UNITS_TEXT_MAX];
	struct text text = {0};

	text_addf(&text, "%s%s", units_short_count(number, count), unit);
	table_cell_right(cell, role, text_str(&text));
	text_finish(&text);
}

void table_cell_count(const struct table_cell *cell, uint64_t count)
{
	table_cell_count_of(cell, ROLE_NORMAL, count, "");
}

void table_cell_lost(const struct table_cell *cell, uint64_t count)
{
	table_cell_count_of(cell, count ? ROLE_ERR : ROLE_DIM, count, "");
}

void table_cell_bytes(const struct table_cell *cell, uint64_t bytes)
{
	char text[UNITS_TEXT_MAX];

	table_cell_right(cell, ROLE_NORMAL, units_short_bytes(text, bytes));
}

void table_cell_rate(const struct table_cell *cell, uint64_t per_1000_s)
{
	char text[UNITS_TEXT_MAX];

	table_cell_right(cell, per_1000_s ? ROLE_RATE : ROLE_DIM, units_rate(text, per_1000_s));
}

void table_cell_time(const struct table_cell *cell, uint64_t wall_ns)
{
	char text[CLOCK_TEXT_MAX];

	table_cell_text(cell, ROLE_TIME, wall_ns ? clock_text_time(text, wall_ns) : "-");
}

void table_cell_duration(const struct table_cell *cell, uint64_t ns)
{
	char text[UNITS_TEXT_MAX];

	table_cell_right(cell, ROLE_NORMAL, units_duration(text, ns));
}

void table_cell_fill(const struct table_cell *cell, uint64_t permille)
{
	uint32_t level = permille < UINT32_MAX ? (uint32_t)permille : UINT32_MAX;

	gauge_draw_percent(cell->canvas, cell->row, cell->column, cell->columns,
			   table_cell_role(cell, gauge_role(level)), level);
}

/* The largest of the newest samples that fit into the cell. */
static void measure(const struct table_cell *cell, const uint32_t *history)
{
	int shown = sparkline_samples(canvas_glyphs(cell->canvas), cell->columns);

	for (int i = PICTURE_HISTORY - 1; i >= 0 && i >= PICTURE_HISTORY - shown; i--) {
		if (history[i] != PICTURE_NO_SAMPLE && history[i] > *cell->measured)
			*cell->measured = history[i];
	}
}

void table_cell_history(const struct table_cell *cell, const struct view_input *input,
			const uint32_t *history)
{
	struct sparkline sparkline = {
		.samples = history,
		.count = PICTURE_HISTORY,
		.newest_number = input->picture->sample_count,
		.is_ring = input->is_slow_link,
		.scale = cell->scale,
	};

	if (cell->measured) {
		measure(cell, history);
		return;
	}
	if (input->has_no_sparklines)
		return;
	sparkline_draw(&sparkline, cell->canvas, cell->row, cell->column, cell->columns,
		       table_cell_role(cell, ROLE_SPARK));
}

void table_history_title(const struct view_input *input, int columns, enum glyphs glyphs,
			 struct text *out)
{
	unsigned int seconds = input->picture->sample_seconds ? input->picture->sample_seconds : 1;
	unsigned int all = (unsigned int)sparkline_samples(glyphs, columns) * seconds;

	if (seconds < 60)
		text_addf(out, "LAST %u s", all);
	else
		text_addf(out, "LAST %u min", all / 60);
}

static void add_title(const struct table_column *column, const struct view_input *input, int width,
		      enum glyphs glyphs, struct text *out)
{
	if (column->title)
		text_add(out, column->title);
	else
		column->write_title(input, width, glyphs, out);
}

/* The sort mark stands behind the title, within the column. */
static void draw_title(const struct table *table, const struct view_input *input, size_t i,
		       struct canvas *canvas, int at, int width)
{
	const struct table_column *column = &table->class->columns[i];
	bool is_sorted = i == table->sort_column;
	enum role role = is_sorted ? ROLE_FOCUS : ROLE_TITLE;
	struct text title = {0};
	int room = is_sorted ? width - 1 : width;
	int used;

	add_title(column, input, width, canvas_glyphs(canvas), &title);
	used = canvas_text_columns(canvas, text_str(&title));
	used = used < room ? used : room;
	if (column->is_right)
		at += room - used;
	canvas_text(canvas, 0, at, used, role, text_str(&title));
	if (is_sorted)
		canvas_text(canvas, 0, at + used, 1, role,
			    table->is_descending ? canvas_pick(canvas, "▼", "v")
						 : canvas_pick(canvas, "▲", "^"));
	text_finish(&title);
}

static void draw_header(const struct table *table, const struct view_input *input,
			struct canvas *canvas)
{
	int widths[TABLE_COLUMNS_MAX];
	int at = table_find_widths(table, canvas_columns(canvas), widths);

	for (size_t i = 0; i < table->class->column_count; i++) {
		if (widths[i] == 0)
			continue;
		draw_title(table, input, i, canvas, at, widths[i]);
		at += widths[i] + 1;
	}
}

/* Shows what the search, else the filter, found. */
static void highlight(const struct table *table, const struct table_cell *cell)
{
	const struct match *match = match_is_empty(&table->find) ? &table->filter : &table->find;

	if (match->column != MATCH_NO_COLUMN && !table->class->columns[match->column].is_flexible)
		return;
	highlight_cells(cell->canvas, cell->row, cell->column, cell->columns, match);
}

static void draw_flexible(const struct table *table, const struct table_column *column,
			  const char *bytes, const struct table_cell *cell)
{
	enum role role = table_cell_role(cell, column->role);

	if (table->scroll > 0)
		canvas_text_from(cell->canvas, cell->row, cell->column, cell->columns, role, bytes,
				 table->scroll);
	else if (column->is_cut_in_middle)
		canvas_text_middle(cell->canvas, cell->row, cell->column, cell->columns, role,
				   bytes);
	else
		table_cell_text(cell, role, bytes);
	highlight(table, cell);
}

static void draw_value(const struct table *table, const struct view_input *input, size_t index,
		       const struct table_column *column, const struct table_cell *cell)
{
	if (column->draw)
		column->draw(input, index, cell);
	else if (column->draw_value)
		column->draw_value(cell, column->value(input, index));
	else if (column->is_flexible)
		draw_flexible(table, column, column->text(input, index), cell);
	else if (column->is_right)
		table_cell_right(cell, column->role, column->text(input, index));
	else
		table_cell_text(cell, column->role, column->text(input, index));
}

static void draw_gutter(const struct table *table, size_t row, const struct table_cell *cell)
{
	if (list_is_marked(&table->list, table->ids[row]))
		canvas_text(cell->canvas, cell->row, 0, 1, ROLE_MARK, "*");
	else if (row == table->list.selected)
		canvas_text(cell->canvas, cell->row, 0, 1, table_cell_role(cell, ROLE_MARK),
			    canvas_pick(cell->canvas, "▌", ">"));
}

/* The largest sample of all rows in sight, for sparklines that are compared with each other. */
static uint32_t common_scale(const struct table *table, const struct view_input *input,
			     struct canvas *canvas, int rows)
{
	int widths[TABLE_COLUMNS_MAX];
	uint32_t largest = 0;
	struct table_cell cell = {.canvas = canvas, .measured = &largest};

	table_find_widths(table, canvas_columns(canvas), widths);
	for (size_t i = 0; input->has_common_scale && i < table->class->column_count; i++) {
		if (widths[i] == 0 || table->class->columns[i].write_title != table_history_title)
			continue;
		cell.columns = widths[i];
		for (size_t row = table->list.top;
		     row < table->count && row < table->list.top + (size_t)rows; row++)
			table->class->columns[i].draw(input, table->indexes[row], &cell);
	}
	return largest;
}

static void draw_row(const struct table *table, const struct view_input *input, size_t row,
		     struct canvas *canvas, int at_row, uint32_t scale)
{
	size_t index = table->indexes[row];
	int widths[TABLE_COLUMNS_MAX];
	int at = table_find_widths(table, canvas_columns(canvas), widths);
	struct table_cell cell = {.canvas = canvas, .row = at_row, .scale = scale};

	if (table->class->row_role)
		cell.role = table->class->row_role(input, index);
	if (row == table->list.selected && input->is_focused)
		cell.role = ROLE_SELECT;
	cell.has_role = cell.role != ROLE_NORMAL;
	canvas_fill(canvas, at_row, 0, canvas_columns(canvas),
		    cell.role == ROLE_SELECT ? ROLE_SELECT : ROLE_NORMAL, ' ');
	if (at > 0)
		draw_gutter(table, row, &cell);
	for (size_t i = 0; i < table->class->column_count; i++) {
		if (widths[i] == 0)
			continue;
		cell.column = at;
		cell.columns = widths[i];
		draw_value(table, input, index, &table->class->columns[i], &cell);
		at += widths[i] + 1;
	}
}

void table_add_nothing(const struct table *table, const struct view_input *input, struct text *out)
{
	if (table->all_count > 0)
		text_addf(out, "nothing matches %s", table->filter.pattern);
	else
		text_add(out, table->class->nothing(input));
}

static void draw_nothing(const struct table *table, const struct view_input *input,
			 struct canvas *canvas, int at_row, int row_count)
{
	struct text sentence = {0};

	table_add_nothing(table, input, &sentence);
	sentence_draw_nothing(canvas, at_row, row_count, ROLE_DIM, text_str(&sentence));
	text_finish(&sentence);
}

static void draw_footer(const struct table *table, const struct view_input *input,
			struct canvas *canvas, int at_row)
{
	struct text alert = {0}, status = {0};
	int columns = canvas_columns(canvas);
	int at = 1;

	table_add_footer(table, input, &alert, &status);
	if (alert.length > 0)
		at += canvas_text(canvas, at_row, at, columns - at, ROLE_ERR, text_str(&alert)) + 2;
	canvas_text(canvas, at_row, at, columns - at, ROLE_DIM, text_str(&status));
	text_finish(&alert);
	text_finish(&status);
}

void table_draw(const struct table *table, const struct view_input *input, struct canvas *canvas)
{
	struct table_frame frame;
	uint32_t scale;

	canvas_clear(canvas);
	table_find_frame(table, input, canvas_rows(canvas), &frame);
	scale = common_scale(table, input, canvas, frame.body_rows);
	if (frame.header_rows > 0)
		draw_header(table, input, canvas);
	for (int i = 0; i < frame.body_rows; i++) {
		size_t row = table->list.top + (size_t)i;

		if (row < table->count)
			draw_row(table, input, row, canvas, frame.header_rows + i, scale);
	}
	if (table->count == 0 && frame.body_rows > 0)
		draw_nothing(table, input, canvas, frame.header_rows, frame.body_rows);
	if (frame.footer_rows > 0)
		draw_footer(table, input, canvas, canvas_rows(canvas) - 1);
	if (input->is_focused && frame.body_rows > 0)
		canvas_set_cursor(canvas,
				  frame.header_rows + (int)(table->list.selected - table->list.top),
				  0);
}
