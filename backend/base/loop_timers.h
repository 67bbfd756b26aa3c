/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The timers of one loop: a heap by time, and a timerfd set to its top. Only loop.c uses this. */
#ifndef TRACON_BASE_LOOP_TIMERS_H
#define TRACON_BASE_LOOP_TIMERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct timer;

struct loop_timers {
	int fd;
	uint64_t fd_at_ns;   /* what the timerfd is set to; 0: not set */
	struct timer **heap; /* armed, heap[0] the earliest */
	size_t heap_count;
	size_t heap_room;
	struct timer *due; /* taken from the heap, about to fire, in order */
	struct timer *all;
	uint64_t next_serial; /* timers for the same instant fire in the order they were armed */
};

/* False with errno set. */
bool loop_timers_init(struct loop_timers *timers);
void loop_timers_finish(struct loop_timers *timers);
struct timer *loop_timers_add(struct loop_timers *timers, void (*fire)(void *data, uint64_t now_ns),
			      void *data);
void loop_timers_remove(struct loop_timers *timers, struct timer *timer);
/* Before waiting: sets the timerfd to the earliest timer. */
void loop_timers_set(struct loop_timers *timers);
/* Fires what is due at now_ns; what handlers arm waits for the next call. */
void loop_timers_fire(struct loop_timers *timers, uint64_t now_ns);

#endif
