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

static bool has_name(const struct kernel_event *event, const char *system, const char *name)
{
	return strcmp(event->kernel_name, name) == 0 && strcmp(event->system, system) == 0;
}

/* Among the first `count`; *near: where it may be, as lists hardly change. */
static struct kernel_event *find_event(const struct kernel_catalog *catalog, size_t count,
				       const char *system, const char *name, size_t *near)
{
	for (size_t i = 0; i < count; i++) {
		struct kernel_event *event = &catalog->events[(*near + i) % count];

		if (has_name(event, system, name)) {
			*near += i + 1;
			return event;
		}
	}
	return NULL;
}

/* "p:GROUP/EVENT PLACE", "r16:GROUP/EVENT PLACE": who came from `first` on and is one of these. */
static void mark_probes(struct kernel_catalog *catalog, size_t first, const struct tracefs *tracefs)
{
	char *list, *rest, *line;
	size_t length;

	if (!tracefs_read(tracefs, "dynamic_events", LIST_BYTES_MAX, &list, &length, NULL))
		return;
	rest = list;
	while ((line = strsep(&rest, "\n"))) {
		char *system = strchr(line, ':');
		char *name = system ? strchr(system, '/') : NULL;

		if (!name || !strchr("prefmt", *line)) /* of the kernel, of programs, of events */
			continue;
		*name++ = '\0';
		name[strcspn(name, " ")] = '\0';
		for (size_t i = first; i < catalog->count; i++)
			if (has_name(&catalog->events[i], system + 1, name))
				catalog->events[i].is_of_others = true;
	}
	free(list);
}

static void drop_format(struct kernel_event *event)
{
	kernel_format_destroy(event->format);
	event->format = NULL; /* another one when it comes back */
}

/* The list is changed. */
static void take_list(struct kernel_catalog *catalog, char *list, const struct tracefs *tracefs)
{
	size_t known = catalog->count, near = 0;
	char *line;

	for (size_t i = 0; i < known; i++)
		catalog->events[i].is_gone = catalog->events[i].rule_id == 0;
	while ((line = strsep(&list, "\n"))) {
		char *name = strchr(line, ':');
		struct kernel_event *event;

		if (!name || name == line || name[1] == '\0' || strchr(line, '/') ||
		    strncmp(line, "tracon_", strlen("tracon_")) == 0)
			continue;
		*name++ = '\0';
		event = find_event(catalog, known, line, name, &near);
		if (event)
			event->is_gone = false;
		else
			add_event(catalog, line, name);
	}
	for (size_t i = 0; i < known; i++)
		if (catalog->events[i].is_gone)
			drop_format(&catalog->events[i]);
	if (catalog->count > known)
		mark_probes(catalog, known, tracefs);
}

static bool look(struct kernel_catalog *catalog, const struct tracefs *tracefs, bool *has_changed,
		 struct error *err)
{
	size_t length;
	char *list, *copy;

	if (!tracefs_read(tracefs, "available_events", LIST_BYTES_MAX, &list, &length, err))
		return false;
	*has_changed = !catalog->list || strcmp(catalog->list, list) != 0;
	free(catalog->list);
	catalog->list = list;
	if (!*has_changed)
		return true;
	copy = mem_strdup(list);
	take_list(catalog, copy, tracefs);
	free(copy);
	return true;
}

bool kernel_catalog_read(struct kernel_catalog *catalog, const struct tracefs *tracefs,
			 struct error *err)
{
	bool has_changed;

	*catalog = (struct kernel_catalog){0};
	return look(catalog, tracefs, &has_changed, err);
}

bool kernel_catalog_look_again(struct kernel_catalog *catalog, const struct tracefs *tracefs)
{
	bool has_changed;

	return look(catalog, tracefs, &has_changed, NULL) && has_changed;
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
	free(catalog->list);
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
	if ((is_hidden(event->system) || event->is_of_others) && text_has_glob(pattern))
		return false;
	return text_glob_match(pattern, event->name);
}

bool kernel_event_is_meant(const struct kernel_event *event, const struct rule_spec *rule)
{
	const char *syscall = kernel_event_syscall(event);

	if (event->is_gone)
		return false;
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
