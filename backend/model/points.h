/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What could be traced now: the instrumentation points of all applications (and of other sources),
 * gathered while somebody looks at them, and again when applications come and go. One immutable,
 * counted allocation; names and types come from applications: untrusted.
 */
#ifndef TRACON_MODEL_POINTS_H
#define TRACON_MODEL_POINTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct points_field {
	const char *name;
	const char *type; /* "integer", "string", "float", "enum", "unknown" */
};

struct points_event {
	const char *name; /* "provider:event" */
	int loglevel;
	const char *loglevel_text;
	const struct points_field *fields;
	size_t field_count;
	const char *provider; /* "sched"; NULL: the name begins with it */
};

/* One application, or one part of a source that is no application ("Linux kernel"). */
struct points_group {
	uint64_t id;	    /* stable while the application lives */
	const char *domain; /* "User space" */
	char domain_option; /* 'u' */
	pid_t pid;	    /* 0: not a process */
	uid_t uid;
	const char *user; /* its name; NULL: unknown */
	const char *name;
	size_t first_event, event_count;
};

struct points {
	uint64_t serial; /* grows with each gathering */
	bool is_loading; /* the first gathering is under way */
	size_t unanswered_count;
	const struct points_group *groups;
	size_t group_count;
	const struct points_event *events;
	size_t event_count;
	/* Why there is nothing, and the exact command that helps; "" when there is something. */
	const char *nothing;
};

const struct points *points_ref(const struct points *points);
void points_unref(const struct points *points); /* NULL passes; any thread */

#endif
