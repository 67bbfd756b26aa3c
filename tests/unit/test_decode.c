/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The decoder and the outline of metadata, on traces that the kits write. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "backend/base/json.h"
#include "backend/base/mem.h"
#include "backend/browse/page.h"
#include "backend/browse/page_make.h"
#include "backend/ctf/decode.h"
#include "backend/ctf/outline.h"
#include "tests/unit/trace_kit.h"
#include "tests/unit/trace_make.h"

static const struct trace_recipe recipe = {
	.stream_count = 2,
	.packets_per_stream = 4,
	.packet_bytes = 4096,
	.gap_every = 2,
	.gap_events = 5,
	.has_lost_packets = true,
	.begin_clock = 1000000,
	.step_ns = 500,
	.uuid_byte = 3,
};

static struct decoder *open_one(const char *path)
{
	struct error err = ERROR_INIT;
	struct decoder *decoder = decoder_open(&path, 1, &err);

	if (!decoder)
		fail_msg("%s", err.message);
	return decoder;
}

static void events_come_in_time_order_with_what_was_lost(void **unused)
{
	char *path = kit_make_directory();
	uint64_t count = 0, first_count = 0, last_ns = 0, lost_events = 0, lost_packets = 0;
	struct decoded_event event;
	struct decoder *decoder;
	struct trace_made made;

	(void)unused;
	trace_make(path, &recipe, &made);
	decoder = open_one(path);
	while (decoder_next(decoder, &event, NULL) == DECODER_EVENT) {
		assert_true(event.wall_ns >= last_ns);
		assert_int_equal(strncmp(event.stream, "chan_", 5), 0);
		assert_in_range(event.stream_number, 0, 1);
		assert_in_range(event.packet, 0, 3);
		last_ns = event.wall_ns;
		lost_events += event.lost_events;
		lost_packets += event.lost_packets;
		first_count += event.is_first;
		count++;
	}
	assert_int_equal(count, made.event_count);
	assert_int_equal(last_ns, TRACE_MAKE_OFFSET_NS + made.last_clock);
	assert_int_equal(first_count, 8);
	assert_int_equal(lost_events, made.lost_events);
	assert_int_equal(lost_packets, made.lost_packets);
	decoder_close(decoder);
	kit_remove_tree(path);
	free(path);
}

/* One event of every kind of field, written by hand. */
static char *write_kinds(void)
{
	static const char kinds[] =
		"stream {\n\tid = 0;\n"
		"\tevent.header := struct event_header_large;\n"
		"\tpacket.context := struct packet_context;\n};\n"
		"event {\n\tid = 0;\n\tname = \"all:kinds\";\n\tstream_id = 0;\n"
		"\tfields := struct {\n"
		"\t\tinteger { size = 16; align = 8; signed = 1; base = 10; } _minus;\n"
		"\t\tinteger { size = 8; align = 8; signed = 1; base = 16; } _hex;\n"
		"\t\tinteger { size = 8; align = 8; signed = 0; base = 8; } _octal;\n"
		"\t\tinteger { size = 8; align = 8; signed = 0; base = 2; } _binary;\n"
		"\t\tenum : integer { size = 8; align = 8; signed = 0; } { \"one\" = 1 } _label;\n"
		"\t\tenum : integer { size = 8; align = 8; signed = 0; } { \"one\" = 1 } _other;\n"
		"\t\tfloating_point { exp_dig = 11; mant_dig = 53; align = 8; } _real;\n"
		"\t\tstring _text;\n"
		"\t\tinteger { size = 8; align = 8; encoding = UTF8; } _fixed[4];\n"
		"\t\tstruct { integer { size = 8; align = 8; } _in; } _outer;\n"
		"\t\tinteger { size = 16; align = 8; } _length;\n"
		"\t\tinteger { size = 8; align = 8; } _many[ _length ];\n"
		"\t};\n};\n";
	struct uuid uuid = {{7}};
	char *path = kit_make_directory(), *name = mem_printf("%s/metadata", path);
	struct packet_kit kit;
	struct text text = {0};
	uint64_t real_bits;
	double real = 0.1;

	kit_metadata(&text, &uuid, &kit_packed);
	text_add(&text, kinds);
	kit_write_file(name, text.bytes, text.length);
	kit_init(&kit, &kit_packed);
	kit_begin(&kit, &uuid, 0, 1, 0, 100);
	kit_event(&kit, CTF_HEADER_LARGE, 0, 150, false);
	kit_put_u16(&kit, (uint16_t)-300);
	kit_put_u8(&kit, 0xfe);
	kit_put_u8(&kit, 8);
	kit_put_u8(&kit, 5);
	kit_put_u8(&kit, 1);
	kit_put_u8(&kit, 2);
	memcpy(&real_bits, &real, sizeof(real_bits));
	kit_put_u64(&kit, real_bits);
	kit_put_string(&kit, "a \"b\"");
	kit_put_string(&kit, "wxy");
	kit_put_u8(&kit, 77);
	kit_put_u16(&kit, 300);
	for (unsigned int i = 0; i < 300; i++)
		kit_put_u8(&kit, (uint8_t)i);
	kit_end(&kit, 200, 0);
	free(name);
	name = mem_printf("%s/stream_1", path);
	kit_write_file(name, kit.packet.bytes, kit.packet.size_bytes);
	kit_finish(&kit);
	text_finish(&text);
	free(name);
	return path;
}

