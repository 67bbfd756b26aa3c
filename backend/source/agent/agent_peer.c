/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See agent_peer.h. */
#include "backend/source/agent/agent_peer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"

#define TABLE_MAX (64 << 20)

/* 127.0.0.1 as the tables of a little-endian machine have it; a dual-stack socket's second. */
static const char *const loopbacks[][2] = {
	{"/proc/net/tcp", "0100007F"},
	{"/proc/net/tcp6", "0000000000000000FFFF00000100007F"},
};

static bool find_in(const char *table, const char *loopback, uint16_t peer_port, uint16_t our_port,
		    uid_t *uid)
{
	char ends[96];
	const char *found;
	unsigned int owner;

	snprintf(ends, sizeof(ends), " %s:%04X %s:%04X ", loopback, peer_port, loopback, our_port);
	found = strstr(table, ends);
	/* state, queues, timer, retransmissions, uid */
	if (!found || sscanf(found + strlen(ends), "%*x %*x:%*x %*x:%*x %*x %u", &owner) != 1)
		return false;
	*uid = owner;
	return true;
}

bool agent_peer_uid_in(const char *table, uint16_t peer_port, uint16_t our_port, uid_t *uid)
{
	for (size_t i = 0; i < COUNT_OF(loopbacks); i++)
		if (find_in(table, loopbacks[i][1], peer_port, our_port, uid))
			return true;
	return false;
}

bool agent_peer_uid(uint16_t peer_port, uint16_t our_port, uid_t *uid)
{
	bool is_found = false;

	for (size_t i = 0; i < COUNT_OF(loopbacks) && !is_found; i++) {
		char *table;
		size_t length;

		if (!fd_read_file(loopbacks[i][0], TABLE_MAX, &table, &length, NULL))
			continue;
		is_found = find_in(table, loopbacks[i][1], peer_port, our_port, uid);
		free(table);
	}
	return is_found;
}
