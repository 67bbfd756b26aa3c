/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The records of a piece of a lane. An application may have written anything, and go on writing:
 * what decides is read once, sizes are checked before they are used, time never goes back.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/base/rcu.h"
#include "backend/base/tsan.h"
#include "backend/source/native/stream.h"

#define TICKS_MASK ((UINT64_C(1) << 48) - 1)

static uint64_t load_header(const unsigned char *at)
{
	uint64_t header;

	memcpy(&header, at, sizeof(header));
	__asm__("" : "+r"(header)); /* once: the application may change it */
	return header;
}

static uint32_t load_u32(const unsigned char *at)
{
	uint32_t value;

	memcpy(&value, at, sizeof(value));
	__asm__("" : "+r"(value));
	return value;
}

/* All of the clock, of its low bits: the latest that such a record can be of; 0: there is none. */
static inline uint64_t whole_ticks(uint64_t latest_ticks, uint64_t low)
{
	uint64_t since = (latest_ticks - low) & TICKS_MASK;

	return since <= latest_ticks ? latest_ticks - since : 0;
}

/* Of a record that is no event; 0: it is none that there is. */
static uint64_t other_bytes(uint32_t id, const unsigned char *at, uint64_t left)
{
	uint64_t bytes = LANE_RECORD_BYTES + id;

	if (id == LANE_ID_OWNER)
		bytes = LANE_OWNER_BYTES;
	else if (id == LANE_ID_PADDING_N && left >= LANE_PADDING_N_BYTES)
		bytes = LANE_PADDING_N_BYTES + (uint64_t)load_u32(at + LANE_RECORD_BYTES);
	else if (id >= LANE_ID_PADDING_N)
		return 0;
	return bytes <= left ? bytes : 0;
}

static uint64_t event_bytes(const struct native_catalog *catalog, uint32_t id,
			    const unsigned char *at, uint64_t left)
{
	const struct native_event *event = native_catalog_find(catalog, id);
	uint64_t bytes;

	if (!event)
		return 0;
	bytes = native_shape_bytes(event->shape, at + LANE_RECORD_BYTES, left - LANE_RECORD_BYTES);
	return bytes == NATIVE_BYTES_NONE ? 0 : LANE_RECORD_BYTES + bytes;
}

uint64_t native_record_bytes(const struct native_catalog *catalog, const unsigned char *at,
			     uint64_t left, uint32_t *id)
{
	if (left < LANE_RECORD_BYTES)
		return 0;
	*id = lane_record_id(load_header(at));
	return *id < LANE_ID_FIRST ? other_bytes(*id, at, left)
				   : event_bytes(catalog, *id, at, left);
}

uint32_t native_record_owner(const unsigned char *at)
{
	return load_u32(at + LANE_RECORD_BYTES);
}

static void note_type(struct native_stream *stream, uint32_t id)
{
	struct native_channel *channel = stream->channel;
	const struct native_event *event;

	if (__builtin_expect(channel->is_seen[id], 1))
		return;
	channel->is_seen[id] = 1;
	event = native_catalog_find(channel->catalog, id);
	channel->host->event_type_added(channel->host->data, channel->session_id, channel->id,
					tally_ref(channel->tally), id, event->name, event->level);
}

/* Of the types that were counted; ids of records have 16 bits. */
static bool are_wanted(const struct native_stream *stream)
{
	size_t count;
	const uint32_t *ids = event_counts_ids(stream->counts, &count);

	for (size_t i = 0; i < count; i++)
		if (stream->wants->choice[ids[i]] != NATIVE_WANTED)
			return false;
	return count > 0;
}

static void note_types(struct native_stream *stream)
{
	size_t count;
	const uint32_t *ids = event_counts_ids(stream->counts, &count);

	for (size_t i = 0; i < count; i++)
		note_type(stream, ids[i]);
}

/*
 * Whether these bytes are events that are wanted, in order of time: then they can be lent as they
 * lie, and have been counted. For the walk time never goes back: a step back is one far ahead.
 */
static bool is_all_wanted(struct native_stream *stream, const unsigned char *at, uint64_t bytes,
			  uint64_t *first_clock, uint64_t *last_clock)
{
	struct scan_result result;

	if (bytes < LANE_RECORD_BYTES)
		return false;
	*first_clock = whole_ticks(stream->latest_ticks, lane_record_ticks(load_header(at)));
	if (*first_clock < stream->last_clock)
		return false;
	event_counts_clear(stream->counts); /* of a packet that nobody has counted */
	scanner_walk(stream->base.scanner, at, 0, bytes, *first_clock, stream->counts, &result);
	if (!result.is_consistent || result.last_clock > stream->latest_ticks ||
	    !are_wanted(stream))
		return false;
	note_types(stream);
	*last_clock = result.last_clock;
	return true;
}

