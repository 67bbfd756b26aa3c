/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What keys stand for: the console's own actions, else the focused view's, else a command line. */
#ifndef TRACON_CONSOLE_ACTION_H
#define TRACON_CONSOLE_ACTION_H

#include <stdbool.h>

#include "console/layout.h"

struct console;

/* False: nobody knows it. */
bool action_run(struct console *console, const char *action);
/* Whether it would mean something in the pane that has the focus: for help and the function bar. */
bool action_is_known(const struct console *console, const char *action);
/* Find, filter, or what else the focused view does with a text. */
bool action_on_view(struct console *console, const char *action, const char *argument);
/* To the clipboard if the terminal has one, and to the message line. */
void action_copy(struct console *console, const char *text);
bool action_on_pane(struct console *console, enum pane pane, const char *action,
		    const char *argument);
/* Enter or Esc in the open field. */
void action_accept_entry(struct console *console);
void action_cancel_entry(struct console *console);

#endif
