/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sessions without files of their own; see snapshot.h. A snapshot's files are written by a chunk
 * sink that lives as long as it is recorded. One lock protects everything; putting a packet holds
 * it, for a stream may be closed meanwhile.
 */
#include "backend/sink/snapshot.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/base/text.h"
#include "backend/sink/files.h"

struct snapshot_trace {
	struct sink_trace base; /* first */
	struct snapshot_trace *next;
	char *path;
	struct text metadata;
	struct sink_trace *copy; /* in the snapshot; NULL: none */
};

struct snapshot_stream {
	struct sink_stream base; /* first */
	struct snapshot_stream *next;
	struct snapshot_trace *trace;
	char *name;
	struct sink_stream *copy;
};

struct snapshot_sink {
	struct sink base; /* first */
	pthread_mutex_t lock;
	struct snapshot_trace *traces;
	struct snapshot_stream *streams;
	struct sink *copy; /* while a snapshot is recorded */
	char *path;	   /* its folder */
	const struct user_rights *owner;
	struct chunk_info info;
};

static struct snapshot_sink *sink_of(struct sink *base)
{
	return (struct snapshot_sink *)base;
}

static struct sink_trace *open_trace(struct sink *base, const char *path, struct error *err)
{
	struct snapshot_sink *sink = sink_of(base);
	struct snapshot_trace *trace = mem_zalloc(sizeof(*trace));

	(void)err;
	trace->base.sink = base;
	trace->path = mem_strdup(path);
	pthread_mutex_lock(&sink->lock);
	trace->next = sink->traces;
	sink->traces = trace;
	pthread_mutex_unlock(&sink->lock);
	return &trace->base;
}

/* A snapshot that is being recorded may hold events of the types declared now. */
static bool append_metadata(struct sink_trace *base, const char *text, size_t length,
			    struct error *err)
{
	struct snapshot_trace *trace = (struct snapshot_trace *)base;
	struct snapshot_sink *sink = sink_of(base->sink);
	bool is_written = true;

	pthread_mutex_lock(&sink->lock);
	text_add_bytes(&trace->metadata, text, length);
	if (trace->copy)
		is_written = sink_append_metadata(trace->copy, text, length, err);
	pthread_mutex_unlock(&sink->lock);
	return is_written;
}

static bool replace_metadata(struct sink *base, const char *old, const char *fresh,
			     struct error *err)
{
	struct snapshot_sink *sink = sink_of(base);

	(void)err;
	pthread_mutex_lock(&sink->lock);
	for (struct snapshot_trace *trace = sink->traces; trace; trace = trace->next)
		text_replace(&trace->metadata, old, fresh);
	pthread_mutex_unlock(&sink->lock);
	return true;
}

static void close_trace(struct sink_trace *base)
{
	struct snapshot_trace *trace = (struct snapshot_trace *)base;
	struct snapshot_sink *sink;

	if (!trace)
		return;
	sink = sink_of(base->sink);
	pthread_mutex_lock(&sink->lock);
	for (struct snapshot_trace **link = &sink->traces; *link; link = &(*link)->next) {
		if (*link == trace) {
			*link = trace->next;
			break;
		}
	}
	if (trace->copy)
		sink_close_trace(trace->copy);
	pthread_mutex_unlock(&sink->lock);
	text_finish(&trace->metadata);
	free(trace->path);
	free(trace);
}

/* A snapshot is as large as the rings at most: limits are for traces without an end. */
static struct sink_stream *open_stream(struct sink_trace *trace, const char *name,
				       const struct sink_limits *limits, struct error *err)
{
	struct snapshot_sink *sink = sink_of(trace->sink);
	struct snapshot_stream *stream = mem_zalloc(sizeof(*stream));

	(void)limits;
	(void)err;
	stream->base.sink = trace->sink;
	stream->trace = (struct snapshot_trace *)trace;
	stream->name = mem_strdup(name);
	pthread_mutex_lock(&sink->lock);
	stream->next = sink->streams;
	sink->streams = stream;
	pthread_mutex_unlock(&sink->lock);
	return &stream->base;
}

static void close_stream(struct sink_stream *base)
{
	struct snapshot_stream *stream = (struct snapshot_stream *)base;
	struct snapshot_sink *sink;

	if (!stream)
		return;
	sink = sink_of(base->sink);
	pthread_mutex_lock(&sink->lock);
	for (struct snapshot_stream **link = &sink->streams; *link; link = &(*link)->next) {
		if (*link == stream) {
			*link = stream->next;
			break;
		}
	}
	if (stream->copy)
		sink_close_stream(stream->copy);
	pthread_mutex_unlock(&sink->lock);
	free(stream->name);
	free(stream);
}

static bool put(struct sink_stream *base, const struct packet *packet, uint64_t event_count,
		struct error *err)
{
	struct snapshot_stream *stream = (struct snapshot_stream *)base;
	struct snapshot_sink *sink = sink_of(base->sink);
	bool is_taken = true;

	pthread_mutex_lock(&sink->lock);
	if (stream->copy)
		is_taken = sink_put(stream->copy, packet, event_count, err);
	pthread_mutex_unlock(&sink->lock);
	return is_taken;
}

static void cut(struct sink_stream *base)
{
	(void)base;
}

static void empty(struct sink_stream *base)
{
	struct snapshot_stream *stream = (struct snapshot_stream *)base;
	struct snapshot_sink *sink = sink_of(base->sink);

	pthread_mutex_lock(&sink->lock);
	if (stream->copy)
		sink_stream_empty(stream->copy);
	pthread_mutex_unlock(&sink->lock);
}

