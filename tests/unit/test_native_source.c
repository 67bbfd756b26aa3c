/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The console's side of native applications: shapes, clocks, and what streams make of lanes. */
#include <linux/futex.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/ctf/type.h"
#include "backend/sink/sink.h"
#include "tests/unit/native_source_kit.h"

/* --- shapes */

static struct handshake_field field(const char *name, enum handshake_kind kind, uint32_t bytes,
				    uint32_t flags)
{
	struct handshake_field made = {
		.kind = kind, .bytes = bytes, .base = 10, .flags = flags, .count = 1};

	strncpy(made.name, name, sizeof(made.name) - 1);
	return made;
}

static void shape_knows_the_bytes_of_a_record(void **state)
{
	const struct handshake_field fields[] = {field("a", HANDSHAKE_INTEGER, 2, 0),
						 field("b", HANDSHAKE_STRING, 1, 0),
						 field("c", HANDSHAKE_SEQUENCE, 4, 0)};
	struct native_shape *shape = native_shape_create(fields, 3, NULL);
	static const unsigned char record[] = {1, 0, 'x', 'y', 0, 2, 0, 0, 0,
					       1, 0, 0,	  0,   2, 0, 0, 0, 9};

	(void)state;
	assert_int_equal(native_shape_bytes(shape, record, sizeof(record)), 17);
	assert_true(native_shape_bytes(shape, record, 16) == NATIVE_BYTES_NONE);
	assert_true(native_shape_bytes(shape, record, 4) == NATIVE_BYTES_NONE);
	assert_true(native_shape_bytes(shape, record, 0) == NATIVE_BYTES_NONE);
	native_shape_destroy(shape);
}

static void shape_refuses_what_can_not_be(void **state)
{
	const struct handshake_field bad[] = {
		field("", HANDSHAKE_INTEGER, 4, 0),	   field("a b", HANDSHAKE_INTEGER, 4, 0),
		field("a", HANDSHAKE_INTEGER, 3, 0),	   field("a", HANDSHAKE_FLOAT, 2, 0),
		field("a", (enum handshake_kind)99, 4, 0), field("a", HANDSHAKE_TEXT, 2, 0),
	};
	struct handshake_field endless = field("a", HANDSHAKE_INTEGER, 4, 0);
	struct error err = ERROR_INIT;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_null(native_shape_create(&bad[i], 1, &err));
	memset(endless.name, 'a', sizeof(endless.name));
	assert_null(native_shape_create(&endless, 1, &err));
}

static void shape_reads_values(void **state)
{
	const struct handshake_field fields[] = {
		field("a", HANDSHAKE_INTEGER, 2, HANDSHAKE_SIGNED),
		field("b", HANDSHAKE_INTEGER, 2, HANDSHAKE_NETWORK_ORDER),
		field("c", HANDSHAKE_STRING, 1, 0), field("d", HANDSHAKE_SEQUENCE, 1, 0)};
	struct native_shape *shape = native_shape_create(fields, 4, NULL);
	static const unsigned char record[] = {0xfe, 0xff, 0x1f, 0x90, 'h', 'i', 0,
					       2,    0,	   0,	 0,    7,   8};
	struct filter_value value;

	(void)state;
	native_shape_value(shape, 0, false, 0, record, sizeof(record), &value);
	assert_int_equal(value.kind, FILTER_VALUE_SIGNED);
	assert_int_equal(value.signed_value, -2);
	native_shape_value(shape, 1, false, 0, record, sizeof(record), &value);
	assert_int_equal(value.unsigned_value, 8080);
	native_shape_value(shape, 2, false, 0, record, sizeof(record), &value);
	assert_int_equal(value.string.length, 2);
	native_shape_value(shape, 3, true, 1, record, sizeof(record), &value);
	assert_int_equal(value.unsigned_value, 8);
	native_shape_value(shape, 3, true, 2, record, sizeof(record), &value);
	assert_int_equal(value.kind, FILTER_VALUE_MISSING);
	native_shape_destroy(shape);
}

