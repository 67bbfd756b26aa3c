/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One stream of a channel: reads one lane after the other, each from where it was told to on, and
 * makes packets of what its channel wants. What a lane holds between two records that all are
 * wanted is lent where it lies; else records are copied together.
 *
 * A flush is a position: what was published until then is before the cut. So is an order: what is
 * wanted changes between two records of the lane, not between two packets.
 */
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/source/native/stream.h"

#define ROOM_MORE	4096 /* beyond a sub-buffer: contexts of one record, at least */
#define PIECES_PER_TURN 64
#define HELD_NOTHING	UINT64_MAX
#define CLOCK_SLACK	UINT64_C(10000000000) /* seconds of either clock: no record is younger */

struct native_stream *native_stream_of(struct stream *base)
{
	return (struct native_stream *)base;
}

struct stream *native_stream_base(struct native_stream *stream)
{
	return &stream->base;
}

/* --- what may be written over */

void native_lane_settle(struct native_lane *lane)
{
	struct native_process *process = lane->process;
	uint64_t cons = HELD_NOTHING;

	pthread_mutex_lock(&process->lock);
	for (struct native_stream *stream = lane->streams; stream; stream = stream->lane_next)
		if (stream->held < cons)
			cons = stream->held;
	if (lane->is_watched && lane->watched_to < cons)
		cons = lane->watched_to;
	if (cons == HELD_NOTHING)
		cons = native_lane_commit(lane);
	cons &= ~(native_sub_bytes(process) - 1);
	if (cons > lane->cons) {
		lane->cons = cons;
		/* Pairs with the acquire of a writer that wants room. */
		__atomic_store_n(&lane->header->cons, cons, __ATOMIC_RELEASE);
	}
	pthread_mutex_unlock(&process->lock);
}

static void hold(struct native_stream *stream, struct native_lane *lane, uint64_t position)
{
	pthread_mutex_lock(&lane->process->lock);
	stream->held = position;
	pthread_mutex_unlock(&lane->process->lock);
}

/* What was read is let go of; all of it, if nothing is wanted any more. */
static void release(struct native_stream *stream, struct native_lane *lane)
{
	pthread_mutex_lock(&stream->lock);
	hold(stream, lane, stream->wants || stream->orders ? stream->read : HELD_NOTHING);
	pthread_mutex_unlock(&stream->lock);
	atomic_store_explicit(&stream->seen, stream->read, memory_order_relaxed);
	native_lane_settle(lane);
}

/* --- the source's thread */

static void add_order(struct native_stream *stream, struct native_lane *lane, uint64_t position,
		      struct native_wants *wants)
{
	struct order *order = mem_zalloc(sizeof(*order));

	order->position = position;
	order->wants = wants ? native_wants_ref(wants) : NULL;
	order->discarded = native_lane_discarded(lane);
	*stream->orders_end = order;
	stream->orders_end = &order->next;
}

/* --- the lane's memory: in the numbers of one of a session's streams that read it. The process's
 * lock is held. */

static struct native_stream *find_of_session(const struct native_lane *lane, uint64_t session_id)
{
	struct native_stream *stream = lane->streams;

	while (stream && stream->channel->session_id != session_id)
		stream = stream->lane_next;
	return stream;
}

static void count_lane(struct native_stream *stream, const struct native_lane *lane, bool is_there)
{
	stream->counts_lane = is_there;
	tally_note_buffers(stream->base.tally, is_there, 1, native_ring_bytes(lane->process));
}

static void join(struct native_stream *stream, struct native_lane *lane)
{
	if (!find_of_session(lane, stream->channel->session_id))
		count_lane(stream, lane, true);
	stream->lane_next = lane->streams;
	lane->streams = stream;
}

static void quit(struct native_stream *stream, struct native_lane *lane)
{
	struct native_stream **link = &lane->streams;
	struct native_stream *heir;

	while (*link != stream)
		link = &(*link)->lane_next;
	*link = stream->lane_next;
	if (!stream->counts_lane)
		return;
	count_lane(stream, lane, false);
	heir = find_of_session(lane, stream->channel->session_id);
	if (heir)
		count_lane(heir, lane, true);
}

bool native_stream_attach(struct native_stream *stream, struct native_lane *lane, uint64_t position,
			  uint64_t begin_ticks, struct native_wants *wants)
{
	bool is_free;

	pthread_mutex_lock(&stream->lock);
	is_free = !stream->lane && stream->free_since_clock <= begin_ticks;
	if (is_free) {
		stream->lane = lane;
		native_process_ref(lane->process);
		stream->is_fresh = true;
		stream->start = position;
		atomic_store_explicit(&stream->seen, position, memory_order_relaxed);
		add_order(stream, lane, position, wants);
		if (position == 0)
			stream->orders->discarded = 0;
		pthread_mutex_lock(&lane->process->lock);
		stream->held = position;
		join(stream, lane);
		pthread_mutex_unlock(&lane->process->lock);
	}
	pthread_mutex_unlock(&stream->lock);
	return is_free;
}

