/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine's loop: backend in the same process, a screen while a terminal is attached. Read
 * console_run() in console.c first.
 */
#ifndef TRACON_CONSOLE_CONSOLE_H
#define TRACON_CONSOLE_CONSOLE_H

#include "backend/base/error.h"
#include "backend/base/places.h"
#include "console/holder.h"

struct engine_options {
	const struct places *places; /* must outlive the call */
	const char *config;	     /* start-up file; NULL: read none (--no-config) */
	/* Commands and terminals can connect now. On the calling thread; may be NULL. */
	void (*ready)(void *data);
	void *data;
};

/*
 * The engine process's main: returns its exit status after `quit`, SIGTERM or SIGINT, everything
 * stopped in order. The caller has blocked the signals (thread_block_signals), runs no other thread
 * and, for a daemon, leads its own session. Fails (status 1, err set) if the backend can't start;
 * ready was not called then.
 */
int console_engine_run(const struct engine_options *options, struct error *err);

/* --no-daemon: the same on this process's own terminal, without a socket. ready is not called. */
int console_run_here(const struct engine_options *options, const struct holder_options *terminal,
		     struct error *err);

#endif
