/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For tests: a source's ring that any thread fills with numbered events, in packets as LTTng-UST
 * makes them. Numbers tell afterwards what was carried, and how often.
 */
#ifndef TRACON_TESTS_FAKE_RING_H
#define TRACON_TESTS_FAKE_RING_H

#include "backend/base/queue.h"
#include "backend/base/text.h"
#include "backend/consume/consumer.h"

#define FAKE_SUBBUF_BYTES 4096
#define FAKE_EVENT_ID	  2

struct fake_ring;

/* What streams of one channel share: its type, scanner and tally. */
struct fake_channel {
	struct scanner *scanner;
	struct tally *tally;
	struct text metadata;
	unsigned int affinity;
	atomic_uint destroyed_count; /* streams */
};

void fake_channel_init(struct fake_channel *channel, unsigned int affinity);
void fake_channel_finish(struct fake_channel *channel);

/* The consumer destroys it, as a stream. output: may be NULL. */
struct fake_ring *fake_ring_create(struct fake_channel *channel, uint32_t cpu,
				   unsigned int subbuf_count, bool is_overwrite,
				   struct sink_stream *output);
struct stream *fake_ring_stream(struct fake_ring *ring);
/*
 * Emits one event with this number: false if the ring is full and the event was discarded. Any
 * thread.
 */
bool fake_ring_emit(struct fake_ring *ring, uint64_t number);
/* From now on packets come out only up to this many; UINT64_MAX: all. */
void fake_ring_hold(struct fake_ring *ring, uint64_t packet_count);
/* Its packets come with their counts, and nobody else can count them. Before it is added to a set.
 */
void fake_ring_count(struct fake_ring *ring);
/* Packets stay in it, for snapshots. Before it is added to a set. */
void fake_ring_keep(struct fake_ring *ring);
/* Called before each read of a kept ring, which is the n-th from 0: time to write on. */
void fake_ring_before_read(struct fake_ring *ring,
			   void (*call)(struct fake_ring *ring, unsigned int n));
/* Nobody completes this packet. */
void fake_ring_make_hole(struct fake_ring *ring, uint64_t index);
/* The descriptor never becomes ready again. */
void fake_ring_silence(struct fake_ring *ring);
/* All writers of the descriptor have gone. */
void fake_ring_hang_up(struct fake_ring *ring);
uint64_t fake_ring_discarded(struct fake_ring *ring);
uint64_t fake_ring_flushes(struct fake_ring *ring);

/* Runs messages of `queue` until *is_done; fails the test after a while. */
void fake_wait_for(struct queue *queue, const bool *is_done);

/* A task whose end sets is_done. */
struct fake_task {
	struct task task; /* first */
	bool is_done;
};
void fake_task_init(struct fake_task *fake, struct queue *home);
void fake_task_wait(struct fake_task *fake); /* ends the caller's part first */

#endif
