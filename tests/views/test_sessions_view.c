/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sessions: golden pictures, the selection of all panes, commands on one or marked sessions. */
#include "views/views.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "tests/views/web_view.h"

static void an_empty_picture_says_what_to_do(void **state)
{
	(void)state;
	pictures_init(&pictures);
	shown_draw(&shown, 5, 52, GLYPHS_UTF8);
	expect_canvas(shown.canvas, " S  SESSION▲              RATE/s  EVENTS  LOST  FILL\n"
				    " no sessions: c creates one, and so does \"create\n"
				    " NAME\"");
	assert_int_equal(pictures.selection.session_id, 0);
	pictures.picture.serial = 0;
	shown_draw(&shown, 1, 60, GLYPHS_UTF8);
	expect_canvas(shown.canvas, " loading");
}

static void the_cursor_stands_on_the_selected_row(void **state)
{
	int row, column;

	(void)state;
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	assert_true(canvas_cursor(shown.canvas, &row, &column));
	assert_int_equal(row, 2);
	assert_int_equal(column, 0);
	pictures.input.is_focused = false;
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	assert_false(canvas_cursor(shown.canvas, &row, &column));
	/* Without the focus the row is marked, not painted. */
	assert_int_equal(canvas_cell(shown.canvas, 2, 0)->chars[0], 0x258c);
	assert_int_equal(canvas_cell(shown.canvas, 2, 4)->role, ROLE_NAME);
}

static void moving_selects_for_all_panes(void **state)
{
	(void)state;
	pictures.selection.has_channel = true;
	pictures.selection.channel_id = 1;
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	assert_true(pictures.selection.has_channel);
	assert_true(shown_act(&shown, "up", ""));
	assert_int_equal(pictures.selection.session_id, 2);
	assert_false(pictures.selection.has_channel);
}

static void another_pane_may_move_the_selection(void **state)
{
	(void)state;
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	pictures.selection.session_id = 2;
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	assert_int_equal(canvas_cell(shown.canvas, 1, 0)->chars[0], 0x258c);
	assert_int_equal(pictures.selection.session_id, 2);
}

static void a_destroyed_session_is_replaced_by_its_neighbour(void **state)
{
	(void)state;
	pictures_init(&pictures);
	pictures_add_session(&pictures, "a");
	pictures_add_session(&pictures, "b");
	pictures_add_session(&pictures, "c");
	pictures.selection.session_id = 1;
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	pictures.picture.sessions++;
	pictures.picture.session_count--;
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	assert_int_equal(pictures.selection.session_id, 2);
	pictures.picture.session_count = 0;
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	assert_int_equal(pictures.selection.session_id, 0);
}

static void at_first_an_active_session_is_selected(void **state)
{
	(void)state;
	pictures.selection.session_id = 0;
	pictures.sessions[0].is_active = false;
	pictures.sessions[1].is_active = true;
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	assert_int_equal(pictures.selection.session_id, 2);
}

static void sorting_keeps_the_selected_object(void **state)
{
	(void)state;
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	assert_true(shown_act(&shown, "sort-events", ""));
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	/* Largest first: web is now above db, and still selected. */
	assert_int_equal(canvas_cell(shown.canvas, 1, 4)->chars[0], 'w');
	assert_int_equal(canvas_cell(shown.canvas, 1, 4)->role, ROLE_SELECT);
	assert_int_equal(canvas_cell(shown.canvas, 0, 42)->chars[0], 0x25bc);
	assert_int_equal(canvas_cell(shown.canvas, 0, 42)->role, ROLE_FOCUS);
	assert_int_equal(pictures.selection.session_id, 1);
	assert_true(shown_act(&shown, "sort-invert", ""));
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	assert_int_equal(canvas_cell(shown.canvas, 2, 4)->role, ROLE_SELECT);
	assert_int_equal(canvas_cell(shown.canvas, 0, 42)->chars[0], 0x25b2);
	assert_false(shown_act(&shown, "sort-colour", ""));
}

static void sorting_walks_over_the_columns_on_screen(void **state)
{
	static const int ends[] = {39, 2, 11, 25, 33}; /* LOST, S, SESSION, RATE/s, EVENTS */

	(void)state;
	shown_draw(&shown, 10, 40, GLYPHS_UTF8);
	shown_act(&shown, "sort-previous", "");
	shown_act(&shown, "sort-previous", "");
	for (size_t i = 0; i < 5; i++) {
		shown_draw(&shown, 10, 40, GLYPHS_UTF8);
		assert_int_equal(canvas_cell(shown.canvas, 0, ends[i])->role, ROLE_FOCUS);
		shown_act(&shown, "sort-next", "");
	}
}

