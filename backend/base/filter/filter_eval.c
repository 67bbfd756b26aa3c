/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Deciding, as LTTng-UST does: first whether the expression can be used with an event that has
 * these fields (it says no when one is missing or a string meets a number, even where the result
 * would not depend on it), then its value, from left to right. Integers have 64 bits and are
 * compared as signed ones. Some things make the whole expression false: an index behind the end, a
 * shift by less than 0 or more than 63, a floating-point number or a string as the result.
 */
#include <math.h>
#include <string.h>

#include "backend/base/filter/filter_parts.h"

#define TWO_TO_63 9223372036854775808.0

struct operand {
	enum { OPERAND_INTEGER, OPERAND_FLOAT, OPERAND_STRING } kind;
	union {
		int64_t integer;
		double number;
		struct {
			const char *bytes;
			size_t length;
			const struct filter_node *constant; /* NULL: a field */
		} string;
	};
};

struct run {
	void (*value_of)(void *data, const struct filter_node *field, struct filter_value *value);
	void *data;
	bool is_linking; /* only kinds count: all operands are looked at */
};

static bool compute(const struct run *run, const struct filter_node *top, struct operand *out);

static bool set_integer(struct operand *out, int64_t value)
{
	out->kind = OPERAND_INTEGER;
	out->integer = value;
	return true;
}

/* --- strings */

enum letter_kind { LETTER_END, LETTER_STAR, LETTER_BYTE };

struct letter {
	enum letter_kind kind;
	char byte;
};

/* The next byte of a field, or of a constant with its escapes taken away. */
static struct letter next_letter(const struct operand *operand, size_t *at)
{
	bool is_constant = operand->string.constant != NULL;
	const char *byte = operand->string.bytes + *at;

	if (*at >= operand->string.length || !*byte)
		return (struct letter){LETTER_END, 0};
	if (is_constant && *byte == '*')
		return (struct letter){LETTER_STAR, 0};
	if (is_constant && *byte == '\\') {
		byte++;
		++*at;
	}
	++*at;
	return (struct letter){LETTER_BYTE, *byte};
}

/* Below, above or 0. A star, which is at the end of a constant here, is equal to any rest. */
static int compare_strings(const struct operand *left, const struct operand *right)
{
	size_t left_at = 0;
	size_t right_at = 0;

	for (;;) {
		struct letter a = next_letter(left, &left_at);
		struct letter b = next_letter(right, &right_at);

		if (a.kind == LETTER_STAR || b.kind == LETTER_STAR)
			return 0;
		if (a.kind == LETTER_END || b.kind == LETTER_END)
			return (a.kind != LETTER_END) - (b.kind != LETTER_END);
		if (a.byte != b.byte)
			return a.byte < b.byte ? -1 : 1; /* plain chars, as the application's */
	}
}

static bool is_pattern(const struct operand *operand)
{
	return operand->kind == OPERAND_STRING && operand->string.constant &&
	       filter_string_is_pattern(operand->string.constant);
}

static bool matches_pattern(const struct operand *pattern, const struct operand *other)
{
	size_t length = strnlen(other->string.bytes, other->string.length);

	return text_glob_match_bytes(pattern->string.bytes, other->string.bytes, length);
}

/* --- operations */

static bool compare_by_order(enum filter_operator op, int order, int64_t *out)
{
	switch (op) {
	case FILTER_EQ:
		*out = order == 0;
		return true;
	case FILTER_NE:
		*out = order != 0;
		return true;
	case FILTER_LT:
		*out = order < 0;
		return true;
	case FILTER_GT:
		*out = order > 0;
		return true;
	case FILTER_LE:
		*out = order <= 0;
		return true;
	case FILTER_GE:
		*out = order >= 0;
		return true;
	default:
		return false;
	}
}

static bool compare_texts(enum filter_operator op, const struct operand *left,
			  const struct operand *right, int64_t *out)
{
	bool is_match;

	if (!is_pattern(left) && !is_pattern(right))
		return compare_by_order(op, compare_strings(left, right), out);
	if (op != FILTER_EQ && op != FILTER_NE)
		return false;
	is_match = is_pattern(right) ? matches_pattern(right, left) : matches_pattern(left, right);
	*out = is_match == (op == FILTER_EQ);
	return true;
}

/* No order when one is not a number: then only != is true. */
static bool compare_floats(enum filter_operator op, double left, double right, int64_t *out)
{
	if (isnan(left) || isnan(right)) {
		*out = op == FILTER_NE;
		return true;
	}
	return compare_by_order(op, (left > right) - (left < right), out);
}

static double as_float(const struct operand *operand)
{
	return operand->kind == OPERAND_FLOAT ? operand->number : (double)operand->integer;
}

static bool compare(enum filter_operator op, const struct operand *left,
		    const struct operand *right, struct operand *out)
{
	int64_t result = 0;
	bool is_done;

	if ((left->kind == OPERAND_STRING) != (right->kind == OPERAND_STRING))
		return false;
	if (left->kind == OPERAND_STRING)
		is_done = compare_texts(op, left, right, &result);
	else if (left->kind == OPERAND_FLOAT || right->kind == OPERAND_FLOAT)
		is_done = compare_floats(op, as_float(left), as_float(right), &result);
	else
		is_done = compare_by_order(
			op, (left->integer > right->integer) - (left->integer < right->integer),
			&result);
	return is_done && set_integer(out, result);
}

