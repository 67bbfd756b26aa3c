/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every pane with nothing in it, with more than fits, and with losses, on the sizes of terminals
 * from the smallest to the largest. What is expected is in tests/views/golden/scenes-PANE; with
 * SCENES_OUT=FOLDER what is shown is written there, to be looked at and kept.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/browse/browse.h"
#include "backend/browse/tail.h"
#include "backend/model/points.h"
#include "tests/views/expect.h"
#include "tests/views/pages.h"
#include "views/views.h"

#define MANY	   62
#define MANY_PAGES 200

struct size {
	int rows, columns;
};

static const struct size few_sizes[] = {{4, 20}, {8, 40}, {24, 80}};
static const struct size all_sizes[] = {{4, 20}, {8, 40}, {24, 80}, {40, 120}, {60, 200}};

struct scene {
	const char *name;
	const struct size *sizes;
	size_t size_count;
	void (*fill)(void);
};

static struct pictures pictures;
static struct tail_info tail;
static struct browse_info trace;
static struct browser_state browser;
static struct event_page *page;
static struct points points;
static struct points_event point_events[MANY];
static struct points_group group;
static char names[MANY][64];

/* ---- nothing ---- */

static void fill_nothing(void)
{
	pictures_init(&pictures);
}

/* A session that has done nothing yet. */
static void fill_new(void)
{
	pictures_init(&pictures);
	pictures_add_session(&pictures, "new")->output = "/home/user/lttng-traces/new";
	pictures.selection.session_id = 1;
	points = (struct points){.serial = 1, .nothing = "no application: \"tracon run PROGRAM\""};
	trace = (struct browse_info){.is_open = true, .path = "/home/user/lttng-traces/new"};
	browser = (struct browser_state){.filter = "", .find = "", .waiting = "", .problem = ""};
	pictures.input.points = &points;
	pictures.input.tail_info = &tail;
	pictures.input.browser_info = &trace;
	pictures.input.browser_state = &browser;
}

/* ---- more than fits ---- */

static const char *name_of(int index, const char *format)
{
	char *name = names[index];

	snprintf(name, sizeof(names[index]), "%s_%02d", format, index);
	return name;
}

static struct picture_counts counts_of(int index)
{
	uint64_t large = UINT64_C(1) << (index % 60);

	return (struct picture_counts){
		.recorded_events = large,
		.recorded_bytes = large * 8,
		.rate_per_1000_s = large / 4,
		.bytes_per_s = large / 2,
	};
}

static void fill_history(uint32_t history[PICTURE_HISTORY], int index)
{
	uint32_t samples[PICTURE_HISTORY];

	for (uint32_t i = 0; i < PICTURE_HISTORY; i++)
		samples[i] = (i * 7 + (uint32_t)index) % 9;
	pictures_set_history(history, samples, COUNT_OF(samples));
}

static void fill_sessions(void)
{
	static const enum picture_mode modes[] = {PICTURE_MODE_LOCAL, PICTURE_MODE_SNAPSHOT,
						  PICTURE_MODE_LIVE, PICTURE_MODE_NO_OUTPUT};

	pictures_init(&pictures);
	for (int i = 0; i < MANY; i++) {
		struct picture_session *session =
			pictures_add_session(&pictures, name_of(i, "a_session_with_a_long_name"));

		session->mode = modes[i % 4];
		session->is_active = i % 3 == 0;
		session->was_started = i % 3 < 2;
		session->is_rotating = i % 9 == 0;
		session->output = "/home/somebody/lttng-traces/a_folder/that/is/deep/in/others";
		session->fill_permille = (uint32_t)i * 16;
		session->counts = counts_of(i);
		fill_history(session->history, i);
	}
	pictures.selection.session_id = 30;
}

static void fill_channels(void)
{
	pictures_init(&pictures);
	pictures_add_session(&pictures, "web")->is_active = true;
	for (int i = 0; i < MANY; i++) {
		struct picture_channel *channel =
			pictures_add_channel(&pictures, name_of(i, "a_channel_with_a_long_name"));

		channel->is_enabled = i % 4 != 3;
		channel->is_overwrite = i % 2 == 1;
		channel->subbuf_bytes = UINT64_C(4096) << (i % 20);
		channel->subbuf_count = UINT64_C(2) << (i % 8);
		channel->fill_permille = (uint32_t)i * 16;
		channel->counts = counts_of(i);
		channel->contexts = "vpid, vtid, procname, ip, perf:thread:cpu-cycles";
		channel->domain = i % 5 == 4 ? "Linux kernel" : "User space";
		fill_history(channel->history, i);
	}
	pictures.selection.session_id = 1;
}

