/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a filter expression: a mistake has a place in the text and can be shown; what is
 * taken can be checked, decided and written again, and means the same then.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/filter/filter.h"
#include "backend/base/mem.h"
#include "tests/fuzz/fuzz.h"

#define WRITTEN_MAX 20000 /* bytes of an expression that is written again: depth recurses here */

static const char *const operators[] = {
	[FILTER_PLUS] = "+",	    [FILTER_MINUS] = "-",	 [FILTER_NOT] = "!",
	[FILTER_BIT_NOT] = "~",	    [FILTER_OR] = "||",		 [FILTER_AND] = "&&",
	[FILTER_BIT_OR] = "|",	    [FILTER_BIT_XOR] = "^",	 [FILTER_BIT_AND] = "&",
	[FILTER_EQ] = "==",	    [FILTER_NE] = "!=",		 [FILTER_LT] = "<",
	[FILTER_GT] = ">",	    [FILTER_LE] = "<=",		 [FILTER_GE] = ">=",
	[FILTER_SHIFT_LEFT] = "<<", [FILTER_SHIFT_RIGHT] = ">>",
};

/* Any value, the same each time for one field. */
static void value_of(void *data, const struct filter_node *field, struct filter_value *value)
{
	static const char *const texts[] = {"", "a", "abc", "a*c", "\\", "\xc3\xa9"};
	unsigned int seed = field->field.number * 7 + *(const unsigned int *)data;

	switch (seed % 5) {
	case 0:
		value->kind = FILTER_VALUE_SIGNED;
		value->signed_value = (int64_t)(seed % 11) - 5;
		break;
	case 1:
		value->kind = FILTER_VALUE_UNSIGNED;
		value->unsigned_value = UINT64_MAX - seed % 3;
		break;
	case 2:
		value->kind = FILTER_VALUE_FLOAT;
		value->float_value = (double)seed / 3;
		break;
	case 3:
		value->kind = FILTER_VALUE_STRING;
		value->string.bytes = texts[seed % COUNT_OF(texts)];
		value->string.length = strlen(value->string.bytes);
		break;
	default:
		break;
	}
}

static enum filter_type type_of(void *data, const struct filter_node *field)
{
	return (enum filter_type)((field->field.number + *(const unsigned int *)data) %
				  (FILTER_TYPE_ANY + 1));
}

static void check_place(const char *text, const struct filter_problem *problem)
{
	struct text lines = {0};

	assert(error_is_set(&problem->error));
	assert(problem->begin <= problem->end && problem->end <= strlen(text));
	filter_print_caret(text, problem, (int)(problem->begin % 100), &lines);
	assert(lines.length > 0 && lines.bytes[lines.length - 1] == '\n');
	text_finish(&lines);
}

struct told {
	unsigned int seed; /* first: type_of reads it */
	const char *text;
	size_t count;
};

static void tell(void *data, const struct filter_problem *problem)
{
	struct told *told = data;

	check_place(told->text, problem);
	told->count++;
}

static void write_leaf(const struct filter_node *node, struct text *out)
{
	if (node->kind == FILTER_INTEGER)
		text_addf(out, "%" PRIu64, node->integer.value);
	else if (node->kind == FILTER_FLOAT)
		text_addf(out, "%a", node->number);
	else if (node->kind == FILTER_FIELD)
		filter_print_field(node, out);
	else
		text_addf(out, strchr(node->string.bytes, '"') ? "'%s'" : "\"%s\"",
			  node->string.bytes);
}

static void write_node(const struct filter_node *node, struct text *out)
{
	if (node->kind == FILTER_UNARY) {
		text_add(out, operators[node->operation.op]);
		write_node(node->operation.left, out);
	} else if (node->kind == FILTER_BINARY) {
		text_add(out, "(");
		write_node(node->operation.left, out);
		text_addf(out, " %s ", operators[node->operation.op]);
		write_node(node->operation.right, out);
		text_add(out, ")");
	} else {
		write_leaf(node, out);
	}
}

/* More parentheses than before may be too many; infinity can't be written. */
static void check_written(const struct filter *filter)
{
	struct text written = {0}, again = {0};
	struct filter *back;

	write_node(filter_root(filter), &written);
	back = strstr(text_str(&written), "inf") ? NULL : filter_parse(text_str(&written), NULL);
	if (back) {
		write_node(filter_root(back), &again);
		assert(!strcmp(text_str(&written), text_str(&again)));
		for (unsigned int seed = 0; seed < 5; seed++)
			assert(filter_matches(filter, value_of, &seed) ==
			       filter_matches(back, value_of, &seed));
	}
	filter_destroy(back);
	text_finish(&written);
	text_finish(&again);
}

static void check_filter(const struct filter *filter)
{
	for (size_t i = 0; i < filter_field_count(filter); i++)
		assert(filter_field(filter, i)->field.number == i);
	for (unsigned int seed = 0; seed < 5; seed++) {
		struct told told = {.seed = seed, .text = filter_text(filter)};

		filter_matches(filter, value_of, &seed);
		assert(filter_check(filter, type_of, tell, &told) == told.count);
	}
	if (strlen(filter_text(filter)) <= WRITTEN_MAX)
		check_written(filter);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct filter_problem problem = {.error = ERROR_INIT};
	char *text = mem_alloc(length + 1);
	struct filter *filter;

	if (length)
		memcpy(text, bytes, length);
	text[length] = '\0';
	filter = filter_parse(text, &problem);
	if (filter)
		check_filter(filter);
	else
		check_place(text, &problem);
	filter_destroy(filter);
	free(text);
	return 0;
}
