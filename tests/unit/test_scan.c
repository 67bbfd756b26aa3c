/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The scanner against babeltrace2: made-up event types of every kind, filled by an encoder of the
 * test's own. And against packets that lie.
 */
#include "backend/ctf/scan.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "tests/unit/trace_kit.h"

#define TYPE_COUNT   12
#define EVENT_COUNT  120
#define SMALL_LENGTH 3

static const struct uuid trace_uuid = {{0x55, 0x66}};

/* xorshift64*: the same numbers in each run */
static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed >> 12;
	*seed ^= *seed << 25;
	*seed ^= *seed >> 27;
	return *seed * UINT64_C(0x2545F4914F6CDD1D);
}

static uint64_t below(uint64_t *seed, uint64_t limit)
{
	return (next_random(seed) >> 16) % limit;
}

/* --- types ----------------------------------------------------------------------------------- */

struct maker {
	uint64_t seed;
	unsigned int name_count;
	bool is_aligned;
	bool has_bit_fields;
};

static struct ctf_type *make_type(struct maker *maker, unsigned int depth);

static struct ctf_type *make_integer(struct maker *maker)
{
	static const unsigned int sizes[] = {8, 16, 32, 64};
	unsigned int size = sizes[below(&maker->seed, 4)], align = 8;
	struct ctf_type *type;

	if (maker->is_aligned)
		align = sizes[below(&maker->seed, 4)];
	if (maker->has_bit_fields && below(&maker->seed, 3) == 0) {
		size = 1 + (unsigned int)below(&maker->seed, 64);
		align = 1;
	}
	type = ctf_type_create_integer(size, align, below(&maker->seed, 2) != 0, 10);
	/* Within a byte readers want one order. */
	type->is_reverse_order = !maker->has_bit_fields && below(&maker->seed, 4) == 0;
	return type;
}

static char *add_named(struct maker *maker, struct ctf_type *structure, const char *prefix,
		       struct ctf_type *field)
{
	char *name = mem_printf("%s%u", prefix, maker->name_count++);

	ctf_type_add_field(structure, name, field);
	return name;
}

static void add_sequence(struct maker *maker, struct ctf_type *structure, unsigned int depth)
{
	struct ctf_type *length = ctf_type_create_integer(16, 8, false, 10);
	struct ctf_type *sequence = ctf_type_create(CTF_SEQUENCE);

	length->is_reverse_order = !maker->has_bit_fields && below(&maker->seed, 2) == 0;
	sequence->length_field = add_named(maker, structure, "length", length);
	sequence->element = make_type(maker, depth + 1);
	if (maker->is_aligned && below(&maker->seed, 3) == 0)
		sequence->align_bits = 64;
	free(add_named(maker, structure, "sequence", sequence));
}

/* Labels are signed ranges, one of them automatic. */
static void add_variant(struct maker *maker, struct ctf_type *structure, unsigned int depth)
{
	struct ctf_type *tag = ctf_type_create(CTF_ENUM), *variant = ctf_type_create(CTF_VARIANT);

	tag->size_bits = 16;
	tag->align_bits = 8;
	tag->is_signed = true;
	ctf_type_add_entry(tag, "low", -5, -3, false);
	ctf_type_add_entry(tag, "auto", 0, 0, true);
	ctf_type_add_entry(tag, "unused", 5, 6, false);
	ctf_type_add_entry(tag, "high", 7, 20, false);
	variant->length_field = add_named(maker, structure, "tag", tag);
	ctf_type_add_field(variant, "low", make_type(maker, depth + 1));
	ctf_type_add_field(variant, "auto", make_type(maker, depth + 1));
	ctf_type_add_field(variant, "high", make_type(maker, depth + 1));
	free(add_named(maker, structure, "variant", variant));
}

static struct ctf_type *make_struct(struct maker *maker, unsigned int depth)
{
	struct ctf_type *type = ctf_type_create(CTF_STRUCT);
	uint64_t count = below(&maker->seed, 6);

	for (uint64_t i = 0; i < count; i++) {
		switch (below(&maker->seed, 5)) {
		case 0:
			add_sequence(maker, type, depth);
			break;
		case 1:
			add_variant(maker, type, depth);
			break;
		default:
			free(add_named(maker, type, "field", make_type(maker, depth)));
			break;
		}
	}
	if (maker->is_aligned && below(&maker->seed, 4) == 0)
		type->align_bits = 128;
	return type;
}

