/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What ctf/ declares, babeltrace2 and babeltrace 1 read; what they read, the scanner counts. */
#include "backend/ctf/metadata.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/ctf/scan.h"
#include "tests/unit/trace_kit.h"

static const struct uuid trace_uuid = {{0x11, 0x22, 0x33, 0x44}};

/* One trace with one stream, and the same as the scanner knows it. */
struct bench {
	char *path;
	struct text metadata;
	struct ctf_layout layout;
	enum ctf_header header;
	struct scanner *scanner;
	struct packet_kit kit;
};

static void bench_init(struct bench *bench, const struct ctf_layout *layout, enum ctf_header header,
		       const struct ctf_type *context)
{
	*bench = (struct bench){.path = kit_make_directory(), .layout = *layout, .header = header};
	bench->scanner = scanner_create(layout, header);
	scanner_set_context(bench->scanner, context);
	kit_init(&bench->kit, layout);
	kit_metadata(&bench->metadata, &trace_uuid, layout);
	ctf_metadata_stream(&bench->metadata, layout, 0, header, context);
	kit_begin(&bench->kit, &trace_uuid, 0, 0, 0, 1000);
}

static void add_event(struct bench *bench, uint32_t id, const char *name, int loglevel,
		      const struct ctf_type *payload)
{
	struct error err = ERROR_INIT;

	if (!ctf_type_check(payload, &err))
		fail_msg("%s: %s", name, err.message);
	ctf_metadata_event(&bench->metadata, name, id, 0, loglevel, NULL, payload);
	assert_true(scanner_add_event(bench->scanner, id, payload));
}

static void write_trace(struct bench *bench)
{
	char *metadata = mem_printf("%s/metadata", bench->path);
	char *stream = mem_printf("%s/channel0_0", bench->path);

	kit_end(&bench->kit, 900000000000, 0);
	kit_write_file(metadata, bench->metadata.bytes, bench->metadata.length);
	kit_write_file(stream, bench->kit.bytes, bench->kit.packet.size_bytes);
	free(metadata);
	free(stream);
}

static void scan_trace(struct bench *bench, struct event_counts *counts, struct scan_result *result)
{
	const struct packet *packet = &bench->kit.packet;

	/* Exactly as long as the content, so that a step too far is noticed by ASan. */
	unsigned char *copy = malloc(packet->content_bytes);

	memcpy(copy, packet->bytes, packet->content_bytes);
	scanner_walk(bench->scanner, copy, packet->first_event_bytes, packet->content_bytes,
		     packet->begin_clock, counts, result);
	free(copy);
}

static void bench_finish(struct bench *bench)
{
	kit_remove_tree(bench->path);
	free(bench->path);
	text_finish(&bench->metadata);
	scanner_unref(bench->scanner);
	kit_finish(&bench->kit);
}

static void assert_has(const struct text *text, const char *part)
{
	if (!strstr(text_str(text), part))
		fail_msg("no '%s' in: %s", part, text_str(text));
}

/* Both readers print this part, and neither says a word beside events. */
static void assert_both_print(struct bench *bench, const char *const *parts)
{
	static const char *const readers[] = {"babeltrace2", "babeltrace"};

	for (size_t i = 0; i < COUNT_OF(readers); i++) {
		struct text out = {0};

		assert_int_equal(kit_run(&out, "%s '%s'", readers[i], bench->path), 0);
		for (size_t j = 0; parts[j]; j++)
			assert_has(&out, parts[j]);
		assert_null(strstr(text_str(&out), "arning"));
		assert_null(strstr(text_str(&out), "rror"));
		text_finish(&out);
	}
}

static struct ctf_type *make_u8(void)
{
	return ctf_type_create_integer(8, 8, false, 10);
}

static struct ctf_type *make_array(enum ctf_kind kind, struct ctf_type *element, uint64_t length,
				   const char *length_field)
{
	struct ctf_type *type = ctf_type_create(kind);

	type->element = element;
	type->length = length;
	type->length_field = length_field ? mem_strdup(length_field) : NULL;
	return type;
}

static struct ctf_type *make_float(unsigned int size, unsigned int exponent, unsigned int mantissa)
{
	struct ctf_type *type = ctf_type_create(CTF_FLOAT);

	type->size_bits = size;
	type->exponent_bits = exponent;
	type->mantissa_bits = mantissa;
	type->align_bits = 8;
	return type;
}

static struct ctf_type *make_enum(void)
{
	struct ctf_type *type = ctf_type_create(CTF_ENUM);

	type->size_bits = 8;
	type->align_bits = 8;
	return type;
}

