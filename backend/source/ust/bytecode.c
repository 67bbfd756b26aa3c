/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tree → bytecode; see bytecode.h. A stack machine with 8 places. Its quirks, of LTTng-UST 2.13,
 * that the code made here goes around:
 *
 * - A floating-point number or a string survives only one more push: what needs more places is
 *   computed first. That also needs the fewest places.
 * - "<=" makes the validator count a place too many: "a <= b" becomes "b >= a".
 * - "!" leaves a floating-point number's type as it was: "!a" becomes "a == 0".
 * - "&&" and "||" want a signed integer, which results of bits and elements of arrays are not.
 */
#include "backend/source/ust/bytecode.h"

#include <stdlib.h>
#include <string.h>

#include <lttng/ust-ctl.h>

#include "backend/base/mem.h"

#define PLACES_MAX 8

/* The machine's instructions: the ABI of LTTng-UST 2.13. */
enum opcode {
	OP_RETURN = 1,
	OP_BIT_RSHIFT = 7,
	OP_BIT_LSHIFT = 8,
	OP_BIT_AND = 9,
	OP_BIT_OR = 10,
	OP_BIT_XOR = 11,
	OP_EQ = 12,
	OP_NE = 13,
	OP_GT = 14,
	OP_LT = 15,
	OP_GE = 16,
	OP_LE = 17,
	OP_UNARY_MINUS = 49,
	OP_AND = 57,
	OP_OR = 58,
	OP_LOAD_FIELD_REF = 59,
	OP_LOAD_STRING = 64,
	OP_LOAD_S64 = 65,
	OP_LOAD_DOUBLE = 66,
	OP_CAST_TO_S64 = 67,
	OP_CAST_DOUBLE_TO_S64 = 68,
	OP_GET_CONTEXT_REF = 70,
	OP_LOAD_STAR_GLOB_STRING = 76,
	OP_GET_CONTEXT_ROOT = 79,
	OP_GET_APP_CONTEXT_ROOT = 80,
	OP_GET_PAYLOAD_ROOT = 81,
	OP_GET_SYMBOL = 82,
	OP_GET_INDEX_U64 = 85,
	OP_LOAD_FIELD = 86,
	OP_UNARY_BIT_NOT = 98,
};

struct compiler {
	struct text code;
	struct text relocations; /* of (u16 place in the code, name with its NUL) */
	unsigned int places;	 /* taken at this point of the code */
	unsigned int places_max;
	unsigned int lost_places; /* by "<=", which can't always be gone around */
};

static void generate(struct compiler *compiler, const struct filter_node *top);

static void add_op(struct compiler *compiler, enum opcode op)
{
	text_add_char(&compiler->code, (char)op);
}

/* A bad one where the code is too long, which is found at the end. */
static void add_u16(struct text *out, size_t value)
{
	uint16_t number = (uint16_t)value;

	text_add_bytes(out, (const char *)&number, sizeof(number));
}

static void push(struct compiler *compiler, enum opcode op)
{
	add_op(compiler, op);
	compiler->places++;
	if (compiler->places > compiler->places_max)
		compiler->places_max = compiler->places;
}

static void pop(struct compiler *compiler, enum opcode op)
{
	add_op(compiler, op);
	compiler->places--;
}

static void push_integer(struct compiler *compiler, uint64_t value)
{
	push(compiler, OP_LOAD_S64);
	text_add_bytes(&compiler->code, (const char *)&value, sizeof(value));
}

/* --- fields */

static void add_relocation(struct compiler *compiler, size_t code_at, const char *name)
{
	add_u16(&compiler->relocations, code_at);
	text_add_bytes(&compiler->relocations, name, strlen(name) + 1);
}

/* Found by its name, dots and all, when the bytecode meets an event type. */
static void push_named_field(struct compiler *compiler, const struct filter_node *field)
{
	struct text name = {0};

	filter_print_field(field, &name);
	add_relocation(compiler, compiler->code.length, text_str(&name));
	push(compiler,
	     field->field.scope == FILTER_PAYLOAD ? OP_LOAD_FIELD_REF : OP_GET_CONTEXT_REF);
	add_u16(&compiler->code, UINT16_MAX);
	text_finish(&name);
}

