/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Browser: golden pictures, states of a trace, the job's line, gaps, marks, places. */
#include "views/views.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/units.h"
#include "backend/browse/browse.h"
#include "tests/views/expect.h"
#include "tests/views/pages.h"
#include "views/popup.h"

#define EVENTS 200

static struct pictures pictures;
static struct shown shown;
static struct event_page *page;
static struct browse_info info;
static struct browser_state browser;

static void fill_info(void)
{
	info = (struct browse_info){
		.is_open = true,
		.path = "/root/lttng-traces/web-20261122-140000/archives/20261122T140000+0000-0",
		.begin_wall_ns = PICTURES_AT(14, 0, 0),
		.end_wall_ns = PICTURES_AT(14, 0, 0) + 300 * NS_PER_MS,
		.trace_count = 1,
		.stream_count = 4,
		.packet_count = 20,
		.packet_bytes = 80000,
		.lost_events = 1200,
		.lost_packets = 1,
		.gap_count = 1,
		.is_indexed = true,
	};
	for (size_t i = 0; i < BROWSE_BINS; i++)
		info.bins[i] = i < 128 ? i : 255 - i;
	info.has_gap[2] = true;
}

static int setup(void **state)
{
	(void)state;
	expect_setup();
	pictures_init_web(&pictures);
	shown_init(&shown, &browser_view, &pictures);
	fill_info();
	browser = (struct browser_state){.filter = "", .find = "", .waiting = "", .problem = ""};
	page = pages_make_shop(EVENTS);
	pictures.input.browser = page;
	pictures.input.browser_info = &info;
	pictures.input.browser_state = &browser;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	shown_finish(&shown);
	event_page_unref(page);
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
	shown_draw(&shown, 12, 80, GLYPHS_UTF8);
}

static void go(uint64_t ms)
{
	pictures.selection.place =
		(struct event_place){.wall_ns = PICTURES_AT(14, 0, 0) + ms * NS_PER_MS};
	pictures.selection.has_place = true;
	draw();
}

static void it_looks_as_drawn(void **state)
{
	static const struct event_mark marks[] = {{'a', {PICTURES_AT(14, 0, 0), 0}}};

	(void)state;
	browser.find = "order";
	browser.marks = marks;
	browser.mark_count = 1;
	shown_expect_golden(&shown);
}

static void it_lives_at_any_size(void **state)
{
	(void)state;
	info.job = (struct browse_job){.what = "searching", .total_bytes = 5, .done_bytes = 9};
	shown_try_sizes(&shown);
	shown_act(&shown, "wrap", "");
	info.job.what = NULL;
	shown_try_sizes(&shown);
	pictures.input.browser = NULL;
	info.is_open = false;
	shown_try_sizes(&shown);
	pictures.input.browser_info = NULL;
	pictures.input.browser_state = NULL;
	shown_try_sizes(&shown);
}

static void what_could_not_be_read_is_said(void **state)
{
	(void)state;
	error_set(&info.error, ERROR_INVALID, "'chan_1' from byte 4096 on: no packet");
	draw();
	assert_true(shows("E 'chan_1' from byte 4096 on: no packet"));
	assert_true(shows("shop:request_begin"));
	info.is_growing = true; /* what is being written may be incomplete */
	draw();
	assert_false(shows("E 'chan_1'"));
	info.error.code = ERROR_NONE;
	pictures.input.browser = NULL;
	browser.problem = "its metadata is wrong";
	draw();
	assert_true(shows("E its metadata is wrong"));
	assert_false(shows("no events"));
}

static void what_was_gone_to_is_shown_a_third_down(void **state)
{
	(void)state;
	draw();
	go(150); /* event 100; the body has eight rows */
	assert_string_equal("shop:request_begin", page->rows[100].name);
	assert_int_equal(canvas_cell(shown.canvas, 5, 10)->role, ROLE_SELECT);
	assert_true(shows("50 %"));
	shown_act(&shown, "down", "");
	draw();
	assert_int_equal(canvas_cell(shown.canvas, 6, 10)->role, ROLE_SELECT);
	assert_int_equal(pictures.selection.place.wall_ns, page->rows[101].place.wall_ns);
}

static void the_selection_stays_when_pages_are_joined(void **state)
{
	struct event_page *longer = pages_make_shop(2 * EVENTS);

	(void)state;
	go(150);
	pictures.input.browser = longer;
	draw();
	assert_int_equal(pictures.selection.place.wall_ns, page->rows[100].place.wall_ns);
	assert_int_equal(canvas_cell(shown.canvas, 5, 10)->role, ROLE_SELECT);
	shown_act(&shown, "up", "");
	draw(); /* views keep what they show */
	event_page_unref(longer);
	pictures.input.browser = page;
	draw();
}

static void the_nearest_is_selected_when_it_is_gone(void **state)
{
	(void)state;
	go(151);
	assert_int_equal(pictures.selection.place.wall_ns, page->rows[101].place.wall_ns);
	go(999);
	assert_int_equal(pictures.selection.place.wall_ns, page->rows[EVENTS - 1].place.wall_ns);
}

