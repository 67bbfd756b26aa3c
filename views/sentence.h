/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A sentence over several rows, broken between words: the command that helps comes last. */
#ifndef TRACON_VIEWS_SENTENCE_H
#define TRACON_VIEWS_SENTENCE_H

#include "views/canvas.h"

/* How many rows of that many columns all of it takes, at least 1. */
int sentence_rows(const struct canvas *canvas, int columns, const char *text);
/* Bytes that one row takes, at least one character; *next: where the rest begins. */
size_t sentence_row(const struct canvas *canvas, int columns, const char *text, size_t *next);
/* What is left of the text behind its first rows. */
const char *sentence_skip(const struct canvas *canvas, int columns, int rows, const char *text);
/*
 * At most `rows` rows; what doesn't fit is cut with a mark. The columns used in the last row are
 * returned.
 */
int sentence_draw(struct canvas *canvas, int row, int column, int columns, int rows, enum role role,
		  const char *text);
/* In place of a list that is empty: the canvas's whole width but a margin. */
void sentence_draw_nothing(struct canvas *canvas, int row, int rows, enum role role,
			   const char *text);

#endif
