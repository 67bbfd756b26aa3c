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

/* One row of a heading, of a sentence or of a key. All NULL: empty. */
struct help_line {
	const char *text;
	size_t length;
	const char *keys; /* NULL: it is not a key's */
	size_t keys_length;
	int keys_columns; /* that the keys may take */
	size_t index;	  /* of the key among those that are wanted */
	bool is_heading;
};

struct help_view {
	char filter[MATCH_PATTERN_MAX];
	struct list list; /* of places: pages above the first key, then the keys wanted */
	uint64_t *places; /* ids: of a key its index in the content; pages come after those */
	size_t place_count, place_room;
	size_t page_places; /* that many of them are pages */
	struct help_line *lines;
	size_t line_count, line_room;
	int rows, columns;
	bool restarts; /* at the first place, wherever that will be */
};

void help_view_init(struct help_view *help);
void help_view_finish(struct help_view *help);
/* Before draw, with the same canvas. */
void help_view_fit(struct help_view *help, const struct help_content *content,
		   const struct canvas *canvas);
void help_view_draw(const struct help_view *help, struct canvas *canvas);
/* How many there are, and which one is drawn, from 1. After fit. */
size_t help_view_pages(const struct help_view *help, size_t *shown);
/*
 * The movements of lists, "filter" (the text typed so far), and "open": *action is then the
 * selected row's action, to be run in the pane; else NULL. False: no such action.
 */
bool help_view_act(struct help_view *help, const struct help_content *content, const char *name,
		   const char *argument, const char **action);

#endif
