/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The console's side of the tail: there is one while its pane is on the screen and a session
 * records, so that nothing is decoded for nobody.
 */
#ifndef TRACON_CONSOLE_TAILING_H
#define TRACON_CONSOLE_TAILING_H

#include <stdbool.h>

struct console;
struct view_input;

/* After each frame, and when the screen comes or goes. */
void tailing_update(struct console *console);
/* The backend is about to end: its tap is given back. */
void tailing_stop(struct console *console);
/* After the backend has stopped. */
void tailing_finish(struct console *console);
void tailing_fill_input(const struct console *console, struct view_input *input);

/* Opens the field for the filter's expression. */
void tailing_ask_filter(struct console *console);
bool tailing_take_entry(struct console *console, const char *action, const char *text);
/* Goes to the tail, filtered on events of that name. */
void tailing_show_event(struct console *console, const char *name);

#endif
