/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The pool of consumer threads, and stream sets: each call becomes a message to the lanes. */
#include "backend/consume/consumer.h"

#include <assert.h>
#include <stdlib.h>
#include <unistd.h>

#include "backend/base/mem.h"
#include "backend/consume/lane.h"

/* The copy to the files is bound by memory and disk: more threads help no more. */
#define THREAD_COUNT_MAX 4

struct consumer_pool {
	unsigned int lane_count;
	struct lane lanes[];
};

/* Runs on a lane's thread; of each kind of call it uses what it needs. */
struct order {
	struct message message; /* first */
	void (*carry_out)(const struct order *order);
	struct lane *lane;
	struct stream_set *set;
	struct slot *slot;
	struct task *task;
	struct tap *tap; /* reference passes */
	struct sweep_wish wish;
	bool is_active;
	uint64_t packets_max;
	struct copy_losses *losses;
	struct ring_kinds *kinds;
};

/* Half the processors: the other half has the traced applications to run. */
static unsigned int choose_thread_count(void)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	if (processors < 4)
		return 1;
	return processors / 2 < THREAD_COUNT_MAX ? (unsigned int)(processors / 2)
						 : THREAD_COUNT_MAX;
}

struct consumer_pool *consumer_pool_create(unsigned int thread_count, struct error *err)
{
	unsigned int count = thread_count ? thread_count : choose_thread_count();
	struct consumer_pool *pool = mem_zalloc(sizeof(*pool) + count * sizeof(pool->lanes[0]));

	for (unsigned int i = 0; i < count; i++) {
		pool->lane_count = i + 1;
		if (lane_start(&pool->lanes[i], i, err))
			continue;
		consumer_pool_destroy(pool);
		error_prefix(err, "cannot start the threads that write traces");
		return NULL;
	}
	return pool;
}

void consumer_pool_destroy(struct consumer_pool *pool)
{
	if (!pool)
		return;
	for (unsigned int i = 0; i < pool->lane_count; i++)
		lane_stop(&pool->lanes[i]);
	free(pool);
}

uint64_t consumer_pool_cpu_ns(const struct consumer_pool *pool)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < pool->lane_count; i++)
		sum += lane_cpu_ns(&pool->lanes[i]);
	return sum;
}

static void run_order(struct message *message)
{
	struct order *order = (struct order *)message;

	order->carry_out(order);
	free(order);
}

static void send_order(const struct order *order)
{
	struct order *copy = mem_alloc(sizeof(*copy));

	*copy = *order;
	copy->message.run = run_order;
	queue_send(copy->lane->queue, &copy->message);
}

/* The task's part becomes one for each lane. */
static void send_order_to_all(struct order *order)
{
	struct consumer_pool *pool = order->set->pool;

	for (unsigned int i = 1; order->task && i < pool->lane_count; i++)
		task_add(order->task);
	for (unsigned int i = 0; i < pool->lane_count; i++) {
		order->lane = &pool->lanes[i];
		send_order(order);
	}
}

struct stream_set *stream_set_create(struct consumer_pool *pool)
{
	struct stream_set *set =
		mem_zalloc(sizeof(*set) + pool->lane_count * sizeof(set->lanes[0]));

	set->pool = pool;
	for (unsigned int i = 0; i < pool->lane_count; i++)
		set->lanes[i].set = set;
	return set;
}

static void enter(const struct order *order)
{
	slot_enter(order->slot);
}

void stream_set_add(struct stream_set *set, struct stream *stream)
{
	struct slot *slot = mem_zalloc(sizeof(*slot));

	slot->lane = &set->pool->lanes[stream->affinity % set->pool->lane_count];
	slot->set = set;
	slot->stream = stream;
	if (stream->tally)
		atomic_fetch_add_explicit(&stream->tally->stream_count, 1, memory_order_relaxed);
	stream->consumer = slot;
	send_order(&(struct order){.carry_out = enter, .lane = slot->lane, .slot = slot});
}

static void retire(const struct order *order)
{
	slot_retire(order->slot, order->task);
}

void stream_set_retire(struct stream_set *set, struct stream *stream, struct task *task)
{
	struct slot *slot = stream->consumer;

	assert(slot && slot->set == set);
	send_order(&(struct order){
		.carry_out = retire, .lane = slot->lane, .slot = slot, .task = task});
}

static void sweep(const struct order *order)
{
	sweep_begin(order->lane, &order->set->lanes[order->lane->number], &order->wish,
		    order->task);
}

void stream_set_drain(struct stream_set *set, enum flush_kind kind, unsigned int limit_ms,
		      struct task *task)
{
	send_order_to_all(&(struct order){.carry_out = sweep,
					  .set = set,
					  .task = task,
					  .wish = {.kind = kind, .limit_ms = limit_ms}});
}

void stream_set_beat(struct stream_set *set, unsigned int limit_ms, struct task *task)
{
	send_order_to_all(&(struct order){
		.carry_out = sweep,
		.set = set,
		.task = task,
		.wish = {.kind = FLUSH_DATA, .limit_ms = limit_ms, .is_beat = true}});
}

