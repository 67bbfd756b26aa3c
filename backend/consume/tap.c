/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copies of packets on their way to a reader: one ring of bytes for each consumer thread, so that
 * each has one writer and one reader and neither waits. Records are contiguous; what is left before
 * the ring's end is skipped.
 */
#include "backend/consume/tap.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/consume/label.h"
#include "backend/ctf/scan.h"

#define RING_BYTES	   (UINT64_C(1) << 20) /* a power of two */
#define PART_MIN_BYTES	   (UINT64_C(8) << 10) /* less of a large packet is not worth it */
#define PART_MAX_BYTES	   (UINT64_C(64) << 10)
#define LANE_BYTES_PER_S   (UINT64_C(512) << 10)
#define LANE_BYTES_MAX	   (UINT64_C(512) << 10)
#define STREAM_BYTES_PER_S (UINT64_C(16) << 10) /* a quiet stream is shown whole */
#define STREAM_BYTES_MAX   (UINT64_C(64) << 10)
#define LANE_PACKETS_PER_S 256
#define LANE_PACKETS_MAX   256
/* A quiet stream passes beside one that takes all of its lane's. */
#define STREAM_PACKETS_PER_S 4
#define STREAM_PACKETS_MAX   8
#define OWN_RING_BYTES	     (RING_BYTES / 4) /* for what streams have on their own account */

/* Where LTTng's packets say how large they are: behind a header of magic, UUID, stream id and
 * instance id come two times. In bytes. */
#define AT_CONTENT_BITS 48
#define AT_PACKET_BITS	56

struct record {
	uint64_t length_bytes;	    /* with this and what aligns the next one */
	struct stream_label *label; /* reference held; NULL: nothing, go on at the ring's begin */
	uint64_t packet_bytes;
	uint64_t event_count;
	uint64_t lost_events, lost_packets;
	bool is_part;
	unsigned char bytes[];
};

struct tap_lane {
	struct tap_budget bytes, packets; /* the consumer's */
	_Atomic uint64_t written;	  /* these run free: positions are modulo the ring's size */
	_Atomic uint64_t read;
	_Atomic uint64_t skipped_events;
	unsigned char *ring;
};

struct tap {
	atomic_uint references;
	atomic_bool is_noted; /* the reader has been woken */
	int wake_fd;
	unsigned int next_lane; /* these: the reader's */
	struct tap_lane *taken_from;
	struct tap_lane lanes[TAP_LANES_MAX];
	_Atomic uint64_t strange_events; /* of consumers without a lane */
};

struct tap *tap_create(void)
{
	struct tap *tap = mem_zalloc(sizeof(*tap));

	atomic_init(&tap->references, 1);
	tap->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (tap->wake_fd < 0) {
		fprintf(stderr, "tracon: cannot make an eventfd: %s\n", strerror(errno));
		abort();
	}
	/* Memory that no consumer writes to costs nothing. */
	for (unsigned int i = 0; i < TAP_LANES_MAX; i++)
		tap->lanes[i].ring = mem_alloc(RING_BYTES);
	return tap;
}

struct tap *tap_ref(struct tap *tap)
{
	atomic_fetch_add_explicit(&tap->references, 1, memory_order_relaxed);
	return tap;
}

void tap_unref(struct tap *tap)
{
	struct tap_packet packet;

	if (!tap || atomic_fetch_sub_explicit(&tap->references, 1, memory_order_acq_rel) != 1)
		return;
	while (tap_take(tap, &packet))
		tap_give_back(tap);
	for (unsigned int i = 0; i < TAP_LANES_MAX; i++)
		free(tap->lanes[i].ring);
	fd_close(&tap->wake_fd);
	free(tap);
}

/* --- budgets */

static void fill(struct tap_budget *budget, uint64_t now_ns, uint64_t per_s, uint64_t most)
{
	uint64_t elapsed_ns = now_ns - budget->filled_at_ns;

	if (elapsed_ns >= most * NS_PER_S / per_s)
		budget->left = most;
	else
		budget->left += elapsed_ns * per_s / NS_PER_S;
	if (budget->left > most)
		budget->left = most;
	budget->filled_at_ns = now_ns;
}

/* On whose account something is copied. */
struct account {
	struct tap_budget *bytes, *packets;
	bool is_own; /* both are the stream's */
};

