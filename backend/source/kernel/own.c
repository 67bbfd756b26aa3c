/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See own.h. */
#include "backend/source/kernel/own.h"

#include <dirent.h>
#include <stdlib.h>

void kernel_own_look(struct kernel_own *own)
{
	DIR *threads = opendir("/proc/self/task");
	const struct dirent *entry;
	uint64_t hint = 0;
	size_t count = 0;

	while (threads && (entry = readdir(threads)) && count < KERNEL_OWN_MAX) {
		int32_t tid = (int32_t)strtol(entry->d_name, NULL, 10);

		if (tid <= 0)
			continue;
		__atomic_store_n(&own->tids[count++], tid, __ATOMIC_RELAXED);
		hint |= UINT64_C(1) << ((uint32_t)tid % 64);
	}
	if (threads)
		closedir(threads);
	__atomic_store_n(&own->count, count, __ATOMIC_RELAXED);
	__atomic_store_n(&own->hint, hint, __ATOMIC_RELAXED);
}
