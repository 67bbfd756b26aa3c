/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a session wants from one source: an immutable, counted description. The model makes a new
 * one after each change; the source compares it with what its applications have and makes the
 * difference so.
 */
#ifndef TRACON_SOURCE_SPEC_H
#define TRACON_SOURCE_SPEC_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "backend/ctf/metadata.h"

struct sink;
struct stream_set;

enum loglevel_match {
	LOGLEVEL_ALL,
	LOGLEVEL_AT_LEAST, /* as severe as the value, or more */
	LOGLEVEL_EXACTLY,
};

/* What a rule's name stands for; all but the first are the kernel's. */
enum rule_kind {
	RULE_TRACEPOINT,
	RULE_SYSCALL,	      /* both ends of a system call */
	RULE_PROBE,	      /* a place in the kernel */
	RULE_FUNCTION,	      /* a function of it: entry and return */
	RULE_USERSPACE_PROBE, /* a place in a program */
	RULE_KIND_COUNT
};

struct rule_kind_names {
	const char *word;   /* in list: "userspace-probe" */
	const char *symbol; /* in session files and --mi xml: "USERSPACE_PROBE" */
};
extern const struct rule_kind_names rule_kind_names[RULE_KIND_COUNT];

/* What LTTng calls both ends of system calls. */
#define RULE_SYSCALL_ENTRY "syscall_entry_"
#define RULE_SYSCALL_EXIT  "syscall_exit_"

/* "openat" of syscall_entry_openat and syscall_exit_openat; NULL: another event. */
const char *rule_syscall_of(const char *event_name);
/* pattern, if the event is PATTERN_entry or PATTERN_exit; NULL: another event. */
const char *rule_function_of(const char *pattern, const char *event_name);

struct rule_spec {
	uint32_t id; /* unique in the session, for ever */
	enum rule_kind kind;
	const char *location; /* of probes: "vfs_read+0x10", "elf:/bin/x:main"; else NULL */
	const char *pattern;  /* event name, stars allowed */
	enum loglevel_match loglevel_match;
	int loglevel; /* the domain's value */
	const char *const *exclusions;
	size_t exclusion_count;
	const char *filter; /* expression text, or NULL */
	bool is_enabled;
};

/* A copy that owns its texts; finished by rule_spec_finish() alone. */
struct rule_spec rule_spec_copy(const struct rule_spec *rule);
void rule_spec_finish(struct rule_spec *rule);

/* What every event of a channel carries besides its own fields. */
struct context_spec {
	const char *name; /* "vpid", "perf:thread:cpu-cycles", "$app.PROVIDER:NAME" */
};

/* Only events of these processes, users or groups are recorded. */
enum tracker_kind {
	TRACKER_VPID,
	TRACKER_VUID,
	TRACKER_VGID,
	TRACKER_PID,
	TRACKER_UID,
	TRACKER_GID,
	TRACKER_KIND_COUNT
};

struct tracker_spec {
	bool is_all; /* nothing is kept out; values don't count */
	const int64_t *values;
	size_t value_count;
};

enum buffer_scheme {
	BUFFERS_PER_USER,    /* one set for all processes of a user and word size */
	BUFFERS_PER_PROCESS, /* each process its own */
	BUFFERS_GLOBAL,	     /* the kernel's */
};

struct channel_spec {
	uint32_t id; /* unique in the session and domain; CTF's stream id */
	const char *name;
	bool is_enabled;
	bool is_overwrite;
	uint64_t subbuf_bytes;	  /* power of 2 */
	uint64_t subbuf_count;	  /* power of 2 */
	uint64_t switch_timer_us; /* 0: off */
	uint64_t read_timer_us;
	int64_t blocking_timeout_us; /* -1: for ever */
	uint64_t file_bytes;	     /* limits of a stream's files: see sink_limits; 0: none */
	unsigned int file_count;
	const struct context_spec *contexts;
	size_t context_count;
	const struct rule_spec *rules;
	size_t rule_count;
};

/* An enabled rule of a domain that this source carries. */
struct carried_rule {
	int code; /* source_class's carried_code */
	uint32_t id;
	const char *pattern;
	enum loglevel_match loglevel_match;
	int loglevel;
};

struct session_spec {
	atomic_uint references;
	uint64_t session_id; /* the engine's own number */
	uint64_t version;    /* grows with each spec of the session */
	const char *name;
	const char *identity;	       /* session.id: in each trace's environment */
	const char *previous_identity; /* "": it continues none */
	uid_t uid;		       /* whose session */
	gid_t gid;
	const char *shm_path; /* folder that rings are files in; NULL: memory without a name */
	bool is_root;	      /* root's session: applications of all users */
	bool is_active;
	bool is_over; /* the session is being destroyed: let go of everything */
	/* Packets stay in the rings: only snapshots read them. The same in all its specs. */
	bool keeps_packets;
	/* Grows when applications are to dump their state again: what is loaded where. */
	uint64_t statedump_serial;
	uint64_t live_period_us; /* 0: it is not live */
	uint64_t created_wall_ns;
	const char *hostname;
	struct ctf_clock clock;
	struct sink *sink;	    /* open from the first start on; NULL before */
	struct stream_set *streams; /* likewise */
	enum buffer_scheme scheme;
	struct tracker_spec trackers[TRACKER_KIND_COUNT];
	const struct channel_spec *channels;
	size_t channel_count;
	const struct carried_rule *carried;
	size_t carried_count;
	/* One allocation that holds everything the pointers above lead to, but for sink and
	 * streams; may hold the spec itself, then at its begin. */
	void *memory;
};

struct session_spec *session_spec_ref(struct session_spec *spec);
void session_spec_unref(struct session_spec *spec); /* NULL passes */

#endif
