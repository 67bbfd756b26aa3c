/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Folds records about sessions into what became of each, whatever the order and however often they
 * come: only sets, smallest and largest values are kept, everything else is derived when all was
 * read. The rules are those of OpenTelemetry's session conventions for consumers.
 */
#ifndef TRACON_IDENTITY_FOLD_H
#define TRACON_IDENTITY_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Records of more sessions are ignored, and counted. */
#define FOLD_SESSIONS_MAX 65536

enum fold_kind { FOLD_START, FOLD_END, FOLD_OTHER };

/* What a record says; texts are copied. */
struct fold_record {
	enum fold_kind kind;
	const char *id;	      /* usable: session_id_is_usable() */
	const char *previous; /* of a start; NULL or "": none */
	uint64_t wall_ns;     /* when it happened */
	const char *reason;   /* of an end; NULL: not said */
	const char *name;     /* of the tracing session; NULL: not said */
	const char *user;     /* whose it is, a number; NULL: not said */
	const char *emitter;  /* whose record: texts of equal emitters are equal */
};

enum fold_state { FOLD_UNKNOWN, FOLD_ACTIVE, FOLD_ENDED };

enum fold_note {
	FOLD_LATE_END = 1,	/* its end came after its successor's start */
	FOLD_CONFLICT = 1 << 1, /* starts that differ */
	FOLD_SKEW = 1 << 2,	/* ended before it started */
	FOLD_ID_REUSED = 1 << 3,
	FOLD_SELF_LINK = 1 << 4,
	FOLD_FORK = 1 << 5, /* several sessions continue it */
	FOLD_CYCLE = 1 << 6,
	FOLD_LATE = 1 << 7,	 /* records behind its end */
	FOLD_NO_START = 1 << 8,	 /* the start is only guessed */
	FOLD_EMITTERS = 1 << 9,	 /* started by several */
	FOLD_OVERFLOW = 1 << 10, /* more of something than is kept */
	FOLD_NOTE_COUNT = 11
};

struct fold_session {
	const char *id;
	const char *previous; /* "": none */
	const char *reason;   /* "": not said */
	const char *name;     /* likewise */
	const char *user;     /* likewise */
	const char *emitter;  /* of its earliest record; "": never had one of its own */
	enum fold_state state;
	bool has_begin, has_end;
	bool is_implied; /* the end is that of a successor's start */
	uint64_t begin_ns, end_ns;
	uint64_t seen_ns; /* newest record of its own; 0: none */
	unsigned int notes;
	size_t root;	/* index of the first session of its lineage */
	size_t ordinal; /* within it, from 0 */
};

/* Outside the fold: they depend on what was read how often. */
struct fold_counts {
	uint64_t records;
	uint64_t duplicates; /* starts and ends that said nothing new */
	uint64_t ignored;    /* more sessions than FOLD_SESSIONS_MAX */
};

struct fold;

struct fold *fold_create(void);
void fold_destroy(struct fold *fold); /* NULL passes */
void fold_add(struct fold *fold, const struct fold_record *record);
const struct fold_counts *fold_counts(const struct fold *fold);

/*
 * All sessions; those of a lineage together, oldest first. Valid until the next fold_add. The
 * caller frees the array, not the texts.
 */
struct fold_session *fold_sessions(const struct fold *fold, size_t *count);

/*
 * Active, but nothing was heard of it for longer than this: it may have ended without a word. Its
 * state stays: only who recorded it knows.
 */
bool fold_is_stale(const struct fold_session *session, uint64_t limit_ns, uint64_t now_wall_ns);

/* "late-end"; note is one bit. */
const char *fold_note_name(enum fold_note note);

#endif
