/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Selection by id, scrolling, marks. The rows themselves are the caller's. */
#include "views/list.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "views/movement.h"

void list_init(struct list *list, bool has_newest)
{
	*list = (struct list){
		.has_newest = has_newest,
		.follow = has_newest ? LIST_FOLLOW_NEWEST : LIST_FOLLOW_OBJECT,
	};
}

void list_finish(struct list *list)
{
	free(list->marks);
	*list = (struct list){0};
}

void list_restart(struct list *list)
{
	list->has_selected = false;
	list->selected = 0;
	list->top = 0;
	list->mark_count = 0;
	if (list->has_newest)
		list->follow = LIST_FOLLOW_NEWEST;
}

static bool find_id(const uint64_t *ids, size_t count, uint64_t id, size_t *row)
{
	for (size_t i = 0; i < count; i++) {
		if (ids[i] == id) {
			*row = i;
			return true;
		}
	}
	return false;
}

static size_t newest_row(const uint64_t *ids, size_t count)
{
	size_t newest = 0;

	for (size_t i = 1; i < count; i++)
		if (ids[i] > ids[newest])
			newest = i;
	return newest;
}

void list_locate(struct list *list, const uint64_t *ids, size_t count)
{
	size_t row = list->selected < count ? list->selected : count - 1;

	list->count = count;
	if (count == 0) {
		/* The id stays: a filter may be about to let its row back in. */
		list->selected = 0;
		list->top = 0;
		return;
	}
	if (list->follow == LIST_FOLLOW_NEWEST)
		row = newest_row(ids, count);
	else if (list->follow == LIST_FOLLOW_OBJECT && list->has_selected)
		find_id(ids, count, list->selected_id, &row);
	list->selected = row;
	list->selected_id = ids[row];
	list->has_selected = true;
}

void list_fit(struct list *list, size_t rows)
{
	list->rows = rows;
	if (list->top + rows > list->count)
		list->top = list->count > rows ? list->count - rows : 0;
	if (list->selected < list->top)
		list->top = list->selected;
	if (rows > 0 && list->selected >= list->top + rows)
		list->top = list->selected - rows + 1;
}

void list_select(struct list *list, const uint64_t *ids, size_t row)
{
	if (list->count == 0)
		return;
	list->selected = row < list->count ? row : list->count - 1;
	list->selected_id = ids[list->selected];
	list->has_selected = true;
	/* Moving to the newest row follows it from there on; moving away stops that. */
	if (list->has_newest)
		list->follow = list->selected == newest_row(ids, list->count) ? LIST_FOLLOW_NEWEST
									      : LIST_FOLLOW_OBJECT;
}

static void move(struct list *list, const uint64_t *ids, size_t distance, bool is_down)
{
	size_t row = list->selected;

	if (is_down)
		row = distance < list->count - row ? row + distance : list->count - 1;
	else
		row = distance < row ? row - distance : 0;
	list_select(list, ids, row);
}

bool list_is_marked(const struct list *list, uint64_t id)
{
	size_t row;

	return find_id(list->marks, list->mark_count, id, &row);
}

static void toggle_mark(struct list *list, uint64_t id)
{
	size_t i;

	if (find_id(list->marks, list->mark_count, id, &i)) {
		list->marks[i] = list->marks[--list->mark_count];
		return;
	}
	list->marks =
		mem_grow(list->marks, list->mark_count, &list->mark_room, sizeof(*list->marks));
	list->marks[list->mark_count++] = id;
}

static void toggle_follow(struct list *list, const uint64_t *ids)
{
	if (list->follow != LIST_FOLLOW_OBJECT) {
		list->follow = LIST_FOLLOW_OBJECT;
		return;
	}
	list->follow = list->has_newest ? LIST_FOLLOW_NEWEST : LIST_FOLLOW_PLACE;
	list_locate(list, ids, list->count);
}

/* False: `action` is no movement. */
static bool act_move(struct list *list, const uint64_t *ids, const char *action, size_t steps)
{
	struct movement movement;

	if (!movement_find(action, list->rows > 1 ? list->rows : 1, list->count, &movement))
		return false;
	for (size_t step = 0; step < steps && step < list->count; step++)
		move(list, ids, movement.distance, movement.is_down);
	return true;
}

bool list_act(struct list *list, const uint64_t *ids, const char *action, size_t steps)
{
	if (act_move(list, ids, action, steps))
		return true;
	if (!strcmp(action, "mark")) {
		if (list->count > 0) {
			toggle_mark(list, list->selected_id);
			move(list, ids, 1, true);
		}
		return true;
	}
	if (!strcmp(action, "unmark-all")) {
		list->mark_count = 0;
		return true;
	}
	if (!strcmp(action, "follow")) {
		toggle_follow(list, ids);
		return true;
	}
	return false;
}
