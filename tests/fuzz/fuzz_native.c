/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A native application that says and writes anything. Input: a first byte; even: the rest are
 * messages, each behind a byte with its type and two with its length, sent behind a greeting. Odd:
 * the rest is what lies in a lane, behind eight 16-bit numbers that become positions and the like.
 * The console lets go of it or reads on; what it makes of it are packets that can be walked.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/provider/handshake.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/native_source_kit.h"

#define MESSAGES_MAX 64
#define TURNS_MAX    4096

/* --- messages */

static void send_message(int fd, uint32_t type, const uint8_t *bytes, size_t length)
{
	unsigned char message[HANDSHAKE_MESSAGE_MAX];
	struct handshake_header header = {.magic = HANDSHAKE_MAGIC, .type = type};

	if (length > sizeof(message) - sizeof(header))
		length = sizeof(message) - sizeof(header);
	header.bytes = (uint32_t)(sizeof(header) + length);
	memcpy(message, &header, sizeof(header));
	memcpy(message + sizeof(header), bytes, length);
	(void)!send(fd, message, sizeof(header) + length, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void send_hello(int fd)
{
	struct handshake_hello hello = {
		.header = {HANDSHAKE_MAGIC, HANDSHAKE_HELLO, sizeof(hello), 0},
		.abi_major = LANE_ABI_MAJOR,
		.page_bytes = (uint32_t)sysconf(_SC_PAGESIZE),
		.comm = "fuzz",
	};

	(void)!send(fd, &hello, sizeof(hello), MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* What it was told is taken off its hands. */
static void drain(int fd)
{
	unsigned char bytes[HANDSHAKE_MESSAGE_MAX];
	int fds[FD_PASS_MAX];
	size_t count = 0;

	while (fd_receive(fd, bytes, sizeof(bytes), fds, &count) > 0)
		for (size_t i = 0; i < count; i++)
			close(fds[i]);
}

static void try_messages(const uint8_t *data, size_t size)
{
	struct native_source source = {0};
	struct native_catalog *catalog = native_catalog_create(1);
	struct native_process *process;
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) != 0)
		abort();
	process = native_process_create(&source, fds[0]);
	process->catalog = catalog;
	send_hello(fds[1]);
	for (unsigned int i = 0; i < MESSAGES_MAX; i++) {
		struct error err = ERROR_INIT;
		size_t length;

		if (!native_handshake_receive(process, &err))
			break;
		drain(fds[1]);
		if (size < 3)
			break;
		length = (size_t)data[1] << 8 | data[2];
		if (length > size - 3)
			length = size - 3;
		send_message(fds[1], data[0], data + 3, length);
		data += 3 + length;
		size -= 3 + length;
	}
	native_process_unref(process);
	native_catalog_destroy(catalog);
	close(fds[1]);
}

/* --- lanes */

static uint64_t number_at(const uint8_t *at)
{
	uint64_t number = (uint64_t)at[0] << 8 | at[1];

	/* Small ones, large ones, and around the sub-buffers' ends. */
	return number & 0x8000 ? number << (number & 63) : (number & 0x7fff) * 97;
}

static void try_lane(const uint8_t *data, size_t size)
{
	struct native_kit kit;
	struct native_kit_packet packet;
	size_t room;

	if (size < 16)
		return;
	native_kit_open(&kit, "kit:*", data[0] & 1 ? "number > 3 || text == \"x*\"" : NULL,
			data[0] & 2);
	kit.process->is_trusted = data[0] & 4;
	kit.process->control->mode = data[0] & 8 ? LANE_MODE_OVERWRITE : LANE_MODE_DISCARD;
	native_kit_open_sub(&kit, 1);
	room = (size_t)native_kit_sub_bytes(&kit) * 2;
	if (size - 16 < room)
		room = size - 16;
	memcpy(kit.lane->data + (data[0] & 16 ? LANE_PACKET_BYTES : 0), data + 16, room);
	kit.lane->header->commit = number_at(data + 2);
	kit.lane->header->open_end = number_at(data + 4);
	kit.lane->header->discarded = number_at(data + 6);
	if (data[0] & 32)
		native_stream_judge(kit.stream, kit.lane, kit.channel->wants);
	kit.lane->header->commit = number_at(data + 8);
	native_kit_flush(&kit, FLUSH_DATA);
	for (unsigned int i = 0; i < TURNS_MAX && native_kit_take(&kit, &packet); i++)
		;
	kit.lane->header->commit = number_at(data + 10);
	kit.lane->header->open_end = number_at(data + 12);
	atomic_store(&kit.process->is_gone, true);
	for (unsigned int i = 0; i < TURNS_MAX && native_kit_take(&kit, &packet); i++)
		;
	native_kit_close(&kit);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	if (data[0] & 1)
		try_lane(data + 1, size - 1);
	else
		try_messages(data + 1, size - 1);
	return 0;
}
