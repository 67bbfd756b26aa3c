/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One finished sub-buffer with its CTF header, lent by a source until it is given back. */
#ifndef TRACON_CONSUME_PACKET_H
#define TRACON_CONSUME_PACKET_H

#include <stdbool.h>
#include <stdint.h>

#define PACKET_HEADER_MAX 128
/* Where every source's packets have these, in 8 bytes each; see backend/ctf/metadata.c. */
#define PACKET_SEQUENCE_AT  64
#define PACKET_DISCARDED_AT 72

struct event_counts;

struct packet {
	const unsigned char *bytes; /* whole packet as it lies in the ring */
	uint64_t size_bytes;	    /* padded: what is written */
	uint64_t content_bytes;
	uint64_t first_event_bytes; /* length of packet header and context */
	uint64_t begin_clock;
	uint64_t end_clock;
	uint64_t events_discarded; /* cumulative per stream, as the header says */
	uint64_t sequence;	   /* packet_seq_num, as the header says */
	uint32_t stream_id;
	uint64_t stream_instance_id;
	bool is_of_engine; /* its events tell what this program does: there is nothing to tell of it
			    */
	/* Its events, if the source has walked it anyway, to be moved out; NULL: they are to be
	 * counted. */
	struct event_counts *counts;
	/*
	 * If not 0, these bytes stand in for the packet's first header_bytes: a stream that goes on
	 * in fresh buffers adds the old ones' sequence number and discard count, and what a clear
	 * dropped is left out of both.
	 */
	unsigned int header_bytes;
	unsigned char header[PACKET_HEADER_MAX];
};

#endif
