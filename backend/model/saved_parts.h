/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names that reading and writing of saved sessions share: a line per attribute. */
#ifndef TRACON_MODEL_SAVED_PARTS_H
#define TRACON_MODEL_SAVED_PARTS_H

#include <stddef.h>

#include "backend/model/channel.h"

/* Instructions: contexts for which LTTng's schema has no name; snapshot outputs besides the first,
 * which lttng refuses. */
#define SAVED_CONTEXT_TARGET "tracon-context"
#define SAVED_OUTPUT_TARGET  "tracon-snapshot-output"
/* When it ends by itself: "idle-us lifetime-us"; and its session.id. */
#define SAVED_EXPIRY_TARGET "tracon-expiry"
/* "limit-us COMMAND", encoded as outputs are. */
#define SAVED_HOOK_TARGET     "tracon-rotation-hook"
#define SAVED_IDENTITY_TARGET "tracon-session-id"

enum saved_kind {
	SAVED_U64,
	SAVED_UINT,
	SAVED_I64,
	SAVED_LOSS_MODE, /* bool: OVERWRITE, else DISCARD */
	SAVED_OUTPUT,	 /* MMAP or SPLICE: nothing of ours depends on it */
	SAVED_ZERO,	 /* lttng's own; written as 0, read and forgotten */
};

/* Of struct channel_attributes; in the order in which lttng writes them. */
struct saved_field {
	const char *element;
	enum saved_kind kind;
	size_t offset;
	uint64_t max;
};
extern const struct saved_field saved_channel_fields[];
extern const size_t saved_channel_field_count;

extern const char *const saved_schemes[];     /* by enum buffer_scheme */
extern const char *const saved_level_types[]; /* by enum loglevel_match */

#endif
