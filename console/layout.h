/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where everything is on the screen: a pure function of the size, the focus and the user's wishes.
 * Never refuses: what doesn't fit is dropped step by step, down to one cell.
 */
#ifndef TRACON_CONSOLE_LAYOUT_H
#define TRACON_CONSOLE_LAYOUT_H

#include <stdbool.h>

/* In the order of their digits, 1 … 7. */
enum pane {
	PANE_SESSIONS,
	PANE_CHANNELS,
	PANE_EVENTS,
	PANE_POINTS,
	PANE_TAIL,
	PANE_CHUNKS,
	PANE_MESSAGES,
	PANE_BROWSER, /* has no digit; alone on the screen */
	PANE_COUNT,
	PANE_NONE = -1
};

enum layout_form { LAYOUT_AUTO, LAYOUT_ONE, LAYOUT_TWO, LAYOUT_THREE };

struct rectangle {
	int row, column, rows, columns;
};

struct layout_wish {
	int rows, columns;
	enum layout_form form;
	enum pane focus;
	bool is_zoomed;
	bool is_viewer;	      /* the browser and nothing else: no header of sessions */
	bool is_bare;	      /* for selecting text: the focused pane and the command line only */
	int output_rows;      /* of the REPL's output; 0: as many as the form has */
	unsigned int missing; /* bit set: this build has no such pane */
};

struct layout_pane {
	enum pane pane;
	struct rectangle title; /* rows 0: the tab bar or the header names it */
	struct rectangle body;
};

#define LAYOUT_PANES_MAX 6
#define LAYOUT_LINES_MAX 2

/* Rows of -1 are not there. */
struct layout {
	enum layout_form form; /* never AUTO */
	bool is_too_small;     /* the text that says so, and the command line if two rows exist */
	int header;
	int tabs;
	bool header_names_pane;
	struct layout_pane panes[LAYOUT_PANES_MAX];
	int pane_count;
	struct rectangle lines[LAYOUT_LINES_MAX]; /* between columns; one column wide */
	int line_count;
	int detail;
	int message;
	struct rectangle output; /* rows 0: none */
	int prompt;
	int function_bar;
};

void layout_compute(struct layout *layout, const struct layout_wish *wish);
/* The pane's place in layout->panes, or -1. */
int layout_find(const struct layout *layout, enum pane pane);

const char *layout_pane_name(enum pane pane); /* "sessions" */
enum pane layout_pane_of(const char *name);   /* PANE_NONE if unknown */

#endif
