/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exchanges with the relay daemon. Two of its weaknesses are kept clear of: one session on a
 * connection, and never a rotation while a packet's index has not been answered.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/big_endian.h"
#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/consume/tally.h"
#include "backend/sink/relayd_parts.h"

#define METADATA_PIECE (1u << 20)
#define POLL_US	       10000
#define CONFIRM_US     1000
#define POLL_MAX       500 /* 5 s */
#define HOST_MAX       64  /* with its end: longer ones are refused there */

static struct text *fresh_request(struct relayd_sink *sink)
{
	text_clear(&sink->request);
	return &sink->request;
}

static bool is_known(const struct relayd_sink *sink, const struct relayd_handle *handle)
{
	return handle->session != 0 && handle->session == sink->session;
}

static uint64_t number_there(const struct relayd_sink *sink, uint64_t chunk_id)
{
	return chunk_id - sink->first_id;
}

static bool tell(struct relayd_sink *sink, struct error *err)
{
	return relayd_link_tell(&sink->link, &sink->request, err);
}

/* A path behind a reply, for people to read: NULL with an error. */
static char *receive_path(struct relayd_sink *sink, uint32_t length, struct error *err)
{
	char *path = mem_zalloc((size_t)length + 1);

	if (!relayd_link_receive(&sink->link, path, length, err)) {
		free(path);
		return NULL;
	}
	if (length > 0 && !relayd_path_is_sane(path, length))
		path[0] = '\0';
	return path;
}

/* --- session and chunks */

/* What the daemon takes for a host's name. */
static void own_host(char host[HOST_MAX])
{
	if (gethostname(host, HOST_MAX) < 0)
		host[0] = '\0';
	host[HOST_MAX - 1] = '\0';
	for (char *at = host; *at; at++)
		if (*at == '/')
			*at = '_';
	if (host[0] == '\0' || host[0] == '.')
		snprintf(host, HOST_MAX, "localhost");
}

/*
 * A directory that was there before would be emptied: a later connection never names it again. The
 * first one has the session's own time, as lttng has it.
 */
static char *next_place(struct relayd_sink *sink, struct relayd_session_wish *wish)
{
	const char *subdir = sink->settings.url.subdir;
	uint64_t now_s = clock_wall_ns() / NS_PER_S;
	char date_time[CLOCK_TEXT_MAX];

	if (sink->created_s == 0)
		sink->created_s = sink->settings.created_wall_ns / NS_PER_S;
	else
		sink->created_s = now_s > sink->created_s ? now_s : sink->created_s + 1;
	wish->created_s = sink->created_s;
	wish->has_time_in_name = sink->settings.has_time_in_name && sink->session == 0;
	if (subdir[0] == '\0' || sink->session == 0)
		return mem_strdup(subdir);
	clock_text_date_time(date_time, sink->created_s * NS_PER_S);
	return mem_printf("%s-%s", subdir, date_time);
}

static bool ask_session(struct relayd_sink *sink, const struct relayd_session_wish *wish,
			struct error *err)
{
	unsigned char reply[RELAYD_SESSION_BYTES];
	uint32_t path_length;

	relayd_encode_session(fresh_request(sink), wish);
	if (!relayd_link_ask(&sink->link, &sink->request, reply, sizeof(reply), err) ||
	    !relayd_decode_session(reply, &sink->session_number, &path_length, err))
		return false;
	free(sink->output);
	sink->output = receive_path(sink, path_length, err);
	return sink->output != NULL;
}

static bool create_session(struct relayd_sink *sink, struct error *err)
{
	char host[HOST_MAX];
	struct relayd_session_wish wish = {
		.name = sink->name,
		.host = host,
		.id = sink->settings.session_id,
		.live_period_us = sink->settings.live_period_us,
		.is_snapshot = sink->settings.snapshot_name != NULL,
	};
	char *place = next_place(sink, &wish);
	bool is_created;

	own_host(host);
	uuid_make_random(&wish.sender);
	wish.base_path = place;
	is_created = ask_session(sink, &wish, err);
	free(place);
	return is_created;
}

