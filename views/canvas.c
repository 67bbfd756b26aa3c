/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The grid, windows on it, and text into it. Wide characters take two cells; whoever overwrites one
 * half blanks the other, so that no half is ever left over.
 */
#include "views/canvas.h"

#include <assert.h>
#include <langinfo.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/utf8.h"
#include "views/glyph.h"

#define CANVAS_SIDE_MAX	  4096 /* a terminal that says it is larger is not believed */
#define CANVAS_FORMAT_MAX 1024

struct grid {
	struct cell *cells;
	int rows, columns;
	enum glyphs glyphs;
	bool has_cursor;
	int cursor_row, cursor_column;
	struct text scratch; /* sanitised text of the call that runs */
	struct text ascii;   /* the same for a terminal without UTF-8 */
};

struct canvas {
	struct grid *grid;
	bool owns_grid;
	int row, column; /* of the upper left corner in the grid */
	int rows, columns;
};

static const struct cell blank_cell = {.chars = {' '}, .width = 1, .role = ROLE_NORMAL};

/* The letters of canvas_print_roles. */
static const char role_letters[ROLE_COUNT] = {
	[ROLE_NORMAL] = '.',   [ROLE_DIM] = 'd',  [ROLE_TITLE] = 't', [ROLE_FOCUS] = 'f',
	[ROLE_SELECT] = 's',   [ROLE_MARK] = 'm', [ROLE_OK] = 'o',    [ROLE_STOPPED] = 'x',
	[ROLE_WARN] = 'W',     [ROLE_ERR] = 'E',  [ROLE_RATE] = 'r',  [ROLE_NAME] = 'n',
	[ROLE_TIME] = 'T',     [ROLE_KEY] = 'k',  [ROLE_SPARK] = 'p', [ROLE_MATCH] = 'M',
	[ROLE_DISABLED] = '-', [ROLE_NEW] = 'N',
};

static int clamp(int value, int low, int high)
{
	if (value < low)
		return low;
	return value > high ? high : value;
}

static void blank_cells(struct cell *cells, size_t count)
{
	for (size_t i = 0; i < count; i++)
		cells[i] = blank_cell;
}

struct canvas *canvas_create(int rows, int columns)
{
	struct canvas *canvas = mem_zalloc(sizeof(*canvas));

	canvas->grid = mem_zalloc(sizeof(*canvas->grid));
	canvas->grid->glyphs = GLYPHS_UTF8;
	canvas->owns_grid = true;
	canvas_resize(canvas, rows, columns);
	return canvas;
}

void canvas_destroy(struct canvas *canvas)
{
	if (!canvas)
		return;
	if (canvas->owns_grid) {
		text_finish(&canvas->grid->scratch);
		text_finish(&canvas->grid->ascii);
		free(canvas->grid->cells);
		free(canvas->grid);
	}
	free(canvas);
}

void canvas_resize(struct canvas *canvas, int rows, int columns)
{
	struct grid *grid = canvas->grid;
	size_t count;

	assert(canvas->owns_grid);
	grid->rows = canvas->rows = clamp(rows, 0, CANVAS_SIDE_MAX);
	grid->columns = canvas->columns = clamp(columns, 0, CANVAS_SIDE_MAX);
	count = (size_t)grid->rows * (size_t)grid->columns;
	grid->cells = mem_realloc_array(grid->cells, count + 1, sizeof(*grid->cells));
	blank_cells(grid->cells, count + 1);
	grid->has_cursor = false;
}

struct canvas *canvas_window(struct canvas *parent, int row, int column, int rows, int columns)
{
	struct canvas *window = mem_zalloc(sizeof(*window));

	row = clamp(row, 0, parent->rows);
	column = clamp(column, 0, parent->columns);
	window->grid = parent->grid;
	window->row = parent->row + row;
	window->column = parent->column + column;
	window->rows = clamp(rows, 0, parent->rows - row);
	window->columns = clamp(columns, 0, parent->columns - column);
	return window;
}

