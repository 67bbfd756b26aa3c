/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One trace in the chunks: its directory and its metadata. The text is kept whole for later chunks.
 * A reader never sees half a declaration: what was written in part is cut off again.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/sink/chunk_parts.h"
#include "backend/sink/files.h"

static struct chunk_sink *sink_of(const struct chunk_trace *trace)
{
	return (struct chunk_sink *)trace->base.sink;
}

static bool write_place(struct chunk_place *place, struct error *err)
{
	const struct text *text = &place->trace->metadata;
	size_t missing_bytes = text->length - place->written_bytes;

	if (missing_bytes == 0)
		return true;
	if (place->metadata_fd < 0)
		place->metadata_fd = files_create(place->directory, "metadata", err);
	if (place->metadata_fd < 0)
		return false;
	if (!files_write_at(place->metadata_fd,
			    (uint64_t)((ssize_t)place->written_bytes - place->longer_bytes), NULL,
			    0, text->bytes + place->written_bytes, missing_bytes))
		return error_set_errno(err, errno, "cannot write the metadata of '%s'",
				       place->trace->path);
	place->written_bytes = text->length;
	return true;
}

/*
 * While a rotation is under way, streams still write to the old chunk what was declared just now. A
 * place in the current one that could not be made before is tried again.
 */
static bool write_places(struct chunk_trace *trace, struct error *err)
{
	struct chunk_sink *sink = sink_of(trace);
	struct chunk_place *place;
	bool is_whole = true;

	if (sink->current) {
		place = chunk_find_place(sink->current, trace);
		is_whole = place ? write_place(place, err)
				 : chunk_trace_enter(trace, sink->current, err);
	}
	place = sink->old ? chunk_find_place(sink->old, trace) : NULL;
	if (place && !write_place(place, err))
		is_whole = false;
	atomic_store_explicit(&trace->is_behind, !is_whole, memory_order_release);
	return is_whole;
}

struct chunk_place *chunk_find_place(const struct chunk *chunk, const struct chunk_trace *trace)
{
	for (struct chunk_place *place = chunk->places; place; place = place->next)
		if (place->trace == trace)
			return place;
	return NULL;
}

static void close_place(struct chunk_place *place)
{
	fd_close(&place->directory);
	fd_close(&place->metadata_fd);
	word_list_finish(&place->names);
	free(place);
}

void chunk_close_places(struct chunk *chunk)
{
	while (chunk->places) {
		struct chunk_place *place = chunk->places;

		chunk->places = place->next;
		close_place(place);
	}
}

static void remove_contents(const struct chunk_place *place)
{
	if (place->directory < 0)
		return;
	unlinkat(place->directory, "metadata", 0);
	unlinkat(place->directory, "index", AT_REMOVEDIR);
}

bool chunk_trace_enter(struct chunk_trace *trace, struct chunk *chunk, struct error *err)
{
	struct chunk_place *place = mem_zalloc(sizeof(*place));
	int index_directory = -1;

	place->trace = trace;
	place->metadata_fd = -1;
	place->directory = files_make_directory(chunk->directory, trace->path, err);
	if (place->directory < 0)
		goto fail;
	index_directory = files_make_directory(place->directory, "index", err);
	if (index_directory < 0)
		goto fail;
	fd_close(&index_directory);
	if (!write_place(place, err))
		goto fail;
	place->next = chunk->places;
	chunk->places = place;
	word_list_add(&chunk->paths, trace->path);
	return true;

fail:
	remove_contents(place);
	close_place(place);
	files_remove_empty(chunk->directory, trace->path);
	return error_prefix(err, "cannot make the trace '%s'", trace->path);
}

/* Below the chunk, by plain names: parts of it come from applications. */
static bool is_plain_path(const char *path)
{
	while (true) {
		size_t length = strcspn(path, "/");

		if (length == 0 || (length <= 2 && strspn(path, ".") >= length))
			return false;
		if (path[length] == '\0')
			return true;
		path += length + 1;
	}
}

/* A process may come again with the same name, number and second. */
static bool path_is_taken(const void *data, const char *path)
{
	const struct chunk_sink *sink = data;

	for (const struct chunk_trace *trace = sink->traces; trace; trace = trace->next)
		if (strcmp(trace->path, path) == 0)
			return true;
	return sink->current && chunk_word_is_listed(&sink->current->paths, path);
}

struct sink_trace *chunk_trace_open(struct sink *base, const char *path, struct error *err)
{
	struct chunk_sink *sink = (struct chunk_sink *)base;
	struct error ignored = ERROR_INIT; /* the first packet tells */
	struct chunk_trace *trace;

	if (!is_plain_path(path)) {
		error_set(err, ERROR_INVALID, "'%s' is no folder below a trace chunk", path);
		return NULL;
	}
	trace = mem_zalloc(sizeof(*trace));
	trace->base.sink = base;
	pthread_mutex_lock(&sink->lock);
	trace->path = chunk_free_name(path, '-', path_is_taken, sink);
	write_places(trace, &ignored);
	trace->live = live_trace_open(sink->settings.feed, trace->path);
	trace->next = sink->traces;
	sink->traces = trace;
	pthread_mutex_unlock(&sink->lock);
	return &trace->base;
}

