/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of a feed: feed.c (what writers tell), feed_read.c (readers). The feed's lock protects
 * everything but what never changes.
 */
#ifndef TRACON_LIVE_FEED_PARTS_H
#define TRACON_LIVE_FEED_PARTS_H

#include <pthread.h>
#include <stdatomic.h>

#include "backend/base/uuid.h"
#include "backend/live/feed.h"

struct live_file {
	atomic_uint references;
	int fd;
	struct live_file *next; /* of the feed's garbage */
};

/* One packet. */
struct live_entry {
	struct live_file *file; /* reference held */
	uint64_t offset_bytes;	/* in the file */
	uint64_t position;
	uint64_t size_bytes;
	uint64_t content_bytes;
	uint64_t begin_clock;
	uint64_t end_clock;
	uint64_t events_discarded;
	uint64_t raised_at; /* where begin_clock stands in for what the file has; 0: nowhere */
};

/* A trace's clock, as its metadata declares it. */
struct live_clock {
	uint64_t frequency_hz;
	int64_t offset_s;
	uint64_t offset_cycles;
};

struct live_trace {
	struct live_feed *feed; /* as long as the trace */
	uint64_t id;
	uint64_t metadata_id;
	char *path;
	struct text metadata;
	struct uuid uuid;
	bool is_ready; /* readers may hear of it */
	struct live_clock clock;
	unsigned int references;
};

struct live_cursor;

struct live_stream {
	struct live_stream *next; /* of the feed: those that are open */
	struct live_trace *trace; /* reference held */
	uint64_t id;
	char *name;
	unsigned int references; /* the writer's, each cursor's */
	bool is_closed;
	uint64_t born_at;	 /* serial; 0: no reader may hear of it yet */
	uint64_t last_packet_at; /* serial */
	bool has_class_id;
	uint32_t class_id;
	uint64_t floor_clock; /* readers may have been there when it was born */
	uint64_t told_ns;     /* readers may have heard of it up to here, since the Epoch */
	bool has_packets;
	uint64_t idle_clock, idle_at; /* beacon, and its serial; 0: none */
	uint64_t position;	      /* bytes put so far */
	/* A ring of entries, first_number is the oldest. */
	struct live_entry *entries;
	uint64_t first_number, next_number;
	size_t room; /* power of 2, or 0 */
	unsigned int file_count;
	struct live_cursor *cursors;
	unsigned int late_count; /* packets that could not be shown */
};

/* Where one reader is in one stream. */
struct live_cursor {
	struct live_cursor *next;      /* of the reader */
	struct live_cursor *of_stream; /* the stream's next one */
	struct live_reader *reader;
	struct live_stream *stream; /* reference held */
	uint64_t next_number;
	uint64_t told_clock;
	bool is_announced;
	bool has_current;
	struct live_entry current; /* its file's reference is held */
};

/* What one reader has read of one trace's metadata. */
struct live_read_trace {
	struct live_read_trace *next;
	struct live_trace *trace; /* reference held */
	size_t read_bytes;
};

struct live_reader {
	struct live_reader *next; /* of the feed */
	struct live_feed *feed;	  /* reference held */
	struct live_cursor *cursors;
	struct live_read_trace *traces;
	unsigned int unannounced_count;
	bool is_lost;
};

struct live_feed {
	atomic_uint references;
	pthread_mutex_t lock;
	uint64_t id;
	uint64_t last_id; /* of traces and streams */
	char *session_name;
	uint64_t period_us;
	uint64_t serial; /* of what was told: births, packets, beacons */
	bool is_over;
	int wake_fd;	  /* -1: nobody waits here */
	bool is_expected; /* it is to be written to */
	uint64_t told_ns; /* the latest of any stream, since the Epoch */
	struct live_stream *streams;
	struct live_reader *readers;
	struct live_file *garbage; /* to be closed by who does not hold the lock */
};

/* The lock is held for all. */
void live_trace_unref(struct live_trace *trace);
void live_stream_unref(struct live_stream *stream);
/* Who waits looks again. */
void live_feed_wake(struct live_feed *feed);
/* Entries that no cursor needs go. */
void live_stream_trim(struct live_stream *stream);
void live_entry_let_go(struct live_feed *feed, struct live_entry *entry);
void live_reader_meet(struct live_reader *reader, struct live_stream *stream, uint64_t number);
/* Lock not held. */
void live_feed_sweep(struct live_feed *feed);

#endif
