/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets on their way to a relay daemon: whatever its socket takes at a time, none is torn by
 * another, a rotation waits for indexes, and what did not arrive is counted.
 */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/thread.h"
#include "backend/base/units.h"
#include "backend/consume/tally.h"
#include "backend/sink/chunked.h"
#include "backend/sink/relayd_parts.h"
#include "tests/unit/fake_relay.h"
#include "tests/unit/fake_ring.h"

#define STREAM_COUNT 2
#define OWN_BYTES    16 /* of a packet's head that is replaced */
#define SMALL_BYTES  40
#define LARGE_BYTES  3000
#define LARGE_COUNT  300
#define EVENT_COUNT  3 /* of each packet */
#define NO_LIMIT     (-1)
#define PATIENCE_NS  (20 * NS_PER_S)
#define METADATA     "trace {\n\tuuid = \"00010203-0405-0607-0809-0a0b0c0d0e0f\";\n};\n"

/* What the socket takes of the next packet; then it is full until this is said again. */
static atomic_long sendmsg_room = NO_LIMIT;
static atomic_uint sendmsg_count;

ssize_t __real_sendmsg(int fd, const struct msghdr *message, int flags);
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags);

ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags)
{
	long room = atomic_load(&sendmsg_room);
	struct iovec parts[8];
	struct msghdr part = *message;

	atomic_fetch_add(&sendmsg_count, 1);
	if (room == NO_LIMIT)
		return __real_sendmsg(fd, message, flags);
	if (room == 0) {
		errno = EAGAIN;
		return -1;
	}
	part.msg_iov = parts;
	part.msg_iovlen = 0;
	for (size_t i = 0; i < message->msg_iovlen && room > 0; i++) {
		struct iovec *one = &parts[part.msg_iovlen++];

		*one = message->msg_iov[i];
		if (one->iov_len > (size_t)room)
			one->iov_len = (size_t)room;
		room -= (long)one->iov_len;
	}
	atomic_store(&sendmsg_room, 0);
	return __real_sendmsg(fd, &part, flags);
}

struct part {
	struct bench *bench;
	unsigned int number;
	struct sink_stream *stream;
	struct tally *tally;
	uint64_t sequence;
	uint64_t taken_events;
	uint64_t refused_events;
};

struct bench {
	struct queue *home;
	struct sink *sink;
	struct sink_trace *trace;
	struct part parts[STREAM_COUNT];
	struct fake_relay *relay;
	struct fake_task task;
	uint64_t closed_events;
};

static void chunk_closed(void *data, const struct chunk_info *chunk, const struct error *err)
{
	struct bench *bench = data;

	(void)err;
	bench->closed_events += chunk->event_count;
}

static void prepare(struct bench *bench)
{
	fake_task_init(&bench->task, bench->home);
	chunked_prepare(bench->sink, &bench->task.task);
	fake_task_wait(&bench->task);
}

static void arrive(struct bench *bench)
{
	fake_task_init(&bench->task, bench->home);
	chunked_arrive(bench->sink, &bench->task.task);
	fake_task_wait(&bench->task);
}

static void open_part(struct bench *bench, unsigned int number)
{
	struct part *part = &bench->parts[number];
	char name[] = "channel0_0";

	name[sizeof(name) - 2] = (char)('0' + number);
	part->bench = bench;
	part->number = number;
	part->tally = tally_create();
	part->stream = sink_open_stream(bench->trace, name, NULL);
	assert_non_null(part->stream);
	part->stream->tally = part->tally;
}

static void begin(struct bench *bench, const struct fake_relay_wish *wish)
{
	struct relayd_settings settings = {
		.session_name = "web",
		.created_wall_ns = clock_wall_ns(),
		.closed = chunk_closed,
		.data = bench,
	};

	*bench = (struct bench){.home = queue_create()};
	atomic_store(&sendmsg_room, NO_LIMIT);
	bench->relay = fake_relay_create(wish, &settings.url.control_port, &settings.url.data_port);
	strcpy(settings.url.host, "127.0.0.1");
	bench->sink = relayd_sink_create(&settings, NULL);
	assert_non_null(bench->sink);
	prepare(bench);
	assert_true(chunked_open(bench->sink, clock_wall_ns(), NULL));
	bench->trace = sink_open_trace(bench->sink, "ust/uid/1/64-bit", NULL);
	assert_true(sink_append_metadata(bench->trace, METADATA, strlen(METADATA), NULL));
	for (unsigned int i = 0; i < STREAM_COUNT; i++)
		open_part(bench, i);
}

