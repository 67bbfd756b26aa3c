/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compares what the cells show, so that scrolled and cut texts are right too. */
#include "views/highlight.h"

#include "backend/base/text.h"
#include "backend/base/utf8.h"

#define BYTES_MAX 1024 /* of a row, from the first column on */

/* What the cells show, and the column of each of its bytes; one entry more for the end. */
static void read_cells(const struct canvas *canvas, int row, int begin, int end, struct text *bytes,
		       int *columns)
{
	char character[UTF8_BYTES_MAX];

	for (int at = begin; at < end; at++) {
		const struct cell *shown = canvas_cell(canvas, row, at);
		size_t length = 0;

		if (shown->width > 0)
			length = utf8_encode(character, shown->chars[0] ? shown->chars[0] : ' ');
		for (size_t i = 0; i < length && bytes->length < BYTES_MAX; i++) {
			columns[bytes->length] = at;
			text_add_char(bytes, character[i]);
		}
	}
	columns[bytes->length] = end;
	/* The blanks behind it are none of the text's. */
	while (bytes->length > 0 && bytes->bytes[bytes->length - 1] == ' ')
		bytes->bytes[--bytes->length] = '\0';
}

void highlight_cells(struct canvas *canvas, int row, int column, int columns,
		     const struct match *match)
{
	int places[BYTES_MAX + 1];
	struct text bytes = {0};
	size_t begin, end = 0;

	if (match_is_empty(match))
		return;
	read_cells(canvas, row, column, column + columns, &bytes, places);
	while (match_find(match, text_str(&bytes), end, &begin, &end))
		canvas_paint(canvas, row, places[begin], places[end] - places[begin], ROLE_MATCH);
	text_finish(&bytes);
}
