/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers as lttng's machine interface gives them: its elements, nothing else. */
#include "backend/control/mi.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static void assert_answer(const char *command, const char *json, bool is_success,
			  const char *expected)
{
	struct error err = ERROR_INIT;
	struct json *output = json_parse(json, strlen(json), &err);
	struct text text = {0};
	const char *body;

	assert_non_null(output);
	mi_print(command, output, is_success, &text);
	body = strstr(text_str(&text), "<name>");
	assert_non_null(body);
	assert_string_equal(body, expected);
	text_finish(&text);
	json_unref(output);
}

static void elements_are_those_of_the_schema(void **state)
{
	(void)state;
	assert_answer("create",
		      "{\"session\": {\"name\": \"a<b\", \"path\": \"/o\", \"enabled\": false,"
		      "\"snapshot_mode\": 0, \"creation_time_ns\": 5}}",
		      true,
		      "<name>create</name><output><session><name>a&lt;b</name><path>/o</path>"
		      "<enabled>false</enabled><snapshot_mode>0</snapshot_mode></session></output>"
		      "<success>true</success></command>\n");
}

static void probes_have_their_places(void **state)
{
	(void)state;
	assert_answer(
		"enable-event",
		"{\"events\": [{\"name\": \"p\", \"type\": \"PROBE\", \"location\": \"x+0x10\","
		"\"probe_attributes\": {\"symbol_name\": \"x\", \"offset\": 16}},"
		"{\"name\": \"f\", \"type\": \"FUNCTION\","
		"\"function_attributes\": {\"symbol_name\": \"y\", \"offset\": 0}}]}",
		true,
		"<name>enable-event</name><output><events><event><name>p</name>"
		"<type>PROBE</type><attributes><probe_attributes><offset>16</offset>"
		"<symbol_name>x</symbol_name></probe_attributes></attributes></event>"
		"<event><name>f</name><type>FUNCTION</type><attributes>"
		"<function_attributes><symbol_name>y</symbol_name></function_attributes>"
		"</attributes></event></events></output><success>true</success></command>\n");
}

static void what_was_not_found_is_an_empty_list(void **state)
{
	(void)state;
	assert_answer("start", "{}", false,
		      "<name>start</name><output><sessions/></output><success>false</success>"
		      "</command>\n");
	assert_answer("clear", "{}", false,
		      "<name>clear</name><output><sessions/></output><success>false</success>"
		      "</command>\n");
}

static void started_sessions_are_enabled(void **state)
{
	(void)state;
	assert_answer("start", "{\"session\": {\"name\": \"a\", \"enabled\": false}}", true,
		      "<name>start</name><output><sessions><session><name>a</name>"
		      "<enabled>true</enabled></session></sessions></output><success>true</success>"
		      "</command>\n");
}

static void trackers_have_elements_of_their_own(void **state)
{
	(void)state;
	assert_answer("track",
		      "{\"process_attr_trackers\": [{\"attribute\": \"vuid\", \"values\": ["
		      "{\"value\": \"root\", \"success\": true}, {\"value\": \"7\"},"
		      "{\"value\": \"all\"}]}]}",
		      true,
		      "<name>track</name><output><process_attr_trackers>"
		      "<vuid_process_attr_tracker><process_attr_values>"
		      "<vuid><type><name>root</name></type><success>true</success></vuid>"
		      "<vuid><type><id>7</id></type></vuid>"
		      "<vuid><type><all>true</all></type></vuid>"
		      "</process_attr_values></vuid_process_attr_tracker></process_attr_trackers>"
		      "</output><success>true</success></command>\n");
}

static void commands_that_lttng_has_not_answer_too(void **state)
{
	(void)state;
	assert_answer("quit", "{\"anything\": 1}", true,
		      "<name>quit</name><output/><success>true</success></command>\n");
	assert_answer("status", "{\"sessions\": []}", true,
		      "<name>list</name><output><sessions/></output></command>\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(elements_are_those_of_the_schema),
		cmocka_unit_test(probes_have_their_places),
		cmocka_unit_test(what_was_not_found_is_an_empty_list),
		cmocka_unit_test(started_sessions_are_enabled),
		cmocka_unit_test(trackers_have_elements_of_their_own),
		cmocka_unit_test(commands_that_lttng_has_not_answer_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
