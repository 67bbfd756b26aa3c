/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Values wrap within their column; the names' column is as wide as the longest, within a third. */
#include "views/popup.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "views/movement.h"

#define INDENT_COLUMNS 2
#define GAP_COLUMNS    2 /* between name and value */
#define NAME_MIN       4
#define BORDER_MIN     6 /* rows of a place in which a border is worth its cells */
#define MARGIN_COLUMNS 2 /* border and blank, each side */
#define WIDE_COLUMNS   60
#define FORMAT_MAX     1024

void popup_set_title(struct popup *popup, const char *title)
{
	free(popup->title);
	popup->title = mem_strdup(title);
}

static struct popup_line *add_line(struct popup *popup)
{
	struct popup_line *line;

	popup->lines =
		mem_grow(popup->lines, popup->line_count, &popup->line_room, sizeof(*popup->lines));
	line = &popup->lines[popup->line_count++];
	*line = (struct popup_line){.role = ROLE_NORMAL};
	return line;
}

void popup_add_heading(struct popup *popup, const char *text)
{
	struct popup_line *line = add_line(popup);

	line->is_heading = true;
	line->name = mem_strdup(text);
	line->value = mem_strdup("");
}

/* Tabs become blanks: in a value of several lines they are meant as such. */
static char *copy_part(const char *bytes, size_t length)
{
	char *copy = mem_strndup(bytes, length);

	for (char *at = copy; *at; at++)
		if (*at == '\t')
			*at = ' ';
	return copy;
}

void popup_add(struct popup *popup, int indent, const char *name, const char *value)
{
	for (;;) {
		size_t length = strcspn(value, "\n");
		struct popup_line *line = add_line(popup);

		line->indent = indent;
		line->name = mem_strdup(name);
		line->value = copy_part(value, length);
		if (!value[length])
			return;
		value += length + 1;
		name = "";
	}
}

