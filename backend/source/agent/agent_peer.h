/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whose program is at the other end of a loopback connection: TCP itself does not say. */
#ifndef TRACON_SOURCE_AGENT_PEER_H
#define TRACON_SOURCE_AGENT_PEER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * The owner of the socket bound to 127.0.0.1:peer_port and connected to our_port, by the kernel's
 * table (proc(5), /proc/net/tcp). False: not found.
 */
bool agent_peer_uid(uint16_t peer_port, uint16_t our_port, uid_t *uid);
/* The same on a table of one's own, for tests. */
bool agent_peer_uid_in(const char *table, uint16_t peer_port, uint16_t our_port, uid_t *uid);

#endif