static void places_of_one_time_are_told_apart(void **state)
{
	struct event_page *same = event_page_make();

	(void)state;
	for (unsigned int i = 0; i < 5; i++)
		pages_add_event(same, "e", PICTURES_AT(14, 0, 0), i)->place.skip = i;
	pictures.input.browser = same;
	go(0);
	for (unsigned int i = 1; i < 5; i++) {
		shown_act(&shown, "down", "");
		draw();
		assert_int_equal(pictures.selection.place.skip, i);
	}
	pictures.input.browser = NULL;
	draw();
	event_page_unref(same);
}

static void losses_are_red(void **state)
{
	(void)state;
	draw();
	assert_true(shows("lost 1 200 events 1 packet in 1 gap"));
	assert_int_equal(canvas_cell(shown.canvas, 11, 0)->role, ROLE_ERR);
	assert_int_equal(canvas_cell(shown.canvas, 1, 0)->role, ROLE_FOCUS); /* one is there */
	go(150);
	assert_int_equal(canvas_cell(shown.canvas, 1, 0)->role, ROLE_ERR);
	assert_int_equal(canvas_cell(shown.canvas, 1, 0)->chars[0], 'L');
}

static void jobs_show_how_far_they_are(void **state)
{
	(void)state;
	info.job = (struct browse_job){.what = "searching",
				       .done_bytes = 420 << 20,
				       .total_bytes = 1000 << 20,
				       .begun_at_ns = NS_PER_S};
	browser.now_ns = 9 * NS_PER_S;
	draw();
	assert_true(shows("searching ███"));
	assert_true(shows(" 42 % 420 MB/1000 MB 8.0 s  Ctrl-C cancels"));
	info.job.total_bytes = 0;
	draw();
	assert_true(shows("searching 420 MB 8.0 s  Ctrl-C cancels"));
}

static void states_are_said(void **state)
{
	(void)state;
	info.has_failed = true;
	error_set(&info.error, ERROR_NOT_FOUND, "there is no trace in '/x\033'");
	pictures.input.browser = NULL;
	draw();
	assert_true(shows("E there is no trace in '/x^['"));
	info.has_failed = false;
	info.is_open = false;
	draw();
	assert_true(shows("reading"));
	info.is_open = true;
	info.error.code = ERROR_NONE;
	browser.filter = "id > 4";
	pictures.input.browser = page;
	draw();
	assert_true(shows("only id > 4"));
	page->row_count = 0;
	pictures.input.browser = NULL;
	draw();
	pictures.input.browser = page;
	draw();
	assert_true(shows("nothing matches id > 4"));
	browser.filter = "";
	draw();
	assert_true(shows("no events in this trace"));
	pictures.input.browser_info = NULL;
	draw();
	assert_true(shows("nothing is open: view PATH, or Enter on a chunk"));
	page->row_count = EVENTS;
}

static void marks_and_ranges_are_shown(void **state)
{
	const struct event_mark marks[] = {{'0', page->rows[99].place},
					   {'q', page->rows[101].place}};

	(void)state;
	browser.marks = marks;
	browser.mark_count = 2;
	shown_act(&shown, "time-format", "");
	go(150);
	assert_true(shows("\n0      +0.000000000"));
	assert_true(shows("\nq      +0.003000000"));
	browser.has_range = true;
	browser.range = page->rows[98].place;
	draw();
	assert_int_equal(canvas_cell(shown.canvas, 3, 17)->role, ROLE_MARK);
	assert_int_equal(canvas_cell(shown.canvas, 6, 70)->role, ROLE_NORMAL);
	assert_true(shows("selecting, v ends"));
}

static int count_role(int row, enum role role)
{
	int count = 0;

	for (int column = 0; column < 80; column++)
		count += canvas_cell(shown.canvas, row, column)->role == role;
	return count;
}

static void the_search_is_shown_where_it_is_found(void **state)
{
	(void)state;
	browser.find = "/index[.]h/";
	go(0);
	assert_int_equal(count_role(3, ROLE_MATCH), 7);
	assert_int_equal(count_role(4, ROLE_MATCH), 0);
}

static void ends_of_the_trace_are_not_its_business(void **state)
{
	(void)state;
	assert_false(shown_act(&shown, "first", ""));
	assert_false(shown_act(&shown, "last", ""));
	assert_false(shown_act(&shown, "rotate", ""));
	shown_expect(&shown, "open", "@details");
	assert_false(view_knows(&browser_view, "toggle"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_looks_as_drawn),
		TEST(it_lives_at_any_size),
		TEST(what_could_not_be_read_is_said),
		TEST(what_was_gone_to_is_shown_a_third_down),
		TEST(the_selection_stays_when_pages_are_joined),
		TEST(the_nearest_is_selected_when_it_is_gone),
		TEST(places_of_one_time_are_told_apart),
		TEST(losses_are_red),
		TEST(jobs_show_how_far_they_are),
		TEST(states_are_said),
		TEST(marks_and_ranges_are_shown),
		TEST(the_search_is_shown_where_it_is_found),
		TEST(ends_of_the_trace_are_not_its_business),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
