/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the sink tells of a live session. A viewer can't go back in time: once it was told that
 * nothing before a clock value is to come, nothing before it may come, from no stream. That is why
 * streams are born at a point of the feed's own order of things, and why packets that would come
 * too late are kept from viewers (not from the recording).
 */
#include "backend/live/feed.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/ctf/outline.h"
#include "backend/live/feed_parts.h"

#define ROOM_MIN    64
#define ROUNDING_NS 2 /* babeltrace2 cuts off offset and value each by itself */

/* --- files */

struct live_file *live_file_create(int fd)
{
	struct live_file *file;

	if (fd < 0)
		return NULL;
	file = mem_zalloc(sizeof(*file));
	atomic_init(&file->references, 1);
	file->fd = fd;
	return file;
}

static void file_free(struct live_file *file)
{
	close(file->fd);
	free(file);
}

void live_file_unref(struct live_file *file)
{
	if (file && atomic_fetch_sub(&file->references, 1) == 1)
		file_free(file);
}

/* Closing the last name of a removed file may take long: not here. */
void live_entry_let_go(struct live_feed *feed, struct live_entry *entry)
{
	struct live_file *file = entry->file;

	entry->file = NULL;
	if (!file || atomic_fetch_sub(&file->references, 1) > 1)
		return;
	file->next = feed->garbage;
	feed->garbage = file;
}

void live_feed_sweep(struct live_feed *feed)
{
	struct live_file *garbage;

	pthread_mutex_lock(&feed->lock);
	garbage = feed->garbage;
	feed->garbage = NULL;
	pthread_mutex_unlock(&feed->lock);
	while (garbage) {
		struct live_file *next = garbage->next;

		file_free(garbage);
		garbage = next;
	}
}

/* --- the feed */

struct live_feed *live_feed_create(uint64_t id, const char *session_name, uint64_t period_us)
{
	struct live_feed *feed = mem_zalloc(sizeof(*feed));

	atomic_init(&feed->references, 1);
	pthread_mutex_init(&feed->lock, NULL);
	feed->id = id;
	feed->wake_fd = -1;
	feed->session_name = mem_strdup(session_name);
	feed->period_us = period_us;
	return feed;
}

struct live_feed *live_feed_ref(struct live_feed *feed)
{
	atomic_fetch_add(&feed->references, 1);
	return feed;
}

void live_feed_unref(struct live_feed *feed)
{
	if (!feed || atomic_fetch_sub(&feed->references, 1) > 1)
		return;
	live_feed_sweep(feed);
	pthread_mutex_destroy(&feed->lock);
	free(feed->session_name);
	free(feed);
}

void live_feed_wake(struct live_feed *feed)
{
	const uint64_t one = 1;

	if (feed->is_expected && write(feed->wake_fd, &one, sizeof(one)) > 0)
		feed->is_expected = false;
}

void live_feed_end(struct live_feed *feed)
{
	if (!feed)
		return;
	pthread_mutex_lock(&feed->lock);
	feed->is_over = true;
	live_feed_wake(feed);
	pthread_mutex_unlock(&feed->lock);
}

/* --- traces */

/* A viewer may read several sessions: ids must differ between them, too. Lock held. */
static uint64_t new_id(struct live_feed *feed)
{
	return feed->id << 32 | ++feed->last_id;
}

struct live_trace *live_trace_open(struct live_feed *feed, const char *path)
{
	struct live_trace *trace;

	if (!feed)
		return NULL;
	trace = mem_zalloc(sizeof(*trace));
	trace->feed = live_feed_ref(feed);
	trace->path = mem_strdup(path);
	trace->references = 1;
	trace->clock.frequency_hz = NS_PER_S;
	pthread_mutex_lock(&feed->lock);
	trace->id = new_id(feed);
	trace->metadata_id = new_id(feed);
	pthread_mutex_unlock(&feed->lock);
	return trace;
}

/* The feed is held by somebody else. */
void live_trace_unref(struct live_trace *trace)
{
	if (--trace->references > 0)
		return;
	/* Never the last one: who calls holds the lock of a feed that is its own. */
	atomic_fetch_sub(&trace->feed->references, 1);
	text_finish(&trace->metadata);
	free(trace->path);
	free(trace);
}

