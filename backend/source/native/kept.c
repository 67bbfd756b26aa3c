/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A stream of a snapshot session. While all who record a process want only snapshots, its lanes
 * write over what is old, and nothing is read until somebody asks. Else a lane waits for its
 * readers: then what it has is moved here as it fills. Packets stay until newer ones need the room.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/source/native/stream.h"

struct kept_packet {
	struct kept_packet *next;
	struct packet facts; /* bytes: those below */
	unsigned char bytes[];
};

struct native_history {
	pthread_mutex_t lock; /* the source's thread fetches, too; held while the lane is read */
	uint64_t bytes_max, used_bytes;
	struct kept_packet *first, **end;
	uint64_t first_number, count;
};

void native_history_create(struct native_stream *stream, uint64_t bytes_max)
{
	struct native_history *history = mem_zalloc(sizeof(*history));

	pthread_mutex_init(&history->lock, NULL);
	history->bytes_max = bytes_max;
	history->end = &history->first;
	stream->history = history;
	tally_note_buffers(stream->base.tally, true, 1, bytes_max);
}

static void drop_first(struct native_history *history)
{
	struct kept_packet *packet = history->first;

	history->first = packet->next;
	if (!history->first)
		history->end = &history->first;
	history->first_number++;
	history->count--;
	history->used_bytes -= packet->facts.size_bytes;
	free(packet);
}

void native_history_destroy(struct native_stream *stream)
{
	struct native_history *history = stream->history;

	if (!history)
		return;
	while (history->count > 0)
		drop_first(history);
	tally_note_buffers(stream->base.tally, false, 1, history->bytes_max);
	pthread_mutex_destroy(&history->lock);
	free(history);
}

static void keep(struct native_history *history, const struct packet *packet)
{
	struct kept_packet *kept = mem_alloc(sizeof(*kept) + packet->size_bytes);

	kept->next = NULL;
	memcpy(kept->bytes, packet->header, packet->header_bytes);
	memcpy(kept->bytes + packet->header_bytes, packet->bytes + packet->header_bytes,
	       packet->size_bytes - packet->header_bytes);
	kept->facts = *packet;
	kept->facts.bytes = kept->bytes;
	kept->facts.header_bytes = 0;
	kept->facts.counts = NULL; /* of the lane, not kept */
	*history->end = kept;
	history->end = &kept->next;
	history->count++;
	history->used_bytes += packet->size_bytes;
	while (history->count > 1 && history->used_bytes > history->bytes_max)
		drop_first(history);
}

/* The lock is held. */
static void fetch(struct native_stream *stream)
{
	struct packet packet;

	while (native_stream_take(stream, &packet) == TAKE_PACKET) {
		keep(stream->history, &packet);
		native_stream_give_back(stream);
	}
}

static bool is_in_the_way(struct native_stream *stream)
{
	bool is_so = false;

	pthread_mutex_lock(&stream->lock);
	if (stream->lane) {
		const struct native_process *process = stream->lane->process;

		is_so = __atomic_load_n(&process->control->mode, __ATOMIC_RELAXED) ==
				LANE_MODE_DISCARD ||
			atomic_load_explicit(&process->is_gone, memory_order_acquire);
	}
	pthread_mutex_unlock(&stream->lock);
	return is_so;
}

void native_history_fetch(struct native_stream *stream)
{
	if (!is_in_the_way(stream))
		return;
	pthread_mutex_lock(&stream->history->lock);
	fetch(stream);
	pthread_mutex_unlock(&stream->history->lock);
}

/* --- as consumers see it */

static struct native_history *lock(struct stream *base)
{
	struct native_history *history = native_stream_of(base)->history;

	pthread_mutex_lock(&history->lock);
	return history;
}

static void unlock(struct native_history *history)
{
	pthread_mutex_unlock(&history->lock);
}

static void flush(struct stream *base, enum flush_kind kind)
{
	struct native_history *history = lock(base);

	native_stream_flush(native_stream_of(base), kind);
	fetch(native_stream_of(base));
	unlock(history);
}

/*
 * Only a clear and the end take packets out: what is lent stays until the next one is asked for,
 * by the same thread.
 */
static enum take_result take(struct stream *base, struct packet *packet)
{
	struct native_history *history = lock(base);
	struct native_stream *stream = native_stream_of(base);
	bool has_one = history->count > 0;

	if (has_one) {
		free(stream->lent);
		stream->lent = mem_alloc(history->first->facts.size_bytes);
		*packet = history->first->facts;
		memcpy(stream->lent, packet->bytes, packet->size_bytes);
		packet->bytes = stream->lent;
		drop_first(history);
	}
	unlock(history);
	return has_one ? TAKE_PACKET : TAKE_NOTHING;
}

static void give_back(struct stream *base, const struct packet *packet)
{
	(void)base;
	(void)packet;
}

static enum take_result read_at(struct stream *base, uint64_t *position, uint64_t end,
				unsigned int *hole_count, struct packet *packet)
{
	struct native_history *history = lock(base);
	struct native_stream *stream = native_stream_of(base);
	uint64_t number = *position / NATIVE_KEPT_UNIT;
	const struct kept_packet *kept = history->first;
	bool has_one;

	(void)hole_count;
	if (number < history->first_number)
		number = history->first_number;
	has_one =
		number * NATIVE_KEPT_UNIT < end && number < history->first_number + history->count;
	for (uint64_t i = history->first_number; has_one && i < number; i++)
		kept = kept->next;
	if (has_one) {
		free(stream->lent);
		stream->lent = mem_alloc(kept->facts.size_bytes);
		*packet = kept->facts;
		memcpy(stream->lent, packet->bytes, packet->size_bytes);
		packet->bytes = stream->lent;
		*position = (number + 1) * NATIVE_KEPT_UNIT;
	}
	unlock(history);
	return has_one ? TAKE_PACKET : TAKE_NOTHING;
}

static uint64_t produced(struct stream *base)
{
	struct native_history *history = lock(base);
	uint64_t position = (history->first_number + history->count) * NATIVE_KEPT_UNIT;

	unlock(history);
	return position;
}

static uint64_t consumed(struct stream *base)
{
	struct native_history *history = lock(base);
	uint64_t position = history->first_number * NATIVE_KEPT_UNIT;

	unlock(history);
	return position;
}

const struct stream_class native_kept_class = {
	.take = take,
	.give_back = give_back,
	.flush = flush,
	.produced = produced,
	.consumed = consumed,
	.read_at = read_at,
	.destroy = native_stream_destroy,
};