static struct ctf_type *make_float(struct maker *maker)
{
	struct ctf_type *type = ctf_type_create(CTF_FLOAT);
	bool is_double = below(&maker->seed, 2);

	type->size_bits = is_double ? 64 : 32;
	type->exponent_bits = is_double ? 11 : 8;
	type->mantissa_bits = is_double ? 53 : 24;
	type->align_bits = maker->is_aligned ? type->size_bits : 8;
	return type;
}

static struct ctf_type *make_type(struct maker *maker, unsigned int depth)
{
	struct ctf_type *type;

	switch (below(&maker->seed, depth > 3 ? 4 : 6)) {
	case 0:
		return ctf_type_create(CTF_STRING);
	case 1:
		return make_float(maker);
	case 4:
		type = ctf_type_create(CTF_ARRAY);
		type->length = below(&maker->seed, 4);
		type->element = make_type(maker, depth + 1);
		return type;
	case 5:
		return make_struct(maker, depth + 1);
	default:
		return make_integer(maker);
	}
}

/* --- values ---------------------------------------------------------------------------------- */

struct encoder {
	struct packet_kit *kit;
	uint64_t seed;
	struct value { /* of lengths and tags, by name; names are unique */
		const char *name;
		int64_t value;
	} values[4096];
	size_t value_count;
};

static uint64_t max_align(const struct ctf_type *type)
{
	bool is_plain = type->kind == CTF_INTEGER || type->kind == CTF_FLOAT ||
			type->kind == CTF_ENUM || type->kind == CTF_STRING;
	uint64_t most = is_plain || type->align_bits > 8 ? type->align_bits : 1;

	if (type->kind == CTF_ARRAY || type->kind == CTF_SEQUENCE) {
		uint64_t element = max_align(type->element);

		return element > most ? element : most;
	}
	for (size_t i = 0; type->kind == CTF_STRUCT && i < type->field_count; i++) {
		uint64_t field = max_align(type->fields[i].type);

		most = field > most ? field : most;
	}
	return most;
}

static int64_t find_value(const struct encoder *encoder, const char *name)
{
	for (size_t i = encoder->value_count; i-- > 0;) {
		if (!strcmp(encoder->values[i].name, name))
			return encoder->values[i].value;
	}
	fail_msg("no value of %s", name);
	return 0;
}

static int64_t choose_value(struct encoder *encoder, const struct ctf_type *type, const char *name)
{
	static const int64_t tags[] = {-5, -4, -3, -2, 7, 13, 20};

	if (type->kind == CTF_ENUM)
		return tags[below(&encoder->seed, COUNT_OF(tags))];
	if (name && !strncmp(name, "length", 6))
		return (int64_t)below(&encoder->seed, SMALL_LENGTH + 1);
	return (int64_t)next_random(&encoder->seed);
}

static void encode(struct encoder *encoder, const struct ctf_type *type, const char *name);

static void encode_number(struct encoder *encoder, const struct ctf_type *type, const char *name)
{
	int64_t value = choose_value(encoder, type, name);

	kit_put(encoder->kit, (uint64_t)value, type->size_bits, type->align_bits,
		encoder->kit->layout.is_big_endian != type->is_reverse_order);
	assert_true(encoder->value_count < COUNT_OF(encoder->values));
	if (name)
		encoder->values[encoder->value_count++] = (struct value){name, value};
}

static void encode_elements(struct encoder *encoder, const struct ctf_type *type, uint64_t count)
{
	kit_align(encoder->kit, (unsigned int)max_align(type));
	for (uint64_t i = 0; i < count; i++)
		encode(encoder, type->element, NULL);
}

static void encode_choice(struct encoder *encoder, const struct ctf_type *type)
{
	int64_t tag = find_value(encoder, type->length_field);

	encode(encoder, type->fields[tag <= -3 ? 0 : tag == -2 ? 1 : 2].type, NULL);
}

static void encode(struct encoder *encoder, const struct ctf_type *type, const char *name)
{
	char string[] = "abcdefghijklmnopqrstuvwxyz";

	switch (type->kind) {
	case CTF_STRING:
		string[below(&encoder->seed, 27)] = 0;
		kit_put_string(encoder->kit, string);
		break;
	case CTF_ARRAY:
		encode_elements(encoder, type, type->length);
		break;
	case CTF_SEQUENCE:
		encode_elements(encoder, type, (uint64_t)find_value(encoder, type->length_field));
		break;
	case CTF_VARIANT:
		encode_choice(encoder, type);
		break;
	case CTF_STRUCT:
		kit_align(encoder->kit, (unsigned int)max_align(type));
		for (size_t i = 0; i < type->field_count; i++)
			encode(encoder, type->fields[i].type, type->fields[i].name);
		break;
	case CTF_INTEGER:
	case CTF_FLOAT:
	case CTF_ENUM:
		encode_number(encoder, type, name);
		break;
	}
}