/* Since the Epoch, rounded up. */
static uint64_t to_ns(const struct live_clock *clock, uint64_t cycles)
{
	__int128 rate = clock->frequency_hz;
	__int128 all = rate * clock->offset_s + clock->offset_cycles + cycles;

	all = all > 0 ? (all * NS_PER_S + rate - 1) / rate : 0;
	return all < INT64_MAX ? (uint64_t)all : INT64_MAX;
}

/* Not before `ns`, however a viewer rounds. */
static uint64_t to_cycles(const struct live_clock *clock, uint64_t ns)
{
	__int128 rate = clock->frequency_hz;
	__int128 exact = ns + (clock->frequency_hz == NS_PER_S ? 0 : ROUNDING_NS);
	__int128 all = (exact * rate + NS_PER_S - 1) / NS_PER_S;

	all -= rate * clock->offset_s + clock->offset_cycles;
	return all > 0 ? (uint64_t)all : 0;
}

static void note_told(struct live_stream *stream, uint64_t cycles)
{
	struct live_feed *feed = stream->trace->feed;
	uint64_t ns = to_ns(&stream->trace->clock, cycles);

	if (ns > stream->told_ns)
		stream->told_ns = ns;
	if (ns > feed->told_ns)
		feed->told_ns = ns;
}

/* Where a reader is at most: its slowest stream keeps it from going on. */
static uint64_t furthest_ns(const struct live_feed *feed)
{
	uint64_t furthest_ns = feed->told_ns;

	for (const struct live_stream *stream = feed->streams; stream; stream = stream->next)
		if (stream->born_at && stream->told_ns < furthest_ns)
			furthest_ns = stream->told_ns;
	return furthest_ns;
}

/* From here on the order of things is known between it and the others: readers may hear of it. */
static void be_born(struct live_stream *stream)
{
	struct live_feed *feed = stream->trace->feed;

	stream->told_ns = furthest_ns(feed);
	if (stream->told_ns)
		stream->floor_clock = to_cycles(&stream->trace->clock, stream->told_ns);
	stream->born_at = ++feed->serial;
	for (struct live_reader *reader = feed->readers; reader; reader = reader->next)
		live_reader_meet(reader, stream, stream->next_number);
}

static void find_clock(struct live_trace *trace)
{
	struct error err = ERROR_INIT;
	struct ctf_outline *outline =
		ctf_outline_parse(text_str(&trace->metadata), trace->metadata.length, &err);

	if (outline && outline->clock_count > 0)
		trace->clock = (struct live_clock){
			.frequency_hz = outline->clocks[0].frequency_hz,
			.offset_s = outline->clocks[0].offset_s,
			.offset_cycles = outline->clocks[0].offset_cycles,
		};
	ctf_outline_destroy(outline);
}

