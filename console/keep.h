/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `keep COMMAND`: a command of the console that is run, and for the next start too. */
#ifndef TRACON_CONSOLE_KEEP_H
#define TRACON_CONSOLE_KEEP_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/error.h"
#include "backend/base/text.h"

struct console;

/* words: with `keep`. Fails when the command does, or when the start-up file can't be written. */
bool keep_run(struct console *console, size_t word_count, char **words, struct text *out,
	      struct error *err);
/*
 * The start-up file's text with that line instead of those that say something else of the same
 * thing: the same first `same_words` words. forgets: without it, too.
 */
void keep_replace(const char *file, const char *line, size_t same_words, bool forgets,
		  struct text *out);

#endif
