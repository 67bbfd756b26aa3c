/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The browser on small traces: what it shows is what babeltrace2 prints of the same trace, and what
 * the recipe of the trace says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include <poll.h>

#include "backend/base/mem.h"
#include "backend/browse/browse.h"
#include "tests/unit/trace_kit.h"
#include "tests/unit/trace_make.h"

#define WAIT_MS 30000

static const struct trace_recipe small = {
	.stream_count = 3,
	.packets_per_stream = 8,
	.packet_bytes = 8192,
	.gap_every = 3,
	.gap_events = 10,
	.has_index = true,
	.begin_clock = 5000000000,
	.step_ns = 1000,
	.uuid_byte = 9,
};

struct fixture {
	char *directory, *trace, *slices;
	struct trace_made made;
	struct queue *home;
	struct browse *browse;
	bool has_page;
	struct event_page *page;
	struct event_place target;
	struct error error;
	bool has_done;
	uint64_t export_count;
	struct browse_statistics statistics;
	struct text types; /* "load:tick 12\n…" */
};

/* --- the kit ---------------------------------------------------------------------------------- */

static void page_came(void *data, struct event_page *page, const struct event_place *target,
		      const struct error *err)
{
	struct fixture *own = data;

	event_page_unref(own->page);
	own->page = page;
	own->target = *target;
	own->has_page = true;
	error_copy(&own->error, err);
}

static void statistics_came(void *data, const struct browse_statistics *statistics,
			    const struct error *err)
{
	struct fixture *own = data;

	own->has_done = true;
	error_copy(&own->error, err);
	text_clear(&own->types);
	if (!statistics)
		return;
	own->statistics = *statistics;
	for (size_t i = 0; i < statistics->type_count; i++)
		text_addf(&own->types, "%s %llu\n", statistics->types[i].name,
			  (unsigned long long)statistics->types[i].count);
}

static void export_came(void *data, uint64_t event_count, const struct error *err)
{
	struct fixture *own = data;

	own->has_done = true;
	own->export_count = event_count;
	error_copy(&own->error, err);
}

static void begin_browsing(struct fixture *own)
{
	const struct browse_calls calls = {.data = own, .page = page_came};

	own->home = queue_create();
	own->browse = browse_create(own->trace, own->slices, own->home, &calls);
}

static struct fixture begin_at(const struct trace_recipe *recipe)
{
	struct fixture own = {.directory = kit_make_directory()};

	own.trace = mem_printf("%s/trace", own.directory);
	own.slices = mem_printf("%s/slices", own.directory);
	assert_int_equal(mkdir(own.trace, 0755), 0);
	if (recipe)
		trace_make(own.trace, recipe, &own.made);
	return own;
}

static void end(struct fixture *own)
{
	browse_destroy(own->browse);
	queue_drain(own->home);
	queue_destroy(own->home);
	event_page_unref(own->page);
	text_finish(&own->types);
	kit_remove_tree(own->directory);
	free(own->directory);
	free(own->trace);
	free(own->slices);
}

static void wait_until(struct fixture *own, const bool *what)
{
	struct pollfd wait = {.fd = queue_fd(own->home), .events = POLLIN};

	while (!*what) {
		assert_int_equal(poll(&wait, 1, WAIT_MS), 1);
		queue_drain(own->home);
	}
}

static void wait_page(struct fixture *own)
{
	wait_until(own, &own->has_page);
	own->has_page = false;
}

static void wait_done(struct fixture *own)
{
	wait_until(own, &own->has_done);
	own->has_done = false;
}

static const struct browse_info *wait_index(struct fixture *own)
{
	const struct browse_info *info = browse_info(own->browse);

	wait_until(own, &info->is_indexed);
	return info;
}

static const char *field_value(const struct event_page *page, const struct event_row *row,
			       const char *name)
{
	for (size_t i = 0; i < row->field_count; i++) {
		const struct event_field *field = &page->fields[row->first_field + i];

		if (!strcmp(field->name, name))
			return field->value;
	}
	return "?";
}

static void add_rows(struct text *out, const struct event_page *page)
{
	for (size_t i = 0; i < page->row_count; i++) {
		const struct event_row *row = &page->rows[i];

		text_addf(out, "%llu.%09llu %s: %d %s\n",
			  (unsigned long long)(row->place.wall_ns / 1000000000),
			  (unsigned long long)(row->place.wall_ns % 1000000000), row->name,
			  row->cpu, field_value(page, row, "n"));
	}
}

/* What babeltrace2 prints, cut to the same form. */
static void add_truth(struct text *out, const char *path)
{
	int status = kit_run(out,
			     "babeltrace2 --clock-seconds --no-delta '%s' 2>/dev/null | sed -E "
			     "'s/^\\[([0-9.]+)\\] ([^ ]+) \\{ cpu_id = ([0-9]+) \\}.*"
			     "\\{ n = ([0-9]+).*/\\1 \\2 \\3 \\4/'",
			     path);

	assert_int_equal(status, 0);
}

static size_t line_count(const struct text *text)
{
	size_t count = 0;

	for (size_t i = 0; i < text->length; i++)
		count += text->bytes[i] == '\n';
	return count;
}

/* From the line's number on, counted from 0. */
static const char *line_at(const struct text *text, size_t number)
{
	const char *at = text_str(text);

	while (number-- > 0)
		at = strchr(at, '\n') + 1;
	return at;
}

/* --- pages ------------------------------------------------------------------------------------ */

