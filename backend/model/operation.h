/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Work on a session in steps that wait. Operations of one session run in the order they came, so
 * that start, stop, rotate and destroy never overlap. Control thread.
 */
#ifndef TRACON_MODEL_OPERATION_H
#define TRACON_MODEL_OPERATION_H

#include "backend/base/queue.h"
#include "backend/model/session.h"

struct operation {
	struct task task; /* first: what the present step waits for */
	struct operation *next;
	struct session *session;
	void (*step)(struct operation *operation);
	/* Tells whoever waits. The operation is freed afterwards. */
	void (*finish)(struct operation *operation, const struct error *err);
};

/* Takes the operation (its specific part behind struct operation, zeroed memory); `step` runs when
 * its turn comes. */
void operation_submit(struct session *session, struct operation *operation);

/*
 * Begins to wait: parts are handed out after this with task_add(&operation->task); operation_go()
 * gives back the caller's own. Then `step` runs with operation->task.error set if a part failed.
 */
void operation_wait(struct operation *operation, void (*step)(struct operation *operation));
void operation_go(struct operation *operation);

/* err NULL: all went well. The next operation of the session begins. */
void operation_end(struct operation *operation, const struct error *err);
/* As operation_end for the last one: all that still wait fail with ERROR_SESSION_NOT_FOUND. */
void operation_end_all(struct operation *operation);

bool operation_is_pending(const struct session *session,
			  void (*finish)(struct operation *, const struct error *));

#endif
