/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Readers of a feed: each has its own place in each stream and in each trace's metadata. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/mem.h"
#include "backend/live/feed_parts.h"

static void lock(const struct live_reader *reader)
{
	pthread_mutex_lock(&reader->feed->lock);
}

/* Files that nobody needs any more are closed here, on the reader's thread. */
static void unlock(const struct live_reader *reader)
{
	bool has_garbage = reader->feed->garbage != NULL;

	pthread_mutex_unlock(&reader->feed->lock);
	if (has_garbage)
		live_feed_sweep(reader->feed);
}

void live_feed_look(struct live_feed *feed, struct live_feed_info *info)
{
	const struct live_trace *last = NULL;

	*info = (struct live_feed_info){
		.id = feed->id,
		.session_name = feed->session_name,
		.period_us = feed->period_us,
	};
	pthread_mutex_lock(&feed->lock);
	info->is_over = feed->is_over;
	for (const struct live_reader *reader = feed->readers; reader; reader = reader->next)
		info->reader_count++;
	for (const struct live_stream *stream = feed->streams; stream; stream = stream->next) {
		info->stream_count += stream->born_at > 0;
		info->stream_count += stream->born_at > 0 && stream->trace != last;
		last = stream->trace;
	}
	pthread_mutex_unlock(&feed->lock);
}

void live_feed_set_wake(struct live_feed *feed, int event_fd)
{
	pthread_mutex_lock(&feed->lock);
	feed->wake_fd = event_fd;
	pthread_mutex_unlock(&feed->lock);
}

void live_feed_expect(struct live_feed *feed)
{
	pthread_mutex_lock(&feed->lock);
	feed->is_expected = feed->wake_fd >= 0;
	pthread_mutex_unlock(&feed->lock);
}

/* --- the reader */

void live_reader_meet(struct live_reader *reader, struct live_stream *stream, uint64_t number)
{
	struct live_cursor *cursor = mem_zalloc(sizeof(*cursor));

	cursor->reader = reader;
	cursor->stream = stream;
	cursor->next_number = number;
	cursor->next = reader->cursors;
	reader->cursors = cursor;
	cursor->of_stream = stream->cursors;
	stream->cursors = cursor;
	stream->references++;
	reader->unannounced_count++;
}

struct live_reader *live_reader_create(struct live_feed *feed, bool from_oldest)
{
	struct live_reader *reader = mem_zalloc(sizeof(*reader));

	reader->feed = live_feed_ref(feed);
	pthread_mutex_lock(&feed->lock);
	reader->next = feed->readers;
	feed->readers = reader;
	for (struct live_stream *stream = feed->streams; stream; stream = stream->next)
		if (stream->born_at)
			live_reader_meet(reader, stream,
					 from_oldest ? stream->first_number : stream->next_number);
	pthread_mutex_unlock(&feed->lock);
	return reader;
}

static void forget_current(struct live_cursor *cursor)
{
	if (cursor->has_current)
		live_entry_let_go(cursor->reader->feed, &cursor->current);
	cursor->has_current = false;
}

static void remove_cursor(struct live_cursor *cursor)
{
	struct live_reader *reader = cursor->reader;
	struct live_stream *stream = cursor->stream;

	for (struct live_cursor **link = &reader->cursors; *link; link = &(*link)->next) {
		if (*link == cursor) {
			*link = cursor->next;
			break;
		}
	}
	for (struct live_cursor **link = &stream->cursors; *link; link = &(*link)->of_stream) {
		if (*link == cursor) {
			*link = cursor->of_stream;
			break;
		}
	}
	reader->unannounced_count -= !cursor->is_announced;
	forget_current(cursor);
	live_stream_trim(stream);
	live_stream_unref(stream);
	free(cursor);
}

static void forget_traces(struct live_reader *reader)
{
	while (reader->traces) {
		struct live_read_trace *read = reader->traces;

		reader->traces = read->next;
		live_trace_unref(read->trace);
		free(read);
	}
}

