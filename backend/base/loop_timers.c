/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Timers. Those due move from the heap to a list before the first of them fires, so a handler that
 * arms its timer in the past can't keep the loop busy, and one may remove any other.
 */
#include "backend/base/loop_timers.h"

#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>

#include "backend/base/fd.h"
#include "backend/base/loop.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"

enum timer_state { TIMER_IDLE, TIMER_IN_HEAP, TIMER_DUE };

struct timer {
	struct loop_timers *timers;
	struct timer *previous; /* in timers->all */
	struct timer *next;
	struct timer *next_due;
	enum timer_state state;
	size_t index; /* in the heap */
	uint64_t at_ns;
	uint64_t serial;
	void (*fire)(void *data, uint64_t now_ns);
	void *data;
};

static bool is_before(const struct timer *a, const struct timer *b)
{
	return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->serial < b->serial;
}

static void put(struct loop_timers *timers, size_t index, struct timer *timer)
{
	timers->heap[index] = timer;
	timer->index = index;
}

static void sift_up(struct loop_timers *timers, size_t index)
{
	struct timer *timer = timers->heap[index];

	while (index > 0 && is_before(timer, timers->heap[(index - 1) / 2])) {
		put(timers, index, timers->heap[(index - 1) / 2]);
		index = (index - 1) / 2;
	}
	put(timers, index, timer);
}

static void sift_down(struct loop_timers *timers, size_t index)
{
	struct timer *timer = timers->heap[index];

	for (;;) {
		size_t child = index * 2 + 1;

		if (child >= timers->heap_count)
			break;
		if (child + 1 < timers->heap_count &&
		    is_before(timers->heap[child + 1], timers->heap[child]))
			child++;
		if (!is_before(timers->heap[child], timer))
			break;
		put(timers, index, timers->heap[child]);
		index = child;
	}
	put(timers, index, timer);
}

static void heap_insert(struct loop_timers *timers, struct timer *timer)
{
	timers->heap = mem_grow(timers->heap, timers->heap_count, &timers->heap_room,
				sizeof(struct timer *));
	put(timers, timers->heap_count++, timer);
	timer->state = TIMER_IN_HEAP;
	sift_up(timers, timer->index);
}

static void heap_remove(struct loop_timers *timers, struct timer *timer)
{
	struct timer *last = timers->heap[--timers->heap_count];

	timer->state = TIMER_IDLE;
	if (last == timer)
		return;
	put(timers, timer->index, last);
	sift_up(timers, last->index);
	sift_down(timers, last->index);
}

static void due_remove(struct loop_timers *timers, struct timer *timer)
{
	struct timer **link = &timers->due;

	while (*link != timer)
		link = &(*link)->next_due;
	*link = timer->next_due;
	timer->state = TIMER_IDLE;
}

bool loop_timers_init(struct loop_timers *timers)
{
	timers->fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	return timers->fd >= 0;
}

void loop_timers_finish(struct loop_timers *timers)
{
	while (timers->all) {
		struct timer *timer = timers->all;

		timers->all = timer->next;
		free(timer);
	}
	free(timers->heap);
	fd_close(&timers->fd);
}

struct timer *loop_timers_add(struct loop_timers *timers, void (*fire)(void *data, uint64_t now_ns),
			      void *data)
{
	struct timer *timer = mem_zalloc(sizeof(*timer));

	timer->timers = timers;
	timer->fire = fire;
	timer->data = data;
	timer->next = timers->all;
	if (timer->next)
		timer->next->previous = timer;
	timers->all = timer;
	return timer;
}

void loop_timers_remove(struct loop_timers *timers, struct timer *timer)
{
	if (!timer)
		return;
	timer_disarm(timer);
	if (timer->previous)
		timer->previous->next = timer->next;
	else
		timers->all = timer->next;
	if (timer->next)
		timer->next->previous = timer->previous;
	free(timer);
}

void timer_arm(struct timer *timer, uint64_t at_monotonic_ns)
{
	timer_disarm(timer);
	timer->at_ns = at_monotonic_ns;
	timer->serial = timer->timers->next_serial++;
	heap_insert(timer->timers, timer);
}

void timer_disarm(struct timer *timer)
{
	if (timer->state == TIMER_IN_HEAP)
		heap_remove(timer->timers, timer);
	else if (timer->state == TIMER_DUE)
		due_remove(timer->timers, timer);
}

bool timer_is_armed(const struct timer *timer)
{
	return timer->state != TIMER_IDLE;
}

/*
 * Setting the timerfd also makes it unreadable until then, so it is never read. A time of 0 would
 * switch it off (timerfd_settime(2)): an instant long past is 1.
 */
void loop_timers_set(struct loop_timers *timers)
{
	struct itimerspec setting = {0};
	uint64_t at_ns = 0;

	if (timers->due)
		at_ns = 1;
	else if (timers->heap_count > 0)
		at_ns = timers->heap[0]->at_ns ? timers->heap[0]->at_ns : 1;
	if (at_ns == timers->fd_at_ns)
		return;
	setting.it_value.tv_sec = (time_t)(at_ns / NS_PER_S);
	setting.it_value.tv_nsec = (long)(at_ns % NS_PER_S);
	timerfd_settime(timers->fd, TFD_TIMER_ABSTIME, &setting, NULL);
	timers->fd_at_ns = at_ns;
}

static void move_due(struct loop_timers *timers, uint64_t now_ns)
{
	struct timer **link = &timers->due;

	while (*link)
		link = &(*link)->next_due;
	while (timers->heap_count > 0 && timers->heap[0]->at_ns <= now_ns) {
		struct timer *timer = timers->heap[0];

		heap_remove(timers, timer);
		timer->state = TIMER_DUE;
		timer->next_due = NULL;
		*link = timer;
		link = &timer->next_due;
	}
}

void loop_timers_fire(struct loop_timers *timers, uint64_t now_ns)
{
	move_due(timers, now_ns);
	while (timers->due) {
		struct timer *timer = timers->due;

		timers->due = timer->next_due;
		timer->state = TIMER_IDLE;
		timer->fire(timer->data, now_ns);
	}
}
