/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The words of a filter expression, as LTTng's own scanner divides it: C's, with ':' in names and
 * with strings in which a backslash means something only before '*' and '\'.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "backend/base/filter/filter_parts.h"

#define BLANKS	    " \t\n"
#define NAME_FIRST  "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_:"
#define NAME_LATER  NAME_FIRST "0123456789"
#define DIGITS	    "0123456789"
#define WORD_BYTES  24 /* of the text in a sentence */
#define ELLIPSIS    "\xe2\x80\xa6"
#define MESSAGE_MAX 200

struct mark {
	const char *text;
	enum token_kind kind;
	enum filter_operator op;
};

/* Longer ones before their beginnings. */
static const struct mark marks[] = {
	{"->", TOKEN_DOT, 0},
	{"<<", TOKEN_BINARY, FILTER_SHIFT_LEFT},
	{">>", TOKEN_BINARY, FILTER_SHIFT_RIGHT},
	{"==", TOKEN_BINARY, FILTER_EQ},
	{"!=", TOKEN_BINARY, FILTER_NE},
	{"<=", TOKEN_BINARY, FILTER_LE},
	{">=", TOKEN_BINARY, FILTER_GE},
	{"&&", TOKEN_BINARY, FILTER_AND},
	{"||", TOKEN_BINARY, FILTER_OR},
	{"<", TOKEN_BINARY, FILTER_LT},
	{">", TOKEN_BINARY, FILTER_GT},
	{"&", TOKEN_BINARY, FILTER_BIT_AND},
	{"|", TOKEN_BINARY, FILTER_BIT_OR},
	{"^", TOKEN_BINARY, FILTER_BIT_XOR},
	{"!", TOKEN_UNARY, FILTER_NOT},
	{"~", TOKEN_UNARY, FILTER_BIT_NOT},
	{"+", TOKEN_SIGN, FILTER_PLUS},
	{"-", TOKEN_SIGN, FILTER_MINUS},
	{"*", TOKEN_MISSING_OPERATOR, 0},
	{"/", TOKEN_MISSING_OPERATOR, 0},
	{"%", TOKEN_MISSING_OPERATOR, 0},
	{"(", TOKEN_OPEN, 0},
	{")", TOKEN_CLOSE, 0},
	{"[", TOKEN_OPEN_INDEX, 0},
	{"]", TOKEN_CLOSE_INDEX, 0},
	{".", TOKEN_DOT, 0},
};

bool filter_complain(struct filter_problem *problem, size_t begin, size_t end, const char *format,
		     ...)
{
	char message[MESSAGE_MAX];
	va_list args;

	if (!problem)
		return false;
	va_start(args, format);
	vsnprintf(message, sizeof(message), format, args);
	va_end(args);
	problem->begin = begin;
	problem->end = end;
	return error_set(&problem->error, ERROR_INVALID, "%s", message);
}

struct word filter_word(const char *text, size_t begin, size_t end)
{
	size_t length = end - begin < WORD_BYTES ? end - begin : WORD_BYTES;
	struct text sane = {0};
	struct word word;

	text_add_sane(&sane, text + begin, length, TEXT_SANE_LINE);
	if (sane.length + strlen(ELLIPSIS) >= sizeof(word.bytes))
		snprintf(word.bytes, sizeof(word.bytes), "%s", ELLIPSIS);
	else
		snprintf(word.bytes, sizeof(word.bytes), "%s%s", text_str(&sane),
			 length < end - begin ? ELLIPSIS : "");
	text_finish(&sane);
	return word;
}

/* False: a comment that does not end. One of a line ends with the text as well. */
static bool skip_blanks(struct lexer *lexer)
{
	const char *text = lexer->text;

	for (;;) {
		size_t begin = lexer->at += strspn(text + lexer->at, BLANKS);
		const char *end;

		if (strncmp(text + begin, "//", 2) == 0) {
			lexer->at = (size_t)(strchrnul(text + begin, '\n') - text);
		} else if (strncmp(text + begin, "/*", 2) == 0) {
			end = strstr(text + begin + 2, "*/");
			if (!end)
				return filter_complain(lexer->problem, begin, lexer->length,
						       "this comment has no end");
			lexer->at = (size_t)(end - text) + 2;
		} else {
			return true;
		}
	}
}

