/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Streams of the chunk sink: packets to files, all or nothing. File space is asked for ahead, index
 * entries are written several at a time: both are most of what a packet costs beside the copy
 * itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/sink/chunk_parts.h"
#include "backend/sink/files.h"

/* Small streams ask for nothing ahead; large ones for as much again, within bounds. */
#define AHEAD_FROM_BYTES (UINT64_C(1) << 20)
#define AHEAD_MAX_BYTES	 (UINT64_C(16) << 20)
#define AHEAD_NEVER	 UINT64_MAX

static const struct stream_files no_files = {.data_fd = -1, .index_fd = -1};

static struct chunk_sink *sink_of(const struct chunk_stream *stream)
{
	return (struct chunk_sink *)stream->base.sink;
}

/* --- files */

static bool has_limit(const struct chunk_stream *stream)
{
	return stream->limits.file_bytes > 0;
}

/* Caller frees. */
static char *data_name(const struct chunk_stream *stream, unsigned int number)
{
	return has_limit(stream) ? mem_printf("%s_%u", stream->name, number)
				 : mem_strdup(stream->name);
}

static char *index_name_of(const struct chunk_stream *stream, unsigned int number)
{
	return has_limit(stream) ? mem_printf("index/%s_%u.idx", stream->name, number)
				 : mem_printf("index/%s.idx", stream->name);
}

/*
 * Viewers read from a descriptor of their own. A file that is begun again takes nothing from who
 * still reads it: it was unlinked before.
 */
