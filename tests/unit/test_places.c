/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Places: whose rules hold, which variables count, and directories that must be refused. */
#include "backend/base/places.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "tests/unit/folder_kit.h"

static void set_variables(const char *home, const char *lttng_home, const char *runtime)
{
	const char *const names[] = {"HOME", "LTTNG_HOME", "XDG_RUNTIME_DIR"};
	const char *const values[] = {home, lttng_home, runtime};

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		if (values[i])
			setenv(names[i], values[i], 1);
		else
			unsetenv(names[i]);
	}
	unsetenv("XDG_STATE_HOME");
	unsetenv("XDG_CONFIG_HOME");
}

static void private_instance_follows_the_users_rules(void **state)
{
	char *runtime = folder_kit_file("run");
	char *expected;
	struct places places;

	(void)state;
	assert_int_equal(mkdir(runtime, 0700), 0);
	set_variables("/home/u", "/elsewhere", runtime);
	places_find(&places);
	assert_false(places.is_root_instance);
	assert_string_equal(places.home, "/home/u");
	assert_string_equal(places.lttng_home, "/elsewhere");
	expected = mem_printf("%s/tracon", runtime);
	assert_string_equal(places.runtime, expected);
	free(expected);
	expected = mem_printf("%s/tracon/engine.sock", runtime);
	assert_string_equal(places.engine_socket, expected);
	free(expected);
	expected = mem_printf("%s/tracon/native.sock", runtime);
	assert_string_equal(places.native_socket, expected);
	free(expected);
	expected = mem_printf("%s/tracon/engine.lock", runtime);
	assert_string_equal(places.engine_lock, expected);
	free(expected);
	assert_string_equal(places.apps_directory, "/elsewhere/.lttng");
	expected = mem_printf("%s/tracon/home/.lttng", runtime);
	assert_string_equal(places.apps_fallback, expected);
	free(expected);
	assert_string_equal(places.state, "/home/u/.local/state/tracon");
	assert_string_equal(places.config, "/home/u/.config/tracon/config");
	assert_string_equal(places.traces, "/elsewhere/lttng-traces");
	places_finish(&places);
	places_finish(&places);
	free(runtime);
}

static void root_without_lttng_home_is_the_systems(void **state)
{
	struct places places;

	(void)state;
	set_variables("/root", NULL, folder_kit_path());
	places_find(&places);
	assert_int_equal(places.is_root_instance, getuid() == 0);
	if (getuid() == 0) {
		assert_string_equal(places.runtime, "/run/tracon");
		assert_string_equal(places.apps_directory, "/var/run/lttng");
		assert_string_equal(places.apps_fallback, "/root/.lttng");
	}
	assert_string_equal(places.lttng_home, "/root");
	assert_string_equal(places.traces, "/root/lttng-traces");
	places_finish(&places);
	set_variables("/root", "", folder_kit_path()); /* empty is unset */
	places_find(&places);
	assert_int_equal(places.is_root_instance, getuid() == 0);
	places_finish(&places);
}

static void assert_runtime_in_tmp(const char *runtime_dir)
{
	char *expected = mem_printf("/tmp/tracon-%u", (unsigned int)getuid());
	struct places places;

	set_variables("/home/u", "/home/u", runtime_dir);
	places_find(&places);
	assert_string_equal(places.runtime, expected);
	places_finish(&places);
	free(expected);
}

static void doubtful_runtime_directories_are_ignored(void **state)
{
	char *open_one = folder_kit_file("open"), *link = folder_kit_file("link");
	char *real = folder_kit_file("real");

	(void)state;
	assert_int_equal(mkdir(open_one, 0700), 0);
	assert_int_equal(chmod(open_one, 0750), 0);
	assert_int_equal(mkdir(real, 0700), 0);
	assert_int_equal(symlink(real, link), 0);
	assert_runtime_in_tmp(NULL);
	assert_runtime_in_tmp("");
	assert_runtime_in_tmp("relative");
	assert_runtime_in_tmp("/nowhere/at/all");
	assert_runtime_in_tmp("/dev/null");
	assert_runtime_in_tmp(open_one);
	assert_runtime_in_tmp(link);
	if (getuid() == 0) {
		assert_int_equal(chown(real, 1, 1), 0);
		assert_runtime_in_tmp(real);
	}
	free(open_one);
	free(link);
	free(real);
}

