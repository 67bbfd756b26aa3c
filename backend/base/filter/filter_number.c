/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Constants: C's integers and floating-point numbers, the longest that fits. Suffixes say nothing:
 * every integer has 64 bits. What LTTng's reader refuses ("0X10", "0u") is refused, so that it
 * takes what we take.
 */
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/filter/filter_parts.h"
#include "backend/base/mem.h"

#define DIGITS	     "0123456789"
#define OCTAL	     "01234567"
#define HEXADECIMAL  "0123456789abcdefABCDEF"
#define FLOAT_SUFFIX "fFlL"
#define WORD_BYTE    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_:0123456789"

static const char *const integer_suffixes[] = {
	"ull", "uLL", "Ull", "ULL", "llu", "llU", "LLu", "LLU", "ul", "uL", "Ul",
	"UL",  "lu",  "lU",  "Lu",  "LU",  "ll",  "LL",	 "u",	"U",  "l",  "L",
};

static bool is_hexadecimal(const char *text)
{
	return text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
}

/* "e+10" and the like at text: its length, or 0. */
static size_t exponent_length(const char *text, const char *letters)
{
	size_t sign;
	size_t digits;

	if (!*text || !strchr(letters, *text))
		return 0;
	sign = text[1] == '+' || text[1] == '-';
	digits = strspn(text + 1 + sign, DIGITS);
	return digits > 0 ? 1 + sign + digits : 0;
}

/* 0: no floating-point number. */
static size_t float_length(const char *text)
{
	bool is_hex = is_hexadecimal(text);
	const char *digits = is_hex ? HEXADECIMAL : DIGITS;
	size_t length = is_hex ? 2 : 0;
	size_t whole = strspn(text + length, digits);
	size_t fraction = 0;
	size_t exponent;
	bool has_point;

	length += whole;
	has_point = text[length] == '.';
	if (has_point)
		fraction = strspn(text + length + 1, digits);
	if (whole + fraction == 0)
		return 0;
	length += has_point + fraction;
	exponent = exponent_length(text + length, is_hex ? "pP" : "eE");
	if (!has_point && exponent == 0)
		return 0;
	length += exponent;
	return length + (text[length] && strchr(FLOAT_SUFFIX, text[length]));
}

static size_t digits_length(const char *text)
{
	size_t hexadecimal = is_hexadecimal(text) ? strspn(text + 2, HEXADECIMAL) : 0;

	if (hexadecimal > 0)
		return 2 + hexadecimal;
	return strspn(text, text[0] == '0' ? OCTAL : DIGITS);
}

static size_t suffix_length(const char *text)
{
	for (size_t i = 0; i < COUNT_OF(integer_suffixes); i++)
		if (strncmp(text, integer_suffixes[i], strlen(integer_suffixes[i])) == 0)
			return strlen(integer_suffixes[i]);
	return 0;
}

static bool read_float(struct lexer *lexer, size_t length)
{
	char *digits = mem_strndup(lexer->text + lexer->at, length);
	locale_t plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);

	if (!plain)
		abort(); /* the C locale always is */
	lexer->token.kind = TOKEN_FLOAT;
	lexer->token.number = strtod_l(digits, NULL, plain);
	freelocale(plain);
	free(digits);
	return true;
}

static bool read_integer(struct lexer *lexer, size_t digits, size_t length)
{
	const char *text = lexer->text + lexer->at;
	size_t begin = lexer->at;

	if (is_hexadecimal(text) && text[1] == 'X')
		return filter_complain(lexer->problem, begin, begin + 2, "write 0x, not 0X");
	if (text[0] == '0' && digits == 1 && length > 1)
		return filter_complain(lexer->problem, begin + 1, begin + length,
				       "a zero takes no suffix");
	errno = 0;
	lexer->token.kind = TOKEN_INTEGER;
	lexer->token.integer = strtoull(text, NULL, 0);
	if (errno == ERANGE)
		return filter_complain(lexer->problem, begin, begin + length,
				       "this number needs more than 64 bits");
	return true;
}

bool filter_lex_number(struct lexer *lexer)
{
	const char *text = lexer->text + lexer->at;
	size_t digits = digits_length(text);
	size_t integer = digits > 0 ? digits + suffix_length(text + digits) : 0;
	size_t number = float_length(text);
	size_t length = number > integer ? number : integer;
	size_t word = length + strspn(text + length, WORD_BYTE);

	if (word > length)
		return filter_complain(lexer->problem, lexer->at, lexer->at + word,
				       "'%s' is no number",
				       filter_word(lexer->text, lexer->at, lexer->at + word).bytes);
	if (!(number > integer ? read_float(lexer, length) : read_integer(lexer, digits, length)))
		return false;
	lexer->token.end = lexer->at += length;
	return true;
}