static void open_for_viewers(const struct chunk_stream *stream, struct stream_files *files,
			     int directory, const char *name)
{
	if (stream->live)
		files->live = live_file_create(
			openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
}

static bool create_files(struct chunk_stream *stream, struct stream_files *files, struct error *err)
{
	struct chunk_place *place = chunk_find_place(files->chunk, stream->trace);
	unsigned char header[CTF_INDEX_HEADER_BYTES];
	char *index_name;
	char *name;
	AS_USER(sink_of(stream)->settings.owner);

	if (!place && !chunk_trace_enter(stream->trace, files->chunk, err))
		return false;
	place = chunk_find_place(files->chunk, stream->trace);
	name = data_name(stream, files->number);
	index_name = index_name_of(stream, files->number);
	ctf_index_encode_header(header);
	if (stream->live)
		unlinkat(place->directory, name, 0);
	files->data_fd = files_create(place->directory, name, err);
	if (files->data_fd >= 0)
		files->index_fd = files_create(place->directory, index_name, err);
	if (files->index_fd >= 0 &&
	    !files_write_at(files->index_fd, 0, NULL, 0, header, sizeof(header))) {
		error_set_errno(err, errno, "cannot write '%s'", index_name);
		fd_close(&files->index_fd);
	}
	if (files->index_fd < 0 && files->data_fd >= 0) {
		fd_close(&files->data_fd);
		unlinkat(place->directory, name, 0);
		unlinkat(place->directory, index_name, 0);
	}
	if (files->data_fd >= 0 && !chunk_word_is_listed(&place->names, stream->name))
		word_list_add(&place->names, stream->name);
	if (files->data_fd >= 0)
		open_for_viewers(stream, files, place->directory, name);
	files->index_bytes = sizeof(header);
	free(index_name);
	free(name);
	return files->data_fd >= 0;
}

static bool write_entries(struct stream_files *files)
{
	uint64_t length = files->entry_count * (uint64_t)CTF_INDEX_ENTRY_BYTES;

	if (length == 0)
		return true;
	if (files->index_fd < 0 ||
	    !files_write_at(files->index_fd, files->index_bytes, NULL, 0, files->entries, length))
		return false;
	files->index_bytes += length;
	files->entry_count = 0;
	return true;
}

/*
 * An index that lacks packets would hide them from readers, no index hides nothing. Lock not held.
 */
static void drop_index(struct chunk_stream *stream, struct stream_files *files)
{
	struct chunk_sink *sink = sink_of(stream);
	char *index_name = index_name_of(stream, files->number);
	const struct chunk_place *place;

	pthread_mutex_lock(&sink->lock);
	place = chunk_find_place(files->chunk, stream->trace);
	if (place)
		unlinkat(place->directory, index_name, 0);
	pthread_mutex_unlock(&sink->lock);
	free(index_name);
}

/* What the files hold is complete. Lock not held. */
static void finish_files(struct chunk_stream *stream, struct stream_files *files)
{
	if (!write_entries(files))
		drop_index(stream, files);
	if (files->allocated_bytes > files->data_bytes && files->allocated_bytes != AHEAD_NEVER &&
	    ftruncate(files->data_fd, (off_t)files->data_bytes) < 0)
		files->allocated_bytes = 0; /* the surplus stays allocated: harmless */
	fd_close(&files->data_fd);
	fd_close(&files->index_fd);
	live_file_unref(files->live);
	files->live = NULL;
}

/* Lock not held: the chunk may be closed by this. */
static void close_files(struct chunk_stream *stream, struct stream_files *files)
{
	struct chunk *chunk = files->chunk;

	if (!chunk)
		return;
	finish_files(stream, files);
	*files = no_files;
	chunk_unref(chunk);
}

bool chunk_stream_prepare(struct chunk_stream *stream, struct error *err)
{
	struct chunk_sink *sink = sink_of(stream);

	if (!sink->current || stream->fresh.chunk)
		return true;
	stream->fresh = no_files;
	stream->fresh.chunk = sink->current;
	chunk_ref(sink->current);
	return create_files(stream, &stream->fresh, err);
}

void chunk_stream_unprepare(struct chunk_stream *stream)
{
	const struct chunk_place *place;
	char *index_name;
	char *name;

	if (!stream->fresh.chunk)
		return;
	place = chunk_find_place(stream->fresh.chunk, stream->trace);
	name = data_name(stream, 0);
	index_name = index_name_of(stream, 0);
	if (place && stream->fresh.data_fd >= 0) {
		unlinkat(place->directory, name, 0);
		unlinkat(place->directory, index_name, 0);
	}
	free(index_name);
	free(name);
	fd_close(&stream->fresh.data_fd);
	fd_close(&stream->fresh.index_fd);
	live_file_unref(stream->fresh.live);
	stream->fresh.chunk->references--;
	stream->fresh = no_files;
}

/* The consumer takes what was prepared for it, if it lies in the current chunk. */
static void adopt(struct chunk_stream *stream)
{
	struct chunk_sink *sink = sink_of(stream);
	struct stream_files stale = no_files;
	struct error ignored = ERROR_INIT; /* the next packet tells */

	pthread_mutex_lock(&sink->lock);
	if (stream->fresh.chunk && stream->fresh.chunk != sink->current) {
		stale = stream->fresh;
		stream->fresh = no_files;
	}
	chunk_stream_prepare(stream, &ignored);
	stream->files = stream->fresh;
	stream->fresh = no_files;
	pthread_mutex_unlock(&sink->lock);
	close_files(stream, &stale);
}

/*
 * The first packet. What was prepared may lie in the chunk before: no cut came yet, so that is
 * where the packet belongs.
 */
static void adopt_first(struct chunk_stream *stream)
{
	struct chunk_sink *sink = sink_of(stream);
	struct error ignored = ERROR_INIT; /* creating it again tells */

	pthread_mutex_lock(&sink->lock);
	chunk_stream_prepare(stream, &ignored);
	stream->files = stream->fresh;
	stream->fresh = no_files;
	pthread_mutex_unlock(&sink->lock);
}

/* A file that could not be made (full disk) is tried again with each packet. */
static bool create_again(struct chunk_stream *stream, struct error *err)
{
	struct chunk_sink *sink = sink_of(stream);
	bool is_made;

	pthread_mutex_lock(&sink->lock);
	is_made = create_files(stream, &stream->files, err);
	pthread_mutex_unlock(&sink->lock);
	return is_made;
}

/* --- the class */

/* One plain file beside the metadata and the folder of indexes. */
static bool is_plain_name(const char *name)
{
	static const char *const taken[] = {"", ".", "..", "metadata", "index"};

	for (size_t i = 0; i < COUNT_OF(taken); i++)
		if (strcmp(name, taken[i]) == 0)
			return false;
	return strchr(name, '/') == NULL;
}

/* What a stream before it has recorded under the same name stays. */
static bool name_is_taken(const void *data, const char *name)
{
	const struct chunk_stream *stream = data;
	const struct chunk_sink *sink = sink_of(stream);
	const struct chunk_place *place =
		sink->current ? chunk_find_place(sink->current, stream->trace) : NULL;

	for (const struct chunk_stream *other = sink->streams; other; other = other->next)
		if (other->trace == stream->trace && strcmp(other->name, name) == 0)
			return true;
	return place && chunk_word_is_listed(&place->names, name);
}

struct sink_stream *chunk_stream_open(struct sink_trace *trace, const char *name,
				      const struct sink_limits *limits, struct error *err)
{
	struct error ignored = ERROR_INIT; /* the first packet tells */
	struct chunk_stream *stream;
	struct chunk_sink *sink;

	if (!is_plain_name(name)) {
		error_set(err, ERROR_INVALID, "'%s' is no name for a stream's file", name);
		return NULL;
	}
	stream = mem_zalloc(sizeof(*stream));
	stream->base.sink = trace->sink;
	stream->trace = (struct chunk_trace *)trace;
	stream->limits = *limits;
	stream->files = no_files;
	stream->fresh = no_files;
	sink = sink_of(stream);
	pthread_mutex_lock(&sink->lock);
	stream->name = chunk_free_name(name, '_', name_is_taken, stream);
	stream->live = live_stream_open(stream->trace->live, stream->name);
	chunk_stream_prepare(stream, &ignored);
	stream->next = sink->streams;
	sink->streams = stream;
	pthread_mutex_unlock(&sink->lock);
	return &stream->base;
}

static void allocate_ahead(struct stream_files *files, uint64_t end_bytes)
{
	uint64_t step_bytes = files->data_bytes;

	if (end_bytes <= files->allocated_bytes || files->data_bytes < AHEAD_FROM_BYTES)
		return;
	if (step_bytes > AHEAD_MAX_BYTES)
		step_bytes = AHEAD_MAX_BYTES;
	if (step_bytes < end_bytes - files->data_bytes)
		step_bytes = end_bytes - files->data_bytes;
	if (fallocate(files->data_fd, FALLOC_FL_KEEP_SIZE, (off_t)files->data_bytes,
		      (off_t)step_bytes) == 0)
		files->allocated_bytes = files->data_bytes + step_bytes;
	else if (errno != ENOSPC && errno != EINTR)
		files->allocated_bytes = AHEAD_NEVER;
}

static void add_entry(struct stream_files *files, const struct packet *packet)
{
	struct ctf_index_entry entry = {
		.offset_bytes = files->data_bytes,
		.packet_bits = packet->size_bytes * 8,
		.content_bits = packet->content_bytes * 8,
		.begin_clock = packet->begin_clock,
		.end_clock = packet->end_clock,
		.events_discarded = packet->events_discarded,
		.stream_id = packet->stream_id,
		.stream_instance_id = packet->stream_instance_id,
		.sequence = packet->sequence,
	};

	ctf_index_encode(files->entries + files->entry_count * CTF_INDEX_ENTRY_BYTES, &entry);
	files->entry_count++;
}

/* The file is full: goes on in the next one, which may be the oldest. */
static void next_file(struct chunk_stream *stream)
{
	struct stream_files *files = &stream->files;
	unsigned int number = files->number + 1;

	finish_files(stream, files);
	files->number = stream->limits.file_count ? number % stream->limits.file_count : number;
	files->data_bytes = 0;
	files->allocated_bytes = 0;
	files->entry_count = 0;
}

static bool is_full(const struct chunk_stream *stream, uint64_t packet_bytes)
{
	return has_limit(stream) && stream->files.data_fd >= 0 && stream->files.data_bytes > 0 &&
	       stream->files.data_bytes + packet_bytes > stream->limits.file_bytes;
}

static bool is_ready(struct chunk_stream *stream, uint64_t packet_bytes, struct error *err)
{
	struct stream_files *files = &stream->files;

	if (!files->chunk)
		adopt_first(stream);
	if (!files->chunk)
		return error_set(err, ERROR_STATE, "no trace chunk is open");
	if (is_full(stream, packet_bytes))
		next_file(stream);
	if (files->data_fd < 0 && !create_again(stream, err))
		return false;
	if (files->entry_count == INDEX_ENTRIES_MAX && !write_entries(files))
		return error_set_errno(err, errno, "cannot write the index of '%s'", stream->name);
	return chunk_trace_catch_up(stream->trace, files->chunk, err);
}

bool chunk_stream_put(struct sink_stream *base, const struct packet *packet, uint64_t event_count,
		      struct error *err)
{
	struct chunk_stream *stream = (struct chunk_stream *)base;
	struct stream_files *files = &stream->files;

	if (!is_ready(stream, packet->size_bytes, err))
		return false;
	allocate_ahead(files, files->data_bytes + packet->size_bytes);
	if (!files_write_at(files->data_fd, files->data_bytes, packet->header, packet->header_bytes,
			    packet->bytes + packet->header_bytes,
			    packet->size_bytes - packet->header_bytes))
		return error_set_errno(err, errno, "cannot write '%s'", stream->name);
	add_entry(files, packet);
	live_stream_put(stream->live, files->live, files->data_bytes, packet, event_count);
	files->data_bytes += packet->size_bytes;
	files->total_bytes += packet->size_bytes;
	files->event_count += event_count;
	atomic_fetch_add_explicit(&files->chunk->event_count, event_count, memory_order_relaxed);
	atomic_fetch_add_explicit(&files->chunk->bytes, packet->size_bytes, memory_order_relaxed);
	return true;
}

void chunk_stream_settle(struct sink_stream *base)
{
	struct chunk_stream *stream = (struct chunk_stream *)base;

	write_entries(&stream->files); /* kept and tried again if it fails */
}

void chunk_stream_beacon(struct sink_stream *base, uint64_t clock)
{
	live_stream_beacon(((struct chunk_stream *)base)->live, clock, base->class_id);
}

bool chunk_stream_wants_packet(struct sink_stream *base)
{
	return live_stream_wants_packet(((struct chunk_stream *)base)->live);
}

void chunk_stream_empty(struct sink_stream *base)
{
	struct chunk_stream *stream = (struct chunk_stream *)base;
	struct stream_files *files = &stream->files;

	if (!files->chunk || files->data_fd < 0)
		return;
	atomic_fetch_sub_explicit(&files->chunk->event_count, files->event_count,
				  memory_order_relaxed);
	atomic_fetch_sub_explicit(&files->chunk->bytes, files->total_bytes, memory_order_relaxed);
	/* What fails here is overwritten, or cut off at the end. */
	if (ftruncate(files->data_fd, 0) < 0 ||
	    ftruncate(files->index_fd, CTF_INDEX_HEADER_BYTES) < 0)
		files->allocated_bytes = files->data_bytes;
	else
		files->allocated_bytes = 0;
	files->event_count = 0;
	files->total_bytes = 0;
	files->data_bytes = 0;
	files->index_bytes = CTF_INDEX_HEADER_BYTES;
	files->entry_count = 0;
}

void chunk_stream_cut(struct sink_stream *base)
{
	struct chunk_stream *stream = (struct chunk_stream *)base;
	struct chunk_sink *sink = sink_of(stream);
	bool is_there;

	pthread_mutex_lock(&sink->lock);
	is_there = stream->files.chunk && stream->files.chunk == sink->current;
	pthread_mutex_unlock(&sink->lock);
	if (is_there)
		return; /* opened after the rotation began */
	close_files(stream, &stream->files);
	adopt(stream);
}

void chunk_stream_close(struct sink_stream *base)
{
	struct chunk_stream *stream = (struct chunk_stream *)base;
	struct chunk_sink *sink;
	struct stream_files fresh;

	if (!stream)
		return;
	sink = sink_of(stream);
	pthread_mutex_lock(&sink->lock);
	for (struct chunk_stream **link = &sink->streams; *link; link = &(*link)->next) {
		if (*link == stream) {
			*link = stream->next;
			break;
		}
	}
	fresh = stream->fresh;
	stream->fresh = no_files;
	pthread_mutex_unlock(&sink->lock);
	close_files(stream, &stream->files);
	close_files(stream, &fresh);
	live_stream_close(stream->live);
	free(stream->name);
	free(stream);
}
