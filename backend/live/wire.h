/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The messages of LTTng's live viewer protocol, version 2.4: all integers big-endian, all
 * structures packed. A request is a header and a body, a reply has no header. Pure.
 */
#ifndef TRACON_LIVE_WIRE_H
#define TRACON_LIVE_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/text.h"
#include "backend/base/uuid.h"

enum live_command {
	LIVE_CONNECT = 1,
	LIVE_LIST_SESSIONS = 2,
	LIVE_ATTACH_SESSION = 3,
	LIVE_GET_NEXT_INDEX = 4,
	LIVE_GET_PACKET = 5,
	LIVE_GET_METADATA = 6,
	LIVE_GET_NEW_STREAMS = 7,
	LIVE_CREATE_SESSION = 8,
	LIVE_DETACH_SESSION = 9,
};

#define LIVE_HEADER_BYTES 16
/* The largest request that exists has 20 bytes behind its header. */
#define LIVE_BODY_MAX 4096
/* What a viewer asks for at once. */
#define LIVE_PACKET_BYTES_MAX 262144

#define LIVE_VERSION_MAJOR 2
#define LIVE_VERSION_MINOR 4 /* from 15 on, lists are laid out in another way */

enum live_attach_status {
	LIVE_ATTACH_OK = 1,
	LIVE_ATTACH_ALREADY = 2,
	LIVE_ATTACH_UNKNOWN = 3,
	LIVE_ATTACH_SEEK_ERROR = 5,
	LIVE_ATTACH_NO_SESSION = 6,
};
enum live_seek { LIVE_SEEK_BEGINNING = 1, LIVE_SEEK_LAST = 2 };
enum live_create_status { LIVE_CREATE_OK = 1 };
enum live_new_streams_status {
	LIVE_NEW_STREAMS_OK = 1,
	LIVE_NEW_STREAMS_NONE = 2,
	LIVE_NEW_STREAMS_ERROR = 3,
	LIVE_NEW_STREAMS_HUP = 4,
};
enum live_metadata_status {
	LIVE_METADATA_OK = 1,
	LIVE_METADATA_NO_NEW = 2,
	LIVE_METADATA_ERROR = 3
};
enum live_index_status {
	LIVE_INDEX_OK = 1,
	LIVE_INDEX_RETRY = 2,
	LIVE_INDEX_HUP = 3,
	LIVE_INDEX_ERROR = 4,
	LIVE_INDEX_INACTIVE = 5,
};
enum live_packet_status { LIVE_PACKET_OK = 1, LIVE_PACKET_ERROR = 3 };
enum live_detach_status { LIVE_DETACH_OK = 1, LIVE_DETACH_UNKNOWN = 2 };
enum live_flags { LIVE_FLAG_NEW_METADATA = 1, LIVE_FLAG_NEW_STREAMS = 2 };
#define LIVE_UNKNOWN_COMMAND 11

struct live_request {
	uint64_t body_bytes;
	uint32_t command;
};
void live_decode_header(const unsigned char bytes[LIVE_HEADER_BYTES], struct live_request *request);

struct live_session_record {
	uint64_t id;
	uint32_t timer_us;
	uint32_t viewer_count;
	uint32_t stream_count;
	const char *host_name;
	const char *session_name;
};
void live_encode_session(struct text *out, const struct live_session_record *session);

struct live_stream_record {
	uint64_t id;
	uint64_t trace_id;
	bool is_metadata;
	const char *path;
	const char *name;
};
void live_encode_stream(struct text *out, const struct live_stream_record *stream);

struct live_index {
	uint64_t offset;
	uint64_t packet_bits;
	uint64_t content_bits;
	uint64_t begin_clock;
	uint64_t end_clock;
	uint64_t events_discarded;
	uint64_t class_id;
	uint32_t status;
	uint32_t flags;
};
void live_encode_index(struct text *out, const struct live_index *index);

/* Metadata as CTF's packets, in this machine's byte order. */
void live_encode_metadata(struct text *out, const struct uuid *trace, const char *text,
			  size_t length);

#endif
