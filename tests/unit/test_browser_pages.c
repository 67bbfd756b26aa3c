/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages joined into the browser's window. */
#include "console/browser_pages.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "backend/browse/page_make.h"

/* Events [begin, end) at these nanoseconds, each with a field that says so. */
static struct event_page *make(uint64_t begin, uint64_t end)
{
	struct event_page *page = event_page_make();

	for (uint64_t i = begin; i < end; i++) {
		struct event_field *field;
		char text[32];

		event_page_add_row(page)->place.wall_ns = i;
		snprintf(text, sizeof(text), "%u", (unsigned int)i);
		((struct event_row *)(uintptr_t)&page->rows[page->row_count - 1])->name =
			event_page_string(page, "e", 1);
		field = event_page_add_field(page);
		field->name = event_page_string(page, "n", 1);
		field->value = event_page_string(page, text, strlen(text));
	}
	return page;
}

/* Events [begin, end), whole. Takes the page. */
static void expect(struct event_page *page, uint64_t begin, uint64_t end)
{
	assert_int_equal(page->row_count, end - begin);
	for (size_t i = 0; i < page->row_count; i++) {
		const struct event_row *row = &page->rows[i];
		char text[32];

		snprintf(text, sizeof(text), "%u", (unsigned int)(begin + i));
		assert_int_equal(row->place.wall_ns, begin + i);
		assert_int_equal(row->field_count, 1);
		assert_string_equal(page->fields[row->first_field].value, text);
		assert_null(row->stream);
	}
	event_page_unref(page);
}

static void check(uint64_t a, uint64_t b, uint64_t c, uint64_t d, size_t most, bool keeps_end,
		  uint64_t begin, uint64_t end)
{
	struct event_page *first = make(a, b), *second = make(c, d);
	struct event_page *joined = browser_pages_join(first, second, most, keeps_end);

	event_page_unref(first);
	event_page_unref(second);
	expect(joined, begin, end);
}

static void pages_follow_each_other(void **state)
{
	(void)state;
	check(0, 10, 10, 20, 100, true, 0, 20);
	check(0, 10, 10, 10, 100, true, 0, 10);
	check(5, 5, 10, 12, 100, true, 10, 12);
}

static void what_both_have_comes_once(void **state)
{
	(void)state;
	check(0, 10, 9, 20, 100, true, 0, 20);
	check(0, 10, 3, 8, 100, true, 0, 10);
}

static void what_is_far_away_is_left_out(void **state)
{
	(void)state;
	check(0, 10, 9, 20, 15, true, 5, 20);
	check(0, 10, 9, 20, 15, false, 0, 15);
	check(0, 10, 10, 30, 15, true, 15, 30);
	check(0, 20, 20, 25, 15, false, 0, 15);
}

static void ends_are_known_as_long_as_they_are_there(void **state)
{
	struct event_page *first = make(0, 10), *second = make(10, 20), *joined;

	(void)state;
	first->is_at_begin = true;
	second->is_at_end = true;
	joined = browser_pages_join(first, second, 20, true);
	assert_true(joined->is_at_begin);
	assert_true(joined->is_at_end);
	event_page_unref(joined);
	joined = browser_pages_join(first, second, 19, true);
	assert_false(joined->is_at_begin);
	assert_true(joined->is_at_end);
	event_page_unref(joined);
	joined = browser_pages_join(first, second, 19, false);
	assert_true(joined->is_at_begin);
	assert_false(joined->is_at_end);
	event_page_unref(joined);
	joined = browser_pages_join(NULL, second, 20, true);
	assert_false(joined->is_at_begin);
	expect(joined, 10, 20);
	expect(browser_pages_join(first, NULL, 20, true), 0, 10);
	event_page_unref(first);
	event_page_unref(second);
}

static void rows_are_found_by_place(void **state)
{
	struct event_page *page = make(10, 20);

	(void)state;
	assert_int_equal(browser_pages_find(page, (struct event_place){.wall_ns = 0}), 0);
	assert_int_equal(browser_pages_find(page, (struct event_place){.wall_ns = 15}), 5);
	assert_int_equal(browser_pages_find(page, (struct event_place){15, 1}), 6);
	assert_int_equal(browser_pages_find(page, (struct event_place){.wall_ns = 99}), 10);
	event_page_unref(page);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_follow_each_other),
		cmocka_unit_test(what_both_have_comes_once),
		cmocka_unit_test(what_is_far_away_is_left_out),
		cmocka_unit_test(ends_are_known_as_long_as_they_are_there),
		cmocka_unit_test(rows_are_found_by_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
