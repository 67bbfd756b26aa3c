/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Streams over real rings that the test writes into by hand, as an application would: with holes
 * that a killed one leaves, and with lies.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "backend/source/ust/internal.h"

enum {
	SUBBUF_BYTES = 4096,
	SUBBUF_COUNT = 4,
	CHANNEL_ID = 3,
	HEADER_BYTES = 84,
	EVENT_BYTES = 2 + 4 + 8, /* large header, then one 64-bit number */
};

struct stage {
	struct ust_group group;
	struct ust_channel channel;
	struct ust_relay relays[256];
	struct sink_stream *outputs[256];
	struct ust_rings *rings;
	unsigned char *memory; /* of the first ring, as an application maps it */
	struct stream *stream;
	struct packet packet;
};

static uint64_t *word(struct stage *stage, size_t at)
{
	return (uint64_t *)(void *)(stage->memory + at);
}

static const struct ust_ring_map *map_of(struct stage *stage)
{
	return &stage->rings->rings[0].map;
}

static void set_produced(struct stage *stage, uint64_t position)
{
	*word(stage, map_of(stage)->produced_at) = position;
}

static void set_written(struct stage *stage, uint64_t position, uint64_t bytes)
{
	const struct ust_ring_map *map = map_of(stage);
	uint64_t lap = position / SUBBUF_BYTES / SUBBUF_COUNT;
	size_t index = (size_t)(position / SUBBUF_BYTES % SUBBUF_COUNT);

	*word(stage, map->commits_at + index * map->commits_stride) = lap * SUBBUF_BYTES + bytes;
}

static void put(unsigned char *at, uint64_t value, size_t bytes)
{
	memcpy(at, &value, bytes);
}

/* A sub-buffer of count events, closed or as its writer leaves it half-way. */
static void write_subbuf(struct stage *stage, uint64_t position, unsigned int count, bool is_closed)
{
	unsigned char *bytes = stage->memory + map_of(stage)->data_at +
			       (size_t)(position % (SUBBUF_BYTES * SUBBUF_COUNT));
	uint64_t content = HEADER_BYTES + count * EVENT_BYTES;

	put(bytes, 0xc1fc1fc1, 4);
	put(bytes + 20, CHANNEL_ID, 4);
	put(bytes + 24, 0, 8);
	put(bytes + 32, position + 1, 8); /* begin */
	put(bytes + 40, is_closed ? position + 1000 : 0, 8);
	put(bytes + 48, is_closed ? content * 8 : UINT64_MAX, 8);
	put(bytes + 56, is_closed ? SUBBUF_BYTES * 8 : UINT64_MAX, 8);
	put(bytes + 64, position / SUBBUF_BYTES, 8);
	put(bytes + 72, is_closed ? 5 : 0, 8);
	for (unsigned int i = 0; i < count; i++) {
		unsigned char *event = bytes + HEADER_BYTES + i * EVENT_BYTES;

		put(event, 0, 2);
		put(event + 2, position + 10 + i, 4);
		put(event + 6, i, 8);
	}
}

static void write_whole(struct stage *stage, uint64_t position, unsigned int count)
{
	write_subbuf(stage, position, count, true);
	set_written(stage, position, SUBBUF_BYTES);
}

static struct scanner *make_scanner(void)
{
	struct ctf_type *payload = ctf_type_create(CTF_STRUCT);
	struct scanner *scanner;
	struct ctf_layout layout;

	ust_group_own_layout(&layout);
	payload->align_bits = 8;
	ctf_type_add_field(payload, "number", ctf_type_create_integer(64, 8, false, 10));
	scanner = scanner_create(&layout, CTF_HEADER_LARGE);
	assert_true(scanner_add_event(scanner, 0, payload));
	ctf_type_destroy(payload);
	return scanner;
}

