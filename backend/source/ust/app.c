/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An application: its two sockets, its place in the list, its jobs. All commands to it run as jobs
 * of its strand, one after the other; whoever finds it dead cuts its connections, and what follows
 * (out of the list, end job) happens once, when ust-register sees it hang up.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include <lttng/ust-error.h>

#include "backend/base/clock.h"
#include "backend/base/fd.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/source/ust/codes.h"
#include "backend/source/ust/internal.h"

struct app_job {
	struct ust_job job;
	struct ust_app *app;	     /* reference held */
	struct ust_session *session; /* likewise, or NULL */
	struct ust_group *group;     /* likewise, or NULL */
	struct task *task;	     /* a part of it, or NULL */
};

struct ust_app *ust_app_ref(struct ust_app *app)
{
	atomic_fetch_add_explicit(&app->references, 1, memory_order_relaxed);
	return app;
}

void ust_app_unref(struct ust_app *app)
{
	/* Release and acquire: all users are done with it before the last one frees it. */
	if (atomic_fetch_sub_explicit(&app->references, 1, memory_order_acq_rel) > 1)
		return;
	fd_close(&app->command_fd);
	fd_close(&app->notify_fd);
	ust_strand_release(app->strand);
	pthread_mutex_destroy(&app->route_lock);
	free(app->routes);
	free(app);
}

void ust_app_drop(struct ust_app *app)
{
	if (atomic_exchange(&app->is_gone, true))
		return;
	/* Commands and waits under way end at once; ust-register sees the hang-up. */
	shutdown(app->command_fd, SHUT_RDWR);
	shutdown(app->notify_fd, SHUT_RDWR);
}

struct ust_app **ust_app_list(struct ust_source *source,
			      bool (*wants)(const struct ust_app *app, const void *data),
			      const void *data, size_t *count)
{
	struct ust_app **list = NULL;
	size_t room = 0;

	*count = 0;
	pthread_mutex_lock(&source->lock);
	for (struct ust_app *app = source->apps; app; app = app->next) {
		if (!wants(app, data))
			continue;
		list = mem_grow(list, *count, &room, sizeof(struct ust_app *));
		list[(*count)++] = ust_app_ref(app);
	}
	pthread_mutex_unlock(&source->lock);
	return list;
}

/* --- jobs */

static struct app_job *make_job(struct ust_app *app, void (*run)(struct ust_job *job))
{
	struct app_job *job = mem_zalloc(sizeof(*job));

	job->job.run = run;
	job->app = ust_app_ref(app);
	return job;
}

/* The task comes last: who waits for it may take apart what the job held. */
static void end_job(struct app_job *job, const struct error *err)
{
	struct task *task = job->task;

	ust_group_unref(job->group);
	if (job->session)
		ust_session_unref(job->session);
	ust_app_unref(job->app);
	free(job);
	if (task)
		task_done(task, err);
}

/* --- arrival */

static bool read_version(struct ust_app *app)
{
	struct lttng_ust_abi_tracer_version version;
	int code = lttng_ust_ctl_tracer_version(app->command_fd, &version);
	const struct source_host *host = &app->source->host;
	char text[40];

	if (code < 0) {
		/* One that ends as soon as it began is nothing to warn of. */
		log_write(code == -EPIPE || code == -LTTNG_UST_ERR_EXITING ? LOG_LEVEL_DEBUG
									   : LOG_LEVEL_WARNING,
			  "application '%s' (process %d) is not traced: %s", app->name,
			  (int)app->pid, ust_code_text(code));
		return false;
	}
	snprintf(text, sizeof(text), "%u.%u.%u", version.major, version.minor, version.patchlevel);
	host->app_arrived(host->data, &(struct app_info){
					      .id = app->id,
					      .pid = app->pid,
					      .ppid = app->ppid,
					      .uid = app->uid,
					      .gid = app->gid,
					      .bits = app->layout.long_bits,
					      .name = app->name,
					      .version = text,
				      });
	app->has_arrived = true;
	return true;
}

static void log_refusal(const struct ust_app *app, const struct error *err)
{
	log_write(LOG_LEVEL_WARNING, "application '%s' (process %d) is not recorded: %s", app->name,
		  (int)app->pid, err->message);
}

/* Attaches every session. False when the job has been parked: it runs again then. */
static bool follow_all(struct app_job *job)
{
	struct ust_app *app = job->app;
	size_t count;
	struct ust_session **sessions = ust_session_list(app->source, &count);
	bool is_done = true;

	for (size_t i = 0; i < count; i++) {
		struct error err = ERROR_INIT;

		switch (is_done ? ust_follow(app, sessions[i], &job->job, &err) : UST_FOLLOW_DONE) {
		case UST_FOLLOW_PARKED:
			is_done = false;
			break;
		case UST_FOLLOW_FAILED:
			log_refusal(app, &err);
			break;
		case UST_FOLLOW_DONE:
			break;
		}
		ust_session_unref(sessions[i]);
	}
	free(sessions);
	return is_done;
}

