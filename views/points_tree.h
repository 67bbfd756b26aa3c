/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What could be traced as a tree: branches (providers, or applications), in them events, in these
 * fields. Ids are made of names, so that selection, marks and what is open stay while applications
 * come and go. Built when the points change, not for each frame.
 */
#ifndef TRACON_VIEWS_POINTS_TREE_H
#define TRACON_VIEWS_POINTS_TREE_H

#include "backend/base/text.h"
#include "backend/model/points.h"

struct points_branch {
	uint64_t id;
	const char *name; /* of name_length bytes */
	size_t name_length;
	const struct points_group *group; /* the application; or the first that has the provider */
	size_t first_leaf, leaf_count;
	size_t app_count;
	bool is_filtered; /* the view's: shows only what passes the filter, open or not */
};

struct points_leaf {
	uint64_t id;
	const struct points_event *event;
	const struct points_group *group; /* the first application that has it */
	size_t app_count;
};

#define POINTS_NONE UINT32_MAX

/* A branch; an event of it; a field of that. */
struct points_row {
	uint32_t branch, leaf, field; /* POINTS_NONE: not down to there */
};

enum points_order { POINTS_BY_NAME, POINTS_BY_LEVEL, POINTS_BY_FIELDS, POINTS_BY_APPS };

struct points_tree {
	const struct points *points; /* what it was built from; not owned */
	uint64_t serial;
	bool is_by_app;
	enum points_order order;
	bool is_descending;
	bool is_stale; /* grouping or order changed */
	struct points_branch *branches;
	size_t branch_count, branch_room;
	struct points_leaf *leaves;
	size_t leaf_count, leaf_room;
	uint64_t *toggled; /* sorted: what is not as it begins, open or not */
	size_t toggled_count, toggled_room;
};

void points_tree_finish(struct points_tree *tree);
/* Builds it again if need be. points: NULL for none; must live as long as the tree is used. */
void points_tree_follow(struct points_tree *tree, const struct points *points);
void points_tree_set(struct points_tree *tree, bool is_by_app, enum points_order order,
		     bool is_descending);

bool points_tree_is_open(const struct points_tree *tree, struct points_row row);
void points_tree_open(struct points_tree *tree, struct points_row row, bool is_open);
uint64_t points_tree_id(const struct points_tree *tree, struct points_row row);
/* The next row in order, closed ones' children too: from {NONE, NONE, NONE} on. False: no more. */
bool points_tree_next(const struct points_tree *tree, struct points_row *row);
/* The name that commands, filter and search go by. */
void points_tree_name(const struct points_tree *tree, struct points_row row, struct text *out);
/* The row's event, NULL for a branch. */
const struct points_event *points_tree_event(const struct points_tree *tree, struct points_row row);
const struct points_group *points_tree_group(const struct points_tree *tree, struct points_row row);
/* Rules for its events may have stars: those for loggers may not. */
bool points_tree_has_globs(const struct points_group *group);
/* Bytes of the name that say which provider, the separator too; 0: it has none. */
size_t points_tree_provider_length(const struct points_group *group, const char *name);

#endif
