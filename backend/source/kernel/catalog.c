/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See catalog.h. */
#include "backend/source/kernel/catalog.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/text.h"
#include "backend/source/kernel/probe.h"

#define LIST_BYTES_MAX (8 << 20)
#define SYSCALL_PREFIX "syscall_"

/* Not meant by stars: what the tracer itself is made of, and system calls without their names. */
static bool is_hidden(const char *system)
{
	return strcmp(system, "ftrace") == 0 || strcmp(system, "raw_syscalls") == 0;
}

static struct kernel_event *add_place(struct kernel_catalog *catalog)
{
	catalog->events =
		mem_grow(catalog->events, catalog->count, &catalog->room, sizeof(*catalog->events));
	return &catalog->events[catalog->count++];
}

static void add_event(struct kernel_catalog *catalog, const char *system, const char *name)
{
	*add_place(catalog) = (struct kernel_event){
		.system = mem_strdup(system),
		.kernel_name = mem_strdup(name),
		.name = kernel_event_name(system, name),
		.is_syscall = strcmp(system, "syscalls") == 0,
	};
}

bool kernel_catalog_read(struct kernel_catalog *catalog, const struct tracefs *tracefs,
			 struct error *err)
{
	size_t length;
	char *list, *rest, *line;

	*catalog = (struct kernel_catalog){0};
	if (!tracefs_read(tracefs, "available_events", LIST_BYTES_MAX, &list, &length, err))
		return false;
	rest = list;
	while ((line = strsep(&rest, "\n"))) {
		char *name = strchr(line, ':');

		if (!name || name == line || name[1] == '\0' || strchr(line, '/') ||
		    strncmp(line, "tracon_", strlen("tracon_")) == 0)
			continue;
		*name++ = '\0';
		add_event(catalog, line, name);
	}
	free(list);
	return true;
}

void kernel_catalog_add_probe(struct kernel_catalog *catalog, const struct kernel_probe *probe)
{
	for (size_t i = 0; i < probe->names.count; i++)
		*add_place(catalog) = (struct kernel_event){
			.system = mem_strdup(probe->group),
			.kernel_name = mem_strdup(probe->names.words[i]),
			.name = mem_strdup(probe->titles.words[i]),
			.rule_id = probe->rule_id,
		};
}

void kernel_catalog_finish(struct kernel_catalog *catalog)
{
	for (size_t i = 0; i < catalog->count; i++) {
		free(catalog->events[i].system);
		free(catalog->events[i].kernel_name);
		free(catalog->events[i].name);
		kernel_format_destroy(catalog->events[i].format);
	}
	free(catalog->events);
	*catalog = (struct kernel_catalog){0};
}

const struct kernel_format *kernel_event_format(struct kernel_event *event,
						const struct tracefs *tracefs, struct error *err)
{
	char *path, *text;
	size_t length;

	if (event->format)
		return event->format;
	path = mem_printf("events/%s/%s/format", event->system, event->kernel_name);
	if (tracefs_read(tracefs, path, KERNEL_FORMAT_MAX, &text, &length, err)) {
		event->format = kernel_format_read(event->system, text, length, err);
		free(text);
	}
	if (event->format && strcmp(event->format->name, event->name) != 0) {
		/* A probe: the kernel knows it by another name. */
		free(event->format->name);
		event->format->name = mem_strdup(event->name);
	}
	if (!event->format)
		error_prefix(err, "event '%s' can't be recorded", event->name);
	free(path);
	return event->format;
}

const char *kernel_event_syscall(const struct kernel_event *event)
{
	const char *syscall = event->is_syscall ? rule_syscall_of(event->name) : NULL;

	return syscall ? syscall : "";
}

static bool is_excluded(const struct rule_spec *rule, const char *name)
{
	for (size_t i = 0; i < rule->exclusion_count; i++)
		if (text_glob_match(rule->exclusions[i], name))
			return true;
	return false;
}

/* A rule that names one end of a system call as a tracepoint means it. */
static bool is_tracepoint_meant(const struct kernel_event *event, const char *pattern)
{
	if (event->is_syscall && strncmp(pattern, SYSCALL_PREFIX, strlen(SYSCALL_PREFIX)) != 0)
		return false;
	if ((is_hidden(event->system) && text_has_glob(pattern)))
		return false;
	return text_glob_match(pattern, event->name);
}

bool kernel_event_is_meant(const struct kernel_event *event, const struct rule_spec *rule)
{
	const char *syscall = kernel_event_syscall(event);

	if (event->rule_id || rule->kind > RULE_SYSCALL)
		return event->rule_id == rule->id;
	if (is_excluded(rule, event->is_syscall ? syscall : event->name))
		return false;
	switch (rule->kind) {
	case RULE_TRACEPOINT:
		return is_tracepoint_meant(event, rule->pattern);
	case RULE_SYSCALL:
		return event->is_syscall && text_glob_match(rule->pattern, syscall);
	case RULE_PROBE:
	case RULE_FUNCTION:
	case RULE_USERSPACE_PROBE:
	case RULE_KIND_COUNT:
		break;
	}
	return false;
}
