/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Gives lanes to threads: each claims one with its first event and gives it back when it ends.
 * Where there are more threads than lanes, and in a thread that has already given its lane back, an
 * event borrows one of the lanes kept for that. Any thread, any signal handler, no lock.
 */
#include "provider.h"

#include <errno.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

/* PTHREAD_DESTRUCTOR_ITERATIONS of Linux; in the last one ThreadSanitizer has left the thread. */
#ifdef __SANITIZE_THREAD__
enum { THREAD_ROUNDS = 3 };
#else
enum { THREAD_ROUNDS = 4 };
#endif

/* What a thread remembers. attachment is counted in users. */
struct thread {
	struct attachment *attachment;
	uint32_t tid;
	uint32_t releases; /* the attachment's when no lane was free */
	uint32_t rounds;   /* of destructors that have passed */
	bool is_over;
};

static __thread struct thread thread TRACON_I_TLS;
static pthread_key_t exit_key;
static bool has_exit_key;

static uint32_t thread_tid(void)
{
	if (thread.tid == 0) {
		int saved_errno = errno;

		thread.tid = (uint32_t)syscall(SYS_gettid);
		errno = saved_errno;
	}
	return thread.tid;
}

/* A lane whose owner is this thread becomes free. Signals are blocked. */
static void lane_release(struct ring *ring)
{
	struct attachment *attachment = ring->attachment; /* the next owner writes it */

	ring_repair(ring);
	__atomic_store_n(&ring->fast.limit, 0, __ATOMIC_RELAXED);
	ring->lease_frame = 0;
	__atomic_store_n(&ring->header->owner, 0, __ATOMIC_RELEASE);
	__atomic_fetch_add(&attachment->releases, 1, __ATOMIC_RELAXED);
}

/* Signals are blocked. */
static void thread_leave(void)
{
	struct attachment *attachment = thread.attachment;

	if (!attachment)
		return;
	if (*attachment->is_ours) {
		uint32_t lanes = attachment->geometry.lanes;

		if (tracon_self != &ring_none.fast)
			lane_release((struct ring *)tracon_self);
		for (uint32_t i = lanes - attachment->geometry.leased; i < lanes; i++) {
			const struct lane_header *header = attachment_lane(attachment, i);

			if (__atomic_load_n(&header->owner, __ATOMIC_RELAXED) == thread.tid &&
			    attachment->rings[i].header)
				lane_release(attachment->rings + i);
		}
	}
	tracon_self = &ring_none.fast;
	thread.attachment = NULL;
	__atomic_fetch_sub(&attachment->users, 1, __ATOMIC_RELEASE);
}

/* Events of other destructors are still to come: the lane goes with the last round. */
static void thread_over(void *key)
{
	struct signals old;

	if (++thread.rounds < THREAD_ROUNDS) {
		pthread_setspecific(exit_key, key);
		return;
	}
	signals_block(&old);
	thread_leave();
	thread.is_over = true;
	signals_restore(&old);
}

bool thread_start_library(void)
{
	has_exit_key = pthread_key_create(&exit_key, thread_over) == 0;
	return has_exit_key;
}

/* In a forked child only this thread is left. */
void thread_forget(void)
{
	tracon_self = &ring_none.fast;
	thread = (struct thread){.rounds = thread.rounds, .is_over = thread.is_over};
}

/* Counts itself as a user unless the attachment has just been replaced. */
static bool hold(struct attachment *now)
{
	__atomic_fetch_add(&now->users, 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&attachment_current, __ATOMIC_SEQ_CST) == now)
		return true;
	__atomic_fetch_sub(&now->users, 1, __ATOMIC_RELEASE);
	return false;
}

static bool take_lane(struct lane_header *header, uint32_t tid)
{
	uint32_t nobody = 0;

	return __atomic_load_n(&header->owner, __ATOMIC_RELAXED) == 0 &&
	       __atomic_compare_exchange_n(&header->owner, &nobody, tid, false, __ATOMIC_ACQUIRE,
					   __ATOMIC_RELAXED);
}

static bool claim(struct attachment *now, uint32_t tid)
{
	uint32_t count = now->geometry.lanes - now->geometry.leased;

	for (uint32_t k = 0; k < count; k++) {
		uint32_t lane = (tid + k) % count;
		struct lane_header *header = attachment_lane(now, lane);

		if (!take_lane(header, tid))
			continue;
		ring_begin_use(now->rings + lane, now, lane);
		now->rings[lane].needs_owner = header->tid != tid;
		header->claims++;
		tracon_self = &now->rings[lane].fast;
		return true;
	}
	return false;
}

/* Signals are blocked. False: none is free. */
static bool thread_claim(struct attachment *now)
{
	if (thread.attachment == now && tracon_self != &ring_none.fast)
		return true; /* a handler has done it */
	if (thread.attachment != now) {
		thread_leave();
		if (!hold(now))
			return true; /* look again */
		thread.attachment = now;
		pthread_setspecific(exit_key, &thread);
	}
	thread.releases = __atomic_load_n(&now->releases, __ATOMIC_RELAXED);
	return claim(now, thread_tid());
}

/* Makes room for a record of so many bytes in the thread's lane; gives it one if it has none. */
enum thread_room thread_make_room(size_t bytes)
{
	struct attachment *now = __atomic_load_n(&attachment_current, __ATOMIC_ACQUIRE);
	struct ring *ring = (struct ring *)tracon_self;
	struct signals old;
	bool is_made;