/* Adds an event to the open packet. */
static void append(struct native_stream *stream, const struct native_writer_state *state,
		   uint64_t header, const unsigned char *at, uint64_t bytes)
{
	const struct native_context *context = &stream->channel->context;
	unsigned char *to = stream->bytes + stream->at;

	memcpy(to, &header, sizeof(header));
	to += LANE_RECORD_BYTES;
	native_context_write(context, state, to);
	to += context->bytes;
	memcpy(to, at + LANE_RECORD_BYTES, bytes - LANE_RECORD_BYTES);
	stream->at += bytes + context->bytes;
	stream->event_count++;
}

enum copied { COPIED_ALL, COPIED_FULL, COPIED_BROKEN };

/* One that is wanted. False: the packet must be closed first. */
static bool copy_event(struct native_stream *stream, struct native_lane *lane, uint32_t id,
		       const unsigned char *at, uint64_t bytes)
{
	uint64_t ticks = whole_ticks(stream->latest_ticks, lane_record_ticks(load_header(at)));
	bool is_of_other = stream->packet_tid != stream->tid && !native_lane_is_borrowed(lane);
	struct native_record record = {.writer = {lane->process, stream->tid, ""},
				       .fields = at + LANE_RECORD_BYTES,
				       .bytes = bytes - LANE_RECORD_BYTES};
	unsigned char choice = stream->wants->choice[id];

	if (choice == NATIVE_UNWANTED)
		return true;
	if (!stream->wants->is_plain)
		record.writer.thread_name = native_packet_name(stream, lane->process, stream->tid);
	if (choice == NATIVE_ASKED && !native_wants_match(stream->wants, id, &record))
		return true;
	if (stream->is_open && stream->event_count > 0 &&
	    (is_of_other || stream->at + bytes + stream->channel->context.bytes > stream->room))
		return false;
	/* Only who lies about the time goes back in it. */
	if (ticks < stream->last_clock)
		ticks = stream->last_clock;
	if (!stream->is_open || stream->event_count == 0)
		native_packet_open(stream, ticks);
	stream->last_clock = ticks;
	note_type(stream, id);
	append(stream, &record.writer, lane_record_header(id, ticks), at, bytes);
	return true;
}

/* *at is moved behind what was taken. */
static enum copied copy_records(struct native_stream *stream, struct native_lane *lane,
				const unsigned char **at, const unsigned char *end)
{
	enum copied copied = COPIED_ALL;

	rcu_read_begin(); /* an id may be written there whose type is being forgotten */
	while (*at < end && copied == COPIED_ALL) {
		uint32_t id = 0;
		uint64_t bytes = native_record_bytes(stream->channel->catalog, *at,
						     (uint64_t)(end - *at), &id);

		if (bytes == 0)
			copied = COPIED_BROKEN;
		else if (id == LANE_ID_OWNER)
			stream->tid = native_record_owner(*at);
		else if (id >= LANE_ID_FIRST && !copy_event(stream, lane, id, *at, bytes))
			copied = COPIED_FULL;
		if (copied == COPIED_ALL)
			*at += bytes;
	}
	rcu_read_end();
	return copied;
}

/* --- pieces of a lane */

static void tell_broken(struct native_stream *stream, const struct native_lane *lane)
{
	if (!stream->is_broken_told)
		log_write(LOG_LEVEL_WARNING,
			  "native application '%s' (%d): what it wrote can't be read; the rest of "
			  "the sub-buffer is passed over",
			  lane->process->name, (int)lane->process->pid);
	stream->is_broken_told = true;
}

static void count_unreadable(struct native_stream *stream, const struct native_lane *lane,
			     uint64_t bytes)
{
	tally_add(&stream->base.tally->unreadable_bytes, bytes);
	tell_broken(stream, lane);
}

static void count_lost(struct native_stream *stream, uint64_t packets)
{
	stream->sequence += packets;
}

/* Its writer has gone round. False: the piece is there still. */
static bool is_overrun(struct native_stream *stream, struct native_lane *lane, uint64_t from)
{
	uint64_t sub_bytes = native_sub_bytes(lane->process);
	uint64_t start = from & ~(sub_bytes - 1);
	uint64_t open_end;

#ifndef TSAN_IS_ON /* which knows no fences */
	/* What was copied is older than what is loaded next: pairs with the writer's exchange. */
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
#endif
	open_end = __atomic_load_n(&lane->header->open_end, __ATOMIC_RELAXED) & ~(sub_bytes - 1);
	if (open_end <= start + native_ring_bytes(lane->process))
		return false;
	start = open_end - native_ring_bytes(lane->process);
	count_lost(stream, (start - (stream->read & ~(sub_bytes - 1))) / sub_bytes);
	stream->read = start;
	return true;
}

