/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words → tree. The precedence is LTTng's: shifts and bits bind tighter than comparisons. Recursion
 * is bounded by FILTER_NESTING_MAX times the levels of precedence; chains of operators don't
 * recurse.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/base/filter/filter_parts.h"
#include "backend/base/mem.h"

struct parser {
	struct lexer lexer;
	struct filter *filter;
	unsigned int nesting;
};

static const int precedences[] = {
	[FILTER_OR] = 1,	  [FILTER_AND] = 2,	[FILTER_EQ] = 3,
	[FILTER_NE] = 3,	  [FILTER_LT] = 4,	[FILTER_GT] = 4,
	[FILTER_LE] = 4,	  [FILTER_GE] = 4,	[FILTER_BIT_OR] = 5,
	[FILTER_BIT_XOR] = 6,	  [FILTER_BIT_AND] = 7, [FILTER_SHIFT_LEFT] = 8,
	[FILTER_SHIFT_RIGHT] = 8,
};

static struct filter_item *parse_binary(struct parser *parser, int weakest);

static bool complain_of_token(const struct parser *parser, const char *wanted)
{
	const struct token *token = &parser->lexer.token;

	if (token->kind == TOKEN_END)
		return filter_complain(parser->lexer.problem, token->begin, token->end,
				       "the expression ends where %s is missing", wanted);
	return filter_complain(parser->lexer.problem, token->begin, token->end,
			       "%s is missing before '%s'", wanted,
			       filter_word(parser->lexer.text, token->begin, token->end).bytes);
}

static bool deepen(struct parser *parser)
{
	const struct token *token = &parser->lexer.token;

	if (parser->nesting++ < FILTER_NESTING_MAX)
		return true;
	return filter_complain(parser->lexer.problem, token->begin, token->end,
			       "more than %d levels inside each other", FILTER_NESTING_MAX);
}

/* --- values */

/* The bytes between the quotes; LTTng leaves out line breaks. */
static struct filter_item *parse_string(struct parser *parser)
{
	const struct token token = parser->lexer.token;
	size_t first = token.begin + (parser->lexer.text[token.begin] == 'L') + 1;
	struct filter_item *item =
		filter_add(parser->filter, FILTER_STRING, token.begin, token.end);
	char *bytes = mem_alloc(token.end - first);
	size_t length = 0;

	for (size_t i = first; i < token.end - 1; i++)
		if (parser->lexer.text[i] != '\n')
			bytes[length++] = parser->lexer.text[i];
	bytes[length] = '\0';
	item->sort = SORT_STRING;
	item->node.string.bytes = bytes;
	item->node.string.has_star = text_has_glob(bytes);
	return filter_lex(&parser->lexer) ? item : NULL;
}

static struct filter_item *parse_constant(struct parser *parser)
{
	const struct token token = parser->lexer.token;
	bool is_float = token.kind == TOKEN_FLOAT;
	struct filter_item *item = filter_add(
		parser->filter, is_float ? FILTER_FLOAT : FILTER_INTEGER, token.begin, token.end);

	item->sort = is_float ? SORT_FLOAT : SORT_INTEGER;
	if (is_float) {
		item->node.number = token.number;
	} else {
		item->node.integer.value = token.integer;
		item->node.integer.is_unsigned = token.integer > INT64_MAX;
	}
	return filter_lex(&parser->lexer) ? item : NULL;
}

struct path {
	struct filter_step *steps;
	size_t count, room;
	size_t end;
};

static struct filter_step *add_step(struct path *path)
{
	path->steps = mem_grow(path->steps, path->count, &path->room, sizeof(*path->steps));
	memset(&path->steps[path->count], 0, sizeof(*path->steps));
	return &path->steps[path->count++];
}

static bool parse_name(struct parser *parser, struct path *path)
{
	const struct token *token = &parser->lexer.token;

	if (token->kind != TOKEN_NAME)
		return complain_of_token(parser, "a field's name");
	add_step(path)->name =
		mem_strndup(parser->lexer.text + token->begin, token->end - token->begin);
	path->end = token->end;
	return filter_lex(&parser->lexer);
}

/* Behind the opening bracket. */
static bool parse_index(struct parser *parser, struct path *path)
{
	const struct token *token = &parser->lexer.token;

	if (token->kind != TOKEN_INTEGER)
		return complain_of_token(parser, "an index, a plain integer,");
	add_step(path)->index = token->integer;
	if (!filter_lex(&parser->lexer))
		return false;
	if (token->kind != TOKEN_CLOSE_INDEX)
		return complain_of_token(parser, "']'");
	path->end = token->end;
	return filter_lex(&parser->lexer);
}

static bool parse_path(struct parser *parser, enum filter_scope scope, struct path *path)
{
	const struct token *token = &parser->lexer.token;

	if (scope != FILTER_PAYLOAD) {
		if (!filter_lex(&parser->lexer))
			return false;
		if (token->kind != TOKEN_DOT)
			return complain_of_token(parser, "'.' and a context's name");
		if (!filter_lex(&parser->lexer))
			return false;
	}
	if (!parse_name(parser, path))
		return false;
	while (token->kind == TOKEN_DOT || token->kind == TOKEN_OPEN_INDEX) {
		bool is_index = token->kind == TOKEN_OPEN_INDEX;

		if (!filter_lex(&parser->lexer) ||
		    !(is_index ? parse_index(parser, path) : parse_name(parser, path)))
			return false;
	}
	return true;
}

static struct filter_item *parse_field(struct parser *parser)
{
	const struct token token = parser->lexer.token;
	enum filter_scope scope = FILTER_PAYLOAD;
	struct path path = {0};

