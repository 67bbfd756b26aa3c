/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rotations by themselves: after a time, or when the current chunk has reached a size. Nobody waits
 * for them; what becomes of them is said in the log. Control thread.
 */
#ifndef TRACON_MODEL_SCHEDULE_H
#define TRACON_MODEL_SCHEDULE_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/base/error.h"
#include "backend/base/text.h"

struct schedule;
struct session;

enum schedule_kind {
	SCHEDULE_TIMER, /* µs */
	SCHEDULE_SIZE,	/* bytes written since the last rotation */
};

/*
 * One of each kind. ERROR_STATE: there is one already, or the session can't be rotated. Sizes are
 * looked at as often as the fastest monitor timer of the session's channels says: without any,
 * never, as lttng has it.
 */
bool schedule_enable(struct session *session, enum schedule_kind kind, uint64_t value,
		     struct error *err);
/* ERROR_STATE: there is none. */
bool schedule_disable(struct session *session, enum schedule_kind kind, struct error *err);

/* 0: none of this kind; schedule may be NULL. */
uint64_t schedule_value(const struct schedule *schedule, enum schedule_kind kind);
/* "every 10 s, at 10.0 MB"; NULL when there is none. The schedule's own reference. */
struct shared_text *schedule_text(const struct schedule *schedule);

/* The present chunk's times go wrong: another begins, if the session can be rotated now. */
void schedule_leave_chunk(struct session *session);

/* The session has started: timers run until it was stopped and then rotated once. NULL passes. */
void schedule_started(struct schedule *schedule);
void schedule_stop(struct schedule *schedule);	  /* NULL passes */
void schedule_destroy(struct schedule *schedule); /* NULL passes */

#endif
