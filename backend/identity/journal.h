/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The journal of sessions: a file of OTLP JSON lines, one record each, that engines append to and
 * anyone may read. Who continues whom is looked up in it. One thread, that of its owner.
 */
#ifndef TRACON_IDENTITY_JOURNAL_H
#define TRACON_IDENTITY_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "backend/base/error.h"

#define JOURNAL_NAME "sessions.jsonl"

struct journal;
struct otlp_emitter;
struct word_list;

struct journal_session {
	const char *id;
	const char *previous_id; /* "": none */
	const char *name;
	uid_t uid;
};

struct journal_end {
	const char *reason;   /* "destroyed", "exit", "replaced", "crash", … */
	uint64_t wall_ns;     /* when it ended */
	uint64_t observed_ns; /* when that was noticed */
	bool has_totals;
	uint64_t recorded_events, discarded_events;
};

/*
 * path NULL: no file, nothing is kept. A file that can't be opened is tried again with each record;
 * what is lost meanwhile is counted and logged. Sessions whose engine is gone without having ended
 * them are ended as crashed, at the time of their last record.
 */
struct journal *journal_create(const char *path, const char *host_name);
void journal_destroy(struct journal *journal); /* NULL passes, here and below */

void journal_start(struct journal *journal, const struct journal_session *session,
		   uint64_t wall_ns);
void journal_end(struct journal *journal, const struct journal_session *session,
		 const struct journal_end *end);

/* Of something else that happened; texts first, then numbers, each list up to a NULL key. */
struct journal_note {
	const char *event; /* "tracon.chunk.archived" */
	uint64_t wall_ns;
	const struct journal_text {
		const char *key, *value;
	} * texts; /* may be NULL, here and below */
	const struct journal_number {
		const char *key;
		uint64_t value;
	} * numbers;
};
/* Left out, and counted, once the file is large: starts and ends must have room. */
void journal_note(struct journal *journal, const struct journal_session *session,
		  const struct journal_note *note);

/* What it has of this id; goes_on: in some engine. */
bool journal_knows(struct journal *journal, const char *id, bool *goes_on);

/*
 * The newest ended session of this user and name; the caller frees it. NULL: there is none, or one
 * goes on elsewhere.
 */
char *journal_last(struct journal *journal, uid_t uid, const char *name);

/* Records that could not be written, or had no room. */
uint64_t journal_lost(const struct journal *journal);

/* What our own records name as their emitter. Borrowed. */
const struct otlp_emitter *journal_emitter(const struct journal *journal);
/* How the emitter is called (NULL: as before), and what else is said of it: key, value … */
void journal_set_service(struct journal *journal, const char *name, const struct word_list *extra);
/* `appended`: a record was written. Its thread is the journal's. */
void journal_listen(struct journal *journal, void (*appended)(void *data), void *data);
/* NULL: there is no file. Borrowed. */
const char *journal_path(const struct journal *journal);

#endif
