/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Errors: the sentence grows from the left, is cut at whole characters, and knows errno's codes. */
#include "backend/base/error.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void prefixes_stand_before_the_cause(void **state)
{
	struct error err = ERROR_INIT;

	(void)state;
	assert_false(error_is_set(&err));
	assert_false(error_set(&err, ERROR_DENIED, "permission denied"));
	assert_false(error_prefix(&err, "cannot read ring '%s'", "web-3"));
	assert_false(error_prefix(&err, "cannot start '%s'", "web"));
	assert_int_equal(err.code, ERROR_DENIED);
	assert_string_equal(err.message,
			    "cannot start 'web': cannot read ring 'web-3': permission denied");
}

static void errno_chooses_the_code(void **state)
{
	static const struct {
		int errno_value;
		enum error_code code;
	} cases[] = {
		{ENOSPC, ERROR_NO_SPACE}, {EDQUOT, ERROR_NO_SPACE}, {EACCES, ERROR_DENIED},
		{EPERM, ERROR_DENIED},	  {EIO, ERROR_IO},	    {ENOENT, ERROR_IO},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct error err = ERROR_INIT;

		assert_false(error_set_errno(&err, cases[i].errno_value, "cannot open '%s'", "x"));
		assert_int_equal(err.code, cases[i].code);
	}
}

static void errno_is_told_in_small_letters(void **state)
{
	struct error err = ERROR_INIT;

	(void)state;
	error_set_errno(&err, EACCES, "cannot open '%s'", "/x");
	assert_string_equal(err.message, "cannot open '/x': permission denied");
}

static void no_error_object_is_no_crash(void **state)
{
	(void)state;
	assert_false(error_set(NULL, ERROR_IO, "x"));
	assert_false(error_set_errno(NULL, EIO, "x"));
	assert_false(error_prefix(NULL, "x"));
	error_copy(NULL, NULL);
}

static void own_message_may_be_an_argument(void **state)
{
	struct error err = ERROR_INIT;

	(void)state;
	error_set(&err, ERROR_IO, "cause");
	error_set(&err, ERROR_STATE, "%s of %s", err.message, err.message);
	assert_string_equal(err.message, "cause of cause");
	error_prefix(&err, "%s", err.message);
	assert_string_equal(err.message, "cause of cause: cause of cause");
}

static void assert_cut_whole(const struct error *err)
{
	size_t length = strlen(err->message);

	assert_true(length < ERROR_MESSAGE_MAX);
	assert_true(length > ERROR_MESSAGE_MAX - 8);
	assert_string_equal(err->message + length - 3, "…");
	/* What stands before is whole two-byte characters. */
	for (size_t i = 0; i + 3 < length; i += 2)
		assert_memory_equal(err->message + i, "é", 2);
}

static void long_sentences_end_in_an_ellipsis(void **state)
{
	struct error err = ERROR_INIT;
	char many[801];

	(void)state;
	for (size_t i = 0; i < 800; i += 2)
		memcpy(many + i, "é", 2);
	many[800] = '\0';
	error_set(&err, ERROR_IO, "%s", many);
	assert_cut_whole(&err);
	error_set(&err, ERROR_IO, "%s", "éé");
	error_prefix(&err, "%s", many);
	assert_cut_whole(&err);
	error_set_errno(&err, EIO, "%s", many);
	assert_cut_whole(&err);
}

static void long_causes_are_cut_not_their_prefix(void **state)
{
	struct error err = ERROR_INIT;
	char many[400];

	(void)state;
	memset(many, 'x', sizeof(many));
	many[sizeof(many) - 1] = '\0';
	error_set(&err, ERROR_IO, "%s", many);
	error_prefix(&err, "cannot start 'web'");
	assert_memory_equal(err.message, "cannot start 'web': xxx", 23);
	assert_non_null(strstr(err.message, "…"));
}

static void copy_of_nothing_is_no_error(void **state)
{
	struct error err = ERROR_INIT, copy = ERROR_INIT;

	(void)state;
	error_set(&err, ERROR_BUSY, "busy");
	error_copy(&copy, &err);
	assert_int_equal(copy.code, ERROR_BUSY);
	assert_string_equal(copy.message, "busy");
	error_copy(&copy, NULL);
	assert_false(error_is_set(&copy));
	assert_string_equal(copy.message, "");
}

static void every_code_has_a_name_of_its_own(void **state)
{
	(void)state;
	assert_string_equal(error_code_name(ERROR_SESSION_NOT_FOUND), "session-not-found");
	for (int a = 0; a < ERROR_COUNT; a++) {
		assert_string_not_equal(error_code_name((enum error_code)a), "unknown");
		for (int b = 0; b < a; b++)
			assert_string_not_equal(error_code_name((enum error_code)a),
						error_code_name((enum error_code)b));
	}
	assert_string_equal(error_code_name((enum error_code)999), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prefixes_stand_before_the_cause),
		cmocka_unit_test(errno_chooses_the_code),
		cmocka_unit_test(errno_is_told_in_small_letters),
		cmocka_unit_test(no_error_object_is_no_crash),
		cmocka_unit_test(own_message_may_be_an_argument),
		cmocka_unit_test(long_sentences_end_in_an_ellipsis),
		cmocka_unit_test(long_causes_are_cut_not_their_prefix),
		cmocka_unit_test(copy_of_nothing_is_no_error),
		cmocka_unit_test(every_code_has_a_name_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
