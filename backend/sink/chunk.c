/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Chunks and their way on disk, as lttng-sessiond leaves them: the first one directly in the output
 * directory; during a rotation .tmp_old_chunk and .tmp_new_chunk; then BEGIN-ID for the current and
 * archives/BEGIN-END-ID for a complete one.
 */
#include "backend/sink/chunk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/sink/chunk_parts.h"
#include "backend/sink/chunked.h"
#include "backend/sink/files.h"

/* --- one chunk */

static struct chunk *chunk_create(struct chunk_sink *sink, uint64_t begin_wall_ns)
{
	struct chunk *chunk = mem_zalloc(sizeof(*chunk));

	chunk->sink = sink;
	chunk->id = sink->next_id;
	chunk->begin_wall_ns = begin_wall_ns;
	chunk->directory = -1;
	chunk->references = 1;
	return chunk;
}

static void chunk_free(struct chunk *chunk)
{
	chunk_close_places(chunk);
	word_list_finish(&chunk->paths);
	fd_close(&chunk->directory);
	free(chunk->name);
	free(chunk);
}

bool chunk_word_is_listed(const struct word_list *list, const char *word)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(list->words[i], word) == 0)
			return true;
	return false;
}

char *chunk_free_name(const char *name, char separator,
		      bool (*is_taken)(const void *data, const char *name), const void *data)
{
	char *chosen = mem_strdup(name);

	for (unsigned int i = 1; is_taken(data, chosen); i++) {
		free(chosen);
		chosen = mem_printf("%s%c%u", name, separator, i);
	}
	return chosen;
}

static char *current_name(const struct chunk *chunk)
{
	char begin[CLOCK_TEXT_MAX];

	return mem_printf("%s-%llu", clock_text_iso_basic(begin, chunk->begin_wall_ns),
			  (unsigned long long)chunk->id);
}

static char *archive_name(const struct chunk *chunk)
{
	char begin[CLOCK_TEXT_MAX];
	char end[CLOCK_TEXT_MAX];

	return mem_printf(CHUNK_ARCHIVES_NAME "/%s-%s-%llu",
			  clock_text_iso_basic(begin, chunk->begin_wall_ns),
			  clock_text_iso_basic(end, chunk->end_wall_ns),
			  (unsigned long long)chunk->id);
}

static void tell_closed(struct chunk *chunk, bool is_archived, const struct error *err)
{
	struct chunk_sink *sink = chunk->sink;
	char *path =
		chunk->name ? mem_printf("%s/%s", sink->path, chunk->name) : mem_strdup(sink->path);
	struct chunk_info info = {
		.id = chunk->id,
		.begin_wall_ns = chunk->begin_wall_ns,
		.end_wall_ns = chunk->end_wall_ns,
		.event_count = atomic_load(&chunk->event_count),
		.bytes = atomic_load(&chunk->bytes),
		.is_archived = is_archived,
		.is_cleared = chunk->is_cleared,
		.path = path,
	};

	sink->settings.closed(sink->settings.data, &info, err);
	free(path);
}

static bool archive(struct chunk *chunk, struct error *err)
{
	struct chunk_sink *sink = chunk->sink;
	int archives = files_make_directory(sink->directory, CHUNK_ARCHIVES_NAME, err);
	char *name;

	if (archives < 0)
		return false;
	fd_close(&archives);
	name = archive_name(chunk);
	if (!files_rename(sink->directory, chunk->name, name, err)) {
		free(name);
		return false;
	}
	free(chunk->name);
	chunk->name = name;
	return true;
}

/* BEGIN-ID. The chunk keeps its name if this fails: it stays readable, and can be archived from
 * there. */
static void rename_to_current(struct chunk *chunk)
{
	char *name = current_name(chunk);
	struct error ignored = ERROR_INIT;

	if (files_rename(chunk->sink->directory, chunk->name, name, &ignored)) {
		free(chunk->name);
		chunk->name = name;
	} else {
		free(name);
	}
}

