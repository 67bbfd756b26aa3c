/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A relay daemon for tests; see fake_relay.h. Its thread owns everything but `is_over`. */
#include "tests/unit/fake_relay.h"

#include <arpa/inet.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/base/big_endian.h"
#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/base/thread.h"
#include "backend/sink/relayd_wire.h"

#define COMMAND_HEAD	24
#define HANDLE_MAX	16
#define READ_BYTES	65536
#define WINDOW_BYTES	4096 /* the least the system gives is a little more */
#define POLL_MS		20   /* between looks at is_over */
#define STREAM_NAME_AT	32
#define ROTATE_HEAD	20
#define INDEX_NUMBER_AT 8

struct handle {
	unsigned int stream;
	uint64_t data_count;  /* packets that came whole */
	uint64_t index_count; /* as many as were told of */
};

struct fake_relay {
	struct fake_relay_wish wish;
	struct fake_relay_result result;
	int control_listener, data_listener;
	int control, data;		   /* -1: not connected */
	struct handle handles[HANDLE_MAX]; /* by number: the first is 1 */
	unsigned int handle_count;
	struct text requests; /* not answered yet */
	struct text packet;   /* what has come of one */
	uint64_t data_bytes;
	atomic_bool is_over;
	struct thread *thread;
};

static unsigned char content_byte(unsigned int stream, uint64_t number, size_t at)
{
	return (unsigned char)(stream * 101 + number * 31 + at * 7 + at / 256);
}

void fake_relay_fill(unsigned char *bytes, size_t length, unsigned int stream, uint64_t number)
{
	for (size_t i = 0; i < length; i++)
		bytes[i] = content_byte(stream, number, i);
}

/* --- requests */

static struct handle *find_handle(struct fake_relay *relay, uint64_t number)
{
	return number > 0 && number < relay->handle_count ? &relay->handles[number] : NULL;
}

static void add_stream(struct fake_relay *relay, const unsigned char *body, struct text *out)
{
	const char *name = (const char *)body + STREAM_NAME_AT;

	if (relay->handle_count == HANDLE_MAX) {
		relay->result.is_torn = true;
		relay->handle_count--;
	}
	relay->handles[relay->handle_count] =
		(struct handle){.stream = (unsigned int)atoi(name + strlen(name) - 1)};
	big_endian_add_u64(out, relay->handle_count++);
	big_endian_add_u32(out, RELAYD_CODE_OK);
}

static void take_index(struct fake_relay *relay, const unsigned char *body)
{
	struct handle *handle = find_handle(relay, big_endian_u64(body));

	if (handle && big_endian_u64(body + INDEX_NUMBER_AT) == handle->index_count)
		handle->index_count++;
	else
		relay->result.is_torn = true;
	relay->result.index_count++;
}

static void rotate(struct fake_relay *relay, const unsigned char *body)
{
	uint32_t count = big_endian_u32(body);

	for (uint32_t i = 0; i < count; i++) {
		const struct handle *handle =
			find_handle(relay, big_endian_u64(body + ROTATE_HEAD + 16 * (size_t)i));

		if (!handle || handle->index_count < handle->data_count)
			relay->result.is_rotated_amiss = true;
	}
}

static bool is_pending(struct fake_relay *relay, const unsigned char *body)
{
	const struct handle *handle = find_handle(relay, big_endian_u64(body));
	uint64_t count = big_endian_u64(body + 8) + 1;

	return handle && (handle->data_count < count || handle->index_count < count);
}

static void add_path(struct text *out)
{
	big_endian_add_u32(out, 2);
	text_add_bytes(out, "x", 2);
}

static void answer(struct fake_relay *relay, uint32_t command, const unsigned char *body)
{
	struct text out = {0};

	if (command == RELAYD_VERSION) {
		big_endian_add_u32(&out, RELAYD_MAJOR);
		big_endian_add_u32(&out, RELAYD_MINOR);
	} else if (command == RELAYD_CREATE_SESSION) {
		relay->result.session_count++;
		big_endian_add_u64(&out, relay->result.session_count);
		big_endian_add_u32(&out, RELAYD_CODE_OK);
		add_path(&out);
	} else if (command == RELAYD_ADD_STREAM) {
		add_stream(relay, body, &out);
	} else if (command == RELAYD_DATA_PENDING) {
		big_endian_add_u32(&out, is_pending(relay, body));
	} else if (command == RELAYD_END_PENDING) {
		big_endian_add_u32(&out, 0);
	} else if (command != RELAYD_SEND_METADATA) {
		big_endian_add_u32(&out, RELAYD_CODE_OK);
		if (command == RELAYD_GET_CONFIGURATION)
			big_endian_add_u64(&out, RELAYD_MAY_CLEAR);
		else if (command == RELAYD_CLOSE_CHUNK)
			add_path(&out);
		else if (command == RELAYD_CHUNK_EXISTS)
			text_add_char(&out, 0);
		else if (command == RELAYD_SEND_INDEX)
			take_index(relay, body);
		else if (command == RELAYD_ROTATE_STREAMS)
			rotate(relay, body);
	}
	if (out.length > 0)
		send(relay->control, out.bytes, out.length, MSG_NOSIGNAL); /* or it has gone */
	text_finish(&out);
}

static void drop_front(struct text *text, size_t length)
{
	memmove(text->bytes, text->bytes + length, text->length - length);
	text->length -= length;
}

