/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of the source share. Who runs what:
 *
 *   control thread    apply, list_points: stores the spec, posts a job per application
 *   ust-register      accepts applications, sees them hang up, watches for stalls (repair.c)
 *   ust-notify        answers what applications announce while they execute a command
 *   ust-app-N         the pool (work.c): commands to applications, making of buffers
 *   consumers         streams (stream.c)
 *
 * Locks, outer before inner: session->lock, source->lock, group->lock, then leaves (an
 * application's routes, the registry, the pool's, the counters of missed.c). None is held around a
 * command to an application.
 */
#ifndef TRACON_SOURCE_UST_INTERNAL_H
#define TRACON_SOURCE_UST_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include <lttng/ust-ctl.h>

#include "backend/base/loop.h"
#include "backend/base/thread.h"
#include "backend/consume/consumer.h"
#include "backend/sink/sink.h"
#include "backend/source/source.h"
#include "backend/source/ust/registry.h"
#include "backend/source/ust/rings.h"
#include "backend/source/ust/work.h"

#define UST_COMMAND_TIMEOUT_S	  5 /* then an application is dropped, as lttng-sessiond does */
#define UST_COMMAND_TIMEOUT_S_MAX 600

struct missed;
struct ust_app;
struct ust_group;
struct ust_notify;
struct ust_place;
struct ust_register;
struct ust_repair;
struct ust_session;
struct ust_shm;

struct ust_source {
	struct source base;
	struct source_host host;
	struct ust_place *place;
	struct ust_work *work;
	struct ust_register *registration;
	struct ust_notify *notify;
	struct agents *agents;	      /* NULL: loggers can't be traced, … */
	struct error agents_missing;  /* … and why */
	struct ust_watched *watched;  /* events that are waited for; lock */
	struct missed *missed;	      /* how often nobody heard of them */
	int notice_fds[2];	      /* a pipe: applications write, the control thread reads */
	struct text notice_rest;      /* its: the begin of a message that is not there yet */
	pthread_mutex_t lock;	      /* protects the two lists, and each session's spec */
	struct ust_app *apps;	      /* each holds a reference */
	struct ust_session *sessions; /* likewise */
	atomic_uint_fast64_t next_app_id;
	atomic_uint next_affinity;
};

/* --- buffers of one session for one user's applications of one word size, or for one application
 * (group.c) */

/* What a stream leaves to the one that goes on for it in fresh buffers. */
struct ust_relay {
	uint64_t discarded;
	uint64_t sequence;
	bool has_sequence;
	struct stream_cleared cleared;
};

struct ust_channel {
	struct ust_channel *next; /* appended only; session->lock and group->lock to write */
	uint32_t id;
	char *name;
	unsigned int affinity;
	struct tally *tally;
	struct scanner *scanner;
	struct ust_rings *rings; /* present generation or NULL; group->lock */
	struct sink_stream *
		*outputs;	     /* per CPU; without a stream they are the channel's to close */
	struct ust_stream **streams; /* per CPU, of the present rings; NULL without */
	struct ust_relay *relays;    /* per CPU: written by the stream that ends */
	bool has_hole;		     /* of the generation that is being replaced */
	atomic_bool is_declared;     /* in the metadata: an application has begun to use it */
};

enum ust_group_state {
	UST_GROUP_READY,
	UST_GROUP_IN_REPAIR, /* applications wait until fresh buffers are there */
};

struct ust_group {
	atomic_uint references;
	struct ust_group *next;	     /* session->lock */
	struct ust_session *session; /* reference held */
	struct stream_set *streams;  /* the session's: there until it is over */
	uid_t uid;
	uint64_t app_id;    /* the only application, or 0: all of the user's */
	pid_t pid;	    /* the same one's */
	bool keeps_packets; /* see session_spec */
	struct ctf_layout layout;
	struct uuid uuid;
	struct sink_trace *trace;
	struct ust_shm *shm; /* its rings are files; or NULL */
	struct ust_registry *registry;
	pthread_mutex_t lock; /* protects what follows */
	enum ust_group_state state;
	unsigned int generation; /* grows when buffers are replaced */
	struct ust_channel *channels;
	struct ust_job *parked; /* jobs that go on when the repair is done */
};

struct ust_group *ust_group_ref(struct ust_group *group);
void ust_group_unref(struct ust_group *group); /* NULL passes */
/*
 * The group of the session that the application belongs to, made if need be, with rings for all of
 * the spec's channels.
 */
struct ust_group *ust_group_get(struct ust_session *session, const struct session_spec *spec,
				const struct ust_app *app, struct error *err);
/* The same for the applications of the session's own user, before there is one. */
struct ust_group *ust_group_get_own(struct ust_session *session, const struct session_spec *spec,
				    struct error *err);
/* False: nobody repairs it. Else the job is posted again when that is done. */
bool ust_group_park(struct ust_group *group, struct ust_job *job);
struct ust_channel *ust_group_channel(struct ust_group *group, uint32_t channel_id);
/* Byte layout of this build's own applications. */
void ust_group_own_layout(struct ctf_layout *layout);
/*
 * For the repair, with all applications detached: lets go of the present streams, which carry what
 * can be read of them; the task's part is done when they are gone.
 */
