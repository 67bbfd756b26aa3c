/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where packets go. A sink belongs to one session; below it one trace per source directory, and
 * streams in each trace. Sources open traces and streams and append metadata; consumers put
 * packets.
 */
#ifndef TRACON_SINK_SINK_H
#define TRACON_SINK_SINK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/error.h"
#include "backend/consume/label.h"
#include "backend/consume/packet.h"

struct sink;
struct sink_trace;
struct sink_stream;
struct tally;
struct event_counts;

/* How large a stream's files may become. */
struct sink_limits {
	uint64_t file_bytes; /* then the next file is begun; 0: no limit. At least a sub-buffer */
	unsigned int file_count; /* then the oldest file is overwritten; 0: no limit */
};

struct chunked_class;

struct sink_class {
	const char *name;
	const struct chunked_class *chunked; /* NULL: it has no trace chunks */
	struct sink_trace *(*open_trace)(struct sink *sink, const char *path, struct error *err);
	bool (*append_metadata)(struct sink_trace *trace, const char *text, size_t length,
				struct error *err);
	void (*close_trace)(struct sink_trace *trace);
	struct sink_stream *(*open_stream)(struct sink_trace *trace, const char *name,
					   const struct sink_limits *limits, struct error *err);
	bool (*put)(struct sink_stream *stream, const struct packet *packet, uint64_t event_count,
		    struct error *err);
	void (*cut)(struct sink_stream *stream);
	void (*close_stream)(struct sink_stream *stream);
	void (*destroy)(struct sink *sink);
	void (*settle)(struct sink_stream *stream); /* may be NULL */
	void (*empty)(struct sink_stream *stream);  /* may be NULL */
	bool (*replace_metadata)(struct sink *sink, const char *old, const char *fresh,
				 struct error *err);
	void (*beacon)(struct sink_stream *stream, uint64_t clock); /* may be NULL */
	bool (*wants_packet)(struct sink_stream *stream);	    /* may be NULL */
};

/* Implementations embed these first. Labels are made and let go of here, not by them. */
struct sink {
	const struct sink_class *class;
	bool is_live; /* somebody reads as it is recorded: see sink_beacon(). Never changes */
};
struct sink_trace {
	struct sink *sink;
	struct trace_label *label;
};
struct sink_stream {
	struct sink *sink;
	uint32_t class_id; /* CTF's, of its packets; who puts says so before the first one */
	struct stream_label *label; /* NULL: nobody but the sink can read its packets */
	/* Borrowed from who puts, who lives longer; counts what was taken and did not arrive. NULL:
	 * nobody counts. */
	struct tally *tally;
	/* Of the packet that is being put, its events by type; NULL: not known. */
	const struct event_counts *types;
};

/*
 * path: "ust/uid/1000/64-bit", below the chunk. The trace appears in the current chunk, if there is
 * one, and in each later one. NULL with ERROR_INVALID for a path that leads elsewhere; a full disk
 * is no failure here: packets then fail one by one. A path that the current chunk has held before
 * gets a number: nothing recorded is overwritten. Any thread.
 */
static inline struct sink_trace *sink_open_trace(struct sink *sink, const char *path,
						 struct error *err)
{
	struct sink_trace *trace = sink->class->open_trace(sink, path, err);

	if (trace)
		trace->label = trace_label_create();
	return trace;
}

/*
 * Whole declarations. The sink keeps the text for later chunks; while a rotation is under way it
 * goes to both chunks. What can't be written now (full disk) is kept and written before the next
 * packet: false only tells. Any thread. Must return before an application may record what it
 * declares.
 */
static inline bool sink_append_metadata(struct sink_trace *trace, const char *text, size_t length,
					struct error *err)
{
	trace_label_append(trace->label, text, length);
	return trace->sink->class->append_metadata(trace, text, length, err);
}

/*
 * In the metadata of every trace, `old` (if it is there) becomes `fresh`: in the current chunk and
 * later ones. All traces, or on failure (ERROR_IO, ERROR_NO_SPACE) those that were done before. Any
 * thread.
 */
static inline bool sink_replace_metadata(struct sink *sink, const char *old, const char *fresh,
					 struct error *err)
{
	return sink->class->replace_metadata(sink, old, fresh, err);
}

/* Its streams are closed. */
static inline void sink_close_trace(struct sink_trace *trace)
{
	trace_label_unref(trace->label);
	trace->sink->class->close_trace(trace);
}

/*
 * name: "channel0_0", NULL with ERROR_INVALID if it can't be a file's. A failure to create its file
 * is not one here: packets then fail one by one. A name that the trace has had before in this chunk
 * gets a number. Any thread. With limits the files are called NAME_0,
 * NAME_1 …, from 0 again in each chunk.
 */
static inline struct sink_stream *sink_open_limited_stream(struct sink_trace *trace,
							   const char *name,
							   const struct sink_limits *limits,
							   struct error *err)
{
	struct sink_stream *stream = trace->sink->class->open_stream(trace, name, limits, err);

	if (stream)
		stream->label = stream_label_create(trace->label, name);
	return stream;
}

static inline struct sink_stream *sink_open_stream(struct sink_trace *trace, const char *name,
						   struct error *err)
{
	static const struct sink_limits none;

	return sink_open_limited_stream(trace, name, &none, err);
}

/*
 * All or nothing: on failure (ERROR_NO_SPACE, ERROR_IO, ERROR_STATE without a chunk) the files are
 * as before and the caller counts the packet's events as discarded. The stream's consumer thread.
 * Allocates nothing.
 */
static inline bool sink_put(struct sink_stream *stream, const struct packet *packet,
			    uint64_t event_count, struct error *err)
{
	return stream->sink->class->put(stream, packet, event_count, err);
}

/* Leaves the chunk the stream writes to and goes on in the sink's current one. The stream's
 * consumer thread. */
static inline void sink_stream_cut(struct sink_stream *stream)
{
	stream->sink->class->cut(stream);
}

/*
 * No packet follows at once: what the sink gathers to write together (index entries) goes to its
 * file. The stream's consumer thread.
 */
static inline void sink_settle(struct sink_stream *stream)
{
	if (stream->sink->class->settle)
		stream->sink->class->settle(stream);
}

/*
 * Of live sinks: every event before `clock` (of the trace's clock, raw) has been put; what is put
 * later begins at it or after it. The stream's consumer thread, once in each live period.
 */
static inline void sink_beacon(struct sink_stream *stream, uint64_t clock)
{
	if (stream->sink->class->beacon)
		stream->sink->class->beacon(stream, clock);
}

/* Of live sinks: the stream's open packet is to be closed even if it is empty. The stream's
 * consumer thread. */
static inline bool sink_wants_packet(struct sink_stream *stream)
{
	return stream->sink->class->wants_packet && stream->sink->class->wants_packet(stream);
}

/*
 * What was put since the last cut is forgotten, files and counts: a snapshot that was overtaken
 * begins again. The stream's consumer thread.
 */
static inline void sink_stream_empty(struct sink_stream *stream)
{
	if (stream->sink->class->empty)
		stream->sink->class->empty(stream);
}

static inline void sink_close_stream(struct sink_stream *stream)
{
	stream_label_unref(stream->label);
	stream->sink->class->close_stream(stream);
}

static inline void sink_destroy(struct sink *sink)
{
	if (sink)
		sink->class->destroy(sink);
}

#endif
