/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A session's identity, and what the journal hears of its life. Control thread. */
#ifndef TRACON_MODEL_LIFESPAN_H
#define TRACON_MODEL_LIFESPAN_H

#include "backend/base/error.h"

struct model;
struct session;

/* What ended it; "destroyed" unless said before the end. */
#define LIFESPAN_DESTROYED "destroyed"
#define LIFESPAN_EXIT	   "exit"
#define LIFESPAN_REPLACED  "replaced"

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
void lifespan_end(struct session *session);

/* Borrowed; never NULL, "" if there is none. */
const char *session_identity(const struct session *session);
const char *session_previous_identity(const struct session *session);

#endif
