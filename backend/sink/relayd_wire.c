/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests and replies of the relay daemon's protocol; see relayd_wire.h. */
#include "backend/sink/relayd_wire.h"

#include <string.h>

#include "backend/base/big_endian.h"

#define HEADER_BYTES   24
#define SIZE_OFFSET    8
#define METADATA_MAGIC UINT32_C(0x75D11D57) /* CTF 1.8 §7.1 */
#define METADATA_BLOCK 4096

static void put_u8(struct text *out, unsigned int value)
{
	text_add_char(out, (char)value);
}

static uint32_t length_of(const char *text)
{
	return (uint32_t)strlen(text) + 1;
}

static void put_name(struct text *out, const char *name)
{
	text_add_bytes(out, name, length_of(name));
}

/* Returns where the request begins, for end(). */
static size_t begin(struct text *out, enum relayd_command command)
{
	size_t start = out->length;

	big_endian_add_u64(out, 0);
	big_endian_add_u64(out, 0);
	big_endian_add_u32(out, command);
	big_endian_add_u32(out, 0);
	return start;
}

static void end(struct text *out, size_t start, size_t more_bytes)
{
	uint64_t size = out->length - start - HEADER_BYTES + more_bytes;

	for (unsigned int i = 0; i < 8; i++)
		out->bytes[start + SIZE_OFFSET + i] = (char)((size >> (56 - 8 * i)) & 0xff);
}

void relayd_encode_version(struct text *out)
{
	size_t start = begin(out, RELAYD_VERSION);

	big_endian_add_u32(out, RELAYD_MAJOR);
	big_endian_add_u32(out, RELAYD_MINOR);
	end(out, start, 0);
}

void relayd_encode_session(struct text *out, const struct relayd_session_wish *wish)
{
	size_t start = begin(out, RELAYD_CREATE_SESSION);

	big_endian_add_u32(out, length_of(wish->name));
	big_endian_add_u32(out, length_of(wish->host));
	big_endian_add_u32(out, length_of(wish->base_path));
	big_endian_add_u32(out, wish->live_period_us);
	put_u8(out, wish->is_snapshot);
	put_u8(out, wish->has_time_in_name);
	text_add_bytes(out, (const char *)wish->sender.bytes, sizeof(wish->sender.bytes));
	big_endian_add_u64(out, wish->id);
	big_endian_add_u64(out, wish->created_s);
	put_u8(out, 0); /* no chunk yet */
	big_endian_add_u64(out, 0);
	put_name(out, wish->name);
	put_name(out, wish->host);
	put_name(out, wish->base_path);
	end(out, start, 0);
}

void relayd_encode_chunk(struct text *out, uint64_t id, uint64_t begin_s, const char *name)
{
	size_t start = begin(out, RELAYD_CREATE_CHUNK);

	big_endian_add_u64(out, id);
	big_endian_add_u64(out, begin_s);
	big_endian_add_u32(out, name ? length_of(name) : 0);
	if (name)
		put_name(out, name);
	end(out, start, 0);
}

void relayd_encode_stream(struct text *out, const char *name, const char *path, uint64_t file_bytes,
			  uint64_t file_count, uint64_t chunk_id)
{
	size_t start = begin(out, RELAYD_ADD_STREAM);

	big_endian_add_u32(out, length_of(name));
	big_endian_add_u32(out, length_of(path));
	big_endian_add_u64(out, file_bytes);
	big_endian_add_u64(out, file_count);
	big_endian_add_u64(out, chunk_id);
	put_name(out, name);
	put_name(out, path);
	end(out, start, 0);
}

void relayd_encode_number(struct text *out, enum relayd_command command, uint64_t number)
{
	size_t start = begin(out, command);

	big_endian_add_u64(out, number);
	end(out, start, 0);
}

void relayd_encode_pair(struct text *out, enum relayd_command command, uint64_t first,
			uint64_t second)
{
	size_t start = begin(out, command);

	big_endian_add_u64(out, first);
	big_endian_add_u64(out, second);
	end(out, start, 0);
}

void relayd_encode_bare(struct text *out, enum relayd_command command)
{
	end(out, begin(out, command), 0);
}

void relayd_encode_index(struct text *out, uint64_t handle, uint64_t number,
			 const struct packet *packet)
{
	size_t start = begin(out, RELAYD_SEND_INDEX);

	big_endian_add_u64(out, handle);
	big_endian_add_u64(out, number);
	big_endian_add_u64(out, packet->size_bytes * 8);
	big_endian_add_u64(out, packet->content_bytes * 8);
	big_endian_add_u64(out, packet->begin_clock);
	big_endian_add_u64(out, packet->end_clock);
	big_endian_add_u64(out, packet->events_discarded);
	big_endian_add_u64(out, packet->stream_id);
	big_endian_add_u64(out, packet->stream_instance_id);
	big_endian_add_u64(out, packet->sequence);
	end(out, start, 0);
}

