/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of the chunk sink: chunk.c (chunks and rotation), chunk_trace.c (directories and
 * metadata), chunk_stream.c (packets). One lock protects lists, chunks and metadata; a stream's
 * `files` belong to its consumer thread.
 */
#ifndef TRACON_SINK_CHUNK_PARTS_H
#define TRACON_SINK_CHUNK_PARTS_H

#include <pthread.h>
#include <stdatomic.h>

#include "backend/base/text.h"
#include "backend/ctf/index.h"
#include "backend/live/feed.h"
#include "backend/sink/chunk.h"

/* Names below the output directory; the first two may have a number behind them. */
#define CHUNK_OLD_NAME	    ".tmp_old_chunk"
#define CHUNK_NEW_NAME	    ".tmp_new_chunk"
#define CHUNK_ARCHIVES_NAME "archives"

/* One trace's directory in one chunk. */
struct chunk_place {
	struct chunk_place *next; /* of the chunk */
	struct chunk_trace *trace;
	int directory;
	int metadata_fd;      /* -1 while there is no text */
	size_t written_bytes; /* of the trace's text */
	ssize_t longer_bytes; /* the text has become, since they were written here, by replacing */
	struct word_list names; /* streams that have files here, closed ones too */
};

struct chunk {
	struct chunk_sink *sink;
	uint64_t id;
	uint64_t begin_wall_ns;
	uint64_t end_wall_ns;
	_Atomic uint64_t event_count;
	_Atomic uint64_t bytes;
	int directory;
	char *name;		 /* below the output directory; NULL: it lies directly there */
	unsigned int references; /* the sink's, and each stream's */
	bool is_cleared;	 /* its files are removed when its last stream leaves it */
	struct chunk_place *places;
	struct word_list paths; /* of the traces that lie in it, closed ones too */
};

struct chunk_trace {
	struct sink_trace base;	  /* first */
	struct chunk_trace *next; /* of the sink */
	struct live_trace *live;  /* NULL: it is not live */
	char *path;
	struct text metadata;  /* whole, for later chunks */
	atomic_bool is_behind; /* a place lacks text: written before the next packet */
};

#define INDEX_ENTRIES_MAX 32 /* gathered before they are written together */

/* Where a stream writes in one chunk. */
struct stream_files {
	struct chunk *chunk; /* reference held; NULL: nowhere */
	int data_fd;	     /* -1: could not be created yet */
	int index_fd;
	struct live_file *live; /* the data file, for viewers; reference held. NULL: nobody's */
	unsigned int number;	/* of the file, if the stream's files have a limit */
	uint64_t event_count;	/* since the stream entered the chunk, over all files */
	uint64_t total_bytes;	/* likewise */
	uint64_t data_bytes;
	uint64_t allocated_bytes;
	uint64_t index_bytes;
	unsigned int entry_count;
	unsigned char entries[INDEX_ENTRIES_MAX * CTF_INDEX_ENTRY_BYTES];
};

struct chunk_stream {
	struct sink_stream base;   /* first */
	struct chunk_stream *next; /* of the sink */
	struct chunk_trace *trace;
	struct live_stream *live; /* NULL: it is not live */
	char *name;
	struct sink_limits limits;
	struct stream_files files; /* consumer thread */
	struct stream_files fresh; /* under the lock: made in the current chunk, not yet used */
};

struct chunk_sink {
	struct sink base; /* first */
	pthread_mutex_t lock;
	struct chunk_settings settings;
	char *path;
	int directory; /* the output directory; -1 before the first chunk */
	uint64_t next_id;
	bool was_rotated;
	bool is_closing; /* a chunk that was left is on its way to the archives */
	struct chunk *current;
	struct chunk *old; /* being left by its streams */
	struct chunk_trace *traces;
	struct chunk_stream *streams;
};

/* --- chunk.c. The lock is held unless it says otherwise. */
void chunk_ref(struct chunk *chunk);
/* Lock not held: the last reference closes the chunk, which may move it and call back. */
void chunk_unref(struct chunk *chunk);

/* NAME, or NAME-1, NAME-2 … until it is not taken. The caller owns it. */
char *chunk_free_name(const char *name, char separator,
		      bool (*is_taken)(const void *data, const char *name), const void *data);
bool chunk_word_is_listed(const struct word_list *list, const char *word);

/* --- chunk_trace.c */
struct sink_trace *chunk_trace_open(struct sink *sink, const char *path, struct error *err);
bool chunk_trace_append(struct sink_trace *trace, const char *text, size_t length,
			struct error *err);
void chunk_trace_close(struct sink_trace *trace);
bool chunk_trace_replace(struct sink *sink, const char *old, const char *fresh, struct error *err);
/* Makes the trace's directory and metadata in the chunk. Lock held. */
bool chunk_trace_enter(struct chunk_trace *trace, struct chunk *chunk, struct error *err);
/* Takes back what chunk_trace_enter did. Lock held. */
void chunk_trace_unenter(struct chunk_trace *trace, struct chunk *chunk);
struct chunk_place *chunk_find_place(const struct chunk *chunk, const struct chunk_trace *trace);
void chunk_close_places(struct chunk *chunk);
/* Whether the chunk's metadata is whole, after trying to make it so. Lock not held. */
bool chunk_trace_catch_up(struct chunk_trace *trace, const struct chunk *chunk, struct error *err);

/* --- chunk_stream.c */
struct sink_stream *chunk_stream_open(struct sink_trace *trace, const char *name,
				      const struct sink_limits *limits, struct error *err);
bool chunk_stream_put(struct sink_stream *stream, const struct packet *packet, uint64_t event_count,
		      struct error *err);
void chunk_stream_cut(struct sink_stream *stream);
void chunk_stream_close(struct sink_stream *stream);
void chunk_stream_settle(struct sink_stream *stream);
void chunk_stream_empty(struct sink_stream *stream);
void chunk_stream_beacon(struct sink_stream *stream, uint64_t clock);
bool chunk_stream_wants_packet(struct sink_stream *stream);
/* Makes the stream's files in the current chunk, for its consumer to take. Lock held. */
bool chunk_stream_prepare(struct chunk_stream *stream, struct error *err);
/* Takes back what chunk_stream_prepare did, files too, if it was not used. Lock held; the chunk
 * stays referenced elsewhere. */
void chunk_stream_unprepare(struct chunk_stream *stream);

#endif
