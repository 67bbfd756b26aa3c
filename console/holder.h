/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The thin process in the user's terminal: it hands the terminal to the engine, forwards size
 * changes and job control, and puts the terminal back in order whatever happens to the engine.
 */
#ifndef TRACON_CONSOLE_HOLDER_H
#define TRACON_CONSOLE_HOLDER_H

#include <stdbool.h>

struct terminal_here;

enum color_choice { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct holder_options {
	enum color_choice color; /* AUTO obeys NO_COLOR */
	bool utf8;		 /* --utf8: the terminal takes UTF-8 whatever the locale says */
};

/* Whether holder_run can work here: input and output are terminals and TERM can move the cursor. */
bool holder_is_possible(void);

/*
 * The connection has said hello with ROLE_OF_TERMINAL and read the engine's answer; it is closed
 * here. Returns the exit status when the engine lets the terminal go or ends. All signals may be
 * blocked by the caller; they get their default actions back here. No threads may run.
 */
int holder_run(int connection, const struct holder_options *options);

/* What a process says of its terminal: type, size, colours, characters. Uses the locale. */
void holder_describe(int terminal, const struct holder_options *options,
		     struct terminal_here *here);
/* A description of standard input's terminal that nobody shares, non-blocking; -1 if not allowed.
 */
int holder_open_terminal(void);
/* Stops this process as Ctrl-Z does; returns when it is in the foreground again. */
void holder_stop(int terminal);

#endif
