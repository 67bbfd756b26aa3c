/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The walk over a packet. Applications can write to the packet while it is walked, so every value
 * is read once, then checked, and each step is bounded by the content's end.
 */
#include "backend/ctf/scan.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/ctf/counts.h"
#include "backend/ctf/scan_parts.h"

/* No packet is larger; keeps positions in bits from overflowing. */
#define CONTENT_BYTES_MAX (UINT64_C(1) << 48)

struct scanner *scanner_create(const struct ctf_layout *layout, enum ctf_header header)
{
	struct scanner *scanner = mem_zalloc(sizeof(*scanner));
	bool is_host_big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;

	atomic_init(&scanner->references, 1);
	scanner->header = header;
	scanner->layout = *layout;
	scanner->is_packed = layout->align16 <= 8 && layout->align32 <= 8 && layout->align64 <= 8 &&
			     layout->is_big_endian == is_host_big_endian;
	atomic_init(&scanner->context, 1); /* no bytes */
	return scanner;
}

struct scanner *scanner_ref(struct scanner *scanner)
{
	atomic_fetch_add_explicit(&scanner->references, 1, memory_order_relaxed);
	return scanner;
}

void scanner_unref(struct scanner *scanner)
{
	if (!scanner ||
	    atomic_fetch_sub_explicit(&scanner->references, 1, memory_order_acq_rel) != 1)
		return;
	while (scanner->programs) {
		struct scan_program *program = scanner->programs;

		scanner->programs = program->next;
		scan_program_destroy(program);
	}
	for (unsigned int i = 0; i < SEGMENT_COUNT; i++)
		free(atomic_load_explicit(&scanner->further[i], memory_order_relaxed));
	free(scanner);
}

/* Fills a slot that is still empty. Pairs with the acquire loads of the walk. */
static void publish_type(struct scanner *scanner, type_slot *slot, const struct ctf_type *type)
{
	struct scan_program *program = scan_program_create(type, &scanner->layout);
	uintptr_t word = (uintptr_t)program;

	if (program->is_fixed) {
		word = (uintptr_t)(program->fixed_bytes << 1 | 1);
		scan_program_destroy(program);
	} else {
		program->next = scanner->programs;
		scanner->programs = program;
	}
	atomic_store_explicit(slot, word, memory_order_release);
}

void scanner_set_context(struct scanner *scanner, const struct ctf_type *context)
{
	if (context && atomic_load_explicit(&scanner->context, memory_order_relaxed) == 1)
		publish_type(scanner, &scanner->context, context);
}

static type_slot *slot_for_adding(struct scanner *scanner, uint32_t id)
{
	unsigned int segment = segment_of(id);
	type_slot *slots;

	if (segment == 0)
		return &scanner->first[id];
	slots = atomic_load_explicit(&scanner->further[segment], memory_order_relaxed);
	if (!slots) {
		slots = mem_zalloc(segment_size(segment) * sizeof(*slots));
		/* Pairs with the acquire in scan_find_further(). */
		atomic_store_explicit(&scanner->further[segment], slots, memory_order_release);
	}
	return &slots[id - segment_first_id(segment)];
}

bool scanner_add_event(struct scanner *scanner, uint32_t id, const struct ctf_type *payload)
{
	type_slot *slot;

	if (id >= SEGMENT_ID_COUNT)
		return false;
	slot = slot_for_adding(scanner, id);
	if (!atomic_load_explicit(slot, memory_order_relaxed))
		publish_type(scanner, slot, payload);
	return true;
}

uintptr_t scan_find_further(const struct scanner *scanner, uint32_t id)
{
	unsigned int segment;
	type_slot *slots;

	if (id >= SEGMENT_ID_COUNT)
		return 0;
	segment = segment_of(id);
	slots = atomic_load_explicit(&scanner->further[segment], memory_order_acquire);
	if (!slots)
		return 0;
	return atomic_load_explicit(&slots[id - segment_first_id(segment)], memory_order_acquire);
}

static bool skip_string(struct scan_cursor *cursor)
{
	const unsigned char *begin, *end;

	if (!scan_align_bits(cursor, 8))
		return false;
	begin = cursor->bytes + cursor->at_bits / 8;
	end = memchr(begin, 0, scan_bits_left(cursor) / 8);
	if (!end)
		return false;
	cursor->at_bits += (uint64_t)(end - begin + 1) * 8;
	return true;
}

static uint64_t read_bytes(const unsigned char *bytes, unsigned int count, bool is_big_endian)
{
	const volatile unsigned char *at = bytes;
	uint64_t value = 0;

	for (unsigned int i = 0; i < count; i++)
		value = value << 8 | at[is_big_endian ? i : count - 1 - i];
	return value;
}

