/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One ring that packets come out of. Sources embed struct stream first in their own and implement
 * the class; consumers call it from one thread at a time.
 */
#ifndef TRACON_CONSUME_STREAM_H
#define TRACON_CONSUME_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/consume/packet.h"
#include "backend/consume/tally.h"

struct sink_stream;
struct stream;

enum take_result {
	TAKE_PACKET,
	TAKE_NOTHING, /* for now */
	TAKE_GONE,    /* nothing will ever come again */
};

enum flush_kind {
	FLUSH_NONE,
	FLUSH_DATA,  /* close the open packet if it holds an event */
	FLUSH_FINAL, /* close it even if empty: brings timestamps and the discard count out */
};

/*
 * A writer that has read the clock, but not yet reserved its room, is no longer than this behind,
 * unless it loses its CPU between the two.
 */
#define STREAM_CLOCK_MARGIN UINT64_C(1000000) /* of its clock: 1 ms, or less */

/* What clears dropped unread. */
struct stream_cleared {
	uint64_t packets;
	uint64_t discarded; /* events, told by these packets */
};

struct stream_class {
	enum take_result (*take)(struct stream *stream, struct packet *packet);
	void (*give_back)(struct stream *stream, const struct packet *packet);
	void (*flush)(struct stream *stream, enum flush_kind kind);
	/*
	 * Byte positions since the ring's creation, free running. Rounded down to subbuf_bytes,
	 * `produced` is the end of the last closed packet: what a drain waits for.
	 */
	uint64_t (*produced)(struct stream *stream);
	uint64_t (*consumed)(struct stream *stream);
	/*
	 * What the trace's clock reads now, raw, or read when everything that was recorded until
	 * then was known; NULL: it is CLOCK_MONOTONIC in ns.
	 */
	uint64_t (*clock)(struct stream *stream);
	/*
	 * Kept streams only, else NULL. Lends the first whole packet that begins at *position or
	 * later and before `end`, without consuming it, and moves *position behind it; it is given
	 * back as any other. What was overwritten meanwhile is passed over; what nobody completes
	 * is too, and counted in *hole_count. TAKE_NOTHING: there is none.
	 */
	enum take_result (*read_at)(struct stream *stream, uint64_t *position, uint64_t end,
				    unsigned int *hole_count, struct packet *packet);
	/*
	 * The consumer has let go of it, on the consumer's thread: drop the references below and
	 * free. The consumer's own fields hold their last values, for a successor to begin with.
	 */
	void (*destroy)(struct stream *stream);
};

struct stream {
	const struct stream_class *class;
	int wait_fd; /* pipe or eventfd, readable when a packet may be ready; the consumer empties
			it; -1: none, packets come out by drain, cut and retire only */
	bool is_wait_fd_left;  /* it is what packets come from: nothing is read from it here */
	bool is_overwrite;     /* never flushed but by rotation and stop */
	bool is_kept;	       /* packets stay in the ring, for snapshots: see stream_set_copy() */
	uint64_t ring_bytes;   /* for the fill gauge */
	uint64_t subbuf_bytes; /* positions of packets are multiples of it; 0: `produced` counts
				  closed packets only */
	uint32_t class_id;     /* CTF's, as all its packets have it */
	unsigned int affinity; /* streams with the same number share a consumer: one per channel and
				  group */
	struct scanner *scanner;    /* reference held; NULL: packets are not walked */
	struct tally *tally;	    /* reference held */
	struct sink_stream *output; /* where packets go; see is_output_kept */
	bool is_output_kept; /* the owner closes it itself: it goes on with the stream's successor
			      */
	/*
	 * The consumer's own: zero, or the predecessor's last values for a stream that goes on in
	 * fresh buffers and whose headers go on counting.
	 */
	uint64_t discarded_seen;
	uint64_t next_sequence;
	bool has_sequence;
	struct stream_cleared cleared;
	void *consumer; /* struct consumer_slot */
};

#endif
