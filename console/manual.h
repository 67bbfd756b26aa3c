/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The man page's part on keys, from the keymap. */
#ifndef TRACON_CONSOLE_MANUAL_H
#define TRACON_CONSOLE_MANUAL_H

struct text;

/* roff: a heading for each pane, then its keys; keys of the same action together. */
void manual_print_keys(struct text *out);

#endif