/* --- the comparison -------------------------------------------------------------------------- */

struct made_up {
	struct ctf_layout layout;
	enum ctf_header header;
	struct ctf_type *context;
	struct ctf_type *payloads[TYPE_COUNT];
	uint64_t emitted[TYPE_COUNT];
	uint64_t emitted_bytes[TYPE_COUNT]; /* of whole records */
	struct scanner *scanner;
	struct text metadata;
	struct packet_kit kit;
	uint64_t last_clock;
};

/* Ends with a whole byte: content is counted in bytes. */
static struct ctf_type *make_whole_struct(struct maker *maker, unsigned int depth)
{
	struct ctf_type *type = make_struct(maker, depth);

	ctf_type_add_field(type, "end", ctf_type_create_integer(8, 8, false, 10));
	return type;
}

static void make_up_types(struct made_up *made_up, struct maker *maker)
{
	struct error err = ERROR_INIT;

	kit_metadata(&made_up->metadata, &trace_uuid, &made_up->layout);
	made_up->context = make_whole_struct(maker, 3);
	made_up->scanner = scanner_create(&made_up->layout, made_up->header);
	for (uint32_t i = 0; i < TYPE_COUNT; i++) {
		made_up->payloads[i] = make_whole_struct(maker, 0);
		if (!ctf_type_check(made_up->payloads[i], &err))
			fail_msg("%s", err.message);
		assert_true(scanner_add_event(made_up->scanner, i * 5, made_up->payloads[i]));
	}
	scanner_set_context(made_up->scanner, made_up->context);
	ctf_metadata_stream(&made_up->metadata, &made_up->layout, 9, made_up->header,
			    made_up->context);
	for (uint32_t i = 0; i < TYPE_COUNT; i++)
		ctf_metadata_event(&made_up->metadata, "made:up", i * 5, 9, 13, NULL,
				   made_up->payloads[i]);
}

static void emit_events(struct made_up *made_up, uint64_t seed)
{
	struct encoder *encoder = mem_zalloc(sizeof(*encoder));
	uint64_t clock = 5000;

	encoder->kit = &made_up->kit;
	encoder->seed = seed;
	kit_init(&made_up->kit, &made_up->layout);
	kit_begin(&made_up->kit, &trace_uuid, 9, 1, 0, clock);
	for (unsigned int i = 0; i < EVENT_COUNT; i++) {
		uint32_t type = (uint32_t)below(&encoder->seed, TYPE_COUNT);
		bool is_far = below(&encoder->seed, 10) == 0;
		uint64_t begin_bytes = made_up->kit.at_bits / 8;

		clock += is_far ? UINT64_C(5000000000) : below(&encoder->seed, 100000000);
		encoder->value_count = 0;
		kit_event(&made_up->kit, made_up->header, type * 5, clock, is_far);
		encode(encoder, made_up->context, NULL);
		encode(encoder, made_up->payloads[type], NULL);
		made_up->emitted[type]++;
		made_up->emitted_bytes[type] += made_up->kit.at_bits / 8 - begin_bytes;
	}
	made_up->last_clock = clock;
	kit_end(&made_up->kit, clock + 1, 0);
	free(encoder);
}

static void assert_reader_agrees(const struct made_up *made_up)
{
	char *path = kit_make_directory();
	char *metadata = mem_printf("%s/metadata", path);
	char *stream = mem_printf("%s/made_up_0", path);

	kit_write_file(metadata, made_up->metadata.bytes, made_up->metadata.length);
	kit_write_file(stream, made_up->kit.bytes, made_up->kit.packet.size_bytes);
	assert_int_equal(kit_count_events(path), EVENT_COUNT);
	kit_remove_tree(path);
	free(path);
	free(metadata);
	free(stream);
}