/* How many of `bytes` may be copied; 0: none. */
static uint64_t grant(struct tap_lane *lane, struct tap_stream *stream, uint64_t now_ns,
		      uint64_t bytes, bool is_divisible, struct account *account)
{
	fill(&lane->packets, now_ns, LANE_PACKETS_PER_S, LANE_PACKETS_MAX);
	fill(&lane->bytes, now_ns, LANE_BYTES_PER_S, LANE_BYTES_MAX);
	fill(&stream->bytes, now_ns, STREAM_BYTES_PER_S, STREAM_BYTES_MAX);
	fill(&stream->packets, now_ns, STREAM_PACKETS_PER_S, STREAM_PACKETS_MAX);
	if (stream->packets.left > 0 && bytes <= stream->bytes.left) {
		*account = (struct account){&stream->bytes, &stream->packets, true};
		return bytes;
	}
	if (lane->packets.left == 0)
		return 0;
	account->is_own = false;
	account->packets = &lane->packets;
	account->bytes = bytes > stream->bytes.left && lane->bytes.left > stream->bytes.left
				 ? &lane->bytes
				 : &stream->bytes;
	if (bytes <= account->bytes->left)
		return bytes;
	if (!is_divisible || account->bytes->left < PART_MIN_BYTES)
		return 0;
	return account->bytes->left < PART_MAX_BYTES ? account->bytes->left : PART_MAX_BYTES;
}

/* --- the writer's side */

static uint64_t record_bytes(uint64_t packet_bytes)
{
	return (sizeof(struct record) + packet_bytes + 63) / 64 * 64;
}

/* Room for a record, not yet visible to the reader; NULL if less would stay free than `spare`. */
static struct record *reserve(struct tap_lane *lane, uint64_t length, uint64_t spare)
{
	uint64_t written = atomic_load_explicit(&lane->written, memory_order_relaxed);
	/* Acquire: pairs with the release in tap_give_back(). */
	uint64_t room =
		RING_BYTES - (written - atomic_load_explicit(&lane->read, memory_order_acquire));
	uint64_t left = RING_BYTES - written % RING_BYTES;

	if (length > left) {
		struct record *skip = (struct record *)(lane->ring + written % RING_BYTES);

		if (room < left + length + spare)
			return NULL;
		*skip = (struct record){.length_bytes = left};
		/* Release: pairs with the acquire in take_record(). */
		atomic_store_explicit(&lane->written, written + left, memory_order_release);
		written += left;
	} else if (room < length + spare) {
		return NULL;
	}
	return (struct record *)(lane->ring + written % RING_BYTES);
}

static void copy_packet(unsigned char *to, const struct packet *packet, uint64_t length)
{
	uint64_t header_bytes = packet->header_bytes < length ? packet->header_bytes : length;

	memcpy(to, packet->header, header_bytes);
	memcpy(to + header_bytes, packet->bytes + header_bytes, length - header_bytes);
}