static void push_path(struct compiler *compiler, const struct filter_node *field)
{
	static const enum opcode roots[] = {
		[FILTER_PAYLOAD] = OP_GET_PAYLOAD_ROOT,
		[FILTER_CONTEXT] = OP_GET_CONTEXT_ROOT,
		[FILTER_APP_CONTEXT] = OP_GET_APP_CONTEXT_ROOT,
	};

	push(compiler, roots[field->field.scope]);
	for (size_t i = 0; i < field->field.step_count; i++) {
		const struct filter_step *step = &field->field.steps[i];

		if (step->name) {
			size_t at = compiler->code.length;

			add_op(compiler, OP_GET_SYMBOL);
			/* The name itself, behind its relocation's u16. */
			add_u16(&compiler->code, compiler->relocations.length + sizeof(uint16_t));
			add_relocation(compiler, at, step->name);
		} else {
			add_op(compiler, OP_GET_INDEX_U64);
			text_add_bytes(&compiler->code, (const char *)&step->index,
				       sizeof(step->index));
		}
	}
}

static void push_field(struct compiler *compiler, const struct filter_node *field)
{
	if (!filter_field_has_index(field)) {
		push_named_field(compiler, field);
		return;
	}
	push_path(compiler, field);
	add_op(compiler, OP_LOAD_FIELD);
}

static void push_string(struct compiler *compiler, const struct filter_node *string)
{
	char *bytes = mem_strdup(string->string.bytes);

	text_glob_normalize(bytes);
	push(compiler,
	     filter_string_is_pattern(string) ? OP_LOAD_STAR_GLOB_STRING : OP_LOAD_STRING);
	text_add_bytes(&compiler->code, bytes, strlen(bytes) + 1);
	free(bytes);
}

/* --- operations */

static bool is_logical(const struct filter_node *node)
{
	return node->kind == FILTER_BINARY &&
	       (node->operation.op == FILTER_AND || node->operation.op == FILTER_OR);
}

static bool is_comparison(const struct filter_node *node)
{
	return node->kind == FILTER_BINARY && node->operation.op >= FILTER_EQ &&
	       node->operation.op <= FILTER_GE;
}

static const struct filter_node *skip_signs(const struct filter_node *node)
{
	while (node->kind == FILTER_UNARY &&
	       (node->operation.op == FILTER_PLUS || node->operation.op == FILTER_MINUS))
		node = node->operation.left;
	return node;
}

/* Makes a signed integer of what `node` has left on top. */
static void make_integer(struct compiler *compiler, const struct filter_node *node)
{
	const struct filter_node *value = skip_signs(node);
	bool is_not = value->kind == FILTER_UNARY && value->operation.op == FILTER_NOT;

	if (value == node &&
	    (is_comparison(node) || is_logical(node) || is_not || node->kind == FILTER_INTEGER))
		return;
	if (value->kind == FILTER_FLOAT) {
		add_op(compiler, OP_CAST_DOUBLE_TO_S64);
		return;
	}
	/* Unsigned elements of arrays become signed by any operation on bits, not by the cast. */
	if ((value->kind == FILTER_FIELD && filter_field_has_index(value)) ||
	    (value->kind == FILTER_UNARY && value->operation.op == FILTER_BIT_NOT)) {
		push_integer(compiler, 0);
		pop(compiler, OP_BIT_OR);
	}
	add_op(compiler, OP_CAST_TO_S64);
}

static void generate_unary(struct compiler *compiler, const struct filter_node *node)
{
	generate(compiler, node->operation.left);
	switch (node->operation.op) {
	case FILTER_MINUS:
		add_op(compiler, OP_UNARY_MINUS);
		break;
	case FILTER_NOT:
		push_integer(compiler, 0);
		pop(compiler, OP_EQ);
		break;
	case FILTER_BIT_NOT:
		add_op(compiler, OP_UNARY_BIT_NOT);
		break;
	default:
		break;
	}
}

