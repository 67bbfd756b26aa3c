/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One thread's waiting place: epoll, timers, queues. "Watch" is something in the loop (an "event"
 * is always a trace event). Not thread safe: only loop_stop's effect is asked for from outside, by
 * message.
 */
#ifndef TRACON_BASE_LOOP_H
#define TRACON_BASE_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/base/queue.h"

struct loop;
struct watch;
struct timer;

enum watch_events {
	WATCH_READ = 1,
	WATCH_WRITE = 2,
	WATCH_HANGUP = 4, /* always reported: hang-up or error */
};

struct loop *loop_create(void);
void loop_destroy(
	struct loop *loop); /* watches and timers too, not their descriptors; NULL passes */

/*
 * `ready` may remove any watch, its own too. The descriptor stays the caller's: close it after
 * loop_unwatch(). One watch for each descriptor. A regular file is always ready.
 */
struct watch *loop_watch(struct loop *loop, int fd, unsigned int events,
			 void (*ready)(void *data, unsigned int events), void *data);
void loop_change_watch(struct watch *watch, unsigned int events);
void loop_unwatch(struct loop *loop, struct watch *watch); /* NULL passes */

/* Messages of `queue` run on this loop's thread. */
void loop_watch_queue(struct loop *loop, struct queue *queue);
void loop_unwatch_queue(struct loop *loop, struct queue *queue);

/* A timer starts disarmed. It fires once per arming. */
struct timer *loop_add_timer(struct loop *loop, void (*fire)(void *data, uint64_t now_ns),
			     void *data);
void timer_arm(struct timer *timer, uint64_t at_monotonic_ns);
void timer_disarm(struct timer *timer);
bool timer_is_armed(const struct timer *timer);
void loop_remove_timer(struct loop *loop, struct timer *timer); /* NULL passes */

uint64_t loop_now_ns(const struct loop *loop); /* monotonic, read once after each wait */

/* Waits once and runs what is ready. timeout_ms < 0: no limit of the caller's. */
void loop_wait(struct loop *loop, int timeout_ms);
void loop_run(struct loop *loop);  /* until loop_stop */
void loop_stop(struct loop *loop); /* from a handler on the loop's own thread */

#endif