static void each_kind_of_field_has_its_text(void **unused)
{
	static const struct {
		const char *name, *value;
		unsigned int depth;
		bool is_text;
	} wanted[] = {
		{"minus", "-300", 0, false},	{"hex", "0xFE", 0, false},
		{"octal", "010", 0, false},	{"binary", "0b101", 0, false},
		{"label", "one (1)", 0, false}, {"other", "<unknown> (2)", 0, false},
		{"real", "0.1", 0, false},	{"text", "a \"b\"", 0, true},
		{"fixed", "wxy", 0, true},	{"outer", "", 0, false},
		{"in", "77", 1, false},		{"length", "300", 0, false},
		{"many", "", 0, false},		{"[0]", "0", 1, false},
	};
	struct event_page *page = event_page_make();
	char *path = write_kinds();
	struct decoder *decoder = open_one(path);
	struct text line = {0}, same = {0};
	const struct event_field *field;
	struct decoded_event event;

	(void)unused;
	assert_int_equal(decoder_next(decoder, &event, NULL), DECODER_EVENT);
	decoder_add_row(decoder, page);
	assert_int_equal(page->row_count, 1);
	assert_string_equal(page->rows[0].name, "all:kinds");
	assert_string_equal(page->rows[0].stream, "stream_1");
	assert_int_equal(page->rows[0].cpu, 1);
	field = page->fields;
	assert_string_equal(field->name, "cpu_id");
	for (size_t i = 0; i < COUNT_OF(wanted); i++) {
		field++;
		assert_string_equal(field->name, wanted[i].name);
		assert_string_equal(field->value, wanted[i].value);
		assert_int_equal(field->depth, wanted[i].depth);
		assert_int_equal(field->is_text, wanted[i].is_text);
		assert_int_equal(field->scope, EVENT_PAYLOAD);
	}
	/* A long sequence is cut, and says so. */
	assert_int_equal(page->rows[0].field_count, 1 + 13 + DECODE_ELEMENTS_MAX + 1);
	field = &page->fields[page->rows[0].field_count - 1];
	assert_string_equal(field->value, "44 more");
	event_row_print(page, &page->rows[0], &same);
	decoder_print(decoder, &line);
	assert_string_equal(text_str(&line), text_str(&same));
	assert_int_equal(decoder_next(decoder, &event, NULL), DECODER_END);
	text_finish(&line);
	text_finish(&same);
	decoder_close(decoder);
	event_page_unref(page);
	kit_remove_tree(path);
	free(path);
}

static bool matches(struct decoder *decoder, const char *expression)
{
	struct filter_problem problem;
	struct filter *filter = filter_parse(expression, &problem);
	bool is_match;

	assert_non_null(filter);
	is_match = decoder_matches(decoder, filter);
	filter_destroy(filter);
	return is_match;
}

static void filters_see_fields_and_contexts(void **unused)
{
	char *path = write_kinds();
	struct decoder *decoder = open_one(path);
	struct decoded_event event;
	int64_t value;

	(void)unused;
	assert_int_equal(decoder_next(decoder, &event, NULL), DECODER_EVENT);
	assert_true(matches(decoder, "minus == -300 && label == 1"));
	assert_true(matches(decoder, "real < 0.2 && text == \"a*\""));
	assert_true(matches(decoder, "outer.in == 77 && many[255] == 255"));
	assert_false(matches(decoder, "many[300] == 0"));
	assert_false(matches(decoder, "nothing == 1"));
	assert_true(matches(decoder, "$ctx.cpu == 1 && $ctx.event_name == \"all:*\""));
	assert_true(matches(decoder, "$ctx.stream == \"stream_1\" && $ctx.cpu_id == 1"));
	assert_true(decoder_integer(decoder, "minus", &value));
	assert_int_equal(value, -300);
	assert_false(decoder_integer(decoder, "text", &value));
	decoder_close(decoder);
	kit_remove_tree(path);
	free(path);
}