static struct ctf_type *make_text_u8(void)
{
	struct ctf_type *type = make_u8();

	type->is_text = true;
	return type;
}

static struct ctf_type *make_reversed_u32(void)
{
	struct ctf_type *type = ctf_type_create_integer(32, 8, false, 10);

	type->is_reverse_order = true;
	return type;
}

static struct ctf_type *make_color(void)
{
	struct ctf_type *type = make_enum();

	ctf_type_add_entry(type, "red", 0, 0, true);
	ctf_type_add_entry(type, "a \"quoted\\\" label", 1, 3, false);
	ctf_type_add_entry(type, "next", 0, 0, true);
	return type;
}

/* As LTTng-UST has it for values of applications' contexts. */
static void add_dynamic(struct ctf_type *payload, const char *name, const char *tag_name)
{
	struct ctf_type *tag = make_enum(), *variant = ctf_type_create(CTF_VARIANT);

	ctf_type_add_entry(tag, "_none", 0, 0, false);
	ctf_type_add_entry(tag, "_int", 1, 1, false);
	ctf_type_add_entry(tag, "_string", 2, 2, false);
	ctf_type_add_field(payload, tag_name, tag);
	variant->length_field = mem_strdup(tag_name);
	ctf_type_add_field(variant, "none", ctf_type_create(CTF_STRUCT));
	ctf_type_add_field(variant, "int", ctf_type_create_integer(32, 8, true, 10));
	ctf_type_add_field(variant, "string", ctf_type_create(CTF_STRING));
	ctf_type_add_field(payload, name, variant);
}

static struct ctf_type *make_every_kind(void)
{
	struct ctf_type *payload = ctf_type_create(CTF_STRUCT);
	struct ctf_type *inner = ctf_type_create(CTF_STRUCT);

	ctf_type_add_field(payload, "i8", ctf_type_create_integer(8, 8, true, 10));
	ctf_type_add_field(payload, "hex", ctf_type_create_integer(16, 8, false, 16));
	ctf_type_add_field(payload, "net", make_reversed_u32());
	ctf_type_add_field(payload, "f", make_float(32, 8, 24));
	ctf_type_add_field(payload, "d", make_float(64, 11, 53));
	ctf_type_add_field(payload, "s", ctf_type_create(CTF_STRING));
	ctf_type_add_field(payload, "color", make_color());
	ctf_type_add_field(payload, "next", make_color());
	ctf_type_add_field(payload, "three", make_array(CTF_ARRAY, make_u8(), 3, NULL));
	ctf_type_add_field(payload, "text", make_array(CTF_ARRAY, make_text_u8(), 4, NULL));
	ctf_type_add_field(payload, "some_length", ctf_type_create_integer(64, 8, true, 10));
	ctf_type_add_field(payload, "some", make_array(CTF_SEQUENCE, make_u8(), 0, "some_length"));
	ctf_type_add_field(payload, "words",
			   make_array(CTF_SEQUENCE, ctf_type_create(CTF_STRING), 0, "some_length"));
	ctf_type_add_field(
		payload, "grid",
		make_array(CTF_ARRAY, make_array(CTF_ARRAY, make_u8(), 3, NULL), 2, NULL));
	ctf_type_add_field(inner, "x", make_u8());
	ctf_type_add_field(inner, "rest", make_array(CTF_SEQUENCE, make_u8(), 0, "some_length"));
	ctf_type_add_field(payload, "inner", inner);
	add_dynamic(payload, "value", "value_tag");
	ctf_type_add_field(payload, "last", make_u8());
	return payload;
}

static void put_every_kind(struct packet_kit *kit, uint8_t tag)
{
	float f = 1.5F;
	double d = -2.25;
	uint32_t f_bits;
	uint64_t d_bits;
	bool be = kit->layout.is_big_endian;

	memcpy(&f_bits, &f, sizeof(f));
	memcpy(&d_bits, &d, sizeof(d));
	kit_put(kit, (uint64_t)-5, 8, 8, be);
	kit_put(kit, 0xBEEF, 16, 8, be);
	kit_put(kit, 123456789, 32, 8, !be);
	kit_put(kit, f_bits, 32, 8, be);
	kit_put(kit, d_bits, 64, 8, be);
	kit_put_string(kit, "hello, world");
	kit_put_u8(kit, 0);
	kit_put_u8(kit, 4);
	for (uint8_t i = 0; i < 3; i++)
		kit_put_u8(kit, (uint8_t)(10 + i));
	for (uint8_t i = 0; i < 4; i++)
		kit_put_u8(kit, (uint8_t)("abc"[i]));
	kit_put(kit, 2, 64, 8, be);
	kit_put_u8(kit, 77);
	kit_put_u8(kit, 88);
	kit_put_string(kit, "one");
	kit_put_string(kit, "two");
	for (uint8_t i = 0; i < 6; i++)
		kit_put_u8(kit, i);
	kit_put_u8(kit, 200);
	kit_put_u8(kit, 201);
	kit_put_u8(kit, 202);
	kit_put_u8(kit, tag);
	if (tag == 1)
		kit_put(kit, (uint64_t)-9, 32, 8, be);
	if (tag == 2)
		kit_put_string(kit, "dynamic");
	kit_put_u8(kit, 99);
}