	if (!now || !*now->is_ours)
		return ROOM_NONE;
	if (tracon_self != &ring_none.fast && ring->attachment == now) {
		if (!ring_may_hold(ring, bytes)) {
			ring_count_discarded(ring);
			return ROOM_NONE;
		}
		signals_block(&old);
		is_made = ring_make_room(ring, bytes, thread_tid());
		signals_restore(&old);
		if (!is_made)
			ring_count_discarded(ring);
		return is_made ? ROOM_MADE : ROOM_NONE;
	}
	if (thread.is_over || !has_exit_key ||
	    (thread.attachment == now &&
	     thread.releases == __atomic_load_n(&now->releases, __ATOMIC_RELAXED)))
		return ROOM_LEASE;
	signals_block(&old);
	is_made = thread_claim(now);
	signals_restore(&old);
	return is_made ? ROOM_MADE : ROOM_LEASE;
}

/* --- Borrowed lanes -----------------------------------------------------------------------------
 */

/* Who has borrowed it is this thread, which has then jumped away from its record. */
static bool retake_lane(const struct lane_header *header, struct ring *ring, uint32_t tid,
			uint64_t frame)
{
	struct signals old;

	if (__atomic_load_n(&header->owner, __ATOMIC_RELAXED) != tid || ring->lease_frame == 0 ||
	    !ring_owner_is_gone(ring->lease_frame, frame))
		return false;
	signals_block(&old);
	ring_repair(ring);
	signals_restore(&old);
	return true;
}

static struct ring *borrow(struct attachment *now, uint32_t tid, uint64_t frame)
{
	uint32_t count = now->geometry.leased;

	for (uint32_t k = 0; k < count; k++) {
		uint32_t lane = now->geometry.lanes - count + (tid + k) % count;
		struct ring *ring = now->rings + lane;

		if (take_lane(attachment_lane(now, lane), tid)) {
			if (!ring->header)
				ring_begin_use(ring, now, lane);
			ring->lease_frame = frame;
			return ring;
		}
		if (retake_lane(attachment_lane(now, lane), ring, tid, frame))
			return ring;
	}
	return NULL;
}

static void give_back(struct ring *ring)
{
	struct attachment *attachment = ring->attachment;

	ring->lease_frame = 0;
	__atomic_store_n(&ring->header->owner, 0, __ATOMIC_RELEASE);
	if (thread.is_over || !has_exit_key)
		__atomic_fetch_sub(&attachment->users, 1, __ATOMIC_RELEASE);
}

/* Room in a borrowed lane: handlers leave it alone, so only the switch needs blocked signals. */
static bool make_leased_room(struct ring *ring, size_t bytes, uint32_t tid)
{
	struct signals old;
	bool is_made;

	ring->needs_owner = ring->header->tid != tid;
	if (!ring->needs_owner &&
	    ring->fast.reserve + bytes <= __atomic_load_n(&ring->fast.limit, __ATOMIC_RELAXED))
		return true;
	if (!ring_may_hold(ring, bytes))
		return false;
	if (ring->fast.reserve + bytes + LANE_OWNER_BYTES <=
	    __atomic_load_n(&ring->fast.limit, __ATOMIC_RELAXED))
		return true; /* the announcement goes in front of the record */
	signals_block(&old);
	is_made = ring_make_room(ring, bytes, tid);
	signals_restore(&old);
	return is_made;
}

static struct tracon_record begin_leased(struct ring *ring, uint32_t id, size_t bytes,
					 int is_ordered, uint64_t frame, uint32_t tid)
{
	struct tracon_record record = {.ring = &ring->fast, .kind = RECORD_LEASED, .tid = tid};
	uint64_t start = ring->fast.reserve;
	uint64_t end = start + bytes + (ring->needs_owner ? LANE_OWNER_BYTES : 0);
	uint64_t ticks = tracon_ticks(ring->fast.clock, is_ordered);

	ring->fast.frame = frame;
	ring->fast.frame_end = end;
	ring->fast.frame_ticks = ticks;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	__atomic_store_n(&ring->fast.reserve, end, __ATOMIC_RELAXED);
	record.at = ring->fast.data + (start & ring->fast.mask);
	if (ring->needs_owner)
		record.at = ring_put_owner(record.at, tid, ticks);
	tracon_put_header(record.at, id, ticks);
	record.at += LANE_RECORD_BYTES;
	return record;
}

static struct lane_process *process_page(const struct attachment *attachment)
{
	return (struct lane_process *)attachment->lanes;
}

struct tracon_record thread_lease(uint32_t id, size_t bytes, int is_ordered, uint64_t frame)
{
	struct tracon_record record = {0};
	struct attachment *now = thread.attachment;
	uint32_t tid = thread_tid();
	struct ring *ring;

	if (thread.is_over || !has_exit_key) {
		now = __atomic_load_n(&attachment_current, __ATOMIC_ACQUIRE);
		if (!now || !hold(now))
			return record;
	}
	ring = borrow(now, tid, frame);
	if (!ring) {
		__atomic_fetch_add(&process_page(now)->refused, 1, __ATOMIC_RELAXED);
		if (thread.is_over || !has_exit_key)
			__atomic_fetch_sub(&now->users, 1, __ATOMIC_RELEASE);
		return record;
	}
	if (!make_leased_room(ring, bytes, tid)) {
		ring_count_discarded(ring);
		give_back(ring);
		return record;
	}
	return begin_leased(ring, id, bytes, is_ordered, frame, tid);
}

void thread_end_lease(struct tracon_record record)
{
	struct ring *ring = (struct ring *)record.ring;

	__atomic_store_n(ring->fast.commit, ring->fast.reserve, __ATOMIC_RELEASE);
	__atomic_store_n(&ring->header->tid, record.tid, __ATOMIC_RELAXED);
	ring->needs_owner = false;
	give_back(ring);
}
