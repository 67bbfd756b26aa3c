/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as the replies of a relay daemon, while a session is streamed to it, rotated and ended:
 * the sink comes to its end in bounded time, and each event that it took is in a chunk that it
 * closed or counted as undelivered. Input: a byte of wishes (a snapshot, live, when the daemon
 * hangs up), then what the daemon says.
 */
#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/fd.h"
#include "backend/base/log.h"
#include "backend/consume/tally.h"
#include "backend/sink/chunked.h"
#include "backend/sink/relayd.h"
#include "tests/fuzz/fuzz.h"

#define REPLY_BYTES_MAX	  512 /* each "still pending" costs the sink a pause */
#define PACKET_BYTES	  64
#define EVENTS_PER_PACKET 5
#define WISH_SNAPSHOT	  1
#define WISH_LIVE	  2
#define WISH_HANGS_UP	  4
#define WAIT_MS		  20000
#define STREAM_COUNT	  2
#define METADATA	  "trace {\n\tuuid = \"00010203-0405-0607-0809-0a0b0c0d0e0f\";\n};\n"

struct stream_part {
	struct sink_stream *stream;
	struct tally *tally;
	uint64_t taken_events;
	uint64_t sequence;
};

struct talk {
	struct queue *queue;
	struct sink *sink;
	struct sink_trace *trace;
	struct stream_part parts[STREAM_COUNT];
	int daemon; /* its end of the control connection */
	bool is_done;
	uint64_t closed_events;
};

struct wait_task {
	struct task task; /* first */
	struct talk *talk;
};

static int listener(uint16_t *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert(fd >= 0 && bind(fd, (struct sockaddr *)&address, length) == 0);
	assert(listen(fd, 16) == 0);
	assert(getsockname(fd, (struct sockaddr *)&address, &length) == 0);
	*port = ntohs(address.sin_port);
	return fd;
}

static void chunk_closed(void *data, const struct chunk_info *chunk, const struct error *err)
{
	struct talk *talk = data;

	(void)err;
	talk->closed_events += chunk->event_count;
}

static void task_is_over(struct message *message)
{
	struct wait_task *wait = (struct wait_task *)message;

	wait->talk->is_done = true;
}

/* False: nothing came in time; the fuzzer's own alarms don't count. */
static bool wait_readable(int fd)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	int count;

	do
		count = poll(&ready, 1, WAIT_MS);
	while (count < 0 && errno == EINTR);
	return count > 0;
}

static void begin(struct talk *talk, struct wait_task *wait)
{
	talk->is_done = false;
	wait->talk = talk;
	task_init(&wait->task, talk->queue, task_is_over);
}

static void end(struct talk *talk, struct wait_task *wait)
{
	task_done(&wait->task, NULL);
	while (!talk->is_done) {
		assert(wait_readable(queue_fd(talk->queue))); /* else it hangs */
		queue_drain(talk->queue);
	}
}

static void put_some(struct talk *talk)
{
	unsigned char bytes[PACKET_BYTES] = {0};

	for (unsigned int i = 0; i < STREAM_COUNT; i++) {
		struct stream_part *part = &talk->parts[i];
		const struct packet packet = {
			.bytes = bytes,
			.size_bytes = PACKET_BYTES,
			.content_bytes = PACKET_BYTES - i,
			.sequence = part->sequence++,
		};

		part->stream->tally = part->tally;
		if (sink_put(part->stream, &packet, EVENTS_PER_PACKET, NULL))
			part->taken_events += EVENTS_PER_PACKET;
		sink_beacon(part->stream, part->sequence);
	}
}

static void open_parts(struct talk *talk)
{
	static const char *const names[STREAM_COUNT] = {"channel0_0", "channel0_1"};

	talk->trace = sink_open_trace(talk->sink, "ust/uid/1/64-bit", NULL);
	assert(talk->trace);
	sink_append_metadata(talk->trace, METADATA, strlen(METADATA), NULL);
	for (unsigned int i = 0; i < STREAM_COUNT; i++) {
		talk->parts[i].tally = tally_create();
		talk->parts[i].stream = sink_open_stream(talk->trace, names[i], NULL);
		assert(talk->parts[i].stream);
	}
}