static struct event_place behind(const struct event_row *row)
{
	return (struct event_place){row->place.wall_ns, row->place.skip + 1};
}

static void pages_forward_are_what_babeltrace2_prints(void **unused)
{
	struct fixture own = begin_at(&small);
	struct event_place place = {0, 0};
	struct text got = {0}, truth = {0};
	bool is_at_end = false;

	(void)unused;
	begin_browsing(&own);
	while (!is_at_end) {
		browse_page(own.browse, place, BROWSE_FORWARD, 397);
		wait_page(&own);
		assert_non_null(own.page);
		assert_int_equal(own.page->is_at_begin, place.wall_ns == 0);
		add_rows(&got, own.page);
		is_at_end = own.page->is_at_end;
		if (own.page->row_count > 0)
			place = behind(&own.page->rows[own.page->row_count - 1]);
	}
	add_truth(&truth, own.trace);
	assert_int_equal(line_count(&truth), own.made.event_count);
	assert_string_equal(text_str(&got), text_str(&truth));
	text_finish(&got);
	text_finish(&truth);
	end(&own);
}

static void pages_backward_are_the_same_events(void **unused)
{
	struct fixture own = begin_at(&small);
	struct event_place place;
	struct text truth = {0};
	size_t left;

	(void)unused;
	begin_browsing(&own);
	add_truth(&truth, own.trace);
	left = line_count(&truth);
	browse_goto_end(own.browse, 501);
	for (;;) {
		struct text got = {0};

		wait_page(&own);
		assert_non_null(own.page);
		add_rows(&got, own.page);
		left -= own.page->row_count;
		assert_int_equal(strncmp(line_at(&truth, left), text_str(&got), got.length), 0);
		text_finish(&got);
		assert_int_equal(own.page->is_at_begin, left == 0);
		if (left == 0)
			break;
		assert_int_equal(own.page->row_count, 501);
		place = own.page->rows[0].place;
		browse_page(own.browse, place, BROWSE_BACKWARD, 501);
	}
	browse_page(own.browse, own.page->rows[0].place, BROWSE_BACKWARD, 501);
	wait_page(&own);
	assert_int_equal(own.page->row_count, 0);
	text_finish(&truth);
	end(&own);
}

static void goto_finds_the_first_event_from_a_time_on(void **unused)
{
	struct fixture own = begin_at(&small);
	struct text truth = {0}, got = {0};
	const struct browse_info *info;
	uint64_t middle_ns;
	const char *line;

	(void)unused;
	begin_browsing(&own);
	info = wait_index(&own);
	assert_int_equal(info->begin_wall_ns, TRACE_MAKE_OFFSET_NS + own.made.first_clock);
	assert_int_equal(info->end_wall_ns, TRACE_MAKE_OFFSET_NS + own.made.last_clock);
	assert_int_equal(info->stream_count, small.stream_count);
	assert_int_equal(info->packet_count, 24);
	middle_ns = (info->begin_wall_ns + info->end_wall_ns) / 2;
	browse_goto(own.browse, middle_ns, 40);
	wait_page(&own);
	add_rows(&got, own.page);
	add_truth(&truth, own.trace);
	line = text_str(&truth);
	for (;;) {
		unsigned long long seconds, ns;

		assert_int_equal(sscanf(line, "%llu.%llu", &seconds, &ns), 2);
		if (seconds * 1000000000 + ns >= middle_ns)
			break;
		line = strchr(line, '\n') + 1;
	}
	assert_int_equal(own.page->row_count, 40);
	assert_int_equal(strncmp(line, text_str(&got), got.length), 0);
	assert_int_equal(own.target.wall_ns, own.page->rows[0].place.wall_ns);
	text_finish(&truth);
	text_finish(&got);
	end(&own);
}

static void only_the_newest_page_counts(void **unused)
{
	struct fixture own = begin_at(&small);

	(void)unused;
	begin_browsing(&own);
	for (unsigned int i = 0; i < 50; i++)
		browse_page(own.browse, (struct event_place){0, 0}, BROWSE_FORWARD, 10 + i);
	browse_page(own.browse, (struct event_place){0, 0}, BROWSE_FORWARD, 5);
	do
		wait_page(&own);
	while (own.page->row_count != 5);
	end(&own);
}

static void fields_come_with_their_scopes(void **unused)
{
	struct fixture own = begin_at(&small);
	const struct event_field *field;
	const struct event_row *row;
	struct text line = {0};

	(void)unused;
	begin_browsing(&own);
	assert_true(browse_set_filter(own.browse, "$ctx.event_name == \"load:blob\"", &(size_t){0},
				      &(size_t){0}, NULL));
	browse_page(own.browse, (struct event_place){0, 0}, BROWSE_FORWARD, 1);
	wait_page(&own);
	assert_int_equal(own.page->row_count, 1);
	row = &own.page->rows[0];
	field = &own.page->fields[row->first_field];
	assert_string_equal(field[0].name, "cpu_id");
	assert_int_equal(field[0].scope, EVENT_PACKET);
	assert_string_equal(field[1].name, "vpid");
	assert_int_equal(field[1].scope, EVENT_STREAM_CONTEXT);
	assert_string_equal(field[2].name, "n");
	assert_int_equal(field[2].scope, EVENT_PAYLOAD);
	assert_int_equal(row->cpu, atoi(field[0].value));
	assert_int_equal(atoi(field[1].value), 1000 + row->cpu);
	assert_string_equal(row->name, "load:blob");
	assert_int_equal(strncmp(row->stream, "chan_", 5), 0);
	assert_int_equal(row->loglevel, 14);
	event_row_print(own.page, row, &line);
	assert_non_null(strstr(text_str(&line), ", parts, [0], a = "));
	text_finish(&line);
	end(&own);
}