	if (token.kind == TOKEN_ROOT)
		scope = parser->lexer.text[token.begin + 1] == 'c' ? FILTER_CONTEXT
								   : FILTER_APP_CONTEXT;
	if (!parse_path(parser, scope, &path)) {
		filter_free_steps(path.steps, path.count);
		return NULL;
	}
	return filter_add_field(parser->filter, scope, path.steps, path.count, token.begin,
				path.end);
}

static struct filter_item *parse_parentheses(struct parser *parser)
{
	const struct token open = parser->lexer.token;
	struct filter_item *item;

	if (!deepen(parser) || !filter_lex(&parser->lexer))
		return NULL;
	item = parse_binary(parser, 1);
	if (!item)
		return NULL;
	if (parser->lexer.token.kind == TOKEN_END) {
		filter_complain(parser->lexer.problem, open.begin, open.end,
				"this parenthesis isn't closed");
		return NULL;
	}
	if (parser->lexer.token.kind != TOKEN_CLOSE) {
		complain_of_token(parser, "an operator or ')'");
		return NULL;
	}
	parser->nesting--;
	return filter_lex(&parser->lexer) ? item : NULL;
}

/* --- operations */

static struct filter_item *parse_operand(struct parser *parser);

static struct filter_item *parse_unary(struct parser *parser)
{
	const struct token token = parser->lexer.token;
	struct filter_item *operand;
	struct filter_item *item;

	if (!deepen(parser) || !filter_lex(&parser->lexer))
		return NULL;
	operand = parse_operand(parser);
	if (!operand)
		return NULL;
	parser->nesting--;
	item = filter_add(parser->filter, FILTER_UNARY, token.begin, operand->node.end);
	item->sort = operand->sort;
	item->node.operation.op = token.op;
	item->node.operation.left = &operand->node;
	operand->parent = item;
	return filter_check_unary(&parser->lexer, item) ? item : NULL;
}

static struct filter_item *parse_operand(struct parser *parser)
{
	switch (parser->lexer.token.kind) {
	case TOKEN_SIGN:
	case TOKEN_UNARY:
		return parse_unary(parser);
	case TOKEN_OPEN:
		return parse_parentheses(parser);
	case TOKEN_NAME:
	case TOKEN_ROOT:
		return parse_field(parser);
	case TOKEN_STRING:
		return parse_string(parser);
	case TOKEN_INTEGER:
	case TOKEN_FLOAT:
		return parse_constant(parser);
	default:
		complain_of_token(parser, "a value");
		return NULL;
	}
}

static struct filter_item *add_binary(struct parser *parser, enum filter_operator op,
				      struct filter_item *left, struct filter_item *right)
{
	struct filter_item *item =
		filter_add(parser->filter, FILTER_BINARY, left->node.begin, right->node.end);

	item->sort = SORT_INTEGER;
	item->node.operation.op = op;
	item->node.operation.left = &left->node;
	item->node.operation.right = &right->node;
	left->parent = item;
	right->parent = item;
	return filter_check_binary(&parser->lexer, item) ? item : NULL;
}

/* Operators of at least this precedence; equal ones from left to right. */
static struct filter_item *parse_binary(struct parser *parser, int weakest)
{
	const struct token *token = &parser->lexer.token;
	struct filter_item *item = parse_operand(parser);

	while (item && token->kind == TOKEN_BINARY && precedences[token->op] >= weakest) {
		enum filter_operator op = token->op;
		struct filter_item *right;

		if (!filter_lex(&parser->lexer))
			return NULL;
		right = parse_binary(parser, precedences[op] + 1);
		if (!right)
			return NULL;
		item = add_binary(parser, op, item, right);
	}
	if (item && (token->kind == TOKEN_SIGN || token->kind == TOKEN_MISSING_OPERATOR)) {
		filter_complain(parser->lexer.problem, token->begin, token->end,
				"there is no arithmetic: '%s' can't stand between two values",
				filter_word(parser->lexer.text, token->begin, token->end).bytes);
		return NULL;
	}
	return item;
}

static bool parse_all(struct parser *parser)
{
	const struct token *token = &parser->lexer.token;
	struct filter_item *item;

	if (!filter_lex(&parser->lexer))
		return false;
	if (token->kind == TOKEN_END)
		return filter_complain(parser->lexer.problem, 0, parser->lexer.length,
				       "the expression is empty");
	item = parse_binary(parser, 1);
	if (!item)
		return false;
	if (token->kind == TOKEN_CLOSE)
		return filter_complain(parser->lexer.problem, token->begin, token->end,
				       "no parenthesis is open here");
	if (token->kind != TOKEN_END)
		return complain_of_token(parser, "an operator");
	parser->filter->root = &item->node;
	return filter_check_root(&parser->lexer, item);
}

struct filter *filter_parse(const char *text, struct filter_problem *problem)
{
	size_t length = strlen(text);
	struct filter *filter;
	struct parser parser;

	if (length > FILTER_TEXT_MAX) {
		filter_complain(problem, FILTER_TEXT_MAX, length, "a filter has at most %d bytes",
				FILTER_TEXT_MAX);
		return NULL;
	}
	filter = mem_zalloc(sizeof(*filter));
	filter->text = mem_strdup(text);
	parser = (struct parser){
		.lexer = {.text = filter->text, .length = length, .problem = problem},
		.filter = filter,
	};
	if (parse_all(&parser))
		return filter;
	filter_destroy(filter);
	return NULL;
}
