/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line under the panes: readline through its callback interface, or, in a build without
 * readline, the small editor of the search fields. It edits and remembers lines; it draws into a
 * canvas and never touches the terminal.
 */
#ifndef TRACON_CONSOLE_PROMPT_H
#define TRACON_CONSOLE_PROMPT_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/text.h"
#include "views/canvas.h"

struct prompt;

struct prompt_calls {
	/* Enter was pressed; the line may be empty. It is in the history already. */
	void (*accept)(void *data, const char *line);
	/*
	 * Candidates for the word that ends at `point` (a byte offset): fills matches with whole
	 * words, quoted where needed, and returns the byte offset at which the word begins.
	 */
	size_t (*complete)(void *data, const char *line, size_t point, struct word_list *matches);
	void *data;
};

/*
 * One at a time in a process. history: file, or NULL for none. Before the first thread: readline
 * reads its inputrc and the locale here.
 */
struct prompt *prompt_create(const char *history, const struct prompt_calls *calls);
void prompt_destroy(struct prompt *prompt); /* NULL passes */

/* Another terminal came: readline learns its keys. Before newterm. */
void prompt_set_terminal(struct prompt *prompt, const char *term);
void prompt_set_size(struct prompt *prompt, int rows, int columns);

/* One key: its code, and the bytes of the whole character or sequence that stand for it. */
void prompt_key(struct prompt *prompt, int code, const char *bytes, size_t length);
/* Inserts at the cursor, one undo step. Control characters must be gone already. */
void prompt_insert(struct prompt *prompt, const char *text);
void prompt_set_line(struct prompt *prompt, const char *line); /* cursor at its end */
void prompt_cancel(struct prompt *prompt);		       /* Ctrl-C: empty line, no search */
const char *prompt_line(const struct prompt *prompt);
/* Whether a lone Esc means something to the editor (search, vi mode). */
bool prompt_wants_escape(const struct prompt *prompt);

/* What Tab found ambiguous: borrowed until the next key; NULL when there is nothing to show. */
const struct word_list *prompt_matches(const struct prompt *prompt);

/* On one row of the canvas; the cursor is set when it has the focus. */
void prompt_draw(const struct prompt *prompt, struct canvas *canvas, int row, bool has_focus);

/*
 * Line mode: one line from standard input, without its newline; NULL at the end. The caller frees.
 * On a terminal it can be edited and is remembered; the prefix is shown there only.
 */
char *prompt_read_line(const char *prefix);
/* Before the first line: where they are kept for the next time. NULL: nowhere. */
void prompt_set_line_history(const char *history);

#endif
