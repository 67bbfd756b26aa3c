/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Publishing pointers through liburcu. ThreadSanitizer can't see inside liburcu 0.13, so the
 * happens-before edges that RCU gives are told to it here: publishing releases what readers
 * acquire, and a reader's end releases what the deferred free acquires.
 */
#ifndef TRACON_BASE_RCU_H
#define TRACON_BASE_RCU_H

/* Threads of thread.h are registered already; main() calls these itself. */
void rcu_thread_begin(void);
void rcu_thread_end(void);

/* Read side: cheap, never blocks, may nest. */
void rcu_read_begin(void);
void *rcu_read_pointer(void *const *slot); /* inside a read section; may be NULL */
void rcu_read_end(void);

struct rcu_garbage {
	void *link[2]; /* liburcu's own */
	void (*destroy)(struct rcu_garbage *garbage);
};

/* Stores `fresh` and returns what was there; the caller retires it. */
void *rcu_publish_pointer(void **slot, void *fresh);
/* destroy() runs on another thread once no reader can hold it any more. */
void rcu_retire(struct rcu_garbage *garbage, void (*destroy)(struct rcu_garbage *garbage));
/* Waits until everything retired before has been destroyed. Not from a read section. */
void rcu_wait_for_retired(void);

#endif
