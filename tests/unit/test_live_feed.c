/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What live viewers are told, and when: the order between streams, and what is kept for whom. */
#include "backend/live/feed.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/base/mem.h"

#define PACKET_BYTES 256
#define HEADER_BYTES 40
#define BEGIN_AT     16

static const char metadata[] = "/* CTF 1.8 */\n\ntrace {\n\tuuid = "
			       "\"0b2f9a5e-7d0c-4a3c-9c1e-2f7a6c1d8e90\";\n};\n\nclock {\n\tname = "
			       "monotonic;\n};\n\nstream {\n\tid = 0;\n};\n";
static const char event_type[] = "\nevent {\n\tname = \"x\";\n};\n";

struct bench {
	struct live_feed *feed;
	struct live_trace *trace;
	struct live_stream *one, *other;
	int fd;
	struct live_file *file;
	uint64_t file_bytes;
};

static int set_up(void **state)
{
	struct bench *bench = mem_zalloc(sizeof(*bench));

	bench->feed = live_feed_create(7, "web", 100000);
	bench->trace = live_trace_open(bench->feed, "ust/uid/0/64-bit");
	bench->one = live_stream_open(bench->trace, "channel0_0");
	bench->fd = memfd_create("packets", MFD_CLOEXEC);
	assert_true(bench->fd >= 0);
	bench->file = live_file_create(dup(bench->fd));
	*state = bench;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;

	live_stream_close(bench->one);
	live_stream_close(bench->other);
	live_trace_close(bench->trace);
	live_file_unref(bench->file);
	live_feed_unref(bench->feed);
	close(bench->fd);
	free(bench);
	return 0;
}

static void declare(struct bench *bench)
{
	live_trace_append(bench->trace, metadata, strlen(metadata));
}

static void add_other(struct bench *bench)
{
	bench->other = live_stream_open(bench->trace, "channel0_1");
}

/* A packet that is filled with `fill` behind its header. */
static void put(struct bench *bench, struct live_stream *stream, uint64_t begin, uint64_t end,
		uint64_t event_count, unsigned char fill)
{
	unsigned char bytes[PACKET_BYTES];
	struct packet packet = {
		.bytes = bytes,
		.size_bytes = sizeof(bytes),
		.content_bytes = sizeof(bytes) - 8,
		.first_event_bytes = HEADER_BYTES,
		.begin_clock = begin,
		.end_clock = end,
		.stream_id = 3,
	};

	memset(bytes, 0xff, HEADER_BYTES);
	memset(bytes + HEADER_BYTES, fill, sizeof(bytes) - HEADER_BYTES);
	memcpy(bytes + BEGIN_AT, &begin, sizeof(begin));
	assert_int_equal(pwrite(bench->fd, bytes, sizeof(bytes), (off_t)bench->file_bytes),
			 sizeof(bytes));
	live_stream_put(stream, bench->file, bench->file_bytes, &packet, event_count);
	bench->file_bytes += sizeof(bytes);
}

/* How many streams the reader is told of now; the last data stream's id is in *id. */
static unsigned int take_streams(struct live_reader *reader, uint64_t *id)
{
	struct live_stream_info info;
	unsigned int count = 0;

	while (live_reader_take_stream(reader, &info)) {
		count++;
		if (!info.is_metadata)
			*id = info.id;
	}
	return count;
}

static uint64_t id_of(struct live_reader *reader, const char *name)
{
	struct live_stream_info info;
	uint64_t id = 0;

	while (live_reader_take_stream(reader, &info))
		if (strcmp(info.name, name) == 0)
			id = info.id;
	assert_int_not_equal(id, 0);
	return id;
}

/* A reader that has heard of the one stream. */
static struct live_reader *read_one(struct bench *bench, uint64_t *id)
{
	struct live_reader *reader = live_reader_create(bench->feed, false);

	declare(bench);
	*id = id_of(reader, "channel0_0");
	return reader;
}

