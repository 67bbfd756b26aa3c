/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Private to native/. The source's own thread owns processes, sessions and what they want; it looks
 * at the lanes and wakes streams. Streams are consumers': each reads the lanes itself, at its own
 * pace, and what all have read is given back to the application.
 */
#ifndef TRACON_SOURCE_NATIVE_INTERNAL_H
#define TRACON_SOURCE_NATIVE_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "backend/base/loop.h"
#include "backend/base/thread.h"
#include "backend/base/uuid.h"
#include "backend/consume/consumer.h"
#include "backend/provider/lane.h"
#include "backend/sink/sink.h"
#include "backend/source/native/bell.h"
#include "backend/source/native/catalog.h"
#include "backend/source/native/native.h"
#include "backend/source/native/timebase.h"

#define NATIVE_THREAD_NAME_BYTES 17
#define NATIVE_PROVIDERS_MAX	 127 /* of a process: each has a page of flags */

struct native_stream;
struct native_source;

/* --- processes */

/* One ring as the console sees it. */
struct native_lane {
	struct native_process *process;
	uint32_t index;
	struct lane_header *header;
	unsigned char *data;
	bool is_used; /* the source's thread: streams read it */
	uint64_t looked_at;
	uint32_t watched_tid; /* the source's thread: who writes at watched_to */
	uint64_t watched_discarded;
	/* Under the process's lock. */
	struct native_stream *streams; /* that read it */
	bool is_watched;	       /* and the source's thread, up to … */
	uint64_t watched_to;
	uint64_t cons; /* what was told to the application */
};

struct native_provider {
	struct native_provider *next;
	uint32_t number; /* the application's */
	uint32_t page;	 /* of its flags */
	bool is_ready;
	bool is_told; /* all of it */
	uint32_t told_events;
	struct native_definition *definition; /* while it is being told: the process's own */
	unsigned char *flags;
	char name[HANDSHAKE_NAME_BYTES];
};

struct native_process {
	atomic_uint references; /* the source's list, each stream that reads a lane */
	struct native_process *next;
	struct native_source *source;
	uint64_t id;
	int fd;
	struct watch *watch;
	int pid_fd; /* readable when it has gone; -1: not to be had */
	struct watch *pid_watch;
	pid_t pid;
	uid_t uid;
	gid_t gid;
	char name[NATIVE_THREAD_NAME_BYTES];
	bool is_engine;	 /* ourselves */
	bool is_trusted; /* of our own user: its memory may be written from where it is */
	bool has_hello;
	bool is_announced;
	bool is_shortage_told; /* of ids */
	_Atomic bool is_gone;  /* release: its commits are final */
	struct native_catalog *catalog;
	struct native_holds holds; /* what its lanes may have records of */
	struct native_provider *providers;
	uint32_t provider_count;
	bool pages[NATIVE_PROVIDERS_MAX];
	struct lane_geometry geometry;
	size_t control_bytes;
	struct lane_control *control;
	unsigned char *lanes_memory;
	uint64_t begin_ticks; /* before its first record */
	uint64_t begin_mono_ns;
	pthread_mutex_t lock; /* a leaf: who reads which lane, and how far */
	struct native_lane *lanes;
};

/* process.c */
struct native_process *native_process_create(struct native_source *source, int fd);
struct native_process *native_process_ref(struct native_process *process);
void native_process_unref(struct native_process *process); /* NULL passes; any thread */
/* Makes the shared memory; false: it can't be had. */
bool native_process_map(struct native_process *process, int fds[2], struct error *err);
static inline uint64_t native_lane_commit(const struct native_lane *lane)
{
	return __atomic_load_n(&lane->header->commit, __ATOMIC_ACQUIRE);
}
static inline uint64_t native_sub_bytes(const struct native_process *process)
{
	return (uint64_t)1 << process->geometry.sub_shift;
}
static inline uint64_t native_ring_bytes(const struct native_process *process)
{
	return lane_ring_bytes(&process->geometry);
}
/* Refused for want of room so far; that nobody had a lane is counted in the last one. */
uint64_t native_lane_discarded(const struct native_lane *lane);

/* As many and as large as suits this machine. */
struct source_rings native_rings_here(void);
bool native_rings_check(const struct source_rings *rings, struct error *err);

/* handshake.c: the source's thread */
/* One message; false: let go of the process. */
bool native_handshake_receive(struct native_process *process, struct error *err);

/* --- sessions */