/* Nobody writes to it any more, no list knows it. Lock not held. */
static void chunk_close(struct chunk *chunk, bool goes_to_archives)
{
	struct chunk_sink *sink = chunk->sink;
	struct error err = ERROR_INIT;
	bool is_archived = goes_to_archives && !chunk->is_cleared && archive(chunk, &err);

	if (chunk->is_cleared)
		files_remove_tree(sink->directory, chunk->name);
	else if (goes_to_archives && !is_archived)
		rename_to_current(chunk); /* frees the transient name */
	/* The transient names are free again: before anybody hears that the rotation is over. */
	pthread_mutex_lock(&sink->lock);
	sink->is_closing = false;
	pthread_mutex_unlock(&sink->lock);
	tell_closed(chunk, is_archived, error_is_set(&err) ? &err : NULL);
	chunk_free(chunk);
}

void chunk_ref(struct chunk *chunk)
{
	chunk->references++;
}

void chunk_unref(struct chunk *chunk)
{
	struct chunk_sink *sink = chunk->sink;
	bool is_last;

	pthread_mutex_lock(&sink->lock);
	is_last = --chunk->references == 0;
	if (is_last) {
		sink->is_closing = true;
		if (sink->old == chunk)
			sink->old = NULL;
	}
	pthread_mutex_unlock(&sink->lock);
	if (is_last)
		chunk_close(chunk, true);
}

static bool enter_traces(struct chunk_sink *sink, struct chunk *chunk, struct error *err)
{
	for (struct chunk_trace *trace = sink->traces; trace; trace = trace->next)
		if (!chunk_trace_enter(trace, chunk, err))
			return false;
	return true;
}

/* --- first start, and start after a rotation while stopped */

static bool make_first_place(struct chunk_sink *sink, struct chunk *chunk, struct error *err)
{
	if (!sink->was_rotated) {
		chunk->directory = dup(sink->directory);
		return chunk->directory >= 0 ||
		       error_set_errno(err, errno, "cannot use '%s'", sink->path);
	}
	chunk->name = current_name(chunk);
	chunk->directory = files_make_directory(sink->directory, chunk->name, err);
	return chunk->directory >= 0;
}

static bool make_streams(struct chunk_sink *sink, struct error *err)
{
	for (struct chunk_stream *stream = sink->streams; stream; stream = stream->next)
		if (!chunk_stream_prepare(stream, err))
			return false;
	return true;
}

/* Cuts the last name off. */
static void to_parent(char *path)
{
	char *slash = strrchr(path, '/');

	*(slash ? slash : path) = '\0';
}

/* How much of an absolute path leads to something. */
static size_t existing_length(const char *path)
{
	char *copy = mem_strdup(path);
	size_t length;

	while (copy[0] != '\0' && faccessat(AT_FDCWD, copy, F_OK, 0) < 0)
		to_parent(copy);
	length = strlen(copy);
	free(copy);
	return length;
}

/* The folders of the output directory's path that were not there before. */
static void remove_output(struct chunk_sink *sink, size_t kept_length)
{
	char *path = mem_strdup(sink->path);

	fd_close(&sink->directory);
	while (strlen(path) > kept_length) {
		rmdir(path);
		to_parent(path);
	}
	free(path);
}

static void undo_open(struct chunk_sink *sink, struct chunk *chunk, size_t kept_length)
{
	sink->current = NULL;
	for (struct chunk_stream *stream = sink->streams; stream; stream = stream->next)
		chunk_stream_unprepare(stream);
	for (struct chunk_trace *trace = sink->traces; trace; trace = trace->next)
		chunk_trace_unenter(trace, chunk);
	if (chunk->name && chunk->directory >= 0)
		unlinkat(sink->directory, chunk->name, AT_REMOVEDIR);
	if (kept_length < strlen(sink->path))
		remove_output(sink, kept_length);
	chunk_free(chunk);
}

static bool open_output(struct chunk_sink *sink, struct error *err)
{
	if (sink->directory < 0)
		sink->directory = files_make_directory(AT_FDCWD, sink->path, err);
	return sink->directory >= 0;
}

