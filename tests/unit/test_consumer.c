/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fake rings, a sink in memory, and the consumer threads between them. */
#include "backend/consume/consumer.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/thread.h"
#include "backend/base/units.h"
#include "backend/sink/sink.h"
#include "tests/unit/fake_ring.h"

#define LIMIT_MS 30000

/* --- a sink that remembers the events' numbers ----------------------------------------------- */

struct memory_stream {
	struct sink_stream base; /* first */
	struct sink sink;
	atomic_bool is_full; /* each packet fails */
	uint64_t *numbers;   /* these: the stream's consumer, then the test */
	size_t number_count;
	size_t number_room;
	size_t cut_at; /* numbers before the last cut */
	unsigned int cut_count;
	unsigned int packet_count;
	uint64_t gap_count; /* numbers that no packet has */
	uint64_t next_sequence;
	uint64_t discarded; /* as the last packet says */
	bool is_settled;
	bool is_closed;
};

/* What a reader finds in the packet's header. */
static uint64_t header_u64(const struct packet *packet, size_t at)
{
	const unsigned char *bytes = at < packet->header_bytes ? packet->header : packet->bytes;
	uint64_t value;

	memcpy(&value, bytes + at, sizeof(value));
	return value;
}

static void memory_note_numbers(struct memory_stream *stream, const struct packet *packet)
{
	uint64_t sequence = header_u64(packet, PACKET_SEQUENCE_AT);

	assert_int_equal(packet->sequence, sequence);
	assert_int_equal(packet->events_discarded, header_u64(packet, PACKET_DISCARDED_AT));
	stream->gap_count += sequence - stream->next_sequence;
	stream->next_sequence = sequence + 1;
	stream->discarded = packet->events_discarded;
}

static bool memory_put(struct sink_stream *base, const struct packet *packet, uint64_t event_count,
		       struct error *err)
{
	struct memory_stream *stream = (struct memory_stream *)base;
	uint64_t at = packet->first_event_bytes, found = 0;

	if (atomic_load(&stream->is_full))
		return error_set(err, ERROR_NO_SPACE, "no room");
	for (; at < packet->content_bytes; at += 14, found++) {
		stream->numbers = mem_grow(stream->numbers, stream->number_count,
					   &stream->number_room, sizeof(*stream->numbers));
		memcpy(&stream->numbers[stream->number_count++], packet->bytes + at + 6, 8);
	}
	assert_int_equal(found, event_count);
	memory_note_numbers(stream, packet);
	stream->packet_count++;
	stream->is_settled = false;
	return true;
}

static void memory_cut(struct sink_stream *base)
{
	struct memory_stream *stream = (struct memory_stream *)base;

	stream->cut_at = stream->number_count;
	stream->cut_count++;
}

static void memory_settle(struct sink_stream *base)
{
	((struct memory_stream *)base)->is_settled = true;
}

static void memory_close(struct sink_stream *base)
{
	((struct memory_stream *)base)->is_closed = true;
}

static const struct sink_class memory_class = {
	.name = "memory",
	.put = memory_put,
	.cut = memory_cut,
	.settle = memory_settle,
	.close_stream = memory_close,
};

static void memory_init(struct memory_stream *stream)
{
	*stream = (struct memory_stream){.sink.class = &memory_class};
	stream->base.sink = &stream->sink;
}

static void memory_finish(struct memory_stream *stream)
{
	free(stream->numbers);
}

/* 0, 1, 2 …: nothing missing, nothing twice, nothing out of order. */
static void assert_counts_up(const struct memory_stream *stream, uint64_t count)
{
	assert_int_equal(stream->number_count, count);
	for (uint64_t i = 0; i < count; i++)
		assert_int_equal(stream->numbers[i], i);
}

/* --- one channel of some rings --------------------------------------------------------------- */

#define RING_COUNT 3

struct bench {
	struct consumer_pool *pool;
	struct stream_set *set;
	struct queue *home;
	struct fake_task task;
	struct fake_channel channel;
	struct memory_stream outputs[RING_COUNT];
	struct fake_ring *rings[RING_COUNT];
};

