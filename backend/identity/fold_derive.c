/* SPDX-License-Identifier: GPL-2.0-or-later */
/* States, lineages and notes, derived from the facts of a fold. */
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/identity/fold.h"
#include "backend/identity/fold_parts.h"

const char *fold_note_name(enum fold_note note)
{
	static const char *const names[FOLD_NOTE_COUNT] = {
		"late-end", "conflict", "skew",	    "id-reused", "self-link", "fork",
		"cycle",    "late",	"no-start", "emitters",	 "overflow",
	};

	for (unsigned int i = 0; i < FOLD_NOTE_COUNT; i++)
		if ((unsigned int)note == 1U << i)
			return names[i];
	return "";
}

bool fold_is_stale(const struct fold_session *session, uint64_t limit_ns, uint64_t now_wall_ns)
{
	return session->state == FOLD_ACTIVE && session->seen_ns < now_wall_ns &&
	       now_wall_ns - session->seen_ns > limit_ns;
}

/* --- one session */

static const char *previous_of(const struct fold_facts *facts)
{
	for (size_t i = 0; i < facts->starts.count; i++)
		if (*facts->starts.entries[i].text)
			return facts->starts.entries[i].text;
	return "";
}

static bool is_forked(const struct fold_set *named)
{
	for (size_t i = 1; i < named->count; i++)
		if (strcmp(named->entries[i].text, named->entries[0].text) != 0)
			return true;
	return false;
}

static unsigned int notes_of(const struct fold_facts *facts, const struct fold_session *session)
{
	const struct fold_set *starts = &facts->starts;
	bool is_explicit = session->has_end && !session->is_implied;
	unsigned int notes = 0;

	if (is_explicit && facts->named.count && session->end_ns > facts->named.entries[0].wall_ns)
		notes |= FOLD_LATE_END;
	if (starts->count > 1)
		notes |= FOLD_CONFLICT;
	if (session->has_begin && session->has_end && session->end_ns < session->begin_ns)
		notes |= FOLD_SKEW;
	if (is_explicit && starts->count > 1 && starts->entries[0].wall_ns <= session->end_ns &&
	    starts->entries[starts->count - 1].wall_ns > session->end_ns)
		notes |= FOLD_ID_REUSED;
	if (facts->has_self_link)
		notes |= FOLD_SELF_LINK;
	if (is_forked(&facts->named))
		notes |= FOLD_FORK;
	if (session->has_end && facts->has_seen && facts->seen_last_ns > session->end_ns)
		notes |= FOLD_LATE;
	if (!starts->count && facts->has_seen)
		notes |= FOLD_NO_START;
	if (facts->emitters.count > 1)
		notes |= FOLD_EMITTERS;
	if (starts->has_overflown || facts->ends.has_overflown || facts->named.has_overflown ||
	    facts->emitters.has_overflown)
		notes |= FOLD_OVERFLOW;
	return notes;
}

static void derive_times(const struct fold_facts *facts, struct fold_session *session)
{
	if (facts->starts.count) {
		session->has_begin = true;
		session->begin_ns = facts->starts.entries[0].wall_ns;
	} else if (facts->has_seen) {
		session->has_begin = true;
		session->begin_ns = facts->seen_first_ns;
	}
	if (facts->ends.count) {
		session->has_end = true;
		session->end_ns = facts->ends.entries[0].wall_ns;
		session->reason = facts->ends.entries[0].text;
	} else if (facts->named.count) {
		session->has_end = true;
		session->is_implied = true;
		session->end_ns = facts->named.entries[0].wall_ns;
	}
}

static void derive(const struct fold_facts *facts, struct fold_session *session)
{
	*session = (struct fold_session){
		.id = facts->id,
		.previous = previous_of(facts),
		.reason = "",
		.name = facts->name.text ? facts->name.text : "",
		.user = facts->user.text ? facts->user.text : "",
		.emitter = facts->emitter.text ? facts->emitter.text : "",
		.seen_ns = facts->newest_ns,
	};
	derive_times(facts, session);
	session->state = session->has_end     ? FOLD_ENDED
			 : session->has_begin ? FOLD_ACTIVE
					      : FOLD_UNKNOWN;
	session->notes = notes_of(facts, session);
}