void stream_set_cut(struct stream_set *set, enum flush_kind kind, unsigned int limit_ms,
		    struct task *task)
{
	send_order_to_all(
		&(struct order){.carry_out = sweep,
				.set = set,
				.task = task,
				.wish = {.kind = kind, .limit_ms = limit_ms, .is_cut = true}});
}

void stream_set_clear(struct stream_set *set, enum flush_kind kind, unsigned int limit_ms,
		      struct task *task)
{
	send_order_to_all(&(struct order){
		.carry_out = sweep,
		.set = set,
		.task = task,
		.wish = {.kind = kind, .limit_ms = limit_ms, .is_cut = true, .is_clear = true}});
}

static void copy(const struct order *order)
{
	copy_begin(order->lane, &order->set->lanes[order->lane->number], order->is_active,
		   order->packets_max, order->losses, order->task);
}

void stream_set_copy(struct stream_set *set, bool is_active, uint64_t packets_max,
		     struct copy_losses *losses, struct task *task)
{
	send_order_to_all(&(struct order){.carry_out = copy,
					  .set = set,
					  .task = task,
					  .is_active = is_active,
					  .packets_max = packets_max,
					  .losses = losses});
}

/* --- sizes of rings */

void ring_kinds_init(struct ring_kinds *kinds)
{
	*kinds = (struct ring_kinds){0};
	pthread_mutex_init(&kinds->lock, NULL);
}

void ring_kinds_finish(struct ring_kinds *kinds)
{
	pthread_mutex_destroy(&kinds->lock);
	free(kinds->kinds);
}

/* kinds->lock is held. */
static void add_ring(struct ring_kinds *kinds, uint64_t subbuf_bytes, uint64_t subbuf_count)
{
	for (size_t i = 0; i < kinds->count; i++) {
		struct ring_kind *kind = &kinds->kinds[i];

		if (kind->subbuf_bytes == subbuf_bytes && kind->subbuf_count == subbuf_count) {
			kind->stream_count++;
			return;
		}
	}
	kinds->kinds = mem_grow(kinds->kinds, kinds->count, &kinds->room, sizeof(*kinds->kinds));
	kinds->kinds[kinds->count++] = (struct ring_kind){subbuf_bytes, subbuf_count, 1};
}

static void measure(const struct order *order)
{
	const struct lane_set *set = &order->set->lanes[order->lane->number];

	pthread_mutex_lock(&order->kinds->lock);
	for (const struct slot *slot = set->slots; slot; slot = slot->next) {
		const struct stream *stream = slot->stream;

		if (stream->is_kept && stream->subbuf_bytes)
			add_ring(order->kinds, stream->subbuf_bytes,
				 stream->ring_bytes / stream->subbuf_bytes);
	}
	pthread_mutex_unlock(&order->kinds->lock);
	if (order->task)
		task_done(order->task, NULL);
}

void stream_set_measure(struct stream_set *set, struct ring_kinds *kinds, struct task *task)
{
	send_order_to_all(
		&(struct order){.carry_out = measure, .set = set, .task = task, .kinds = kinds});
}

static void attach_tap(const struct order *order)
{
	struct lane_set *lane_set = &order->set->lanes[order->lane->number];

	tap_unref(lane_set->tap);
	lane_set->tap = order->tap;
	for (struct slot *slot = lane_set->slots; slot; slot = slot->next)
		slot->tap = (struct tap_stream){0};
	if (order->task)
		task_done(order->task, NULL);
}

void stream_set_tap(struct stream_set *set, struct tap *tap, struct task *task)
{
	/* One reference for each lane. */
	for (unsigned int i = 0; tap && i < set->pool->lane_count; i++)
		tap_ref(tap);
	send_order_to_all(
		&(struct order){.carry_out = attach_tap, .set = set, .task = task, .tap = tap});
}

void stream_set_lane_left(struct lane_set *lane_set)
{
	struct stream_set *set = lane_set->set;
	struct task *task;

	if (!lane_set->is_ending || lane_set->slots)
		return;
	tap_unref(lane_set->tap);
	lane_set->tap = NULL;
	task = set->end_task;
	if (lane_set->link) {
		*lane_set->link = lane_set->next;
		if (lane_set->next)
			lane_set->next->link = lane_set->link;
	}
	/* Acquire and release: the last lane frees what the others have written. */
	if (atomic_fetch_sub_explicit(&set->lane_count, 1, memory_order_acq_rel) != 1)
		return;
	free(set);
	if (task)
		task_done(task, NULL);
}

static void end_set(const struct order *order)
{
	struct lane_set *set = &order->set->lanes[order->lane->number];

	set->is_ending = true;
	for (struct slot *slot = set->slots; slot; slot = slot->next) {
		if (!slot->is_retiring)
			slot_retire(slot, NULL);
	}
	stream_set_lane_left(set);
}

void stream_set_destroy(struct stream_set *set, struct task *task)
{
	struct consumer_pool *pool = set->pool;

	atomic_store_explicit(&set->lane_count, pool->lane_count, memory_order_relaxed);
	set->end_task = task;
	for (unsigned int i = 0; i < pool->lane_count; i++)
		send_order(
			&(struct order){.carry_out = end_set, .lane = &pool->lanes[i], .set = set});
}
