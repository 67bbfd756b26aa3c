/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Command lines on their way: split, asked about, run here or handed to the backend, one after the
 * other; and their answers. Nothing here waits: a long rotation leaves the screen alive.
 */
#ifndef TRACON_CONSOLE_SUBMIT_H
#define TRACON_CONSOLE_SUBMIT_H

struct console;

enum submit_origin {
	FROM_KEY,    /* a key stands for it */
	FROM_PROMPT, /* typed */
	FROM_UNDO,   /* takes something back, and can't be taken back itself */
	FROM_FILE,   /* start-up file or `source`: no questions, errors don't stop it */
};

/*
 * Runs the commands of the text, separated by ';' or newlines. file: for messages, NULL unless
 * FROM_FILE. The first failing one ends a line that was typed.
 */
void submit_text(struct console *console, enum submit_origin origin, const char *file,
		 const char *text);
/* As if -y were given: the person was asked already. */
void submit_confirmed(struct console *console, const char *command);

#endif