bool chunk_trace_append(struct sink_trace *base, const char *text, size_t length, struct error *err)
{
	struct chunk_trace *trace = (struct chunk_trace *)base;
	struct chunk_sink *sink = sink_of(trace);
	bool is_written;

	pthread_mutex_lock(&sink->lock);
	text_add_bytes(&trace->metadata, text, length);
	live_trace_append(trace->live, text, length);
	is_written = write_places(trace, err);
	pthread_mutex_unlock(&sink->lock);
	return is_written;
}

/* --- replacing */

#define FRESH_NAME ".metadata.new"

/* The whole text in a new file, which takes the old one's place at once. */
static bool rewrite_place(struct chunk_place *place, const struct text *text, struct error *err)
{
	int fd = files_create(place->directory, FRESH_NAME, err);
	bool is_written = fd >= 0;

	if (fd >= 0 && !files_write_at(fd, 0, NULL, 0, text->bytes, text->length))
		is_written = error_set_errno(err, errno, "cannot write the metadata of '%s'",
					     place->trace->path);
	if (!is_written || !files_rename(place->directory, FRESH_NAME, "metadata", err)) {
		fd_close(&fd);
		unlinkat(place->directory, FRESH_NAME, 0);
		return false;
	}
	fd_close(&place->metadata_fd);
	place->metadata_fd = fd;
	place->written_bytes = text->length;
	place->longer_bytes = 0;
	return true;
}

/* False when `old` is not in it. */
static bool make_replaced(const struct text *text, const char *old, const char *fresh,
			  struct text *replaced)
{
	const char *at = strstr(text_str(text), old);

	if (!at)
		return false;
	text_add_bytes(replaced, text->bytes, (size_t)(at - text->bytes));
	text_add(replaced, fresh);
	text_add(replaced, at + strlen(old));
	return true;
}

/* A chunk that is being left keeps what it has: only what is appended from now on goes there. */
static void keep_old_place(struct chunk_trace *trace, const struct text *replaced)
{
	const struct chunk_sink *sink = sink_of(trace);
	struct chunk_place *place = sink->old ? chunk_find_place(sink->old, trace) : NULL;
	ssize_t growth = (ssize_t)replaced->length - (ssize_t)trace->metadata.length;

	if (!place || place->written_bytes != trace->metadata.length)
		return;
	place->written_bytes = replaced->length;
	place->longer_bytes += growth;
}

/* sink->lock is held. */
static bool replace_in(struct chunk_trace *trace, const char *old, const char *fresh,
		       struct error *err)
{
	const struct chunk_sink *sink = sink_of(trace);
	struct chunk_place *place = sink->current ? chunk_find_place(sink->current, trace) : NULL;
	struct text replaced = {0};

	if (!make_replaced(&trace->metadata, old, fresh, &replaced))
		return true;
	if (place && !rewrite_place(place, &replaced, err)) {
		text_finish(&replaced);
		return false;
	}
	keep_old_place(trace, &replaced);
	text_finish(&trace->metadata);
	trace->metadata = replaced;
	return true;
}

bool chunk_trace_replace(struct sink *base, const char *old, const char *fresh, struct error *err)
{
	struct chunk_sink *sink = (struct chunk_sink *)base;
	bool is_replaced = true;

	pthread_mutex_lock(&sink->lock);
	for (struct chunk_trace *trace = sink->traces; trace && is_replaced; trace = trace->next)
		is_replaced = replace_in(trace, old, fresh, err);
	pthread_mutex_unlock(&sink->lock);
	return is_replaced;
}

bool chunk_trace_catch_up(struct chunk_trace *trace, const struct chunk *chunk, struct error *err)
{
	struct chunk_sink *sink = sink_of(trace);
	const struct chunk_place *place;
	bool is_whole;

	if (!atomic_load_explicit(&trace->is_behind, memory_order_acquire))
		return true;
	pthread_mutex_lock(&sink->lock);
	write_places(trace, err);
	place = chunk_find_place(chunk, trace);
	is_whole = place && place->written_bytes == trace->metadata.length;
	pthread_mutex_unlock(&sink->lock);
	return is_whole;
}

void chunk_trace_unenter(struct chunk_trace *trace, struct chunk *chunk)
{
	struct chunk_place *place = chunk_find_place(chunk, trace);

	if (!place)
		return;
	remove_contents(place);
	files_remove_empty(chunk->directory, trace->path);
}

static void leave(struct chunk_trace *trace, struct chunk *chunk)
{
	struct chunk_place **link = chunk ? &chunk->places : NULL;

	while (link && *link) {
		struct chunk_place *place = *link;

		if (place->trace == trace) {
			*link = place->next;
			close_place(place);
			return;
		}
		link = &place->next;
	}
}

void chunk_trace_close(struct sink_trace *base)
{
	struct chunk_trace *trace = (struct chunk_trace *)base;
	struct chunk_sink *sink;
	struct error ignored = ERROR_INIT; /* counted with the packets that were refused for it */

	if (!trace)
		return;
	sink = sink_of(trace);
	pthread_mutex_lock(&sink->lock);
	write_places(trace, &ignored);
	leave(trace, sink->current);
	leave(trace, sink->old);
	for (struct chunk_trace **link = &sink->traces; *link; link = &(*link)->next) {
		if (*link == trace) {
			*link = trace->next;
			break;
		}
	}
	pthread_mutex_unlock(&sink->lock);
	live_trace_close(trace->live);
	text_finish(&trace->metadata);
	free(trace->path);
	free(trace);
}
