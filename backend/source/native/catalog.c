/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See catalog.h. */
#include "backend/source/native/catalog.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/ctf/type.h"

struct native_catalog *native_catalog_create(uid_t uid)
{
	struct native_catalog *catalog = mem_zalloc(sizeof(*catalog));

	catalog->uid = uid;
	catalog->next_id = LANE_ID_FIRST;
	catalog->by_id = mem_zalloc(NATIVE_ID_COUNT * sizeof(struct native_event *));
	return catalog;
}

struct native_definition *native_definition_create(uint32_t event_count)
{
	struct native_definition *definition = mem_zalloc(sizeof(*definition));

	definition->event_count = event_count;
	definition->events = mem_zalloc((event_count + 1) * sizeof(struct native_event));
	return definition;
}

void native_definition_destroy(struct native_definition *definition)
{
	if (!definition)
		return;
	for (uint32_t i = 0; i < definition->event_count; i++) {
		free(definition->events[i].name);
		native_shape_destroy(definition->events[i].shape);
		ctf_type_destroy(definition->events[i].payload);
	}
	free(definition->events);
	text_finish(&definition->key);
	free(definition);
}

void native_catalog_destroy(struct native_catalog *catalog)
{
	while (catalog->definitions) {
		struct native_definition *definition = catalog->definitions;

		catalog->definitions = definition->next;
		native_definition_destroy(definition);
	}
	free(catalog->by_id);
	free(catalog);
}

static struct native_definition *find_equal(const struct native_catalog *catalog,
					    const struct text *key)
{
	struct native_definition *definition = catalog->definitions;

	while (definition && (definition->key.length != key->length ||
			      memcmp(definition->key.bytes, key->bytes, key->length) != 0))
		definition = definition->next;
	return definition;
}

struct native_definition *native_catalog_add(struct native_catalog *catalog,
					     struct native_definition *fresh)
{
	struct native_definition *known = find_equal(catalog, &fresh->key);

	if (known || catalog->next_id + fresh->event_count > NATIVE_ID_COUNT) {
		native_definition_destroy(fresh);
		return known;
	}
	fresh->base = catalog->next_id;
	catalog->next_id += fresh->event_count;
	for (uint32_t i = 0; i < fresh->event_count; i++) {
		struct native_event *event = &fresh->events[i];

		event->id = fresh->base + i;
		if (event->payload)
			__atomic_store_n(&catalog->by_id[event->id], event, __ATOMIC_RELEASE);
	}
	fresh->next = catalog->definitions;
	catalog->definitions = fresh;
	return fresh;
}