static int set_up(void **state)
{
	struct stage *stage = calloc(1, sizeof(*stage));
	struct channel_spec spec = {.id = CHANNEL_ID,
				    .name = "web",
				    .subbuf_bytes = SUBBUF_BYTES,
				    .subbuf_count = SUBBUF_COUNT};
	struct uuid uuid = {{7}};
	struct error err = ERROR_INIT;

	atomic_init(&stage->group.references, 1);
	stage->channel.id = CHANNEL_ID;
	stage->channel.is_declared = true;
	stage->channel.relays = stage->relays;
	stage->channel.outputs = stage->outputs;
	stage->channel.tally = tally_create();
	stage->channel.scanner = make_scanner();
	stage->rings = ust_rings_create(&spec, &uuid, NULL, &err);
	if (!stage->rings)
		print_message("# %s\n", err.message);
	assert_non_null(stage->rings);
	stage->memory = mmap(NULL, map_of(stage)->size_bytes, PROT_READ | PROT_WRITE, MAP_SHARED,
			     stage->rings->rings[0].object->u.stream.shm_fd, 0);
	assert_ptr_not_equal(stage->memory, MAP_FAILED);
	stage->stream =
		ust_stream_base(ust_stream_create(&stage->group, &stage->channel, stage->rings, 0));
	*state = stage;
	return 0;
}

static int tear_down(void **state)
{
	struct stage *stage = *state;

	if (stage->stream)
		stage->stream->class->destroy(stage->stream);
	munmap(stage->memory, map_of(stage)->size_bytes);
	ust_rings_unref(stage->rings);
	scanner_unref(stage->channel.scanner);
	tally_unref(stage->channel.tally);
	assert_int_equal(atomic_load(&stage->group.references), 1);
	free(stage);
	return 0;
}

static void abandon(struct stage *stage, bool has_successor)
{
	ust_stream_abandon((struct ust_stream *)stage->stream,
			   has_successor ? UST_STREAM_REPLACED : UST_STREAM_DRAINED, true);
}

static enum take_result take(struct stage *stage)
{
	memset(&stage->packet, 0, sizeof(stage->packet));
	return stage->stream->class->take(stage->stream, &stage->packet);
}

/* Takes and gives back, as a consumer does; events are counted as it does. */
static uint64_t take_events(struct stage *stage)
{
	unsigned char copy[SUBBUF_BYTES];
	struct scan_result scan;

	assert_int_equal(take(stage), TAKE_PACKET);
	memcpy(copy, stage->packet.bytes, stage->packet.size_bytes);
	memcpy(copy, stage->packet.header, stage->packet.header_bytes);
	scanner_walk(stage->channel.scanner, copy, stage->packet.first_event_bytes,
		     stage->packet.content_bytes, stage->packet.begin_clock, NULL, &scan);
	assert_true(scan.is_consistent);
	stage->stream->discarded_seen = stage->packet.events_discarded;
	stage->stream->next_sequence = stage->packet.sequence + 1;
	stage->stream->has_sequence = true;
	stage->stream->class->give_back(stage->stream, &stage->packet);
	return scan.event_count;
}

static uint64_t header64(const struct packet *packet, size_t at)
{
	const unsigned char *header = packet->header_bytes > at ? packet->header : packet->bytes;
	uint64_t value;

	memcpy(&value, header + at, sizeof(value));
	return value;
}

static uint64_t unreadable(struct stage *stage)
{
	return tally_read(&stage->channel.tally->unreadable_bytes);
}

static void fresh_ring_gives_nothing(void **state)
{
	struct stage *stage = *state;

	assert_int_equal(take(stage), TAKE_NOTHING);
	abandon(stage, false);
	assert_int_equal(take(stage), TAKE_GONE);
	assert_int_equal(unreadable(stage), 0);
}

