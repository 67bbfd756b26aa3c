/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the list-like views have in common: a table that follows the selection of all panes, the
 * actions that every list has, and those on the session. A view describes by a table_view_class
 * what only it has: its columns, its row's words, its own actions.
 */
#ifndef TRACON_VIEWS_TABLE_VIEW_H
#define TRACON_VIEWS_TABLE_VIEW_H

#include "views/table.h"

struct popup;

/* What "toggle" says in an empty list. */
#define TABLE_VIEW_NO_TARGET "@say there is nothing here to enable or disable"

/* Everything but `table` may be left out. */
struct table_view_class {
	struct table_class table;
	/* Rows are of the selected session: another one begins at its first row. */
	bool is_of_session;
	/* The table takes the selection of all panes, which may have been moved elsewhere. */
	void (*take)(struct table *table, const struct view_input *input);
	/* The selection of all panes takes the table's row. */
	void (*give)(const struct table *table, const struct view_input *input);
	bool gives_when_moved; /* only when an action moved the row; else after each fit and act */
	/* Its own actions, after table_refresh. False: no such action. */
	bool (*act)(const struct table *table, const struct view_input *input, const char *action,
		    struct text *command);
	/* The same with what belongs to the action, and free to change the table. May be NULL. */
	bool (*edit)(struct table *table, const struct view_input *input, const char *action,
		     const char *argument, struct text *command);
	/* What "copy" takes of a row. NULL: there is nothing to copy. */
	const char *(*copy_text)(const struct view_input *input, size_t index);
	/* Both or neither: "toggle" enables or disables the targets. */
	bool (*is_enabled)(const struct view_input *input, size_t index);
	void (*request_enabled)(const struct view_input *input, size_t index, bool is_enabled,
				struct text *command);
	/* The command that makes such a row, for "copy-command". */
	void (*request_row)(const struct view_input *input, size_t index, struct text *command);
	/* What there is to say besides the values of all columns. */
	void (*add_details)(const struct view_input *input, size_t index, struct popup *popup);
	/* The detail row. */
	void (*describe)(const struct view_input *input, size_t index, struct text *out);
	/* In place of what is said of "toggle" and of the selected session. */
	const char *(*label)(const struct table *table, const struct view_input *input,
			     const char *action);
};

struct table_view {
	struct table table;
	const struct table_view_class *class;
	uint64_t session_id; /* whose rows the table last showed, if they are a session's */
};

void table_view_init(struct table_view *view, const struct table_view_class *class);

/* These serve in a view_class; state is a table_view. */
void table_view_finish(void *state);
void table_view_fit(void *state, const struct view_input *input, int rows, int columns);
void table_view_draw(const void *state, const struct view_input *input, struct canvas *canvas);
bool table_view_act(void *state, const struct view_input *input, const char *action,
		    const char *argument, struct text *command);
void table_view_detail(const void *state, const struct view_input *input, struct text *out);
bool table_view_details(const void *state, const struct view_input *input, struct popup *popup);
const char *table_view_label(const void *state, const struct view_input *input, const char *action);

void table_view_remember(const void *state, bool with_marks, struct text *out);
void table_view_recall(void *state, const char *memo);

#define TABLE_VIEW_SHARED                                                                          \
	{                                                                                          \
		view_row_actions, view_searches, view_list_actions, view_session_actions           \
	}

/* All that a view_class of a table view has besides its words and its init. */
#define TABLE_VIEW_CALLS                                                                           \
	.state_bytes = sizeof(struct table_view), .finish = table_view_finish,                     \
	.fit = table_view_fit, .draw = table_view_draw, .act = table_view_act,                     \
	.remember = table_view_remember, .recall = table_view_recall, .detail = table_view_detail, \
	.label = table_view_label, .details = table_view_details, .shared = TABLE_VIEW_SHARED

/* For an action on a row. True: there is none, and the command says why. After table_refresh. */
bool table_view_lacks_row(const struct table *table, const struct view_input *input,
			  struct text *command);
/* After an action that searches: says so if nothing matches, or nothing was searched. */
void table_view_explain_find(const struct table *table, const struct view_input *input,
			     const char *action, struct text *command);
/* For a table's `take`: the row of that id, wherever it is. */
void table_view_take_id(struct table *table, uint64_t id);
/* For a table's `nothing`: why a session's rows are missing, else the sentence given. */
const char *table_view_nothing(const struct view_input *input, const char *otherwise);

#endif
