/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets for somebody who looks: consumers offer each packet that a sink took, and what the budget
 * allows is copied for a reader. A consumer never waits here, and allocates nothing. What is not
 * copied is counted.
 */
#ifndef TRACON_CONSUME_TAP_H
#define TRACON_CONSUME_TAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/consume/packet.h"

/* Consumer threads that it can have; others' packets are only counted. */
#define TAP_LANES_MAX 4

struct scanner;
struct stream_label;
struct tap;

/* What may be copied, bytes or packets: so many each second, saved up to a limit. */
struct tap_budget {
	uint64_t left;
	uint64_t filled_at_ns;
};

/* What is known of one stream; the consumer's, zeroed when a tap is attached. */
struct tap_stream {
	struct tap_budget bytes, packets; /* its own: however much others want */
	bool is_known;			  /* the numbers below are of an earlier packet */
	uint64_t discarded_seen;
	uint64_t next_sequence;
	uint64_t lost_events, lost_packets; /* since the last packet that was copied */
};

struct tap *tap_create(void); /* one reference */
struct tap *tap_ref(struct tap *tap);
void tap_unref(struct tap *tap); /* NULL passes; any thread */

/* --- consumers */

struct tap_offer {
	unsigned int lane; /* number of the consumer thread: one at a time */
	uint64_t now_ns;   /* monotonic */
	struct tap_stream *stream;
	struct stream_label *label; /* NULL: the packet is only counted */
	struct scanner *scanner;    /* finds where a packet can be cut; NULL: nowhere */
	bool is_overwrite;	    /* gaps in sequence numbers are lost packets */
	const struct packet *packet;
	uint64_t event_count;
};
void tap_offer(struct tap *tap, const struct tap_offer *offer);

/* --- the reader: one thread */

/* Readable when something was offered since tap_rewind(). */
int tap_fd(const struct tap *tap);
void tap_rewind(struct tap *tap);

/* A copy, whole but for what is_part says; its sizes say what it holds. */
struct tap_packet {
	struct stream_label *label; /* borrowed until it is given back */
	const unsigned char *bytes;
	uint64_t length;
	uint64_t event_count; /* in the packet that passed */
	bool is_part;	      /* its first events only */
	/* In its stream since the copied packet before it, up to this packet's end. */
	uint64_t lost_events, lost_packets;
};
/* The next copy, of any lane; streams keep their order. False: there is none. */
bool tap_take(struct tap *tap, struct tap_packet *packet);
void tap_give_back(struct tap *tap); /* the one that was taken last */
/* Events in packets that passed without a copy, since the tap was made. */
uint64_t tap_skipped_events(const struct tap *tap);

#endif