static void bench_init(struct bench *bench, unsigned int subbuf_count, bool is_overwrite)
{
	struct error err = ERROR_INIT;

	bench->pool = consumer_pool_create(2, &err);
	assert_non_null(bench->pool);
	bench->set = stream_set_create(bench->pool);
	bench->home = queue_create();
	fake_channel_init(&bench->channel, 1);
	for (uint32_t i = 0; i < RING_COUNT; i++) {
		memory_init(&bench->outputs[i]);
		bench->rings[i] = fake_ring_create(&bench->channel, i, subbuf_count, is_overwrite,
						   &bench->outputs[i].base);
	}
}

static void add_all(struct bench *bench)
{
	for (size_t i = 0; i < RING_COUNT; i++)
		stream_set_add(bench->set, fake_ring_stream(bench->rings[i]));
}

static void drain(struct bench *bench, enum flush_kind kind, unsigned int limit_ms)
{
	fake_task_init(&bench->task, bench->home);
	task_add(&bench->task.task);
	stream_set_drain(bench->set, kind, limit_ms, &bench->task.task);
	fake_task_wait(&bench->task);
}

static void cut(struct bench *bench, enum flush_kind kind, unsigned int limit_ms)
{
	fake_task_init(&bench->task, bench->home);
	task_add(&bench->task.task);
	stream_set_cut(bench->set, kind, limit_ms, &bench->task.task);
	fake_task_wait(&bench->task);
}

static void clear(struct bench *bench, enum flush_kind kind, unsigned int limit_ms)
{
	fake_task_init(&bench->task, bench->home);
	task_add(&bench->task.task);
	stream_set_clear(bench->set, kind, limit_ms, &bench->task.task);
	fake_task_wait(&bench->task);
}

static void destroy_set(struct bench *bench)
{
	fake_task_init(&bench->task, bench->home);
	task_add(&bench->task.task);
	stream_set_destroy(bench->set, &bench->task.task);
	fake_task_wait(&bench->task);
	bench->set = NULL;
}

static void bench_finish(struct bench *bench)
{
	if (bench->set)
		destroy_set(bench);
	consumer_pool_destroy(bench->pool);
	queue_destroy(bench->home);
	assert_int_equal(atomic_load(&bench->channel.destroyed_count), RING_COUNT);
	for (size_t i = 0; i < RING_COUNT; i++) {
		assert_true(bench->outputs[i].is_closed);
		assert_true(bench->outputs[i].is_settled || bench->outputs[i].packet_count == 0);
		memory_finish(&bench->outputs[i]);
	}
	fake_channel_finish(&bench->channel);
}

static void emit(struct fake_ring *ring, uint64_t begin, uint64_t end)
{
	for (uint64_t i = begin; i < end; i++)
		fake_ring_emit(ring, i);
}

static void emit_to_all(struct bench *bench, uint64_t begin, uint64_t end)
{
	for (size_t i = 0; i < RING_COUNT; i++)
		emit(bench->rings[i], begin, end);
}

/* --- the tests ------------------------------------------------------------------------------- */

static void a_drain_carries_all_and_counts_it(void **state)
{
	const struct tally *tally;
	struct bench bench;

	(void)state;
	bench_init(&bench, 64, false);
	tally = bench.channel.tally;
	emit_to_all(&bench, 0, 5000);
	add_all(&bench);
	drain(&bench, FLUSH_DATA, LIMIT_MS);
	for (size_t i = 0; i < RING_COUNT; i++) {
		assert_counts_up(&bench.outputs[i], 5000);
		assert_true(bench.outputs[i].is_settled);
	}
	assert_int_equal(tally_read(&tally->recorded_events), 5000 * RING_COUNT);
	assert_int_equal(event_counts_read(tally->recorded_types, FAKE_EVENT_ID),
			 5000 * RING_COUNT);
	assert_int_equal(tally_read(&tally->recorded_bytes) % FAKE_SUBBUF_BYTES, 0);
	assert_int_equal(tally_read(&tally->discarded_ring), 0);
	assert_int_equal(tally_read(&tally->inconsistent), 0);
	assert_int_equal(tally_read(&tally->last_loss_wall_ns), 0);
	assert_true(atomic_load(&tally->fill_permille) <= 1000);
	assert_true(consumer_pool_cpu_ns(bench.pool) > 0);
	bench_finish(&bench);
}

