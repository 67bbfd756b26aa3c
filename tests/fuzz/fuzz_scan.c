/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzer entry: the input describes field types, as an application registers them, and then a
 * packet of such events. Types that pass the check are printed, compiled and walked.
 */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/ctf/scan.h"

#define TYPE_COUNT	  3
#define FIELD_COUNT_MAX	  5
#define FIRST_EVENT_BYTES 8

struct input {
	const uint8_t *bytes;
	size_t length;
};

static uint8_t take(struct input *input)
{
	if (input->length == 0)
		return 0;
	input->length--;
	return *input->bytes++;
}

static struct ctf_type *make_type(struct input *input, unsigned int depth);

static void add_fields(struct input *input, struct ctf_type *type, unsigned int depth)
{
	unsigned int count = take(input) % (FIELD_COUNT_MAX + 1);

	for (unsigned int i = 0; i < count; i++) {
		const char name[] = {(char)('a' + take(input) % 4), 0};

		ctf_type_add_field(type, name, make_type(input, depth + 1));
	}
}

static void add_entries(struct input *input, struct ctf_type *type)
{
	unsigned int count = take(input) % 5;

	for (unsigned int i = 0; i < count; i++) {
		const char label[] = {'_', (char)('a' + take(input) % 4), 0};
		int8_t begin = (int8_t)take(input);
		uint8_t more = take(input);

		ctf_type_add_entry(type, label + more % 2, begin, begin + more / 16, more % 4 == 3);
	}
}

static struct ctf_type *make_type(struct input *input, unsigned int depth)
{
	uint8_t kind = take(input), form = take(input);
	struct ctf_type *type = ctf_type_create((enum ctf_kind)(kind % 8));

	type->align_bits = 1U << (kind / 8 % 8);
	type->size_bits = form % 65;
	type->is_signed = form & 128;
	type->is_reverse_order = kind & 64;
	type->length = form;
	if (type->kind == CTF_FLOAT) {
		type->size_bits = form & 1 ? 32 : 64;
		type->exponent_bits = form & 1 ? 8 : 11;
		type->mantissa_bits = form & 1 ? 24 : 53;
	}
	if (type->kind == CTF_SEQUENCE || type->kind == CTF_VARIANT) {
		const char name[] = {(char)('a' + form % 4), 0};

		type->length_field = mem_strdup(name);
	}
	if (type->kind == CTF_ENUM)
		add_entries(input, type);
	if (depth < CTF_NESTING_MAX + 2) {
		if (type->kind == CTF_ARRAY || type->kind == CTF_SEQUENCE)
			type->element = make_type(input, depth + 1);
		if (type->kind == CTF_STRUCT || type->kind == CTF_VARIANT)
			add_fields(input, type, depth);
	}
	return type;
}

static struct ctf_type *make_payload(struct input *input)
{
	struct ctf_type *type = ctf_type_create(CTF_STRUCT);

	add_fields(input, type, 0);
	if (ctf_type_check(type, NULL))
		return type;
	ctf_type_destroy(type);
	return NULL;
}

static struct scanner *make_scanner(struct input *input)
{
	uint8_t form = take(input);
	struct ctf_layout layout = {
		.long_bits = 64,
		.align16 = form & 2 ? 8 : 16,
		.align32 = form & 2 ? 8 : 32,
		.align64 = form & 2 ? 8 : 64,
		.align_long = form & 2 ? 8 : 64,
		.is_big_endian = form & 4,
	};
	enum ctf_header header = form & 8    ? CTF_HEADER_COMPACT
				 : form & 32 ? CTF_HEADER_WIDE
					     : CTF_HEADER_LARGE;
	struct scanner *scanner = scanner_create(&layout, header);
	struct text text = {0};

	for (uint32_t id = 0; id < TYPE_COUNT; id++) {
		struct ctf_type *type = make_payload(input);

		if (!type)
			continue;
		ctf_metadata_event(&text, "fuzzed", id, 0, 13, NULL, type);
		scanner_add_event(scanner, id, type);
		if (form & 16)
			scanner_set_context(scanner, type);
		ctf_type_destroy(type);
	}
	text_finish(&text);
	return scanner;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct input input = {bytes, length};
	struct scanner *scanner = make_scanner(&input);
	struct event_counts *counts = event_counts_create();
	struct scan_result result;
	unsigned char *packet = malloc(input.length ? input.length : 1);
	uint64_t first = input.length < FIRST_EVENT_BYTES ? 0 : FIRST_EVENT_BYTES;

	memcpy(packet, input.bytes, input.length);
	scanner_walk(scanner, packet, first, input.length, 1000, counts, &result);
	if (result.end_bytes > input.length || result.event_count > input.length)
		abort();
	if (result.is_consistent != (result.end_bytes == input.length))
		abort();
	free(packet);
	event_counts_destroy(counts);
	scanner_unref(scanner);
	return 0;
}
