/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The popup: golden pictures, scrolling, wrapping, hostile text, any size. */
#include "views/popup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "tests/views/expect.h"

static struct popup popup;
static struct canvas *canvas;

static void fill(void)
{
	popup_set_title(&popup, "shop:order");
	popup_add(&popup, 0, "time", "2026-11-22 14:00:00.144000000");
	popup_addf(&popup, 0, "CPU", "%d", 3);
	popup_add(&popup, 0, "before it", "12 events lost");
	popup_set_role(&popup, ROLE_ERR);
	popup_add(&popup, 0, "", "");
	popup_add_heading(&popup, "Fields");
	popup_add(&popup, 1, "message",
		  "The quick brown fox jumps over the lazy dog, again and again and again and "
		  "again, until the value is longer than a row.\nsecond line\tafter a tab");
	popup_add(&popup, 1, "attack\033[2J", "\033]0;owned\a \xe2\x80\x8e \xff \xe6\xbc\xa2");
	for (int i = 0; i < 20; i++)
		popup_addf(&popup, 2, "element", "%d", i);
}

static int setup(void **state)
{
	(void)state;
	expect_setup();
	canvas = canvas_create(1, 1);
	fill();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	popup_finish(&popup);
	canvas_destroy(canvas);
	return 0;
}

static void draw(int rows, int columns, enum glyphs glyphs)
{
	canvas_resize(canvas, rows, columns);
	canvas_set_glyphs(canvas, glyphs);
	popup_fit(&popup, canvas);
	popup_draw(&popup, canvas);
}

static void it_looks_as_drawn(void **state)
{
	static const int sizes[][2] = {{4, 20}, {10, 40}, {24, 80}, {40, 120}, {60, 200}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		char *name = mem_printf("popup-%dx%d", sizes[i][1], sizes[i][0]);

		draw(sizes[i][0], sizes[i][1], GLYPHS_UTF8);
		expect_golden(canvas, name);
		free(name);
	}
	draw(10, 40, GLYPHS_ASCII);
	expect_golden(canvas, "popup-ascii-40x10");
}

static void it_lives_at_any_size(void **state)
{
	(void)state;
	for (int rows = 1; rows <= 30; rows++)
		for (int columns = 1; columns <= 130; columns++)
			draw(rows, columns, (enum glyphs)((rows + columns) % 3));
	popup_finish(&popup);
	draw(10, 40, GLYPHS_UTF8);
	assert_true(popup_act(&popup, "down"));
	draw(1, 1, GLYPHS_UTF8);
}

static void it_scrolls_within_its_rows(void **state)
{
	size_t all;

	(void)state;
	draw(12, 80, GLYPHS_UTF8);
	all = popup.row_count;
	assert_int_equal(popup.rows, 10);
	popup_act(&popup, "up");
	assert_int_equal(popup.top, 0);
	popup_act(&popup, "down");
	assert_int_equal(popup.top, 1);
	popup_act(&popup, "page-down");
	assert_int_equal(popup.top, 11);
	popup_act(&popup, "half-up");
	assert_int_equal(popup.top, 6);
	popup_act(&popup, "last");
	assert_int_equal(popup.top, all - 10);
	popup_act(&popup, "page-down");
	assert_int_equal(popup.top, all - 10);
	draw(60, 80, GLYPHS_UTF8); /* all of it fits */
	assert_int_equal(popup.top, 0);
	popup_act(&popup, "last");
	popup_act(&popup, "first");
	assert_int_equal(popup.top, 0);
	assert_false(popup_act(&popup, "rotate"));
}

static void it_is_copied_as_text(void **state)
{
	struct text text = {0};

	(void)state;
	popup_finish(&popup);
	popup_set_title(&popup, "t");
	popup_add_heading(&popup, "h");
	popup_add(&popup, 1, "n", "a\nb");
	popup_print(&popup, &text);
	assert_string_equal(text_str(&text), "t\nh\n  n = a\n    b\n");
	text_finish(&text);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_looks_as_drawn),
		TEST(it_lives_at_any_size),
		TEST(it_scrolls_within_its_rows),
		TEST(it_is_copied_as_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
