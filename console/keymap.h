/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which key does what in which pane: a table, and what `bind` adds to it. An action is a word that
 * the console or a view knows, or a whole command line.
 */
#ifndef TRACON_CONSOLE_KEYMAP_H
#define TRACON_CONSOLE_KEYMAP_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/error.h"

struct binding {
	const char *pane; /* NULL: all */
	const char *key;  /* name, as keys_parse() takes it */
	const char *action;
	const char *help; /* NULL: another key of the same action has it */
};

struct keymap;

struct keymap *keymap_create(void);
void keymap_destroy(struct keymap *keymap); /* NULL passes */

/* What the key does in the pane, or NULL. Own bindings win over the table's, the pane's over all.
 */
const struct binding *keymap_binding(const struct keymap *keymap, const char *pane, int code);
/* Its action, or NULL. */
const char *keymap_action(const struct keymap *keymap, const char *pane, int code);
/*
 * pane: a name, or "all". action "none" takes the key's meaning away, "default" forgets what was
 * bound there. Fails with ERROR_INVALID: no such pane, no such key, empty action.
 */
bool keymap_bind(struct keymap *keymap, const char *pane, const char *key, const char *action,
		 struct error *err);
/* What was bound to it there; NULL: nothing was. */
const char *keymap_own_action(const struct keymap *keymap, const char *pane, const char *key);
/* Whether the word is an action (and not the name of a command). */
bool keymap_is_action(const char *word);

/* The table, for help and the manual: the pane's own first, then those of all panes. */
size_t keymap_default_count(void);
const struct binding *keymap_default_at(size_t index);
/* Own bindings in the order they were made; NULL beyond the end. */
const struct binding *keymap_own_at(const struct keymap *keymap, size_t index);

#endif