/* Until "registration done" the application's main() is held, so nothing it does is missed. */
static void finish_registration(struct ust_app *app)
{
	int code = lttng_ust_ctl_register_done(app->command_fd);

	if (code < 0) {
		ust_app_drop(app);
		return;
	}
	app->is_registered = true;
	log_write(LOG_LEVEL_DEBUG, "application '%s' (process %d) was set up in %llu us", app->name,
		  (int)app->pid,
		  (unsigned long long)((clock_monotonic_ns() - app->accepted_at_ns) / NS_PER_US));
}

static void begin_run(struct ust_job *base)
{
	struct app_job *job = (struct app_job *)base;
	struct ust_app *app = job->app;

	if (!app->has_arrived && !atomic_load(&app->is_gone) && !read_version(app))
		ust_app_drop(app);
	if (!atomic_load(&app->is_gone)) {
		if (!follow_all(job))
			return;
		ust_watched_follow(app);
		finish_registration(app);
	}
	end_job(job, NULL);
}

void ust_app_begin(struct ust_app *app)
{
	struct ust_source *source = app->source;
	struct app_job *job = make_job(app, begin_run);

	/*
	 * Under the lock, so that the job finds itself in the list before it reads the table of
	 * sessions: a session's change either finds the application, or is found by it.
	 */
	pthread_mutex_lock(&source->lock);
	ust_strand_post(app->strand, &job->job);
	app->next = source->apps;
	source->apps = ust_app_ref(app);
	pthread_mutex_unlock(&source->lock);
}

/* --- following, detaching */

static void follow_run(struct ust_job *base)
{
	struct app_job *job = (struct app_job *)base;
	struct error err = ERROR_INIT;

	if (ust_follow(job->app, job->session, base, &err) == UST_FOLLOW_PARKED)
		return;
	if (error_is_set(&err) && !job->task)
		log_refusal(job->app, &err);
	end_job(job, &err);
}

void ust_app_post_follow(struct ust_app *app, struct ust_session *session, struct task *task)
{
	struct app_job *job = make_job(app, follow_run);

	job->session = ust_session_ref(session);
	job->task = task;
	ust_strand_post(app->strand, &job->job);
}

static void detach_run(struct ust_job *base)
{
	struct app_job *job = (struct app_job *)base;

	ust_follow_detach(job->app, job->group);
	atomic_fetch_sub(&job->app->detach_count, 1);
	end_job(job, NULL);
}

void ust_app_post_detach(struct ust_app *app, struct ust_group *group, struct task *task)
{
	struct app_job *job = make_job(app, detach_run);

	job->group = ust_group_ref(group);
	job->task = task;
	atomic_fetch_add(&app->detach_count, 1);
	ust_strand_post(app->strand, &job->job);
}

static void watch_run(struct ust_job *base)
{
	struct app_job *job = (struct app_job *)base;

	if (!atomic_load(&job->app->is_gone))
		ust_watched_follow(job->app);
	end_job(job, NULL);
}

void ust_app_post_watch(struct ust_app *app, struct task *task)
{
	struct app_job *job = make_job(app, watch_run);

	job->task = task;
	ust_strand_post(app->strand, &job->job);
}

/* --- departure */

static void take_out(struct ust_app *app)
{
	struct ust_source *source = app->source;
	struct ust_app **link = &source->apps;

	pthread_mutex_lock(&source->lock);
	while (*link != app)
		link = &(*link)->next;
	*link = app->next;
	pthread_mutex_unlock(&source->lock);
	ust_app_unref(app); /* the list's */
}

/* It stays in the list until it holds nothing of any session: a session's end waits for it. */
static void end_run(struct ust_job *base)
{
	struct app_job *job = (struct app_job *)base;
	struct ust_app *app = job->app;
	const struct source_host *host = &app->source->host;

	ust_follow_finish(app);
	ust_watched_finish(app);
	take_out(app);
	if (app->has_arrived)
		host->app_left(host->data, app->id);
	end_job(job, NULL);
}

void ust_app_hung_up(struct ust_app *app)
{
	struct app_job *job = make_job(app, end_run);

	ust_app_drop(app);
	ust_strand_post(app->strand, &job->job);
}

/* --- routes */

void ust_route_add(struct ust_app *app, const struct ust_route *route)
{
	pthread_mutex_lock(&app->route_lock);
	app->routes =
		mem_grow(app->routes, app->route_count, &app->route_room, sizeof(*app->routes));
	app->routes[app->route_count++] = *route;
	pthread_mutex_unlock(&app->route_lock);
}

void ust_route_remove(struct ust_app *app, int session_handle)
{
	size_t kept = 0;

	pthread_mutex_lock(&app->route_lock);
	for (size_t i = 0; i < app->route_count; i++)
		if (app->routes[i].session_handle != session_handle)
			app->routes[kept++] = app->routes[i];
	app->route_count = kept;
	pthread_mutex_unlock(&app->route_lock);
}

const struct ust_route *ust_route_lock(struct ust_app *app, int session_handle, int channel_handle)
{
	pthread_mutex_lock(&app->route_lock);
	for (size_t i = 0; i < app->route_count; i++) {
		const struct ust_route *route = &app->routes[i];

		if (route->session_handle == session_handle &&
		    route->channel_handle == channel_handle)
			return route;
	}
	pthread_mutex_unlock(&app->route_lock);
	return NULL;
}

void ust_route_unlock(struct ust_app *app)
{
	pthread_mutex_unlock(&app->route_lock);
}