/* --- the clock */

/* Where the clock of a trace puts a tick: nanoseconds since the Epoch. */
static uint64_t shown(const struct ctf_clock *clock, uint64_t ticks)
{
	__int128 cycles =
		(__int128)clock->offset_s * clock->frequency_hz + clock->offset_cycles + ticks;

	return (uint64_t)(cycles * NS_PER_S / clock->frequency_hz);
}

static void line_of_pairs_is_the_clock(void **state)
{
	const uint64_t begin_ticks = 987654321987, begin_ns = 123456789012,
		       offset = 1700000000 * NS_PER_S;
	const struct time_pair first = {begin_ticks, begin_ns};
	struct time_line line;
	struct ctf_clock clock = {0};
	uint64_t residual_ns;

	(void)state;
	/* 2.1 GHz and a third, for ten minutes. */
	time_line_begin(&line, &first, 0);
	for (uint64_t second = 1; second <= 600; second++) {
		const struct time_pair pair = {begin_ticks + second * 2100000000 + second / 3,
					       begin_ns + second * NS_PER_S};

		time_line_add(&line, &pair);
	}
	time_line_clock(&line, (int64_t)offset, &clock, &residual_ns);
	assert_int_equal(clock.frequency_hz, 2100000000);
	assert_in_range(residual_ns, 0, 100); /* a third of a hertz for five minutes: 48 ns */
	assert_in_range(shown(&clock, begin_ticks), offset + begin_ns - 100,
			offset + begin_ns + 100);
	assert_in_range(shown(&clock, begin_ticks + 600 * UINT64_C(2100000000) + 200),
			offset + begin_ns + 600 * NS_PER_S - 100,
			offset + begin_ns + 600 * NS_PER_S + 100);
}

static void residual_tells_how_far_a_pair_is_off(void **state)
{
	const struct time_pair pairs[] = {{0, 1000},
					  {10 * NS_PER_S, 10 * NS_PER_S + 1000 + 5000},
					  {20 * NS_PER_S, 20 * NS_PER_S + 1000}};
	struct time_line line;
	struct ctf_clock clock = {0};
	uint64_t residual_ns;

	(void)state;
	time_line_begin(&line, &pairs[0], 0);
	time_line_add(&line, &pairs[1]);
	time_line_add(&line, &pairs[2]);
	time_line_clock(&line, 0, &clock, &residual_ns);
	assert_in_range(residual_ns, 4999, 5001);
}

static void count_wrong_chunk(void *data, uint64_t session_id)
{
	assert_int_equal(session_id, 7);
	++*(unsigned int *)data;
}

/* As if the machine had slept: the counter stood still, or the clock went on. */
static void broken_line_asks_for_another_chunk(void **state)
{
	static struct sink sink;
	unsigned int asked = 0;
	struct session_spec spec = {.session_id = 7, .name = "broken", .is_active = true};
	struct native_session session = {.id = 7, .spec = &spec, .sink = &sink};
	struct native_source source = {.sessions = &session, .is_counter = true};
	struct ctf_clock clock = {0};
	uint64_t residual_ns;

	(void)state;
	pthread_mutex_init(&source.clock_lock, NULL);
	source.host.data = &asked;
	source.host.chunk_goes_wrong = count_wrong_chunk;
	for (uint64_t second = 1; second < 5; second++) {
		const struct time_pair pair = {second * 2 * NS_PER_S, second * NS_PER_S};

		if (second == 1)
			time_line_begin(&session.line, &pair, 2 * NS_PER_S);
		native_clocks_note(&source, &pair);
	}
	assert_int_equal(asked, 0);
	for (uint64_t second = 5; second < 8; second++) {
		const struct time_pair pair = {second * 2 * NS_PER_S, second * NS_PER_S + 2000000};

		native_clocks_note(&source, &pair);
	}
	assert_int_equal(asked, 3); /* until somebody hears it */
	time_line_clock(&session.line, 0, &clock, &residual_ns);
	assert_int_equal(residual_ns, 2000000);
	assert_int_equal(clock.frequency_hz, 2 * NS_PER_S);
	assert_int_equal(shown(&clock, 6 * NS_PER_S), 3 * NS_PER_S); /* of before, as it was */
	pthread_mutex_destroy(&source.clock_lock);
}

