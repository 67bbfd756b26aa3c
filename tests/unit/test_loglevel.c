/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Levels of the domains: lttng-enable-event(1), "Log levels". */
#include "backend/model/loglevel.h"

#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int parsed(const char *domain, const char *text)
{
	int value = -1000;

	assert_true(loglevel_parse(loglevel_scale(domain), text, &value));
	return value;
}

static void names_have_many_forms(void **state)
{
	(void)state;
	assert_int_equal(parsed("UST", "warning"), 4);
	assert_int_equal(parsed("UST", "TRACE_Warning"), 4);
	assert_int_equal(parsed("UST", "DEBUG_LINE"), 13);
	assert_int_equal(parsed("UST", "line"), 13);
	assert_int_equal(parsed("JUL", "JUL_FINEST"), 300);
	assert_int_equal(parsed("JUL", "all"), INT_MIN);
	assert_int_equal(parsed("LOG4J", "off"), INT_MAX);
	assert_int_equal(parsed("LOG4J2", "log4j2_warn"), 300);
	assert_int_equal(parsed("PYTHON", "python_critical"), 50);
}

static void what_is_no_name_is_refused(void **state)
{
	int value;

	(void)state;
	assert_false(loglevel_parse(loglevel_scale("UST"), "3", &value));
	assert_false(loglevel_parse(loglevel_scale("UST"), "JUL_INFO", &value));
	assert_false(loglevel_parse(loglevel_scale("PYTHON"), "LINE", &value));
	assert_false(loglevel_parse(loglevel_scale("UST"), "", &value));
	assert_null(loglevel_scale("KERNEL"));
	assert_false(loglevel_parse(NULL, "INFO", &value));
}

static void values_have_names(void **state)
{
	(void)state;
	assert_string_equal(loglevel_name(loglevel_scale("UST"), 14), "TRACE_DEBUG");
	assert_string_equal(loglevel_name(loglevel_scale("PYTHON"), 20), "PYTHON_INFO");
	assert_null(loglevel_name(loglevel_scale("PYTHON"), 21));
	assert_null(loglevel_name(NULL, 1));
}

static void severity_has_a_direction(void **state)
{
	(void)state;
	assert_true(loglevel_is_as_severe(loglevel_scale("UST"), 3, 4));
	assert_false(loglevel_is_as_severe(loglevel_scale("UST"), 5, 4));
	assert_true(loglevel_is_as_severe(loglevel_scale("LOG4J2"), 200, 300));
	assert_true(loglevel_is_as_severe(loglevel_scale("PYTHON"), 40, 30));
	assert_false(loglevel_is_as_severe(loglevel_scale("PYTHON"), 20, 30));
}

static void they_are_listed_in_order(void **state)
{
	(void)state;
	assert_string_equal(loglevel_at(loglevel_scale("UST"), 0), "EMERG");
	assert_string_equal(loglevel_at(loglevel_scale("PYTHON"), 5), "NOTSET");
	assert_null(loglevel_at(loglevel_scale("PYTHON"), 6));
	assert_null(loglevel_at(NULL, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_have_many_forms),
		cmocka_unit_test(what_is_no_name_is_refused),
		cmocka_unit_test(values_have_names),
		cmocka_unit_test(severity_has_a_direction),
		cmocka_unit_test(they_are_listed_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
