/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers per event type id: one thread adds, any thread reads. Ids that were counted are listed,
 * so that moving and clearing costs what was counted and not what there is.
 */
#include "backend/ctf/counts.h"

#include <stdlib.h>

#include "backend/base/mem.h"

struct event_counts *event_counts_create(void)
{
	return mem_zalloc(sizeof(struct event_counts));
}

void event_counts_destroy(struct event_counts *counts)
{
	if (!counts)
		return;
	for (unsigned int i = 0; i < SEGMENT_COUNT; i++)
		free(atomic_load_explicit(&counts->further[i], memory_order_relaxed));
	free(counts->touched);
	free(counts);
}

void event_counts_touch(struct event_counts *counts, uint32_t id)
{
	counts->touched = mem_grow(counts->touched, counts->touched_count, &counts->touched_room,
				   sizeof(*counts->touched));
	counts->touched[counts->touched_count++] = id;
}

/* NULL if nothing was counted near it yet. */
static _Atomic uint64_t *find_entry(const struct event_counts *counts, uint32_t id)
{
	unsigned int segment = segment_of(id);
	_Atomic uint64_t *entries;

	if (segment == 0)
		return (_Atomic uint64_t *)&counts->first[id];
	/* Pairs with the release in event_counts_add_further(): zeroes are seen with the pointer.
	 */
	entries = atomic_load_explicit(&counts->further[segment], memory_order_acquire);
	return entries ? &entries[id - segment_first_id(segment)] : NULL;
}

void event_counts_add_further(struct event_counts *counts, uint32_t id, uint64_t count)
{
	unsigned int segment = segment_of(id);
	_Atomic uint64_t *entries =
		atomic_load_explicit(&counts->further[segment], memory_order_relaxed);

	if (!entries) {
		entries = mem_zalloc(segment_size(segment) * sizeof(*entries));
		/* Pairs with the acquire in find_entry(). */
		atomic_store_explicit(&counts->further[segment], entries, memory_order_release);
	}
	event_counts_add_to(counts, &entries[id - segment_first_id(segment)], id, count);
}

void event_counts_add(struct event_counts *counts, uint32_t id, uint64_t count)
{
	if (id < SEGMENT_ID_COUNT && count > 0)
		event_counts_add_fast(counts, id, count);
}

uint64_t event_counts_read(const struct event_counts *counts, uint32_t id)
{
	const _Atomic uint64_t *entry = id < SEGMENT_ID_COUNT ? find_entry(counts, id) : NULL;

	return entry ? atomic_load_explicit(entry, memory_order_relaxed) : 0;
}

void event_counts_move(struct event_counts *from, struct event_counts *to)
{
	for (size_t i = 0; i < from->touched_count; i++) {
		uint32_t id = from->touched[i];
		_Atomic uint64_t *entry = find_entry(from, id);

		event_counts_add(to, id, atomic_load_explicit(entry, memory_order_relaxed));
		atomic_store_explicit(entry, 0, memory_order_relaxed);
	}
	from->touched_count = 0;
}

void event_counts_clear(struct event_counts *counts)
{
	for (size_t i = 0; i < counts->touched_count; i++)
		atomic_store_explicit(find_entry(counts, counts->touched[i]), 0,
				      memory_order_relaxed);
	counts->touched_count = 0;
}
