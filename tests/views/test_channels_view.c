/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Channels: golden pictures, narrowing other panes, enabling and disabling. */
#include "views/views.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "tests/views/web_view.h"
#include "views/popup.h"

static void it_says_why_it_is_empty(void **state)
{
	(void)state;
	pictures.selection.session_id = 2;
	shown_draw(&shown, 1, 70, GLYPHS_UTF8);
	expect_canvas(shown.canvas,
		      " no channels: c creates one, and so does \"enable-event -u NAME\"");
	pictures_init(&pictures);
	shown_draw(&shown, 1, 60, GLYPHS_UTF8);
	expect_canvas(shown.canvas, " no session: c in pane 1 creates one");
	pictures.picture.serial = 0;
	shown_draw(&shown, 1, 60, GLYPHS_UTF8);
	expect_canvas(shown.canvas, " loading");
}

static void only_moving_narrows_the_other_panes(void **state)
{
	(void)state;
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	assert_false(pictures.selection.has_channel);
	shown_act(&shown, "sort-rate", "");
	assert_false(pictures.selection.has_channel);
	shown_act(&shown, "sort-name", "");
	pictures.selection.has_event = true;
	shown_act(&shown, "last", "");
	assert_true(pictures.selection.has_channel);
	assert_false(pictures.selection.has_event);
	assert_int_equal(pictures.selection.channel_id, 0);
	shown_expect(&shown, "back", "@sessions");
	assert_false(pictures.selection.has_channel);
	shown_expect(&shown, "open", "@events");
	assert_true(pictures.selection.has_channel);
}

static void toggling_uses_the_commands_of_lttng(void **state)
{
	(void)state;
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	shown_expect(&shown, "toggle", "disable-channel -u -s web flight");
	assert_string_equal(channels_view.label(shown.state, &pictures.input, "toggle"), "Disab");
	shown_act(&shown, "down", "");
	shown_expect(&shown, "toggle", "enable-channel -u -s web off");
	pictures.channels[2].domain = "Linux kernel";
	pictures.channels[2].name = "a,b c";
	shown_act(&shown, "first", "");
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	assert_string_equal(channels_view.label(shown.state, &pictures.input, "toggle"), "Enabl");
	/* A comma would be two channels: it is escaped, and the escape quoted. */
	assert_true(shown_act(&shown, "toggle", ""));
	assert_non_null(strstr(text_str(&shown.command), "enable-channel -k -s web '"));
	assert_non_null(strstr(text_str(&shown.command), "a\\,b c"));
}

static void marked_channels_do_the_same_as_the_first(void **state)
{
	(void)state;
	shown_act(&shown, "mark", "");
	shown_act(&shown, "mark", "");
	shown_expect(&shown, "toggle",
		     "disable-channel -u -s web flight; disable-channel -u -s web off");
}

static void session_commands_work_here_too(void **state)
{
	(void)state;
	shown_expect(&shown, "rotate", "rotate web");
	shown_expect(&shown, "session-toggle", "stop web");
	shown_expect(&shown, "acknowledge", "@acknowledge");
	assert_false(shown_act(&shown, "fly", ""));
}

static void without_a_session_the_keys_say_what_is_missing(void **state)
{
	(void)state;
	pictures.picture.session_count = 0;
	pictures.selection = (struct selection){0};
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	shown_expect(&shown, "session-toggle",
		     "@say there is no session yet: c in pane 1 creates one");
	shown_expect(&shown, "acknowledge",
		     "@say there is no session yet: c in pane 1 creates one");
	shown_expect(&shown, "toggle", "@say there is nothing here to enable or disable");
	shown_expect(&shown, "open", "@say no session: c in pane 1 creates one");
	shown_expect(&shown, "copy", "@say no session: c in pane 1 creates one");
}

static void another_session_begins_at_its_first_channel(void **state)
{
	(void)state;
	pictures_add_channel(&pictures, "x");
	pictures_add_channel(&pictures, "y");
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	shown_act(&shown, "down", "");
	shown_act(&shown, "mark", "");
	pictures.selection = (struct selection){.session_id = 2};
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	assert_int_equal(canvas_cell(shown.canvas, 1, 4)->role, ROLE_SELECT);
	assert_int_equal(canvas_cell(shown.canvas, 2, 0)->chars[0], ' ');
}

static void a_vanished_channel_narrows_no_more(void **state)
{
	(void)state;
	pictures.selection.has_channel = true;
	pictures.selection.channel_id = 99;
	pictures.selection.has_event = true;
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	assert_false(pictures.selection.has_channel);
	assert_false(pictures.selection.has_event);
}