/* Asked for before it is needed: a refused clear ends the connection. */
static bool ask_configuration(struct relayd_sink *sink, struct error *err)
{
	unsigned char reply[RELAYD_CONFIG_BYTES];
	bool is_refused = false;

	if (sink->link.minor >= RELAYD_MINOR_OF_CLEAR) {
		relayd_encode_number(fresh_request(sink), RELAYD_GET_CONFIGURATION, 0);
		if (!relayd_link_ask(&sink->link, &sink->request, reply, sizeof(reply), err) ||
		    !relayd_check(big_endian_u32(reply), err))
			return false;
		is_refused = !(big_endian_u64(reply + RELAYD_CODE_REPLY_BYTES) & RELAYD_MAY_CLEAR);
	}
	pthread_mutex_lock(&sink->lock);
	sink->is_clear_refused = is_refused;
	pthread_mutex_unlock(&sink->lock);
	return true;
}

bool relayd_talk_open(struct relayd_sink *sink, struct error *err)
{
	if (!relayd_link_open(&sink->link, &sink->settings.url, err))
		return false;
	if (!ask_configuration(sink, err) || !create_session(sink, err)) {
		relayd_link_close(&sink->link);
		return error_prefix(err, "cannot open a session at the relay daemon");
	}
	return true;
}

bool relayd_talk_begin_chunk(struct relayd_sink *sink, struct relayd_chunk *chunk,
			     struct error *err)
{
	if (chunk->session == sink->session)
		return true;
	relayd_encode_chunk(fresh_request(sink), number_there(sink, chunk->id),
			    chunk->begin_wall_ns / NS_PER_S, sink->settings.snapshot_name);
	if (!tell(sink, err))
		return false;
	chunk->session = sink->session;
	sink->chunk_id = chunk->id;
	sink->has_chunk = true;
	return true;
}

/* The first answer names the session's directory only. */
static char *archive_path(const struct relayd_sink *sink, const struct relayd_chunk *chunk)
{
	char begin[CLOCK_TEXT_MAX];
	char end[CLOCK_TEXT_MAX];

	return mem_printf("%s/archives/%s-%s-%llu", sink->output,
			  clock_text_iso_basic(begin, chunk->begin_wall_ns),
			  clock_text_iso_basic(end, chunk->end_wall_ns),
			  (unsigned long long)number_there(sink, chunk->id));
}

static bool wait_gone(struct relayd_sink *sink, uint64_t number, struct error *err)
{
	unsigned char reply[RELAYD_EXISTS_BYTES];

	for (unsigned int i = 0; i < POLL_MAX; i++) {
		relayd_encode_number(fresh_request(sink), RELAYD_CHUNK_EXISTS, number);
		if (!relayd_link_ask(&sink->link, &sink->request, reply, sizeof(reply), err) ||
		    !relayd_check(big_endian_u32(reply), err))
			return false;
		if (reply[RELAYD_EXISTS_BYTES - 1] == 0)
			return true;
		usleep(POLL_US);
	}
	return error_set(err, ERROR_TIMEOUT, "the relay daemon does not complete the trace chunk");
}

bool relayd_talk_close_chunk(struct relayd_sink *sink, const struct relayd_chunk *chunk,
			     enum relayd_close close, char **path, struct error *err)
{
	unsigned char reply[RELAYD_CLOSE_CHUNK_BYTES];
	uint64_t number = number_there(sink, chunk->id);
	uint32_t length;

	relayd_encode_close_chunk(fresh_request(sink), number, chunk->end_wall_ns / NS_PER_S,
				  close);
	if (!relayd_link_ask(&sink->link, &sink->request, reply, sizeof(reply), err) ||
	    !relayd_decode_close_chunk(reply, &length, err))
		return false;
	*path = receive_path(sink, length, err);
	if (!*path)
		return false;
	if (sink->settings.snapshot_name) {
		free(*path);
		*path = mem_printf("%s/%s", sink->output, sink->settings.snapshot_name);
	}
	if (close == RELAYD_CLOSE_ARCHIVE && !strstr(*path, "/archives/")) {
		free(*path);
		*path = archive_path(sink, chunk);
	}
	if (sink->has_chunk && sink->chunk_id == chunk->id)
		sink->has_chunk = false;
	if (close == RELAYD_CLOSE_ARCHIVE)
		sink->is_rotated_there = true;
	return wait_gone(sink, number, err);
}

/* --- streams */

static bool add_stream(struct relayd_sink *sink, struct relayd_handle *handle, const char *name,
		       const char *path, const struct sink_limits *limits, struct error *err)
{
	unsigned char reply[RELAYD_STREAM_BYTES];
	uint64_t number;

	relayd_encode_stream(fresh_request(sink), name, path, limits->file_bytes,
			     limits->file_count, number_there(sink, sink->chunk_id));
	if (!relayd_link_ask(&sink->link, &sink->request, reply, sizeof(reply), err) ||
	    !relayd_decode_stream(reply, &number, err))
		return false;
	*handle = (struct relayd_handle){
		.session = sink->session,
		.number = number,
		.chunk_id = sink->chunk_id,
	};
	return true;
}