static void xdg_variables_count_when_absolute(void **state)
{
	struct places places;

	(void)state;
	set_variables("/home/u", NULL, NULL);
	setenv("XDG_STATE_HOME", "/s", 1);
	setenv("XDG_CONFIG_HOME", "/c", 1);
	places_find(&places);
	assert_string_equal(places.state, "/s/tracon");
	assert_string_equal(places.config, "/c/tracon/config");
	places_finish(&places);
	setenv("XDG_STATE_HOME", "s", 1);
	setenv("XDG_CONFIG_HOME", "./c", 1);
	places_find(&places);
	assert_string_equal(places.state, "/home/u/.local/state/tracon");
	assert_string_equal(places.config, "/home/u/.config/tracon/config");
	places_finish(&places);
}

static void without_a_home_there_is_no_state(void **state)
{
	struct places places;

	(void)state;
	set_variables(NULL, NULL, NULL);
	places_find(&places);
	assert_string_equal(places.home, "");
	assert_null(places.state);
	assert_null(places.config);
	places_finish(&places);
}

static void assert_refused(const char *path, enum error_code code)
{
	struct error err = ERROR_INIT;

	assert_false(places_make_private(path, 0700, &err));
	assert_int_equal(err.code, code);
	assert_non_null(strstr(err.message, path));
}

static void private_folder_gets_its_mode(void **state)
{
	char *path = folder_kit_file("state/deep/tracon"), *parent = folder_kit_file("state");
	struct error err = ERROR_INIT;
	mode_t umask_before = umask(0777 & ~0700);
	struct stat status;

	(void)state;
	assert_true(places_make_private(path, 0755, &err));
	umask(umask_before);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0755);
	assert_int_equal(stat(parent, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0700);
	assert_true(places_make_private(path, 0755, &err));
	free(path);
	free(parent);
}

static void folders_that_others_prepared_are_refused(void **state)
{
	char *open_one = folder_kit_file("opened"), *link = folder_kit_file("linked");
	char *real = folder_kit_file("safe"), *file = folder_kit_file("plain");
	char *dangling = folder_kit_file("dangling"), *foreign = folder_kit_file("foreign");
	struct error err = ERROR_INIT;

	(void)state;
	assert_int_equal(mkdir(open_one, 0700), 0);
	assert_int_equal(chmod(open_one, 0770), 0);
	assert_refused(open_one, ERROR_DENIED);
	assert_true(places_make_private(real, 0700, &err));
	assert_int_equal(symlink(real, link), 0);
	assert_refused(link, ERROR_DENIED);
	assert_int_equal(symlink("/nowhere/at/all", dangling), 0);
	assert_refused(dangling, ERROR_DENIED);
	assert_int_equal(mknod(file, S_IFREG | 0600, 0), 0);
	assert_refused(file, ERROR_DENIED);
	if (getuid() == 0) {
		assert_int_equal(mkdir(foreign, 0700), 0);
		assert_int_equal(chown(foreign, 1, 1), 0);
		assert_refused(foreign, ERROR_DENIED);
	}
	free(open_one);
	free(link);
	free(real);
	free(file);
	free(dangling);
	free(foreign);
}

static void runtime_directory_is_made(void **state)
{
	char *runtime = folder_kit_file("xdg"), *made = folder_kit_file("xdg/tracon");
	struct error err = ERROR_INIT;
	struct places places;
	struct stat status;

	(void)state;
	assert_int_equal(mkdir(runtime, 0700), 0);
	set_variables("/home/u", "/home/u", runtime);
	places_find(&places);
	assert_true(places_make_runtime(&places, &err));
	assert_int_equal(stat(made, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0700);
	assert_true(places_make_runtime(&places, &err));
	places_finish(&places);
	free(runtime);
	free(made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(private_instance_follows_the_users_rules),
		cmocka_unit_test(root_without_lttng_home_is_the_systems),
		cmocka_unit_test(doubtful_runtime_directories_are_ignored),
		cmocka_unit_test(xdg_variables_count_when_absolute),
		cmocka_unit_test(without_a_home_there_is_no_state),
		cmocka_unit_test(private_folder_gets_its_mode),
		cmocka_unit_test(folders_that_others_prepared_are_refused),
		cmocka_unit_test(runtime_directory_is_made),
	};

	return cmocka_run_group_tests(tests, folder_kit_make, folder_kit_remove);
}