/* --- the bell */

static bool is_readable(int fd, int timeout_ms)
{
	struct pollfd polled = {.fd = fd, .events = POLLIN};

	return poll(&polled, 1, timeout_ms) == 1;
}

/* As an application has it: it can read the page, and wake who sleeps there. */
static void bell_wakes_once_for_each_time_it_was_raised(void **state)
{
	struct native_bell *bell = native_bell_create();
	int page_fd = native_bell_page_fd(bell);
	int event_fd;
	const struct lane_bell *page;

	(void)state;
	if (!bell)
		skip(); /* Linux before 5.1 */
	event_fd = native_bell_event_fd(bell);
	assert_ptr_equal(mmap(NULL, sizeof(*page), PROT_WRITE, MAP_SHARED, page_fd, 0), MAP_FAILED);
	page = mmap(NULL, sizeof(*page), PROT_READ, MAP_SHARED, page_fd, 0);
	assert_ptr_not_equal(page, MAP_FAILED);
	for (int round = 0; round < 3; round++) {
		native_bell_raise(bell);
		assert_true(native_bell_is_up(bell));
		for (int i = 0; i < 20000 && !is_readable(event_fd, 1); i++)
			syscall(SYS_futex, &page->is_wanted, FUTEX_WAKE, 1, NULL, NULL, 0);
		assert_true(is_readable(event_fd, 0));
		assert_false(native_bell_is_up(bell));
		fd_drain(event_fd);
		syscall(SYS_futex, &page->is_wanted, FUTEX_WAKE, 1, NULL, NULL, 0);
		assert_false(is_readable(event_fd, 0)); /* nobody had raised it */
	}
	native_bell_raise(bell);
	native_bell_lower(bell);
	assert_int_equal(page->is_wanted, 0);
	munmap((void *)(uintptr_t)page, sizeof(*page));
	native_bell_destroy(bell);
}

/* --- lanes */

static void full_sub_buffer_is_lent_as_it_is(void **state)
{
	struct native_kit kit;
	struct native_kit_packet packet;
	uint32_t count;

	(void)state;
	native_kit_open(&kit, "kit:*", NULL, false);
	native_kit_open_sub(&kit, 77);
	count = native_kit_fill(&kit, 0);
	native_kit_publish(&kit);
	assert_false(native_kit_take(&kit, &packet)); /* it is still open */
	native_kit_open_sub(&kit, 77);
	native_kit_put_pair(&kit, count);
	native_kit_publish(&kit);
	assert_true(native_kit_take(&kit, &packet));
	assert_true(packet.is_lent);
	assert_int_equal(packet.events, count);
	assert_int_equal(packet.last, count - 1);
	assert_int_equal(packet.tid, 77);
	assert_int_equal(kit.lane->header->cons, native_kit_sub_bytes(&kit));
	assert_false(native_kit_take(&kit, &packet));
	native_kit_close(&kit);
}

static void flush_cuts_where_it_was_asked_for(void **state)
{
	struct native_kit kit;
	struct native_kit_packet packet;

	(void)state;
	native_kit_begin(&kit);
	native_kit_put_pairs(&kit, 0, 10);
	native_kit_publish(&kit);
	native_kit_flush(&kit, FLUSH_FINAL);
	native_kit_put_pairs(&kit, 10, 25);
	native_kit_publish(&kit);
	assert_true(native_kit_take(&kit, &packet));
	assert_int_equal(packet.events, 10);
	assert_false(native_kit_take(&kit, &packet));
	native_kit_flush(&kit, FLUSH_DATA);
	assert_true(native_kit_take(&kit, &packet));
	assert_int_equal(packet.first, 10);
	assert_int_equal(packet.last, 24);
	assert_int_equal(packet.sequence, 1);
	native_kit_close(&kit);
}