/* --- gaps ------------------------------------------------------------------------------------- */

/* Each gap's bin is marked, and no other. The page holds all events. */
static void assert_gaps_in_histogram(const struct fixture *own)
{
	const struct browse_info *info = browse_info(own->browse);
	uint64_t width_ns = (info->end_wall_ns - info->begin_wall_ns) / BROWSE_BINS + 1;
	bool expected[BROWSE_BINS] = {false};
	size_t marked_count = 0;

	for (size_t i = 0; i < own->page->row_count; i++) {
		const struct event_row *row = &own->page->rows[i];

		if (row->lost_before > 0 || row->lost_packets_before > 0)
			expected[(row->place.wall_ns - info->begin_wall_ns) / width_ns] = true;
	}
	for (size_t i = 0; i < BROWSE_BINS; i++) {
		/* A packet may begin a moment before its first event. */
		if (info->has_gap[i])
			assert_true(expected[i] || (i + 1 < BROWSE_BINS && expected[i + 1]));
		marked_count += info->has_gap[i];
	}
	assert_true(marked_count > 0 && marked_count <= info->gap_count);
}

static void losses_are_before_the_event_that_follows(void **unused)
{
	struct trace_recipe recipe = small;
	struct fixture own;
	uint64_t lost_events = 0, lost_packets = 0;
	size_t gap_count = 0;

	(void)unused;
	recipe.has_lost_packets = true;
	own = begin_at(&recipe);
	begin_browsing(&own);
	browse_page(own.browse, (struct event_place){0, 0}, BROWSE_FORWARD, 10000);
	wait_page(&own);
	assert_int_equal(own.page->row_count, own.made.event_count);
	for (size_t i = 0; i < own.page->row_count; i++) {
		const struct event_row *row = &own.page->rows[i];

		lost_events += row->lost_before;
		lost_packets += row->lost_packets_before;
		gap_count += row->lost_before > 0;
	}
	assert_int_equal(lost_events, own.made.lost_events);
	assert_int_equal(lost_packets, own.made.lost_packets);
	assert_int_equal(gap_count, own.made.gap_count);
	wait_index(&own);
	assert_int_equal(browse_info(own.browse)->lost_events, own.made.lost_events);
	assert_int_equal(browse_info(own.browse)->lost_packets, own.made.lost_packets);
	assert_int_equal(browse_info(own.browse)->gap_count, own.made.gap_count);
	assert_gaps_in_histogram(&own);
	end(&own);
}

/* Also where the gap is before the first packet of a slice. */
static void a_page_in_the_middle_knows_its_gap(void **unused)
{
	struct fixture own = begin_at(&small);
	struct browse_find find = {.kind = BROWSE_FIND_GAP, .row_count = 9};
	size_t gap_count = 0;

	(void)unused;
	begin_browsing(&own);
	for (;;) {
		size_t i = 0;

		assert_true(browse_find(own.browse, &find, NULL));
		wait_page(&own);
		if (!own.page)
			break;
		while (own.page->rows[i].place.wall_ns != own.target.wall_ns ||
		       own.page->rows[i].place.skip != own.target.skip)
			i++;
		assert_int_equal(i, 3); /* a third down */
		assert_int_equal(own.page->rows[i].lost_before, small.gap_events);
		find.from = own.target;
		gap_count++;
	}
	assert_int_equal(own.error.code, ERROR_NOT_FOUND);
	assert_int_equal(gap_count, own.made.gap_count);
	find.direction = BROWSE_BACKWARD;
	find.from = (struct event_place){UINT64_MAX, 0};
	while (gap_count > 0) {
		assert_true(browse_find(own.browse, &find, NULL));
		wait_page(&own);
		assert_non_null(own.page);
		find.from = own.target;
		gap_count--;
	}
	assert_true(browse_find(own.browse, &find, NULL));
	wait_page(&own);
	assert_null(own.page);
	end(&own);
}

/* --- searches --------------------------------------------------------------------------------- */

static uint64_t count_hits(struct fixture *own, int kind, const char *pattern,
			   enum browse_direction direction)
{
	struct browse_find find = {.pattern = pattern, .direction = direction, .row_count = 3};
	uint64_t count = 0;

	find.kind = (unsigned int)kind;
	if (direction == BROWSE_BACKWARD)
		find.from.wall_ns = UINT64_MAX;
	else
		find.from.wall_ns = 1;
	for (;; count++) {
		assert_true(browse_find(own->browse, &find, NULL));
		wait_page(own);
		if (!own->page)
			break;
		find.from = own->target;
	}
	assert_int_equal(own->error.code, ERROR_NOT_FOUND);
	return count;
}

static uint64_t truth_count(struct fixture *own, const char *pattern)
{
	struct text out = {0};
	uint64_t count;

	kit_run(&out, "babeltrace2 '%s' 2>/dev/null | grep -cE '%s'", own->trace, pattern);
	count = strtoull(text_str(&out), NULL, 10);
	text_finish(&out);
	return count;
}

