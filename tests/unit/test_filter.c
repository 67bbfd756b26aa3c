/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Filter expressions: what is read as what, where mistakes are, what is decided about an event, and
 * what is said about fields that are known. The expected values are LTTng's manual and C's rules.
 */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/filter/filter.h"
#include "backend/base/mem.h"

/* --- trees, as "(== (& n 4) 4)" */

static const char *const operators[] = {
	[FILTER_PLUS] = "+",	    [FILTER_MINUS] = "-",	 [FILTER_NOT] = "!",
	[FILTER_BIT_NOT] = "~",	    [FILTER_OR] = "||",		 [FILTER_AND] = "&&",
	[FILTER_BIT_OR] = "|",	    [FILTER_BIT_XOR] = "^",	 [FILTER_BIT_AND] = "&",
	[FILTER_EQ] = "==",	    [FILTER_NE] = "!=",		 [FILTER_LT] = "<",
	[FILTER_GT] = ">",	    [FILTER_LE] = "<=",		 [FILTER_GE] = ">=",
	[FILTER_SHIFT_LEFT] = "<<", [FILTER_SHIFT_RIGHT] = ">>",
};

static void print_node(const struct filter_node *node, struct text *out)
{
	switch (node->kind) {
	case FILTER_INTEGER:
		text_addf(out, "%" PRIu64 "%s", node->integer.value,
			  node->integer.is_unsigned ? "u" : "");
		break;
	case FILTER_FLOAT:
		text_addf(out, "%gf", node->number);
		break;
	case FILTER_STRING:
		text_addf(out, "\"%s\"%s", node->string.bytes, node->string.has_star ? "*" : "");
		break;
	case FILTER_FIELD:
		filter_print_field(node, out);
		break;
	case FILTER_UNARY:
		text_addf(out, "(%s ", operators[node->operation.op]);
		print_node(node->operation.left, out);
		text_add(out, ")");
		break;
	case FILTER_BINARY:
		text_addf(out, "(%s ", operators[node->operation.op]);
		print_node(node->operation.left, out);
		text_add(out, " ");
		print_node(node->operation.right, out);
		text_add(out, ")");
		break;
	}
}

struct reading {
	const char *text;
	const char *tree;
};

static void assert_reads(const struct reading *readings, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct filter_problem problem = {.error = ERROR_INIT};
		struct filter *filter = filter_parse(readings[i].text, &problem);
		struct text tree = {0};

		if (!filter)
			fail_msg("%s: %s", readings[i].text, problem.error.message);
		print_node(filter_root(filter), &tree);
		if (strcmp(text_str(&tree), readings[i].tree) != 0)
			fail_msg("%s: %s, not %s", readings[i].text, text_str(&tree),
				 readings[i].tree);
		assert_string_equal(filter_text(filter), readings[i].text);
		text_finish(&tree);
		filter_destroy(filter);
	}
}

static void bits_bind_tighter_than_comparisons(void **state)
{
	static const struct reading readings[] = {
		{"n & 4 == 4", "(== (& n 4) 4)"},
		{"a | b ^ c & d << e", "(| a (^ b (& c (<< d e))))"},
		{"a << b & c ^ d | e", "(| (^ (& (<< a b) c) d) e)"},
		{"a < b == c > d", "(== (< a b) (> c d))"},
		{"a == b && c != d || e", "(|| (&& (== a b) (!= c d)) e)"},
		{"a || b && c", "(|| a (&& b c))"},
		{"a <= 1 | 2", "(<= a (| 1 2))"},
		{"!a == b", "(== (! a) b)"},
		{"~a & -b", "(& (~ a) (- b))"},
		{"- - +a", "(- (- (+ a)))"},
	};

	(void)state;
	assert_reads(readings, COUNT_OF(readings));
}

static void equal_operators_go_from_left_to_right(void **state)
{
	static const struct reading readings[] = {
		{"a << b >> c", "(>> (<< a b) c)"},
		{"a < b >= c", "(>= (< a b) c)"},
		{"a == b != c", "(!= (== a b) c)"},
		{"a || b || c", "(|| (|| a b) c)"},
		{"a && b && c", "(&& (&& a b) c)"},
		{"a | (b | c)", "(| a (| b c))"},
		{"((a))", "a"},
		{"!(a || b) && c", "(&& (! (|| a b)) c)"},
	};

	(void)state;
	assert_reads(readings, COUNT_OF(readings));
}