void ust_group_retire(struct ust_group *group, struct task *task);
/* Makes fresh rings where there are none. */
bool ust_group_renew(struct ust_group *group, const struct session_spec *spec, struct error *err);
/* Ends the repair: what was parked goes on. */
void ust_group_unpark(struct ust_group *group);
/* The session is over and no application writes any more: the streams may take all. session->lock
 * is held. */
void ust_group_abandon(struct ust_group *group);
/*
 * The application has gone, and with it who wrote into the groups that were its own: what is left
 * in them is carried, their traces are closed. On the application's strand.
 */
void ust_group_end_of_app(struct ust_app *app);

/* --- streams (stream.c) */

struct ust_stream;
/* Holds its own references; output and tally as the channel has them. */
struct ust_stream *ust_stream_create(struct ust_group *group, struct ust_channel *channel,
				     struct ust_rings *rings, unsigned int cpu);
struct stream *ust_stream_base(struct ust_stream *stream);
enum ust_stream_end {
	UST_STREAM_DRAINED, /* it was flushed when the applications stopped */
	UST_STREAM_LEFT,    /* by the process that wrote into it, whenever that ended */
	UST_STREAM_REPLACED /* leaves its output open, and its last numbers to the channel */
};

/*
 * No application writes any more: take() hands out all that can be read, then TAKE_GONE.
 * counts_repair: it is the one stream of its channel that counts the repair.
 */
void ust_stream_abandon(struct ust_stream *stream, enum ust_stream_end end, bool counts_repair);

/* --- sessions (session.c) */

struct ust_session {
	atomic_uint references;
	struct ust_source *source;
	struct ust_session *next;  /* source->lock */
	struct session_spec *spec; /* newest; source->lock */
	uint64_t id;
	pthread_mutex_t lock; /* making of groups; held while files are made */
	struct ust_group *groups;
	struct ust_strand *strand;
	/* ust-register: waits for repairs under way, then ends. */
	struct ust_over *over;
	unsigned int repair_count;
};

struct ust_session *ust_session_ref(struct ust_session *session);
void ust_session_unref(struct ust_session *session);
/* A reference to the newest spec. */
struct session_spec *ust_session_spec(struct ust_session *session);
/* References to all sessions; caller unrefs each and frees the array. */
struct ust_session **ust_session_list(struct ust_source *source, size_t *count);
/* Makes all applications that the session concerns follow it again. */
void ust_session_post_follow(struct ust_session *session);
/* Tells the agents what the spec wants of their loggers (loggers.c). */
/* The agents of a watched rule's domain are told of it; carried NULL: no longer. */
void ust_loggers_watch(struct ust_source *source, uint64_t token,
		       const struct carried_rule *carried, struct task *task);
void ust_loggers_apply(struct ust_source *source, const struct session_spec *spec,
		       struct task *task);
void ust_session_apply(struct source *base, struct session_spec *spec, struct task *task);
/* ust-register: a repair of one of its groups begins or has ended. */
void ust_session_repair_begins(struct ust_session *session);
void ust_session_repair_ended(struct ust_session *session);

/* --- applications (app.c; what they have of each session: follow.c) */

/* What the application's handles mean, for the thread that serves its notifications. */
struct ust_route {
	int session_handle;
	int channel_handle; /* -1: the session itself */
	uint32_t channel_id;
	struct ust_group *group; /* reference held by the application's session */
};

struct ust_app {
	atomic_uint references;
	struct ust_source *source;
	struct ust_app *next; /* source->lock */
	uint64_t id;
	int command_fd;
	int notify_fd;
	pid_t pid, ppid;
	uid_t uid;
	gid_t gid;
	struct ctf_layout layout;
	bool is_native; /* has our word size and byte order: can be recorded */
	char name[LTTNG_UST_ABI_PROCNAME_LEN + 1];
	struct ust_strand *strand;
	atomic_bool is_gone;
	atomic_uint detach_count; /* jobs that wait to take buffers away */
	/* Strand: one job at a time. */
	struct ust_attachment *attachments;
	struct ust_watching *watching;
	struct lttng_ust_abi_object_data *notice_group; /* NULL: it watches for nothing */
	bool has_arrived;
	bool is_registered;
	uint64_t accepted_at_ns;
	uint64_t registered_wall_ns; /* names the folders of its own buffers */
	/* Leaf lock. */
	pthread_mutex_t route_lock;
	struct ust_route *routes;
	size_t route_count, route_room;
	/* ust-register. */
	struct watch *hangup_watch;
	/* ust-notify. */
	struct watch *notify_watch;
	uint64_t incomplete_since_ns; /* a part of a message is there; 0: no */
	bool is_paused;		      /* looked at by a timer meanwhile */
	struct ust_app *next_incomplete;
};

