/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Drains, cuts, clears and beats: each stream of a set is flushed, then waited for until everything
 * that was closed by then has been carried, or dropped. Streams don't wait for each other.
 */
#include <stdlib.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/consume/lane.h"
#include "backend/sink/sink.h"

struct sweep {
	struct sweep_wish wish;
	uint64_t limit_ns;
	size_t remaining; /* slots, and one while it begins */
	struct task *task;
	struct wait waits[];
};

static void sweep_unref(struct sweep *sweep)
{
	if (--sweep->remaining > 0)
		return;
	if (sweep->task)
		task_done(sweep->task, NULL);
	free(sweep);
}

/* The end of the last closed packet. */
static uint64_t closed_position(struct stream *stream)
{
	uint64_t produced = stream->class->produced(stream);

	return stream->subbuf_bytes ? produced - produced % stream->subbuf_bytes : produced;
}

static void sample_fill(struct lane *lane, struct stream *stream)
{
	uint64_t consumed = stream->class->consumed(stream);
	uint64_t backlog = stream->class->produced(stream) - consumed;
	struct tally *tally = stream->tally;
	uint32_t permille;

	if (!tally || stream->ring_bytes == 0)
		return;
	if (backlog > stream->ring_bytes)
		backlog = stream->ring_bytes;
	permille = (uint32_t)(backlog * 1000 / stream->ring_bytes);
	if (tally->fill_sample == lane->sample &&
	    atomic_load_explicit(&tally->fill_permille, memory_order_relaxed) >= permille)
		return;
	tally->fill_sample = lane->sample;
	atomic_store_explicit(&tally->fill_permille, permille, memory_order_relaxed);
}

/* A flush pushes a whole sub-buffer out of an overwrite channel's history: rotation and stop only.
 */
static void flush(struct stream *stream, const struct sweep_wish *wish)
{
	if (wish->kind == FLUSH_NONE)
		return;
	/* Who reads a live trace is kept waiting by the slowest stream. */
	if (wish->is_beat)
		stream->class->flush(stream,
				     sink_wants_packet(stream->output) ? FLUSH_FINAL : wish->kind);
	else if (!stream->is_overwrite || wish->is_cut || wish->kind == FLUSH_FINAL)
		stream->class->flush(stream, wish->kind);
}

/* What a kept stream holds is for snapshots: only a clear takes it out. */
static bool concerns(const struct sweep_wish *wish, const struct stream *stream)
{
	if (wish->is_beat && (!stream->output || !stream->output->sink->is_live))
		return false;
	return wish->is_clear || !stream->is_kept;
}

/* To be read before the flush: what is recorded later is at it or after it. */
static uint64_t safe_clock(struct stream *stream)
{
	uint64_t now = stream->class->clock ? stream->class->clock(stream) : clock_monotonic_ns();

	return now > STREAM_CLOCK_MARGIN ? now - STREAM_CLOCK_MARGIN : 0;
}

static void add_wait(struct sweep *sweep, struct wait *wait, struct slot *slot, uint64_t now_ns,
		     uint64_t clock)
{
	struct wait **link = &slot->waits;

	while (*link)
		link = &(*link)->next;
	*wait = (struct wait){
		.sweep = sweep,
		.is_clear = sweep->wish.is_clear,
		.target = closed_position(slot->stream),
		.deadline_ns = now_ns + sweep->limit_ns,
		.clock = clock,
	};
	*link = wait;
	sweep->remaining++;
	slot->clear_count += wait->is_clear;
	lane_wake(slot);
}

static size_t count_slots(const struct lane_set *set)
{
	size_t count = 0;

	for (const struct slot *slot = set->slots; slot; slot = slot->next)
		count++;
	return count;
}

void sweep_begin(struct lane *lane, struct lane_set *set, const struct sweep_wish *wish,
		 struct task *task)
{
	size_t count = count_slots(set);
	struct sweep *sweep = mem_zalloc(sizeof(*sweep) + count * sizeof(sweep->waits[0]));
	struct wait *wait = sweep->waits;
	uint64_t now_ns = clock_monotonic_ns();

	sweep->wish = *wish;
	sweep->limit_ns = wish->limit_ms * NS_PER_MS;
	sweep->remaining = 1;
	sweep->task = task;
	if (!wish->is_cut)
		lane->sample++;
	for (struct slot *slot = set->slots; slot; slot = slot->next) {
		uint64_t clock = 0;

		if (!wish->is_cut)
			sample_fill(lane, slot->stream);
		if (!concerns(wish, slot->stream))
			continue;
		if (wish->is_clear && slot->stream->tally)
			tally_clear(slot->stream->tally);
		if (wish->is_beat)
			clock = safe_clock(slot->stream);
		flush(slot->stream, wish);
		add_wait(sweep, wait++, slot, now_ns, clock);
	}
	sweep_unref(sweep);
}

static bool has_arrived(struct stream *stream, const struct wait *wait)
{
	/* Positions run free: which is ahead tells the sign of their difference. */
	return (int64_t)(stream->class->consumed(stream) - wait->target) >= 0;
}

static void end_wait(struct slot *slot, struct wait *wait)
{
	slot->clear_count -= wait->is_clear;
	if (wait->sweep->wish.is_cut && slot->stream->output)
		sink_stream_cut(slot->stream->output);
	else
		slot_settle(slot);
	if (wait->sweep->wish.is_beat && has_arrived(slot->stream, wait))
		sink_beacon(slot->stream->output, wait->clock);
	sweep_unref(wait->sweep);
}

static bool is_over(struct stream *stream, const struct wait *wait, uint64_t idle_at_ns)
{
	return has_arrived(stream, wait) || idle_at_ns >= wait->deadline_ns;
}

/*
 * A full ring has no room for the packet that tells how many events it refused; now it has, and
 * these are the past's.
 */
static bool flushes_again(struct slot *slot, struct wait *wait)
{
	struct stream *stream = slot->stream;

	if (!wait->is_clear || wait->is_flushed || stream->is_kept || slot->is_retiring)
		return false;
	wait->is_flushed = true;
	flush(stream, &wait->sweep->wish);
	wait->target = closed_position(stream);
	return !is_over(stream, wait, 0);
}

void sweep_check(struct slot *slot, uint64_t idle_at_ns)
{
	struct wait **link = &slot->waits;

	while (*link) {
		struct wait *wait = *link;

		if (is_over(slot->stream, wait, idle_at_ns) && !flushes_again(slot, wait)) {
			*link = wait->next;
			end_wait(slot, wait);
		} else {
			link = &wait->next;
		}
	}
}

void sweep_progress(struct slot *slot, uint64_t now_ns)
{
	for (struct wait *wait = slot->waits; wait; wait = wait->next)
		wait->deadline_ns = now_ns + wait->sweep->limit_ns;
}
