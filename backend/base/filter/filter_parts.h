/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Between the files of this folder: words of the text, and the tree while it grows. */
#ifndef TRACON_BASE_FILTER_PARTS_H
#define TRACON_BASE_FILTER_PARTS_H

#include "backend/base/filter/filter.h"

/* --- filter_lex.c: the words of an expression */

enum token_kind {
	TOKEN_END,
	TOKEN_INTEGER,
	TOKEN_FLOAT,
	TOKEN_STRING,
	TOKEN_NAME,
	TOKEN_ROOT,   /* "$ctx", "$app" */
	TOKEN_SIGN,   /* + -: unary only */
	TOKEN_UNARY,  /* ! ~ */
	TOKEN_BINARY, /* those that there are */
	TOKEN_MISSING_OPERATOR,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_OPEN_INDEX,
	TOKEN_CLOSE_INDEX,
	TOKEN_DOT, /* "." and "->" */
};

struct token {
	enum token_kind kind;
	size_t begin, end;
	enum filter_operator op;
	uint64_t integer;
	double number;
};

struct lexer {
	const char *text;
	size_t length;
	size_t at; /* behind the token */
	struct token token;
	struct filter_problem *problem; /* may be NULL */
};

/* Sets *problem (NULL passes). Always false. */
bool filter_complain(struct filter_problem *problem, size_t begin, size_t end, const char *format,
		     ...) __attribute__((format(printf, 4, 5)));
/* Reads the next token; false with the problem set. */
bool filter_lex(struct lexer *lexer);
/* A piece of the text for a sentence: sanitised, short. */
#define WORD_MAX 48
struct word {
	char bytes[WORD_MAX];
};
struct word filter_word(const char *text, size_t begin, size_t end);

/* filter_number.c: a token that begins with a digit, or with a point and a digit. */
bool filter_lex_number(struct lexer *lexer);

/* --- filter_tree.c: nodes, owned by the filter */

/* What is known of a value before any event is. */
enum filter_sort { SORT_INTEGER, SORT_FLOAT, SORT_STRING, SORT_FIELD };

struct filter_item {
	struct filter_node node;
	struct filter_item *parent;
	size_t number;	       /* in filter->items */
	enum filter_sort sort; /* of a unary operation: its operand's */
};

struct filter {
	char *text;
	struct filter_item **items; /* operands before their operation, else as in the text */
	size_t item_count, item_room;
	const struct filter_node *root;
	const struct filter_node **fields; /* by number */
	size_t field_count, field_room;
	void *fields_by_name; /* tsearch tree of the same, while parsing */
};

struct filter_item *filter_item_of(const struct filter_node *node);
struct filter_item *filter_add(struct filter *filter, enum filter_kind kind, size_t begin,
			       size_t end);
/* Takes the steps: the array and the names in it. */
struct filter_item *filter_add_field(struct filter *filter, enum filter_scope scope,
				     struct filter_step *steps, size_t step_count, size_t begin,
				     size_t end);
void filter_free_steps(struct filter_step *steps, size_t step_count);

/* --- filter_sort.c: what can't be, whatever the fields are */

bool filter_check_unary(const struct lexer *lexer, const struct filter_item *item);
bool filter_check_binary(const struct lexer *lexer, const struct filter_item *item);
bool filter_check_root(const struct lexer *lexer, const struct filter_item *item);

bool filter_is_comparison(enum filter_operator op);
bool filter_is_logical(enum filter_operator op);
const char *filter_operator_text(enum filter_operator op);

#endif