static void names_sort_as_people_count(void **state)
{
	(void)state;
	pictures_init(&pictures);
	pictures_add_session(&pictures, "web-10");
	pictures_add_session(&pictures, "web-9"); /* the newest: selected at first */
	shown_draw(&shown, 3, 20, GLYPHS_ASCII);
	expect_canvas(shown.canvas, " S  SESSION^    LOST\n"
				    ">S  web-9          0\n"
				    " S  web-10         0");
}

static void commands_name_the_session(void **state)
{
	(void)state;
	shown_expect(&shown, "session-toggle", "stop web");
	shown_expect(&shown, "rotate", "rotate web");
	shown_expect(&shown, "destroy", "destroy web");
	shown_expect(&shown, "snapshot", "snapshot record -s web");
	shown_expect(&shown, "acknowledge", "@acknowledge");
	shown_expect(&shown, "open", "@channels");
	shown_expect(&shown, "open-chunks", "@chunks");
	shown_expect(&shown, "copy", "@copy /root/lttng-traces/web-20261122-140000");
	shown_act(&shown, "up", "");
	shown_expect(&shown, "session-toggle", "start db");
	shown_expect(&shown, "copy", "@copy db");
	assert_false(shown_act(&shown, "toggle", "")); /* nothing here is enabled or disabled */
	assert_false(shown_act(&shown, "fly", ""));
}

static void marked_sessions_are_all_meant(void **state)
{
	(void)state;
	shown_act(&shown, "first", "");
	shown_act(&shown, "mark", "");
	shown_act(&shown, "mark", "");
	shown_expect(&shown, "session-toggle", "start db; stop web");
	shown_expect(&shown, "destroy", "destroy db; destroy web");
	shown_draw(&shown, 4, 60, GLYPHS_UTF8);
	assert_int_equal(canvas_cell(shown.canvas, 1, 0)->chars[0], '*');
	assert_int_equal(canvas_cell(shown.canvas, 1, 0)->role, ROLE_MARK);
	shown_act(&shown, "filter", "web"); /* what is not shown is not meant */
	shown_expect(&shown, "session-toggle", "stop web");
	shown_act(&shown, "unmark-all", "");
	shown_act(&shown, "filter", "");
	shown_expect(&shown, "session-toggle", "stop web");
}

static void without_sessions_it_says_what_is_missing(void **state)
{
	static const char *const actions[] = {"session-toggle", "rotate", "acknowledge"};

	(void)state;
	pictures_init(&pictures);
	for (size_t i = 0; i < COUNT_OF(actions); i++)
		shown_expect(&shown, actions[i],
			     "@say there is no session yet: c in pane 1 creates one");
	shown_expect(&shown, "open",
		     "@say no sessions: c creates one, and so does \"create NAME\"");
	shown_expect(&shown, "open-output",
		     "@say no sessions: c creates one, and so does \"create NAME\"");
	assert_null(sessions_view.label(shown.state, &pictures.input, "session-toggle"));
	pictures_add_session(&pictures, "far")->output = "";
	shown_expect(&shown, "open-output", "@say far has no trace on this machine");
}

static void names_stay_one_word(void **state)
{
	(void)state;
	pictures_init(&pictures);
	pictures_add_session(&pictures, "a b; destroy x");
	shown_expect(&shown, "session-toggle", "start 'a b; destroy x'");
	pictures.sessions[0].name = "-rf";
	shown_expect(&shown, "rotate", "rotate -- -rf");
	shown_expect(&shown, "snapshot", "snapshot record -s -rf");
}

static void the_label_says_start_or_stop(void **state)
{
	(void)state;
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	assert_string_equal(sessions_view.label(shown.state, &pictures.input, "session-toggle"),
			    "Stop");
	shown_act(&shown, "up", "");
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	assert_string_equal(sessions_view.label(shown.state, &pictures.input, "session-toggle"),
			    "Start");
	assert_null(sessions_view.label(shown.state, &pictures.input, "rotate"));
}

static void losses_alarm_until_acknowledged(void **state)
{
	(void)state;
	shown_draw(&shown, 5, 52, GLYPHS_UTF8);
	assert_int_equal(canvas_cell(shown.canvas, 4, 1)->role, ROLE_ERR);
	assert_int_equal(canvas_cell(shown.canvas, 4, 1)->chars[0], 'l');
	pictures.sessions[0].has_unseen_loss = false;
	shown_draw(&shown, 5, 52, GLYPHS_UTF8);
	assert_int_equal(canvas_cell(shown.canvas, 4, 1)->chars[0], ' ');
	/* The count stays red, on the selected row too. */
	assert_int_equal(canvas_cell(shown.canvas, 2, 45)->role, ROLE_ERR);
	pictures.sessions[0].has_unseen_loss = true;
	pictures.sessions[1].has_unseen_loss = true;
	pictures.sessions[1].counts.last_loss_wall_ns = PICTURES_AT(14, 2, 6);
	shown_draw(&shown, 5, 52, GLYPHS_UTF8);
	expect_canvas(shown.canvas, " S  SESSION▲              RATE/s  EVENTS  LOST  FILL\n"
				    " ○  db                         0     999     0    0%\n"
				    "▌●  web                    18.4k   1.20M 1.20k   42%\n\n"
				    " losses in 2 sessions, last 14:02:06");
}

