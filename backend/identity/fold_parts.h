/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a fold keeps of each session: between fold.c, which adds, and fold_derive.c, which reads. */
#ifndef TRACON_IDENTITY_FOLD_PARTS_H
#define TRACON_IDENTITY_FOLD_PARTS_H

#include "backend/identity/fold.h"

#define FOLD_SET_MAX 16

struct fold_entry {
	uint64_t wall_ns;
	char *text;
};

/* Sorted, each entry once. */
struct fold_set {
	struct fold_entry *entries;
	size_t count;
	bool has_overflown;
};

struct fold_facts {
	char *id;
	struct fold_set starts;	  /* text: the previous session */
	struct fold_set ends;	  /* text: the reason */
	struct fold_set named;	  /* starts that continue this one; text: whose */
	struct fold_set emitters; /* of its starts; no times */
	struct fold_entry name;	  /* the earliest */
	struct fold_entry user;
	struct fold_entry emitter;
	bool has_self_link;
	bool has_seen; /* records that are neither start nor end */
	uint64_t seen_first_ns, seen_last_ns;
	uint64_t newest_ns; /* of all its own */
};

struct fold {
	void *tree; /* of facts, by id: stays balanced whatever ids somebody makes up */
	struct fold_facts **all;
	size_t count, room;
	struct fold_counts counts;
};

#endif
