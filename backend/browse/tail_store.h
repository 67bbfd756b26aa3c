/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a tail keeps: the newest rows of decoded batches, merged by time, within limits. The tail's
 * worker thread.
 */
#ifndef TRACON_BROWSE_TAIL_STORE_H
#define TRACON_BROWSE_TAIL_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "backend/base/filter/filter.h"
#include "backend/browse/page.h"

struct tail_batch;

struct tail_kept {
	uint64_t wall_ns;
	struct tail_batch *batch;
	size_t row;
};

struct tail_store {
	size_t rows_max;
	uint64_t bytes_max;
	struct tail_kept *kept; /* oldest first */
	size_t kept_count;
	uint64_t bytes; /* of the batches that have rows here */
};

void tail_store_init(struct tail_store *store, size_t rows_max, uint64_t bytes_max);
void tail_store_finish(struct tail_store *store);
/* Rows in order of time. The reference passes. */
void tail_store_add(struct tail_store *store, struct event_page *page);
/* Rows that don't match go. NULL: all stay. */
void tail_store_keep(struct tail_store *store, const struct filter *filter);
void tail_store_clear(struct tail_store *store);
/* All that is kept. The caller owns the reference. */
struct event_page *tail_store_page(const struct tail_store *store);

#endif
