/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See fake_ring.h. */
#include "tests/unit/fake_ring.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "tests/unit/trace_kit.h"

#define EVENT_BYTES   (6 + 8)
#define WAIT_LIMIT_MS 60000

static const struct uuid fake_uuid = {{0x0f, 0xa4}};

struct fake_packet {
	struct fake_packet *next;
	struct packet packet;
	unsigned char bytes[];
};

struct fake_ring {
	struct stream base; /* first */
	struct fake_channel *channel;
	uint32_t cpu;
	unsigned int subbuf_count;
	int write_fd;
	pthread_mutex_t lock; /* protects all below */
	struct packet_kit kit;
	bool is_open; /* the kit holds a packet that has begun */
	uint64_t open_events;
	struct fake_packet *first;
	struct fake_packet **last;
	uint64_t closed_count;
	uint64_t taken_count;
	uint64_t hold_count;
	uint64_t discarded;
	uint64_t flush_count;
	uint64_t clock;
	uint64_t hole_index;
	/* The consumer's alone. */
	void (*before_read)(struct fake_ring *ring, unsigned int n);
	unsigned int read_count;
	unsigned char *lent; /* a copy: the packet may be overwritten meanwhile */
	struct event_counts *counts;
};

static struct ctf_type *make_payload(void)
{
	struct ctf_type *payload = ctf_type_create(CTF_STRUCT);

	ctf_type_add_field(payload, "number", ctf_type_create_integer(64, 8, false, 10));
	return payload;
}

void fake_channel_init(struct fake_channel *channel, unsigned int affinity)
{
	struct ctf_type *payload = make_payload();

	*channel = (struct fake_channel){.affinity = affinity, .tally = tally_create()};
	channel->scanner = scanner_create(&kit_packed, CTF_HEADER_LARGE);
	scanner_add_event(channel->scanner, FAKE_EVENT_ID, payload);
	kit_metadata(&channel->metadata, &fake_uuid, &kit_packed);
	ctf_metadata_stream(&channel->metadata, &kit_packed, 0, CTF_HEADER_LARGE, NULL);
	ctf_metadata_event(&channel->metadata, "fake:event", FAKE_EVENT_ID, 0, 13, NULL, payload);
	ctf_type_destroy(payload);
}

void fake_channel_finish(struct fake_channel *channel)
{
	scanner_unref(channel->scanner);
	tally_unref(channel->tally);
	text_finish(&channel->metadata);
}

/* --- writers; the lock is held --------------------------------------------------------------- */

static void begin_packet(struct fake_ring *ring)
{
	kit_begin(&ring->kit, &fake_uuid, 0, ring->cpu, ring->closed_count, ring->clock);
	ring->is_open = true;
	ring->open_events = 0;
}

static struct fake_packet *take_first(struct fake_ring *ring)
{
	struct fake_packet *first = ring->first;

	ring->first = first->next;
	if (!ring->first)
		ring->last = &ring->first;
	ring->taken_count++;
	return first;
}

static void close_packet(struct fake_ring *ring)
{
	const struct packet *packet = &ring->kit.packet;
	struct fake_packet *closed;

	kit_end(&ring->kit, ring->clock, ring->discarded);
	closed = mem_alloc(sizeof(*closed) + packet->size_bytes);
	closed->packet = *packet;
	closed->next = NULL;
	memcpy(closed->bytes, packet->bytes, packet->size_bytes);
	closed->packet.bytes = closed->bytes;
	*ring->last = closed;
	ring->last = &closed->next;
	ring->is_open = false;
	ring->closed_count++;
	if (ring->base.is_overwrite && ring->closed_count - ring->taken_count > ring->subbuf_count)
		free(take_first(ring));
	if (ring->write_fd >= 0)
		assert_true(write(ring->write_fd, "", 1) == 1 || errno == EAGAIN);
}

static bool is_full(const struct fake_ring *ring)
{
	return !ring->base.is_overwrite &&
	       ring->closed_count - ring->taken_count >= ring->subbuf_count;
}

bool fake_ring_emit(struct fake_ring *ring, uint64_t number)
{
	bool is_emitted = true;

	pthread_mutex_lock(&ring->lock);
	ring->clock++;
	if (!ring->is_open && !is_full(ring))
		begin_packet(ring);
	if (ring->is_open) {
		kit_event(&ring->kit, CTF_HEADER_LARGE, FAKE_EVENT_ID, ring->clock, false);
		kit_put_u64(&ring->kit, number);
		ring->open_events++;
		if (ring->kit.at_bits / 8 + EVENT_BYTES > FAKE_SUBBUF_BYTES)
			close_packet(ring);
	} else {
		ring->discarded++;
		is_emitted = false;
	}
	pthread_mutex_unlock(&ring->lock);
	return is_emitted;
}