static void constants_are_as_in_c(void **state)
{
	static const struct reading readings[] = {
		{"0 || 00 || 017 || 0x1F || 0xffffffffffffffff",
		 "(|| (|| (|| (|| 0 0) 15) 31) 18446744073709551615u)"},
		{"9223372036854775807 == 9223372036854775808",
		 "(== 9223372036854775807 9223372036854775808u)"},
		{"1u == 2UL && 3ll == 4LLU && 0x5ull", "(&& (&& (== 1 2) (== 3 4)) 5)"},
		{"d == 1.5", "(== d 1.5f)"},
		{"d == .5 || d == 2. || d == 1e3 || d == 25e-1f",
		 "(|| (|| (|| (== d 0.5f) (== d 2f)) (== d 1000f)) (== d 2.5f))"},
		{"d == 0x1.8p1 || d == 0x10p-1", "(|| (== d 3f) (== d 8f))"},
		{"d == 09.5", "(== d 9.5f)"},
	};

	(void)state;
	assert_reads(readings, COUNT_OF(readings));
}

static void strings_keep_their_escapes(void **state)
{
	static const struct reading readings[] = {
		{"s == \"\"", "(== s \"\")"},
		{"s == \"a*\"", "(== s \"a*\"*)"},
		{"s == \"a\\*\\\\\"", "(== s \"a\\*\\\\\")"},
		{"s == 'say \"x\"'", "(== s \"say \"x\"\")"},
		{"s == \"it's\"", "(== s \"it's\")"},
		{"s == L\"x\" || s == L'y'", "(|| (== s \"x\") (== s \"y\"))"},
		{"s == \"a\nb\"", "(== s \"ab\")"},
		{"s == \"h\xc3\xa9\"", "(== s \"h\xc3\xa9\")"},
	};

	(void)state;
	assert_reads(readings, COUNT_OF(readings));
}

static void fields_are_paths(void **state)
{
	static const struct reading readings[] = {
		{"a.b.c", "a.b.c"},
		{"a -> b . c", "a.b.c"},
		{"a [ 3 ] == 1", "(== a[3] 1)"},
		{"a[0x10].b[1][2]", "a[16].b[1][2]"},
		{"$ctx.vpid && $ctx . vtid", "(&& $ctx.vpid $ctx.vtid)"},
		{"$app.my_provider:name", "$app.my_provider:name"},
		{"_a:b", "_a:b"},
		{"Lime && L", "(&& Lime L)"},
	};

	(void)state;
	assert_reads(readings, COUNT_OF(readings));
}

static void comments_and_blanks_are_nothing(void **state)
{
	static const struct reading readings[] = {
		{"  a\t\n&& /* not * b */ c // the end", "(&& a c)"},
		{"// first\na", "a"},
		{"a/**/", "a"},
	};

	(void)state;
	assert_reads(readings, COUNT_OF(readings));
}

static void equal_fields_share_a_number(void **state)
{
	struct filter *filter =
		filter_parse("a == 1 || $ctx.a == 2 || b || a[0] || a || a[0]", NULL);

	(void)state;
	assert_non_null(filter);
	assert_int_equal(filter_field_count(filter), 4);
	for (size_t i = 0; i < filter_field_count(filter); i++)
		assert_int_equal(filter_field(filter, i)->field.number, i);
	assert_int_equal(filter_field(filter, 1)->field.scope, FILTER_CONTEXT);
	assert_true(filter_field_has_index(filter_field(filter, 3)));
	filter_destroy(filter);
}

/* --- mistakes */

struct mistake {
	const char *text;
	size_t begin, end;
	const char *words; /* a part of the sentence */
};

