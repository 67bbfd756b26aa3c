/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Allocation that ends the program when there is no memory left. */
#include "backend/base/mem.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_ROOM 8

/* Larger blocks are mapped and unmapped one by one: malloc's own limit before it learns. */
#define MAPPED_BYTES (128 * 1024)

/* write(2), because stdio may want memory itself. */
static void __attribute__((noreturn)) out_of_memory(void)
{
	static const char words[] = "tracon: out of memory\n";
	ssize_t written = write(STDERR_FILENO, words, sizeof(words) - 1);

	(void)written;
	abort();
}

void *mem_alloc(size_t size_bytes)
{
	void *memory = malloc(size_bytes ? size_bytes : 1);

	if (!memory)
		out_of_memory();
	return memory;
}

void *mem_zalloc(size_t size_bytes)
{
	void *memory = calloc(1, size_bytes ? size_bytes : 1);

	if (!memory)
		out_of_memory();
	return memory;
}

void *mem_realloc_array(void *old, size_t count, size_t size_bytes)
{
	size_t total;
	void *memory;

	if (__builtin_mul_overflow(count, size_bytes, &total))
		out_of_memory();
	memory = realloc(old, total ? total : 1);
	if (!memory)
		out_of_memory();
	return memory;
}

char *mem_strdup(const char *text)
{
	return mem_strndup(text, strlen(text));
}

char *mem_strndup(const char *text, size_t length_max)
{
	size_t length = strnlen(text, length_max);
	char *copy = mem_alloc(length + 1);

	memcpy(copy, text, length);
	copy[length] = '\0';
	return copy;
}

char *mem_printf(const char *format, ...)
{
	char *text = NULL;
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0)
		out_of_memory();
	return text;
}

void *mem_grow(void *items, size_t count, size_t *room, size_t item_bytes)
{
	if (items && count < *room)
		return items;
	if (*room > SIZE_MAX / 2)
		out_of_memory();
	*room = *room ? *room * 2 : FIRST_ROOM;
	return mem_realloc_array(items, *room, item_bytes);
}

void mem_give_back(void)
{
	malloc_trim(0);
}

void mem_stay_small(void)
{
	mallopt(M_MMAP_THRESHOLD, MAPPED_BYTES);
	mallopt(M_TRIM_THRESHOLD, MAPPED_BYTES);
	mallopt(M_ARENA_MAX, 1);
}
