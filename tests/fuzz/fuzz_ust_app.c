/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An application that says anything at both of its sockets to the whole LTTng-UST source: what it
 * registers as, how it replies to commands, what it announces. The source serves or drops it and
 * stays able to take the next one. Input, with runs of zeros packed (a zero is followed by how many
 * more there are): the registration message, then in turn a byte with the length of a reply to
 * commands and that reply; what follows the byte 0xff is announced on the other socket.
 */
#include <assert.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "backend/base/mem.h"
#include "backend/base/places.h"
#include "backend/base/thread.h"
#include "backend/source/source.h"
#include "tests/fuzz/fuzz.h"

#define HELLO_BYTES 136 /* registration message of ABI 8 and 9 */
#define TYPE_AT	    52	/* in it: 0 commands, 1 notifications */
#define ROOM_BYTES  8192
#define LIMIT_MS    50

static struct sockaddr_un address = {.sun_family = AF_UNIX};

static void arrived(void *data, const struct app_info *app)
{
	(void)data;
	assert(memchr(app->name, '\0', 64));
}

static void left(void *data, uint64_t app_id)
{
	(void)data;
	(void)app_id;
}

/* One source for all runs, in a home of its own. */
static struct source *start(void)
{
	static const struct source_host host = {.app_arrived = arrived, .app_left = left};
	const char *folder = getenv("TMPDIR");
	char *home = mem_printf("%s/ust-XXXXXX", folder ? folder : "/tmp");
	struct error warning = ERROR_INIT, err = ERROR_INIT;
	struct places places;
	struct source *source;

	assert(mkdtemp(home));
	setenv("LTTNG_HOME", home, 1);
	setenv("XDG_RUNTIME_DIR", home, 1);
	places_find(&places);
	thread_block_signals();
	source = source_table[0].class->create(&places, &host, &warning, &err);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s/.lttng/lttng-ust-sock-8", home);
	places_finish(&places);
	free(home);
	/* The source keeps none of what it was made with. */
	/* cppcheck-suppress returnDanglingLifetime */
	return source;
}

static size_t unpack(uint8_t *to, size_t room, const uint8_t *bytes, size_t length)
{
	size_t at = 0;

	memset(to, 0, room);
	for (size_t i = 0; i < length && at < room; i++)
		if (bytes[i])
			to[at++] = bytes[i];
		else
			at += 1u + (i + 1 < length ? bytes[++i] : 0);
	return at < room ? at : room;
}

static int connect_one(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert(fd >= 0);
	/* The source still lives. */
	assert(connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0);
	return fd;
}

static void say(int fd, const uint8_t *bytes, size_t length)
{
	ssize_t sent = send(fd, bytes, length, MSG_NOSIGNAL | MSG_DONTWAIT);

	(void)sent; /* who was dropped can't say more */
}

static void wait_for_end(int fd)
{
	struct pollfd end = {.fd = fd, .events = POLLIN | POLLRDHUP};
	char bytes[4096];

	while (poll(&end, 1, LIMIT_MS) > 0 && recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) > 0)
		continue;
}

static void converse(int command_fd, int notify_fd, const uint8_t *bytes, size_t length)
{
	while (length > 0 && bytes[0] != 0xff) {
		size_t now = 1u + bytes[0];

		if (now > length)
			now = length;
		say(command_fd, bytes + 1, now - 1);
		bytes += now;
		length -= now;
	}
	if (length > 0)
		say(notify_fd, bytes + 1, length - 1);
	shutdown(notify_fd, SHUT_WR);
	shutdown(command_fd, SHUT_WR);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static struct source *source;
	uint8_t said[ROOM_BYTES];
	size_t filled;
	int command_fd, notify_fd;

	if (!source)
		source = start();
	if (!source)
		return 0; /* no place to listen here */
	filled = unpack(said, sizeof(said), bytes, length);
	command_fd = connect_one();
	notify_fd = connect_one();
	said[TYPE_AT] = 0;
	say(command_fd, said, HELLO_BYTES);
	said[TYPE_AT] = 1;
	say(notify_fd, said, HELLO_BYTES);
	if (filled > HELLO_BYTES)
		converse(command_fd, notify_fd, said + HELLO_BYTES, filled - HELLO_BYTES);
	else
		converse(command_fd, notify_fd, said, 0);
	wait_for_end(notify_fd);
	wait_for_end(command_fd);
	close(notify_fd);
	close(command_fd);
	return 0;
}
