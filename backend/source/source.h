/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where packets come from. A source listens for what it traces, makes it follow the sessions'
 * specs, opens traces and streams in their sinks and hands streams to their stream sets. It knows
 * nothing of the model.
 */
#ifndef TRACON_SOURCE_SOURCE_H
#define TRACON_SOURCE_SOURCE_H

#include "backend/base/filter/filter.h"
#include "backend/base/places.h"
#include "backend/base/queue.h"
#include "backend/base/text.h"
#include "backend/consume/packet.h"
#include "backend/consume/tally.h"
#include "backend/source/spec.h"

struct app_info {
	uint64_t id; /* the source's own number, never used again */
	pid_t pid;
	pid_t ppid;
	uid_t uid;
	gid_t gid;
	unsigned int bits;   /* 32 or 64 */
	const char *name;    /* process name, untrusted */
	const char *version; /* of its tracer */
};

/* What the source tells its host. Any thread; each copies what it needs and returns at once. */
struct source_host {
	void *data;
	struct source *carrier; /* for a class with a carrier: it; NULL if it doesn't work here */
	void (*app_arrived)(void *data, const struct app_info *app);
	void (*app_left)(void *data, uint64_t app_id);
	/* A channel has buffers for one more group (user and word size, or process). The reference
	 * passes. */
	void (*tally_added)(void *data, uint64_t session_id, uint32_t channel_id,
			    struct tally *tally);
	/* The group is gone: the tally of tally_added grows no more. The reference passes. */
	void (*tally_ended)(void *data, uint64_t session_id, uint32_t channel_id,
			    struct tally *tally);
	/* The session's present chunk should end, as times in it go wrong from now on. Told again
	 * while that is so. */
	void (*chunk_goes_wrong)(void *data, uint64_t session_id);
	/* An event type that really occurs: recorded_types of `tally` (a reference passes) counts
	 * it under type_id. */
	void (*event_type_added)(void *data, uint64_t session_id, uint32_t channel_id,
				 struct tally *tally, uint32_t type_id, const char *name,
				 int loglevel);
};

struct point_field {
	const char *name;
	const char *type; /* "integer", "string", "float", "enum", "unknown" */
};

struct point {
	const char *name;
	const char *provider; /* who has it, if the name does not begin with that; else NULL */
	enum rule_kind kind;  /* what a rule for it is: RULE_TRACEPOINT, RULE_SYSCALL */
	int loglevel;
	const struct point_field *fields;
	size_t field_count;
};

struct point_group {	 /* one application */
	uint64_t app_id; /* of app_info; 0: no application */
	pid_t pid;
	uid_t uid;
	const char *name;
	const struct point *points;
	size_t point_count;
};

/* The answer to list_points; made by the source before the task's part is done. */
struct point_list {
	struct point_group *groups;
	size_t group_count;
	unsigned int unanswered_count; /* applications that did not answer in time */
	void *memory;
};
void point_list_finish(struct point_list *list);
/* For sources: zeroed memory that lives as long as the list. One thread at a time. */
void *point_list_alloc(struct point_list *list, size_t size_bytes);
/* For sources: what `other` holds goes behind what `list` holds; `other` is empty then. */
void point_list_join(struct point_list *list, struct point_list *other);

/* What the threads of one program write into. */
struct source_rings {
	uint64_t count;
	uint64_t bytes; /* of each */
};

struct source;

/* An event that somebody waits for. */
struct watched_rule {
	uint64_t token;		      /* not 0, never used again */
	uid_t uid;		      /* of whose programs; 0: all */
	const struct rule_spec *rule; /* copied */
	/* The same in the words of the domain that the source carries, or NULL: its own domain's.
	 * Copied. */
	const struct carried_rule *carried;
	const struct word_list *captures; /* fields: "size", "list[2]", "$ctx.vpid"; copied */
};

/*
 * Who is told what an engine that was killed left in buffers that are files: stream by stream, its
 * packets in order. One thread.
 */
struct salvaged_stream {
	const char *trace; /* "ust/uid/1000/64-bit" */
	const char *name;  /* of its file: "channel0_1" */
	uint32_t stream_id;
	uint64_t instance;
	const char *metadata; /* of the trace, as far as the buffers' folder has it */
	size_t metadata_length;
};
struct salvage_mark {
	bool has_packet;      /* else the stream's files have none */
	uint64_t begin_clock; /* of the last one they have */
	uint64_t sequence;
	uint64_t discarded;
};
struct salvage_host {
	void *data;
	/* False: its packets can't go anywhere. */
	bool (*begin)(void *data, const struct salvaged_stream *stream, struct salvage_mark *mark);
	/* One that follows what the files have. False: it could not be written. */
	bool (*add)(void *data, const struct packet *packet);
	void (*end)(void *data);
};