static void searches_find_every_match_in_both_directions(void **unused)
{
	static const struct {
		int kind;
		const char *pattern, *truth;
	} cases[] = {
		/* the word stands in strings only: found by the raw bytes */
		{BROWSE_FIND_TEXT, "/CART/17", "/CART/17"},
		{BROWSE_FIND_TEXT, "/cart/17", "/cart/17"},
		{BROWSE_FIND_TEXT, "delta = 77", "delta = 77"},
		{BROWSE_FIND_TEXT, "MISSING (404)", "container = 404x"},
		{BROWSE_FIND_TEXT, "missing (404)", "container = 404"},
		{BROWSE_FIND_REGEX, "path = \"/(cart|user)/4[0-9]*.html",
		 "/(cart|user)/4[0-9]*.html"},
		{BROWSE_FIND_FILTER, "$ctx.vpid == 1001 && status == 404",
		 "vpid = 1001.*container = 404"},
		{BROWSE_FIND_TEXT, "nowhere at all", "nowhere at all"},
	};
	struct trace_recipe recipe = small;
	struct fixture own;

	(void)unused;
	recipe.packets_per_stream = 3;
	own = begin_at(&recipe);
	begin_browsing(&own);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		uint64_t truth = truth_count(&own, cases[i].truth);

		assert_int_equal(count_hits(&own, cases[i].kind, cases[i].pattern, BROWSE_FORWARD),
				 truth);
		assert_int_equal(count_hits(&own, cases[i].kind, cases[i].pattern, BROWSE_BACKWARD),
				 truth);
	}
	end(&own);
}

static void wrong_patterns_are_said_at_once(void **unused)
{
	struct fixture own = begin_at(&small);
	struct browse_find find = {.kind = BROWSE_FIND_REGEX, .pattern = "(", .row_count = 1};
	struct error err = ERROR_INIT;
	size_t begin = 99, end_at = 99;

	(void)unused;
	begin_browsing(&own);
	assert_false(browse_find(own.browse, &find, &err));
	assert_int_equal(err.code, ERROR_INVALID);
	find.kind = BROWSE_FIND_FILTER;
	find.pattern = "n ==";
	assert_false(browse_find(own.browse, &find, &err));
	find.kind = BROWSE_FIND_TEXT;
	find.pattern = "";
	assert_false(browse_find(own.browse, &find, &err));
	assert_false(browse_set_filter(own.browse, "n == ", &begin, &end_at, &err));
	assert_in_range(begin, 0, 5);
	end(&own);
}

/* --- filter ----------------------------------------------------------------------------------- */

static void a_filter_leaves_places_as_they_are(void **unused)
{
	struct fixture own = begin_at(&small);
	struct event_page *all, *page;
	size_t begin, end_at, j = 0;

	(void)unused;
	begin_browsing(&own);
	browse_page(own.browse, (struct event_place){0, 0}, BROWSE_FORWARD, 10000);
	wait_page(&own);
	all = event_page_ref(own.page);
	assert_true(browse_set_filter(own.browse, "$ctx.cpu == 2 && $ctx.event_name == \"*:tick\"",
				      &begin, &end_at, NULL));
	browse_page(own.browse, (struct event_place){0, 0}, BROWSE_FORWARD, 10000);
	wait_page(&own);
	page = own.page;
	assert_true(page->is_at_begin);
	assert_true(page->is_at_end);
	for (size_t i = 0; i < all->row_count; i++) {
		if (all->rows[i].cpu != 2 || strcmp(all->rows[i].name, "load:tick"))
			continue;
		assert_in_range(j, 0, page->row_count - 1);
		assert_int_equal(page->rows[j].place.wall_ns, all->rows[i].place.wall_ns);
		assert_int_equal(page->rows[j].place.skip, all->rows[i].place.skip);
		j++;
	}
	assert_int_equal(j, page->row_count);
	event_page_unref(all);
	end(&own);
}

static void a_filter_that_nothing_matches_gives_an_empty_page(void **unused)
{
	struct fixture own = begin_at(&small);
	size_t begin, end_at;

	(void)unused;
	begin_browsing(&own);
	assert_true(browse_set_filter(own.browse, "n == 99999999", &begin, &end_at, NULL));
	browse_page(own.browse, (struct event_place){0, 0}, BROWSE_FORWARD, 10);
	wait_page(&own);
	assert_non_null(own.page);
	assert_int_equal(own.page->row_count, 0);
	assert_true(own.page->is_at_end);
	browse_goto_end(own.browse, 10);
	wait_page(&own);
	assert_int_equal(own.page->row_count, 0);
	end(&own);
}

/* --- statistics ------------------------------------------------------------------------------- */

static void statistics_are_what_the_recipe_says(void **unused)
{
	struct fixture own = begin_at(&small);
	struct text types = {0};
	uint64_t sum = 0;

	(void)unused;
	begin_browsing(&own);
	wait_index(&own);
	assert_false(browse_info(own.browse)->is_counted);
	browse_statistics(own.browse, 0, UINT64_MAX, "n", statistics_came, &own);
	wait_done(&own);
	assert_int_equal(own.statistics.begin_wall_ns, TRACE_MAKE_OFFSET_NS + own.made.first_clock);
	assert_int_equal(own.statistics.end_wall_ns, TRACE_MAKE_OFFSET_NS + own.made.last_clock);
	assert_int_equal(own.statistics.event_count, own.made.event_count);
	assert_int_equal(own.statistics.lost_events, own.made.lost_events);
	text_addf(&types, "load:tick %llu\nload:request %llu\nload:blob %llu\n",
		  (unsigned long long)own.made.tick_count,
		  (unsigned long long)own.made.request_count,
		  (unsigned long long)own.made.blob_count);
	assert_string_equal(text_str(&own.types), text_str(&types));
	text_finish(&types);
	assert_true(own.statistics.has_field);
	assert_int_equal(own.statistics.value_count, own.made.event_count);
	assert_int_equal(own.statistics.minimum, 0);
	/* Each number below the shortest stream's end comes once a stream. */
	assert_int_equal(own.statistics.top[0].count, small.stream_count);
	while (!browse_info(own.browse)->is_counted) {
		poll(&(struct pollfd){.fd = queue_fd(own.home), .events = POLLIN}, 1, WAIT_MS);
		queue_drain(own.home);
	}
	for (size_t i = 0; i < BROWSE_BINS; i++)
		sum += browse_info(own.browse)->bins[i];
	assert_int_equal(sum, own.made.event_count);
	end(&own);
}