static void assert_scanner_agrees(const struct made_up *made_up)
{
	const struct packet *packet = &made_up->kit.packet;
	struct event_counts *counts = event_counts_create();
	unsigned char *copy = malloc(packet->content_bytes);
	struct scan_result result;

	memcpy(copy, packet->bytes, packet->content_bytes);
	scanner_walk(made_up->scanner, copy, packet->first_event_bytes, packet->content_bytes,
		     packet->begin_clock, counts, &result);
	assert_int_equal(result.event_count, EVENT_COUNT);
	assert_true(result.is_consistent);
	assert_int_equal(result.last_clock, made_up->last_clock);
	for (uint32_t i = 0; i < TYPE_COUNT; i++) {
		assert_int_equal(event_counts_read(counts, i * 5), made_up->emitted[i]);
		assert_int_equal(event_counts_read_bytes(counts, i * 5), made_up->emitted_bytes[i]);
	}
	event_counts_destroy(counts);
	free(copy);
}

/* Cut off anywhere, no step goes beyond (ASan looks on), and whole events are still counted. */
static void assert_cut_is_survived(const struct made_up *made_up, uint64_t *seed)
{
	const struct packet *packet = &made_up->kit.packet;
	uint64_t length = packet->first_event_bytes +
			  below(seed, packet->content_bytes - packet->first_event_bytes);
	unsigned char *copy = malloc(length);
	struct scan_result result;

	memcpy(copy, packet->bytes, length);
	scanner_walk(made_up->scanner, copy, packet->first_event_bytes, length, 0, NULL, &result);
	assert_true(result.end_bytes <= length);
	assert_true(result.event_count < EVENT_COUNT);
	for (unsigned int i = 0; i < 20; i++)
		copy[below(seed, length)] = (unsigned char)next_random(seed);
	scanner_walk(made_up->scanner, copy, packet->first_event_bytes, length, 0, NULL, &result);
	assert_true(result.end_bytes <= length);
	free(copy);
}

static void finish_made_up(struct made_up *made_up)
{
	ctf_type_destroy(made_up->context);
	for (size_t i = 0; i < TYPE_COUNT; i++)
		ctf_type_destroy(made_up->payloads[i]);
	scanner_unref(made_up->scanner);
	text_finish(&made_up->metadata);
	kit_finish(&made_up->kit);
}

static void made_up_types_count_as_babeltrace2_counts(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < 48; i++) {
		struct maker maker = {
			.seed = 1000 + i, .is_aligned = i & 1, .has_bit_fields = i & 8};
		struct made_up made_up = {
			.layout = i & 2 ? kit_aligned : kit_packed,
			.header = i & 4 ? CTF_HEADER_COMPACT : CTF_HEADER_LARGE,
		};
		uint64_t seed = 77 + i;

		if (i >= 32) /* a machine of the other order */
			made_up.layout.is_big_endian = !made_up.layout.is_big_endian;
		make_up_types(&made_up, &maker);
		emit_events(&made_up, 3000 + i);
		assert_scanner_agrees(&made_up);
		if (i < 32)
			assert_reader_agrees(&made_up);
		for (unsigned int j = 0; j < 50; j++)
			assert_cut_is_survived(&made_up, &seed);
		finish_made_up(&made_up);
	}
}

/* --- packets that lie ------------------------------------------------------------------------ */

static struct ctf_type *make_lengths(enum ctf_kind element_kind)
{
	struct ctf_type *payload = ctf_type_create(CTF_STRUCT);
	struct ctf_type *element = ctf_type_create(element_kind);

	if (element_kind == CTF_INTEGER)
		element->size_bits = 64;
	ctf_type_add_field(payload, "length", ctf_type_create_integer(64, 8, false, 10));
	ctf_type_add_field(payload, "sequence", ctf_type_create_sequence("length", element));
	return payload;
}

static void walk_lengths(enum ctf_kind element_kind, uint64_t length, struct scan_result *result)
{
	struct scanner *scanner = scanner_create(&kit_packed, CTF_HEADER_LARGE);
	struct ctf_type *payload = make_lengths(element_kind);
	struct packet_kit kit;

	scanner_add_event(scanner, 0, payload);
	kit_init(&kit, &kit_packed);
	kit_begin(&kit, &trace_uuid, 0, 0, 0, 10);
	kit_event(&kit, CTF_HEADER_LARGE, 0, 20, false);
	kit_put_u64(&kit, 0);
	kit_event(&kit, CTF_HEADER_LARGE, 0, 30, false);
	kit_put_u64(&kit, length);
	kit_end(&kit, 40, 0);
	scanner_walk(scanner, kit.bytes, kit.packet.first_event_bytes, kit.packet.content_bytes, 10,
		     NULL, result);
	kit_finish(&kit);
	ctf_type_destroy(payload);
	scanner_unref(scanner);
}

