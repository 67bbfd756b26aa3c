/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sink that writes trace chunks to disk, in LTTng's layout: the first chunk directly in the
 * output directory, the current one after a rotation in BEGIN-ID/, complete ones in
 * archives/BEGIN-END-ID/.
 */
#ifndef TRACON_SINK_CHUNK_H
#define TRACON_SINK_CHUNK_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/base/as_user.h"
#include "backend/sink/sink.h"

struct live_feed;

struct chunk_info {
	uint64_t id; /* from 0, one more with each rotation */
	uint64_t begin_wall_ns;
	uint64_t end_wall_ns;
	uint64_t event_count;
	uint64_t bytes; /* of packets */
	bool is_archived;
	bool is_cleared;  /* chunk_sink_clear(): its files are gone */
	const char *path; /* absolute; where it is now. Borrowed for the call */
};

struct chunk_settings {
	const char *path; /* output directory, absolute; made at the first chunk, 0770 */
	const struct user_rights *owner; /* whose files; outlives the sink. NULL: this process's */
	/* Of the first chunk; above 0 it follows others that lie in the output directory, as after
	 * a rotation. */
	uint64_t first_id;
	struct live_feed *feed; /* for viewers; a reference is taken. NULL: it is not live */
	/*
	 * A chunk that was left by its last stream is closed: archived (or, the last one of a
	 * session that was never rotated, left in place). err NULL: all went well; otherwise the
	 * chunk is complete at `path`, but could not be moved to archives/. From any thread; send a
	 * message home.
	 */
	void (*closed)(void *data, const struct chunk_info *chunk, const struct error *err);
	void *data;
};

struct sink *chunk_sink_create(const struct chunk_settings *settings);

/*
 * First start, or the first start after a rotation while stopped: makes the chunk, directories and
 * files of all traces and streams. Fails with ERROR_IO, ERROR_DENIED, ERROR_NO_SPACE; nothing is
 * left behind then. Does nothing when a chunk is open. now_wall_ns: its begin.
 */
bool chunk_sink_open(struct sink *sink, uint64_t now_wall_ns, struct error *err);
/*
 * Rotation: what is current becomes the old chunk (ends at now_wall_ns) and is closed when its last
 * stream has been cut or closed. With is_last no new chunk follows until chunk_sink_open. On
 * failure nothing has changed. *chunk_id: the old chunk. One rotation at a time: ERROR_BUSY.
 */
bool chunk_sink_rotate(struct sink *sink, bool is_last, uint64_t now_wall_ns, uint64_t *chunk_id,
		       struct error *err);
/*
 * As a rotation, but what is current goes: its files are removed when its last stream has been cut
 * or closed. Before the first rotation the next chunk lies directly in the output directory, too.
 * True with *is_closing false, and nothing done, when no chunk is open.
 */
bool chunk_sink_clear(struct sink *sink, bool is_last, uint64_t now_wall_ns, bool *is_closing,
		      uint64_t *chunk_id, struct error *err);
/*
 * The session is over, its streams are closed: the current chunk is closed; archived if an earlier
 * one was. `closed` is called before this returns if there was a chunk.
 */
void chunk_sink_finish(struct sink *sink, uint64_t now_wall_ns);

/* The current chunk, for the screen: false if there is none. path is NULL. Any thread. */
bool chunk_sink_current(struct sink *sink, struct chunk_info *info);

#endif
