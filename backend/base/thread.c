/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Threads with a name, registered with RCU, undisturbed by signals. */
#include "backend/base/thread.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/rcu.h"

#define NAME_MAX_BYTES 16 /* with NUL: pthread_setname_np(3) */

struct thread {
	pthread_t id;
	char name[NAME_MAX_BYTES];
	void (*run)(void *data);
	void *data;
};

/* Those a fault raises must reach the thread at fault: blocked they would kill without a trace. */
static void fill_with_all_but_faults(sigset_t *signals)
{
	static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};

	sigfillset(signals);
	for (size_t i = 0; i < COUNT_OF(faults); i++)
		sigdelset(signals, faults[i]);
}

static void *thread_main(void *data)
{
	struct thread *thread = data;

	pthread_setname_np(pthread_self(), thread->name);
	rcu_thread_begin();
	thread->run(thread->data);
	rcu_thread_end();
	return NULL;
}

struct thread *thread_start(const char *name, void (*run)(void *data), void *data,
			    struct error *err)
{
	struct thread *thread = mem_zalloc(sizeof(*thread));
	sigset_t blocked, before;
	int failure;

	snprintf(thread->name, sizeof(thread->name), "%.*s", NAME_MAX_BYTES - 1, name);
	thread->run = run;
	thread->data = data;
	/* A thread begins with the mask of its maker; ours is put back. */
	fill_with_all_but_faults(&blocked);
	pthread_sigmask(SIG_BLOCK, &blocked, &before);
	failure = pthread_create(&thread->id, NULL, thread_main, thread);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (!failure)
		return thread;
	free(thread);
	error_set_errno(err, failure, "cannot start thread '%s'", name);
	if (err)
		err->code = ERROR_IO; /* EPERM and EAGAIN alike: the system has no more */
	return NULL;
}

void thread_join(struct thread *thread)
{
	if (!thread)
		return;
	pthread_join(thread->id, NULL);
	free(thread);
}

void thread_block_signals(void)
{
	sigset_t blocked;

	fill_with_all_but_faults(&blocked);
	pthread_sigmask(SIG_BLOCK, &blocked, NULL);
	signal(SIGPIPE, SIG_IGN);
}
