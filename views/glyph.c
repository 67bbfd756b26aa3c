/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * UTF-8 to cells. The sanitiser ran before, so malformed input is not expected here; it is still
 * read within bounds and shown as '?'.
 */
#include "views/glyph.h"

#include <wchar.h>

#include "backend/base/utf8.h"

#define GLYPH_UNKNOWN '?'

void glyph_reader_init(struct glyph_reader *reader, const char *bytes, size_t length)
{
	reader->at = bytes;
	reader->end = reader->at + length;
}

/* The code point at reader->at; *length says how many bytes it takes, at least 1. */
static uint32_t peek(const struct glyph_reader *reader, size_t *length)
{
	uint32_t code_point;

	*length = utf8_decode(reader->at, (size_t)(reader->end - reader->at), &code_point);
	if (*length)
		return code_point;
	*length = 1;
	return GLYPH_UNKNOWN;
}

static bool is_plain(uint32_t code)
{
	return code >= 0x20 && code < 0x7f;
}

static int code_columns(uint32_t code)
{
	if (is_plain(code))
		return 1;
	return code ? wcwidth((wchar_t)code) : -1;
}

static void add_marks(struct glyph_reader *reader, struct cell *glyph, unsigned int count)
{
	size_t length;

	while (reader->at < reader->end && !is_plain((unsigned char)*reader->at)) {
		uint32_t code = peek(reader, &length);

		if (code_columns(code) != 0)
			break;
		if (count < CELL_CHARS)
			glyph->chars[count++] = code;
		reader->at += length;
	}
}

bool glyph_next(struct glyph_reader *reader, struct cell *glyph)
{
	size_t length;
	uint32_t code;
	int columns;

	if (reader->at >= reader->end)
		return false;
	*glyph = (struct cell){.width = 1};
	length = 1;
	code = (unsigned char)*reader->at;
	if (!is_plain(code))
		code = peek(reader, &length);
	columns = code_columns(code);
	if (columns == 0) {
		glyph->chars[0] = ' ';
		add_marks(reader, glyph, 1);
		return true;
	}
	reader->at += length;
	glyph->chars[0] = columns < 0 ? GLYPH_UNKNOWN : code;
	if (columns == 2)
		glyph->width = 2;
	add_marks(reader, glyph, 1);
	return true;
}

int glyph_columns(const char *bytes, size_t length)
{
	struct glyph_reader reader;
	struct cell glyph;
	int columns = 0;

	glyph_reader_init(&reader, bytes, length);
	while (glyph_next(&reader, &glyph))
		columns += glyph.width;
	return columns;
}