static void json_has_numbers_as_numbers(void **unused)
{
	char *path = write_kinds();
	struct decoder *decoder = open_one(path);
	struct json *object = json_create_object();
	struct decoded_event event;
	struct text out = {0};

	(void)unused;
	assert_int_equal(decoder_next(decoder, &event, NULL), DECODER_EVENT);
	decoder_put_json(decoder, object);
	json_print(object, &out);
	assert_non_null(strstr(text_str(&out), "\"minus\":-300"));
	assert_non_null(strstr(text_str(&out), "\"real\":0.1"));
	assert_non_null(strstr(text_str(&out), "\"outer\":{\"in\":77}"));
	assert_non_null(strstr(text_str(&out), "\"many\":[0,1,2,"));
	assert_non_null(strstr(text_str(&out), "\"context\":{\"cpu_id\":1}"));
	text_finish(&out);
	json_unref(object);
	decoder_close(decoder);
	kit_remove_tree(path);
	free(path);
}

static void what_cant_be_read_is_said(void **unused)
{
	char *path = kit_make_directory(), *name = mem_printf("%s/metadata", path);
	const char *missing = "/nowhere/at/all", *const own = path;
	struct error err = ERROR_INIT;
	struct decoded_event event;
	struct trace_made made;
	struct decoder *decoder;
	char *stream;

	(void)unused;
	assert_null(decoder_open(&missing, 1, &err));
	assert_int_equal(err.code, ERROR_INVALID);
	kit_write_file(name, "/* CTF 1.8 */\ntrace { major = \"\033[2J\"; ", 38);
	assert_null(decoder_open(&own, 1, &err));
	assert_int_equal(err.code, ERROR_INVALID);
	assert_null(strchr(err.message, '\033'));
	trace_make(path, &recipe, &made);
	stream = mem_printf("%s/chan_0", path);
	kit_write_file(stream, "junk", 4);
	decoder = decoder_open(&own, 1, &err);
	if (decoder) {
		enum decoder_result result;

		do
			result = decoder_next(decoder, &event, &err);
		while (result == DECODER_EVENT);
		assert_int_equal(result, DECODER_FAILED);
	}
	assert_int_equal(err.code, ERROR_INVALID);
	decoder_close(decoder);
	kit_remove_tree(path);
	free(stream);
	free(name);
	free(path);
}

/* --- the outline of metadata ------------------------------------------------------------------ */

static void outline_reads_what_the_writer_wrote(void **unused)
{
	static const struct ctf_layout *const layouts[] = {&kit_packed, &kit_aligned};
	struct uuid uuid = {{1, 2, 3, 4}};

	(void)unused;
	for (size_t i = 0; i < COUNT_OF(layouts); i++) {
		struct ctf_packet_facts facts;
		struct ctf_outline *outline;
		struct packet_kit kit;
		struct text text = {0};

		kit_metadata(&text, &uuid, layouts[i]);
		ctf_metadata_stream(&text, layouts[i], 5, CTF_HEADER_LARGE, NULL);
		outline = ctf_outline_parse(text.bytes, text.length, NULL);
		assert_non_null(outline);
		assert_true(outline->is_known);
		assert_true(outline->has_uuid);
		assert_memory_equal(outline->uuid, uuid.bytes, 16);
		kit_init(&kit, layouts[i]);
		kit_begin(&kit, &uuid, 5, 3, 9, 1000);
		kit_end(&kit, 2000, 77);
		assert_true(ctf_outline_read_packet(outline, kit.packet.bytes,
						    kit.packet.size_bytes, &facts, NULL));
		assert_int_equal(facts.stream_id, 5);
		assert_int_equal(facts.instance, 3);
		assert_int_equal(facts.sequence, 9);
		assert_int_equal(facts.begin_clock, 1000);
		assert_int_equal(facts.end_clock, 2000);
		assert_int_equal(facts.discarded, 77);
		assert_int_equal(facts.size_bits, kit.packet.size_bytes * 8);
		assert_int_equal(facts.content_bits, kit.packet.content_bytes * 8);
		assert_int_equal(facts.stream->first_event_bits, kit.packet.first_event_bytes * 8);
		assert_int_equal(ctf_outline_wall_ns(outline, facts.stream, 1000),
				 UINT64_C(1700000000000001000));
		for (size_t length = 0; length < kit.packet.first_event_bytes; length++)
			assert_false(ctf_outline_read_packet(outline, kit.packet.bytes, length,
							     &facts, NULL));
		kit_finish(&kit);
		ctf_outline_destroy(outline);
		text_finish(&text);
	}
}

