/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Splits TSDL into words, numbers, strings and marks; comments are blank. */
#include "backend/ctf/outline_parts.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static void skip_blank(struct outline_parser *parser)
{
	while (parser->at < parser->end) {
		const char *at = parser->at;

		if (isspace((unsigned char)*at)) {
			parser->at++;
		} else if (at + 1 < parser->end && at[0] == '/' && at[1] == '*') {
			const char *close = memmem(at + 2, (size_t)(parser->end - at - 2), "*/", 2);

			parser->at = close ? close + 2 : parser->end;
		} else if (at + 1 < parser->end && at[0] == '/' && at[1] == '/') {
			const char *newline = memchr(at, '\n', (size_t)(parser->end - at));

			parser->at = newline ? newline : parser->end;
		} else {
			return;
		}
	}
}

static bool is_name_byte(char byte)
{
	return isalnum((unsigned char)byte) || byte == '_';
}

static void take_string(struct outline_parser *parser)
{
	const char *at = parser->at + 1;

	while (at < parser->end && *at != '"')
		at += *at == '\\' && at + 1 < parser->end ? 2 : 1;
	if (at > parser->end)
		at = parser->end;
	parser->token =
		(struct outline_token){KIND_STRING, parser->at + 1, (size_t)(at - parser->at - 1)};
	parser->at = at < parser->end ? at + 1 : at;
}

void outline_advance(struct outline_parser *parser)
{
	const char *begin;

	skip_blank(parser);
	begin = parser->at;
	if (begin == parser->end) {
		parser->token = (struct outline_token){KIND_END, begin, 0};
		return;
	}
	if (*begin == '"') {
		take_string(parser);
		return;
	}
	if (is_name_byte(*begin)) {
		while (parser->at < parser->end && is_name_byte(*parser->at))
			parser->at++;
		parser->token = (struct outline_token){isdigit((unsigned char)*begin) ? KIND_NUMBER
										      : KIND_NAME,
						       begin, (size_t)(parser->at - begin)};
		return;
	}
	parser->at += begin + 1 < parser->end && begin[0] == ':' && begin[1] == '=' ? 2 : 1;
	parser->token = (struct outline_token){KIND_MARK, begin, (size_t)(parser->at - begin)};
}

bool outline_token_is(const struct outline_parser *parser, const char *text)
{
	const struct outline_token *token = &parser->token;

	return token->kind != KIND_STRING && token->kind != KIND_END &&
	       token->length == strlen(text) && !memcmp(token->begin, text, token->length);
}

bool outline_accept(struct outline_parser *parser, const char *text)
{
	if (!outline_token_is(parser, text))
		return false;
	outline_advance(parser);
	return true;
}

void outline_token_copy(const struct outline_token *token, char out[OUTLINE_NAME_MAX])
{
	size_t length = token->length < OUTLINE_NAME_MAX - 1 ? token->length : OUTLINE_NAME_MAX - 1;

	memcpy(out, token->begin, length);
	out[length] = '\0';
}

uint64_t outline_token_number(const struct outline_token *token)
{
	char digits[OUTLINE_NAME_MAX];

	outline_token_copy(token, digits);
	return token->kind == KIND_NUMBER ? strtoull(digits, NULL, 0) : 0;
}

/* Behind the brace that closes the block whose opening one comes next. */
void outline_skip_block(struct outline_parser *parser)
{
	unsigned int depth = 0;

	do {
		if (outline_token_is(parser, "{"))
			depth++;
		else if (outline_token_is(parser, "}") && depth > 0)
			depth--;
		outline_advance(parser);
	} while (depth > 0 && parser->token.kind != KIND_END);
}

/* Behind the semicolon of the statement, blocks inside it included; not over the outer brace. */
void outline_skip_statement(struct outline_parser *parser)
{
	while (parser->token.kind != KIND_END && !outline_token_is(parser, "}")) {
		if (outline_token_is(parser, "{")) {
			outline_skip_block(parser);
			continue;
		}
		if (outline_accept(parser, ";"))
			return;
		outline_advance(parser);
	}
}
