/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The inside of event_counts, for the walk alone: one call an event would be felt. */
#ifndef TRACON_CTF_COUNTS_H
#define TRACON_CTF_COUNTS_H

#include <stdatomic.h>

#include "backend/ctf/scan.h"
#include "backend/ctf/segments.h"

/*
 * Events of one size are only counted: their bytes are a product. What differs from that, and all
 * of other types, is summed.
 */
struct event_bytes {
	_Atomic uint64_t each; /* a record of a type of fixed size, with a short header; else 0 */
	_Atomic uint64_t more; /* wraps: an addend, not a size */
};

struct event_segment {
	struct event_bytes *bytes;
	_Atomic uint64_t events[];
};

struct event_counts {
	_Atomic uint64_t first[SEGMENT_FIRST];
	struct event_bytes first_bytes[SEGMENT_FIRST];
	_Atomic(struct event_segment *) further[SEGMENT_COUNT]; /* [0] stays empty */
	uint32_t *touched; /* ids whose count isn't 0; the adding thread's */
	size_t touched_count;
	size_t touched_room;
};

void event_counts_touch(struct event_counts *counts, uint32_t id);
void event_counts_add_further(struct event_counts *counts, uint32_t id, uint64_t events);
struct event_bytes *event_counts_further_bytes(const struct event_counts *counts, uint32_t id);

static inline void event_counts_add_to(struct event_counts *counts, _Atomic uint64_t *entry,
				       uint32_t id, uint64_t events)
{
	uint64_t old = atomic_load_explicit(entry, memory_order_relaxed);

	if (__builtin_expect(old == 0, 0))
		event_counts_touch(counts, id);
	atomic_store_explicit(entry, old + events, memory_order_relaxed);
}

static inline void event_counts_add_fast(struct event_counts *counts, uint32_t id, uint64_t events)
{
	if (__builtin_expect(id < SEGMENT_FIRST, 1))
		event_counts_add_to(counts, &counts->first[id], id, events);
	else
		event_counts_add_further(counts, id, events);
}

/* Of an id that was counted. */
static inline struct event_bytes *event_counts_bytes(struct event_counts *counts, uint32_t id)
{
	return __builtin_expect(id < SEGMENT_FIRST, 1) ? &counts->first_bytes[id]
						       : event_counts_further_bytes(counts, id);
}

static inline void event_bytes_add(struct event_bytes *bytes, uint64_t more)
{
	uint64_t old = atomic_load_explicit(&bytes->more, memory_order_relaxed);

	atomic_store_explicit(&bytes->more, old + more, memory_order_relaxed);
}

#endif
