/* SPDX-License-Identifier: GPL-2.0-or-later */
/* .lttngrc: people edit it, so it may hold anything; what is there decides, never what we last
 * wrote. */
#include "backend/control/rcfile.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"

static char folder[] = "rcfile-XXXXXX";

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static void write_rc(const char *text)
{
	char *path = mem_printf("%s/.lttngrc", folder);
	struct error err = ERROR_INIT;

	assert_true(fd_replace_file(path, text, strlen(text), 0644, &err));
	free(path);
}

static void assert_session(const char *text, const char *expected)
{
	struct error err = ERROR_INIT;
	char *name = NULL;

	write_rc(text);
	assert_true(rcfile_read(folder, &name, &err));
	assert_string_equal(name, expected);
	free(name);
}

static void assert_no_session(const char *text)
{
	struct error err = ERROR_INIT;
	char *name = NULL;

	write_rc(text);
	assert_false(rcfile_read(folder, &name, &err));
	assert_int_equal(err.code, ERROR_NO_SESSION);
	assert_non_null(strstr(err.message, ".lttngrc"));
}

static void first_session_line_counts(void **state)
{
	(void)state;
	assert_session("session=web\n", "web");
	assert_session("session=web", "web");
	assert_session("  session=web\n", "web");
	assert_session("other=1\n# words\nsession=\nsession=a b=c\nsession=late\n", "a b=c");
}

static void malformed_files_name_no_session(void **state)
{
	(void)state;
	assert_no_session("");
	assert_no_session("session\n");
	assert_no_session("session = web\n");
	assert_no_session("sessions=web\n");
	assert_no_session("\x01\x02\xff\n=\n==\n");
}

static void missing_file_says_what_to_do(void **state)
{
	struct error err = ERROR_INIT;
	char *name = NULL;

	(void)state;
	assert_false(rcfile_read("/nonexistent", &name, &err));
	assert_int_equal(err.code, ERROR_NO_SESSION);
	assert_non_null(strstr(err.message, "create"));
}

static void only_the_named_session_is_forgotten(void **state)
{
	struct error err = ERROR_INIT;
	char *name = NULL;

	(void)state;
	assert_true(rcfile_write(folder, "web", &err));
	rcfile_forget(folder, "db");
	assert_true(rcfile_read(folder, &name, &err));
	assert_string_equal(name, "web");
	free(name);
	rcfile_forget(folder, "web");
	assert_false(rcfile_read(folder, &name, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_session_line_counts),
		cmocka_unit_test(malformed_files_name_no_session),
		cmocka_unit_test(missing_file_says_what_to_do),
		cmocka_unit_test(only_the_named_session_is_forgotten),
	};

	return cmocka_run_group_tests(tests, make_folder, NULL);
}
