/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes through the sanitiser, the word splitter, the globs, the comma lists and the units:
 * what they promise for all input must hold for this one.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/json.h"
#include "backend/base/mem.h"
#include "backend/base/text.h"
#include "backend/base/units.h"
#include "backend/base/utf8.h"
#include "backend/base/uuid.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

#define GLOB_BYTES_MAX 2000 /* pattern times name is its time */

/* Valid UTF-8 without controls, whatever came in. */
static void check_sane(const char *bytes, size_t length, unsigned int flags)
{
	struct text text = {0};
	size_t position = 0;

	assert(text_add_sane(&text, bytes, length, flags) == text.length);
	while (position < text.length) {
		uint32_t c = 0;
		size_t size = utf8_decode(text.bytes + position, text.length - position, &c);

		assert(size > 0);
		assert(c >= 0x20 || (c == '\n' && flags & TEXT_SANE_LINES));
		assert(c < 0x7f || c >= 0xa0);
		assert(c < 0x200b || c > 0x200f);
		assert(c < 0x2028 || c > 0x202e);
		position += size;
	}
	text_finish(&text);
}

/* Every command of the line, and each one quoted and split again. */
static void check_split(const char *line)
{
	const char *rest = line;

	while (*rest) {
		struct word_list words = {0}, again = {0};
		struct text quoted = {0};
		struct error err = ERROR_INIT;
		const char *before = rest;

		if (!text_split_command(rest, &words, &rest, &err)) {
			assert(error_is_set(&err) && !*rest);
			break;
		}
		assert(rest > before);
		for (size_t i = 0; i < words.count; i++) {
			text_add_quoted(&quoted, words.words[i]);
			text_add_char(&quoted, ' ');
		}
		assert(text_split_command(text_str(&quoted), &again, &before, &err));
		assert(again.count == words.count && !*before);
		for (size_t i = 0; i < words.count; i++)
			assert(!strcmp(words.words[i], again.words[i]));
		word_list_finish(&words);
		word_list_finish(&again);
		text_finish(&quoted);
	}
}

/* All of it as one word: quoted, it is one again. */
static void check_quoting(const char *word)
{
	struct word_list words = {0};
	struct text line = {0};
	const char *rest;

	text_add_quoted(&line, word);
	assert(text_split_command(text_str(&line), &words, &rest, NULL));
	assert(words.count == 1 && !strcmp(words.words[0], word) && !*rest);
	word_list_finish(&words);
	text_finish(&line);
}

/* A pattern and a name: the parts before and behind the first newline. */
static void check_glob(const char *line)
{
	const char *newline = strchrnul(line, '\n');
	char *pattern = mem_strndup(line, (size_t)(newline - line));
	char *normal = mem_strdup(pattern);
	const char *name = *newline ? newline + 1 : newline;

	text_glob_normalize(normal);
	assert(strlen(normal) <= strlen(pattern));
	assert(text_has_glob(normal) == text_has_glob(pattern));
	assert(text_glob_match(normal, name) == text_glob_match(pattern, name));
	if (!text_has_glob(pattern) && !strchr(pattern, '\\'))
		assert(text_glob_match(pattern, name) == !strcmp(pattern, name));
	free(pattern);
	free(normal);
}

static void check_numbers(const char *line)
{
	char out[UNITS_TEXT_MAX];
	uint64_t value;

	if (units_parse_size(line, &value))
		assert(strlen(units_short_bytes(out, value)) < UNITS_TEXT_MAX);
	if (units_parse_time_us(line, &value))
		assert(strlen(units_duration(out, value)) < UNITS_TEXT_MAX);
	if (units_parse_u64(line, &value)) {
		assert(strlen(units_short_count(out, value)) <= 5);
		assert(strlen(units_rate(out, value)) <= 5);
	}
}

static void check_commas(const char *list)
{
	struct word_list items = {0};

	text_split_commas(list, &items);
	assert(items.count >= 1);
	word_list_finish(&items);
}

/* What parses prints, and what is printed parses to the same. */
static void check_json(const char *bytes, size_t length)
{
	struct json *value = json_parse(bytes, length, NULL);
	struct text first = {0}, second = {0};
	struct json *back;

	if (!value)
		return;
	json_print(value, &first);
	back = json_parse(first.bytes, first.length, NULL);
	assert(back);
	json_print(back, &second);
	assert(!strcmp(text_str(&first), text_str(&second)));
	json_unref(value);
	json_unref(back);
	text_finish(&first);
	text_finish(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	const char *raw = (const char *)bytes;
	char *line = mem_alloc(length + 1);
	struct text valid = {0};
	struct uuid uuid;

	if (length)
		memcpy(line, raw, length);
	line[length] = '\0';
	check_sane(raw, length, TEXT_SANE_LINE);
	check_sane(raw, length, TEXT_SANE_LINES);
	check_split(line);
	check_quoting(line);
	if (length <= GLOB_BYTES_MAX)
		check_glob(line);
	check_numbers(line);
	check_commas(line);
	check_json(raw, length);
	uuid_from_text(line, &uuid);
	utf8_add_valid(&valid, raw, length);
	text_finish(&valid);
	free(line);
	return 0;
}
