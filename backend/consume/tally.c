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
	pthread_mutex_init(&tally->loss_lock, NULL);
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
	event_counts_destroy(atomic_load_explicit(&tally->undelivered_types, memory_order_relaxed));
	pthread_mutex_destroy(&tally->loss_lock);
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

	struct event_counts *undelivered;

	pthread_mutex_lock(&tally->loss_lock);
	for (size_t i = 0; i < COUNT_OF(counters); i++)
		atomic_store_explicit(counters[i], 0, memory_order_relaxed);
	event_counts_clear(tally->recorded_types);
	undelivered = atomic_load_explicit(&tally->undelivered_types, memory_order_relaxed);
	if (undelivered)
		event_counts_clear(undelivered);
	tally->clear_count++;
	pthread_mutex_unlock(&tally->loss_lock);
}

/* --- receipts */

struct tally_receipt *tally_receipt_create(struct tally *tally, const struct event_counts *types,
					   uint64_t event_count, uint64_t bytes)
{
	size_t type_count = types ? event_counts_type_count(types) : 0;
	struct tally_receipt *receipt =
		mem_alloc(sizeof(*receipt) + type_count * sizeof(receipt->types[0]));

	*receipt = (struct tally_receipt){
		.event_count = event_count,
		.bytes = bytes,
		.clear_count = tally->clear_count, /* this thread clears */
		.type_count = type_count,
	};
	if (type_count > 0)
		event_counts_list(types, receipt->types);
	atomic_fetch_add_explicit(&tally->receipt_count, 1, memory_order_relaxed);
	return receipt;
}

void tally_receipt_arrived(struct tally *tally, struct tally_receipt *receipt)
{
	if (!receipt)
		return;
	free(receipt);
	/* Release: who finds none left sees all that was lost. */
	atomic_fetch_sub_explicit(&tally->receipt_count, 1, memory_order_release);
}

/* loss_lock is held. */
static void lose_types(struct tally *tally, const struct tally_receipt *receipt)
{
	struct event_counts *undelivered =
		atomic_load_explicit(&tally->undelivered_types, memory_order_relaxed);

	if (!undelivered) {
		undelivered = event_counts_create();
		/* Pairs with the acquire in tally_read_type(). */
		atomic_store_explicit(&tally->undelivered_types, undelivered, memory_order_release);
	}
	for (size_t i = 0; i < receipt->type_count; i++)
		event_counts_add(undelivered, receipt->types[i].id, receipt->types[i].events,
				 receipt->types[i].bytes);
}

static void lose(struct tally *tally, const struct tally_receipt *receipt, uint64_t now_wall_ns)
{
	tally_add(&tally->undelivered_events, receipt->event_count);
	tally_add(&tally->undelivered_bytes, receipt->bytes);
	if (receipt->event_count > 0)
		atomic_store_explicit(&tally->last_loss_wall_ns, now_wall_ns, memory_order_relaxed);
	if (receipt->type_count > 0)
		lose_types(tally, receipt);
}

void tally_receipt_lost(struct tally *tally, struct tally_receipt *receipt, uint64_t now_wall_ns)
{
	if (!receipt)
		return;
	pthread_mutex_lock(&tally->loss_lock);
	if (receipt->clear_count == tally->clear_count)
		lose(tally, receipt, now_wall_ns);
	pthread_mutex_unlock(&tally->loss_lock);
	tally_receipt_arrived(tally, receipt);
}

/* A packet may be lost before its consumer has counted it. */
static uint64_t without(uint64_t recorded, uint64_t lost)
{
	return lost < recorded ? recorded - lost : 0;
}

struct event_count tally_read_type(const struct tally *tally, uint32_t id)
{
	const struct event_counts *lost =
		atomic_load_explicit(&tally->undelivered_types, memory_order_acquire);
	struct event_count count = {
		.id = id,
		.events = event_counts_read(tally->recorded_types, id),
		.bytes = event_counts_read_bytes(tally->recorded_types, id),
	};

	if (lost) {
		count.events = without(count.events, event_counts_read(lost, id));
		count.bytes = without(count.bytes, event_counts_read_bytes(lost, id));
	}
	return count;
}
