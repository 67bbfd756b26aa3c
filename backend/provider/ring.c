/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What recording an event does when it is not simply "reserve, store, publish": the next
 * sub-buffer, records inside records, records whose writer has jumped away. Any thread, any signal
 * handler.
 *
 * Only this thread's handlers compete for a lane. Whatever takes several steps is done with signals
 * blocked, so a record that a handler jumps out of lies in one sub-buffer and is the only torn one:
 * nested records begin as padding and become records by their last store.
 */
#include "provider.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif
#define FUTEX_WAKE 1 /* linux/futex.h, which not all C libraries come with */

/* No lane: too full for any record. */
struct ring ring_none;

__thread struct tracon_ring *tracon_self TRACON_I_TLS = &ring_none.fast;

void signals_block(struct signals *old)
{
	static const uint64_t all[2] = {~(uint64_t)0, ~(uint64_t)0};

	old->saved_errno = errno;
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, all, old->mask, (size_t)(_NSIG / 8));
}

void signals_restore(const struct signals *old)
{
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, old->mask, NULL, (size_t)(_NSIG / 8));
	errno = old->saved_errno;
}

uint64_t tracon_monotonic(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

size_t tracon_record_max(void)
{
	const struct attachment *now = __atomic_load_n(&attachment_current, __ATOMIC_ACQUIRE);

	return now ? now->record_max : 0;
}

static uint64_t load(const uint64_t *word)
{
	return __atomic_load_n(word, __ATOMIC_RELAXED);
}

/* Pairs with the acquire of the console's reader. */
static void publish(struct ring *ring, uint64_t position)
{
	__atomic_store_n(ring->fast.commit, position, __ATOMIC_RELEASE);
}

/* One instruction, as a handler may count as well; nobody else does. */
void ring_count_discarded(struct ring *ring)
{
#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__)
	__asm__ volatile("incq %0" : "+m"(ring->header->discarded));
#else
	__atomic_fetch_add(&ring->header->discarded, 1, __ATOMIC_RELAXED);
#endif
}

/* --- Records that are no events --------------------------------------------------------------- */

/* bytes is at least LANE_RECORD_BYTES: no record is smaller. */
void ring_put_padding(unsigned char *at, uint64_t bytes, uint64_t ticks)
{
	uint32_t left;

	if (bytes < LANE_PADDING_N_BYTES) {
		tracon_put_header(at, LANE_ID_PADDING + (uint32_t)(bytes - LANE_RECORD_BYTES),
				  ticks);
		return;
	}
	left = (uint32_t)(bytes - LANE_PADDING_N_BYTES);
	memcpy(at + LANE_RECORD_BYTES, &left, sizeof(left));
	tracon_put_header(at, LANE_ID_PADDING_N, ticks);
}

unsigned char *ring_put_owner(unsigned char *at, uint32_t tid, uint64_t ticks)
{
	tracon_put_header(at, LANE_ID_OWNER, ticks);
	memcpy(at + LANE_RECORD_BYTES, &tid, sizeof(tid));
	return at + LANE_OWNER_BYTES;
}

/* --- Room ------------------------------------------------------------------------------------- */

void ring_begin_use(struct ring *ring, struct attachment *attachment, uint32_t lane)
{
	struct lane_header *header = attachment_lane(attachment, lane);
	uint64_t commit = __atomic_load_n(&header->commit, __ATOMIC_ACQUIRE);

	ring->attachment = attachment;
	ring->header = header;
	ring->needs_owner = false;
	ring->lease_frame = 0;
	__atomic_store_n(&ring->full, 0, __ATOMIC_RELAXED);
	ring->fast.data = (unsigned char *)header + LANE_HEADER_BYTES;
	ring->fast.mask = (uint32_t)(lane_ring_bytes(&attachment->geometry) - 1);
	ring->fast.clock = attachment->geometry.clock;
	ring->fast.commit = &header->commit;
	ring->fast.frame_end = 0;
	__atomic_store_n(&ring->fast.limit, 0, __ATOMIC_RELAXED);
	__atomic_store_n(&ring->fast.reserve, commit, __ATOMIC_RELAXED);
}

static uint64_t sub_bytes(const struct ring *ring)
{
	return (uint64_t)1 << ring->attachment->geometry.sub_shift;
}

/* Where the sub-buffer that is being written ends; the reserve itself if none is open. */
static uint64_t open_end(const struct ring *ring, uint64_t reserve)
{
	return (reserve + sub_bytes(ring) - 1) & ~(sub_bytes(ring) - 1);
}

static bool fits(const struct ring *ring, uint64_t reserve, size_t bytes)
{
	return reserve + bytes + (ring->needs_owner ? LANE_OWNER_BYTES : 0) <=
	       open_end(ring, reserve);
}

#define NOT_ASKED UINT64_MAX

static bool is_discarding(const struct ring *ring)
{
	return __atomic_load_n(&ring->attachment->control->mode, __ATOMIC_RELAXED) ==
	       LANE_MODE_DISCARD;
}

/*
 * Discard mode keeps what the console has not taken. Overwrite mode keeps only what somebody is
 * still writing: an outer record of this thread. *taken: in discard mode, what the console had
 * taken.
 */
static bool may_switch(const struct ring *ring, uint64_t reserve, uint64_t *taken)
{
	uint64_t end = open_end(ring, reserve) + sub_bytes(ring);
	uint64_t kept = load(ring->fast.commit);

	*taken = NOT_ASKED;
	/* Pairs with the console's release: it has read what it lets go. */
	if (is_discarding(ring)) {
		*taken = __atomic_load_n(&ring->header->cons, __ATOMIC_ACQUIRE);
		kept = *taken;
	}
	return end - kept <= (uint64_t)ring->fast.mask + 1;
}

/*
 * Cheap: for refusing without a system call. What does not fit is kept in mind in one word, as a
 * handler may come in between: until the console takes something, no record of that size does.
 */
bool ring_may_hold(struct ring *ring, size_t bytes)
{
	uint64_t reserve = load(&ring->fast.reserve);
	uint64_t taken;

	if (bytes > ring->attachment->record_max)
		return false;
	if (fits(ring, reserve, bytes) || may_switch(ring, reserve, &taken))
		return true;
	if (taken != NOT_ASKED)
		__atomic_store_n(&ring->full, taken + bytes, __ATOMIC_RELAXED);
	return false;
}

/* As it was the last time: same lanes, same mode, nothing taken since. */
static bool is_full_still(const struct ring *ring, size_t bytes)
{
	uint64_t full = load(&ring->full);

	return full != 0 &&
	       __atomic_load_n(&attachment_current, __ATOMIC_RELAXED) == ring->attachment &&
	       is_discarding(ring) &&
	       full - __atomic_load_n(&ring->header->cons, __ATOMIC_RELAXED) <= bytes;
}

/* In the first lap pages are missing. One that can't be had is no room, instead of a signal. */
static bool populate(const struct ring *ring, unsigned char *at, uint64_t position)
{
	if (position > ring->fast.mask)
		return true;
	return madvise(at, sub_bytes(ring), MADV_POPULATE_WRITE) == 0 || errno == EINVAL;
}

static void close_packet(const struct ring *ring, uint64_t reserve, uint64_t ticks)
{
	uint64_t start = open_end(ring, reserve) - sub_bytes(ring);
	struct lane_packet *packet =
		(struct lane_packet *)(ring->fast.data + (start & ring->fast.mask));

	packet->content_bytes = reserve - start;
	packet->end_ticks = ticks;
}

/* Closes the sub-buffer and opens the next one. */
static bool switch_sub_buffer(struct ring *ring, uint64_t reserve, uint32_t tid)
{
	uint64_t next = open_end(ring, reserve);
	unsigned char *at = ring->fast.data + (next & ring->fast.mask);
	bool is_outermost = load(ring->fast.commit) == reserve;
	uint64_t taken;
	uint64_t ticks;

	if (!may_switch(ring, reserve, &taken) || !populate(ring, at, next))
		return false;
	ticks = tracon_ticks(ring->fast.clock, 0);
	/* Before any byte of the new packet is seen, it is known what they overwrite. */
	__atomic_exchange_n(&ring->header->open_end, next + sub_bytes(ring), __ATOMIC_SEQ_CST);
	if (reserve > 0)
		close_packet(ring, reserve, ticks);
	*(struct lane_packet *)at = (struct lane_packet){
		.position = next,
		.begin_ticks = ticks,
		.discarded = load(&ring->header->discarded),
		.tid = tid,
	};
	__atomic_store_n(&ring->header->tid, tid, __ATOMIC_RELAXED);
	ring->needs_owner = false;
	__atomic_store_n(&ring->fast.reserve, next + LANE_PACKET_BYTES, __ATOMIC_RELAXED);
	if (is_outermost)
		publish(ring, next + LANE_PACKET_BYTES);
	return true;
}

/* A console that sleeps would come too late for what may follow. */
static void ring_bell(const struct ring *ring)
{
	const struct lane_bell *bell = ring->attachment->bell;

	if (bell && __atomic_load_n(&bell->is_wanted, __ATOMIC_RELAXED))
		syscall(SYS_futex, &bell->is_wanted, FUTEX_WAKE, INT_MAX, NULL, NULL, 0);
}

static void announce(struct ring *ring, uint64_t reserve, uint32_t tid)
{
	ring_put_owner(ring->fast.data + (reserve & ring->fast.mask), tid,
		       tracon_ticks(ring->fast.clock, 0));
	__atomic_store_n(&ring->header->tid, tid, __ATOMIC_RELAXED);
	ring->needs_owner = false;
	__atomic_store_n(&ring->fast.reserve, reserve + LANE_OWNER_BYTES, __ATOMIC_RELAXED);
	publish(ring, reserve + LANE_OWNER_BYTES);
}

/*
 * Looks again, as a handler may have made room. At the end: either this attachment is the present
 * one, or whoever replaced it sees our limit and lowers it.
 */
bool ring_make_room(struct ring *ring, size_t bytes, uint32_t tid)
{
	uint64_t reserve = load(&ring->fast.reserve);

	if (!fits(ring, reserve, bytes)) {
		if (!switch_sub_buffer(ring, reserve, tid))
			return false;
		ring_bell(ring);
	} else if (ring->needs_owner) {
		announce(ring, reserve, tid);
	}
	reserve = load(&ring->fast.reserve);
	__atomic_store_n(&ring->fast.limit, open_end(ring, reserve), __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&attachment_current, __ATOMIC_SEQ_CST) != ring->attachment)
		__atomic_store_n(&ring->fast.limit, 0, __ATOMIC_RELAXED);
	return true;
}