/* Another stream appears when the one has told its readers of 1000. */
static void add_late_other(struct bench *bench, struct live_reader *reader, uint64_t *id)
{
	declare(bench);
	take_streams(reader, id);
	live_stream_beacon(bench->one, 1000, 3);
	add_other(bench);
	take_streams(reader, id);
}

static void streams_wait_for_their_declaration(void **state)
{
	struct bench *bench = *state;
	struct live_reader *reader = live_reader_create(bench->feed, false);
	struct text text = {0};
	struct live_stream_info info;
	char uuid[UUID_TEXT_MAX];
	struct uuid trace;

	live_trace_append(bench->trace, "/* CTF 1.8 */\n", 14);
	assert_false(live_reader_has_new_streams(reader));
	declare(bench);
	assert_true(live_reader_has_new_streams(reader));
	assert_true(live_reader_take_stream(reader, &info));
	assert_true(info.is_metadata);
	assert_string_equal(info.path, "ust/uid/0/64-bit");
	assert_int_equal(live_reader_take_metadata(reader, info.id, &text, &trace),
			 LIVE_METADATA_TEXT);
	assert_int_equal(text.length, 14 + strlen(metadata));
	assert_string_equal(uuid_text(uuid, &trace), "0b2f9a5e-7d0c-4a3c-9c1e-2f7a6c1d8e90");
	text_clear(&text);
	assert_int_equal(live_reader_take_metadata(reader, info.id, &text, &trace),
			 LIVE_METADATA_NONE);
	live_trace_append(bench->trace, event_type, strlen(event_type));
	assert_int_equal(live_reader_take_metadata(reader, info.id, &text, &trace),
			 LIVE_METADATA_TEXT);
	assert_string_equal(text_str(&text), event_type);
	assert_int_equal(live_reader_take_metadata(reader, 4711, &text, &trace),
			 LIVE_METADATA_UNKNOWN);
	assert_true(live_reader_take_stream(reader, &info));
	assert_string_equal(info.name, "channel0_0");
	assert_false(live_reader_take_stream(reader, &info));
	text_finish(&text);
	live_reader_destroy(reader);
}

static void packets_are_read_from_the_file(void **state)
{
	struct bench *bench = *state;
	uint64_t id;
	struct live_reader *reader = read_one(bench, &id);
	unsigned char bytes[PACKET_BYTES];
	struct live_packet packet;

	assert_int_equal(live_reader_next(reader, id, &packet), LIVE_NEXT_NOTHING);
	put(bench, bench->one, 10, 20, 1, 'a');
	put(bench, bench->one, 20, 30, 1, 'b');
	live_file_unref(bench->file); /* whoever recorded it has gone on elsewhere */
	bench->file = NULL;
	assert_int_equal(live_reader_next(reader, id, &packet), LIVE_NEXT_PACKET);
	assert_int_equal(packet.begin_clock, 10);
	assert_int_equal(packet.class_id, 3);
	assert_true(packet.has_new_metadata);
	assert_true(live_reader_read(reader, id, packet.position, PACKET_BYTES, bytes));
	assert_int_equal(bytes[PACKET_BYTES - 1], 'a');
	assert_int_equal(live_reader_next(reader, id, &packet), LIVE_NEXT_PACKET);
	assert_true(live_reader_read(reader, id, packet.position + 50, 10, bytes));
	assert_int_equal(bytes[0], 'b');
	assert_false(live_reader_read(reader, id, packet.position + 250, 10, bytes));
	assert_false(live_reader_read(reader, id, packet.position - 1, 10, bytes));
	assert_false(live_reader_read(reader, id, UINT64_MAX, 10, bytes));
	assert_false(live_reader_read(reader, id + 1, packet.position, 10, bytes));
	assert_int_equal(live_reader_next(reader, id, &packet), LIVE_NEXT_NOTHING);
	assert_false(live_reader_read(reader, id, 0, 10, bytes));
	live_reader_destroy(reader);
}

