/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Big-endian encoding of packet index files, and reading them. */
#include "backend/ctf/index.h"

#include <endian.h>
#include <string.h>

void ctf_index_encode_header(unsigned char out[CTF_INDEX_HEADER_BYTES])
{
	const uint32_t words[] = {htobe32(CTF_INDEX_MAGIC), htobe32(1), htobe32(1),
				  htobe32(CTF_INDEX_ENTRY_BYTES)};

	memcpy(out, words, sizeof(words));
}

void ctf_index_encode(unsigned char out[CTF_INDEX_ENTRY_BYTES], const struct ctf_index_entry *entry)
{
	const uint64_t words[] = {
		htobe64(entry->offset_bytes), htobe64(entry->packet_bits),
		htobe64(entry->content_bits), htobe64(entry->begin_clock),
		htobe64(entry->end_clock),    htobe64(entry->events_discarded),
		htobe64(entry->stream_id),    htobe64(entry->stream_instance_id),
		htobe64(entry->sequence),
	};

	_Static_assert(sizeof(words) == CTF_INDEX_ENTRY_BYTES, "nine numbers an entry");
	memcpy(out, words, sizeof(words));
}

#define OLD_ENTRY_BYTES 56 /* of version 1.0 */
#define ENTRY_BYTES_MAX 4096

size_t ctf_index_entry_bytes(const unsigned char *bytes, size_t length)
{
	uint32_t words[4];

	if (length < sizeof(words))
		return 0;
	memcpy(words, bytes, sizeof(words));
	if (be32toh(words[0]) != CTF_INDEX_MAGIC || be32toh(words[1]) != 1 ||
	    be32toh(words[3]) < OLD_ENTRY_BYTES || be32toh(words[3]) > ENTRY_BYTES_MAX)
		return 0;
	return be32toh(words[3]);
}

void ctf_index_decode(const unsigned char *bytes, size_t entry_bytes, struct ctf_index_entry *entry,
		      bool *has_more)
{
	uint64_t words[CTF_INDEX_ENTRY_BYTES / 8] = {0};
	size_t length = entry_bytes < sizeof(words) ? entry_bytes : sizeof(words);

	memcpy(words, bytes, length - length % 8);
	*has_more = entry_bytes >= sizeof(words);
	*entry = (struct ctf_index_entry){
		.offset_bytes = be64toh(words[0]),
		.packet_bits = be64toh(words[1]),
		.content_bits = be64toh(words[2]),
		.begin_clock = be64toh(words[3]),
		.end_clock = be64toh(words[4]),
		.events_discarded = be64toh(words[5]),
		.stream_id = be64toh(words[6]),
		.stream_instance_id = be64toh(words[7]),
		.sequence = be64toh(words[8]),
	};
}
