/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A session's identity, and what the journal hears of its life. Control thread. */
#ifndef TRACON_MODEL_LIFESPAN_H
#define TRACON_MODEL_LIFESPAN_H

#include <stdint.h>
#include <sys/types.h>

#include "backend/base/error.h"

struct chunk_row;
struct model;
struct picture_counts;
struct session;

/* What ended it; "destroyed" unless said before the end. */
#define LIFESPAN_DESTROYED    "destroyed"
#define LIFESPAN_EXIT	      "exit"
#define LIFESPAN_REPLACED     "replaced"
#define LIFESPAN_IDLE	      "idle"
#define LIFESPAN_MAX_LIFETIME "max_lifetime"

/* The model begins and ends. */
void lifespan_open(struct model *model);
void lifespan_close(struct model *model);

/* Gives it an id. previous: whom it continues; NULL: the newest of the same user and name. */
void lifespan_init(struct session *session, const char *previous);
void lifespan_finish(struct session *session);

/* ERROR_INVALID, ERROR_STATE: the id of a session that goes on can't be continued. */
bool lifespan_can_continue(const struct model *model, const char *previous, struct error *err);

/* It is there for good: whom it continues is settled. The second time: nothing. */
void lifespan_begin(struct session *session);
/* One that waits for its first event (see lifespan_turn) has begun: at that time. */
void lifespan_begin_waiting(struct session *session, uint64_t wall_ns);
void lifespan_end(struct session *session);
/* Counters begin at zero. */
void lifespan_cleared(struct session *session);
void lifespan_subtract(struct picture_counts *counts, const struct picture_counts *before);
/* What was counted under the present id. */
void lifespan_count(const struct session *session, struct picture_counts *counts);

/*
 * One id ends at that time and another continues it; what is recorded from now on, in the chunk
 * that is current now, has the new one. `waits`: it begins with its first event; else at the same
 * time.
 */
void lifespan_turn(struct session *session, const char *reason, uint64_t wall_ns, bool waits);
/* Once sources have heard: traces that were opened meanwhile get the new id, too. */
void lifespan_turn_late(struct session *session);

/*
 * One that waited for its first event when its engine was killed: its trace has an id by which the
 * journal doesn't know it yet.
 */
void lifespan_left_waiting(struct model *model, const char *name, uid_t uid, const char *identity,
			   const char *previous);

/* What happened besides: "tracon.recording.start". */
void lifespan_note(struct session *session, const char *event);
/* identity: of the chunk, if another is the session's by now, and when it ended; or NULL. */
void lifespan_note_chunk(struct session *session, const struct chunk_row *chunk,
			 const char *identity, uint64_t ended_wall_ns);

/* Borrowed; never NULL, "" if there is none. */
const char *session_identity(const struct session *session);
const char *session_previous_identity(const struct session *session);

#endif
