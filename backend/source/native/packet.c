/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets: their headers, whose they are, and the one that records are copied to. */
#include <stdio.h>
#include <string.h>

#include "backend/source/native/stream.h"

#define CTF_MAGIC UINT32_C(0xc1fc1fc1)

_Static_assert(CTF_THREAD_HEADER_BYTES == LANE_PACKET_BYTES, "headers fit before the records");
_Static_assert(CTF_THREAD_HEADER_BYTES <= PACKET_HEADER_MAX, "and stand in for them");

static unsigned char *put_u32(unsigned char *at, uint32_t value)
{
	memcpy(at, &value, sizeof(value));
	return at + sizeof(value);
}

static unsigned char *put_u64(unsigned char *at, uint64_t value)
{
	memcpy(at, &value, sizeof(value));
	return at + sizeof(value);
}

void native_thread_name(const struct native_process *process, uint32_t tid,
			char name[NATIVE_THREAD_NAME_BYTES])
{
	char path[64];
	FILE *file;

	memcpy(name, process->name, NATIVE_THREAD_NAME_BYTES);
	snprintf(path, sizeof(path), "/proc/%d/task/%u/comm", (int)process->pid, tid);
	file = tid ? fopen(path, "re") : NULL;
	if (file) {
		char line[NATIVE_THREAD_NAME_BYTES];

		if (fgets(line, sizeof(line), file)) {
			line[strcspn(line, "\n")] = '\0';
			memcpy(name, line, sizeof(line));
		}
		fclose(file);
	}
}

const char *native_packet_name(struct native_stream *stream, const struct native_process *process,
			       uint32_t tid)
{
	if (stream->named_tid == tid && tid != 0)
		return stream->thread_name;
	stream->named_tid = tid;
	native_thread_name(process, tid, stream->thread_name);
	return stream->thread_name;
}

struct head {
	uint64_t begin_clock, end_clock, content_bytes;
	uint32_t pid, tid;
	const char *name;
};

static void write_head(struct native_stream *stream, const struct head *head, unsigned char *out)
{
	const struct native_channel *channel = stream->channel;
	unsigned char *at = put_u32(out, CTF_MAGIC);

	memcpy(at, channel->uuid.bytes, sizeof(channel->uuid.bytes));
	at = put_u32(at + sizeof(channel->uuid.bytes), channel->id);
	at = put_u64(at, stream->number);
	at = put_u64(at, head->begin_clock);
	at = put_u64(at, head->end_clock);
	at = put_u64(at, head->content_bytes * 8);
	at = put_u64(at, head->content_bytes * 8);
	at = put_u64(at, stream->sequence);
	at = put_u64(at, stream->discarded_told);
	at = put_u32(at, head->pid);
	at = put_u32(at, head->tid);
	memset(at, 0, CTF_THREAD_NAME_BYTES);
	memcpy(at, head->name, strlen(head->name));
}

static void describe(const struct native_stream *stream, const struct head *head,
		     const unsigned char *bytes, struct packet *packet)
{
	packet->bytes = bytes;
	packet->size_bytes = head->content_bytes;
	packet->content_bytes = head->content_bytes;
	packet->first_event_bytes = CTF_THREAD_HEADER_BYTES;
	packet->begin_clock = head->begin_clock;
	packet->end_clock = head->end_clock;
	packet->events_discarded = stream->discarded_told;
	packet->sequence = stream->sequence;
	packet->stream_id = stream->channel->id;
	packet->stream_instance_id = stream->number;
	packet->counts = NULL;
}

void native_packet_open(struct native_stream *stream, uint64_t clock)
{
	stream->is_open = true;
	stream->begin_clock = clock;
	stream->packet_tid = stream->tid;
	stream->event_count = 0;
	stream->at = CTF_THREAD_HEADER_BYTES;
}

bool native_lane_is_borrowed(const struct native_lane *lane)
{
	const struct lane_geometry *geometry = &lane->process->geometry;

	return lane->index >= geometry->lanes - geometry->leased;
}

void native_packet_close(struct native_stream *stream, struct native_lane *lane,
			 struct packet *packet)
{
	struct head head = {
		.begin_clock = stream->begin_clock,
		.end_clock = stream->last_clock,
		.content_bytes = stream->at,
		.name = "",
	};

	if (lane) {
		head.tid = native_lane_is_borrowed(lane) ? 0 : stream->packet_tid;
		head.pid = (uint32_t)lane->process->pid;
		head.name = native_packet_name(stream, lane->process, head.tid);
	}
	stream->discarded_told = native_stream_discarded(stream, lane);
	write_head(stream, &head, stream->bytes);
	describe(stream, &head, stream->bytes, packet);
	packet->header_bytes = 0;
	stream->sequence++;
	stream->is_open = false;
	stream->done_when_back = stream->done;
}

void native_packet_lend(struct native_stream *stream, struct native_lane *lane,
			const unsigned char *records, uint64_t bytes, uint64_t begin_clock,
			uint64_t end_clock, struct packet *packet)
{
	uint32_t tid = native_lane_is_borrowed(lane) ? 0 : stream->tid;
	struct head head = {
		.begin_clock = begin_clock,
		.end_clock = end_clock,
		.content_bytes = CTF_THREAD_HEADER_BYTES + bytes,
		.pid = (uint32_t)lane->process->pid,
		.tid = tid,
		.name = native_packet_name(stream, lane->process, tid),
	};

	stream->discarded_told = native_stream_discarded(stream, lane);
	write_head(stream, &head, packet->header);
	describe(stream, &head, records - CTF_THREAD_HEADER_BYTES, packet);
	packet->header_bytes = CTF_THREAD_HEADER_BYTES;
	packet->counts = stream->counts;
	stream->last_clock = end_clock;
	stream->sequence++;
	stream->done_when_back = stream->done;
}
