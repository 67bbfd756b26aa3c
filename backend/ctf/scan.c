/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The walk over a packet. Applications can write to the packet while it is walked, so every value
 * is read once, then checked, and each step is bounded by the content's end.
 */
#include "backend/ctf/scan.h"

#include <endian.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/ctf/counts.h"
#include "backend/ctf/links.h"
#include "backend/ctf/program.h"
#include "backend/ctf/segments.h"

/* No packet is larger; keeps positions in bits from overflowing. */
#define CONTENT_BYTES_MAX (UINT64_C(1) << 48)

#define COMPACT_EXTENDED_ID 31
#define COMPACT_CLOCK_BITS  27
#define LARGE_EXTENDED_ID   65535
#define LARGE_CLOCK_BITS    32
#define WIDE_CLOCK_BITS	    48
#define NO_EXTENDED_ID	    UINT32_MAX

/*
 * What is known of one event type in one word, so that the walk needs one load: 0 nothing; odd: its
 * size in bytes, shifted left; even: the address of its program.
 */
typedef _Atomic uintptr_t type_slot;

struct scanner {
	atomic_uint references;
	enum ctf_header header;
	struct ctf_layout layout;
	bool is_packed; /* bytes without padding, in this machine's order: the fast walk */
	type_slot context;
	type_slot first[SEGMENT_FIRST];
	_Atomic(type_slot *) further[SEGMENT_COUNT]; /* [0] stays empty */
	struct scan_program *programs;		     /* the adding thread's, to free */
};

struct cursor {
	const unsigned char *bytes;
	uint64_t at_bits;
	uint64_t end_bits;
	uint64_t clock;
	uint64_t steps_left; /* of loops: elements without bits must not hold us up */
	uint64_t slots[CTF_LINK_COUNT_MAX];
};

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
		/* Pairs with the acquire in find_further_type(). */
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

static uintptr_t find_further_type(const struct scanner *scanner, uint32_t id)
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

static inline uintptr_t find_type(const struct scanner *scanner, uint32_t id)
{
	if (__builtin_expect(id < SEGMENT_FIRST, 1))
		return atomic_load_explicit(&scanner->first[id], memory_order_acquire);
	return find_further_type(scanner, id);
}

/* Volatile: what was checked is what is used, whatever a writer does meanwhile. */
struct unaligned16 {
	uint16_t value;
} __attribute__((packed));

struct unaligned32 {
	uint32_t value;
} __attribute__((packed));

static inline uint16_t load16(const unsigned char *bytes)
{
	return ((const volatile struct unaligned16 *)bytes)->value;
}

static inline uint32_t load32(const unsigned char *bytes)
{
	return ((const volatile struct unaligned32 *)bytes)->value;
}

struct unaligned64 {
	uint64_t value;
} __attribute__((packed));

static inline uint64_t load64(const unsigned char *bytes)
{
	return ((const volatile struct unaligned64 *)bytes)->value;
}

static inline uint64_t bits_left(const struct cursor *cursor)
{
	return cursor->end_bits - cursor->at_bits;
}

static inline bool skip_bits(struct cursor *cursor, uint64_t bits)
{
	if (bits > bits_left(cursor))
		return false;
	cursor->at_bits += bits;
	return true;
}

static inline bool align_bits(struct cursor *cursor, uint64_t bits)
{
	return skip_bits(cursor, -cursor->at_bits & (bits - 1));
}

