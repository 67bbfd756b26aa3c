/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The short way over a packet whose fields are whole bytes in this machine's order: what most
 * events are, and then counting them is a step and a comparison. Applications can write to the
 * packet meanwhile: each value is read once, then checked.
 */
#include <endian.h>
#include <string.h>

#include "backend/ctf/counts.h"
#include "backend/ctf/scan_parts.h"

#define NO_EXTENDED_ID UINT32_MAX

/* Volatile: what was checked is what is used, whatever a writer does meanwhile. */
struct unaligned16 {
	uint16_t value;
} __attribute__((packed));

struct unaligned32 {
	uint32_t value;
} __attribute__((packed));

struct unaligned64 {
	uint64_t value;
} __attribute__((packed));

static inline uint16_t load16(const unsigned char *bytes)
{
	return ((const volatile struct unaligned16 *)bytes)->value;
}

static inline uint32_t load32(const unsigned char *bytes)
{
	return ((const volatile struct unaligned32 *)bytes)->value;
}

static inline uint64_t load64(const unsigned char *bytes)
{
	return ((const volatile struct unaligned64 *)bytes)->value;
}

/* --- headers */

static inline uint32_t header_bytes(enum ctf_header header)
{
	return header == CTF_HEADER_COMPACT ? 4 : header == CTF_HEADER_LARGE ? 6 : 8;
}

static inline uint32_t extended_id(enum ctf_header header)
{
	return header == CTF_HEADER_COMPACT ? SCAN_COMPACT_EXTENDED_ID
	       : header == CTF_HEADER_LARGE ? SCAN_LARGE_EXTENDED_ID
					    : NO_EXTENDED_ID;
}

static inline uint32_t short_id(const unsigned char *at, enum ctf_header header)
{
	return header == CTF_HEADER_COMPACT ? load32(at) & SCAN_COMPACT_EXTENDED_ID : load16(at);
}

static inline uint64_t short_clock(const unsigned char *at, enum ctf_header header, uint64_t clock)
{
	if (header == CTF_HEADER_COMPACT)
		return scan_advance_clock(clock, load32(at) >> 5, SCAN_COMPACT_CLOCK_BITS);
	if (header == CTF_HEADER_WIDE)
		return scan_advance_clock(clock, load64(at) >> 16, SCAN_WIDE_CLOCK_BITS);
	return scan_advance_clock(clock, load32(at + 2), SCAN_LARGE_CLOCK_BITS);
}

/* --- rows of one type */

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

/*
 * As large as the last one? Then the branch, not what was read, gives the size, and the processor
 * need not wait for it: 2 ns an event instead of 5, 4 instead of 8 with a string. The empty
 * assembly hides from the compiler that both are equal.
 */
static inline uint64_t guess_step(uint64_t step, uint64_t guess)
{
	if (step == guess) {
		__asm__("" : "+r"(guess));
		step = guess;
	}
	return step;
}

#define STRING_WORDS_MAX 6 /* eight bytes each; longer strings are memchr's */
#define WORD_BYTES	 8

/* The lowest bit that is set is the highest of the first byte that is NUL; 0: none is. */
static inline uint64_t nul_bits(uint64_t word)
{
	word = le64toh(word);
	return (word - UINT64_C(0x0101010101010101)) & ~word & UINT64_C(0x8080808080808080);
}

/*
 * Behind the string's NUL, or NULL if it does not end before `end`. Short strings are most of all,
 * and a call costs more than they do.
 */
