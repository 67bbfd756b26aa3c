/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See push.h. Only what means the same in both languages: a constant that the field's type holds, a
 * field that lies in the record as it is written. The kernel has no arithmetic, compares no two
 * fields and takes a line below one page.
 */
#include "backend/source/kernel/push.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/filter/filter.h"
#include "backend/base/mem.h"

#define LINE_MAX 4000

enum value_kind { IS_INTEGER, IS_TEXT };

struct kernel_name {
	const char *name;
	enum value_kind kind;
	unsigned int bytes;
	bool is_signed;
};

static const struct {
	const char *context;
	struct kernel_name known;
} contexts[] = {
	{"tid", {"common_pid", IS_INTEGER, 4, true}},
	{"cpu_id", {"CPU", IS_INTEGER, 4, true}},
	{"procname", {"COMM", IS_TEXT, 0, false}},
};

static bool find_field(const struct kernel_format *format, const char *name,
		       struct kernel_name *known)
{
	for (size_t i = 0; i < format->field_count; i++) {
		const struct kernel_field *field = &format->fields[i];

		if (strcmp(field->name, name) != 0)
			continue;
		if (field->is_narrowed || field->is_renamed || field->kind == KERNEL_ARRAY ||
		    field->kind == KERNEL_SEQUENCE)
			return false;
		known->name = field->name;
		known->kind = field->kind == KERNEL_TEXT || field->kind == KERNEL_STRING
				      ? IS_TEXT
				      : IS_INTEGER;
		known->bytes = field->element_bytes;
		known->is_signed = field->is_signed && !field->is_resigned;
		return true;
	}
	return false;
}

static bool find_name(const struct kernel_format *format, const struct filter_node *node,
		      struct kernel_name *known)
{
	const char *name;

	if (node->kind != FILTER_FIELD || node->field.step_count != 1)
		return false;
	name = node->field.steps[0].name;
	if (!name)
		return false;
	if (node->field.scope == FILTER_PAYLOAD)
		return find_field(format, name, known);
	for (size_t i = 0; node->field.scope == FILTER_CONTEXT && i < COUNT_OF(contexts); i++)
		if (strcmp(contexts[i].context, name) == 0) {
			*known = contexts[i].known;
			return true;
		}
	return false;
}

/* A constant, maybe with signs before it. */
static bool read_constant(const struct filter_node *node, int64_t *number)
{
	bool is_negative = false;

	while (node->kind == FILTER_UNARY &&
	       (node->operation.op == FILTER_MINUS || node->operation.op == FILTER_PLUS)) {
		is_negative ^= node->operation.op == FILTER_MINUS;
		node = node->operation.left;
	}
	if (node->kind != FILTER_INTEGER || node->integer.value > INT64_MAX)
		return false;
	*number = is_negative ? -(int64_t)node->integer.value : (int64_t)node->integer.value;
	return true;
}

/* Else the kernel would cut it to the field's size. */
static bool holds(const struct kernel_name *known, int64_t number)
{
	unsigned int bits = known->bytes * 8;

	if (known->is_signed)
		return bits == 64 || (number >= -(INT64_C(1) << (bits - 1)) &&
				      number < (INT64_C(1) << (bits - 1)));
	return number >= 0 && (bits == 64 || number < (INT64_C(1) << bits));
}

static const char *sign_of(enum filter_operator op)
{
	switch (op) {
	case FILTER_EQ:
		return "==";
	case FILTER_NE:
		return "!=";
	case FILTER_LT:
		return "<";
	case FILTER_LE:
		return "<=";
	case FILTER_GT:
		return ">";
	case FILTER_GE:
		return ">=";
	default:
		return NULL;
	}
}

static enum filter_operator turned(enum filter_operator op)
{
	switch (op) {
	case FILTER_LT:
		return FILTER_GT;
	case FILTER_LE:
		return FILTER_GE;
	case FILTER_GT:
		return FILTER_LT;
	case FILTER_GE:
		return FILTER_LE;
	default:
		return op;
	}
}

static bool push_number(const struct kernel_name *known, enum filter_operator op, int64_t number,
			struct text *out)
{
	bool is_order = op != FILTER_EQ && op != FILTER_NE;

	/* Of 8 bytes without a sign, expressions see a signed number. */
	if (known->kind != IS_INTEGER || !holds(known, number) ||
	    (is_order && known->bytes == 8 && !known->is_signed))
		return false;
	text_addf(out, "%s %s %" PRId64, known->name, sign_of(op), number);
	return true;
}

static bool push_text(const struct kernel_name *known, enum filter_operator op,
		      const struct filter_node *string, struct text *out)
{
	const char *bytes = string->string.bytes;
	const char *sign = string->string.has_star ? "~" : "==";
	size_t length = strlen(bytes);
	/*
	 * A star and an end alone the kernel looks for at the end of the whole array. As a pattern
	 * of the full kind it ends with the text.
	 */
	bool is_end = length > 1 && bytes[0] == '*' && !strchr(bytes + 1, '*');

	if (known->kind != IS_TEXT || (op != FILTER_EQ && op != FILTER_NE) ||
	    strpbrk(bytes, "\"\\?[]") || length > 200 || length == 0 ||
	    (is_end && strchr("!^-", bytes[length - 1])))
		return false;
	text_addf(out, "%s%s %s \"", op == FILTER_NE ? "!(" : "", known->name, sign);
	if (is_end)
		text_addf(out, "%.*s[%c]", (int)length - 1, bytes, bytes[length - 1]);
	else
		text_add(out, bytes);
	text_add(out, op == FILTER_NE ? "\")" : "\"");
	return true;
}