/* CTF 1.8 §4.1.6: bit fields fill bytes from the low end, or the high end if big-endian. */
static uint64_t read_bits(const unsigned char *bytes, uint64_t at_bits, unsigned int count,
			  bool is_big_endian)
{
	const volatile unsigned char *from = bytes;
	uint64_t value = 0;

	for (unsigned int i = 0; i < count; i++) {
		uint64_t at = at_bits + (is_big_endian ? i : count - 1 - i);
		unsigned int shift = (unsigned int)(at % 8);

		value = value << 1 | (from[at / 8] >> (is_big_endian ? 7 - shift : shift) & 1);
	}
	return value;
}

static uint64_t sign_extend(uint64_t value, unsigned int size_bits)
{
	uint64_t sign = UINT64_C(1) << (size_bits - 1);

	return (value ^ sign) - sign;
}

static bool read_integer(struct scan_cursor *cursor, unsigned int size_bits, bool is_big_endian,
			 uint64_t *value)
{
	if (size_bits > scan_bits_left(cursor))
		return false;
	if ((cursor->at_bits | size_bits) % 8 == 0)
		*value = read_bytes(cursor->bytes + cursor->at_bits / 8, size_bits / 8,
				    is_big_endian);
	else
		*value = read_bits(cursor->bytes, cursor->at_bits, size_bits, is_big_endian);
	cursor->at_bits += size_bits;
	return true;
}

static bool read_slot(struct scan_cursor *cursor, const struct scan_op *op)
{
	uint64_t value;

	if (!read_integer(cursor, op->size_bits, op->is_big_endian, &value))
		return false;
	cursor->slots[op->slot] = op->is_signed ? sign_extend(value, op->size_bits) : value;
	return true;
}

static bool skip_times(struct scan_cursor *cursor, const struct scan_op *op)
{
	uint64_t count = cursor->slots[op->slot];

	if (count == 0 || op->bits == 0)
		return true;
	if (count - 1 > scan_bits_left(cursor) / op->bits)
		return false;
	return scan_skip_bits(cursor, (count - 1) * op->bits) &&
	       scan_skip_bits(cursor, op->last_bits);
}

static const struct scan_range *find_range(const struct scan_program *program,
					   const struct scan_op *op, uint64_t value)
{
	if (op->is_signed)
		value ^= UINT64_C(1) << 63;
	for (uint32_t i = 0; i < op->range_count; i++) {
		const struct scan_range *range = &program->ranges[op->first_range + i];

		if (value >= range->begin && value <= range->end)
			return range;
	}
	return NULL;
}

static bool run_loop(struct scan_cursor *cursor, const struct scan_program *program, uint32_t at)
{
	const struct scan_op *op = &program->ops[at];
	uint64_t count = op->is_constant ? op->bits : cursor->slots[op->slot];

	for (uint64_t i = 0; i < count; i++) {
		if (cursor->steps_left == 0)
			return false;
		cursor->steps_left--;
		if (!scan_run(cursor, program, at + 1, op->target))
			return false;
	}
	return true;
}

bool scan_run(struct scan_cursor *cursor, const struct scan_program *program, uint32_t at,
	      uint32_t end)
{
	while (at < end) {
		const struct scan_op *op = &program->ops[at];
		const struct scan_range *range;
		bool is_inside = true;

		at++;
		switch (op->code) {
		case SCAN_SKIP:
			is_inside = scan_skip_bits(cursor, op->bits);
			break;
		case SCAN_ALIGN:
			is_inside = scan_align_bits(cursor, op->bits);
			break;
		case SCAN_STRING:
			is_inside = skip_string(cursor);
			break;
		case SCAN_READ:
			is_inside = read_slot(cursor, op);
			break;
		case SCAN_TIMES:
			is_inside = skip_times(cursor, op);
			break;
		case SCAN_LOOP:
			is_inside = run_loop(cursor, program, at - 1);
			at = op->target;
			break;
		case SCAN_CHOOSE:
			range = find_range(program, op, cursor->slots[op->slot]);
			is_inside = range != NULL;
			at = range ? range->target : end;
			break;
		case SCAN_JUMP:
			at = op->target;
			break;
		}
		if (!is_inside)
			return false;
	}
	return true;
}

static bool step_over(struct scan_cursor *cursor, uintptr_t type)
{
	const struct scan_program *program;

	if (!scan_align_bits(cursor, 8))
		return false;
	if (type & 1)
		return scan_skip_bits(cursor, (uint64_t)(type >> 1) * 8);
	program = (const struct scan_program *)type;
	return program && scan_run(cursor, program, 0, program->op_count);
}

static bool read_extended(const struct scanner *scanner, struct scan_cursor *cursor, uint64_t *id)
{
	const struct ctf_layout *layout = &scanner->layout;
	unsigned int most = layout->align32 > layout->align64 ? layout->align32 : layout->align64;
	bool is_big_endian = layout->is_big_endian;

	return scan_align_bits(cursor, most < 8 ? 8 : most) &&
	       read_integer(cursor, 32, is_big_endian, id) &&
	       scan_align_bits(cursor, layout->align64) &&
	       read_integer(cursor, 64, is_big_endian, &cursor->clock);
}

