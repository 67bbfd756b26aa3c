/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Building and freeing the trees of field types. Checking them is check.c's. */
#include "backend/ctf/type.h"

#include <stdlib.h>

#include "backend/base/mem.h"

struct ctf_type *ctf_type_create(enum ctf_kind kind)
{
	struct ctf_type *type = mem_zalloc(sizeof(*type));

	type->kind = kind;
	type->align_bits = kind == CTF_STRING ? 8 : 1;
	type->base = 10;
	return type;
}

static void free_fields(struct ctf_type *type)
{
	for (size_t i = 0; i < type->field_count; i++) {
		free(type->fields[i].name);
		ctf_type_destroy(type->fields[i].type);
	}
	free(type->fields);
}

void ctf_type_destroy(struct ctf_type *type)
{
	if (!type)
		return;
	free_fields(type);
	for (size_t i = 0; i < type->entry_count; i++)
		free(type->entries[i].label);
	free(type->entries);
	ctf_type_destroy(type->element);
	free(type->length_field);
	free(type);
}

struct ctf_type *ctf_type_create_integer(unsigned int size_bits, unsigned int align_bits,
					 bool is_signed, unsigned int base)
{
	struct ctf_type *type = ctf_type_create(CTF_INTEGER);

	type->size_bits = size_bits;
	type->align_bits = align_bits;
	type->is_signed = is_signed;
	type->base = base;
	return type;
}

struct ctf_type *ctf_type_create_sequence(const char *length_field, struct ctf_type *element)
{
	struct ctf_type *type = ctf_type_create(CTF_SEQUENCE);

	type->length_field = mem_strdup(length_field);
	type->element = element;
	return type;
}

/* Arrays here know their count only: room is the next power of two, so growing doubles it. */
static void *grow(void *items, size_t count, size_t item_bytes)
{
	if (count & (count - 1))
		return items;
	return mem_realloc_array(items, count ? count * 2 : 1, item_bytes);
}

void ctf_type_add_field(struct ctf_type *type, const char *name, struct ctf_type *field_type)
{
	struct ctf_field *field;

	type->fields = grow(type->fields, type->field_count, sizeof(*type->fields));
	field = &type->fields[type->field_count++];
	field->name = mem_strdup(name);
	field->type = field_type;
}

void ctf_type_add_entry(struct ctf_type *type, const char *label, int64_t begin, int64_t end,
			bool is_auto)
{
	struct ctf_enum_entry *entry;

	type->entries = grow(type->entries, type->entry_count, sizeof(*type->entries));
	entry = &type->entries[type->entry_count++];
	entry->label = mem_strdup(label);
	entry->begin = begin;
	entry->end = end;
	entry->is_auto = is_auto;
}
