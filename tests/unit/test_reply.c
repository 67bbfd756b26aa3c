/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Answers as text and as the JSON document, and what reaches a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/control/reply.h"
#include "control_sink.h"

static struct reply *begin(struct kept_answer *kept, bool wants_json)
{
	const char *const words[] = {"list", "my session", "-c"};
	struct request *request = request_create(COUNT_OF(words), words);

	requester_of_this_process(&request->who);
	request->who.wants_json = wants_json;
	request->answer = kept_answer_init(kept);
	return reply_create(request, "list");
}

static struct requester *requester(struct reply *reply)
{
	return (struct requester *)reply_requester(reply);
}

static void text_goes_out_at_once(void **state)
{
	struct kept_answer kept;
	struct reply *reply = begin(&kept, false);

	(void)state;
	reply_print(reply, "Session %s created.\n", "web");
	assert_string_equal(text_str(&kept.output), "Session web created.\n");
	assert_int_equal(kept.status, -1);
	reply_done(reply, STATUS_OK);
	assert_int_equal(kept.status, 0);
	assert_string_equal(text_str(&kept.error), "");
	kept_answer_finish(&kept);
}

static void sentences_get_label_and_full_stop(void **state)
{
	struct kept_answer kept;
	struct reply *reply = begin(&kept, false);
	struct error err = ERROR_INIT;

	(void)state;
	reply_warn(reply, "%d events were discarded", 3);
	reply_warn(reply, "is that all?");
	error_set(&err, ERROR_SESSION_NOT_FOUND, "session '%s' not found", "x\x1b[2Jy\nz");
	assert_false(reply_has_errors(reply));
	reply_fail(reply, &err);
	assert_string_equal(text_str(&kept.output), "");
	assert_string_equal(text_str(&kept.error), "Warning: 3 events were discarded.\n"
						   "Warning: is that all?\n"
						   "Error: session 'x^[[2Jy^Jz' not found.\n");
	assert_int_equal(kept.status, 1);
	kept_answer_finish(&kept);
}

static void unknown_command_is_status_2(void **state)
{
	struct kept_answer kept;
	struct reply *reply = begin(&kept, false);
	struct error err = ERROR_INIT;

	(void)state;
	error_set(&err, ERROR_UNKNOWN_COMMAND, "no");
	reply_fail(reply, &err);
	assert_int_equal(kept.status, 2);
	kept_answer_finish(&kept);
}

static void terminals_get_no_controls(void **state)
{
	struct kept_answer kept;
	struct reply *reply = begin(&kept, false);

	(void)state;
	requester(reply)->is_terminal = true;
	reply_print(reply, "a\x1b]0;b\n\n%s", "\x9b");
	assert_string_equal(text_str(&kept.output), "a^[]0;b\n\n<9B>");
	reply_done(reply, STATUS_OK);
	kept_answer_finish(&kept);
}

static void long_output_is_not_cut(void **state)
{
	struct kept_answer kept;
	struct reply *reply = begin(&kept, false);

	(void)state;
	requester(reply)->is_terminal = true;
	for (int i = 0; i < 3; i++)
		reply_print(reply, "%03000d\n%03000d\n", 1, 2);
	assert_int_equal(kept.output.length, 6 * 3001);
	reply_done(reply, STATUS_OK);
	kept_answer_finish(&kept);
}

static void pipes_get_names_as_they_are(void **state)
{
	struct kept_answer kept;
	struct reply *reply = begin(&kept, false);

	(void)state;
	reply_print(reply, "a\x1b\xff\tb\n");
	assert_string_equal(text_str(&kept.output), "a\x1b\xff\tb\n");
	reply_done(reply, STATUS_OK);
	kept_answer_finish(&kept);
}

static void quiet_says_nothing_but_the_status(void **state)
{
	struct kept_answer kept;
	struct reply *reply = begin(&kept, false);
	struct error err = ERROR_INIT;

	(void)state;
	requester(reply)->is_quiet = true;
	reply_print(reply, "line\n");
	reply_warn(reply, "warning");
	error_set(&err, ERROR_IO, "error");
	reply_error(reply, &err);
	reply_done(reply, STATUS_WARNING);
	assert_int_equal(kept.output.length + kept.error.length, 0);
	assert_int_equal(kept.status, 4);
	kept_answer_finish(&kept);
}

