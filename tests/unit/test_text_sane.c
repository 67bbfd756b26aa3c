/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sanitiser, in a UTF-8 locale and in C: nothing that moves, hides or commands comes out. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/base/text.h"
#include "backend/base/utf8.h"

static void assert_sane(const char *bytes, size_t length, unsigned int flags, const char *expected)
{
	struct text text = {0};
	size_t added;

	text_add(&text, "<<");
	added = text_add_sane(&text, bytes, length, flags);
	assert_int_equal(added + 2, text.length);
	assert_string_equal(text_str(&text) + 2, expected);
	text_finish(&text);
}

#define ASSERT_SANE(bytes, expected) assert_sane(bytes, sizeof(bytes) - 1, TEXT_SANE_LINE, expected)

static void controls_are_carets(void **state)
{
	(void)state;
	ASSERT_SANE("a\x1b[2Jb", "a^[[2Jb");
	ASSERT_SANE("\x1b]52;c;AAAA\x07", "^[]52;c;AAAA^G");
	ASSERT_SANE("a\0b", "a^@b");
	ASSERT_SANE("\x7f\x1f", "^?^_");
	ASSERT_SANE("a\nb\tc\r", "a^Jb^Ic^M");
}

static void eight_bit_controls_are_hexadecimal(void **state)
{
	(void)state;
	ASSERT_SANE("\xc2\x9b"
		    "31m",
		    "<9B>31m");
	ASSERT_SANE("\x9b"
		    "31m",
		    "<9B>31m");
	ASSERT_SANE("\xc2\x80\xc2\x9f", "<80><9F>");
}

static void broken_utf8_is_shown_byte_by_byte(void **state)
{
	(void)state;
	ASSERT_SANE("\xff", "<FF>");
	ASSERT_SANE("\xc0\xaf", "<C0><AF>");		     /* overlong '/' */
	ASSERT_SANE("\xe0\x80\xaf", "<E0><80><AF>");	     /* overlong */
	ASSERT_SANE("\xed\xa0\x80", "<ED><A0><80>");	     /* surrogate */
	ASSERT_SANE("\xf4\x90\x80\x80", "<F4><90><80><80>"); /* above U+10FFFF */
	ASSERT_SANE("\xf5\x80\x80\x80", "<F5><80><80><80>");
	ASSERT_SANE("a\xc3", "a<C3>");
	ASSERT_SANE("\xe2\x82z", "<E2><82>z");
}

static void hidden_characters_are_shown(void **state)
{
	(void)state;
	ASSERT_SANE("a\u202eb", "a<202E>b");
	ASSERT_SANE("\u200e\u2066\u061c", "<200E><2066><061C>");
	ASSERT_SANE("\u200b\u2060\ufeff\u00ad", "<200B><2060><FEFF><00AD>");
	ASSERT_SANE("\U000e0041", "<E0041>");
	ASSERT_SANE("\ue000\U0010fffd", "<E000><10FFFD>");
	ASSERT_SANE("\u2028\u2029", "<2028><2029>");
	ASSERT_SANE("\xef\xbf\xbf", "<FFFF>");
}

static void readable_text_passes(void **state)
{
	(void)state;
	ASSERT_SANE("plain ~ text", "plain ~ text");
	ASSERT_SANE("é 日本 😀 Ω ▁▇", "é 日本 😀 Ω ▁▇");
	ASSERT_SANE("", "");
}

static void marks_are_bounded_and_carried(void **state)
{
	(void)state;
	ASSERT_SANE("e\u0301x", "e\u0301x");
	ASSERT_SANE("\u0301x", "◌\u0301x");
	ASSERT_SANE("a\u0300\u0301\u0302\u0303\u0304\u0305z", "a\u0300\u0301\u0302\u0303z");
	assert_sane("a\n\u0301", 4, TEXT_SANE_LINES, "a\n◌\u0301");
}

static void lines_keep_newlines_and_expand_tabs(void **state)
{
	(void)state;
	assert_sane("a\tb\n\tc\r", 7, TEXT_SANE_LINES, "a       b\n        c^M");
	assert_sane("12345678\tx", 10, TEXT_SANE_LINES, "12345678        x");
}

static void long_text_is_cut_and_says_so(void **state)
{
	char *many = mem_alloc(16 * 1024);
	struct text text = {0};

	(void)state;
	memset(many, 'a', 16 * 1024);
	text_add_sane(&text, many, 4096, TEXT_SANE_LINE);
	assert_int_equal(text.length, 4096);
	text_clear(&text);
	text_add_sane(&text, many, 16 * 1024, TEXT_SANE_LINE);
	assert_string_equal(text_str(&text) + 4096, "…(+12 kB)");
	text_clear(&text);
	/* The cut never falls into a character. */
	memcpy(many + 4095, "é", 2);
	text_add_sane(&text, many, 4098, TEXT_SANE_LINE);
	assert_string_equal(text_str(&text) + 4095, "é…(+1 kB)");
	text_finish(&text);
	free(many);
}

