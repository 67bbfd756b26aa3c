/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sanitiser: untrusted bytes in, harmless UTF-8 out. Nothing that a terminal could take as a
 * command, that hides or reorders text, or that has no shape passes as itself.
 */
#include <langinfo.h>
#include <stdint.h>
#include <string.h>
#include <wchar.h>

#include "backend/base/mem.h"
#include "backend/base/text.h"
#include "backend/base/utf8.h"

#define INPUT_MAX_BYTES	    4096
#define COMBINING_MAX	    4 /* marks on one base; an ncurses cell holds five characters */
#define TAB_COLUMNS	    8
#define DOTTED_CIRCLE	    "\xe2\x97\x8c" /* U+25CC carries a mark that has no base */
#define ELLIPSIS	    "\xe2\x80\xa6"
#define HEXADECIMAL_COLUMNS 8 /* "<10FFFF>" */

struct range {
	uint32_t first;
	uint32_t last;
};

/* Sorted. Characters that reorder, hide or break text, or have no shape of their own. */
static const struct range hidden[] = {
	{0x00ad, 0x00ad},    /* soft hyphen */
	{0x061c, 0x061c},    /* Arabic letter mark */
	{0x115f, 0x1160},    /* Hangul fillers: blank */
	{0x17b4, 0x17b5},    /* Khmer inherent vowels: invisible */
	{0x180b, 0x180f},    /* Mongolian selectors and vowel separator */
	{0x200b, 0x200f},    /* zero-width space and joiners, direction marks */
	{0x2028, 0x202e},    /* line and paragraph separator, bidirectional embeddings */
	{0x2060, 0x206f},    /* word joiner, invisible operators, isolates, deprecated formats */
	{0x3164, 0x3164},    /* Hangul filler */
	{0xd800, 0xf8ff},    /* surrogates (never decoded), private use */
	{0xfdd0, 0xfdef},    /* noncharacters */
	{0xfeff, 0xfeff},    /* byte order mark */
	{0xffa0, 0xffa0},    /* halfwidth Hangul filler */
	{0xfff0, 0xfffb},    /* unassigned, interlinear annotation */
	{0xfffe, 0xffff},    /* noncharacters */
	{0x1d173, 0x1d17a},  /* musical format controls */
	{0xe0000, 0xe00ff},  /* tags */
	{0xe01f0, 0x10ffff}, /* unassigned, private use planes */
};

/* Sorted. The blocks of combining marks, for when the locale can't say. */
static const struct range combining[] = {
	{0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x0610, 0x061a}, {0x064b, 0x065f},
	{0x06d6, 0x06dc}, {0x0e34, 0x0e3a}, {0x0e47, 0x0e4e}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff},
	{0x20d0, 0x20f0}, {0x302a, 0x302d}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xe0100, 0xe01ef},
};

static bool is_in(const struct range *ranges, size_t count, uint32_t code_point)
{
	size_t low = 0;

	while (low < count) {
		size_t middle = low + (count - low) / 2;

		if (code_point > ranges[middle].last)
			low = middle + 1;
		else if (code_point < ranges[middle].first)
			count = middle;
		else
			return true;
	}
	return false;
}

/* wcwidth() answers for Unicode only in a UTF-8 locale; otherwise everything assigned is 1 wide. */
static int columns_of(uint32_t code_point, bool locale_is_utf8)
{
	if (locale_is_utf8)
		return wcwidth((wchar_t)code_point);
	return is_in(combining, COUNT_OF(combining), code_point) ? 0 : 1;
}

struct sane {
	struct text *text;
	unsigned int flags;
	bool locale_is_utf8;
	bool has_base; /* something stands before on this line */
	unsigned int marks_on_base;
	unsigned int column;
};

static void add_visible(struct sane *sane, const char *bytes, size_t length, unsigned int columns)
{
	text_add_bytes(sane->text, bytes, length);
	sane->column += columns;
	sane->has_base = true;
	sane->marks_on_base = 0;
}

static void add_hexadecimal(struct sane *sane, uint32_t value, bool is_byte)
{
	char shown[HEXADECIMAL_COLUMNS + 1];
	static const char digits[] = "0123456789ABCDEF";
	int shift = is_byte ? 4 : value > 0xfffff ? 20 : value > 0xffff ? 16 : 12;
	size_t length = 0;

	shown[length++] = '<';
	for (; shift >= 0; shift -= 4)
		shown[length++] = digits[value >> shift & 0xf];
	shown[length++] = '>';
	add_visible(sane, shown, length, (unsigned int)length);
}

static void add_control(struct sane *sane, uint32_t code_point)
{
	char shown[2] = {'^', (char)(code_point ^ 0x40)};

	add_visible(sane, shown, sizeof(shown), sizeof(shown));
}

static void end_line(struct sane *sane)
{
	text_add_char(sane->text, '\n');
	sane->column = 0;
	sane->has_base = false;
	sane->marks_on_base = 0;
}

static void expand_tab(struct sane *sane)
{
	do
		add_visible(sane, " ", 1, 1);
	while (sane->column % TAB_COLUMNS);
}

static void add_ascii(struct sane *sane, uint32_t code_point)
{
	char byte = (char)code_point;

	if (byte == '\n' && sane->flags & TEXT_SANE_LINES)
		end_line(sane);
	else if (byte == '\t' && sane->flags & TEXT_SANE_LINES)
		expand_tab(sane);
	else if (code_point < 0x20 || code_point == 0x7f)
		add_control(sane, code_point);
	else
		add_visible(sane, &byte, 1, 1);
}

/* A pile of marks would grow over the lines above: the fifth and later ones are dropped. */
static void add_combining(struct sane *sane, const char *bytes, size_t length)
{
	if (!sane->has_base)
		add_visible(sane, DOTTED_CIRCLE, strlen(DOTTED_CIRCLE), 1);
	if (sane->marks_on_base == COMBINING_MAX)
		return;
	sane->marks_on_base++;
	text_add_bytes(sane->text, bytes, length);
}

static void add_character(struct sane *sane, const char *bytes, size_t length, uint32_t code_point)
{
	int columns;

	if (code_point < 0x80) {
		add_ascii(sane, code_point);
		return;
	}
	if (code_point < 0xa0) {
		add_hexadecimal(sane, code_point, true);
		return;
	}
	columns = columns_of(code_point, sane->locale_is_utf8);
	if (columns < 0 || is_in(hidden, COUNT_OF(hidden), code_point))
		add_hexadecimal(sane, code_point, false);
	else if (columns == 0)
		add_combining(sane, bytes, length);
	else
		add_visible(sane, bytes, length, (unsigned int)columns);
}

size_t text_add_sane(struct text *text, const char *bytes, size_t length, unsigned int flags)
{
	size_t length_before = text->length;
	size_t position = 0;
	struct sane sane = {
		.text = text,
		.flags = flags,
		.locale_is_utf8 = !strcmp(nl_langinfo(CODESET), "UTF-8"),
	};

	while (position < length && position < INPUT_MAX_BYTES) {
		uint32_t code_point;
		size_t size = utf8_decode(bytes + position, length - position, &code_point);

		if (size)
			add_character(&sane, bytes + position, size, code_point);
		else
			add_hexadecimal(&sane, (unsigned char)bytes[position], true);
		position += size ? size : 1;
	}
	if (position < length)
		text_addf(text, ELLIPSIS "(+%zu kB)", (length - position + 1023) / 1024);
	return text->length - length_before;
}
