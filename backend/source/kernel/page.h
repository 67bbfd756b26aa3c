/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A sub-buffer of the kernel's ring as trace_pipe_raw hands it out (64-bit, little-endian), record
 * by record. Nothing here trusts it: no step leaves the page.
 */
#ifndef TRACON_SOURCE_KERNEL_PAGE_H
#define TRACON_SOURCE_KERNEL_PAGE_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* include/linux/ring_buffer.h, kernel/trace/ring_buffer.c; events/header_page of any instance. */
#define KERNEL_PAGE_HEADER_BYTES 16
#define KERNEL_PAGE_USED_MASK	 UINT64_C(0x07ffffff)
#define KERNEL_PAGE_LOST_STORED	 (UINT64_C(1) << 30)
#define KERNEL_PAGE_LOST	 (UINT64_C(1) << 31)

/* Every record begins with these: type (id of the event), flags, preemption count, thread. */
#define KERNEL_RECORD_COMMON_BYTES 8

struct kernel_cursor {
	const unsigned char *at, *end;
	uint64_t clock;	     /* of the last record */
	bool has_lost;	     /* records were lost before this page */
	uint64_t lost_count; /* 0: unknown */
	bool is_broken;	     /* a record leads out of the page: the rest was left */
};

struct kernel_record {
	const unsigned char *bytes; /* KERNEL_RECORD_COMMON_BYTES at least */
	uint32_t length;
	uint64_t clock;
};

static inline uint16_t kernel_u16(const unsigned char *bytes)
{
	uint16_t value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

static inline uint32_t kernel_u32(const unsigned char *bytes)
{
	uint32_t value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

static inline uint64_t kernel_u64(const unsigned char *bytes)
{
	uint64_t value;

	memcpy(&value, bytes, sizeof(value));
	return value;
}

/* size_bytes: of the sub-buffer. False: it can't be one. */
static inline bool kernel_page_begin(struct kernel_cursor *cursor, const unsigned char *bytes,
				     uint64_t size_bytes)
{
	uint64_t commit, used;

	if (size_bytes < KERNEL_PAGE_HEADER_BYTES)
		return false;
	commit = kernel_u64(bytes + 8);
	used = commit & KERNEL_PAGE_USED_MASK;
	if (used > size_bytes - KERNEL_PAGE_HEADER_BYTES)
		return false;
	cursor->clock = kernel_u64(bytes);
	cursor->at = bytes + KERNEL_PAGE_HEADER_BYTES;
	cursor->end = cursor->at + used;
	cursor->has_lost = commit & KERNEL_PAGE_LOST;
	cursor->lost_count = 0;
	cursor->is_broken = false;
	/* The number stands behind the records, if there was room. */
	if ((commit & KERNEL_PAGE_LOST_STORED) && used + 8 <= size_bytes - KERNEL_PAGE_HEADER_BYTES)
		cursor->lost_count = kernel_u64(cursor->end);
	return true;
}

/* Types of a record's head: its low 5 bits; the time since the last one is above. */
enum kernel_head {
	KERNEL_HEAD_LONG = 0,
	KERNEL_HEAD_PADDING = 29,
	KERNEL_HEAD_EXTEND,
	KERNEL_HEAD_STAMP
};

#define KERNEL_HEAD_TYPE_BITS 5
#define KERNEL_HEAD_TIME_BITS 27
#define KERNEL_STAMP_BITS     59 /* an absolute time has the top ones of the running time */

/* Heads that carry no record. False: no more on this page. */
bool kernel_page_skip(struct kernel_cursor *cursor, uint32_t head);

static inline bool kernel_page_next(struct kernel_cursor *cursor, struct kernel_record *record)
{
	for (;;) {
		uint64_t left = (uint64_t)(cursor->end - cursor->at);
		uint32_t head, type, length;

		if (left < sizeof(head))
			return false;
		head = kernel_u32(cursor->at);
		type = head & ((1U << KERNEL_HEAD_TYPE_BITS) - 1);
		if (__builtin_expect(type - 1 < KERNEL_HEAD_PADDING - 1, 1)) {
			length = type * 4;
			if (left - sizeof(head) < length || length < KERNEL_RECORD_COMMON_BYTES)
				break;
			cursor->clock += head >> KERNEL_HEAD_TYPE_BITS;
			record->bytes = cursor->at + sizeof(head);
			record->length = length;
			record->clock = cursor->clock;
			cursor->at = record->bytes + length;
			return true;
		}
		if (type != KERNEL_HEAD_LONG) {
			if (!kernel_page_skip(cursor, head))
				return false;
			continue;
		}
		if (left < 2 * sizeof(head))
			break;
		length = kernel_u32(cursor->at + sizeof(head));
		if (length < 4 + KERNEL_RECORD_COMMON_BYTES || length > left - sizeof(head))
			break;
		cursor->clock += head >> KERNEL_HEAD_TYPE_BITS;
		record->bytes = cursor->at + 2 * sizeof(head);
		record->length = length - 4;
		record->clock = cursor->clock;
		/* The next one begins at a multiple of 4; the last may end the page before that. */
		length = (length + 3) & ~3U;
		cursor->at += sizeof(head);
		cursor->at = length > (uint64_t)(cursor->end - cursor->at) ? cursor->end
									   : cursor->at + length;
		return true;
	}
	cursor->is_broken = true;
	cursor->at = cursor->end;
	return false;
}

#endif
