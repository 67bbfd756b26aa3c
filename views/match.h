/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The patterns of the filter and search fields: a substring, "a|b" for either, "/re/" for an
 * extended regular expression, "col:x" for one column only, and "!" before any of them for rows
 * without it. A pattern without capital letters ignores case.
 */
#ifndef TRACON_VIEWS_MATCH_H
#define TRACON_VIEWS_MATCH_H

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

#define MATCH_PATTERN_MAX 128
#define MATCH_NO_COLUMN	  ((size_t)-1)

/* Zero-initialise to begin: matches everything. */
struct match {
	char pattern[MATCH_PATTERN_MAX]; /* as it was typed */
	size_t body;			 /* offset of what is looked for */
	size_t column;			 /* MATCH_NO_COLUMN: any; if not empty */
	bool is_negated;
	bool is_case_sensitive;
	bool is_regex;
	char problem[64]; /* why the regular expression is none; "": all is well */
	regex_t regex;	  /* if is_regex and without problem */
};

/* Says which column the name before ':' is, or MATCH_NO_COLUMN. */
typedef size_t match_find_column(const void *data, const char *name, size_t length);

/* A longer pattern is cut. find_column NULL: there are no columns. */
void match_compile(struct match *match, const char *pattern, match_find_column *find_column,
		   const void *data);
void match_finish(struct match *match);

/* Nothing to look for yet, also "!", "|", "//" and a regular expression with a problem. */
bool match_is_empty(const struct match *match);
/* An empty one accepts everything. */
bool match_accepts(const struct match *match, const char *text);
/* Where the next hit from `from` on is, to be shown; false: none (any more). */
bool match_find(const struct match *match, const char *text, size_t from, size_t *begin,
		size_t *end);

/* For a pattern that is used once. */
bool match_text(const char *pattern, const char *text);

#endif
