/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where a key goes: paste, question, field, overlay, command line, pane. */
#ifndef TRACON_CONSOLE_INPUT_H
#define TRACON_CONSOLE_INPUT_H

#include "console/state.h"

/* One key from the screen. May close the screen (detach). */
void input_key(struct console *console, const struct screen_key *key);

/* What the key means in the focused pane; a message says so if it means nothing. */
void input_run_key(struct console *console, int code);

#endif