static bool no_chunk(struct error *err)
{
	return error_set(err, ERROR_STATE, "no trace chunk is open at the relay daemon");
}

static bool take_replaced(struct relayd_sink *sink, struct relayd_trace *trace)
{
	bool is_replaced;

	pthread_mutex_lock(&sink->lock);
	is_replaced = trace->is_replaced;
	trace->is_replaced = false;
	pthread_mutex_unlock(&sink->lock);
	return is_replaced;
}

/*
 * The stream, then its trace's metadata, then both are made known: viewers that hear of metadata
 * before they hear of a stream never ask for it.
 */
static bool make_known(struct relayd_sink *sink, struct relayd_stream *stream, struct error *err)
{
	const struct sink_limits none = {0};
	struct relayd_trace *trace = stream->trace;

	if (!sink->has_chunk)
		return no_chunk(err);
	if (!add_stream(sink, &stream->handle, stream->name, trace->path, &stream->limits, err))
		return false;
	if (!is_known(sink, &trace->handle)) {
		trace->sent_bytes = 0;
		take_replaced(sink, trace);
		if (!add_stream(sink, &trace->handle, "metadata", trace->path, &none, err))
			return false;
	}
	relayd_encode_bare(fresh_request(sink), RELAYD_STREAMS_SENT);
	return tell(sink, err);
}

uint64_t relayd_number_packet(struct relayd_handle *handle, const struct packet *packet)
{
	handle->next_sequence = packet->sequence + 1;
	handle->class_id = packet->stream_id;
	return handle->next++;
}

bool relayd_talk_packet(struct relayd_sink *sink, struct relayd_item *item, struct error *err)
{
	struct relayd_stream *stream = item->stream;
	const struct packet *packet = &item->packet;

	if (!is_known(sink, &stream->handle) && !make_known(sink, stream, err))
		return false;
	if (!relayd_talk_metadata(sink, stream->trace, err))
		return false;
	if (item->session == 0)
		item->number = relayd_number_packet(&stream->handle, packet);
	relayd_encode_data(fresh_request(sink), stream->handle.number, item->number, packet);
	return relayd_link_send_data(&sink->link, &sink->request, item->bytes,
				     packet->content_bytes, item->sent_bytes, err) &&
	       relayd_talk_index(sink, item, err);
}

bool relayd_talk_index(struct relayd_sink *sink, struct relayd_item *item, struct error *err)
{
	struct relayd_handle *handle = &item->stream->handle;

	relayd_encode_index(fresh_request(sink), handle->number, item->number, &item->packet);
	if (!relayd_link_post(&sink->link, &sink->request, err))
		return false;
	handle->indexed = item->number + 1;
	return true;
}

bool relayd_talk_beacon(struct relayd_sink *sink, const struct relayd_handle *handle,
			uint64_t clock, struct error *err)
{
	const struct packet nothing = {.end_clock = clock, .stream_id = handle->class_id};

	if (!is_known(sink, handle) || handle->next == 0)
		return true;
	relayd_encode_index(fresh_request(sink), handle->number, handle->next - 1, &nothing);
	return relayd_link_post(&sink->link, &sink->request, err);
}

bool relayd_talk_close(struct relayd_sink *sink, struct relayd_handle *handle, bool is_metadata,
		       struct error *err)
{
	uint64_t last = is_metadata ? RELAYD_LAST_OF_METADATA : handle->next - 1;

	if (!is_known(sink, handle))
		return true;
	handle->session = 0;
	relayd_encode_pair(fresh_request(sink), RELAYD_CLOSE_STREAM, handle->number, last);
	return tell(sink, err);
}

bool relayd_talk_cut(struct relayd_sink *sink, struct relayd_handle *handle,
		     const struct relayd_chunk *fresh, bool is_metadata, struct error *err)
{
	struct relayd_cut cut = {handle->number, is_metadata ? 0 : handle->next_sequence};
	uint64_t number = fresh ? number_there(sink, fresh->id) : 0;

	if (!is_known(sink, handle) || (fresh && handle->chunk_id == fresh->id))
		return true;
	relayd_encode_rotate(fresh_request(sink), fresh ? &number : NULL, &cut, 1);
	if (!tell(sink, err))
		return false;
	if (!fresh)
		return relayd_talk_close(sink, handle, is_metadata, err);
	handle->chunk_id = fresh->id;
	return true;
}

