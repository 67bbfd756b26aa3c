/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The chunks that an engine that was killed left in a session's output directory: the current one
 * and, in the middle of a rotation, the one before it. Finds, mends and archives them. Any thread.
 */
#ifndef TRACON_SINK_LEFTOVER_H
#define TRACON_SINK_LEFTOVER_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/base/as_user.h"
#include "backend/base/error.h"
#include "backend/sink/chunk.h"

struct leftover_mark {
	uint64_t id;
	uint64_t begin_wall_ns; /* 0: there was none */
};

struct leftover_place {
	const char *path; /* the output directory */
	const struct user_rights *owner;
	const char *const *tops; /* folders that a first chunk consists of: "ust", …; NULL ends */
	struct leftover_mark current, previous; /* as they were noted last */
};

/* Makes what was left readable where it is; *cut_bytes: see mend.h. ERROR_IO, ERROR_DENIED. */
bool leftover_mend(const struct leftover_place *place, uint64_t *cut_bytes, struct error *err);

/*
 * Moves what was left to archives/BEGIN-END-ID, oldest first, END being when it was written last,
 * and tells of each; what holds no packet at all is removed. *next_id: of a chunk that follows.
 * Nothing is left to do when it is called again. ERROR_IO, ERROR_DENIED.
 */
bool leftover_archive(const struct leftover_place *place, uint64_t *next_id,
		      void (*archived)(void *data, const struct chunk_info *chunk), void *data,
		      struct error *err);

/* The folder of each chunk that was left, newest first, until visit returns false. ERROR_IO, … */
bool leftover_visit(const struct leftover_place *place, bool (*visit)(void *data, int directory),
		    void *data, struct error *err);

#endif
