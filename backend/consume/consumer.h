/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The threads that carry packets from sources to sinks: take, put, count, give back. Nothing is
 * allocated on that way. All functions: any thread; they hand work to the consumer threads and tell
 * a task when done. Where a call takes a task, one part of it passes to the call, which ends that
 * part exactly once (and adds parts of its own in between); NULL: nobody is told.
 */
#ifndef TRACON_CONSUME_CONSUMER_H
#define TRACON_CONSUME_CONSUMER_H

#include <pthread.h>

#include "backend/base/queue.h"
#include "backend/consume/stream.h"

struct consumer_pool;
/* thread_count 0: chosen by the number of CPUs. NULL with ERROR_IO. */
struct consumer_pool *consumer_pool_create(unsigned int thread_count, struct error *err);
void consumer_pool_destroy(struct consumer_pool *pool); /* all sets must be gone; NULL passes */

/* All streams of one session: rotated, flushed and stopped together. */
struct stream_set;
struct stream_set *stream_set_create(struct consumer_pool *pool);

/* The set owns the stream from here on; its first packet may pass before this returns. */
void stream_set_add(struct stream_set *set, struct stream *stream);

/*
 * Takes what is left until TAKE_NOTHING or TAKE_GONE, closes the output (unless is_output_kept),
 * destroys the stream, and is done with its part of the task.
 */
void stream_set_retire(struct stream_set *set, struct stream *stream, struct task *task);

/*
 * Flushes each stream as `kind` says (overwrite streams only for FLUSH_FINAL) and carries
 * everything that was produced until then. A ring that stands still longer than limit_ms is left
 * (the source's repair). Also samples the fill gauges.
 */
void stream_set_drain(struct stream_set *set, enum flush_kind kind, unsigned int limit_ms,
		      struct task *task);

/*
 * A live period is over: as a drain of what holds data, of overwrite streams too, and each output
 * is told how far its stream is (sink_beacon). Streams of sinks that are not live, and kept ones,
 * are left alone.
 */
void stream_set_beat(struct stream_set *set, unsigned int limit_ms, struct task *task);

/*
 * For a rotation, after the sink has made its next chunk current: each stream is flushed, drained
 * up to the position it had then, and its output moved (sink_stream_cut). A stream added meanwhile
 * is there already. Kept streams are left alone by this and by stream_set_drain().
 */
void stream_set_cut(struct stream_set *set, enum flush_kind kind, unsigned int limit_ms,
		    struct task *task);

/*
 * From now on packets of all streams, later ones too, are offered to the tap; NULL: to none. The
 * set holds references of its own. Done when the tap before is touched no more. Not once the set is
 * being destroyed.
 */
struct tap;
void stream_set_tap(struct stream_set *set, struct tap *tap, struct task *task);

/*
 * Forgets: counters begin at zero, each stream is flushed, and what was produced until then is
 * dropped, uncounted; then its output is moved as by stream_set_cut(). What is produced later is
 * recorded.
 */
void stream_set_clear(struct stream_set *set, enum flush_kind kind, unsigned int limit_ms,
		      struct task *task);

/* What a copy can't have. Any thread adds; read it when the task is done. */
struct copy_losses {
	atomic_uint hole_count; /* sub-buffers that nobody completes */
};

/*
 * A snapshot: what the rings of kept streams hold now goes to their outputs, nothing is consumed
 * and nobody waits. Of each stream the newest part without a gap, at most `packets_max` packets (0:
 * all). is_active: applications write meanwhile. The task's error: a packet could not be written.
 */
void stream_set_copy(struct stream_set *set, bool is_active, uint64_t packets_max,
		     struct copy_losses *losses, struct task *task);

/* How many streams have rings of which sizes. */
struct ring_kind {
	uint64_t subbuf_bytes;
	uint64_t subbuf_count;
	uint64_t stream_count;
};
struct ring_kinds {
	pthread_mutex_t lock; /* while it is filled */
	struct ring_kind *kinds;
	size_t count, room;
};
void ring_kinds_init(struct ring_kinds *kinds);
void ring_kinds_finish(struct ring_kinds *kinds);
/* Adds the kept streams of the set. */
void stream_set_measure(struct stream_set *set, struct ring_kinds *kinds, struct task *task);

/* Retires every stream, then frees the set. */
void stream_set_destroy(struct stream_set *set, struct task *task);

/* CPU time used by the consumer threads so far. */
uint64_t consumer_pool_cpu_ns(const struct consumer_pool *pool);

#endif