int canvas_rows(const struct canvas *canvas)
{
	return canvas->rows;
}

int canvas_columns(const struct canvas *canvas)
{
	return canvas->columns;
}

static bool is_inside(const struct canvas *canvas, int row, int column)
{
	return row >= 0 && row < canvas->rows && column >= 0 && column < canvas->columns;
}

/* row and column are inside. */
static struct cell *cell_at(const struct canvas *canvas, int row, int column)
{
	size_t grid_row = (size_t)canvas->row + (size_t)row;
	size_t grid_column = (size_t)canvas->column + (size_t)column;

	return &canvas->grid->cells[grid_row * (size_t)canvas->grid->columns + grid_column];
}

const struct cell *canvas_cell(const struct canvas *canvas, int row, int column)
{
	return is_inside(canvas, row, column) ? cell_at(canvas, row, column) : &blank_cell;
}

/* What is overwritten at `cell` may be half of a wide character that reaches outside the window. */
static void release_halves(const struct canvas *canvas, struct cell *cell, int column)
{
	int grid_column = canvas->column + column;

	if (cell->width == 0 && grid_column > 0) {
		cell[-1].chars[0] = ' ';
		cell[-1].chars[1] = 0;
		cell[-1].width = 1;
	}
	if (cell->width == 2 && grid_column + 1 < canvas->grid->columns) {
		cell[1].chars[0] = ' ';
		cell[1].width = 1;
	}
}

/* The glyph must fit: column + width <= columns. */
static void put(struct canvas *canvas, int row, int column, const struct cell *glyph,
		enum role role)
{
	struct cell *cell = cell_at(canvas, row, column);

	release_halves(canvas, cell, column);
	if (glyph->width == 2) {
		release_halves(canvas, cell + 1, column + 1);
		cell[1] = (struct cell){.width = 0, .role = (uint8_t)role};
	}
	*cell = *glyph;
	cell->role = (uint8_t)role;
}

static void put_code(struct canvas *canvas, int row, int column, uint32_t code, enum role role)
{
	put(canvas, row, column, &(struct cell){.chars = {code}, .width = 1}, role);
}

/* Only at the ends there may be halves of what reaches outside. */
static void fill_cells(struct canvas *canvas, int row, int column, int columns,
		       const struct cell *glyph)
{
	struct cell *cells = cell_at(canvas, row, column);

	release_halves(canvas, cells, column);
	release_halves(canvas, cells + columns - 1, column + columns - 1);
	for (int i = 0; i < columns; i++)
		cells[i] = *glyph;
}

void canvas_clear(struct canvas *canvas)
{
	for (int row = 0; row < canvas->rows; row++)
		canvas_fill(canvas, row, 0, canvas->columns, ROLE_NORMAL, ' ');
	if (canvas->owns_grid)
		canvas->grid->has_cursor = false;
}

enum glyphs canvas_glyphs(const struct canvas *canvas)
{
	return canvas->grid->glyphs;
}

void canvas_set_glyphs(struct canvas *canvas, enum glyphs glyphs)
{
	canvas->grid->glyphs = glyphs;
}

const char *canvas_pick(const struct canvas *canvas, const char *utf8, const char *ascii)
{
	return canvas_glyphs(canvas) == GLYPHS_ASCII ? ascii : utf8;
}

static uint32_t ellipsis(const struct canvas *canvas)
{
	return canvas_glyphs(canvas) == GLYPHS_ASCII ? '~' : 0x2026;
}

/* Where the locale has no UTF-8, what is not ASCII is shown as its bytes, <C3><A9>. */
static void keep_ascii(const struct text *from, struct text *out)
{
	static const char cut[] = "\xe2\x80\xa6"; /* the sanitiser's own ellipsis */

	text_clear(out);
	for (size_t i = 0; i < from->length; i++) {
		if (!((unsigned char)from->bytes[i] & 0x80)) {
			text_add_char(out, from->bytes[i]);
		} else if (!strncmp(from->bytes + i, cut, strlen(cut))) {
			text_add_char(out, '~');
			i += strlen(cut) - 1;
		} else {
			text_addf(out, "<%02X>", (unsigned char)from->bytes[i]);
		}
	}
}

