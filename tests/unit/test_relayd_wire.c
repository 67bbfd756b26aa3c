/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Relay daemons' addresses, and the bytes of their protocol. */
#include "backend/sink/relayd_wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/big_endian.h"
#include "backend/sink/url.h"

static const unsigned char *bytes_of(const struct text *text)
{
	return (const unsigned char *)text->bytes;
}

static void urls_are_shown_as_lttng_does(void **state)
{
	static const struct {
		const char *url;
		const char *shown;
	} good[] = {
		{"net://host", "tcp4://host:5342/ [data: 5343]"},
		{"net4://1.2.3.4:7", "tcp4://1.2.3.4:7/ [data: 5343]"},
		{"net://host:7:8/a/b/", "tcp4://host:7/a/b [data: 8]"},
		{"net6://[::1]:0:0", "tcp6://[::1]:5342/ [data: 5343]"},
	};
	struct relay_url url;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct text shown = {0};

		assert_true(relay_url_parse(good[i].url, &url, NULL));
		relay_url_show(&url, &shown);
		assert_string_equal(text_str(&shown), good[i].shown);
		text_finish(&shown);
	}
}

static void urls_survive_their_text(void **state)
{
	static const char *const urls[] = {"net://host:7:8/a/b", "net6://[::1]:5342:5343/"};

	(void)state;
	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		struct relay_url url;
		struct text text = {0};

		assert_true(relay_url_parse(urls[i], &url, NULL));
		relay_url_text(&url, &text);
		assert_string_equal(text_str(&text), urls[i]);
		text_finish(&text);
	}
}

static void wrong_urls_are_refused(void **state)
{
	static const char *const bad[] = {
		"nets://host", "tcp://host",  "net://",	       "net://:7",	"net://host:x",
		"net://h:1x",  "net6://[::1", "net://h:65536", "net://h:1:2:3", "net://h/../up",
	};
	struct relay_url url;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct error err = ERROR_INIT;

		assert_false(relay_url_parse(bad[i], &url, &err));
		assert_int_equal(err.code, ERROR_INVALID);
	}
}

static void two_urls_are_one_place(void **state)
{
	struct error err = ERROR_INIT;
	struct relay_url url;

	(void)state;
	assert_true(relay_url_parse_pair("tcp://host:7/a", "tcp://host:8", &url, NULL));
	assert_int_equal(url.control_port, 7);
	assert_int_equal(url.data_port, 8);
	assert_string_equal(url.subdir, "a");
	assert_true(relay_url_parse_pair("net://host", "net://host", &url, NULL));
	assert_false(relay_url_parse_pair("tcp://host", NULL, &url, NULL));
	assert_false(relay_url_parse_pair("tcp://host", "tcp://other", &url, NULL));
	assert_false(relay_url_parse_pair("tcp://host:1:2", "tcp://host:3", &url, &err));
	assert_string_equal(err.message, "Trailing characters not recognized: :2");
}

static void requests_say_how_long_they_are(void **state)
{
	struct text request = {0};

	(void)state;
	relayd_encode_close_chunk(&request, 3, 5, RELAYD_CLOSE_DELETE);
	assert_int_equal(request.length, 24 + 21);
	assert_int_equal(big_endian_u64(bytes_of(&request) + 8), 21);
	assert_int_equal(big_endian_u32(bytes_of(&request) + 16), RELAYD_CLOSE_CHUNK);
	assert_int_equal(big_endian_u64(bytes_of(&request) + 24), 3);
	assert_int_equal(big_endian_u64(bytes_of(&request) + 32), 5);
	assert_int_equal(bytes_of(&request)[40], 1);
	assert_int_equal(big_endian_u32(bytes_of(&request) + 41), RELAYD_CLOSE_DELETE);
	text_finish(&request);
}

static void sessions_have_their_names_at_the_end(void **state)
{
	const struct relayd_session_wish wish = {
		.name = "s1", .host = "vm", .base_path = "", .id = 9, .created_s = 11};
	struct text request = {0};

	(void)state;
	relayd_encode_session(&request, &wish);
	assert_int_equal(big_endian_u64(bytes_of(&request) + 8), 66);
	assert_int_equal(big_endian_u64(bytes_of(&request) + 24 + 34), 9);
	assert_int_equal(big_endian_u64(bytes_of(&request) + 24 + 42), 11);
	assert_memory_equal(request.bytes + 24 + 59, "s1\0vm\0", 7);
	text_finish(&request);
}

static void streams_are_rotated_with_the_long_head(void **state)
{
	const struct relayd_cut cut = {7, 12};
	const uint64_t fresh = 4;
	struct text request = {0};

	(void)state;
	relayd_encode_rotate(&request, &fresh, &cut, 1);
	assert_int_equal(request.length, 24 + 20 + 16);
	assert_int_equal(big_endian_u32(bytes_of(&request) + 24), 1);
	assert_int_equal(bytes_of(&request)[28], 1);
	assert_int_equal(big_endian_u64(bytes_of(&request) + 36), 4);
	assert_int_equal(big_endian_u64(bytes_of(&request) + 44), 7);
	assert_int_equal(big_endian_u64(bytes_of(&request) + 52), 12);
	text_finish(&request);
}

static void metadata_packets_are_whole_blocks(void **state)
{
	const struct uuid uuid = {{1, 2, 3}};
	struct text request = {0};

	(void)state;
	relayd_encode_metadata(&request, 5, &uuid, false, "trace", 5);
	assert_int_equal(request.length, 24 + 12 + RELAYD_METADATA_HEADER + 5);
	assert_int_equal(big_endian_u32(bytes_of(&request) + 32),
			 4096 - RELAYD_METADATA_HEADER - 5);
	assert_memory_equal(request.bytes + 36, "\x57\x1d\xd1\x75\1\2\3", 7);
	assert_memory_equal(request.bytes + request.length - 5, "trace", 5);
	text_finish(&request);
}

static void replies_are_not_believed(void **state)
{
	const unsigned char refused[RELAYD_SESSION_BYTES] = {[11] = 25};
	const unsigned char endless[RELAYD_SESSION_BYTES] = {[11] = 10, [12] = 255};
	const unsigned char ancient[RELAYD_VERSION_BYTES] = {[3] = 2, [7] = 10};
	uint32_t length;
	uint64_t id;

	(void)state;
	assert_false(relayd_decode_session(refused, &id, &length, NULL));
	assert_false(relayd_decode_session(endless, &id, &length, NULL));
	assert_false(relayd_decode_version(ancient, &length, NULL));
	assert_true(relayd_path_is_sane("vm/s1", 6));
	assert_false(relayd_path_is_sane("vm/s1", 5));
	assert_false(relayd_path_is_sane("vm\0s1", 6));
	assert_false(relayd_path_is_sane("vm\033[m", 6));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(urls_are_shown_as_lttng_does),
		cmocka_unit_test(urls_survive_their_text),
		cmocka_unit_test(wrong_urls_are_refused),
		cmocka_unit_test(two_urls_are_one_place),
		cmocka_unit_test(requests_say_how_long_they_are),
		cmocka_unit_test(sessions_have_their_names_at_the_end),
		cmocka_unit_test(streams_are_rotated_with_the_long_head),
		cmocka_unit_test(metadata_packets_are_whole_blocks),
		cmocka_unit_test(replies_are_not_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