/* What a channel wants, by record id; immutable and counted. */
struct native_wants {
	atomic_uint references;
	bool is_plain; /* nothing is filtered, no contexts */
	bool is_any;
	struct native_matcher *matchers;
	struct native_matcher **by_id; /* where by_id says NATIVE_ASKED */
	unsigned char choice[NATIVE_ID_COUNT];
};
enum { NATIVE_UNWANTED, NATIVE_WANTED, NATIVE_ASKED };

/* What is known of a record's writer. */
struct native_writer_state {
	const struct native_process *process;
	uint32_t tid;
	const char *thread_name;
};

/* wants.c */
struct native_wants *native_wants_create(const struct native_catalog *catalog,
					 const struct channel_spec *channel);
struct native_wants *native_wants_ref(struct native_wants *wants);
void native_wants_unref(struct native_wants *wants); /* NULL passes */
bool native_wants_equal(const struct native_wants *one, const struct native_wants *other);
/* Only then the engine's own events are meant. */
bool native_rule_names_engine(const struct rule_spec *rule);
struct native_record {
	struct native_writer_state writer;
	const unsigned char *fields;
	uint64_t bytes; /* of them */
};
/* Of an id that is NATIVE_ASKED. */
bool native_wants_match(const struct native_wants *wants, uint32_t id,
			const struct native_record *record);
/* The field's value, or "unavailable"; field may be NULL. */
void native_record_print(const struct native_event *event, const struct filter_node *field,
			 const struct native_record *record, struct text *out);

/* context.c */
struct ctf_type *native_context_type(const struct channel_spec *channel);
struct native_context {
	unsigned int count;
	uint32_t bytes;
	unsigned char kinds[16];
};
struct native_context native_context_make(const struct channel_spec *channel);
void native_context_write(const struct native_context *context,
			  const struct native_writer_state *state, unsigned char *out);
bool native_context_get(const char *name, const struct native_writer_state *state,
			struct filter_value *value);

/* One channel in one user's trace. */
struct native_channel {
	atomic_uint references; /* its trace's, each stream's */
	struct native_channel *next;
	struct native_trace *owner; /* reference held; NULL: its output is somebody else's */
	struct native_source *source;
	const struct source_host *host;
	uint64_t session_id;
	uint32_t id;
	char *name;
	struct uuid uuid;
	struct native_catalog *catalog;
	struct scanner *scanner;
	struct tally *tally;
	struct native_context context;
	bool is_overwrite, is_kept;
	struct sink_limits limits;
	uint64_t switch_timer_ns; /* 0: off */
	uint64_t switched_at_ns;
	uint64_t kept_bytes;
	unsigned char *is_seen; /* by id: the consumer's */
	/* The source's thread. */
	bool is_active;
	unsigned char *is_declared; /* by id */
	struct native_holds holds;  /* of these */
	struct native_wants *wants;
	struct native_stream **streams;
	size_t stream_count, stream_room;
	struct sink_trace *trace;
	struct stream_set *set;
};

struct native_channel *native_channel_ref(struct native_channel *channel);
void native_channel_unref(struct native_channel *channel);

/* One user's trace of a session. */
struct native_trace {
	struct native_trace *next;
	atomic_uint references; /* its session's, each channel's: streams outlive both */
	struct native_catalog *catalog;
	struct uuid uuid;
	struct sink_trace *output;
	struct native_channel *channels;
};

struct native_session {
	struct native_session *next;
	uint64_t id;
	struct session_spec *spec; /* the newest; reference held */
	struct native_trace *traces;
	/* Under the source's clock_lock. */
	struct sink *sink; /* NULL: no trace is open */
	struct time_line line;
	struct text clock_text; /* as it is in the metadata now */
	int64_t offset_ns;
	struct uuid clock_uuid;
	bool has_clock_uuid;
};

/* session.c: the source's thread */
void native_session_apply(struct native_source *source, struct session_spec *spec);
/* There are more event types. */
void native_sessions_follow(struct native_source *source);
/* What is waited for is another. */
void native_sessions_follow_watch(struct native_source *source);
/* Gives streams to lanes that are used for the first time; wakes those that have something. */
void native_sessions_poll(struct native_source *source);
bool native_sessions_are_active(const struct native_source *source);
void native_session_end(struct native_source *source, uint64_t id);

/* clock.c: any thread */
void native_clock_declare(struct native_source *source, struct native_session *session,
			  const struct session_spec *spec, struct text *text);
