/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the engine's process does once it is one: backend, terminals, signals, until it is over. */
#ifndef TRACON_CONSOLE_ENGINE_LOOP_H
#define TRACON_CONSOLE_ENGINE_LOOP_H

#include <stdbool.h>

#include "backend/base/error.h"
#include "backend/base/places.h"

struct engine_loop_settings {
	const struct places *places; /* must outlive the call */
	const char *group;	     /* whose members may use root's engine; NULL: tracing */
	const char *config;	     /* start-up file of the console; NULL: none */
	const char *load;	     /* saved sessions, besides those of auto; NULL: none */
	/* Commands and terminals can connect now. On the calling thread. */
	void (*ready)(void *data);
	void *data;
};

/*
 * Runs until `quit`, SIGTERM, SIGINT or SIGQUIT and ends in order: terminals given back, sessions
 * stopped and closed. The caller has blocked the signals (thread_block_signals) and runs no other
 * thread. False if the backend can't start; ready was not called then.
 */
bool engine_loop_run(const struct engine_loop_settings *settings, struct error *err);

#endif