static void fill_events(void)
{
	pictures_init(&pictures);
	pictures_add_session(&pictures, "web")->is_active = true;
	pictures_add_channel(&pictures, "ust0");
	for (int i = 0; i < MANY; i++) {
		struct picture_event *event = pictures_add_event(
			&pictures, name_of(i, "a_provider:an_event_with_a_long_name"),
			UINT64_C(1) << (MANY - i - 1));

		event->is_enabled = i % 4 != 3;
		event->is_rule = i % 7 == 6;
		event->loglevel = i % 15;
		event->loglevel_text = "TRACE_DEBUG_FUNCTION";
		event->rate_per_1000_s = UINT64_C(1) << (i % 60);
		event->recorded_bytes = UINT64_C(1) << (i % 60);
		event->last_seen_wall_ns = PICTURES_AT(14, 2, 7);
		fill_history(event->history, i);
	}
	pictures.selection.session_id = 1;
}

static void fill_points(void)
{
	pictures_init(&pictures);
	pictures_add_session(&pictures, "web");
	pictures_add_channel(&pictures, "ust0");
	pictures_add_rule(&pictures, "a_provider:an_event_with_a_long_name_1*");
	for (int i = 0; i < MANY; i++)
		point_events[i] = (struct points_event){
			.name = name_of(i, "a_provider:an_event_with_a_long_name"),
			.loglevel = 12,
			.loglevel_text = "TRACE_DEBUG_FUNCTION",
		};
	group = (struct points_group){.id = 1,
				      .domain = "User space",
				      .domain_option = 'u',
				      .pid = 4194304,
				      .uid = 4294967294,
				      .name = "a_program_name",
				      .event_count = MANY};
	points = (struct points){.serial = 1,
				 .groups = &group,
				 .group_count = 1,
				 .events = point_events,
				 .event_count = MANY,
				 .nothing = ""};
	pictures.input.points = &points;
	pictures.selection.session_id = 1;
}

static void fill_chunks(void)
{
	pictures_init(&pictures);
	pictures_add_session(&pictures, "web")->is_active = true;
	for (int i = 0; i < MANY; i++) {
		struct picture_chunk *chunk = pictures_add_chunk(
			&pictures, i == MANY - 1 ? PICTURE_CHUNK_CURRENT : PICTURE_CHUNK_ARCHIVED);

		chunk->begin_wall_ns = PICTURES_AT(13, 0, 0) + (uint64_t)i * 60 * NS_PER_S;
		chunk->end_wall_ns = i == MANY - 1 ? 0 : chunk->begin_wall_ns + 60 * NS_PER_S;
		chunk->event_count = UINT64_C(1) << (i % 60);
		chunk->bytes = UINT64_C(1) << (i % 60);
		chunk->path = i == MANY - 1 ? "" : "/home/somebody/lttng-traces/web/archives/chunk";
	}
	pictures.selection.session_id = 1;
}

static void fill_messages(void)
{
	pictures_init(&pictures);
	for (int i = 0; i < MANY; i++)
		pictures_add_message(&pictures, (enum log_level)(LOG_LEVEL_ERROR + i % 3),
				     "a sentence that says at some length what was tried, what "
				     "failed and what to do about it",
				     "enable-event -u -s web -c ust0 'a_provider:*'");
}

static void fill_tail(void)
{
	pictures_init_web(&pictures);
	page = pages_make_shop(MANY_PAGES);
	tail = (struct tail_info){.seen_events = 123456789,
				  .decoded_events = 4000,
				  .shown_events = 200,
				  .is_sampling = true};
	pictures.input.tail = page;
	pictures.input.tail_info = &tail;
	pictures.input.tail_filter = "id > 3 && $ctx.vpid == 4711";
}

static void fill_browser(void)
{
	pictures_init_web(&pictures);
	page = pages_make_shop(MANY_PAGES);
	trace = (struct browse_info){
		.is_open = true,
		.path = "/home/somebody/lttng-traces/web-20261122-140000/archives/chunk-0",
		.begin_wall_ns = PICTURES_AT(14, 0, 0),
		.end_wall_ns = PICTURES_AT(14, 0, 0) + 300 * NS_PER_MS,
		.trace_count = 3,
		.stream_count = 128,
		.packet_count = 100000,
		.packet_bytes = UINT64_C(50000000000),
		.is_indexed = true,
	};
	for (size_t i = 0; i < BROWSE_BINS; i++)
		trace.bins[i] = i * 13 % 64;
	browser = (struct browser_state){
		.filter = "id > 3", .find = "", .waiting = "", .problem = ""};
	pictures.input.browser = page;
	pictures.input.browser_info = &trace;
	pictures.input.browser_state = &browser;
}

/* ---- losses ---- */

static void lose(struct picture_counts *counts, unsigned int kind)
{
	if (kind == 0) {
		counts->discarded_events = 1234567;
		counts->discarded_ring = 1234000;
		counts->discarded_write = 567;
	} else if (kind == 1) {
		counts->lost_packets = 42;
	} else if (kind == 2) {
		counts->unreadable_bytes = 8192;
	} else {
		return;
	}
	counts->last_loss_wall_ns = PICTURES_AT(14, 2, 5);
}

