/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where live viewers connect: a TCP port of this machine, by default reached from this machine
 * alone. The protocol knows no users and no passwords: whoever reaches the port can read every
 * session that is offered.
 *
 * One thread owns the sockets and all readers. A viewer that stops reading, or is too far behind,
 * loses its connection; nothing that records ever waits for one.
 */
#ifndef TRACON_LIVE_SERVER_H
#define TRACON_LIVE_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/base/error.h"

struct live_feed;
struct live_server;

#define LIVE_ADDRESS_DEFAULT "127.0.0.1"
#define LIVE_ADDRESS_MAX     16
#define LIVE_PORT_DEFAULT    5344
#define LIVE_PORT_NEXT	     5355 /* the first that is tried when the default one is taken */

struct live_place {
	char address[LIVE_ADDRESS_MAX]; /* IPv4: babeltrace2 knows no other */
	uint16_t port;			/* 0: any that is free */
	bool is_exact;			/* no other port will do */
};

/* ERROR_INVALID unless it is an IPv4 address or "localhost". */
bool live_place_set_address(struct live_place *place, const char *text, struct error *err);

/* Listens; *taken is where. NULL with ERROR_IO: nobody can. Any thread, as all functions here. */
struct live_server *live_server_create(const struct live_place *wanted, const char *host_name,
				       struct live_place *taken, struct error *err);
/* Listens elsewhere; connections stay. */
bool live_server_move(struct live_server *server, const struct live_place *wanted,
		      struct live_place *taken, struct error *err);
/* Viewers can have it until it is over. A reference is taken. */
void live_server_offer(struct live_server *server, struct live_feed *feed);
/* Viewers of sessions that are over may read what is left, for a moment. NULL passes. */
void live_server_destroy(struct live_server *server);

#endif
