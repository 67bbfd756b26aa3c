/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The commands of the live viewer protocol; see viewer.h. */
#include "backend/live/viewer.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/big_endian.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/live/wire.h"

#define SESSIONS_MAX 16 /* that one connection reads at the same time */

/*
 * What an answer waits for longer than the live period at most; and at all: Ctrl-C does not get
 * through to a babeltrace2 that waits.
 */
#define PATIENCE_MORE_NS (50 * NS_PER_MS)
#define PATIENCE_MAX_NS	 (400 * NS_PER_MS)

/*
 * babeltrace2 shows what it has when it has heard that this was all: its source once, its muxer
 * once more. Then it sleeps.
 */
#define NOTHINGS_BEFORE_WAITING 2

struct attached {
	uint64_t id;
	struct live_feed *feed; /* as long as the reader */
	struct live_reader *reader;
	uint64_t patience_ns;
};

struct live_viewer {
	const struct live_hall *hall;
	struct attached sessions[SESSIONS_MAX];
	size_t session_count;
	bool may_wait, waits;	/* the request that is handled */
	uint64_t nothing_count; /* answers since there was something */
	bool has_session; /* the viewer's own, of which the protocol has one for each connection */
	unsigned char bytes[LIVE_PACKET_BYTES_MAX];
};

/* --- the hall */

void live_hall_add(struct live_hall *hall, struct live_feed *feed)
{
	hall->feeds = mem_grow(hall->feeds, hall->count, &hall->room, sizeof(struct live_feed *));
	hall->feeds[hall->count++] = live_feed_ref(feed);
}

void live_hall_tidy(struct live_hall *hall, bool is_end)
{
	size_t kept = 0;

	for (size_t i = 0; i < hall->count; i++) {
		struct live_feed_info info;

		live_feed_look(hall->feeds[i], &info);
		if (is_end || (info.is_over && info.reader_count == 0))
			live_feed_unref(hall->feeds[i]);
		else
			hall->feeds[kept++] = hall->feeds[i];
	}
	hall->count = kept;
	if (!is_end)
		return;
	free(hall->feeds);
	hall->feeds = NULL;
	hall->room = 0;
}

static struct live_feed *find_feed(const struct live_hall *hall, uint64_t id,
				   struct live_feed_info *info)
{
	for (size_t i = 0; i < hall->count; i++) {
		live_feed_look(hall->feeds[i], info);
		if (info->id == id)
			return hall->feeds[i];
	}
	return NULL;
}

/* --- the viewer */

struct live_viewer *live_viewer_create(const struct live_hall *hall)
{
	struct live_viewer *viewer = mem_alloc(sizeof(*viewer));

	viewer->hall = hall;
	viewer->session_count = 0;
	viewer->has_session = false;
	viewer->nothing_count = 0;
	return viewer;
}

void live_viewer_destroy(struct live_viewer *viewer)
{
	if (!viewer)
		return;
	for (size_t i = 0; i < viewer->session_count; i++)
		live_reader_destroy(viewer->sessions[i].reader);
	free(viewer);
}

bool live_viewer_is_attached(const struct live_viewer *viewer)
{
	return viewer->session_count > 0;
}

bool live_viewer_is_lost(const struct live_viewer *viewer)
{
	for (size_t i = 0; i < viewer->session_count; i++)
		if (live_reader_is_lost(viewer->sessions[i].reader))
			return true;
	return false;
}

static struct attached *find_session(struct live_viewer *viewer, uint64_t id)
{
	for (size_t i = 0; i < viewer->session_count; i++)
		if (viewer->sessions[i].id == id)
			return &viewer->sessions[i];
	return NULL;
}

/* --- commands: body has what the table says */

static void do_connect(struct live_viewer *viewer, const unsigned char *body, struct text *reply)
{
	(void)viewer;
	(void)body;
	big_endian_add_u64(reply, 1); /* of the viewer's session: one connection has one */
	big_endian_add_u32(reply, LIVE_VERSION_MAJOR);
	big_endian_add_u32(reply, LIVE_VERSION_MINOR);
	big_endian_add_u32(reply, 0);
}

