/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a metadata file (TSDL 1.8) says about packets and clocks, and nothing else: enough to walk
 * from packet header to packet header without decoding an event. Any bytes may come in.
 */
#ifndef TRACON_CTF_OUTLINE_H
#define TRACON_CTF_OUTLINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/error.h"

#define CTF_METADATA_MAX    (64 << 20) /* bytes of a metadata file */
#define CTF_PACKET_HEAD_MAX 4096       /* bytes that packet header and context take at most */

/* An unsigned integer at a fixed place, counted from the packet's first bit. */
struct ctf_slot {
	bool is_there;
	uint64_t at_bits;
	unsigned int size_bits;
	bool is_big_endian;
};

struct ctf_outline_clock {
	char *name;
	uint64_t frequency_hz;
	int64_t offset_s;
	uint64_t offset_cycles; /* less than a second */
};

struct ctf_outline_stream {
	uint64_t id;
	bool is_known; /* everything in it has a fixed place */
	struct ctf_slot begin, end, content, size, discarded, sequence, cpu;
	uint64_t first_event_bits; /* where packet header and context end */
	size_t clock;		   /* of begin and end */
};

struct ctf_outline {
	bool has_uuid;
	unsigned char uuid[16];
	bool is_known; /* the packet header's parts have fixed places */
	struct ctf_slot magic, stream_id, instance;
	struct ctf_outline_stream *streams;
	size_t stream_count, stream_room;
	struct ctf_outline_clock *clocks;
	size_t clock_count, clock_room;
	bool has_bit_text; /* text that may not begin at a whole byte */
	char *text;	   /* the plain declarations, NUL terminated */
	size_t text_length;
};

/*
 * bytes: the metadata file, plain or in packets. NULL with ERROR_INVALID if it is no TSDL at all;
 * an outline with is_known false where the layout has parts that only a whole decoder can follow.
 */
struct ctf_outline *ctf_outline_parse(const void *bytes, size_t length, struct error *err);
void ctf_outline_destroy(struct ctf_outline *outline); /* NULL passes */

/* One packet, by its header and context. Numbers that aren't declared are 0. */
struct ctf_packet_facts {
	const struct ctf_outline_stream *stream;
	uint64_t stream_id, instance;
	bool has_instance;
	uint64_t size_bits, content_bits; /* size_bits 0: not declared, to the end of the file */
	uint64_t begin_clock, end_clock;
	uint64_t discarded, sequence;
	bool has_sequence;
};

/* bytes: the packet's first ones, up to CTF_PACKET_HEAD_MAX. ERROR_INVALID: no packet of this
 * trace. */
bool ctf_outline_read_packet(const struct ctf_outline *outline, const unsigned char *bytes,
			     size_t length, struct ctf_packet_facts *facts, struct error *err);
/* NULL if the metadata has none such; with one class of streams, that one. */
const struct ctf_outline_stream *ctf_outline_find_stream(const struct ctf_outline *outline,
							 uint64_t id);
/* Nanoseconds since the Epoch, as babeltrace2 rounds them; 0 before it. */
uint64_t ctf_outline_wall_ns(const struct ctf_outline *outline,
			     const struct ctf_outline_stream *stream, uint64_t cycles);

#endif