static void record(struct talk *talk, bool is_snapshot)
{
	struct wait_task wait;
	uint64_t chunk_id;

	put_some(talk);
	if (is_snapshot) {
		talk->parts[0].taken_events = 0;
		sink_stream_empty(talk->parts[0].stream);
		put_some(talk);
		return;
	}
	if (chunked_rotate(talk->sink, false, clock_wall_ns(), &chunk_id, NULL))
		for (unsigned int i = 0; i < STREAM_COUNT; i++)
			sink_stream_cut(talk->parts[i].stream);
	put_some(talk);
	begin(talk, &wait);
	chunked_arrive(talk->sink, &wait.task);
	end(talk, &wait);
}

static void finish(struct talk *talk)
{
	uint64_t taken = 0;
	uint64_t undelivered = 0;
	struct wait_task wait;

	for (unsigned int i = 0; i < STREAM_COUNT; i++)
		sink_close_stream(talk->parts[i].stream);
	sink_close_trace(talk->trace);
	begin(talk, &wait);
	chunked_finish(talk->sink, clock_wall_ns(), &wait.task);
	end(talk, &wait);
	sink_destroy(talk->sink);
	for (unsigned int i = 0; i < STREAM_COUNT; i++) {
		taken += talk->parts[i].taken_events;
		undelivered += tally_read(&talk->parts[i].tally->undelivered_events);
		tally_unref(talk->parts[i].tally);
	}
	assert(talk->closed_events + undelivered == taken);
}

/* The daemon's side of it, on this thread: it has said everything before it is asked. */
static void answer(struct talk *talk, int listening, const uint8_t *bytes, size_t length,
		   bool hangs_up)
{
	assert(wait_readable(listening));
	talk->daemon = accept4(listening, NULL, NULL, SOCK_CLOEXEC);
	assert(talk->daemon >= 0);
	if (length > 0 && send(talk->daemon, bytes, length, MSG_NOSIGNAL) < 0)
		return;
	shutdown(talk->daemon, hangs_up ? SHUT_RDWR : SHUT_WR);
}

static void let_go(int listening)
{
	struct pollfd ready = {.fd = listening, .events = POLLIN};

	while (poll(&ready, 1, 0) > 0) {
		int fd = accept4(listening, NULL, NULL, SOCK_CLOEXEC);

		fd_close(&fd);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static int control = -1;
	static int data;
	static struct relayd_settings settings = {.session_name = "web", .closed = chunk_closed};
	struct talk talk = {.daemon = -1};
	struct wait_task wait;
	uint8_t wishes;

	if (length < 1 || length > REPLY_BYTES_MAX)
		return 0;
	wishes = bytes[0];
	if (control < 0) {
		control = listener(&settings.url.control_port);
		data = listener(&settings.url.data_port);
		strcpy(settings.url.host, "127.0.0.1");
	}
	settings.data = &talk;
	settings.created_wall_ns = clock_wall_ns();
	settings.snapshot_name = wishes & WISH_SNAPSHOT ? "snapshot-1" : NULL;
	settings.live_period_us = wishes & WISH_LIVE ? 1000 : 0;
	talk.queue = queue_create();
	talk.sink = relayd_sink_create(&settings, NULL);
	assert(talk.sink);
	begin(&talk, &wait);
	chunked_prepare(talk.sink, &wait.task);
	answer(&talk, control, bytes + 1, length - 1, wishes & WISH_HANGS_UP);
	end(&talk, &wait);
	chunked_open(talk.sink, clock_wall_ns(), NULL);
	open_parts(&talk);
	record(&talk, wishes & WISH_SNAPSHOT);
	finish(&talk);
	fd_close(&talk.daemon);
	let_go(control);
	let_go(data);
	queue_destroy(talk.queue);
	return 0;
}
