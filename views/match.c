/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Substrings and regular expressions. Letters outside ASCII compare byte by byte in substrings. */
#include "views/match.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

static bool has_capital(const char *pattern)
{
	for (; *pattern; pattern++)
		if (*pattern >= 'A' && *pattern <= 'Z')
			return true;
	return false;
}

static void find_column(struct match *match, match_find_column *find, const void *data)
{
	const char *begin = match->pattern + match->body;
	size_t length = strcspn(begin, ":");

	match->column = MATCH_NO_COLUMN;
	if (!find || begin[length] != ':' || length == 0)
		return;
	match->column = find(data, begin, length);
	if (match->column != MATCH_NO_COLUMN)
		match->body += length + 1;
}

/* "/re" while it is typed, "/re/" when it is complete. */
static void compile_regex(struct match *match)
{
	char expression[MATCH_PATTERN_MAX];
	size_t length;
	int code;

	snprintf(expression, sizeof(expression), "%s", match->pattern + match->body + 1);
	length = strlen(expression);
	if (length > 0 && expression[length - 1] == '/')
		expression[length - 1] = '\0';
	if (!expression[0]) {
		snprintf(match->problem, sizeof(match->problem), "nothing between / and /");
		return;
	}
	code = regcomp(&match->regex, expression,
		       REG_EXTENDED | (match->is_case_sensitive ? 0 : REG_ICASE));
	if (code)
		regerror(code, &match->regex, match->problem, sizeof(match->problem));
}

void match_compile(struct match *match, const char *pattern, match_find_column *find,
		   const void *data)
{
	match_finish(match);
	snprintf(match->pattern, sizeof(match->pattern), "%s", pattern);
	match->is_negated = match->pattern[0] == '!';
	match->body = match->is_negated;
	find_column(match, find, data);
	match->is_case_sensitive = has_capital(match->pattern + match->body);
	match->is_regex = match->pattern[match->body] == '/';
	if (match->is_regex)
		compile_regex(match);
}

void match_finish(struct match *match)
{
	if (match->is_regex && !match->problem[0])
		regfree(&match->regex);
	*match = (struct match){0};
}

bool match_is_empty(const struct match *match)
{
	const char *body = match->pattern + match->body;

	if (match->is_regex)
		return match->problem[0];
	return body[strspn(body, "|")] == '\0';
}

static bool is_at(const struct match *match, const char *text, const char *wanted, size_t length)
{
	return match->is_case_sensitive ? !strncmp(text, wanted, length)
					: !strncasecmp(text, wanted, length);
}

/* The length of the alternative that the text begins with; 0: none. */
static size_t begins_with(const struct match *match, const char *text)
{
	const char *wanted = match->pattern + match->body;

	while (*(wanted += strspn(wanted, "|"))) {
		size_t length = strcspn(wanted, "|");

		if (is_at(match, text, wanted, length))
			return length;
		wanted += length;
	}
	return 0;
}

static bool find_substring(const struct match *match, const char *text, size_t from, size_t *begin,
			   size_t *end)
{
	for (size_t at = from; text[at]; at++) {
		size_t length = begins_with(match, text + at);

		if (length > 0) {
			*begin = at;
			*end = at + length;
			return true;
		}
	}
	return false;
}

static bool find_regex(const struct match *match, const char *text, size_t from, size_t *begin,
		       size_t *end)
{
	regmatch_t hit;

	/* An empty hit ("x*") shows nothing. */
	for (; text[from]; from++) {
		if (regexec(&match->regex, text + from, 1, &hit, from > 0 ? REG_NOTBOL : 0))
			return false;
		*begin = from + (size_t)hit.rm_so;
		*end = from + (size_t)hit.rm_eo;
		if (*end > *begin)
			return true;
	}
	return false;
}

bool match_find(const struct match *match, const char *text, size_t from, size_t *begin,
		size_t *end)
{
	if (match->is_negated || match_is_empty(match))
		return false;
	return match->is_regex ? find_regex(match, text, from, begin, end)
			       : find_substring(match, text, from, begin, end);
}

bool match_accepts(const struct match *match, const char *text)
{
	size_t begin, end;
	bool is_there;

	if (match_is_empty(match))
		return true;
	is_there = match->is_regex ? regexec(&match->regex, text, 0, NULL, 0) == 0
				   : find_substring(match, text, 0, &begin, &end);
	return is_there != match->is_negated;
}

bool match_text(const char *pattern, const char *text)
{
	struct match match = {0};
	bool is_accepted;

	match_compile(&match, pattern, NULL, NULL);
	is_accepted = match_accepts(&match, text);
	match_finish(&match);
	return is_accepted;
}
