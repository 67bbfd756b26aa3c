/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Patterns of the filter and search fields. */
#include "views/match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pattern_is_a_substring),
		cmocka_unit_test(capitals_make_it_sensitive),
		cmocka_unit_test(bars_separate_alternatives),
		cmocka_unit_test(a_mark_negates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
