/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Clicks and the wheel. They never answer, never type, and never reach what lies under a popup. */
#ifndef TRACON_CONSOLE_MOUSE_H
#define TRACON_CONSOLE_MOUSE_H

#include <stdbool.h>

struct console;
struct screen_key;

/* False: the key is none of the mouse. */
bool mouse_key(struct console *console, const struct screen_key *key);
/* Before a frame: what the wheel added up to. */
void mouse_scroll(struct console *console);

#endif
