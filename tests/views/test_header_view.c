/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The top row, and titles of panes: what leaves first, and that losses stay. */
#include "views/views.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "tests/views/expect.h"

static struct pictures pictures;

static int setup(void **state)
{
	(void)state;
	expect_setup();
	pictures_init_web(&pictures);
	return 0;
}

static void expect_header(int columns, const char *characters, const char *roles)
{
	struct canvas *canvas = canvas_create(1, columns);

	header_draw(&pictures.input, canvas);
	expect_canvas(canvas, characters);
	if (roles)
		expect_roles(canvas, roles);
	canvas_destroy(canvas);
}

static void parts_leave_by_importance(void **state)
{
	(void)state;
	expect_header(80,
		      " box  sess 1/2  18.4k ev/s  lost 1.20k 14:02:05  buf 42%"
		      "                   14:02",
		      ".ttt........................EEEEEEEEEEEEEEEEEEE..rrrrrrr"
		      "...................TTTTT");
	expect_header(62, " sess 1/2  18.4k ev/s  lost 1.20k 14:02:05  buf 42%      14:02", NULL);
	expect_header(57, " sess 1/2  18.4k ev/s  lost 1.20k 14:02:05          14:02", NULL);
	expect_header(40, " 18.4k ev/s  lost 1.20k 14:02:05   14:02", NULL);
	expect_header(27, " lost 1.20k 14:02:05  14:02", NULL);
	expect_header(20, "lost 1.20k 14:02:05", NULL);
	expect_header(8, "lost 1.…", NULL);
	expect_header(1, "…", NULL);
}

static void losses_calm_down_when_seen(void **state)
{
	(void)state;
	pictures.sessions[0].has_unseen_loss = false;
	expect_header(40, " sess 1/2  18.4k ev/s  lost 1.20k  14:02",
		      ".......................WWWWWWWWWW..TTTTT");
	pictures.picture.total_discarded = 0;
	expect_header(40, " sess 1/2  18.4k ev/s  lost 3p     14:02",
		      ".......................WWWWWWW.....TTTTT");
	pictures.sessions[0].counts.lost_packets = 0;
	expect_header(40, " sess 1/2  18.4k ev/s  lost 0      14:02",
		      "...................................TTTTT");
}

static void a_loss_without_a_time_is_still_red(void **state)
{
	(void)state;
	pictures.sessions[0].counts.last_loss_wall_ns = 0;
	expect_header(40, " sess 1/2  18.4k ev/s  lost 1.20k  14:02",
		      ".......................EEEEEEEEEE..TTTTT");
}

static void warnings_take_what_is_left(void **state)
{
	(void)state;
	pictures.sessions[0].has_unseen_loss = false;
	pictures.picture.warning = "listening at /root/.lttng: lttng-sessiond answers (pid 4711)";
	expect_header(80,
		      " box  sess 1/2  18.4k ev/s  lost 1.20k  buf 42%"
		      "  ! listening at /root/.l…  14:02",
		      NULL);
	expect_header(52, " 18.4k ev/s  lost 1.20k  ! listening at /roo…  14:02", NULL);
	pictures.input.is_paused = true;
	expect_header(60, " 18.4k ev/s  lost 1.20k  ! listening at /roo…  PAUSED  14:02", NULL);
	pictures.input.is_paused = false;
	pictures.input.is_slow_link = true;
	pictures.picture.warning = "";
	expect_header(60, " sess 1/2  18.4k ev/s  lost 1.20k  buf 42%  slow link  14:02", NULL);
}

static void a_relay_daemon_that_is_away_is_told(void **state)
{
	(void)state;
	pictures.sessions[0].has_unseen_loss = false;
	pictures.sessions[0].relay_lost_wall_ns = PICTURES_AT(14, 1, 9);
	expect_header(93,
		      " box  sess 1/2  18.4k ev/s  lost 1.20k  buf 42%"
		      "  ! web: no relay daemon since 14:01:09  14:02",
		      NULL);
}

static void hosts_are_not_trusted(void **state)
{
	(void)state;
	pictures.picture.host_name = "\033[2J";
	expect_header(80,
		      " ^[[2J  sess 1/2  18.4k ev/s  lost 1.20k 14:02:05  buf 42%"
		      "                 14:02",
		      NULL);
}

