/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What passed for one channel of one buffer group: counted (referenced) by the streams, which may
 * be replaced, and by the model, which outlives them. One consumer thread adds, any thread reads:
 * relaxed.
 */
#ifndef TRACON_CONSUME_TALLY_H
#define TRACON_CONSUME_TALLY_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "backend/ctf/scan.h"

#define TALLY_OWNER_MAX 48

struct tally {
	atomic_uint references;
	_Atomic uint64_t recorded_events; /* in packets that the sink took */
	_Atomic uint64_t recorded_bytes;  /* their size in the files */
	/* Of those, what the sink took and could not bring to its place. Any thread adds. */
	_Atomic uint64_t undelivered_events;
	_Atomic uint64_t undelivered_bytes;
	_Atomic uint64_t discarded_ring;   /* refused for want of room, by packet headers */
	_Atomic uint64_t discarded_write;  /* in packets that could not be written */
	_Atomic uint64_t lost_packets;	   /* overwritten unread, by sequence numbers */
	_Atomic uint64_t unreadable_bytes; /* left by killed writers */
	_Atomic uint64_t repairs;	   /* stalls mended by fresh buffers */
	_Atomic uint64_t inconsistent;	   /* packets whose walk did not end at the content's end */
	_Atomic uint64_t last_loss_wall_ns; /* 0: never */
	_Atomic uint32_t fill_permille;	    /* fullest ring at the last sample */
	/* The memory that is there for its records: the source's to keep true. */
	_Atomic uint64_t buffer_bytes;
	_Atomic uint32_t buffer_count;
	char owner[TALLY_OWNER_MAX]; /* "user 1000", "process 12"; "": everybody. Set at first */
	atomic_uint stream_count;    /* consumed at present */
	uint64_t fill_sample;	     /* which sample that was: the consumer's own */
	struct event_counts *recorded_types;
	atomic_uint receipt_count;
	bool is_over;		   /* its group is gone: the model's own */
	pthread_mutex_t loss_lock; /* a leaf: what is lost, and clearing */
	unsigned int clear_count;  /* loss_lock */
	/* Of recorded_types, what did not arrive. NULL: all did. loss_lock to add. */
	_Atomic(struct event_counts *) undelivered_types;
};

/* What one packet added, for a sink that finds out later whether it arrives. */
struct tally_receipt {
	uint64_t event_count;
	uint64_t bytes;
	unsigned int clear_count;
	size_t type_count;
	struct event_count types[];
};

struct tally *tally_create(void);
struct tally *tally_ref(struct tally *tally);
void tally_unref(struct tally *tally);

/* Counts from zero again: the owning consumer thread, or any when no stream is consumed. */
void tally_clear(struct tally *tally);

/* The owning consumer thread: a plain load and store, no locked instruction. */
static inline void tally_add(_Atomic uint64_t *counter, uint64_t count)
{
	uint64_t value = atomic_load_explicit(counter, memory_order_relaxed);

	atomic_store_explicit(counter, value + count, memory_order_relaxed);
}

/* types: of the packet's events; NULL: not known. The owning consumer thread. */
struct tally_receipt *tally_receipt_create(struct tally *tally, const struct event_counts *types,
					   uint64_t event_count, uint64_t bytes);
/* Any thread, once for each receipt. Lost events count as discarded, unless they were cleared. */
void tally_receipt_arrived(struct tally *tally, struct tally_receipt *receipt);
void tally_receipt_lost(struct tally *tally, struct tally_receipt *receipt, uint64_t now_wall_ns);

/* Events of a type, and their bytes, that were recorded and are not known to be lost. */
struct event_count tally_read_type(const struct tally *tally, uint32_t id);

/* Some of what it counts may still prove to be lost. */
static inline bool tally_may_lose(const struct tally *tally)
{
	return atomic_load_explicit(&tally->receipt_count, memory_order_acquire) > 0;
}

/* Any thread: buffers of that size came, or (is_there false) went. */
static inline void tally_note_buffers(struct tally *tally, bool is_there, uint32_t count,
				      uint64_t bytes_each)
{
	uint64_t bytes = count * bytes_each;

	/* Relaxed: numbers for people. */
	if (is_there) {
		atomic_fetch_add_explicit(&tally->buffer_bytes, bytes, memory_order_relaxed);
		atomic_fetch_add_explicit(&tally->buffer_count, count, memory_order_relaxed);
	} else {
		atomic_fetch_sub_explicit(&tally->buffer_bytes, bytes, memory_order_relaxed);
		atomic_fetch_sub_explicit(&tally->buffer_count, count, memory_order_relaxed);
	}
}

static inline uint64_t tally_read(const _Atomic uint64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

#endif
