/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The patterns of the filter and search fields: a substring, "a|b" for either, "!x" for rows
 * without it. A pattern without capital letters ignores case.
 */
#ifndef TRACON_VIEWS_MATCH_H
#define TRACON_VIEWS_MATCH_H

#include <stdbool.h>
#include <stddef.h>

#define MATCH_PATTERN_MAX 128

/* An empty pattern, also "!" or "|" alone, matches everything. */
bool match_text(const char *pattern, const char *text);
/* True when the pattern has a capital letter (ASCII). */
bool match_is_case_sensitive(const char *pattern);
/* The next alternative, from *at on, which moves behind it; NULL when there is none. */
const char *match_next(const char **at, size_t *length);

#endif