static inline const unsigned char *string_end(const unsigned char *at, const unsigned char *end)
{
	const unsigned char *found;

	for (unsigned int i = 0; i < STRING_WORDS_MAX && end - at >= WORD_BYTES; i++) {
		uint64_t nul = nul_bits(load64(at));

		if (nul)
			return at + (unsigned int)__builtin_ctzll(nul) / 8 + 1;
		at += WORD_BYTES;
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

/* Is the first NUL behind so many words, at this bit of nul_bits()? */
static inline bool ends_there(const unsigned char *text, uint64_t words, uint64_t nul)
{
	uint64_t found;

	for (; words > 0; words--) {
		if (nul_bits(load64(text)))
			return false;
		text += WORD_BYTES;
	}
	found = nul_bits(load64(text));
	return (found & -found) == nul;
}

/*
 * Events whose only string is as long as that of the one before, from run->at on: one comparison,
 * where it has to end, tells it of each, and nothing has to be computed before the next.
 */
static inline __attribute__((always_inline)) void walk_alike(struct scan_cursor *cursor,
							     uint64_t body_bytes,
							     struct text_run *run,
							     enum ctf_header header)
{
	const uint32_t *skips_bytes = run->program->skips_bytes;
	const unsigned char *at = run->at, *end = cursor->bytes + cursor->end_bits / 8;
	uint64_t step = run->step_bytes, text_at = body_bytes + skips_bytes[0];
	uint64_t length = step - text_at - skips_bytes[1] - 1, words = length / WORD_BYTES;
	uint64_t nul = UINT64_C(0x80) << length % WORD_BYTES * 8, clock = cursor->clock;
	uint64_t needed = text_at + (words + 1) * WORD_BYTES;

	if (words >= STRING_WORDS_MAX)
		return;
	if (needed < step)
		needed = step;
	while ((uint64_t)(end - at) >= needed && short_id(at, header) == run->id &&
	       ends_there(at + text_at, words, nul)) {
		clock = short_clock(at, header, clock);
		at += step;
		run->count++;
	}
	cursor->clock = clock;
	run->at = at;
}

static inline __attribute__((always_inline)) void walk_texts_of(struct scan_cursor *cursor,
								uint64_t body_bytes,
								struct text_run *run,
								enum ctf_header header)
{
	const unsigned char *end = cursor->bytes + cursor->end_bits / 8;
	bool has_one = run->program->string_count == 1, is_alike = true;

	while (true) {
		const unsigned char *at, *next;
		uint64_t last = run->step_bytes;

		if (has_one && is_alike)
			walk_alike(cursor, body_bytes, run, header);
		at = run->at;
		if ((uint64_t)(end - at) < body_bytes || short_id(at, header) != run->id)
			break;
		next = step_plain(run->program, at + body_bytes, end);
		if (!next)
			break;
		cursor->clock = short_clock(at, header, cursor->clock);
		run->step_bytes = guess_step((uint64_t)(next - at), last);
		run->at += run->step_bytes;
		run->count++;
		is_alike = run->step_bytes == last;
	}
}

/* A call, so that who has no such row keeps its registers. */
static __attribute__((noinline)) void walk_texts(struct scan_cursor *cursor, uint64_t body_bytes,
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
static inline bool walk_program(struct scan_cursor *cursor, const unsigned char *at, uint64_t from,
				uintptr_t type, enum ctf_header header)
{
	const struct scan_program *program = (const struct scan_program *)type;

	if (from * 8 > cursor->end_bits)
		return false;
	cursor->at_bits = from * 8;
	if (!scan_run(cursor, program, 0, program->op_count) || !scan_align_bits(cursor, 8))
		return false;
	cursor->clock = short_clock(at, header, cursor->clock);
	return true;
}

/* --- the walk */

/* As scan_packed(). body_bytes: header and context. */
static inline __attribute__((always_inline)) uint64_t walk_packed(const struct scanner *scanner,
								  struct scan_cursor *cursor,
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
		type = scan_find_type(scanner, id);
		if (type & 1) {
			step = body_bytes + (uint64_t)(type >> 1);
			if (step > (uint64_t)(end - at))
				break;
			step = guess_step(step, guess);
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
			step = guess_step((uint64_t)(next - at), guess);
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

uint64_t scan_packed(const struct scanner *scanner, struct scan_cursor *cursor,
		     uint64_t context_bytes, struct event_counts *counts)
{
	uint64_t body_bytes = short_body_bytes(scanner, context_bytes);

	if (scanner->header == CTF_HEADER_WIDE)
		return walk_packed(scanner, cursor, body_bytes, counts, CTF_HEADER_WIDE);
	if (scanner->header == CTF_HEADER_LARGE)
		return walk_packed(scanner, cursor, body_bytes, counts, CTF_HEADER_LARGE);
	return walk_packed(scanner, cursor, body_bytes, counts, CTF_HEADER_COMPACT);
}

uint64_t scan_packed_bytes(const struct scanner *scanner, uint64_t context_bytes, uint32_t id)
{
	uintptr_t type = scan_find_type(scanner, id);

	return type & 1 ? short_body_bytes(scanner, context_bytes) + (type >> 1) : 0;
}