/* --- metadata */

/* What follows the key, from the beginning of the trace's own block on: see ctf_metadata. */
static const char *trace_value(const char *text, const char *key)
{
	const char *block = strstr(text, "trace {");
	const char *at = block ? strstr(block, key) : NULL;

	return at ? at + strlen(key) : "";
}

static void read_trace_block(const char *text, struct uuid *uuid, bool *is_big_endian)
{
	char digits[UUID_TEXT_MAX];

	*is_big_endian = strncmp(trace_value(text, "byte_order = "), "be", 2) == 0;
	snprintf(digits, sizeof(digits), "%s", trace_value(text, "uuid = \""));
	if (!uuid_from_text(digits, uuid))
		*uuid = (struct uuid){{0}};
}

/* As much of it as a message takes, up to the end of a declaration: viewers read what is there. */
static size_t whole_declarations(const char *text, size_t length)
{
	static const char end[] = "\n};\n";
	size_t at = METADATA_PIECE;

	if (length <= METADATA_PIECE)
		return length;
	while (at >= strlen(end) && memcmp(text + at - strlen(end), end, strlen(end)) != 0)
		at--;
	return at >= strlen(end) ? at : METADATA_PIECE;
}

/* A copy of what was not sent yet, so that the lock is not held while it is. */
static char *unsent_text(struct relayd_sink *sink, struct relayd_trace *trace, size_t *length,
			 struct uuid *uuid, bool *is_big_endian)
{
	char *copy = NULL;

	pthread_mutex_lock(&sink->lock);
	*length = trace->metadata.length - trace->sent_bytes;
	if (*length > 0) {
		*length = whole_declarations(trace->metadata.bytes + trace->sent_bytes, *length);
		read_trace_block(text_str(&trace->metadata), uuid, is_big_endian);
		copy = mem_strndup(trace->metadata.bytes + trace->sent_bytes, *length);
	}
	pthread_mutex_unlock(&sink->lock);
	return copy;
}

/* Text that was sent is wrong: the daemon forgets it. */
static bool begin_again(struct relayd_sink *sink, struct relayd_trace *trace, struct error *err)
{
	if (!take_replaced(sink, trace))
		return true;
	trace->sent_bytes = 0;
	relayd_encode_pair(fresh_request(sink), RELAYD_RESET_METADATA, trace->handle.number,
			   ++trace->reset_version);
	return tell(sink, err);
}

bool relayd_talk_metadata(struct relayd_sink *sink, struct relayd_trace *trace, struct error *err)
{
	struct uuid uuid;
	bool is_big_endian;
	size_t length;
	char *text;

	if (!is_known(sink, &trace->handle))
		return true; /* its first packet makes it known */
	if (!begin_again(sink, trace, err))
		return false;
	while ((text = unsent_text(sink, trace, &length, &uuid, &is_big_endian)) != NULL) {
		bool is_sent;

		relayd_encode_metadata(fresh_request(sink), trace->handle.number, &uuid,
				       is_big_endian, text, length);
		free(text);
		is_sent = relayd_link_send(&sink->link, &sink->request, err);
		if (!is_sent)
			return false;
		trace->sent_bytes += length;
	}
	return true;
}

/* --- has everything arrived */

static bool ask_flag(struct relayd_sink *sink, bool *is_pending, struct error *err)
{
	unsigned char reply[RELAYD_CODE_REPLY_BYTES];
	uint32_t flag;

	if (!relayd_link_ask(&sink->link, &sink->request, reply, sizeof(reply), err))
		return false;
	flag = big_endian_u32(reply);
	if (flag > 1)
		return error_set(err, ERROR_PROTOCOL, "the relay daemon does not know a stream");
	*is_pending |= flag == 1;
	return true;
}

/* Streams and traces are freed by this thread alone: a copy of the handles is enough. */
static struct relayd_handle *copy_handles(struct relayd_sink *sink, bool of_metadata, size_t *count)
{
	struct relayd_handle *handles = NULL;
	size_t room = 0;

