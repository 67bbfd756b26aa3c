/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Filters as bytecode of LTTng-UST: exact bytes of small ones, what applications refuse is never
 * made, and what they can't compute is said. What bytecode decides, filters.test asks a real
 * application.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/source/ust/bytecode.h"
#include "backend/source/ust/internal.h"
#include "tests/unit/bytecode_walk.h"

enum { OP_EQ = 12, OP_GE = 16, OP_LE = 17, OP_CAST_TO_S64 = 67, OP_STRING = 64, OP_PATTERN = 76 };

static struct lttng_ust_abi_filter_bytecode *compile(const char *text,
						     struct filter_problem *problem)
{
	struct filter *filter = filter_parse(text, problem);
	struct lttng_ust_abi_filter_bytecode *bytecode;

	if (!filter)
		fail_msg("%s: no filter", text);
	bytecode = ust_bytecode_compile(filter, problem);
	assert_int_equal(ust_bytecode_check(filter, NULL), bytecode != NULL);
	filter_destroy(filter);
	return bytecode;
}

static void assert_bytes(const char *text, const void *bytes, size_t length, size_t code_length)
{
	struct lttng_ust_abi_filter_bytecode *bytecode = compile(text, NULL);

	assert_non_null(bytecode);
	assert_null(bytecode_walk(bytecode));
	assert_int_equal(bytecode->len, length);
	assert_int_equal(bytecode->reloc_offset, code_length);
	assert_memory_equal((const char *)bytecode + sizeof(*bytecode), bytes, length);
	free(bytecode);
}

static void fields_are_found_by_name(void **state)
{
	static const char named[] = "\x3b\xff\xff"	     /* load the field */
				    "\x41\x02\0\0\0\0\0\0\0" /* 2 */
				    "\x0c"		     /* == */
				    "\x01"		     /* return */
				    "\0\0number";	     /* at byte 0: its name */
	static const char context[] = "\x46\xff\xff\x40web*\0\x0c\x01\0\0$ctx.procname";
	static const char path[] = "\x51"		    /* the payload */
				   "\x52\x02\0"		    /* name: byte 2 of the names */
				   "\x55\x03\0\0\0\0\0\0\0" /* [3] */
				   "\x56"		    /* load */
				   "\x01"		    /* return */
				   "\x01\0series";	    /* at byte 1 */

	(void)state;
	assert_bytes("number == 2", named, sizeof(named), 14);
	assert_bytes("$ctx.procname == \"web*\"", context, sizeof(context), 11);
	assert_bytes("series[3]", path, sizeof(path), 15);
}

static size_t count_op(const char *text, unsigned int op)
{
	struct lttng_ust_abi_filter_bytecode *bytecode = compile(text, NULL);
	size_t count;

	assert_non_null(bytecode);
	assert_null(bytecode_walk(bytecode));
	count = bytecode_count_op(bytecode, op);
	free(bytecode);
	return count;
}

static void quirks_are_gone_around(void **state)
{
	(void)state;
	assert_int_equal(count_op("n <= 1 && 1 <= n && n <= m && (n & 7) <= 3", OP_LE), 0);
	assert_int_equal(count_op("n <= 1 && 1 <= n && n <= m && (n & 7) <= 3", OP_GE), 4);
	assert_int_equal(count_op("3 >= (n & 7)", OP_LE), 0);
	assert_int_equal(count_op("!n", OP_EQ), 1);
	assert_int_equal(count_op("n & 1 && n", OP_CAST_TO_S64), 2);
	assert_int_equal(count_op("n == 1 && !n && 2", OP_CAST_TO_S64), 0);
	assert_int_equal(count_op("s == \"a*\" || s == \"a\\*b\"", OP_STRING), 2);
	assert_int_equal(count_op("s == \"*a\" || s == \"a**\"", OP_PATTERN), 2);
}

static char *repeat(const char *before, const char *middle, const char *after, size_t count)
{
	struct text text = {0};

	for (size_t i = 0; i < count; i++)
		text_add(&text, before);
	text_add(&text, middle);
	for (size_t i = 0; i < count; i++)
		text_add(&text, after);
	return text_take(&text);
}

/* NULL: refused, with the place of all of it. */
static struct lttng_ust_abi_filter_bytecode *compile_repeated(const char *before,
							      const char *middle, const char *after,
							      size_t count)
{
	char *text = repeat(before, middle, after, count);
	struct filter_problem problem = {.error = ERROR_INIT};
	struct lttng_ust_abi_filter_bytecode *bytecode = compile(text, &problem);

	if (bytecode) {
		assert_null(bytecode_walk(bytecode));
	} else {
		assert_int_equal(problem.error.code, ERROR_UNSUPPORTED);
		assert_int_equal(problem.begin, 0);
	}
	free(text);
	return bytecode;
}

static void assert_compiles(const char *before, const char *middle, const char *after, size_t count)
{
	struct lttng_ust_abi_filter_bytecode *bytecode =
		compile_repeated(before, middle, after, count);

	assert_non_null(bytecode);
	free(bytecode);
}

static void long_and_deep_ones_fit_eight_places(void **state)
{
	(void)state;
	assert_compiles("", "n == 1", " || n == 1", 3000);
	assert_compiles("n & (", "n", ")", FILTER_NESTING_MAX);
	assert_compiles("n == (", "n", ")", FILTER_NESTING_MAX);
	assert_compiles("n && (", "n", ")", FILTER_NESTING_MAX);
	assert_compiles("(", "n", " <= 1)", 6);
	assert_compiles("", "n <= 1", " && n <= m", 1000);
}

static void what_does_not_fit_is_said(void **state)
{
	(void)state;
	assert_null(compile_repeated("(n & n) & (", "n & n", ")", 9));
	assert_null(compile_repeated("1 << (", "n", ")", 9));
	assert_null(compile_repeated("", "n", " || n & 1 <= m", 9));
	assert_null(compile_repeated("", "n == 1", " || n == 1", 5000)); /* 16 bytes each */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_found_by_name),
		cmocka_unit_test(quirks_are_gone_around),
		cmocka_unit_test(long_and_deep_ones_fit_eight_places),
		cmocka_unit_test(what_does_not_fit_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
