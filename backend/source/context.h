/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kinds of context that each event of a channel can carry: their names on the command line and
 * in session files, which domain knows them, and what perf counters mean to the kernel.
 */
#ifndef TRACON_SOURCE_CONTEXT_H
#define TRACON_SOURCE_CONTEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/error.h"

enum context_domain {
	CONTEXT_USER = 1,
	CONTEXT_KERNEL = 2,
};

struct context_type {
	const char *name;     /* as --type takes it: "vpid" */
	const char *symbol;   /* in session files and --mi xml: "VPID" */
	unsigned int domains; /* of enum context_domain */
};

/* Without perf counters and application contexts. In the order of add-context --list. */
extern const struct context_type context_type_table[];
extern const size_t context_type_count;

/* NULL: no such type. */
const struct context_type *context_type_find(const char *name);
const struct context_type *context_type_find_symbol(const char *symbol);

#define CONTEXT_NAME_MAX 256 /* bytes with NUL, as applications take names */

struct context_perf {
	bool is_per_thread;	      /* else per CPU: the kernel's */
	uint32_t type;		      /* perf_event_open(2) */
	uint64_t config;	      /* likewise */
	char field[CONTEXT_NAME_MAX]; /* "perf_thread_cpu_cycles" */
};

/* "perf:thread:cpu-cycles", "perf:cpu:raw:r1b2:NAME". False: not the name of one. */
bool context_parse_perf(const char *name, struct context_perf *perf);
/* Names of counters, without "perf:thread:"; NULL behind the last. */
const char *context_perf_name(size_t index);
/*
 * Whether the kernel gives this process the counter: ERROR_DENIED, ERROR_UNSUPPORTED with what to
 * do about it.
 */
bool context_check_perf(const char *name, const struct context_perf *perf, struct error *err);

struct context_app {
	char provider[CONTEXT_NAME_MAX];
	char type[CONTEXT_NAME_MAX];
};

/* "$app.PROVIDER:TYPE". */
bool context_parse_app(const char *name, struct context_app *app);

/*
 * The one name of what the user calls so ("perf:faults" is "perf:thread:faults" in user space).
 * False with ERROR_NOT_FOUND (no such type), ERROR_UNSUPPORTED (not in this domain).
 */
bool context_resolve(const char *name, enum context_domain domain, char resolved[CONTEXT_NAME_MAX],
		     struct error *err);

#endif
