/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See state.h. What /proc says of a thread is kept for a while: reading it costs microseconds. */
#include "backend/source/kernel/state.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/ctf/type.h"
#include "backend/source/kernel/callstack.h"

#define THREADS	       1024		 /* places: one thread each, the last one met */
#define FRESH_NS       (100 * NS_PER_MS) /* how long what was read of a thread is believed */
#define NOTES_FRESH_NS (50 * NS_PER_MS)	 /* the same of the tracer's notes */
#define NAME_BYTES     16		 /* TASK_COMM_LEN */
#define HOST_BYTES     65		 /* __NEW_UTS_LEN and NUL */
#define NOTES_MAX      (1 << 20)

/* common_flags, from the kernel's include/linux/trace_events.h */
#define FLAG_IRQS_OFF	   0x01
#define FLAG_NEED_RESCHED  0x04
#define PREEMPT_DEPTH_MASK 0x0f /* the upper half counts migration disabled */

enum item {
	ITEM_TID,
	ITEM_PID,
	ITEM_PPID,
	ITEM_VTID,
	ITEM_VPID,
	ITEM_PRIO,
	ITEM_NICE,
	ITEM_UID,
	ITEM_EUID,
	ITEM_SUID,
	ITEM_GID,
	ITEM_EGID,
	ITEM_SGID,
	ITEM_CGROUP_NS,
	ITEM_IPC_NS,
	ITEM_MNT_NS,
	ITEM_NET_NS,
	ITEM_PID_NS,
	ITEM_TIME_NS,
	ITEM_USER_NS,
	ITEM_UTS_NS,
	ITEM_THREAD_COUNT, /* those above belong to threads */
	ITEM_PROCNAME = ITEM_THREAD_COUNT,
	ITEM_HOSTNAME,
	ITEM_CPU,
	ITEM_INTERRUPTIBLE,
	ITEM_PREEMPTIBLE,
	ITEM_NEED_RESCHEDULE,
	ITEM_COUNT
};

enum origin { FROM_RECORD, FROM_STATUS, FROM_STAT, FROM_NS, FROM_NAME, FROM_SYSTEM };

static const struct {
	const char *name;
	enum origin origin;
	uint32_t bytes;
	bool is_text;
} items[ITEM_COUNT] = {
	[ITEM_TID] = {"tid", FROM_RECORD, 4, false},
	[ITEM_PID] = {"pid", FROM_STATUS, 4, false},
	[ITEM_PPID] = {"ppid", FROM_STATUS, 4, false},
	[ITEM_VTID] = {"vtid", FROM_STATUS, 4, false},
	[ITEM_VPID] = {"vpid", FROM_STATUS, 4, false},
	[ITEM_PRIO] = {"prio", FROM_STAT, 4, false},
	[ITEM_NICE] = {"nice", FROM_STAT, 4, false},
	[ITEM_UID] = {"uid", FROM_STATUS, 4, false},
	[ITEM_EUID] = {"euid", FROM_STATUS, 4, false},
	[ITEM_SUID] = {"suid", FROM_STATUS, 4, false},
	[ITEM_GID] = {"gid", FROM_STATUS, 4, false},
	[ITEM_EGID] = {"egid", FROM_STATUS, 4, false},
	[ITEM_SGID] = {"sgid", FROM_STATUS, 4, false},
	[ITEM_CGROUP_NS] = {"cgroup_ns", FROM_NS, 8, false},
	[ITEM_IPC_NS] = {"ipc_ns", FROM_NS, 8, false},
	[ITEM_MNT_NS] = {"mnt_ns", FROM_NS, 8, false},
	[ITEM_NET_NS] = {"net_ns", FROM_NS, 8, false},
	[ITEM_PID_NS] = {"pid_ns", FROM_NS, 8, false},
	[ITEM_TIME_NS] = {"time_ns", FROM_NS, 8, false},
	[ITEM_USER_NS] = {"user_ns", FROM_NS, 8, false},
	[ITEM_UTS_NS] = {"uts_ns", FROM_NS, 8, false},
	[ITEM_PROCNAME] = {"procname", FROM_NAME, NAME_BYTES, true},
	[ITEM_HOSTNAME] = {"hostname", FROM_SYSTEM, HOST_BYTES, true},
	[ITEM_CPU] = {"cpu_id", FROM_SYSTEM, 4, false},
	[ITEM_INTERRUPTIBLE] = {"interruptible", FROM_RECORD, 4, false},
	[ITEM_PREEMPTIBLE] = {"preemptible", FROM_RECORD, 4, false},
	[ITEM_NEED_RESCHEDULE] = {"need_reschedule", FROM_RECORD, 4, false},
};

