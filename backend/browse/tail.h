/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The newest events of a session while it records. Consumers offer whole packets as they pass; what
 * the budget allows is copied, everything else only counted; a worker thread decodes the copies.
 * Nothing here can slow a consumer: it never waits and never allocates. While a terminal is
 * attached, open packets are closed once in a refresh interval, so events appear within it; those
 * of overwrite channels, whose packets nothing may close, appear with a rotation or the end.
 */
#ifndef TRACON_BROWSE_TAIL_H
#define TRACON_BROWSE_TAIL_H

#include "backend/base/error.h"
#include "backend/base/queue.h"
#include "backend/browse/page.h"

struct tail;
struct tap;

#define TAIL_EVENTS_MAX 20000 /* kept, oldest go first */

struct tail_info {
	uint64_t seen_events;	 /* that passed since the tail was begun or its filter changed */
	uint64_t decoded_events; /* of these, the ones in sampled packets */
	uint64_t shown_events;	 /* of these, the ones that match the filter */
	bool is_sampling;	 /* more passes than is shown: "N of M" */
	struct error error;	 /* what can't be decoded, and why */
};

struct tail_calls {
	void *data;
	void (*changed)(void *data); /* new events or numbers; at most 4 a second */
};

/* The caller's thread owns it; calls come by its queue. slices: as for browse_create. */
struct tail *tail_create(const char *slices, struct queue *home, const struct tail_calls *calls);
void tail_destroy(struct tail *tail); /* NULL passes */
/* What consumers offer packets to: hand it to the backend (backend_tap). */
struct tap *tail_tap(struct tail *tail);
const struct tail_info *tail_info(const struct tail *tail);
/* The newest events, oldest first; NULL before the first. Borrowed until the queue runs again. */
const struct event_page *tail_page(const struct tail *tail);
/* As browse_set_filter. NULL: all. What was shown before is kept only if it matches. */
bool tail_set_filter(struct tail *tail, const char *expression, size_t *begin, size_t *end,
		     struct error *err);
void tail_clear(struct tail *tail);

#endif
