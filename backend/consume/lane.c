/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A consumer thread: waits for streams and messages, and gives turns to the streams that may have
 * packets until none has.
 */
#include "backend/consume/lane.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/self_trace.h"
#include "backend/base/units.h"

#define RETRY_NS  NS_PER_MS
#define SETTLE_NS (100 * NS_PER_MS)

void lane_wake(struct slot *slot)
{
	struct lane *lane = slot->lane;

	if (slot->is_busy)
		return;
	slot->is_busy = true;
	slot->busy_next = NULL;
	*lane->busy_last = slot;
	lane->busy_last = &slot->busy_next;
}

void lane_add_set(struct lane *lane, struct lane_set *set)
{
	if (set->link)
		return;
	set->next = lane->sets;
	set->link = &lane->sets;
	if (set->next)
		set->next->link = &set->next;
	lane->sets = set;
}

static void arm(struct lane *lane, struct timer *timer, uint64_t delay_ns)
{
	if (!timer_is_armed(timer))
		timer_arm(timer, loop_now_ns(lane->loop) + delay_ns);
}

void lane_expect_retry(struct lane *lane)
{
	arm(lane, lane->retry_timer, RETRY_NS);
}

void lane_expect_settling(struct lane *lane)
{
	arm(lane, lane->settle_timer, SETTLE_NS);
}

static void retry(void *data, uint64_t now_ns)
{
	struct lane *lane = data;

	(void)now_ns;
	for (struct lane_set *set = lane->sets; set; set = set->next) {
		for (struct slot *slot = set->slots; slot; slot = slot->next) {
			if (slot->waits)
				lane_wake(slot);
		}
	}
}

static void settle(void *data, uint64_t now_ns)
{
	struct lane *lane = data;

	(void)now_ns;
	for (struct lane_set *set = lane->sets; set; set = set->next) {
		for (struct slot *slot = set->slots; slot; slot = slot->next)
			slot_settle(slot);
	}
}

/* One turn for each that was busy at the beginning. */
static void give_turns(struct lane *lane)
{
	struct slot *slot = lane->busy_first;

	lane->busy_first = NULL;
	lane->busy_last = &lane->busy_first;
	while (slot) {
		struct slot *next = slot->busy_next;

		slot->is_busy = false;
		lane->wake_up.turns++;
		slot_turn(slot);
		slot = next;
	}
}

static void publish_clock(struct lane *lane)
{
	if (pthread_getcpuclockid(pthread_self(), &lane->cpu_clock))
		return;
	/* Pairs with the acquire in lane_cpu_ns(). */
	atomic_store_explicit(&lane->has_cpu_clock, true, memory_order_release);
}

/* Before it sleeps again. A wake-up that found nothing but events like this one has none. */
static void trace_wake_up(struct lane *lane)
{
	if (lane->wake_up.packets > 0)
		self_trace_wake_up(lane->number, lane->wake_up.turns, lane->wake_up.packets,
				   lane->wake_up.bytes,
				   clock_monotonic_ns() - lane->wake_up.begin_ns);
	memset(&lane->wake_up, 0, sizeof(lane->wake_up));
}

static void run(void *data)
{
	struct lane *lane = data;

	publish_clock(lane);
	while (!lane->is_stopped) {
		loop_wait(lane->loop, lane->busy_first ? 0 : -1);
		if (lane->wake_up.begin_ns == 0)
			lane->wake_up.begin_ns = loop_now_ns(lane->loop);
		give_turns(lane);
		if (!lane->busy_first)
			trace_wake_up(lane);
	}
}

bool lane_start(struct lane *lane, unsigned int number, struct error *err)
{
	char name[16];

	snprintf(name, sizeof(name), "consumer/%u", number % 1000);
	lane->number = number;
	lane->busy_last = &lane->busy_first;
	lane->queue = queue_create();
	lane->loop = loop_create();
	lane->scratch = event_counts_create();
	lane->retry_timer = loop_add_timer(lane->loop, retry, lane);
	lane->settle_timer = loop_add_timer(lane->loop, settle, lane);
	loop_watch_queue(lane->loop, lane->queue);
	lane->thread = thread_start(name, run, lane, err);
	return lane->thread != NULL;
}

struct stop_message {
	struct message message; /* first */
	struct lane *lane;
};

static void stop(struct message *message)
{
	struct lane *lane = ((struct stop_message *)message)->lane;

	lane->is_stopped = true;
}

void lane_stop(struct lane *lane)
{
	struct stop_message message = {.message.run = stop, .lane = lane};

	if (lane->thread) {
		queue_send(lane->queue, &message.message);
		thread_join(lane->thread);
	}
	loop_destroy(lane->loop);
	queue_destroy(lane->queue);
	event_counts_destroy(lane->scratch);
}

uint64_t lane_cpu_ns(const struct lane *lane)
{
	struct timespec time;

	if (!atomic_load_explicit(&lane->has_cpu_clock, memory_order_acquire) ||
	    clock_gettime(lane->cpu_clock, &time))
		return 0;
	return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;
}
