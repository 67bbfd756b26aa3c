/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The loop: epoll for descriptors, one timerfd for the earliest timer. Handlers may remove whatever
 * they like: what goes while events are being handed out is only marked, and freed behind them.
 */
#include "backend/base/loop.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/fd.h"
#include "backend/base/loop_timers.h"
#include "backend/base/mem.h"

#define BATCH_COUNT 64

struct watch {
	struct loop *loop;
	struct watch *previous;
	struct watch *next;
	int fd;
	unsigned int events;
	bool is_removed;
	bool is_always_ready; /* a regular file: epoll refuses those, they never make one wait */
	void (*ready)(void *data, unsigned int events);
	void *data;
};

struct loop {
	int epoll_fd;
	struct loop_timers timers;
	struct watch *watches;
	struct watch *removed; /* freed when no batch is being handed out */
	unsigned int always_ready_count;
	unsigned int depth; /* a handler may wait on this loop itself */
	uint64_t now_ns;
	bool is_stopped;
};

/* Without its descriptors a loop can't exist, and no caller could go on. */
static void __attribute__((noreturn)) die(const char *action)
{
	fprintf(stderr, "tracon: cannot %s: %s\n", action, strerror(errno));
	abort();
}

static uint32_t epoll_events(unsigned int events)
{
	return (events & WATCH_READ ? (uint32_t)EPOLLIN : 0) |
	       (events & WATCH_WRITE ? (uint32_t)EPOLLOUT : 0);
}

static unsigned int watch_events(uint32_t events)
{
	return (events & EPOLLIN ? (unsigned int)WATCH_READ : 0) |
	       (events & EPOLLOUT ? (unsigned int)WATCH_WRITE : 0) |
	       (events & (EPOLLHUP | EPOLLERR) ? (unsigned int)WATCH_HANGUP : 0);
}

struct loop *loop_create(void)
{
	struct loop *loop = mem_zalloc(sizeof(*loop));
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};

	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd < 0 || !loop_timers_init(&loop->timers))
		die("make an event loop");
	/* The timers are the entry without a watch. */
	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, loop->timers.fd, &event) < 0)
		die("watch the timers");
	loop->now_ns = clock_monotonic_ns();
	return loop;
}

static void free_removed(struct loop *loop)
{
	while (loop->removed) {
		struct watch *watch = loop->removed;

		loop->removed = watch->next;
		free(watch);
	}
}

void loop_destroy(struct loop *loop)
{
	if (!loop)
		return;
	assert(loop->depth == 0);
	while (loop->watches)
		loop_unwatch(loop, loop->watches);
	free_removed(loop);
	loop_timers_finish(&loop->timers);
	fd_close(&loop->epoll_fd);
	free(loop);
}

struct watch *loop_watch(struct loop *loop, int fd, unsigned int events,
			 void (*ready)(void *data, unsigned int events), void *data)
{
	struct watch *watch = mem_zalloc(sizeof(*watch));
	struct epoll_event event = {.events = epoll_events(events), .data.ptr = watch};

	watch->loop = loop;
	watch->fd = fd;
	watch->events = events;
	watch->ready = ready;
	watch->data = data;
	if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0) {
		if (errno != EPERM)
			die("watch a descriptor");
		watch->is_always_ready = true;
		loop->always_ready_count++;
	}
	watch->next = loop->watches;
	if (watch->next)
		watch->next->previous = watch;
	loop->watches = watch;
	return watch;
}

void loop_change_watch(struct watch *watch, unsigned int events)
{
	struct epoll_event event = {.events = epoll_events(events), .data.ptr = watch};

	if (watch->is_removed || watch->events == events)
		return;
	watch->events = events;
	if (!watch->is_always_ready &&
	    epoll_ctl(watch->loop->epoll_fd, EPOLL_CTL_MOD, watch->fd, &event) < 0)
		die("change a watch");
}

