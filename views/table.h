/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The widget of all list-like views: columns that leave in the order of their priority when the
 * width shrinks, sorting by any of them, filter, search, marks, a selection that stays on its
 * object, and a footer when there is something to say. A view describes itself by a table_class;
 * rows are indexes into an array of the picture, valid only together with the input they came from.
 */
#ifndef TRACON_VIEWS_TABLE_H
#define TRACON_VIEWS_TABLE_H

#include "views/list.h"
#include "views/match.h"
#include "views/view.h"

#define TABLE_COLUMNS_MAX  16
#define TABLE_WIDE_COLUMNS 90 /* from here on width_wide counts */
#define TABLE_FOOTER_ROWS  4  /* a canvas with fewer rows has no footer, … */
#define TABLE_HEADER_ROWS  3  /* … with fewer than these no header */

struct table;

/* Where to draw one value. */
struct table_cell {
	struct canvas *canvas;
	int row, column, columns;
	uint32_t scale;	    /* of sparklines; 0: each its own */
	uint32_t *measured; /* nothing is drawn, but the largest sample that would be */
	bool has_role;	    /* the row's role goes before the value's */
	enum role role;
};

struct table_column {
	const char *name;      /* of the action sort-NAME */
	const char *title;     /* NULL: write_title */
	int width;	       /* columns that it needs at least */
	int columns_min;       /* of the canvas; it is not shown on a narrower one */
	int width_ideal;       /* takes that many when there is room; 0: width */
	int width_wide;	       /* instead of width_ideal on a wide canvas; 0: the same */
	unsigned int priority; /* the largest leaves first; 0 stays */
	bool is_right;	       /* numbers */
	bool is_flexible;      /* one in a table: takes what is left, scrolls sideways */
	bool is_cut_in_middle; /* of the flexible one */
	bool largest_first;    /* when sorting begins */
	enum role role;	       /* of what `text` gives */
	void (*write_title)(const struct view_input *input, int columns, enum glyphs glyphs,
			    struct text *out);
	/*
	 * Either or both; neither: can't be sorted by. The value comes first in sorting. Text is
	 * drawn as it is without `draw` and `draw_value`.
	 */
	const char *(*text)(const struct view_input *input, size_t index);
	uint64_t (*value)(const struct view_input *input, size_t index);
	void (*draw)(const struct view_input *input, size_t index, const struct table_cell *cell);
	/* In place of draw, where nothing but the value counts. */
	void (*draw_value)(const struct table_cell *cell, uint64_t value);
};

/* What a column of numbers begins with; priority as above. */
#define TABLE_NUMBERS(NAME, TITLE, WIDTH, PRIORITY)                                                \
	.name = (NAME), .title = (TITLE), .width = (WIDTH), .priority = (PRIORITY),                \
	.is_right = true, .largest_first = true

struct table_class {
	const struct table_column *columns;
	size_t column_count;
	size_t sort_column; /* at first */
	bool sort_descending;
	bool has_newest; /* ids grow with time; the selection follows the newest at first */
	/* Calls table_add for each row. */
	void (*collect)(const struct view_input *input, struct table *table);
	uint64_t (*id)(const struct view_input *input, size_t index);
	/* collect leaves only rows that pass the filter, in the order shown: a tree. */
	bool is_arranged;
	/* What filter and search look at; NULL: the flexible column's text. */
	void (*search_text)(const struct view_input *input, size_t index, struct text *out);
	/* ROLE_NORMAL: each value has its own. May be NULL. */
	enum role (*row_role)(const struct view_input *input, size_t index);
	/* The sentence in place of rows when there are none. */
	const char *(*nothing)(const struct view_input *input);
	/* What must not be overlooked, in the footer; nothing is added if all is well. May be NULL.
	 */
	void (*alert)(const struct view_input *input, struct text *out);
};

