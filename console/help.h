/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The overlay of '?': the keys of the pane, from the keymap; typing narrows, Enter runs. */
#ifndef TRACON_CONSOLE_HELP_H
#define TRACON_CONSOLE_HELP_H

#include "console/state.h"

void help_open(struct console *console);
void help_close(struct console *console);
void help_key(struct console *console, int code);
/*
 * Only its lines: one for each action, with all keys that stand for it; of those for all panes the
 * keys that still do in this one ("": in none in particular).
 */
void help_gather(struct overlay *help, const struct keymap *keymap, const char *pane);
void help_forget(struct overlay *help);
void help_draw(struct console *console, struct canvas *canvas);

#endif
