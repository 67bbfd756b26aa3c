/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Numbers per event type id: one thread adds, any thread reads. Ids that were counted are listed,
 * so that moving and clearing costs what was counted and not what there is.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "backend/base/mem.h"
#include "backend/ctf/scan.h"
#include "backend/ctf/segments.h"

typedef _Atomic uint64_t counter;

struct event_counts {
	_Atomic(counter *) segments[SEGMENT_COUNT];
	uint32_t *touched; /* ids whose count isn't 0; the adding thread's */
	size_t touched_count;
	size_t touched_room;
};

struct event_counts *event_counts_create(void)
{
	return mem_zalloc(sizeof(struct event_counts));
}

void event_counts_destroy(struct event_counts *counts)
{
	if (!counts)
		return;
	for (unsigned int i = 0; i < SEGMENT_COUNT; i++)
		free(atomic_load_explicit(&counts->segments[i], memory_order_relaxed));
	free(counts->touched);
	free(counts);
}

static counter *add_segment(struct event_counts *counts, unsigned int segment)
{
	counter *fresh = mem_zalloc(segment_size(segment) * sizeof(*fresh));

	/* Pairs with the acquire in event_counts_read(): the zeroes are seen with the pointer. */
	atomic_store_explicit(&counts->segments[segment], fresh, memory_order_release);
	return fresh;
}

static void touch(struct event_counts *counts, uint32_t id)
{
	counts->touched = mem_grow(counts->touched, counts->touched_count, &counts->touched_room,
				   sizeof(*counts->touched));
	counts->touched[counts->touched_count++] = id;
}

void event_counts_add(struct event_counts *counts, uint32_t id, uint64_t count)
{
	unsigned int segment;
	counter *entries;
	uint64_t old;

	if (id >= SEGMENT_ID_COUNT || count == 0)
		return;
	segment = segment_of(id);
	entries = atomic_load_explicit(&counts->segments[segment], memory_order_relaxed);
	if (__builtin_expect(!entries, 0))
		entries = add_segment(counts, segment);
	entries += id - segment_first_id(segment);
	old = atomic_load_explicit(entries, memory_order_relaxed);
	if (__builtin_expect(old == 0, 0))
		touch(counts, id);
	atomic_store_explicit(entries, old + count, memory_order_relaxed);
}

uint64_t event_counts_read(const struct event_counts *counts, uint32_t id)
{
	unsigned int segment;
	counter *entries;

	if (id >= SEGMENT_ID_COUNT)
		return 0;
	segment = segment_of(id);
	/* Pairs with the release in add_segment(). */
	entries = atomic_load_explicit(&counts->segments[segment], memory_order_acquire);
	if (!entries)
		return 0;
	return atomic_load_explicit(&entries[id - segment_first_id(segment)], memory_order_relaxed);
}

static counter *entry_of(struct event_counts *counts, uint32_t id)
{
	unsigned int segment = segment_of(id);
	counter *entries = atomic_load_explicit(&counts->segments[segment], memory_order_relaxed);

	return &entries[id - segment_first_id(segment)];
}

void event_counts_move(struct event_counts *from, struct event_counts *to)
{
	for (size_t i = 0; i < from->touched_count; i++) {
		uint32_t id = from->touched[i];
		uint64_t count = atomic_load_explicit(entry_of(from, id), memory_order_relaxed);

		event_counts_add(to, id, count);
	}
	event_counts_clear(from);
}

void event_counts_clear(struct event_counts *counts)
{
	for (size_t i = 0; i < counts->touched_count; i++)
		atomic_store_explicit(entry_of(counts, counts->touched[i]), 0,
				      memory_order_relaxed);
	counts->touched_count = 0;
}
