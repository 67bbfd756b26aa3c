/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One stream on its consumer thread: take, count, put, give back, by turns of a few packets, so
 * that no stream keeps others waiting.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/consume/lane.h"
#include "backend/sink/sink.h"

#define PACKETS_PER_TURN 16
#define WAKE_BYTES	 4096 /* a pipe's page: each byte stands for a packet */
#define LOG_PAUSE_NS	 (10 * NS_PER_S)

static void note_loss(struct tally *tally, _Atomic uint64_t *counter, uint64_t count)
{
	tally_add(counter, count);
	atomic_store_explicit(&tally->last_loss_wall_ns, clock_wall_ns(), memory_order_relaxed);
}

/*
 * Headers count discarded events from the ring's creation, and packets by number: one that was
 * overwritten unread is a gap.
 */
static void note_ring_losses(struct stream *stream, const struct packet *packet)
{
	struct tally *tally = stream->tally;

	if (packet->events_discarded > stream->discarded_seen) {
		note_loss(tally, &tally->discarded_ring,
			  packet->events_discarded - stream->discarded_seen);
		stream->discarded_seen = packet->events_discarded;
	}
	if (stream->is_overwrite && packet->sequence > stream->next_sequence)
		note_loss(tally, &tally->lost_packets, packet->sequence - stream->next_sequence);
	stream->next_sequence = packet->sequence + 1;
	stream->has_sequence = true;
}

static void drop(struct stream *stream, const struct packet *packet)
{
	if (packet->events_discarded > stream->discarded_seen)
		stream->discarded_seen = packet->events_discarded;
	stream->next_sequence = packet->sequence + 1;
	stream->has_sequence = true;
}

/* What a clear takes out of the ring: its losses are the past's, too. */
static void drop_cleared(struct stream *stream, const struct packet *packet)
{
	if (packet->sequence >= stream->next_sequence)
		stream->cleared.packets += packet->sequence + 1 - stream->next_sequence;
	if (packet->events_discarded > stream->discarded_seen)
		stream->cleared.discarded += packet->events_discarded - stream->discarded_seen;
	drop(stream, packet);
}

static void put_u64(unsigned char *at, uint64_t value)
{
	memcpy(at, &value, sizeof(value));
}

/* Who reads along would take numbers that a clear left out for a loss. */
static void renumber(const struct stream *stream, struct packet *packet)
{
	if (packet->header_bytes == 0) {
		packet->header_bytes = PACKET_DISCARDED_AT + sizeof(uint64_t);
		memcpy(packet->header, packet->bytes, packet->header_bytes);
	}
	packet->sequence -= stream->cleared.packets;
	packet->events_discarded -= stream->cleared.discarded;
	put_u64(packet->header + PACKET_SEQUENCE_AT, packet->sequence);
	put_u64(packet->header + PACKET_DISCARDED_AT, packet->events_discarded);
}

/* Types are counted apart until the packet has been written: they may have to be forgotten. */
uint64_t slot_count_events(struct slot *slot, const struct packet *packet)
{
	struct stream *stream = slot->stream;
	uint64_t content_bytes = packet->content_bytes;
	struct scan_result result;

	if (packet->counts)
		return event_counts_move(packet->counts, slot->lane->scratch);
	if (!stream->scanner)
		return 0;
	if (content_bytes > packet->size_bytes)
		content_bytes = packet->size_bytes;
	scanner_walk(stream->scanner, packet->bytes, packet->first_event_bytes, content_bytes,
		     packet->begin_clock, slot->lane->scratch, &result);
	if (!result.is_consistent || content_bytes != packet->content_bytes)
		tally_add(&stream->tally->inconsistent, 1);
	return result.event_count;
}

static bool put(struct slot *slot, const struct packet *packet, uint64_t event_count,
		struct error *err)
{
	struct stream *stream = slot->stream;

	if (!stream->output)
		return error_set(err, ERROR_STATE, "the stream has no file");
	stream->output->tally = stream->tally;
	stream->output->types = slot->lane->scratch;
	return sink_put(stream->output, packet, event_count, err);
}

