/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A set of byte strings, numbered from 0 in the order they came. Descriptions of event types are
 * kept here with their runs of zeros (most of them is padding) made short.
 */
#ifndef TRACON_SOURCE_UST_KNOWN_H
#define TRACON_SOURCE_UST_KNOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/text.h"

struct known_entry {
	uint64_t hash;
	char *bytes;
	size_t length;
};

struct known {
	struct known_entry *entries;
	size_t count;
	size_t room;
	uint32_t *slots; /* entry number + 1, or 0; a power of 2 of them */
	size_t slot_count;
};

/* Zero-initialise to begin. The number of `bytes`; *is_new tells whether it was added now. */
uint32_t known_add(struct known *known, const char *bytes, size_t length, bool *is_new);
void known_remove_last(struct known *known);
void known_finish(struct known *known);

/* Adds bytes to a text so that equal ones give equal texts, and padding takes little room. */
void known_pack(struct text *out, const void *bytes, size_t length);

#endif
