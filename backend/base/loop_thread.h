/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A thread that does nothing but run a loop, and ends when it is told to. */
#ifndef TRACON_BASE_LOOP_THREAD_H
#define TRACON_BASE_LOOP_THREAD_H

#include "backend/base/loop.h"
#include "backend/base/thread.h"

/* The loop is that thread's from here on. Fails as thread_start() does. */
struct thread *loop_thread_start(const char *name, struct loop *loop, struct error *err);
/*
 * `queue` is one that the loop watches: what was sent to it before is done first. Waits for the
 * thread's end and frees it; the loop stays. NULL passes.
 */
void loop_thread_end(struct thread *thread, struct loop *loop, struct queue *queue);

#endif