static const struct mistake mistakes[] = {
	{"", 0, 0, "empty"},
	{" \n", 0, 2, "empty"},
	{"a ==", 4, 4, "ends where a value is missing"},
	{"== a", 0, 2, "a value is missing"},
	{"a == == b", 5, 7, "a value is missing"},
	{"a b", 2, 3, "an operator is missing"},
	{"a ! b", 2, 3, "an operator is missing"},
	{"a = b", 2, 3, "use =="},
	{"a := b", 2, 3, "no meaning"},
	{"(a", 0, 1, "isn't closed"},
	{"(a && (b || c)", 0, 1, "isn't closed"},
	{"a)", 1, 2, "no parenthesis is open"},
	{"(a b)", 3, 4, "an operator or ')'"},
	{"()", 1, 2, "a value is missing"},
	{"a + 1 == 2", 2, 3, "no arithmetic"},
	{"a-1", 1, 2, "no arithmetic"},
	{"2 * a == 4", 2, 3, "no arithmetic"},
	{"a / 2", 2, 3, "no arithmetic"},
	{"a % 2 == 0", 2, 3, "no arithmetic"},
	{"a ? b : c", 2, 3, "no meaning"},
	{"a, b", 1, 2, "no meaning"},
	{"a;", 1, 2, "no meaning"},
	{"a == {1}", 5, 6, "no meaning"},
	{"a == \xc3\xa9", 5, 7, "no meaning"},
	{"a == 1\r", 6, 7, "no meaning"},
	{"a == \\u0041", 5, 6, "no meaning"},
	{"a == @b", 5, 6, "no meaning"},
	{"a == \"b", 5, 7, "string has no end"},
	{"a == 'b", 5, 7, "string has no end"},
	{"a == ''", 5, 7, "empty string"},
	{"s == \"a\\tb\"", 7, 9, "backslash"},
	{"s == \"a\\\"b\"", 7, 8, "a quote ends the string"},
	{"a /* b", 2, 6, "comment has no end"},
	{"08 == a", 0, 2, "no number"},
	{"12ab == a", 0, 4, "no number"},
	{"a == 1e", 5, 7, "no number"},
	{"a == 0x", 5, 7, "no number"},
	{"a == 0b1", 5, 8, "no number"},
	{"a == 1.5x", 5, 9, "no number"},
	{"a == 0X1", 5, 7, "write 0x"},
	{"a == 0u", 6, 7, "no suffix"},
	{"a == 18446744073709551616", 5, 25, "64 bits"},
	{"a == 0x10000000000000000", 5, 24, "64 bits"},
	{"a[b] == 1", 2, 3, "an index"},
	{"a[-1] == 1", 2, 3, "an index"},
	{"a[(1)] == 1", 2, 3, "an index"},
	{"a[1.0] == 1", 2, 5, "an index"},
	{"a[] == 1", 2, 3, "an index"},
	{"a[1 == 1", 4, 6, "']' is missing"},
	{"a. == 1", 3, 5, "a field's name"},
	{"a.5", 1, 3, "an operator is missing"},
	{".a == 1", 0, 1, "a value is missing"},
	{"a->1", 3, 4, "a field's name"},
	{"a : b", 2, 3, "no meaning"},
	{"$ctx == 1", 5, 7, "a context's name"},
	{"$ctx[0] == 1", 4, 5, "a context's name"},
	{"$ctx", 4, 4, "a context's name"},
	{"$foo.a == 1", 0, 4, "only $ctx"},
	{"$ == 1", 0, 1, "only $ctx"},
	{"a.$ctx.b", 2, 6, "a field's name"},
	{"\"a\"", 0, 3, "neither true nor false"},
	{"1.5", 0, 3, "neither true nor false"},
	{"-1.5", 0, 4, "neither true nor false"},
	{"!\"a\" == 1", 1, 4, "can't be used with a string"},
	{"-\"a\" == 1", 1, 4, "can't be used with a string"},
	{"\"a\" && b", 0, 3, "can't be used with a string"},
	{"b || \"a\"", 5, 8, "can't be used with a string"},
	{"\"a\" & 1", 0, 3, "can't be used with a string"},
	{"1 << \"a\"", 5, 8, "can't be used with a string"},
	{"1.5 & a", 0, 3, "integers only"},
	{"a >> 1.5", 5, 8, "integers only"},
	{"~1.5 == a", 1, 4, "integers only"},
	{"a && \"x\" == 1", 5, 13, "a string with a number"},
	{"1.5 < \"x\"", 0, 9, "a string with a number"},
	{"(a == b) == \"x\"", 1, 15, "a string with a number"},
	{"\"a*b\" == \"*c\"", 0, 13, "two patterns"},
	{"\"a*b\" == \"c*\"", 0, 13, "two patterns"},
	{"s < \"a*b\"", 4, 9, "only == and !="},
	{"\"*b\" >= s", 0, 4, "only == and !="},
};

static void mistakes_have_their_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(mistakes); i++) {
		const struct mistake *mistake = &mistakes[i];
		struct filter_problem problem = {.error = ERROR_INIT};

		if (filter_parse(mistake->text, &problem))
			fail_msg("%s is taken", mistake->text);
		assert_int_equal(problem.error.code, ERROR_INVALID);
		if (!strstr(problem.error.message, mistake->words))
			fail_msg("%s: %s", mistake->text, problem.error.message);
		if (problem.begin != mistake->begin || problem.end != mistake->end)
			fail_msg("%s: %zu to %zu: %s", mistake->text, problem.begin, problem.end,
				 problem.error.message);
		assert_null(filter_parse(mistake->text, NULL));
	}
}

