/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The inside of event_counts, for the walk alone: one call an event would be felt. */
#ifndef TRACON_CTF_COUNTS_H
#define TRACON_CTF_COUNTS_H

#include <stdatomic.h>

#include "backend/ctf/scan.h"
#include "backend/ctf/segments.h"

struct event_counts {
	_Atomic uint64_t first[SEGMENT_FIRST];
	_Atomic(_Atomic uint64_t *) further[SEGMENT_COUNT]; /* [0] stays empty */
	uint32_t *touched; /* ids whose count isn't 0; the adding thread's */
	size_t touched_count;
	size_t touched_room;
};

void event_counts_touch(struct event_counts *counts, uint32_t id);
void event_counts_add_further(struct event_counts *counts, uint32_t id, uint64_t count);

static inline void event_counts_add_to(struct event_counts *counts, _Atomic uint64_t *entry,
				       uint32_t id, uint64_t count)
{
	uint64_t old = atomic_load_explicit(entry, memory_order_relaxed);

	if (__builtin_expect(old == 0, 0))
		event_counts_touch(counts, id);
	atomic_store_explicit(entry, old + count, memory_order_relaxed);
}

static inline void event_counts_add_fast(struct event_counts *counts, uint32_t id, uint64_t count)
{
	if (__builtin_expect(id < SEGMENT_FIRST, 1))
		event_counts_add_to(counts, &counts->first[id], id, count);
	else
		event_counts_add_further(counts, id, count);
}

#endif