/* Who reads a live trace hears of new streams by packets, of those that nobody writes, too. */
static void live_stream_without_a_lane_goes_on(void **state)
{
	struct sink sink = {.is_live = true};
	struct sink_stream output = {.sink = &sink};
	struct native_kit_packet taken;
	struct packet packet = {0};
	struct native_kit kit;
	struct stream *base;
	uint64_t before;

	(void)state;
	native_kit_begin(&kit);
	base = native_stream_base(kit.stream);
	base->output = &output;
	native_kit_put_pair(&kit, 0);
	native_kit_publish(&kit);
	atomic_store(&kit.process->is_gone, true);
	assert_true(native_kit_take(&kit, &taken));
	assert_int_equal(taken.events, 1);
	assert_false(native_kit_take(&kit, &taken)); /* it lets go of the lane */
	native_kit_flush(&kit, FLUSH_DATA);
	assert_false(native_kit_take(&kit, &taken));
	before = base->class->clock(base) - STREAM_CLOCK_MARGIN;
	native_kit_flush(&kit, FLUSH_FINAL);
	assert_int_equal(base->class->take(base, &packet), TAKE_PACKET);
	assert_int_equal(packet.content_bytes, packet.first_event_bytes);
	assert_true(packet.begin_clock >= before);
	assert_int_equal(packet.sequence, 1);
	base->class->give_back(base, &packet);
	assert_int_equal(base->class->consumed(base), base->class->produced(base));
	assert_false(native_kit_take(&kit, &taken));
	/* What was written before belongs elsewhere. */
	assert_false(native_stream_attach(kit.stream, kit.lane, 0, before - 1, NULL));
	base->output = NULL;
	native_kit_close(&kit);
}

/* Whatever another tracer's streams tell: of a lane that nobody has found yet nothing is passed. */
static void live_stream_waits_until_lanes_are_looked_at(void **state)
{
	struct sink sink = {.is_live = true};
	struct sink_stream output = {.sink = &sink};
	struct native_kit_packet taken;
	struct packet packet = {0};
	struct native_kit kit;
	struct stream *base;
	uint64_t looked;

	(void)state;
	native_kit_begin(&kit);
	kit.process->is_trusted = false; /* records are copied */
	base = native_stream_base(kit.stream);
	base->class->destroy(base);
	kit.stream = native_stream_create(kit.channel, &output, 1);
	base = native_stream_base(kit.stream);
	looked = kit.ticks;
	atomic_store(&kit.source.looked_ticks, looked);
	assert_true(base->class->clock(base) == looked);
	native_kit_flush(&kit, FLUSH_FINAL);
	assert_int_equal(base->class->take(base, &packet), TAKE_PACKET);
	assert_int_equal(packet.content_bytes, packet.first_event_bytes);
	assert_true(packet.end_clock == looked - STREAM_CLOCK_MARGIN);
	base->class->give_back(base, &packet);
	native_kit_put_pairs(&kit, 0, 3000);
	native_kit_publish(&kit);
	assert_true(native_stream_attach(kit.stream, kit.lane, 0, looked, kit.channel->wants));
	native_kit_flush(&kit, FLUSH_DATA);
	assert_true(native_kit_take(&kit, &taken));
	assert_int_equal(taken.events, 3000);
	base->output = NULL;
	native_kit_close(&kit);
}