/* Runs the sanitiser; the result is valid until the next call. Returns its columns. */
static int sanitise(const struct canvas *canvas, const char *bytes)
{
	struct text *scratch = &canvas->grid->scratch;

	text_clear(scratch);
	text_add_sane(scratch, bytes, strlen(bytes), TEXT_SANE_LINE);
	if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0) {
		struct text swap = *scratch;

		keep_ascii(&swap, &canvas->grid->ascii);
		*scratch = canvas->grid->ascii;
		canvas->grid->ascii = swap;
	}
	return glyph_columns(text_str(scratch), scratch->length);
}

int canvas_text_columns(const struct canvas *canvas, const char *bytes)
{
	return sanitise(canvas, bytes);
}

/* Columns that a text at `column` may take; 0 if it lies outside. */
static int room_at(const struct canvas *canvas, int row, int column, int columns_max)
{
	if (!is_inside(canvas, row, column) || columns_max <= 0)
		return 0;
	return columns_max < canvas->columns - column ? columns_max : canvas->columns - column;
}

/*
 * Draws columns [from, to) of the sanitised text at `column`. A wide character that lies across an
 * end is left out, its other half blank. Returns the columns drawn.
 */
static int draw_part(struct canvas *canvas, int row, int column, int from, int to, enum role role)
{
	const struct text *scratch = &canvas->grid->scratch;
	struct glyph_reader reader;
	struct cell glyph;
	int at = 0, drawn = 0;

	glyph_reader_init(&reader, text_str(scratch), scratch->length);
	while (at < to && glyph_next(&reader, &glyph)) {
		if (at >= from && at + glyph.width <= to) {
			put(canvas, row, column + at - from, &glyph, role);
			drawn = at + glyph.width - from;
		} else if (at + glyph.width > from && at < from) {
			put_code(canvas, row, column, ' ', role);
			drawn = 1;
		}
		at += glyph.width;
	}
	return drawn;
}

int canvas_text_from(struct canvas *canvas, int row, int column, int columns_max, enum role role,
		     const char *bytes, int skip)
{
	int room = room_at(canvas, row, column, columns_max);
	int width, drawn;

	if (room == 0)
		return 0;
	width = sanitise(canvas, bytes);
	if (width - skip <= room)
		return draw_part(canvas, row, column, skip, width, role);
	drawn = draw_part(canvas, row, column, skip, skip + room - 1, role);
	put_code(canvas, row, column + drawn, ellipsis(canvas), role);
	return drawn + 1;
}

int canvas_text(struct canvas *canvas, int row, int column, int columns_max, enum role role,
		const char *bytes)
{
	return canvas_text_from(canvas, row, column, columns_max, role, bytes, 0);
}