/* --- Records inside records ---------------------------------------------------------------------
 */

static bool is_on_signal_stack(void)
{
	int saved_errno = errno;
	stack_t stack;
	bool is_on = sigaltstack(NULL, &stack) == 0 && (stack.ss_flags & SS_ONSTACK);

	errno = saved_errno;
	return is_on;
}

/* Stacks grow down: who runs at the owner's frame or above it runs instead of the owner. */
bool ring_owner_is_gone(uint64_t owner_frame, uint64_t frame)
{
	return frame >= owner_frame && !is_on_signal_stack();
}

/* Makes what was abandoned padding, and publishes the rest. */
void ring_repair(struct ring *ring)
{
	uint64_t commit = load(ring->fast.commit);
	uint64_t reserve = load(&ring->fast.reserve);

	if (commit == reserve)
		return;
	if (ring->fast.frame_end > commit)
		ring_put_padding(ring->fast.data + (commit & ring->fast.mask),
				 ring->fast.frame_end - commit, ring->fast.frame_ticks);
	publish(ring, reserve);
}

/* The outermost record is complete, and a handler has left records behind it. */
void tracon_publish(struct tracon_ring *fast)
{
	struct signals old;

	signals_block(&old);
	ring_repair((struct ring *)fast);
	signals_restore(&old);
}

