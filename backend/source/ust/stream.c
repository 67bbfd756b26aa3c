/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A ring as the consumers see it. Packets are lent where they lie; their headers are read from our
 * own mapping, each value once, and checked: any application of the group can write there.
 *
 * When no application writes any more, what can't be read in the ordinary way is salvaged: a
 * writer that was killed half-way through an event leaves a hole, behind which the library gives
 * out nothing. What lies before and after it is whole.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/source/ust/internal.h"
#include "backend/source/ust/packet_layout.h"

struct ust_stream {
	struct stream base;
	struct ust_group *group;     /* reference held */
	struct ust_channel *channel; /* the group's */
	struct ust_rings *rings;     /* reference held */
	unsigned int cpu;
	struct ust_relay begin; /* added to what packet headers say */
	bool needs_cut;		/* its output may have been left in an old chunk */
	bool is_held;		/* a packet is lent that goes back to the library */
	bool is_read;		/* likewise, of a snapshot */
	/* Set by the thread that repairs, before is_abandoned. */
	enum ust_stream_end end_kind;
	bool counts_repair;
	atomic_bool is_abandoned;
	/* Salvage. */
	bool is_salvaging;
	uint64_t position; /* next sub-buffer */
	uint64_t end;
	uint64_t reserved_end;	/* by applications; what lies behind it is the last flush's */
	uint64_t skipped_count; /* sub-buffers of which nothing was left, or worth keeping */
};

static struct ust_stream *stream_of(struct stream *base)
{
	return (struct ust_stream *)base;
}

static struct ust_ring *ring_of(struct ust_stream *stream)
{
	return &stream->rings->rings[stream->cpu];
}

static uint64_t get64(const unsigned char *header, size_t at)
{
	uint64_t value;

	memcpy(&value, header + at, sizeof(value));
	return value;
}

static void put64(unsigned char *header, size_t at, uint64_t value)
{
	memcpy(header + at, &value, sizeof(value));
}

static uint32_t get32(const unsigned char *header, size_t at)
{
	uint32_t value;

	memcpy(&value, header + at, sizeof(value));
	return value;
}

/* Bytes that nobody can read: counted on the consumer's thread, as all of a tally. */
static void lose(struct ust_stream *stream, uint64_t bytes)
{
	struct tally *tally = stream->base.tally;

	tally_add(&tally->unreadable_bytes, bytes);
	atomic_store_explicit(&tally->last_loss_wall_ns, clock_wall_ns(), memory_order_relaxed);
}

/* What a header says of its packet, without the numbers of earlier buffers. */
static void read_header(struct packet *packet, const unsigned char *header)
{
	packet->first_event_bytes = HEADER_BYTES;
	packet->begin_clock = get64(header, AT_BEGIN_CLOCK);
	packet->end_clock = get64(header, AT_END_CLOCK);
	packet->content_bytes = get64(header, AT_CONTENT_BITS) / 8;
	packet->size_bytes = get64(header, AT_PACKET_BITS) / 8;
	packet->sequence = get64(header, AT_SEQUENCE);
	packet->events_discarded = get64(header, AT_DISCARDED);
	packet->stream_id = get32(header, AT_STREAM_ID);
	packet->stream_instance_id = get64(header, AT_INSTANCE_ID);
}

static bool is_ours(const struct ust_stream *stream, const struct packet *packet,
		    const unsigned char *header)
{
	return get32(header, AT_MAGIC) == CTF_MAGIC && packet->stream_id == stream->channel->id &&
	       packet->stream_instance_id == stream->cpu;
}

static bool is_sized(const struct ust_stream *stream, const struct packet *packet)
{
	return packet->content_bytes >= HEADER_BYTES &&
	       packet->content_bytes <= packet->size_bytes &&
	       packet->size_bytes <= stream->base.subbuf_bytes &&
	       packet->size_bytes % PAGE_BYTES == 0;
}

/* Goes on counting where the buffers before these ended. */
static void renumber(struct ust_stream *stream, struct packet *packet)
{
	packet->sequence += stream->begin.sequence - stream->skipped_count;
	packet->events_discarded += stream->begin.discarded;
}

