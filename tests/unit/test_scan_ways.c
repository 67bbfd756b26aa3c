/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The scanner's two ways through a packet: the short ones for what is packed to bytes, and the one
 * that takes all. Whatever the bytes are, both must say the same of them.
 */
#include "backend/ctf/scan.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"

#define PACKET_BYTES 3000
#define ROOM_BYTES   200 /* the longest event */
#define BEGIN_CLOCK  UINT64_C(0x123456789abcdef)

enum { FIXED, EMPTY, FAR_FIXED, TEXT, TEXTS, TAILED, LIST, KIND_COUNT };
/* Small ids fit any header; 300 lies beyond the first segment of tables. */
static const uint32_t ids[KIND_COUNT] = {0, 3, 300, 7, 8, 10, 9};

static const struct ctf_layout host_layout = {64, 8, 8,
					      8,  8, __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__};

/* xorshift64*: the same numbers in each run */
static uint64_t below(uint64_t *seed, uint64_t limit)
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return (*seed * UINT64_C(0x2545F4914F6CDD1D) >> 16) % limit;
}

/* --- scanners -------------------------------------------------------------------------------- */

static bool has_text(unsigned int kind)
{
	return kind == TEXT || kind == TEXTS || kind == TAILED;
}

static void add_number(struct ctf_type *type, const char *name, unsigned int bits)
{
	ctf_type_add_field(type, name, ctf_type_create_integer(bits, 8, false, 10));
}

static struct ctf_type *make_payload(unsigned int kind)
{
	struct ctf_type *type = ctf_type_create(CTF_STRUCT);

	if (kind == FIXED || kind == TEXT)
		add_number(type, "a", 32);
	if (kind == FIXED || kind == FAR_FIXED)
		add_number(type, "b", 64);
	if (has_text(kind))
		ctf_type_add_field(type, "s", ctf_type_create(CTF_STRING));
	if (kind == TEXTS || kind == TAILED || kind == LIST)
		add_number(type, "n", 8);
	if (kind == TEXTS)
		ctf_type_add_field(type, "t", ctf_type_create(CTF_STRING));
	if (kind == LIST)
		ctf_type_add_field(
			type, "l",
			ctf_type_create_sequence("n", ctf_type_create_integer(16, 8, false, 10)));
	return type;
}

/* Of one byte. As many elements of nothing as it says are nothing, but no short way knows that. */
static struct ctf_type *make_context(bool is_roundabout)
{
	struct ctf_type *type = ctf_type_create(CTF_STRUCT);

	add_number(type, "c", 8);
	if (is_roundabout)
		ctf_type_add_field(type, "nothing",
				   ctf_type_create_sequence("c", ctf_type_create(CTF_STRUCT)));
	return type;
}

static struct scanner *make_scanner(enum ctf_header header, bool is_roundabout)
{
	struct scanner *scanner = scanner_create(&host_layout, header);
	struct ctf_type *context = make_context(is_roundabout);

	scanner_set_context(scanner, context);
	ctf_type_destroy(context);
	for (unsigned int kind = 0; kind < KIND_COUNT; kind++) {
		struct ctf_type *payload = make_payload(kind);

		assert_true(scanner_add_event(scanner, ids[kind], payload));
		ctf_type_destroy(payload);
	}
	return scanner;
}

/* --- packets --------------------------------------------------------------------------------- */

struct writer {
	unsigned char bytes[PACKET_BYTES];
	size_t at;
	uint64_t seed;
	uint64_t clock;
	unsigned int kind;
	size_t text_bytes;
};

static void put(struct writer *writer, uint64_t value, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		writer->bytes[writer->at++] = (unsigned char)(value >> 8 * i);
}

static void put_text(struct writer *writer)
{
	if (below(&writer->seed, 3) == 0)
		writer->text_bytes = below(&writer->seed, below(&writer->seed, 2) ? 12 : 80);
	memset(writer->bytes + writer->at, 'x', writer->text_bytes);
	writer->at += writer->text_bytes;
	put(writer, 0, 1);
}

static void put_header(struct writer *writer, enum ctf_header header, uint32_t id)
{
	bool is_compact = header == CTF_HEADER_COMPACT;
	bool is_extended = header != CTF_HEADER_WIDE &&
			   (below(&writer->seed, 40) == 0 || (is_compact && id > 30));

	if (is_extended) {
		put(writer, is_compact ? 31 : 65535, is_compact ? 1 : 2);
		put(writer, id, 4);
		put(writer, writer->clock, 8);
	} else if (is_compact) {
		put(writer, id | writer->clock << 5, 4);
	} else {
		put(writer, id, 2);
		put(writer, writer->clock, header == CTF_HEADER_WIDE ? 6 : 4);
	}
}

