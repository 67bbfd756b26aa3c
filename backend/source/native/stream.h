/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inside of a stream: stream.c (which lane, what is wanted of it, what consumers call),
 * record.c (the records of a piece of a lane), packet.c (packets of them), kept.c (history for
 * snapshots).
 */
#ifndef TRACON_SOURCE_NATIVE_STREAM_H
#define TRACON_SOURCE_NATIVE_STREAM_H

#include "backend/source/native/internal.h"

struct order {
	struct order *next;
	uint64_t position;
	struct native_wants *wants; /* reference held; NULL: none is wanted */
	uint64_t discarded;	    /* of the lane, then */
};

struct native_stream {
	struct stream base;		/* first */
	struct native_channel *channel; /* reference held */
	unsigned int number;
	int event_fd;
	_Atomic uint64_t seen;	 /* read so far, for who wakes it */
	atomic_bool is_switched; /* what it has goes out, though more fits into its packet */
	pthread_mutex_t lock;	 /* the next five; the process's lock may be taken below it */
	struct native_lane *lane;
	uint64_t start;
	struct order *orders, **orders_end;
	uint64_t free_since_clock; /* of the last record, while there is no lane */
	bool is_fresh;		   /* the consumer has not looked at it yet */
	/* Under the process's lock. */
	struct native_stream *lane_next;
	bool counts_lane; /* its memory is in this one's tally */
	uint64_t held;	  /* nothing from here on may be written over */
	/* The consumer's. */
	uint64_t read;
	struct native_wants *wants; /* reference held */
	uint64_t discarded_before, discarded_base, discarded_told;
	uint64_t latest_ticks; /* no record can be of later */
	uint64_t last_clock;
	uint64_t sequence;
	uint64_t begin_clock;
	uint64_t event_count;
	uint64_t at;
	unsigned char *bytes, *copy;
	struct event_counts *counts; /* of the packet that is lent */
	uint64_t room;
	uint64_t asked, done, done_when_back;
	uint64_t target;
	uint64_t flush_clock;		/* of the last flush: no record behind it is of before */
	struct native_history *history; /* kept.c; NULL: packets are consumed */
	unsigned char *lent;		/* by that */
	uint32_t tid;
	uint32_t named_tid;
	uint32_t packet_tid;
	char thread_name[NATIVE_THREAD_NAME_BYTES];
	bool is_open;
	bool is_lent; /* what lies in the lane */
	bool is_broken_told;
	bool is_final;
};

/* --- stream.c */
struct native_stream *native_stream_of(struct stream *base);
uint64_t native_stream_discarded(struct native_stream *stream, const struct native_lane *lane);
/* What the class's functions do for a stream whose packets are consumed. */
enum take_result native_stream_take(struct native_stream *stream, struct packet *packet);
void native_stream_give_back(struct native_stream *stream);
void native_stream_flush(struct native_stream *stream, enum flush_kind kind);
void native_stream_destroy(struct stream *base);

/* --- packet.c */
/* /proc knows the thread's name while it runs; its process's is a good one, too. */
void native_thread_name(const struct native_process *process, uint32_t tid,
			char name[NATIVE_THREAD_NAME_BYTES]);
/* Of the thread that writes now, for contexts; valid until the next call. */
const char *native_packet_name(struct native_stream *stream, const struct native_process *process,
			       uint32_t tid);
void native_packet_open(struct native_stream *stream, uint64_t clock);
/* Without a lane: an empty packet that is nobody's. */
void native_packet_close(struct native_stream *stream, struct native_lane *lane,
			 struct packet *packet);
/* Makes a packet of `bytes` bytes of records where they lie. */
void native_packet_lend(struct native_stream *stream, struct native_lane *lane,
			const unsigned char *records, uint64_t bytes, uint64_t begin_clock,
			uint64_t end_clock, struct packet *packet);
/* Threads take turns in lanes that are only borrowed: their packets are nobody's. */
bool native_lane_is_borrowed(const struct native_lane *lane);

/* --- record.c */
/* What lies between the present position and `bound`, at most one sub-buffer. True: a packet came
 * of it. */
bool native_record_take(struct native_stream *stream, struct native_lane *lane, uint64_t bound,
			struct packet *packet);

/* For whoever reads a lane. All check what they read: an application may have written anything. */
struct native_piece {
	uint64_t from, end; /* positions of records */
	uint64_t next;	    /* where the next piece begins */
	bool is_whole;	    /* a sub-buffer from its first record to its last */
};
/* From `read` on, at most to the sub-buffer's end; nothing behind `bound`. False: hostile. */
bool native_piece_find(const struct native_lane *lane, uint64_t read, uint64_t bound,
		       struct native_piece *piece);
unsigned char *native_piece_bytes(const struct native_lane *lane, const struct native_piece *piece);
/* At the begin of a sub-buffer: the thread that opened it. */
void native_piece_tid(const struct native_lane *lane, uint64_t read, uint32_t *tid);
/* Of the record at `at`, and its id; 0: it is none. */
uint64_t native_record_bytes(const struct native_catalog *catalog, const unsigned char *at,
			     uint64_t left, uint32_t *id);
/* Of a record LANE_ID_OWNER. */
uint32_t native_record_owner(const unsigned char *at);

/* --- kept.c */
void native_history_create(struct native_stream *stream, uint64_t bytes_max);
void native_history_destroy(struct native_stream *stream);
/* Moves what the lane has into the history, while it is in the way of its writer. Any thread. */
void native_history_fetch(struct native_stream *stream);
extern const struct stream_class native_kept_class;
#define NATIVE_KEPT_UNIT 4096 /* positions of its packets are their numbers, times this */

#endif