struct thread_state {
	int32_t tid; /* of the place's owner; -1: free */
	uint64_t read_clock;
	int64_t values[ITEM_THREAD_COUNT];
	char name[NAME_BYTES];
};

struct kernel_state {
	const struct tracefs *tracefs;
	unsigned int cpu;
	unsigned int origins; /* bits of what contexts and filters have asked for */
	size_t item_count;
	enum item items[ITEM_COUNT]; /* written before each event */
	char hostname[HOST_BYTES];
	struct thread_state *threads; /* THREADS; NULL: none was asked for */
	char *names, *groups;	      /* the tracer's notes of threads */
	uint64_t notes_clock;
};

/* --- kinds */

int kernel_context_find(const char *name)
{
	for (int i = 0; i < ITEM_COUNT; i++)
		if (strcmp(items[i].name, name) == 0)
			return i;
	return -1;
}

bool kernel_context_check(const char *name, struct error *err)
{
	if (kernel_context_find(name) >= 0 || kernel_stack_find(name) >= 0)
		return true;
	if (strncmp(name, "perf:", strlen("perf:")) == 0)
		return error_set(err, ERROR_UNSUPPORTED,
				 "tracefs does not read hardware counters (perf record and "
				 "lttng-modules do)");
	return error_set(err, ERROR_UNSUPPORTED,
			 "the kernel's tracer does not tell '%.80s' (lttng-modules would)", name);
}

uint32_t kernel_context_bytes(const struct channel_spec *channel)
{
	uint32_t bytes = 0;

	for (size_t i = 0; i < channel->context_count; i++) {
		int item = kernel_context_find(channel->contexts[i].name);

		bytes += item >= 0 ? items[item].bytes : 0;
	}
	return bytes;
}

bool kernel_context_is_slow(const struct channel_spec *channel)
{
	for (size_t i = 0; i < channel->context_count; i++) {
		int item = kernel_context_find(channel->contexts[i].name);

		if (item >= 0 && items[item].origin != FROM_RECORD &&
		    items[item].origin != FROM_SYSTEM)
			return true;
	}
	return false;
}

static struct ctf_type *type_of(int item)
{
	struct ctf_type *array;

	if (!items[item].is_text)
		return ctf_type_create_integer(items[item].bytes * 8, 8, true, 10);
	array = ctf_type_create(CTF_ARRAY);
	array->align_bits = 8;
	array->length = items[item].bytes;
	array->element = ctf_type_create_integer(8, 8, false, 10);
	array->element->is_text = true;
	return array;
}

struct ctf_type *kernel_context_type(const struct channel_spec *channel)
{
	struct ctf_type *type;

	if (kernel_context_bytes(channel) == 0 && !kernel_stack_is_wanted(channel))
		return NULL;
	type = ctf_type_create(CTF_STRUCT);
	type->align_bits = 8;
	for (size_t i = 0; i < channel->context_count; i++) {
		int item = kernel_context_find(channel->contexts[i].name);

		if (item >= 0)
			ctf_type_add_field(type, items[item].name, type_of(item));
	}
	kernel_stack_add_types(type, channel);
	return type;
}

/* --- threads */

static bool read_thread_file(int32_t tid, const char *file, char *text, size_t room)
{
	char path[64];
	int fd;
	ssize_t got;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)tid, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	got = read(fd, text, room - 1);
	fd_close(&fd);
	text[got > 0 ? got : 0] = '\0';
	return got > 0;
}

/* The number behind "KEY:", the nth; the last one if there are fewer. */
static int64_t number_in(const char *text, const char *key, int nth, int64_t otherwise)
{
	const char *at = strstr(text, key);
	int64_t number = otherwise;

	if (!at)
		return otherwise;
	at += strlen(key);
	for (int i = 0; i <= nth; i++) {
		char *end;
		long long value = strtoll(at, &end, 10);

		if (end == at || memchr(at, '\n', (size_t)(end - at)))
			break;
		number = value;
		at = end;
	}
	return number;
}

#define INNERMOST 32 /* namespaces nest less deep */

