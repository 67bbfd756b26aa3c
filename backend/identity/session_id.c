/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Version 7 UUIDs with a counter behind the millisecond: RFC 9562 §6.2, method 1. */
#include "backend/identity/session_id.h"

#include <string.h>

#include "backend/base/units.h"

#define COUNTER_MAX 0xfffU
#define SHORT_BYTES 8

char *session_id_make(struct session_id_clock *clock, uint64_t wall_ns, char out[UUID_TEXT_MAX])
{
	uint64_t wall_ms = wall_ns / NS_PER_MS;
	struct uuid uuid;

	if (wall_ms > clock->last_ms) {
		clock->last_ms = wall_ms;
		clock->counter = 0;
	} else if (++clock->counter > COUNTER_MAX) {
		clock->last_ms++;
		clock->counter = 0;
	}
	uuid_make_v7(&uuid, clock->last_ms * NS_PER_MS);
	uuid.bytes[6] = (unsigned char)(0x70 | clock->counter >> 8);
	uuid.bytes[7] = (unsigned char)(clock->counter & 0xff);
	return uuid_text(out, &uuid);
}

bool session_id_is_usable(const char *id)
{
	return id && *id && strlen(id) <= SESSION_ID_BYTES_MAX;
}

const char *session_id_short(const char *id)
{
	size_t length = strlen(id);

	return length > SHORT_BYTES ? id + length - SHORT_BYTES : id;
}