static struct filter *parse_repeated(const char *before, const char *middle, const char *after,
				     size_t count, struct filter_problem *problem)
{
	struct text text = {0};
	struct filter *filter;

	for (size_t i = 0; i < count; i++)
		text_add(&text, before);
	text_add(&text, middle);
	for (size_t i = 0; i < count; i++)
		text_add(&text, after);
	filter = filter_parse(text_str(&text), problem);
	text_finish(&text);
	return filter;
}

static void depth_and_length_are_bounded(void **state)
{
	struct filter_problem problem = {.error = ERROR_INIT};
	struct filter *filter;

	(void)state;
	filter = parse_repeated("(", "a", ")", FILTER_NESTING_MAX, &problem);
	assert_non_null(filter);
	filter_destroy(filter);
	assert_null(parse_repeated("(", "a", ")", FILTER_NESTING_MAX + 1, &problem));
	assert_int_equal(problem.begin, FILTER_NESTING_MAX);
	assert_null(parse_repeated("!", "a", "", FILTER_NESTING_MAX + 1, &problem));
	assert_int_equal(problem.end, FILTER_NESTING_MAX + 1);
	filter = parse_repeated("a", "", " ", FILTER_TEXT_MAX / 2, &problem);
	assert_non_null(filter);
	filter_destroy(filter);
	assert_null(parse_repeated("a", "b", " ", FILTER_TEXT_MAX / 2, &problem));
	assert_int_equal(problem.begin, FILTER_TEXT_MAX);
}

/* --- decisions */

struct field_value {
	const char *name;
	struct filter_value value;
};

#define SIGNED(name, number)                                                                       \
	{                                                                                          \
		name,                                                                              \
		{                                                                                  \
			FILTER_VALUE_SIGNED,                                                       \
			{                                                                          \
				.signed_value = (number)                                           \
			}                                                                          \
		}                                                                                  \
	}
#define TEXT(name, bytes)                                                                          \
	{                                                                                          \
		name,                                                                              \
		{                                                                                  \
			FILTER_VALUE_STRING,                                                       \
			{                                                                          \
				.string = { bytes, sizeof(bytes) - 1 }                             \
			}                                                                          \
		}                                                                                  \
	}

static const struct field_value values[] = {
	SIGNED("n", 12),
	SIGNED("zero", 0),
	SIGNED("minus", -3),
	SIGNED("low", INT64_MIN),
	{"big", {FILTER_VALUE_UNSIGNED, {.unsigned_value = UINT64_MAX}}},
	{"half", {FILTER_VALUE_FLOAT, {.float_value = 0.5}}},
	{"two", {FILTER_VALUE_FLOAT, {.float_value = 2}}},
	{"none", {FILTER_VALUE_FLOAT, {.float_value = (double)__builtin_nanf("")}}},
	TEXT("s", "abc"),
	TEXT("star", "a*c"),
	TEXT("back", "a\\c"),
	TEXT("empty", ""),
	{"cut", {FILTER_VALUE_STRING, {.string = {"abcdef", 3}}}},
	SIGNED("a[1]", 7),
	SIGNED("$ctx.vpid", 99),
};

static void value_of(void *data, const struct filter_node *field, struct filter_value *value)
{
	struct text name = {0};

	(void)data;
	filter_print_field(field, &name);
	for (size_t i = 0; i < COUNT_OF(values); i++)
		if (strcmp(values[i].name, text_str(&name)) == 0)
			*value = values[i].value;
	text_finish(&name);
}

static bool decide(const char *text)
{
	struct filter_problem problem = {.error = ERROR_INIT};
	struct filter *filter = filter_parse(text, &problem);
	bool is_match;

	if (!filter)
		fail_msg("%s: %s", text, problem.error.message);
	is_match = filter_matches(filter, value_of, NULL);
	filter_destroy(filter);
	return is_match;
}

static void assert_true_ones(const char *const *texts)
{
	for (; *texts; texts++)
		if (!decide(*texts))
			fail_msg("%s is false", *texts);
}

static void assert_false_ones(const char *const *texts)
{
	for (; *texts; texts++)
		if (decide(*texts))
			fail_msg("%s is true", *texts);
}