static void read_status(struct thread_state *thread)
{
	static const struct {
		const char *key;
		enum item item;
		int nth;
	} keys[] = {
		{"\nTgid:", ITEM_PID, 0},
		{"\nPPid:", ITEM_PPID, 0},
		{"\nNSpid:", ITEM_VTID, INNERMOST},
		{"\nNStgid:", ITEM_VPID, INNERMOST},
		{"\nUid:", ITEM_UID, 0},
		{"\nUid:", ITEM_EUID, 1},
		{"\nUid:", ITEM_SUID, 2},
		{"\nGid:", ITEM_GID, 0},
		{"\nGid:", ITEM_EGID, 1},
		{"\nGid:", ITEM_SGID, 2},
	};
	char text[4096];

	if (!read_thread_file(thread->tid, "status", text, sizeof(text)))
		return;
	for (size_t i = 0; i < COUNT_OF(keys); i++)
		thread->values[keys[i].item] =
			number_in(text, keys[i].key, keys[i].nth, thread->values[keys[i].item]);
}

/* Fields 18 and 19, behind the name, which may hold anything. */
static void read_stat(struct thread_state *thread)
{
	char text[1024];
	const char *at;
	long prio, nice;

	if (!read_thread_file(thread->tid, "stat", text, sizeof(text)))
		return;
	at = strrchr(text, ')');
	if (!at ||
	    sscanf(at + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %ld %ld",
		   &prio, &nice) != 2)
		return;
	thread->values[ITEM_PRIO] = prio;
	thread->values[ITEM_NICE] = nice;
}

/* Links are "net:[4026531840]". */
static void read_namespaces(struct thread_state *thread)
{
	for (int i = ITEM_CGROUP_NS; i <= ITEM_UTS_NS; i++) {
		char path[64], text[64];
		const char *at;
		ssize_t got;

		snprintf(path, sizeof(path), "/proc/%d/ns/%.*s", (int)thread->tid,
			 (int)strlen(items[i].name) - 3, items[i].name);
		got = readlink(path, text, sizeof(text) - 1);
		if (got <= 0)
			continue;
		text[got] = '\0';
		at = strchr(text, '[');
		if (at)
			thread->values[i] = strtoll(at + 1, NULL, 10);
	}
}

static bool set_name(struct thread_state *thread, const char *name)
{
	memset(thread->name, 0, sizeof(thread->name));
	snprintf(thread->name, sizeof(thread->name), "%.*s", (int)strcspn(name, "\n"), name);
	return true;
}

/* Lines of the tracer's notes are "TID TEXT". NULL: the thread is not in them. */
static const char *find_note(const char *notes, int32_t tid)
{
	char key[16];
	size_t length = (size_t)snprintf(key, sizeof(key), "%d ", (int)tid);

	while (notes && *notes) {
		if (strncmp(notes, key, length) == 0)
			return notes + length;
		notes = strchr(notes, '\n');
		notes = notes ? notes + 1 : NULL;
	}
	return NULL;
}

static void read_notes(struct kernel_state *state, uint64_t clock)
{
	size_t length;

	if (state->notes_clock && clock - state->notes_clock < NOTES_FRESH_NS)
		return;
	state->notes_clock = clock;
	free(state->names);
	free(state->groups);
	tracefs_read(state->tracefs, "saved_cmdlines", NOTES_MAX, &state->names, &length, NULL);
	tracefs_read(state->tracefs, "saved_tgids", NOTES_MAX, &state->groups, &length, NULL);
}

/* It has ended before anybody looked. */
static void use_notes(struct kernel_state *state, struct thread_state *thread, uint64_t clock)
{
	const char *note;

	if (thread->name[0] && thread->values[ITEM_PID] >= 0)
		return;
	read_notes(state, clock);
	note = find_note(state->names, thread->tid);
	if (note && !thread->name[0])
		set_name(thread, note);
	note = find_note(state->groups, thread->tid);
	if (note && thread->values[ITEM_PID] < 0)
		thread->values[ITEM_PID] = strtoll(note, NULL, 10);
}

static void forget(struct thread_state *thread, int32_t tid)
{
	thread->tid = tid;
	thread->name[0] = '\0';
	for (int i = 0; i < ITEM_THREAD_COUNT; i++)
		thread->values[i] = -1;
}

static void read_thread(struct kernel_state *state, struct thread_state *thread)
{
	char name[NAME_BYTES + 2];

	if (thread->tid == 0) { /* the idle threads, one for each CPU: /proc has none of them */
		set_name(thread, "swapper");
		for (int i = 0; i <= ITEM_VPID; i++)
			thread->values[i] = 0;
		return;
	}
	if (state->origins & (1U << FROM_STATUS))
		read_status(thread);
	if (state->origins & (1U << FROM_STAT))
		read_stat(thread);
	if (state->origins & (1U << FROM_NS))
		read_namespaces(thread);
	if ((state->origins & (1U << FROM_NAME)) &&
	    read_thread_file(thread->tid, "comm", name, sizeof(name)))
		set_name(thread, name);
}

