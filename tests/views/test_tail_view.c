/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tail: golden pictures, following, freezing, finding, filtering, hostile text. */
#include "views/views.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/browse/tail.h"
#include "tests/views/expect.h"
#include "tests/views/pages.h"
#include "views/popup.h"

static struct pictures pictures;
static struct shown shown;
static struct event_page *page;
static struct tail_info info;

static void show(size_t count)
{
	struct event_page *old = page;

	page = pages_make_shop(count);
	pictures.input.tail = page;
	info.shown_events = info.seen_events = info.decoded_events = count;
	event_page_unref(old);
}

static int setup(void **state)
{
	(void)state;
	expect_setup();
	pictures_init_web(&pictures);
	shown_init(&shown, &tail_view, &pictures);
	info = (struct tail_info){0};
	pictures.input.tail_info = &info;
	show(100);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	shown_finish(&shown);
	event_page_unref(page);
	page = NULL;
	return 0;
}

static bool shows(const char *wanted)
{
	struct text text = {0};
	bool is_shown;

	canvas_print(shown.canvas, &text);
	is_shown = strstr(text_str(&text), wanted) != NULL;
	text_finish(&text);
	return is_shown;
}

static void draw(void)
{
	shown_draw(&shown, 10, 80, GLYPHS_UTF8);
}

static void expect_selected(const char *wanted)
{
	struct text text = {0};

	draw();
	tail_view.detail(shown.state, &pictures.input, &text);
	if (!strstr(text_str(&text), wanted))
		fail_msg("'%s' is not in '%s'", wanted, text_str(&text));
	text_finish(&text);
}

static void it_looks_as_drawn(void **state)
{
	(void)state;
	info.seen_events = 1204331;
	info.is_sampling = true;
	shown_expect_golden(&shown);
}

static void it_lives_at_any_size(void **state)
{
	(void)state;
	shown_try_sizes(&shown);
	shown_act(&shown, "wrap", "");
	shown_act(&shown, "columns", "");
	shown_try_sizes(&shown);
	pictures.input.tail = NULL;
	shown_try_sizes(&shown);
	pictures_init(&pictures);
	shown_try_sizes(&shown);
}

static void the_end_is_followed_until_one_moves_up(void **state)
{
	(void)state;
	expect_selected("14:00:00.148500000");
	show(120);
	expect_selected("14:00:00.178500000");
	shown_act(&shown, "up", "");
	expect_selected("14:00:00.177000000");
	show(200);
	expect_selected("14:00:00.177000000");
	assert_true(shows("F follows"));
	shown_act(&shown, "follow", "");
	expect_selected("14:00:00.298500000");
	shown_act(&shown, "first", "");
	expect_selected("14:00:00.000000000");
	shown_act(&shown, "last", "");
	show(210);
	expect_selected("14:00:00.313500000");
}

static void frozen_it_counts_what_comes(void **state)
{
	(void)state;
	draw();
	shown_act(&shown, "freeze", "");
	show(1334);
	info.shown_events = 12440;
	expect_selected("14:00:00.148500000");
	assert_true(shows("FROZEN +12 340 new"));
	shown_act(&shown, "freeze", "");
	expect_selected("14:00:01.999500000");
	assert_false(shows("FROZEN"));
}

static void another_session_is_not_frozen(void **state)
{
	(void)state;
	draw();
	shown_act(&shown, "freeze", "");
	pictures.selection.session_id = 2;
	pictures.input.tail = NULL;
	draw();
	assert_false(shows("FROZEN"));
	assert_true(shows("db is stopped: s starts it"));
}

static void without_events_it_says_what_to_do(void **state)
{
	(void)state;
	pictures.input.tail = NULL;
	draw();
	assert_true(shows("waiting for events of web"));
	pictures.input.tail_filter = "id > 3";
	draw();
	assert_true(shows("no event of web has come yet that matches id > 3: f changes that"));
	pictures.input.tail_filter = NULL;
	assert_false(shows("no application"));
	pictures.picture.source_count = 1;
	draw();
	assert_true(shows("no application that can be traced runs"));
	pictures_init(&pictures);
	draw();
	assert_true(shows("no session: c in pane 1 creates one"));
}

static void texts_are_found_from_the_newest_up(void **state)
{
	(void)state;
	draw();
	shown_act(&shown, "find-start", "");
	shown_act(&shown, "find", "customer");
	expect_selected("14:00:00.144000000 shop:order");
	shown_act(&shown, "find-previous", "");
	expect_selected("14:00:00.136500000 shop:order");
	shown_act(&shown, "find-next", "");
	expect_selected("14:00:00.144000000 shop:order");
	shown_act(&shown, "find", "");
	expect_selected("14:00:00.148500000");
	shown_expect(&shown, "find-next", "@say nothing was searched so far: / searches");
	shown_act(&shown, "find", "/id = 9[0-9]/");
	shown_act(&shown, "find-next", "");
	expect_selected("id = 90");
	shown_expect(&shown, "find-end", "");
	expect_selected("id = 90");
	shown_act(&shown, "find", "nowhere");
	shown_expect(&shown, "find-end", "@say nothing matches nowhere");
}

