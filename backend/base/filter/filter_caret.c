/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An expression as people see it, with a mark below what is meant: "^" or "^~~~". */
#include <string.h>
#include <wchar.h>

#include "backend/base/filter/filter_parts.h"
#include "backend/base/utf8.h"

#define ELLIPSIS	 "\xe2\x80\xa6"
#define COLUMNS_MIN	 20
#define BYTES_BEFORE_MAX 512 /* before the mark: what no screen is wide enough for */
#define BYTES_SHOWN_MAX	 2048

/* Of text that was sanitised. */
static size_t columns_of(const char *bytes, size_t length)
{
	size_t columns = 0;

	for (size_t i = 0; i < length;) {
		uint32_t code_point = 0;
		size_t size = utf8_decode(bytes + i, length - i, &code_point);
		int width = size > 0 ? wcwidth((wchar_t)code_point) : 1;

		columns += width < 0 ? 1 : (size_t)width;
		i += size > 0 ? size : 1;
	}
	return columns;
}

static bool is_inside_character(const char *text, size_t at)
{
	return ((unsigned char)text[at] & 0xc0) == 0x80;
}

static size_t columns_of_piece(const char *text, size_t begin, size_t end)
{
	struct text sane = {0};
	size_t columns;

	text_add_sane(&sane, text + begin, end - begin, TEXT_SANE_LINE);
	columns = columns_of(text_str(&sane), sane.length);
	text_finish(&sane);
	return columns;
}

static size_t next_character(const char *text, size_t at)
{
	at++;
	while (is_inside_character(text, at))
		at++;
	return at;
}

/* The first byte to show: the text's, if all fits, else such that the mark is in the left half. */
static size_t find_first(const char *text, size_t mark, size_t length, size_t room)
{
	size_t first = mark > BYTES_BEFORE_MAX ? mark - BYTES_BEFORE_MAX : 0;

	while (first < mark && is_inside_character(text, first))
		first++;
	if (first == 0 && length < BYTES_SHOWN_MAX && columns_of_piece(text, 0, length) <= room)
		return 0;
	if (first == 0 && columns_of_piece(text, 0, mark) <= room / 2)
		return 0;
	while (first < mark && columns_of_piece(text, first, mark) > room / 2)
		first = next_character(text, first);
	return first;
}

/* Behind the last byte to show. */
static size_t find_last(const char *text, size_t first, size_t length, size_t room)
{
	size_t last = length - first > BYTES_SHOWN_MAX ? first + BYTES_SHOWN_MAX : length;
	size_t end = first;

	if (last == length && columns_of_piece(text, first, length) <= room)
		return length;
	while (end < last) {
		size_t next = next_character(text, end);

		if (columns_of_piece(text, first, next) + 1 > room)
			break;
		end = next;
	}
	return end;
}

void filter_print_caret(const char *text, const struct filter_problem *problem, int columns,
			struct text *out)
{
	size_t length = strlen(text);
	size_t room = columns > COLUMNS_MIN ? (size_t)columns : COLUMNS_MIN;
	size_t mark = problem->begin < length ? problem->begin : length;
	size_t first = find_first(text, mark, length, room - 1);
	bool is_cut = first > 0;
	size_t last = find_last(text, first, length, room - is_cut);
	size_t mark_end = problem->end < last ? problem->end : last;
	size_t before = is_cut + columns_of_piece(text, first, mark);

	text_add(out, is_cut ? ELLIPSIS : "");
	text_add_sane(out, text + first, last - first, TEXT_SANE_LINE);
	text_add(out, last < length ? ELLIPSIS "\n" : "\n");
	for (size_t i = 0; i < before; i++)
		text_add_char(out, ' ');
	text_add_char(out, '^');
	if (mark_end > mark)
		for (size_t i = 1; i < columns_of_piece(text, mark, mark_end); i++)
			text_add_char(out, '~');
	text_add_char(out, '\n');
}
