/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Walks sanitised UTF-8 one glyph at a time: a base character with the combining marks that sit on
 * it, and the columns it takes on a terminal. Widths are the C library's for the current locale.
 */
#ifndef TRACON_VIEWS_GLYPH_H
#define TRACON_VIEWS_GLYPH_H

#include <stdbool.h>
#include <stddef.h>

#include "views/canvas.h"

struct glyph_reader {
	const char *at;
	const char *end;
};

void glyph_reader_init(struct glyph_reader *reader, const char *bytes, size_t length);
/* False at the end. A mark without a base sits on a space; what can't be shown becomes '?'. */
bool glyph_next(struct glyph_reader *reader, struct cell *glyph);
/* Columns of the whole text. */
int glyph_columns(const char *bytes, size_t length);

#endif