/* --- lineages */

static int compare_ids(const void *a, const void *b)
{
	return strcmp(((const struct fold_session *)a)->id, ((const struct fold_session *)b)->id);
}

#define NONE SIZE_MAX

/* Where the previous session is among those sorted by id. */
static size_t previous_index(const struct fold_session *sessions, size_t count, size_t at)
{
	const struct fold_session key = {.id = sessions[at].previous};
	const struct fold_session *found;

	if (!*key.id)
		return NONE;
	found = bsearch(&key, sessions, count, sizeof(key), compare_ids);
	return found ? (size_t)(found - sessions) : NONE;
}

/* A walk against the links ends at a root, at what is known already, or at itself. */
static void trace_lineage(struct fold_session *sessions, size_t count, size_t from, size_t *path,
			  size_t *walk_of)
{
	size_t length = 0;
	size_t at = from;
	size_t root, ordinal;

	while (at != NONE && sessions[at].root == NONE && walk_of[at] != from + 1) {
		walk_of[at] = from + 1;
		path[length++] = at;
		at = previous_index(sessions, count, at);
	}
	if (at != NONE && sessions[at].root == NONE) {
		size_t begin = 0;
		size_t smallest = at;

		while (path[begin] != at)
			begin++;
		for (size_t i = begin; i < length; i++) {
			sessions[path[i]].notes |= FOLD_CYCLE;
			if (path[i] < smallest)
				smallest = path[i];
		}
		for (size_t i = begin; i < length; i++)
			sessions[path[i]].root = smallest;
		length = begin;
	}
	root = at == NONE ? path[length - 1] : sessions[at].root;
	ordinal = at == NONE ? 0 : sessions[at].ordinal + 1;
	while (length > 0) {
		sessions[path[--length]].root = root;
		sessions[path[length]].ordinal = ordinal++;
	}
}

struct lineage_order {
	const struct fold_session *root;
	struct fold_session session;
};

static int compare_numbers(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int compare_rows(const void *a, const void *b)
{
	const struct lineage_order *left = a;
	const struct lineage_order *right = b;
	int order = compare_numbers(left->root->begin_ns, right->root->begin_ns);

	if (!order)
		order = strcmp(left->root->id, right->root->id);
	if (!order)
		order = compare_numbers(left->session.ordinal, right->session.ordinal);
	if (!order)
		order = compare_numbers(left->session.begin_ns, right->session.begin_ns);
	return order ? order : strcmp(left->session.id, right->session.id);
}

/* By the first session of the lineage, then within it. */
static struct fold_session *sort_by_lineage(struct fold_session *sessions, size_t count)
{
	struct lineage_order *rows = mem_alloc((count + 1) * sizeof(*rows));
	struct fold_session *sorted = mem_alloc((count + 1) * sizeof(*sorted));
	size_t root = 0;

	for (size_t i = 0; i < count; i++)
		rows[i] = (struct lineage_order){&sessions[sessions[i].root], sessions[i]};
	qsort(rows, count, sizeof(*rows), compare_rows);
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && rows[i].root != rows[i - 1].root)
			root = i;
		sorted[i] = rows[i].session;
		sorted[i].root = root;
	}
	free(rows);
	return sorted;
}

struct fold_session *fold_sessions(const struct fold *fold, size_t *count)
{
	struct fold_session *sessions = mem_zalloc((fold->count + 1) * sizeof(*sessions));
	size_t *path = mem_zalloc((fold->count + 1) * sizeof(*path));
	size_t *walk_of = mem_zalloc((fold->count + 1) * sizeof(*walk_of));
	struct fold_session *sorted;

	*count = fold->count;
	for (size_t i = 0; i < fold->count; i++)
		derive(fold->all[i], &sessions[i]);
	qsort(sessions, *count, sizeof(*sessions), compare_ids);
	for (size_t i = 0; i < *count; i++)
		sessions[i].root = NONE;
	for (size_t i = 0; i < *count; i++)
		if (sessions[i].root == NONE)
			trace_lineage(sessions, *count, i, path, walk_of);
	sorted = sort_by_lineage(sessions, *count);
	free(walk_of);
	free(path);
	free(sessions);
	return sorted;
}