static void every_kind_of_field_is_read_back(void **state)
{
	static const char *const parts[] = {
		"mine:every",
		"i8 = -5, hex = 0xBEEF, net = 123456789, f = 1.5, d = -2.25, s = \"hello, world\"",
		"color = ( \"red\" : container = 0 )",
		"\"next\" : container = 4",
		"three = [ [0] = 10, [1] = 11, [2] = 12 ]",
		"text = \"abc\"",
		"some_length = 2, some = [ [0] = 77, [1] = 88 ]",
		"words = [ [0] = \"one\", [1] = \"two\" ]",
		"[2] = 2 ] }, [1] = {",
		"inner = { x = 200, rest = [ [0] = 201, [1] = 202 ] }",
		"\"dynamic\"",
		"last = 99",
		NULL,
	};
	struct ctf_type *payload = make_every_kind();
	struct event_counts *counts = event_counts_create();
	struct scan_result result;
	struct bench bench;

	(void)state;
	for (int header = CTF_HEADER_COMPACT; header <= CTF_HEADER_LARGE; header++) {
		bench_init(&bench, &kit_packed, (enum ctf_header)header, NULL);
		add_event(&bench, 3, "mine:every", 13, payload);
		for (unsigned int i = 0; i < 9; i++) {
			kit_event(&bench.kit, bench.header, 3, 2000 + i, i % 4 == 3);
			put_every_kind(&bench.kit, (uint8_t)(i % 3));
		}
		write_trace(&bench);
		assert_both_print(&bench, parts);
		assert_int_equal(kit_count_events(bench.path), 9);
		scan_trace(&bench, counts, &result);
		assert_true(result.is_consistent);
		assert_int_equal(result.event_count, 9);
		assert_int_equal(result.last_clock, 2008);
		assert_int_equal(result.end_bytes, bench.kit.packet.content_bytes);
		bench_finish(&bench);
	}
	assert_int_equal(event_counts_read(counts, 3), 18);
	event_counts_destroy(counts);
	ctf_type_destroy(payload);
}

static struct ctf_type *make_one_u8(const char *name)
{
	struct ctf_type *payload = ctf_type_create(CTF_STRUCT);

	ctf_type_add_field(payload, name, make_u8());
	return payload;
}

static void contexts_are_read_back(void **state)
{
	static const char *const parts[] = {"vpid = 7", "provider_value = ", "\"dynamic\"",
					    "{ n = 5 }", NULL};
	struct ctf_type *context = ctf_type_create(CTF_STRUCT);
	struct ctf_type *payload = make_one_u8("n");
	struct scan_result result;
	struct bench bench;

	(void)state;
	ctf_type_add_field(context, "vpid", ctf_type_create_integer(32, 8, true, 10));
	add_dynamic(context, "$app.provider:value", "$app.provider:value_tag");
	bench_init(&bench, &kit_packed, CTF_HEADER_LARGE, context);
	add_event(&bench, 0, "mine:n", 6, payload);
	for (uint8_t i = 0; i < 6; i++) {
		kit_event(&bench.kit, bench.header, 0, 2000 + i, false);
		kit_put_u32(&bench.kit, 7);
		kit_put_u8(&bench.kit, i % 3);
		if (i % 3 == 1)
			kit_put_u32(&bench.kit, 1234);
		if (i % 3 == 2)
			kit_put_string(&bench.kit, "dynamic");
		kit_put_u8(&bench.kit, 5);
	}
	write_trace(&bench);
	assert_both_print(&bench, parts);
	scan_trace(&bench, NULL, &result);
	assert_true(result.is_consistent);
	assert_int_equal(result.event_count, 6);
	bench_finish(&bench);
	ctf_type_destroy(context);
	ctf_type_destroy(payload);
}

