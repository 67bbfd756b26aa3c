/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One connected agent: commands go out one at a time, each waits for its reply. Private to
 * source/agent/; the agents' thread.
 */
#ifndef TRACON_SOURCE_AGENT_PROGRAM_H
#define TRACON_SOURCE_AGENT_PROGRAM_H

#include <sys/types.h>

#include "backend/base/loop.h"
#include "backend/base/text.h"
#include "backend/source/agent/agent_wire.h"

struct agent_program;

/* What an agent still has to be told. `done` exactly once: with the reply, or NULL when there will
 * be none. */
struct agent_request {
	struct agent_request *next;
	enum agent_command command;
	struct text bytes;
	void (*done)(void *data, struct agent_program *program, const unsigned char *reply,
		     size_t reply_bytes);
	void *data;
};

struct agent_program {
	struct agent_program *next; /* of the owner's list */
	struct loop *loop;
	int fd;
	struct watch *watch;
	struct timer *timer; /* a reply, or the registration, is due */
	bool is_registered;
	bool is_dropped;
	enum agent_domain domain;
	pid_t pid;
	uid_t uid;
	struct agent_request *first, **last; /* the first one is on its way */
	size_t sent;			     /* of its bytes */
	unsigned char *reply;
	size_t reply_bytes, reply_room;
	void (*registered)(struct agent_program *program, void *data);
	void (*dropped)(struct agent_program *program, void *data); /* frees it, later */
	void *data;
};

/* The descriptor passes. */
struct agent_program *agent_program_create(struct loop *loop, int fd, uid_t uid,
					   void (*registered)(struct agent_program *, void *),
					   void (*dropped)(struct agent_program *, void *),
					   void *data);
/* Requests that wait are done without a reply. */
void agent_program_destroy(struct agent_program *program);
/* Takes bytes' content. done may be NULL. */
void agent_program_ask(struct agent_program *program, enum agent_command command,
		       struct text *bytes,
		       void (*done)(void *data, struct agent_program *program,
				    const unsigned char *reply, size_t reply_bytes),
		       void *data);

#endif
