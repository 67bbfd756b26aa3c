/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tap alone: what is copied, what is cut, and that everything is counted. */
#include "backend/consume/tap.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/units.h"
#include "backend/consume/label.h"
#include "backend/ctf/scan.h"
#include "tests/unit/trace_kit.h"

#define EVENT_ID    2
#define EVENT_BYTES 14

static const struct uuid trace_uuid = {{7}};

struct bench {
	struct tap *tap;
	struct trace_label *trace;
	struct stream_label *label;
	struct scanner *scanner;
	struct tap_stream stream;
	struct packet_kit kit;
	struct tap_offer offer;
	uint64_t sequence;
};

static void bench_init(struct bench *bench)
{
	struct ctf_type *payload = ctf_type_create(CTF_STRUCT);

	*bench = (struct bench){.tap = tap_create(), .trace = trace_label_create()};
	bench->label = stream_label_create(bench->trace, "channel0_0");
	bench->scanner = scanner_create(&kit_packed, CTF_HEADER_LARGE);
	ctf_type_add_field(payload, "number", ctf_type_create_integer(64, 8, false, 10));
	scanner_add_event(bench->scanner, EVENT_ID, payload);
	ctf_type_destroy(payload);
	bench->offer = (struct tap_offer){
		.now_ns = 1000 * NS_PER_S,
		.stream = &bench->stream,
		.label = bench->label,
		.scanner = bench->scanner,
		.packet = &bench->kit.packet,
	};
	kit_init(&bench->kit, &kit_packed);
}

static void bench_finish(struct bench *bench)
{
	tap_unref(bench->tap);
	stream_label_unref(bench->label);
	trace_label_unref(bench->trace);
	scanner_unref(bench->scanner);
	kit_finish(&bench->kit);
}

static void make_packet(struct bench *bench, uint64_t event_count, uint64_t discarded)
{
	kit_begin(&bench->kit, &trace_uuid, 0, 1, bench->sequence++, 5000);
	for (uint64_t i = 0; i < event_count; i++) {
		kit_event(&bench->kit, CTF_HEADER_LARGE, EVENT_ID, 5000 + i, false);
		kit_put_u64(&bench->kit, i);
	}
	kit_end(&bench->kit, 5000 + event_count, discarded);
	bench->offer.event_count = event_count;
}

static uint64_t word_at(const struct tap_packet *packet, size_t at)
{
	uint64_t value;

	memcpy(&value, packet->bytes + at, sizeof(value));
	return value;
}

/* Its sizes are its own, and it ends with a whole event. */
static uint64_t count_copy(struct bench *bench, const struct tap_packet *packet)
{
	struct scan_result result;

	assert_int_equal(word_at(packet, 48), packet->length * 8);
	assert_int_equal(word_at(packet, 56), packet->length * 8);
	scanner_walk(bench->scanner, packet->bytes, bench->kit.packet.first_event_bytes,
		     packet->length, 5000, NULL, &result);
	assert_true(result.is_consistent);
	return result.event_count;
}

static bool is_ready(const struct bench *bench)
{
	struct pollfd pollfd = {.fd = tap_fd(bench->tap), .events = POLLIN};

	return poll(&pollfd, 1, 0) == 1;
}

static void copies_hold_content_and_no_padding(void **state)
{
	struct tap_packet packet;
	struct bench bench;

	(void)state;
	bench_init(&bench);
	assert_false(is_ready(&bench));
	make_packet(&bench, 3, 0);
	tap_offer(bench.tap, &bench.offer);
	assert_true(is_ready(&bench));
	tap_rewind(bench.tap);
	assert_false(is_ready(&bench));
	assert_true(tap_take(bench.tap, &packet));
	assert_ptr_equal(packet.label, bench.label);
	assert_int_equal(packet.length, bench.kit.packet.content_bytes);
	assert_int_equal(packet.event_count, 3);
	assert_false(packet.is_part);
	assert_int_equal(count_copy(&bench, &packet), 3);
	tap_give_back(bench.tap);
	assert_false(tap_take(bench.tap, &packet));
	bench_finish(&bench);
}

static void large_packets_are_cut_between_events(void **state)
{
	uint64_t count = (UINT64_C(400) << 10) / EVENT_BYTES;
	struct tap_packet packet;
	struct bench bench;

	(void)state;
	bench_init(&bench);
	make_packet(&bench, count, 0);
	tap_offer(bench.tap, &bench.offer); /* what was saved up is enough */
	tap_offer(bench.tap, &bench.offer); /* and now it is not */
	assert_true(tap_take(bench.tap, &packet));
	assert_false(packet.is_part);
	assert_int_equal(count_copy(&bench, &packet), count);
	tap_give_back(bench.tap);
	assert_true(tap_take(bench.tap, &packet));
	assert_true(packet.is_part);
	assert_int_equal(packet.event_count, count);
	assert_in_range(count_copy(&bench, &packet), 1, count - 1);
	tap_give_back(bench.tap);
	bench_finish(&bench);
}