struct source_class {
	const char *name;   /* "ust" */
	const char *domain; /* "UST" as in --mi xml */
	const char *title;  /* "User space" */
	bool is_optional;   /* that it doesn't work here is told only to who wants it */
	/*
	 * Of a domain whose events come as another source's: that source, before it in the table.
	 * Its channels and rules are in the carrier's specs, and it has no `apply`. Then `carry`
	 * turns one of its rules into one of the carrier's: a constant pattern, and an expression
	 * that is added to `filter` (empty: none); carried_code tells domains apart.
	 */
	const struct source_class *carrier;
	int carried_code;
	const char *carried_channel; /* name of its one channel in each session */
	const char *(*carry)(const struct rule_spec *rule, struct text *filter);
	/*
	 * Of a source that traces other programs of the same domain: the domain's main source,
	 * before it in the table. Channels and rules are that one's, and both get the same specs.
	 */
	const struct source_class *shares;
	/* Whether a rule of this domain can have that name. NULL: all can. */
	bool (*takes_name)(const char *name);
	/*
	 * Starts listening. NULL with a sentence that says what is missing and what to do about it;
	 * the source then stays in the list with it. `warning`: set when it works, but not at the
	 * usual place.
	 */
	struct source *(*create)(const struct places *places, const struct source_host *host,
				 struct error *warning, struct error *err);
	/* All sessions must be over. */
	void (*destroy)(struct source *source);
	/*
	 * Makes the applications follow the spec (a reference is taken). One part of the task
	 * passes to the call and is done when all that could have followed it, or have gone; an
	 * application that does not answer is dropped after 5 s. With is_over, nothing of the
	 * session's sink and streams is touched any more once it is done, but by the streams
	 * themselves: destroy the set before the sink. task NULL: nobody is told. One thread
	 * calls.
	 */
	void (*apply)(struct source *source, struct session_spec *spec, struct task *task);
	/*
	 * Asks the applications that `uid` may see for their tracepoints. *list is empty before and
	 * filled when the part of the task that passes to the call is done.
	 */
	void (*list_points)(struct source *source, bool with_fields, uid_t uid, bool is_root,
			    struct point_list *list, struct task *task);
	/*
	 * The same of one application, fields too; nothing if it has gone. NULL as a function: all
	 * that the source lists changes seldom.
	 */
	void (*list_points_of)(struct source *source, uint64_t app_id, struct point_list *list,
			       struct task *task);
	/*
	 * What this source can't filter by, though the expression is right: false with the problem
	 * set. NULL as a function: it can all of it. Any thread.
	 */
	bool (*check_filter)(const struct filter *filter, struct filter_problem *problem);
	/*
	 * Whether such a rule can be followed here: false with what is missing. NULL as a function:
	 * all can. Any thread.
	 */
	bool (*check_rule)(const struct source *source, const struct rule_spec *rule,
			   struct error *err);
	/* Whether its events can carry that context: as check_rule. */
	bool (*check_context)(const char *name, struct error *err);
	/*
	 * The LTTNG_HOME that a program must be given to find this source, or NULL: it needs none.
	 * NULL as a function: programs need nothing. Any thread; as long as the source lives.
	 */
	const char *(*home)(const struct source *source);
	/*
	 * Notices events whether they are recorded or not; NULL as functions: it can't. A part of
	 * the task is done when all programs that run watch for it. notice_fd: readable when
	 * something was noticed; take_notices then tells how often, without waiting, and what was
	 * captured (borrowed; NULL: nothing; else count is 1). Who is too slow does not hear of
	 * all. One thread calls all five.
	 */
	void (*watch)(struct source *source, const struct watched_rule *rule, struct task *task);
	void (*unwatch)(struct source *source, uint64_t token);
	int (*notice_fd)(const struct source *source);
	void (*take_notices)(struct source *source,
			     void (*noticed)(void *data, uint64_t token, uint64_t count,
					     const struct word_list *captured),
			     void *data);
	/* How often programs could not tell of it, for want of room. NULL as a function: unknown.
	 */
	uint64_t (*missed)(struct source *source, uint64_t token);
	/*
	 * The session's current chunk is left now: what its metadata is to say of it is written.
	 * Any thread. NULL as a function: it says nothing.
	 */
	void (*chunk_ends)(struct source *source, uint64_t session_id);
	/*
	 * Hands over what is in the buffers below a session's shm_path, and removes the files of
	 * each trace that is done with. Nobody writes there any more; the files may hold anything.
	 * False with ERROR_IO or ERROR_DENIED when something stays there. NULL as a function: its
	 * buffers are never files.
	 */
	bool (*salvage)(const char *shm_path, const struct salvage_host *host, struct error *err);
	/*
	 * The rings of programs that come from now on. False: ERROR_INVALID, with what can be. NULL
	 * as functions: channels say it. Any thread.
	 */
	struct source_rings (*rings)(const struct source *source);
	bool (*set_rings)(struct source *source, const struct source_rings *rings,
			  struct error *err);
	/* Directory below the chunk that its traces share: "ust". */
	const char *trace_directory;
};

struct source {
	const struct source_class *class;
};

/* All sources this build knows, in the order of lists. A class whose create is NULL is not in this
 * build. */
struct source_entry {
	const struct source_class *class;
	const char *missing; /* why not in this build and what to do; NULL if it is */
};
extern const struct source_entry source_table[];
extern const size_t source_count;

/* The index of the carrier of that source's domain; itself if it needs none. */
size_t source_carrier(size_t source_index);
/* The index of the main source of its domain; itself if it shares none. */
size_t source_main(size_t source_index);

/* As source_class's home; NULL for a source without one, and for no source. */
const char *source_apps_home(const struct source *source);

#endif