/* Every event is in a chunk that was closed, or known as lost. */
static struct fake_relay_result finish(struct bench *bench, uint64_t *undelivered_events)
{
	struct fake_relay_result result;
	uint64_t taken = 0;

	*undelivered_events = 0;
	atomic_store(&sendmsg_room, NO_LIMIT);
	for (unsigned int i = 0; i < STREAM_COUNT; i++)
		sink_close_stream(bench->parts[i].stream);
	sink_close_trace(bench->trace);
	fake_task_init(&bench->task, bench->home);
	chunked_finish(bench->sink, clock_wall_ns(), &bench->task.task);
	fake_task_wait(&bench->task);
	sink_destroy(bench->sink);
	fake_relay_destroy(bench->relay, &result);
	for (unsigned int i = 0; i < STREAM_COUNT; i++) {
		taken += bench->parts[i].taken_events;
		*undelivered_events += tally_read(&bench->parts[i].tally->undelivered_events);
		tally_unref(bench->parts[i].tally);
	}
	queue_destroy(bench->home);
	assert_int_equal(bench->closed_events + *undelivered_events, taken);
	assert_false(result.is_torn);
	assert_false(result.is_rotated_amiss);
	return result;
}

static bool put(struct part *part, size_t length)
{
	unsigned char bytes[LARGE_BYTES];
	struct packet packet = {
		.bytes = bytes,
		.size_bytes = length + 8,
		.content_bytes = length,
		.sequence = part->sequence,
		.header_bytes = OWN_BYTES,
	};
	bool is_taken;

	fake_relay_fill(bytes, length, part->number, part->sequence);
	memcpy(packet.header, bytes, OWN_BYTES);
	memset(bytes, 0, OWN_BYTES);
	is_taken = sink_put(part->stream, &packet, EVENT_COUNT, NULL);
	memset(bytes, 0, length); /* the ring goes on */
	part->sequence += is_taken;
	*(is_taken ? &part->taken_events : &part->refused_events) += EVENT_COUNT;
	return is_taken;
}

/* Until the sink's thread has done everything that a packet may not pass. */
static void wait_free(struct bench *bench)
{
	struct relayd_sink *sink = (struct relayd_sink *)bench->sink;
	uint64_t end_ns = clock_monotonic_ns() + PATIENCE_NS;
	bool is_free = false;

	while (!is_free) {
		pthread_mutex_lock(&sink->lock);
		is_free = sink->holding_count == 0;
		pthread_mutex_unlock(&sink->lock);
		assert_true(clock_monotonic_ns() < end_ns);
		if (!is_free)
			sched_yield();
	}
}

static void a_packet_is_whole_wherever_the_socket_stops(void **state)
{
	const struct fake_relay_wish wish = {0};
	long whole = RELAYD_DATA_HEAD_BYTES + SMALL_BYTES;
	struct fake_relay_result result;
	uint64_t undelivered;
	struct bench bench;

	(void)state;
	begin(&bench, &wish);
	for (unsigned int i = 0; i < STREAM_COUNT; i++)
		assert_true(put(&bench.parts[i], SMALL_BYTES));
	for (long room = 0; room <= whole; room++) {
		unsigned int before;

		wait_free(&bench);
		before = atomic_load(&sendmsg_count);
		atomic_store(&sendmsg_room, room);
		assert_true(put(&bench.parts[0], SMALL_BYTES));
		assert_int_not_equal(atomic_load(&sendmsg_count), before);
		assert_true(put(&bench.parts[1], SMALL_BYTES)); /* it may not come between */
	}
	arrive(&bench);
	result = finish(&bench, &undelivered);
	assert_int_equal(undelivered, 0);
	assert_int_equal(result.packet_count, 2 * (whole + 2));
	assert_int_equal(result.index_count, result.packet_count);
}