static void generate_leaf(struct compiler *compiler, const struct filter_node *node)
{
	switch (node->kind) {
	case FILTER_INTEGER:
		push_integer(compiler, node->integer.value);
		break;
	case FILTER_FLOAT:
		push(compiler, OP_LOAD_DOUBLE);
		text_add_bytes(&compiler->code, (const char *)&node->number, sizeof(node->number));
		break;
	case FILTER_STRING:
		push_string(compiler, node);
		break;
	case FILTER_FIELD:
		push_field(compiler, node);
		break;
	case FILTER_UNARY:
		generate_unary(compiler, node);
		break;
	case FILTER_BINARY:
		break;
	}
}

/* Left and right operand are on the stack, or the other way round. */
static void apply(struct compiler *compiler, enum filter_operator op, bool is_swapped)
{
	static const enum opcode ops[] = {
		[FILTER_BIT_OR] = OP_BIT_OR,
		[FILTER_BIT_XOR] = OP_BIT_XOR,
		[FILTER_BIT_AND] = OP_BIT_AND,
		[FILTER_EQ] = OP_EQ,
		[FILTER_NE] = OP_NE,
		[FILTER_LT] = OP_LT,
		[FILTER_GT] = OP_GT,
		[FILTER_LE] = OP_LE,
		[FILTER_GE] = OP_GE,
		[FILTER_SHIFT_LEFT] = OP_BIT_LSHIFT,
		[FILTER_SHIFT_RIGHT] = OP_BIT_RSHIFT,
	};
	static const enum filter_operator swapped[] = {
		[FILTER_LT] = FILTER_GT,
		[FILTER_GT] = FILTER_LT,
		[FILTER_LE] = FILTER_GE,
		[FILTER_GE] = FILTER_LE,
	};
	bool has_order = op == FILTER_LT || op == FILTER_GT || op == FILTER_LE || op == FILTER_GE;
	enum opcode code = ops[is_swapped && has_order ? swapped[op] : op];

	compiler->lost_places += code == OP_LE;
	pop(compiler, code);
}

/* Takes more than one place, and is an integer. */
static bool is_heavy(const struct filter_node *node)
{
	const struct filter_node *value = skip_signs(node);

	return value->kind == FILTER_BINARY || value->kind == FILTER_UNARY;
}

/* May not lie below two others. */
static bool is_delicate(const struct filter_node *node)
{
	return !is_heavy(node) && skip_signs(node)->kind != FILTER_INTEGER;
}

/* Which operand is computed first; for "<=" and ">=", so that ">=" is what is computed. */
static bool is_right_first(const struct filter_node *node)
{
	const struct filter_node *left = node->operation.left;
	const struct filter_node *right = node->operation.right;

	switch (node->operation.op) {
	case FILTER_AND:
	case FILTER_OR:
	case FILTER_SHIFT_LEFT:
	case FILTER_SHIFT_RIGHT:
		return false;
	case FILTER_LE:
		return !is_heavy(left) || !is_delicate(right);
	case FILTER_GE:
		return is_heavy(right) && is_delicate(left);
	default:
		return is_heavy(right) && !is_heavy(left);
	}
}

static void generate_logical(struct compiler *compiler, const struct filter_node *node)
{
	size_t skip_at;
	uint16_t target;

	make_integer(compiler, node->operation.left);
	pop(compiler, node->operation.op == FILTER_AND ? OP_AND : OP_OR);
	skip_at = compiler->code.length;
	add_u16(&compiler->code, UINT16_MAX);
	generate(compiler, node->operation.right);
	make_integer(compiler, node->operation.right);
	target = (uint16_t)compiler->code.length;
	memcpy(compiler->code.bytes + skip_at, &target, sizeof(target));
}

/*
 * Chains lean to the left, without bound: down to the first operand and up again. What takes too
 * many places is given up at once, which bounds the other recursion.
 */