void live_reader_destroy(struct live_reader *reader)
{
	struct live_feed *feed;

	if (!reader)
		return;
	feed = reader->feed;
	lock(reader);
	while (reader->cursors)
		remove_cursor(reader->cursors);
	forget_traces(reader);
	for (struct live_reader **link = &feed->readers; *link; link = &(*link)->next) {
		if (*link == reader) {
			*link = reader->next;
			break;
		}
	}
	unlock(reader);
	free(reader);
	live_feed_unref(feed);
}

bool live_reader_is_lost(struct live_reader *reader)
{
	bool is_lost;

	lock(reader);
	is_lost = reader->is_lost;
	unlock(reader);
	return is_lost;
}

/* --- streams */

static struct live_read_trace *find_trace(const struct live_reader *reader,
					  const struct live_trace *trace)
{
	for (struct live_read_trace *read = reader->traces; read; read = read->next)
		if (read->trace == trace)
			return read;
	return NULL;
}

static void take_trace(struct live_reader *reader, struct live_trace *trace)
{
	struct live_read_trace *read = mem_zalloc(sizeof(*read));

	read->trace = trace;
	trace->references++;
	read->next = reader->traces;
	reader->traces = read;
}

static void describe(const struct live_stream *stream, bool is_metadata,
		     struct live_stream_info *info)
{
	*info = (struct live_stream_info){
		.id = is_metadata ? stream->trace->metadata_id : stream->id,
		.trace_id = stream->trace->id,
		.is_metadata = is_metadata,
		.path = stream->trace->path,
		.name = is_metadata ? "metadata" : stream->name,
	};
}

bool live_reader_take_stream(struct live_reader *reader, struct live_stream_info *info)
{
	struct live_cursor *cursor;

	lock(reader);
	cursor = reader->unannounced_count > 0 ? reader->cursors : NULL;
	while (cursor && cursor->is_announced)
		cursor = cursor->next;
	if (cursor) {
		bool is_metadata = !find_trace(reader, cursor->stream->trace);

		if (is_metadata)
			take_trace(reader, cursor->stream->trace);
		else
			cursor->is_announced = true;
		reader->unannounced_count -= cursor->is_announced;
		describe(cursor->stream, is_metadata, info);
	}
	unlock(reader);
	return cursor != NULL;
}

bool live_reader_has_new_streams(struct live_reader *reader)
{
	bool has_new;

	lock(reader);
	has_new = reader->unannounced_count > 0;
	unlock(reader);
	return has_new;
}

bool live_reader_is_over(struct live_reader *reader)
{
	bool is_over;

	lock(reader);
	is_over = reader->feed->is_over && !reader->cursors;
	unlock(reader);
	return is_over;
}

/* --- metadata */

enum live_metadata_result live_reader_take_metadata(struct live_reader *reader, uint64_t stream_id,
						    struct text *text, struct uuid *trace)
{
	enum live_metadata_result result = LIVE_METADATA_UNKNOWN;

	lock(reader);
	for (struct live_read_trace *read = reader->traces; read; read = read->next) {
		const struct text *metadata = &read->trace->metadata;

		if (read->trace->metadata_id != stream_id)
			continue;
		*trace = read->trace->uuid;
		result = LIVE_METADATA_NONE;
		if (read->read_bytes < metadata->length)
			result = LIVE_METADATA_TEXT;
		if (result == LIVE_METADATA_TEXT)
			text_add_bytes(text, metadata->bytes + read->read_bytes,
				       metadata->length - read->read_bytes);
		read->read_bytes = metadata->length;
	}
	unlock(reader);
	return result;
}

/* --- packets */

static struct live_cursor *find_cursor(const struct live_reader *reader, uint64_t stream_id)
{
	for (struct live_cursor *cursor = reader->cursors; cursor; cursor = cursor->next)
		if (cursor->stream->id == stream_id && cursor->is_announced)
			return cursor;
	return NULL;
}

static void fill(const struct live_cursor *cursor, struct live_packet *packet)
{
	const struct live_reader *reader = cursor->reader;
	const struct live_entry *entry = &cursor->current;
	const struct live_read_trace *read = find_trace(reader, cursor->stream->trace);
	bool has_new_metadata = read && read->trace->metadata.length > read->read_bytes;

	*packet = (struct live_packet){
		.position = entry->position,
		.size_bytes = entry->size_bytes,
		.content_bytes = entry->content_bytes,
		.begin_clock = entry->begin_clock,
		.end_clock = entry->end_clock,
		.events_discarded = entry->events_discarded,
		.class_id = cursor->stream->class_id,
		.has_new_metadata = has_new_metadata,
		.has_new_streams = reader->unannounced_count != 0,
	};
}

