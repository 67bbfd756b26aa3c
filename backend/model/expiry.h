/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sessions that end by themselves: when nothing was recorded for a time, or after a longest
 * lifetime. Tracing goes on all the while, in the next trace chunk and under a new session.id that
 * continues the old one. Control thread.
 */
#ifndef TRACON_MODEL_EXPIRY_H
#define TRACON_MODEL_EXPIRY_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/base/error.h"

struct expiry;
struct session;

/* A thousand years: can be added to a clock. */
#define EXPIRY_MAX_US (UINT64_C(1000) * 366 * 86400 * 1000000)

struct expiry_limits {
	uint64_t idle_us;     /* 0: no limit, here and below */
	uint64_t lifetime_us; /* of one session.id */
};

/* ERROR_STATE: of a snapshot session nobody counts the events as they come. */
bool expiry_check(const struct expiry_limits *limits, bool is_snapshot, struct error *err);
/* Once, when the session is made. */
void expiry_set(struct session *session, const struct expiry_limits *limits);
void expiry_destroy(struct expiry *expiry); /* NULL passes */

/* Zero limits for NULL. */
struct expiry_limits expiry_limits_of(const struct expiry *expiry);

/* A session.id has begun; recording has; counters begin at zero. */
void expiry_begun(struct session *session);
void expiry_started(struct session *session);
void expiry_cleared(struct session *session);

/*
 * The session is about to end and all its events are counted: one that waited for an event and got
 * one has begun. False: it waits still, and its chunk is empty.
 */
bool expiry_settle(struct session *session);

/* At the operation's turn: whether the session should end now, and when it did. */
bool expiry_is_due(const struct session *session, const char *reason, uint64_t *wall_ns);

#endif
