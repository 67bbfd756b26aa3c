/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Commands of the console's own: what concerns this screen only. */
#ifndef TRACON_CONSOLE_VERB_H
#define TRACON_CONSOLE_VERB_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/error.h"
#include "backend/base/text.h"
#include "console/complete.h"

struct console;

struct verb {
	const char *name;
	const char *usage;
	const char *help;
	size_t word_min, word_max; /* with the name */
	bool (*run)(struct console *console, size_t word_count, char **words, struct text *out,
		    struct error *err);
	/* For Tab, see struct complete_verb. */
	void (*arguments)(size_t index, const char *const *words, struct word_list *candidates);
};

/* NULL: not one of ours; the backend may know it. */
const struct verb *verb_find(size_t word_count, char **words);
bool verb_run(const struct verb *verb, struct console *console, size_t word_count, char **words,
	      struct text *out, struct error *err);
/* The command that takes it back, asked for before it runs; nothing is added if there is none. */
void verb_add_inverse(const struct verb *verb, const struct console *console, size_t word_count,
		      char **words, struct text *inverse);
size_t verb_count(void);
const struct verb *verb_at(size_t index);

#endif