static void fill_losses(void)
{
	static const char *const words[] = {"discards", "overwrites", "unreadable", "loses_none"};

	fill_browser();
	pictures_init(&pictures);
	for (unsigned int i = 0; i < COUNT_OF(words); i++) {
		struct picture_session *session = pictures_add_session(&pictures, words[i]);

		session->is_active = true;
		session->has_unseen_loss = i < 3;
		session->counts.recorded_events = 1000;
		lose(&session->counts, i);
		for (unsigned int j = 0; i == 0 && j < COUNT_OF(words); j++)
			lose(&pictures_add_channel(&pictures, words[j])->counts, j);
		if (i > 0)
			continue;
		pictures_add_event(&pictures, "my_app:request", 1000);
		pictures_add_chunk(&pictures, PICTURE_CHUNK_ARCHIVED)->path = "/traces/0";
		pictures_add_chunk(&pictures, PICTURE_CHUNK_FAILED);
		pictures_add_chunk(&pictures, PICTURE_CHUNK_CURRENT);
		for (unsigned int j = 0; j < 3; j++)
			pictures.chunks[j].begin_wall_ns = PICTURES_AT(14, j, 0);
		pictures.chunks[0].end_wall_ns = PICTURES_AT(14, 1, 0);
		pictures.chunks[1].end_wall_ns = PICTURES_AT(14, 2, 0);
	}
	pictures.picture.total_discarded = 1234567;
	pictures.picture.active_count = COUNT_OF(words);
	pictures.selection.session_id = 1;
	pictures_add_message(&pictures, LOG_LEVEL_WARNING, "discards lost 567 events: disk full",
			     "");
	pictures_add_message(&pictures, LOG_LEVEL_ERROR, "cannot write '/traces': disk full",
			     "start discards");
	points = (struct points){
		.serial = 1,
		.unanswered_count = 3,
		.nothing = "3 applications did not answer; r asks again",
	};
	trace.lost_events = 1200;
	trace.lost_packets = 1;
	trace.gap_count = 1;
	trace.has_gap[2] = true;
	tail = (struct tail_info){.seen_events = 200, .decoded_events = 200, .shown_events = 200};
	pictures.input.points = &points;
	pictures.input.tail = page;
	pictures.input.tail_info = &tail;
	pictures.input.browser = page;
	pictures.input.browser_info = &trace;
	browser.filter = "";
	pictures.input.browser_state = &browser;
}

/* ---- looking ---- */

static void add_picture(const struct view_class *view, const struct scene *scene,
			const struct size *size, struct text *out)
{
	struct shown shown;
	struct text text = {0};

	page = NULL;
	tail = (struct tail_info){0};
	scene->fill();
	shown_init(&shown, view, &pictures);
	shown_draw(&shown, size->rows, size->columns, GLYPHS_UTF8);
	canvas_print(shown.canvas, &text);
	while (text.length > 1 && text.bytes[text.length - 2] == '\n')
		text.bytes[--text.length] = '\0';
	text_addf(out, "== %s %dx%d ==\n%s", scene->name, size->columns, size->rows,
		  text_str(&text));
	text_finish(&text);
	shown_finish(&shown);
	event_page_unref(page);
}

static void write_out(const char *folder, const char *name, const struct text *text)
{
	char *path = mem_printf("%s/%s", folder, name);
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fputs(text_str(text), file);
	fclose(file);
	free(path);
}

static void expect_scenes(const struct view_class *view, void (*fill_full)(void))
{
	const struct scene scenes[] = {
		{"nothing", few_sizes, COUNT_OF(few_sizes), fill_nothing},
		{"new", few_sizes, COUNT_OF(few_sizes), fill_new},
		{"full", all_sizes, COUNT_OF(all_sizes), fill_full},
		{"losses", few_sizes, COUNT_OF(few_sizes), fill_losses},
	};
	const char *folder = getenv("SCENES_OUT");
	char *name = mem_printf("scenes-%s", view->name);
	struct text text = {0};

	for (size_t i = 0; i < COUNT_OF(scenes); i++)
		for (size_t j = 0; j < scenes[i].size_count; j++)
			add_picture(view, &scenes[i], &scenes[i].sizes[j], &text);
	if (folder)
		write_out(folder, name, &text);
	else
		expect_golden_text(text_str(&text), name);
	text_finish(&text);
	free(name);
}

#define SCENES(view)                                                                               \
	static void view##_looks_as_drawn(void **state)                                            \
	{                                                                                          \
		(void)state;                                                                       \
		expect_scenes(&view##_view, fill_##view);                                          \
	}

SCENES(sessions)
SCENES(channels)
SCENES(events)
SCENES(points)
SCENES(chunks)
SCENES(messages)
SCENES(tail)
SCENES(browser)

static int setup(void **state)
{
	(void)state;
	expect_setup();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sessions_looks_as_drawn),
		cmocka_unit_test(channels_looks_as_drawn),
		cmocka_unit_test(events_looks_as_drawn),
		cmocka_unit_test(points_looks_as_drawn),
		cmocka_unit_test(chunks_looks_as_drawn),
		cmocka_unit_test(messages_looks_as_drawn),
		cmocka_unit_test(tail_looks_as_drawn),
		cmocka_unit_test(browser_looks_as_drawn),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