/*
 * Reserves a record behind one that is not complete, as padding with the record in it. False: no
 * room. Signals are blocked.
 */
static bool begin_nested(struct ring *ring, uint32_t id, size_t bytes, int is_ordered,
			 struct tracon_record *record)
{
	uint64_t start = load(&ring->fast.reserve);
	uint64_t ticks;
	unsigned char *at;

	if (start + bytes + LANE_PADDING_N_BYTES > load(&ring->fast.limit))
		return false;
	ticks = tracon_ticks(ring->fast.clock, is_ordered);
	at = ring->fast.data + (start & ring->fast.mask);
	ring_put_padding(at, bytes + LANE_PADDING_N_BYTES, ticks);
	tracon_put_header(at + LANE_PADDING_N_BYTES, id, ticks);
	record->ring = &ring->fast;
	record->skip = at + LANE_RECORD_BYTES;
	record->at = at + LANE_PADDING_N_BYTES + LANE_RECORD_BYTES;
	record->kind = RECORD_NESTED;
	__atomic_store_n(&ring->fast.reserve, start + bytes + LANE_PADDING_N_BYTES,
			 __ATOMIC_RELAXED);
	return true;
}

/* Room is there, but somebody's record is not complete. True: begin again, or it has begun. */
static bool begin_beside(struct ring *ring, uint32_t id, size_t bytes, int is_ordered,
			 uint64_t frame, struct tracon_record *record)
{
	struct signals old;
	bool is_done = true;

	signals_block(&old);
	if (load(ring->fast.commit) != load(&ring->fast.reserve)) {
		if (ring_owner_is_gone(ring->fast.frame, frame))
			ring_repair(ring);
		else
			is_done = begin_nested(ring, id, bytes, is_ordered, record);
	}
	signals_restore(&old);
	return is_done;
}