static void take_packet(struct live_cursor *cursor, struct live_packet *packet)
{
	struct live_stream *stream = cursor->stream;

	cursor->current = stream->entries[cursor->next_number & (stream->room - 1)];
	atomic_fetch_add(&cursor->current.file->references, 1);
	cursor->has_current = true;
	cursor->next_number++;
	if (cursor->current.end_clock > cursor->told_clock)
		cursor->told_clock = cursor->current.end_clock;
	live_stream_trim(stream);
	fill(cursor, packet);
}

/* Not beyond the birth of a stream that the reader doesn't know of: it may begin there. */
static bool may_hear_idle(const struct live_cursor *cursor)
{
	const struct live_stream *stream = cursor->stream;
	const struct live_reader *reader = cursor->reader;

	if (!stream->idle_at || stream->idle_clock <= cursor->told_clock)
		return false;
	for (const struct live_cursor *other = reader->unannounced_count ? reader->cursors : NULL;
	     other; other = other->next)
		if (!other->is_announced && other->stream->born_at < stream->idle_at)
			return false;
	return true;
}

static enum live_next next_of(struct live_cursor *cursor, struct live_packet *packet)
{
	const struct live_stream *stream = cursor->stream;

	forget_current(cursor);
	if (cursor->next_number < stream->next_number) {
		take_packet(cursor, packet);
		return LIVE_NEXT_PACKET;
	}
	if (stream->is_closed) {
		remove_cursor(cursor);
		return LIVE_NEXT_END;
	}
	if (!may_hear_idle(cursor))
		return LIVE_NEXT_NOTHING;
	cursor->told_clock = stream->idle_clock;
	*packet = (struct live_packet){
		.end_clock = stream->idle_clock,
		.class_id = stream->class_id,
	};
	return LIVE_NEXT_IDLE;
}

enum live_next live_reader_next(struct live_reader *reader, uint64_t stream_id,
				struct live_packet *packet)
{
	enum live_next result = LIVE_NEXT_UNKNOWN;
	struct live_cursor *cursor;

	lock(reader);
	cursor = find_cursor(reader, stream_id);
	if (cursor)
		result = next_of(cursor, packet);
	unlock(reader);
	return result;
}

static void read_whole(int fd, uint64_t offset, unsigned char *bytes, size_t length)
{
	size_t at = 0;

	while (at < length) {
		ssize_t got = pread(fd, bytes + at, length - at, (off_t)(offset + at));

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		at += (size_t)got;
	}
	memset(bytes + at, 0, length - at);
}

/* The begin that stands in for the packet's own, as far as it is among these bytes. */
static void put_raised(const struct live_entry *entry, uint64_t from, unsigned char *bytes,
		       size_t length)
{
	const unsigned char *clock = (const unsigned char *)&entry->begin_clock;

	for (uint64_t i = 0; entry->raised_at && i < sizeof(entry->begin_clock); i++) {
		uint64_t at = entry->raised_at + i;

		if (at >= from && at - from < length)
			bytes[at - from] = clock[i];
	}
}

bool live_reader_read(struct live_reader *reader, uint64_t stream_id, uint64_t position,
		      size_t length, unsigned char *bytes)
{
	struct live_entry entry = {.file = NULL};
	const struct live_cursor *cursor;
	uint64_t from = 0;

	lock(reader);
	cursor = find_cursor(reader, stream_id);
	if (cursor && cursor->has_current)
		entry = cursor->current;
	unlock(reader);
	/* The file stays: this thread alone lets go of it. */
	from = position - entry.position;
	if (!entry.file || position < entry.position || from >= entry.size_bytes ||
	    length > entry.size_bytes - from)
		return false;
	read_whole(entry.file->fd, entry.offset_bytes + from, bytes, length);
	put_raised(&entry, from, bytes, length);
	return true;
}
