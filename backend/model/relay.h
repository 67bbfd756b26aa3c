/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a streaming session is at its relay daemon's, as its sink tells it. */
#ifndef TRACON_MODEL_RELAY_H
#define TRACON_MODEL_RELAY_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/base/error.h"
#include "backend/base/text.h"

struct chunk_info;
struct relay_url;
struct session;
struct sink;

/* What is known of it. Control thread. */
struct relay_state {
	struct shared_text *path;      /* below the daemon's output; NULL: never connected */
	unsigned int connection_count; /* a new directory each time */
	uint64_t lost_wall_ns;	       /* since when; 0: it is not lost */
	struct error loss;	       /* why */
};

/* NULL with an error. Control thread. */
struct sink *relay_make_sink(struct session *session, struct error *err);
/* One that takes one snapshot, with that name below the session's directory there. `closed` is
 * called by another thread when it is there, or with an error. */
struct sink *relay_make_snapshot_sink(struct session *session, const struct relay_url *url,
				      const char *name,
				      void (*closed)(void *data, const struct chunk_info *chunk,
						     const struct error *err),
				      void *data, struct error *err);
void relay_state_finish(struct relay_state *state);

/* What the daemon did not take, of all that a streaming session has recorded. */
uint64_t relay_missing_events(const struct session *session);

/*
 * One sentence when there is something to say beyond the URL: since when the daemon can't be
 * reached, or that the session goes on in another directory there, and what is missing. Empty if
 * not.
 */
void relay_describe(const struct session *session, struct text *out);

#endif
