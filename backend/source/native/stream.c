/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One stream of a channel: reads one lane after the other, each from where it was told to on, and
 * makes packets of what its channel wants. What a lane holds between two records that all are
 * wanted is lent where it lies; else records are copied together.
 *
 * A flush is a position: what was published until then is before the cut. So is an order: what is
 * wanted changes between two records of the lane, not between two packets.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "backend/base/fd.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/sink/sink.h"
#include "backend/source/native/internal.h"

#define CTF_MAGIC	UINT32_C(0xc1fc1fc1)
#define TICKS_MASK	((UINT64_C(1) << 48) - 1)
#define ROOM_MORE	4096 /* beyond a sub-buffer: contexts of one record, at least */
#define PIECES_PER_TURN 64
#define HELD_NOTHING	UINT64_MAX
#define CLOCK_SLACK	UINT64_C(10000000000) /* seconds of either clock: no record is younger */

_Static_assert(CTF_THREAD_HEADER_BYTES == LANE_PACKET_BYTES, "headers fit before the records");
_Static_assert(CTF_THREAD_HEADER_BYTES <= PACKET_HEADER_MAX, "and stand in for them");

struct order {
	struct order *next;
	uint64_t position;
	struct native_wants *wants; /* reference held; NULL: none is wanted */
	uint64_t discarded;	    /* of the lane, then */
};

struct native_stream {
	struct stream base;		/* first */
	struct native_channel *channel; /* reference held */
	unsigned int number;
	int event_fd;
	_Atomic uint64_t seen; /* read so far, for who wakes it */
	pthread_mutex_t lock;  /* the next five; the process's lock may be taken below it */
	struct native_lane *lane;
	bool is_fresh; /* the consumer has not looked at it yet */
	uint64_t start;
	struct order *orders, **orders_end;
	uint64_t free_since_clock; /* of the last record, while there is no lane */
	/* Under the process's lock. */
	struct native_stream *lane_next;
	uint64_t held; /* nothing from here on may be written over */
	/* The consumer's. */
	uint64_t read;
	struct native_wants *wants; /* reference held */
	uint64_t discarded_before, discarded_base, discarded_told;
	uint32_t tid;
	uint32_t named_tid;
	char thread_name[17];
	uint64_t latest_ticks; /* no record can be of later */
	uint64_t last_clock;
	uint64_t sequence;
	bool is_open;
	uint64_t begin_clock;
	uint32_t packet_tid;
	uint64_t event_count;
	uint64_t at;
	unsigned char *bytes, *copy;
	uint64_t room;
	bool is_lent; /* what lies in the lane */
	bool is_broken_told;
	uint64_t asked, done, done_when_back;
	uint64_t target;
	bool is_final;
};

static struct native_stream *stream_of(struct stream *base)
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
		stream->lane_next = lane->streams;
		lane->streams = stream;
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
	uint64_t one = 1;

	if (write(stream->event_fd, &one, sizeof(one)) < 0)
		return; /* it is awake already */
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
	if (commit / sub_bytes > seen / sub_bytes)
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