void fake_ring_hold(struct fake_ring *ring, uint64_t packet_count)
{
	pthread_mutex_lock(&ring->lock);
	ring->hold_count = packet_count;
	pthread_mutex_unlock(&ring->lock);
}

void fake_ring_silence(struct fake_ring *ring)
{
	pthread_mutex_lock(&ring->lock);
	ring->write_fd = -1; /* left open: the reader hears nothing, not even its end */
	pthread_mutex_unlock(&ring->lock);
}

void fake_ring_hang_up(struct fake_ring *ring)
{
	pthread_mutex_lock(&ring->lock);
	close(ring->write_fd);
	ring->write_fd = -1;
	pthread_mutex_unlock(&ring->lock);
}

uint64_t fake_ring_discarded(struct fake_ring *ring)
{
	uint64_t discarded;

	pthread_mutex_lock(&ring->lock);
	discarded = ring->discarded;
	pthread_mutex_unlock(&ring->lock);
	return discarded;
}

uint64_t fake_ring_flushes(struct fake_ring *ring)
{
	uint64_t count;

	pthread_mutex_lock(&ring->lock);
	count = ring->flush_count;
	pthread_mutex_unlock(&ring->lock);
	return count;
}

void fake_ring_count(struct fake_ring *ring)
{
	ring->counts = event_counts_create();
	scanner_unref(ring->base.scanner);
	ring->base.scanner = NULL;
}

/* --- the consumer's side --------------------------------------------------------------------- */

static void count(struct fake_ring *ring, struct packet *packet)
{
	struct scan_result result;

	event_counts_clear(ring->counts);
	scanner_walk(ring->channel->scanner, packet->bytes, packet->first_event_bytes,
		     packet->content_bytes, packet->begin_clock, ring->counts, &result);
	assert_true(result.is_consistent);
	packet->counts = ring->counts;
}

static enum take_result ring_take(struct stream *stream, struct packet *packet)
{
	struct fake_ring *ring = (struct fake_ring *)stream;
	enum take_result result = TAKE_NOTHING;

	pthread_mutex_lock(&ring->lock);
	if (ring->first && ring->taken_count < ring->hold_count) {
		*packet = ring->first->packet;
		result = TAKE_PACKET;
	}
	pthread_mutex_unlock(&ring->lock);
	if (ring->counts && result == TAKE_PACKET)
		count(ring, packet);
	return result;
}

/* The packet at the index, or the first one behind what was overwritten; the lock is held. */
static const struct fake_packet *find_packet(const struct fake_ring *ring, uint64_t *index)
{
	const struct fake_packet *packet = ring->first;

	if (*index < ring->taken_count)
		*index = ring->taken_count;
	for (uint64_t i = ring->taken_count; packet && i < *index; i++)
		packet = packet->next;
	return packet;
}

static enum take_result ring_read_at(struct stream *stream, uint64_t *position, uint64_t end,
				     unsigned int *hole_count, struct packet *packet)
{
	struct fake_ring *ring = (struct fake_ring *)stream;
	uint64_t index = *position / FAKE_SUBBUF_BYTES;
	enum take_result result = TAKE_NOTHING;
	const struct fake_packet *found;

	if (ring->before_read)
		ring->before_read(ring, ring->read_count++);
	pthread_mutex_lock(&ring->lock);
	found = find_packet(ring, &index);
	if (found && index == ring->hole_index && index * FAKE_SUBBUF_BYTES < end) {
		++*hole_count;
		index++;
		found = find_packet(ring, &index);
	}
	if (found && index * FAKE_SUBBUF_BYTES < end) {
		ring->lent = mem_alloc(found->packet.size_bytes);
		memcpy(ring->lent, found->bytes, found->packet.size_bytes);
		*packet = found->packet;
		packet->bytes = ring->lent;
		*position = (index + 1) * FAKE_SUBBUF_BYTES;
		result = TAKE_PACKET;
	}
	pthread_mutex_unlock(&ring->lock);
	return result;
}

void fake_ring_keep(struct fake_ring *ring)
{
	ring->base.is_kept = true;
}

void fake_ring_before_read(struct fake_ring *ring,
			   void (*call)(struct fake_ring *ring, unsigned int n))
{
	ring->before_read = call;
}

void fake_ring_make_hole(struct fake_ring *ring, uint64_t index)
{
	ring->hole_index = index;
}

static void ring_give_back(struct stream *stream, const struct packet *packet)
{
	struct fake_ring *ring = (struct fake_ring *)stream;
	struct fake_packet *taken = NULL;

	if (packet->bytes == ring->lent) {
		free(ring->lent);
		ring->lent = NULL;
		return;
	}

	pthread_mutex_lock(&ring->lock);
	if (ring->first && ring->first->bytes == packet->bytes)
		taken = take_first(ring);
	pthread_mutex_unlock(&ring->lock);
	free(taken);
}