static void names_from_applications_break_nothing(void **state)
{
	static const char *const parts[] = {"say \"hi\"\\", "integer = 1", "integer_ = 2",
					    "a_b = 3",	    "a_b_ = 4",	   NULL};
	struct ctf_type *payload = ctf_type_create(CTF_STRUCT);
	struct bench bench;

	(void)state;
	ctf_type_add_field(payload, "integer", make_u8());
	ctf_type_add_field(payload, "integer", make_u8());
	ctf_type_add_field(payload, "a.b", make_u8());
	ctf_type_add_field(payload, "a;b", make_u8());
	ctf_type_add_field(payload, "", make_u8());
	ctf_type_add_field(payload, "*/ }; \n\"\xc3\xa4", make_u8());
	ctf_type_add_field(payload, "a_b_", make_u8());
	ctf_type_add_field(payload, "struct", make_u8());
	bench_init(&bench, &kit_packed, CTF_HEADER_LARGE, NULL);
	add_event(&bench, 0, "say \"hi\"\\", 13, payload);
	add_event(&bench, 1, "\n};\x01\x7f\xff /*", 13, payload);
	add_event(&bench, 2, "", 13, payload);
	for (uint8_t id = 0; id < 3; id++) {
		kit_event(&bench.kit, bench.header, id, 2000 + id, false);
		for (uint8_t i = 1; i <= 8; i++)
			kit_put_u8(&bench.kit, i);
	}
	write_trace(&bench);
	assert_both_print(&bench, parts);
	bench_finish(&bench);
	ctf_type_destroy(payload);
}

static void any_loglevel_is_read_without_a_word(void **state)
{
	static const char *const parts[] = {"mine:n", NULL};
	static const int levels[] = {-1, 0, 5, 14, 15, 1000, INT32_MAX};
	struct ctf_type *payload = make_one_u8("n");
	struct bench bench;

	(void)state;
	bench_init(&bench, &kit_packed, CTF_HEADER_LARGE, NULL);
	for (uint32_t i = 0; i < COUNT_OF(levels); i++) {
		add_event(&bench, i, "mine:n", levels[i], payload);
		kit_event(&bench.kit, bench.header, i, 2000 + i, false);
		kit_put_u8(&bench.kit, 1);
	}
	write_trace(&bench);
	assert_both_print(&bench, parts);
	assert_int_equal(kit_count_events(bench.path), COUNT_OF(levels));
	bench_finish(&bench);
	ctf_type_destroy(payload);
}

/* Refused with a word each. */
static void unreadable_types_are_refused(void **state)
{
	struct ctf_type *payload = ctf_type_create(CTF_STRUCT), *deep = make_u8();
	struct error err = ERROR_INIT;

	(void)state;
	ctf_type_add_field(payload, "s", make_array(CTF_SEQUENCE, make_u8(), 0, "later"));
	ctf_type_add_field(payload, "later", make_u8());
	assert_false(ctf_type_check(payload, &err));
	assert_int_equal(err.code, ERROR_INVALID);
	assert_non_null(strstr(err.message, "length"));
	ctf_type_destroy(payload);

	payload = make_one_u8("n");
	payload->fields[0].type->size_bits = 65;
	assert_false(ctf_type_check(payload, &err));
	payload->fields[0].type->size_bits = 0;
	assert_false(ctf_type_check(payload, &err));
	payload->fields[0].type->size_bits = 8;
	payload->fields[0].type->align_bits = 24;
	assert_false(ctf_type_check(payload, &err));
	payload->fields[0].type->align_bits = 8;
	assert_true(ctf_type_check(payload, &err));

	for (unsigned int i = 0; i < 40; i++)
		deep = make_array(CTF_ARRAY, deep, 1, NULL);
	ctf_type_add_field(payload, "deep", deep);
	assert_false(ctf_type_check(payload, &err));
	ctf_type_destroy(payload);

	payload = ctf_type_create(CTF_STRUCT);
	ctf_type_add_field(payload, "f", make_float(80, 15, 64));
	assert_false(ctf_type_check(payload, &err));
	ctf_type_destroy(payload);

	payload = ctf_type_create(CTF_STRUCT);
	add_dynamic(payload, "value", "tag");
	assert_true(ctf_type_check(payload, &err));
	ctf_type_add_field(payload->fields[1].type, "unknown", make_u8());
	assert_false(ctf_type_check(payload, &err));
	ctf_type_destroy(payload);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_field_is_read_back),
		cmocka_unit_test(contexts_are_read_back),
		cmocka_unit_test(names_from_applications_break_nothing),
		cmocka_unit_test(any_loglevel_is_read_without_a_word),
		cmocka_unit_test(unreadable_types_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
