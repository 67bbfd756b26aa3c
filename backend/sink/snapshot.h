/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sink of sessions that write nothing as they go: it takes packets and lets them pass away.
 * What traces and streams there are, and their metadata, it keeps, so that a snapshot is a whole
 * trace: while one is recorded, packets go to its files.
 */
#ifndef TRACON_SINK_SNAPSHOT_H
#define TRACON_SINK_SNAPSHOT_H

#include "backend/sink/chunk.h"

/* owner: as chunk_settings has it. */
struct sink *snapshot_sink_create(const struct user_rights *owner);

/*
 * Makes the folder `path` (absolute; a number is added if it is there already) with all traces that
 * are open now. Packets put until snapshot_sink_end() go there. One at a time. Fails with ERROR_IO,
 * ERROR_DENIED, ERROR_NO_SPACE; nothing is left behind then.
 */
bool snapshot_sink_begin(struct sink *sink, const char *path, uint64_t now_wall_ns,
			 struct error *err);
/*
 * No packet is put any more. Closes the files; info->path is where they are, for the caller to
 * free. is_wanted false: removes them, info may be NULL.
 */
void snapshot_sink_end(struct sink *sink, bool is_wanted, uint64_t now_wall_ns,
		       struct chunk_info *info);

/*
 * The same with a sink of another kind, a relay daemon's, whose chunk is open. Borrowed until it is
 * finished (chunked_finish) by the caller, after snapshot_sink_end_with(). False: nothing is copied
 * to it.
 */
bool snapshot_sink_begin_with(struct sink *sink, struct sink *copy, struct error *err);
void snapshot_sink_end_with(struct sink *sink, bool is_wanted);

#endif
