/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * make_trace DIRECTORY MEGABYTES [STREAMS [PACKET_KIB [GAP_EVERY]]]: a trace of about that size,
 * the same each time. Prints what it holds, by name.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "tests/unit/trace_make.h"

static uint64_t number(char **arguments, int count, int at, uint64_t missing)
{
	return at < count ? strtoull(arguments[at], NULL, 10) : missing;
}

int main(int count, char **arguments)
{
	uint64_t megabytes = number(arguments, count, 2, 0);
	struct trace_recipe recipe = {
		.stream_count = (unsigned int)number(arguments, count, 3, 2),
		.packet_bytes = number(arguments, count, 4, 512) * 1024,
		.gap_every = (unsigned int)number(arguments, count, 5, 0),
		.gap_events = 100,
		.has_index = true,
		.has_lost_packets = true,
		.begin_clock = 1000000000,
		.step_ns = 1000,
		.uuid_byte = 42,
	};
	struct trace_made made;

	if (count < 3 || megabytes == 0 || recipe.stream_count == 0 || recipe.packet_bytes < 4096) {
		fprintf(stderr,
			"usage: %s DIRECTORY MEGABYTES [STREAMS [PACKET_KIB [GAP_EVERY]]]\n",
			arguments[0]);
		return 2;
	}
	recipe.packets_per_stream =
		megabytes * 1000000 / recipe.packet_bytes / recipe.stream_count + 1;
	if (mkdir(arguments[1], 0755) < 0 && errno != EEXIST) {
		perror(arguments[1]);
		return 1;
	}
	trace_make(arguments[1], &recipe, &made);
	printf("bytes %" PRIu64 "\nevents %" PRIu64 "\nlost_events %" PRIu64 "\n", made.bytes,
	       made.event_count, made.lost_events);
	printf("begin_ns %" PRIu64 "\nend_ns %" PRIu64 "\n",
	       TRACE_MAKE_OFFSET_NS + made.first_clock, TRACE_MAKE_OFFSET_NS + made.last_clock);
	return 0;
}
