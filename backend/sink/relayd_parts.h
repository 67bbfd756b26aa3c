/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of the streaming sink: relayd.c (what others call), relayd_direct.c (packets that pass
 * the queue), relayd_worker.c (the sink's thread and its queue), relayd_spare.c (memory for
 * packets), relayd_talk.c (exchanges with the daemon).
 * The lock protects lists, texts, chunks and the queue; fields marked so belong to the worker.
 * data_lock is held while something is sent past the queue, which never waits, and taken before
 * the lock.
 */
#ifndef TRACON_SINK_RELAYD_PARTS_H
#define TRACON_SINK_RELAYD_PARTS_H

#include <pthread.h>

#include "backend/base/queue.h"
#include "backend/base/text.h"
#include "backend/base/thread.h"
#include "backend/sink/relayd.h"
#include "backend/sink/relayd_link.h"
#include "backend/sink/sink.h"

/* Bytes of packets that wait to be sent; one that is larger waits alone. */
#define RELAYD_QUEUE_BYTES (32u << 20)

struct relayd_sink;

struct relayd_chunk {
	uint64_t id;
	uint64_t begin_wall_ns;
	uint64_t end_wall_ns;
	uint64_t event_count; /* lock */
	uint64_t bytes;
	unsigned int references; /* the sink's, and each stream's that has put into it */
	bool is_cleared;
	bool is_last;	      /* no chunk follows: streams leave it for nowhere */
	unsigned int session; /* worker: which of the daemon's sessions has it; 0: none */
};

/* What the daemon knows of a stream or of a trace's metadata. Worker. */
struct relayd_handle {
	unsigned int session; /* 0, or not the present one: not known there */
	uint64_t number;
	uint64_t chunk_id;
	/* Of who sends: the worker, or while nothing holds packets up, the stream's consumer. */
	uint64_t next; /* number of the next packet on the wire */
	uint64_t next_sequence;
	uint32_t class_id; /* of its packets */
	uint64_t indexed;  /* worker: how many of these the daemon was told of */
};

struct relayd_trace {
	struct sink_trace base; /* first */
	struct relayd_trace *next;
	char *path;
	struct text metadata; /* lock */
	bool is_replaced;     /* lock: what was sent is wrong */
	struct relayd_handle handle;
	size_t sent_bytes;	/* worker: of the text, in the handle's chunk */
	uint64_t reset_version; /* worker */
};

struct relayd_stream {
	struct sink_stream base; /* first */
	struct relayd_stream *next;
	struct relayd_trace *trace;
	char *name;
	struct sink_limits limits;
	struct relayd_chunk *chunk; /* lock: reference held; NULL: never put, or none is open */
	struct tally *tally;	    /* lock: reference held; NULL: never put */
	struct relayd_item *beacon; /* lock: in the queue, and nothing of the stream behind it */
	bool has_put;		    /* lock */
	uint64_t told_clock;	    /* lock: up to where its packets and beacons go */
	struct relayd_handle handle;
	uint64_t asked; /* worker: the round in which it was asked for what it lacks */
};

/* Something for the worker to do, in order. */
struct relayd_item {
	struct relayd_item *next;
	void (*run)(struct relayd_sink *sink, struct relayd_item *item);
	struct relayd_stream *stream;
	struct relayd_trace *trace;
	struct relayd_chunk *chunk; /* the reference passes with the item */
	struct relayd_chunk *fresh; /* what follows it; lives as long as the sink has it */
	struct task *task;
	uint64_t event_count;
	struct tally_receipt *receipt; /* of a packet; NULL: nobody counts it */
	uint64_t queued_bytes;	       /* of the queue's */
	/* Of a packet that was begun past the queue: */
	unsigned int session; /* 0: nothing of it was sent */
	uint64_t number;      /* on the wire */
	size_t sent_bytes;    /* of its head and content; only what follows lies in bytes[] */
	size_t room_bytes;    /* of bytes[], if it is worth keeping; or 0 */
	struct packet packet; /* its bytes are those below: no more than the content */
	unsigned char bytes[];
};

/* Packets that may be under way; then the older half is asked for. */
#define RELAYD_SENT_MAX 128

/* Sent, but not known to be in the daemon's files. */
struct relayd_sent {
	struct relayd_stream *stream;
	struct relayd_chunk *chunk;
	struct tally_receipt *receipt; /* NULL: nobody counts it */
	uint64_t event_count;
	uint64_t bytes;
	uint64_t number; /* on the wire */
};

struct relayd_sink {
	struct sink base; /* first */
	pthread_mutex_t lock;
	pthread_cond_t is_filled;
	struct relayd_settings settings;
	char *name;
	char *snapshot_name;
	struct relayd_item *items;
	struct relayd_item **last;
	uint64_t queued_bytes;
	unsigned int holding_count;  /* lock: items that no packet may pass, one in work too */
	unsigned int untold_count;   /* lock: items that the worker was not woken for */
	unsigned int direct_session; /* lock: whose connection takes packets; 0: none does */
	pthread_mutex_t data_lock;
	struct text direct_head;	 /* data_lock */
	struct relayd_item *spare_items; /* lock: the last used is the first */
	size_t spare_bytes;		 /* lock */
	bool is_clear_refused;		 /* lock: by the daemon */
	bool is_held;			 /* lock: a snapshot is being copied */
	bool is_over;			 /* the worker ends when the queue is empty */
	bool is_lost;			 /* nothing can be sent */
	struct error loss;		 /* why */
	uint64_t next_id;
	bool was_rotated;
	bool is_closing;
	struct relayd_chunk *current;
	struct relayd_chunk *old;
	struct relayd_item *late_replacing; /* until `old` is left; the worker's own */
	struct relayd_trace *traces;
	struct relayd_stream *streams;
	struct word_list names; /* used in this chunk: "PATH", "PATH/NAME" */
	atomic_uint hurry_count;
	struct thread *thread;
	/* The worker's own. */
	struct relayd_link link;
	struct text request;
	unsigned int session; /* counts connections; 0: never connected */
	bool is_connected;
	bool is_rotated_there; /* since the connection was made */
	uint64_t first_id;     /* chunk that has number 0 there */
	uint64_t chunk_id;     /* the daemon's current one */
	bool has_chunk;
	uint64_t session_number; /* the daemon's */
	uint64_t next_try_ns;
	uint64_t created_s;			  /* the daemon's: never the same twice */
	char *output;				  /* the daemon's path for the session */
	struct relayd_sent sent[RELAYD_SENT_MAX]; /* the newest is the last */
	unsigned int sent_count;
	uint64_t ask_round;
};

