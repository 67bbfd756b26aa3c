/* SPDX-License-Identifier: GPL-2.0-or-later */
/* liburcu's default flavour, with what ThreadSanitizer must be told of it. */
#include "backend/base/rcu.h"

#include <stddef.h>

#include <urcu.h>

#include "backend/base/mem.h"
#include "backend/base/tsan.h"

_Static_assert(sizeof(((struct rcu_garbage *)0)->link) == sizeof(struct rcu_head) &&
		       _Alignof(struct rcu_garbage) >= _Alignof(struct rcu_head),
	       "the link has room for liburcu's head");

/* Addresses that stand for two orders: reader's end to deferred free; that to who waits for it. */
static const char grace_period, all_destroyed;

void rcu_thread_begin(void)
{
	rcu_register_thread();
}

void rcu_thread_end(void)
{
	rcu_unregister_thread();
}

void rcu_read_begin(void)
{
	rcu_read_lock();
}

void *rcu_read_pointer(void *const *slot)
{
	void *pointer = rcu_dereference(CMM_LOAD_SHARED(*slot));

	TSAN_ACQUIRE(slot); /* pairs with the release in rcu_publish_pointer() */
	return pointer;
}

void rcu_read_end(void)
{
	TSAN_RELEASE(&grace_period); /* pairs with the acquire in destroy_garbage() */
	rcu_read_unlock();
}

void *rcu_publish_pointer(void **slot, void *fresh)
{
	void *stale;

	TSAN_RELEASE(slot); /* pairs with the acquire in rcu_read_pointer(), and the next one */
	stale = rcu_xchg_pointer(slot, fresh);
	TSAN_ACQUIRE(slot);
	return stale;
}

/* On liburcu's own thread. */
static void destroy_garbage(struct rcu_head *head)
{
	struct rcu_garbage *garbage = CONTAINER_OF(head, struct rcu_garbage, link);

	TSAN_ACQUIRE(&grace_period);
	garbage->destroy(garbage);
	TSAN_RELEASE(&all_destroyed); /* pairs with the acquire in rcu_wait_for_retired() */
}

void rcu_retire(struct rcu_garbage *garbage, void (*destroy)(struct rcu_garbage *garbage))
{
	garbage->destroy = destroy;
	TSAN_RELEASE(&grace_period);
	call_rcu((struct rcu_head *)garbage->link, destroy_garbage);
}

void rcu_wait_for_retired(void)
{
	rcu_barrier();
	TSAN_ACQUIRE(&all_destroyed);
}
