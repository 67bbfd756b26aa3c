/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sessions that outlive an engine that is killed: their records are kept while they are there, and
 * those that another engine left are offered: archived, taken up again, or forgotten. Control
 * thread.
 */
#ifndef TRACON_MODEL_RUNNING_H
#define TRACON_MODEL_RUNNING_H

#include "backend/model/model.h"
#include "backend/model/running_record.h"

struct running; /* of a session */

/* The session was started or rotated, or is another than before: what is on disk of it follows. */
void running_note(struct session *session);
/* It is being destroyed in order. */
void running_forget(struct session *session);

/* One that was left over. */
struct left_session {
	struct left_session *next; /* older ones first */
	struct running_record record;
	char *path; /* of the record */
};

/* The engine begins: finds what was left, makes it readable, and says so in the log. */
void running_find_left(struct model *model);
void running_finish(struct model *model);

/* The first one that the user may see, or the one behind `left`; name NULL: any. */
struct left_session *running_left(const struct model *model, const struct left_session *left,
				  uid_t uid, const char *name);

/*
 * Archives what it recorded; `archived` hears of each chunk, *next_id is of the one that would
 * follow. ERROR_STATE (a session of this engine records there), ERROR_IO, ERROR_DENIED.
 */
bool running_archive(struct model *model, const struct left_session *left, uint64_t *next_id,
		     void (*archived)(void *data, const struct chunk_info *chunk), void *data,
		     struct error *err);
/*
 * A session of its name and configuration, which goes on in its output directory with that chunk;
 * not started yet. ERROR_SESSION_EXISTS, ERROR_INVALID.
 */
struct session *running_restore(struct model *model, const struct left_session *left,
				uint64_t first_chunk_id, struct word_list *warnings,
				struct error *err);
/* Its record is removed; frees it. */
void running_drop(struct model *model, struct left_session *left);

#endif
