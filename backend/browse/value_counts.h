/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How often which integer came: exact up to VALUE_COUNTS_MAX different ones, then ever coarser, so
 * that memory is bounded; least and greatest stay exact.
 */
#ifndef TRACON_BROWSE_VALUE_COUNTS_H
#define TRACON_BROWSE_VALUE_COUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VALUE_COUNTS_MAX 524288

struct value_counts;

struct value_counts *value_counts_create(void);
void value_counts_destroy(struct value_counts *counts); /* NULL passes */
void value_counts_add(struct value_counts *counts, int64_t value);
uint64_t value_counts_total(const struct value_counts *counts);
int64_t value_counts_least(const struct value_counts *counts);
int64_t value_counts_greatest(const struct value_counts *counts);
/* The least value that at least `part` of 100 of all don't exceed; its lower bound when coarse. */
int64_t value_counts_percentile(struct value_counts *counts, unsigned int part);

struct value_count {
	int64_t value;
	uint64_t count;
};

/* The most frequent ones, most frequent first, then least; none when coarse. How many. */
size_t value_counts_top(struct value_counts *counts, struct value_count *top, size_t room);

#endif