static int by_value(const void *left, const void *right)
{
	int64_t one = *(const int64_t *)left, other = *(const int64_t *)right;

	return one < other ? -1 : one > other;
}

static void percentiles_are_those_of_the_sorted_values(void **unused)
{
	struct fixture own = begin_at(&small);
	int64_t *values;
	size_t count = 0;

	(void)unused;
	begin_browsing(&own);
	browse_page(own.browse, (struct event_place){0, 0}, BROWSE_FORWARD, 10000);
	wait_page(&own);
	values = mem_zalloc(own.page->row_count * sizeof(*values));
	for (size_t i = 0; i < own.page->row_count; i++) {
		const char *text = field_value(own.page, &own.page->rows[i], "delta");

		if (*text != '?')
			values[count++] = strtoll(text, NULL, 10);
	}
	qsort(values, count, sizeof(*values), by_value);
	browse_statistics(own.browse, 0, UINT64_MAX, "delta", statistics_came, &own);
	wait_done(&own);
	assert_int_equal(own.statistics.value_count, count);
	assert_int_equal(own.statistics.minimum, values[0]);
	assert_int_equal(own.statistics.median, values[(count + 1) / 2 - 1]);
	assert_int_equal(own.statistics.percentile95, values[(count * 95 + 99) / 100 - 1]);
	assert_int_equal(own.statistics.maximum, values[count - 1]);
	free(values);
	end(&own);
}

/* --- export ----------------------------------------------------------------------------------- */

static uint64_t export_to(struct fixture *own, uint64_t begin_ns, uint64_t end_ns,
			  enum browse_format format, const char *path)
{
	browse_export(own->browse, begin_ns, end_ns, format, path, export_came, own);
	wait_done(own);
	return own->export_count;
}

static void exported_text_is_babeltrace2s(void **unused)
{
	struct fixture own = begin_at(&small);
	char *path = mem_printf("%s/out.txt", own.directory);
	struct text difference = {0};

	(void)unused;
	begin_browsing(&own);
	assert_int_equal(export_to(&own, 0, UINT64_MAX, BROWSE_TEXT, path), own.made.event_count);
	kit_run(&difference,
		"grep -v '^# lost' '%s' >'%s.1'; babeltrace2 '%s' 2>/dev/null >'%s.2'; "
		"diff '%s.1' '%s.2' | head -5",
		path, path, own.trace, path, path, path);
	assert_string_equal(text_str(&difference), "");
	text_clear(&difference);
	kit_run(&difference, "grep -c '^# lost' '%s'", path);
	assert_int_equal(atoi(text_str(&difference)), own.made.gap_count);
	text_finish(&difference);
	free(path);
	end(&own);
}

static void exported_json_has_a_line_for_each_event(void **unused)
{
	struct fixture own = begin_at(&small);
	char *path = mem_printf("%s/out.json", own.directory);
	struct text out = {0};

	(void)unused;
	begin_browsing(&own);
	assert_int_equal(export_to(&own, 0, UINT64_MAX, BROWSE_JSON_LINES, path),
			 own.made.event_count);
	kit_run(&out,
		"python3 -c \"import json; r=[json.loads(l) for l in open('%s')]; "
		"print(len(r), sum(r[i]['time_ns'] < r[i-1]['time_ns'] for i in range(1,len(r))),"
		" sum(e.get('lost_events_before', 0) for e in r),"
		" sum(isinstance(e['fields']['n'], int) for e in r))\"",
		path);
	{
		struct text wanted = {0};

		text_addf(&wanted, "%llu 0 %llu %llu\n", (unsigned long long)own.made.event_count,
			  (unsigned long long)own.made.lost_events,
			  (unsigned long long)own.made.event_count);
		assert_string_equal(text_str(&out), text_str(&wanted));
		text_finish(&wanted);
	}
	text_finish(&out);
	free(path);
	end(&own);
}

static uint64_t babeltrace2_count(const char *path)
{
	struct text out = {0};
	uint64_t count;

	kit_run(&out, "babeltrace2 --clock-cycles '%s' 2>/dev/null | grep -c '^\\['", path);
	count = strtoull(text_str(&out), NULL, 10);
	text_finish(&out);
	return count;
}