static void what_replaces_a_header_is_copied(void **state)
{
	struct tap_packet packet;
	struct bench bench;
	uint64_t first_bytes, sequence = 77;

	(void)state;
	bench_init(&bench);
	make_packet(&bench, 5, 0);
	first_bytes = bench.kit.packet.first_event_bytes;
	memcpy(bench.kit.packet.header, bench.kit.bytes, first_bytes);
	memcpy(bench.kit.packet.header + 64, &sequence, sizeof(sequence));
	bench.kit.packet.header_bytes = (unsigned int)first_bytes;
	tap_offer(bench.tap, &bench.offer);
	assert_true(tap_take(bench.tap, &packet));
	assert_int_equal(word_at(&packet, 64), 77);
	assert_int_equal(count_copy(&bench, &packet), 5);
	tap_give_back(bench.tap);
	bench_finish(&bench);
}

static void headers_that_say_something_else_are_not_touched(void **state)
{
	struct tap_packet packet;
	struct bench bench;

	(void)state;
	bench_init(&bench);
	make_packet(&bench, 5, 0);
	bench.kit.bytes[48]++;
	tap_offer(bench.tap, &bench.offer);
	assert_true(tap_take(bench.tap, &packet));
	assert_int_equal(packet.length, bench.kit.packet.size_bytes);
	assert_memory_equal(packet.bytes, bench.kit.bytes, packet.length);
	tap_give_back(bench.tap);
	bench_finish(&bench);
}

/* Nobody reads: offers go on, and every event is in a copy or was skipped. */
static void a_tap_that_nobody_reads_holds_nobody_up(void **state)
{
	uint64_t copied = 0, offered = 0;
	struct tap_packet packet;
	struct bench bench;

	(void)state;
	bench_init(&bench);
	make_packet(&bench, 200, 0);
	for (unsigned int i = 0; i < 20000; i++) {
		bench.offer.now_ns += NS_PER_MS;
		tap_offer(bench.tap, &bench.offer);
		offered += 200;
	}
	while (tap_take(bench.tap, &packet)) {
		copied += packet.event_count;
		tap_give_back(bench.tap);
	}
	assert_true(copied > 0);
	assert_int_equal(copied + tap_skipped_events(bench.tap), offered);
	bench_finish(&bench);
}

static void a_quiet_stream_is_whole_beside_a_busy_one(void **state)
{
	struct tap_stream quiet = {0}, busy = {0};
	unsigned int quiet_count = 0;
	struct tap_packet packet;
	struct bench bench;

	(void)state;
	bench_init(&bench);
	for (unsigned int i = 0; i < 1000; i++) {
		make_packet(&bench, i % 100 ? 4000 : 10, 0);
		bench.offer.stream = i % 100 ? &busy : &quiet;
		bench.offer.now_ns += NS_PER_MS;
		tap_offer(bench.tap, &bench.offer);
		while (tap_take(bench.tap, &packet)) {
			quiet_count += packet.event_count == 10 && !packet.is_part;
			tap_give_back(bench.tap);
		}
	}
	assert_int_equal(quiet_count, 10);
	assert_true(tap_skipped_events(bench.tap) > 0);
	bench_finish(&bench);
}

static void losses_are_told_with_the_next_copy(void **state)
{
	struct tap_packet packet;
	struct bench bench;

	(void)state;
	bench_init(&bench);
	make_packet(&bench, 1, 4); /* before anybody looked */
	tap_offer(bench.tap, &bench.offer);
	make_packet(&bench, 1, 9);
	bench.offer.label = NULL; /* not copied */
	tap_offer(bench.tap, &bench.offer);
	bench.offer.label = bench.label;
	bench.offer.is_overwrite = true;
	bench.sequence += 3;
	make_packet(&bench, 1, 11);
	tap_offer(bench.tap, &bench.offer);
	assert_true(tap_take(bench.tap, &packet));
	assert_int_equal(packet.lost_events, 0);
	tap_give_back(bench.tap);
	assert_true(tap_take(bench.tap, &packet));
	assert_int_equal(packet.lost_events, 7);
	assert_int_equal(packet.lost_packets, 3);
	tap_give_back(bench.tap);
	assert_int_equal(tap_skipped_events(bench.tap), 1);
	bench_finish(&bench);
}

static void threads_without_a_lane_are_counted(void **state)
{
	struct bench bench;

	(void)state;
	bench_init(&bench);
	make_packet(&bench, 6, 0);
	bench.offer.lane = TAP_LANES_MAX;
	tap_offer(bench.tap, &bench.offer);
	assert_int_equal(tap_skipped_events(bench.tap), 6);
	bench_finish(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(copies_hold_content_and_no_padding),
		cmocka_unit_test(large_packets_are_cut_between_events),
		cmocka_unit_test(what_replaces_a_header_is_copied),
		cmocka_unit_test(headers_that_say_something_else_are_not_touched),
		cmocka_unit_test(a_tap_that_nobody_reads_holds_nobody_up),
		cmocka_unit_test(a_quiet_stream_is_whole_beside_a_busy_one),
		cmocka_unit_test(losses_are_told_with_the_next_copy),
		cmocka_unit_test(threads_without_a_lane_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
