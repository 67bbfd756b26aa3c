/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inclusion sets, and how they read. */
#include "backend/model/tracker.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void assert_reads(const struct tracker *tracker, const char *expected)
{
	struct text text = {0};

	tracker_print(tracker, &text);
	assert_string_equal(text_str(&text), expected);
	text_finish(&text);
}

static void first_value_leaves_only_itself(void **state)
{
	struct tracker tracker = {0};

	(void)state;
	assert_reads(&tracker, "all");
	assert_true(tracker_add(&tracker, 7, NULL));
	assert_reads(&tracker, "7");
	assert_true(tracker_add(&tracker, 3, "daemon"));
	assert_true(tracker_add(&tracker, 12, NULL));
	assert_reads(&tracker, "`daemon`, 7, 12");
	tracker_clear(&tracker, false);
	assert_reads(&tracker, "all");
}

static void last_value_leaves_none(void **state)
{
	struct tracker tracker = {0};

	(void)state;
	assert_true(tracker_add(&tracker, 7, NULL));
	assert_false(tracker_add(&tracker, 7, NULL));
	assert_false(tracker_remove(&tracker, 8));
	assert_true(tracker_remove(&tracker, 7));
	assert_reads(&tracker, "none");
	assert_false(tracker_remove(&tracker, 7));
	tracker_clear(&tracker, true);
	assert_reads(&tracker, "none");
	tracker_clear(&tracker, false);
}

static void removing_from_all_changes_nothing(void **state)
{
	struct tracker tracker = {0};

	(void)state;
	assert_false(tracker_remove(&tracker, 1));
	assert_reads(&tracker, "all");
}

static enum error_code parse(enum tracker_kind kind, const char *text, int64_t *id,
			     const char **name)
{
	struct error err = ERROR_INIT;
	bool is_parsed = tracker_parse(kind, text, id, name, &err);

	assert_int_equal(is_parsed, !error_is_set(&err));
	return err.code;
}

static void names_are_of_users_and_groups(void **state)
{
	const char *name;
	int64_t id;

	(void)state;
	assert_int_equal(parse(TRACKER_VUID, "root", &id, &name), ERROR_NONE);
	assert_int_equal(id, 0);
	assert_string_equal(name, "root");
	assert_int_equal(parse(TRACKER_GID, "root", &id, &name), ERROR_NONE);
	assert_int_equal(id, 0);
	assert_int_equal(parse(TRACKER_VPID, "root", &id, &name), ERROR_INVALID);
	assert_int_equal(parse(TRACKER_VUID, "nobody-is-called-so", &id, &name), ERROR_NOT_FOUND);
	assert_int_equal(parse(TRACKER_VGID, "nobody-is-called-so", &id, &name), ERROR_NOT_FOUND);
}

static void numbers_are_whole_and_bounded(void **state)
{
	const char *name;
	int64_t id;

	(void)state;
	assert_int_equal(parse(TRACKER_VPID, "4294967295", &id, &name), ERROR_NONE);
	assert_int_equal(id, 4294967295);
	assert_null(name);
	assert_int_equal(parse(TRACKER_VPID, "4294967296", &id, &name), ERROR_INVALID);
	assert_int_equal(parse(TRACKER_VPID, "", &id, &name), ERROR_INVALID);
	assert_int_equal(parse(TRACKER_VPID, "-1", &id, &name), ERROR_INVALID);
	assert_int_equal(parse(TRACKER_VPID, "12x", &id, &name), ERROR_INVALID);
	assert_int_equal(parse(TRACKER_VUID, "", &id, &name), ERROR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(first_value_leaves_only_itself),
		cmocka_unit_test(last_value_leaves_none),
		cmocka_unit_test(removing_from_all_changes_nothing),
		cmocka_unit_test(names_are_of_users_and_groups),
		cmocka_unit_test(numbers_are_whole_and_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