static void exported_ctf_has_exactly_the_selected_events(void **unused)
{
	struct fixture own = begin_at(&small);
	char *path = mem_printf("%s/out", own.directory), *part = mem_printf("%s-part", path);
	const struct browse_info *info;
	uint64_t span_ns, begin_ns, end_ns;
	size_t at, end_at;

	(void)unused;
	begin_browsing(&own);
	info = wait_index(&own);
	assert_int_equal(export_to(&own, 0, UINT64_MAX, BROWSE_CTF, path), own.made.event_count);
	assert_int_equal(babeltrace2_count(path), own.made.event_count);
	span_ns = info->end_wall_ns - info->begin_wall_ns;
	begin_ns = info->begin_wall_ns + span_ns / 3;
	end_ns = info->begin_wall_ns + span_ns / 2;
	assert_true(browse_set_filter(own.browse, "$ctx.event_name == \"load:request\"", &at,
				      &end_at, NULL));
	browse_statistics(own.browse, begin_ns, end_ns, NULL, statistics_came, &own);
	wait_done(&own);
	assert_true(own.statistics.event_count > 0);
	assert_int_equal(export_to(&own, begin_ns, end_ns, BROWSE_CTF, part),
			 own.statistics.event_count);
	assert_int_equal(babeltrace2_count(part), own.statistics.event_count);
	free(path);
	free(part);
	end(&own);
}

static void exported_ctf_keeps_the_losses(void **unused)
{
	struct fixture own = begin_at(&small);
	char *path = mem_printf("%s/out", own.directory);
	struct text out = {0};
	uint64_t lost = 0;

	(void)unused;
	begin_browsing(&own);
	export_to(&own, 0, UINT64_MAX, BROWSE_CTF, path);
	kit_run(&out,
		"babeltrace2 '%s' 2>&1 >/dev/null | sed -n 's/.*discarded \\([0-9]*\\) .*/\\1/p'",
		path);
	for (const char *at = text_str(&out); *at; at = strchr(at, '\n') + 1)
		lost += strtoull(at, NULL, 10);
	assert_int_equal(lost, own.made.lost_events);
	text_finish(&out);
	free(path);
	end(&own);
}

static void nothing_that_exists_is_written_over(void **unused)
{
	struct fixture own = begin_at(&small);
	char *file = mem_printf("%s/there", own.directory);

	(void)unused;
	kit_write_file(file, "mine\n", 5);
	begin_browsing(&own);
	export_to(&own, 0, UINT64_MAX, BROWSE_TEXT, file);
	assert_int_not_equal(own.error.code, ERROR_NONE);
	export_to(&own, 0, UINT64_MAX, BROWSE_CTF, file);
	assert_int_not_equal(own.error.code, ERROR_NONE);
	assert_true(kit_exists(file));
	free(file);
	end(&own);
}

/* --- giving up -------------------------------------------------------------------------------- */

static void cancel_takes_away_what_was_written(void **unused)
{
	struct trace_recipe recipe = small;
	char *text, *ctf;
	struct fixture own;

	(void)unused;
	recipe.packets_per_stream = 60;
	own = begin_at(&recipe);
	text = mem_printf("%s/out.txt", own.directory);
	ctf = mem_printf("%s/out.ctf", own.directory);
	begin_browsing(&own);
	browse_export(own.browse, 0, UINT64_MAX, BROWSE_TEXT, text, export_came, &own);
	browse_cancel(own.browse);
	wait_done(&own);
	assert_int_equal(own.error.code, ERROR_CANCELED);
	assert_false(kit_exists(text));
	browse_export(own.browse, 0, UINT64_MAX, BROWSE_CTF, ctf, export_came, &own);
	browse_cancel(own.browse);
	wait_done(&own);
	assert_int_equal(own.error.code, ERROR_CANCELED);
	assert_false(kit_exists(ctf));
	browse_page(own.browse, (struct event_place){0, 0}, BROWSE_FORWARD, 5);
	wait_page(&own);
	assert_int_equal(own.page->row_count, 5);
	free(text);
	free(ctf);
	end(&own);
}

static void a_request_is_given_up_alone(void **unused)
{
	struct fixture own = begin_at(&small);
	char *text = mem_printf("%s/out.txt", own.directory);

	(void)unused;
	begin_browsing(&own);
	browse_export(own.browse, 0, UINT64_MAX, BROWSE_TEXT, text, export_came, &own);
	browse_page(own.browse, (struct event_place){0, 0}, BROWSE_FORWARD, 5);
	browse_cancel_request(own.browse);
	wait_page(&own); /* it may have been done before */
	wait_done(&own);
	assert_int_equal(own.export_count, own.made.event_count);
	browse_page(own.browse, (struct event_place){0, 0}, BROWSE_FORWARD, 5);
	wait_page(&own);
	assert_int_equal(own.page->row_count, 5);
	free(text);
	end(&own);
}

/* The writer has open packets then, at another place each time; some may be done before. */
static void cancel_in_the_middle_of_a_copy(void **unused)
{
	struct trace_recipe recipe = small;
	struct fixture own;
	char *ctf;

	(void)unused;
	recipe.packets_per_stream = 60;
	own = begin_at(&recipe);
	ctf = mem_printf("%s/out.ctf", own.directory);
	begin_browsing(&own);
	wait_index(&own);
	for (int turn = 0; turn < 20; turn++) {
		own.error.code = ERROR_NONE;
		browse_export(own.browse, 0, UINT64_MAX, BROWSE_CTF, ctf, export_came, &own);
		while (!kit_exists(ctf) && !own.has_done)
			queue_drain(own.home);
		browse_cancel(own.browse);
		wait_done(&own);
		assert_int_equal(kit_exists(ctf), own.error.code != ERROR_CANCELED);
		kit_remove_tree(ctf);
	}
	free(ctf);
	end(&own);
}

