/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How fast records of the kernel become CTF events, on one core: the recorded pages of the tests'
 * fixtures, again and again, in rounds. Prints millions of events a second of CPU time: the median
 * and the quartiles of the rounds, and bytes an event on both sides.
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

int main(int argc, char **argv)
{
	unsigned int rounds = argc > 1 ? (unsigned int)atoi(argv[1]) : 9;
	uint64_t round_ns = argc > 2 ? strtoull(argv[2], NULL, 10) * 1000000 : 500000000;
	struct input *input = mem_zalloc(sizeof(*input));
	struct kernel_writer writer;
	double rates[ROUNDS_MAX];
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
	for (unsigned int i = 0; i < rounds; i++) {
		struct result one = {0};
		uint64_t begin = cpu_ns(), now;

		do {
			for (int j = 0; j < 100; j++)
				transcode_all(input, &writer, &one);
			now = cpu_ns();
		} while (now - begin < round_ns);
		rates[i] = (double)one.events * 1e3 / (double)(now - begin);
		all.events += one.events;
		all.bytes_in += one.bytes_in;
		all.bytes_out += one.bytes_out;
	}
	qsort(rates, rounds, sizeof(rates[0]), compare);
	printf("%.1f (%.1f-%.1f) M events/s on one core; %.1f bytes an event in the ring, %.1f in "
	       "the trace\n",
	       rates[rounds / 2], rates[rounds / 4], rates[rounds - 1 - rounds / 4],
	       (double)all.bytes_in / (double)all.events,
	       (double)all.bytes_out / (double)all.events);
	kernel_writer_finish(&writer);
	for (size_t i = 0; i < COUNT_OF(input->by_id); i++)
		kernel_class_destroy(input->by_id[i]);
	free(input->pages);
	free(input);
	return 0;
}
