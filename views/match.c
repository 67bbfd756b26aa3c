/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Substring patterns. Letters outside ASCII compare byte by byte. */
#include "views/match.h"

#include <string.h>
#include <strings.h>

bool match_is_case_sensitive(const char *pattern)
{
	for (; *pattern; pattern++)
		if (*pattern >= 'A' && *pattern <= 'Z')
			return true;
	return false;
}

const char *match_next(const char **at, size_t *length)
{
	while (**at == '|')
		++*at;
	if (!**at)
		return NULL;
	*length = strcspn(*at, "|");
	*at += *length;
	return *at - *length;
}

static bool has_substring(const char *text, const char *wanted, size_t length, bool is_sensitive)
{
	size_t text_length = strlen(text);

	for (size_t i = 0; i + length <= text_length; i++) {
		if (is_sensitive ? !strncmp(text + i, wanted, length)
				 : !strncasecmp(text + i, wanted, length))
			return true;
	}
	return false;
}

bool match_text(const char *pattern, const char *text)
{
	bool is_negated = *pattern == '!';
	const char *at = pattern + is_negated;
	bool is_sensitive = match_is_case_sensitive(pattern);
	bool has_alternative = false;
	const char *wanted;
	size_t length;

	while ((wanted = match_next(&at, &length))) {
		if (has_substring(text, wanted, length, is_sensitive))
			return !is_negated;
		has_alternative = true;
	}
	return !has_alternative || is_negated;
}