static void generate(struct compiler *compiler, const struct filter_node *top)
{
	const struct filter_node *node = top;

	if (compiler->places_max > PLACES_MAX)
		return;
	while (node->kind == FILTER_BINARY && !is_right_first(node))
		node = node->operation.left;
	if (node->kind == FILTER_BINARY) {
		generate(compiler, node->operation.right);
		generate(compiler, node->operation.left);
		apply(compiler, node->operation.op, true);
	} else {
		generate_leaf(compiler, node);
	}
	while (node != top) {
		node = filter_parent(node);
		if (is_logical(node)) {
			generate_logical(compiler, node);
			continue;
		}
		generate(compiler, node->operation.right);
		apply(compiler, node->operation.op, false);
	}
}

static bool complain(const struct filter *filter, struct filter_problem *problem, const char *what)
{
	if (!problem)
		return false;
	problem->begin = 0;
	problem->end = strlen(filter_text(filter));
	return error_set(&problem->error, ERROR_UNSUPPORTED,
			 "LTTng-UST applications can't decide this: %s", what);
}

static bool compile(struct compiler *compiler, const struct filter *filter,
		    struct filter_problem *problem)
{
	generate(compiler, filter_root(filter));
	add_op(compiler, OP_RETURN);
	if (compiler->places_max + compiler->lost_places > PLACES_MAX)
		return complain(filter, problem,
				"it has too many operations inside each other's right operands");
	if (compiler->code.length > UINT16_MAX || compiler->relocations.length > UINT16_MAX ||
	    compiler->code.length + compiler->relocations.length >
		    LTTNG_UST_ABI_FILTER_BYTECODE_MAX_LEN)
		return complain(filter, problem, "it is too long");
	return true;
}

static void finish(struct compiler *compiler)
{
	text_finish(&compiler->code);
	text_finish(&compiler->relocations);
}

static void copy_code(const struct compiler *compiler, char *data)
{
	memcpy(data, compiler->code.bytes, compiler->code.length);
	if (compiler->relocations.length > 0)
		memcpy(data + compiler->code.length, compiler->relocations.bytes,
		       compiler->relocations.length);
}

struct lttng_ust_abi_filter_bytecode *ust_bytecode_compile(const struct filter *filter,
							   struct filter_problem *problem)
{
	struct lttng_ust_abi_filter_bytecode *bytecode = NULL;
	struct compiler compiler = {0};

	if (compile(&compiler, filter, problem)) {
		size_t length = compiler.code.length + compiler.relocations.length;

		bytecode = mem_zalloc(sizeof(*bytecode) + length);
		bytecode->len = (uint32_t)length;
		bytecode->reloc_offset = (uint32_t)compiler.code.length;
		copy_code(&compiler, (char *)bytecode + sizeof(*bytecode));
	}
	finish(&compiler);
	return bytecode;
}

struct lttng_ust_abi_capture_bytecode *ust_bytecode_capture(const char *field)
{
	struct lttng_ust_abi_capture_bytecode *bytecode = NULL;
	struct filter *filter = filter_parse(field, NULL);
	struct compiler compiler = {0};
	size_t length;

	if (filter && filter_root(filter)->kind == FILTER_FIELD) {
		push_path(&compiler, filter_root(filter));
		add_op(&compiler, OP_RETURN);
		length = compiler.code.length + compiler.relocations.length;
		bytecode = mem_zalloc(sizeof(*bytecode) + length);
		bytecode->len = (uint32_t)length;
		bytecode->reloc_offset = (uint32_t)compiler.code.length;
		copy_code(&compiler, (char *)bytecode + sizeof(*bytecode));
	}
	finish(&compiler);
	filter_destroy(filter);
	return bytecode;
}

bool ust_bytecode_check(const struct filter *filter, struct filter_problem *problem)
{
	struct compiler compiler = {0};
	bool is_fine = compile(&compiler, filter, problem);

	finish(&compiler);
	return is_fine;
}
