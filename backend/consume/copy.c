/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Snapshots: what a kept ring holds is copied, oldest packet first, while applications go on
 * writing. They may overtake the copy: then what was copied of the stream is dropped and it goes on
 * with what is there, so that the result has no gap.
 */
#include <stdlib.h>

#include "backend/base/mem.h"
#include "backend/consume/lane.h"
#include "backend/sink/sink.h"

#define PACKETS_PER_TURN 16
#define ATTEMPTS_MAX	 4 /* a ring may be overwritten wholly before its first packet is read */

/* One lane's part of a snapshot. */
struct copying {
	bool is_active;
	uint64_t packets_max;
	struct copy_losses *losses;
	struct task *task;
	struct error error;
	size_t remaining; /* slots, and one while it begins */
};

struct copy {
	struct copying *copying;
	uint64_t position;
	uint64_t end;
	unsigned int attempt;
	unsigned int packet_count; /* put and not dropped again */
	bool is_overtaken;	   /* its end was overwritten before it was read */
	unsigned int hole_count;
};

static void copying_unref(struct copying *copying)
{
	if (--copying->remaining > 0)
		return;
	if (copying->task)
		task_done(copying->task, error_is_set(&copying->error) ? &copying->error : NULL);
	free(copying);
}

static uint64_t round_down(const struct stream *stream, uint64_t position)
{
	return position - position % stream->subbuf_bytes;
}

/*
 * What was written until now is in whole packets then. A ring without any gives one that is empty,
 * so that the snapshot tells the time up to which nothing happened.
 */
static void flush(struct stream *stream)
{
	uint64_t consumed = round_down(stream, stream->class->consumed(stream));
	uint64_t produced = round_down(stream, stream->class->produced(stream));

	stream->class->flush(stream, produced == consumed ? FLUSH_FINAL : FLUSH_DATA);
}

static void set_range(struct copy *copy, struct stream *stream)
{
	uint64_t room;

	flush(stream);
	copy->end = round_down(stream, stream->class->produced(stream));
	copy->position = round_down(stream, stream->class->consumed(stream));
	room = copy->copying->packets_max * stream->subbuf_bytes;
	if (copy->copying->packets_max && copy->end - copy->position > room)
		copy->position = copy->end - room;
	copy->packet_count = 0;
	copy->hole_count = 0;
	copy->is_overtaken = false;
}

void copy_begin(struct lane *lane, struct lane_set *set, bool is_active, uint64_t packets_max,
		struct copy_losses *losses, struct task *task)
{
	struct copying *copying = mem_zalloc(sizeof(*copying));

	(void)lane;
	copying->is_active = is_active;
	copying->packets_max = packets_max;
	copying->losses = losses;
	copying->task = task;
	copying->remaining = 1;
	for (struct slot *slot = set->slots; slot; slot = slot->next) {
		const struct stream *stream = slot->stream;

		if (!stream->is_kept || !stream->output || !stream->subbuf_bytes ||
		    slot->is_retiring || slot->copy)
			continue;
		slot->copy = mem_zalloc(sizeof(*slot->copy));
		slot->copy->copying = copying;
		copying->remaining++;
		set_range(slot->copy, slot->stream);
		lane_wake(slot);
	}
	copying_unref(copying);
}

void copy_end(struct slot *slot)
{
	struct copy *copy = slot->copy;

	if (!copy)
		return;
	slot->copy = NULL;
	atomic_fetch_add_explicit(&copy->copying->losses->hole_count, copy->hole_count,
				  memory_order_relaxed);
	copying_unref(copy->copying);
	free(copy);
}

/* A hole is a gap that stays; anything else was overwritten while it was to be copied. */
static bool was_overtaken(const struct stream *stream, uint64_t expected, uint64_t position,
			  unsigned int new_holes)
{
	uint64_t passed = (position - stream->subbuf_bytes - expected) / stream->subbuf_bytes;

	return passed > new_holes;
}

static bool copy_one(struct slot *slot)
{
	struct stream *stream = slot->stream;
	struct copy *copy = slot->copy;
	uint64_t expected = copy->position;
	unsigned int holes = 0;
	struct packet packet;
	uint64_t event_count;

	packet.header_bytes = 0;
	packet.counts = NULL;
	if (stream->class->read_at(stream, &copy->position, copy->end, &holes, &packet) !=
	    TAKE_PACKET) {
		copy->hole_count += holes;
		copy->is_overtaken =
			(int64_t)(copy->end - expected) > (int64_t)(holes * stream->subbuf_bytes);
		return false;
	}
	if (copy->packet_count > 0 && was_overtaken(stream, expected, copy->position, holes)) {
		sink_stream_empty(stream->output);
		copy->packet_count = 0;
		copy->hole_count = 0;
	}
	copy->hole_count += holes;
	event_count = slot_count_events(slot, &packet);
	event_counts_clear(slot->lane->scratch);
	if (sink_put(stream->output, &packet, event_count, &copy->copying->error))
		copy->packet_count++;
	stream->class->give_back(stream, &packet);
	return !error_is_set(&copy->copying->error);
}

/* Its end, if not all of it, was overwritten while it was copied: there is newer data now. */
static bool begins_again(struct slot *slot)
{
	struct copy *copy = slot->copy;

	if (!copy->is_overtaken || error_is_set(&copy->copying->error) ||
	    ++copy->attempt == ATTEMPTS_MAX)
		return false;
	sink_stream_empty(slot->stream->output);
	set_range(copy, slot->stream);
	return true;
}

bool copy_turn(struct slot *slot)
{
	for (unsigned int i = 0; i < PACKETS_PER_TURN; i++) {
		if (copy_one(slot))
			continue;
		if (begins_again(slot))
			return true;
		copy_end(slot);
		return false;
	}
	return true;
}