/* A full disk fails each packet: one message in a while says it, the counters say the rest. */
static void tell_failure(struct slot *slot, const struct error *err)
{
	uint64_t now_ns = clock_monotonic_ns();

	if (now_ns < slot->next_log_ns)
		return;
	slot->next_log_ns = now_ns + LOG_PAUSE_NS;
	log_write(LOG_LEVEL_ERROR, "recorded events are being lost: %s", err->message);
}

static void show(struct slot *slot, const struct packet *packet, uint64_t event_count)
{
	struct stream *stream = slot->stream;
	struct tap *tap = slot->set->lanes[slot->lane->number].tap;

	if (!tap)
		return;
	tap_offer(tap, &(struct tap_offer){
			       .lane = slot->lane->number,
			       .now_ns = clock_monotonic_ns(),
			       .stream = &slot->tap,
			       .label = stream->output->label,
			       .scanner = stream->scanner,
			       .is_overwrite = stream->is_overwrite,
			       .packet = packet,
			       .event_count = event_count,
		       });
}

static void carry(struct slot *slot, struct packet *packet)
{
	struct tally *tally = slot->stream->tally;
	struct event_counts *scratch = slot->lane->scratch;
	struct error err = ERROR_INIT;
	uint64_t event_count;

	if (slot->clear_count > 0) {
		drop_cleared(slot->stream, packet);
		return;
	}
	note_ring_losses(slot->stream, packet);
	event_count = slot_count_events(slot, packet);
	if (slot->stream->cleared.packets > 0)
		renumber(slot->stream, packet);
	if (put(slot, packet, event_count, &err)) {
		event_counts_move(scratch, tally->recorded_types);
		tally_add(&tally->recorded_events, event_count);
		tally_add(&tally->recorded_bytes, packet->size_bytes);
		slot->is_unsettled = true;
		show(slot, packet, event_count);
		return;
	}
	event_counts_clear(scratch);
	note_loss(tally, &tally->discarded_write, event_count);
	tell_failure(slot, &err);
}

/*
 * A kept stream's history goes with its ring. When the stream has a successor, nobody wanted that:
 * the packets are lost.
 */
static void lose(struct stream *stream, const struct packet *packet)
{
	drop(stream, packet);
	note_loss(stream->tally, &stream->tally->lost_packets, 1);
}

static void wake_fd_is_ready(void *data, unsigned int events)
{
	struct slot *slot = data;
	char bytes[WAKE_BYTES];
	ssize_t got;

	(void)events;
	if (slot->stream->is_wait_fd_left) {
		lane_wake(slot);
		return;
	}
	do
		got = read(slot->stream->wait_fd, bytes, sizeof(bytes));
	while (got < 0 && errno == EINTR);
	if (got == 0 || (got < 0 && errno != EAGAIN)) {
		/* All writers are gone; it would be ready for ever. */
		loop_unwatch(slot->lane->loop, slot->watch);
		slot->watch = NULL;
	}
	lane_wake(slot);
}

/*
 * Who reads a live trace has been told of times after which these buffers were made: their first
 * packet ends before anybody hears of them, and the next one begins with its first event.
 */
static void enter_live(struct stream *stream)
{
	if (!stream->output || !stream->output->sink->is_live || stream->is_kept)
		return;
	stream->output->class_id = stream->class_id;
	stream->class->flush(stream, FLUSH_FINAL);
}

void slot_enter(struct slot *slot)
{
	struct lane_set *set = &slot->set->lanes[slot->lane->number];

	lane_add_set(slot->lane, set);
	enter_live(slot->stream);
	slot->next = set->slots;
	slot->link = &set->slots;
	if (slot->next)
		slot->next->link = &slot->next;
	set->slots = slot;
	if (slot->stream->wait_fd >= 0 && !slot->stream->is_kept)
		slot->watch = loop_watch(slot->lane->loop, slot->stream->wait_fd, WATCH_READ,
					 wake_fd_is_ready, slot);
	lane_wake(slot); /* what was ready before the watch */
}

