/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Layouts of the live viewer protocol; see wire.h. */
#include "backend/live/wire.h"

#include <string.h>

#include "backend/base/big_endian.h"

#define HOST_NAME_BYTES	   64
#define SESSION_NAME_BYTES 255
#define PATH_BYTES	   4096
#define CHANNEL_NAME_BYTES 255

#define METADATA_MAGIC	      UINT32_C(0x75D11D57) /* CTF 1.8 §7.1 */
#define METADATA_HEADER_BYTES 37
#define METADATA_PACKET_BYTES 65536

void live_decode_header(const unsigned char bytes[LIVE_HEADER_BYTES], struct live_request *request)
{
	request->body_bytes = big_endian_u64(bytes);
	request->command = big_endian_u32(bytes + 8);
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
	big_endian_add_u64(out, session->id);
	big_endian_add_u32(out, session->timer_us);
	big_endian_add_u32(out, session->viewer_count);
	big_endian_add_u32(out, session->stream_count);
	put_name(out, session->host_name, HOST_NAME_BYTES);
	put_name(out, session->session_name, SESSION_NAME_BYTES);
}

void live_encode_stream(struct text *out, const struct live_stream_record *stream)
{
	big_endian_add_u64(out, stream->id);
	big_endian_add_u64(out, stream->trace_id);
	big_endian_add_u32(out, stream->is_metadata);
	put_name(out, stream->path, PATH_BYTES);
	put_name(out, stream->name, CHANNEL_NAME_BYTES);
}

void live_encode_index(struct text *out, const struct live_index *index)
{
	big_endian_add_u64(out, index->offset);
	big_endian_add_u64(out, index->packet_bits);
	big_endian_add_u64(out, index->content_bits);
	big_endian_add_u64(out, index->begin_clock);
	big_endian_add_u64(out, index->end_clock);
	big_endian_add_u64(out, index->events_discarded);
	big_endian_add_u64(out, index->class_id);
	big_endian_add_u32(out, index->status);
	big_endian_add_u32(out, index->flags);
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
