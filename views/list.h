/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Selection and scrolling of rows that come and go. The selection is an object's id, so it stays on
 * its object when sorting moves it; if the object vanishes, the row that took its place is
 * selected.
 */
#ifndef TRACON_VIEWS_LIST_H
#define TRACON_VIEWS_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum list_follow {
	LIST_FOLLOW_OBJECT,
	LIST_FOLLOW_PLACE,  /* the row number stays, whatever is there */
	LIST_FOLLOW_NEWEST, /* the largest id */
};

struct list {
	enum list_follow follow;
	bool has_newest; /* ids grow with time: `follow` may be LIST_FOLLOW_NEWEST */
	bool has_selected;
	uint64_t selected_id;
	size_t selected; /* its row among all */
	size_t top;	 /* first visible row */
	size_t rows;	 /* visible ones */
	size_t count;	 /* all */
	uint64_t *marks;
	size_t mark_count, mark_room;
};

void list_init(struct list *list, bool has_newest);
void list_finish(struct list *list);
/* Other rows come: back to the first one (or the newest), no marks. */
void list_restart(struct list *list);
/* Takes note of the rows' ids in the order shown. */
void list_locate(struct list *list, const uint64_t *ids, size_t count);
/* Scrolls as little as needed to show the selection in `rows` rows. */
void list_fit(struct list *list, size_t rows);
void list_select(struct list *list, const uint64_t *ids, size_t row);
/*
 * down, up, half-down, half-up, page-down, page-up, first, last, mark, unmark-all, follow; steps
 * repeats the movement. False: no such action. After list_locate with the same ids.
 */
bool list_act(struct list *list, const uint64_t *ids, const char *action, size_t steps);
bool list_is_marked(const struct list *list, uint64_t id);

#endif
