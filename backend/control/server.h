/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine's end of engine.sock: listens, checks who connects, turns messages into requests and
 * answers into messages. All on the control thread's loop; no peer can make it wait: what a slow
 * one does not take yet is queued, up to a limit.
 */
#ifndef TRACON_CONTROL_SERVER_H
#define TRACON_CONTROL_SERVER_H

#include "backend/base/error.h"
#include "backend/base/places.h"
#include "backend/control/request.h"

struct loop;
struct server;

struct server_settings {
	const struct places *places; /* must outlive the server */
	/*
	 * Root's instance: members of this group may send commands. NULL: "tracing". A group that
	 * does not exist has no members.
	 */
	const char *group;
	/* Takes the request; the answer goes to its sink, on this thread, now or later. */
	void (*submit)(void *data, struct request *request);
	/*
	 * A terminal of the engine's owner: takes the connection, hello exchanged, over. Of `who`
	 * only pid, uid and gid are known, the texts are "".
	 */
	void (*terminal)(void *data, int connection, const struct requester *who);
	void *data;
};

/*
 * Listens. ERROR_BUSY: an engine answers there already. A socket that nobody answers at is
 * replaced; starters keep each other off by engine.lock. ERROR_IO, ERROR_DENIED.
 */
struct server *server_create(struct loop *loop, const struct server_settings *settings,
			     struct error *err);

/*
 * Removes the socket, sends what is queued (a second at most) and hangs up. Requests still being
 * worked on stay valid: their sinks lead nowhere from now on. NULL passes.
 */
void server_destroy(struct server *server);

#endif
