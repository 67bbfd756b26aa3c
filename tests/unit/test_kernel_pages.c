/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Recorded ring pages of a real kernel: records, fields and the CTF made of them are what
 * libtraceevent's own readers find in the same bytes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <traceevent/event-parse.h>
#include <traceevent/kbuffer.h>

#include "backend/base/mem.h"
#include "backend/browse/page_make.h"
#include "backend/ctf/decode.h"
#include "backend/ctf/metadata.h"
#include "backend/ctf/scan.h"
#include "backend/source/kernel/matcher.h"
#include "backend/source/kernel/transcode.h"
#include "tests/unit/kernel_kit.h"
#include "tests/unit/trace_kit.h"

#define PACKET_BYTES 16384
#define STREAM_ID    3

struct fixture {
	char *pages;
	size_t page_count;
	struct tep_handle *tep;
	struct kernel_format *formats[UINT16_MAX + 1];
	struct kernel_class *classes[UINT16_MAX + 1];
	struct kernel_classes table;
};

static void add_format(void *data, const char *system, const char *text, size_t length,
		       struct kernel_format *format)
{
	struct fixture *fixture = data;

	assert_null(fixture->formats[format->id]);
	fixture->formats[format->id] = format;
	fixture->classes[format->id] = kernel_class_create(format);
	tep_parse_event(fixture->tep, text, length, system);
}

static int set_up(void **state)
{
	struct fixture *fixture = mem_zalloc(sizeof(*fixture));
	size_t length;

	tep_set_loglevel(TEP_LOG_NONE);
	fixture->tep = tep_alloc();
	tep_set_long_size(fixture->tep, 8);
	fixture->pages = kernel_kit_read("pages.bin", &length);
	fixture->page_count = length / KERNEL_KIT_PAGE_BYTES;
	assert_true(fixture->page_count > 0);
	kernel_kit_read_formats(add_format, fixture);
	fixture->table = (struct kernel_classes){.by_id = fixture->classes,
						 .count = COUNT_OF(fixture->classes)};
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	for (size_t i = 0; i < COUNT_OF(fixture->formats); i++) {
		kernel_format_destroy(fixture->formats[i]);
		kernel_class_destroy(fixture->classes[i]);
	}
	tep_free(fixture->tep);
	free(fixture->pages);
	free(fixture);
	return 0;
}

static unsigned char *page_at(const struct fixture *fixture, size_t index)
{
	return (unsigned char *)fixture->pages + index * KERNEL_KIT_PAGE_BYTES;
}

/* --- records */

static void records_are_those_that_libtraceevent_finds(void **state)
{
	const struct fixture *fixture = *state;
	struct kbuffer *oracle = kbuffer_alloc(KBUFFER_LSIZE_8, KBUFFER_ENDIAN_LITTLE);
	size_t count = 0;

	for (size_t i = 0; i < fixture->page_count; i++) {
		struct kernel_cursor cursor;
		struct kernel_record record = {0};
		unsigned long long clock;
		void *data;

		assert_int_equal(kbuffer_load_subbuffer(oracle, page_at(fixture, i)), 0);
		assert_true(kernel_page_begin(&cursor, page_at(fixture, i), KERNEL_KIT_PAGE_BYTES));
		for (data = kbuffer_read_event(oracle, &clock); data;
		     data = kbuffer_next_event(oracle, &clock)) {
			assert_true(kernel_page_next(&cursor, &record));
			assert_ptr_equal(record.bytes, data);
			assert_int_equal(record.clock, clock);
			assert_int_equal(record.length, kbuffer_event_size(oracle));
			count++;
		}
		assert_false(kernel_page_next(&cursor, &record));
		assert_false(cursor.is_broken);
	}
	assert_true(count > 1000);
	kbuffer_free(oracle);
}

/* --- CTF */

struct written {
	char *directory;
	FILE *file;
	uint64_t event_count;
	uint64_t packet_count;
	struct scanner *scanner;
};

static void close_packet(struct kernel_writer *writer, struct written *written)
{
	struct packet packet;
	struct scan_result result;

	written->event_count += writer->event_count;
	kernel_writer_close(writer, writer->last_clock, 0, &packet);
	assert_int_equal(fwrite(packet.bytes, 1, packet.size_bytes, written->file),
			 packet.size_bytes);
	scanner_walk(written->scanner, packet.bytes, packet.first_event_bytes, packet.content_bytes,
		     packet.begin_clock, NULL, &result);
	assert_true(result.is_consistent);
	assert_int_equal(result.last_clock, packet.end_clock);
	written->packet_count++;
}

