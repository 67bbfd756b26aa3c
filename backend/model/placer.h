/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Builds an immutable structure in one allocation: the same code runs twice, first with base NULL
 * to measure (every place is NULL then), then to fill.
 */
#ifndef TRACON_MODEL_PLACER_H
#define TRACON_MODEL_PLACER_H

#include <stddef.h>
#include <string.h>

struct placer {
	char *base; /* NULL: measuring */
	size_t used_bytes;
};

#define PLACER_ALIGN 16

static inline void *place(struct placer *placer, size_t count, size_t size_bytes)
{
	size_t at = placer->used_bytes;

	placer->used_bytes += (count * size_bytes + PLACER_ALIGN - 1) & ~(size_t)(PLACER_ALIGN - 1);
	return placer->base ? placer->base + at : NULL;
}

static inline const char *place_text(struct placer *placer, const char *text)
{
	size_t size_bytes = strlen(text) + 1;
	char *copy = place(placer, 1, size_bytes);

	return copy ? memcpy(copy, text, size_bytes) : NULL;
}

#endif
