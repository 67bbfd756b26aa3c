/* SPDX-License-Identifier: GPL-2.0-or-later */
/* LTTng's packet index files (.idx), version 1.1: big-endian header and one entry a packet. */
#ifndef TRACON_CTF_INDEX_H
#define TRACON_CTF_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CTF_INDEX_MAGIC	       UINT32_C(0xC1F1DCC1)
#define CTF_INDEX_HEADER_BYTES 16
#define CTF_INDEX_ENTRY_BYTES  72

struct ctf_index_entry {
	uint64_t offset_bytes;
	uint64_t packet_bits;
	uint64_t content_bits;
	uint64_t begin_clock;
	uint64_t end_clock;
	uint64_t events_discarded;
	uint64_t stream_id;
	uint64_t stream_instance_id;
	uint64_t sequence;
};

void ctf_index_encode_header(unsigned char out[CTF_INDEX_HEADER_BYTES]);
void ctf_index_encode(unsigned char out[CTF_INDEX_ENTRY_BYTES],
		      const struct ctf_index_entry *entry);

/* Bytes of an entry, as the file says; 0: this is no index that we know. */
size_t ctf_index_entry_bytes(const unsigned char *bytes, size_t length);
/* bytes: a whole entry. Version 1.0 has no instance and sequence: has_more tells. */
void ctf_index_decode(const unsigned char *bytes, size_t entry_bytes, struct ctf_index_entry *entry,
		      bool *has_more);

#endif
