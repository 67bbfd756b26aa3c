/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the fields that sequences and variants name, inside out as TSDL's scopes do. */
#include "backend/ctf/links.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"

/* A struct that is being walked, at its field `index`; names mean fields before it. */
struct scope {
	const struct scope *outer;
	const struct ctf_type *structure;
	size_t index;
};

static bool find_name(const struct scope *scope, const char *name, struct ctf_link *link)
{
	for (; scope; scope = scope->outer) {
		for (size_t i = scope->index; i-- > 0;) {
			if (strcmp(scope->structure->fields[i].name, name))
				continue;
			link->structure = scope->structure;
			link->index = i;
			return true;
		}
	}
	return false;
}

static void resolve(struct ctf_links *links, const struct scope *scope, const struct ctf_type *user)
{
	struct ctf_link link = {.user = user};

	if (!user->length_field || !find_name(scope, user->length_field, &link)) {
		if (!links->unresolved)
			links->unresolved = user;
		return;
	}
	links->items = mem_grow(links->items, links->count, &links->room, sizeof(*links->items));
	links->items[links->count++] = link;
}

static void collect(struct ctf_links *links, const struct scope *outer, const struct ctf_type *type,
		    unsigned int depth)
{
	struct scope scope = {outer, type, 0};

	if (depth > CTF_NESTING_MAX)
		return;
	if (type->kind == CTF_SEQUENCE || type->kind == CTF_VARIANT)
		resolve(links, outer, type);
	if (type->element)
		collect(links, outer, type->element, depth + 1);
	for (size_t i = 0; i < type->field_count; i++) {
		scope.index = i;
		collect(links, type->kind == CTF_STRUCT ? &scope : outer, type->fields[i].type,
			depth + 1);
	}
}

void ctf_links_collect(struct ctf_links *links, const struct ctf_type *type)
{
	*links = (struct ctf_links){0};
	collect(links, NULL, type, 0);
}

void ctf_links_finish(struct ctf_links *links)
{
	free(links->items);
	*links = (struct ctf_links){0};
}

const struct ctf_link *ctf_links_of_user(const struct ctf_links *links, const struct ctf_type *user)
{
	for (size_t i = 0; i < links->count; i++) {
		if (links->items[i].user == user)
			return &links->items[i];
	}
	return NULL;
}

const struct ctf_type *ctf_link_target(const struct ctf_link *link)
{
	return link->structure->fields[link->index].type;
}

const struct ctf_type *ctf_links_user_of(const struct ctf_links *links,
					 const struct ctf_type *target)
{
	for (size_t i = 0; i < links->count; i++) {
		if (ctf_link_target(&links->items[i]) == target)
			return links->items[i].user;
	}
	return NULL;
}

size_t ctf_variant_choice(const struct ctf_type *variant, const char *label)
{
	for (size_t i = 0; i < variant->field_count; i++) {
		if (!strcmp(variant->fields[i].name, label))
			return i;
	}
	for (size_t i = 0; label[0] == '_' && i < variant->field_count; i++) {
		if (!strcmp(variant->fields[i].name, label + 1))
			return i;
	}
	return variant->field_count;
}