static void idle_streams_go_on(void **state)
{
	struct bench *bench = *state;
	uint64_t id;
	struct live_reader *reader = read_one(bench, &id);
	struct live_packet packet;

	live_stream_beacon(bench->one, 100, 3);
	assert_int_equal(live_reader_next(reader, id, &packet), LIVE_NEXT_IDLE);
	assert_int_equal(packet.end_clock, 100);
	assert_int_equal(packet.class_id, 3);
	put(bench, bench->one, 110, 130, 1, 'a');
	live_stream_beacon(bench->one, 120, 3);
	assert_int_equal(live_reader_next(reader, id, &packet), LIVE_NEXT_PACKET);
	/* It was told of 130: never back. */
	assert_int_equal(live_reader_next(reader, id, &packet), LIVE_NEXT_NOTHING);
	live_stream_beacon(bench->one, 140, 3);
	assert_int_equal(live_reader_next(reader, id, &packet), LIVE_NEXT_IDLE);
	/* What comes before 140 after that can't be shown any more. */
	put(bench, bench->one, 135, 150, 1, 'b');
	put(bench, bench->one, 150, 160, 1, 'c');
	assert_int_equal(live_reader_next(reader, id, &packet), LIVE_NEXT_PACKET);
	assert_int_equal(packet.begin_clock, 150);
	live_reader_destroy(reader);
}

static void new_streams_are_told_before_later_times(void **state)
{
	struct bench *bench = *state;
	uint64_t one;
	struct live_reader *reader = read_one(bench, &one);
	struct live_packet packet;
	uint64_t other = 0;

	assert_true(live_stream_wants_packet(bench->one)); /* what fresh buffers begin with */
	put(bench, bench->one, 10, 90, 0, 'a');
	assert_int_equal(live_reader_next(reader, one, &packet), LIVE_NEXT_PACKET);
	live_stream_beacon(bench->one, 100, 3);
	assert_false(live_stream_wants_packet(bench->one));
	add_other(bench);
	assert_true(live_stream_wants_packet(bench->one));
	live_stream_beacon(bench->one, 200, 3);
	assert_int_equal(live_reader_next(reader, one, &packet), LIVE_NEXT_NOTHING);
	put(bench, bench->one, 200, 210, 0, 'a');
	assert_false(live_stream_wants_packet(bench->one));
	assert_int_equal(live_reader_next(reader, one, &packet), LIVE_NEXT_PACKET);
	assert_true(packet.has_new_streams);
	assert_int_equal(take_streams(reader, &other), 1);
	assert_int_not_equal(one, other);
	live_stream_beacon(bench->one, 220, 3);
	assert_int_equal(live_reader_next(reader, one, &packet), LIVE_NEXT_IDLE);
	live_reader_destroy(reader);
}

static void fresh_buffers_begin_where_readers_are(void **state)
{
	struct bench *bench = *state;
	struct live_reader *reader = live_reader_create(bench->feed, false);
	unsigned char bytes[PACKET_BYTES];
	struct live_packet packet;
	uint64_t other = 0;
	uint64_t begin;

	add_late_other(bench, reader, &other);
	/* Made at 990, before anybody knew of them; the first event came at 1005. */
	put(bench, bench->other, 990, 1010, 1, 'a');
	put(bench, bench->other, 1010, 1020, 1, 'b');
	assert_int_equal(live_reader_next(reader, other, &packet), LIVE_NEXT_PACKET);
	assert_int_equal(packet.begin_clock, 1000);
	assert_true(live_reader_read(reader, other, packet.position, PACKET_BYTES, bytes));
	memcpy(&begin, bytes + BEGIN_AT, sizeof(begin));
	assert_int_equal(begin, 1000);
	assert_true(live_reader_read(reader, other, packet.position + BEGIN_AT + 1, 4, bytes));
	assert_memory_equal(bytes, (unsigned char *)&begin + 1, 4);
	assert_int_equal(live_reader_next(reader, other, &packet), LIVE_NEXT_PACKET);
	assert_int_equal(packet.begin_clock, 1010);
	live_reader_destroy(reader);
}