static uint64_t get64(const unsigned char *bytes)
{
	uint64_t value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

/* Whether a copy can be made smaller than the packet, by writing to its header. */
static bool is_resizable(const struct packet *packet)
{
	const unsigned char *header = packet->header_bytes ? packet->header : packet->bytes;

	return packet->first_event_bytes >= AT_PACKET_BITS + 8 &&
	       packet->content_bytes <= packet->size_bytes &&
	       packet->first_event_bytes <= packet->content_bytes &&
	       (packet->header_bytes == 0 || packet->header_bytes >= AT_PACKET_BITS + 8) &&
	       get64(header + AT_CONTENT_BITS) == packet->content_bytes * 8 &&
	       get64(header + AT_PACKET_BITS) == packet->size_bytes * 8;
}

static void resize(unsigned char *header, uint64_t bytes)
{
	uint64_t bits = bytes * 8;

	memcpy(header + AT_CONTENT_BITS, &bits, sizeof(bits));
	memcpy(header + AT_PACKET_BITS, &bits, sizeof(bits));
}

/* The end of the last event that ends within `limit`. */
static uint64_t cut_at(const struct tap_offer *offer, uint64_t limit)
{
	struct scan_result result;

	if (!offer->scanner)
		return 0;
	scanner_walk(offer->scanner, offer->packet->bytes, offer->packet->first_event_bytes, limit,
		     offer->packet->begin_clock, NULL, &result);
	return result.event_count ? result.end_bytes : 0;
}

static bool copy(struct tap_lane *lane, const struct tap_offer *offer)
{
	const struct packet *packet = offer->packet;
	struct tap_stream *stream = offer->stream;
	bool is_divisible = is_resizable(packet);
	uint64_t whole = is_divisible ? packet->content_bytes : packet->size_bytes;
	struct account account = {NULL, NULL, false};
	struct record *record;
	uint64_t length;

	length = offer->label ? grant(lane, stream, offer->now_ns, whole, is_divisible, &account)
			      : 0;
	if (length > 0 && length < whole)
		length = cut_at(offer, length);
	if (length == 0 || record_bytes(length) > RING_BYTES / 2 + RING_BYTES / 4)
		return false;
	record = reserve(lane, record_bytes(length), account.is_own ? 0 : OWN_RING_BYTES);
	if (!record)
		return false;
	*record = (struct record){
		.length_bytes = record_bytes(length),
		.label = stream_label_ref(offer->label),
		.packet_bytes = length,
		.event_count = offer->event_count,
		.lost_events = stream->lost_events,
		.lost_packets = stream->lost_packets,
		.is_part = length < whole,
	};
	copy_packet(record->bytes, packet, length);
	if (is_divisible)
		resize(record->bytes, length);
	account.bytes->left -= length;
	account.packets->left--;
	stream->lost_events = stream->lost_packets = 0;
	/* Release: pairs with the acquire in take_record(). */
	atomic_store_explicit(&lane->written,
			      atomic_load_explicit(&lane->written, memory_order_relaxed) +
				      record->length_bytes,
			      memory_order_release);
	return true;
}

static void note_losses(const struct tap_offer *offer)
{
	const struct packet *packet = offer->packet;
	struct tap_stream *stream = offer->stream;

	if (stream->is_known && packet->events_discarded > stream->discarded_seen)
		stream->lost_events += packet->events_discarded - stream->discarded_seen;
	if (stream->is_known && offer->is_overwrite && packet->sequence > stream->next_sequence)
		stream->lost_packets += packet->sequence - stream->next_sequence;
	stream->discarded_seen = packet->events_discarded;
	stream->next_sequence = packet->sequence + 1;
	stream->is_known = true;
}

static void wake(struct tap *tap)
{
	static const uint64_t one = 1;

	/* Sequentially consistent: pairs with tap_rewind(), which looks at the rings afterwards. */
	if (!atomic_exchange(&tap->is_noted, true))
		while (write(tap->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
			;
}

void tap_offer(struct tap *tap, const struct tap_offer *offer)
{
	_Atomic uint64_t *skipped = &tap->strange_events;
	bool is_copied = false;

	if (offer->lane < TAP_LANES_MAX) {
		note_losses(offer);
		is_copied = copy(&tap->lanes[offer->lane], offer);
		skipped = &tap->lanes[offer->lane].skipped_events;
	}
	if (!is_copied)
		atomic_fetch_add_explicit(skipped, offer->event_count, memory_order_relaxed);
	wake(tap);
}

/* --- the reader's side */

int tap_fd(const struct tap *tap)
{
	return tap->wake_fd;
}

void tap_rewind(struct tap *tap)
{
	uint64_t count;

	while (read(tap->wake_fd, &count, sizeof(count)) < 0 && errno == EINTR)
		;
	atomic_store(&tap->is_noted, false);
}

static struct record *take_record(struct tap_lane *lane)
{
	while (true) {
		uint64_t read = atomic_load_explicit(&lane->read, memory_order_relaxed);
		struct record *record = (struct record *)(lane->ring + read % RING_BYTES);

		/* Acquire: pairs with the releases in reserve() and copy(). */
		if (atomic_load_explicit(&lane->written, memory_order_acquire) == read)
			return NULL;
		if (record->label)
			return record;
		atomic_store_explicit(&lane->read, read + record->length_bytes,
				      memory_order_release);
	}
}

bool tap_take(struct tap *tap, struct tap_packet *packet)
{
	struct record *record = NULL;

	for (unsigned int i = 0; i < TAP_LANES_MAX && !record; i++) {
		tap->taken_from = &tap->lanes[(tap->next_lane + i) % TAP_LANES_MAX];
		record = take_record(tap->taken_from);
	}
	tap->next_lane++;
	if (!record)
		return false;
	*packet = (struct tap_packet){
		.label = record->label,
		.bytes = record->bytes,
		.length = record->packet_bytes,
		.event_count = record->event_count,
		.is_part = record->is_part,
		.lost_events = record->lost_events,
		.lost_packets = record->lost_packets,
	};
	return true;
}

void tap_give_back(struct tap *tap)
{
	struct tap_lane *lane = tap->taken_from;
	uint64_t read = atomic_load_explicit(&lane->read, memory_order_relaxed);
	struct record *record = (struct record *)(lane->ring + read % RING_BYTES);

	stream_label_unref(record->label);
	/* Release: pairs with the acquire in reserve(). */
	atomic_store_explicit(&lane->read, read + record->length_bytes, memory_order_release);
}

uint64_t tap_skipped_events(const struct tap *tap)
{
	uint64_t sum = atomic_load_explicit(&tap->strange_events, memory_order_relaxed);

	for (unsigned int i = 0; i < TAP_LANES_MAX; i++)
		sum += atomic_load_explicit(&tap->lanes[i].skipped_events, memory_order_relaxed);
	return sum;
}
