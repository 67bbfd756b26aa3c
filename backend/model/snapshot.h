/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recording a snapshot: what the buffers hold at this moment, as a trace of its own. Control
 * thread.
 */
#ifndef TRACON_MODEL_SNAPSHOT_H
#define TRACON_MODEL_SNAPSHOT_H

#include "backend/model/model.h"

/* Copied by the call. */
struct snapshot_wish {
	const char *name; /* of its folder: NAME-DATE-TIME-COUNT; NULL: the output's */
	const char
		*path; /* absolute, or a relay daemon's URL; NULL: all of the session's outputs */
	uint64_t bytes_max; /* 0: the output's limit */
};

/* Valid for the call. */
struct snapshot_result {
	const struct chunk_row *rows; /* one per output, in the session's list of chunks */
	size_t row_count;
	unsigned int hole_count; /* sub-buffers that had to be left out */
};

struct snapshot_outcome {
	void (*done)(void *data, const struct snapshot_result *result, const struct error *err);
	void *data;
};

/* ERROR_STATE (no snapshot session, never started, no output), ERROR_INVALID (name, limit),
 * ERROR_IO, ERROR_NO_SPACE. Of an output that fails nothing is left. */
void snapshot_record(struct session *session, const struct snapshot_wish *wish,
		     struct snapshot_outcome outcome);

/* How many packets of each stream fit into the bytes, 0 if none; the newest are taken. */
uint64_t snapshot_packets_that_fit(const struct ring_kinds *kinds, uint64_t bytes_max);

#endif
