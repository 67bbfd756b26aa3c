/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The events that this kernel has, under LTTng's names. Read when a session begins, as numbers are
 * of this boot only, and again while it records, as modules come and go. The kernel's own thread.
 */
#ifndef TRACON_SOURCE_KERNEL_CATALOG_H
#define TRACON_SOURCE_KERNEL_CATALOG_H

#include "backend/source/kernel/format.h"
#include "backend/source/kernel/tracefs.h"
#include "backend/source/spec.h"

struct kernel_event {
	char *system;
	char *kernel_name; /* "sys_enter_openat": its folder */
	char *name;	   /* "syscall_entry_openat" */
	bool is_syscall;
	bool is_of_others;	      /* a probe that somebody else has defined */
	bool is_gone;		      /* it was there, but is no more: its module was unloaded */
	uint32_t rule_id;	      /* of a probe: it is that rule's only; else 0 */
	struct kernel_format *format; /* NULL: not read yet */
};

struct kernel_catalog {
	struct kernel_event *events;
	size_t count, room;
	char *list; /* as the kernel gave it last */
};

bool kernel_catalog_read(struct kernel_catalog *catalog, const struct tracefs *tracefs,
			 struct error *err);
/*
 * Reads again: whether any has come, which is behind the others then, or gone. One that went and
 * came back meanwhile is not noticed.
 */
bool kernel_catalog_look_again(struct kernel_catalog *catalog, const struct tracefs *tracefs);
struct kernel_probe;
/* Its events come behind the others. */
void kernel_catalog_add_probe(struct kernel_catalog *catalog, const struct kernel_probe *probe);
void kernel_catalog_finish(struct kernel_catalog *catalog);
/* Reads it at the first call; the catalog keeps it. NULL with err. */
const struct kernel_format *kernel_event_format(struct kernel_event *event,
						const struct tracefs *tracefs, struct error *err);
/* "openat" of both its events; "" if it is none. */
const char *kernel_event_syscall(const struct kernel_event *event);
/*
 * Whether the rule, enabled or not, means this event. Others' probes are not meant by stars: who
 * defined one could not remove it while it is on.
 */
bool kernel_event_is_meant(const struct kernel_event *event, const struct rule_spec *rule);

#endif