static void replace_header(struct packet *packet, const unsigned char *header)
{
	packet->header_bytes = HEADER_BYTES;
	memcpy(packet->header, header, HEADER_BYTES);
	put64(packet->header, AT_END_CLOCK, packet->end_clock);
	put64(packet->header, AT_CONTENT_BITS, packet->content_bytes * 8);
	put64(packet->header, AT_PACKET_BITS, packet->size_bytes * 8);
	put64(packet->header, AT_SEQUENCE, packet->sequence);
	put64(packet->header, AT_DISCARDED, packet->events_discarded);
}

/* A complete sub-buffer. False when its header is nonsense. */
static bool fill_whole(struct ust_stream *stream, struct packet *packet, const unsigned char *bytes)
{
	unsigned char header[HEADER_BYTES];

	memcpy(header, bytes, sizeof(header));
	packet->bytes = bytes;
	packet->header_bytes = 0;
	read_header(packet, header);
	if (!is_ours(stream, packet, header) || !is_sized(stream, packet))
		return false;
	renumber(stream, packet);
	if (packet->sequence != get64(header, AT_SEQUENCE) ||
	    packet->events_discarded != get64(header, AT_DISCARDED))
		replace_header(packet, header);
	return true;
}

/* The leading `written` bytes of a sub-buffer that nobody completes any more. */
static bool fill_part(struct ust_stream *stream, struct packet *packet, const unsigned char *bytes,
		      uint64_t written)
{
	unsigned char header[HEADER_BYTES];
	struct scan_result scan;

	if (written <= HEADER_BYTES)
		return false;
	memcpy(header, bytes, sizeof(header));
	packet->bytes = bytes;
	read_header(packet, header);
	if (!is_ours(stream, packet, header))
		return false;
	scanner_walk(stream->base.scanner, bytes, HEADER_BYTES, written, packet->begin_clock, NULL,
		     &scan);
	if (scan.end_bytes < written)
		lose(stream, written - scan.end_bytes);
	packet->end_clock = scan.last_clock;
	packet->content_bytes = scan.end_bytes;
	packet->size_bytes = (scan.end_bytes + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES;
	renumber(stream, packet);
	/* The writer would have put it in at the end. */
	packet->events_discarded = stream->base.discarded_seen;
	replace_header(packet, header);
	return is_sized(stream, packet);
}

/*
 * An empty packet of a channel that no application has used so far: readers know nothing of its
 * stream yet.
 */
static bool is_undeclared(const struct ust_stream *stream, const struct packet *packet)
{
	/* Acquire: pairs with the release in the registry. */
	return packet->content_bytes == HEADER_BYTES &&
	       !atomic_load_explicit(&stream->channel->is_declared, memory_order_acquire);
}

static const unsigned char *lent_bytes(struct ust_stream *stream)
{
	const struct ust_ring_map *map = &ring_of(stream)->map;
	unsigned long offset;

	if (lttng_ust_ctl_get_mmap_read_offset(ring_of(stream)->handle, &offset) < 0 ||
	    offset % map->subbuf_bytes || offset / map->subbuf_bytes >= map->place_count)
		return NULL;
	return map->bytes + map->data_at + offset;
}

static void begin_salvage(struct ust_stream *stream)
{
	const struct ust_ring_map *map = &ring_of(stream)->map;

	stream->reserved_end = ust_ring_produced(map);
	/* What no hole blocks is completed in the ordinary way, with its discard count. */
	if (stream->end_kind != UST_STREAM_DRAINED)
		lttng_ust_ctl_flush_buffer(ring_of(stream)->handle, 0);
	if (stream->counts_repair)
		tally_add(&stream->base.tally->repairs, 1);
	stream->is_salvaging = true;
	stream->end = ust_ring_produced(map);
	stream->position = ust_ring_consumed(map) / map->subbuf_bytes * map->subbuf_bytes;
	/* Positions of a ring that was tampered with. */
	if (stream->end - stream->position > map->subbuf_bytes * map->subbuf_count)
		stream->position = stream->end;
}

/* Of the sub-buffer at `position`; false when nothing of it is left. */
static bool salvage_one(struct ust_stream *stream, struct packet *packet, uint64_t position)
{
	const struct ust_ring_map *map = &ring_of(stream)->map;
	const unsigned char *bytes = ust_ring_subbuf(map, position);
	uint64_t reserved = stream->reserved_end > position ? stream->reserved_end - position : 0;
	uint64_t written = bytes ? ust_ring_written(map, position) : 0;

	if (reserved > map->subbuf_bytes)
		reserved = map->subbuf_bytes;
	if (bytes && written == map->subbuf_bytes) {
		if (fill_whole(stream, packet, bytes))
			return true;
		written = 0;
	}
	if (written < reserved)
		lose(stream, reserved - written);
	return fill_part(stream, packet, bytes, written);
}

static enum take_result take_rest(struct ust_stream *stream, struct packet *packet)
{
	if (!stream->is_salvaging)
		begin_salvage(stream);
	while (stream->position < stream->end) {
		uint64_t position = stream->position;

		stream->position += stream->base.subbuf_bytes;
		if (salvage_one(stream, packet, position) && !is_undeclared(stream, packet))
			return TAKE_PACKET;
		stream->skipped_count++;
	}
	return TAKE_GONE;
}

/* The next packet that the library gives out; nonsense is passed over, and counted. */
static enum take_result take_next(struct ust_stream *stream, struct packet *packet)
{
	struct lttng_ust_ctl_consumer_stream *handle = ring_of(stream)->handle;

	for (uint64_t i = 0; i < ring_of(stream)->map.subbuf_count; i++) {
		int code = lttng_ust_ctl_get_next_subbuf(handle);
		const unsigned char *bytes;
		bool is_good;

		if (code == -ENODATA)
			return TAKE_GONE;
		if (code < 0)
			return TAKE_NOTHING;
		bytes = lent_bytes(stream);
		is_good = bytes && fill_whole(stream, packet, bytes);
		if (is_good && !is_undeclared(stream, packet)) {
			stream->is_held = true;
			return TAKE_PACKET;
		}
		lttng_ust_ctl_put_next_subbuf(handle);
		if (!is_good)
			lose(stream, stream->base.subbuf_bytes);
		stream->skipped_count++;
	}
	return TAKE_NOTHING;
}

static enum take_result ust_stream_take(struct stream *base, struct packet *packet)
{
	struct ust_stream *stream = stream_of(base);

	if (stream->needs_cut) {
		stream->needs_cut = false;
		sink_stream_cut(base->output);
	}
	/* Acquire: pairs with the release in ust_stream_abandon(). */
	if (atomic_load_explicit(&stream->is_abandoned, memory_order_acquire))
		return take_rest(stream, packet);
	return take_next(stream, packet);
}

static void ust_stream_give_back(struct stream *base, const struct packet *packet)
{
	struct ust_stream *stream = stream_of(base);

	(void)packet;
	if (stream->is_held)
		lttng_ust_ctl_put_next_subbuf(ring_of(stream)->handle);
	if (stream->is_read)
		lttng_ust_ctl_put_subbuf(ring_of(stream)->handle);
	stream->is_held = false;
	stream->is_read = false;
}

static uint64_t oldest_position(struct ust_stream *stream)
{
	uint64_t consumed = ust_ring_consumed(&ring_of(stream)->map);

	return consumed - consumed % stream->base.subbuf_bytes;
}

/*
 * Not ours any more: it has been overwritten, or nobody completes it. The library waits some
 * milliseconds for a writer that is in the middle of an event.
 */
enum read_result { READ_PACKET, READ_UNDECLARED, READ_NOT };

static enum read_result get_at(struct ust_stream *stream, uint64_t position, struct packet *packet)
{
	struct lttng_ust_ctl_consumer_stream *handle = ring_of(stream)->handle;
	unsigned long at = (unsigned long)position;
	enum read_result result = READ_NOT;
	const unsigned char *bytes;

	if (lttng_ust_ctl_get_subbuf(handle, &at) < 0)
		return READ_NOT;
	bytes = lent_bytes(stream);
	if (bytes && fill_whole(stream, packet, bytes))
		result = is_undeclared(stream, packet) ? READ_UNDECLARED : READ_PACKET;
	if (result != READ_PACKET)
		lttng_ust_ctl_put_subbuf(handle);
	return result;
}

static enum take_result ust_stream_read_at(struct stream *base, uint64_t *position, uint64_t end,
					   unsigned int *hole_count, struct packet *packet)
{
	struct ust_stream *stream = stream_of(base);

	/* Positions run free: which is ahead tells the sign of their difference. */
	while ((int64_t)(end - *position) > 0) {
		uint64_t at = *position;
		enum read_result result;

		if ((int64_t)(oldest_position(stream) - at) > 0) {
			*position = oldest_position(stream);
			continue;
		}
		*position = at + base->subbuf_bytes;
		result = get_at(stream, at, packet);
		if (result == READ_PACKET) {
			stream->is_read = true;
			return TAKE_PACKET;
		}
		if (result == READ_NOT && (int64_t)(oldest_position(stream) - at) <= 0)
			++*hole_count;
	}
	return TAKE_NOTHING;
}

static void ust_stream_flush(struct stream *base, enum flush_kind kind)
{
	struct ust_stream *stream = stream_of(base);

	if (kind == FLUSH_NONE || atomic_load_explicit(&stream->is_abandoned, memory_order_acquire))
		return;
	lttng_ust_ctl_flush_buffer(ring_of(stream)->handle, kind == FLUSH_DATA);
}

static uint64_t ust_stream_produced(struct stream *base)
{
	return ust_ring_produced(&ring_of(stream_of(base))->map);
}

static uint64_t ust_stream_consumed(struct stream *base)
{
	struct ust_stream *stream = stream_of(base);

	return stream->is_salvaging ? stream->position : ust_ring_consumed(&ring_of(stream)->map);
}

/* The buffers' own clock: a plugin may have replaced it. */
static uint64_t ust_stream_clock(struct stream *base)
{
	uint64_t now;

	if (lttng_ust_ctl_get_current_timestamp(ring_of(stream_of(base))->handle, &now) < 0)
		return clock_monotonic_ns();
	return now;
}

static void ust_stream_destroy(struct stream *base)
{
	struct ust_stream *stream = stream_of(base);

	if (stream->end_kind == UST_STREAM_REPLACED)
		stream->channel->relays[stream->cpu] = (struct ust_relay){
			.discarded = base->discarded_seen,
			.sequence = base->next_sequence,
			.has_sequence = base->has_sequence,
			.cleared = base->cleared,
		};
	scanner_unref(base->scanner);
	tally_unref(base->tally);
	ust_rings_unref(stream->rings);
	ust_group_unref(stream->group);
	free(stream);
}

static const struct stream_class ust_stream_class = {
	.take = ust_stream_take,
	.give_back = ust_stream_give_back,
	.read_at = ust_stream_read_at,
	.flush = ust_stream_flush,
	.produced = ust_stream_produced,
	.consumed = ust_stream_consumed,
	.clock = ust_stream_clock,
	.destroy = ust_stream_destroy,
};

struct ust_stream *ust_stream_create(struct ust_group *group, struct ust_channel *channel,
				     struct ust_rings *rings, unsigned int cpu)
{
	const struct ust_ring_map *map = &rings->rings[cpu].map;
	struct ust_stream *stream = mem_zalloc(sizeof(*stream));
	const struct ust_relay *relay = &channel->relays[cpu];

	stream->group = ust_group_ref(group);
	stream->channel = channel;
	stream->rings = ust_rings_ref(rings);
	stream->cpu = cpu;
	stream->begin = *relay;
	stream->needs_cut = group->generation > 0;
	stream->base = (struct stream){
		.class = &ust_stream_class,
		.wait_fd = lttng_ust_ctl_stream_get_wait_fd(rings->rings[cpu].handle),
		.is_overwrite = map->is_overwrite,
		.is_kept = group->keeps_packets,
		.ring_bytes = map->subbuf_bytes * map->subbuf_count,
		.subbuf_bytes = map->subbuf_bytes,
		.class_id = channel->id,
		.affinity = channel->affinity,
		.scanner = scanner_ref(channel->scanner),
		.tally = tally_ref(channel->tally),
		.output = channel->outputs[cpu],
		.discarded_seen = relay->discarded,
		.next_sequence = relay->sequence,
		.has_sequence = relay->has_sequence,
		.cleared = relay->cleared,
	};
	return stream;
}

struct stream *ust_stream_base(struct ust_stream *stream)
{
	return &stream->base;
}

void ust_stream_abandon(struct ust_stream *stream, enum ust_stream_end end, bool counts_repair)
{
	stream->end_kind = end;
	stream->counts_repair = counts_repair;
	stream->base.is_output_kept = end == UST_STREAM_REPLACED;
	/* Release: pairs with the acquire in ust_stream_take(). */
	atomic_store_explicit(&stream->is_abandoned, true, memory_order_release);
}
