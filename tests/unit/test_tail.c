/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fake rings, consumer threads, and a tail of what passes. */
#include "backend/browse/tail.h"

#include <dirent.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/thread.h"
#include "backend/base/units.h"
#include "backend/browse/slice.h"
#include "backend/ctf/decode.h"
#include "backend/sink/sink.h"
#include "tests/unit/fake_ring.h"
#include "tests/unit/trace_kit.h"

#define LIMIT_NS   (20 * NS_PER_S)
#define LIMIT_MS   30000
#define RING_COUNT 2

/* --- a sink that takes everything and keeps nothing ------------------------------------------- */

static struct sink_trace *open_trace(struct sink *sink, const char *path, struct error *err)
{
	struct sink_trace *trace = mem_zalloc(sizeof(*trace));

	(void)path;
	(void)err;
	trace->sink = sink;
	return trace;
}

static bool append_metadata(struct sink_trace *trace, const char *text, size_t length,
			    struct error *err)
{
	(void)trace;
	(void)text;
	(void)length;
	(void)err;
	return true;
}

static void close_trace(struct sink_trace *trace)
{
	free(trace);
}

static struct sink_stream *open_stream(struct sink_trace *trace, const char *name,
				       const struct sink_limits *limits, struct error *err)
{
	struct sink_stream *stream = mem_zalloc(sizeof(*stream));

	(void)name;
	(void)limits;
	(void)err;
	stream->sink = trace->sink;
	return stream;
}

static bool put(struct sink_stream *stream, const struct packet *packet, uint64_t event_count,
		struct error *err)
{
	(void)stream;
	(void)packet;
	(void)event_count;
	(void)err;
	return true;
}

static void cut(struct sink_stream *stream)
{
	(void)stream;
}

static void close_stream(struct sink_stream *stream)
{
	free(stream);
}

static const struct sink_class hollow_class = {
	.name = "hollow",
	.open_trace = open_trace,
	.append_metadata = append_metadata,
	.close_trace = close_trace,
	.open_stream = open_stream,
	.put = put,
	.cut = cut,
	.close_stream = close_stream,
};

/* --- rings, consumers, a tail ------------------------------------------------------------------
 */

struct bench {
	struct sink sink;
	struct sink_trace *trace;
	struct consumer_pool *pool;
	struct stream_set *set;
	struct queue *home;
	struct fake_task task;
	struct fake_channel channel;
	struct fake_ring *rings[RING_COUNT];
	char *slices;
	struct tail *tail;
	unsigned int change_count;
};

static void changed(void *data)
{
	((struct bench *)data)->change_count++;
}

static bool can_decode(void)
{
	static int answer = -1;

	if (answer < 0) {
		struct text out = {0};

		answer = kit_run(&out, "babeltrace2 --version") == 0;
		text_finish(&out);
	}
	return answer == 1;
}

static void bench_init(struct bench *bench, unsigned int subbuf_count)
{
	struct tail_calls calls = {.data = bench, .changed = changed};
	struct error err = ERROR_INIT;
	char name[32];

	if (!can_decode())
		skip();
	*bench = (struct bench){.sink.class = &hollow_class};
	bench->pool = consumer_pool_create(2, &err);
	bench->set = stream_set_create(bench->pool);
	bench->home = queue_create();
	fake_channel_init(&bench->channel, 1);
	bench->trace = sink_open_trace(&bench->sink, "fake", &err);
	sink_append_metadata(bench->trace, bench->channel.metadata.bytes,
			     bench->channel.metadata.length, &err);
	for (uint32_t i = 0; i < RING_COUNT; i++) {
		snprintf(name, sizeof(name), "channel0_%u", i);
		bench->rings[i] = fake_ring_create(&bench->channel, i, subbuf_count, false,
						   sink_open_stream(bench->trace, name, &err));
	}
	bench->slices = kit_make_directory();
	bench->tail = tail_create(bench->slices, bench->home, &calls);
}

static void add_ring(struct bench *bench, unsigned int number)
{
	stream_set_add(bench->set, fake_ring_stream(bench->rings[number]));
}

static void attach(struct bench *bench, struct tap *tap)
{
	fake_task_init(&bench->task, bench->home);
	task_add(&bench->task.task);
	stream_set_tap(bench->set, tap, &bench->task.task);
	fake_task_wait(&bench->task);
}

static void drain(struct bench *bench)
{
	fake_task_init(&bench->task, bench->home);
	task_add(&bench->task.task);
	stream_set_drain(bench->set, FLUSH_DATA, LIMIT_MS, &bench->task.task);
	fake_task_wait(&bench->task);
}