bool chunk_sink_open(struct sink *base, uint64_t now_wall_ns, struct error *err)
{
	struct chunk_sink *sink = (struct chunk_sink *)base;
	size_t kept_length;
	struct chunk *chunk;
	bool is_open;
	AS_USER(sink->settings.owner);

	pthread_mutex_lock(&sink->lock);
	if (sink->current) {
		pthread_mutex_unlock(&sink->lock);
		return true;
	}
	chunk = chunk_create(sink, now_wall_ns);
	kept_length = existing_length(sink->path);
	is_open = open_output(sink, err) && make_first_place(sink, chunk, err) &&
		  enter_traces(sink, chunk, err);
	if (is_open) {
		sink->current = chunk;
		is_open = make_streams(sink, err);
	}
	if (is_open)
		sink->next_id++;
	else
		undo_open(sink, chunk, kept_length);
	pthread_mutex_unlock(&sink->lock);
	return is_open;
}

/* --- rotation */

/*
 * A transient folder of our own: one that is there already belongs to another session, or to an
 * engine that was killed, and may hold what they recorded. NULL with an error.
 */
static char *claim(struct chunk_sink *sink, const char *name, struct error *err)
{
	char *chosen = mem_strdup(name);
	bool is_taken = false;

	for (unsigned int i = 1; !files_claim_directory(sink->directory, chosen, &is_taken, err);
	     i++) {
		free(chosen);
		if (!is_taken)
			return NULL;
		chosen = mem_printf("%s-%u", name, i);
	}
	return chosen;
}

static void discard_next(struct chunk_sink *sink, struct chunk *chunk)
{
	if (chunk->name)
		files_remove_tree(sink->directory, chunk->name);
	chunk_free(chunk);
}

static struct chunk *make_next(struct chunk_sink *sink, uint64_t now_wall_ns, struct error *err)
{
	struct chunk *chunk = chunk_create(sink, now_wall_ns);

	chunk->name = claim(sink, CHUNK_NEW_NAME, err);
	if (chunk->name)
		chunk->directory = files_make_directory(sink->directory, chunk->name, err);
	if (chunk->directory >= 0 && enter_traces(sink, chunk, err))
		return chunk;
	discard_next(sink, chunk);
	return NULL;
}

/*
 * The first folder of each trace's path lies directly in the output directory: what a first chunk
 * consists of, traces that were closed since included.
 */
static void for_each_top(struct chunk *chunk,
			 void (*visit)(struct chunk_sink *sink, const char *aside, const char *top),
			 const char *aside)
{
	for (size_t i = 0; i < chunk->paths.count; i++) {
		const char *path = chunk->paths.words[i];
		char *top = mem_strndup(path, strcspn(path, "/"));

		visit(chunk->sink, aside, top);
		free(top);
	}
}

/* The first chunk's folders go together into one; a failure leaves them where they were. */
static void move_top_in(struct chunk_sink *sink, const char *aside, const char *top)
{
	char *target = mem_printf("%s/%s", aside, top);
	struct error ignored =
		ERROR_INIT; /* traces that share a folder: moved with the first of them */

	files_rename(sink->directory, top, target, &ignored);
	free(target);
}

static void move_top_out(struct chunk_sink *sink, const char *aside, const char *top)
{
	char *source = mem_printf("%s/%s", aside, top);
	struct error ignored = ERROR_INIT;

	files_rename(sink->directory, source, top, &ignored);
	free(source);
}

static bool is_moved(const struct chunk *chunk, const char *aside)
{
	for (size_t i = 0; i < chunk->paths.count; i++) {
		char *path = mem_printf("%s/%s", aside, chunk->paths.words[i]);
		bool is_there = faccessat(chunk->sink->directory, path, F_OK, 0) == 0;

		free(path);
		if (!is_there)
			return false;
	}
	return true;
}

static bool set_first_aside(struct chunk *chunk, const char *aside, struct error *err)
{
	struct chunk_sink *sink = chunk->sink;
	int directory = files_make_directory(sink->directory, aside, err);

	if (directory < 0)
		return false;
	for_each_top(chunk, move_top_in, aside);
	if (!is_moved(chunk, aside)) {
		for_each_top(chunk, move_top_out, aside);
		fd_close(&directory);
		return error_set(err, ERROR_IO, "cannot move the current chunk below '%s'",
				 sink->path);
	}
	fd_close(&chunk->directory);
	chunk->directory = directory;
	return true;
}