static void find_uuid(struct live_trace *trace)
{
	static const char key[] = "uuid = \"";
	const char *declared = strstr(text_str(&trace->metadata), "\ntrace {");
	const char *text = declared ? strstr(declared, key) : NULL;
	char word[37];

	if (!text || strlen(text) < sizeof(key) - 1 + sizeof(word))
		return;
	memcpy(word, text + sizeof(key) - 1, sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	uuid_from_text(word, &trace->uuid);
}

/*
 * babeltrace2 takes a trace's clock from a stream's declaration when it first reads metadata, and
 * aborts without one.
 */
static void get_ready(struct live_trace *trace)
{
	trace->is_ready = strstr(text_str(&trace->metadata), "\nstream {") != NULL;
	if (!trace->is_ready)
		return;
	find_clock(trace);
	find_uuid(trace);
	for (struct live_stream *stream = trace->feed->streams; stream; stream = stream->next)
		if (stream->trace == trace)
			be_born(stream);
}

void live_trace_append(struct live_trace *trace, const char *text, size_t length)
{
	if (!trace || length == 0)
		return;
	pthread_mutex_lock(&trace->feed->lock);
	text_add_bytes(&trace->metadata, text, length);
	if (!trace->is_ready)
		get_ready(trace);
	pthread_mutex_unlock(&trace->feed->lock);
}

void live_trace_close(struct live_trace *trace)
{
	struct live_feed *feed;

	if (!trace)
		return;
	feed = live_feed_ref(trace->feed);
	pthread_mutex_lock(&feed->lock);
	live_trace_unref(trace);
	pthread_mutex_unlock(&feed->lock);
	live_feed_unref(feed);
}

/* --- streams */

struct live_stream *live_stream_open(struct live_trace *trace, const char *name)
{
	struct live_stream *stream;

	if (!trace)
		return NULL;
	stream = mem_zalloc(sizeof(*stream));
	stream->trace = trace;
	stream->name = mem_strdup(name);
	stream->references = 1;
	pthread_mutex_lock(&trace->feed->lock);
	stream->id = new_id(trace->feed);
	trace->references++;
	stream->next = trace->feed->streams;
	trace->feed->streams = stream;
	if (trace->is_ready)
		be_born(stream);
	pthread_mutex_unlock(&trace->feed->lock);
	return stream;
}

void live_stream_unref(struct live_stream *stream)
{
	if (--stream->references > 0)
		return;
	live_stream_trim(stream);
	live_trace_unref(stream->trace);
	free(stream->entries);
	free(stream->name);
	free(stream);
}

static struct live_entry *entry_at(const struct live_stream *stream, uint64_t number)
{
	return &stream->entries[number & (stream->room - 1)];
}

static void drop_oldest(struct live_stream *stream)
{
	struct live_entry *entry = entry_at(stream, stream->first_number++);

	if (stream->first_number == stream->next_number ||
	    entry_at(stream, stream->first_number)->file != entry->file)
		stream->file_count--;
	live_entry_let_go(stream->trace->feed, entry);
}

void live_stream_trim(struct live_stream *stream)
{
	uint64_t oldest = stream->next_number;

	for (const struct live_cursor *cursor = stream->cursors; cursor; cursor = cursor->of_stream)
		if (cursor->next_number < oldest)
			oldest = cursor->next_number;
	while (stream->first_number < oldest)
		drop_oldest(stream);
}

/* Who is furthest behind is given up. */
static void lose_slowest(struct live_stream *stream)
{
	for (struct live_cursor *cursor = stream->cursors; cursor; cursor = cursor->of_stream) {
		if (cursor->next_number > stream->first_number)
			continue;
		cursor->reader->is_lost = true;
		cursor->next_number = stream->next_number;
	}
	live_stream_trim(stream);
}

static void grow(struct live_stream *stream)
{
	size_t room = stream->room ? stream->room * 2 : ROOM_MIN;
	struct live_entry *entries = mem_alloc(room * sizeof(*entries));

	for (uint64_t i = stream->first_number; i < stream->next_number; i++)
		entries[i & (room - 1)] = *entry_at(stream, i);
	free(stream->entries);
	stream->entries = entries;
	stream->room = room;
}

static void make_room(struct live_stream *stream)
{
	uint64_t count = stream->next_number - stream->first_number;

	if (count == LIVE_BEHIND_MAX || stream->file_count > LIVE_FILES_BEHIND_MAX)
		lose_slowest(stream);
	else if (count == stream->room)
		grow(stream);
}

/* Where the packet's header has its begin; 0: nowhere, or at more than one place. */
static uint64_t find_begin(const struct packet *packet)
{
	const unsigned char *header = packet->header_bytes ? packet->header : packet->bytes;
	uint64_t length = packet->header_bytes ? packet->header_bytes : packet->first_event_bytes;
	uint64_t found = 0;

	for (uint64_t at = 8; at + 8 <= length && at + 8 <= packet->size_bytes; at++) {
		if (memcmp(header + at, &packet->begin_clock, 8) != 0)
			continue;
		if (found)
			return 0;
		found = at;
	}
	return found;
}

/*
 * Whether readers can have the packet: it must not begin before what they may have been told. The
 * first packet of fresh buffers begins when they were made, which is before anybody knew of the
 * stream; its events came later.
 */
static bool is_in_time(struct live_stream *stream, const struct packet *packet,
		       uint64_t event_count, struct live_entry *entry)
{
	uint64_t limit =
		stream->idle_clock > stream->floor_clock ? stream->idle_clock : stream->floor_clock;

	if (packet->begin_clock >= limit)
		return true;
	if (event_count == 0)
		return false;
	if (!stream->has_packets && !stream->idle_at && packet->end_clock >= limit)
		entry->raised_at = find_begin(packet);
	entry->begin_clock = limit;
	if (entry->raised_at)
		return true;
	if (stream->late_count++ == 0)
		log_write(
			LOG_LEVEL_WARNING,
			"live viewers of session '%s' can't be shown some events of %s: these came "
			"too late; they are recorded",
			stream->trace->feed->session_name, stream->name);
	return false;
}

static void publish(struct live_stream *stream, const struct live_entry *entry)
{
	struct live_entry *place;
	bool is_other_file;

	make_room(stream);
	if (stream->room == 0)
		grow(stream);
	is_other_file = stream->first_number == stream->next_number ||
			entry_at(stream, stream->next_number - 1)->file != entry->file;
	place = entry_at(stream, stream->next_number++);
	*place = *entry;
	atomic_fetch_add(&entry->file->references, 1);
	stream->file_count += is_other_file;
}

static void learn_class(struct live_stream *stream, uint32_t class_id)
{
	if (stream->has_class_id)
		return;
	stream->class_id = class_id;
	stream->has_class_id = true;
}

void live_stream_put(struct live_stream *stream, struct live_file *file, uint64_t offset_bytes,
		     const struct packet *packet, uint64_t event_count)
{
	struct live_feed *feed;
	struct live_entry entry;

	if (!stream || !file)
		return;
	feed = stream->trace->feed;
	entry = (struct live_entry){
		.file = file,
		.offset_bytes = offset_bytes,
		.size_bytes = packet->size_bytes,
		.content_bytes = packet->content_bytes,
		.begin_clock = packet->begin_clock,
		.end_clock = packet->end_clock,
		.events_discarded = packet->events_discarded,
	};
	pthread_mutex_lock(&feed->lock);
	learn_class(stream, packet->stream_id);
	entry.position = stream->position;
	stream->position += packet->size_bytes;
	if (stream->cursors && is_in_time(stream, packet, event_count, &entry)) {
		publish(stream, &entry);
		stream->last_packet_at = ++feed->serial;
		note_told(stream, packet->end_clock);
		live_feed_wake(feed);
	}
	stream->has_packets = true;
	pthread_mutex_unlock(&feed->lock);
}

void live_stream_beacon(struct live_stream *stream, uint64_t clock, uint32_t class_id)
{
	struct live_feed *feed;

	if (!stream)
		return;
	feed = stream->trace->feed;
	pthread_mutex_lock(&feed->lock);
	learn_class(stream, class_id);
	if (stream->born_at && clock > stream->idle_clock) {
		stream->idle_clock = clock;
		stream->idle_at = ++feed->serial;
		note_told(stream, clock);
		live_feed_wake(feed);
	}
	pthread_mutex_unlock(&feed->lock);
}

/*
 * Only a packet tells viewers that there is a new stream: one of each stream after each birth is
 * enough. And while the first packet of fresh buffers is open, nothing can be said of the stream:
 * it began when they were made.
 */
bool live_stream_wants_packet(struct live_stream *stream)
{
	struct live_feed *feed;
	bool is_wanted;

	if (!stream)
		return false;
	feed = stream->trace->feed;
	pthread_mutex_lock(&feed->lock);
	is_wanted = !stream->has_packets;
	for (const struct live_reader *reader = feed->readers; reader && !is_wanted;
	     reader = reader->next) {
		if (reader->unannounced_count == 0)
			continue;
		for (const struct live_cursor *cursor = reader->cursors; cursor && !is_wanted;
		     cursor = cursor->next)
			is_wanted = !cursor->is_announced &&
				    cursor->stream->born_at > stream->last_packet_at;
	}
	pthread_mutex_unlock(&feed->lock);
	return is_wanted;
}

void live_stream_close(struct live_stream *stream)
{
	struct live_feed *feed;

	if (!stream)
		return;
	feed = live_feed_ref(stream->trace->feed);
	pthread_mutex_lock(&feed->lock);
	for (struct live_stream **link = &feed->streams; *link; link = &(*link)->next) {
		if (*link == stream) {
			*link = stream->next;
			break;
		}
	}
	stream->is_closed = true;
	live_stream_unref(stream);
	live_feed_wake(feed);
	pthread_mutex_unlock(&feed->lock);
	live_feed_unref(feed);
}
