/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages: golden pictures, following the newest, searching in messages and their commands. */
#include "views/views.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/views/web_view.h"

static void it_says_that_it_is_empty(void **state)
{
	(void)state;
	pictures_init(&pictures);
	shown_draw(&shown, 1, 20, GLYPHS_UTF8);
	expect_canvas(shown.canvas, "no messages");
}

static void the_newest_is_followed(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++)
		pictures_add_message(&pictures, LOG_LEVEL_DEBUG, "later", "");
	shown_draw(&shown, 5, 40, GLYPHS_UTF8);
	assert_int_equal(canvas_cell(shown.canvas, 4, 1)->role, ROLE_SELECT);
	assert_int_equal(canvas_cell(shown.canvas, 4, 10)->chars[0], 'd');
	shown_act(&shown, "first", "");
	pictures_add_message(&pictures, LOG_LEVEL_INFO, "last", "");
	shown_draw(&shown, 3, 40, GLYPHS_UTF8);
	expect_canvas(shown.canvas, " TIME▲    L  MESSAGE\n"
				    "▌14:02:05    rotated web: chunk 2 (12.1…\n"
				    " 14:02:06 !  web lost 4 events: disk fu…");
}

static void the_ring_may_drop_the_selected_one(void **state)
{
	(void)state;
	shown_act(&shown, "first", "");
	pictures.input.log++;
	pictures.input.log_count--;
	shown_draw(&shown, 3, 40, GLYPHS_UTF8);
	assert_int_equal(canvas_cell(shown.canvas, 1, 0)->chars[0], 0x258c);
}

static void commands_are_searched_too(void **state)
{
	struct text text = {0};

	(void)state;
	shown_act(&shown, "find", "start x");
	shown_draw(&shown, 5, 40, GLYPHS_UTF8);
	messages_view.detail(shown.state, &pictures.input, &text);
	assert_string_equal(text_str(&text),
			    "14:02:07  cannot start 'x': no such session  [start x]");
	text_finish(&text);
	shown_expect(&shown, "copy", "@copy cannot start 'x': no such session");
}

static void errors_can_be_sorted_first(void **state)
{
	(void)state;
	shown_act(&shown, "sort-level", "");
	shown_draw(&shown, 4, 60, GLYPHS_ASCII);
	expect_canvas(shown.canvas, " TIME     Lv MESSAGE\n"
				    ">14:02:07 E  cannot start 'x': no such session\n"
				    " 14:02:06 !  web lost 4 events: disk full\n"
				    " 14:02:05    rotated web: chunk 2 (12.1 MB)");
}

#define TEST(name) WEB_VIEW_TEST(name, messages_view)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_looks_as_drawn),
		TEST(it_lives_at_any_size),
		TEST(it_says_that_it_is_empty),
		TEST(the_newest_is_followed),
		TEST(the_ring_may_drop_the_selected_one),
		TEST(commands_are_searched_too),
		TEST(errors_can_be_sorted_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
