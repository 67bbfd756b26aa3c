/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Allocation that can't fail: no memory ends the program with a message, so no caller checks for
 * it. */
#ifndef TRACON_BASE_MEM_H
#define TRACON_BASE_MEM_H

#include <stddef.h>

void *mem_alloc(size_t size_bytes) __attribute__((malloc, returns_nonnull));
void *mem_zalloc(size_t size_bytes) __attribute__((malloc, returns_nonnull));
/* Aborts too when count * size_bytes overflows. New room is not cleared. */
void *mem_realloc_array(void *old, size_t count, size_t size_bytes)
	__attribute__((returns_nonnull));
char *mem_strdup(const char *text) __attribute__((malloc, returns_nonnull));
char *mem_strndup(const char *text, size_t length_max) __attribute__((malloc, returns_nonnull));
char *mem_printf(const char *format, ...)
	__attribute__((format(printf, 1, 2), malloc, returns_nonnull));

/*
 * Makes room for one more in a growing array: returns `items`, moved if needed, *room updated.
 * Doubles. list->items = mem_grow(list->items, list->count, &list->room, sizeof(*list->items));
 */
void *mem_grow(void *items, size_t count, size_t *room, size_t item_bytes)
	__attribute__((returns_nonnull));

/*
 * For a process that stays: what was freed goes back to the system at once. Otherwise large blocks
 * teach malloc to keep ever larger ones, and each thread keeps its own. Before the first thread.
 */
void mem_stay_small(void);
/*
 * Pages that nobody uses any more go back to the system, also those between others that are in use.
 * Milliseconds, in which threads that allocate wait: now and then, not often.
 */
void mem_give_back(void);

#define COUNT_OF(array)			    (sizeof(array) / sizeof((array)[0]))
#define CONTAINER_OF(pointer, type, member) ((type *)((char *)(pointer)-offsetof(type, member)))

#endif
