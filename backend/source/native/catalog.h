/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event types of one user's native applications. Types that are described alike have one id, in
 * whatever process they are: so records of all of a user's processes go into one trace as they are.
 * A type keeps its id as long as somebody holds its definition: each process that was told the id,
 * each channel whose trace declares it. The source's thread adds and forgets; any thread looks up.
 */
#ifndef TRACON_SOURCE_NATIVE_CATALOG_H
#define TRACON_SOURCE_NATIVE_CATALOG_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include "backend/base/rcu.h"
#include "backend/base/text.h"
#include "backend/source/native/shape.h"

#define NATIVE_ID_COUNT 65536

struct native_event {
	struct native_definition *definition; /* that it is of */
	uint32_t id;			      /* of its records */
	int level;
	char *name; /* "PROVIDER:EVENT" */
	struct native_shape *shape;
	struct ctf_type *payload; /* NULL: it can't be recorded */
};

struct native_definition {	    /* a provider, as some process described it */
	struct rcu_garbage garbage; /* first */
	atomic_uint references;	    /* the catalog's, each holder's */
	struct native_definition *next;
	struct text key; /* the whole description: equal ones are one */
	uint32_t base;
	uint32_t event_count;
	struct native_event *events;
};

struct native_catalog {
	struct native_catalog *next;
	uid_t uid;
	uint32_t end_id; /* all ids in use are below */
	struct native_definition *definitions;
	const struct native_event **by_id; /* NATIVE_ID_COUNT */
	bool is_taken[NATIVE_ID_COUNT];
};

/* Definitions that their owner knows by id. Zeroed: none. */
struct native_holds {
	struct native_definition **items;
	size_t count, room;
};

struct native_catalog *native_catalog_create(uid_t uid);
void native_catalog_destroy(struct native_catalog *catalog);
/*
 * `fresh` passes: it becomes part of the catalog, or is freed for the equal one that is there.
 * NULL: there are not so many free ids.
 */
struct native_definition *native_catalog_add(struct native_catalog *catalog,
					     struct native_definition *fresh);
/* Gives back the ids of all that nobody holds; true: there were some. */
bool native_catalog_forget(struct native_catalog *catalog);
struct native_definition *native_definition_create(uint32_t event_count);
void native_definition_destroy(struct native_definition *definition); /* NULL passes */
/* Once, however often it is added. The source's thread. */
void native_holds_add(struct native_holds *holds, struct native_definition *definition);
void native_holds_finish(struct native_holds *holds); /* any thread */

/*
 * NULL: there is none, or none that can be recorded. Any thread; whoever can't know that it is held
 * uses it within a read section of rcu.h only.
 */
static inline const struct native_event *native_catalog_find(const struct native_catalog *catalog,
							     uint32_t id)
{
	return __atomic_load_n(&catalog->by_id[id], __ATOMIC_ACQUIRE);
}

#endif