static void write_metadata(const struct fixture *fixture, const struct kernel_writer *writer,
			   struct written *written)
{
	struct text text = {0};
	char *path = mem_printf("%s/metadata", written->directory);

	kit_metadata(&text, &writer->uuid, &kit_packed);
	ctf_metadata_stream(&text, &kit_packed, STREAM_ID, CTF_HEADER_LARGE, NULL);
	for (size_t i = 0; i < COUNT_OF(fixture->formats); i++) {
		struct ctf_type *payload;

		if (!fixture->formats[i])
			continue;
		payload = kernel_format_type(fixture->formats[i]);
		assert_true(ctf_type_check(payload, NULL));
		ctf_metadata_event(&text, fixture->formats[i]->name, (uint32_t)i, STREAM_ID, -1,
				   NULL, payload);
		assert_true(scanner_add_event(written->scanner, (uint32_t)i, payload));
		ctf_type_destroy(payload);
	}
	kit_write_file(path, text_str(&text), text.length);
	free(path);
	text_finish(&text);
}

/* All pages in packets that are much too small for them. */
static void write_trace(const struct fixture *fixture, struct written *written)
{
	struct kernel_writer writer;
	char *path;

	*written = (struct written){
		.directory = kit_make_directory(),
		.scanner = scanner_create(&kit_packed, CTF_HEADER_LARGE),
	};
	kernel_writer_init(&writer, PACKET_BYTES);
	writer.stream_id = STREAM_ID;
	memset(writer.uuid.bytes, 7, sizeof(writer.uuid.bytes));
	write_metadata(fixture, &writer, written);
	path = mem_printf("%s/kernel_0", written->directory);
	written->file = fopen(path, "w");
	assert_non_null(written->file);
	for (size_t i = 0; i < fixture->page_count; i++) {
		struct kernel_cursor cursor;

		assert_true(kernel_page_begin(&cursor, page_at(fixture, i), KERNEL_KIT_PAGE_BYTES));
		while (kernel_transcode(&writer, &fixture->table, &cursor, UINT64_MAX) ==
		       KERNEL_PACKET_FULL)
			close_packet(&writer, written);
	}
	close_packet(&writer, written);
	assert_int_equal(writer.unknown_count, 0);
	assert_int_equal(writer.broken_count, 0);
	kernel_writer_finish(&writer);
	fclose(written->file);
	free(path);
}

static void finish_trace(struct written *written)
{
	kit_remove_tree(written->directory);
	free(written->directory);
	scanner_unref(written->scanner);
}

static const struct event_field *find_field(const struct event_page *page,
					    const struct event_row *row, const char *name)
{
	for (size_t i = 0; i < row->field_count; i++) {
		const struct event_field *field = &page->fields[row->first_field + i];

		if (field->scope == EVENT_PAYLOAD && strcmp(field->name, name) == 0)
			return field;
	}
	return NULL;
}

/* Text up to the first NUL; what is no field of libtraceevent's is not compared here. */
static size_t compare_field(const struct tep_format_field *expected, const unsigned char *record,
			    const struct kernel_field *ours, const struct event_field *got)
{
	unsigned long long value;
	char text[64];

	if (ours->kind == KERNEL_TEXT) {
		snprintf(text, sizeof(text), "%.*s", expected->size,
			 (const char *)record + expected->offset);
		assert_string_equal(got->value, text);
		return 1;
	}
	if (ours->kind == KERNEL_STRING) {
		unsigned int place;

		memcpy(&place, record + expected->offset, sizeof(place));
		snprintf(text, sizeof(text), "%.*s", (int)(place >> 16),
			 (const char *)record + (place & 0xffff));
		assert_string_equal(got->value, text);
		return 1;
	}
	if (ours->kind != KERNEL_INTEGER && ours->kind != KERNEL_POINTER)
		return 0;
	assert_int_equal(tep_read_number_field((struct tep_format_field *)(uintptr_t)expected,
					       record, &value),
			 0);
	if (ours->size_bytes < 8)
		value &= (UINT64_C(1) << (8 * ours->size_bytes)) - 1;
	if (ours->kind == KERNEL_POINTER)
		snprintf(text, sizeof(text), "0x%llX", value);
	else if (ours->is_signed)
		snprintf(text, sizeof(text), "%lld",
			 (long long)(value << (64 - 8 * ours->size_bytes)) >>
				 (64 - 8 * ours->size_bytes));
	else
		snprintf(text, sizeof(text), "%llu", value);
	assert_string_equal(got->value, text);
	return 1;
}

