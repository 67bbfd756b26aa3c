/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any description of fields that an application may send: what is accepted can be printed, and any
 * packet of it walked. Input is packed as known_pack() does: a zero is followed by how many more
 * there are; up to the middle it is the fields, behind it the labels of an enumeration and events.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backend/ctf/metadata.h"
#include "backend/ctf/scan.h"
#include "backend/source/ust/types.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

#define FIELD_COUNT_MAX 12
#define LABEL_COUNT	2

struct input {
	struct lttng_ust_ctl_field fields[FIELD_COUNT_MAX];
	struct lttng_ust_ctl_enum_entry labels[LABEL_COUNT];
};

/* How many bytes of the input were used. */
static size_t unpack(void *out, size_t room, const uint8_t *bytes, size_t length, size_t *filled)
{
	uint8_t *to = out;
	size_t used = 0, at = 0;

	memset(out, 0, room);
	while (used < length && at < room) {
		uint8_t byte = bytes[used++];

		if (byte)
			to[at++] = byte;
		else
			at += 1u + (used < length ? bytes[used++] : 0);
	}
	*filled = at < room ? at : room;
	return used;
}

static bool find_labels(void *data, uint64_t id, const struct lttng_ust_ctl_enum_entry **entries,
			size_t *count)
{
	struct input *input = data;

	*entries = input->labels;
	*count = LABEL_COUNT;
	return id == 0;
}

static void use(const struct ctf_type *payload, const uint8_t *bytes, size_t length)
{
	struct ctf_layout layout = {64, 8, 8, 8, 8, false};
	struct scanner *scanner = scanner_create(&layout, CTF_HEADER_LARGE);
	struct scan_result result;
	struct text text = {0};
	uint8_t *packet = malloc(length + 1);

	ctf_metadata_event(&text, "p:e", 0, 1, 13, NULL, payload);
	assert(text.length > 0);
	text_finish(&text);
	assert(scanner_add_event(scanner, 0, payload));
	/* An own block, so that a step behind its end is seen. */
	if (length)
		memcpy(packet, bytes, length);
	scanner_walk(scanner, packet, 0, length, 0, NULL, &result);
	assert(result.end_bytes <= length);
	free(packet);
	scanner_unref(scanner);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct input *input = malloc(sizeof(*input));
	struct ust_enum_finder enums = {input, find_labels};
	struct error err = ERROR_INIT;
	struct ctf_type *payload;
	size_t used, filled, ignored;

	used = unpack(input->fields, sizeof(input->fields), bytes, length, &filled);
	used += unpack(input->labels, sizeof(input->labels), bytes + used, length - used, &ignored);
	payload = ust_types_build(
		input->fields, (filled + sizeof(input->fields[0]) - 1) / sizeof(input->fields[0]),
		&enums, &err);
	if (payload)
		use(payload, bytes + used, length - used);
	else
		assert(err.code == ERROR_PROTOCOL);
	ctf_type_destroy(payload);
	free(input);
	return 0;
}
