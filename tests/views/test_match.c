/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Patterns of the filter and search fields. */
#include "views/match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void a_pattern_is_a_substring(void **state)
{
	(void)state;
	assert_true(match_text("quest", "my_app:request_begin"));
	assert_false(match_text("quests", "my_app:request_begin"));
	assert_true(match_text("", "anything"));
	assert_true(match_text("", ""));
	assert_false(match_text("x", ""));
}

static void capitals_make_it_sensitive(void **state)
{
	(void)state;
	assert_true(match_text("begin", "Request_BEGIN"));
	assert_false(match_text("Begin", "Request_BEGIN"));
	assert_true(match_text("BEGIN", "Request_BEGIN"));
}

static void bars_separate_alternatives(void **state)
{
	(void)state;
	assert_true(match_text("foo|bar", "a bar"));
	assert_true(match_text("foo|bar", "a foo"));
	assert_false(match_text("foo|bar", "a baz"));
	assert_false(match_text("foo|", "a baz")); /* while "bar" is still being typed */
	assert_true(match_text("|", "a baz"));
}

static void a_mark_negates(void **state)
{
	(void)state;
	assert_false(match_text("!foo", "a foo"));
	assert_true(match_text("!foo", "a bar"));
	assert_false(match_text("!foo|bar", "a bar"));
	assert_true(match_text("!foo|bar", "a baz"));
	assert_true(match_text("!", "a foo"));
}

static void slashes_make_it_a_regular_expression(void **state)
{
	(void)state;
	assert_true(match_text("/re.*_(begin|end)$/", "my_app:request_end"));
	assert_false(match_text("/re.*_(begin|end)$/", "my_app:request_ends"));
	assert_true(match_text("/^net", "net:packet")); /* while it is typed */
	assert_false(match_text("/^packet/", "net:packet"));
	assert_true(match_text("/NET/", "NET:x"));
	assert_false(match_text("/NET/", "net:x"));
	assert_true(match_text("/net/", "NET:x"));
	assert_false(match_text("!/^net/", "net:x"));
	assert_true(match_text("!/^net/", "my:net"));
	assert_true(match_text("//", "anything"));
}

static void a_wrong_expression_hides_nothing_and_says_why(void **state)
{
	struct match match = {0};

	(void)state;
	match_compile(&match, "/(a/", NULL, NULL);
	assert_true(match_is_empty(&match));
	assert_true(match_accepts(&match, "b"));
	assert_string_not_equal(match.problem, "");
	match_compile(&match, "/(a)/", NULL, NULL);
	assert_string_equal(match.problem, "");
	assert_false(match_accepts(&match, "b"));
	match_finish(&match);
}

static size_t find_level(const void *data, const char *name, size_t length)
{
	(void)data;
	return length == 5 && !strncmp(name, "level", 5) ? 3 : MATCH_NO_COLUMN;
}

static void a_column_may_stand_before_it(void **state)
{
	struct match match = {0};

	(void)state;
	match_compile(&match, "level:INFO|ERR", find_level, NULL);
	assert_int_equal(match.column, 3);
	assert_true(match_accepts(&match, "TRACE_ERR"));
	assert_false(match_accepts(&match, "TRACE_DEBUG"));
	match_compile(&match, "!level:/^$/", find_level, NULL);
	assert_int_equal(match.column, 3);
	assert_false(match_accepts(&match, ""));
	assert_true(match_accepts(&match, "x"));
	match_compile(&match, "my_app:req", find_level, NULL); /* no column: a name */
	assert_int_equal(match.column, MATCH_NO_COLUMN);
	assert_true(match_accepts(&match, "my_app:request"));
	assert_false(match_accepts(&match, "net:req"));
	match_compile(&match, ":x", find_level, NULL);
	assert_int_equal(match.column, MATCH_NO_COLUMN);
	match_compile(&match, "level:", find_level, NULL); /* more is to come */
	assert_true(match_is_empty(&match));
	match_finish(&match);
}

static void hits_are_found_one_after_the_other(void **state)
{
	struct match match = {0};
	size_t begin, end;

	(void)state;
	match_compile(&match, "b|ab", NULL, NULL);
	assert_true(match_find(&match, "xab.b", 0, &begin, &end));
	assert_int_equal(begin, 1);
	assert_int_equal(end, 3);
	assert_true(match_find(&match, "xab.b", end, &begin, &end));
	assert_int_equal(begin, 4);
	assert_false(match_find(&match, "xab.b", end, &begin, &end));
	match_compile(&match, "/x*/", NULL, NULL); /* matches nothing, everywhere */
	assert_true(match_find(&match, "axxb", 0, &begin, &end));
	assert_int_equal(begin, 1);
	assert_int_equal(end, 3);
	assert_false(match_find(&match, "axxb", end, &begin, &end));
	match_compile(&match, "/^a/", NULL, NULL);
	assert_true(match_find(&match, "aa", 0, &begin, &end));
	assert_false(match_find(&match, "aa", end, &begin, &end));
	match_compile(&match, "!a", NULL, NULL);
	assert_false(match_find(&match, "ab", 0, &begin, &end));
	match_finish(&match);
}

static void a_long_pattern_is_cut(void **state)
{
	char pattern[2 * MATCH_PATTERN_MAX];
	struct match match = {0};

	(void)state;
	memset(pattern, 'a', sizeof(pattern) - 1);
	pattern[sizeof(pattern) - 1] = '\0';
	match_compile(&match, pattern, NULL, NULL);
	assert_int_equal(strlen(match.pattern), MATCH_PATTERN_MAX - 1);
	match_finish(&match);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pattern_is_a_substring),
		cmocka_unit_test(capitals_make_it_sensitive),
		cmocka_unit_test(bars_separate_alternatives),
		cmocka_unit_test(a_mark_negates),
		cmocka_unit_test(slashes_make_it_a_regular_expression),
		cmocka_unit_test(a_wrong_expression_hides_nothing_and_says_why),
		cmocka_unit_test(a_column_may_stand_before_it),
		cmocka_unit_test(hits_are_found_one_after_the_other),
		cmocka_unit_test(a_long_pattern_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
