/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How fast records of the kernel become CTF events, on one core: the recorded pages of the tests'
 * fixtures, again and again, in rounds of short slices. A machine that others share takes time away
 * that counts as ours, so a round is as fast as the median of its slices. Prints millions of events
 * a second of CPU time: the median and the quartiles of the rounds, the slowest and the fastest
 * slice, which tell how quiet the machine was, and bytes an event on both sides.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backend/base/mem.h"
#include "backend/source/kernel/transcode.h"
#include "tests/unit/kernel_kit.h"

#define PACKET_BYTES (256 * 1024)
#define ROUNDS_MAX   99
#define SLICES_MAX   4096
#define SLICE_TURNS  100 /* through all pages: about 2 ms */

struct input {
	unsigned char *pages;
	size_t page_count;
	struct kernel_class *by_id[UINT16_MAX + 1];
	struct kernel_classes classes;
};

static void add_format(void *data, const char *system, const char *text, size_t length,
		       struct kernel_format *format)
{
	struct input *input = data;

	(void)system;
	(void)text;
	(void)length;
	input->by_id[format->id] = kernel_class_create(format);
	kernel_format_destroy(format);
}

static uint64_t cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

struct result {
	uint64_t events, bytes_in, bytes_out;
};

static void close_packet(struct kernel_writer *writer, struct result *result)
{
	struct packet packet;

	result->events += writer->event_count;
	kernel_writer_close(writer, 0, 0, &packet);
	result->bytes_out += packet.content_bytes;
}

/* All pages once; their times begin anew each time, as those of another ring would. */
static void transcode_all(const struct input *input, struct kernel_writer *writer,
			  struct result *result)
{
	writer->last_clock = 0;
	for (size_t i = 0; i < input->page_count; i++) {
		struct kernel_cursor cursor;

		if (!kernel_page_begin(&cursor, input->pages + i * KERNEL_KIT_PAGE_BYTES,
				       KERNEL_KIT_PAGE_BYTES))
			continue;
		result->bytes_in += (uint64_t)(cursor.end - cursor.at);
		while (kernel_transcode(writer, &input->classes, &cursor, UINT64_MAX) ==
		       KERNEL_PACKET_FULL)
			close_packet(writer, result);
	}
	if (writer->is_open)
		close_packet(writer, result);
}

static int compare(const void *left, const void *right)
{
	double difference = *(const double *)left - *(const double *)right;

	return (difference > 0) - (difference < 0);
}

static double median(double *values, size_t count)
{
	qsort(values, count, sizeof(values[0]), compare);
	return values[count / 2];
}

/* Millions of events a second. */
static double run_slice(const struct input *input, struct kernel_writer *writer, struct result *all)
{
	struct result one = {0};
	uint64_t begin = cpu_ns(), end;

	for (int i = 0; i < SLICE_TURNS; i++)
		transcode_all(input, writer, &one);
	end = cpu_ns();
	all->events += one.events;
	all->bytes_in += one.bytes_in;
	all->bytes_out += one.bytes_out;
	return (double)one.events * 1e3 / (double)(end - begin);
}

/* Its slices, sorted. */
struct slices {
	double rates[SLICES_MAX];
	size_t count;
};

static double run_round(const struct input *input, struct kernel_writer *writer, uint64_t round_ns,
			struct slices *slices, struct result *all)
{
	uint64_t begin = cpu_ns();

	slices->count = 0;
	do
		slices->rates[slices->count++] = run_slice(input, writer, all);
	while (cpu_ns() - begin < round_ns && slices->count < SLICES_MAX);
	return median(slices->rates, slices->count);
}

int main(int argc, char **argv)
{
	unsigned int rounds = argc > 1 ? (unsigned int)atoi(argv[1]) : 9;
	uint64_t round_ns = argc > 2 ? strtoull(argv[2], NULL, 10) * 1000000 : 500000000;
	struct input *input = mem_zalloc(sizeof(*input));
	struct slices *slices = mem_zalloc(sizeof(*slices));
	double rates[ROUNDS_MAX], slowest = 0, fastest = 0;
	struct kernel_writer writer;
	struct result all = {0};
	size_t length;

	if (rounds < 1 || rounds > ROUNDS_MAX) {
		fputs("Usage: bench_transcode [ROUNDS [MILLISECONDS]]\n", stderr);
		return 1;
	}
	input->pages = (unsigned char *)kernel_kit_read("pages.bin", &length);
	input->page_count = length / KERNEL_KIT_PAGE_BYTES;
	input->classes =
		(struct kernel_classes){.by_id = input->by_id, .count = COUNT_OF(input->by_id)};
	kernel_kit_read_formats(add_format, input);
	kernel_writer_init(&writer, PACKET_BYTES);
	run_slice(input, &writer, &all); /* touches all memory first */
	for (unsigned int i = 0; i < rounds; i++) {
		rates[i] = run_round(input, &writer, round_ns, slices, &all);
		if (i == 0 || slices->rates[0] < slowest)
			slowest = slices->rates[0];
		if (slices->rates[slices->count - 1] > fastest)
			fastest = slices->rates[slices->count - 1];
	}
	qsort(rates, rounds, sizeof(rates[0]), compare);
	printf("%.1f (%.1f-%.1f) M events/s on one core, a slice %.1f to %.1f; %.1f bytes an event "
	       "in "
	       "the ring, %.1f in the trace\n",
	       rates[rounds / 2], rates[rounds / 4], rates[rounds - 1 - rounds / 4], slowest,
	       fastest, (double)all.bytes_in / (double)all.events,
	       (double)all.bytes_out / (double)all.events);
	kernel_writer_finish(&writer);
	for (size_t i = 0; i < COUNT_OF(input->by_id); i++)
		kernel_class_destroy(input->by_id[i]);
	free(input->pages);
	free(slices);
	free(input);
	return 0;
}