struct table {
	const struct table_class *class;
	struct list list;
	size_t sort_column;
	bool is_descending;
	uint32_t hidden; /* columns that the user doesn't want, bit by bit */
	struct match filter;
	struct match find;
	bool has_find_origin; /* where the selection was before the search was typed */
	uint64_t find_origin_id;
	int scroll;	   /* columns that the flexible column is scrolled sideways */
	int rows, columns; /* of the canvas, as of the last fit */
	size_t *indexes;   /* rows in the order shown */
	uint64_t *ids;	   /* theirs */
	size_t count, room, ids_room;
	size_t all_count;    /* before filtering; of a tree: what it is about */
	size_t passed_count; /* after it */
};

void table_init(struct table *table, const struct table_class *class);
void table_finish(struct table *table);
void table_add(struct table *table, size_t index); /* for collect */

/* Collects, filters, sorts and finds the selection again. */
void table_refresh(struct table *table, const struct view_input *input);
/* The same, then scrolls. */
void table_fit(struct table *table, const struct view_input *input, int rows, int columns);
void table_draw(const struct table *table, const struct view_input *input, struct canvas *canvas);
/* Why no row is shown: there is none, or none passes the filter. */
void table_add_nothing(const struct table *table, const struct view_input *input, struct text *out);
/*
 * Movements, marks, follow, sort-*, filter, find*, left and right, click. False: none of those.
 * After table_refresh with the same input.
 */
bool table_act(struct table *table, const struct view_input *input, const char *action,
	       const char *argument);

/* What the column shows of the row, in words: of numbers too, as they are shown. */
void table_add_value(const struct view_input *input, size_t index,
		     const struct table_column *column, struct text *out);
/* Whether the row passes: what the match looks at may be one column. */
bool table_row_matches(const struct table *table, const struct view_input *input, size_t index,
		       const struct match *match);
/* Compiles a pattern with this table's columns. */
void table_compile(const struct table *table, struct match *match, const char *pattern);

/* The selected row; false when there are no rows. */
bool table_selected(const struct table *table, size_t *index);
bool table_select_id(struct table *table, uint64_t id); /* false: no such row */
/* Marked rows that are shown, else the selected one. *position begins at 0. */
bool table_next_target(const struct table *table, size_t *position, size_t *index);

/*
 * What the user arranged, a line each: "sort NAME up|down", "columns +NAME -NAME …" (all of them,
 * '-' is hidden), "marks ID …" if asked for. Lines that don't fit the table pass without effect.
 */
void table_remember(const struct table *table, bool with_marks, struct text *out);
void table_recall(struct table *table, const char *memo);

/* For draw: within the cell, in the row's role unless `role` warns. */
void table_cell_text(const struct table_cell *cell, enum role role, const char *bytes);
void table_cell_right(const struct table_cell *cell, enum role role, const char *bytes);
/* "3p" */
void table_cell_count_of(const struct table_cell *cell, enum role role, uint64_t count,
			 const char *unit);
void table_cell_history(const struct table_cell *cell, const struct view_input *input,
			const uint32_t *history);
enum role table_cell_role(const struct table_cell *cell, enum role role);

/* These serve as draw_value. */
void table_cell_count(const struct table_cell *cell, uint64_t count);
void table_cell_lost(const struct table_cell *cell, uint64_t count); /* alarming unless 0 */
void table_cell_bytes(const struct table_cell *cell, uint64_t bytes);
void table_cell_rate(const struct table_cell *cell, uint64_t per_1000_s);
void table_cell_time(const struct table_cell *cell, uint64_t wall_ns); /* 0: "-" */
void table_cell_duration(const struct table_cell *cell, uint64_t ns);
void table_cell_fill(const struct table_cell *cell, uint64_t permille); /* of ring buffers */

/* write_title of a column of histories: "LAST 16 s". */
void table_history_title(const struct view_input *input, int columns, enum glyphs glyphs,
			 struct text *out);

#endif