static void what_a_source_has_counted_is_believed(void **state)
{
	const struct tally *tally;
	struct bench bench;

	(void)state;
	bench_init(&bench, 64, false);
	tally = bench.channel.tally;
	for (size_t i = 0; i < RING_COUNT; i++)
		fake_ring_count(bench.rings[i]);
	emit_to_all(&bench, 0, 700);
	add_all(&bench);
	drain(&bench, FLUSH_DATA, LIMIT_MS);
	assert_counts_up(&bench.outputs[1], 700);
	assert_int_equal(tally_read(&tally->recorded_events), 700 * RING_COUNT);
	assert_int_equal(event_counts_read(tally->recorded_types, FAKE_EVENT_ID), 700 * RING_COUNT);
	atomic_store(&bench.outputs[0].is_full, true);
	emit(bench.rings[0], 700, 1000);
	drain(&bench, FLUSH_DATA, LIMIT_MS);
	assert_int_equal(tally_read(&tally->discarded_write), 300);
	assert_int_equal(event_counts_read(tally->recorded_types, FAKE_EVENT_ID), 700 * RING_COUNT);
	bench_finish(&bench);
}

static void an_idle_stream_costs_a_drain_nothing(void **state)
{
	struct bench bench;
	uint64_t begin_ns;

	(void)state;
	bench_init(&bench, 4, false);
	add_all(&bench);
	begin_ns = clock_monotonic_ns();
	for (unsigned int i = 0; i < 20; i++)
		drain(&bench, i % 2 ? FLUSH_DATA : FLUSH_NONE, LIMIT_MS);
	assert_true(clock_monotonic_ns() - begin_ns < LIMIT_MS * NS_PER_MS);
	assert_int_equal(bench.outputs[0].packet_count, 0);
	drain(&bench, FLUSH_FINAL, LIMIT_MS);
	assert_int_equal(bench.outputs[0].packet_count, 1);
	assert_int_equal(bench.outputs[0].number_count, 0);
	bench_finish(&bench);
}

/* Packets come by themselves, without any call. */
static void packets_are_carried_as_they_come(void **state)
{
	struct bench bench;
	uint64_t limit_ns = clock_monotonic_ns() + LIMIT_MS * NS_PER_MS;

	(void)state;
	bench_init(&bench, 64, false);
	add_all(&bench);
	emit_to_all(&bench, 0, 3000);
	/* 3000 events fill 10 packets, the last one stays open. */
	while (tally_read(&bench.channel.tally->recorded_bytes) <
	       10 * FAKE_SUBBUF_BYTES * RING_COUNT)
		assert_true(clock_monotonic_ns() < limit_ns);
	drain(&bench, FLUSH_DATA, LIMIT_MS);
	assert_counts_up(&bench.outputs[1], 3000);
	bench_finish(&bench);
}

static void silent_and_hung_up_descriptors_don_t_matter(void **state)
{
	struct bench bench;

	(void)state;
	bench_init(&bench, 64, false);
	add_all(&bench);
	fake_ring_silence(bench.rings[0]);
	fake_ring_hang_up(bench.rings[1]);
	emit_to_all(&bench, 0, 2000);
	drain(&bench, FLUSH_DATA, LIMIT_MS);
	assert_counts_up(&bench.outputs[0], 2000);
	assert_counts_up(&bench.outputs[1], 2000);
	assert_counts_up(&bench.outputs[2], 2000);
	bench_finish(&bench);
}

static void a_cut_falls_behind_what_was_flushed(void **state)
{
	struct bench bench;

	(void)state;
	bench_init(&bench, 64, false);
	add_all(&bench);
	emit_to_all(&bench, 0, 1000);
	cut(&bench, FLUSH_DATA, LIMIT_MS);
	emit_to_all(&bench, 1000, 1500);
	drain(&bench, FLUSH_DATA, LIMIT_MS);
	for (size_t i = 0; i < RING_COUNT; i++) {
		assert_counts_up(&bench.outputs[i], 1500);
		assert_int_equal(bench.outputs[i].cut_at, 1000);
		assert_int_equal(bench.outputs[i].cut_count, 1);
	}
	cut(&bench, FLUSH_NONE, LIMIT_MS);
	assert_int_equal(bench.outputs[0].cut_count, 2);
	bench_finish(&bench);
}