static void destroy_gives_up_what_runs(void **unused)
{
	struct fixture own = begin_at(&small);
	char *path = mem_printf("%s/out.ctf", own.directory);

	(void)unused;
	begin_browsing(&own);
	browse_export(own.browse, 0, UINT64_MAX, BROWSE_CTF, path, export_came, &own);
	browse_statistics(own.browse, 0, UINT64_MAX, "n", statistics_came, &own);
	browse_page(own.browse, (struct event_place){0, 0}, BROWSE_FORWARD, 5);
	free(path);
	end(&own);
}

/* --- traces that change or are damaged -------------------------------------------------------- */

static void cut_file(const char *path, uint64_t bytes)
{
	assert_int_equal(truncate(path, (off_t)bytes), 0);
}

static void a_growing_trace_shows_its_new_events(void **unused)
{
	struct trace_recipe recipe = small;
	struct fixture own;
	char *path, *bytes;
	size_t length;
	FILE *file;

	(void)unused;
	recipe.stream_count = 1;
	recipe.has_index = false;
	own = begin_at(&recipe);
	path = mem_printf("%s/chan_0", own.trace);
	bytes = kit_read_file(path, &length);
	/* Three packets and a piece of the fourth, which is about to be written. */
	cut_file(path, 3 * recipe.packet_bytes + 100);
	begin_browsing(&own);
	wait_index(&own);
	assert_int_equal(browse_info(own.browse)->packet_count, 3);
	assert_false(browse_info(own.browse)->has_failed);
	browse_page(own.browse, (struct event_place){0, 0}, BROWSE_FORWARD, 10000);
	wait_page(&own);
	assert_true(own.page->is_at_end);
	assert_true(own.page->row_count < own.made.event_count);
	file = fopen(path, "w");
	assert_int_equal(fwrite(bytes, 1, length, file), length);
	fclose(file);
	browse_refresh(own.browse);
	browse_page(own.browse, (struct event_place){0, 0}, BROWSE_FORWARD, 10000);
	wait_page(&own);
	assert_int_equal(own.page->row_count, own.made.event_count);
	while (browse_info(own.browse)->packet_count != recipe.packets_per_stream) {
		poll(&(struct pollfd){.fd = queue_fd(own.home), .events = POLLIN}, 1, WAIT_MS);
		queue_drain(own.home);
	}
	assert_true(browse_info(own.browse)->is_growing);
	free(bytes);
	free(path);
	end(&own);
}

static void several_traces_are_one_history(void **unused)
{
	struct trace_recipe recipe = small;
	struct fixture own = begin_at(NULL);
	struct text got = {0}, truth = {0};
	uint64_t event_count = 0;

	(void)unused;
	recipe.packets_per_stream = 3;
	for (unsigned int i = 0; i < 3; i++) {
		char *folder = mem_printf("%s/part%u", own.trace, i);

		assert_int_equal(mkdir(folder, 0755), 0);
		recipe.begin_clock = small.begin_clock + i * UINT64_C(700000);
		recipe.uuid_byte = (unsigned char)(40 + i);
		recipe.has_index = i != 1;
		recipe.gap_every = 0;
		trace_make(folder, &recipe, &own.made);
		event_count += own.made.event_count;
		free(folder);
	}
	begin_browsing(&own);
	browse_page(own.browse, (struct event_place){0, 0}, BROWSE_FORWARD, 10000);
	wait_page(&own);
	assert_int_equal(own.page->row_count, event_count);
	add_rows(&got, own.page);
	add_truth(&truth, own.trace);
	assert_int_equal(line_count(&truth), event_count);
	assert_string_equal(text_str(&got), text_str(&truth));
	wait_index(&own);
	assert_int_equal(browse_info(own.browse)->trace_count, 3);
	assert_int_equal(browse_info(own.browse)->stream_count, 9);
	text_finish(&got);
	text_finish(&truth);
	end(&own);
}

/* With one UUID they are chunks of one session: their streams go on with each other. */
static void chunks_of_a_session_are_one_trace(void **unused)
{
	struct trace_recipe recipe = small;
	struct fixture own = begin_at(NULL);
	struct text got = {0}, truth = {0};
	uint64_t lost_events = 0;

	(void)unused;
	recipe.packets_per_stream = 3;
	recipe.gap_every = 2;
	for (unsigned int i = 0; i < 3; i++) {
		char *folder = mem_printf("%s/chunk%u", own.trace, i);

		assert_int_equal(mkdir(folder, 0755), 0);
		trace_make(folder, &recipe, &own.made);
		recipe.begin_clock = own.made.last_clock + 10;
		lost_events += own.made.lost_events;
		free(folder);
	}
	begin_browsing(&own);
	browse_page(own.browse, (struct event_place){0, 0}, BROWSE_FORWARD, 10000);
	wait_page(&own);
	add_rows(&got, own.page);
	add_truth(&truth, own.trace);
	assert_string_equal(text_str(&got), text_str(&truth));
	wait_index(&own);
	assert_int_equal(browse_info(own.browse)->trace_count, 3);
	assert_int_equal(browse_info(own.browse)->stream_count, small.stream_count);
	assert_int_equal(browse_info(own.browse)->packet_count, 27);
	assert_int_equal(browse_info(own.browse)->lost_events, lost_events);
	text_finish(&got);
	text_finish(&truth);
	end(&own);
}

static void wait_failed(struct fixture *own)
{
	wait_until(own, &browse_info(own->browse)->has_failed);
}

