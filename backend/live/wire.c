/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Layouts of the live viewer protocol; see wire.h. */
#include "backend/live/wire.h"

#include <string.h>

#define HOST_NAME_BYTES	   64
#define SESSION_NAME_BYTES 255
#define PATH_BYTES	   4096
#define CHANNEL_NAME_BYTES 255

#define METADATA_MAGIC	      UINT32_C(0x75D11D57) /* CTF 1.8 §7.1 */
#define METADATA_HEADER_BYTES 37
#define METADATA_PACKET_BYTES 65536

uint32_t live_get_u32(const unsigned char *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

uint64_t live_get_u64(const unsigned char *bytes)
{
	return (uint64_t)live_get_u32(bytes) << 32 | live_get_u32(bytes + 4);
}

void live_decode_header(const unsigned char bytes[LIVE_HEADER_BYTES], struct live_request *request)
{
	request->body_bytes = live_get_u64(bytes);
	request->command = live_get_u32(bytes + 8);
}

void live_put_u32(struct text *out, uint32_t value)
{
	const unsigned char bytes[] = {(unsigned char)(value >> 24), (unsigned char)(value >> 16),
				       (unsigned char)(value >> 8), (unsigned char)value};

	text_add_bytes(out, (const char *)bytes, sizeof(bytes));
}

void live_put_u64(struct text *out, uint64_t value)
{
	live_put_u32(out, (uint32_t)(value >> 32));
	live_put_u32(out, (uint32_t)value);
}

/* NUL padded; what is too long is cut, so that a NUL ends it. */
static void put_name(struct text *out, const char *name, size_t room)
{
	static const char zeros[PATH_BYTES];
	size_t length = strnlen(name, room - 1);

	text_add_bytes(out, name, length);
	text_add_bytes(out, zeros, room - length);
}

void live_encode_session(struct text *out, const struct live_session_record *session)
{
	live_put_u64(out, session->id);
	live_put_u32(out, session->timer_us);
	live_put_u32(out, session->viewer_count);
	live_put_u32(out, session->stream_count);
	put_name(out, session->host_name, HOST_NAME_BYTES);
	put_name(out, session->session_name, SESSION_NAME_BYTES);
}

void live_encode_stream(struct text *out, const struct live_stream_record *stream)
{
	live_put_u64(out, stream->id);
	live_put_u64(out, stream->trace_id);
	live_put_u32(out, stream->is_metadata);
	put_name(out, stream->path, PATH_BYTES);
	put_name(out, stream->name, CHANNEL_NAME_BYTES);
}

void live_encode_index(struct text *out, const struct live_index *index)
{
	live_put_u64(out, index->offset);
	live_put_u64(out, index->packet_bits);
	live_put_u64(out, index->content_bits);
	live_put_u64(out, index->begin_clock);
	live_put_u64(out, index->end_clock);
	live_put_u64(out, index->events_discarded);
	live_put_u64(out, index->class_id);
	live_put_u32(out, index->status);
	live_put_u32(out, index->flags);
}

static void put_native_u32(struct text *out, uint32_t value)
{
	text_add_bytes(out, (const char *)&value, sizeof(value));
}

static void put_metadata_packet(struct text *out, const struct uuid *trace, const char *text,
				size_t length)
{
	/* Neither compressed nor encrypted nor with a checksum; CTF 1.8. */
	static const char schemes_and_version[] = {0, 0, 0, 1, 8};
	uint32_t bits = (uint32_t)(METADATA_HEADER_BYTES + length) * 8;

	put_native_u32(out, METADATA_MAGIC);
	text_add_bytes(out, (const char *)trace->bytes, sizeof(trace->bytes));
	put_native_u32(out, 0);
	put_native_u32(out, bits); /* content */
	put_native_u32(out, bits); /* packet */
	text_add_bytes(out, schemes_and_version, sizeof(schemes_and_version));
	text_add_bytes(out, text, length);
}

void live_encode_metadata(struct text *out, const struct uuid *trace, const char *text,
			  size_t length)
{
	const size_t room = METADATA_PACKET_BYTES - METADATA_HEADER_BYTES;

	for (size_t at = 0; at < length; at += room)
		put_metadata_packet(out, trace, text + at, length - at < room ? length - at : room);
}