static void drains_and_cuts_may_overlap(void **state)
{
	struct fake_task tasks[8];
	struct bench bench;

	(void)state;
	bench_init(&bench, 256, false);
	add_all(&bench);
	for (size_t i = 0; i < COUNT_OF(tasks); i++) {
		emit_to_all(&bench, i * 500, i * 500 + 500);
		fake_task_init(&tasks[i], bench.home);
		task_add(&tasks[i].task);
		if (i % 2)
			stream_set_cut(bench.set, FLUSH_FINAL, LIMIT_MS, &tasks[i].task);
		else
			stream_set_drain(bench.set, FLUSH_DATA, LIMIT_MS, &tasks[i].task);
	}
	for (size_t i = 0; i < COUNT_OF(tasks); i++)
		fake_task_wait(&tasks[i]);
	for (size_t i = 0; i < RING_COUNT; i++) {
		assert_counts_up(&bench.outputs[i], 500 * COUNT_OF(tasks));
		assert_int_equal(bench.outputs[i].cut_count, COUNT_OF(tasks) / 2);
	}
	bench_finish(&bench);
}

static void a_ring_that_stands_still_holds_nobody_up(void **state)
{
	struct bench bench;
	uint64_t begin_ns, took_ns;

	(void)state;
	bench_init(&bench, 64, false);
	add_all(&bench);
	fake_ring_hold(bench.rings[1], 2);
	emit_to_all(&bench, 0, 2000);
	begin_ns = clock_monotonic_ns();
	cut(&bench, FLUSH_DATA, 50);
	took_ns = clock_monotonic_ns() - begin_ns;
	assert_true(took_ns >= 50 * NS_PER_MS);
	assert_true(took_ns < LIMIT_MS * NS_PER_MS);
	assert_counts_up(&bench.outputs[0], 2000);
	assert_counts_up(&bench.outputs[2], 2000);
	assert_int_equal(bench.outputs[1].packet_count, 2);
	assert_int_equal(bench.outputs[1].cut_count, 1);
	fake_ring_hold(bench.rings[1], UINT64_MAX);
	drain(&bench, FLUSH_DATA, LIMIT_MS);
	assert_counts_up(&bench.outputs[1], 2000);
	bench_finish(&bench);
}

/* What was emitted is recorded or counted as discarded, by cause. */
static void failed_writes_are_counted_and_end(void **state)
{
	const struct tally *tally;
	struct bench bench;

	(void)state;
	bench_init(&bench, 64, false);
	tally = bench.channel.tally;
	add_all(&bench);
	emit_to_all(&bench, 0, 700);
	drain(&bench, FLUSH_DATA, LIMIT_MS);
	atomic_store(&bench.outputs[0].is_full, true);
	emit_to_all(&bench, 700, 1000);
	drain(&bench, FLUSH_DATA, LIMIT_MS);
	atomic_store(&bench.outputs[0].is_full, false);
	emit_to_all(&bench, 1000, 1200);
	drain(&bench, FLUSH_DATA, LIMIT_MS);
	assert_int_equal(bench.outputs[0].number_count, 900);
	assert_counts_up(&bench.outputs[1], 1200);
	assert_int_equal(tally_read(&tally->discarded_write), 300);
	assert_int_equal(tally_read(&tally->discarded_ring), 0);
	assert_int_equal(tally_read(&tally->recorded_events), 1200 * RING_COUNT - 300);
	assert_int_equal(event_counts_read(tally->recorded_types, FAKE_EVENT_ID),
			 1200 * RING_COUNT - 300);
	assert_true(tally_read(&tally->last_loss_wall_ns) > 0);
	bench_finish(&bench);
}

static void discarded_events_come_out_with_the_last_packet(void **state)
{
	const struct tally *tally;
	struct bench bench;

	(void)state;
	bench_init(&bench, 2, false);
	tally = bench.channel.tally;
	emit_to_all(&bench, 0, 1000); /* nobody reads yet: 2 packets of 286 fit */
	assert_true(fake_ring_discarded(bench.rings[0]) > 0);
	add_all(&bench);
	drain(&bench, FLUSH_NONE, LIMIT_MS);
	drain(&bench, FLUSH_FINAL, LIMIT_MS);
	assert_int_equal(tally_read(&tally->discarded_ring),
			 RING_COUNT * fake_ring_discarded(bench.rings[0]));
	assert_int_equal(tally_read(&tally->discarded_ring) + tally_read(&tally->recorded_events),
			 1000 * RING_COUNT);
	assert_int_equal(tally_read(&tally->lost_packets), 0);
	bench_finish(&bench);
}