static void whole_packets_before_and_behind_a_hole_are_saved(void **state)
{
	struct stage *stage = *state;
	uint64_t left = HEADER_BYTES + 20 * EVENT_BYTES;

	write_whole(stage, 0, 10);
	write_subbuf(stage, SUBBUF_BYTES, 20, false);
	set_written(stage, SUBBUF_BYTES, left);
	write_whole(stage, 2 * SUBBUF_BYTES, 30);
	set_produced(stage, 3 * SUBBUF_BYTES);
	abandon(stage, false);

	assert_int_equal(take_events(stage), 10);
	assert_int_equal(stage->packet.header_bytes, 0); /* as it lies there */
	assert_int_equal(take_events(stage), 20);
	assert_int_equal(stage->packet.sequence, 1);
	assert_int_equal(stage->packet.content_bytes, left);
	assert_int_equal(header64(&stage->packet, 48), left * 8);
	assert_int_equal(header64(&stage->packet, 56), stage->packet.size_bytes * 8);
	/* The last event's time, and the last count of discarded ones that is known. */
	assert_int_equal(stage->packet.end_clock, SUBBUF_BYTES + 10 + 19);
	assert_int_equal(stage->packet.events_discarded, 5);
	assert_int_equal(take_events(stage), 30);
	assert_int_equal(take(stage), TAKE_GONE);
	assert_int_equal(unreadable(stage), SUBBUF_BYTES - left);
	assert_int_equal(tally_read(&stage->channel.tally->repairs), 1);
	assert_true(tally_read(&stage->channel.tally->last_loss_wall_ns) > 0);
}

static void open_packet_without_a_hole_loses_nothing(void **state)
{
	struct stage *stage = *state;
	uint64_t end = HEADER_BYTES + 7 * EVENT_BYTES;

	write_subbuf(stage, 0, 7, false);
	set_written(stage, 0, end);
	set_produced(stage, end);
	abandon(stage, false);
	assert_int_equal(take_events(stage), 7);
	assert_int_equal(take(stage), TAKE_GONE);
	assert_int_equal(unreadable(stage), 0);
	assert_true(stage->stream->class->consumed(stage->stream) >= end);
}

static void packet_without_a_begin_leaves_no_gap(void **state)
{
	struct stage *stage = *state;

	write_whole(stage, 0, 1);
	set_written(stage, SUBBUF_BYTES, 0); /* died while it wrote the header */
	write_whole(stage, 2 * SUBBUF_BYTES, 2);
	set_produced(stage, 3 * SUBBUF_BYTES);
	abandon(stage, false);
	assert_int_equal(take_events(stage), 1);
	assert_int_equal(take_events(stage), 2);
	assert_int_equal(stage->packet.sequence, 1);
	assert_int_equal(header64(&stage->packet, 64), 1);
	assert_int_equal(take(stage), TAKE_GONE);
	assert_int_equal(unreadable(stage), SUBBUF_BYTES);
}

static void packets_that_nobody_declared_are_passed_over(void **state)
{
	struct stage *stage = *state;

	stage->channel.is_declared = false;
	write_whole(stage, 0, 0);
	write_whole(stage, SUBBUF_BYTES, 0);
	write_whole(stage, 2 * SUBBUF_BYTES, 3);
	set_produced(stage, 3 * SUBBUF_BYTES);
	abandon(stage, false);
	assert_int_equal(take_events(stage), 3);
	assert_int_equal(stage->packet.sequence, 0);
	assert_int_equal(take(stage), TAKE_GONE);
	assert_int_equal(unreadable(stage), 0);
}

static void room_that_no_application_reserved_is_not_lost(void **state)
{
	struct stage *stage = *state;
	uint64_t end = HEADER_BYTES + 7 * EVENT_BYTES;

	write_subbuf(stage, 0, 7, false);
	set_written(stage, 0, end - EVENT_BYTES); /* died within the last one */
	set_produced(stage, end);
	ust_stream_abandon((struct ust_stream *)stage->stream, UST_STREAM_LEFT, false);
	assert_int_equal(take_events(stage), 6);
	assert_int_equal(take(stage), TAKE_GONE);
	assert_int_equal(unreadable(stage), EVENT_BYTES);
}

