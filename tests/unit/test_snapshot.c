/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Snapshots of fake rings: what is in them, without a gap, whatever happens meanwhile. */
#include "backend/model/snapshot.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/base/thread.h"
#include "backend/sink/snapshot.h"
#include "tests/unit/fake_ring.h"
#include "tests/unit/trace_kit.h"

#define RING_COUNT    2
#define SUBBUF_COUNT  4
#define PACKET_EVENTS ((FAKE_SUBBUF_BYTES - 84) / 14) /* as fake_ring packs them */
#define TRACE_PATH    "ust/uid/1000/64-bit"

struct bench {
	char *parent;
	struct consumer_pool *pool;
	struct stream_set *set;
	struct queue *home;
	struct fake_channel channel;
	struct fake_ring *rings[RING_COUNT];
	struct sink *sink;
	struct sink_trace *trace;
	struct copy_losses losses;
};

static void bench_init(struct bench *bench)
{
	struct error err = ERROR_INIT;

	*bench = (struct bench){.parent = kit_make_directory()};
	bench->pool = consumer_pool_create(1, &err);
	bench->set = stream_set_create(bench->pool);
	bench->home = queue_create();
	fake_channel_init(&bench->channel, 0);
	bench->sink = snapshot_sink_create(NULL);
	bench->trace = sink_open_trace(bench->sink, TRACE_PATH, &err);
	sink_append_metadata(bench->trace, bench->channel.metadata.bytes,
			     bench->channel.metadata.length, &err);
	for (uint32_t i = 0; i < RING_COUNT; i++) {
		char name[] = {'c', '_', (char)('0' + i), '\0'};

		bench->rings[i] = fake_ring_create(&bench->channel, i, SUBBUF_COUNT, true,
						   sink_open_stream(bench->trace, name, &err));
		fake_ring_keep(bench->rings[i]);
		stream_set_add(bench->set, fake_ring_stream(bench->rings[i]));
	}
}

static void bench_finish(struct bench *bench)
{
	struct fake_task task;

	fake_task_init(&task, bench->home);
	task_add(&task.task);
	stream_set_destroy(bench->set, &task.task);
	fake_task_wait(&task);
	sink_close_trace(bench->trace);
	sink_destroy(bench->sink);
	consumer_pool_destroy(bench->pool);
	queue_destroy(bench->home);
	fake_channel_finish(&bench->channel);
	kit_remove_tree(bench->parent);
	free(bench->parent);
}

static void emit(struct fake_ring *ring, uint64_t begin, uint64_t end)
{
	for (uint64_t i = begin; i < end; i++)
		fake_ring_emit(ring, i);
}

/* The folder; the caller frees it. */
static char *record(struct bench *bench, uint64_t packets_max, struct chunk_info *info)
{
	char *path = mem_printf("%s/snapshot", bench->parent);
	struct error err = ERROR_INIT;
	struct fake_task task;

	atomic_store(&bench->losses.hole_count, 0);
	if (!snapshot_sink_begin(bench->sink, path, 1, &err))
		fail_msg("%s", err.message);
	free(path);
	fake_task_init(&task, bench->home);
	task_add(&task.task);
	stream_set_copy(bench->set, true, packets_max, &bench->losses, &task.task);
	fake_task_wait(&task);
	snapshot_sink_end(bench->sink, true, 2, info);
	assert_int_equal(kit_count_events(info->path), info->event_count);
	return (char *)(uintptr_t)info->path;
}

/* Of ring 0: the numbers are FIRST … LAST, each once. */
static void assert_range(const char *path, uint64_t first, uint64_t last)
{
	char expected[64];
	struct text out = {0};

	snprintf(expected, sizeof(expected), "%" PRIu64 " %" PRIu64 " %" PRIu64 "\n", first, last,
		 last - first + 1);
	kit_run(&out,
		"babeltrace2 '%s' | grep 'cpu_id = 0' | sed 's/.*number = \\([0-9]*\\).*/\\1/' | "
		"awk 'NR == 1 { first = $1 } NR > 1 && $1 != last + 1 { print \"gap\" } "
		"{ last = $1 } END { print first, last, NR }'",
		path);
	assert_string_equal(text_str(&out), expected);
	text_finish(&out);
}

static void it_holds_the_newest_events(void **state)
{
	struct chunk_info info;
	struct bench bench;
	char *path;

	(void)state;
	bench_init(&bench);
	emit(bench.rings[0], 0, 10 * PACKET_EVENTS + 7);
	/* The flush closes a packet with 7 events and pushes the oldest out. */
	path = record(&bench, 0, &info);
	assert_range(path, 7 * PACKET_EVENTS, 10 * PACKET_EVENTS + 6);
	free(path);
	path = record(&bench, 0, &info); /* nothing was consumed */
	assert_range(path, 7 * PACKET_EVENTS, 10 * PACKET_EVENTS + 6);
	assert_int_equal(tally_read(&bench.channel.tally->recorded_events), 0);
	free(path);
	path = record(&bench, 2, &info);
	assert_range(path, 9 * PACKET_EVENTS, 10 * PACKET_EVENTS + 6);
	free(path);
	bench_finish(&bench);
}

