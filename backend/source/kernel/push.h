/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Filters that the kernel itself evaluates, so that what is not wanted costs nothing: an expression
 * as far as the kernel's own language has it. It may let through more than the expression, which
 * matcher.h then decides, never less.
 */
#ifndef TRACON_SOURCE_KERNEL_PUSH_H
#define TRACON_SOURCE_KERNEL_PUSH_H

#include "backend/base/text.h"
#include "backend/source/kernel/format.h"

/*
 * texts: expressions any of which may let an event pass. In a new string; NULL: nothing of them can
 * be said in the kernel's language. *is_whole: it decides exactly as they do.
 */
char *kernel_push_filter(const struct kernel_format *format, const char *const *texts, size_t count,
			 bool *is_whole);

#endif
