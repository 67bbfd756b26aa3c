/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counting the holders of a spec. */
#include "backend/source/spec.h"

#include <stdlib.h>

struct session_spec *session_spec_ref(struct session_spec *spec)
{
	atomic_fetch_add_explicit(&spec->references, 1, memory_order_relaxed);
	return spec;
}

void session_spec_unref(struct session_spec *spec)
{
	void *memory;

	if (!spec)
		return;
	/* Release: what this holder read is read; acquire: so did all others before the end. */
	if (atomic_fetch_sub_explicit(&spec->references, 1, memory_order_acq_rel) > 1)
		return;
	memory = spec->memory;
	if (memory != spec)
		free(spec);
	free(memory);
}
