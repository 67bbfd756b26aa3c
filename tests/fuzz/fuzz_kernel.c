/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzer entry: what comes from the kernel and from programs. By its first byte the input is 'F', a
 * format file, a line of equal signs, a page of records; 'D', the same with the fields'
 * descriptions as numbers; 'E', a program's file; 'A', words: places of probes and arguments.
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

/* As Linux 6.18 has them. */
static const struct kernel_stacks both_stacks = {
	.places = {[KERNEL_STACK_KERNEL] = {true, true, 4, 8, 16, 8},
		   [KERNEL_STACK_USER] = {true, false, 13, 0, 16, 8}}};
static const struct context_spec stack_contexts[] = {{"callstack-kernel"}, {"callstack-user"}};
static const struct channel_spec stack_channel = {.contexts = stack_contexts,
						  .context_count = COUNT_OF(stack_contexts)};

static void scan(const struct kernel_format *format, const struct packet *packet, bool has_stacks)
{
	static const struct ctf_layout packed = {64, 8, 8, 8, 8, false};
	struct ctf_type *payload = kernel_format_type(format);
	struct scanner *scanner = scanner_create(&packed, CTF_HEADER_LARGE);
	struct event_counts *counts = event_counts_create();
	struct error err = ERROR_INIT;
	struct scan_result result;

	if (has_stacks) {
		struct ctf_type *context = ctf_type_create(CTF_STRUCT);

		context->align_bits = 8;
		kernel_stack_add_types(context, &stack_channel);
		scanner_set_context(scanner, context);
		ctf_type_destroy(context);
	}
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

/* The same page again, as the one behind it: an event may wait for its call stacks. */
static void transcode_page(struct kernel_writer *writer, const struct kernel_classes *classes,
			   const unsigned char *page, uint64_t cut_clock)
{
	unsigned int rounds = 0;
	struct kernel_cursor cursor;
	struct packet packet;

	if (!kernel_page_begin(&cursor, page, PAGE_BYTES))
		return;
	if (cursor.has_lost)
		kernel_transcode_rest(writer, UINT64_MAX);
	for (;;) {
		enum kernel_transcoded result =
			kernel_transcode(writer, classes, &cursor, cut_clock);

		if (result == KERNEL_PAGE_DONE)
			return;
		if (++rounds > ROUNDS_MAX)
			abort();
		if (result == KERNEL_CUT_REACHED)
			cut_clock = UINT64_MAX;
		if (writer->is_open)
			kernel_writer_close(writer, 0, 0, &packet);
	}
}

static void transcode(const struct kernel_format *format, struct kernel_class *class,
		      const unsigned char *page, const struct kernel_stacks *stacks)
{
	struct kernel_class **by_id = mem_zalloc((UINT16_MAX + 1) * sizeof(struct kernel_class *));
	const struct kernel_classes classes = {.by_id = by_id, .count = UINT16_MAX + 1};
	struct kernel_writer writer;
	struct kernel_cursor next = {0};
	struct packet packet;

	by_id[format->id] = class;
	kernel_writer_init(&writer, PACKET_BYTES);
	writer.callstack = kernel_callstack_create(stacks);
	transcode_page(&writer, &classes, page, UINT64_MAX);
	if (writer.callstack) {
		transcode_page(&writer, &classes, page, kernel_u64(page) + 100);
		kernel_page_begin(&next, page, PAGE_BYTES);
		while (!kernel_transcode_rest_of(&writer, &next))
			kernel_writer_close(&writer, 0, 0, &packet);
	}
	if (writer.is_open) {
		kernel_writer_close(&writer, 0, 0, &packet);
		scan(format, &packet, writer.callstack != NULL);
	}
	kernel_writer_finish(&writer);
	free(by_id);
}

static void use(const struct kernel_format *format, const unsigned char *page)
{
	static const char *const filters[] = {"a > 1 && b == \"x*\"", "c[1] & 3 || $ctx.tid"};
	struct kernel_class *class = kernel_class_create(format);
	struct kernel_matcher *matcher = kernel_matcher_create(format, filters, COUNT_OF(filters));
	static const struct kernel_stacks none = {0};
	bool is_whole;

	transcode(format, class, page, &none);
	transcode(format, class, page, &both_stacks);
	class->wants_data = matcher;
	class->wants = kernel_matcher_wants;
	transcode(format, class, page, &none);
	free(kernel_push_filter(format, filters, COUNT_OF(filters), &is_whole));
	kernel_matcher_destroy(matcher);
	kernel_class_destroy(class);
}

static void read_records(const char *text, size_t length)
{
	const char *end = memmem(text, length, line, strlen(line));
	size_t format_bytes = end ? (size_t)(end - text) : length;
	unsigned char page[PAGE_BYTES] = {0};
	struct error err = ERROR_INIT;
	struct kernel_format *format;
	char *copy = mem_zalloc(format_bytes + 1);

	memcpy(copy, text, format_bytes);
	if (end) {
		size_t left = length - format_bytes - strlen(line);

		memcpy(page, end + strlen(line), left < PAGE_BYTES ? left : PAGE_BYTES);
	}
	format = kernel_format_read(strlen(copy) % 2 ? "syscalls" : "sched", copy, format_bytes,
				    &err);
	if (format)
		use(format, page);
	kernel_format_destroy(format);
	free(copy);
}

/* One field of 6 bytes, as far as it can be one: what kernel_format_read() promises. */
static struct kernel_field make_field(const unsigned char *bytes, size_t number)
{
	struct kernel_field field = {
		.name = mem_printf("%c", (char)('a' + number)),
		.kind = (enum kernel_field_kind)(bytes[0] % (KERNEL_SEQUENCE + 1)),
		.element_bytes = (uint8_t)(1 << (bytes[1] & 3)),
		.is_signed = bytes[1] & 4,
		.is_narrowed = bytes[1] & 8,
		.is_renamed = bytes[1] & 16,
		.is_relative = bytes[1] & 32,
		.offset = kernel_u16(bytes + 2),
		.size_bytes = kernel_u16(bytes + 4),
	};

	if (bytes[1] & 64) /* near the record's begin, where most are */
		field.offset &= 63;
	if (field.kind == KERNEL_INTEGER || field.kind == KERNEL_POINTER)
		field.size_bytes = field.element_bytes;
	else if (field.kind == KERNEL_STRING || field.kind == KERNEL_SEQUENCE)
		field.size_bytes = 4;
	if (field.kind == KERNEL_TEXT || field.kind == KERNEL_STRING)
		field.element_bytes = 1;
	if (field.offset < KERNEL_RECORD_COMMON_BYTES)
		field.offset = KERNEL_RECORD_COMMON_BYTES;
	if (field.size_bytes > UINT16_MAX - field.offset || field.size_bytes == 0) {
		field.offset = KERNEL_RECORD_COMMON_BYTES;
		field.size_bytes = 8;
		field.element_bytes = 8;
		field.kind = KERNEL_INTEGER;
	}
	field.size_bytes = (uint16_t)(field.size_bytes - field.size_bytes % field.element_bytes);
	if (field.size_bytes == 0)
		field.size_bytes = field.element_bytes;
	return field;
}

#define FIELD_BYTES 6

static void read_described(const unsigned char *bytes, size_t length)
{
	struct kernel_field fields[16];
	struct kernel_format format = {.id = 7,
				       .system = mem_strdup("sched"),
				       .name = mem_strdup("one"),
				       .fields = fields};
	unsigned char page[PAGE_BYTES] = {0};
	size_t count = length > 0 ? bytes[0] % (COUNT_OF(fields) + 1) : 0;
	size_t left;

	if (length < 1 + count * FIELD_BYTES)
		count = 0;
	for (size_t i = 0; i < count; i++)
		fields[format.field_count++] = make_field(bytes + 1 + i * FIELD_BYTES, i);
	left = length - (length > 0) - count * FIELD_BYTES;
	memcpy(page, bytes + length - left, left < PAGE_BYTES ? left : PAGE_BYTES);
	use(&format, page);
	for (size_t i = 0; i < count; i++)
		free(fields[i].name);
	free(format.system);
	free(format.name);
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
	else if (bytes[0] == 'D')
		read_described(bytes + 1, length - 1);
	else if (bytes[0] == 'E')
		read_program(bytes + 1, length - 1);
	else if (bytes[0] == 'A')
		read_words(copy);
	free(copy);
	return 0;
}
