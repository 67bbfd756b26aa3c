/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Live sessions: in each live period the consumers bring out what their streams hold and tell the
 * sink how far they are. Viewers of a session that is recorded here are served by the engine
 * itself (backend/live/), those of a streaming one by its relay daemon. Control thread.
 */
#ifndef TRACON_MODEL_LIVE_H
#define TRACON_MODEL_LIVE_H

#include "backend/base/text.h"
#include "backend/live/server.h"

struct live;
struct live_service;
struct model;
struct session;

/* lttng's, if --live has no value. */
#define LIVE_PERIOD_DEFAULT_US 1000000

/* --- one session */

/* It is being created, with a live period. ERROR_IO: there is no port for its viewers. */
bool live_begin(struct session *session, struct error *err);
/* It has streams: periods are counted from now on. */
void live_started(struct session *session);
/* It has no streams any more. */
void live_stop(struct session *session);
/* Its viewers read what is left. NULL passes. */
void live_destroy(struct live *live);

/* What its sink tells viewers by; NULL: it has none here. Borrowed. */
struct live_feed *live_feed_of(const struct session *session);
unsigned int live_viewer_count(const struct session *session);
/* Adds where viewers find it: "net://127.0.0.1/host/HOST/SESSION"; nothing if not here. */
void live_url(const struct session *session, struct text *out);

/* --- where viewers connect */

/* Where they do now, or would. */
const struct live_place *live_service_place(struct model *model);
/* From now on elsewhere; who is connected stays. ERROR_IO: nobody can listen there. */
bool live_service_move(struct model *model, const struct live_place *wanted, struct error *err);
/* All sessions are gone. */
void live_service_finish(struct model *model);

#endif
