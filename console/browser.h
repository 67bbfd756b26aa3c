/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The console's side of the browser: which trace is open, which pages are asked for, searches,
 * marks, statistics, export. The backend's worker does the work; answers come by the console's
 * queue. One trace at a time.
 */
#ifndef TRACON_CONSOLE_BROWSER_H
#define TRACON_CONSOLE_BROWSER_H

#include <stdbool.h>

#include "backend/base/error.h"
#include "backend/base/text.h"

/* Said by `tracon view PATH`, where there are no other panes. */
#define BROWSER_ONLY "only the browser is here: q ends it"

struct console;
struct view_input;

/* Opens it, or goes back to it if it is open, and shows the pane. */
void browser_open(struct console *console, const char *path);
/* `view [SESSION|PATH]` given in the console; argument NULL: the selected session. */
bool browser_view_argument(struct console *console, const char *argument, struct error *err);
/* Back to the pane it was opened from. */
void browser_leave(struct console *console);
void browser_close(struct console *console);
bool browser_is_open(const struct console *console);

/* While its pane has the focus. False: not an action of the browser's. */
bool browser_act(struct console *console, const char *action);
/* Whether it is one of them. */
bool browser_knows(const struct console *console, const char *action);
/* Enter in a field that the browser opened. False: not one of those. */
bool browser_take_entry(struct console *console, const char *action, const char *text);
/* The letter of a mark is waited for: the key is used up. */
bool browser_take_key(struct console *console, int code);
/* After each frame: pages around what is shown. */
void browser_update(struct console *console);
void browser_fill_input(const struct console *console, struct view_input *input);

/* Commands of the command line. */
bool browser_goto(struct console *console, const char *where, struct error *err);
bool browser_export(struct console *console, size_t word_count, char **words, struct error *err);

#endif