/* FIELD & MASK */
static bool push_bits(const struct kernel_format *format, const struct filter_node *node,
		      struct text *out)
{
	const struct filter_node *left = node->operation.left, *right = node->operation.right;
	struct kernel_name known;
	int64_t mask;

	if (node->kind != FILTER_BINARY || node->operation.op != FILTER_BIT_AND)
		return false;
	if (!find_name(format, left, &known) || !read_constant(right, &mask)) {
		if (!find_name(format, right, &known) || !read_constant(left, &mask))
			return false;
	}
	if (known.kind != IS_INTEGER || known.is_signed || mask <= 0 || !holds(&known, mask))
		return false;
	text_addf(out, "%s & %" PRId64, known.name, mask);
	return true;
}

static bool push_comparison(const struct kernel_format *format, const struct filter_node *node,
			    struct text *out)
{
	const struct filter_node *left = node->operation.left, *right = node->operation.right;
	enum filter_operator op = node->operation.op;
	struct kernel_name known;
	int64_t number;

	if (left->kind != FILTER_FIELD && right->kind == FILTER_FIELD) {
		left = node->operation.right;
		right = node->operation.left;
		op = turned(op);
	}
	if (left->kind != FILTER_FIELD || !find_name(format, left, &known))
		return false;
	if (right->kind == FILTER_STRING)
		return push_text(&known, op, right, out);
	return read_constant(right, &number) && push_number(&known, op, number, out);
}

/* (FIELD & MASK) == 0, != 0 */
static bool push_bits_compared(const struct kernel_format *format, const struct filter_node *node,
			       struct text *out)
{
	enum filter_operator op = node->operation.op;
	struct text bits = {0};
	int64_t number;
	bool is_done = (op == FILTER_EQ || op == FILTER_NE) &&
		       read_constant(node->operation.right, &number) && number == 0 &&
		       push_bits(format, node->operation.left, &bits);

	if (is_done)
		text_addf(out, op == FILTER_EQ ? "!(%s)" : "%s", text_str(&bits));
	text_finish(&bits);
	return is_done;
}

static bool push_exactly(const struct kernel_format *format, const struct filter_node *node,
			 struct text *out);

static bool push_both(const struct kernel_format *format, const struct filter_node *node,
		      const char *sign, struct text *out)
{
	struct text left = {0}, right = {0};
	bool is_done = push_exactly(format, node->operation.left, &left) &&
		       push_exactly(format, node->operation.right, &right);

	if (is_done)
		text_addf(out, "(%s) %s (%s)", text_str(&left), sign, text_str(&right));
	text_finish(&left);
	text_finish(&right);
	return is_done;
}

static bool push_operation(const struct kernel_format *format, const struct filter_node *node,
			   struct text *out)
{
	struct text inner = {0};
	bool is_done;

	switch (node->operation.op) {
	case FILTER_AND:
		return push_both(format, node, "&&", out);
	case FILTER_OR:
		return push_both(format, node, "||", out);
	case FILTER_NOT:
		is_done = push_exactly(format, node->operation.left, &inner);
		if (is_done)
			text_addf(out, "!(%s)", text_str(&inner));
		text_finish(&inner);
		return is_done;
	case FILTER_BIT_AND:
		return push_bits(format, node, out);
	default:
		return sign_of(node->operation.op) && (push_comparison(format, node, out) ||
						       push_bits_compared(format, node, out));
	}
}

/* A chain leans to the left without bound; the line's length bounds what is worth the descent. */
static bool push_exactly(const struct kernel_format *format, const struct filter_node *node,
			 struct text *out)
{
	struct kernel_name known;

	if (node->end - node->begin > LINE_MAX)
		return false;
	if (node->kind == FILTER_UNARY || node->kind == FILTER_BINARY)
		return push_operation(format, node, out);
	return node->kind == FILTER_FIELD && find_name(format, node, &known) &&
	       push_number(&known, FILTER_NE, 0, out);
}

/* Of a conjunction, what can be said; the rest is left out. */
static bool push_some(const struct kernel_format *format, const struct filter_node *node,
		      struct text *out, bool *is_whole)
{
	struct text left = {0}, right = {0};
	bool has_left, has_right;

	if (node->kind != FILTER_BINARY || node->operation.op != FILTER_AND ||
	    node->end - node->begin > LINE_MAX) {
		bool is_done = push_exactly(format, node, out);

		*is_whole = *is_whole && is_done;
		return is_done;
	}
	has_left = push_some(format, node->operation.left, &left, is_whole);
	has_right = push_some(format, node->operation.right, &right, is_whole);
	if (has_left && has_right)
		text_addf(out, "(%s) && (%s)", text_str(&left), text_str(&right));
	else if (has_left || has_right)
		text_add(out, text_str(has_left ? &left : &right));
	text_finish(&left);
	text_finish(&right);
	return has_left || has_right;
}

char *kernel_push_filter(const struct kernel_format *format, const char *const *texts, size_t count,
			 bool *is_whole)
{
	struct text line = {0};
	bool is_done = count > 0;

	*is_whole = true;
	for (size_t i = 0; i < count && is_done; i++) {
		struct filter_problem problem = {.error = ERROR_INIT};
		struct filter *filter = filter_parse(texts[i], &problem);
		struct text part = {0};

		is_done = filter && push_some(format, filter_root(filter), &part, is_whole);
		if (is_done)
			text_addf(&line, "%s(%s)", i > 0 ? " || " : "", text_str(&part));
		text_finish(&part);
		filter_destroy(filter);
	}
	is_done = is_done && line.length <= LINE_MAX;
	*is_whole = *is_whole && is_done;
	if (is_done)
		return text_take(&line);
	text_finish(&line);
	return NULL;
}