/* What may never be in the result, whatever came in. */
static void assert_harmless(const struct text *text, bool may_have_newlines)
{
	size_t position = 0;

	while (position < text->length) {
		uint32_t c;
		size_t size = utf8_decode(text->bytes + position, text->length - position, &c);

		assert_true(size > 0);
		assert_true(c >= 0x20 || (c == '\n' && may_have_newlines));
		assert_false(c >= 0x7f && c < 0xa0);
		assert_false(c == 0xad || c == 0x61c || c == 0xfeff);
		assert_false((c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e));
		assert_false(c >= 0x2060 && c <= 0x206f);
		assert_false((c >= 0xe000 && c <= 0xf8ff) || (c >= 0xe0000 && c <= 0xe00ff) ||
			     c >= 0xf0000);
		position += size;
	}
}

static void every_character_comes_out_harmless(void **state)
{
	struct text text = {0};
	char bytes[UTF8_BYTES_MAX];

	(void)state;
	for (uint32_t c = 0; c <= 0x10ffff; c++) {
		if (c >= 0xd800 && c <= 0xdfff)
			continue;
		text_clear(&text);
		text_add_sane(&text, bytes, utf8_encode(bytes, c), c % 2);
		assert_true(text.length > 0);
		assert_harmless(&text, c % 2);
	}
	text_finish(&text);
}

static void random_bytes_come_out_harmless(void **state)
{
	struct text text = {0};
	uint32_t random = 12345;
	char bytes[97];

	(void)state;
	for (int round = 0; round < 20000; round++) {
		for (size_t i = 0; i < sizeof(bytes); i++) {
			random = random * 1664525 + 1013904223;
			/* Mostly the lead and continuation bytes where the trouble is. */
			bytes[i] = (char)(random >> 24 | (random & 0x300 ? 0x80u : 0));
		}
		text_clear(&text);
		text_add_sane(&text, bytes, sizeof(bytes), (unsigned int)round % 2);
		assert_harmless(&text, round % 2);
	}
	text_finish(&text);
}

static void every_character_survives_utf8(void **state)
{
	char bytes[UTF8_BYTES_MAX];

	(void)state;
	for (uint32_t c = 0; c <= 0x10ffff; c++) {
		uint32_t decoded;
		size_t size;

		if (c >= 0xd800 && c <= 0xdfff)
			continue;
		size = utf8_encode(bytes, c);
		assert_int_equal(utf8_decode(bytes, size, &decoded), size);
		assert_int_equal(decoded, c);
		assert_int_equal(utf8_decode(bytes, size - 1, &decoded), 0);
	}
}

static void invalid_bytes_are_replaced(void **state)
{
	struct text text = {0};

	(void)state;
	utf8_add_valid(&text, "a\xff\xc3\xa9\xc3", 5);
	assert_string_equal(text_str(&text), "a\ufffdé\ufffd");
	text_finish(&text);
}

static int use_utf8(void **state)
{
	(void)state;
	return setlocale(LC_CTYPE, "C.UTF-8") ? 0 : -1;
}

static int use_c(void **state)
{
	(void)state;
	return setlocale(LC_CTYPE, "C") ? 0 : -1;
}

#define IN_BOTH_LOCALES(test)                                                                      \
	{#test "_in_utf8", test, use_utf8, NULL, NULL},                                            \
	{                                                                                          \
#test "_in_c", test, use_c, NULL, NULL                                             \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_BOTH_LOCALES(controls_are_carets),
		IN_BOTH_LOCALES(eight_bit_controls_are_hexadecimal),
		IN_BOTH_LOCALES(broken_utf8_is_shown_byte_by_byte),
		IN_BOTH_LOCALES(hidden_characters_are_shown),
		IN_BOTH_LOCALES(readable_text_passes),
		IN_BOTH_LOCALES(marks_are_bounded_and_carried),
		IN_BOTH_LOCALES(lines_keep_newlines_and_expand_tabs),
		IN_BOTH_LOCALES(long_text_is_cut_and_says_so),
		IN_BOTH_LOCALES(every_character_comes_out_harmless),
		IN_BOTH_LOCALES(random_bytes_come_out_harmless),
		cmocka_unit_test(every_character_survives_utf8),
		cmocka_unit_test(invalid_bytes_are_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