static void overwritten_packets_are_gaps_in_their_numbers(void **state)
{
	const struct tally *tally;
	struct bench bench;

	(void)state;
	bench_init(&bench, 2, true);
	tally = bench.channel.tally;
	emit_to_all(&bench, 0, 286 * 7); /* 7 packets, 5 of them overwritten */
	add_all(&bench);
	drain(&bench, FLUSH_DATA, LIMIT_MS);
	assert_int_equal(fake_ring_flushes(bench.rings[0]), 0); /* its history is left alone */
	assert_int_equal(tally_read(&tally->lost_packets), 5 * RING_COUNT);
	assert_int_equal(tally_read(&tally->recorded_events), 2 * 286 * RING_COUNT);
	assert_int_equal(tally_read(&tally->discarded_ring), 0);
	emit_to_all(&bench, 286 * 7, 286 * 7 + 10);
	drain(&bench, FLUSH_FINAL, LIMIT_MS);
	assert_int_equal(tally_read(&tally->recorded_events), (2 * 286 + 10) * RING_COUNT);
	bench_finish(&bench);
}

static void a_successor_counts_on(void **state)
{
	struct stream *stream;
	struct bench bench;

	(void)state;
	bench_init(&bench, 64, false);
	stream = fake_ring_stream(bench.rings[0]);
	stream->discarded_seen = 40; /* its headers would go on from here */
	emit_to_all(&bench, 0, 10);
	add_all(&bench);
	drain(&bench, FLUSH_DATA, LIMIT_MS);
	assert_int_equal(tally_read(&bench.channel.tally->discarded_ring), 0);
	bench_finish(&bench);
}

static void retiring_takes_the_rest_and_may_keep_the_output(void **state)
{
	struct bench bench;

	(void)state;
	bench_init(&bench, 64, false);
	fake_ring_stream(bench.rings[2])->is_output_kept = true;
	add_all(&bench);
	emit_to_all(&bench, 0, 286 * 4);
	for (size_t i = 1; i < RING_COUNT; i++) {
		fake_task_init(&bench.task, bench.home);
		task_add(&bench.task.task);
		stream_set_retire(bench.set, fake_ring_stream(bench.rings[i]), &bench.task.task);
		fake_task_wait(&bench.task);
		assert_counts_up(&bench.outputs[i], 286 * 4);
	}
	assert_true(bench.outputs[1].is_closed);
	assert_false(bench.outputs[2].is_closed);
	assert_true(bench.outputs[2].is_settled);
	assert_int_equal(atomic_load(&bench.channel.destroyed_count), 2);
	emit(bench.rings[0], 286 * 4, 286 * 5);
	drain(&bench, FLUSH_DATA, LIMIT_MS);
	assert_counts_up(&bench.outputs[0], 286 * 5);
	bench.outputs[2].is_closed = true;
	bench_finish(&bench);
}

static void destroying_without_a_task_is_no_different(void **state)
{
	uint64_t limit_ns = clock_monotonic_ns() + LIMIT_MS * NS_PER_MS;
	struct bench bench;

	(void)state;
	bench_init(&bench, 64, false);
	add_all(&bench);
	emit_to_all(&bench, 0, 286 * 2);
	stream_set_drain(bench.set, FLUSH_NONE, LIMIT_MS, NULL);
	stream_set_destroy(bench.set, NULL);
	bench.set = NULL;
	while (atomic_load(&bench.channel.destroyed_count) < RING_COUNT)
		assert_true(clock_monotonic_ns() < limit_ns);
	assert_counts_up(&bench.outputs[2], 286 * 2);
	bench_finish(&bench);
}

/* --- under load ------------------------------------------------------------------------------ */

struct writer {
	struct fake_ring *ring;
	pthread_t thread;
	uint64_t emitted_count;
};

#define LOAD_COUNT UINT64_C(60000)