static void begin(struct bench *bench, unsigned int subbuf_count)
{
	bench_init(bench, subbuf_count);
	attach(bench, tail_tap(bench->tail));
	for (unsigned int i = 0; i < RING_COUNT; i++)
		add_ring(bench, i);
}

static void destroy_set(struct bench *bench)
{
	fake_task_init(&bench->task, bench->home);
	task_add(&bench->task.task);
	stream_set_destroy(bench->set, &bench->task.task);
	fake_task_wait(&bench->task);
	bench->set = NULL;
}

static size_t count_entries(const char *path)
{
	DIR *directory = opendir(path);
	size_t count = 0;

	assert_non_null(directory);
	while (readdir(directory))
		count++;
	closedir(directory);
	return count - 2; /* . and .. */
}

static void bench_finish(struct bench *bench)
{
	tail_destroy(bench->tail);
	assert_int_equal(count_entries(bench->slices), 0);
	if (bench->set)
		destroy_set(bench);
	consumer_pool_destroy(bench->pool);
	queue_drain(bench->home);
	queue_destroy(bench->home);
	sink_close_trace(bench->trace);
	fake_channel_finish(&bench->channel);
	kit_remove_tree(bench->slices);
	free(bench->slices);
}

static uint64_t emit(struct bench *bench, unsigned int ring, uint64_t first, uint64_t count)
{
	uint64_t emitted = 0;

	for (uint64_t i = 0; i < count; i++)
		emitted += fake_ring_emit(bench->rings[ring], first + i);
	return emitted;
}

/* Runs the owner's queue until that many events were seen and, without sampling, decoded. */
static const struct tail_info *wait_seen(struct bench *bench, uint64_t count)
{
	uint64_t end_ns = clock_monotonic_ns() + LIMIT_NS;
	struct pollfd pollfd = {.fd = queue_fd(bench->home), .events = POLLIN};

	while (tail_info(bench->tail)->seen_events < count) {
		poll(&pollfd, 1, 100);
		queue_drain(bench->home);
		if (clock_monotonic_ns() > end_ns)
			fail_msg("%llu of %llu events seen; %s",
				 (unsigned long long)tail_info(bench->tail)->seen_events,
				 (unsigned long long)count, tail_info(bench->tail)->error.message);
	}
	return tail_info(bench->tail);
}

/* Until the page has that many rows. */
static const struct event_page *wait_rows(struct bench *bench, size_t count)
{
	uint64_t end_ns = clock_monotonic_ns() + LIMIT_NS;
	struct pollfd pollfd = {.fd = queue_fd(bench->home), .events = POLLIN};
	const struct event_page *page;

	while (!(page = tail_page(bench->tail)) || page->row_count != count) {
		poll(&pollfd, 1, 100);
		queue_drain(bench->home);
		if (clock_monotonic_ns() > end_ns)
			fail_msg("%zu rows and not %zu", page ? page->row_count : 0, count);
	}
	return page;
}

/* Until a filter or "clear" that was sent just now holds. */
static void wait_begun(struct bench *bench)
{
	uint64_t end_ns = clock_monotonic_ns() + LIMIT_NS;
	struct pollfd pollfd = {.fd = queue_fd(bench->home), .events = POLLIN};
	unsigned int before = bench->change_count;

	while (bench->change_count == before || tail_info(bench->tail)->seen_events > 0) {
		poll(&pollfd, 1, 100);
		queue_drain(bench->home);
		if (clock_monotonic_ns() > end_ns)
			fail_msg("counts don't begin anew");
	}
}

/* The payload's field; packet and contexts have theirs before it. */
static uint64_t number_of(const struct event_page *page, const struct event_row *row)
{
	const struct event_field *field = &page->fields[row->first_field + row->field_count - 1];

	assert_string_equal(field->name, "number");
	return strtoull(field->value, NULL, 10);
}

static void assert_in_order(const struct event_page *page)
{
	for (size_t i = 1; i < page->row_count; i++) {
		const struct event_place *before = &page->rows[i - 1].place;
		const struct event_place *place = &page->rows[i].place;

		assert_true(before->wall_ns < place->wall_ns ||
			    (before->wall_ns == place->wall_ns && before->skip + 1 == place->skip));
	}
}

/* How many rows of a stream there are; their numbers count up by one. */
static size_t count_of_stream(const struct event_page *page, const char *stream)
{
	uint64_t next = 0;
	size_t count = 0;

	for (size_t i = 0; i < page->row_count; i++) {
		const struct event_row *row = &page->rows[i];

		if (strcmp(row->stream, stream) != 0)
			continue;
		if (count > 0)
			assert_int_equal(number_of(page, row), next);
		next = number_of(page, row) + 1;
		assert_string_equal(row->name, "fake:event");
		assert_int_equal(row->loglevel, 13);
		count++;
	}
	return count;
}

