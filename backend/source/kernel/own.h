/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Threads of this process: their records are left out, or readers would feed themselves. The kernel
 * could leave them out, too, but that costs all other threads a tenth of their time in an event.
 */
#ifndef TRACON_SOURCE_KERNEL_OWN_H
#define TRACON_SOURCE_KERNEL_OWN_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/source/kernel/page.h"

#define KERNEL_OWN_MAX 250

struct kernel_own {
	uint64_t hint; /* bit tid % 64 of each: most others are told apart by it */
	size_t count;
	int32_t tids[KERNEL_OWN_MAX];
};

/*
 * The threads there are now. Others may ask meanwhile: they see some of the old and some of the new
 * ones.
 */
void kernel_own_look(struct kernel_own *own);

/* Whether one of them left the record. NULL: nobody is left out. Any thread. */
static inline bool kernel_own_has(const struct kernel_own *own, const struct kernel_record *record)
{
	int32_t tid = (int32_t)kernel_u32(record->bytes + 4);
	size_t count;

	if (!own ||
	    __builtin_expect(
		    !(__atomic_load_n(&own->hint, __ATOMIC_RELAXED) >> ((uint32_t)tid % 64) & 1),
		    1))
		return false;
	count = __atomic_load_n(&own->count, __ATOMIC_RELAXED);
	for (size_t i = 0; i < count; i++)
		if (__atomic_load_n(&own->tids[i], __ATOMIC_RELAXED) == tid)
			return true;
	return false;
}

#endif
