/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finding the engine, and starting one: the way from a process that has only just begun to one that
 * leads its own session, runs the console's loop and can be connected to. Starters keep each other
 * off by engine.lock, so there is never more than one.
 */
#ifndef TRACON_CONSOLE_ENGINE_H
#define TRACON_CONSOLE_ENGINE_H

#include <stdbool.h>

#include "backend/base/error.h"
#include "backend/base/places.h"
#include "backend/control/protocol.h"

struct options;

struct engine_wish {
	const struct places *places;
	const struct options *options;
	const char *load; /* saved sessions that this one begins with; NULL: none */
	char **argv;	  /* main's own: an engine that is forked off writes its name there */
};

/*
 * Connects to the engine that this user's commands go to: for a member of the tracing group root's,
 * if it runs, else the own one. Starts an own one if none runs and may_start. -1 as
 * client_connect(); ERROR_NO_ENGINE says what to do.
 */
int engine_connect(const struct engine_wish *wish, enum protocol_role role, bool may_start,
		   struct error *err);

/*
 * Starts an engine in the background and returns once it can be connected to. ERROR_BUSY if one
 * runs. No other thread may exist.
 */
bool engine_start(const struct engine_wish *wish, struct error *err);

/*
 * This process becomes the engine and keeps its terminal's output. Returns the exit status;
 * ERROR_BUSY (status 1) if one runs.
 */
int engine_run_here(const struct engine_wish *wish, struct error *err);

/* Waits for the end of the engine's process after `quit`. False if it takes too long. */
bool engine_wait_for_end(int pidfd);

#endif