static size_t compare_event(const struct fixture *fixture, const struct kernel_record *record,
			    const struct event_page *page, const struct event_row *row)
{
	uint16_t id = kernel_u16(record->bytes);
	const struct kernel_format *format = fixture->formats[id];
	struct tep_event *event = tep_find_event(fixture->tep, id);
	size_t compared = 0;

	assert_non_null(event);
	assert_string_equal(row->name, format->name);
	for (size_t i = 0; i < format->field_count; i++) {
		const struct kernel_field *ours = &format->fields[i];
		const struct event_field *got = find_field(page, row, ours->name);

		assert_non_null(got);
		compared +=
			compare_field(tep_find_field(event, ours->name), record->bytes, ours, got);
	}
	return compared;
}

/* Packets of all records in one stream: each event that babeltrace2 decodes is compared. */
static void the_trace_reads_back_field_by_field(void **state)
{
	const struct fixture *fixture = *state;
	struct written written;
	struct decoder *decoder;
	struct decoded_event event;
	struct error err = ERROR_INIT;
	size_t compared = 0;
	uint64_t count = 0;

	write_trace(fixture, &written);
	assert_true(written.packet_count > 2);
	decoder = decoder_open((const char *const *)&written.directory, 1, &err);
	assert_non_null(decoder);
	for (size_t i = 0; i < fixture->page_count; i++) {
		struct kernel_cursor cursor;
		struct kernel_record record = {0};

		assert_true(kernel_page_begin(&cursor, page_at(fixture, i), KERNEL_KIT_PAGE_BYTES));
		while (kernel_page_next(&cursor, &record)) {
			struct event_page *page = event_page_make();

			assert_int_equal(decoder_next(decoder, &event, &err), DECODER_EVENT);
			decoder_add_row(decoder, page);
			compared += compare_event(fixture, &record, page, &page->rows[0]);
			event_page_unref(page);
			count++;
		}
	}
	assert_int_equal(decoder_next(decoder, &event, &err), DECODER_END);
	assert_int_equal(count, written.event_count);
	assert_true(compared > 5000);
	decoder_close(decoder);
	assert_int_equal(kit_count_events(written.directory), count);
	finish_trace(&written);
}

/* --- cuts */

static void a_cut_divides_the_records_by_their_time(void **state)
{
	const struct fixture *fixture = *state;
	struct kernel_writer writer;
	struct kernel_cursor cursor, all = {0};
	struct kernel_record record = {0};
	uint64_t before = 0, after = 0, middle = 0, cut_clock;

	assert_true(kernel_page_begin(&all, page_at(fixture, 0), KERNEL_KIT_PAGE_BYTES));
	while (kernel_page_next(&all, &record))
		before++;
	assert_true(before > 10);
	assert_true(kernel_page_begin(&all, page_at(fixture, 0), KERNEL_KIT_PAGE_BYTES));
	for (uint64_t i = 0; i < before / 2; i++)
		assert_true(kernel_page_next(&all, &record));
	cut_clock = record.clock;
	while (kernel_page_next(&all, &record))
		after += record.clock > cut_clock;

	kernel_writer_init(&writer, PACKET_BYTES * 4);
	assert_true(kernel_page_begin(&cursor, page_at(fixture, 0), KERNEL_KIT_PAGE_BYTES));
	assert_int_equal(kernel_transcode(&writer, &fixture->table, &cursor, cut_clock),
			 KERNEL_CUT_REACHED);
	middle = writer.event_count;
	assert_int_equal(writer.last_clock, cut_clock);
	assert_int_equal(kernel_transcode(&writer, &fixture->table, &cursor, cut_clock),
			 KERNEL_CUT_REACHED);
	assert_int_equal(writer.event_count, middle);
	assert_int_equal(kernel_transcode(&writer, &fixture->table, &cursor, UINT64_MAX),
			 KERNEL_PAGE_DONE);
	assert_int_equal(middle, before - after);
	assert_int_equal(writer.event_count, before);
	kernel_writer_finish(&writer);
}

/* --- whose records */

