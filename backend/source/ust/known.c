/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An open-addressed hash table over an array of byte strings. */
#include "backend/source/ust/known.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"

#define SLOT_COUNT_MIN 64
#define RUN_MAX	       255

/* FNV-1a, 64 bits. */
static uint64_t hash_of(const char *bytes, size_t length)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)bytes[i]) * UINT64_C(0x100000001b3);
	return hash;
}

/* The slot that names the entry, or the free one where it belongs. */
static uint32_t *find_slot(const struct known *known, uint64_t hash, const char *bytes,
			   size_t length)
{
	size_t at = (size_t)hash & (known->slot_count - 1);

	for (;; at = (at + 1) & (known->slot_count - 1)) {
		uint32_t *slot = &known->slots[at];
		const struct known_entry *entry = *slot ? &known->entries[*slot - 1] : NULL;

		if (!entry || (entry->hash == hash && entry->length == length &&
			       !memcmp(entry->bytes, bytes, length)))
			return slot;
	}
}

static void fill_slots(struct known *known)
{
	memset(known->slots, 0, known->slot_count * sizeof(*known->slots));
	for (size_t i = 0; i < known->count; i++) {
		const struct known_entry *entry = &known->entries[i];

		*find_slot(known, entry->hash, entry->bytes, entry->length) = (uint32_t)i + 1;
	}
}

/* At most half of the slots are taken. */
static void make_room(struct known *known)
{
	if (known->slots && known->count < known->slot_count / 2)
		return;
	known->slot_count = known->slots ? known->slot_count * 2 : SLOT_COUNT_MIN;
	known->slots = mem_realloc_array(known->slots, known->slot_count, sizeof(*known->slots));
	fill_slots(known);
}

uint32_t known_add(struct known *known, const char *bytes, size_t length, bool *is_new)
{
	uint64_t hash = hash_of(bytes, length);
	struct known_entry *entry;
	uint32_t *slot;

	make_room(known);
	slot = find_slot(known, hash, bytes, length);
	*is_new = *slot == 0;
	if (!*is_new)
		return *slot - 1;
	known->entries =
		mem_grow(known->entries, known->count, &known->room, sizeof(*known->entries));
	entry = &known->entries[known->count++];
	entry->hash = hash;
	entry->length = length;
	entry->bytes = mem_alloc(length ? length : 1);
	memcpy(entry->bytes, bytes, length);
	*slot = (uint32_t)known->count;
	return *slot - 1;
}

void known_remove_last(struct known *known)
{
	free(known->entries[--known->count].bytes);
	fill_slots(known);
}

void known_finish(struct known *known)
{
	for (size_t i = 0; i < known->count; i++)
		free(known->entries[i].bytes);
	free(known->entries);
	free(known->slots);
	memset(known, 0, sizeof(*known));
}

/* A zero byte is followed by how many more there are; other bytes stand for themselves. */
void known_pack(struct text *out, const void *bytes, size_t length)
{
	const char *at = bytes;
	const char *end = at + length;

	while (at < end) {
		unsigned char run = 0;

		text_add_char(out, *at);
		if (*at++)
			continue;
		while (at < end && !*at && run < RUN_MAX) {
			at++;
			run++;
		}
		text_add_char(out, (char)run);
	}
}