void popup_addf(struct popup *popup, int indent, const char *name, const char *format, ...)
{
	char value[FORMAT_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(value, sizeof(value), format, arguments);
	va_end(arguments);
	popup_add(popup, indent, name, value);
}

void popup_set_role(struct popup *popup, enum role role)
{
	if (popup->line_count > 0)
		popup->lines[popup->line_count - 1].role = role;
}

static bool is_repeated(const struct popup *popup, size_t index, size_t from)
{
	for (size_t i = from; i < popup->line_count; i++) {
		if (popup->lines[i].indent == popup->lines[index].indent &&
		    !strcmp(popup->lines[i].name, popup->lines[index].name))
			return true;
	}
	return false;
}

void popup_drop_repeated(struct popup *popup, size_t count)
{
	bool is_dropped = false; /* with the further lines of its value */
	size_t kept = 0;

	for (size_t i = 0; i < popup->line_count; i++) {
		struct popup_line *line = &popup->lines[i];

		if (i >= count || *line->name)
			is_dropped = i < count && is_repeated(popup, i, count);
		if (is_dropped) {
			free(line->name);
			free(line->value);
		} else {
			popup->lines[kept++] = *line;
		}
	}
	popup->line_count = kept;
}

void popup_finish(struct popup *popup)
{
	for (size_t i = 0; i < popup->line_count; i++) {
		free(popup->lines[i].name);
		free(popup->lines[i].value);
	}
	free(popup->lines);
	free(popup->title);
	*popup = (struct popup){0};
}

/* ---- where ---- */

struct box {
	int row, column, rows, columns; /* of what is inside */
	bool has_border;
};

static int name_end(const struct popup_line *line, const struct canvas *canvas)
{
	return line->indent * INDENT_COLUMNS + canvas_text_columns(canvas, line->name);
}

static void find_name_columns(struct popup *popup, const struct canvas *canvas, int columns)
{
	int longest = NAME_MIN;

	for (size_t i = 0; i < popup->line_count; i++) {
		int end = popup->lines[i].is_heading ? 0 : name_end(&popup->lines[i], canvas);

		if (end > longest)
			longest = end;
	}
	popup->name_columns = longest < columns / 3 ? longest : columns / 3;
}

static int wanted_columns(const struct popup *popup, const struct canvas *canvas)
{
	int most = popup->title ? canvas_text_columns(canvas, popup->title) + 4 : 0;

	for (size_t i = 0; i < popup->line_count; i++) {
		const struct popup_line *line = &popup->lines[i];
		int columns = line->is_heading ? name_end(line, canvas)
					       : popup->name_columns + GAP_COLUMNS +
							 canvas_text_columns(canvas, line->value);

		if (columns > most)
			most = columns;
	}
	return most < WIDE_COLUMNS ? WIDE_COLUMNS : most;
}

static int rows_of(const struct popup *popup, const struct popup_line *line, struct canvas *canvas,
		   int columns)
{
	if (line->is_heading)
		return 1;
	return canvas_text_wrapped(canvas, 0, 0, columns - popup->name_columns - GAP_COLUMNS, 0, 0,
				   ROLE_NORMAL, line->value);
}

static bool find_border(const struct canvas *canvas)
{
	return canvas_rows(canvas) >= BORDER_MIN && canvas_columns(canvas) >= 20;
}

void popup_fit(struct popup *popup, struct canvas *canvas)
{
	bool has_border = find_border(canvas);
	int room = canvas_columns(canvas) - (has_border ? 2 * MARGIN_COLUMNS : 0);
	int rows = canvas_rows(canvas) - (has_border ? 2 : 1);
	int wanted;

	find_name_columns(popup, canvas, room);
	wanted = wanted_columns(popup, canvas);
	popup->columns = has_border && wanted < room ? wanted : room;
	popup->row_count = 0;
	for (size_t i = 0; i < popup->line_count; i++)
		popup->row_count +=
			(size_t)rows_of(popup, &popup->lines[i], canvas, popup->columns);
	if (rows < 0)
		rows = 0;
	popup->rows = has_border && popup->row_count < (size_t)rows ? (int)popup->row_count : rows;
	if (popup->top + (size_t)popup->rows > popup->row_count)
		popup->top = popup->row_count > (size_t)popup->rows
				     ? popup->row_count - (size_t)popup->rows
				     : 0;
}

static void find_box(const struct popup *popup, const struct canvas *canvas, struct box *box)
{
	box->has_border = find_border(canvas);
	box->rows = popup->rows;
	box->columns = popup->columns;
	box->row = box->has_border ? (canvas_rows(canvas) - box->rows) / 2 : 1;
	box->column = (canvas_columns(canvas) - box->columns) / 2;
}

/* ---- drawing ---- */

static void draw_edge(struct canvas *canvas, const struct box *box, int row, const char *left,
		      const char *right)
{
	int begin = box->column - MARGIN_COLUMNS;
	int columns = box->columns + 2 * MARGIN_COLUMNS;
	bool is_ascii = canvas_glyphs(canvas) == GLYPHS_ASCII;

	canvas_fill(canvas, row, begin, columns, ROLE_DIM, is_ascii ? '-' : 0x2500);
	canvas_text(canvas, row, begin, 1, ROLE_DIM, is_ascii ? "+" : left);
	canvas_text(canvas, row, begin + columns - 1, 1, ROLE_DIM, is_ascii ? "+" : right);
}

static void draw_border(const struct popup *popup, struct canvas *canvas, const struct box *box)
{
	int begin = box->column - MARGIN_COLUMNS;
	int end = box->column + box->columns + MARGIN_COLUMNS;

	draw_edge(canvas, box, box->row - 1, "┌", "┐");
	for (int row = box->row; row < box->row + box->rows; row++)
		canvas_fill(canvas, row, begin, end - begin, ROLE_NORMAL, ' ');
	canvas_vertical_line(canvas, box->row, begin, box->rows);
	canvas_vertical_line(canvas, box->row, end - 1, box->rows);
	draw_edge(canvas, box, box->row + box->rows, "└", "┘");
	if (popup->row_count > (size_t)popup->rows)
		canvas_textf(canvas, box->row + box->rows, box->column, box->columns, ROLE_DIM,
			     " %zu-%zu of %zu ", popup->top + 1, popup->top + (size_t)popup->rows,
			     popup->row_count);
}

static void draw_title(const struct popup *popup, struct canvas *canvas, const struct box *box)
{
	struct text title = {0};

	text_addf(&title, " %s ", popup->title ? popup->title : "");
	if (!box->has_border)
		canvas_fill(canvas, box->row - 1, 0, canvas_columns(canvas), ROLE_NORMAL, ' ');
	canvas_text_middle(canvas, box->row - 1, box->column, box->columns, ROLE_TITLE,
			   text_str(&title));
	text_finish(&title);
}

/* The rows of the line from `first` on, at most `rows`. */
static void draw_line(const struct popup *popup, const struct popup_line *line,
		      struct canvas *canvas, int row, int first, int rows)
{
	int indent = line->indent * INDENT_COLUMNS;
	int value = popup->name_columns + GAP_COLUMNS;

	if (line->is_heading) {
		canvas_text(canvas, row, 0, popup->columns, ROLE_TITLE, line->name);
		return;
	}
	if (first == 0)
		canvas_text_middle(canvas, row, indent, popup->name_columns - indent, ROLE_NAME,
				   line->name);
	canvas_text_wrapped(canvas, row, value, popup->columns - value, first, rows, line->role,
			    line->value);
}

static void draw_lines(const struct popup *popup, struct canvas *canvas)
{
	int row = -(int)popup->top;

	for (size_t i = 0; i < popup->line_count && row < popup->rows; i++) {
		const struct popup_line *line = &popup->lines[i];
		int rows = rows_of(popup, line, canvas, popup->columns);
		int first = row < 0 ? -row : 0;

		if (first < rows)
			draw_line(popup, line, canvas, row + first, first, rows - first);
		row += rows;
	}
}

void popup_draw(const struct popup *popup, struct canvas *canvas)
{
	struct canvas *inside;
	struct box box;

	find_box(popup, canvas, &box);
	if (box.has_border)
		draw_border(popup, canvas, &box);
	else
		canvas_clear(canvas);
	draw_title(popup, canvas, &box);
	inside = canvas_window(canvas, box.row, box.column, box.rows, box.columns);
	draw_lines(popup, inside);
	canvas_set_cursor(inside, 0, 0);
	canvas_destroy(inside);
}

/* ---- moving ---- */

bool popup_act(struct popup *popup, const char *action)
{
	size_t page = popup->rows > 1 ? (size_t)popup->rows : 1;
	size_t last = popup->row_count > page ? popup->row_count - page : 0;
	struct movement movement;

	if (!movement_find(action, page, popup->row_count, &movement))
		return false;
	if (movement.is_down)
		popup->top = popup->top + movement.distance < last ? popup->top + movement.distance
								   : last;
	else
		popup->top = movement.distance < popup->top ? popup->top - movement.distance : 0;
	return true;
}

void popup_print(const struct popup *popup, struct text *out)
{
	text_addf(out, "%s\n", popup->title ? popup->title : "");
	for (size_t i = 0; i < popup->line_count; i++) {
		const struct popup_line *line = &popup->lines[i];

		text_addf(out, "%*s%s", line->indent * INDENT_COLUMNS, "", line->name);
		if (*line->value)
			text_addf(out, "%s%s", *line->name ? " = " : "  ", line->value);
		text_add_char(out, '\n');
	}
}
