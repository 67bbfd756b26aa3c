/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kinds of context; see context.h. The names are lttng-add-context(1)'s. */
#include "backend/source/context.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/perf_event.h>

#include "backend/base/mem.h"

#define BOTH (CONTEXT_USER | CONTEXT_KERNEL)

const struct context_type context_type_table[] = {
	{"pid", "PID", CONTEXT_KERNEL},
	{"procname", "PROCNAME", BOTH},
	{"prio", "PRIO", CONTEXT_KERNEL},
	{"nice", "NICE", CONTEXT_KERNEL},
	{"vpid", "VPID", BOTH},
	{"tid", "TID", CONTEXT_KERNEL},
	{"pthread_id", "PTHREAD_ID", CONTEXT_USER},
	{"vtid", "VTID", BOTH},
	{"ppid", "PPID", CONTEXT_KERNEL},
	{"vppid", "VPPID", CONTEXT_KERNEL},
	{"hostname", "HOSTNAME", CONTEXT_KERNEL},
	{"ip", "IP", CONTEXT_USER},
	{"interruptible", "INTERRUPTIBLE", CONTEXT_KERNEL},
	{"preemptible", "PREEMPTIBLE", CONTEXT_KERNEL},
	{"need_reschedule", "NEED_RESCHEDULE", CONTEXT_KERNEL},
	{"migratable", "MIGRATABLE", CONTEXT_KERNEL},
	{"callstack-kernel", "CALLSTACK_KERNEL", CONTEXT_KERNEL},
	{"callstack-user", "CALLSTACK_USER", CONTEXT_KERNEL},
	{"cgroup_ns", "CGROUP_NS", BOTH},
	{"ipc_ns", "IPC_NS", BOTH},
	{"mnt_ns", "MNT_NS", BOTH},
	{"net_ns", "NET_NS", BOTH},
	{"pid_ns", "PID_NS", BOTH},
	{"time_ns", "TIME_NS", BOTH},
	{"user_ns", "USER_NS", BOTH},
	{"uts_ns", "UTS_NS", BOTH},
	{"uid", "UID", CONTEXT_KERNEL},
	{"euid", "EUID", CONTEXT_KERNEL},
	{"suid", "SUID", CONTEXT_KERNEL},
	{"gid", "GID", CONTEXT_KERNEL},
	{"egid", "EGID", CONTEXT_KERNEL},
	{"sgid", "SGID", CONTEXT_KERNEL},
	{"vuid", "VUID", BOTH},
	{"veuid", "VEUID", BOTH},
	{"vsuid", "VSUID", BOTH},
	{"vgid", "VGID", BOTH},
	{"vegid", "VEGID", BOTH},
	{"vsgid", "VSGID", BOTH},
	{"cpu_id", "CPU_ID", BOTH},
};

const size_t context_type_count = COUNT_OF(context_type_table);

const struct context_type *context_type_find(const char *name)
{
	for (size_t i = 0; i < context_type_count; i++)
		if (strcmp(context_type_table[i].name, name) == 0)
			return &context_type_table[i];
	return NULL;
}

const struct context_type *context_type_find_symbol(const char *symbol)
{
	for (size_t i = 0; i < context_type_count; i++)
		if (strcmp(context_type_table[i].symbol, symbol) == 0)
			return &context_type_table[i];
	return NULL;
}

/* --- perf counters: numbers of <linux/perf_event.h> */

struct counter {
	const char *name;
	uint32_t type;
	uint64_t config;
};

#define HARDWARE(name, config)                                                                     \
	{                                                                                          \
		name, PERF_TYPE_HARDWARE, PERF_COUNT_HW_##config                                   \
	}
#define SOFTWARE(name, config)                                                                     \
	{                                                                                          \
		name, PERF_TYPE_SOFTWARE, PERF_COUNT_SW_##config                                   \
	}
#define CACHE(name, cache, operation, result)                                                      \
	{                                                                                          \
		name, PERF_TYPE_HW_CACHE,                                                          \
			PERF_COUNT_HW_CACHE_##cache | PERF_COUNT_HW_CACHE_OP_##operation << 8 |    \
				PERF_COUNT_HW_CACHE_RESULT_##result << 16                          \
	}
