/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The overlay of '?': what one sees in a pane and which keys do what there, the pane's own first.
 * Typing narrows it; the selected row can be run. Its rows come from the console's keymap.
 */
#ifndef TRACON_VIEWS_HELP_VIEW_H
#define TRACON_VIEWS_HELP_VIEW_H

#include "views/list.h"
#include "views/match.h"
#include "views/view.h"

struct help_key {
	const char *keys;   /* "F8 R" */
	const char *action; /* what runs: "rotate" */
	const char *help;   /* "close the current trace chunk and open the next" */
	const char *pane;   /* "sessions"; NULL: everywhere */
};

/* Borrowed; the same for fit, draw and act. */
struct help_content {
	const struct view_class *view; /* the pane that has the focus; NULL: none */
	const struct help_key *keys;
	size_t key_count;
};

/* One line of the overlay. */
struct help_line {
	const char *text;	    /* of a heading or a sentence; NULL: a key */
	size_t length;		    /* of the text */
	const struct help_key *key; /* NULL: a heading or a sentence */
	bool is_heading;
};

struct help_view {
	char filter[MATCH_PATTERN_MAX];
	struct list list; /* of the keys among the lines */
	struct help_line *lines;
	uint64_t *key_lines; /* the lines that are keys */
	size_t line_count, line_room, key_count, key_room;
	int rows, columns;
};

void help_view_init(struct help_view *help);
void help_view_finish(struct help_view *help);
/* Before draw. */
void help_view_fit(struct help_view *help, const struct help_content *content, int rows,
		   int columns);
void help_view_draw(const struct help_view *help, struct canvas *canvas);
/*
 * The movements of lists, "filter" (the text typed so far), and "open": *action is then the
 * selected row's action, to be run in the pane; else NULL. False: no such action.
 */
bool help_view_act(struct help_view *help, const struct help_content *content, const char *name,
		   const char *argument, const char **action);

#endif