/* Whatever the inline path could not do at once. */
struct tracon_record tracon_begin_slow(uint32_t id, size_t bytes, int is_ordered, uint64_t frame)
{
	struct tracon_record record = {0};
	size_t wanted = bytes;

	if (is_full_still((struct ring *)tracon_self, bytes)) {
		ring_count_discarded((struct ring *)tracon_self);
		return record;
	}
	for (;;) {
		struct tracon_ring *fast = tracon_self;
		struct ring *ring = (struct ring *)fast;
		enum thread_room room = ROOM_MADE;

		if (load(&fast->reserve) + wanted > load(&fast->limit))
			room = thread_make_room(wanted);
		if (room == ROOM_NONE)
			return record;
		if (room == ROOM_LEASE)
			return thread_lease(id, bytes, is_ordered, frame);
		if (tracon_self != fast || load(&fast->limit) == 0)
			continue;
		if (tracon_try(fast, id, bytes, is_ordered, frame, &record.at)) {
			record.ring = fast;
			return record;
		}
		if (load(fast->commit) == load(&fast->reserve))
			continue;
		wanted = bytes;
		if (!begin_beside(ring, id, bytes, is_ordered, frame, &record))
			wanted = bytes + LANE_PADDING_N_BYTES;
		if (record.ring)
			return record;
	}
}

void tracon_end_slow(struct tracon_record record)
{
	static const uint32_t nothing;

	if (record.kind == RECORD_LEASED) {
		thread_end_lease(record);
		return;
	}
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	memcpy(record.skip, &nothing, sizeof(nothing));
}
