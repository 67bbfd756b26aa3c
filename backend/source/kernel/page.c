/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is rare on a page: padding and long times. */
#include "backend/source/kernel/page.h"

static bool leave(struct kernel_cursor *cursor, bool is_broken)
{
	cursor->is_broken = is_broken;
	cursor->at = cursor->end;
	return false;
}

static bool skip_padding(struct kernel_cursor *cursor, uint32_t delta)
{
	uint64_t left = (uint64_t)(cursor->end - cursor->at);
	uint64_t length;

	if (delta == 0) /* the rest of the page is empty */
		return leave(cursor, false);
	if (left < 8)
		return leave(cursor, true);
	/* A record that was taken back. */
	length = (uint64_t)kernel_u32(cursor->at + 4) + 4;
	if (length > left)
		return leave(cursor, true);
	cursor->clock += delta;
	cursor->at += (length + 3) & ~UINT64_C(3);
	if (cursor->at > cursor->end)
		cursor->at = cursor->end;
	return true;
}

bool kernel_page_skip(struct kernel_cursor *cursor, uint32_t head)
{
	uint32_t type = head & ((1U << KERNEL_HEAD_TYPE_BITS) - 1);
	uint64_t delta = head >> KERNEL_HEAD_TYPE_BITS;
	uint64_t time;

	if (type == KERNEL_HEAD_PADDING)
		return skip_padding(cursor, (uint32_t)delta);
	if (cursor->end - cursor->at < 8)
		return leave(cursor, true);
	time = ((uint64_t)kernel_u32(cursor->at + 4) << KERNEL_HEAD_TIME_BITS) + delta;
	if (type == KERNEL_HEAD_EXTEND)
		cursor->clock += time;
	else
		cursor->clock = time | (cursor->clock >> KERNEL_STAMP_BITS << KERNEL_STAMP_BITS);
	cursor->at += 8;
	return true;
}