/* --- one snapshot */

static void chunk_closed(void *data, const struct chunk_info *info, const struct error *err)
{
	struct snapshot_sink *sink = data;

	(void)err; /* it stays where it is */
	sink->info = *info;
}

/* A folder of its own, for another session may have the same output. NULL with an error. */
static char *claim(const char *path, struct error *err)
{
	const char *last = strrchr(path, '/') + 1;
	char *parent = mem_strndup(path, (size_t)(last - path));
	int directory = files_make_directory(AT_FDCWD, parent, err);
	char *name = mem_strdup(last);
	char *claimed = NULL;
	bool is_taken = directory >= 0;

	for (unsigned int i = 1; is_taken; i++) {
		if (files_claim_directory(directory, name, &is_taken, err)) {
			claimed = mem_printf("%s%s", parent, name);
			break;
		}
		free(name);
		name = mem_printf("%s-%u", last, i);
	}
	fd_close(&directory);
	free(name);
	free(parent);
	return claimed;
}

/* sink->lock is held. */
static bool open_copies(struct snapshot_sink *sink, struct error *err)
{
	for (struct snapshot_trace *trace = sink->traces; trace; trace = trace->next) {
		trace->copy = sink_open_trace(sink->copy, trace->path, err);
		if (!trace->copy || !sink_append_metadata(trace->copy, text_str(&trace->metadata),
							  trace->metadata.length, err))
			return false;
	}
	for (struct snapshot_stream *stream = sink->streams; stream; stream = stream->next) {
		stream->copy = sink_open_stream(stream->trace->copy, stream->name, err);
		if (!stream->copy)
			return false;
	}
	return true;
}

/* sink->lock is held. */
static void close_copies(struct snapshot_sink *sink)
{
	for (struct snapshot_stream *stream = sink->streams; stream; stream = stream->next) {
		if (stream->copy)
			sink_close_stream(stream->copy);
		stream->copy = NULL;
	}
	for (struct snapshot_trace *trace = sink->traces; trace; trace = trace->next) {
		if (trace->copy)
			sink_close_trace(trace->copy);
		trace->copy = NULL;
	}
}

bool snapshot_sink_begin(struct sink *base, const char *path, uint64_t now_wall_ns,
			 struct error *err)
{
	struct snapshot_sink *sink = sink_of(base);
	AS_USER(sink->owner);
	char *claimed = claim(path, err);
	bool is_begun;

	if (!claimed)
		return false;
	pthread_mutex_lock(&sink->lock);
	sink->path = claimed;
	sink->copy = chunk_sink_create(&(struct chunk_settings){
		.path = claimed, .owner = sink->owner, .closed = chunk_closed, .data = sink});
	is_begun = chunk_sink_open(sink->copy, now_wall_ns, err) && open_copies(sink, err);
	pthread_mutex_unlock(&sink->lock);
	if (!is_begun)
		snapshot_sink_end(base, false, now_wall_ns, NULL);
	return is_begun;
}

void snapshot_sink_end(struct sink *base, bool is_wanted, uint64_t now_wall_ns,
		       struct chunk_info *info)
{
	struct snapshot_sink *sink = sink_of(base);
	AS_USER(sink->owner);

	pthread_mutex_lock(&sink->lock);
	close_copies(sink);
	chunk_sink_finish(sink->copy, now_wall_ns);
	sink_destroy(sink->copy);
	sink->copy = NULL;
	pthread_mutex_unlock(&sink->lock);
	if (!is_wanted)
		files_remove_tree(AT_FDCWD, sink->path);
	if (info) {
		*info = sink->info;
		info->path = mem_strdup(sink->path);
	}
	free(sink->path);
	sink->path = NULL;
}

bool snapshot_sink_begin_with(struct sink *base, struct sink *copy, struct error *err)
{
	struct snapshot_sink *sink = sink_of(base);
	bool is_begun;

	pthread_mutex_lock(&sink->lock);
	sink->copy = copy;
	is_begun = open_copies(sink, err);
	pthread_mutex_unlock(&sink->lock);
	if (!is_begun)
		snapshot_sink_end_with(base, false);
	return is_begun;
}

void snapshot_sink_end_with(struct sink *base, bool is_wanted)
{
	struct snapshot_sink *sink = sink_of(base);

	pthread_mutex_lock(&sink->lock);
	for (struct snapshot_stream *stream = sink->streams; stream && !is_wanted;
	     stream = stream->next)
		if (stream->copy)
			sink_stream_empty(stream->copy);
	close_copies(sink);
	sink->copy = NULL;
	pthread_mutex_unlock(&sink->lock);
}

/* --- the sink */

static void destroy(struct sink *base)
{
	struct snapshot_sink *sink = sink_of(base);

	pthread_mutex_destroy(&sink->lock);
	free(sink);
}

static const struct sink_class snapshot_sink_class = {
	.name = "snapshot",
	.open_trace = open_trace,
	.append_metadata = append_metadata,
	.close_trace = close_trace,
	.open_stream = open_stream,
	.put = put,
	.cut = cut,
	.close_stream = close_stream,
	.destroy = destroy,
	.empty = empty,
	.replace_metadata = replace_metadata,
};

struct sink *snapshot_sink_create(const struct user_rights *owner)
{
	struct snapshot_sink *sink = mem_zalloc(sizeof(*sink));

	sink->owner = owner;
	sink->base.class = &snapshot_sink_class;
	pthread_mutex_init(&sink->lock, NULL);
	return &sink->base;
}
