/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An expression against fields whose types are known; see filter.h. */
#include <stdlib.h>

#include "backend/base/filter/filter_parts.h"
#include "backend/base/mem.h"

struct check {
	const struct filter *filter;
	enum filter_type (*type_of)(void *data, const struct filter_node *field);
	void (*tell)(void *data, const struct filter_problem *problem);
	void *data;
	size_t problem_count;
};

/* After a problem an operand counts as UNKNOWN: one mistake is told once. */
static enum filter_type complain(struct check *check, const struct filter_node *node,
				 const char *what)
{
	struct word word = filter_word(check->filter->text, node->begin, node->end);
	struct filter_problem problem = {.error = ERROR_INIT};

	filter_complain(&problem, node->begin, node->end, "'%s' %s", word.bytes, what);
	check->problem_count++;
	check->tell(check->data, &problem);
	return FILTER_TYPE_UNKNOWN;
}

static enum filter_type check_field(struct check *check, const struct filter_node *field)
{
	enum filter_type type = check->type_of(check->data, field);

	switch (type) {
	case FILTER_TYPE_UNKNOWN:
		return complain(check, field,
				field->field.scope == FILTER_PAYLOAD
					? "is no field of the events known now"
					: "is no context that is known");
	case FILTER_TYPE_ARRAY:
		return complain(check, field, "is an array: choose an element with [NUMBER]");
	case FILTER_TYPE_OTHER:
		return complain(check, field, "is nothing that can be compared");
	case FILTER_TYPE_ANY:
		return FILTER_TYPE_UNKNOWN;
	case FILTER_TYPE_INTEGER:
	case FILTER_TYPE_FLOAT:
	case FILTER_TYPE_STRING:
		break;
	}
	return type;
}

static enum filter_type check_bits(struct check *check, const struct filter_node *node,
				   enum filter_type type)
{
	if (type == FILTER_TYPE_STRING)
		return complain(check, node, "is a string: it has no bits");
	if (type == FILTER_TYPE_FLOAT)
		return complain(check, node, "is a floating-point number: it has no bits");
	return type;
}

static enum filter_type check_number(struct check *check, const struct filter_node *node,
				     enum filter_type type)
{
	if (type == FILTER_TYPE_STRING)
		return complain(check, node, "is a string, where a number is needed");
	return type;
}

static enum filter_type check_unary(struct check *check, const struct filter_node *node,
				    enum filter_type type)
{
	const struct filter_node *operand = node->operation.left;

	switch (node->operation.op) {
	case FILTER_BIT_NOT:
		return check_bits(check, operand, type);
	case FILTER_NOT:
		check_number(check, operand, type);
		return FILTER_TYPE_INTEGER;
	case FILTER_MINUS:
		return check_number(check, operand, type);
	default:
		return type;
	}
}

static enum filter_type check_binary(struct check *check, const struct filter_node *node,
				     enum filter_type left, enum filter_type right)
{
	enum filter_operator op = node->operation.op;

	if (filter_is_comparison(op)) {
		if (left != FILTER_TYPE_UNKNOWN && right != FILTER_TYPE_UNKNOWN &&
		    (left == FILTER_TYPE_STRING) != (right == FILTER_TYPE_STRING))
			complain(check, node, "compares a string with a number");
	} else if (filter_is_logical(op)) {
		check_number(check, node->operation.left, left);
		check_number(check, node->operation.right, right);
	} else {
		check_bits(check, node->operation.left, left);
		check_bits(check, node->operation.right, right);
	}
	return FILTER_TYPE_INTEGER;
}

/* types: of all items before this one, so of its operands; by their number. */
static enum filter_type check_item(struct check *check, const struct filter_item *item,
				   const enum filter_type *types)
{
	const struct filter_node *node = &item->node;

	switch (node->kind) {
	case FILTER_FLOAT:
		return FILTER_TYPE_FLOAT;
	case FILTER_STRING:
		return FILTER_TYPE_STRING;
	case FILTER_FIELD:
		return check_field(check, node);
	case FILTER_UNARY:
		return check_unary(check, node,
				   types[filter_item_of(node->operation.left)->number]);
	case FILTER_BINARY:
		return check_binary(check, node,
				    types[filter_item_of(node->operation.left)->number],
				    types[filter_item_of(node->operation.right)->number]);
	case FILTER_INTEGER:
		break;
	}
	return FILTER_TYPE_INTEGER;
}

size_t filter_check(const struct filter *filter,
		    enum filter_type (*type_of)(void *data, const struct filter_node *field),
		    void (*tell)(void *data, const struct filter_problem *problem), void *data)
{
	struct check check = {filter, type_of, tell, data, 0};
	enum filter_type *types =
		mem_realloc_array(NULL, filter->item_count, sizeof(enum filter_type));
	enum filter_type result;

	for (size_t i = 0; i < filter->item_count; i++)
		types[i] = check_item(&check, filter->items[i], types);
	result = types[filter->item_count - 1];
	if (result == FILTER_TYPE_STRING || result == FILTER_TYPE_FLOAT)
		complain(&check, filter->root,
			 "is neither true nor false: without a comparison nothing is recorded");
	free(types);
	return check.problem_count;
}