static void records_of_own_threads_are_left_out(void **state)
{
	const struct fixture *fixture = *state;
	struct kernel_own own = {.count = 1};
	struct kernel_classes table = fixture->table;
	struct kernel_writer writer;
	struct kernel_cursor cursor;
	struct kernel_record record = {0};
	uint64_t others = 0, owns = 0;

	assert_true(kernel_page_begin(&cursor, page_at(fixture, 0), KERNEL_KIT_PAGE_BYTES));
	while (kernel_page_next(&cursor, &record)) {
		int32_t tid = (int32_t)kernel_u32(record.bytes + 4);

		if (owns + others == 0)
			own.tids[0] = tid;
		owns += tid == own.tids[0];
		others += tid != own.tids[0];
	}
	own.hint = UINT64_C(1) << ((uint32_t)own.tids[0] % 64);
	table.own = &own;
	kernel_writer_init(&writer, PACKET_BYTES * 4);
	assert_true(kernel_page_begin(&cursor, page_at(fixture, 0), KERNEL_KIT_PAGE_BYTES));
	assert_int_equal(kernel_transcode(&writer, &table, &cursor, UINT64_MAX), KERNEL_PAGE_DONE);
	assert_true(owns > 0);
	assert_int_equal(writer.event_count, others);
	assert_int_equal(writer.unknown_count, 0);
	kernel_writer_finish(&writer);
}

/* --- what is no page */

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525U + 1013904223U;
	return *seed >> 8;
}

static void damaged_pages_lead_nowhere(void **state)
{
	const struct fixture *fixture = *state;
	unsigned char *page =
		mem_alloc(KERNEL_KIT_PAGE_BYTES); /* of its own: a step out of it is seen */
	struct kernel_writer writer;
	uint32_t seed = 1;

	kernel_writer_init(&writer, PACKET_BYTES);
	for (unsigned int round = 0; round < 3000; round++) {
		struct kernel_cursor cursor;
		struct packet packet;

		memcpy(page, page_at(fixture, round % fixture->page_count), KERNEL_KIT_PAGE_BYTES);
		for (unsigned int i = 0; i < 1 + round % 7; i++)
			page[next_random(&seed) % KERNEL_KIT_PAGE_BYTES] =
				(unsigned char)next_random(&seed);
		if (!kernel_page_begin(&cursor, page, KERNEL_KIT_PAGE_BYTES))
			continue;
		while (kernel_transcode(&writer, &fixture->table, &cursor, UINT64_MAX) ==
		       KERNEL_PACKET_FULL)
			kernel_writer_close(&writer, 0, 0, &packet);
	}
	assert_true(writer.broken_count > 0);
	assert_true(writer.unknown_count > 0);
	kernel_writer_finish(&writer);
	free(page);
}

static void what_is_no_format_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		"name: a\n",
		"name: a\nID: 70000\nformat:\n",
		("name: a\nID: 7\nformat:\n"
		 "\tfield:int x;\toffset:70000;\tsize:4;\tsigned:1;\n\nprint fmt: \"\"\n"),
		("name: a\nID: 7\nformat:\n"
		 "\tfield:int x;\toffset:8;\tsize:-4;\tsigned:1;\n\nprint fmt: \"\"\n"),
	};
	struct error err;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct kernel_format *format;

		err = (struct error)ERROR_INIT;
		format = kernel_format_read("sched", texts[i], strlen(texts[i]), &err);
		if (format) /* common fields alone are an event without any of its own */
			assert_int_equal(format->field_count, 0);
		else
			assert_int_equal(err.code, ERROR_INVALID);
		kernel_format_destroy(format);
	}
}

static struct kernel_format *read_declaration(const char *declaration, int size)
{
	struct error err = ERROR_INIT;
	char *text =
		mem_printf("name: one\nID: 7\nformat:\n"
			   "\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
			   "\n\tfield:%s;\toffset:8;\tsize:%d;\tsigned:0;\n"
			   "\nprint fmt: \"%%d %%s\", REC->a, __get_str(b)\n",
			   declaration, size);
	struct kernel_format *format = kernel_format_read("sched", text, strlen(text), &err);

	free(text);
	return format;
}

