/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists: the selection stays on its object, the screen on the selection. */
#include "views/list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define COUNT 10

static const uint64_t ids[COUNT] = {100, 101, 102, 103, 104, 105, 106, 107, 108, 109};

static void begin(struct list *list, bool has_newest)
{
	list_init(list, has_newest);
	list_locate(list, ids, COUNT);
	list_fit(list, 4);
}

static void selection_follows_the_id(void **state)
{
	static const uint64_t reversed[] = {109, 103, 102, 101, 100};
	struct list list;

	(void)state;
	begin(&list, false);
	assert_int_equal(list.selected_id, 100);
	list_act(&list, ids, "down", 3);
	assert_int_equal(list.selected_id, 103);
	list_locate(&list, reversed, 5);
	assert_int_equal(list.selected_id, 103);
	assert_int_equal(list.selected, 1);
	list_finish(&list);
}

static void a_vanished_row_leaves_its_place(void **state)
{
	static const uint64_t fewer[] = {100, 101, 103, 104};
	struct list list;

	(void)state;
	begin(&list, false);
	list_act(&list, ids, "down", 2);
	list_locate(&list, fewer, 4);
	assert_int_equal(list.selected_id, 103);
	list_act(&list, fewer, "last", 1);
	list_locate(&list, fewer, 2);
	assert_int_equal(list.selected_id, 101);
	list_finish(&list);
}

static void an_empty_list_keeps_the_id(void **state)
{
	struct list list;

	(void)state;
	begin(&list, false);
	list_act(&list, ids, "down", 5);
	list_locate(&list, NULL, 0);
	assert_true(list_act(&list, NULL, "down", 1));
	assert_true(list_act(&list, NULL, "mark", 1));
	list_fit(&list, 4);
	list_locate(&list, ids, COUNT);
	assert_int_equal(list.selected_id, 105);
	list_finish(&list);
}

static void movement_stops_at_the_ends(void **state)
{
	struct list list;

	(void)state;
	begin(&list, false);
	list_act(&list, ids, "up", 1);
	assert_int_equal(list.selected, 0);
	list_act(&list, ids, "page-down", 1);
	assert_int_equal(list.selected, 4);
	list_act(&list, ids, "half-down", 1);
	assert_int_equal(list.selected, 6);
	list_act(&list, ids, "page-down", SIZE_MAX);
	assert_int_equal(list.selected, 9);
	list_act(&list, ids, "half-up", 1);
	assert_int_equal(list.selected, 7);
	list_act(&list, ids, "page-up", 1);
	assert_int_equal(list.selected, 3);
	list_act(&list, ids, "last", 1);
	assert_int_equal(list.selected, 9);
	list_act(&list, ids, "first", 1);
	assert_int_equal(list.selected, 0);
	list_act(&list, ids, "down", 0);
	assert_int_equal(list.selected, 0);
	assert_false(list_act(&list, ids, "sideways", 1));
	list_finish(&list);
}

static void scrolling_is_the_least_that_shows_it(void **state)
{
	struct list list;

	(void)state;
	begin(&list, false);
	list_act(&list, ids, "down", 3);
	list_fit(&list, 4);
	assert_int_equal(list.top, 0);
	list_act(&list, ids, "down", 2);
	list_fit(&list, 4);
	assert_int_equal(list.top, 2);
	list_act(&list, ids, "up", 1);
	list_fit(&list, 4);
	assert_int_equal(list.top, 2);
	list_fit(&list, 1);
	assert_int_equal(list.top, 4);
	list_fit(&list, 0);
	list_fit(&list, 20); /* more room: no blank rows while others are above */
	assert_int_equal(list.top, 0);
	list_finish(&list);
}

static void logs_follow_the_newest(void **state)
{
	static const uint64_t descending[] = {12, 11, 10};
	static const uint64_t more[] = {13, 12, 11, 10};
	struct list list;

	(void)state;
	list_init(&list, true);
	list_locate(&list, descending, 3);
	assert_int_equal(list.selected_id, 12);
	list_locate(&list, more, 4);
	assert_int_equal(list.selected_id, 13);
	list_act(&list, more, "down", 1); /* leaves it … */
	list_locate(&list, descending, 3);
	list_locate(&list, more, 4);
	assert_int_equal(list.selected_id, 12);
	list_act(&list, more, "first", 1); /* … and comes back */
	assert_int_equal(list.follow, LIST_FOLLOW_NEWEST);
	list_act(&list, more, "follow", 1);
	assert_int_equal(list.follow, LIST_FOLLOW_OBJECT);
	list_act(&list, more, "follow", 1);
	assert_int_equal(list.follow, LIST_FOLLOW_NEWEST);
	list_finish(&list);
}

static void following_can_stay_on_the_place(void **state)
{
	static const uint64_t swapped[] = {101, 100};
	struct list list;

	(void)state;
	begin(&list, false);
	list_act(&list, ids, "follow", 1);
	list_locate(&list, swapped, 2);
	assert_int_equal(list.selected, 0);
	assert_int_equal(list.selected_id, 101);
	list_finish(&list);
}

static void marks_stay_on_objects(void **state)
{
	struct list list;

	(void)state;
	begin(&list, false);
	list_act(&list, ids, "mark", 1);
	list_act(&list, ids, "mark", 1);
	assert_true(list_is_marked(&list, 100));
	assert_true(list_is_marked(&list, 101));
	assert_int_equal(list.selected, 2); /* marking moves on */
	list_act(&list, ids, "first", 1);
	list_act(&list, ids, "mark", 1);
	assert_false(list_is_marked(&list, 100));
	list_act(&list, ids, "unmark-all", 1);
	assert_false(list_is_marked(&list, 101));
	list_finish(&list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(selection_follows_the_id),
		cmocka_unit_test(a_vanished_row_leaves_its_place),
		cmocka_unit_test(an_empty_list_keeps_the_id),
		cmocka_unit_test(movement_stops_at_the_ends),
		cmocka_unit_test(scrolling_is_the_least_that_shows_it),
		cmocka_unit_test(logs_follow_the_newest),
		cmocka_unit_test(following_can_stay_on_the_place),
		cmocka_unit_test(marks_stay_on_objects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