static void outline_follows_lttngs_own_spelling(void **unused)
{
	static const char metadata[] =
		"/* CTF 1.8 */\n"
		"typealias integer { size = 8; align = 8; signed = false; } := uint8_t;\n"
		"typealias integer { size = 32; align = 32; signed = false; } := uint32_t;\n"
		"typealias integer { size = 64; align = 64; signed = false; } := uint64_t;\n"
		"typealias integer { size = 64; align = 64; signed = false; } := unsigned long;\n"
		"trace {\n\tmajor = 1; minor = 8; uuid = "
		"\"00112233-4455-6677-8899-aabbccddeeff\";\n"
		"\tbyte_order = be;\n\tpacket.header := struct {\n\t\tuint32_t magic;\n"
		"\t\tuint8_t uuid[16];\n\t\tuint32_t stream_id;\n"
		"\t\tuint64_t stream_instance_id;\n\t};\n};\n"
		"clock { name = \"slow\"; freq = 1000000; offset_s = 10; offset = 2500000; };\n"
		"typealias integer { size = 64; align = 64; signed = false;\n"
		"\tmap = clock.slow.value; } := uint64_clock_t;\n"
		"struct packet_context {\n\tuint64_clock_t timestamp_begin;\n"
		"\tuint64_clock_t timestamp_end;\n\tuint64_t content_size;\n"
		"\tuint64_t packet_size;\n\tunsigned long events_discarded;\n"
		"\tuint32_t cpu_id;\n};\n"
		"stream { id = 0; packet.context := struct packet_context; };\n";
	const struct ctf_outline_stream *stream;
	struct ctf_outline *outline;

	(void)unused;
	outline = ctf_outline_parse(metadata, sizeof(metadata) - 1, NULL);
	assert_non_null(outline);
	assert_true(outline->is_known);
	stream = ctf_outline_find_stream(outline, 0);
	assert_non_null(stream);
	assert_true(stream->is_known);
	assert_true(stream->begin.is_big_endian);
	/* 4 + 16 + 4 bytes, a u64; then five more of them and a u32. */
	assert_int_equal(stream->begin.at_bits, 32 * 8);
	assert_int_equal(stream->discarded.at_bits, 64 * 8);
	assert_int_equal(stream->cpu.at_bits, 72 * 8);
	assert_int_equal(stream->first_event_bits, 76 * 8);
	assert_int_equal(ctf_outline_wall_ns(outline, stream, 7), UINT64_C(12500007000));
	ctf_outline_destroy(outline);
}

static void outline_takes_anything(void **unused)
{
	static const char *const texts[] = {
		"",
		"{{{{{{{{{{",
		"trace { packet.header := struct { string s; uint32_t magic; }; };",
		"trace { packet.header := variant <a> { string s; }; };",
		"stream { packet.context := struct { integer { size = 0; } timestamp_begin; }; };",
		"clock { freq = 99999999999999999999; offset = -9223372036854775807; };",
		"struct a { struct a b; }; trace { packet.header := struct a; };",
		"typealias integer { size = 4; align = 3; } := x; trace { packet.header := x; };",
		"event { fields := struct { integer { align = 1; encoding = UTF8; } c[3]; }; };",
	};

	(void)unused;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct ctf_outline *outline = ctf_outline_parse(texts[i], strlen(texts[i]), NULL);

		assert_non_null(outline);
		assert_int_equal(outline->has_bit_text, i == COUNT_OF(texts) - 1);
		ctf_outline_destroy(outline);
	}
	assert_null(ctf_outline_parse("\x57\x1d\xd1\x75 short", 10, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(events_come_in_time_order_with_what_was_lost),
		cmocka_unit_test(each_kind_of_field_has_its_text),
		cmocka_unit_test(filters_see_fields_and_contexts),
		cmocka_unit_test(json_has_numbers_as_numbers),
		cmocka_unit_test(what_cant_be_read_is_said),
		cmocka_unit_test(outline_reads_what_the_writer_wrote),
		cmocka_unit_test(outline_follows_lttngs_own_spelling),
		cmocka_unit_test(outline_takes_anything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
