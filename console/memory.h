/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the console looked like, for the next start: STATE/layout, a JSON object. Per size of the
 * terminal the focus and the form of the panes; per pane what its view remembers; the last session.
 */
#ifndef TRACON_CONSOLE_MEMORY_H
#define TRACON_CONSOLE_MEMORY_H

struct console;
struct memory;

/* Of that file; NULL: nothing is remembered. Never fails: what can't be read is as if not there. */
struct memory *memory_create(const char *path);
void memory_destroy(struct memory *memory); /* NULL passes */

/* At the beginning, before the start-up file, which has the last word. */
void memory_recall_panes(struct console *console);
/* A terminal of this size was opened: the focus; with the first one the last session. */
void memory_recall(struct console *console);
/* Writes the file if something is different from what it says. */
void memory_save(struct console *console);

#endif