bool native_piece_find(const struct native_lane *lane, uint64_t read, uint64_t bound,
		       struct native_piece *piece)
{
	const struct native_process *process = lane->process;
	uint64_t sub_bytes = native_sub_bytes(process);
	uint64_t start = read & ~(sub_bytes - 1);
	const struct lane_packet *packet =
		(const struct lane_packet *)(lane->data +
					     (start & (native_ring_bytes(process) - 1)));
	uint64_t content = sub_bytes;

	piece->from = read == start ? start + LANE_PACKET_BYTES : read;
	piece->next = bound < start + sub_bytes ? bound : start + sub_bytes;
	if (bound > start + sub_bytes)
		content = __atomic_load_n(&packet->content_bytes, __ATOMIC_RELAXED);
	if (bound < start + sub_bytes)
		content = bound - start;
	piece->end = start + content;
	piece->is_whole = read == start && bound >= start + sub_bytes;
	return content <= sub_bytes && piece->end >= piece->from;
}

unsigned char *native_piece_bytes(const struct native_lane *lane, const struct native_piece *piece)
{
	return lane->data + (piece->from & (native_ring_bytes(lane->process) - 1));
}

void native_piece_tid(const struct native_lane *lane, uint64_t read, uint32_t *tid)
{
	uint64_t sub_bytes = native_sub_bytes(lane->process);
	const struct lane_packet *packet;

	if (read & (sub_bytes - 1))
		return;
	packet = (const struct lane_packet *)(lane->data +
					      (read & (native_ring_bytes(lane->process) - 1)));
	*tid = __atomic_load_n(&packet->tid, __ATOMIC_RELAXED);
}

static bool lend(struct native_stream *stream, struct native_lane *lane,
		 const struct native_piece *piece, struct packet *packet)
{
	const unsigned char *begin = native_piece_bytes(lane, piece);
	uint64_t bytes = piece->end - piece->from;
	uint64_t begin_clock = 0, end_clock = 0;

	if (!is_all_wanted(stream, begin, bytes, &begin_clock, &end_clock))
		return false;
	native_packet_lend(stream, lane, begin, bytes, begin_clock, end_clock, packet);
	stream->read = piece->next;
	stream->is_lent = true;
	return true;
}

static bool can_lend(const struct native_stream *stream, const struct native_lane *lane)
{
	return stream->wants->is_plain && lane->process->is_trusted &&
	       __atomic_load_n(&lane->process->control->mode, __ATOMIC_RELAXED) ==
		       LANE_MODE_DISCARD;
}

/* What may be changed or written over while it is read is copied first. NULL: it was. */
static const unsigned char *secure(struct native_stream *stream, struct native_lane *lane,
				   const struct native_piece *piece)
{
	if (!stream->copy)
		stream->copy = mem_alloc(native_sub_bytes(lane->process));
	memcpy(stream->copy, native_piece_bytes(lane, piece), piece->end - piece->from);
	return is_overrun(stream, lane, piece->from) ? NULL : stream->copy;
}

bool native_record_take(struct native_stream *stream, struct native_lane *lane, uint64_t bound,
			struct packet *packet)
{
	struct native_piece piece;
	const unsigned char *begin, *at;
	bool is_fine = native_piece_find(lane, stream->read, bound, &piece);
	bool has_events = stream->is_open && stream->event_count > 0;

	if (is_overrun(stream, lane, stream->read))
		return false;
	if (bound - (stream->read & ~(native_sub_bytes(lane->process) - 1)) >
	    native_ring_bytes(lane->process)) {
		count_unreadable(stream, lane, native_ring_bytes(lane->process));
		stream->read = bound;
		return false;
	}
	if (!is_fine) {
		count_unreadable(stream, lane, piece.next - stream->read);
		stream->read = piece.next;
		return false;
	}
	native_piece_tid(lane, stream->read, &stream->tid);
	if (!stream->wants) {
		stream->read = piece.next;
		return false;
	}
	if (can_lend(stream, lane)) {
		if (has_events && piece.is_whole) {
			native_packet_close(stream, lane, packet);
			return true;
		}
		if (!has_events && lend(stream, lane, &piece, packet))
			return true;
	}
	begin = at = secure(stream, lane, &piece);
	if (!begin)
		return false;
	switch (copy_records(stream, lane, &at, begin + (piece.end - piece.from))) {
	case COPIED_FULL:
		stream->read = piece.from + (uint64_t)(at - begin);
		native_packet_close(stream, lane, packet);
		return true;
	case COPIED_BROKEN:
		count_unreadable(stream, lane, piece.end - piece.from - (uint64_t)(at - begin));
		break;
	case COPIED_ALL:
		break;
	}
	stream->read = piece.next;
	return false;
}
