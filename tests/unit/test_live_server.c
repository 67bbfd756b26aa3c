/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The live server: requests and replies by the bytes, ports, and the end of sessions. */
#include "backend/live/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/base/big_endian.h"
#include "backend/base/mem.h"
#include "backend/live/feed.h"
#include "backend/live/viewer.h"
#include "backend/live/wire.h"

static const char metadata[] = "/* CTF 1.8 */\n\nclock {\n};\n\nstream {\n};\n";

struct bench {
	struct live_hall hall;
	struct live_feed *feed;
	struct live_trace *trace;
	struct live_stream *stream;
	struct live_viewer *viewer;
	struct text reply;
};

static int set_up(void **state)
{
	struct bench *bench = mem_zalloc(sizeof(*bench));

	bench->hall.host_name = mem_strdup("host");
	bench->feed = live_feed_create(5, "web", 100000);
	bench->trace = live_trace_open(bench->feed, "kernel");
	bench->stream = live_stream_open(bench->trace, "channel0_0");
	live_trace_append(bench->trace, metadata, strlen(metadata));
	live_hall_add(&bench->hall, bench->feed);
	bench->viewer = live_viewer_create(&bench->hall);
	*state = bench;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;

	live_viewer_destroy(bench->viewer);
	live_stream_close(bench->stream);
	live_trace_close(bench->trace);
	live_hall_tidy(&bench->hall, true);
	live_feed_unref(bench->feed);
	text_finish(&bench->reply);
	free(bench->hall.host_name);
	free(bench);
	return 0;
}

static void begin_request(struct text *out, uint32_t command, size_t body_bytes)
{
	big_endian_add_u64(out, body_bytes);
	big_endian_add_u32(out, command);
	big_endian_add_u32(out, 0);
}

/* The reply is in bench->reply. */
static bool ask(struct bench *bench, uint32_t command, const struct text *body)
{
	struct text request = {0};
	size_t request_bytes;
	bool goes_on;

	begin_request(&request, command, body ? body->length : 0);
	if (body)
		text_add_bytes(&request, text_str(body), body->length);
	text_clear(&bench->reply);
	assert_true(live_viewer_measure((const unsigned char *)request.bytes, request.length,
					&request_bytes));
	assert_int_equal(request_bytes, request.length);
	goes_on = live_viewer_handle(bench->viewer, (const unsigned char *)request.bytes,
				     request.length, false, &bench->reply) == LIVE_ANSWERED;
	text_finish(&request);
	return goes_on;
}

static bool ask_u64(struct bench *bench, uint32_t command, uint64_t value)
{
	struct text body = {0};
	bool goes_on;

	big_endian_add_u64(&body, value);
	goes_on = ask(bench, command, &body);
	text_finish(&body);
	return goes_on;
}

static void attach(struct bench *bench, uint64_t id, uint32_t seek)
{
	struct text body = {0};

	big_endian_add_u64(&body, id);
	big_endian_add_u64(&body, 0);
	big_endian_add_u32(&body, seek);
	assert_true(ask(bench, LIVE_ATTACH_SESSION, &body));
	text_finish(&body);
}

static uint32_t u32_at(const struct bench *bench, size_t at)
{
	assert_true(at + 4 <= bench->reply.length);
	return big_endian_u32((const unsigned char *)bench->reply.bytes + at);
}

static uint64_t u64_at(const struct bench *bench, size_t at)
{
	assert_true(at + 8 <= bench->reply.length);
	return big_endian_u64((const unsigned char *)bench->reply.bytes + at);
}

static void sessions_are_listed(void **state)
{
	struct bench *bench = *state;

	assert_true(ask(bench, LIVE_LIST_SESSIONS, NULL));
	assert_int_equal(bench->reply.length, 4 + 339);
	assert_int_equal(u32_at(bench, 0), 1);
	assert_int_equal(u64_at(bench, 4), 5);
	assert_int_equal(u32_at(bench, 12), 100000);
	assert_int_equal(u32_at(bench, 16), 0);
	assert_int_equal(u32_at(bench, 20), 2);
	assert_string_equal(bench->reply.bytes + 24, "host");
	assert_string_equal(bench->reply.bytes + 88, "web");
	live_feed_end(bench->feed);
	assert_true(ask(bench, LIVE_LIST_SESSIONS, NULL));
	assert_int_equal(u32_at(bench, 0), 0);
}

