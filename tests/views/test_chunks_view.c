/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Chunks: golden pictures, the newest at the top and followed, opening. */
#include "views/views.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "tests/views/web_view.h"

/* Only the session added last can get more. */
static void make_session(void)
{
	pictures_init(&pictures);
	pictures_add_session(&pictures, "s");
	pictures_add_chunk(&pictures, PICTURE_CHUNK_ARCHIVED);
	pictures_add_chunk(&pictures, PICTURE_CHUNK_CURRENT);
}

static void the_newest_is_followed_until_one_moves(void **state)
{
	(void)state;
	make_session();
	shown_draw(&shown, 10, 40, GLYPHS_UTF8);
	assert_true(pictures.selection.has_chunk);
	assert_int_equal(pictures.selection.chunk_id, 1);
	pictures_add_chunk(&pictures, PICTURE_CHUNK_CURRENT);
	shown_draw(&shown, 10, 40, GLYPHS_UTF8);
	assert_int_equal(pictures.selection.chunk_id, 2);
	shown_act(&shown, "down", "");
	pictures_add_chunk(&pictures, PICTURE_CHUNK_CURRENT);
	shown_draw(&shown, 10, 40, GLYPHS_UTF8);
	assert_int_equal(pictures.selection.chunk_id, 1);
	assert_int_equal(canvas_cell(shown.canvas, 3, 10)->role, ROLE_SELECT);
	shown_act(&shown, "first", "");
	pictures_add_chunk(&pictures, PICTURE_CHUNK_CURRENT);
	shown_draw(&shown, 10, 40, GLYPHS_UTF8);
	assert_int_equal(pictures.selection.chunk_id, 4);
}

static void opening_views_the_chunk(void **state)
{
	(void)state;
	shown_expect(&shown, "open",
		     "@browse /root/lttng-traces/web-20261122-140000"); /* still written */
	shown_expect(&shown, "copy", "@copy /root/lttng-traces/web-20261122-140000");
	shown_expect(&shown, "copy-command", "@copy view /root/lttng-traces/web-20261122-140000");
	shown_act(&shown, "last", "");
	shown_expect(&shown, "open",
		     "@browse /root/lttng-traces/web-20261122-140000/archives/"
		     "20261122T140000+0000-20261122T140030+0000-0");
	pictures.chunks[0].path = "/tmp/a b";
	shown_expect(&shown, "open", "@browse /tmp/a b");
	shown_expect(&shown, "copy", "@copy /tmp/a b");
	shown_expect(&shown, "back", "@sessions");
	shown_expect(&shown, "rotate", "rotate web");
}

static void without_chunks_nothing_opens(void **state)
{
	(void)state;
	pictures.selection.session_id = 2;
	shown_draw(&shown, 1, 70, GLYPHS_UTF8);
	expect_canvas(shown.canvas,
		      " nothing recorded yet: s starts and stops the session, R rotates");
	assert_false(pictures.selection.has_chunk);
}

static void keys_that_can_do_nothing_say_why(void **state)
{
	static const char *const actions[] = {"open", "copy", "copy-command", "mark",
					      "delete-chunk"};

	(void)state;
	shown_act(&shown, "last", "");
	shown_act(&shown, "up", "");
	shown_expect(&shown, "delete-chunk",
		     "@say only archived chunks on this machine can be deleted: R archives the "
		     "current one");
	pictures.sessions[0].output = "net://10.0.0.1";
	shown_act(&shown, "first", "");
	shown_expect(&shown, "open", "@say its files are not on this machine");
	shown_expect(&shown, "copy-command", "@say no command makes this row");
	shown_act(&shown, "filter", "nowhere");
	for (size_t i = 0; i < COUNT_OF(actions); i++)
		shown_expect(&shown, actions[i], "@say nothing matches nowhere");
	shown_act(&shown, "filter", "");
	pictures.selection.session_id = 2;
	for (size_t i = 0; i < COUNT_OF(actions); i++)
		shown_expect(&shown, actions[i],
			     "@say nothing recorded yet: s starts and stops the session, R "
			     "rotates");
}

static void states_can_be_filtered(void **state)
{
	(void)state;
	shown_act(&shown, "filter", "failed");
	shown_draw(&shown, 4, 40, GLYPHS_UTF8);
	expect_canvas(shown.canvas, "   ID▼ BEGIN       SIZE  EVENTS STATE\n"
				    "▌    1 14:00:30     0 B       0 failed\n\n"
				    " filter failed: 1 of 4");
}

static void the_detail_line_has_the_whole_path(void **state)
{
	struct text text = {0};

	(void)state;
	shown_act(&shown, "last", "");
	shown_draw(&shown, 10, 40, GLYPHS_UTF8);
	chunks_view.detail(shown.state, &pictures.input, &text);
	assert_string_equal(text_str(&text), "chunk 0  archived  4 000 events  1.00 MB  30.0 s"
					     "  /root/lttng-traces/web-20261122-140000/archives/"
					     "20261122T140000+0000-20261122T140030+0000-0");
	text_finish(&text);
}

static void odd_times_do_no_harm(void **state)
{
	(void)state;
	pictures.chunks[0].end_wall_ns = 1; /* before its begin */
	pictures.chunks[1].begin_wall_ns = 0;
	pictures.chunks[2].end_wall_ns = UINT64_MAX;
	pictures.chunks[2].id = UINT64_MAX;
	shown_draw(&shown, 10, 200, GLYPHS_UTF8);
	assert_string_equal(chunks_view.label(shown.state, &pictures.input, "session-toggle"),
			    "Stop");
}

#define TEST(name) WEB_VIEW_TEST(name, chunks_view)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(it_looks_as_drawn),
		TEST(it_lives_at_any_size),
		TEST(the_newest_is_followed_until_one_moves),
		TEST(opening_views_the_chunk),
		TEST(without_chunks_nothing_opens),
		TEST(keys_that_can_do_nothing_say_why),
		TEST(states_can_be_filtered),
		TEST(the_detail_line_has_the_whole_path),
		TEST(odd_times_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
