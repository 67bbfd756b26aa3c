/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The expressions of `enable-event --filter`, as lttng-enable-event(1) describes them: one syntax
 * tree for the rules of every source, for what the browser and the tail show, and for what is
 * evaluated on our own side. Nothing here knows where a field's value comes from.
 */
#ifndef TRACON_BASE_FILTER_H
#define TRACON_BASE_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/error.h"
#include "backend/base/text.h"

#define FILTER_TEXT_MAX	   65536 /* bytes of an expression */
#define FILTER_NESTING_MAX 128	 /* parentheses, brackets and unary operators inside each other */

enum filter_kind {
	FILTER_INTEGER, /* a constant */
	FILTER_FLOAT,
	FILTER_STRING,
	FILTER_FIELD, /* payload field, $ctx.NAME, $app.PROVIDER:NAME */
	FILTER_UNARY,
	FILTER_BINARY,
};

enum filter_operator {
	/* unary */
	FILTER_PLUS,
	FILTER_MINUS,
	FILTER_NOT,
	FILTER_BIT_NOT,
	/* binary; the tree has the precedence in it: bits bind tighter than comparisons */
	FILTER_OR,
	FILTER_AND,
	FILTER_BIT_OR,
	FILTER_BIT_XOR,
	FILTER_BIT_AND,
	FILTER_EQ,
	FILTER_NE,
	FILTER_LT,
	FILTER_GT,
	FILTER_LE,
	FILTER_GE,
	FILTER_SHIFT_LEFT,
	FILTER_SHIFT_RIGHT,
};

enum filter_scope { FILTER_PAYLOAD, FILTER_CONTEXT, FILTER_APP_CONTEXT };

/* "a.b[3].c": steps "a", "b", 3, "c". */
struct filter_step {
	const char *name; /* NULL: index */
	uint64_t index;
};

/* Owned by its filter. Positions are byte offsets in the text, for the caret. */
struct filter_node {
	enum filter_kind kind;
	size_t begin, end;
	union {
		struct {
			uint64_t value; /* bits; a constant that fits is signed */
			bool is_unsigned;
		} integer;
		double number;
		struct {
			const char *bytes; /* escapes kept: "\\*" is a star, "*" any run */
			bool has_star;	   /* an unescaped one */
		} string;
		struct {
			enum filter_scope scope;
			const struct filter_step *steps;
			size_t step_count; /* at least 1 */
			unsigned int
				number; /* 0 … filter_field_count - 1: equal fields share one */
		} field;
		struct {
			enum filter_operator op;
			const struct filter_node *left; /* unary: the operand */
			const struct filter_node *right;
		} operation;
	};
};

/* What is wrong, and where: bytes [begin, end) of the text. */
struct filter_problem {
	size_t begin, end;
	struct error error;
};

struct filter;

/* NULL with *problem set; its sentence has no position in it. */
struct filter *filter_parse(const char *text, struct filter_problem *problem);
void filter_destroy(struct filter *filter); /* NULL passes */
const char *filter_text(const struct filter *filter);
const struct filter_node *filter_root(const struct filter *filter);
size_t filter_field_count(const struct filter *filter);
const struct filter_node *filter_field(const struct filter *filter, size_t number);
/* As it is written in the text: "$ctx.vpid", "a.b[3]". */
void filter_print_field(const struct filter_node *field, struct text *out);
bool filter_field_has_index(const struct filter_node *field);
/* A constant with a star before its end: compared as a pattern, by == and != only. */
bool filter_string_is_pattern(const struct filter_node *string);
/* The operation that the node is an operand of; NULL for the root. A chain of operators leans to
 * the left without bound: go down it and up again by this, recurse into right operands only. */
const struct filter_node *filter_parent(const struct filter_node *node);

/*
 * Two lines for people: the text (a window of it when it is long, sanitised) and below it a caret
 * under what is meant. columns: of the screen.
 */
void filter_print_caret(const char *text, const struct filter_problem *problem, int columns,
			struct text *out);

/* What a field is, where it is known. */
enum filter_type {
	FILTER_TYPE_UNKNOWN, /* no such field is known */
	FILTER_TYPE_INTEGER,
	FILTER_TYPE_FLOAT,
	FILTER_TYPE_STRING,
	FILTER_TYPE_ARRAY, /* of integers */
	FILTER_TYPE_OTHER, /* there, but nothing can be compared with it */
	FILTER_TYPE_ANY,   /* there; nobody knows more */
};

/*
 * Checks the fields against what is known: an unknown field, a string compared with a number.
 * Calls `tell` for each problem, left to right; these are warnings: other applications may have
 * such fields. Returns their number.
 */
size_t filter_check(const struct filter *filter,
		    enum filter_type (*type_of)(void *data, const struct filter_node *field),
		    void (*tell)(void *data, const struct filter_problem *problem), void *data);

enum filter_value_kind {
	FILTER_VALUE_MISSING, /* the event has no such field: the expression is false */
	FILTER_VALUE_SIGNED,
	FILTER_VALUE_UNSIGNED,
	FILTER_VALUE_FLOAT,
	FILTER_VALUE_STRING, /* not NUL terminated */
};

struct filter_value {
	enum filter_value_kind kind;
	union {
		int64_t signed_value;
		uint64_t unsigned_value;
		double float_value;
		struct {
			const char *bytes;
			size_t length;
		} string;
	};
};

/* As people read it: 5, 1.5, "text" (sanitised), or unavailable. */
void filter_print_value(const struct filter_value *value, struct text *out);

/*
 * As LTTng-UST decides it. `value_of` is called for the fields that the decision needs, each time
 * they are met. Allocates nothing; any thread, several at once.
 */
bool filter_matches(const struct filter *filter,
		    void (*value_of)(void *data, const struct filter_node *field,
				     struct filter_value *value),
		    void *data);

#endif