static void attaching_is_checked(void **state)
{
	struct bench *bench = *state;

	attach(bench, 5, LIVE_SEEK_LAST);
	assert_int_equal(u32_at(bench, 0), LIVE_ATTACH_NO_SESSION);
	assert_int_equal(bench->reply.length, 8);
	assert_true(ask(bench, LIVE_CREATE_SESSION, NULL));
	assert_int_equal(u32_at(bench, 0), 1);
	attach(bench, 6, LIVE_SEEK_LAST);
	assert_int_equal(u32_at(bench, 0), LIVE_ATTACH_UNKNOWN);
	attach(bench, 5, 3);
	assert_int_equal(u32_at(bench, 0), LIVE_ATTACH_SEEK_ERROR);
	attach(bench, 5, LIVE_SEEK_LAST);
	assert_int_equal(u32_at(bench, 0), LIVE_ATTACH_OK);
	assert_int_equal(u32_at(bench, 4), 2);
	assert_int_equal(bench->reply.length, 8 + 2 * 4371);
	assert_int_equal(u32_at(bench, 8 + 16), 1);
	assert_string_equal(bench->reply.bytes + 8 + 20, "kernel");
	assert_string_equal(bench->reply.bytes + 8 + 4116, "metadata");
	assert_int_equal(u64_at(bench, 8 + 8), u64_at(bench, 8 + 4371 + 8));
	attach(bench, 5, LIVE_SEEK_LAST);
	assert_int_equal(u32_at(bench, 0), LIVE_ATTACH_ALREADY);
	assert_true(ask_u64(bench, LIVE_DETACH_SESSION, 5));
	assert_int_equal(u32_at(bench, 0), LIVE_DETACH_OK);
	assert_true(ask_u64(bench, LIVE_DETACH_SESSION, 5));
	assert_int_equal(u32_at(bench, 0), LIVE_DETACH_UNKNOWN);
}

static void metadata_comes_in_packets(void **state)
{
	struct bench *bench = *state;
	uint32_t magic;
	uint64_t id;

	assert_true(ask(bench, LIVE_CREATE_SESSION, NULL));
	attach(bench, 5, LIVE_SEEK_LAST);
	id = u64_at(bench, 8);
	assert_true(ask_u64(bench, LIVE_GET_METADATA, id));
	assert_int_equal(u64_at(bench, 0), 37 + strlen(metadata));
	assert_int_equal(u32_at(bench, 8), LIVE_METADATA_OK);
	assert_int_equal(bench->reply.length, 12 + 37 + strlen(metadata));
	memcpy(&magic, bench->reply.bytes + 12, sizeof(magic));
	assert_int_equal(magic, 0x75D11D57);
	assert_memory_equal(bench->reply.bytes + 12 + 37, metadata, strlen(metadata));
	assert_true(ask_u64(bench, LIVE_GET_METADATA, id));
	assert_int_equal(u64_at(bench, 0), 0);
	assert_int_equal(u32_at(bench, 8), LIVE_METADATA_NO_NEW);
	assert_true(ask_u64(bench, LIVE_GET_METADATA, id + 100));
	assert_int_equal(u32_at(bench, 8), LIVE_METADATA_ERROR);
}

static void sessions_hang_up(void **state)
{
	struct bench *bench = *state;
	uint64_t id;

	assert_true(ask_u64(bench, LIVE_GET_NEW_STREAMS, 5));
	assert_int_equal(u32_at(bench, 0), LIVE_NEW_STREAMS_ERROR);
	assert_true(ask(bench, LIVE_CREATE_SESSION, NULL));
	attach(bench, 5, LIVE_SEEK_LAST);
	id = u64_at(bench, 8 + 4371);
	assert_true(ask_u64(bench, LIVE_GET_NEW_STREAMS, 5));
	assert_int_equal(u32_at(bench, 0), LIVE_NEW_STREAMS_NONE);
	live_stream_close(bench->stream);
	bench->stream = NULL;
	live_feed_end(bench->feed);
	assert_true(ask_u64(bench, LIVE_GET_NEW_STREAMS, 5));
	assert_int_equal(u32_at(bench, 0), LIVE_NEW_STREAMS_NONE);
	assert_true(ask_u64(bench, LIVE_GET_NEXT_INDEX, id));
	assert_int_equal(bench->reply.length, 64);
	assert_int_equal(u32_at(bench, 56), LIVE_INDEX_HUP);
	assert_true(ask_u64(bench, LIVE_GET_NEW_STREAMS, 5));
	assert_int_equal(u32_at(bench, 0), LIVE_NEW_STREAMS_HUP);
	/* Kept while somebody reads. */
	live_hall_tidy(&bench->hall, false);
	assert_int_equal(bench->hall.count, 1);
	assert_true(ask_u64(bench, LIVE_DETACH_SESSION, 5));
	live_hall_tidy(&bench->hall, false);
	assert_int_equal(bench->hall.count, 0);
}

