/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Keeps what the records say, in sets that don't depend on order; see fold.h. */
#include "backend/identity/fold.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/identity/fold_parts.h"

static int compare_entries(const struct fold_entry *a, const struct fold_entry *b)
{
	if (a->wall_ns != b->wall_ns)
		return a->wall_ns < b->wall_ns ? -1 : 1;
	return strcmp(a->text, b->text);
}

/* False: it was there. A full set keeps its smallest entries. */
static bool add_entry(struct fold_set *set, uint64_t wall_ns, const char *text)
{
	struct fold_entry entry = {wall_ns, (char *)(text ? text : "")};
	size_t at = set->count;

	for (; at > 0; at--) {
		int order = compare_entries(&set->entries[at - 1], &entry);

		if (order == 0)
			return false;
		if (order < 0)
			break;
	}
	if (set->count == FOLD_SET_MAX) {
		set->has_overflown = true;
		if (at == FOLD_SET_MAX)
			return true;
		free(set->entries[--set->count].text);
	}
	set->entries = mem_realloc_array(set->entries, set->count + 1, sizeof(entry));
	memmove(&set->entries[at + 1], &set->entries[at], (set->count - at) * sizeof(entry));
	set->entries[at] = (struct fold_entry){wall_ns, mem_strdup(entry.text)};
	set->count++;
	return true;
}

static void finish_set(struct fold_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		free(set->entries[i].text);
	free(set->entries);
}

/* The smallest of all that were offered. */
static void keep_first(struct fold_entry *kept, uint64_t wall_ns, const char *text)
{
	const struct fold_entry entry = {wall_ns, (char *)text};

	if (!text || (kept->text && compare_entries(kept, &entry) <= 0))
		return;
	free(kept->text);
	*kept = (struct fold_entry){wall_ns, mem_strdup(text)};
}

static int compare_ids(const void *a, const void *b)
{
	return strcmp(((const struct fold_facts *)a)->id, ((const struct fold_facts *)b)->id);
}

static struct fold_facts *find(struct fold *fold, const char *id)
{
	const struct fold_facts key = {.id = (char *)id};
	void *found = tfind(&key, &fold->tree, compare_ids);
	struct fold_facts *facts;

	if (found)
		return *(struct fold_facts **)found;
	if (fold->count == FOLD_SESSIONS_MAX) {
		fold->counts.ignored++;
		return NULL;
	}
	facts = mem_zalloc(sizeof(*facts));
	facts->id = mem_strdup(id);
	if (!tsearch(facts, &fold->tree, compare_ids))
		abort();
	fold->all = mem_grow(fold->all, fold->count, &fold->room, sizeof(facts));
	fold->all[fold->count++] = facts;
	return facts;
}

static void see(struct fold_facts *facts, uint64_t wall_ns)
{
	if (!facts->has_seen || wall_ns < facts->seen_first_ns)
		facts->seen_first_ns = wall_ns;
	if (!facts->has_seen || wall_ns > facts->seen_last_ns)
		facts->seen_last_ns = wall_ns;
	facts->has_seen = true;
}

/* A link to itself says nothing about an end. */
static bool add_start(struct fold *fold, struct fold_facts *facts, const struct fold_record *record)
{
	const char *previous = record->previous ? record->previous : "";
	struct fold_facts *before;

	if (strcmp(previous, facts->id) == 0) {
		facts->has_self_link = true;
		previous = "";
	}
	if (*previous) {
		before = find(fold, previous);
		if (before)
			add_entry(&before->named, record->wall_ns, facts->id);
	}
	add_entry(&facts->emitters, 0, record->emitter);
	return add_entry(&facts->starts, record->wall_ns, previous);
}

void fold_add(struct fold *fold, const struct fold_record *record)
{
	struct fold_facts *facts = find(fold, record->id);
	bool is_new = true;

	fold->counts.records++;
	if (!facts)
		return;
	keep_first(&facts->name, record->wall_ns, record->name);
	keep_first(&facts->user, record->wall_ns, record->user);
	keep_first(&facts->emitter, record->wall_ns, record->emitter ? record->emitter : "");
	if (record->wall_ns > facts->newest_ns)
		facts->newest_ns = record->wall_ns;
	if (record->kind == FOLD_START)
		is_new = add_start(fold, facts, record);
	else if (record->kind == FOLD_END)
		is_new = add_entry(&facts->ends, record->wall_ns, record->reason);
	else
		see(facts, record->wall_ns);
	fold->counts.duplicates += !is_new;
}

const struct fold_counts *fold_counts(const struct fold *fold)
{
	return &fold->counts;
}

struct fold *fold_create(void)
{
	return mem_zalloc(sizeof(struct fold));
}

static void keep_node(void *node)
{
	(void)node; /* the array owns it */
}

static void destroy_facts(struct fold_facts *facts)
{
	finish_set(&facts->starts);
	finish_set(&facts->ends);
	finish_set(&facts->named);
	finish_set(&facts->emitters);
	free(facts->name.text);
	free(facts->user.text);
	free(facts->emitter.text);
	free(facts->id);
	free(facts);
}

void fold_destroy(struct fold *fold)
{
	if (!fold)
		return;
	tdestroy(fold->tree, keep_node);
	for (size_t i = 0; i < fold->count; i++)
		destroy_facts(fold->all[i]);
	free(fold->all);
	free(fold);
}
