/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Messages between threads on liburcu's wait-free queue. Who puts a message into an empty queue
 * wakes its owner, all others need not: the owner takes everything at once.
 */
#include "backend/base/queue.h"

#include <assert.h>
#include <errno.h>
#include <sched.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <urcu/wfcqueue.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/base/tsan.h"

_Static_assert(sizeof(((struct message *)0)->link) == sizeof(struct cds_wfcq_node) &&
		       offsetof(struct message, link) == 0,
	       "a message begins with a queue node");

struct queue {
	struct __cds_wfcq_head head;
	struct cds_wfcq_tail tail;
	int wake_fd;
};

struct queue *queue_create(void)
{
	struct queue *queue = mem_zalloc(sizeof(*queue));

	__cds_wfcq_init(&queue->head, &queue->tail);
	queue->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (queue->wake_fd < 0) {
		fprintf(stderr, "tracon: cannot make an eventfd: %s\n", strerror(errno));
		abort();
	}
	return queue;
}

void queue_destroy(struct queue *queue)
{
	if (!queue)
		return;
	assert(cds_wfcq_empty(&queue->head, &queue->tail));
	fd_close(&queue->wake_fd);
	free(queue);
}

int queue_fd(const struct queue *queue)
{
	return queue->wake_fd;
}

/* EAGAIN would mean that the counter is full, so the owner is awake anyway. */
static void wake_owner(int wake_fd)
{
	static const uint64_t one = 1;

	while (write(wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

void queue_send(struct queue *queue, struct message *message)
{
	struct cds_wfcq_node *node = (struct cds_wfcq_node *)&message->link;
	int wake_fd = queue->wake_fd;

	cds_wfcq_node_init(node);
	TSAN_RELEASE(queue); /* pairs with the acquire in queue_drain() */
	if (!cds_wfcq_enqueue(&queue->head, &queue->tail, node))
		wake_owner(wake_fd);
}

/*
 * Moves all waiting messages aside in one step. A sender that was interrupted half-way is let
 * finish; liburcu's own waiting would sleep 10 ms.
 */
static bool take_all(struct queue *queue, struct __cds_wfcq_head *head, struct cds_wfcq_tail *tail)
{
	enum cds_wfcq_ret taken;

	__cds_wfcq_init(head, tail);
	while ((taken = __cds_wfcq_splice_nonblocking(head, tail, &queue->head, &queue->tail)) ==
	       CDS_WFCQ_RET_WOULDBLOCK)
		sched_yield();
	return taken != CDS_WFCQ_RET_SRC_EMPTY;
}

static struct message *take_one(struct __cds_wfcq_head *head, struct cds_wfcq_tail *tail)
{
	struct cds_wfcq_node *node;

	while ((node = __cds_wfcq_dequeue_nonblocking(head, tail)) == CDS_WFCQ_WOULDBLOCK)
		sched_yield();
	return (struct message *)node;
}

/*
 * The eventfd is cleared before the messages are taken: a message sent in between wakes us once
 * more for nothing, the other way round it would be forgotten. What handlers send to this queue is
 * left to the next round.
 */
unsigned int queue_drain(struct queue *queue)
{
	struct __cds_wfcq_head head;
	struct cds_wfcq_tail tail;
	struct message *message;
	unsigned int count = 0;
	uint64_t wakes;

	while (read(queue->wake_fd, &wakes, sizeof(wakes)) < 0 && errno == EINTR)
		;
	if (!take_all(queue, &head, &tail))
		return 0;
	TSAN_ACQUIRE(queue); /* pairs with the release in queue_send() */
	while ((message = take_one(&head, &tail))) {
		count++;
		message->run(message);
	}
	return count;
}

void task_init(struct task *task, struct queue *home, void (*run)(struct message *message))
{
	memset(task, 0, sizeof(*task));
	task->message.run = run;
	task->home = home;
	atomic_init(&task->remaining, 1);
	atomic_flag_clear(&task->error_claim);
}

void task_add(struct task *task)
{
	/* Relaxed: the caller holds a part, so the last one can't be done meanwhile. */
	atomic_fetch_add_explicit(&task->remaining, 1, memory_order_relaxed);
}

void task_done(struct task *task, const struct error *err)
{
	unsigned int before;

	if (err && error_is_set(err) && !atomic_flag_test_and_set(&task->error_claim))
		error_copy(&task->error, err);
	/* Release: our part and its error; acquire in the last one, which hands all of it on. */
	before = atomic_fetch_sub_explicit(&task->remaining, 1, memory_order_acq_rel);
	assert(before > 0);
	if (before == 1)
		queue_send(task->home, &task->message);
}