static void second_lap_is_told_from_the_first(void **state)
{
	struct stage *stage = *state;
	const struct ust_ring_map *map = map_of(stage);

	for (uint64_t i = 0; i < SUBBUF_COUNT; i++)
		write_whole(stage, i * SUBBUF_BYTES, 1);
	assert_int_equal(ust_ring_written(map, 0), SUBBUF_BYTES);
	assert_int_equal(ust_ring_written(map, SUBBUF_COUNT * SUBBUF_BYTES), 0);
	write_whole(stage, SUBBUF_COUNT * SUBBUF_BYTES, 9);
	assert_int_equal(ust_ring_written(map, SUBBUF_COUNT * SUBBUF_BYTES), SUBBUF_BYTES);
	*word(stage, map->consumed_at) = SUBBUF_BYTES;
	set_produced(stage, (SUBBUF_COUNT + 1) * SUBBUF_BYTES);
	assert_int_equal(ust_ring_written_until(map, SUBBUF_BYTES, UINT64_MAX / 2),
			 (SUBBUF_COUNT + 1) * SUBBUF_BYTES);
	abandon(stage, false);
	for (int i = 0; i < SUBBUF_COUNT - 1; i++)
		assert_int_equal(take_events(stage), 1);
	assert_int_equal(take_events(stage), 9);
	assert_int_equal(stage->packet.sequence, SUBBUF_COUNT);
	assert_int_equal(take(stage), TAKE_GONE);
}

static void successor_goes_on_counting(void **state)
{
	struct stage *stage = *state;

	write_whole(stage, 0, 1);
	write_whole(stage, SUBBUF_BYTES, 1);
	set_produced(stage, 2 * SUBBUF_BYTES);
	abandon(stage, true);
	take_events(stage);
	take_events(stage);
	while (take(stage) == TAKE_PACKET) /* what the last flush closes */
		stage->stream->class->give_back(stage->stream, &stage->packet);
	stage->stream->class->destroy(stage->stream);
	assert_int_equal(stage->relays[0].sequence, 2);
	assert_int_equal(stage->relays[0].discarded, 5);
	assert_true(stage->relays[0].has_sequence);

	/* The same ring stands in for a fresh one. */
	stage->stream =
		ust_stream_base(ust_stream_create(&stage->group, &stage->channel, stage->rings, 0));
	assert_int_equal(stage->stream->next_sequence, 2);
	assert_int_equal(stage->stream->discarded_seen, 5);
	*word(stage, map_of(stage)->consumed_at) = 0;
	set_produced(stage, 2 * SUBBUF_BYTES);
	abandon(stage, false);
	take_events(stage);
	assert_int_equal(stage->packet.sequence, 2);
	assert_int_equal(stage->packet.events_discarded, 10);
	assert_int_equal(header64(&stage->packet, 64), 2);
	assert_int_equal(header64(&stage->packet, 72), 10);
	take_events(stage);
	assert_int_equal(stage->packet.sequence, 3);
}

static void lying_header_costs_its_packet_only(void **state)
{
	struct stage *stage = *state;
	unsigned char *header = stage->memory + map_of(stage)->data_at + SUBBUF_BYTES;

	write_whole(stage, 0, 1);
	write_whole(stage, SUBBUF_BYTES, 1);
	write_whole(stage, 2 * SUBBUF_BYTES, 1);
	put(header + 48, UINT64_MAX, 8); /* content longer than the packet */
	set_produced(stage, 3 * SUBBUF_BYTES);
	abandon(stage, false);
	assert_int_equal(take_events(stage), 1);
	assert_int_equal(take_events(stage), 1);
	assert_int_equal(take(stage), TAKE_GONE);
	assert_int_equal(unreadable(stage), SUBBUF_BYTES);
}

static void lying_positions_do_no_harm(void **state)
{
	static const uint64_t positions[] = {UINT64_MAX, UINT64_MAX / 2, 1, 1ull << 40, 77};
	struct stage *stage = *state;

	for (size_t i = 0; i < sizeof(positions) / sizeof(positions[0]); i++) {
		unsigned int count = 0;

		*word(stage, map_of(stage)->consumed_at) = positions[i];
		set_produced(stage, positions[i] * 3 + 12345);
		set_written(stage, 0, positions[i]);
		assert_true(ust_ring_written_until(map_of(stage), positions[i], UINT64_MAX) >= 1);
		abandon(stage, false);
		while (take(stage) == TAKE_PACKET)
			assert_true(++count <= SUBBUF_COUNT);
		stage->stream->class->destroy(stage->stream);
		stage->stream = ust_stream_base(
			ust_stream_create(&stage->group, &stage->channel, stage->rings, 0));
	}
}

