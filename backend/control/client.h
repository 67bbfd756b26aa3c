/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The other end of engine.sock: one-shot commands, the line REPL and the holder of a terminal begin
 * here. It initialises nothing but the socket: what a client costs is part of every rotation's
 * latency.
 */
#ifndef TRACON_CONTROL_CLIENT_H
#define TRACON_CONTROL_CLIENT_H

#include <sys/types.h>

#include "backend/base/error.h"
#include "backend/control/protocol.h"
#include "backend/control/request.h"

/*
 * Connects and exchanges hellos. -1 with ERROR_NO_ENGINE (nobody is there), ERROR_UNSUPPORTED
 * (another version: the sentence says what to do), ERROR_TIMEOUT, ERROR_PROTOCOL, ERROR_DENIED,
 * ERROR_IO.
 */
int client_connect(const char *socket_path, enum protocol_role role, struct error *err);

/* The engine's process, by the socket's credentials; 0 if unknown. */
pid_t client_engine_pid(int connection);

/*
 * Sends the request and passes the answer to its sink until done(). The request stays the caller's.
 * False without done(): ERROR_GONE when the engine hung up first, ERROR_INVALID when the request is
 * too long, ERROR_PROTOCOL.
 */
bool client_ask(int connection, const struct request *request, struct error *err);

#endif
