/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What live viewers can read of one session: its traces, streams, and which packets lie where in
 * which file. The sink that writes them tells as it goes; packets themselves stay in its files,
 * which are held open until every reader is behind them, wherever a rotation moves them. Nothing is
 * kept while nobody reads.
 *
 * Threads: sources and consumers write, the server's thread reads. One lock protects everything;
 * nothing that waits is done while it is held, so writers are never kept. The feed is counted.
 */
#ifndef TRACON_LIVE_FEED_H
#define TRACON_LIVE_FEED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/text.h"
#include "backend/base/uuid.h"
#include "backend/consume/packet.h"

struct live_feed;
struct live_file;
struct live_reader;
struct live_stream;
struct live_trace;

/* A reader that is further behind loses its feed: packets of one stream, files of one stream. */
#define LIVE_BEHIND_MAX	      16384
#define LIVE_FILES_BEHIND_MAX 256

/* id: not 0, no other feed of the process has it, below 2^32. */
struct live_feed *live_feed_create(uint64_t id, const char *session_name, uint64_t period_us);
struct live_feed *live_feed_ref(struct live_feed *feed);
void live_feed_unref(struct live_feed *feed); /* NULL passes */

/* --- who writes. NULL as trace, stream or file: nothing is done. */

struct live_trace *live_trace_open(struct live_feed *feed, const char *path);
/* Whole declarations. */
void live_trace_append(struct live_trace *trace, const char *text, size_t length);
void live_trace_close(struct live_trace *trace);

struct live_stream *live_stream_open(struct live_trace *trace, const char *name);
/* A packet was written to the file at this offset. One thread at a time for each stream. */
void live_stream_put(struct live_stream *stream, struct live_file *file, uint64_t offset_bytes,
		     const struct packet *packet, uint64_t event_count);
/* See sink_beacon() and sink_wants_packet(). */
void live_stream_beacon(struct live_stream *stream, uint64_t clock, uint32_t class_id);
bool live_stream_wants_packet(struct live_stream *stream);
void live_stream_close(struct live_stream *stream);

/* Takes the descriptor, which is open for reading; NULL if it is -1. */
struct live_file *live_file_create(int fd);
void live_file_unref(struct live_file *file); /* NULL passes; any thread */

/* The session is over: readers read what is left. */
void live_feed_end(struct live_feed *feed);

/* --- who reads: one thread */

struct live_feed_info {
	uint64_t id;
	const char *session_name; /* the feed's */
	uint64_t period_us;
	unsigned int reader_count;
	unsigned int stream_count; /* metadata streams count */
	bool is_over;
};
void live_feed_look(struct live_feed *feed, struct live_feed_info *info); /* any thread */

/*
 * From now on the descriptor (an eventfd, which stays open as long as the feed) is written to when
 * something may have come, once for each live_feed_expect().
 */
void live_feed_set_wake(struct live_feed *feed, int event_fd);
void live_feed_expect(struct live_feed *feed);

/*
 * Packets that come from now on are kept for it, from the oldest that another reader still needs
 * if from_oldest. The reader must be destroyed before the feed is let go of.
 */
struct live_reader *live_reader_create(struct live_feed *feed, bool from_oldest);
void live_reader_destroy(struct live_reader *reader); /* NULL passes */
/* It was too far behind: nothing more comes. */
bool live_reader_is_lost(struct live_reader *reader);

/* A stream that the reader has been told of. */
struct live_stream_info {
	uint64_t id;	   /* unique in the process, for ever */
	uint64_t trace_id; /* likewise */
	bool is_metadata;
	const char *path; /* of the trace; both until the next call */
	const char *name;
};
/* The next stream that it hasn't been told of; false: none. */
bool live_reader_take_stream(struct live_reader *reader, struct live_stream_info *info);
bool live_reader_has_new_streams(struct live_reader *reader);
/* All streams that it was told of have ended, and so has the session. */
bool live_reader_is_over(struct live_reader *reader);

enum live_metadata_result {
	LIVE_METADATA_UNKNOWN, /* no such stream */
	LIVE_METADATA_NONE,    /* for now */
	LIVE_METADATA_TEXT,
};
/* Metadata that it hasn't read; added to `text`. trace: set unless the stream is unknown. */
enum live_metadata_result live_reader_take_metadata(struct live_reader *reader, uint64_t stream_id,
						    struct text *text, struct uuid *trace);

enum live_next {
	LIVE_NEXT_UNKNOWN, /* no such stream */
	LIVE_NEXT_PACKET,
	LIVE_NEXT_IDLE, /* no event before end_clock is to come */
	LIVE_NEXT_NOTHING,
	LIVE_NEXT_END, /* nothing will ever come again */
};
struct live_packet {
	uint64_t position; /* names it: above those before it in its stream */
	uint64_t size_bytes;
	uint64_t content_bytes;
	uint64_t begin_clock;
	uint64_t end_clock;
	uint64_t events_discarded;
	uint64_t class_id;
	bool has_new_metadata; /* to be read before this packet */
	bool has_new_streams;
};
/* Moves on to the stream's next packet. */
enum live_next live_reader_next(struct live_reader *reader, uint64_t stream_id,
				struct live_packet *packet);

/*
 * Bytes of the packet that the stream is at. False: it has no packet with such bytes. What can't be
 * read from the file (it was cut meanwhile) is zero.
 */
bool live_reader_read(struct live_reader *reader, uint64_t stream_id, uint64_t position,
		      size_t length, unsigned char *bytes);

#endif