	*count = 0;
	pthread_mutex_lock(&sink->lock);
	for (struct relayd_trace *one = sink->traces; of_metadata && one; one = one->next) {
		handles = mem_grow(handles, *count, &room, sizeof(*handles));
		handles[(*count)++] = one->handle;
	}
	for (struct relayd_stream *one = sink->streams; !of_metadata && one; one = one->next) {
		handles = mem_grow(handles, *count, &room, sizeof(*handles));
		handles[(*count)++] = one->handle;
	}
	pthread_mutex_unlock(&sink->lock);
	return handles;
}

static bool ask_each(struct relayd_sink *sink, bool of_metadata, bool *is_pending,
		     struct error *err)
{
	size_t count;
	struct relayd_handle *handles = copy_handles(sink, of_metadata, &count);
	bool is_answered = true;

	for (size_t i = 0; i < count && is_answered; i++) {
		if (!is_known(sink, &handles[i]))
			continue;
		if (of_metadata) {
			relayd_encode_number(fresh_request(sink), RELAYD_QUIESCENT,
					     handles[i].number);
			is_answered = tell(sink, err);
			continue;
		}
		relayd_encode_pair(fresh_request(sink), RELAYD_DATA_PENDING, handles[i].number,
				   handles[i].indexed - 1);
		is_answered = ask_flag(sink, is_pending, err);
	}
	free(handles);
	return is_answered;
}

static bool ask_pending(struct relayd_sink *sink, bool *is_pending, struct error *err)
{
	relayd_encode_number(fresh_request(sink), RELAYD_BEGIN_PENDING, sink->session_number);
	if (!tell(sink, err) || !ask_each(sink, false, is_pending, err) ||
	    !ask_each(sink, true, is_pending, err))
		return false;
	relayd_encode_number(fresh_request(sink), RELAYD_END_PENDING, sink->session_number);
	return ask_flag(sink, is_pending, err);
}

/* The last of each stream is asked for: what came before it is there, too. */
static bool ask_sent(struct relayd_sink *sink, unsigned int count, bool *is_pending,
		     struct error *err)
{
	sink->ask_round++;
	for (unsigned int i = count; i > 0; i--) {
		const struct relayd_sent *sent = &sink->sent[i - 1];

		if (sent->stream->asked == sink->ask_round)
			continue;
		sent->stream->asked = sink->ask_round;
		relayd_encode_pair(fresh_request(sink), RELAYD_DATA_PENDING,
				   sent->stream->handle.number, sent->number);
		if (!ask_flag(sink, is_pending, err))
			return false;
	}
	return true;
}

static bool is_patient(const struct relayd_sink *sink, uint64_t *end_ns, struct error *err)
{
	uint64_t now_ns = clock_monotonic_ns();

	if (atomic_load(&sink->hurry_count) == 0)
		*end_ns = now_ns + POLL_MAX * POLL_US * NS_PER_US;
	if (now_ns < *end_ns)
		return relayd_link_is_alive(&sink->link, err);
	return error_set(err, ERROR_TIMEOUT, "the relay daemon does not write what it was sent");
}

bool relayd_talk_confirm(struct relayd_sink *sink, unsigned int count, struct error *err)
{
	uint64_t end_ns = clock_monotonic_ns() + POLL_MAX * POLL_US * NS_PER_US;
	bool is_pending = count > 0;

	while (is_pending) {
		is_pending = false;
		if (!ask_sent(sink, count, &is_pending, err))
			return false;
		if (is_pending && !is_patient(sink, &end_ns, err))
			return false;
		if (is_pending)
			usleep(CONFIRM_US);
	}
	for (unsigned int i = 0; i < count; i++)
		tally_receipt_arrived(sink->sent[i].stream->tally, sink->sent[i].receipt);
	sink->sent_count -= count;
	memmove(sink->sent, sink->sent + count, sink->sent_count * sizeof(sink->sent[0]));
	return true;
}

/* By halves, so that whoever is in a hurry sees progress. */
static bool confirm_all(struct relayd_sink *sink, struct error *err)
{
	while (sink->sent_count > 0)
		if (!relayd_talk_confirm(sink, (sink->sent_count + 1) / 2, err))
			return false;
	return true;
}

bool relayd_talk_pending(struct relayd_sink *sink, struct error *err)
{
	if (!confirm_all(sink, err))
		return false;
	for (unsigned int i = 0; i < POLL_MAX; i++) {
		bool is_pending = false;

		if (!ask_pending(sink, &is_pending, err))
			return false;
		if (!is_pending)
			return true;
		usleep(POLL_US);
	}
	return error_set(err, ERROR_TIMEOUT, "the relay daemon does not write what it was sent");
}