static void sub_buffer_filled_to_its_last_byte_is_whole(void **state)
{
	struct native_kit kit;
	struct native_kit_packet packet;
	static const unsigned char padding[64];
	uint64_t left, sub;
	uint32_t count;

	(void)state;
	native_kit_open(&kit, "kit:*", NULL, false);
	sub = native_kit_sub_bytes(&kit);
	native_kit_open_sub(&kit, 1);
	count = native_kit_fill(&kit, 0);
	left = sub - (kit.at & (sub - 1));
	if (left < sub && left >= 8)
		native_kit_put(&kit, LANE_ID_PADDING + (uint32_t)(left - 8 < 4 ? left - 8 : 0),
			       padding, left - 8 < 4 ? left - 8 : 0);
	native_kit_finish_sub(&kit);
	assert_true(native_kit_take(&kit, &packet));
	assert_int_equal(packet.events, count);
	native_kit_close(&kit);
}

static void padding_is_not_recorded(void **state)
{
	struct native_kit kit;
	struct native_kit_packet packet;
	const unsigned char nothing[16] = {4, 0, 0, 0};

	(void)state;
	native_kit_begin(&kit);
	native_kit_put_pair(&kit, 0);
	native_kit_put(&kit, LANE_ID_PADDING_N, nothing, 8);
	native_kit_put(&kit, LANE_ID_PADDING + 3, nothing, 3);
	native_kit_put_pair(&kit, 1);
	native_kit_finish_sub(&kit);
	assert_true(native_kit_take(&kit, &packet));
	assert_int_equal(packet.events, 2);
	assert_int_equal(packet.last, 1);
	assert_false(packet.is_lent);
	native_kit_close(&kit);
}

static void packet_has_one_owner(void **state)
{
	struct native_kit kit;
	struct native_kit_packet packet;
	const uint32_t other = 99;

	(void)state;
	native_kit_begin(&kit);
	native_kit_put_pair(&kit, 0);
	native_kit_put(&kit, LANE_ID_OWNER, &other, sizeof(other));
	native_kit_put_pair(&kit, 1);
	native_kit_finish_sub(&kit);
	assert_true(native_kit_take(&kit, &packet));
	assert_int_equal(packet.tid, 1);
	assert_int_equal(packet.events, 1);
	assert_true(native_kit_take(&kit, &packet));
	assert_int_equal(packet.tid, 99);
	assert_int_equal(packet.first, 1);
	native_kit_close(&kit);
}

static void records_are_judged_by_the_rules_of_their_time(void **state)
{
	struct native_kit kit;
	struct native_kit_packet packet;
	struct native_wants *later;

	(void)state;
	native_kit_open(&kit, "kit:pair", NULL, false);
	later = native_kit_wants(&kit, "kit:other", NULL);
	native_kit_open_sub(&kit, 1);
	native_kit_put_pair(&kit, 0);
	native_kit_put(&kit, kit.base + KIT_OTHER, NULL, 0);
	native_kit_publish(&kit);
	native_stream_judge(kit.stream, kit.lane, later);
	native_kit_put_pair(&kit, 1);
	native_kit_put(&kit, kit.base + KIT_OTHER, NULL, 0);
	native_kit_put(&kit, kit.base + KIT_OTHER, NULL, 0);
	native_kit_publish(&kit);
	native_stream_judge(kit.stream, kit.lane, NULL);
	native_kit_put(&kit, kit.base + KIT_OTHER, NULL, 0);
	native_kit_publish(&kit);
	native_kit_flush(&kit, FLUSH_FINAL);
	assert_true(native_kit_take(&kit, &packet));
	assert_int_equal(packet.events, 3);
	assert_false(native_kit_take(&kit, &packet));
	native_wants_unref(later);
	native_kit_close(&kit);
}