void loop_unwatch(struct loop *loop, struct watch *watch)
{
	if (!watch || watch->is_removed)
		return;
	assert(watch->loop == loop);
	if (watch->is_always_ready)
		loop->always_ready_count--;
	else
		epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
	if (watch->previous)
		watch->previous->next = watch->next;
	else
		loop->watches = watch->next;
	if (watch->next)
		watch->next->previous = watch->previous;
	watch->is_removed = true;
	watch->next = loop->removed;
	loop->removed = watch;
	if (loop->depth == 0)
		free_removed(loop);
}

static void queue_is_ready(void *data, unsigned int events)
{
	(void)events;
	queue_drain(data);
}

void loop_watch_queue(struct loop *loop, struct queue *queue)
{
	loop_watch(loop, queue_fd(queue), WATCH_READ, queue_is_ready, queue);
}

void loop_unwatch_queue(struct loop *loop, struct queue *queue)
{
	struct watch *watch = loop->watches;

	while (watch && (watch->ready != queue_is_ready || watch->data != queue))
		watch = watch->next;
	loop_unwatch(loop, watch);
}

struct timer *loop_add_timer(struct loop *loop, void (*fire)(void *data, uint64_t now_ns),
			     void *data)
{
	return loop_timers_add(&loop->timers, fire, data);
}

void loop_remove_timer(struct loop *loop, struct timer *timer)
{
	loop_timers_remove(&loop->timers, timer);
}

uint64_t loop_now_ns(const struct loop *loop)
{
	return loop->now_ns;
}

static void run_watch(struct watch *watch, unsigned int events)
{
	/* Interest may have changed since epoll looked; a hang-up is always told. */
	events &= watch->events | WATCH_HANGUP;
	if (events && !watch->is_removed)
		watch->ready(watch->data, events);
}

/*
 * Files, which epoll knows nothing of. Handlers may add and remove watches, so those meant are
 * listed first; removed ones stay in memory until the batch is done.
 */
static void run_always_ready(struct loop *loop)
{
	struct watch **ready;
	unsigned int count = 0;

	if (loop->always_ready_count == 0)
		return;
	ready = mem_realloc_array(NULL, loop->always_ready_count, sizeof(struct watch *));
	for (struct watch *watch = loop->watches; watch; watch = watch->next)
		if (watch->is_always_ready)
			ready[count++] = watch;
	for (unsigned int i = 0; i < count; i++)
		run_watch(ready[i], WATCH_READ | WATCH_WRITE);
	free(ready);
}

/* Whether a file's watch wants anything now, so that waiting would be wrong. */
static bool has_work(const struct loop *loop)
{
	if (loop->always_ready_count == 0)
		return false;
	for (const struct watch *watch = loop->watches; watch; watch = watch->next)
		if (watch->is_always_ready && watch->events & (WATCH_READ | WATCH_WRITE))
			return true;
	return false;
}

void loop_wait(struct loop *loop, int timeout_ms)
{
	struct epoll_event batch[BATCH_COUNT];
	int count;

	loop_timers_set(&loop->timers);
	count = epoll_wait(loop->epoll_fd, batch, BATCH_COUNT, has_work(loop) ? 0 : timeout_ms);
	if (count < 0 && errno != EINTR)
		die("wait for events");
	loop->now_ns = clock_monotonic_ns();

	loop->depth++;
	for (int i = 0; i < count; i++)
		if (batch[i].data.ptr)
			run_watch(batch[i].data.ptr, watch_events(batch[i].events));
	run_always_ready(loop);
	loop_timers_fire(&loop->timers, loop->now_ns);
	if (--loop->depth == 0)
		free_removed(loop);
}

void loop_run(struct loop *loop)
{
	while (!loop->is_stopped)
		loop_wait(loop, -1);
	loop->is_stopped = false;
}

void loop_stop(struct loop *loop)
{
	loop->is_stopped = true;
}
