/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the points view share: its state, and how the table's functions find it. */
#ifndef TRACON_VIEWS_POINTS_PARTS_H
#define TRACON_VIEWS_POINTS_PARTS_H

#include <stdlib.h>

#include "backend/base/mem.h"
#include "views/points_tree.h"
#include "views/rules.h"
#include "views/selection.h"
#include "views/table_view.h"

struct popup;

enum {
	POINTS_COLUMN_STATE,
	POINTS_COLUMN_NAME,
	POINTS_COLUMN_LEVEL,
	POINTS_COLUMN_TYPE,
	POINTS_COLUMN_APPS,
};

struct points_view {
	struct table_view view; /* first */
	struct points_tree tree;
	bool is_by_app;
	bool was_touched; /* until then the first row is selected, whatever comes before it */
	struct points_row *rows; /* what the table's indexes stand for */
	size_t row_count, row_room;
	char *level;	     /* that what is enabled next shall have; NULL: all */
	struct text scratch; /* the text that was asked for last */
};

/* What the table's functions get as their input. */
struct points_input {
	struct view_input input;
	struct points_view *points;
};

static inline struct points_view *points_view_of(const struct view_input *input)
{
	return CONTAINER_OF(input, const struct points_input, input)->points;
}

/* Of a branch: whether one rule takes all of it. */
enum rules_state points_view_state(const struct view_input *input, struct points_row row,
				   const struct picture_rule **rule);

/* points_request.c */

/* Patterns of rules that enable the row: one, or one for each provider of an application. */
void points_view_patterns(const struct points_tree *tree, struct points_row row,
			  struct word_list *patterns);
/* The actions that make commands. False: none of those. */
bool points_view_request(const struct view_input *input, const char *action, const char *argument,
			 struct text *command);
void points_view_request_row(const struct view_input *input, size_t index, struct text *command);
const char *points_view_copy_text(const struct view_input *input, size_t index);
void points_view_fill_popup(const struct view_input *input, struct points_row row,
			    struct popup *popup);

#endif
