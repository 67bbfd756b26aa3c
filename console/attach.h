/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine's side of a terminal: takes connections of holders, shows the screen on the newest one
 * and gives terminals back. It lives on the loop of the engine's main thread, from before the
 * backend starts until after it has stopped; engine.c calls it in the order of this file.
 */
#ifndef TRACON_CONSOLE_ATTACH_H
#define TRACON_CONSOLE_ATTACH_H

#include <stdbool.h>

#include "backend/base/places.h"
#include "backend/control/request.h"

struct attach;
struct backend;
struct loop;

/* Main thread. Opens no terminal and starts no thread; both pointers must outlive it. */
struct attach *attach_create(struct loop *loop, const struct places *places);

/*
 * The backend runs: from here on commands may be submitted and pictures acquired. config: start-up
 * file of the console, or NULL for none. Main thread.
 */
void attach_begin(struct attach *attach, struct backend *backend, const char *config);

/*
 * The callbacks of struct backend_settings, data being the struct attach.
 * attach_terminal: any thread, hands over to the loop. The connection (hello exchanged, credentials
 * checked) passes to the callee; `who` is copied. Before attach_begin() it waits, after
 * attach_end() it is closed.
 * attach_published: any thread; wakes the loop for the next frame.
 * attach_detach: control thread; lets the attached terminal go. False: there is none.
 */
void attach_terminal(void *attach, int connection, const struct requester *who);
void attach_published(void *attach);
bool attach_detach(void *attach);

/*
 * Puts the terminal in order and uses the backend no more. Its holder stays until attach_destroy,
 * so that whoever starts tracon again finds this engine gone; then it prints the sentence (may be
 * NULL) below the screen. Main thread.
 */
void attach_end(struct attach *attach, const char *sentence);
/* After the backend has stopped: gives the terminals back to their shells. NULL passes. */
void attach_destroy(struct attach *attach);

#endif
