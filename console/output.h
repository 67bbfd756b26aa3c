/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What commands answered: lines above the command line, the oldest forgotten. */
#ifndef TRACON_CONSOLE_OUTPUT_H
#define TRACON_CONSOLE_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/text.h"
#include "views/canvas.h"

#define OUTPUT_LINES_MAX 2000

struct output_line {
	char *text; /* sanitised */
	enum role role;
};

struct output {
	struct output_line *lines; /* OUTPUT_LINES_MAX of them, as a ring */
	size_t first, count;
	size_t scroll;	     /* lines below the window */
	struct text partial; /* of a line whose end has not come yet */
};

void output_init(struct output *output);
void output_finish(struct output *output);
/* Bytes as they come; lines end with a newline. */
void output_add(struct output *output, enum role role, const char *bytes, size_t length);
/* Ends a line that came without its newline. */
void output_end_line(struct output *output, enum role role);
/* Positive: towards older lines. */
void output_scroll(struct output *output, int lines, int rows);
/* Rows that the newest `count` lines take, wrapped to the columns. */
size_t output_rows(const struct output *output, size_t count, int columns);
void output_draw(const struct output *output, struct canvas *canvas);

#endif
