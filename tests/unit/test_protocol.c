/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests as messages: there and back, and everything that is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/control/protocol.h"
#include "backend/control/request.h"

static struct request *make_request(void)
{
	const char *const words[] = {"create", "", "a b\n"};
	struct request *request = request_create(COUNT_OF(words), words);

	request->who = (struct requester){
		.umask = 027,
		.directory = mem_strdup("/tmp"),
		.home = mem_strdup(""),
		.lttng_home = mem_strdup("/home/x"),
		.columns = 80,
		.wants_json = true,
		.is_terminal = true,
	};
	return request;
}

static void request_survives_the_way(void **state)
{
	char message[PROTOCOL_MESSAGE_MAX];
	struct error err = ERROR_INIT;
	struct request *sent = make_request();
	size_t length = protocol_write_request(sent, message, &err);
	struct request *got = protocol_read_request(message, length, &err);

	(void)state;
	assert_non_null(got);
	assert_int_equal(got->word_count, 3);
	assert_string_equal(got->words[0], "create");
	assert_string_equal(got->words[1], "");
	assert_string_equal(got->words[2], "a b\n");
	assert_null(got->words[3]);
	assert_int_equal(got->who.umask, 027);
	assert_string_equal(got->who.directory, "/tmp");
	assert_string_equal(got->who.home, "");
	assert_string_equal(got->who.lttng_home, "/home/x");
	assert_null(got->who.selected_session);
	assert_int_equal(got->who.columns, 80);
	assert_true(got->who.wants_json);
	assert_true(got->who.is_terminal);
	assert_false(got->who.is_quiet);
	assert_false(got->who.says_yes);
	request_destroy(sent);
	request_destroy(got);
}

static void too_long_a_request_is_told(void **state)
{
	char message[PROTOCOL_MESSAGE_MAX];
	char *word = mem_zalloc(PROTOCOL_MESSAGE_MAX);
	const char *const words[] = {"create", word};
	struct error err = ERROR_INIT;
	struct request *request;

	(void)state;
	memset(word, 'x', PROTOCOL_MESSAGE_MAX - 1);
	request = request_create(COUNT_OF(words), words);
	assert_int_equal(protocol_write_request(request, message, &err), 0);
	assert_int_equal(err.code, ERROR_INVALID);
	request_destroy(request);
	free(word);
}

static void assert_refused(const void *bytes, size_t length)
{
	struct error err = ERROR_INIT;
	/* Exactly as long as it is, so that a sanitizer sees each byte read behind it. */
	char *copy = mem_alloc(length + 1);

	copy = mem_realloc_array(copy, length ? length : 1, 1);
	memcpy(copy, bytes, length);
	assert_null(protocol_read_request(copy, length, &err));
	assert_int_equal(err.code, ERROR_PROTOCOL);
	free(copy);
}

static void every_cut_request_is_refused(void **state)
{
	char message[PROTOCOL_MESSAGE_MAX];
	struct error err = ERROR_INIT;
	struct request *request = make_request();
	size_t length = protocol_write_request(request, message, &err);

	(void)state;
	for (size_t cut = 0; cut < length; cut++)
		assert_refused(message, cut);
	request_destroy(request);
}

static void wrong_contents_are_refused(void **state)
{
	char message[PROTOCOL_MESSAGE_MAX];
	struct error err = ERROR_INIT;
	struct request *request = make_request();
	size_t length = protocol_write_request(request, message, &err);
	struct protocol_request head, wrong;

	(void)state;
	memcpy(&head, message, sizeof(head));
	assert_refused(message, length + 1); /* something behind the last word */

	static const uint32_t counts[] = {0, 2, 4, 1000, UINT32_MAX};

	for (size_t i = 0; i < COUNT_OF(counts); i++) {
		wrong = head;
		wrong.word_count = counts[i];
		memcpy(message, &wrong, sizeof(wrong));
		assert_refused(message, length);
	}
	wrong = head;
	wrong.kind = MESSAGE_DONE;
	memcpy(message, &wrong, sizeof(wrong));
	assert_refused(message, length);
	memcpy(message, &head, sizeof(head));
	message[sizeof(head)] = 't'; /* a relative directory */
	assert_refused(message, length);
	request_destroy(request);
}

static void hello_is_checked(void **state)
{
	struct protocol_hello hello, got;
	struct error err = ERROR_INIT;

	(void)state;
	protocol_make_hello(&hello, ROLE_OF_COMMAND);
	memset(hello.release, 'x', sizeof(hello.release));
	assert_true(protocol_read_hello(&hello, sizeof(hello), &got, &err));
	assert_int_equal(strlen(got.release), sizeof(got.release) - 1);
	assert_false(protocol_read_hello(&hello, sizeof(hello) - 1, &got, &err));
	assert_int_equal(err.code, ERROR_PROTOCOL);
	hello.magic++;
	assert_false(protocol_read_hello(&hello, sizeof(hello), &got, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(request_survives_the_way),
		cmocka_unit_test(too_long_a_request_is_told),
		cmocka_unit_test(every_cut_request_is_refused),
		cmocka_unit_test(wrong_contents_are_refused),
		cmocka_unit_test(hello_is_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