static void do_create_session(struct live_viewer *viewer, const unsigned char *body,
			      struct text *reply)
{
	(void)body;
	viewer->has_session = true;
	big_endian_add_u32(reply, LIVE_CREATE_OK);
}

static uint32_t to_u32(uint64_t value)
{
	return value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

static void do_list_sessions(struct live_viewer *viewer, const unsigned char *body,
			     struct text *reply)
{
	const struct live_hall *hall = viewer->hall;
	struct text records = {0};
	uint32_t count = 0;

	(void)body;
	for (size_t i = 0; i < hall->count; i++) {
		struct live_feed_info info;

		live_feed_look(hall->feeds[i], &info);
		if (info.is_over)
			continue;
		live_encode_session(&records, &(struct live_session_record){
						      .id = info.id,
						      .timer_us = to_u32(info.period_us),
						      .viewer_count = info.reader_count,
						      .stream_count = info.stream_count,
						      .host_name = hall->host_name,
						      .session_name = info.session_name,
					      });
		count++;
	}
	big_endian_add_u32(reply, count);
	text_add_bytes(reply, text_str(&records), records.length);
	text_finish(&records);
}

/* Those that the viewer hasn't been told of. */
static void put_streams(struct live_reader *reader, struct text *reply)
{
	struct live_stream_info info;
	struct text records = {0};
	uint32_t count = 0;

	while (live_reader_take_stream(reader, &info)) {
		live_encode_stream(&records, &(struct live_stream_record){
						     .id = info.id,
						     .trace_id = info.trace_id,
						     .is_metadata = info.is_metadata,
						     .path = info.path,
						     .name = info.name,
					     });
		count++;
	}
	big_endian_add_u32(reply, count);
	text_add_bytes(reply, text_str(&records), records.length);
	text_finish(&records);
}

static uint64_t patience(uint64_t period_us)
{
	uint64_t wanted_ns = period_us * NS_PER_US + PATIENCE_MORE_NS;

	return wanted_ns < PATIENCE_MAX_NS ? wanted_ns : PATIENCE_MAX_NS;
}

static enum live_attach_status attach(struct live_viewer *viewer, uint64_t id, uint32_t seek)
{
	struct live_feed_info info;
	struct live_feed *feed = find_feed(viewer->hall, id, &info);

	if (!viewer->has_session)
		return LIVE_ATTACH_NO_SESSION;
	if (find_session(viewer, id) || viewer->session_count == SESSIONS_MAX)
		return LIVE_ATTACH_ALREADY;
	if (seek != LIVE_SEEK_BEGINNING && seek != LIVE_SEEK_LAST)
		return LIVE_ATTACH_SEEK_ERROR;
	if (!feed || info.is_over)
		return LIVE_ATTACH_UNKNOWN;
	viewer->sessions[viewer->session_count++] = (struct attached){
		.id = id,
		.feed = feed,
		.reader = live_reader_create(feed, seek == LIVE_SEEK_BEGINNING),
		.patience_ns = patience(info.period_us),
	};
	return LIVE_ATTACH_OK;
}

static void do_attach_session(struct live_viewer *viewer, const unsigned char *body,
			      struct text *reply)
{
	uint64_t id = big_endian_u64(body);
	enum live_attach_status status = attach(viewer, id, big_endian_u32(body + 16));

	big_endian_add_u32(reply, status);
	if (status == LIVE_ATTACH_OK)
		put_streams(find_session(viewer, id)->reader, reply);
	else
		big_endian_add_u32(reply, 0);
}

static void do_get_new_streams(struct live_viewer *viewer, const unsigned char *body,
			       struct text *reply)
{
	const struct attached *session = find_session(viewer, big_endian_u64(body));

	if (session && live_reader_has_new_streams(session->reader)) {
		big_endian_add_u32(reply, LIVE_NEW_STREAMS_OK);
		put_streams(session->reader, reply);
		return;
	}
	big_endian_add_u32(reply, !session				 ? LIVE_NEW_STREAMS_ERROR
				  : live_reader_is_over(session->reader) ? LIVE_NEW_STREAMS_HUP
									 : LIVE_NEW_STREAMS_NONE);
	big_endian_add_u32(reply, 0);
}

static enum live_next next_packet(struct live_viewer *viewer, uint64_t stream_id,
				  struct live_packet *packet)
{
	enum live_next result = LIVE_NEXT_UNKNOWN;

	for (size_t i = 0; i < viewer->session_count && result == LIVE_NEXT_UNKNOWN; i++)
		result = live_reader_next(viewer->sessions[i].reader, stream_id, packet);
	return result;
}

static void do_get_next_index(struct live_viewer *viewer, const unsigned char *body,
			      struct text *reply)
{
	static const uint32_t statuses[] = {
		[LIVE_NEXT_UNKNOWN] = LIVE_INDEX_ERROR, [LIVE_NEXT_PACKET] = LIVE_INDEX_OK,
		[LIVE_NEXT_IDLE] = LIVE_INDEX_INACTIVE, [LIVE_NEXT_NOTHING] = LIVE_INDEX_RETRY,
		[LIVE_NEXT_END] = LIVE_INDEX_HUP,
	};
	struct live_packet packet = {.position = 0};
	enum live_next next = next_packet(viewer, big_endian_u64(body), &packet);

	viewer->waits = next == LIVE_NEXT_NOTHING && viewer->may_wait &&
			viewer->nothing_count >= NOTHINGS_BEFORE_WAITING;
	viewer->nothing_count = next == LIVE_NEXT_NOTHING ? viewer->nothing_count + 1 : 0;
	if (viewer->waits)
		return;

	live_encode_index(reply,
			  &(struct live_index){
				  .offset = packet.position,
				  .packet_bits = packet.size_bytes * 8,
				  .content_bits = packet.content_bytes * 8,
				  .begin_clock = packet.begin_clock,
				  .end_clock = packet.end_clock,
				  .events_discarded = packet.events_discarded,
				  .class_id = packet.class_id,
				  .status = statuses[next],
				  .flags = (packet.has_new_metadata ? LIVE_FLAG_NEW_METADATA : 0U) |
					   (packet.has_new_streams ? LIVE_FLAG_NEW_STREAMS : 0U),
			  });
}

static bool read_packet(struct live_viewer *viewer, uint64_t stream_id, uint64_t offset,
			size_t length)
{
	for (size_t i = 0; i < viewer->session_count; i++)
		if (live_reader_read(viewer->sessions[i].reader, stream_id, offset, length,
				     viewer->bytes))
			return true;
	return false;
}

static void do_get_packet(struct live_viewer *viewer, const unsigned char *body, struct text *reply)
{
	uint32_t length = big_endian_u32(body + 16);
	bool is_read;

	if (length > LIVE_PACKET_BYTES_MAX)
		length = LIVE_PACKET_BYTES_MAX; /* the viewer asks for the rest */
	is_read = length > 0 &&
		  read_packet(viewer, big_endian_u64(body), big_endian_u64(body + 8), length);
	big_endian_add_u32(reply, is_read ? LIVE_PACKET_OK : LIVE_PACKET_ERROR);
	big_endian_add_u32(reply, is_read ? length : 0);
	big_endian_add_u32(reply, 0);
	if (is_read)
		text_add_bytes(reply, (const char *)viewer->bytes, length);
}

static void do_get_metadata(struct live_viewer *viewer, const unsigned char *body,
			    struct text *reply)
{
	static const uint32_t statuses[] = {
		[LIVE_METADATA_UNKNOWN] = LIVE_METADATA_ERROR,
		[LIVE_METADATA_NONE] = LIVE_METADATA_NO_NEW,
		[LIVE_METADATA_TEXT] = LIVE_METADATA_OK,
	};
	enum live_metadata_result result = LIVE_METADATA_UNKNOWN;
	struct text packets = {0};
	struct text text = {0};
	struct uuid trace;

	for (size_t i = 0; i < viewer->session_count && result == LIVE_METADATA_UNKNOWN; i++)
		result = live_reader_take_metadata(viewer->sessions[i].reader, big_endian_u64(body),
						   &text, &trace);
	if (result == LIVE_METADATA_TEXT)
		live_encode_metadata(&packets, &trace, text.bytes, text.length);
	big_endian_add_u64(reply, packets.length);
	big_endian_add_u32(reply, statuses[result]);
	text_add_bytes(reply, text_str(&packets), packets.length);
	text_finish(&packets);
	text_finish(&text);
}

static void do_detach_session(struct live_viewer *viewer, const unsigned char *body,
			      struct text *reply)
{
	struct attached *session = find_session(viewer, big_endian_u64(body));

	big_endian_add_u32(reply, session ? LIVE_DETACH_OK : LIVE_DETACH_UNKNOWN);
	if (!session)
		return;
	live_reader_destroy(session->reader);
	*session = viewer->sessions[--viewer->session_count];
}

static const struct command_rule {
	size_t body_bytes; /* at least */
	void (*run)(struct live_viewer *viewer, const unsigned char *body, struct text *reply);
} command_rules[] = {
	[LIVE_CONNECT] = {20, do_connect},
	[LIVE_LIST_SESSIONS] = {0, do_list_sessions},
	[LIVE_ATTACH_SESSION] = {20, do_attach_session},
	[LIVE_GET_NEXT_INDEX] = {8, do_get_next_index},
	[LIVE_GET_PACKET] = {20, do_get_packet},
	[LIVE_GET_METADATA] = {8, do_get_metadata},
	[LIVE_GET_NEW_STREAMS] = {8, do_get_new_streams},
	[LIVE_CREATE_SESSION] = {0, do_create_session},
	[LIVE_DETACH_SESSION] = {8, do_detach_session},
};

bool live_viewer_measure(const unsigned char *bytes, size_t length, size_t *request_bytes)
{
	struct live_request request;

	*request_bytes = 0;
	if (length < LIVE_HEADER_BYTES)
		return true;
	live_decode_header(bytes, &request);
	if (request.body_bytes > LIVE_BODY_MAX)
		return false;
	*request_bytes = LIVE_HEADER_BYTES + (size_t)request.body_bytes;
	return true;
}

uint64_t live_viewer_patience_ns(const struct live_viewer *viewer)
{
	uint64_t patience_ns = 0;

	for (size_t i = 0; i < viewer->session_count; i++)
		if (viewer->sessions[i].patience_ns > patience_ns)
			patience_ns = viewer->sessions[i].patience_ns;
	return patience_ns;
}

static void expect(const struct live_viewer *viewer)
{
	for (size_t i = 0; i < viewer->session_count; i++)
		live_feed_expect(viewer->sessions[i].feed);
}

enum live_verdict live_viewer_handle(struct live_viewer *viewer, const unsigned char *request,
				     size_t length, bool may_wait, struct text *reply)
{
	const struct command_rule *rule;
	struct live_request header;

	if (length < LIVE_HEADER_BYTES)
		return LIVE_ENDS;
	live_decode_header(request, &header);
	rule = header.command < COUNT_OF(command_rules) ? &command_rules[header.command] : NULL;
	if (!rule || !rule->run) {
		big_endian_add_u32(reply, LIVE_UNKNOWN_COMMAND);
		return LIVE_ENDS;
	}
	if (length - LIVE_HEADER_BYTES < rule->body_bytes)
		return LIVE_ENDS;
	viewer->may_wait = may_wait;
	viewer->waits = false;
	if (may_wait)
		expect(viewer); /* before looking: what comes behind the look is told */
	rule->run(viewer, request + LIVE_HEADER_BYTES, reply);
	return viewer->waits ? LIVE_WAITS : LIVE_ANSWERED;
}
