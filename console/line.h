/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Command lines, one after the other: from -c, from a file, from standard input, or typed at a
 * prompt. Answers are those of one-shot commands, as each line takes the same way.
 */
#ifndef TRACON_CONSOLE_LINE_H
#define TRACON_CONSOLE_LINE_H

#include <stdbool.h>

#include "console/dispatch.h"

struct line_runner {
	struct dispatch *dispatch;
	bool keeps_going; /* not stopped by an error */
	/* With a backend in this process: whether it wants to end. Asked after each command. */
	bool (*is_over)(void *data);
	void *data;
};

/*
 * Each returns the status of the command that stopped it; with keeps_going the first one that was
 * not 0; 0 if there was none. A person at a prompt goes on after errors, and it is 0.
 */
int line_run_commands(const struct line_runner *runner, const char *commands);
int line_run_file(const struct line_runner *runner, const char *path);
int line_run_input(const struct line_runner *runner);

#endif