/* --- the tests ---------------------------------------------------------------------------------
 */

static void events_below_the_budget_are_all_shown(void **state)
{
	const struct event_page *page;
	const struct tail_info *info;
	struct bench bench;

	(void)state;
	begin(&bench, 64);
	assert_null(tail_page(bench.tail));
	emit(&bench, 0, 0, 700);
	emit(&bench, 1, 0, 40);
	drain(&bench);
	info = wait_seen(&bench, 740);
	assert_int_equal(info->seen_events, 740);
	assert_int_equal(info->decoded_events, 740);
	assert_int_equal(info->shown_events, 740);
	assert_false(info->is_sampling);
	assert_false(error_is_set(&info->error));
	page = wait_rows(&bench, 740);
	assert_in_order(page);
	assert_int_equal(count_of_stream(page, "channel0_0"), 700);
	assert_int_equal(count_of_stream(page, "channel0_1"), 40);
	emit(&bench, 1, 40, 3);
	drain(&bench);
	page = wait_rows(&bench, 743);
	assert_in_order(page);
	assert_int_equal(count_of_stream(page, "channel0_1"), 43);
	bench_finish(&bench);
}

static void at_high_rates_every_event_is_counted(void **state)
{
	const struct event_page *page;
	const struct tail_info *info;
	struct error err = ERROR_INIT;
	struct bench bench;
	uint64_t emitted;
	size_t from, to;

	(void)state;
	begin(&bench, 1000);
	/* A filter, or the busy stream's newest events would push the others out. */
	assert_true(tail_set_filter(bench.tail, "$ctx.stream == \"channel0_1\"", &from, &to, &err));
	wait_begun(&bench);
	/* Behind all of it: a quiet stream is shown whole, whatever another one takes. */
	emitted = emit(&bench, 0, 0, 150000);
	emitted += emit(&bench, 1, 0, 20);
	drain(&bench);
	info = wait_seen(&bench, emitted);
	assert_int_equal(info->seen_events, emitted);
	assert_true(info->is_sampling);
	assert_true(info->decoded_events < emitted);
	assert_int_equal(info->shown_events, 20);
	page = tail_page(bench.tail);
	assert_int_equal(page->row_count, 20);
	assert_int_equal(count_of_stream(page, "channel0_1"), 20);
	bench_finish(&bench);
}

static void filters_hold_for_what_is_shown_and_what_comes(void **state)
{
	const struct event_page *page;
	struct error err = ERROR_INIT;
	size_t from, to;
	struct bench bench;

	(void)state;
	begin(&bench, 64);
	emit(&bench, 0, 0, 100);
	drain(&bench);
	wait_rows(&bench, 100);
	assert_false(tail_set_filter(bench.tail, "number >= ", &from, &to, &err));
	assert_true(error_is_set(&err));
	assert_true(tail_set_filter(bench.tail, "number >= 90 && $ctx.stream == \"channel0_0\"",
				    &from, &to, &err));
	page = wait_rows(&bench, 10);
	assert_int_equal(number_of(page, &page->rows[0]), 90);
	emit(&bench, 0, 100, 5);
	emit(&bench, 1, 1000, 5);
	drain(&bench);
	page = wait_rows(&bench, 15);
	assert_int_equal(number_of(page, &page->rows[14]), 104);
	assert_int_equal(wait_seen(&bench, 10)->seen_events, 10); /* since the filter changed */
	assert_int_equal(tail_info(bench.tail)->shown_events, 5);
	assert_true(tail_set_filter(bench.tail, NULL, &from, &to, &err));
	wait_begun(&bench);
	emit(&bench, 1, 1005, 1);
	drain(&bench);
	wait_rows(&bench, 16);
	bench_finish(&bench);
}

static void clear_begins_anew(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench, 64);
	emit(&bench, 0, 0, 100);
	drain(&bench);
	wait_rows(&bench, 100);
	tail_clear(bench.tail);
	wait_rows(&bench, 0);
	assert_int_equal(tail_info(bench.tail)->seen_events, 0);
	emit(&bench, 0, 100, 7);
	drain(&bench);
	wait_rows(&bench, 7);
	assert_int_equal(wait_seen(&bench, 7)->seen_events, 7);
	bench_finish(&bench);
}

