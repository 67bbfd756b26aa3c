/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What people write for a place in a trace: 12:00:01.5, +3s, 50%, begin. */
#ifndef TRACON_CONSOLE_WHEN_H
#define TRACON_CONSOLE_WHEN_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/base/error.h"

/* All since the Epoch. */
struct when_base {
	uint64_t begin_ns, end_ns; /* of the trace */
	uint64_t here_ns;	   /* what +3s counts from; its day is that of 12:00:01 */
};

/* Local times. Fails with ERROR_INVALID and what can be written. */
bool when_parse(const char *text, const struct when_base *base, uint64_t *wall_ns,
		struct error *err);

#endif