static void answer_all(struct fake_relay *relay)
{
	while (relay->requests.length >= COMMAND_HEAD) {
		const unsigned char *head = (const unsigned char *)relay->requests.bytes;
		size_t whole = COMMAND_HEAD + big_endian_u64(head + 8);

		if (relay->requests.length < whole)
			return;
		answer(relay, big_endian_u32(head + 16), head + COMMAND_HEAD);
		drop_front(&relay->requests, whole);
	}
}

/* --- packets */

static void check_packet(struct fake_relay *relay, const unsigned char *head, size_t length)
{
	struct handle *handle = find_handle(relay, big_endian_u64(head + 8));
	uint64_t number = big_endian_u64(head + 16);

	if (!handle || number != handle->data_count) {
		relay->result.is_torn = true;
		return;
	}
	for (size_t i = 0; i < length; i++)
		if (head[RELAYD_DATA_HEAD_BYTES + i] != content_byte(handle->stream, number, i))
			relay->result.is_torn = true;
	handle->data_count++;
	relay->result.packet_count++;
}

static void check_all(struct fake_relay *relay)
{
	while (relay->packet.length >= RELAYD_DATA_HEAD_BYTES) {
		const unsigned char *head = (const unsigned char *)relay->packet.bytes;
		size_t length = big_endian_u32(head + 24);

		if (relay->packet.length < RELAYD_DATA_HEAD_BYTES + length)
			return;
		check_packet(relay, head, length);
		drop_front(&relay->packet, RELAYD_DATA_HEAD_BYTES + length);
	}
}

/* --- connections */

static int listen_at(uint16_t *port, int window_bytes)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	if (window_bytes > 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &window_bytes, sizeof(window_bytes));
	assert_return_code(bind(fd, (struct sockaddr *)&address, length), 0);
	assert_return_code(listen(fd, 4), 0);
	assert_return_code(getsockname(fd, (struct sockaddr *)&address, &length), 0);
	*port = ntohs(address.sin_port);
	return fd;
}

static void hang_up(struct fake_relay *relay)
{
	fd_close(&relay->control);
	fd_close(&relay->data);
	text_clear(&relay->requests);
	text_clear(&relay->packet);
	relay->data_bytes = 0;
	relay->handle_count = 1;
}

/* False: the other side has gone. */
static bool read_some(int fd, struct text *into, size_t room)
{
	char bytes[READ_BYTES];
	ssize_t got = recv(fd, bytes, room < sizeof(bytes) ? room : sizeof(bytes), MSG_DONTWAIT);

	if (got > 0)
		text_add_bytes(into, bytes, (size_t)got);
	return got != 0;
}

static size_t data_room(const struct fake_relay *relay)
{
	const struct fake_relay_wish *wish = &relay->wish;
	size_t room = wish->read_bytes ? wish->read_bytes : READ_BYTES;

	if (wish->hang_up_bytes > 0 && room > wish->hang_up_bytes - relay->data_bytes)
		room = wish->hang_up_bytes - relay->data_bytes;
	return room;
}

static void read_data(struct fake_relay *relay)
{
	size_t before = relay->packet.length;

	if (!read_some(relay->data, &relay->packet, data_room(relay))) {
		hang_up(relay);
		return;
	}
	relay->data_bytes += relay->packet.length - before;
	check_all(relay);
	if (relay->data_bytes != relay->wish.hang_up_bytes || relay->wish.hang_up_bytes == 0)
		return;
	hang_up(relay);
	relay->result.hang_up_count++;
	if (relay->result.hang_up_count == relay->wish.only_the_first)
		relay->wish.hang_up_bytes = 0;
}

static void serve(struct fake_relay *relay)
{
	struct pollfd fds[] = {
		{.fd = relay->control < 0 ? relay->control_listener : relay->control,
		 .events = POLLIN},
		{.fd = relay->data < 0 ? relay->data_listener : relay->data, .events = POLLIN},
	};

	if (poll(fds, 2, POLL_MS) <= 0)
		return;
	if (fds[0].revents && relay->control < 0) {
		relay->control = accept(relay->control_listener, NULL, NULL);
	} else if (fds[0].revents && !read_some(relay->control, &relay->requests, READ_BYTES)) {
		hang_up(relay);
		return;
	} else {
		answer_all(relay);
	}
	if (fds[1].revents && relay->data < 0)
		relay->data = accept(relay->data_listener, NULL, NULL);
	else if (fds[1].revents)
		read_data(relay);
}

static void run(void *data)
{
	struct fake_relay *relay = data;

	while (!atomic_load(&relay->is_over))
		serve(relay);
}

struct fake_relay *fake_relay_create(const struct fake_relay_wish *wish, uint16_t *control_port,
				     uint16_t *data_port)
{
	struct fake_relay *relay = mem_zalloc(sizeof(*relay));

	relay->wish = *wish;
	relay->control = -1;
	relay->data = -1;
	relay->handle_count = 1;
	relay->control_listener = listen_at(control_port, 0);
	relay->data_listener = listen_at(data_port, wish->read_bytes ? WINDOW_BYTES : 0);
	relay->thread = thread_start("relay", run, relay, NULL);
	assert_non_null(relay->thread);
	return relay;
}

void fake_relay_destroy(struct fake_relay *relay, struct fake_relay_result *result)
{
	atomic_store(&relay->is_over, true);
	thread_join(relay->thread);
	*result = relay->result;
	hang_up(relay);
	fd_close(&relay->control_listener);
	fd_close(&relay->data_listener);
	text_finish(&relay->requests);
	text_finish(&relay->packet);
	free(relay);
}