static void integers_have_64_bits_and_a_sign(void **state)
{
	static const char *const yes[] = {
		"n == 12 && n != 13 && n < 13 && n > 11 && n <= 12 && n >= 12",
		"n & 4",
		"n & 4 == 4",
		"(n | 1) == 13",
		"(n ^ 4) == 8",
		"n << 1 == 24",
		"n >> 2 == 3",
		"~n == -13",
		"-n == -12",
		"+n == 12",
		"!zero && !!n",
		"minus < 0",
		"minus >> 63 == 1", /* without the sign's help */
		"big == -1",
		"big == 0xffffffffffffffff",
		"low == -9223372036854775808",
		"-low == low",
		"low < minus",
		"n << 63 == 0",
		"$ctx.vpid == 99",
		"a[1] == 7",
		"1",
		"(0 || 4) == 4",
		"1 < 2 < 3",
		NULL,
	};
	static const char *const no[] = {
		"zero",
		"n == 13",
		"n & 3",
		"big > 1", /* it is -1 */
		"3 < 2 < 1 && 3 < 2",
		"n << 64 == 0",
		"n >> -1 == 0",
		"0",
		NULL,
	};

	(void)state;
	assert_true_ones(yes);
	assert_false_ones(no);
}

static void floats_are_for_comparisons(void **state)
{
	static const char *const yes[] = {
		"half == 0.5",	   "half < n",	 "half > zero",		 "two == 2", "n == 12.0",
		"-half == -0.5",   "!half == 0", "none != none",	 "two && n", "half || n",
		"!(none == none)", "half < .75", "two >= 2 && two <= 2", NULL,
	};
	static const char *const no[] = {
		"half",		"two",
		"half && n", /* its integer part is 0 */
		"none == none", "none < 1 || none >= 1",
		"half & 1",	"~two",
		NULL,
	};

	(void)state;
	assert_true_ones(yes);
	assert_false_ones(no);
}

static void strings_match_patterns(void **state)
{
	static const char *const yes[] = {
		"s == \"abc\"",	      "\"abc\" == s",
		"s == \"a*\"",	      "s == \"*c\"",
		"s == \"*b*\"",	      "s == \"a*c\"",
		"s == \"*\"",	      "s == \"abc*\"",
		"s != \"ab\"",	      "s != \"abcd\"",
		"s != \"*x*\"",	      "s < \"b\"",
		"s > \"abb\"",	      "s >= \"abc\"",
		"s <= \"abc\"",	      "s <= \"ab*\"",
		"empty == \"\"",      "empty == \"*\"",
		"s == cut",	      "s < star || star < s",
		"star == \"a\\*c\"",  "star != \"a\\*\"",
		"back == \"a\\\\c\"", "star == \"a*\\*c\"",
		"\"x\" == \"x\"",     "\"ab*\" == \"abc\"",
		"+s == \"abc\"",      NULL,
	};
	static const char *const no[] = {
		"s == \"ab\"", "s == \"b*\"", "s == \"\"",   "s != \"abc\"",   "s == \"a\\*c\"",
		"s == 5",      "s",	      "!s",	     "s && n",	       "n || s == 5",
		"-s == 1",     "s & 1",	      "n == \"12\"", "s == \"*b\\*\"", "\"a\" == \"b\"",
		NULL,
	};

	(void)state;
	assert_true_ones(yes);
	assert_false_ones(no);
}

static void missing_fields_make_all_of_it_false(void **state)
{
	static const char *const no[] = {
		"nosuch",	  "!nosuch",
		"nosuch == 1",	  "n == 12 || nosuch == 1",
		"nosuch || n",	  "$ctx.nosuch != 1",
		"a == 7",	  "a[2] == 0",
		"zero && nosuch", NULL,
	};
	/* One behind the end of an array is asked for only when it counts. */
	static const char *const yes[] = {"n == 12 || a[2] == 1", NULL};

	(void)state;
	assert_false_ones(no);
	assert_true_ones(yes);
}

static void long_chains_need_no_stack(void **state)
{
	struct filter *filter = parse_repeated("", "n == 12", " && n == 12 || zero", 3200, NULL);

	(void)state;
	assert_non_null(filter);
	assert_true(filter_matches(filter, value_of, NULL));
	filter_destroy(filter);
	filter = parse_repeated("", "n", "|n", (FILTER_TEXT_MAX - 1) / 2, NULL);
	assert_non_null(filter);
	assert_true(filter_matches(filter, value_of, NULL));
	filter_destroy(filter);
}

/* --- known fields */

static enum filter_type type_of(void *data, const struct filter_node *field)
{
	const char *name = field->field.steps[0].name;