static bool set_aside(struct chunk_sink *sink, struct chunk *chunk, struct error *err)
{
	char *aside = claim(sink, CHUNK_OLD_NAME, err);
	bool is_aside;

	if (!aside)
		return false;
	is_aside = chunk->name ? files_rename(sink->directory, chunk->name, aside, err)
			       : set_first_aside(chunk, aside, err);
	if (!is_aside) {
		unlinkat(sink->directory, aside, AT_REMOVEDIR);
		free(aside);
		return false;
	}
	free(chunk->name);
	chunk->name = aside;
	return true;
}

/*
 * A chunk that takes the first one's place: its folders lie directly in the output directory. False
 * when they can't: it keeps its own folder.
 */
static bool move_to_top(struct chunk *chunk)
{
	struct chunk_sink *sink = chunk->sink;
	int directory = dup(sink->directory);

	if (directory < 0)
		return false;
	for_each_top(chunk, move_top_out, chunk->name);
	if (unlinkat(sink->directory, chunk->name, AT_REMOVEDIR) < 0) {
		for_each_top(chunk, move_top_in, chunk->name);
		fd_close(&directory);
		return false;
	}
	fd_close(&chunk->directory);
	chunk->directory = directory;
	free(chunk->name);
	chunk->name = NULL;
	return true;
}

/* Lock held. On success sink->old is the chunk that was current, its reference by the sink still
 * there. */
static bool replace_current(struct chunk_sink *sink, bool is_last, bool is_clear,
			    uint64_t now_wall_ns, struct error *err)
{
	bool stays_on_top = is_clear && !sink->was_rotated;
	struct chunk *next = NULL;

	if (!sink->current)
		return error_set(err, ERROR_STATE, "no trace chunk is open");
	if (sink->old || sink->is_closing)
		return error_set(err, ERROR_BUSY,
				 "the rotation before this one is not complete yet");
	if (!is_last) {
		next = make_next(sink, now_wall_ns, err);
		if (!next)
			return false;
	}
	if (!set_aside(sink, sink->current, err)) {
		if (next)
			discard_next(sink, next);
		return false;
	}
	sink->old = sink->current;
	sink->old->end_wall_ns = now_wall_ns;
	sink->old->is_cleared = is_clear;
	sink->current = next;
	sink->was_rotated = !stays_on_top;
	if (next) {
		sink->next_id++;
		if (!stays_on_top || !move_to_top(next))
			rename_to_current(next);
	}
	return true;
}

bool chunk_sink_rotate(struct sink *base, bool is_last, uint64_t now_wall_ns, uint64_t *chunk_id,
		       struct error *err)
{
	struct chunk_sink *sink = (struct chunk_sink *)base;
	struct chunk *old = NULL;
	AS_USER(sink->settings.owner);

	pthread_mutex_lock(&sink->lock);
	if (replace_current(sink, is_last, false, now_wall_ns, err)) {
		old = sink->old;
		*chunk_id = old->id;
	}
	pthread_mutex_unlock(&sink->lock);
	if (!old)
		return false;
	chunk_unref(old); /* the sink's own: the streams' are left */
	return true;
}

bool chunk_sink_clear(struct sink *base, bool is_last, uint64_t now_wall_ns, bool *is_closing,
		      uint64_t *chunk_id, struct error *err)
{
	struct chunk_sink *sink = (struct chunk_sink *)base;
	struct chunk *old = NULL;
	bool is_empty;
	AS_USER(sink->settings.owner);

	pthread_mutex_lock(&sink->lock);
	is_empty = !sink->current;
	if (!is_empty && replace_current(sink, is_last, true, now_wall_ns, err)) {
		old = sink->old;
		*chunk_id = old->id;
	}
	pthread_mutex_unlock(&sink->lock);
	*is_closing = old != NULL;
	if (old)
		chunk_unref(old); /* the sink's own: the streams' are left */
	return old || is_empty;
}

void chunk_sink_finish(struct sink *base, uint64_t now_wall_ns)
{
	struct chunk_sink *sink = (struct chunk_sink *)base;
	struct chunk *chunk;
	bool goes_to_archives;
	AS_USER(sink->settings.owner);

	pthread_mutex_lock(&sink->lock);
	chunk = sink->current;
	sink->current = NULL;
	goes_to_archives = sink->was_rotated;
	pthread_mutex_unlock(&sink->lock);
	if (!chunk)
		return;
	chunk->end_wall_ns = now_wall_ns;
	chunk_close(chunk, goes_to_archives);
}