static void empty_packets_from_before_are_left_out(void **state)
{
	struct bench *bench = *state;
	struct live_reader *reader = live_reader_create(bench->feed, false);
	struct live_packet packet;
	uint64_t other = 0;

	add_late_other(bench, reader, &other);
	put(bench, bench->other, 990, 1010, 0, 'a');
	assert_int_equal(live_reader_next(reader, other, &packet), LIVE_NEXT_NOTHING);
	live_reader_destroy(reader);
}

/* A trace whose counter runs twice as fast as the other's and was 0 at its 1000. */
static void traces_with_other_clocks_begin_there_too(void **state)
{
	static const char other_metadata[] =
		"/* CTF 1.8 */\n\ntrace {\n\tmajor = 1;\n};\n\nclock {\n\tname = monotonic;\n"
		"\tfreq = 2000000000;\n\toffset_s = 0;\n\toffset = 2000;\n};\n\nstream {\n\tid = "
		"0;\n};\n";
	struct bench *bench = *state;
	struct live_reader *reader = live_reader_create(bench->feed, false);
	struct live_trace *trace;
	struct live_packet packet;
	uint64_t id = 0;

	declare(bench);
	take_streams(reader, &id);
	live_stream_beacon(bench->one, 5000, 3);
	trace = live_trace_open(bench->feed, "native/uid/0/64-bit");
	live_trace_append(trace, other_metadata, strlen(other_metadata));
	bench->other = live_stream_open(trace, "channel0_0");
	take_streams(reader, &id);
	put(bench, bench->other, 7000, 9000, 1, 'a');
	assert_int_equal(live_reader_next(reader, id, &packet), LIVE_NEXT_PACKET);
	assert_in_range(packet.begin_clock, (5000 - 1000) * 2, (5000 - 1000 + 2) * 2);
	assert_int_equal(packet.end_clock, 9000);
	live_reader_destroy(reader);
	live_trace_close(trace);
}

/* What is told of one is not printed before the other is as far. */
static void slowest_stream_is_where_readers_are(void **state)
{
	struct bench *bench = *state;
	struct live_reader *reader = live_reader_create(bench->feed, false);
	struct live_stream *third;
	struct live_packet packet;
	uint64_t id = 0;

	declare(bench);
	add_other(bench);
	take_streams(reader, &id);
	live_stream_beacon(bench->one, 1000, 3);
	live_stream_beacon(bench->other, 700, 3);
	third = live_stream_open(bench->trace, "channel0_2");
	take_streams(reader, &id);
	put(bench, third, 800, 900, 1, 'a');
	assert_int_equal(live_reader_next(reader, id, &packet), LIVE_NEXT_PACKET);
	assert_int_equal(packet.begin_clock, 800);
	live_stream_close(third);
	live_reader_destroy(reader);
}

static void each_reader_has_its_own_place(void **state)
{
	struct bench *bench = *state;
	uint64_t id;
	struct live_reader *early = read_one(bench, &id);
	struct live_reader *late, *whole;
	struct live_packet packet;
	struct live_feed_info info;

	put(bench, bench->one, 10, 20, 1, 'a');
	late = live_reader_create(bench->feed, false);
	whole = live_reader_create(bench->feed, true);
	assert_int_equal(id_of(late, "channel0_0"), id);
	assert_int_equal(id_of(whole, "channel0_0"), id);
	put(bench, bench->one, 20, 30, 1, 'b');
	assert_int_equal(live_reader_next(late, id, &packet), LIVE_NEXT_PACKET);
	assert_int_equal(packet.begin_clock, 20);
	assert_int_equal(live_reader_next(whole, id, &packet), LIVE_NEXT_PACKET);
	assert_int_equal(packet.begin_clock, 10);
	live_feed_look(bench->feed, &info);
	assert_int_equal(info.reader_count, 3);
	assert_int_equal(info.stream_count, 2);
	live_reader_destroy(early);
	live_reader_destroy(late);
	assert_int_equal(live_reader_next(whole, id, &packet), LIVE_NEXT_PACKET);
	assert_int_equal(packet.begin_clock, 20);
	live_reader_destroy(whole);
	live_feed_look(bench->feed, &info);
	assert_int_equal(info.reader_count, 0);
}

