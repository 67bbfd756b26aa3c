/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What counting and writing cost, beside a plain write() of the same packets. Run by hand:
 * bench_consume [DIRECTORY]. Prints the least of several rounds, which run one after the other by
 * turns, so that a busy machine harms all alike.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "backend/base/mem.h"
#include "backend/ctf/index.h"
#include "backend/ctf/scan.h"
#include "backend/sink/chunk.h"

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
	bool is_short;	/* the text: 4 bytes and not 40 */
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
	{.name = "{u64,string of 4}, one type",
	 .type_count = 1,
	 .has_text = true,
	 .is_short = true},
	{.name = "{u64,string of 4}, 4 types by turns",
	 .type_count = 4,
	 .has_text = true,
	 .is_short = true},
	{.name = "both, 32 types at random", .type_count = 32, .is_random = true, .has_text = true},
};

static const struct ctf_layout layout = {64, 8, 8, 8, 8, false};

static bool type_has_text(const struct load *load, unsigned int id)
{
	return load->has_text && (load->is_short || load->type_count == 1 || id % 2);
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

static void fill(struct load *load, uint64_t packet_bytes)
{
	uint64_t at = FIRST_BYTES, seed = 1;

	load->scanner = scanner_create(&layout, CTF_HEADER_LARGE);
	load->counts = event_counts_create();
	load->packet = aligned_alloc(4096, PACKET_BYTES);
	memset(load->packet, 0, PACKET_BYTES);
	add_types(load);
	while (at + 64 < packet_bytes) {
		uint32_t clock = (uint32_t)load->event_count;
		uint16_t id;

		seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
		id = (uint16_t)((load->is_random ? seed >> 33 : load->event_count) %
				load->type_count);
		memcpy(load->packet + at, &id, sizeof(id));
		memcpy(load->packet + at + 2, &clock, sizeof(clock));
		at += 6 + 8;
		if (type_has_text(load, id)) {
			memset(load->packet + at, 'x', load->is_short ? 4 : 40);
			at += load->is_short ? 5 : 41;
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

/* --- writing --------------------------------------------------------------------------------- */

#define RING_PACKETS   8
#define WRITE_BYTES    (UINT64_C(512) << 20)
#define WRITE_ROUNDS   7
#define METHOD_COUNT   4
#define SMALLEST_BYTES (UINT64_C(128) << 10)

/* One size of sub-buffers; packets are cut from a ring that a source would have filled. */
struct writing {
	uint64_t packet_bytes;
	double least_s[METHOD_COUNT];
	unsigned char *ring;
	struct load load;
};

static struct writing writings[] = {
	{.packet_bytes = PACKET_BYTES},
	{.packet_bytes = SMALLEST_BYTES},
};

static void nothing_closed(void *data, const struct chunk_info *chunk, const struct error *err)
{
	(void)data;
	(void)chunk;
	(void)err;
}

static struct packet packet_at(const struct writing *writing, uint64_t number)
{
	return (struct packet){
		.bytes = writing->ring + number % RING_PACKETS * PACKET_BYTES,
		.size_bytes = writing->packet_bytes,
		.content_bytes = writing->load.content_bytes,
		.first_event_bytes = FIRST_BYTES,
		.sequence = number,
	};
}

static int create(const char *directory, const char *name)
{
	char *path = mem_printf("%s/%s", directory, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0)
		abort();
	free(path);
	return fd;
}

static void must_write(int fd, const void *bytes, uint64_t length)
{
	if (write(fd, bytes, length) != (ssize_t)length)
		abort();
}

/* As simple as can be; with_index: and one small write more for each packet. */
static double write_plainly(const struct writing *writing, const char *directory, bool with_index)
{
	int data = create(directory, "plain"), index = create(directory, "plain.idx");
	unsigned char entry[CTF_INDEX_ENTRY_BYTES] = {0};
	double begin = cpu_s();

	for (uint64_t i = 0; i < WRITE_BYTES / writing->packet_bytes; i++) {
		struct packet packet = packet_at(writing, i);

		must_write(data, packet.bytes, packet.size_bytes);
		if (with_index)
			must_write(index, entry, sizeof(entry));
	}
	begin = cpu_s() - begin;
	close(data);
	close(index);
	return begin;
}

static double write_to_sink(const struct writing *writing, const char *directory, bool with_count)
{
	struct event_counts *scratch = event_counts_create(), *counts = event_counts_create();
	struct sink *sink = chunk_sink_create(
		&(struct chunk_settings){.path = directory, .closed = nothing_closed});
	struct sink_trace *trace = sink_open_trace(sink, "ust", NULL);
	struct sink_stream *stream = sink_open_stream(trace, "c_0", NULL);
	struct scan_result result = {0};
	double begin;

	if (!chunk_sink_open(sink, 0, NULL))
		abort();
	begin = cpu_s();
	for (uint64_t i = 0; i < WRITE_BYTES / writing->packet_bytes; i++) {
		struct packet packet = packet_at(writing, i);

		if (with_count)
			scanner_walk(writing->load.scanner, packet.bytes, FIRST_BYTES,
				     packet.content_bytes, 0, scratch, &result);
		if (!sink_put(stream, &packet, result.event_count, NULL))
			abort();
		event_counts_move(scratch, counts);
	}
	sink_close_stream(stream);
	begin = cpu_s() - begin;
	sink_close_trace(trace);
	chunk_sink_finish(sink, 0);
	sink_destroy(sink);
	event_counts_destroy(scratch);
	event_counts_destroy(counts);
	return begin;
}

static double write_by(const struct writing *writing, const char *directory, unsigned int method)
{
	return method < 2 ? write_plainly(writing, directory, method == 1)
			  : write_to_sink(writing, directory, method == 3);
}

static void prepare_writing(struct writing *writing)
{
	writing->load = (struct load){.type_count = 4};
	fill(&writing->load, writing->packet_bytes);
	writing->ring = mmap(NULL, RING_PACKETS * PACKET_BYTES, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (writing->ring == MAP_FAILED)
		abort();
	for (unsigned int i = 0; i < RING_PACKETS; i++)
		memcpy(writing->ring + i * PACKET_BYTES, writing->load.packet,
		       writing->packet_bytes);
}

static void empty(const char *directory)
{
	char *command = mem_printf("rm -rf -- '%s'/*", directory);

	if (system(command))
		abort();
	free(command);
}

static void measure_writing(const char *directory)
{
	for (unsigned int i = 0; i < WRITE_ROUNDS * COUNT_OF(writings) * METHOD_COUNT; i++) {
		struct writing *writing = &writings[i / METHOD_COUNT % COUNT_OF(writings)];
		double *least = &writing->least_s[i % METHOD_COUNT];
		double taken = write_by(writing, directory, i % METHOD_COUNT);

		if (*least == 0 || taken < *least)
			*least = taken;
		empty(directory);
	}
}

static void print_writing(const struct writing *writing)
{
	static const char *const methods[METHOD_COUNT] = {"write()", "write(), index each time",
							  "sink", "sink and counting"};

	for (unsigned int i = 0; i < METHOD_COUNT; i++)
		printf("write  %-25s %5" PRIu64 " KiB %6.3f CPU s/GB, %.2f of write() with index\n",
		       methods[i], writing->packet_bytes >> 10,
		       writing->least_s[i] / ((double)WRITE_BYTES / 1e9),
		       writing->least_s[i] / writing->least_s[1]);
}

static void measure_counting(void)
{
	for (size_t i = 0; i < COUNT_OF(loads); i++)
		fill(&loads[i], PACKET_BYTES);
	for (unsigned int round = 0; round < ROUND_COUNT; round++) {
		for (size_t i = 0; i < COUNT_OF(loads); i++)
			scan(&loads[i]);
	}
	for (size_t i = 0; i < COUNT_OF(loads); i++)
		printf("count  %-34s %5.2f ns/event %5.2f GB/s\n", loads[i].name, loads[i].least_ns,
		       (double)loads[i].content_bytes / (double)loads[i].event_count /
			       loads[i].least_ns);
}

int main(int argc, char **argv)
{
	char *directory = mem_printf("%s/bench-consume-XXXXXX", argc > 1 ? argv[1] : "/tmp");

	measure_counting();
	if (!mkdtemp(directory))
		return 1;
	for (size_t i = 0; i < COUNT_OF(writings); i++)
		prepare_writing(&writings[i]);
	measure_writing(directory);
	for (size_t i = 0; i < COUNT_OF(writings); i++)
		print_writing(&writings[i]);
	rmdir(directory);
	free(directory);
	return 0;
}