static void json_is_one_document_a_line(void **state)
{
	struct kept_answer kept;
	struct reply *reply = begin(&kept, true);
	struct error err = ERROR_INIT;

	(void)state;
	reply_print(reply, "not shown\n");
	json_put_u64(reply_json(reply), "count", 3);
	reply_warn(reply, "careful");
	error_set(&err, ERROR_SESSION_NOT_FOUND, "session 'x' not found");
	reply_fail(reply, &err);
	assert_string_equal(text_str(&kept.output),
			    "{\"command\":\"list\",\"status\":1,\"output\":{\"count\":3},"
			    "\"warnings\":[{\"message\":\"careful\"}],"
			    "\"errors\":[{\"code\":\"session-not-found\","
			    "\"message\":\"session 'x' not found\"}]}\n");
	assert_string_equal(text_str(&kept.error),
			    "Warning: careful.\nError: session 'x' not found.\n");
	kept_answer_finish(&kept);
}

static void json_without_anything_has_all_members(void **state)
{
	struct kept_answer kept;
	struct reply *reply = begin(&kept, true);

	(void)state;
	reply_done(reply, STATUS_OK);
	assert_string_equal(text_str(&kept.output),
			    "{\"command\":\"list\",\"status\":0,\"output\":{},\"warnings\":[],"
			    "\"errors\":[]}\n");
	kept_answer_finish(&kept);
}

static void log_knows_the_command(void **state)
{
	struct kept_answer kept;
	struct reply *reply = begin(&kept, false);
	uint64_t before = log_last_serial();
	struct log_entry entry;

	(void)state;
	assert_string_equal(reply_command_line(reply), "list 'my session' -c");
	reply_warn(reply, "careful");
	assert_int_equal(log_read(before, &entry, 1), 1);
	assert_int_equal(entry.level, LOG_LEVEL_WARNING);
	assert_string_equal(entry.text, "careful");
	assert_string_equal(entry.command, "list 'my session' -c");
	reply_done(reply, STATUS_OK);
	kept_answer_finish(&kept);
}

static int publish_status;

static void publish(void *data)
{
	publish_status = ((struct kept_answer *)data)->status;
}

static void picture_is_published_before_the_end(void **state)
{
	struct kept_answer kept;
	struct reply *reply = begin(&kept, false);

	(void)state;
	publish_status = 99;
	reply_set_before_done(publish, &kept);
	reply_done(reply, STATUS_OK);
	reply_set_before_done(NULL, NULL);
	assert_int_equal(publish_status, -1);
	assert_int_equal(kept.status, 0);
	kept_answer_finish(&kept);
}

static bool always_gone(void *data)
{
	(void)data;
	return true;
}

static void reply_knows_when_nobody_reads(void **state)
{
	struct kept_answer kept;
	struct reply *reply = begin(&kept, false);

	(void)state;
	assert_false(reply_is_abandoned(reply));
	reply_done(reply, STATUS_OK);
	kept_answer_finish(&kept);

	const char *const words[] = {"stop"};
	struct request *request = request_create(1, words);

	request->answer = kept_answer_init(&kept);
	request->answer.is_gone = always_gone;
	reply = reply_create(request, "stop");
	assert_true(reply_is_abandoned(reply));
	reply_done(reply, STATUS_OK);
	kept_answer_finish(&kept);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_goes_out_at_once),
		cmocka_unit_test(sentences_get_label_and_full_stop),
		cmocka_unit_test(unknown_command_is_status_2),
		cmocka_unit_test(terminals_get_no_controls),
		cmocka_unit_test(long_output_is_not_cut),
		cmocka_unit_test(pipes_get_names_as_they_are),
		cmocka_unit_test(quiet_says_nothing_but_the_status),
		cmocka_unit_test(json_is_one_document_a_line),
		cmocka_unit_test(json_without_anything_has_all_members),
		cmocka_unit_test(log_knows_the_command),
		cmocka_unit_test(picture_is_published_before_the_end),
		cmocka_unit_test(reply_knows_when_nobody_reads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