static void losses_stand_before_the_event_that_follows(void **state)
{
	const struct event_page *page;
	uint64_t lost = 0, kept;
	struct bench bench;

	(void)state;
	begin(&bench, 2);
	emit(&bench, 0, 0, 10);
	drain(&bench); /* from here on losses are known */
	fake_ring_hold(bench.rings[0], 1);
	kept = 10 + emit(&bench, 0, 10, 2000);
	fake_ring_hold(bench.rings[0], UINT64_MAX);
	drain(&bench);
	kept += emit(&bench, 0, 2010, 10);
	drain(&bench);
	page = wait_rows(&bench, kept);
	for (size_t i = 0; i < page->row_count; i++) {
		lost += page->rows[i].lost_before;
		assert_int_equal(page->rows[i].lost_packets_before, 0);
	}
	assert_true(lost > 0);
	assert_int_equal(lost, fake_ring_discarded(bench.rings[0]));
	bench_finish(&bench);
}

static void only_the_newest_are_kept(void **state)
{
	const struct event_page *page;
	struct bench bench;
	uint64_t emitted = 0;

	(void)state;
	begin(&bench, 1000);
	while (emitted < TAIL_EVENTS_MAX + 5000) {
		emitted += emit(&bench, 0, emitted, 1000);
		emitted += emit(&bench, 0, emitted, 1000);
	}
	drain(&bench);
	wait_seen(&bench, emitted);
	page = wait_rows(&bench, TAIL_EVENTS_MAX);
	assert_int_equal(count_of_stream(page, "channel0_0"), TAIL_EVENTS_MAX);
	assert_int_equal(number_of(page, &page->rows[TAIL_EVENTS_MAX - 1]), emitted - 1);
	bench_finish(&bench);
}

static void streams_that_come_later_are_shown_too(void **state)
{
	struct bench bench;

	(void)state;
	bench_init(&bench, 64);
	attach(&bench, tail_tap(bench.tail));
	add_ring(&bench, 0);
	drain(&bench);
	add_ring(&bench, 1);
	emit(&bench, 1, 0, 12);
	drain(&bench);
	wait_rows(&bench, 12);
	attach(&bench, NULL);
	emit(&bench, 1, 12, 5);
	drain(&bench);
	attach(&bench, tail_tap(bench.tail));
	emit(&bench, 1, 17, 2);
	drain(&bench);
	wait_rows(&bench, 14);
	bench_finish(&bench);
}

static void the_session_may_end_first(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench, 64);
	emit(&bench, 0, 0, 30);
	drain(&bench);
	emit(&bench, 0, 30, 30);
	fake_ring_hold(bench.rings[0], UINT64_MAX);
	destroy_set(&bench);
	wait_rows(&bench, 30); /* the packet that was never closed stays in its ring */
	bench_finish(&bench);
}

static void the_tail_may_end_first(void **state)
{
	struct bench bench;

	(void)state;
	begin(&bench, 64);
	emit(&bench, 0, 0, 300);
	drain(&bench);
	tail_destroy(bench.tail);
	bench.tail = NULL;
	emit(&bench, 0, 300, 300);
	drain(&bench);
	attach(&bench, NULL);
	emit(&bench, 1, 0, 300);
	drain(&bench);
	bench_finish(&bench);
}

/* Two writers, two consumer threads, the worker, the owner: all at once. */
struct writer {
	struct bench *bench;
	unsigned int ring;
	uint64_t emitted;
};

static void *write_much(void *data)
{
	struct writer *writer = data;

	for (unsigned int i = 0; i < 200; i++)
		writer->emitted += emit(writer->bench, writer->ring, i * 100, 100);
	return NULL;
}

static void under_load_all_is_seen(void **state)
{
	struct writer writers[RING_COUNT];
	pthread_t threads[RING_COUNT];
	struct bench bench;
	uint64_t emitted = 0;

	(void)state;
	begin(&bench, 16);
	for (unsigned int i = 0; i < RING_COUNT; i++) {
		writers[i] = (struct writer){&bench, i, 0};
		assert_int_equal(pthread_create(&threads[i], NULL, write_much, &writers[i]), 0);
	}
	for (unsigned int i = 0; i < RING_COUNT; i++) {
		pthread_join(threads[i], NULL);
		emitted += writers[i].emitted;
	}
	drain(&bench);
	assert_int_equal(wait_seen(&bench, emitted)->seen_events, emitted);
	assert_in_order(tail_page(bench.tail));
	bench_finish(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_below_the_budget_are_all_shown),
		cmocka_unit_test(at_high_rates_every_event_is_counted),
		cmocka_unit_test(filters_hold_for_what_is_shown_and_what_comes),
		cmocka_unit_test(clear_begins_anew),
		cmocka_unit_test(losses_stand_before_the_event_that_follows),
		cmocka_unit_test(only_the_newest_are_kept),
		cmocka_unit_test(streams_that_come_later_are_shown_too),
		cmocka_unit_test(the_session_may_end_first),
		cmocka_unit_test(the_tail_may_end_first),
		cmocka_unit_test(under_load_all_is_seen),
	};

	thread_block_signals();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
