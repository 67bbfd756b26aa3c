/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One client of engine.sock, as the server sees it: greeting, one request, its answer. It frees
 * itself when the client has hung up and no command needs it as a sink any more.
 */
#ifndef TRACON_CONTROL_CONNECTION_H
#define TRACON_CONTROL_CONNECTION_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/base/fd.h"

struct connection;
struct loop;
struct request;
struct requester;

/* What a connection asks of its server. All on the control thread. */
struct connection_owner {
	struct loop *loop;
	/* Why this peer may not act in this role (a sentence), or NULL. */
	const char *(*refusal)(void *data, const struct peer *peer, int fd, uint32_t role);
	void (*submit)(void *data, struct request *request);
	void (*terminal)(void *data, int fd, const struct requester *who);
	/* The connection ends by itself: forget it. */
	void (*ended)(void *data, struct connection *connection);
	void *data;
};

/* Takes fd over. The owner must outlive the connection or call connection_disown(). */
struct connection *connection_create(const struct connection_owner *owner, int fd,
				     const struct peer *peer, uint64_t deadline_ns);
/* Hangs up if the request has not come by `now_ns`: whoever connects must say why. */
void connection_check_deadline(struct connection *connection, uint64_t now_ns);
/* Sends what is queued, waiting until deadline_ns at most, and hangs up; ended() is not called. */
void connection_disown(struct connection *connection, uint64_t deadline_ns);

#endif
