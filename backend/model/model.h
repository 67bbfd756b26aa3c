/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The whole model: sessions, applications, sources. One thread writes it, the control thread;
 * everything else sees pictures. What sources and sinks report arrives here as messages on the
 * control thread's queue.
 */
#ifndef TRACON_MODEL_MODEL_H
#define TRACON_MODEL_MODEL_H

#include <stdbool.h>

#include "backend/base/loop.h"
#include "backend/base/places.h"
#include "backend/base/queue.h"
#include "backend/consume/consumer.h"
#include "backend/control/request.h"
#include "backend/identity/session_id.h"
#include "backend/model/child.h"
#include "backend/model/picture.h"
#include "backend/model/session.h"
#include "backend/source/source.h"

struct gatherer;
struct hooks;
struct journal;
struct left_session;
struct live_service;
struct publisher;
struct tap;
struct telemetry;
struct triggers;

struct app {
	uint64_t id;
	size_t source_index;
	pid_t pid;
	uid_t uid;
	struct shared_text *name;
	struct shared_text *version;
};

struct model_source {
	const struct source_entry *entry;
	struct source *source; /* NULL: doesn't work here */
	struct error missing;  /* why, and what to do */
	struct error warning;  /* works, but not at the usual place */
};

struct model {
	struct loop *loop;   /* borrowed */
	struct queue *queue; /* borrowed: messages that run on the control thread */
	const struct places *places;
	struct consumer_pool *pool;
	struct model_source *sources; /* source_count of them */
	struct source_host *hosts;    /* one per source: says which */
	char *host_name;
	struct session **sessions; /* in order of creation */
	size_t session_count;
	size_t session_room;
	uint64_t next_session_id;
	uint64_t last_relay_ns; /* creation of the newest streaming session, in whole seconds */
	struct app *apps;
	size_t app_count;
	size_t app_room;
	struct publisher *publisher;
	struct gatherer *gatherer;
	struct journal *journal; /* of sessions */
	struct telemetry *telemetry;
	uint64_t begun_wall_ns;
	struct session_id_clock id_clock;
	struct children children;
	struct live_service *live_service; /* NULL: nobody has asked for it */
	struct child *demo;		   /* the demo application, while it runs */
	struct triggers *triggers;
	struct hooks *hooks; /* of sessions that have some, or had and they run still */
	void (*hooks_finished)(void *data); /* NULL: nobody waits for that */
	void *hooks_data;
	struct timer *hooks_timer;
	struct left_session *left_sessions; /* of engines that were killed, by creation */
	struct tap *tap;		    /* reference held; NULL: nobody looks at events */
	uint64_t tapped_session_id;	    /* 0: none */
	/* Set by the backend. */
	bool (*detach)(void *data); /* release the attached terminal; false: there was none */
	void (*quit)(void *data);   /* all sessions are gone: end the process */
	void *callback_data;
};

/* The calling thread is the control thread from here on, or hands over to it before the loop runs.
 */
struct model *model_create(struct loop *loop, struct queue *queue, const struct places *places,
			   struct error *err);
/* All sessions must be gone (model_end_all). NULL passes. */
void model_destroy(struct model *model);

/* The session of this name that the user may see: an own one; for root, any. NULL. */
struct session *model_find_session(const struct model *model, uid_t uid, const char *name);
struct session *model_find_session_id(const struct model *model, uint64_t id);
bool model_may_see(uid_t uid, const struct session *session);
void model_add_session(struct model *model, struct session *session);
void model_remove_session(struct model *model, struct session *session);

/* "UST" → index in model->sources; false if this build knows no such source. */
bool model_find_source(const struct model *model, const char *domain, size_t *source_index);

/* Some source of the domain works here; else false with what its main one misses. */
bool model_can_trace(const struct model *model, size_t source_index, struct error *err);

/* LTTNG_HOME that applications must have to find us; NULL: nothing special is needed. */
const char *model_apps_home(const struct model *model);

/* Something that pictures show has changed. */
void model_changed(struct model *model);

/* Called once per waiting step, on the control thread. */
struct outcome {
	void (*done)(void *data, const struct error *err);
	void *data;
};

/* Makes all sources follow the session's channels and rules as they are now. Before the first
 * start: at once. */
void session_apply(struct session *session, struct outcome outcome);

/*
 * Brings what lies in the rings of active sessions to the counters and files: what list and status
 * show is then complete. session NULL: all.
 */
void model_refresh(struct model *model, struct session *session, struct outcome outcome);

#endif
