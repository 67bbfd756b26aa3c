/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What counting and writing cost, beside a plain write() of the same packets. Run by hand:
 * bench_consume [DIRECTORY]. Prints the least of several rounds, which run one after the other by
 * turns, so that a busy machine harms all alike.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backend/base/mem.h"
#include "backend/ctf/scan.h"

#define PACKET_BYTES (UINT64_C(1) << 20)
#define FIRST_BYTES  84
#define ROUND_COUNT  15
#define REPEAT_COUNT 32

static double cpu_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

struct load {
	const char *name;
	unsigned int type_count; /* ids 0 and on, by turns or at random */
	bool is_random;
	bool has_text;
	bool has_sizes; /* types differ in size */
	double least_ns;
	uint64_t event_count;
	uint64_t content_bytes;
	unsigned char *packet;
	struct scanner *scanner;
	struct event_counts *counts;
};

static struct load loads[] = {
	{.name = "{u64,int}, one type", .type_count = 1},
	{.name = "{u64,int}, 4 types by turns", .type_count = 4},
	{.name = "{u64,int}, 32 types at random", .type_count = 32, .is_random = true},
	{.name = "{u64,int}, 3000 types at random", .type_count = 3000, .is_random = true},
	{.name = "three sizes, 32 types at random",
	 .type_count = 32,
	 .is_random = true,
	 .has_sizes = true},
	{.name = "{u64,string of 40}, one type", .type_count = 1, .has_text = true},
	{.name = "both, 32 types at random", .type_count = 32, .is_random = true, .has_text = true},
};

static const struct ctf_layout layout = {64, 8, 8, 8, 8, false};

static bool type_has_text(const struct load *load, unsigned int id)
{
	return load->has_text && (load->type_count == 1 || id % 2);
}

static unsigned int more_bytes(const struct load *load, unsigned int id)
{
	return load->has_sizes ? id % 3 * 8 : 0;
}

static void add_types(struct load *load)
{
	struct ctf_type *fixed = ctf_type_create(CTF_STRUCT), *text = ctf_type_create(CTF_STRUCT);

	ctf_type_add_field(fixed, "n", ctf_type_create_integer(64, 8, false, 10));
	ctf_type_add_field(fixed, "i", ctf_type_create_integer(32, 8, true, 10));
	ctf_type_add_field(text, "n", ctf_type_create_integer(64, 8, false, 10));
	ctf_type_add_field(text, "s", ctf_type_create(CTF_STRING));
	for (unsigned int id = 0; id < load->type_count; id++) {
		struct ctf_type *sized = ctf_type_create(CTF_STRUCT);

		for (unsigned int i = 0; i < 12 + more_bytes(load, id); i++)
			ctf_type_add_field(sized, "b", ctf_type_create_integer(8, 8, false, 10));
		scanner_add_event(load->scanner, id,
				  type_has_text(load, id) ? text
				  : load->has_sizes	  ? sized
							  : fixed);
		ctf_type_destroy(sized);
	}
	ctf_type_destroy(fixed);
	ctf_type_destroy(text);
}

static void fill(struct load *load)
{
	uint64_t at = FIRST_BYTES, seed = 1;

	load->scanner = scanner_create(&layout, CTF_HEADER_LARGE);
	load->counts = event_counts_create();
	load->packet = aligned_alloc(4096, PACKET_BYTES);
	memset(load->packet, 0, PACKET_BYTES);
	add_types(load);
	while (at + 64 < PACKET_BYTES) {
		uint32_t clock = (uint32_t)load->event_count;
		uint16_t id;

		seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
		id = (uint16_t)((load->is_random ? seed >> 33 : load->event_count) %
				load->type_count);
		memcpy(load->packet + at, &id, sizeof(id));
		memcpy(load->packet + at + 2, &clock, sizeof(clock));
		at += 6 + 8;
		if (type_has_text(load, id)) {
			memset(load->packet + at, 'x', 40);
			at += 41;
		} else {
			at += 4 + more_bytes(load, id);
		}
		load->event_count++;
	}
	load->content_bytes = at;
}

static void scan(struct load *load)
{
	struct scan_result result;
	double begin = cpu_s(), ns;

	for (unsigned int i = 0; i < REPEAT_COUNT; i++) {
		scanner_walk(load->scanner, load->packet, FIRST_BYTES, load->content_bytes, 0,
			     load->counts, &result);
		if (!result.is_consistent || result.event_count != load->event_count)
			abort();
	}
	ns = (cpu_s() - begin) * 1e9 / REPEAT_COUNT / (double)load->event_count;
	if (load->least_ns == 0 || ns < load->least_ns)
		load->least_ns = ns;
}

int main(void)
{
	for (size_t i = 0; i < COUNT_OF(loads); i++)
		fill(&loads[i]);
	for (unsigned int round = 0; round < ROUND_COUNT; round++) {
		for (size_t i = 0; i < COUNT_OF(loads); i++)
			scan(&loads[i]);
	}
	for (size_t i = 0; i < COUNT_OF(loads); i++)
		printf("count  %-34s %5.2f ns/event %5.2f GB/s\n", loads[i].name, loads[i].least_ns,
		       (double)loads[i].content_bytes / (double)loads[i].event_count /
			       loads[i].least_ns);
	return 0;
}