void slot_retire(struct slot *slot, struct task *task)
{
	struct stream *stream = slot->stream;

	slot->is_retiring = true;
	slot->retire_task = task;
	/* A ring that is filled as fast as it is emptied can't hold its end up for ever. */
	slot->retire_end = stream->class->produced(stream) + stream->ring_bytes;
	lane_wake(slot);
}

void slot_settle(struct slot *slot)
{
	if (slot->is_unsettled && slot->stream->output)
		sink_settle(slot->stream->output);
	slot->is_unsettled = false;
}

static void leave(struct slot *slot)
{
	struct lane_set *set = &slot->set->lanes[slot->lane->number];
	struct stream *stream = slot->stream;
	struct task *task = slot->retire_task;

	sweep_check(slot, UINT64_MAX);
	copy_end(slot);
	slot_settle(slot);
	if (stream->tally)
		atomic_fetch_sub_explicit(&stream->tally->stream_count, 1, memory_order_release);
	loop_unwatch(slot->lane->loop, slot->watch);
	*slot->link = slot->next;
	if (slot->next)
		slot->next->link = slot->link;
	if (stream->output && !stream->is_output_kept)
		sink_close_stream(stream->output);
	stream->consumer = NULL;
	stream->class->destroy(stream);
	free(slot);
	if (task)
		task_done(task, NULL);
	stream_set_lane_left(set);
}

static bool is_beyond_end(const struct slot *slot)
{
	struct stream *stream = slot->stream;

	return slot->is_retiring &&
	       (int64_t)(stream->class->consumed(stream) - slot->retire_end) > 0;
}

/* Packets stay in a kept ring, but for a clear and, counted, for a stream that is replaced. */
static bool is_consumed(const struct slot *slot)
{
	const struct stream *stream = slot->stream;

	return !stream->is_kept || slot->clear_count > 0 ||
	       (slot->is_retiring && stream->is_output_kept);
}

static void note_packet(const struct slot *slot, const struct packet *packet)
{
	if (packet->is_of_engine)
		return;
	slot->lane->wake_up.packets++;
	slot->lane->wake_up.bytes += packet->size_bytes;
}

/* Waits are looked at behind each packet, so that a cut falls where it was asked for. */
static enum take_result carry_some(struct slot *slot)
{
	struct stream *stream = slot->stream;
	struct packet packet;

	for (unsigned int i = 0; i < PACKETS_PER_TURN; i++) {
		enum take_result result;

		packet.header_bytes = 0;
		packet.is_of_engine = false;
		packet.counts = NULL;
		result = stream->class->take(stream, &packet);
		if (result != TAKE_PACKET)
			return result;
		note_packet(slot, &packet);
		if (stream->is_kept && slot->is_retiring)
			lose(stream, &packet);
		else
			carry(slot, &packet);
		stream->class->give_back(stream, &packet);
		if (slot->waits) {
			sweep_progress(slot, clock_monotonic_ns());
			sweep_check(slot, 0);
		}
		if (is_beyond_end(slot) || !is_consumed(slot))
			return TAKE_NOTHING;
	}
	return TAKE_PACKET;
}

void slot_turn(struct slot *slot)
{
	enum take_result result = TAKE_GONE;

	if (slot->copy && copy_turn(slot)) {
		lane_wake(slot);
		return;
	}
	sweep_check(slot, 0); /* a cut of a stream without news needs no packet */
	if (!is_consumed(slot))
		result = TAKE_NOTHING;
	else if (!slot->is_gone)
		result = carry_some(slot);
	if (result == TAKE_PACKET) {
		lane_wake(slot);
		return;
	}
	if (result == TAKE_GONE) {
		slot->is_gone = true;
		loop_unwatch(slot->lane->loop, slot->watch);
		slot->watch = NULL;
	}
	if (slot->is_retiring) {
		leave(slot);
		return;
	}
	sweep_check(slot, slot->is_gone ? UINT64_MAX : clock_monotonic_ns());
	if (slot->is_unsettled)
		lane_expect_settling(slot->lane);
	if (slot->waits)
		lane_expect_retry(slot->lane);
}
