/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words are what blanks divide; one that is wider than a row goes on in the next. */
#include "views/sentence.h"

#include <string.h>

#include "backend/base/text.h"
#include "backend/base/utf8.h"

#define NARROW_COLUMNS 20 /* up to here no column is left for a margin */

static int columns_of(const struct canvas *canvas, const char *text, size_t length)
{
	struct text line = {0};
	int columns;

	text_add_bytes(&line, text, length);
	columns = canvas_text_columns(canvas, text_str(&line));
	text_finish(&line);
	return columns;
}

static size_t character_bytes(const char *text)
{
	size_t length = 1;

	while (length < UTF8_BYTES_MAX && ((unsigned char)text[length] & 0xc0) == 0x80)
		length++;
	return length;
}

/* Of a word that is too wide: what fits, at least one character. */
static size_t fit_characters(const struct canvas *canvas, const char *text, int columns)
{
	size_t used = 0;

	while (text[used]) {
		size_t end = used + character_bytes(text + used);

		if (used > 0 && columns_of(canvas, text, end) > columns)
			break;
		used = end;
	}
	return used;
}

size_t sentence_row(const struct canvas *canvas, int columns, const char *text, size_t *next)
{
	size_t used = 0;

	while (text[used]) {
		size_t end = used + strspn(text + used, " ");

		end += strcspn(text + end, " ");
		if (columns_of(canvas, text, end) > columns) {
			if (used == 0)
				used = fit_characters(canvas, text, columns);
			break;
		}
		used = end;
	}
	*next = used + strspn(text + used, " ");
	return used;
}

int sentence_rows(const struct canvas *canvas, int columns, const char *text)
{
	int rows = 0;

	do {
		size_t next;

		sentence_row(canvas, columns, text, &next);
		text += next;
		rows++;
	} while (*text);
	return rows;
}

const char *sentence_skip(const struct canvas *canvas, int columns, int rows, const char *text)
{
	for (int i = 0; i < rows && *text; i++) {
		size_t next;

		sentence_row(canvas, columns, text, &next);
		text += next;
	}
	return text;
}

int sentence_draw(struct canvas *canvas, int row, int column, int columns, int rows, enum role role,
		  const char *text)
{
	int used = 0;

	for (int i = 0; i < rows && *text; i++) {
		struct text line = {0};
		size_t next;

		text_add_bytes(&line, text, sentence_row(canvas, columns, text, &next));
		if (i + 1 == rows)
			text_add(&line, text + line.length); /* cut with a mark */
		used = canvas_text(canvas, row + i, column, columns, role, text_str(&line));
		text_finish(&line);
		text += next;
	}
	return used;
}

void sentence_draw_nothing(struct canvas *canvas, int row, int rows, enum role role,
			   const char *text)
{
	int column = canvas_columns(canvas) > NARROW_COLUMNS ? 1 : 0;

	sentence_draw(canvas, row, column, canvas_columns(canvas) - column, rows, role, text);
}