void relayd_encode_rotate(struct text *out, const uint64_t *new_chunk_id,
			  const struct relayd_cut *cuts, uint32_t count)
{
	size_t start = begin(out, RELAYD_ROTATE_STREAMS);

	big_endian_add_u32(out, count);
	put_u8(out, new_chunk_id != NULL);
	text_add_bytes(out, "\0\0\0\0\0\0", 7); /* as the compiler pads it on 64-bit machines */
	big_endian_add_u64(out, new_chunk_id ? *new_chunk_id : 0);
	for (uint32_t i = 0; i < count; i++) {
		big_endian_add_u64(out, cuts[i].handle);
		big_endian_add_u64(out, cuts[i].first_sequence);
	}
	end(out, start, 0);
}

void relayd_encode_close_chunk(struct text *out, uint64_t id, uint64_t end_s,
			       enum relayd_close close)
{
	size_t start = begin(out, RELAYD_CLOSE_CHUNK);

	big_endian_add_u64(out, id);
	big_endian_add_u64(out, end_s);
	put_u8(out, 1);
	big_endian_add_u32(out, close);
	end(out, start, 0);
}

/* The metadata's packets are in the trace's byte order, not the network's. */
static void put_native_u32(struct text *out, bool is_big_endian, uint32_t value)
{
	for (unsigned int i = 0; i < 4; i++)
		put_u8(out, (value >> (is_big_endian ? 24 - 8 * i : 8 * i)) & 0xff);
}

void relayd_encode_metadata(struct text *out, uint64_t handle, const struct uuid *trace,
			    bool is_big_endian, const char *bytes, size_t length)
{
	uint32_t content = (uint32_t)(RELAYD_METADATA_HEADER + length);
	uint32_t padding = (METADATA_BLOCK - content % METADATA_BLOCK) % METADATA_BLOCK;
	size_t start = begin(out, RELAYD_SEND_METADATA);

	big_endian_add_u64(out, handle);
	big_endian_add_u32(out, padding);
	put_native_u32(out, is_big_endian, METADATA_MAGIC);
	text_add_bytes(out, (const char *)trace->bytes, sizeof(trace->bytes));
	put_native_u32(out, is_big_endian, 0); /* no checksum */
	put_native_u32(out, is_big_endian, content * 8);
	put_native_u32(out, is_big_endian, (content + padding) * 8);
	text_add_bytes(out, "\0\0\0\1\10", 5); /* plain; version 1.8 */
	text_add_bytes(out, bytes, length);
	end(out, start, 0);
}

void relayd_encode_data(struct text *out, uint64_t handle, uint64_t number,
			const struct packet *packet)
{
	big_endian_add_u64(out, 0);
	big_endian_add_u64(out, handle);
	big_endian_add_u64(out, number);
	big_endian_add_u32(out, (uint32_t)packet->content_bytes);
	big_endian_add_u32(out, (uint32_t)(packet->size_bytes - packet->content_bytes));
}

/* --- replies */

bool relayd_check(uint32_t code, struct error *err)
{
	return code == RELAYD_CODE_OK ||
	       error_set(err, ERROR_PROTOCOL, "the relay daemon refused a request (code %u)", code);
}

bool relayd_decode_version(const unsigned char *bytes, uint32_t *minor, struct error *err)
{
	uint32_t major = big_endian_u32(bytes);

	*minor = big_endian_u32(bytes + 4);
	if (major == RELAYD_MAJOR && *minor >= 11)
		return true;
	return error_set(err, ERROR_UNSUPPORTED,
			 "the relay daemon speaks version %u.%u of its protocol; 2.11 or later is "
			 "needed",
			 major, *minor);
}

static bool check_path_length(uint32_t length, struct error *err)
{
	return length <= RELAYD_PATH_MAX ||
	       error_set(err, ERROR_PROTOCOL, "the relay daemon names a path of %u bytes", length);
}

bool relayd_decode_session(const unsigned char *bytes, uint64_t *id, uint32_t *path_length,
			   struct error *err)
{
	*id = big_endian_u64(bytes);
	*path_length = big_endian_u32(bytes + 12);
	return relayd_check(big_endian_u32(bytes + 8), err) && check_path_length(*path_length, err);
}

bool relayd_decode_stream(const unsigned char *bytes, uint64_t *handle, struct error *err)
{
	*handle = big_endian_u64(bytes);
	return relayd_check(big_endian_u32(bytes + 8), err);
}

bool relayd_decode_close_chunk(const unsigned char *bytes, uint32_t *path_length, struct error *err)
{
	*path_length = big_endian_u32(bytes + 4);
	return relayd_check(big_endian_u32(bytes), err) && check_path_length(*path_length, err);
}

bool relayd_path_is_sane(const char *path, uint32_t length)
{
	if (length == 0 || path[length - 1] != '\0' || strlen(path) + 1 != length)
		return false;
	for (const char *at = path; *at; at++)
		if ((unsigned char)*at < ' ' || *at == 0x7f)
			return false;
	return true;
}
