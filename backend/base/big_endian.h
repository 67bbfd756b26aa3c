/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers in the network's byte order, as both of LTTng's relay protocols have them. */
#ifndef TRACON_BASE_BIG_ENDIAN_H
#define TRACON_BASE_BIG_ENDIAN_H

#include <stdint.h>

#include "backend/base/text.h"

static inline uint32_t big_endian_u32(const unsigned char *bytes)
{
	return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 |
	       bytes[3];
}

static inline uint64_t big_endian_u64(const unsigned char *bytes)
{
	return (uint64_t)big_endian_u32(bytes) << 32 | big_endian_u32(bytes + 4);
}

static inline void big_endian_add_u32(struct text *out, uint32_t value)
{
	const unsigned char bytes[] = {(unsigned char)(value >> 24), (unsigned char)(value >> 16),
				       (unsigned char)(value >> 8), (unsigned char)value};

	text_add_bytes(out, (const char *)bytes, sizeof(bytes));
}

static inline void big_endian_add_u64(struct text *out, uint64_t value)
{
	big_endian_add_u32(out, (uint32_t)(value >> 32));
	big_endian_add_u32(out, (uint32_t)value);
}

#endif