static void ring_flush(struct stream *stream, enum flush_kind kind)
{
	struct fake_ring *ring = (struct fake_ring *)stream;

	pthread_mutex_lock(&ring->lock);
	ring->flush_count++;
	if (kind == FLUSH_FINAL && !ring->is_open && !is_full(ring))
		begin_packet(ring);
	if (ring->is_open && (kind == FLUSH_FINAL || ring->open_events > 0))
		close_packet(ring);
	pthread_mutex_unlock(&ring->lock);
}

static uint64_t ring_produced(struct stream *stream)
{
	struct fake_ring *ring = (struct fake_ring *)stream;
	uint64_t position;

	pthread_mutex_lock(&ring->lock);
	position = ring->closed_count * FAKE_SUBBUF_BYTES;
	if (ring->is_open)
		position += ring->kit.at_bits / 8;
	pthread_mutex_unlock(&ring->lock);
	return position;
}

static uint64_t ring_consumed(struct stream *stream)
{
	struct fake_ring *ring = (struct fake_ring *)stream;
	uint64_t position;

	pthread_mutex_lock(&ring->lock);
	position = ring->taken_count * FAKE_SUBBUF_BYTES;
	pthread_mutex_unlock(&ring->lock);
	return position;
}

static void ring_destroy(struct stream *stream)
{
	struct fake_ring *ring = (struct fake_ring *)stream;

	while (ring->first)
		free(take_first(ring));
	scanner_unref(stream->scanner);
	tally_unref(stream->tally);
	close(stream->wait_fd);
	if (ring->write_fd >= 0)
		close(ring->write_fd);
	kit_finish(&ring->kit);
	event_counts_destroy(ring->counts);
	pthread_mutex_destroy(&ring->lock);
	atomic_fetch_add(&ring->channel->destroyed_count, 1);
	free(ring);
}

static const struct stream_class fake_ring_class = {
	.take = ring_take,
	.give_back = ring_give_back,
	.read_at = ring_read_at,
	.flush = ring_flush,
	.produced = ring_produced,
	.consumed = ring_consumed,
	.destroy = ring_destroy,
};

struct fake_ring *fake_ring_create(struct fake_channel *channel, uint32_t cpu,
				   unsigned int subbuf_count, bool is_overwrite,
				   struct sink_stream *output)
{
	struct fake_ring *ring = mem_zalloc(sizeof(*ring));
	int fds[2];

	assert_int_equal(pipe2(fds, O_NONBLOCK | O_CLOEXEC), 0);
	ring->channel = channel;
	ring->cpu = cpu;
	ring->subbuf_count = subbuf_count;
	ring->write_fd = fds[1];
	ring->last = &ring->first;
	ring->hold_count = UINT64_MAX;
	ring->hole_index = UINT64_MAX;
	ring->clock = 1000000;
	pthread_mutex_init(&ring->lock, NULL);
	kit_init(&ring->kit, &kit_packed);
	ring->base = (struct stream){
		.class = &fake_ring_class,
		.wait_fd = fds[0],
		.is_overwrite = is_overwrite,
		.ring_bytes = (uint64_t)subbuf_count * FAKE_SUBBUF_BYTES,
		.subbuf_bytes = FAKE_SUBBUF_BYTES,
		.affinity = channel->affinity,
		.scanner = scanner_ref(channel->scanner),
		.tally = tally_ref(channel->tally),
		.output = output,
	};
	return ring;
}

struct stream *fake_ring_stream(struct fake_ring *ring)
{
	return &ring->base;
}

/* --- waiting --------------------------------------------------------------------------------- */

void fake_wait_for(struct queue *queue, const bool *is_done)
{
	uint64_t limit_ns = clock_monotonic_ns() + WAIT_LIMIT_MS * UINT64_C(1000000);
	struct pollfd pollfd = {.fd = queue_fd(queue), .events = POLLIN};

	while (!*is_done) {
		poll(&pollfd, 1, 1000);
		queue_drain(queue);
		if (clock_monotonic_ns() > limit_ns)
			fail_msg("nothing came within %d ms", WAIT_LIMIT_MS);
	}
}

static void task_is_over(struct message *message)
{
	((struct fake_task *)message)->is_done = true;
}

void fake_task_init(struct fake_task *fake, struct queue *home)
{
	task_init(&fake->task, home, task_is_over);
	fake->is_done = false;
}

void fake_task_wait(struct fake_task *fake)
{
	task_done(&fake->task, NULL);
	fake_wait_for(fake->task.home, &fake->is_done);
	assert_int_equal(fake->task.error.code, ERROR_NONE);
}