	(void)data;
	if (filter_field_has_index(field))
		return FILTER_TYPE_INTEGER;
	switch (name[0]) {
	case 'i':
		return FILTER_TYPE_INTEGER;
	case 'f':
		return FILTER_TYPE_FLOAT;
	case 's':
		return FILTER_TYPE_STRING;
	case 'a':
		return FILTER_TYPE_ARRAY;
	case 'o':
		return FILTER_TYPE_OTHER;
	case 'x':
		return FILTER_TYPE_ANY;
	default:
		return FILTER_TYPE_UNKNOWN;
	}
}

static void note(void *data, const struct filter_problem *problem)
{
	struct text *notes = data;

	text_addf(notes, "%zu-%zu ", problem->begin, problem->end);
}

static void known_fields_are_checked(void **state)
{
	static const struct reading checks[] = {
		{"i == 1 && f < 2 && s == \"a\" && a[0] && !i", ""},
		{"u == 1", "0-1 "},
		{"a == 1", "0-1 "},
		{"o == 1", "0-1 "},
		{"x == 1 || x == \"a\" || x & 1", ""},
		{"i || s == 1", "5-11 "},
		{"s == i", "0-6 "},
		{"i == \"a\"", "0-8 "},
		{"s && i", "0-1 "},
		{"!s || i", "1-2 "},
		{"-s == 1", "1-2 "},
		{"s & 1", "0-1 "},
		{"1 << f", "5-6 "},
		{"~f == 1", "1-2 "},
		{"s", "0-1 "},
		{"f", "0-1 "},
		{"f == 1.5 && u == s && $ctx.u", "12-13 22-28 "},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(checks); i++) {
		struct filter *filter = filter_parse(checks[i].text, NULL);
		struct text notes = {0};
		size_t count = 0;

		assert_non_null(filter);
		count = filter_check(filter, type_of, note, &notes);
		if (strcmp(text_str(&notes), checks[i].tree) != 0)
			fail_msg("%s: %s", checks[i].text, text_str(&notes));
		for (const char *c = text_str(&notes); *c; c++)
			count -= *c == ' ';
		assert_int_equal(count, 0);
		text_finish(&notes);
		filter_destroy(filter);
	}
}

/* --- the caret */

static void assert_caret(const char *text, size_t begin, size_t end, int columns,
			 const char *expected)
{
	struct filter_problem problem = {begin, end, ERROR_INIT};
	struct text out = {0};

	filter_print_caret(text, &problem, columns, &out);
	assert_string_equal(text_str(&out), expected);
	text_finish(&out);
}

static void the_caret_stands_below_the_mistake(void **state)
{
	(void)state;
	assert_caret("a = b", 2, 3, 80, "a = b\n  ^\n");
	assert_caret("a == 12x", 5, 8, 80, "a == 12x\n     ^~~\n");
	assert_caret("a ==", 4, 4, 80, "a ==\n    ^\n");
	assert_caret("", 0, 0, 80, "\n^\n");
	assert_caret("a\n= b", 2, 3, 80, "a^J= b\n   ^\n");
	assert_caret("s == \"\xc3\xa9\" = 2", 10, 11, 80, "s == \"\xc3\xa9\" = 2\n         ^\n");
	/* Long ones: a window of the text, the mark in its left half. */
	assert_caret("a == 1 && b == 2 && c = 3 && d == 4", 22, 23, 20,
		     "\xe2\x80\xa6= 2 && c = 3 && d \xe2\x80\xa6\n          ^\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bits_bind_tighter_than_comparisons),
		cmocka_unit_test(equal_operators_go_from_left_to_right),
		cmocka_unit_test(constants_are_as_in_c),
		cmocka_unit_test(strings_keep_their_escapes),
		cmocka_unit_test(fields_are_paths),
		cmocka_unit_test(comments_and_blanks_are_nothing),
		cmocka_unit_test(equal_fields_share_a_number),
		cmocka_unit_test(mistakes_have_their_place),
		cmocka_unit_test(depth_and_length_are_bounded),
		cmocka_unit_test(integers_have_64_bits_and_a_sign),
		cmocka_unit_test(floats_are_for_comparisons),
		cmocka_unit_test(strings_match_patterns),
		cmocka_unit_test(missing_fields_make_all_of_it_false),
		cmocka_unit_test(long_chains_need_no_stack),
		cmocka_unit_test(known_fields_are_checked),
		cmocka_unit_test(the_caret_stands_below_the_mistake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