void native_stream_judge(struct native_stream *stream, struct native_lane *lane,
			 struct native_wants *wants)
{
	pthread_mutex_lock(&stream->lock);
	if (stream->lane == lane) {
		uint64_t position = native_lane_commit(lane);

		add_order(stream, lane, position, wants);
		pthread_mutex_lock(&lane->process->lock);
		if (stream->held == HELD_NOTHING)
			stream->held = position;
		pthread_mutex_unlock(&lane->process->lock);
	}
	pthread_mutex_unlock(&stream->lock);
}

bool native_stream_reads(struct native_stream *stream, const struct native_lane *lane)
{
	bool is_so;

	pthread_mutex_lock(&stream->lock);
	is_so = stream->lane == lane;
	pthread_mutex_unlock(&stream->lock);
	return is_so;
}

void native_stream_wake(struct native_stream *stream)
{
	fd_signal(stream->event_fd);
}

void native_stream_end(struct native_stream *stream)
{
	if (stream->history)
		native_history_fetch(stream);
	else
		native_stream_wake(stream);
}

void native_stream_switch(struct native_stream *stream)
{
	if (stream->history)
		return;
	atomic_store_explicit(&stream->is_switched, true, memory_order_relaxed);
	native_stream_wake(stream);
}

void native_stream_look(struct native_stream *stream)
{
	uint64_t commit = 0, sub_bytes = 1;
	uint64_t seen = atomic_load_explicit(&stream->seen, memory_order_relaxed);

	pthread_mutex_lock(&stream->lock);
	if (stream->lane) {
		commit = native_lane_commit(stream->lane);
		sub_bytes = native_sub_bytes(stream->lane->process);
	}
	pthread_mutex_unlock(&stream->lock);
	if (commit / sub_bytes <= seen / sub_bytes)
		return;
	if (stream->history)
		native_history_fetch(stream);
	else
		native_stream_wake(stream);
}

/* --- the consumer: which lane, and what is wanted of it */

static void reset_orders(struct native_stream *stream)
{
	while (stream->orders) {
		struct order *order = stream->orders;

		stream->orders = order->next;
		native_wants_unref(order->wants);
		free(order);
	}
	stream->orders_end = &stream->orders;
}

/* For a packet of so many bytes of records. */
static void make_room(struct native_stream *stream, uint64_t bytes)
{
	uint64_t room = CTF_THREAD_HEADER_BYTES + bytes + ROOM_MORE;

	if (stream->room >= room)
		return;
	stream->bytes = mem_realloc_array(stream->bytes, room, 1);
	stream->room = room;
	if (!stream->counts)
		stream->counts = event_counts_create();
}

static struct native_lane *adopt(struct native_stream *stream)
{
	struct native_lane *lane;

	pthread_mutex_lock(&stream->lock);
	lane = stream->lane;
	if (lane && stream->is_fresh) {
		stream->is_fresh = false;
		stream->read = stream->target = stream->start;
		stream->tid = __atomic_load_n(&lane->header->tid, __ATOMIC_RELAXED);
		stream->named_tid = 0;
		stream->is_broken_told = false;
		if (stream->last_clock < lane->process->begin_ticks)
			stream->last_clock = lane->process->begin_ticks;
	}
	pthread_mutex_unlock(&stream->lock);
	return lane;
}

static bool next_order(struct native_stream *stream, uint64_t *position)
{
	bool has_one;

	pthread_mutex_lock(&stream->lock);
	has_one = stream->orders != NULL;
	if (has_one)
		*position = stream->orders->position;
	pthread_mutex_unlock(&stream->lock);
	return has_one;
}

/* Up to the next order, if there is one: what came behind it counts by that. */
uint64_t native_stream_discarded(struct native_stream *stream, const struct native_lane *lane)
{
	uint64_t now;

	if (!stream->wants || !lane)
		return stream->discarded_before;
	pthread_mutex_lock(&stream->lock);
	now = stream->orders ? stream->orders->discarded : native_lane_discarded(lane);
	pthread_mutex_unlock(&stream->lock);
	return stream->discarded_before +
	       (now > stream->discarded_base ? now - stream->discarded_base : 0);
}

/* Losses count while something is wanted. */
static void take_order(struct native_stream *stream)
{
	struct order *order;

	pthread_mutex_lock(&stream->lock);
	order = stream->orders;
	stream->orders = order->next;
	if (!stream->orders)
		stream->orders_end = &stream->orders;
	pthread_mutex_unlock(&stream->lock);
	if (stream->wants && !order->wants && order->discarded > stream->discarded_base)
		stream->discarded_before += order->discarded - stream->discarded_base;
	if (!stream->wants)
		stream->discarded_base = order->discarded;
	native_wants_unref(stream->wants);
	stream->wants = order->wants;
	free(order);
}

