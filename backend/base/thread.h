/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Named threads. Each registers with RCU; all signals but faults stay blocked
 * (thread_block_signals). */
#ifndef TRACON_BASE_THREAD_H
#define TRACON_BASE_THREAD_H

#include "backend/base/error.h"

struct thread;

/* name: at most 15 bytes, shown by ps -L. NULL with ERROR_IO when the system has no more threads.
 */
struct thread *thread_start(const char *name, void (*run)(void *data), void *data,
			    struct error *err);
/* Waits for the end of run() and frees. NULL passes. */
void thread_join(struct thread *thread);

/* Before the first thread: blocks every signal except those a fault raises; ignores SIGPIPE. */
void thread_block_signals(void);

#endif