/* Many of one kind in a row; time jumps, and goes back, now and then. */
static void put_event(struct writer *writer, enum ctf_header header)
{
	if (below(&writer->seed, 6) == 0)
		writer->kind = (unsigned int)below(&writer->seed, KIND_COUNT);
	writer->clock += below(&writer->seed, 20) ? below(&writer->seed, 1000)
						  : below(&writer->seed, UINT64_C(1) << 40);
	writer->clock -= below(&writer->seed, 50) ? 0 : 2000;
	put_header(writer, header, ids[writer->kind]);
	put(writer, below(&writer->seed, 256), 1);
	if (writer->kind == FIXED || writer->kind == TEXT)
		put(writer, writer->seed, 4);
	if (writer->kind == FIXED || writer->kind == FAR_FIXED)
		put(writer, writer->seed, 8);
	if (has_text(writer->kind))
		put_text(writer);
	if (writer->kind == TEXTS || writer->kind == TAILED)
		put(writer, 5, 1);
	if (writer->kind == TEXTS)
		put_text(writer);
	if (writer->kind == LIST) {
		uint64_t count = below(&writer->seed, 6);

		put(writer, count, 1);
		for (uint64_t i = 0; i < count; i++)
			put(writer, i, 2);
	}
}

/* --- the comparison -------------------------------------------------------------------------- */

struct ways {
	struct scanner *scanners[2];
	struct scan_result results[2];
	struct event_counts *counts[2];
};

static void assert_counts_agree(const struct ways *ways)
{
	size_t count, other_count;
	const uint32_t *counted = event_counts_ids(ways->counts[0], &count);

	event_counts_ids(ways->counts[1], &other_count);
	assert_int_equal(count, other_count);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(event_counts_read(ways->counts[0], counted[i]),
				 event_counts_read(ways->counts[1], counted[i]));
		assert_int_equal(event_counts_read_bytes(ways->counts[0], counted[i]),
				 event_counts_read_bytes(ways->counts[1], counted[i]));
	}
}

/* Walks a copy of exactly so many bytes both ways: no step may go beyond. */
static uint64_t compare(struct ways *ways, const unsigned char *bytes, size_t length)
{
	unsigned char *copy = malloc(length);

	assert_non_null(copy);
	memcpy(copy, bytes, length);
	for (unsigned int i = 0; i < 2; i++) {
		event_counts_clear(ways->counts[i]);
		scanner_walk(ways->scanners[i], copy, 0, length, BEGIN_CLOCK, ways->counts[i],
			     &ways->results[i]);
	}
	free(copy);
	assert_int_equal(ways->results[0].event_count, ways->results[1].event_count);
	assert_int_equal(ways->results[0].last_clock, ways->results[1].last_clock);
	assert_int_equal(ways->results[0].end_bytes, ways->results[1].end_bytes);
	assert_int_equal(ways->results[0].is_consistent, ways->results[1].is_consistent);
	assert_counts_agree(ways);
	return ways->results[0].event_count;
}

static void compare_packet(struct ways *ways, enum ctf_header header, uint64_t seed)
{
	struct writer writer = {.seed = seed, .clock = BEGIN_CLOCK};
	uint64_t emitted = 0;

	while (writer.at + ROOM_BYTES < PACKET_BYTES) {
		put_event(&writer, header);
		emitted++;
	}
	/* On a machine of the other order this writer's bytes are noise. */
	if (!host_layout.is_big_endian)
		assert_int_equal(compare(ways, writer.bytes, writer.at), emitted);
	for (unsigned int i = 0; i < 30; i++)
		compare(ways, writer.bytes, 1 + below(&writer.seed, writer.at));
	for (unsigned int i = 0; i < 100; i++) {
		writer.bytes[below(&writer.seed, writer.at)] =
			(unsigned char)below(&writer.seed, 256);
		compare(ways, writer.bytes, writer.at);
	}
}

static void both_ways_say_the_same(void **state)
{
	static const enum ctf_header headers[] = {CTF_HEADER_COMPACT, CTF_HEADER_LARGE,
						  CTF_HEADER_WIDE};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(headers); i++) {
		struct ways ways = {
			.scanners = {make_scanner(headers[i], false),
				     make_scanner(headers[i], true)},
			.counts = {event_counts_create(), event_counts_create()},
		};

		for (uint64_t seed = 1; seed <= 40; seed++)
			compare_packet(&ways, headers[i], seed);
		for (unsigned int j = 0; j < 2; j++) {
			scanner_unref(ways.scanners[j]);
			event_counts_destroy(ways.counts[j]);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ways_say_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
