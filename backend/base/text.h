/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Text: a growing buffer, counted immutable strings shared between model and pictures, LTTng's star
 * globs, word splitting, and the one sanitiser that every untrusted byte passes.
 */
#ifndef TRACON_BASE_TEXT_H
#define TRACON_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/error.h"

/* Always NUL terminated once something was added; zero-initialise to begin. */
struct text {
	char *bytes; /* NULL while nothing was added; text_str() gives "" then */
	size_t length;
	size_t room;
};

void text_add(struct text *text, const char *bytes);
void text_add_bytes(struct text *text, const char *bytes, size_t length);
void text_add_char(struct text *text, char byte);
void text_addf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Its first `old` becomes `fresh`. False: there is none. */
bool text_replace(struct text *text, const char *old, const char *fresh);
void text_clear(struct text *text); /* length 0, room kept */
void text_finish(struct text *text);
const char *text_str(const struct text *text);
/* Caller owns the result; text is empty afterwards. Never NULL. */
char *text_take(struct text *text);

/* Immutable, counted (atomically) string: names that model and pictures share. Any thread. */
struct shared_text;
struct shared_text *shared_text_create(const char *text);
struct shared_text *shared_text_ref(struct shared_text *shared); /* NULL passes */
void shared_text_unref(struct shared_text *shared);		 /* NULL passes */
const char *shared_text_str(const struct shared_text *shared);	 /* NULL gives "" */

/*
 * LTTng's globs: '*' any run of bytes, anywhere and any number; "\x" the literal x; nothing else is
 * special. Linear in practice, never exponential.
 */
bool text_glob_match(const char *pattern, const char *name);
bool text_glob_match_bytes(const char *pattern, const char *name, size_t name_length);
bool text_has_glob(const char *pattern); /* an unescaped star */
/* Runs of stars become one, in place. */
void text_glob_normalize(char *pattern);

struct word_list {
	char **words; /* NULL terminated */
	size_t count;
	size_t room;
};

void word_list_add(struct word_list *list, const char *word); /* copies */
void word_list_finish(struct word_list *list);

/*
 * Splits one command line as sh does: quotes, backslash, '#' comment, no expansion. Stops after an
 * unquoted ';' or the end; *rest then points behind it (at the NUL when nothing is left).
 * Fails with ERROR_INVALID on an unclosed quote.
 */
bool text_split_command(const char *line, struct word_list *words, const char **rest,
			struct error *err);
/* The reverse: quotes the word only if it needs it. */
void text_add_quoted(struct text *text, const char *word);

/* Comma list as LTTng takes it: "\," is a comma. Always succeeds; empty items are kept. */
void text_split_commas(const char *list, struct word_list *items);

enum text_sane_flags {
	TEXT_SANE_LINE = 0,  /* one line: newline and tab become ^J and ^I */
	TEXT_SANE_LINES = 1, /* keeps newline, expands tabs to spaces */
};

/*
 * Adds untrusted bytes in a form that is safe for any terminal: controls as ^X, C1, invalid UTF-8,
 * bidirectional and zero-width characters, private use and unassigned code points as <XX>; cut
 * after 4 kB with "…(+N kB)". Valid UTF-8 out; the length added is returned.
 */
size_t text_add_sane(struct text *text, const char *bytes, size_t length, unsigned int flags);

#endif
