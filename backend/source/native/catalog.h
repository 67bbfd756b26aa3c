/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event types of one user's native applications. Types that are described alike have one id, in
 * whatever process they are: so records of all of a user's processes go into one trace as they are.
 * Types stay as long as the catalog. The source's thread adds; any thread looks up.
 */
#ifndef TRACON_SOURCE_NATIVE_CATALOG_H
#define TRACON_SOURCE_NATIVE_CATALOG_H

#include <sys/types.h>

#include "backend/base/text.h"
#include "backend/source/native/shape.h"

#define NATIVE_ID_COUNT 65536

struct native_event {
	uint32_t id; /* of its records */
	int level;
	char *name; /* "PROVIDER:EVENT" */
	struct native_shape *shape;
	struct ctf_type *payload; /* NULL: it can't be recorded */
};

struct native_definition { /* a provider, as some process described it */
	struct native_definition *next;
	struct text key; /* the whole description: equal ones are one */
	uint32_t base;
	uint32_t event_count;
	struct native_event *events;
};

struct native_catalog {
	struct native_catalog *next;
	uid_t uid;
	uint32_t next_id;
	struct native_definition *definitions;
	const struct native_event **by_id; /* NATIVE_ID_COUNT */
};

struct native_catalog *native_catalog_create(uid_t uid);
void native_catalog_destroy(struct native_catalog *catalog);
/*
 * `fresh` passes: it becomes part of the catalog, or is freed for the equal one that is there.
 * NULL: the ids are used up.
 */
struct native_definition *native_catalog_add(struct native_catalog *catalog,
					     struct native_definition *fresh);
struct native_definition *native_definition_create(uint32_t event_count);
void native_definition_destroy(struct native_definition *definition); /* NULL passes */

/* NULL: there is none, or none that can be recorded. Any thread. */
static inline const struct native_event *native_catalog_find(const struct native_catalog *catalog,
							     uint32_t id)
{
	return __atomic_load_n(&catalog->by_id[id], __ATOMIC_ACQUIRE);
}

#endif
