/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What takes time: start, stop, rotate, destroy. Operations of one session run one after the other,
 * each in steps that wait for sources, consumers and sinks without holding the control thread.
 * Control thread.
 */
#ifndef TRACON_MODEL_RECORDING_H
#define TRACON_MODEL_RECORDING_H

#include "backend/model/hook.h"
#include "backend/model/model.h"
#include "backend/sink/chunk.h"

/* Done when the applications that run record. Starting an active session does nothing. */
void recording_start(struct session *session, struct outcome outcome);

/* Done when every event that was recorded is in the files. Stopping an inactive session does
 * nothing. */
void recording_stop(struct session *session, struct outcome outcome);

/*
 * What was recorded since the last rotation, and what the rings hold, is gone when it is done;
 * counters begin at zero. What is recorded after that is kept. Archives stay.
 */
void recording_clear(struct session *session, struct outcome outcome);
/* A chunk that was cleared has no files any more. For recording.c. */
void clear_take_closed(struct session *session, uint64_t chunk_id);

/*
 * Samples the clock's offset again and writes the metadata anew: for traces whose times were far
 * off because the wall clock was set. Archives keep theirs. ERROR_STATE (not active), ERROR_IO,
 * ERROR_NO_SPACE.
 */
void recording_regenerate_metadata(struct session *session, struct outcome outcome);
/* Applications say again what is loaded where. ERROR_STATE (not active). */
void recording_regenerate_statedump(struct session *session, struct outcome outcome);

struct rotation_outcome {
	/* When the rotation is under way (for --no-wait); may be NULL. Not called if it can't
	 * begin. */
	void (*begun)(void *data);
	/* The archive is complete: chunk valid for the call; or err. */
	void (*done)(void *data, const struct chunk_row *chunk, const struct error *err);
	void *data;
	struct hook_wish hook; /* runs once the archive is complete; no command: none */
};

/* Whether it can be rotated at all: ERROR_STATE. */
bool recording_can_rotate(const struct session *session, struct error *err);
/* ERROR_STATE (never started, rotated already since stop), ERROR_BUSY (one is under way), ERROR_IO,
 * ERROR_NO_SPACE. */
void recording_rotate(struct session *session, struct rotation_outcome outcome);

/*
 * Its session.id ends, for a reason of lifespan.h, and another continues it, from the next trace
 * chunk on. If it is no longer due when its turn comes, nothing happens. ERROR_BUSY, ERROR_IO,
 * ERROR_NO_SPACE.
 */
void recording_turn(struct session *session, const char *reason, struct outcome outcome);

/*
 * Stops, flushes, archives the last chunk if an earlier one was, lets go of everything and frees
 * the session. done gets the archived chunk or NULL, and the final counts.
 */
struct destroy_outcome {
	void (*done)(void *data, const struct session *session, const struct chunk_row *archived,
		     const struct error *err);
	void *data;
};
void recording_destroy(struct session *session, struct destroy_outcome outcome);

/* Takes back a session that was just created and never started. */
void recording_forget(struct session *session);

/* Destroys all sessions; done when none is left. */
void recording_end_all(struct model *model, struct outcome outcome);

/* For the sink: a chunk was closed. Any thread; data is the session's closed_place. */
void recording_chunk_closed(void *data, const struct chunk_info *chunk, const struct error *err);

#endif
