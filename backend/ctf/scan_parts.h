/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inside of a scanner: scan.c (which types there are, the walk that takes everything),
 * scan_packed.c (the short way over what is packed to bytes).
 */
#ifndef TRACON_CTF_SCAN_PARTS_H
#define TRACON_CTF_SCAN_PARTS_H

#include <stdatomic.h>

#include "backend/ctf/links.h"
#include "backend/ctf/program.h"
#include "backend/ctf/scan.h"
#include "backend/ctf/segments.h"

#define SCAN_COMPACT_EXTENDED_ID 31
#define SCAN_COMPACT_CLOCK_BITS	 27
#define SCAN_LARGE_EXTENDED_ID	 65535
#define SCAN_LARGE_CLOCK_BITS	 32
#define SCAN_WIDE_CLOCK_BITS	 48

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

struct scan_cursor {
	const unsigned char *bytes;
	uint64_t at_bits;
	uint64_t end_bits;
	uint64_t clock;
	uint64_t steps_left; /* of loops: elements without bits must not hold us up */
	uint64_t slots[CTF_LINK_COUNT_MAX];
};

/* --- scan.c */
uintptr_t scan_find_further(const struct scanner *scanner, uint32_t id);
/* Operations from `at` to `end` of a type's program. False: they lead out of the packet. */
bool scan_run(struct scan_cursor *cursor, const struct scan_program *program, uint32_t at,
	      uint32_t end);

/* --- scan_packed.c */
/*
 * Goes on over events with short headers, up to the first that this walk can't take: the cursor is
 * left there. How many they were. Contexts of fixed size only.
 */
uint64_t scan_packed(const struct scanner *scanner, struct scan_cursor *cursor,
		     uint64_t context_bytes, struct event_counts *counts);
/* What it takes an event of this type for; 0: of no fixed size. */
uint64_t scan_packed_bytes(const struct scanner *scanner, uint64_t context_bytes, uint32_t id);

static inline uintptr_t scan_find_type(const struct scanner *scanner, uint32_t id)
{
	if (__builtin_expect(id < SEGMENT_FIRST, 1))
		return atomic_load_explicit(&scanner->first[id], memory_order_acquire);
	return scan_find_further(scanner, id);
}

static inline uint64_t scan_bits_left(const struct scan_cursor *cursor)
{
	return cursor->end_bits - cursor->at_bits;
}

static inline bool scan_skip_bits(struct scan_cursor *cursor, uint64_t bits)
{
	if (bits > scan_bits_left(cursor))
		return false;
	cursor->at_bits += bits;
	return true;
}

static inline bool scan_align_bits(struct scan_cursor *cursor, uint64_t bits)
{
	return scan_skip_bits(cursor, -cursor->at_bits & (bits - 1));
}

/* A short time holds the low bits of the clock: it went on by less than their range. */
static inline uint64_t scan_advance_clock(uint64_t clock, uint64_t low, unsigned int bits)
{
	uint64_t mask = (UINT64_C(1) << bits) - 1;

	return clock + ((low - clock) & mask);
}

#endif