/* Bytes at random all over the shared memory, but for what the library itself steers by. */
static void random_memory_does_no_harm(void **state)
{
	struct stage *stage = *state;
	const struct ust_ring_map *map = map_of(stage);
	uint32_t seed = 1;

	for (int round = 0; round < 200; round++) {
		unsigned int count = 0;

		for (int i = 0; i < 400; i++) {
			size_t at;

			seed = seed * 1664525 + 1013904223;
			at = map->data_at + (seed >> 8) % (SUBBUF_BYTES * SUBBUF_COUNT);
			stage->memory[at] = (unsigned char)(seed >> 16);
		}
		for (uint64_t i = 0; i < SUBBUF_COUNT; i++) {
			seed = seed * 1664525 + 1013904223;
			if (seed & 0x10000)
				write_subbuf(stage, i * SUBBUF_BYTES, (seed >> 17) % 200,
					     seed & 0x20000);
			set_written(stage, i * SUBBUF_BYTES, seed >> 20);
			*word(stage, map->ids_at + (size_t)i * map->ids_stride) =
				seed & 0x40000 ? seed : i;
		}
		*word(stage, map->consumed_at) = 0;
		set_produced(stage, seed >> 17);
		abandon(stage, false);
		while (take(stage) == TAKE_PACKET) {
			struct scan_result scan;

			assert_true(stage->packet.size_bytes <= SUBBUF_BYTES);
			assert_true(stage->packet.content_bytes <= stage->packet.size_bytes);
			assert_true(++count <= SUBBUF_COUNT);
			scanner_walk(stage->channel.scanner, stage->packet.bytes, HEADER_BYTES,
				     stage->packet.content_bytes, stage->packet.begin_clock, NULL,
				     &scan);
		}
		stage->stream->class->destroy(stage->stream);
		stage->stream = ust_stream_base(
			ust_stream_create(&stage->group, &stage->channel, stage->rings, 0));
	}
}

static void unknown_layout_is_refused(void **state)
{
	struct stage *stage = *state;
	size_t size_bytes = map_of(stage)->size_bytes;
	unsigned char *copy = malloc(size_bytes);
	struct error err = ERROR_INIT;
	struct ust_ring_map map;

	memcpy(copy, stage->memory, size_bytes);
	assert_true(ust_ring_map_init(&map, copy, size_bytes, &err));
	assert_false(ust_ring_map_init(&map, copy, size_bytes / 2, &err));
	assert_int_equal(err.code, ERROR_UNSUPPORTED);
	for (size_t at = 0; at < 140; at++) {
		copy[at] ^= 0x80;
		/* Each result is fine but none may read outside. */
		if (ust_ring_map_init(&map, copy, size_bytes, &err))
			for (uint64_t i = 0; i < map.subbuf_count && i < 100; i++)
				ust_ring_subbuf(&map, i * map.subbuf_bytes);
		copy[at] ^= 0x80;
	}
	copy[0] ^= 1;
	assert_false(ust_ring_map_init(&map, copy, size_bytes, &err));
	free(copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(fresh_ring_gives_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(whole_packets_before_and_behind_a_hole_are_saved,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(open_packet_without_a_hole_loses_nothing, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(packet_without_a_begin_leaves_no_gap, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(packets_that_nobody_declared_are_passed_over,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(room_that_no_application_reserved_is_not_lost,
						set_up, tear_down),
		cmocka_unit_test_setup_teardown(second_lap_is_told_from_the_first, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(successor_goes_on_counting, set_up, tear_down),
		cmocka_unit_test_setup_teardown(lying_header_costs_its_packet_only, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(lying_positions_do_no_harm, set_up, tear_down),
		cmocka_unit_test_setup_teardown(random_memory_does_no_harm, set_up, tear_down),
		cmocka_unit_test_setup_teardown(unknown_layout_is_refused, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("ust stream", tests, NULL, NULL);
}