static void lengths_beyond_the_packet_end_the_walk(void **state)
{
	static const uint64_t lengths[] = {
		1, 2, UINT32_MAX, UINT64_C(1) << 58, UINT64_C(1) << 61, UINT64_MAX};
	static const enum ctf_kind kinds[] = {CTF_INTEGER, CTF_STRING};
	struct scan_result result;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(lengths) * COUNT_OF(kinds); i++) {
		walk_lengths(kinds[i % 2], lengths[i / 2], &result);
		assert_int_equal(result.event_count, 1);
		assert_int_equal(result.last_clock, 20);
		assert_int_equal(result.end_bytes, 84 + 6 + 8);
		assert_false(result.is_consistent);
	}
}

/* As many elements without a bit as a number can hold: counted in no time. */
static void elements_of_no_size_take_no_time(void **state)
{
	struct scan_result result;

	(void)state;
	walk_lengths(CTF_STRUCT, UINT64_MAX, &result);
	assert_int_equal(result.event_count, 2);
	assert_true(result.is_consistent);
}

/* Elements whose size depends on another length, which is 0: their number is not believed. */
static void elements_that_turn_out_empty_end_the_walk(void **state)
{
	struct scanner *scanner = scanner_create(&kit_packed, CTF_HEADER_LARGE);
	struct ctf_type *payload = ctf_type_create(CTF_STRUCT);
	struct ctf_type *element = ctf_type_create(CTF_STRUCT);
	struct scan_result result;
	struct packet_kit kit;

	(void)state;
	ctf_type_add_field(
		element, "bytes",
		ctf_type_create_sequence("zero", ctf_type_create_integer(8, 8, false, 10)));
	ctf_type_add_field(payload, "length", ctf_type_create_integer(64, 8, false, 10));
	ctf_type_add_field(payload, "zero", ctf_type_create_integer(8, 8, false, 10));
	ctf_type_add_field(payload, "elements", ctf_type_create_sequence("length", element));
	scanner_add_event(scanner, 0, payload);
	kit_init(&kit, &kit_packed);
	kit_begin(&kit, &trace_uuid, 0, 0, 0, 10);
	kit_event(&kit, CTF_HEADER_LARGE, 0, 20, false);
	kit_put_u64(&kit, UINT64_MAX);
	kit_put_u8(&kit, 0);
	kit_end(&kit, 40, 0);
	scanner_walk(scanner, kit.bytes, 84, kit.packet.content_bytes, 10, NULL, &result);
	assert_int_equal(result.event_count, 0);
	assert_false(result.is_consistent);
	kit_finish(&kit);
	ctf_type_destroy(payload);
	scanner_unref(scanner);
}

static void unknown_types_end_the_walk(void **state)
{
	struct scanner *scanner = scanner_create(&kit_packed, CTF_HEADER_LARGE);
	static const uint32_t ids[] = {1, 63, 64, 65534, 65535, 1048575, 1048576, UINT32_MAX};
	struct ctf_type *payload = ctf_type_create(CTF_STRUCT);
	struct scan_result result;
	struct packet_kit kit;

	(void)state;
	assert_true(scanner_add_event(scanner, 0, payload));
	assert_false(scanner_add_event(scanner, 1048576, payload));
	kit_init(&kit, &kit_packed);
	for (size_t i = 0; i < COUNT_OF(ids); i++) {
		kit_begin(&kit, &trace_uuid, 0, 0, 0, 10);
		kit_event(&kit, CTF_HEADER_LARGE, 0, 20, false);
		kit_event(&kit, CTF_HEADER_LARGE, ids[i], 30, false);
		kit_end(&kit, 40, 0);
		scanner_walk(scanner, kit.bytes, 84, kit.packet.content_bytes, 10, NULL, &result);
		assert_int_equal(result.event_count, 1);
		assert_false(result.is_consistent);
		assert_int_equal(result.end_bytes, 90);
	}
	scanner_walk(scanner, kit.bytes, 84, 20, 10, NULL, &result);
	assert_int_equal(result.event_count, 0);
	assert_false(result.is_consistent);
	scanner_walk(scanner, kit.bytes, 84, UINT64_MAX, 10, NULL, &result);
	assert_int_equal(result.event_count, 0);
	kit_finish(&kit);
	ctf_type_destroy(payload);
	scanner_unref(scanner);
}

/* --- counts ---------------------------------------------------------------------------------- */

