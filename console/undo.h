/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The last reversible things that were done, each with the way back: command lines, or what a pane
 * looked like. This run only.
 */
#ifndef TRACON_CONSOLE_UNDO_H
#define TRACON_CONSOLE_UNDO_H

#include <stdbool.h>
#include <stddef.h>

#include "console/layout.h"

struct console;

#define UNDO_STEPS_MAX 20

struct undo_step {
	char *title;   /* what was done: "disable-event -u …", "sort" */
	char *command; /* the way back, or NULL: memo */
	char *memo;    /* of the pane's view; NULL too: there is no way back */
	enum pane pane;
};

struct undo {
	struct undo_step steps[UNDO_STEPS_MAX]; /* oldest first */
	size_t count;
};

/* command: one line, several commands divided by "; ". */
void undo_push_command(struct undo *undo, const char *title, const char *command);
/* What can't be taken back: undo says so once, before it goes on with what was earlier. */
void undo_push_final(struct undo *undo, const char *title);
/* memo: of the view, before it was changed. */
void undo_push_view(struct undo *undo, const char *title, enum pane pane, const char *memo);
/* Takes the newest step back. */
void undo_run(struct console *console);
void undo_finish(struct undo *undo);

#endif