static bool skip_string(struct cursor *cursor)
{
	const unsigned char *begin, *end;

	if (!align_bits(cursor, 8))
		return false;
	begin = cursor->bytes + cursor->at_bits / 8;
	end = memchr(begin, 0, bits_left(cursor) / 8);
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

static bool read_integer(struct cursor *cursor, unsigned int size_bits, bool is_big_endian,
			 uint64_t *value)
{
	if (size_bits > bits_left(cursor))
		return false;
	if ((cursor->at_bits | size_bits) % 8 == 0)
		*value = read_bytes(cursor->bytes + cursor->at_bits / 8, size_bits / 8,
				    is_big_endian);
	else
		*value = read_bits(cursor->bytes, cursor->at_bits, size_bits, is_big_endian);
	cursor->at_bits += size_bits;
	return true;
}

static bool read_slot(struct cursor *cursor, const struct scan_op *op)
{
	uint64_t value;

	if (!read_integer(cursor, op->size_bits, op->is_big_endian, &value))
		return false;
	cursor->slots[op->slot] = op->is_signed ? sign_extend(value, op->size_bits) : value;
	return true;
}

static bool skip_times(struct cursor *cursor, const struct scan_op *op)
{
	uint64_t count = cursor->slots[op->slot];

	if (count == 0 || op->bits == 0)
		return true;
	if (count - 1 > bits_left(cursor) / op->bits)
		return false;
	return skip_bits(cursor, (count - 1) * op->bits) && skip_bits(cursor, op->last_bits);
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

static bool run(struct cursor *cursor, const struct scan_program *program, uint32_t at,
		uint32_t end);

static bool run_loop(struct cursor *cursor, const struct scan_program *program, uint32_t at)
{
	const struct scan_op *op = &program->ops[at];
	uint64_t count = op->is_constant ? op->bits : cursor->slots[op->slot];

	for (uint64_t i = 0; i < count; i++) {
		if (cursor->steps_left == 0)
			return false;
		cursor->steps_left--;
		if (!run(cursor, program, at + 1, op->target))
			return false;
	}
	return true;
}

static bool run(struct cursor *cursor, const struct scan_program *program, uint32_t at,
		uint32_t end)
{
	while (at < end) {
		const struct scan_op *op = &program->ops[at];
		const struct scan_range *range;
		bool is_inside = true;

		at++;
		switch (op->code) {
		case SCAN_SKIP:
			is_inside = skip_bits(cursor, op->bits);
			break;
		case SCAN_ALIGN:
			is_inside = align_bits(cursor, op->bits);
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

static bool step_over(struct cursor *cursor, uintptr_t type)
{
	const struct scan_program *program;

	if (!align_bits(cursor, 8))
		return false;
	if (type & 1)
		return skip_bits(cursor, (uint64_t)(type >> 1) * 8);
	program = (const struct scan_program *)type;
	return program && run(cursor, program, 0, program->op_count);
}

/* A short time holds the low bits of the clock: it went on by less than their range. */
static inline uint64_t advance_clock(uint64_t clock, uint64_t low, unsigned int bits)
{
	uint64_t mask = (UINT64_C(1) << bits) - 1;

	return clock + ((low - clock) & mask);
}

static bool read_extended(const struct scanner *scanner, struct cursor *cursor, uint64_t *id)
{
	const struct ctf_layout *layout = &scanner->layout;
	unsigned int most = layout->align32 > layout->align64 ? layout->align32 : layout->align64;
	bool is_big_endian = layout->is_big_endian;

	return align_bits(cursor, most < 8 ? 8 : most) &&
	       read_integer(cursor, 32, is_big_endian, id) && align_bits(cursor, layout->align64) &&
	       read_integer(cursor, 64, is_big_endian, &cursor->clock);
}

/* No short form: an id and the low bits of the time, byte-packed. */
static bool read_wide(const struct scanner *scanner, struct cursor *cursor, uint64_t *id)
{
	bool is_big_endian = scanner->layout.is_big_endian;
	uint64_t low;

	if (!align_bits(cursor, 8) || !read_integer(cursor, 16, is_big_endian, id) ||
	    !read_integer(cursor, WIDE_CLOCK_BITS, is_big_endian, &low))
		return false;
	cursor->clock = advance_clock(cursor->clock, low, WIDE_CLOCK_BITS);
	return true;
}

/* Any header, byte order and alignment. */
static bool read_header(const struct scanner *scanner, struct cursor *cursor, uint64_t *id)
{
	bool is_compact = scanner->header == CTF_HEADER_COMPACT;
	const struct ctf_layout *layout = &scanner->layout;
	unsigned int clock_bits = is_compact ? COMPACT_CLOCK_BITS : LARGE_CLOCK_BITS;
	uint64_t low;

	if (scanner->header == CTF_HEADER_WIDE)
		return read_wide(scanner, cursor, id);
	if (!align_bits(cursor, 8) ||
	    !align_bits(cursor, is_compact ? layout->align32 : layout->align16) ||
	    !read_integer(cursor, is_compact ? 5 : 16, layout->is_big_endian, id))
		return false;
	if (*id == (is_compact ? COMPACT_EXTENDED_ID : LARGE_EXTENDED_ID))
		return read_extended(scanner, cursor, id);
	if (!align_bits(cursor, is_compact ? 1 : layout->align32) ||
	    !read_integer(cursor, clock_bits, layout->is_big_endian, &low))
		return false;
	cursor->clock = advance_clock(cursor->clock, low, clock_bits);
	return true;
}

static bool walk_event(const struct scanner *scanner, struct cursor *cursor, uintptr_t context,
		       uint64_t *id)
{
	return read_header(scanner, cursor, id) && *id < SEGMENT_ID_COUNT &&
	       step_over(cursor, context) && step_over(cursor, find_type(scanner, (uint32_t)*id));
}

/* Headers of the fast walk. */
static inline uint32_t header_bytes(enum ctf_header header)
{
	return header == CTF_HEADER_COMPACT ? 4 : header == CTF_HEADER_LARGE ? 6 : 8;
}

static inline uint32_t extended_id(enum ctf_header header)
{
	return header == CTF_HEADER_COMPACT ? COMPACT_EXTENDED_ID
	       : header == CTF_HEADER_LARGE ? LARGE_EXTENDED_ID
					    : NO_EXTENDED_ID;
}

static inline uint32_t short_id(const unsigned char *at, enum ctf_header header)
{
	return header == CTF_HEADER_COMPACT ? load32(at) & COMPACT_EXTENDED_ID : load16(at);
}

static inline uint64_t short_clock(const unsigned char *at, enum ctf_header header, uint64_t clock)
{
	if (header == CTF_HEADER_COMPACT)
		return advance_clock(clock, load32(at) >> 5, COMPACT_CLOCK_BITS);
	if (header == CTF_HEADER_WIDE)
		return advance_clock(clock, load64(at) >> 16, WIDE_CLOCK_BITS);
	return advance_clock(clock, load32(at + 2), LARGE_CLOCK_BITS);
}

/*
 * Events of one type and fixed size in a row, from `at`: how many. `last` is where the last of them
 * can begin. To guess the next id lets the processor go ahead, instead of waiting for each id to
 * tell where the next is.
 */
static inline __attribute__((always_inline)) const unsigned char *walk_run(
	const unsigned char *at, const unsigned char *last, uint64_t step_bytes, uint32_t id,
	enum ctf_header header, uint64_t *clock, uint64_t *run_count)
{
	uint64_t now = *clock, count = 0;

	do {
		now = short_clock(at, header, now);
		at += step_bytes;
		count++;
	} while (at <= last && short_id(at, header) == id);
	*clock = now;
	*run_count = count;
	return at;
}

#define STRING_WORDS_MAX 6 /* eight bytes each; longer strings are memchr's */

/*
 * Behind the string's NUL, or NULL if it does not end before `end`. Short strings are most of all,
 * and a call costs more than they do.
 */
static inline const unsigned char *string_end(const unsigned char *at, const unsigned char *end)
{
	const unsigned char *found;

	for (unsigned int i = 0; i < STRING_WORDS_MAX && end - at >= 8; i++) {
		uint64_t word, zeros;

		memcpy(&word, at, sizeof(word));
		word = le64toh(word);
		zeros = (word - UINT64_C(0x0101010101010101)) & ~word &
			UINT64_C(0x8080808080808080);
		if (zeros)
			return at + (unsigned int)__builtin_ctzll(zeros) / 8 + 1;
		at += 8;
	}
	found = memchr(at, 0, (size_t)(end - at));
	return found ? found + 1 : NULL;
}

static inline const unsigned char *step_plain(const struct scan_program *program,
					      const unsigned char *at, const unsigned char *end)
{
	const uint32_t *skips_bytes = program->skips_bytes;

	for (uint32_t i = 0; i < program->string_count; i++) {
		if (skips_bytes[i] > end - at)
			return NULL;
		at = string_end(at + skips_bytes[i], end);
		if (!at)
			return NULL;
	}
	return skips_bytes[program->string_count] > end - at
		       ? NULL
		       : at + skips_bytes[program->string_count];
}

/* Events of one type with strings, behind one that was. */
struct text_run {
	const unsigned char *at;
	const struct scan_program *program;
	uint64_t step_bytes; /* of the one before */
	uint64_t count;
	uint32_t id;
};

static inline __attribute__((always_inline)) void walk_texts_of(struct cursor *cursor,
								uint64_t body_bytes,
								struct text_run *run,
								enum ctf_header header)
{
	const unsigned char *at = run->at, *end = cursor->bytes + cursor->end_bits / 8;
	uint64_t clock = cursor->clock, guess = run->step_bytes, count = 0;

	while ((uint64_t)(end - at) >= body_bytes && short_id(at, header) == run->id) {
		const unsigned char *next = step_plain(run->program, at + body_bytes, end);
		uint64_t step;

		if (!next)
			break;
		clock = short_clock(at, header, clock);
		step = (uint64_t)(next - at);
		if (step == guess) { /* see walk_packed() */
			__asm__("" : "+r"(guess));
			step = guess;
		}
		guess = step;
		at += step;
		count++;
	}
	cursor->clock = clock;
	run->at = at;
	run->step_bytes = guess;
	run->count = count;
}

/* A call, so that who has no such row keeps its registers. */
static __attribute__((noinline)) void walk_texts(struct cursor *cursor, uint64_t body_bytes,
						 struct text_run *run, enum ctf_header header)
{
	if (header == CTF_HEADER_WIDE)
		walk_texts_of(cursor, body_bytes, run, CTF_HEADER_WIDE);
	else if (header == CTF_HEADER_LARGE)
		walk_texts_of(cursor, body_bytes, run, CTF_HEADER_LARGE);
	else
		walk_texts_of(cursor, body_bytes, run, CTF_HEADER_COMPACT);
}

/* One event whose payload begins at `from`; the cursor moves if it is whole. */
static inline bool walk_program(struct cursor *cursor, const unsigned char *at, uint64_t from,
				uintptr_t type, enum ctf_header header)
{
	const struct scan_program *program = (const struct scan_program *)type;

	if (from * 8 > cursor->end_bits)
		return false;
	cursor->at_bits = from * 8;
	if (!run(cursor, program, 0, program->op_count) || !align_bits(cursor, 8))
		return false;
	cursor->clock = short_clock(at, header, cursor->clock);
	return true;
}

/*
 * Goes on over events with short headers, up to the first that this walk can't take: the cursor is
 * left there. body_bytes: header and context.
 */
static inline __attribute__((always_inline)) uint64_t walk_packed(const struct scanner *scanner,
								  struct cursor *cursor,
								  uint64_t body_bytes,
								  struct event_counts *counts,
								  enum ctf_header header)
{
	const unsigned char *at = cursor->bytes + cursor->at_bits / 8;
	const unsigned char *end = cursor->bytes + cursor->end_bits / 8;
	uint64_t event_count = 0, guess = 0;

	while ((uint64_t)(end - at) >= header_bytes(header)) {
		uint32_t id = short_id(at, header);
		uint64_t step, count = 1, more = 0;
		uintptr_t type;

		if (id == extended_id(header))
			break;
		type = find_type(scanner, id);
		if (type & 1) {
			step = body_bytes + (uint64_t)(type >> 1);
			if (step > (uint64_t)(end - at))
				break;
			/*
			 * As large as the last one? Then the branch, not the type's entry, gives
			 * the size, and the processor need not wait for it: 2 ns an event instead
			 * of 5. The empty assembly hides from the compiler that both are equal.
			 */
			if (step == guess) {
				__asm__("" : "+r"(guess));
				step = guess;
			}
			guess = step;
			at = walk_run(at, end - step, step, id, header, &cursor->clock, &count);
		} else if (type && ((const struct scan_program *)type)->skips_bytes) {
			const unsigned char *next;

			if (body_bytes > (uint64_t)(end - at))
				break;
			next = step_plain((const struct scan_program *)type, at + body_bytes, end);
			if (!next)
				break;
			cursor->clock = short_clock(at, header, cursor->clock);
			step = (uint64_t)(next - at);
			if (step == guess) { /* as above: 4 ns an event instead of 8 */
				__asm__("" : "+r"(guess));
				step = guess;
			}
			guess = step;
			at += step;
			more = step;
			if (__builtin_expect((uint64_t)(end - at) >= body_bytes &&
						     short_id(at, header) == id,
					     0)) {
				struct text_run run = {at, (const struct scan_program *)type, step,
						       0, id};

				walk_texts(cursor, body_bytes, &run, header);
				more += (uint64_t)(run.at - at);
				at = run.at;
				guess = run.step_bytes;
				count += run.count;
			}
		} else {
			if (!type ||
			    !walk_program(cursor, at, (uint64_t)(at - cursor->bytes) + body_bytes,
					  type, header))
				break;
			more = (uint64_t)(cursor->bytes + cursor->at_bits / 8 - at);
			at += more;
		}
		event_count += count;
		if (counts) {
			event_counts_add_fast(counts, id, count);
			if (more)
				event_bytes_add(event_counts_bytes(counts, id), more);
		}
	}
	cursor->at_bits = (uint64_t)(at - cursor->bytes) * 8;
	return event_count;
}

static uint64_t short_body_bytes(const struct scanner *scanner, uint64_t context_bytes)
{
	return header_bytes(scanner->header) + context_bytes;
}

/* Contexts of fixed size only. */
static uint64_t walk_fast(const struct scanner *scanner, struct cursor *cursor,
			  uint64_t context_bytes, struct event_counts *counts)
{
	uint64_t body_bytes = short_body_bytes(scanner, context_bytes);

	if (scanner->header == CTF_HEADER_WIDE)
		return walk_packed(scanner, cursor, body_bytes, counts, CTF_HEADER_WIDE);
	if (scanner->header == CTF_HEADER_LARGE)
		return walk_packed(scanner, cursor, body_bytes, counts, CTF_HEADER_LARGE);
	return walk_packed(scanner, cursor, body_bytes, counts, CTF_HEADER_COMPACT);
}

/* What the fast walk takes an event of this type for; 0: of no fixed size. */
static uint64_t equal_bytes(const struct scanner *scanner, uint64_t context_bytes, uint32_t id)
{
	uintptr_t type = find_type(scanner, id);

	return type & 1 ? short_body_bytes(scanner, context_bytes) + (type >> 1) : 0;
}

/* Of the ids that this walk met first. From then on only what differs is added. */
static void note_sizes(const struct scanner *scanner, uint64_t context_bytes,
		       struct event_counts *counts, size_t first)
{
	for (size_t i = first; i < counts->touched_count; i++) {
		struct event_bytes *bytes = event_counts_bytes(counts, counts->touched[i]);

		atomic_store_explicit(&bytes->each,
				      equal_bytes(scanner, context_bytes, counts->touched[i]),
				      memory_order_relaxed);
	}
}

/* An event that the fast walk did not take. */
static void count_slow(const struct scanner *scanner, bool is_fast, uint64_t context_bytes,
		       struct event_counts *counts, uint32_t id, uint64_t bytes)
{
	event_counts_add_fast(counts, id, 1);
	if (is_fast)
		bytes -= equal_bytes(scanner, context_bytes, id);
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
	struct cursor cursor;
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
			result->event_count += walk_fast(scanner, &cursor, context >> 1, counts);
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