/* The clock of the present chunk is made right; with is_new the next chunk's begins. */
void native_clock_settle(struct native_source *source, struct native_session *session, bool is_new);
/* A chunk ends, another begins. */
void native_clock_settle_session(struct native_source *source, uint64_t session_id);
/* Once a second while something is recorded. */
void native_clocks_tick(struct native_source *source);
/* A pair was taken: sessions whose line it breaks ask for another chunk. */
void native_clocks_note(struct native_source *source, const struct time_pair *pair);

/* --- events that somebody waits for (watched.c): the source's thread. watch NULL: none is */

struct native_watch *native_watch_create(struct native_source *source);
void native_watch_destroy(struct native_watch *watch); /* NULL passes */
/* Adds what is waited for in the process; false: nothing. */
bool native_watch_unite(const struct native_watch *watch, const struct native_process *process,
			unsigned char ids[NATIVE_ID_COUNT]);
/* There are more event types, or other rules: lanes wait for it. */
void native_watch_follow(struct native_watch *watch);
/* The lane's first records. */
void native_watch_begin_lane(const struct native_watch *watch, struct native_lane *lane);
void native_watch_look(struct native_watch *watch, struct native_process *process);
void native_watch_left(struct native_watch *watch, struct native_process *process);
bool native_watch_is_busy(const struct native_watch *watch);
/* As in source_class: the control thread. */
void native_watch_add(struct source *base, const struct watched_rule *rule, struct task *task);
void native_watch_remove(struct source *base, uint64_t token);
int native_watch_fd(const struct source *base);
void native_watch_take(struct source *base,
		       void (*noticed)(void *data, uint64_t token, uint64_t count,
				       const struct word_list *captured),
		       void *data);
uint64_t native_watch_missed(struct source *base, uint64_t token);

/* --- streams */

/* stream.c */
struct native_stream *native_stream_create(struct native_channel *channel,
					   struct sink_stream *output, unsigned int number);
struct stream *native_stream_base(struct native_stream *stream);
/* Reads the lane from `position` on, if it is free and no record of it is earlier. */
bool native_stream_attach(struct native_stream *stream, struct native_lane *lane, uint64_t position,
			  uint64_t begin_ticks, struct native_wants *wants);
/* Records from `position` on are judged by these; NULL: none is wanted. */
void native_stream_judge(struct native_stream *stream, struct native_lane *lane,
			 struct native_wants *wants);
bool native_stream_reads(struct native_stream *stream, const struct native_lane *lane);
/* More is there than it has seen, or its process has gone. */
void native_stream_look(struct native_stream *stream);
void native_stream_wake(struct native_stream *stream);
/* The switch timer has run out. */
void native_stream_switch(struct native_stream *stream);
/* A process has gone: if it is its, it takes what is left. */
void native_stream_end(struct native_stream *stream);
/* What all streams of the lane have read may be written over. */
void native_lane_settle(struct native_lane *lane);

struct native_source {
	struct source base; /* first */
	struct source_host host;
	bool is_counter; /* the clock of all its applications */
	struct loop *loop;
	struct queue *queue;
	struct thread *thread;
	struct timer *poll_timer, *clock_timer;
	struct native_bell *bell; /* NULL: there is none */
	struct watch *bell_watch;
	_Atomic uint64_t looked_ticks; /* when the last look began; 0: nobody looks */
	uint64_t polled_at_ns;
	uint64_t busy_at_ns; /* the last look that found something */
	int listen_fd;
	char *path;
	struct watch *listen_watch;
	uint64_t next_process_id;
	bool traces_engine; /* control thread */
	uint32_t process_count;
	struct native_process *processes;
	struct native_catalog *catalogs;
	pthread_mutex_t clock_lock; /* sessions' clocks, and the list for who looks for one */
	struct native_session *sessions;
	struct time_line long_line; /* under clock_lock: since the source began */
	struct native_watch *watch;
	pthread_mutex_t rings_lock; /* a leaf */
	struct source_rings rings;  /* count 0: as suits this machine */
};
struct source_rings native_rings(const struct source *base);

struct native_catalog *native_find_catalog(struct native_source *source, uid_t uid);
/* Event types of which no process and no trace has any more. */
void native_forget_types(struct native_source *source);
void native_process_is_ready(struct native_process *process);
/* Lanes are looked at from now on, if somebody wants something of them. */
void native_source_begin_looking(struct native_source *source);
/* Control thread: the engine tells of itself from now on. */
void native_trace_engine(struct native_source *source);
/* Its streams take what it has left. */
void native_process_left(struct native_process *process);

#endif