static void filter_decides_record_by_record(void **state)
{
	struct native_kit kit;
	struct native_kit_packet packet;

	(void)state;
	native_kit_open(&kit, "kit:*", "number >= 3 && value < 30", false);
	native_kit_open_sub(&kit, 1);
	native_kit_put_pairs(&kit, 0, 100);
	native_kit_put(&kit, kit.base + KIT_OTHER, NULL, 0);
	native_kit_finish_sub(&kit);
	assert_true(native_kit_take(&kit, &packet));
	assert_int_equal(packet.events, 7);
	assert_int_equal(packet.first, 3);
	assert_int_equal(packet.last, 9);
	native_kit_close(&kit);
}

static void discarded_events_count_while_some_are_wanted(void **state)
{
	struct native_kit kit;
	struct native_kit_packet packet;

	(void)state;
	native_kit_begin(&kit);
	native_kit_put_pair(&kit, 0);
	native_kit_publish(&kit);
	kit.lane->header->discarded = 5;
	native_stream_judge(kit.stream, kit.lane, NULL);
	kit.lane->header->discarded = 50;
	native_stream_judge(kit.stream, kit.lane, kit.channel->wants);
	kit.lane->header->discarded = 52;
	native_kit_flush(&kit, FLUSH_FINAL);
	assert_true(native_kit_take(&kit, &packet));
	assert_int_equal(packet.events, 1);
	assert_int_equal(packet.discarded, 5);
	assert_true(native_kit_take(&kit, &packet));
	assert_int_equal(packet.events, 0);
	assert_int_equal(packet.discarded, 7);
	assert_false(native_kit_take(&kit, &packet));
	native_kit_close(&kit);
}

static void what_a_killed_process_published_is_taken(void **state)
{
	struct native_kit kit;
	struct native_kit_packet packet;

	(void)state;
	native_kit_begin(&kit);
	native_kit_put_pairs(&kit, 0, 4);
	native_kit_publish(&kit);
	native_kit_put_pair(&kit, 4); /* not published */
	assert_false(native_kit_take(&kit, &packet));
	atomic_store(&kit.process->is_gone, true);
	assert_true(native_kit_take(&kit, &packet));
	assert_int_equal(packet.events, 4);
	assert_false(native_kit_take(&kit, &packet));
	assert_false(native_stream_reads(kit.stream, kit.lane));
	native_kit_close(&kit);
}

static void unreadable_records_end_with_their_sub_buffer(void **state)
{
	struct native_kit kit;
	struct native_kit_packet packet;

	(void)state;
	native_kit_begin(&kit);
	native_kit_put_pair(&kit, 0);
	native_kit_put(&kit, 60000, NULL, 0); /* nobody knows it */
	native_kit_put_pair(&kit, 1);
	native_kit_open_sub(&kit, 1);
	native_kit_put_pair(&kit, 2);
	native_kit_finish_sub(&kit);
	assert_true(native_kit_take(&kit, &packet));
	assert_int_equal(packet.events, 2);
	assert_int_equal(packet.last, 2);
	assert_int_equal(tally_read(&kit.channel->tally->unreadable_bytes), 28);
	native_kit_close(&kit);
}

static void time_never_goes_back(void **state)
{
	struct native_kit kit;
	struct native_kit_packet packet;

	(void)state;
	native_kit_begin(&kit);
	native_kit_put_pair(&kit, 0);
	kit.ticks -= 5000;
	native_kit_put_pair(&kit, 1);
	native_kit_finish_sub(&kit);
	assert_true(native_kit_take(&kit, &packet)); /* which checks the times */
	assert_int_equal(packet.events, 2);
	assert_false(packet.is_lent);
	native_kit_close(&kit);
}

static void impossible_positions_do_no_harm(void **state)
{
	static const uint64_t commits[] = {
		1, 127, UINT64_MAX, UINT64_C(1) << 40, UINT64_C(3) << 62, 5000001};
	struct native_kit kit;
	struct native_kit_packet packet;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(commits); i++) {
		native_kit_open(&kit, "kit:*", NULL, false);
		native_kit_open_sub(&kit, 1);
		native_kit_put_pair(&kit, 0);
		kit.lane->header->commit = commits[i];
		kit.lane->header->open_end = commits[COUNT_OF(commits) - 1 - i];
		native_kit_flush(&kit, FLUSH_FINAL);
		for (int turn = 0; turn < 100 && native_kit_take(&kit, &packet); turn++)
			;
		kit.lane->header->commit = 0;
		assert_false(native_kit_take(&kit, &packet));
		native_kit_close(&kit);
	}
}

