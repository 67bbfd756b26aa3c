/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ids of sessions: version 7 UUIDs of one process in the order in which they were made. */
#ifndef TRACON_IDENTITY_SESSION_ID_H
#define TRACON_IDENTITY_SESSION_ID_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/base/uuid.h"

/* Ids of others are any text up to this: compared byte by byte, never taken apart. */
#define SESSION_ID_BYTES_MAX 256

/* Zero-initialise to begin. */
struct session_id_clock {
	uint64_t last_ms;
	unsigned int counter; /* 12 bits */
};

/* If the clock stands still or goes back, the last millisecond's counter goes on. */
char *session_id_make(struct session_id_clock *clock, uint64_t wall_ns, char out[UUID_TEXT_MAX]);

/* 1 to SESSION_ID_BYTES_MAX bytes. NULL: false. */
bool session_id_is_usable(const char *id);

/* The end of an id: those of version 7 that were made together begin alike. */
const char *session_id_short(const char *id);

#endif
