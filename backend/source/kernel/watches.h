/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events that somebody waits for, recorded or not: each has an instance of the kernel's tracer,
 * which the kernel's own thread reads a moment after something came; who waits is told by a queue.
 */
#ifndef TRACON_SOURCE_KERNEL_WATCHES_H
#define TRACON_SOURCE_KERNEL_WATCHES_H

#include "backend/base/loop.h"
#include "backend/source/kernel/tracefs.h"
#include "backend/source/source.h"

struct kernel_watches;

/* The loop and the queue are those of the kernel's own thread. */
struct kernel_watches *kernel_watches_create(const struct tracefs *tracefs, struct loop *loop,
					     struct queue *home);
/* That thread has ended. NULL passes. */
void kernel_watches_destroy(struct kernel_watches *watches);

/* The thread that waits calls these; they are what source_class says of them. */
void kernel_watches_begin(struct kernel_watches *watches, const struct watched_rule *rule,
			  struct task *task);
void kernel_watches_end(struct kernel_watches *watches, uint64_t token);
int kernel_watches_fd(const struct kernel_watches *watches);
void kernel_watches_take(struct kernel_watches *watches,
			 void (*noticed)(void *data, uint64_t token, uint64_t count,
					 const struct word_list *captured),
			 void *data);
uint64_t kernel_watches_missed(struct kernel_watches *watches, uint64_t token);

#endif