static void filters_keep_what_matches(void **state)
{
	(void)state;
	shown_act(&shown, "filter", "order");
	expect_selected("shop:order");
	shown_act(&shown, "up", "");
	expect_selected("14:00:00.136500000 shop:order");
	shown_act(&shown, "filter", "nowhere");
	draw();
	assert_true(shows("nothing matches nowhere"));
}

static void times_have_three_forms(void **state)
{
	(void)state;
	draw();
	assert_true(shows(" 14:00:00.147000000"));
	shown_act(&shown, "time-format", "");
	draw();
	assert_true(shows(" +0.147000000 "));
	shown_act(&shown, "time-format", "");
	draw();
	assert_true(shows(" +0.001500000 "));
	shown_act(&shown, "time-format", "");
	draw();
	assert_true(shows(" 14:00:00.147000000"));
}

static void repeats_are_collapsed(void **state)
{
	(void)state;
	shown_act(&shown, "repeats", "");
	shown_act(&shown, "repeats", "");
	shown_draw(&shown, 10, 120, GLYPHS_UTF8);
	assert_true(shows("2 times: id = 7"));
	shown_act(&shown, "repeats", "");
	shown_draw(&shown, 10, 120, GLYPHS_UTF8);
	assert_false(shows("2 times"));
}

static void collapsed_losses_are_shown(void **state)
{
	(void)state;
	draw();
	shown_act(&shown, "first", "");
	shown_act(&shown, "repeats", "");
	shown_act(&shown, "repeats", "");
	draw();
	assert_true(shows("— 1 200 events, 1 packet lost —"));
}

static unsigned int count_orders(void)
{
	struct text text = {0};
	unsigned int count = 0;

	canvas_print(shown.canvas, &text);
	for (const char *at = text_str(&text); (at = strstr(at, "shop:order")); at++)
		count++;
	text_finish(&text);
	return count;
}

static void long_events_scroll_and_wrap(void **state)
{
	(void)state;
	shown_act(&shown, "filter", "order");
	draw();
	assert_int_equal(count_orders(), 8);
	assert_false(shows("procname"));
	shown_act(&shown, "right-end", "");
	draw();
	assert_true(shows("procname = \"shop\"}"));
	shown_act(&shown, "left-end", "");
	shown_act(&shown, "wrap", "");
	draw();
	assert_in_range(count_orders(), 1, 4); /* of eight rows */
}

static void details_have_every_field(void **state)
{
	struct popup popup = {0};
	struct text text = {0};

	(void)state;
	shown_act(&shown, "filter", "order");
	draw();
	shown_expect(&shown, "open", "@details");
	assert_true(tail_view.details(shown.state, &pictures.input, &popup));
	popup_print(&popup, &text);
	assert_string_equal(text_str(&text), "shop:order\n"
					     "time = 2026-11-22 14:00:00.144000000\n"
					     "since 1970 = 1795356000.144000000 s\n"
					     "CPU = 0\n"
					     "stream = ust/uid/0/64-bit/channel0_1\n"
					     "log level = TRACE_INFO (6)\n"
					     "\n"
					     "Fields\n"
					     "  id = 96\n"
					     "  customer = Zo\xc3\xab\n"
					     "  address\n"
					     "    street = High Street 1\n"
					     "    codes\n"
					     "      [0] = 10\n"
					     "      [1] = 0x1f\n"
					     "  total = 12.5\n"
					     "\n"
					     "Context\n"
					     "  vpid = 4711\n"
					     "  procname = shop\n"
					     "\n"
					     "Packet\n"
					     "  cpu_id = 1\n");
	text_finish(&text);
	popup_finish(&popup);
}

static void the_line_is_copied(void **state)
{
	(void)state;
	shown_act(&shown, "filter", "order");
	draw();
	shown_expect(&shown, "copy",
		     "@copy 14:00:00.144000000 shop:order: id = 96, customer = \"Zo\xc3\xab\", "
		     "address = {street = \"High Street 1\", codes = [10, 0x1f]}, total = 12.5  "
		     "{vpid = 4711, procname = \"shop\"}");
}

static void sessions_are_controlled_from_here(void **state)
{
	(void)state;
	shown_expect(&shown, "rotate", "rotate web");
	shown_expect(&shown, "back", "@events");
	assert_string_equal(tail_view.label(shown.state, &pictures.input, "session-toggle"),
			    "Stop");
	assert_false(shown_act(&shown, "sort-next", ""));
}

static void what_cannot_be_decoded_is_said(void **state)
{
	(void)state;
	error_set(&info.error, ERROR_PROTOCOL, "the metadata can't be read");
	draw();
	assert_true(shows("E the metadata can't be read"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_looks_as_drawn),
		TEST(it_lives_at_any_size),
		TEST(the_end_is_followed_until_one_moves_up),
		TEST(frozen_it_counts_what_comes),
		TEST(another_session_is_not_frozen),
		TEST(without_events_it_says_what_to_do),
		TEST(texts_are_found_from_the_newest_up),
		TEST(filters_keep_what_matches),
		TEST(times_have_three_forms),
		TEST(repeats_are_collapsed),
		TEST(collapsed_losses_are_shown),
		TEST(long_events_scroll_and_wrap),
		TEST(details_have_every_field),
		TEST(the_line_is_copied),
		TEST(sessions_are_controlled_from_here),
		TEST(what_cannot_be_decoded_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