static void an_empty_ring_gives_an_empty_packet(void **state)
{
	struct chunk_info info;
	struct bench bench;

	(void)state;
	bench_init(&bench);
	free(record(&bench, 0, &info));
	assert_int_equal(info.event_count, 0);
	assert_int_equal(info.bytes, RING_COUNT * FAKE_SUBBUF_BYTES);
	bench_finish(&bench);
}

/* Two packets of four are copied when the next two are overwritten. */
static void write_two(struct fake_ring *ring, unsigned int n)
{
	if (n == 1)
		emit(ring, 4 * PACKET_EVENTS, 6 * PACKET_EVENTS);
}

static void the_part_before_a_gap_is_dropped(void **state)
{
	struct chunk_info info;
	struct bench bench;
	char *path;

	(void)state;
	bench_init(&bench);
	emit(bench.rings[0], 0, 4 * PACKET_EVENTS);
	fake_ring_before_read(bench.rings[0], write_two);
	path = record(&bench, 0, &info);
	assert_range(path, 2 * PACKET_EVENTS, 4 * PACKET_EVENTS - 1);
	free(path);
	bench_finish(&bench);
}

/* A whole lap and more: of what was to be copied nothing is left. */
static void write_six(struct fake_ring *ring, unsigned int n)
{
	if (n == 1)
		emit(ring, 4 * PACKET_EVENTS, 10 * PACKET_EVENTS);
}

static void a_lap_behind_it_begins_again(void **state)
{
	struct chunk_info info;
	struct bench bench;
	char *path;

	(void)state;
	bench_init(&bench);
	emit(bench.rings[0], 0, 4 * PACKET_EVENTS);
	fake_ring_before_read(bench.rings[0], write_six);
	path = record(&bench, 0, &info);
	assert_range(path, 6 * PACKET_EVENTS, 10 * PACKET_EVENTS - 1);
	free(path);
	bench_finish(&bench);
}

static void a_hole_is_left_out_and_counted(void **state)
{
	struct chunk_info info;
	struct bench bench;
	char *path = NULL;

	(void)state;
	bench_init(&bench);
	emit(bench.rings[0], 0, 4 * PACKET_EVENTS);
	fake_ring_make_hole(bench.rings[0], 1);
	/* babeltrace2 tells of the lost packet, rightly: so it isn't asked here. */
	path = mem_printf("%s/hole", bench.parent);
	assert_true(snapshot_sink_begin(bench.sink, path, 1, NULL));
	free(path);
	struct fake_task task;

	fake_task_init(&task, bench.home);
	task_add(&task.task);
	stream_set_copy(bench.set, true, 0, &bench.losses, &task.task);
	fake_task_wait(&task);
	snapshot_sink_end(bench.sink, true, 2, &info);
	assert_int_equal(info.event_count, 3 * PACKET_EVENTS);
	assert_int_equal(atomic_load(&bench.losses.hole_count), 1);
	free((char *)(uintptr_t)info.path);
	bench_finish(&bench);
}

static void folders_are_never_shared(void **state)
{
	struct error err = ERROR_INIT;
	struct chunk_info info;
	struct bench bench;
	char *first, *second;
	char *path;

	(void)state;
	bench_init(&bench);
	first = record(&bench, 0, &info);
	second = record(&bench, 0, &info);
	assert_string_not_equal(first, second);
	path = mem_printf("%s/" TRACE_PATH "/metadata/below", first); /* below a file */
	assert_false(snapshot_sink_begin(bench.sink, path, 1, &err));
	assert_int_not_equal(err.code, ERROR_NONE);
	free(path);
	path = mem_printf("%s/gone", bench.parent);
	assert_true(snapshot_sink_begin(bench.sink, path, 1, &err));
	snapshot_sink_end(bench.sink, false, 2, NULL);
	assert_false(kit_exists(path));
	free(path);
	free(first);
	free(second);
	bench_finish(&bench);
}

static void a_limit_is_shared_by_all_streams(void **state)
{
	struct ring_kind list[] = {{4096, 4, 2}, {8192, 2, 1}};
	struct ring_kinds kinds = {.kinds = list, .count = 2};

	(void)state;
	assert_int_equal(snapshot_packets_that_fit(&kinds, 16383), 0);
	assert_int_equal(snapshot_packets_that_fit(&kinds, 16384), 1);
	assert_int_equal(snapshot_packets_that_fit(&kinds, 32768), 2);
	/* The rings of two packets are wholly in it then. */
	assert_int_equal(snapshot_packets_that_fit(&kinds, 32768 + 8192), 3);
	assert_int_equal(snapshot_packets_that_fit(&kinds, UINT64_MAX), 4);
	kinds.count = 0;
	assert_int_equal(snapshot_packets_that_fit(&kinds, 1), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_holds_the_newest_events),
		cmocka_unit_test(an_empty_ring_gives_an_empty_packet),
		cmocka_unit_test(the_part_before_a_gap_is_dropped),
		cmocka_unit_test(a_lap_behind_it_begins_again),
		cmocka_unit_test(a_hole_is_left_out_and_counted),
		cmocka_unit_test(folders_are_never_shared),
		cmocka_unit_test(a_limit_is_shared_by_all_streams),
	};

	thread_block_signals();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
