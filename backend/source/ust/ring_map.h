/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LTTng-UST's ring buffer seen from outside: positions, and what is whole in it, by the description
 * that its shared memory begins with (version 0.0, meant for reading after a crash). Reading is
 * free of system calls and works beside the writers; every value is checked, for applications may
 * write anything there.
 */
#ifndef TRACON_SOURCE_UST_RING_MAP_H
#define TRACON_SOURCE_UST_RING_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/error.h"

/* Taken from the description before any application can change it. */
struct ust_ring_map {
	const unsigned char *bytes;
	size_t size_bytes;
	size_t produced_at;
	size_t consumed_at;
	size_t commits_at; /* first sub-buffer's counter of consecutive commits */
	size_t commits_stride;
	size_t ids_at; /* first sub-buffer's id of its place */
	size_t ids_stride;
	size_t data_at; /* place 0; the others follow */
	uint64_t subbuf_bytes;
	uint64_t subbuf_count;
	uint64_t place_count; /* one more in overwrite mode: the reader's own */
	bool is_overwrite;
};

/* bytes: the whole shared memory, kept by the caller. ERROR_UNSUPPORTED if it is laid out
 * otherwise. */
bool ust_ring_map_init(struct ust_ring_map *map, const void *bytes, size_t size_bytes,
		       struct error *err);

/* Byte positions since the ring's creation. */
uint64_t ust_ring_produced(const struct ust_ring_map *map);
uint64_t ust_ring_consumed(const struct ust_ring_map *map);

/*
 * How many leading bytes of the sub-buffer that begins at `position` are written for good: all of
 * them when it is whole, 0 when its lap has not begun.
 */
uint64_t ust_ring_written(const struct ust_ring_map *map, uint64_t position);

/*
 * The position up to which everything is written for good, from `begin` (start of a sub-buffer) on,
 * at most `end`. Short of the produced position while somebody writes, and for ever if he died.
 */
uint64_t ust_ring_written_until(const struct ust_ring_map *map, uint64_t begin, uint64_t end);

/* Where the sub-buffer at `position` lies, or NULL when its id makes no sense. */
const unsigned char *ust_ring_subbuf(const struct ust_ring_map *map, uint64_t position);

#endif