/* --- relayd.c */
/* What was put off while a chunk was being left. The worker. */
void relayd_replace_late(struct relayd_sink *sink);
void relayd_chunk_unref(struct relayd_sink *sink, struct relayd_chunk *chunk); /* worker */

/* A packet that was sent or will be is counted. Lock held. */
void relayd_note_put(struct relayd_item *item);

/* --- relayd_direct.c: on a consumer's thread */
/*
 * Sends the packet from where it lies, as much as the socket takes at once; the rest is copied into
 * the item, which is queued. False: it has to go the queue's way, and nothing has happened.
 */
bool relayd_direct_put(struct relayd_sink *sink, struct relayd_item *item,
		       const struct packet *packet);
/* Puts the content from this offset on where it belongs in the item. */
void relayd_copy_content(struct relayd_item *item, const struct packet *packet, size_t from);

/* --- relayd_spare.c */
/* All zero but for its room; NULL without memory. */
struct relayd_item *relayd_item_for_packet(struct relayd_sink *sink, size_t bytes);
/* Of any item that is out of the queue. */
void relayd_item_free(struct relayd_sink *sink, struct relayd_item *item);
void relayd_spare_give_back(struct relayd_sink *sink);

/* --- relayd_worker.c: these take one item for the queue. The lock is held for _locked. */
struct relayd_item *relayd_item_create(void (*run)(struct relayd_sink *, struct relayd_item *));
void relayd_push_locked(struct relayd_sink *sink, struct relayd_item *item);
void relayd_push(struct relayd_sink *sink, struct relayd_item *item);
/* The worker is not woken: it sees to the item half a second later at most. */
void relayd_append_locked(struct relayd_sink *sink, struct relayd_item *item);
/* It is done, or taken out of the queue: it holds nobody up any more. Lock held. */
void relayd_forget_locked(struct relayd_sink *sink, const struct relayd_item *item);
void relayd_worker_run(void *data);
void relayd_do_packet(struct relayd_sink *sink, struct relayd_item *item);
/* Of a packet that was sent past the queue: no packet waits for it. */
void relayd_do_index(struct relayd_sink *sink, struct relayd_item *item);
void relayd_do_beacon(struct relayd_sink *sink, struct relayd_item *item);
void relayd_do_cut(struct relayd_sink *sink, struct relayd_item *item);
void relayd_do_close_stream(struct relayd_sink *sink, struct relayd_item *item);
void relayd_do_close_trace(struct relayd_sink *sink, struct relayd_item *item);
void relayd_do_metadata(struct relayd_sink *sink, struct relayd_item *item);
void relayd_do_begin_chunk(struct relayd_sink *sink, struct relayd_item *item);
void relayd_do_rotate(struct relayd_sink *sink, struct relayd_item *item);
void relayd_do_prepare(struct relayd_sink *sink, struct relayd_item *item);
void relayd_do_arrive(struct relayd_sink *sink, struct relayd_item *item);
void relayd_do_finish(struct relayd_sink *sink, struct relayd_item *item);

/* --- relayd_talk.c: exchanges, on the worker. False: the connection is of no use any more. */
bool relayd_talk_open(struct relayd_sink *sink, struct error *err);
bool relayd_talk_begin_chunk(struct relayd_sink *sink, struct relayd_chunk *chunk,
			     struct error *err);
bool relayd_talk_packet(struct relayd_sink *sink, struct relayd_item *item, struct error *err);
/* The packet that is sent next; its number. */
uint64_t relayd_number_packet(struct relayd_handle *handle, const struct packet *packet);
/* Its data were sent. */
bool relayd_talk_index(struct relayd_sink *sink, struct relayd_item *item, struct error *err);
/* To who reads along: no event of the stream before this time is to come. */
bool relayd_talk_beacon(struct relayd_sink *sink, const struct relayd_handle *handle,
			uint64_t clock, struct error *err);
/* What the daemon lacks of the trace's text. */
bool relayd_talk_metadata(struct relayd_sink *sink, struct relayd_trace *trace, struct error *err);
/* fresh NULL: the handle is closed there. */
bool relayd_talk_cut(struct relayd_sink *sink, struct relayd_handle *handle,
		     const struct relayd_chunk *fresh, bool is_metadata, struct error *err);
bool relayd_talk_close(struct relayd_sink *sink, struct relayd_handle *handle, bool is_metadata,
		       struct error *err);
/* Waits until the oldest packets that are under way, so many, are in the daemon's files. */
bool relayd_talk_confirm(struct relayd_sink *sink, unsigned int count, struct error *err);
/* Waits until everything sent so far is in the daemon's files. */
bool relayd_talk_pending(struct relayd_sink *sink, struct error *err);
/* *path: where the chunk is now, there; the caller frees it. */
bool relayd_talk_close_chunk(struct relayd_sink *sink, const struct relayd_chunk *chunk,
			     enum relayd_close close, char **path, struct error *err);

#endif
