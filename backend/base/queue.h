/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages between threads: a wait-free queue (liburcu's wfcqueue) with an eventfd. A message
 * carries its handler, so a thread's loop needs no switch: it drains its queue and each message
 * runs there.
 */
#ifndef TRACON_BASE_QUEUE_H
#define TRACON_BASE_QUEUE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "backend/base/error.h"

struct message {
	void *link; /* the queue's own */
	/* Runs on the receiving thread, which then no longer touches the message: free it here. */
	void (*run)(struct message *message);
};

struct queue;
struct queue *queue_create(void);
/*
 * Runs nothing: what was sent must have been drained, and every sender have ended its queue_send()
 * (join the threads first). NULL passes.
 */
void queue_destroy(struct queue *queue);
int queue_fd(const struct queue *queue); /* readable while messages wait */
/* Any thread; never blocks. Ownership of the message passes. */
void queue_send(struct queue *queue, struct message *message);
/*
 * The owner's thread: runs all messages that wait at its beginning, in order. Those sent meanwhile
 * make queue_fd() readable again. Returns how many.
 */
unsigned int queue_drain(struct queue *queue);

/*
 * Work that several threads finish parts of. When the last part is done, `message` is sent to
 * `home` and its run() finds here whether all went well: the first error wins.
 *
 * - task_init(&op->task, control_queue, op_finished): one part, held by the caller;
 * - task_add(&op->task): before each further part is handed out;
 * - task_done(&op->task, NULL or &error): as often as there are parts, on any thread.
 */
struct task {
	struct message message; /* first: run() gets its address */
	struct queue *home;
	atomic_uint remaining;
	atomic_flag error_claim;
	struct error error; /* valid in run(); code ERROR_NONE when all went well */
};

void task_init(struct task *task, struct queue *home, void (*run)(struct message *message));
void task_add(struct task *task);
void task_done(struct task *task, const struct error *err);

#endif