/* What is printed does not matter, nor what compilers are told of a pointer. */
static void declarations_are_of_known_shapes(void **state)
{
	static const struct {
		const char *declaration;
		int size;
		enum kernel_field_kind kind;
		uint8_t element_bytes;
	} good[] = {
		{"int a", 4, KERNEL_INTEGER, 4},
		{"const char * a", 8, KERNEL_POINTER, 8},
		{"const struct x *const a", 8, KERNEL_POINTER, 8},
		{"struct x __attribute__((btf_type_tag(\"user\"))) * a", 8, KERNEL_POINTER, 8},
		{"char a[16]", 16, KERNEL_TEXT, 1},
		{"char a[TASK_COMM_LEN + 1]", 16, KERNEL_TEXT, 1},
		{"unsigned int a[4]", 16, KERNEL_ARRAY, 4},
		{"__data_loc char[] a", 4, KERNEL_STRING, 1},
		{"__rel_loc char[] a", 4, KERNEL_STRING, 1},
		{"__data_loc unsigned int[] a", 4, KERNEL_SEQUENCE, 4},
		{"__data_loc u16[] a", 4, KERNEL_SEQUENCE, 2},
		{"__data_loc cpumask_t a", 4, KERNEL_SEQUENCE, 8},
		{"struct x a", 24, KERNEL_ARRAY, 1},
	};
	static const char *const bad[] = {
		"",
		"int",
		"a",
		"*",
		"int *",
		"int a[4",
		"int a]4[",
		"int a[4][4]",
		"int a[4] b",
		"__data_loc a",
		"__data_loc char[]",
		"int __data_loc a",
		"int (*a)(int)",
		"int a; b",
		"int\ta",
		"[4] a",
		"int a b c d e f g h i j k l m n o p q r s t u v w x y z 0 1 2 3 4 5 6",
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(good); i++) {
		struct kernel_format *format = read_declaration(good[i].declaration, good[i].size);

		assert_non_null(format);
		assert_int_equal(format->field_count, 1);
		assert_string_equal(format->fields[0].name, "a");
		assert_int_equal(format->fields[0].kind, good[i].kind);
		assert_int_equal(format->fields[0].element_bytes, good[i].element_bytes);
		kernel_format_destroy(format);
	}
	for (size_t i = 0; i < COUNT_OF(bad); i++)
		assert_null(read_declaration(bad[i], 4));
}

static void a_field_is_printed_as_people_read_it(void **state)
{
	static const struct {
		const char *declaration;
		int size;
		const char *wanted;
		char payload[8];
	} cases[] = {
		{"int a", 4, "-2", "\xfe\xff\xff\xff"},
		{"char a[4]", 4, "\"bc^J\"", "bc\n"},
		{"unsigned short a[2]", 4, "[1, 65535]", "\x01\x00\xff\xff"},
		{"__data_loc char[] a", 4, "\"xyz\"", "\x0c\x00\x04\x00xyz"},
		{"__data_loc u16[] a", 4, "[]", "\x0c\x00\x00\x00"},
		{"__data_loc u16[] a", 4, "unavailable", "\xff\x00\x04\x00"},
	};
	static const char *const fields[] = {"a", "b", "a[7]", "1"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		unsigned char bytes[16] = {7};
		const struct kernel_record record = {.bytes = bytes, .length = sizeof(bytes)};
		struct kernel_format *format =
			read_declaration(cases[i].declaration, cases[i].size);
		struct kernel_matcher *matcher;

		assert_non_null(format);
		format->fields[0].is_signed = cases[i].wanted[0] == '-';
		memcpy(bytes + 8, cases[i].payload, 8);
		matcher = kernel_matcher_create(format, fields, COUNT_OF(fields));
		for (size_t j = 0; j < COUNT_OF(fields); j++) {
			struct text text = {0};

			kernel_matcher_print(matcher, j, &record, NULL, &text);
			assert_string_equal(text_str(&text), j ? "unavailable" : cases[i].wanted);
			text_finish(&text);
		}
		kernel_matcher_destroy(matcher);
		kernel_format_destroy(format);
	}
}

static void system_calls_have_lttngs_names_and_types(void **state)
{
	const struct fixture *fixture = *state;
	const struct kernel_format *call = NULL;

	for (size_t i = 0; i < COUNT_OF(fixture->formats); i++)
		if (fixture->formats[i] &&
		    strcmp(fixture->formats[i]->name, "syscall_entry_read") == 0)
			call = fixture->formats[i];
	assert_non_null(call);
	assert_int_equal(call->field_count, 3);
	assert_string_equal(call->fields[0].name, "fd");
	assert_int_equal(call->fields[0].size_bytes, 4);
	assert_int_equal(call->fields[1].kind, KERNEL_POINTER);
	assert_string_equal(call->fields[2].name, "count");
	assert_int_equal(call->fields[2].size_bytes, 8);
	assert_false(call->fields[2].is_signed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_are_those_that_libtraceevent_finds),
		cmocka_unit_test(the_trace_reads_back_field_by_field),
		cmocka_unit_test(a_cut_divides_the_records_by_their_time),
		cmocka_unit_test(records_of_own_threads_are_left_out),
		cmocka_unit_test(damaged_pages_lead_nowhere),
		cmocka_unit_test(what_is_no_format_is_refused),
		cmocka_unit_test(declarations_are_of_known_shapes),
		cmocka_unit_test(a_field_is_printed_as_people_read_it),
		cmocka_unit_test(system_calls_have_lttngs_names_and_types),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
