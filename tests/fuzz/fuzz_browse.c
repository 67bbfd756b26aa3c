/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzzer entry: the first two bytes split the input into metadata, an index file's entries and
 * packets. What metadata says about packets is found out, the index is read, and the packets are
 * walked as far as their headers go.
 */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "backend/ctf/index.h"
#include "backend/ctf/outline.h"

/* A copy of exactly that size, so that reading beyond it is found out. */
static unsigned char *copy(const uint8_t *bytes, size_t length)
{
	unsigned char *exact = malloc(length ? length : 1);

	memcpy(exact, bytes, length);
	return exact;
}

static void read_index(const uint8_t *bytes, size_t length)
{
	unsigned char *exact = copy(bytes, length);
	size_t entry_bytes = ctf_index_entry_bytes(exact, length);
	struct ctf_index_entry entry;
	bool has_more;

	for (size_t at = CTF_INDEX_HEADER_BYTES; entry_bytes > 0 && length - at >= entry_bytes;
	     at += entry_bytes) {
		ctf_index_decode(exact + at, entry_bytes, &entry, &has_more);
		if (has_more != (entry_bytes >= CTF_INDEX_ENTRY_BYTES))
			abort();
	}
	free(exact);
}

static void walk_packets(const struct ctf_outline *outline, const uint8_t *bytes, size_t length)
{
	size_t at = 0;

	while (at < length) {
		size_t head = length - at < CTF_PACKET_HEAD_MAX ? length - at : CTF_PACKET_HEAD_MAX;
		unsigned char *exact = copy(bytes + at, head);
		struct ctf_packet_facts facts;
		bool is_packet = ctf_outline_read_packet(outline, exact, head, &facts, NULL);

		free(exact);
		if (!is_packet)
			return;
		if (!facts.stream || facts.end_clock < facts.begin_clock ||
		    facts.content_bits > (facts.size_bits ? facts.size_bits : UINT64_MAX))
			abort();
		ctf_outline_wall_ns(outline, facts.stream, facts.begin_clock);
		if (facts.size_bits == 0 || facts.size_bits / 8 > length - at)
			return;
		at += facts.size_bits / 8;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	size_t metadata_length, index_length;
	struct ctf_outline *outline;
	unsigned char *metadata;

	if (length < 4)
		return 0;
	metadata_length = (size_t)(bytes[0] << 8 | bytes[1]);
	index_length = (size_t)(bytes[2] << 8 | bytes[3]);
	bytes += 4;
	length -= 4;
	if (metadata_length > length)
		metadata_length = length;
	if (index_length > length - metadata_length)
		index_length = length - metadata_length;
	metadata = copy(bytes, metadata_length);
	read_index(bytes + metadata_length, index_length);
	outline = ctf_outline_parse(metadata, metadata_length, NULL);
	if (outline && outline->is_known)
		walk_packets(outline, bytes + metadata_length + index_length,
			     length - metadata_length - index_length);
	ctf_outline_destroy(outline);
	free(metadata);
	return 0;
}
