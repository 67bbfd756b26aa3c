/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Help: the pane's own keys first, narrowing by typing, running a row. */
#include "views/help_view.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "tests/views/expect.h"
#include "views/views.h"

static const struct help_key keys[] = {
	{"q F10", "quit", "close or leave", NULL},
	{"Enter", "open", "its channels", "sessions"},
	{"R F8", "rotate", "new chunk", NULL},
	{"Enter", "open", "its events", "channels"},
	{"s F5", "toggle", "start or stop", "sessions"},
};

static const struct view_class small_view = {
	.name = "sessions",
	.title = "Sessions",
	.help = "All sessions, and the one that other panes show."};

static const struct help_content content = {.view = &small_view, .keys = keys, .key_count = 5};

static struct help_view help;
static struct canvas *canvas;

static int setup(void **state)
{
	(void)state;
	expect_setup();
	help_view_init(&help);
	canvas = canvas_create(1, 1);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	help_view_finish(&help);
	canvas_destroy(canvas);
	return 0;
}

static void draw(int rows, int columns)
{
	canvas_resize(canvas, rows, columns);
	help_view_fit(&help, &content, canvas);
	help_view_draw(&help, canvas);
}

static const char *act(const char *name, const char *argument)
{
	const char *action;

	assert_true(help_view_act(&help, &content, name, argument, &action));
	return action;
}

static void keys_of_the_pane_come_first(void **state)
{
	(void)state;
	draw(10, 40);
	expect_canvas(canvas, "Sessions\n"
			      "All sessions, and the one that other\n"
			      "panes show.\n"
			      "Keys of this pane\n"
			      " Enter        its channels\n"
			      " s F5         start or stop\n"
			      "Keys everywhere\n"
			      " q F10        close or leave\n"
			      " R F8         new chunk");
	expect_roles(canvas, "tttttttt\n\n\n"
			     "ttttttttttttttttt\n"
			     "ssssssssssssssssssssssssssssssssssssssss\n"
			     ".kkkk\n"
			     "ttttttttttttttt\n"
			     ".kkkkk\n"
			     ".kkkk");
}

static void wide_help_has_two_columns(void **state)
{
	(void)state;
	draw(5, 80);
	expect_canvas(canvas,
		      "Sessions                                  s F5         start or stop\n"
		      "All sessions, and the one that other     Keys everywhere\n"
		      "panes show.                               q F10        close or leave\n"
		      "Keys of this pane                         R F8         new chunk\n"
		      " Enter        its channels");
}

static void the_page_of_the_selected_key_shows(void **state)
{
	int row, column;

	(void)state;
	draw(5, 40); /* the first key is on the first page */
	assert_int_equal(canvas_cell(canvas, 4, 1)->chars[0], 'E');
	act("down", "");
	draw(5, 40);
	expect_canvas(canvas, " s F5         start or stop\n"
			      "Keys everywhere\n"
			      " q F10        close or leave\n"
			      " R F8         new chunk");
	assert_true(canvas_cursor(canvas, &row, &column));
	assert_int_equal(row, 0);
	act("last", "");
	draw(5, 40);
	assert_true(canvas_cursor(canvas, &row, &column));
	assert_int_equal(row, 3);
}

static void typing_narrows_it(void **state)
{
	(void)state;
	act("filter", "st");
	draw(10, 40);
	expect_canvas(canvas, "Keys of this pane\n"
			      " s F5         start or stop");
	assert_string_equal(act("open", ""), "toggle");
	act("filter", "rotate"); /* names of actions count */
	assert_string_equal(act("open", ""), "rotate");
	act("filter", "zzz");
	draw(10, 40);
	expect_canvas(canvas, "no key does that");
	assert_null(act("open", ""));
	act("filter", "");
	assert_string_equal(act("open", ""), "open");
	act("down", "2");
	assert_string_equal(act("open", ""), "quit");
}

static void it_lives_at_any_size(void **state)
{
	(void)state;
	for (int rows = 0; rows < 12; rows++)
		for (int columns = 0; columns < 100; columns++)
			draw(rows, columns);
	canvas_resize(canvas, 3, 30);
	help_view_fit(&help, &(struct help_content){0}, canvas);
	help_view_draw(&help, canvas);
}

static void narrow_help_keeps_the_words(void **state)
{
	(void)state;
	act("filter", "chunk");
	draw(2, 20);
	expect_canvas(canvas, "Keys everywhere\n R F8   new chunk");
}

/* Where sentences fill pages, these are gone to like keys; nothing is cut. */
static void a_small_screen_has_pages_for_sentences(void **state)
{
	size_t shown;

	(void)state;
	draw(3, 20);
	assert_int_equal(help_view_pages(&help, &shown), 5);
	assert_int_equal(shown, 1);
	expect_canvas(canvas, "Sessions\nAll sessions, and\nthe one that other");
	assert_null(act("open", ""));
	act("down", "");
	draw(3, 20);
	expect_canvas(canvas, "panes show.\nKeys of this pane\n Enter  its channels");
	assert_string_equal(act("open", ""), "open");
	act("page-down", "");
	draw(3, 20);
	expect_canvas(canvas, " s F5   start or\n        stop"); /* a heading is not left alone */
	act("page-up", "");
	act("page-up", "");
	draw(3, 20);
	help_view_pages(&help, &shown);
	assert_int_equal(shown, 1);
}

static const struct help_key long_keys[] = {
	{"Esc Backspace C-h M-Left", "back", "to where it came from, by the way that was taken",
	 NULL},
};

static void nothing_is_cut(void **state)
{
	const struct help_content one = {.keys = long_keys, .key_count = 1};

	(void)state;
	canvas_resize(canvas, 5, 40);
	help_view_fit(&help, &one, canvas);
	help_view_draw(&help, canvas);
	expect_canvas(canvas, "Keys everywhere\n"
			      " Esc          to where it came from, by\n"
			      " Backspace    the way that was taken\n"
			      " C-h M-Left");
	expect_roles(canvas, "ttttttttttttttt\n"
			     "ssssssssssssssssssssssssssssssssssssssss\n"
			     "ssssssssssssssssssssssssssssssssssssssss\n"
			     "ssssssssssssssssssssssssssssssssssssssss");
}

/* A part of the keys on a row of its own would look like a key without a meaning. */
static void keys_stand_in_one_row_if_there_is_room(void **state)
{
	static const struct help_key pair[] = {
		{"Esc Backspace M-Left", "back", "back", NULL},
		{"Up k", "up", "move", NULL},
	};
	const struct help_content two = {.keys = pair, .key_count = COUNT_OF(pair)};

	(void)state;
	canvas_resize(canvas, 5, 40);
	help_view_fit(&help, &two, canvas);
	help_view_draw(&help, canvas);
	expect_canvas(canvas, "Keys everywhere\n"
			      " Esc Backspace M-Left back\n"
			      " Up k         move");
}

static void every_view_explains_itself(void **state)
{
	(void)state;
	for (size_t i = 0; i < view_count; i++)
		assert_true(strlen(view_table[i]->help) > 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(keys_of_the_pane_come_first),
		TEST(wide_help_has_two_columns),
		TEST(the_page_of_the_selected_key_shows),
		TEST(typing_narrows_it),
		TEST(it_lives_at_any_size),
		TEST(narrow_help_keeps_the_words),
		TEST(a_small_screen_has_pages_for_sentences),
		TEST(nothing_is_cut),
		TEST(keys_stand_in_one_row_if_there_is_room),
		TEST(every_view_explains_itself),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
