/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Filters on the kernel's records, evaluated before anything is written: the expressions of the
 * rules that mean an event, any of which may let it pass. Immutable; any thread.
 */
#ifndef TRACON_SOURCE_KERNEL_MATCHER_H
#define TRACON_SOURCE_KERNEL_MATCHER_H

#include "backend/base/filter/filter.h"
#include "backend/source/kernel/format.h"
#include "backend/source/kernel/page.h"

struct kernel_matcher;
struct kernel_state;

/* texts: expressions that were checked before. The format is borrowed. */
struct kernel_matcher *kernel_matcher_create(const struct kernel_format *format,
					     const char *const *texts, size_t count);
void kernel_matcher_destroy(struct kernel_matcher *matcher); /* NULL passes */
/* As kernel_class's `wants`; without a state, contexts beyond the thread's number are missing. */
bool kernel_matcher_wants(const void *matcher, const struct kernel_record *record,
			  struct kernel_state *state);
/*
 * The value of the expression at `index`, which is a field or a context, as people read it: 5,
 * "text", [1, 2], or "unavailable".
 */
void kernel_matcher_print(const struct kernel_matcher *matcher, size_t index,
			  const struct kernel_record *record, struct kernel_state *state,
			  struct text *out);

#endif
