/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Live sessions: in each live period the consumers bring out what their streams hold and tell the
 * sink how far they are. Viewers of a session that is recorded here are served by the engine
 * itself (backend/live/), those of a streaming one by its relay daemon. Control thread.
 */
#ifndef TRACON_MODEL_LIVE_H
#define TRACON_MODEL_LIVE_H

#include <stdbool.h>
#include <stdint.h>

struct live;
struct session;

/* lttng's, if --live has no value. */
#define LIVE_PERIOD_DEFAULT_US 1000000

/* The session was created, with a live period. */
void live_begin(struct session *session);
/* It has streams: periods are counted from now on. */
void live_started(struct session *session);
/* It has no streams any more. */
void live_stop(struct session *session);
void live_destroy(struct live *live); /* NULL passes */

#endif
