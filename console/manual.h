/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The man page's parts on keys, from the keymap, and on the console's own commands. */
#ifndef TRACON_CONSOLE_MANUAL_H
#define TRACON_CONSOLE_MANUAL_H

struct text;

/* roff: a heading for each pane, then its keys; keys of the same action together. */
void manual_print_keys(struct text *out);
/* Likewise: each with what it takes. */
void manual_print_verbs(struct text *out);

#endif