static void lost_packets_count_where_events_do_not(void **state)
{
	(void)state;
	pictures.sessions[1].counts.lost_packets = 17;
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	assert_int_equal(canvas_cell(shown.canvas, 1, 48)->chars[0], 'p');
	assert_int_equal(canvas_cell(shown.canvas, 1, 47)->chars[0], '7');
	assert_int_equal(canvas_cell(shown.canvas, 1, 48)->role, ROLE_ERR);
}

static void the_detail_line_has_exact_numbers(void **state)
{
	struct text text = {0};

	(void)state;
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	sessions_view.detail(shown.state, &pictures.input, &text);
	assert_string_equal(text_str(&text),
			    "web  active  lost 1 204 events (1 200 for want of room, 4 not written)"
			    "  3 packets overwritten, last 14:02:05  1 204 331 events  12.1 MB"
			    "  local  /root/lttng-traces/web-20261122-140000");
	text_clear(&text);
	pictures_init(&pictures);
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	sessions_view.detail(shown.state, &pictures.input, &text);
	assert_string_equal(text_str(&text), "");
	text_finish(&text);
}

static void who_looks_and_who_is_away_is_shown(void **state)
{
	struct text text = {0};

	(void)state;
	pictures.sessions[0].mode = PICTURE_MODE_LIVE;
	pictures.sessions[0].viewer_count = 3;
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	sessions_view.detail(shown.state, &pictures.input, &text);
	assert_non_null(strstr(text_str(&text), "  live, 3 viewers  /root"));
	text_clear(&text);
	pictures.sessions[0].mode = PICTURE_MODE_STREAMING;
	pictures.sessions[0].viewer_count = 0;
	pictures.sessions[0].relay_lost_wall_ns = PICTURES_AT(14, 1, 9);
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	sessions_view.detail(shown.state, &pictures.input, &text);
	assert_non_null(strstr(text_str(&text), "  streaming, no relay daemon since 14:01:09  "));
	text_finish(&text);
}

static void a_rotating_session_shows_it(void **state)
{
	(void)state;
	pictures.sessions[1].is_rotating = true;
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	assert_int_equal(canvas_cell(shown.canvas, 1, 2)->chars[0], 'r');
}

static void nothing_works_is_said_first(void **state)
{
	static const struct picture_source source = {
		.name = "ust", .title = "User space", .note = "no room for sockets: clean up /tmp"};

	(void)state;
	pictures_init(&pictures);
	pictures.picture.sources = &source;
	pictures.picture.source_count = 1;
	shown_draw(&shown, 1, 60, GLYPHS_UTF8);
	expect_canvas(shown.canvas, " no room for sockets: clean up /tmp");
}

static void a_row_is_copied_as_its_command(void **state)
{
	(void)state;
	shown_expect(&shown, "copy-command",
		     "@copy create web --output /root/lttng-traces/web-20261122-140000");
	pictures.selection.session_id = 2;
	shown_expect(&shown, "copy-command", "@copy create db --snapshot");
}

#define TEST(name) WEB_VIEW_TEST(name, sessions_view)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_looks_as_drawn),
		TEST(it_lives_at_any_size),
		TEST(an_empty_picture_says_what_to_do),
		TEST(the_cursor_stands_on_the_selected_row),
		TEST(moving_selects_for_all_panes),
		TEST(another_pane_may_move_the_selection),
		TEST(a_destroyed_session_is_replaced_by_its_neighbour),
		TEST(at_first_an_active_session_is_selected),
		TEST(sorting_keeps_the_selected_object),
		TEST(sorting_walks_over_the_columns_on_screen),
		TEST(names_sort_as_people_count),
		TEST(commands_name_the_session),
		TEST(marked_sessions_are_all_meant),
		TEST(without_sessions_it_says_what_is_missing),
		TEST(names_stay_one_word),
		TEST(the_label_says_start_or_stop),
		TEST(losses_alarm_until_acknowledged),
		TEST(lost_packets_count_where_events_do_not),
		TEST(the_detail_line_has_exact_numbers),
		TEST(who_looks_and_who_is_away_is_shown),
		TEST(a_rotating_session_shows_it),
		TEST(nothing_works_is_said_first),
		TEST(a_row_is_copied_as_its_command),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
