/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What makes no sense whatever the fields are: LTTng's own rules for constants, each with the place
 * of what is wrong.
 */
#include "backend/base/filter/filter_parts.h"
#include "backend/base/mem.h"

static const char *const operator_texts[] = {
	[FILTER_PLUS] = "+",	    [FILTER_MINUS] = "-",	 [FILTER_NOT] = "!",
	[FILTER_BIT_NOT] = "~",	    [FILTER_OR] = "||",		 [FILTER_AND] = "&&",
	[FILTER_BIT_OR] = "|",	    [FILTER_BIT_XOR] = "^",	 [FILTER_BIT_AND] = "&",
	[FILTER_EQ] = "==",	    [FILTER_NE] = "!=",		 [FILTER_LT] = "<",
	[FILTER_GT] = ">",	    [FILTER_LE] = "<=",		 [FILTER_GE] = ">=",
	[FILTER_SHIFT_LEFT] = "<<", [FILTER_SHIFT_RIGHT] = ">>",
};

const char *filter_operator_text(enum filter_operator op)
{
	return operator_texts[op];
}

bool filter_is_comparison(enum filter_operator op)
{
	return op >= FILTER_EQ && op <= FILTER_GE;
}

bool filter_is_logical(enum filter_operator op)
{
	return op == FILTER_AND || op == FILTER_OR;
}

static bool complain_at(const struct lexer *lexer, const struct filter_node *node,
			enum filter_operator op, const char *what)
{
	return filter_complain(lexer->problem, node->begin, node->end, "'%s' %s",
			       operator_texts[op], what);
}

bool filter_check_unary(const struct lexer *lexer, const struct filter_item *item)
{
	enum filter_operator op = item->node.operation.op;
	const struct filter_node *operand = item->node.operation.left;

	if (filter_item_of(operand)->sort == SORT_STRING)
		return complain_at(lexer, operand, op, "can't be used with a string");
	if (op == FILTER_BIT_NOT && filter_item_of(operand)->sort == SORT_FLOAT)
		return complain_at(lexer, operand, op, "takes integers only");
	return true;
}

static bool is_pattern(const struct filter_node *node)
{
	return node->kind == FILTER_STRING && filter_string_is_pattern(node);
}

static bool check_comparison(const struct lexer *lexer, const struct filter_item *item)
{
	enum filter_operator op = item->node.operation.op;
	const struct filter_node *left = item->node.operation.left;
	const struct filter_node *right = item->node.operation.right;
	enum filter_sort left_sort = filter_item_of(left)->sort;
	enum filter_sort right_sort = filter_item_of(right)->sort;

	if (left_sort != SORT_FIELD && right_sort != SORT_FIELD &&
	    (left_sort == SORT_STRING) != (right_sort == SORT_STRING))
		return complain_at(lexer, &item->node, op, "compares a string with a number");
	if ((is_pattern(left) && right->kind == FILTER_STRING && right->string.has_star) ||
	    (is_pattern(right) && left->kind == FILTER_STRING && left->string.has_star))
		return complain_at(lexer, &item->node, op, "compares two patterns");
	if (op != FILTER_EQ && op != FILTER_NE && (is_pattern(left) || is_pattern(right)))
		return complain_at(lexer, is_pattern(left) ? left : right, op,
				   "compares no patterns: only == and != do");
	return true;
}

bool filter_check_binary(const struct lexer *lexer, const struct filter_item *item)
{
	enum filter_operator op = item->node.operation.op;
	const struct filter_node *operands[] = {item->node.operation.left,
						item->node.operation.right};

	if (filter_is_comparison(op))
		return check_comparison(lexer, item);
	for (size_t i = 0; i < COUNT_OF(operands); i++) {
		enum filter_sort sort = filter_item_of(operands[i])->sort;

		if (sort == SORT_STRING)
			return complain_at(lexer, operands[i], op, "can't be used with a string");
		if (sort == SORT_FLOAT && !filter_is_logical(op))
			return complain_at(lexer, operands[i], op, "takes integers only");
	}
	return true;
}

bool filter_check_root(const struct lexer *lexer, const struct filter_item *item)
{
	const struct filter_node *node = &item->node;

	if (item->sort == SORT_STRING)
		return filter_complain(lexer->problem, node->begin, node->end,
				       "a string is neither true nor false: compare it");
	if (item->sort == SORT_FLOAT)
		return filter_complain(lexer->problem, node->begin, node->end,
				       "a floating-point number is neither true nor false: "
				       "compare it");
	return true;
}
