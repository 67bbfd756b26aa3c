/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Makes traces of any size by a recipe, as LTTng lays them out: always the same bytes for the same
 * recipe. Event number n of a stream (payload field "n") counts from 0 and skips what the recipe
 * loses, so tests can compute what must be there.
 */
#ifndef TRACON_TESTS_TRACE_MAKE_H
#define TRACON_TESTS_TRACE_MAKE_H

#include <stdbool.h>
#include <stdint.h>

struct trace_recipe {
	unsigned int stream_count;
	uint64_t packets_per_stream;
	uint64_t packet_bytes;	/* all are this long; the content nearly fills it */
	unsigned int gap_every; /* packets; 0: nothing is lost */
	uint64_t gap_events;	/* lost before a packet with a gap */
	bool has_index;
	bool has_lost_packets; /* each gap is one of packets too */
	uint64_t begin_clock;
	uint64_t step_ns; /* mean distance of a stream's events */
	unsigned char uuid_byte;
};

/* The clock's offset: wall time of clock 0. */
#define TRACE_MAKE_OFFSET_NS UINT64_C(1700000000000000000)

struct trace_made {
	uint64_t event_count;
	uint64_t tick_count, request_count, blob_count;
	uint64_t lost_events, lost_packets; /* between packets */
	uint64_t gap_count;
	uint64_t first_clock, last_clock; /* of events */
	uint64_t bytes;
};

/*
 * Writes DIRECTORY, which must exist: metadata, chan_0 … chan_N and index/. Ends the process if it
 * can't. Types: load:tick (n, value, delta), load:request (n, path, status, took), load:blob (n,
 * bytes, parts); context vpid.
 */
void trace_make(const char *directory, const struct trace_recipe *recipe, struct trace_made *made);

#endif
