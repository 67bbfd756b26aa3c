/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzer entry: what comes from the kernel and from programs. By its first byte the input is 'F', a
 * format file, a line of equal signs, a page of records; 'E', a program's file; 'A', words: places
 * of probes and arguments.
 */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "backend/base/mem.h"
#include "backend/ctf/metadata.h"
#include "backend/ctf/scan.h"
#include "backend/source/kernel/elf.h"
#include "backend/source/kernel/matcher.h"
#include "backend/source/kernel/probe.h"
#include "backend/source/kernel/push.h"
#include "backend/source/kernel/transcode.h"
#include "backend/source/location.h"

#define PAGE_BYTES   4096
#define PACKET_BYTES 65536
#define ROUNDS_MAX   10000 /* more packets than a page has records: an endless loop */

/* libtraceevent itself loses memory over formats that it can't read. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libtraceevent\n";
}

static const char line[] = "\n====\n";

static void scan(const struct kernel_format *format, const struct packet *packet)
{
	static const struct ctf_layout packed = {64, 8, 8, 8, 8, false};
	struct ctf_type *payload = kernel_format_type(format);
	struct scanner *scanner = scanner_create(&packed, CTF_HEADER_LARGE);
	struct event_counts *counts = event_counts_create();
	struct error err = ERROR_INIT;
	struct scan_result result;

	if (ctf_type_check(payload, &err) && scanner_add_event(scanner, format->id, payload)) {
		scanner_walk(scanner, packet->bytes, packet->first_event_bytes,
			     packet->content_bytes, packet->begin_clock, counts, &result);
		if (!result.is_consistent)
			abort(); /* what we wrote, we can read */
	}
	event_counts_destroy(counts);
	scanner_unref(scanner);
	ctf_type_destroy(payload);
}

static void transcode(const struct kernel_format *format, struct kernel_class *class,
		      const unsigned char *page)
{
	struct kernel_class **by_id = mem_zalloc((UINT16_MAX + 1) * sizeof(struct kernel_class *));
	const struct kernel_classes classes = {by_id, UINT16_MAX + 1};
	struct kernel_writer writer;
	struct kernel_cursor cursor;
	struct packet packet;
	unsigned int rounds = 0;

	by_id[format->id] = class;
	kernel_writer_init(&writer, PACKET_BYTES);
	if (kernel_page_begin(&cursor, page, PAGE_BYTES))
		while (kernel_transcode(&writer, &classes, &cursor, UINT64_MAX) !=
		       KERNEL_PAGE_DONE) {
			if (++rounds > ROUNDS_MAX)
				abort();
			kernel_writer_close(&writer, 0, 0, &packet);
		}
	if (writer.is_open) {
		kernel_writer_close(&writer, 0, 0, &packet);
		scan(format, &packet);
	}
	kernel_writer_finish(&writer);
	free(by_id);
}

static void read_records(const char *text, size_t length)
{
	static const char *const filters[] = {"a > 1 && b == \"x*\"", "c[1] & 3 || $ctx.tid"};
	const char *end = memmem(text, length, line, strlen(line));
	size_t format_bytes = end ? (size_t)(end - text) : length;
	unsigned char page[PAGE_BYTES] = {0};
	struct error err = ERROR_INIT;
	struct kernel_format *format;
	struct kernel_class *class;
	char *copy = mem_zalloc(format_bytes + 1);
	bool is_whole;

	memcpy(copy, text, format_bytes);
	if (end) {
		size_t left = length - format_bytes - strlen(line);

		memcpy(page, end + strlen(line), left < PAGE_BYTES ? left : PAGE_BYTES);
	}
	format = kernel_format_read("sched", copy, format_bytes, &err);
	if (format) {
		class = kernel_class_create(format);
		transcode(format, class, page);
		class->wants_data = kernel_matcher_create(format, filters, 2);
		class->wants = kernel_matcher_wants;
		transcode(format, class, page);
		kernel_matcher_destroy((struct kernel_matcher *)(uintptr_t) class->wants_data);
		free(kernel_push_filter(format, filters, 2, &is_whole));
		kernel_class_destroy(class);
	}
	kernel_format_destroy(format);
	free(copy);
}

static void read_program(const uint8_t *bytes, size_t length)
{
	struct error err = ERROR_INIT;
	struct kernel_sdt_site *sites = NULL;
	size_t count = 0;
	uint64_t offset;
	int fd = memfd_create("program", MFD_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, bytes, length) == (ssize_t)length) {
		kernel_elf_find_function(fd, "calls_work", &offset, &err);
		if (kernel_elf_find_sdt(fd, "calls", "step", &sites, &count, &err))
			kernel_elf_free_sites(sites, count);
	}
	close(fd);
}

static void read_words(const char *text)
{
	struct text out = {0};

	kernel_probe_argument(text, &out);
	for (int kind = RULE_PROBE; kind <= RULE_USERSPACE_PROBE; kind++) {
		struct error err = ERROR_INIT;
		struct location location;

		if (location_parse(text, (enum rule_kind)kind, &location, &err))
			location_print(&location, &out);
		location_finish(&location);
	}
	text_finish(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	char *copy;

	if (length == 0)
		return 0;
	copy = mem_zalloc(length);
	memcpy(copy, bytes + 1, length - 1);
	if (bytes[0] == 'F')
		read_records(copy, length - 1);
	else if (bytes[0] == 'E')
		read_program(bytes + 1, length - 1);
	else if (bytes[0] == 'A')
		read_words(copy);
	free(copy);
	return 0;
}
