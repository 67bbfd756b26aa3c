/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counting the holders of a spec; copies of rules, names of their kinds. */
#include "backend/source/spec.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"

const struct rule_kind_names rule_kind_names[RULE_KIND_COUNT] = {
	[RULE_TRACEPOINT] = {"tracepoint", "TRACEPOINT"},
	[RULE_SYSCALL] = {"syscall", "SYSCALL"},
	[RULE_PROBE] = {"probe", "PROBE"},
	[RULE_FUNCTION] = {"function", "FUNCTION"},
	[RULE_USERSPACE_PROBE] = {"userspace-probe", "USERSPACE_PROBE"},
};

const char *rule_syscall_of(const char *event_name)
{
	static const char *const prefixes[] = {RULE_SYSCALL_ENTRY, RULE_SYSCALL_EXIT};

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

static char *copy_text(const char *text)
{
	return text ? mem_strdup(text) : NULL;
}

struct rule_spec rule_spec_copy(const struct rule_spec *rule)
{
	const char **exclusions = mem_zalloc((rule->exclusion_count + 1) * sizeof(*exclusions));
	struct rule_spec copy = *rule;

	for (size_t i = 0; i < rule->exclusion_count; i++)
		exclusions[i] = mem_strdup(rule->exclusions[i]);
	copy.exclusions = exclusions;
	copy.location = copy_text(rule->location);
	copy.pattern = copy_text(rule->pattern);
	copy.filter = copy_text(rule->filter);
	return copy;
}

static void free_text(const char *text)
{
	free((char *)(uintptr_t)text);
}

void rule_spec_finish(struct rule_spec *rule)
{
	for (size_t i = 0; i < rule->exclusion_count; i++)
		free_text(rule->exclusions[i]);
	free((void *)(uintptr_t)rule->exclusions);
	free_text(rule->location);
	free_text(rule->pattern);
	free_text(rule->filter);
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