static void the_detail_line_has_the_timers(void **state)
{
	struct text text = {0};

	(void)state;
	shown_act(&shown, "last", "");
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	channels_view.detail(shown.state, &pictures.input, &text);
	assert_string_equal(text_str(&text),
			    "web › ust0  lost 1 204 events (1 200 for want of room, 4 not written),"
			    " last 14:02:05  1 204 331 events  12.1 MB  User space  discard"
			    "  4x512k  switch 1.0 s  read 200 ms  2 rules");
	text_finish(&text);
}

static void sizes_of_buffers_are_short(void **state)
{
	static const struct {
		uint64_t count, bytes;
		const char *shown;
	} cases[] = {
		{4, 524288, "4×512k"}, {16, 134217728, "16×128M"}, {2, 1 << 30, "2×1G"},
		{2, 512, "2×512"},     {1, 1500, "1×1500"},	   {0, 0, "0×0"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct canvas *window;

		pictures.channels[1].subbuf_count = cases[i].count;
		pictures.channels[1].subbuf_bytes = cases[i].bytes;
		shown_draw(&shown, 24, 80, GLYPHS_UTF8);
		window = canvas_window(shown.canvas, 1, 62, 1, 8);
		expect_canvas(window, cases[i].shown);
		canvas_destroy(window);
	}
}

static void a_row_is_copied_as_its_command(void **state)
{
	(void)state;
	shown_expect(&shown, "copy-command",
		     "@copy enable-channel -u -s web flight --overwrite --num-subbuf 8 "
		     "--subbuf-size 4096 --switch-timer 0 --read-timer 0");
}

static void details_have_contexts_and_losses(void **state)
{
	struct popup popup = {0};
	struct text text = {0};

	(void)state;
	pictures.channels[1].contexts = "vpid, procname";
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	assert_true(shown.view->details(shown.state, &pictures.input, &popup));
	popup_print(&popup, &text);
	assert_non_null(strstr(text_str(&text), "flight"));
	assert_non_null(strstr(text_str(&text), "vpid, procname"));
	assert_non_null(strstr(text_str(&text), "3 packets overwritten"));
	popup_finish(&popup);
	text_finish(&text);
}

static void details_have_the_losses_of_each_cpu(void **state)
{
	static const struct picture_cpu cpus[] = {
		{"CPU 0", {.lost_packets = 9}},
		{"CPU 1", {.discarded_events = 12345, .discarded_ring = 12345}},
		{"CPU 12", {.lost_packets = 3}},
	};
	struct popup popup = {0};

	(void)state;
	pictures.picture.cpus = cpus;
	pictures.picture.cpu_count = COUNT_OF(cpus);
	pictures.channels[0].first_cpu = 1;
	pictures.channels[0].cpu_count = 2;
	shown_draw(&shown, 24, 80, GLYPHS_UTF8);
	shown_act(&shown, "last", "");
	assert_true(shown.view->details(shown.state, &pictures.input, &popup));
	assert_string_equal(popup.lines[popup.line_count - 3].name, "losses by CPU");
	assert_string_equal(popup.lines[popup.line_count - 2].name, "CPU 1");
	assert_string_equal(popup.lines[popup.line_count - 2].value,
			    "lost 12 345 events (12 345 for want of room, 0 not written)");
	assert_string_equal(popup.lines[popup.line_count - 1].name, "CPU 12");
	assert_string_equal(popup.lines[popup.line_count - 1].value, "3 packets overwritten");
	popup_finish(&popup);
}

#define TEST(name) WEB_VIEW_TEST(name, channels_view)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_looks_as_drawn),
		TEST(it_lives_at_any_size),
		TEST(it_says_why_it_is_empty),
		TEST(only_moving_narrows_the_other_panes),
		TEST(toggling_uses_the_commands_of_lttng),
		TEST(marked_channels_do_the_same_as_the_first),
		TEST(session_commands_work_here_too),
		TEST(without_a_session_the_keys_say_what_is_missing),
		TEST(another_session_begins_at_its_first_channel),
		TEST(a_vanished_channel_narrows_no_more),
		TEST(the_detail_line_has_the_timers),
		TEST(sizes_of_buffers_are_short),
		TEST(a_row_is_copied_as_its_command),
		TEST(details_have_contexts_and_losses),
		TEST(details_have_the_losses_of_each_cpu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
