/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The two connections to a relay daemon. Blocks its thread, which is the sink's own: nobody else's
 * work waits here. While somebody waits for an answer, a daemon that stands still is given up.
 */
#ifndef TRACON_SINK_RELAYD_LINK_H
#define TRACON_SINK_RELAYD_LINK_H

#include <stdatomic.h>
#include <sys/uio.h>

#include "backend/sink/relayd_wire.h"
#include "backend/sink/url.h"

#define RELAYD_LINK_OWED_MAX 64

struct relayd_link {
	int control; /* -1: not connected */
	int data;
	uint32_t minor;			/* of the daemon's protocol */
	unsigned int owed_replies;	/* of the form that holds a code alone */
	const atomic_uint *hurry_count; /* how many wait for what it does */
};

void relayd_link_init(struct relayd_link *link, const atomic_uint *hurry_count);
/* Both sockets, and the greeting. Fails with ERROR_IO, ERROR_TIMEOUT, ERROR_PROTOCOL. */
bool relayd_link_open(struct relayd_link *link, const struct relay_url *url, struct error *err);
void relayd_link_close(struct relayd_link *link);
/* Sends and waits for the reply; those that are owed come first. */
bool relayd_link_ask(struct relayd_link *link, const struct text *request, void *reply,
		     size_t reply_bytes, struct error *err);
/* The same for a reply that is a code alone, which must say that all is well. */
bool relayd_link_tell(struct relayd_link *link, const struct text *request, struct error *err);
/* As relayd_link_tell, but the reply is read later: before the next ask. */
bool relayd_link_post(struct relayd_link *link, const struct text *request, struct error *err);
/* There is no reply at all. */
bool relayd_link_send(struct relayd_link *link, const struct text *request, struct error *err);
/* All but the first sent_bytes of the two, which have gone before. */
bool relayd_link_send_data(struct relayd_link *link, const struct text *head,
			   const unsigned char *bytes, size_t length, size_t sent_bytes,
			   struct error *err);
/* How much of these the data connection takes without waiting; 0 too if it is broken. Consumes
 * them. */
size_t relayd_link_try_data(const struct relayd_link *link, struct iovec *parts, size_t count);
bool relayd_link_receive(struct relayd_link *link, void *bytes, size_t length, struct error *err);
/* False when the other side has hung up. Never waits. */
bool relayd_link_is_alive(const struct relayd_link *link, struct error *err);

#endif
