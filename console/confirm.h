/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which commands are asked about first, and in which words. */
#ifndef TRACON_CONSOLE_CONFIRM_H
#define TRACON_CONSOLE_CONFIRM_H

#include <stdbool.h>

#include "backend/base/text.h"
#include "console/ask.h"

struct console;

/* is_key: a key stands for the command, nobody typed it. */
bool confirm_is_needed(struct console *console, const struct word_list *words, bool is_key);
/* line: the command as it was written. Adds the question. */
enum question_kind confirm_question(struct console *console, const struct word_list *words,
				    const char *line, struct text *out);

#endif
