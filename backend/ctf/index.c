/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Big-endian encoding of packet index files. */
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
