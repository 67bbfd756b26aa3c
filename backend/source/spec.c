/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counting the holders of a spec; names of kinds of rules. */
#include "backend/source/spec.h"

#include <stdlib.h>
#include <string.h>

const struct rule_kind_names rule_kind_names[RULE_KIND_COUNT] = {
	[RULE_TRACEPOINT] = {"tracepoint", "TRACEPOINT"},
	[RULE_SYSCALL] = {"syscall", "SYSCALL"},
	[RULE_PROBE] = {"probe", "PROBE"},
	[RULE_FUNCTION] = {"function", "FUNCTION"},
	[RULE_USERSPACE_PROBE] = {"userspace-probe", "USERSPACE_PROBE"},
};

const char *rule_syscall_of(const char *event_name)
{
	static const char *const prefixes[] = {"syscall_entry_", "syscall_exit_"};

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strncmp(event_name, prefixes[i], strlen(prefixes[i])) == 0)
			return event_name + strlen(prefixes[i]);
	return NULL;
}

const char *rule_function_of(const char *pattern, const char *event_name)
{
	size_t length = strlen(pattern);

	if (strncmp(event_name, pattern, length) != 0)
		return NULL;
	event_name += length;
	return strcmp(event_name, "_entry") == 0 || strcmp(event_name, "_exit") == 0 ? pattern
										     : NULL;
}

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