/* No short form: an id and the low bits of the time, byte-packed. */
static bool read_wide(const struct scanner *scanner, struct scan_cursor *cursor, uint64_t *id)
{
	bool is_big_endian = scanner->layout.is_big_endian;
	uint64_t low;

	if (!scan_align_bits(cursor, 8) || !read_integer(cursor, 16, is_big_endian, id) ||
	    !read_integer(cursor, SCAN_WIDE_CLOCK_BITS, is_big_endian, &low))
		return false;
	cursor->clock = scan_advance_clock(cursor->clock, low, SCAN_WIDE_CLOCK_BITS);
	return true;
}

/* Any header, byte order and alignment. */
static bool read_header(const struct scanner *scanner, struct scan_cursor *cursor, uint64_t *id)
{
	bool is_compact = scanner->header == CTF_HEADER_COMPACT;
	const struct ctf_layout *layout = &scanner->layout;
	unsigned int clock_bits = is_compact ? SCAN_COMPACT_CLOCK_BITS : SCAN_LARGE_CLOCK_BITS;
	uint64_t low;

	if (scanner->header == CTF_HEADER_WIDE)
		return read_wide(scanner, cursor, id);
	if (!scan_align_bits(cursor, 8) ||
	    !scan_align_bits(cursor, is_compact ? layout->align32 : layout->align16) ||
	    !read_integer(cursor, is_compact ? 5 : 16, layout->is_big_endian, id))
		return false;
	if (*id == (is_compact ? SCAN_COMPACT_EXTENDED_ID : SCAN_LARGE_EXTENDED_ID))
		return read_extended(scanner, cursor, id);
	if (!scan_align_bits(cursor, is_compact ? 1 : layout->align32) ||
	    !read_integer(cursor, clock_bits, layout->is_big_endian, &low))
		return false;
	cursor->clock = scan_advance_clock(cursor->clock, low, clock_bits);
	return true;
}

static bool walk_event(const struct scanner *scanner, struct scan_cursor *cursor, uintptr_t context,
		       uint64_t *id)
{
	return read_header(scanner, cursor, id) && *id < SEGMENT_ID_COUNT &&
	       step_over(cursor, context) &&
	       step_over(cursor, scan_find_type(scanner, (uint32_t)*id));
}

/* Of the ids that this walk met first. From then on only what differs is added. */
static void note_sizes(const struct scanner *scanner, uint64_t context_bytes,
		       struct event_counts *counts, size_t first)
{
	for (size_t i = first; i < counts->touched_count; i++) {
		struct event_bytes *bytes = event_counts_bytes(counts, counts->touched[i]);

		atomic_store_explicit(&bytes->each,
				      scan_packed_bytes(scanner, context_bytes, counts->touched[i]),
				      memory_order_relaxed);
	}
}

/* An event that the fast walk did not take. */
static void count_slow(const struct scanner *scanner, bool is_fast, uint64_t context_bytes,
		       struct event_counts *counts, uint32_t id, uint64_t bytes)
{
	event_counts_add_fast(counts, id, 1);
	if (is_fast)
		bytes -= scan_packed_bytes(scanner, context_bytes, id);
	event_bytes_add(event_counts_bytes(counts, id), bytes);
}

void scanner_walk(struct scanner *scanner, const unsigned char *packet, uint64_t first_event_bytes,
		  uint64_t content_bytes, uint64_t begin_clock, struct event_counts *counts,
		  struct scan_result *result)
{
	uintptr_t context = atomic_load_explicit(&scanner->context, memory_order_acquire);
	bool is_fast = scanner->is_packed && (context & 1) &&
		       (scanner->header == CTF_HEADER_LARGE || !scanner->layout.is_big_endian);
	size_t first = counts ? counts->touched_count : 0;
	struct scan_cursor cursor;
	uint64_t id;

	*result = (struct scan_result){.last_clock = begin_clock, .end_bytes = first_event_bytes};
	if (content_bytes > CONTENT_BYTES_MAX || first_event_bytes > content_bytes)
		return;
	cursor.bytes = packet;
	cursor.at_bits = first_event_bytes * 8;
	cursor.end_bits = content_bytes * 8;
	cursor.clock = begin_clock;
	cursor.steps_left = content_bytes + 1024;
	while (true) {
		if (is_fast)
			result->event_count += scan_packed(scanner, &cursor, context >> 1, counts);
		result->last_clock = cursor.clock;
		result->end_bytes = cursor.at_bits / 8;
		if (result->end_bytes == content_bytes ||
		    !walk_event(scanner, &cursor, context, &id))
			break;
		result->event_count++;
		if (counts)
			count_slow(scanner, is_fast, context >> 1, counts, (uint32_t)id,
				   cursor.at_bits / 8 - result->end_bytes);
	}
	if (counts && is_fast)
		note_sizes(scanner, context >> 1, counts, first);
	result->is_consistent = result->end_bytes == content_bytes;
}
