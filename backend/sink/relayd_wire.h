/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The relay daemon's protocol, as lttng-relayd 2.11 and later speak it: requests as bytes, replies
 * as numbers. Everything is big-endian and packed.
 */
#ifndef TRACON_SINK_RELAYD_WIRE_H
#define TRACON_SINK_RELAYD_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/base/uuid.h"
#include "backend/consume/packet.h"

#define RELAYD_MAJOR 2
#define RELAYD_MINOR 13 /* from 15 on, sessions are created differently */

#define RELAYD_MINOR_OF_CLEAR 12 /* and of the question whether it may be */
#define RELAYD_MAY_CLEAR      UINT64_C(1)

enum relayd_command {
	RELAYD_ADD_STREAM = 1,
	RELAYD_CREATE_SESSION = 2,
	RELAYD_VERSION = 5,
	RELAYD_SEND_METADATA = 6, /* has no reply */
	RELAYD_CLOSE_STREAM = 7,
	RELAYD_DATA_PENDING = 8,
	RELAYD_QUIESCENT = 9,
	RELAYD_BEGIN_PENDING = 10,
	RELAYD_END_PENDING = 11,
	RELAYD_SEND_INDEX = 13,
	RELAYD_STREAMS_SENT = 16,
	RELAYD_RESET_METADATA = 17,
	RELAYD_ROTATE_STREAMS = 18,
	RELAYD_CREATE_CHUNK = 19,
	RELAYD_CLOSE_CHUNK = 20,
	RELAYD_CHUNK_EXISTS = 21,
	RELAYD_GET_CONFIGURATION = 22,
};

enum relayd_close { /* what becomes of a closed chunk */
		    RELAYD_CLOSE_ARCHIVE = 0,
		    RELAYD_CLOSE_LEAVE = 1,
		    RELAYD_CLOSE_DELETE = 2,
};

#define RELAYD_CODE_OK		 10
#define RELAYD_CODE_REPLY_BYTES	 4 /* of most commands: the code alone */
#define RELAYD_VERSION_BYTES	 8
#define RELAYD_CONFIG_BYTES	 12
#define RELAYD_SESSION_BYTES	 16 /* and the path */
#define RELAYD_STREAM_BYTES	 12
#define RELAYD_CLOSE_CHUNK_BYTES 8 /* and the path */
#define RELAYD_EXISTS_BYTES	 5
#define RELAYD_DATA_HEAD_BYTES	 32
#define RELAYD_PATH_MAX		 4096
#define RELAYD_LAST_OF_METADATA	 UINT64_MAX /* sequence number for closing it */
#define RELAYD_METADATA_HEADER	 37

struct relayd_session_wish {
	const char *name; /* not empty, no '/', no '.' first */
	const char *host;
	const char *base_path; /* "" */
	bool has_time_in_name;
	uint32_t live_period_us; /* 0: not live */
	bool is_snapshot;
	struct uuid sender; /* never all zero: it is refused */
	uint64_t id;
	uint64_t created_s;
};

/* One stream leaves its chunk before this packet. */
struct relayd_cut {
	uint64_t handle;
	uint64_t first_sequence;
};

/* Each adds a whole request, its header included. */
void relayd_encode_version(struct text *out);
void relayd_encode_session(struct text *out, const struct relayd_session_wish *wish);
/* name: its folder below the session's, a snapshot's; NULL: as the daemon does it. */
void relayd_encode_chunk(struct text *out, uint64_t id, uint64_t begin_s, const char *name);
void relayd_encode_stream(struct text *out, const char *name, const char *path, uint64_t file_bytes,
			  uint64_t file_count, uint64_t chunk_id);
void relayd_encode_number(struct text *out, enum relayd_command command, uint64_t number);
void relayd_encode_pair(struct text *out, enum relayd_command command, uint64_t first,
			uint64_t second);
void relayd_encode_bare(struct text *out, enum relayd_command command);
void relayd_encode_index(struct text *out, uint64_t handle, uint64_t number,
			 const struct packet *packet);
/* new_chunk_id NULL: the stream goes nowhere. */
void relayd_encode_rotate(struct text *out, const uint64_t *new_chunk_id,
			  const struct relayd_cut *cuts, uint32_t count);
void relayd_encode_close_chunk(struct text *out, uint64_t id, uint64_t end_s,
			       enum relayd_close close);
/* One metadata packet with this text. */
void relayd_encode_metadata(struct text *out, uint64_t handle, const struct uuid *trace,
			    bool is_big_endian, const char *bytes, size_t length);
/* The head of a packet on the data connection: only its content follows. */
void relayd_encode_data(struct text *out, uint64_t handle, uint64_t number,
			const struct packet *packet);

/* Replies: false with ERROR_PROTOCOL when the relay daemon refuses or the reply makes no sense. */
bool relayd_check(uint32_t code, struct error *err);
bool relayd_decode_version(const unsigned char *bytes, uint32_t *minor, struct error *err);
bool relayd_decode_session(const unsigned char *bytes, uint64_t *id, uint32_t *path_length,
			   struct error *err);
bool relayd_decode_stream(const unsigned char *bytes, uint64_t *handle, struct error *err);
bool relayd_decode_close_chunk(const unsigned char *bytes, uint32_t *path_length,
			       struct error *err);
/* A path of the relay daemon's, to be shown only: true when it is NUL terminated and clean. */
bool relayd_path_is_sane(const char *path, uint32_t length);

#endif
