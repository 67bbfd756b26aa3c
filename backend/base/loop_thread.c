/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loops on threads of their own: a loop is ended from outside by a message, never by a call. */
#include "backend/base/loop_thread.h"

#include <stdlib.h>

#include "backend/base/mem.h"

struct stop {
	struct message message;
	struct loop *loop;
};

static void run(void *data)
{
	loop_run(data);
}

static void run_stop(struct message *message)
{
	struct stop *stop = (struct stop *)message;

	loop_stop(stop->loop);
	free(stop);
}

struct thread *loop_thread_start(const char *name, struct loop *loop, struct error *err)
{
	return thread_start(name, run, loop, err);
}

void loop_thread_end(struct thread *thread, struct loop *loop, struct queue *queue)
{
	struct stop *stop;

	if (!thread)
		return;
	stop = mem_zalloc(sizeof(*stop));
	stop->message.run = run_stop;
	stop->loop = loop;
	queue_send(queue, &stop->message);
	thread_join(thread);
}
