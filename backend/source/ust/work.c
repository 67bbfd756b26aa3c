/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The pool and its strands. One mutex protects all of it and is held for a few instructions only,
 * never around a job, so any lock may be held while posting.
 */
#include "backend/source/ust/work.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/base/thread.h"

#define THREADS_MIN 2
#define THREADS_MAX 32 /* so many applications may keep us waiting without delaying others */
#define IDLE_S	    10 /* a thread above the minimum ends after this time without work */

struct ust_strand {
	struct ust_work *work;
	struct ust_strand *next; /* in the pool's list of ready strands */
	struct ust_job *first;
	struct ust_job **end;
	bool is_scheduled; /* in the list, or a thread runs its job */
	bool is_released;
};

struct worker {
	struct ust_work *work;
	struct thread *thread; /* NULL: free place */
	bool is_over;	       /* its run() is about to return */
};

struct ust_work {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	struct ust_strand *ready;
	struct ust_strand **ready_end;
	unsigned int ready_count;
	unsigned int idle_count;
	unsigned int thread_count;
	bool is_stopping;
	struct worker workers[THREADS_MAX];
};

static void schedule(struct ust_work *work, struct ust_strand *strand)
{
	strand->next = NULL;
	*work->ready_end = strand;
	work->ready_end = &strand->next;
	work->ready_count++;
}

static struct ust_strand *take_ready(struct ust_work *work)
{
	struct ust_strand *strand = work->ready;

	if (!strand)
		return NULL;
	work->ready = strand->next;
	if (!work->ready)
		work->ready_end = &work->ready;
	work->ready_count--;
	return strand;
}

/* Runs one job of the strand, without the lock; then it queues behind the others. */
static void run_one(struct ust_work *work, struct ust_strand *strand)
{
	struct ust_job *job = strand->first;

	strand->first = job->next;
	if (!strand->first)
		strand->end = &strand->first;
	pthread_mutex_unlock(&work->lock);
	job->run(job);
	pthread_mutex_lock(&work->lock);
	if (strand->first) {
		schedule(work, strand);
		return;
	}
	strand->is_scheduled = false;
	if (strand->is_released)
		free(strand);
}

/* Waits for work. False when it took too long and the thread is one too many. */
static bool wait_for_work(struct ust_work *work)
{
	struct timespec until;
	int result;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += IDLE_S;
	work->idle_count++;
	result = pthread_cond_timedwait(&work->wake, &work->lock, &until);
	work->idle_count--;
	return result == 0 || work->ready || work->thread_count <= THREADS_MIN;
}

static void worker_run(void *data)
{
	struct worker *worker = data;
	struct ust_work *work = worker->work;

	pthread_mutex_lock(&work->lock);
	for (;;) {
		struct ust_strand *strand = take_ready(work);

		if (strand)
			run_one(work, strand);
		else if (work->is_stopping || !wait_for_work(work))
			break;
	}
	work->thread_count--;
	worker->is_over = true;
	pthread_mutex_unlock(&work->lock);
}

static bool start_worker(struct ust_work *work, struct error *err)
{
	struct worker *worker = work->workers;
	char name[16];

	while (worker->thread && !worker->is_over)
		worker++;
	thread_join(worker->thread); /* it needs the lock no more */
	worker->work = work;
	worker->is_over = false;
	snprintf(name, sizeof(name), "ust-app-%d", (int)(worker - work->workers));
	worker->thread = thread_start(name, worker_run, worker, err);
	if (!worker->thread)
		return false;
	work->thread_count++;
	return true;
}

/* More strands wait than threads do: one thread more. Without it the others get there later. */
static void grow(struct ust_work *work)
{
	struct error err = ERROR_INIT;

	if (work->ready_count <= work->idle_count || work->thread_count >= THREADS_MAX)
		return;
	if (!start_worker(work, &err))
		log_write(LOG_LEVEL_WARNING, "applications may be served late: %s", err.message);
}

struct ust_work *ust_work_create(struct error *err)
{
	struct ust_work *work = mem_zalloc(sizeof(*work));
	pthread_condattr_t attributes;
	bool is_started = true;

	pthread_mutex_init(&work->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&work->wake, &attributes);
	pthread_condattr_destroy(&attributes);
	work->ready_end = &work->ready;
	pthread_mutex_lock(&work->lock);
	for (unsigned int i = 0; i < THREADS_MIN && is_started; i++)
		is_started = start_worker(work, err);
	pthread_mutex_unlock(&work->lock);
	if (is_started)
		return work;
	ust_work_destroy(work);
	return NULL;
}

void ust_work_destroy(struct ust_work *work)
{
	if (!work)
		return;
	pthread_mutex_lock(&work->lock);
	work->is_stopping = true;
	pthread_cond_broadcast(&work->wake);
	pthread_mutex_unlock(&work->lock);
	for (unsigned int i = 0; i < THREADS_MAX; i++)
		thread_join(work->workers[i].thread);
	assert(!work->ready);
	pthread_cond_destroy(&work->wake);
	pthread_mutex_destroy(&work->lock);
	free(work);
}

struct ust_strand *ust_strand_create(struct ust_work *work)
{
	struct ust_strand *strand = mem_zalloc(sizeof(*strand));

	strand->work = work;
	strand->end = &strand->first;
	return strand;
}

void ust_strand_release(struct ust_strand *strand)
{
	struct ust_work *work;
	bool is_idle;

	if (!strand)
		return;
	work = strand->work;
	pthread_mutex_lock(&work->lock);
	strand->is_released = true;
	is_idle = !strand->is_scheduled;
	pthread_mutex_unlock(&work->lock);
	if (is_idle)
		free(strand);
}

void ust_strand_post(struct ust_strand *strand, struct ust_job *job)
{
	struct ust_work *work = strand->work;

	job->next = NULL;
	job->strand = strand;
	pthread_mutex_lock(&work->lock);
	*strand->end = job;
	strand->end = &job->next;
	if (!strand->is_scheduled) {
		strand->is_scheduled = true;
		schedule(work, strand);
		grow(work);
		pthread_cond_signal(&work->wake);
	}
	pthread_mutex_unlock(&work->lock);
}
