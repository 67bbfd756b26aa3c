/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LTTng's star globs: '*' and the backslash, nothing else. */
#include <string.h>

#include "backend/base/text.h"

/* Length of the literal at pattern: 2 for an escape, else 1. A last, lone backslash is itself. */
static size_t literal_length(const char *pattern)
{
	return pattern[0] == '\\' && pattern[1] ? 2 : 1;
}

/*
 * When a literal does not fit, the last star takes one byte more and we go on from there; earlier
 * stars need no second try, so the worst case is pattern times name.
 */
bool text_glob_match_bytes(const char *pattern, const char *name, size_t name_length)
{
	const char *name_end = name + name_length;
	const char *after_star = NULL;
	const char *star_end = NULL; /* the first byte that the last star has not taken */

	while (name < name_end) {
		size_t length;

		if (*pattern == '*') {
			after_star = ++pattern;
			star_end = name;
			continue;
		}
		length = literal_length(pattern);
		if (*pattern && pattern[length - 1] == *name) {
			pattern += length;
			name++;
			continue;
		}
		if (!after_star)
			return false;
		pattern = after_star;
		name = ++star_end;
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

bool text_glob_match(const char *pattern, const char *name)
{
	return text_glob_match_bytes(pattern, name, strlen(name));
}

bool text_has_glob(const char *pattern)
{
	for (; *pattern; pattern += literal_length(pattern))
		if (*pattern == '*')
			return true;
	return false;
}

void text_glob_normalize(char *pattern)
{
	char *end = pattern;
	bool after_star = false;

	while (*pattern) {
		size_t length = literal_length(pattern);
		bool is_star = *pattern == '*';

		if (!is_star || !after_star) {
			memmove(end, pattern, length);
			end += length;
		}
		after_star = is_star;
		pattern += length;
	}
	*end = '\0';
}