static void nonsense_ends_the_connection(void **state)
{
	struct bench *bench = *state;
	unsigned char header[LIVE_HEADER_BYTES] = {[0] = 1};
	struct text body = {0};
	size_t request_bytes;

	assert_false(live_viewer_measure(header, sizeof(header), &request_bytes));
	assert_true(live_viewer_measure(header, 5, &request_bytes));
	assert_int_equal(request_bytes, 0);
	assert_false(ask(bench, 10, NULL));
	assert_int_equal(u32_at(bench, 0), LIVE_UNKNOWN_COMMAND);
	assert_false(ask(bench, 0, NULL));
	text_add_bytes(&body, "short", 5);
	assert_false(ask(bench, LIVE_ATTACH_SESSION, &body));
	assert_int_equal(bench->reply.length, 0);
	text_finish(&body);
}

/* --- sockets */

static int connect_to(const struct live_place *place)
{
	struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(place->port)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(inet_pton(AF_INET, place->address, &name.sin_addr), 1);
	assert_int_equal(connect(fd, (struct sockaddr *)&name, sizeof(name)), 0);
	return fd;
}

static void receive_all(int fd, unsigned char *bytes, size_t length)
{
	assert_int_equal(recv(fd, bytes, length, MSG_WAITALL), length);
}

static void ports_that_are_taken_are_passed_over(void **state)
{
	struct live_place wanted = {.port = 0, .is_exact = true};
	struct live_place first, second;
	struct error err = ERROR_INIT;
	struct live_server *one, *other;

	(void)state;
	assert_false(live_place_set_address(&wanted, "::1", &err));
	err = (struct error)ERROR_INIT;
	assert_true(live_place_set_address(&wanted, "localhost", &err));
	assert_string_equal(wanted.address, "127.0.0.1");
	one = live_server_create(&wanted, "host", &first, &err);
	assert_non_null(one);
	assert_int_not_equal(first.port, 0);
	assert_null(live_server_create(&first, "host", &second, &err));
	assert_int_equal(err.code, ERROR_IO);
	err = (struct error)ERROR_INIT;
	first.is_exact = false;
	other = live_server_create(&first, "host", &second, &err);
	assert_non_null(other);
	assert_true(second.port >= LIVE_PORT_NEXT);
	live_server_destroy(one);
	live_server_destroy(other);
}

static void requests_arrive_in_pieces(void **state)
{
	struct bench *bench = *state;
	struct live_place wanted = {.address = LIVE_ADDRESS_DEFAULT, .is_exact = true};
	struct error err = ERROR_INIT;
	struct live_server *server = live_server_create(&wanted, "host", &wanted, &err);
	unsigned char reply[4 + 339];
	struct text request = {0};
	int fd;

	assert_non_null(server);
	live_server_offer(server, bench->feed);
	fd = connect_to(&wanted);
	begin_request(&request, LIVE_CREATE_SESSION, 0);
	begin_request(&request, LIVE_LIST_SESSIONS, 0);
	for (size_t i = 0; i < request.length; i++)
		assert_int_equal(send(fd, request.bytes + i, 1, 0), 1);
	receive_all(fd, reply, 4);
	assert_int_equal(big_endian_u32(reply), 1);
	receive_all(fd, reply, 4);
	if (big_endian_u32(reply) == 1) { /* else it was quicker than the offer */
		receive_all(fd, reply, 339);
		assert_int_equal(big_endian_u64(reply), 5);
	}
	text_clear(&request);
	begin_request(&request, 99, 0);
	assert_int_equal(send(fd, request.bytes, request.length, 0), (ssize_t)request.length);
	receive_all(fd, reply, 4);
	assert_int_equal(recv(fd, reply, 1, 0), 0);
	close(fd);
	text_finish(&request);
	live_server_destroy(server);
}

#define LIVE_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		LIVE_TEST(sessions_are_listed),
		LIVE_TEST(attaching_is_checked),
		LIVE_TEST(metadata_comes_in_packets),
		LIVE_TEST(sessions_hang_up),
		LIVE_TEST(nonsense_ends_the_connection),
		cmocka_unit_test(ports_that_are_taken_are_passed_over),
		LIVE_TEST(requests_arrive_in_pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
