/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of sessions with their newest specs, and a session's end. Applying a spec only stores
 * it and posts a job to each application; what a job does depends on the spec that is newest when
 * it runs.
 */
#include <assert.h>
#include <stdlib.h>

#include "backend/base/mem.h"
#include "backend/source/ust/internal.h"

/* All applications let go of a session; home is ust-register. */
struct ust_over {
	struct task task; /* first: its message's run() gets its address */
	struct task *asked;
	struct ust_session *session; /* reference held */
};

struct ust_session *ust_session_ref(struct ust_session *session)
{
	atomic_fetch_add_explicit(&session->references, 1, memory_order_relaxed);
	return session;
}

void ust_session_unref(struct ust_session *session)
{
	/* Release and acquire: all users are done with it before the last one frees it. */
	if (atomic_fetch_sub_explicit(&session->references, 1, memory_order_acq_rel) > 1)
		return;
	assert(!session->groups);
	session_spec_unref(session->spec);
	ust_strand_release(session->strand);
	pthread_mutex_destroy(&session->lock);
	free(session);
}

struct session_spec *ust_session_spec(struct ust_session *session)
{
	struct session_spec *spec;

	pthread_mutex_lock(&session->source->lock);
	spec = session_spec_ref(session->spec);
	pthread_mutex_unlock(&session->source->lock);
	return spec;
}

struct ust_session **ust_session_list(struct ust_source *source, size_t *count)
{
	struct ust_session **list = NULL;
	size_t room = 0;

	*count = 0;
	pthread_mutex_lock(&source->lock);
	for (struct ust_session *session = source->sessions; session; session = session->next) {
		list = mem_grow(list, *count, &room, sizeof(struct ust_session *));
		list[(*count)++] = ust_session_ref(session);
	}
	pthread_mutex_unlock(&source->lock);
	return list;
}

/* source->lock is held. */
static struct ust_session *find(struct ust_source *source, uint64_t id)
{
	struct ust_session *session = source->sessions;

	while (session && session->id != id)
		session = session->next;
	return session;
}

/* source->lock is held; the list has the reference. */
static struct ust_session *add(struct ust_source *source, uint64_t id)
{
	struct ust_session *session = mem_zalloc(sizeof(*session));

	atomic_init(&session->references, 1);
	session->source = source;
	session->id = id;
	pthread_mutex_init(&session->lock, NULL);
	session->strand = ust_strand_create(source->work);
	session->next = source->sessions;
	source->sessions = session;
	return session;
}

/* source->lock is held. */
static void take_out(struct ust_source *source, struct ust_session *session)
{
	struct ust_session **link = &source->sessions;

	while (*link != session)
		link = &(*link)->next;
	*link = session->next;
}

/* Stores the spec. A reference to its session; NULL when that is over and was never known. */
static struct ust_session *store(struct ust_source *source, struct session_spec *spec)
{
	struct session_spec *stale = NULL;
	struct ust_session *session;

	pthread_mutex_lock(&source->lock);
	session = find(source, spec->session_id);
	if (!session && !spec->is_over)
		session = add(source, spec->session_id);
	if (session) {
		stale = session->spec;
		session->spec = session_spec_ref(spec);
		ust_session_ref(session);
		if (spec->is_over) {
			take_out(source, session);
			ust_session_unref(session); /* the list's; ours remains */
		}
	}
	pthread_mutex_unlock(&source->lock);
	session_spec_unref(stale);
	return session;
}

static bool is_concerned(const struct ust_app *app, const void *data)
{
	const struct session_spec *spec = data;

	return spec->is_root || spec->uid == app->uid;
}

/* The task's part is the caller's. */
static void post_to_apps(struct ust_session *session, const struct session_spec *spec,
			 struct task *task)
{
	size_t count;
	struct ust_app **apps = ust_app_list(session->source, is_concerned, spec, &count);

	for (size_t i = 0; i < count; i++) {
		if (task)
			task_add(task);
		ust_app_post_follow(apps[i], session, task);
		ust_app_unref(apps[i]);
	}
	free(apps);
}

void ust_session_post_follow(struct ust_session *session)
{
	struct session_spec *spec = ust_session_spec(session);

	post_to_apps(session, spec, NULL);
	session_spec_unref(spec);
}

/*
 * --- the own user's buffers of a snapshot session: a snapshot is a trace even before the first
 * application comes. Other sessions have buffers with the first one, as lttng has it.
 */

struct own_job {
	struct ust_job job;
	struct ust_session *session; /* reference held */
	struct task *task;
};

static void make_own_group(struct ust_job *job)
{
	struct own_job *own = (struct own_job *)job;
	struct session_spec *spec = ust_session_spec(own->session);
	struct error err = ERROR_INIT;

	if (!spec->is_over && spec->sink && spec->streams && spec->scheme != BUFFERS_PER_PROCESS)
		ust_group_unref(ust_group_get_own(own->session, spec, &err));
	session_spec_unref(spec);
	ust_session_unref(own->session);
	if (own->task)
		task_done(own->task, &err);
	free(own);
}

static void post_own_group(struct ust_session *session, struct task *task)
{
	struct own_job *own = mem_zalloc(sizeof(*own));

	own->job.run = make_own_group;
	own->session = ust_session_ref(session);
	own->task = task;
	if (task)
		task_add(task);
	ust_strand_post(session->strand, &own->job);
}

/* --- the end */

static void end_session(struct ust_over *over)
{
	struct ust_session *session = over->session;
	struct ust_repair *repair = ust_register_repair(session->source->registration);

	pthread_mutex_lock(&session->lock);
	while (session->groups) {
		struct ust_group *group = session->groups;

		session->groups = group->next;
		ust_repair_forget(repair, group);
		ust_group_abandon(group);
		ust_group_unref(group);
	}
	pthread_mutex_unlock(&session->lock);
	ust_session_unref(session);
	if (over->asked)
		task_done(over->asked, NULL);
	free(over);
}

static void apps_let_go(struct message *message)
{
	struct ust_over *over = (struct ust_over *)message;
	struct ust_session *session = over->session;

	if (session->repair_count > 0)
		session->over = over;
	else
		end_session(over);
}

void ust_session_repair_begins(struct ust_session *session)
{
	session->repair_count++;
}

void ust_session_repair_ended(struct ust_session *session)
{
	struct ust_over *over = session->over;

	if (--session->repair_count > 0 || !over)
		return;
	session->over = NULL;
	end_session(over);
}

static void begin_end(struct ust_session *session, const struct session_spec *spec,
		      struct task *asked)
{
	struct queue *home = ust_register_queue(session->source->registration);
	struct ust_over *over = mem_zalloc(sizeof(*over));

	task_init(&over->task, home, apps_let_go);
	over->asked = asked;
	over->session = ust_session_ref(session);
	post_to_apps(session, spec, &over->task);
	if (spec->keeps_packets) /* behind one that is still being made */
		post_own_group(session, &over->task);
	task_done(&over->task, NULL);
}

void ust_session_apply(struct source *base, struct session_spec *spec, struct task *task)
{
	struct ust_source *source = (struct ust_source *)base;
	struct ust_session *session = store(source, spec);

	ust_loggers_apply(source, spec, task);
	if (session && spec->is_over) {
		begin_end(session, spec, task);
		ust_session_unref(session);
		return;
	}
	if (session) {
		if (spec->sink && spec->streams && spec->keeps_packets)
			post_own_group(session, task);
		post_to_apps(session, spec, task);
		ust_session_unref(session);
	}
	if (task)
		task_done(task, NULL);
}