#define CACHE_READS(name, cache)                                                                   \
	CACHE(name "-loads", cache, READ, ACCESS), CACHE(name "-load-misses", cache, READ, MISS)
#define CACHE_ALL(name, cache)                                                                     \
	CACHE_READS(name, cache), CACHE(name "-stores", cache, WRITE, ACCESS),                     \
		CACHE(name "-store-misses", cache, WRITE, MISS),                                   \
		CACHE(name "-prefetches", cache, PREFETCH, ACCESS),                                \
		CACHE(name "-prefetch-misses", cache, PREFETCH, MISS)

static const struct counter counters[] = {
	HARDWARE("cpu-cycles", CPU_CYCLES),
	HARDWARE("cycles", CPU_CYCLES),
	HARDWARE("stalled-cycles-frontend", STALLED_CYCLES_FRONTEND),
	HARDWARE("idle-cycles-frontend", STALLED_CYCLES_FRONTEND),
	HARDWARE("stalled-cycles-backend", STALLED_CYCLES_BACKEND),
	HARDWARE("idle-cycles-backend", STALLED_CYCLES_BACKEND),
	HARDWARE("instructions", INSTRUCTIONS),
	HARDWARE("cache-references", CACHE_REFERENCES),
	HARDWARE("cache-misses", CACHE_MISSES),
	HARDWARE("branch-instructions", BRANCH_INSTRUCTIONS),
	HARDWARE("branches", BRANCH_INSTRUCTIONS),
	HARDWARE("branch-misses", BRANCH_MISSES),
	HARDWARE("bus-cycles", BUS_CYCLES),
	CACHE_ALL("L1-dcache", L1D),
	CACHE_ALL("L1-icache", L1I),
	CACHE_ALL("LLC", LL),
	CACHE_ALL("dTLB", DTLB),
	CACHE_READS("iTLB", ITLB),
	CACHE_READS("branch", BPU),
	SOFTWARE("cpu-clock", CPU_CLOCK),
	SOFTWARE("task-clock", TASK_CLOCK),
	SOFTWARE("page-fault", PAGE_FAULTS),
	SOFTWARE("faults", PAGE_FAULTS),
	SOFTWARE("major-faults", PAGE_FAULTS_MAJ),
	SOFTWARE("minor-faults", PAGE_FAULTS_MIN),
	SOFTWARE("context-switches", CONTEXT_SWITCHES),
	SOFTWARE("cs", CONTEXT_SWITCHES),
	SOFTWARE("cpu-migrations", CPU_MIGRATIONS),
	SOFTWARE("migrations", CPU_MIGRATIONS),
	SOFTWARE("alignment-faults", ALIGNMENT_FAULTS),
	SOFTWARE("emulation-faults", EMULATION_FAULTS),
};

const char *context_perf_name(size_t index)
{
	return index < COUNT_OF(counters) ? counters[index].name : NULL;
}

/* "r1b2:NAME": a number of the processor's manual, and what its field is called. */
static const char *parse_raw(const char *text, struct context_perf *perf)
{
	char *end;

	if (text[0] != 'r' || !isxdigit((unsigned char)text[1]))
		return NULL;
	errno = 0;
	perf->type = PERF_TYPE_RAW;
	perf->config = strtoull(text + 1, &end, 16);
	return errno == 0 && end[0] == ':' && end[1] && !strchr(end + 1, ':') ? end + 1 : NULL;
}

static bool find_counter(const char *text, struct context_perf *perf)
{
	if (strncmp(text, "raw:", 4) == 0)
		return parse_raw(text + 4, perf) != NULL;
	for (size_t i = 0; i < COUNT_OF(counters); i++) {
		if (strcmp(counters[i].name, text) != 0)
			continue;
		perf->type = counters[i].type;
		perf->config = counters[i].config;
		return true;
	}
	return false;
}

