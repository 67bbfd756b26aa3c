/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sinks whose traces come in chunks, on disk or at a relay daemon: what start, rotate, clear, stop
 * and destroy ask of them. What may wait for another machine takes a task.
 */
#ifndef TRACON_SINK_CHUNKED_H
#define TRACON_SINK_CHUNKED_H

#include "backend/base/queue.h"
#include "backend/sink/chunk.h"

struct chunked_class {
	bool (*open)(struct sink *sink, uint64_t now_wall_ns, struct error *err);
	bool (*rotate)(struct sink *sink, bool is_last, uint64_t now_wall_ns, uint64_t *chunk_id,
		       struct error *err);
	bool (*clear)(struct sink *sink, bool is_last, uint64_t now_wall_ns, bool *is_closing,
		      uint64_t *chunk_id, struct error *err);
	bool (*current)(struct sink *sink, struct chunk_info *info);
	void (*prepare)(struct sink *sink, struct task *task); /* may be NULL */
	void (*arrive)(struct sink *sink, struct task *task);  /* may be NULL */
	void (*finish)(struct sink *sink, uint64_t now_wall_ns, struct task *task);
};

/* Before open(): what must be reached is reached, or the task fails. */
static inline void chunked_prepare(struct sink *sink, struct task *task)
{
	if (sink->class->chunked->prepare)
		sink->class->chunked->prepare(sink, task);
}

/* See chunk_sink_open(). */
static inline bool chunked_open(struct sink *sink, uint64_t now_wall_ns, struct error *err)
{
	return sink->class->chunked->open(sink, now_wall_ns, err);
}

/* See chunk_sink_rotate(). */
static inline bool chunked_rotate(struct sink *sink, bool is_last, uint64_t now_wall_ns,
				  uint64_t *chunk_id, struct error *err)
{
	return sink->class->chunked->rotate(sink, is_last, now_wall_ns, chunk_id, err);
}

/* See chunk_sink_clear(). */
static inline bool chunked_clear(struct sink *sink, bool is_last, uint64_t now_wall_ns,
				 bool *is_closing, uint64_t *chunk_id, struct error *err)
{
	return sink->class->chunked->clear(sink, is_last, now_wall_ns, is_closing, chunk_id, err);
}

/* See chunk_sink_current(). */
static inline bool chunked_current(struct sink *sink, struct chunk_info *info)
{
	return sink->class->chunked->current(sink, info);
}

/* What was put so far is where it belongs, or known as lost, when the task's part is done. */
static inline void chunked_arrive(struct sink *sink, struct task *task)
{
	if (sink->class->chunked->arrive)
		sink->class->chunked->arrive(sink, task);
}

/* See chunk_sink_finish(): `closed` is called before the task's part is done. */
static inline void chunked_finish(struct sink *sink, uint64_t now_wall_ns, struct task *task)
{
	sink->class->chunked->finish(sink, now_wall_ns, task);
}

#endif