static void who_is_too_far_behind_is_lost(void **state)
{
	struct bench *bench = *state;
	struct live_reader *slow = live_reader_create(bench->feed, false);
	uint64_t id;
	struct live_reader *quick = read_one(bench, &id);
	struct live_packet packet;

	take_streams(slow, &id);
	for (uint64_t i = 0; i <= LIVE_BEHIND_MAX; i++) {
		assert_false(live_reader_is_lost(slow));
		put(bench, bench->one, i * 10, i * 10 + 9, 1, 'a');
		bench->file_bytes = 0;
		assert_int_equal(live_reader_next(quick, id, &packet), LIVE_NEXT_PACKET);
	}
	assert_true(live_reader_is_lost(slow));
	assert_false(live_reader_is_lost(quick));
	live_reader_destroy(slow);
	live_reader_destroy(quick);
}

static void few_files_are_held_open(void **state)
{
	struct bench *bench = *state;
	struct live_reader *slow = live_reader_create(bench->feed, false);
	uint64_t id;

	declare(bench);
	take_streams(slow, &id);
	for (uint64_t i = 0; i < LIVE_FILES_BEHIND_MAX + 2; i++) {
		put(bench, bench->one, i * 10, i * 10 + 9, 1, 'a');
		live_file_unref(bench->file);
		bench->file = live_file_create(dup(bench->fd));
	}
	assert_true(live_reader_is_lost(slow));
	live_reader_destroy(slow);
}

static void the_end_comes_behind_the_last_packet(void **state)
{
	struct bench *bench = *state;
	uint64_t id;
	struct live_reader *reader = read_one(bench, &id);
	struct live_packet packet;

	put(bench, bench->one, 10, 20, 1, 'a');
	live_stream_close(bench->one);
	bench->one = NULL;
	live_trace_close(bench->trace);
	bench->trace = NULL;
	live_feed_end(bench->feed);
	assert_false(live_reader_is_over(reader));
	assert_int_equal(live_reader_next(reader, id, &packet), LIVE_NEXT_PACKET);
	assert_int_equal(live_reader_next(reader, id, &packet), LIVE_NEXT_END);
	assert_true(live_reader_is_over(reader));
	assert_int_equal(live_reader_next(reader, id, &packet), LIVE_NEXT_UNKNOWN);
	live_reader_destroy(reader);
}

static void streams_that_came_and_went_are_told_of(void **state)
{
	struct bench *bench = *state;
	struct live_reader *reader = live_reader_create(bench->feed, false);
	struct live_packet packet;
	uint64_t id;

	declare(bench);
	put(bench, bench->one, 10, 20, 1, 'a');
	live_stream_close(bench->one);
	bench->one = NULL;
	id = id_of(reader, "channel0_0");
	assert_int_equal(live_reader_next(reader, id, &packet), LIVE_NEXT_PACKET);
	assert_int_equal(live_reader_next(reader, id, &packet), LIVE_NEXT_END);
	live_reader_destroy(reader);
}

#define LIVE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE_TEST(streams_wait_for_their_declaration),
		LIVE_TEST(packets_are_read_from_the_file),
		LIVE_TEST(idle_streams_go_on),
		LIVE_TEST(new_streams_are_told_before_later_times),
		LIVE_TEST(fresh_buffers_begin_where_readers_are),
		LIVE_TEST(empty_packets_from_before_are_left_out),
		LIVE_TEST(traces_with_other_clocks_begin_there_too),
		LIVE_TEST(slowest_stream_is_where_readers_are),
		LIVE_TEST(each_reader_has_its_own_place),
		LIVE_TEST(who_is_too_far_behind_is_lost),
		LIVE_TEST(few_files_are_held_open),
		LIVE_TEST(the_end_comes_behind_the_last_packet),
		LIVE_TEST(streams_that_came_and_went_are_told_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
