/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands that run when a trace chunk is complete, with the rights of the session's user: one at a
 * time for each session, from a bounded queue that outlives the session. What they print goes to
 * the log, as do failures. Control thread.
 */
#ifndef TRACON_MODEL_HOOK_H
#define TRACON_MODEL_HOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/base/error.h"

#define HOOK_WAITING_MAX      64 /* of one session; more are left out, and counted */
#define HOOK_LIMIT_DEFAULT_US (UINT64_C(600) * 1000000) /* what runs longer is ended */
#define HOOK_LINES_MAX	      100			/* of what one run prints */

struct chunk_row;
struct hooks;
struct model;
struct outcome;
struct session;

struct hook_wish {
	const char *command; /* split into words as the line REPL does; no shell */
	uint64_t limit_us;   /* 0: HOOK_LIMIT_DEFAULT_US */
};

struct hook_state {
	const char *command; /* for every archive; NULL: none */
	uint64_t limit_us;
	uint64_t run_count; /* ended, failed ones included */
	uint64_t failed_count;
	uint64_t dropped_count; /* the queue was full */
	uint64_t waiting_count; /* the one that runs included */
};

/* ERROR_INVALID: no word in it, or more than one command. */
bool hook_check(const struct hook_wish *wish, struct error *err);

/* For every archive from now on. ERROR_STATE: there is one, or the session has no archives;
 * ERROR_INVALID. */
bool hooks_enable(struct session *session, const struct hook_wish *wish, struct error *err);
/* ERROR_STATE: there is none. What waits runs still. */
bool hooks_disable(struct session *session, struct error *err);
struct hook_state hooks_state(const struct session *session);

/*
 * A chunk is complete: what was enabled runs, if it is an archive, and `once`, if it has a command.
 * identity: the chunk's session.id.
 */
void hooks_chunk(struct session *session, const struct chunk_row *chunk, const char *identity,
		 const struct hook_wish *once);

/* The session is gone: its queue is worked off. NULL passes. */
void hooks_let_go(struct hooks *hooks);

/* All have run, or the time is over: the rest is left out, and said. */
void hooks_finish(struct model *model, uint64_t wait_ns, void (*done)(void *data), void *data);
/* The model ends. */
void hooks_abandon(struct model *model);

#endif
