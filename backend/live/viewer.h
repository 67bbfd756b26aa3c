/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One viewer's connection, without the socket: requests in, replies out. Nothing that comes from
 * a viewer is trusted. The server's thread.
 */
#ifndef TRACON_LIVE_VIEWER_H
#define TRACON_LIVE_VIEWER_H

#include "backend/live/feed.h"

/* The sessions that viewers can have; the server's. */
struct live_hall {
	char *host_name;
	struct live_feed **feeds; /* references held */
	size_t count, room;
};

void live_hall_add(struct live_hall *hall, struct live_feed *feed); /* a reference is taken */
/* Sessions that are over and have no readers any more are let go of; all of them with is_end. */
void live_hall_tidy(struct live_hall *hall, bool is_end);

struct live_viewer;

struct live_viewer *live_viewer_create(const struct live_hall *hall);
void live_viewer_destroy(struct live_viewer *viewer); /* NULL passes */
bool live_viewer_is_attached(const struct live_viewer *viewer);
/* A session that it reads went on without it. */
bool live_viewer_is_lost(const struct live_viewer *viewer);

/*
 * How long the first request of these bytes is; 0: that can't be said yet. False: it is no request
 * that any viewer sends.
 */
bool live_viewer_measure(const unsigned char *bytes, size_t length, size_t *request_bytes);
enum live_verdict {
	LIVE_ANSWERED,
	LIVE_WAITS, /* there is nothing to say yet: to be asked again */
	LIVE_ENDS,  /* nothing but closing is left, after the reply */
};
/*
 * One whole request; the reply is added. A viewer that hears that there is nothing sleeps for 100
 * ms: with may_wait the answer waits until there is something.
 */
enum live_verdict live_viewer_handle(struct live_viewer *viewer, const unsigned char *request,
				     size_t length, bool may_wait, struct text *reply);
/* How long such an answer may wait at most: a bit more than the longest period of its sessions. */
uint64_t live_viewer_patience_ns(const struct live_viewer *viewer);

#endif
