/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tables by event type id that grow without moving, so that others may read them meanwhile: the
 * first segment holds 256 entries, each further one doubles what there is, up to 2^20. Most
 * channels need the first only.
 */
#ifndef TRACON_CTF_SEGMENTS_H
#define TRACON_CTF_SEGMENTS_H

#include <stdbool.h>
#include <stdint.h>

#define SEGMENT_FIRST_BITS 8
#define SEGMENT_FIRST	   (UINT32_C(1) << SEGMENT_FIRST_BITS)
#define SEGMENT_COUNT	   13
#define SEGMENT_ID_COUNT   (UINT32_C(1) << 20)

/* id < SEGMENT_ID_COUNT */
static inline unsigned int segment_of(uint32_t id)
{
	return 31U - (unsigned int)__builtin_clz((id >> (SEGMENT_FIRST_BITS - 1)) | 1);
}

static inline uint32_t segment_first_id(unsigned int segment)
{
	return segment ? (SEGMENT_FIRST / 2) << segment : 0;
}

static inline uint32_t segment_size(unsigned int segment)
{
	return segment ? segment_first_id(segment) : SEGMENT_FIRST;
}

#endif