bool context_parse_perf(const char *name, struct context_perf *perf)
{
	bool is_per_thread = strncmp(name, "perf:thread:", 12) == 0;
	size_t length = strlen(name);

	if ((!is_per_thread && strncmp(name, "perf:cpu:", 9) != 0) || length >= CONTEXT_NAME_MAX)
		return false;
	perf->is_per_thread = is_per_thread;
	if (!find_counter(name + (is_per_thread ? 12 : 9), perf))
		return false;
	for (size_t i = 0; i <= length; i++)
		perf->field[i] = name[i] == ':' || name[i] == '-' ? '_' : name[i];
	return true;
}

bool context_check_perf(const char *name, const struct context_perf *perf, struct error *err)
{
	struct perf_event_attr attr = {
		.type = perf->type,
		.size = sizeof(attr),
		.config = perf->config,
		.exclude_kernel = perf->is_per_thread,
	};
	int cpu = perf->is_per_thread ? -1 : 0;
	int pid = perf->is_per_thread ? 0 : -1;
	long fd = syscall(SYS_perf_event_open, &attr, pid, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	if (fd >= 0) {
		close((int)fd);
		return true;
	}
	if (errno == EACCES || errno == EPERM)
		return error_set(err, ERROR_DENIED,
				 "the kernel does not let this user count with '%s'; "
				 "'sysctl kernel.perf_event_paranoid=2' (as root) allows it, if no "
				 "container forbids it",
				 name);
	if (errno == ENOSYS)
		return error_set(err, ERROR_UNSUPPORTED,
				 "this kernel was built without perf counters");
	return error_set(err, ERROR_UNSUPPORTED,
			 "this machine has no counter '%s' (virtual machines often have none of "
			 "the hardware's; 'page-fault' and 'context-switches' work everywhere)",
			 name);
}

/* --- application contexts */

bool context_parse_app(const char *name, struct context_app *app)
{
	const char *provider = name + 5;
	const char *colon = strncmp(name, "$app.", 5) == 0 ? strchr(provider, ':') : NULL;

	if (!colon || colon == provider || colon[1] == '\0' || strlen(name) >= CONTEXT_NAME_MAX)
		return false;
	snprintf(app->provider, sizeof(app->provider), "%.*s", (int)(colon - provider), provider);
	snprintf(app->type, sizeof(app->type), "%s", colon + 1);
	return true;
}

/* --- names */

/* lttng's old names of counters say neither thread nor cpu. */
static const char *whole_name(const char *name, enum context_domain domain,
			      char room[CONTEXT_NAME_MAX])
{
	if (strncmp(name, "perf:", 5) != 0 || strncmp(name, "perf:thread:", 12) == 0 ||
	    strncmp(name, "perf:cpu:", 9) == 0)
		return name;
	snprintf(room, CONTEXT_NAME_MAX, "perf:%s:%s", domain == CONTEXT_USER ? "thread" : "cpu",
		 name + 5);
	return room;
}

static bool refuse(const char *name, enum context_domain domain, struct error *err)
{
	return error_set(err, ERROR_UNSUPPORTED, "'%s' is no context of %s", name,
			 domain == CONTEXT_USER ? "user space applications" : "the kernel");
}

bool context_resolve(const char *name, enum context_domain domain, char resolved[CONTEXT_NAME_MAX],
		     struct error *err)
{
	const struct context_type *type = context_type_find(name);
	char room[CONTEXT_NAME_MAX];
	struct context_perf perf;
	struct context_app app;

	if (strlen(name) < CONTEXT_NAME_MAX)
		name = whole_name(name, domain, room);
	if (type && !(type->domains & domain))
		return refuse(name, domain, err);
	if (!type && context_parse_perf(name, &perf)) {
		if (perf.is_per_thread != (domain == CONTEXT_USER))
			return refuse(name, domain, err);
	} else if (!type && context_parse_app(name, &app)) {
		if (domain != CONTEXT_USER)
			return refuse(name, domain, err);
	} else if (!type) {
		return error_set(err, ERROR_NOT_FOUND,
				 "unknown context type '%.60s'; 'add-context --list' shows them",
				 name);
	}
	snprintf(resolved, CONTEXT_NAME_MAX, "%s", name);
	return true;
}
