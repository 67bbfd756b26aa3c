/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events and bytes per event type id: one thread adds, any thread reads. Ids that were counted are
 * listed, so that moving and clearing costs what was counted and not what there is.
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
	for (unsigned int i = 0; i < SEGMENT_COUNT; i++) {
		struct event_segment *segment =
			atomic_load_explicit(&counts->further[i], memory_order_relaxed);

		free(segment ? segment->bytes : NULL);
		free(segment);
	}
	free(counts->touched);
	free(counts);
}

void event_counts_touch(struct event_counts *counts, uint32_t id)
{
	counts->touched = mem_grow(counts->touched, counts->touched_count, &counts->touched_room,
				   sizeof(*counts->touched));
	counts->touched[counts->touched_count++] = id;
}

struct place {
	_Atomic uint64_t *events; /* NULL if nothing was counted near it yet */
	struct event_bytes *bytes;
};

static struct place find_place(const struct event_counts *counts, uint32_t id)
{
	unsigned int segment = segment_of(id);
	struct event_segment *found;
	uint32_t at;

	if (segment == 0)
		return (struct place){(_Atomic uint64_t *)&counts->first[id],
				      (struct event_bytes *)&counts->first_bytes[id]};
	/* Pairs with the release in event_counts_add_further(): zeroes are seen with the pointer.
	 */
	found = atomic_load_explicit(&counts->further[segment], memory_order_acquire);
	if (!found)
		return (struct place){NULL, NULL};
	at = id - segment_first_id(segment);
	return (struct place){&found->events[at], &found->bytes[at]};
}

static struct event_segment *make_segment(unsigned int segment)
{
	size_t size = segment_size(segment);
	struct event_segment *made = mem_zalloc(sizeof(*made) + size * sizeof(made->events[0]));

	made->bytes = mem_zalloc(size * sizeof(*made->bytes));
	return made;
}

void event_counts_add_further(struct event_counts *counts, uint32_t id, uint64_t events)
{
	unsigned int segment = segment_of(id);
	struct event_segment *found =
		atomic_load_explicit(&counts->further[segment], memory_order_relaxed);

	if (!found) {
		found = make_segment(segment);
		/* Pairs with the acquire in find_place(). */
		atomic_store_explicit(&counts->further[segment], found, memory_order_release);
	}
	event_counts_add_to(counts, &found->events[id - segment_first_id(segment)], id, events);
}

struct event_bytes *event_counts_further_bytes(const struct event_counts *counts, uint32_t id)
{
	return find_place(counts, id).bytes;
}

static uint64_t bytes_each(const struct event_bytes *bytes)
{
	return atomic_load_explicit(&bytes->each, memory_order_relaxed);
}

void event_counts_add(struct event_counts *counts, uint32_t id, uint64_t events, uint64_t bytes)
{
	struct event_bytes *place;

	if (id >= SEGMENT_ID_COUNT || events == 0)
		return;
	event_counts_add_fast(counts, id, events);
	place = event_counts_bytes(counts, id);
	event_bytes_add(place, bytes - events * bytes_each(place));
}

static uint64_t place_events(const struct place *place)
{
	return place->events ? atomic_load_explicit(place->events, memory_order_relaxed) : 0;
}

static uint64_t place_bytes(const struct place *place)
{
	if (!place->events)
		return 0;
	return atomic_load_explicit(&place->bytes->more, memory_order_relaxed) +
	       place_events(place) * bytes_each(place->bytes);
}

uint64_t event_counts_read(const struct event_counts *counts, uint32_t id)
{
	struct place place;

	if (id >= SEGMENT_ID_COUNT)
		return 0;
	place = find_place(counts, id);
	return place_events(&place);
}

uint64_t event_counts_read_bytes(const struct event_counts *counts, uint32_t id)
{
	struct place place;

	if (id >= SEGMENT_ID_COUNT)
		return 0;
	place = find_place(counts, id);
	return place_bytes(&place);
}

static void clear_place(const struct place *place)
{
	atomic_store_explicit(place->events, 0, memory_order_relaxed);
	atomic_store_explicit(&place->bytes->more, 0, memory_order_relaxed);
}

uint64_t event_counts_move(struct event_counts *from, struct event_counts *to)
{
	uint64_t total = 0;

	for (size_t i = 0; i < from->touched_count; i++) {
		uint32_t id = from->touched[i];
		struct place place = find_place(from, id);

		total += place_events(&place);
		event_counts_add(to, id, place_events(&place), place_bytes(&place));
		clear_place(&place);
	}
	from->touched_count = 0;
	return total;
}

const uint32_t *event_counts_ids(const struct event_counts *counts, size_t *id_count)
{
	*id_count = counts->touched_count;
	return counts->touched;
}

void event_counts_clear(struct event_counts *counts)
{
	for (size_t i = 0; i < counts->touched_count; i++) {
		struct place place = find_place(counts, counts->touched[i]);

		clear_place(&place);
	}
	counts->touched_count = 0;
}

size_t event_counts_type_count(const struct event_counts *counts)
{
	return counts->touched_count;
}

void event_counts_list(const struct event_counts *counts, struct event_count *list)
{
	for (size_t i = 0; i < counts->touched_count; i++) {
		struct place place = find_place(counts, counts->touched[i]);

		list[i] = (struct event_count){
			.id = counts->touched[i],
			.events = place_events(&place),
			.bytes = place_bytes(&place),
		};
	}
}
