/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The life of a tally; adding and reading is inline. */
#include "backend/consume/tally.h"

#include <stdlib.h>

#include "backend/base/mem.h"

struct tally *tally_create(void)
{
	struct tally *tally = mem_zalloc(sizeof(*tally));

	atomic_init(&tally->references, 1);
	tally->recorded_types = event_counts_create();
	return tally;
}

struct tally *tally_ref(struct tally *tally)
{
	/* Relaxed: the caller holds a reference already. */
	atomic_fetch_add_explicit(&tally->references, 1, memory_order_relaxed);
	return tally;
}

void tally_unref(struct tally *tally)
{
	/* Release what this holder did; acquire what all others did before freeing. */
	if (!tally || atomic_fetch_sub_explicit(&tally->references, 1, memory_order_acq_rel) != 1)
		return;
	event_counts_destroy(tally->recorded_types);
	free(tally);
}

void tally_clear(struct tally *tally)
{
	_Atomic uint64_t *const counters[] = {
		&tally->recorded_events,   &tally->recorded_bytes,    &tally->undelivered_events,
		&tally->undelivered_bytes, &tally->discarded_ring,    &tally->discarded_write,
		&tally->lost_packets,	   &tally->unreadable_bytes,  &tally->repairs,
		&tally->inconsistent,	   &tally->last_loss_wall_ns,
	};

	for (size_t i = 0; i < COUNT_OF(counters); i++)
		atomic_store_explicit(counters[i], 0, memory_order_relaxed);
	event_counts_clear(tally->recorded_types);
}

void tally_lose(struct tally *tally, uint64_t event_count, uint64_t bytes, uint64_t now_wall_ns)
{
	atomic_fetch_add_explicit(&tally->undelivered_events, event_count, memory_order_relaxed);
	atomic_fetch_add_explicit(&tally->undelivered_bytes, bytes, memory_order_relaxed);
	if (event_count > 0)
		atomic_store_explicit(&tally->last_loss_wall_ns, now_wall_ns, memory_order_relaxed);
}