static void detach(struct native_stream *stream, struct native_lane *lane)
{
	struct native_process *process = lane->process;

	stream->discarded_before = native_stream_discarded(stream, lane);
	native_wants_unref(stream->wants);
	stream->wants = NULL;
	pthread_mutex_lock(&stream->lock);
	stream->lane = NULL;
	stream->free_since_clock = stream->last_clock;
	reset_orders(stream);
	pthread_mutex_lock(&process->lock);
	quit(stream, lane);
	pthread_mutex_unlock(&process->lock);
	pthread_mutex_unlock(&stream->lock);
	native_lane_settle(lane);
	native_process_unref(process);
}

/* --- as consumers see it */

/* Somebody reads meanwhile, and waits for what even an empty packet tells. */
static bool is_live(const struct native_stream *stream)
{
	return stream->base.output && stream->base.output->sink->is_live;
}

static bool has_losses_to_tell(struct native_stream *stream, const struct native_lane *lane)
{
	return native_stream_discarded(stream, lane) > stream->discarded_told;
}

/* Who reads a live trace is told that nothing before the flush is to come. */
static void pass_silence(struct native_stream *stream)
{
	if (is_live(stream) && stream->flush_clock > stream->last_clock)
		stream->last_clock = stream->flush_clock;
}

/* True: a packet came of it. is_wanted: even an empty one. */
static bool finish_packet(struct native_stream *stream, struct native_lane *lane, bool is_wanted,
			  struct packet *packet)
{
	if (!stream->is_open || stream->event_count == 0) {
		if (!is_wanted)
			return false;
		pass_silence(stream);
		native_packet_open(stream, stream->last_clock);
	}
	native_packet_close(stream, lane, packet);
	return true;
}

/* What stands in the way at the present position: an order, the flush, the end. */
static bool pass_mark(struct native_stream *stream, struct native_lane *lane, bool has_order,
		      bool is_flushing, bool is_gone, struct packet *packet, bool *is_packet)
{
	if (has_order) {
		take_order(stream);
		return true;
	}
	if (is_flushing) {
		*is_packet = finish_packet(
			stream, lane,
			stream->is_final && (is_live(stream) || has_losses_to_tell(stream, lane)),
			packet);
		if (*is_packet)
			stream->done_when_back = stream->asked;
		else
			stream->done = stream->asked;
		return true;
	}
	if (!is_gone)
		return false;
	*is_packet = finish_packet(stream, lane, has_losses_to_tell(stream, lane), packet);
	if (!*is_packet)
		detach(stream, lane);
	return true;
}

static enum take_result take_from(struct native_stream *stream, struct native_lane *lane,
				  struct packet *packet)
{
	uint64_t sub_bytes = native_sub_bytes(lane->process);
	uint64_t order_position = 0, commit, bound;
	bool is_packet = false;

	for (unsigned int pieces = 0;;) {
		bool is_gone = atomic_load_explicit(&lane->process->is_gone, memory_order_acquire);
		bool has_order = next_order(stream, &order_position);
		bool is_flushing = stream->done < stream->asked;

		commit = native_lane_commit(lane);
		bound = has_order ? order_position : is_flushing ? stream->target : commit;
		if (!stream->wants && bound > stream->read)
			stream->read = bound; /* nobody wants what lies between */
		if (stream->read >= bound) {
			if (!pass_mark(stream, lane, has_order, is_flushing, is_gone, packet,
				       &is_packet))
				return TAKE_NOTHING;
			if (is_packet)
				return TAKE_PACKET;
			if (!has_order && !is_flushing)
				return TAKE_NOTHING; /* it has let go of the lane */
			continue;
		}
		if (!has_order && !is_flushing && !is_gone &&
		    bound < (stream->read & ~(sub_bytes - 1)) + sub_bytes)
			return TAKE_NOTHING;
		if (native_record_take(stream, lane, bound, packet))
			return TAKE_PACKET;
		/* All of it may be filtered away, for ever: others have a turn. */
		if (++pieces >= PIECES_PER_TURN && !is_flushing) {
			native_stream_wake(stream);
			return TAKE_NOTHING;
		}
	}
}

/*
 * Without a lane there is nothing to tell, but who reads a live trace hears of new streams by
 * packets alone.
 */
