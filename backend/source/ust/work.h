/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Blocking work for applications: a pool of threads that grows while all are busy, and strands,
 * one per application, whose jobs run one after the other in order.
 */
#ifndef TRACON_SOURCE_UST_WORK_H
#define TRACON_SOURCE_UST_WORK_H

#include "backend/base/error.h"

struct ust_strand;
struct ust_work;

struct ust_job {
	struct ust_job *next;
	struct ust_strand *strand; /* where it was posted last */
	/* Runs on a thread of the pool, which then no longer touches the job: free or post it. */
	void (*run)(struct ust_job *job);
};

struct ust_work *ust_work_create(struct error *err);
/* Runs what is queued, then ends the threads. All strands must have been released. NULL passes. */
void ust_work_destroy(struct ust_work *work);

struct ust_strand *ust_strand_create(struct ust_work *work);
/* Jobs that are still queued run all the same. NULL passes. */
void ust_strand_release(struct ust_strand *strand);
/* Any thread; never blocks. */
void ust_strand_post(struct ust_strand *strand, struct ust_job *job);

#endif