int canvas_textf(struct canvas *canvas, int row, int column, int columns_max, enum role role,
		 const char *format, ...)
{
	char bytes[CANVAS_FORMAT_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(bytes, sizeof(bytes), format, arguments);
	va_end(arguments);
	return canvas_text(canvas, row, column, columns_max, role, bytes);
}

int canvas_text_right(struct canvas *canvas, int row, int column_end, int columns_max,
		      enum role role, const char *bytes)
{
	int width = sanitise(canvas, bytes);

	if (width > columns_max)
		width = columns_max;
	if (width > column_end)
		width = column_end;
	return canvas_text(canvas, row, column_end - width, width, role, bytes);
}

int canvas_text_middle(struct canvas *canvas, int row, int column, int columns_max, enum role role,
		       const char *bytes)
{
	int room = room_at(canvas, row, column, columns_max);
	int width, head, tail;

	if (room == 0)
		return 0;
	width = sanitise(canvas, bytes);
	if (width <= room)
		return draw_part(canvas, row, column, 0, width, role);
	head = (room - 1) / 2;
	tail = room - 1 - head;
	head = draw_part(canvas, row, column, 0, head, role);
	put_code(canvas, row, column + head, ellipsis(canvas), role);
	return head + 1 + draw_part(canvas, row, column + head + 1, width - tail, width, role);
}

int canvas_text_wrapped(struct canvas *canvas, int row, int column, int columns, int first,
			int rows, enum role role, const char *bytes)
{
	struct glyph_reader reader;
	struct cell glyph;
	int line = 0, at = 0;

	sanitise(canvas, bytes);
	glyph_reader_init(&reader, text_str(&canvas->grid->scratch), canvas->grid->scratch.length);
	while (columns > 0 && glyph_next(&reader, &glyph)) {
		int target;

		if (at > 0 && at + glyph.width > columns) {
			line++;
			at = 0;
		}
		target = row + line - first;
		if (line >= first && line - first < rows &&
		    room_at(canvas, target, column + at, glyph.width) == glyph.width)
			put(canvas, target, column + at, &glyph, role);
		at += glyph.width;
	}
	return line + 1;
}

void canvas_fill(struct canvas *canvas, int row, int column, int columns, enum role role,
		 uint32_t character)
{
	if (column < 0) {
		columns += column;
		column = 0;
	}
	columns = room_at(canvas, row, column, columns);
	if (columns > 0)
		fill_cells(canvas, row, column, columns,
			   &(struct cell){.chars = {character}, .width = 1, .role = (uint8_t)role});
}

void canvas_paint(struct canvas *canvas, int row, int column, int columns, enum role role)
{
	columns = room_at(canvas, row, column, columns);
	for (int i = 0; i < columns; i++)
		cell_at(canvas, row, column + i)->role = (uint8_t)role;
}

void canvas_vertical_line(struct canvas *canvas, int row, int column, int rows)
{
	uint32_t line = canvas_glyphs(canvas) == GLYPHS_ASCII ? '|' : 0x2502;

	for (int i = row; i < row + rows; i++)
		canvas_fill(canvas, i, column, 1, ROLE_DIM, line);
}

void canvas_set_cursor(struct canvas *canvas, int row, int column)
{
	if (!is_inside(canvas, row, column))
		return;
	canvas->grid->has_cursor = true;
	canvas->grid->cursor_row = canvas->row + row;
	canvas->grid->cursor_column = canvas->column + column;
}

bool canvas_cursor(const struct canvas *canvas, int *row, int *column)
{
	*row = canvas->grid->cursor_row - canvas->row;
	*column = canvas->grid->cursor_column - canvas->column;
	return canvas->grid->has_cursor && is_inside(canvas, *row, *column);
}

static bool is_blank(const struct cell *cell)
{
	return cell->width == 1 && cell->chars[0] == ' ' && !cell->chars[1];
}

void canvas_print(const struct canvas *canvas, struct text *out)
{
	char bytes[UTF8_BYTES_MAX];

	for (int row = 0; row < canvas->rows; row++) {
		int end = canvas->columns;

		while (end > 0 && is_blank(cell_at(canvas, row, end - 1)))
			end--;
		for (int column = 0; column < end; column++) {
			const struct cell *cell = cell_at(canvas, row, column);

			for (int i = 0; i < CELL_CHARS && cell->chars[i]; i++)
				text_add_bytes(out, bytes, utf8_encode(bytes, cell->chars[i]));
		}
		text_add_char(out, '\n');
	}
}

void canvas_print_roles(const struct canvas *canvas, struct text *out)
{
	for (int row = 0; row < canvas->rows; row++) {
		int end = canvas->columns;

		while (end > 0 && cell_at(canvas, row, end - 1)->role == ROLE_NORMAL)
			end--;
		for (int column = 0; column < end; column++)
			text_add_char(out, role_letters[cell_at(canvas, row, column)->role]);
		text_add_char(out, '\n');
	}
}