static bool combine_bits(const struct run *run, enum filter_operator op, const struct operand *left,
			 const struct operand *right, struct operand *out)
{
	uint64_t a, b;
	bool is_shift = op == FILTER_SHIFT_LEFT || op == FILTER_SHIFT_RIGHT;

	if (left->kind != OPERAND_INTEGER || right->kind != OPERAND_INTEGER)
		return false;
	a = (uint64_t)left->integer;
	b = (uint64_t)right->integer;
	if (is_shift && b > 63)
		return run->is_linking && set_integer(out, 0);
	switch (op) {
	case FILTER_BIT_OR:
		return set_integer(out, (int64_t)(a | b));
	case FILTER_BIT_XOR:
		return set_integer(out, (int64_t)(a ^ b));
	case FILTER_BIT_AND:
		return set_integer(out, (int64_t)(a & b));
	case FILTER_SHIFT_LEFT:
		return set_integer(out, (int64_t)(a << b));
	case FILTER_SHIFT_RIGHT:
		return set_integer(out, (int64_t)(a >> b));
	default:
		return false;
	}
}

/* What && and || see: a floating-point number loses its fraction. */
static bool make_truth(struct operand *operand)
{
	double number;

	if (operand->kind == OPERAND_STRING)
		return false;
	if (operand->kind == OPERAND_INTEGER)
		return true;
	number = operand->number;
	if (!(number >= -TWO_TO_63 && number < TWO_TO_63))
		return set_integer(operand, INT64_MIN); /* as processors convert what doesn't fit */
	return set_integer(operand, (int64_t)number);
}

/* *out is the left operand, and then the result: the right one's value unless it is not needed. */
static bool decide(const struct run *run, const struct filter_node *node, struct operand *out)
{
	bool is_and = node->operation.op == FILTER_AND;

	if (!make_truth(out))
		return false;
	if (!run->is_linking && is_and == (out->integer == 0))
		return set_integer(out, !is_and);
	return compute(run, node->operation.right, out) && make_truth(out);
}

static bool apply_unary(enum filter_operator op, struct operand *out)
{
	if (out->kind == OPERAND_STRING)
		return op == FILTER_PLUS;
	switch (op) {
	case FILTER_MINUS:
		if (out->kind == OPERAND_FLOAT)
			out->number = -out->number;
		else
			out->integer = (int64_t)(0 - (uint64_t)out->integer);
		return true;
	case FILTER_NOT:
		return set_integer(out, out->kind == OPERAND_FLOAT ? out->number == 0
								   : out->integer == 0);
	case FILTER_BIT_NOT:
		return out->kind == OPERAND_INTEGER && set_integer(out, ~out->integer);
	default:
		return true;
	}
}

static bool load(const struct run *run, const struct filter_node *field, struct operand *out)
{
	struct filter_value value = {.kind = FILTER_VALUE_MISSING};

	run->value_of(run->data, field, &value);
	switch (value.kind) {
	case FILTER_VALUE_SIGNED:
		return set_integer(out, value.signed_value);
	case FILTER_VALUE_UNSIGNED:
		return set_integer(out, (int64_t)value.unsigned_value);
	case FILTER_VALUE_FLOAT:
		out->kind = OPERAND_FLOAT;
		out->number = value.float_value;
		return true;
	case FILTER_VALUE_STRING:
		out->kind = OPERAND_STRING;
		out->string.bytes = value.string.bytes;
		out->string.length = value.string.length;
		out->string.constant = NULL;
		return true;
	case FILTER_VALUE_MISSING:
		break;
	}
	/* The field may be there, and only this time too short. */
	return run->is_linking && filter_field_has_index(field) && set_integer(out, 0);
}

static bool compute_leaf(const struct run *run, const struct filter_node *node, struct operand *out)
{
	switch (node->kind) {
	case FILTER_INTEGER:
		return set_integer(out, (int64_t)node->integer.value);
	case FILTER_FLOAT:
		out->kind = OPERAND_FLOAT;
		out->number = node->number;
		return true;
	case FILTER_STRING:
		out->kind = OPERAND_STRING;
		out->string.bytes = node->string.bytes;
		out->string.length = strlen(node->string.bytes);
		out->string.constant = node;
		return true;
	case FILTER_FIELD:
		return load(run, node, out);
	case FILTER_UNARY:
		return compute(run, node->operation.left, out) &&
		       apply_unary(node->operation.op, out);
	case FILTER_BINARY:
		break;
	}
	return false;
}

/* *out: the left operand's value, then the operation's. */
static bool apply_binary(const struct run *run, const struct filter_node *node, struct operand *out)
{
	enum filter_operator op = node->operation.op;
	struct operand left = *out;
	struct operand right;

	if (filter_is_logical(op))
		return decide(run, node, out);
	if (!compute(run, node->operation.right, &right))
		return false;
	if (filter_is_comparison(op))
		return compare(op, &left, &right, out);
	return combine_bits(run, op, &left, &right, out);
}

/* Chains lean to the left, without bound: down to the first operand and up again. */
static bool compute(const struct run *run, const struct filter_node *top, struct operand *out)
{
	const struct filter_node *node = top;

	while (node->kind == FILTER_BINARY)
		node = node->operation.left;
	if (!compute_leaf(run, node, out))
		return false;
	while (node != top) {
		node = filter_parent(node);
		if (!apply_binary(run, node, out))
			return false;
	}
	return true;
}

bool filter_matches(const struct filter *filter,
		    void (*value_of)(void *data, const struct filter_node *field,
				     struct filter_value *value),
		    void *data)
{
	struct run run = {value_of, data, false};
	struct operand result;

	/* The cheaper question first: most events are not wanted. */
	if (!compute(&run, filter->root, &result) || result.kind != OPERAND_INTEGER ||
	    result.integer == 0)
		return false;
	run.is_linking = true;
	return compute(&run, filter->root, &result);
}
