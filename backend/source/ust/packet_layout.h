/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packet header and context as liblttng-ust 2.13 writes them, in the writer's byte order. */
#ifndef TRACON_SOURCE_UST_PACKET_LAYOUT_H
#define TRACON_SOURCE_UST_PACKET_LAYOUT_H

#include <stdint.h>

/* Offsets in bytes. */
enum {
	AT_MAGIC = 0,
	AT_STREAM_ID = 20,
	AT_INSTANCE_ID = 24,
	AT_BEGIN_CLOCK = 32,
	AT_END_CLOCK = 40,
	AT_CONTENT_BITS = 48,
	AT_PACKET_BITS = 56,
	AT_SEQUENCE = 64,
	AT_DISCARDED = 72,
	HEADER_BYTES = 84,
};

#define CTF_MAGIC  UINT32_C(0xc1fc1fc1) /* CTF 1.8 §5.1 */
#define PAGE_BYTES UINT64_C(4096)	/* packets are padded to pages */

#endif