static void put_many(void *data)
{
	struct part *part = data;

	for (unsigned int i = 0; i < LARGE_COUNT; i++) {
		put(part, LARGE_BYTES);
		if (i == LARGE_COUNT / 2)
			sink_stream_cut(part->stream);
		if (i % 64 == 0)
			sink_settle(part->stream);
	}
	sink_stream_cut(part->stream);
}

static void two_consumers_and_a_slow_daemon_lose_nothing(void **state)
{
	const struct fake_relay_wish wish = {.read_bytes = 1000};
	struct fake_relay_result result;
	struct thread *other;
	uint64_t chunk_id;
	uint64_t undelivered;
	struct bench bench;

	(void)state;
	begin(&bench, &wish);
	other = thread_start("other", put_many, &bench.parts[1], NULL);
	assert_non_null(other);
	for (unsigned int i = 0; i < LARGE_COUNT / 4; i++)
		put(&bench.parts[0], LARGE_BYTES);
	assert_true(chunked_rotate(bench.sink, false, clock_wall_ns(), &chunk_id, NULL));
	assert_true(sink_replace_metadata(bench.sink, "0e0f", "0f0e", NULL));
	put_many(&bench.parts[0]);
	thread_join(other);
	arrive(&bench);
	assert_int_equal(bench.parts[0].refused_events + bench.parts[1].refused_events, 0);
	result = finish(&bench, &undelivered);
	assert_int_equal(undelivered, 0);
	assert_int_equal(result.packet_count, 2 * LARGE_COUNT + LARGE_COUNT / 4);
	assert_int_equal(result.index_count, result.packet_count);
}

/* What comes first is sent by the sink's thread, the second packet up to `room`. */
static void lose_connection(size_t hang_up_bytes, long room)
{
	const struct fake_relay_wish wish = {.hang_up_bytes = hang_up_bytes, .only_the_first = 1};
	struct fake_relay_result result;
	uint64_t undelivered;
	struct bench bench;

	begin(&bench, &wish);
	assert_true(put(&bench.parts[0], SMALL_BYTES));
	wait_free(&bench);
	atomic_store(&sendmsg_room, room);
	assert_true(put(&bench.parts[0], SMALL_BYTES));
	arrive(&bench);
	assert_false(put(&bench.parts[0], SMALL_BYTES));
	atomic_store(&sendmsg_room, NO_LIMIT);
	prepare(&bench);
	bench.parts[0].sequence = 0; /* there is a new stream there */
	for (unsigned int i = 0; i < 3; i++) {
		assert_true(put(&bench.parts[0], SMALL_BYTES));
		wait_free(&bench);
	}
	arrive(&bench);
	result = finish(&bench, &undelivered);
	assert_int_equal(result.hang_up_count, 1);
	assert_int_equal(result.session_count, 2);
	/* One that came whole may be counted as lost, never the other way round. */
	assert_in_range(undelivered, EVENT_COUNT, 2 * EVENT_COUNT);
	assert_in_range(result.packet_count, 3, 5);
}

static void a_connection_that_ends_in_a_packet_is_counted(void **state)
{
	static const long rooms[] = {1, RELAYD_DATA_HEAD_BYTES, RELAYD_DATA_HEAD_BYTES + 20,
				     NO_LIMIT};
	size_t whole = RELAYD_DATA_HEAD_BYTES + SMALL_BYTES;

	(void)state;
	for (size_t i = 0; i < sizeof(rooms) / sizeof(rooms[0]); i++) {
		lose_connection(whole + 1, rooms[i]);
		lose_connection(whole + RELAYD_DATA_HEAD_BYTES + 5, rooms[i]);
		lose_connection(2 * whole - 1, rooms[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_packet_is_whole_wherever_the_socket_stops),
		cmocka_unit_test(two_consumers_and_a_slow_daemon_lose_nothing),
		cmocka_unit_test(a_connection_that_ends_in_a_packet_is_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