static void make_room(struct native_stream *stream, const struct native_process *process)
{
	if (stream->bytes)
		return;
	stream->room = CTF_THREAD_HEADER_BYTES + native_sub_bytes(process) + ROOM_MORE;
	stream->bytes = mem_alloc(stream->room);
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
	if (lane)
		make_room(stream, lane->process);
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

static uint64_t discarded_so_far(const struct native_stream *stream, const struct native_lane *lane)
{
	uint64_t now;

	if (!stream->wants || !lane)
		return stream->discarded_before;
	now = native_lane_discarded(lane);
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
	struct native_stream **link;

	stream->discarded_before = discarded_so_far(stream, lane);
	native_wants_unref(stream->wants);
	stream->wants = NULL;
	pthread_mutex_lock(&stream->lock);
	stream->lane = NULL;
	stream->free_since_clock = stream->last_clock;
	reset_orders(stream);
	pthread_mutex_lock(&process->lock);
	link = &lane->streams;
	while (*link != stream)
		link = &(*link)->lane_next;
	*link = stream->lane_next;
	pthread_mutex_unlock(&process->lock);
	pthread_mutex_unlock(&stream->lock);
	native_lane_settle(lane);
	native_process_unref(process);
}

/* --- packets */

static unsigned char *put_u32(unsigned char *at, uint32_t value)
{
	memcpy(at, &value, sizeof(value));
	return at + sizeof(value);
}

static unsigned char *put_u64(unsigned char *at, uint64_t value)
{
	memcpy(at, &value, sizeof(value));
	return at + sizeof(value);
}

/* /proc knows the thread's name while it runs; its process's is a good one, too. */
static const char *name_thread(struct native_stream *stream, const struct native_process *process,
			       uint32_t tid)
{
	char path[64];
	FILE *file;

	if (stream->named_tid == tid && tid != 0)
		return stream->thread_name;
	stream->named_tid = tid;
	memcpy(stream->thread_name, process->name, sizeof(stream->thread_name));
	snprintf(path, sizeof(path), "/proc/%d/task/%u/comm", (int)process->pid, tid);
	file = tid ? fopen(path, "re") : NULL;
	if (file) {
		char name[sizeof(stream->thread_name)];

		if (fgets(name, sizeof(name), file)) {
			name[strcspn(name, "\n")] = '\0';
			memcpy(stream->thread_name, name, sizeof(name));
		}
		fclose(file);
	}
	return stream->thread_name;
}

struct head {
	uint64_t begin_clock, end_clock, content_bytes;
	uint32_t pid, tid;
	const char *name;
};

static void write_head(struct native_stream *stream, const struct head *head, unsigned char *out)
{
	const struct native_channel *channel = stream->channel;
	unsigned char *at = put_u32(out, CTF_MAGIC);

	memcpy(at, channel->uuid.bytes, sizeof(channel->uuid.bytes));
	at = put_u32(at + sizeof(channel->uuid.bytes), channel->id);
	at = put_u64(at, stream->number);
	at = put_u64(at, head->begin_clock);
	at = put_u64(at, head->end_clock);
	at = put_u64(at, head->content_bytes * 8);
	at = put_u64(at, head->content_bytes * 8);
	at = put_u64(at, stream->sequence);
	at = put_u64(at, stream->discarded_told);
	at = put_u32(at, head->pid);
	at = put_u32(at, head->tid);
	memset(at, 0, CTF_THREAD_NAME_BYTES);
	memcpy(at, head->name, strlen(head->name));
}

static void describe(const struct native_stream *stream, const struct head *head,
		     const unsigned char *bytes, struct packet *packet)
{
	packet->bytes = bytes;
	packet->size_bytes = head->content_bytes;
	packet->content_bytes = head->content_bytes;
	packet->first_event_bytes = CTF_THREAD_HEADER_BYTES;
	packet->begin_clock = head->begin_clock;
	packet->end_clock = head->end_clock;
	packet->events_discarded = stream->discarded_told;
	packet->sequence = stream->sequence;
	packet->stream_id = stream->channel->id;
	packet->stream_instance_id = stream->number;
}

static void open_packet(struct native_stream *stream, uint64_t clock)
{
	stream->is_open = true;
	stream->begin_clock = clock;
	stream->packet_tid = stream->tid;
	stream->event_count = 0;
	stream->at = CTF_THREAD_HEADER_BYTES;
}

/* Threads take turns in lanes that are only borrowed: their packets are nobody's. */
static bool is_borrowed(const struct native_lane *lane)
{
	const struct lane_geometry *geometry = &lane->process->geometry;

	return lane->index >= geometry->lanes - geometry->leased;
}

static enum take_result close_packet(struct native_stream *stream, struct native_lane *lane,
				     struct packet *packet)
{
	uint32_t tid = is_borrowed(lane) ? 0 : stream->packet_tid;
	struct head head = {
		.begin_clock = stream->begin_clock,
		.end_clock = stream->last_clock,
		.content_bytes = stream->at,
		.pid = (uint32_t)lane->process->pid,
		.tid = tid,
		.name = name_thread(stream, lane->process, tid),
	};

	stream->discarded_told = discarded_so_far(stream, lane);
	write_head(stream, &head, stream->bytes);
	describe(stream, &head, stream->bytes, packet);
	packet->header_bytes = 0;
	stream->sequence++;
	stream->is_open = false;
	stream->done_when_back = stream->done;
	return TAKE_PACKET;
}

/* --- records */

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

/* All of the clock, of its low bits: the latest that such a record can be of. */
static inline uint64_t whole_ticks(uint64_t latest_ticks, uint64_t low)
{
	return latest_ticks - ((latest_ticks - low) & TICKS_MASK);
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

static uint64_t event_bytes(const struct native_stream *stream, uint32_t id,
			    const unsigned char *at, uint64_t left)
{
	const struct native_event *event = native_catalog_find(stream->channel->catalog, id);
	uint64_t bytes;

	if (!event)
		return 0;
	bytes = native_shape_bytes(event->shape, at + LANE_RECORD_BYTES, left - LANE_RECORD_BYTES);
	return bytes == NATIVE_BYTES_NONE ? 0 : LANE_RECORD_BYTES + bytes;
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

/*
 * Whether all records from `at` to `end` are events that are wanted, in order of time: then they
 * can be lent as they lie. *last_clock: of the last one.
 */
static bool is_all_wanted(struct native_stream *stream, const unsigned char *at,
			  const unsigned char *end, uint64_t *first_clock, uint64_t *last_clock)
{
	uint64_t clock = stream->last_clock;
	bool is_first = true;

	while (at < end) {
		uint64_t left = (uint64_t)(end - at);
		uint64_t header, ticks, bytes;
		uint32_t id;

		if (left < LANE_RECORD_BYTES)
			return false;
		header = load_header(at);
		id = lane_record_id(header);
		if (stream->wants->choice[id] != NATIVE_WANTED)
			return false;
		bytes = event_bytes(stream, id, at, left);
		ticks = whole_ticks(stream->latest_ticks, lane_record_ticks(header));
		if (bytes == 0 || ticks < clock)
			return false;
		if (is_first)
			*first_clock = ticks;
		is_first = false;
		clock = ticks;
		note_type(stream, id);
		at += bytes;
	}
	*last_clock = clock;
	return !is_first;
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
	bool is_of_other = stream->packet_tid != stream->tid && !is_borrowed(lane);
	struct native_writer_state state = {lane->process, stream->tid, ""};
	unsigned char choice = stream->wants->choice[id];

	if (choice == NATIVE_UNWANTED)
		return true;
	if (!stream->wants->is_plain)
		state.thread_name = name_thread(stream, lane->process, stream->tid);
	if (choice == NATIVE_ASKED && !native_wants_match(stream->wants, id, at + LANE_RECORD_BYTES,
							  bytes - LANE_RECORD_BYTES, &state))
		return true;
	if (stream->is_open && stream->event_count > 0 &&
	    (is_of_other || stream->at + bytes + stream->channel->context.bytes > stream->room))
		return false;
	/* Only who lies about the time goes back in it. */
	if (ticks < stream->last_clock)
		ticks = stream->last_clock;
	if (!stream->is_open || stream->event_count == 0)
		open_packet(stream, ticks);
	stream->last_clock = ticks;
	note_type(stream, id);
	append(stream, &state, lane_record_header(id, ticks), at, bytes);
	return true;
}

/* *at is moved behind what was taken. */
static enum copied copy_records(struct native_stream *stream, struct native_lane *lane,
				const unsigned char **at, const unsigned char *end)
{
	while (*at < end) {
		uint64_t left = (uint64_t)(end - *at);
		uint64_t bytes;
		uint32_t id;

		if (left < LANE_RECORD_BYTES)
			return COPIED_BROKEN;
		id = lane_record_id(load_header(*at));
		bytes = id < LANE_ID_FIRST ? other_bytes(id, *at, left)
					   : event_bytes(stream, id, *at, left);
		if (bytes == 0)
			return COPIED_BROKEN;
		if (id == LANE_ID_OWNER)
			stream->tid = load_u32(*at + LANE_RECORD_BYTES);
		else if (id >= LANE_ID_FIRST && !copy_event(stream, lane, id, *at, bytes))
			return COPIED_FULL;
		*at += bytes;
	}
	return COPIED_ALL;
}

/* --- pieces of a lane */

struct piece {
	uint64_t from, end; /* positions of records */
	uint64_t next;	    /* where the next piece begins */
	bool is_whole;	    /* a sub-buffer from its first record to its last */
};

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

	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	open_end = __atomic_load_n(&lane->header->open_end, __ATOMIC_RELAXED) & ~(sub_bytes - 1);
	if (open_end <= start + native_ring_bytes(lane->process))
		return false;
	start = open_end - native_ring_bytes(lane->process);
	count_lost(stream, (start - (stream->read & ~(sub_bytes - 1))) / sub_bytes);
	stream->read = start;
	return true;
}

/* `bound`: nothing behind it is taken now. False: hostile. */
static bool find_piece(const struct native_stream *stream, const struct native_lane *lane,
		       uint64_t bound, struct piece *piece)
{
	const struct native_process *process = lane->process;
	uint64_t sub_bytes = native_sub_bytes(process);
	uint64_t start = stream->read & ~(sub_bytes - 1);
	const struct lane_packet *packet =
		(const struct lane_packet *)(lane->data +
					     (start & (native_ring_bytes(process) - 1)));
	uint64_t content = sub_bytes;

	piece->from = stream->read == start ? start + LANE_PACKET_BYTES : stream->read;
	piece->next = bound < start + sub_bytes ? bound : start + sub_bytes;
	if (bound > start + sub_bytes)
		content = __atomic_load_n(&packet->content_bytes, __ATOMIC_RELAXED);
	if (bound < start + sub_bytes)
		content = bound - start;
	piece->end = start + content;
	piece->is_whole = stream->read == start && bound >= start + sub_bytes;
	return content <= sub_bytes && piece->end >= piece->from;
}

static unsigned char *piece_bytes(const struct native_lane *lane, const struct piece *piece)
{
	return lane->data + (piece->from & (native_ring_bytes(lane->process) - 1));
}

/* The thread that opened a sub-buffer is written at its begin. */
static void take_tid(struct native_stream *stream, const struct native_lane *lane)
{
	uint64_t sub_bytes = native_sub_bytes(lane->process);
	const struct lane_packet *packet;

	if (stream->read & (sub_bytes - 1))
		return;
	packet =
		(const struct lane_packet *)(lane->data + (stream->read &
							   (native_ring_bytes(lane->process) - 1)));
	stream->tid = __atomic_load_n(&packet->tid, __ATOMIC_RELAXED);
}

static bool lend(struct native_stream *stream, struct native_lane *lane, const struct piece *piece,
		 struct packet *packet)
{
	unsigned char *begin = piece_bytes(lane, piece);
	uint64_t bytes = piece->end - piece->from;
	uint32_t tid = is_borrowed(lane) ? 0 : stream->tid;
	struct head head = {.pid = (uint32_t)lane->process->pid, .tid = tid};

	if (!is_all_wanted(stream, begin, begin + bytes, &head.begin_clock, &head.end_clock))
		return false;
	head.content_bytes = CTF_THREAD_HEADER_BYTES + bytes;
	head.name = name_thread(stream, lane->process, tid);
	stream->last_clock = head.end_clock;
	stream->discarded_told = discarded_so_far(stream, lane);
	write_head(stream, &head, packet->header);
	describe(stream, &head, begin - CTF_THREAD_HEADER_BYTES, packet);
	packet->header_bytes = CTF_THREAD_HEADER_BYTES;
	stream->sequence++;
	stream->read = piece->next;
	stream->is_lent = true;
	stream->done_when_back = stream->done;
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
				   const struct piece *piece)
{
	if (!stream->copy)
		stream->copy = mem_alloc(native_sub_bytes(lane->process));
	memcpy(stream->copy, piece_bytes(lane, piece), piece->end - piece->from);
	return is_overrun(stream, lane, piece->from) ? NULL : stream->copy;
}

/* True: a packet came of it. */
static bool take_piece(struct native_stream *stream, struct native_lane *lane, uint64_t bound,
		       struct packet *packet)
{
	struct piece piece;
	const unsigned char *begin, *at;
	bool is_fine = find_piece(stream, lane, bound, &piece);
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
	take_tid(stream, lane);
	if (!stream->wants) {
		stream->read = piece.next;
		return false;
	}
	if (can_lend(stream, lane)) {
		if (has_events && piece.is_whole) {
			close_packet(stream, lane, packet);
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
		close_packet(stream, lane, packet);
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

/* --- as consumers see it */

/* True: a packet came of it. is_wanted: even an empty one, if it tells of losses. */
static bool finish_packet(struct native_stream *stream, struct native_lane *lane, bool is_wanted,
			  struct packet *packet)
{
	if (!stream->is_open || stream->event_count == 0) {
		if (!is_wanted || discarded_so_far(stream, lane) <= stream->discarded_told)
			return false;
		open_packet(stream, stream->last_clock);
	}
	close_packet(stream, lane, packet);
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
		*is_packet = finish_packet(stream, lane, stream->is_final, packet);
		if (*is_packet)
			stream->done_when_back = stream->asked;
		else
			stream->done = stream->asked;
		return true;
	}
	if (!is_gone)
		return false;
	*is_packet = finish_packet(stream, lane, true, packet);
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
		if (take_piece(stream, lane, bound, packet))
			return TAKE_PACKET;
		/* All of it may be filtered away, for ever: others have a turn. */
		if (++pieces >= PIECES_PER_TURN && !is_flushing) {
			native_stream_wake(stream);
			return TAKE_NOTHING;
		}
	}
}

static enum take_result take(struct stream *base, struct packet *packet)
{
	struct native_stream *stream = stream_of(base);
	struct native_lane *lane = adopt(stream);
	enum take_result result;

	if (!lane) {
		stream->done = stream->asked;
		return TAKE_NOTHING;
	}
	stream->latest_ticks = timebase_ticks(stream->channel->source->is_counter) + CLOCK_SLACK;
	native_process_ref(lane->process); /* it may let go of it */
	result = take_from(stream, lane, packet);
	if (!stream->is_lent && native_stream_reads(stream, lane))
		release(stream, lane);
	native_process_unref(lane->process);
	return result;
}

static void give_back(struct stream *base, const struct packet *packet)
{
	struct native_stream *stream = stream_of(base);

	(void)packet;
	stream->done = stream->done_when_back;
	if (!stream->is_lent)
		return;
	stream->is_lent = false;
	release(stream, stream->lane);
}

static void flush(struct stream *base, enum flush_kind kind)
{
	struct native_stream *stream = stream_of(base);
	struct native_lane *lane = adopt(stream);

	if (kind == FLUSH_NONE)
		return;
	stream->asked++;
	stream->is_final = kind == FLUSH_FINAL;
	if (lane)
		stream->target = native_lane_commit(lane);
}

static uint64_t produced(struct stream *base)
{
	return stream_of(base)->asked;
}

static uint64_t consumed(struct stream *base)
{
	return stream_of(base)->done;
}

static void destroy(struct stream *base)
{
	struct native_stream *stream = stream_of(base);

	if (stream->lane)
		detach(stream, stream->lane);
	fd_close(&stream->event_fd);
	pthread_mutex_destroy(&stream->lock);
	free(stream->bytes);
	free(stream->copy);
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
	.destroy = destroy,
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
		.scanner = scanner_ref(channel->scanner),
		.tally = tally_ref(channel->tally),
		.output = output,
	};
	return stream;
}