static struct thread_state *find_thread(struct kernel_state *state,
					const struct kernel_record *record)
{
	int32_t tid = (int32_t)kernel_u32(record->bytes + 4);
	struct thread_state *thread;

	if (!state->threads) {
		state->threads = mem_zalloc(THREADS * sizeof(*state->threads));
		for (size_t i = 0; i < THREADS; i++)
			state->threads[i].tid = -1;
	}
	thread = &state->threads[(uint32_t)tid % THREADS];
	if (thread->tid == tid && record->clock - thread->read_clock < FRESH_NS)
		return thread;
	if (thread->tid != tid)
		forget(thread, tid);
	thread->read_clock = record->clock;
	read_thread(state, thread);
	use_notes(state, thread, record->clock);
	return thread;
}

/* --- values */

static int64_t number_of(struct kernel_state *state, enum item item,
			 const struct kernel_record *record)
{
	unsigned char flags = record->bytes[2];

	switch (item) {
	case ITEM_TID:
		return (int32_t)kernel_u32(record->bytes + 4);
	case ITEM_CPU:
		return state->cpu;
	case ITEM_INTERRUPTIBLE:
		return !(flags & FLAG_IRQS_OFF);
	case ITEM_PREEMPTIBLE:
		return !(flags & FLAG_IRQS_OFF) && !(record->bytes[3] & PREEMPT_DEPTH_MASK);
	case ITEM_NEED_RESCHEDULE:
		return (flags & FLAG_NEED_RESCHED) != 0;
	default:
		return item < ITEM_THREAD_COUNT ? find_thread(state, record)->values[item] : -1;
	}
}

static const char *text_of(struct kernel_state *state, enum item item,
			   const struct kernel_record *record)
{
	return item == ITEM_HOSTNAME ? state->hostname : find_thread(state, record)->name;
}

/* What is there of threads was read without it. */
static void look_for(struct kernel_state *state, enum origin origin)
{
	if (state->origins & (1U << origin))
		return;
	state->origins |= 1U << origin;
	free(state->threads);
	state->threads = NULL;
}

int64_t kernel_state_process(struct kernel_state *state, const struct kernel_record *record)
{
	look_for(state, FROM_STATUS);
	return find_thread(state, record)->values[ITEM_PID];
}

void kernel_state_write(void *data, const struct kernel_record *record, unsigned char *out)
{
	struct kernel_state *state = data;

	for (size_t i = 0; i < state->item_count; i++) {
		enum item item = state->items[i];
		int64_t number;

		if (items[item].is_text) {
			memcpy(out, text_of(state, item, record), items[item].bytes);
		} else {
			number = number_of(state, item, record);
			memcpy(out, &number, items[item].bytes); /* little-endian */
		}
		out += items[item].bytes;
	}
}

void kernel_state_get(struct kernel_state *state, int context, const struct kernel_record *record,
		      struct filter_value *value)
{
	enum item item = (enum item)context;

	look_for(state, items[item].origin);
	if (items[item].is_text) {
		value->kind = FILTER_VALUE_STRING;
		value->string.bytes = text_of(state, item, record);
		value->string.length = strlen(value->string.bytes);
	} else {
		value->kind = FILTER_VALUE_SIGNED;
		value->signed_value = number_of(state, item, record);
	}
}

/* --- life */

struct kernel_state *kernel_state_create(const struct tracefs *tracefs,
					 const struct channel_spec *channel, unsigned int cpu)
{
	struct kernel_state *state = mem_zalloc(sizeof(*state));
	struct utsname system;

	state->tracefs = tracefs;
	state->cpu = cpu;
	if (uname(&system) == 0)
		snprintf(state->hostname, sizeof(state->hostname), "%s", system.nodename);
	for (size_t i = 0; i < channel->context_count && state->item_count < ITEM_COUNT; i++) {
		int item = kernel_context_find(channel->contexts[i].name);

		if (item < 0)
			continue;
		state->items[state->item_count++] = (enum item)item;
		state->origins |= 1U << items[item].origin;
	}
	return state;
}

void kernel_state_destroy(struct kernel_state *state)
{
	if (!state)
		return;
	free(state->threads);
	free(state->names);
	free(state->groups);
	free(state);
}
