/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A hash table with linear probing; when it is full, neighbouring values become one. */
#include "backend/browse/value_counts.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"

#define SLOTS_FIRST  1024
#define COARSER_BITS 4

struct value_counts {
	struct value_count *slots; /* count 0: free; values are shifted */
	size_t slot_count, used;
	unsigned int shift_bits;
	uint64_t total;
	int64_t least, greatest;
};

struct value_counts *value_counts_create(void)
{
	struct value_counts *counts = mem_zalloc(sizeof(*counts));

	counts->slot_count = SLOTS_FIRST;
	counts->slots = mem_zalloc(counts->slot_count * sizeof(*counts->slots));
	return counts;
}

void value_counts_destroy(struct value_counts *counts)
{
	if (!counts)
		return;
	free(counts->slots);
	free(counts);
}

static void insert(struct value_counts *counts, int64_t key, uint64_t count)
{
	/* Knuth's multiplicative hash: golden ratio of 2^64. */
	size_t mask = counts->slot_count - 1;
	size_t at = (size_t)((uint64_t)key * UINT64_C(0x9E3779B97F4A7C15) >> 32) & mask;

	while (counts->slots[at].count && counts->slots[at].value != key)
		at = (at + 1) & mask;
	if (!counts->slots[at].count)
		counts->used++;
	counts->slots[at].value = key;
	counts->slots[at].count += count;
}

/* Into a table of that many slots, keys coarser by more_bits. */
static void rebuild(struct value_counts *counts, size_t slot_count, unsigned int more_bits)
{
	struct value_count *old = counts->slots;
	size_t old_count = counts->slot_count;

	counts->slots = mem_zalloc(slot_count * sizeof(*counts->slots));
	counts->slot_count = slot_count;
	counts->used = 0;
	counts->shift_bits += more_bits;
	for (size_t i = 0; i < old_count; i++) {
		if (old[i].count)
			insert(counts, old[i].value >> more_bits, old[i].count);
	}
	free(old);
}

void value_counts_add(struct value_counts *counts, int64_t value)
{
	if (counts->total == 0 || value < counts->least)
		counts->least = value;
	if (counts->total == 0 || value > counts->greatest)
		counts->greatest = value;
	counts->total++;
	insert(counts, value >> counts->shift_bits, 1);
	if (counts->used >= VALUE_COUNTS_MAX)
		rebuild(counts, counts->slot_count, COARSER_BITS);
	else if (counts->used > counts->slot_count / 2)
		rebuild(counts, counts->slot_count * 2, 0);
}

uint64_t value_counts_total(const struct value_counts *counts)
{
	return counts->total;
}

int64_t value_counts_least(const struct value_counts *counts)
{
	return counts->least;
}

int64_t value_counts_greatest(const struct value_counts *counts)
{
	return counts->greatest;
}

static int by_value(const void *left, const void *right)
{
	int64_t one = ((const struct value_count *)left)->value;
	int64_t other = ((const struct value_count *)right)->value;

	return one < other ? -1 : one > other;
}

static int by_count(const void *left, const void *right)
{
	const struct value_count *one = left, *other = right;

	if (one->count != other->count)
		return one->count > other->count ? -1 : 1;
	return by_value(left, right);
}

/* The used slots in order; the caller frees them. */
static struct value_count *sorted(const struct value_counts *counts,
				  int (*order)(const void *, const void *))
{
	struct value_count *list = mem_realloc_array(NULL, counts->used + 1, sizeof(*list));
	size_t count = 0;

	for (size_t i = 0; i < counts->slot_count; i++) {
		if (counts->slots[i].count)
			list[count++] = counts->slots[i];
	}
	qsort(list, count, sizeof(*list), order);
	return list;
}

int64_t value_counts_percentile(struct value_counts *counts, unsigned int part)
{
	struct value_count *list = sorted(counts, by_value);
	/* The smallest rank r with r ≥ part/100 of all. */
	unsigned __int128 product = (unsigned __int128)counts->total * part;
	uint64_t rank = (uint64_t)((product + 99) / 100), seen = 0;
	int64_t value = counts->least;

	for (size_t i = 0; i < counts->used && seen < rank; i++) {
		seen += list[i].count;
		value = (int64_t)((uint64_t)list[i].value << counts->shift_bits);
	}
	free(list);
	return value < counts->least ? counts->least : value;
}

size_t value_counts_top(struct value_counts *counts, struct value_count *top, size_t room)
{
	struct value_count *list;
	size_t count = counts->used < room ? counts->used : room;

	if (counts->shift_bits)
		return 0;
	list = sorted(counts, by_count);
	memcpy(top, list, count * sizeof(*top));
	free(list);
	return count;
}