static void it_lives_without_anything(void **state)
{
	(void)state;
	pictures_init(&pictures);
	expect_header(60, " box  sess 0/0  0 ev/s  lost 0  buf 0%                 14:02", NULL);
}

static void titles_say_pane_and_context(void **state)
{
	struct canvas *canvas = canvas_create(1, 30);

	(void)state;
	view_draw_title(&events_view, &pictures.input, canvas);
	expect_canvas(canvas, "▌3 Events  web");
	expect_roles(canvas, "ffffffffff.nnn");
	pictures.selection.has_channel = true;
	pictures.input.is_focused = false;
	pictures.input.is_paused = true;
	view_draw_title(&events_view, &pictures.input, canvas);
	expect_canvas(canvas, " 3 Events  PAUSED web / ust0");
	expect_roles(canvas, "tttttttttt.WWWWWW.nnnnnnnnnn");
	pictures.input.is_paused = false;
	view_draw_title(&sessions_view, &pictures.input, canvas);
	expect_canvas(canvas, " 1 Sessions");
	view_draw_title(&channels_view, &pictures.input, canvas);
	expect_canvas(canvas, " 2 Channels  web");
	canvas_destroy(canvas);
	for (int columns = 0; columns < 30; columns++) {
		canvas = canvas_create(1, columns);
		view_draw_title(&events_view, &pictures.input, canvas);
		canvas_destroy(canvas);
	}
}

static void views_are_found_by_name(void **state)
{
	(void)state;
	assert_ptr_equal(view_find("chunks"), &chunks_view);
	assert_null(view_find("chunk"));
	for (size_t i = 0; i < view_count; i++) {
		assert_ptr_equal(view_find(view_table[i]->name), view_table[i]);
		assert_true(i == 0 || !view_table[i]->digit ||
			    view_table[i]->digit > view_table[i - 1]->digit);
	}
}

/* Of all views together. */
static const struct view_action *const shared_actions[] = {
	view_row_actions,   view_searches,	  view_list_actions,
	view_event_actions, view_session_actions,
};

/* The console itself takes the browser to where its page does not reach. */
static bool is_the_browsers(const struct view_class *view, const char *action)
{
	return view == &browser_view && (!strcmp(action, "first") || !strcmp(action, "last"));
}

static void expect_known(struct shown *shown, const struct view_class *view,
			 const struct view_action *action)
{
	for (; action && action->name; action++) {
		if (!is_the_browsers(view, action->name))
			assert_int_equal(shown_act(shown, action->name, ""),
					 view_knows(view, action->name));
	}
}

/* Every word that some view takes is taken here, or isn't listed here. */
static void listed_actions_are_the_known_ones(void **state)
{
	(void)state;
	for (size_t i = 0; i < view_count; i++) {
		struct shown shown;

		shown_init(&shown, view_table[i], &pictures);
		shown_draw(&shown, 24, 80, GLYPHS_UTF8);
		for (size_t j = 0; j < COUNT_OF(shared_actions); j++)
			expect_known(&shown, view_table[i], shared_actions[j]);
		for (size_t j = 0; j < view_count; j++)
			expect_known(&shown, view_table[i], view_table[j]->actions);
		assert_false(view_knows(view_table[i], "fly"));
		shown_finish(&shown);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(parts_leave_by_importance, setup),
		cmocka_unit_test_setup(losses_calm_down_when_seen, setup),
		cmocka_unit_test_setup(a_loss_without_a_time_is_still_red, setup),
		cmocka_unit_test_setup(warnings_take_what_is_left, setup),
		cmocka_unit_test_setup(a_relay_daemon_that_is_away_is_told, setup),
		cmocka_unit_test_setup(hosts_are_not_trusted, setup),
		cmocka_unit_test_setup(it_lives_without_anything, setup),
		cmocka_unit_test_setup(titles_say_pane_and_context, setup),
		cmocka_unit_test_setup(views_are_found_by_name, setup),
		cmocka_unit_test_setup(listed_actions_are_the_known_ones, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
