/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See catalog.h. */
#include "backend/source/native/catalog.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/ctf/type.h"

/* --- definitions */

struct native_definition *native_definition_create(uint32_t event_count)
{
	struct native_definition *definition = mem_zalloc(sizeof(*definition));

	atomic_init(&definition->references, 1);
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

static void destroy_garbage(struct rcu_garbage *garbage)
{
	native_definition_destroy((struct native_definition *)garbage);
}

/* Somebody who walks records may have looked it up, by an id that is in no honest record. */
static void unref(struct native_definition *definition)
{
	if (atomic_fetch_sub_explicit(&definition->references, 1, memory_order_acq_rel) == 1)
		rcu_retire(&definition->garbage, destroy_garbage);
}

void native_holds_add(struct native_holds *holds, struct native_definition *definition)
{
	for (size_t i = holds->count; i > 0; i--)
		if (holds->items[i - 1] == definition)
			return;
	holds->items = mem_grow(holds->items, holds->count, &holds->room, sizeof(*holds->items));
	holds->items[holds->count++] = definition;
	atomic_fetch_add_explicit(&definition->references, 1, memory_order_relaxed);
}

void native_holds_finish(struct native_holds *holds)
{
	for (size_t i = 0; i < holds->count; i++)
		unref(holds->items[i]);
	free(holds->items);
	*holds = (struct native_holds){0};
}

/* --- catalogs */

struct native_catalog *native_catalog_create(uid_t uid)
{
	struct native_catalog *catalog = mem_zalloc(sizeof(*catalog));

	catalog->uid = uid;
	catalog->end_id = LANE_ID_FIRST;
	catalog->by_id = mem_zalloc(NATIVE_ID_COUNT * sizeof(struct native_event *));
	return catalog;
}

void native_catalog_destroy(struct native_catalog *catalog)
{
	while (catalog->definitions) {
		struct native_definition *definition = catalog->definitions;

		catalog->definitions = definition->next;
		unref(definition);
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

/* The lowest ids that follow each other and are free; 0: there are none. */
static uint32_t find_room(const struct native_catalog *catalog, uint32_t count)
{
	uint32_t base = LANE_ID_FIRST;

	for (uint32_t id = base; id < NATIVE_ID_COUNT && id - base < count; id++)
		if (catalog->is_taken[id])
			base = id + 1;
	return count <= NATIVE_ID_COUNT - base ? base : 0;
}

static void take_ids(struct native_catalog *catalog, struct native_definition *definition)
{
	uint32_t end = definition->base + definition->event_count;

	for (uint32_t i = 0; i < definition->event_count; i++) {
		struct native_event *event = &definition->events[i];

		event->definition = definition;
		event->id = definition->base + i;
		catalog->is_taken[event->id] = true;
		if (event->payload)
			__atomic_store_n(&catalog->by_id[event->id], event, __ATOMIC_RELEASE);
	}
	if (catalog->end_id < end)
		catalog->end_id = end;
}

static void give_ids_back(struct native_catalog *catalog,
			  const struct native_definition *definition)
{
	for (uint32_t i = 0; i < definition->event_count; i++) {
		__atomic_store_n(&catalog->by_id[definition->base + i], NULL, __ATOMIC_RELEASE);
		catalog->is_taken[definition->base + i] = false;
	}
	while (catalog->end_id > LANE_ID_FIRST && !catalog->is_taken[catalog->end_id - 1])
		catalog->end_id--;
}

struct native_definition *native_catalog_add(struct native_catalog *catalog,
					     struct native_definition *fresh)
{
	struct native_definition *known = find_equal(catalog, &fresh->key);

	fresh->base = known ? 0 : find_room(catalog, fresh->event_count);
	if (fresh->base == 0) {
		native_definition_destroy(fresh);
		return known;
	}
	take_ids(catalog, fresh);
	fresh->next = catalog->definitions;
	catalog->definitions = fresh;
	return fresh;
}

/* Only the source's thread makes holds: what nobody holds now, nobody will. */
bool native_catalog_forget(struct native_catalog *catalog)
{
	struct native_definition **link = &catalog->definitions;
	bool is_any = false;

	while (*link) {
		struct native_definition *definition = *link;

		if (atomic_load_explicit(&definition->references, memory_order_acquire) > 1) {
			link = &definition->next;
			continue;
		}
		*link = definition->next;
		give_ids_back(catalog, definition);
		unref(definition);
		is_any = true;
	}
	return is_any;
}