static void *write_events(void *data)
{
	struct writer *writer = data;

	while (writer->emitted_count < LOAD_COUNT) {
		if (fake_ring_emit(writer->ring, writer->emitted_count))
			writer->emitted_count++;
	}
	return NULL;
}

static void assert_sums(const struct bench *bench)
{
	const struct tally *tally = bench->channel.tally;
	uint64_t discarded = 0;

	for (size_t i = 0; i < RING_COUNT; i++)
		discarded += fake_ring_discarded(bench->rings[i]);
	assert_int_equal(tally_read(&tally->recorded_events), LOAD_COUNT * RING_COUNT);
	assert_int_equal(tally_read(&tally->discarded_ring), discarded);
	assert_int_equal(event_counts_read(tally->recorded_types, FAKE_EVENT_ID),
			 LOAD_COUNT * RING_COUNT);
}

static void under_load_nothing_is_lost_or_doubled(void **state)
{
	struct writer writers[RING_COUNT];
	unsigned int cuts = 0;
	struct bench bench;
	uint64_t recorded = 0;

	(void)state;
	bench_init(&bench, 8, false);
	add_all(&bench);
	for (size_t i = 0; i < RING_COUNT; i++) {
		writers[i] = (struct writer){.ring = bench.rings[i]};
		assert_int_equal(
			pthread_create(&writers[i].thread, NULL, write_events, &writers[i]), 0);
	}
	while (recorded < LOAD_COUNT * (RING_COUNT - 1)) {
		cut(&bench, FLUSH_FINAL, LIMIT_MS);
		cuts++;
		recorded = tally_read(&bench.channel.tally->recorded_events);
	}
	for (size_t i = 0; i < RING_COUNT; i++)
		pthread_join(writers[i].thread, NULL);
	drain(&bench, FLUSH_NONE, LIMIT_MS);
	drain(&bench, FLUSH_FINAL, LIMIT_MS);
	for (size_t i = 0; i < RING_COUNT; i++) {
		assert_counts_up(&bench.outputs[i], LOAD_COUNT);
		assert_int_equal(bench.outputs[i].cut_count, cuts);
	}
	assert_sums(&bench);
	bench_finish(&bench);
}

/* What is behind the last cut is recorded and counted, one by one; what is before is neither. */
static void assert_cleared(const struct bench *bench, uint64_t end)
{
	const struct tally *tally = bench->channel.tally;
	uint64_t count = 0;

	for (size_t i = 0; i < RING_COUNT; i++) {
		const struct memory_stream *output = &bench->outputs[i];

		count += output->number_count - output->cut_at;
		for (size_t j = output->cut_at; j < output->number_count; j++)
			assert_int_equal(output->numbers[j], end - (output->number_count - j));
	}
	assert_int_equal(tally_read(&tally->recorded_events), count);
	assert_int_equal(event_counts_read(tally->recorded_types, FAKE_EVENT_ID), count);
}

static void a_clear_forgets_what_was_until_then(void **state)
{
	struct bench bench;

	(void)state;
	bench_init(&bench, 4, false);
	add_all(&bench);
	emit_to_all(&bench, 0, 5000); /* more than there is room for: some are discarded */
	clear(&bench, FLUSH_FINAL, LIMIT_MS);
	assert_int_equal(tally_read(&bench.channel.tally->recorded_events), 0);
	assert_int_equal(tally_read(&bench.channel.tally->recorded_bytes), 0);
	assert_int_equal(tally_read(&bench.channel.tally->discarded_ring), 0);
	emit_to_all(&bench, 5000, 5100);
	drain(&bench, FLUSH_FINAL, LIMIT_MS);
	assert_cleared(&bench, 5100);
	assert_int_equal(tally_read(&bench.channel.tally->recorded_events), 100 * RING_COUNT);
	assert_int_equal(tally_read(&bench.channel.tally->discarded_ring), 0);
	bench_finish(&bench);
}

