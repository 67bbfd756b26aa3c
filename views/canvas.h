/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A grid of styled cells that views draw into and the screen copies to ncurses. Tests read it as
 * text. A canvas may be a window on a part of another: same calls, own coordinates, clipped.
 */
#ifndef TRACON_VIEWS_CANVAS_H
#define TRACON_VIEWS_CANVAS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/text.h"

/* What a cell means; themes say how it looks. Views never name colours. */
enum role {
	ROLE_NORMAL,
	ROLE_DIM,
	ROLE_TITLE,
	ROLE_FOCUS,
	ROLE_SELECT,
	ROLE_MARK,
	ROLE_OK,
	ROLE_STOPPED,
	ROLE_WARN,
	ROLE_ERR,
	ROLE_RATE,
	ROLE_NAME,
	ROLE_TIME,
	ROLE_KEY,
	ROLE_SPARK,
	ROLE_MATCH,
	ROLE_DISABLED,
	ROLE_NEW,
	ROLE_COUNT
};

#define CELL_CHARS 4 /* base and up to three combining marks; more are dropped */

struct cell {
	uint32_t chars[CELL_CHARS]; /* code points, 0 ends; the right half of a wide character has
				       none */
	uint8_t width;		    /* 1, 2; 0 for the right half of a wide one */
	uint8_t role;
};

enum glyphs { GLYPHS_ASCII, GLYPHS_UTF8, GLYPHS_BRAILLE };

struct canvas; /* rows × columns */

struct canvas *canvas_create(int rows, int columns);
void canvas_destroy(struct canvas *canvas);			  /* NULL passes */
void canvas_resize(struct canvas *canvas, int rows, int columns); /* blank afterwards */
/* A window: shares the cells, valid until the parent is resized or destroyed; canvas_destroy frees
 * only itself. */
struct canvas *canvas_window(struct canvas *parent, int row, int column, int rows, int columns);

int canvas_rows(const struct canvas *canvas);
int canvas_columns(const struct canvas *canvas);
const struct cell *canvas_cell(const struct canvas *canvas, int row, int column);
void canvas_clear(struct canvas *canvas);

enum glyphs canvas_glyphs(const struct canvas *canvas);
void canvas_set_glyphs(struct canvas *canvas, enum glyphs glyphs);

/*
 * Untrusted or not, bytes pass the sanitiser. Cut at columns_max (with "…" or "~") and at the edge.
 * Returns the columns used.
 */
int canvas_text(struct canvas *canvas, int row, int column, int columns_max, enum role role,
		const char *bytes);
int canvas_textf(struct canvas *canvas, int row, int column, int columns_max, enum role role,
		 const char *format, ...) __attribute__((format(printf, 6, 7)));
/* Leaves out the first `skip` columns: text scrolled sideways. */
int canvas_text_from(struct canvas *canvas, int row, int column, int columns_max, enum role role,
		     const char *bytes, int skip);
/* Ends at column_end (exclusive). */
int canvas_text_right(struct canvas *canvas, int row, int column_end, int columns_max,
		      enum role role, const char *bytes);
/* Cut in the middle: my_ap…begin. */
int canvas_text_middle(struct canvas *canvas, int row, int column, int columns_max, enum role role,
		       const char *bytes);
/*
 * Over several rows: those from the text's row `first` on, `rows` at most. Returns how many rows
 * all of it takes, at least 1; with rows 0 nothing is drawn.
 */
int canvas_text_wrapped(struct canvas *canvas, int row, int column, int columns, int first,
			int rows, enum role role, const char *bytes);
/* Columns that the text takes when nothing is cut. */
int canvas_text_columns(const struct canvas *canvas, const char *bytes);
/* The first with Unicode glyphs, the second with ASCII ones. */
const char *canvas_pick(const struct canvas *canvas, const char *utf8, const char *ascii);
/* The character must be one column wide. */
void canvas_fill(struct canvas *canvas, int row, int column, int columns, enum role role,
		 uint32_t character);
/* Sets the role of what is there already: the selected row. */
void canvas_paint(struct canvas *canvas, int row, int column, int columns, enum role role);
void canvas_vertical_line(struct canvas *canvas, int row, int column, int rows);

/* Where the terminal's cursor belongs (readers and braille displays follow it); the last call
 * counts. */
void canvas_set_cursor(struct canvas *canvas, int row, int column);
bool canvas_cursor(const struct canvas *canvas, int *row, int *column);

/*
 * Each row ends with '\n', trailing blanks cut; for tests. roles: one letter per cell instead,
 * trailing '.' (normal) cut.
 */
void canvas_print(const struct canvas *canvas, struct text *out);
void canvas_print_roles(const struct canvas *canvas, struct text *out);

#endif