static void overwritten_sub_buffers_are_a_gap(void **state)
{
	struct native_kit kit;
	struct native_kit_packet packet;
	uint64_t sub_count;
	uint32_t number = 0;

	(void)state;
	native_kit_open(&kit, "kit:*", NULL, false);
	sub_count = kit.process->geometry.subs;
	kit.process->control->mode = LANE_MODE_OVERWRITE;
	for (uint64_t i = 0; i < sub_count + 3; i++) {
		native_kit_open_sub(&kit, 1);
		native_kit_put_pair(&kit, number++);
	}
	native_kit_finish_sub(&kit);
	assert_true(native_kit_take(&kit, &packet));
	assert_int_equal(packet.events, sub_count);
	assert_int_equal(packet.first, 3);
	assert_int_equal(packet.sequence, 3);
	native_kit_close(&kit);
}

static void history_keeps_the_newest_packets(void **state)
{
	struct native_kit kit;
	struct stream *base;
	struct packet packet;
	uint64_t position;
	unsigned int holes = 0, count = 0;
	uint32_t number = 0;

	(void)state;
	native_kit_open(&kit, "kit:*", NULL, true);
	base = native_stream_base(kit.stream);
	for (int i = 0; i < 12; i++) {
		native_kit_open_sub(&kit, 1);
		number += native_kit_fill(&kit, number);
		native_kit_publish(&kit);
		native_stream_look(kit.stream);
	}
	native_kit_flush(&kit, FLUSH_FINAL);
	position = base->class->consumed(base);
	while (base->class->read_at(base, &position, base->class->produced(base), &holes,
				    &packet) == TAKE_PACKET)
		count++;
	assert_in_range(count, 3, 5); /* four sub-buffers fit */
	assert_int_equal(kit.lane->header->cons, 11 * native_kit_sub_bytes(&kit));
	native_kit_close(&kit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shape_knows_the_bytes_of_a_record),
		cmocka_unit_test(shape_refuses_what_can_not_be),
		cmocka_unit_test(shape_reads_values),
		cmocka_unit_test(line_of_pairs_is_the_clock),
		cmocka_unit_test(residual_tells_how_far_a_pair_is_off),
		cmocka_unit_test(broken_line_asks_for_another_chunk),
		cmocka_unit_test(bell_wakes_once_for_each_time_it_was_raised),
		cmocka_unit_test(full_sub_buffer_is_lent_as_it_is),
		cmocka_unit_test(flush_cuts_where_it_was_asked_for),
		cmocka_unit_test(live_stream_without_a_lane_goes_on),
		cmocka_unit_test(live_stream_waits_until_lanes_are_looked_at),
		cmocka_unit_test(sub_buffer_filled_to_its_last_byte_is_whole),
		cmocka_unit_test(padding_is_not_recorded),
		cmocka_unit_test(packet_has_one_owner),
		cmocka_unit_test(records_are_judged_by_the_rules_of_their_time),
		cmocka_unit_test(filter_decides_record_by_record),
		cmocka_unit_test(discarded_events_count_while_some_are_wanted),
		cmocka_unit_test(what_a_killed_process_published_is_taken),
		cmocka_unit_test(unreadable_records_end_with_their_sub_buffer),
		cmocka_unit_test(time_never_goes_back),
		cmocka_unit_test(impossible_positions_do_no_harm),
		cmocka_unit_test(overwritten_sub_buffers_are_a_gap),
		cmocka_unit_test(history_keeps_the_newest_packets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