static void what_is_no_trace_is_said(void **unused)
{
	struct fixture own = begin_at(NULL);

	(void)unused;
	begin_browsing(&own);
	browse_page(own.browse, (struct event_place){0, 0}, BROWSE_FORWARD, 5);
	wait_failed(&own);
	assert_non_null(strstr(browse_info(own.browse)->error.message, "there is no trace in"));
	wait_page(&own);
	assert_null(own.page);
	assert_int_equal(own.error.code, ERROR_NOT_FOUND);
	/* It may come yet. */
	trace_make(own.trace, &small, &own.made);
	browse_refresh(own.browse);
	browse_page(own.browse, (struct event_place){0, 0}, BROWSE_FORWARD, 5);
	wait_page(&own);
	assert_int_equal(own.page->row_count, 5);
	end(&own);
}

static void damage_is_said_and_the_rest_is_shown(void **unused)
{
	struct trace_recipe recipe = small;
	char junk[64], *path;
	struct fixture own;
	FILE *file;

	(void)unused;
	recipe.has_index = false;
	own = begin_at(&recipe);
	path = mem_printf("%s/chan_1", own.trace);
	memset(junk, 0xff, sizeof(junk));
	file = fopen(path, "r+");
	fseek(file, (long)(2 * recipe.packet_bytes), SEEK_SET);
	fwrite(junk, 1, sizeof(junk), file);
	fclose(file);
	begin_browsing(&own);
	wait_index(&own);
	assert_int_equal(browse_info(own.browse)->packet_count, 8 + 2 + 8);
	assert_true(error_is_set(&browse_info(own.browse)->error));
	browse_page(own.browse, (struct event_place){0, 0}, BROWSE_FORWARD, 10000);
	wait_page(&own);
	assert_true(own.page->row_count > 100);
	free(path);
	end(&own);
}

static void an_index_of_another_file_is_not_believed(void **unused)
{
	struct fixture own = begin_at(&small);
	struct text out = {0};

	(void)unused;
	assert_int_equal(kit_run(&out, "cp '%s/index/chan_0.idx' '%s/index/chan_1.idx'", own.trace,
				 own.trace),
			 0);
	begin_browsing(&own);
	browse_page(own.browse, (struct event_place){0, 0}, BROWSE_FORWARD, 10000);
	wait_page(&own);
	assert_int_equal(own.page->row_count, own.made.event_count);
	text_finish(&out);
	end(&own);
}

static void metadata_that_is_none_is_said(void **unused)
{
	struct fixture own = begin_at(&small);
	char *path = mem_printf("%s/metadata", own.trace);

	(void)unused;
	kit_write_file(path, "this is no TSDL {", 17);
	begin_browsing(&own);
	browse_page(own.browse, (struct event_place){0, 0}, BROWSE_FORWARD, 5);
	wait_page(&own);
	assert_null(own.page);
	assert_int_not_equal(own.error.code, ERROR_NONE);
	free(path);
	end(&own);
}

static void no_slice_is_left_behind(void **unused)
{
	struct fixture own = begin_at(&small);
	struct text out = {0};

	(void)unused;
	begin_browsing(&own);
	browse_page(own.browse, (struct event_place){0, 0}, BROWSE_FORWARD, 100);
	wait_page(&own);
	browse_destroy(own.browse);
	own.browse = NULL;
	kit_run(&out, "ls '%s'", own.slices);
	assert_string_equal(text_str(&out), "");
	text_finish(&out);
	end(&own);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pages_forward_are_what_babeltrace2_prints),
		cmocka_unit_test(pages_backward_are_the_same_events),
		cmocka_unit_test(goto_finds_the_first_event_from_a_time_on),
		cmocka_unit_test(only_the_newest_page_counts),
		cmocka_unit_test(fields_come_with_their_scopes),
		cmocka_unit_test(losses_are_before_the_event_that_follows),
		cmocka_unit_test(a_page_in_the_middle_knows_its_gap),
		cmocka_unit_test(searches_find_every_match_in_both_directions),
		cmocka_unit_test(wrong_patterns_are_said_at_once),
		cmocka_unit_test(a_filter_leaves_places_as_they_are),
		cmocka_unit_test(a_filter_that_nothing_matches_gives_an_empty_page),
		cmocka_unit_test(statistics_are_what_the_recipe_says),
		cmocka_unit_test(percentiles_are_those_of_the_sorted_values),
		cmocka_unit_test(exported_text_is_babeltrace2s),
		cmocka_unit_test(exported_json_has_a_line_for_each_event),
		cmocka_unit_test(exported_ctf_has_exactly_the_selected_events),
		cmocka_unit_test(exported_ctf_keeps_the_losses),
		cmocka_unit_test(nothing_that_exists_is_written_over),
		cmocka_unit_test(cancel_takes_away_what_was_written),
		cmocka_unit_test(a_request_is_given_up_alone),
		cmocka_unit_test(cancel_in_the_middle_of_a_copy),
		cmocka_unit_test(destroy_gives_up_what_runs),
		cmocka_unit_test(a_growing_trace_shows_its_new_events),
		cmocka_unit_test(several_traces_are_one_history),
		cmocka_unit_test(chunks_of_a_session_are_one_trace),
		cmocka_unit_test(what_is_no_trace_is_said),
		cmocka_unit_test(damage_is_said_and_the_rest_is_shown),
		cmocka_unit_test(an_index_of_another_file_is_not_believed),
		cmocka_unit_test(metadata_that_is_none_is_said),
		cmocka_unit_test(no_slice_is_left_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