static bool take_from_none(struct native_stream *stream, struct packet *packet)
{
	if (!is_live(stream))
		return false;
	make_room(stream, 0);
	pass_silence(stream);
	pthread_mutex_lock(&stream->lock);
	stream->free_since_clock = stream->last_clock;
	pthread_mutex_unlock(&stream->lock);
	packet->is_of_engine = false;
	if (!finish_packet(stream, NULL, stream->is_final, packet))
		return false;
	stream->done_when_back = stream->asked;
	return true;
}

enum take_result native_stream_take(struct native_stream *stream, struct packet *packet)
{
	struct native_lane *lane = adopt(stream);
	enum take_result result;

	if (!lane) {
		if (stream->done < stream->asked && take_from_none(stream, packet))
			return TAKE_PACKET;
		stream->done = stream->asked;
		return TAKE_NOTHING;
	}
	make_room(stream, native_sub_bytes(lane->process));
	stream->latest_ticks = timebase_ticks(stream->channel->source->is_counter) + CLOCK_SLACK;
	native_process_ref(lane->process); /* it may let go of it */
	packet->is_of_engine = lane->process->is_engine;
	result = take_from(stream, lane, packet);
	if (!stream->is_lent && native_stream_reads(stream, lane))
		release(stream, lane);
	native_process_unref(lane->process);
	return result;
}

void native_stream_give_back(struct native_stream *stream)
{
	stream->done = stream->done_when_back;
	if (!stream->is_lent)
		return;
	stream->is_lent = false;
	release(stream, stream->lane);
}

/* What a lane holds that nobody has seen yet was written since the last look. */
static uint64_t clock_now(struct stream *base)
{
	struct native_source *source = native_stream_of(base)->channel->source;
	uint64_t now = timebase_ticks(source->is_counter);
	uint64_t looked = atomic_load_explicit(&source->looked_ticks, memory_order_acquire);

	return looked && looked < now ? looked : now;
}

void native_stream_flush(struct native_stream *stream, enum flush_kind kind)
{
	struct native_lane *lane = adopt(stream);

	if (kind == FLUSH_NONE)
		return;
	stream->asked++;
	stream->is_final = kind == FLUSH_FINAL;
	stream->flush_clock = clock_now(&stream->base) - STREAM_CLOCK_MARGIN;
	if (lane)
		stream->target = native_lane_commit(lane);
}

static enum take_result take(struct stream *base, struct packet *packet)
{
	struct native_stream *stream = native_stream_of(base);

	if (atomic_exchange_explicit(&stream->is_switched, false, memory_order_relaxed))
		native_stream_flush(stream, FLUSH_DATA);
	return native_stream_take(stream, packet);
}

static void give_back(struct stream *base, const struct packet *packet)
{
	(void)packet;
	native_stream_give_back(native_stream_of(base));
}

static void flush(struct stream *base, enum flush_kind kind)
{
	native_stream_flush(native_stream_of(base), kind);
}

static uint64_t produced(struct stream *base)
{
	return native_stream_of(base)->asked;
}

static uint64_t consumed(struct stream *base)
{
	return native_stream_of(base)->done;
}

void native_stream_destroy(struct stream *base)
{
	struct native_stream *stream = native_stream_of(base);

	if (stream->lane)
		detach(stream, stream->lane);
	native_history_destroy(stream);
	fd_close(&stream->event_fd);
	pthread_mutex_destroy(&stream->lock);
	free(stream->bytes);
	free(stream->copy);
	event_counts_destroy(stream->counts);
	free(stream->lent);
	scanner_unref(base->scanner);
	tally_unref(base->tally);
	native_channel_unref(stream->channel);
	free(stream);
}

static const struct stream_class native_stream_class = {
	.take = take,
	.give_back = give_back,
	.flush = flush,
	.produced = produced,
	.consumed = consumed,
	.clock = clock_now,
	.destroy = native_stream_destroy,
};

struct native_stream *native_stream_create(struct native_channel *channel,
					   struct sink_stream *output, unsigned int number)
{
	struct native_stream *stream = mem_zalloc(sizeof(*stream));

	stream->channel = native_channel_ref(channel);
	stream->number = number;
	stream->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	stream->orders_end = &stream->orders;
	pthread_mutex_init(&stream->lock, NULL);
	stream->base = (struct stream){
		.class = &native_stream_class,
		.wait_fd = stream->event_fd,
		.is_overwrite = channel->is_overwrite,
		.affinity = channel->id,
		.class_id = channel->id,
		.scanner = scanner_ref(channel->scanner),
		.tally = tally_ref(channel->tally),
		.output = output,
	};
	if (channel->is_kept) {
		native_history_create(stream, channel->kept_bytes);
		stream->base.class = &native_kept_class;
		stream->base.wait_fd = -1;
		stream->base.is_kept = true;
		stream->base.ring_bytes = channel->kept_bytes;
		stream->base.subbuf_bytes = NATIVE_KEPT_UNIT;
	}
	return stream;
}