bool chunk_sink_current(struct sink *base, struct chunk_info *info)
{
	struct chunk_sink *sink = (struct chunk_sink *)base;
	const struct chunk *chunk;

	pthread_mutex_lock(&sink->lock);
	chunk = sink->current;
	if (chunk)
		*info = (struct chunk_info){
			.id = chunk->id,
			.begin_wall_ns = chunk->begin_wall_ns,
			.event_count = atomic_load(&chunk->event_count),
			.bytes = atomic_load(&chunk->bytes),
		};
	pthread_mutex_unlock(&sink->lock);
	return chunk != NULL;
}

/* --- the sink */

static void chunk_sink_destroy(struct sink *base)
{
	struct chunk_sink *sink = (struct chunk_sink *)base;

	if (sink->current)
		chunk_free(sink->current);
	fd_close(&sink->directory);
	live_feed_unref(sink->settings.feed);
	pthread_mutex_destroy(&sink->lock);
	free(sink->path);
	free(sink);
}

/* --- what others call, with the owner's rights; putting needs them only when a file is made */

static const struct user_rights *owner_of(const struct sink *sink)
{
	return ((const struct chunk_sink *)sink)->settings.owner;
}

static struct sink_trace *open_trace(struct sink *sink, const char *path, struct error *err)
{
	AS_USER(owner_of(sink));

	return chunk_trace_open(sink, path, err);
}

static bool append_metadata(struct sink_trace *trace, const char *text, size_t length,
			    struct error *err)
{
	AS_USER(owner_of(trace->sink));

	return chunk_trace_append(trace, text, length, err);
}

static void close_trace(struct sink_trace *trace)
{
	AS_USER(owner_of(trace->sink));

	chunk_trace_close(trace);
}

static struct sink_stream *open_stream(struct sink_trace *trace, const char *name,
				       const struct sink_limits *limits, struct error *err)
{
	AS_USER(owner_of(trace->sink));

	return chunk_stream_open(trace, name, limits, err);
}

static void cut(struct sink_stream *stream)
{
	AS_USER(owner_of(stream->sink));

	chunk_stream_cut(stream);
}

static void close_stream(struct sink_stream *stream)
{
	AS_USER(owner_of(stream->sink));

	chunk_stream_close(stream);
}

static void empty(struct sink_stream *stream)
{
	AS_USER(owner_of(stream->sink));

	chunk_stream_empty(stream);
}

static bool replace_metadata(struct sink *sink, const char *old, const char *fresh,
			     struct error *err)
{
	AS_USER(owner_of(sink));

	return chunk_trace_replace(sink, old, fresh, err);
}

static void finish(struct sink *sink, uint64_t now_wall_ns, struct task *task)
{
	(void)task;
	chunk_sink_finish(sink, now_wall_ns);
}

static const struct chunked_class chunk_sink_chunked = {
	.open = chunk_sink_open,
	.rotate = chunk_sink_rotate,
	.clear = chunk_sink_clear,
	.current = chunk_sink_current,
	.finish = finish,
};

static const struct sink_class chunk_sink_class = {
	.name = "chunk",
	.chunked = &chunk_sink_chunked,
	.open_trace = open_trace,
	.append_metadata = append_metadata,
	.close_trace = close_trace,
	.open_stream = open_stream,
	.put = chunk_stream_put,
	.cut = cut,
	.close_stream = close_stream,
	.settle = chunk_stream_settle,
	.empty = empty,
	.replace_metadata = replace_metadata,
	.beacon = chunk_stream_beacon,
	.wants_packet = chunk_stream_wants_packet,
	.destroy = chunk_sink_destroy,
};

struct sink *chunk_sink_create(const struct chunk_settings *settings)
{
	struct chunk_sink *sink = mem_zalloc(sizeof(*sink));

	sink->base.class = &chunk_sink_class;
	sink->settings = *settings;
	sink->path = mem_strdup(settings->path);
	sink->settings.path = sink->path;
	if (settings->feed)
		live_feed_ref(settings->feed);
	sink->base.is_live = settings->feed != NULL;
	sink->next_id = settings->first_id;
	sink->was_rotated = settings->first_id > 0;
	sink->directory = -1;
	pthread_mutex_init(&sink->lock, NULL);
	return &sink->base;
}
