/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What Tab offers: commands, their options and values from the command table, names from the
 * picture, files. Words come quoted so that the line reads back as meant.
 */
#ifndef TRACON_CONSOLE_COMPLETE_H
#define TRACON_CONSOLE_COMPLETE_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/text.h"
#include "backend/model/picture.h"

/* The console's own commands beside the table's. */
struct complete_verb {
	const char *name;
	/* Candidates for argument number `index` (from 1); unquoted. May be NULL. */
	void (*arguments)(size_t index, const char *const *words, struct word_list *candidates);
};

struct complete_context {
	const struct picture *picture; /* never NULL */
	uint64_t session_id;	       /* the selected one; 0: none */
	const struct complete_verb *verbs;
	size_t verb_count;
	const char *directory; /* relative paths mean this; NULL: the process's own */
};

/*
 * Candidates for the word that ends at `point`, sorted, each once. Returns the byte offset at which
 * the word begins (point itself between words).
 */
size_t complete_find(const struct complete_context *context, const char *line, size_t point,
		     struct word_list *matches);

/*
 * One press of Tab, for any line editor: first the part that all candidates share, then one
 * candidate after the other. The list is shown while it is not empty.
 */
struct completion {
	struct word_list matches;
	size_t begin;
	size_t chosen; /* index + 1; 0: none yet */
};

typedef size_t complete_function(void *data, const char *line, size_t point,
				 struct word_list *matches);

/* True: the bytes from completion->begin to point become `replacement`. */
bool completion_step(struct completion *completion, complete_function *complete, void *data,
		     const char *line, size_t point, struct text *replacement);
/* Any other key: the list goes away. */
void completion_end(struct completion *completion);

#endif
