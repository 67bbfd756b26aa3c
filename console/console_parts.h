/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the console know of each other, beyond state.h. All on the thread that draws.
 */
#ifndef CONSOLE_CONSOLE_PARTS_H
#define CONSOLE_CONSOLE_PARTS_H

#include <stdbool.h>
#include <stdint.h>

struct console;

/* console_pace.c: the timer's call; struct console is its data. */
void console_pace_fired(void *data, uint64_t now_ns);
/* Waits for room in the terminal while bytes wait for it. */
void console_watch_output(struct console *console);
/* True: the terminal is lost, and the console has no screen any more. */
bool console_lose_if_lost(struct console *console);

/* console.c: by the settings and what the terminal can show. */
void console_apply_glyphs(struct console *console);

#endif