/* A reader who has seen what came before misses neither packets nor events. */
static void numbers_go_on_behind_a_clear(void **state)
{
	struct bench bench;

	(void)state;
	bench_init(&bench, 4, false);
	add_all(&bench);
	emit_to_all(&bench, 0, 100);
	drain(&bench, FLUSH_FINAL, LIMIT_MS);
	for (unsigned int i = 0; i < 2; i++) {
		emit_to_all(&bench, 100, 5000);
		clear(&bench, FLUSH_FINAL, LIMIT_MS);
		emit_to_all(&bench, 5000, 5100);
		drain(&bench, FLUSH_FINAL, LIMIT_MS);
	}
	for (size_t i = 0; i < RING_COUNT; i++) {
		const struct stream_cleared *cleared = &fake_ring_stream(bench.rings[i])->cleared;

		assert_true(cleared->packets >= 2);
		assert_int_equal(bench.outputs[i].gap_count, 0);
		assert_int_equal(bench.outputs[i].discarded + cleared->discarded,
				 fake_ring_discarded(bench.rings[i]));
	}
	bench_finish(&bench);
}

static void a_clear_under_load_is_exact(void **state)
{
	struct writer writers[RING_COUNT];
	struct bench bench;

	(void)state;
	bench_init(&bench, 1024, false); /* room for all: none is discarded */
	add_all(&bench);
	for (size_t i = 0; i < RING_COUNT; i++) {
		writers[i] = (struct writer){.ring = bench.rings[i]};
		assert_int_equal(
			pthread_create(&writers[i].thread, NULL, write_events, &writers[i]), 0);
	}
	for (unsigned int i = 0; i < 10; i++)
		clear(&bench, FLUSH_FINAL, LIMIT_MS);
	for (size_t i = 0; i < RING_COUNT; i++)
		pthread_join(writers[i].thread, NULL);
	drain(&bench, FLUSH_FINAL, LIMIT_MS);
	assert_cleared(&bench, LOAD_COUNT);
	bench_finish(&bench);
}

static void kept_streams_are_consumed_by_a_clear_only(void **state)
{
	struct bench bench;

	(void)state;
	bench_init(&bench, 4, true);
	for (size_t i = 0; i < RING_COUNT; i++)
		fake_ring_keep(bench.rings[i]);
	add_all(&bench);
	emit_to_all(&bench, 0, 1000);
	drain(&bench, FLUSH_FINAL, LIMIT_MS);
	cut(&bench, FLUSH_FINAL, LIMIT_MS);
	for (size_t i = 0; i < RING_COUNT; i++) {
		struct stream *stream = fake_ring_stream(bench.rings[i]);

		assert_int_equal(fake_ring_flushes(bench.rings[i]), 0);
		assert_int_equal(stream->class->consumed(stream), 0);
	}
	clear(&bench, FLUSH_DATA, LIMIT_MS);
	for (size_t i = 0; i < RING_COUNT; i++) {
		struct stream *stream = fake_ring_stream(bench.rings[i]);

		assert_int_equal(stream->class->consumed(stream), stream->class->produced(stream));
		assert_int_equal(bench.outputs[i].packet_count, 0);
	}
	bench_finish(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_drain_carries_all_and_counts_it),
		cmocka_unit_test(what_a_source_has_counted_is_believed),
		cmocka_unit_test(an_idle_stream_costs_a_drain_nothing),
		cmocka_unit_test(packets_are_carried_as_they_come),
		cmocka_unit_test(silent_and_hung_up_descriptors_don_t_matter),
		cmocka_unit_test(a_cut_falls_behind_what_was_flushed),
		cmocka_unit_test(drains_and_cuts_may_overlap),
		cmocka_unit_test(a_ring_that_stands_still_holds_nobody_up),
		cmocka_unit_test(failed_writes_are_counted_and_end),
		cmocka_unit_test(discarded_events_come_out_with_the_last_packet),
		cmocka_unit_test(overwritten_packets_are_gaps_in_their_numbers),
		cmocka_unit_test(a_successor_counts_on),
		cmocka_unit_test(retiring_takes_the_rest_and_may_keep_the_output),
		cmocka_unit_test(destroying_without_a_task_is_no_different),
		cmocka_unit_test(under_load_nothing_is_lost_or_doubled),
		cmocka_unit_test(a_clear_forgets_what_was_until_then),
		cmocka_unit_test(numbers_go_on_behind_a_clear),
		cmocka_unit_test(a_clear_under_load_is_exact),
		cmocka_unit_test(kept_streams_are_consumed_by_a_clear_only),
	};

	thread_block_signals();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
