/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Requests of live viewers. The first bytes say what becomes of the session in between: each of
 * them is a step (a packet, an idle stream, a new stream, the end) before one request. Replies are
 * as large as the protocol says.
 */
#include <assert.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "backend/base/mem.h"
#include "backend/live/feed.h"
#include "backend/live/viewer.h"
#include "backend/live/wire.h"
#include "tests/fuzz/fuzz.h"

#define STEPS_MAX    64
#define STREAMS_MAX  8
#define PACKET_BYTES 4096
/* A list of all streams, or a packet. */
#define REPLY_MAX (LIVE_PACKET_BYTES_MAX + 2 * STREAMS_MAX * 4371 + 65536)

static const char metadata[] = "\ntrace {\n};\n\nclock {\n};\n\nstream {\n};\n";

struct world {
	struct live_hall hall;
	struct live_feed *feed;
	struct live_trace *trace;
	struct live_stream *streams[STREAMS_MAX];
	size_t stream_count;
	struct live_file *file;
	uint64_t clock;
};

static void begin(struct world *world)
{
	int fd = memfd_create("packets", MFD_CLOEXEC);

	assert(fd >= 0 && ftruncate(fd, PACKET_BYTES) == 0);
	world->hall.host_name = (char *)(uintptr_t) "host";
	world->feed = live_feed_create(1, "web", 1);
	world->trace = live_trace_open(world->feed, "ust");
	world->file = live_file_create(fd);
	live_hall_add(&world->hall, world->feed);
}

static void put_packet(struct world *world, struct live_stream *stream, unsigned int event_count)
{
	static const unsigned char bytes[PACKET_BYTES];
	struct packet packet = {
		.bytes = bytes,
		.size_bytes = PACKET_BYTES,
		.content_bytes = PACKET_BYTES,
		.first_event_bytes = 64,
		.begin_clock = world->clock,
		.end_clock = world->clock + 5,
	};

	live_stream_put(stream, world->file, 0, &packet, event_count);
}

static void close_streams(struct world *world)
{
	while (world->stream_count > 0)
		live_stream_close(world->streams[--world->stream_count]);
}

static void step(struct world *world, uint8_t what)
{
	struct live_stream *stream =
		world->stream_count ? world->streams[(what >> 4) % world->stream_count] : NULL;

	world->clock += 10;
	switch (what & 7) {
	case 0:
		live_trace_append(world->trace, metadata, strlen(metadata));
		break;
	case 1:
		if (world->trace && world->stream_count < STREAMS_MAX)
			world->streams[world->stream_count++] =
				live_stream_open(world->trace, "channel0_0");
		break;
	case 2:
	case 3:
		if (stream)
			put_packet(world, stream, what & 1);
		break;
	case 4:
		live_stream_beacon(stream, world->clock - 20, 0);
		live_stream_wants_packet(stream);
		break;
	case 5:
		close_streams(world);
		break;
	case 6:
		close_streams(world);
		live_feed_end(world->feed);
		break;
	default:
		break;
	}
}

static void end(struct world *world)
{
	close_streams(world);
	live_trace_close(world->trace);
	live_file_unref(world->file);
	live_hall_tidy(&world->hall, true);
	live_feed_unref(world->feed);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	size_t step_count = length > 0 ? bytes[0] % STEPS_MAX : 0;
	struct world world = {.feed = NULL};
	struct live_viewer *viewer;
	struct text reply = {0};
	size_t at = 1 + step_count;
	size_t request_bytes;
	bool goes_on = true;

	if (length < at)
		return 0;
	begin(&world);
	viewer = live_viewer_create(&world.hall);
	for (size_t i = 0; goes_on; i++) {
		if (i < step_count)
			step(&world, bytes[1 + i]);
		if (!live_viewer_measure(bytes + at, length - at, &request_bytes) ||
		    request_bytes == 0 || request_bytes > length - at)
			break;
		assert(request_bytes <= LIVE_HEADER_BYTES + LIVE_BODY_MAX);
		goes_on = live_viewer_handle(viewer, bytes + at, request_bytes, i & 1, &reply) !=
			  LIVE_ENDS;
		assert(reply.length <= REPLY_MAX);
		text_clear(&reply);
		at += request_bytes;
	}
	live_viewer_destroy(viewer);
	end(&world);
	text_finish(&reply);
	return 0;
}
