/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which settings of logind end tracing at logout. */
#include "console/linger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"

static void write_file(const char *root, const char *name, const char *text)
{
	char *path = mem_printf("%s/%s", root, name);
	char *folder = mem_strdup(path);

	*strrchr(folder, '/') = '\0';
	assert_true(fd_make_directories(folder, 0700, NULL));
	assert_true(fd_replace_file(path, text, strlen(text), 0600, NULL));
	free(folder);
	free(path);
}

static int make_root(void **state)
{
	char template[] = "/tmp/linger-XXXXXX";

	assert_non_null(mkdtemp(template));
	*state = mem_strdup(template);
	return 0;
}

static int remove_root(void **state)
{
	char *command = mem_printf("rm -rf %s", (char *)*state);
	int status = system(command);

	free(command);
	free(*state);
	return status;
}

static void nothing_said_is_fine(void **state)
{
	assert_false(linger_is_missing(*state, "anna"));
	write_file(*state, "etc/systemd/logind.conf", "[Login]\n#KillUserProcesses=yes\n");
	assert_false(linger_is_missing(*state, "anna"));
}

static void the_last_file_counts(void **state)
{
	write_file(*state, "etc/systemd/logind.conf", "[Login]\nKillUserProcesses=no\n");
	write_file(*state, "etc/systemd/logind.conf.d/10-a.conf", "KillUserProcesses=yes\n");
	assert_true(linger_is_missing(*state, "anna"));
	write_file(*state, "etc/systemd/logind.conf.d/20-b.conf", "KillUserProcesses=no\n");
	assert_false(linger_is_missing(*state, "anna"));
}

static void who_lingers_is_left_alone(void **state)
{
	write_file(*state, "etc/systemd/logind.conf", "KillUserProcesses=true");
	write_file(*state, "var/lib/systemd/linger/anna", "");
	assert_false(linger_is_missing(*state, "anna"));
	assert_true(linger_is_missing(*state, "bert"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_said_is_fine, make_root, remove_root),
		cmocka_unit_test_setup_teardown(the_last_file_counts, make_root, remove_root),
		cmocka_unit_test_setup_teardown(who_lingers_is_left_alone, make_root, remove_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