struct ust_app *ust_app_ref(struct ust_app *app);
void ust_app_unref(struct ust_app *app);
/* Both sockets are paired: goes into the list, is set up by the pool, then released. */
void ust_app_begin(struct ust_app *app);
/* Any thread, any number of times: cuts the connections; the rest follows from that. */
void ust_app_drop(struct ust_app *app);
/* ust-register, once: it hung up. */
void ust_app_hung_up(struct ust_app *app);
/* References to all applications for which `wants` holds; caller unrefs each, frees the array. */
struct ust_app **ust_app_list(struct ust_source *source,
			      bool (*wants)(const struct ust_app *app, const void *data),
			      const void *data, size_t *count);
/* Makes the application follow the session's newest spec; ends a part of the task. */
void ust_app_post_follow(struct ust_app *app, struct ust_session *session, struct task *task);
/* Takes the session away from it if it is attached to the group; ends a part of the task. */
void ust_app_post_detach(struct ust_app *app, struct ust_group *group, struct task *task);

enum ust_follow_result {
	UST_FOLLOW_DONE,
	UST_FOLLOW_FAILED, /* err says why; the application goes on without */
	UST_FOLLOW_PARKED, /* the job will run again */
};
enum ust_follow_result ust_follow(struct ust_app *app, struct ust_session *session,
				  struct ust_job *job, struct error *err);
/* Lets go of the session that is attached to the group, if any. */
void ust_follow_detach(struct ust_app *app, const struct ust_group *group);
/* The application has gone: its groups may have been left with half-written events. */
void ust_follow_finish(struct ust_app *app);

void ust_route_add(struct ust_app *app, const struct ust_route *route);
void ust_route_remove(struct ust_app *app, int session_handle);
/*
 * The route of a channel, or with -1 of the session. It and its group stay until it is unlocked;
 * NULL, with nothing locked, when there is none.
 */
const struct ust_route *ust_route_lock(struct ust_app *app, int session_handle, int channel_handle);
void ust_route_unlock(struct ust_app *app);

void ust_points_list(struct source *base, bool with_fields, uid_t uid, bool is_root,
		     struct point_list *list, struct task *task);
void ust_points_list_of(struct source *base, uint64_t app_id, struct point_list *list,
			struct task *task);

/* --- events that somebody waits for (watched.c) */

bool ust_watched_begin(struct ust_source *source, struct error *err);
void ust_watched_end(struct ust_source *source); /* all applications are gone */
/* On the application's strand: it watches for what is wanted now. */
void ust_watched_follow(struct ust_app *app);
void ust_watched_finish(struct ust_app *app);
/* Posts ust_watched_follow(); ends a part of the task, which may be NULL. */
void ust_app_post_watch(struct ust_app *app, struct task *task);
/* See source_class. */
void ust_watch(struct source *base, const struct watched_rule *rule, struct task *task);
void ust_unwatch(struct source *base, uint64_t token);
uint64_t ust_missed(struct source *base, uint64_t token);
int ust_notice_fd(const struct source *base);
void ust_take_notices(struct source *base,
		      void (*noticed)(void *data, uint64_t token, uint64_t count,
				      const struct word_list *captured),
		      void *data);

/* Of follow.c: true when the command was done, else the application is dropped or a line says what
 * it refused. */
bool ust_app_did(struct ust_app *app, int code, const char *what, const char *name);
/* False: its names are too long for an application, as a line says. */
bool ust_rule_describe(const struct rule_spec *rule, struct lttng_ust_abi_event *event);
/* Filter and exclusions, before it is enabled. */
bool ust_rule_complete(struct ust_app *app, const struct rule_spec *rule,
		       struct lttng_ust_abi_object_data *object);

/* --- threads */

struct ust_register *ust_register_create(struct ust_source *source);
/* The place must listen. */
bool ust_register_start(struct ust_register *registration, struct error *err);
/* Accepts nobody any more, drops all applications, waits until the last one has hung up. */
void ust_register_stop(struct ust_register *registration);    /* NULL passes */
void ust_register_destroy(struct ust_register *registration); /* stopped; NULL passes */
/* Messages that run on ust-register. */
struct queue *ust_register_queue(struct ust_register *registration);

struct ust_notify *ust_notify_create(struct error *err);
void ust_notify_destroy(struct ust_notify *notify); /* all applications are gone; NULL passes */
void ust_notify_add(struct ust_notify *notify, struct ust_app *app);
void ust_notify_remove(struct ust_notify *notify, struct ust_app *app);

/* ust-register: looks after groups that an application left. */
struct ust_repair *ust_repair_create(struct ust_source *source, struct loop *loop,
				     struct queue *queue);
void ust_repair_destroy(struct ust_repair *repair);
struct ust_repair *ust_register_repair(struct ust_register *registration);
/* ust-register: the session is over, and no repair under way. */
void ust_repair_forget(struct ust_repair *repair, const struct ust_group *group);
/* Any thread: an application that could write into the group's buffers has gone. */
void ust_repair_suspect(struct ust_source *source, struct ust_group *group, pid_t pid);

/* A message that calls a function with a pointer. */
void ust_send_call(struct queue *queue, void (*call)(void *data), void *data);

#endif
