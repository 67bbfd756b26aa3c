/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The growing buffer, counted strings and lists of words. Globs are in text_glob.c, the splitting
 * of command lines in text_words.c, the sanitiser in text_sane.c.
 */
#include "backend/base/text.h"

#include <assert.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"

#define ROOM_MIN 64

/* Room for `more` bytes and the NUL behind them. */
static void make_room(struct text *text, size_t more)
{
	size_t need = text->length + more + 1;

	assert(need > more);
	if (text->bytes && need <= text->room)
		return;
	if (need < ROOM_MIN)
		need = ROOM_MIN;
	if (need < text->room * 2)
		need = text->room * 2;
	text->bytes = mem_realloc_array(text->bytes, need, 1);
	text->room = need;
}

void text_add_bytes(struct text *text, const char *bytes, size_t length)
{
	make_room(text, length);
	if (length)
		memcpy(text->bytes + text->length, bytes, length);
	text->length += length;
	text->bytes[text->length] = '\0';
}

void text_add(struct text *text, const char *bytes)
{
	text_add_bytes(text, bytes, strlen(bytes));
}

void text_add_char(struct text *text, char byte)
{
	text_add_bytes(text, &byte, 1);
}

/* Tries the room there is first; a second pass is needed only when that was too small. */
void text_addf(struct text *text, const char *format, ...)
{
	va_list arguments;
	int length;

	make_room(text, 0);
	va_start(arguments, format);
	length =
		vsnprintf(text->bytes + text->length, text->room - text->length, format, arguments);
	va_end(arguments);
	assert(length >= 0);
	if ((size_t)length >= text->room - text->length) {
		make_room(text, (size_t)length);
		va_start(arguments, format);
		vsnprintf(text->bytes + text->length, (size_t)length + 1, format, arguments);
		va_end(arguments);
	}
	text->length += (size_t)length;
}

bool text_replace(struct text *text, const char *old, const char *fresh)
{
	const char *at = strstr(text_str(text), old);
	struct text replaced = {0};

	if (!at)
		return false;
	text_add_bytes(&replaced, text->bytes, (size_t)(at - text->bytes));
	text_add(&replaced, fresh);
	text_add(&replaced, at + strlen(old));
	text_finish(text);
	*text = replaced;
	return true;
}

void text_clear(struct text *text)
{
	text->length = 0;
	if (text->bytes)
		text->bytes[0] = '\0';
}

void text_finish(struct text *text)
{
	free(text->bytes);
	*text = (struct text){0};
}

const char *text_str(const struct text *text)
{
	return text->bytes ? text->bytes : "";
}

char *text_take(struct text *text)
{
	char *bytes = text->bytes ? text->bytes : mem_strdup("");

	*text = (struct text){0};
	return bytes;
}

struct shared_text {
	atomic_uint references;
	char bytes[];
};

struct shared_text *shared_text_create(const char *text)
{
	size_t size = strlen(text) + 1;
	struct shared_text *shared = mem_alloc(sizeof(*shared) + size);

	atomic_init(&shared->references, 1);
	memcpy(shared->bytes, text, size);
	return shared;
}

struct shared_text *shared_text_ref(struct shared_text *shared)
{
	/* Relaxed: who refs holds a reference already, so nothing is ordered by it. */
	if (shared)
		atomic_fetch_add_explicit(&shared->references, 1, memory_order_relaxed);
	return shared;
}

void shared_text_unref(struct shared_text *shared)
{
	/* Release pairs with the acquire of the last one: all reads come before the free. */
	if (shared && atomic_fetch_sub_explicit(&shared->references, 1, memory_order_acq_rel) == 1)
		free(shared);
}

const char *shared_text_str(const struct shared_text *shared)
{
	return shared ? shared->bytes : "";
}

void word_list_add(struct word_list *list, const char *word)
{
	/* One more than the words: the NULL behind them. */
	list->words = mem_grow(list->words, list->count + 1, &list->room, sizeof(*list->words));
	list->words[list->count++] = mem_strdup(word);
	list->words[list->count] = NULL;
}

void word_list_finish(struct word_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->words[i]);
	free(list->words);
	*list = (struct word_list){0};
}