static void counts_add_up_move_and_clear(void **state)
{
	static const uint32_t ids[] = {0, 1, 63, 64, 127, 128, 5000, 65535, 1048575};
	struct event_counts *from = event_counts_create(), *to = event_counts_create();

	(void)state;
	for (size_t round = 1; round <= 3; round++) {
		for (size_t i = 0; i < COUNT_OF(ids); i++)
			event_counts_add(from, ids[i], i + 1, 10 * (i + 1));
		event_counts_add(from, 1048576, 1, 10);
		event_counts_move(from, to);
		for (size_t i = 0; i < COUNT_OF(ids); i++) {
			assert_int_equal(event_counts_read(from, ids[i]), 0);
			assert_int_equal(event_counts_read_bytes(from, ids[i]), 0);
			assert_int_equal(event_counts_read(to, ids[i]), round * (i + 1));
			assert_int_equal(event_counts_read_bytes(to, ids[i]), round * 10 * (i + 1));
		}
	}
	event_counts_clear(to);
	for (size_t i = 0; i < COUNT_OF(ids); i++)
		assert_int_equal(event_counts_read(to, ids[i]), 0);
	assert_int_equal(event_counts_read(to, 1048576), 0);
	assert_int_equal(event_counts_read(to, 2), 0);
	event_counts_destroy(from);
	event_counts_destroy(to);
}

/* --- types that become known while packets are walked ---------------------------------------- */

#define MANY_TYPES 3000

struct meeting {
	struct scanner *scanner;
	struct event_counts *counts;
	atomic_uint
		known_count; /* types below are known: the adder's release, the walker's acquire */
};

static void *add_types(void *data)
{
	struct meeting *meeting = data;
	struct ctf_type *fixed = ctf_type_create(CTF_STRUCT), *text = ctf_type_create(CTF_STRUCT);

	ctf_type_add_field(fixed, "n", ctf_type_create_integer(32, 8, false, 10));
	ctf_type_add_field(text, "s", ctf_type_create(CTF_STRING));
	for (uint32_t i = 0; i < MANY_TYPES; i++) {
		scanner_add_event(meeting->scanner, i, i % 2 ? fixed : text);
		atomic_store_explicit(&meeting->known_count, i + 1, memory_order_release);
	}
	ctf_type_destroy(fixed);
	ctf_type_destroy(text);
	return NULL;
}

static void *read_counts(void *data)
{
	struct meeting *meeting = data;
	uint64_t seen = 0;

	while (seen == 0)
		seen = event_counts_read(meeting->counts, MANY_TYPES - 1);
	return NULL;
}

static void types_become_known_while_packets_are_walked(void **state)
{
	struct meeting meeting = {.scanner = scanner_create(&kit_packed, CTF_HEADER_LARGE),
				  .counts = event_counts_create()};
	pthread_t adder, reader;
	struct packet_kit kit;
	uint32_t walked = 0;

	(void)state;
	kit_init(&kit, &kit_packed);
	assert_int_equal(pthread_create(&adder, NULL, add_types, &meeting), 0);
	assert_int_equal(pthread_create(&reader, NULL, read_counts, &meeting), 0);
	while (walked < MANY_TYPES) {
		uint32_t known = atomic_load_explicit(&meeting.known_count, memory_order_acquire);
		struct scan_result result;

		kit_begin(&kit, &trace_uuid, 0, 0, 0, 10);
		for (uint32_t i = walked; i < known; i++) {
			kit_event(&kit, CTF_HEADER_LARGE, i, 20, false);
			kit_put_u32(&kit, 0x00414141);
		}
		kit_end(&kit, 40, 0);
		scanner_walk(meeting.scanner, kit.bytes, 84, kit.packet.content_bytes, 10,
			     meeting.counts, &result);
		assert_true(result.is_consistent);
		assert_int_equal(result.event_count, known - walked);
		walked = known;
	}
	pthread_join(adder, NULL);
	pthread_join(reader, NULL);
	for (uint32_t i = 0; i < MANY_TYPES; i++)
		assert_int_equal(event_counts_read(meeting.counts, i), 1);
	kit_finish(&kit);
	scanner_unref(meeting.scanner);
	event_counts_destroy(meeting.counts);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made_up_types_count_as_babeltrace2_counts),
		cmocka_unit_test(lengths_beyond_the_packet_end_the_walk),
		cmocka_unit_test(elements_of_no_size_take_no_time),
		cmocka_unit_test(elements_that_turn_out_empty_end_the_walk),
		cmocka_unit_test(unknown_types_end_the_walk),
		cmocka_unit_test(counts_add_up_move_and_clear),
		cmocka_unit_test(types_become_known_while_packets_are_walked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