static bool finish(struct lexer *lexer, enum token_kind kind, size_t end)
{
	lexer->token.kind = kind;
	lexer->token.end = end;
	lexer->at = end;
	return true;
}

/* LTTng ends a string at the next quote of its kind, whatever is before it. */
static bool lex_string(struct lexer *lexer)
{
	const char *text = lexer->text;
	size_t begin = lexer->at + (text[lexer->at] == 'L');
	const char *end = strchr(text + begin + 1, text[begin]);

	if (!end)
		return filter_complain(lexer->problem, lexer->at, lexer->length,
				       "this string has no end");
	if (text[begin] == '\'' && end == text + begin + 1)
		return filter_complain(lexer->problem, lexer->at, (size_t)(end - text) + 1,
				       "nothing between the quotes: the empty string is \"\"");
	for (const char *byte = text + begin + 1; byte < end; byte++) {
		size_t at = (size_t)(byte - text);

		if (*byte != '\\')
			continue;
		byte++;
		if (byte == end)
			return filter_complain(lexer->problem, at, at + 1,
					       "a backslash goes only before '*' and '\\': a quote "
					       "ends the string");
		if (*byte != '*' && *byte != '\\')
			return filter_complain(lexer->problem, at, at + 2,
					       "a backslash goes only before '*' and '\\'");
	}
	return finish(lexer, TOKEN_STRING, (size_t)(end - text) + 1);
}

static bool lex_root(struct lexer *lexer)
{
	size_t begin = lexer->at;
	size_t length = 1 + strspn(lexer->text + begin + 1, NAME_LATER);

	if (length != 4 || (strncmp(lexer->text + begin, "$ctx", 4) != 0 &&
			    strncmp(lexer->text + begin, "$app", 4) != 0))
		return filter_complain(lexer->problem, begin, begin + length,
				       "'%s': only $ctx.NAME and $app.PROVIDER:NAME begin with a "
				       "dollar",
				       filter_word(lexer->text, begin, begin + length).bytes);
	return finish(lexer, TOKEN_ROOT, begin + length);
}

static bool complain_of_byte(const struct lexer *lexer)
{
	size_t begin = lexer->at;
	size_t end = begin + 1;

	/* The whole of a character that has several bytes. */
	while (((unsigned char)lexer->text[end] & 0xc0) == 0x80)
		end++;
	if (lexer->text[begin] == '=')
		return filter_complain(lexer->problem, begin, end, "'=' compares nothing: use ==");
	return filter_complain(lexer->problem, begin, end, "'%s' has no meaning here",
			       filter_word(lexer->text, begin, end).bytes);
}

static bool lex_mark(struct lexer *lexer)
{
	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		size_t length = strlen(marks[i].text);

		if (strncmp(lexer->text + lexer->at, marks[i].text, length) != 0)
			continue;
		lexer->token.op = marks[i].op;
		return finish(lexer, marks[i].kind, lexer->at + length);
	}
	return complain_of_byte(lexer);
}

bool filter_lex(struct lexer *lexer)
{
	const char *rest;
	size_t length;

	if (!skip_blanks(lexer))
		return false;
	rest = lexer->text + lexer->at;
	lexer->token = (struct token){.begin = lexer->at};
	if (!*rest)
		return finish(lexer, TOKEN_END, lexer->at);
	if (strspn(rest, DIGITS) > 0 || (rest[0] == '.' && strspn(rest + 1, DIGITS) > 0))
		return filter_lex_number(lexer);
	if (rest[rest[0] == 'L'] == '"' || rest[rest[0] == 'L'] == '\'')
		return lex_string(lexer);
	if (rest[0] == '$')
		return lex_root(lexer);
	length = strspn(rest, NAME_FIRST) ? strspn(rest, NAME_LATER) : 0;
	if (length == 1 && rest[0] == ':')
		length = 0;
	if (length > 0)
		return finish(lexer, TOKEN_NAME, lexer->at + length);
	return lex_mark(lexer);
}
