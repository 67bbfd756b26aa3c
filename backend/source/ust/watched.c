/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events that somebody waits for, recorded or not: LTTng-UST's event notifiers. All applications
 * write into one pipe, a message per event, which never blocks them; whoever reads it counts the
 * messages by their tokens. What does not fit into the pipe is not noticed, but counted (missed.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/fd.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/source/ust/bytecode.h"
#include "backend/source/ust/capture.h"
#include "backend/source/ust/internal.h"
#include "backend/source/ust/missed.h"

#define NOTICE_BYTES sizeof(struct lttng_ust_abi_event_notifier_notification)
#define READ_BYTES   (NOTICE_BYTES * 1024)
#define READS_MAX    4	       /* then others have their turn */
#define PIPE_BYTES   (1 << 20) /* what anybody may ask for: fs.pipe-max-size */

struct ust_watched {
	struct ust_watched *next;
	atomic_uint references; /* the list's, and each application's */
	uint64_t token;
	struct missed *missed; /* the source's */
	uint32_t slot;	       /* there; given back with the last reference */
	uid_t uid;
	struct rule_spec rule; /* its texts are ours */
	bool has_loggers;      /* agents were told */
	struct word_list captures;
	atomic_bool is_over;
};

/* Of one application; its strand. */
struct ust_watching {
	struct ust_watching *next;
	struct ust_watched *watched;		  /* reference held */
	struct lttng_ust_abi_object_data *object; /* NULL: refused */
	bool is_off;
};

static struct ust_watched *ref(struct ust_watched *watched)
{
	atomic_fetch_add_explicit(&watched->references, 1, memory_order_relaxed);
	return watched;
}

static void unref(struct ust_watched *watched)
{
	/* Release and acquire: all users are done with it before the last one frees it. */
	if (atomic_fetch_sub_explicit(&watched->references, 1, memory_order_acq_rel) > 1)
		return;
	missed_give_slot(watched->missed, watched->slot);
	rule_spec_finish(&watched->rule);
	word_list_finish(&watched->captures);
	free(watched);
}

static struct ust_watched *make(struct missed *missed, const struct watched_rule *wanted)
{
	struct ust_watched *watched = mem_zalloc(sizeof(*watched));

	atomic_init(&watched->references, 1);
	watched->token = wanted->token;
	watched->missed = missed;
	watched->slot = missed_take_slot(missed);
	watched->uid = wanted->uid;
	watched->has_loggers = wanted->carried != NULL;
	for (size_t i = 0; wanted->captures && i < wanted->captures->count; i++)
		word_list_add(&watched->captures, wanted->captures->words[i]);
	watched->rule = rule_spec_copy(wanted->rule);
	return watched;
}

/* --- one application */

/* Before there is anything to count. Without it, misses are not counted, as a line says. */
static void share_counter(struct ust_app *app)
{
	struct error err = ERROR_INIT;
	struct lttng_ust_ctl_daemon_counter *counter =
		missed_counter(app->source->missed, app->uid, &err);

	if (counter)
		ust_app_did(app, missed_send(counter, app->command_fd, app->notice_group->handle),
			    "count events that nobody heard of", "");
	else
		log_write(LOG_LEVEL_WARNING, "events that triggers miss are not counted: %s",
			  err.message);
}

static bool has_group(struct ust_app *app)
{
	if (app->notice_group)
		return true;
	if (!ust_app_did(app,
			 lttng_ust_ctl_create_event_notifier_group(
				 app->command_fd, app->source->notice_fds[1], &app->notice_group),
			 "announce events", ""))
		return app->notice_group != NULL;
	share_counter(app);
	return true;
}

static bool set_captures(struct ust_app *app, const struct ust_watched *watched,
			 struct lttng_ust_abi_object_data *object)
{
	for (size_t i = 0; i < watched->captures.count; i++) {
		struct lttng_ust_abi_capture_bytecode *bytecode =
			ust_bytecode_capture(watched->captures.words[i]);
		int code = bytecode ? lttng_ust_ctl_set_capture(app->command_fd, bytecode, object)
				    : -EINVAL;

		free(bytecode);
		if (!ust_app_did(app, code, "capture", watched->captures.words[i]))
			return false;
	}
	return true;
}

static struct lttng_ust_abi_object_data *make_notifier(struct ust_app *app,
						       const struct ust_watched *watched)
{
	struct lttng_ust_abi_object_data *object = NULL;
	struct lttng_ust_abi_event_notifier notifier;
	int code;

	memset(&notifier, 0, sizeof(notifier));
	if (!has_group(app) || !ust_rule_describe(&watched->rule, &notifier.event))
		return NULL;
	notifier.event.token = watched->token;
	notifier.error_counter_index = watched->slot;
	code = lttng_ust_ctl_create_event_notifier(app->command_fd, &notifier, app->notice_group,
						   &object);
	if (!ust_app_did(app, code, "watch for", watched->rule.pattern))
		return NULL;
	if (ust_rule_complete(app, &watched->rule, object) && set_captures(app, watched, object) &&
	    ust_app_did(app, lttng_ust_ctl_enable(app->command_fd, object), "watch for",
			watched->rule.pattern))
		return object;
	if (!atomic_load(&app->is_gone))
		lttng_ust_ctl_release_handle(app->command_fd, object->handle);
	free(object);
	return NULL;
}

static bool is_watching(const struct ust_app *app, const struct ust_watched *watched)
{
	for (const struct ust_watching *one = app->watching; one; one = one->next)
		if (one->watched == watched)
			return true;
	return false;
}

static void end_watching(struct ust_app *app, struct ust_watching *watching)
{
	if (watching->object && !atomic_load(&app->is_gone)) {
		ust_app_did(app, lttng_ust_ctl_disable(app->command_fd, watching->object),
			    "watch no longer for", watching->watched->rule.pattern);
		if (!atomic_load(&app->is_gone))
			lttng_ust_ctl_release_handle(app->command_fd, watching->object->handle);
	}
	free(watching->object);
	unref(watching->watched);
	free(watching);
}

static void drop_over(struct ust_app *app, bool all)
{
	struct ust_watching **link = &app->watching;

	while (*link) {
		struct ust_watching *watching = *link;

		if (!all && !atomic_load(&watching->watched->is_over)) {
			link = &watching->next;
			continue;
		}
		*link = watching->next;
		end_watching(app, watching);
	}
}

/* The next one that the application does not watch for yet; a reference. */
static struct ust_watched *next_new(struct ust_app *app)
{
	struct ust_watched *found = NULL;

	pthread_mutex_lock(&app->source->lock);
	for (struct ust_watched *one = app->source->watched; one && !found; one = one->next)
		if ((one->uid == 0 || one->uid == app->uid) && !is_watching(app, one))
			found = ref(one);
	pthread_mutex_unlock(&app->source->lock);
	return found;
}

void ust_watched_follow(struct ust_app *app)
{
	struct ust_watched *watched;

	drop_over(app, false);
	while (!atomic_load(&app->is_gone) && app->is_native && (watched = next_new(app)) != NULL) {
		struct ust_watching *watching = mem_zalloc(sizeof(*watching));

		watching->watched = watched;
		watching->object = make_notifier(app, watched);
		watching->next = app->watching;
		app->watching = watching;
	}
}

void ust_watched_finish(struct ust_app *app)
{
	drop_over(app, true);
	free(app->notice_group);
	app->notice_group = NULL;
}

/* --- all of them */

static bool concerns_uid(const struct ust_app *app, const void *data)
{
	const uid_t *uid = data;

	return *uid == 0 || *uid == app->uid;
}

static void post_to_all(struct ust_source *source, uid_t uid, struct task *task)
{
	size_t count;
	struct ust_app **apps = ust_app_list(source, concerns_uid, &uid, &count);

	for (size_t i = 0; i < count; i++) {
		if (task)
			task_add(task);
		ust_app_post_watch(apps[i], task);
		ust_app_unref(apps[i]);
	}
	free(apps);
	if (task)
		task_done(task, NULL);
}

void ust_watch(struct source *base, const struct watched_rule *rule, struct task *task)
{
	struct ust_source *source = (struct ust_source *)base;
	struct ust_watched *watched = make(source->missed, rule);

	pthread_mutex_lock(&source->lock);
	watched->next = source->watched;
	source->watched = watched;
	pthread_mutex_unlock(&source->lock);
	if (rule->carried)
		ust_loggers_watch(source, rule->token, rule->carried, task);
	post_to_all(source, rule->uid, task);
}

void ust_unwatch(struct source *base, uint64_t token)
{
	struct ust_source *source = (struct ust_source *)base;
	struct ust_watched **link = &source->watched;
	struct ust_watched *found;
	uid_t uid;

	pthread_mutex_lock(&source->lock);
	while (*link && (*link)->token != token)
		link = &(*link)->next;
	found = *link;
	if (found)
		*link = found->next;
	pthread_mutex_unlock(&source->lock);
	if (!found)
		return;
	uid = found->uid;
	if (found->has_loggers)
		ust_loggers_watch(source, token, NULL, NULL);
	atomic_store(&found->is_over, true);
	unref(found);
	post_to_all(source, uid, NULL);
}

bool ust_watched_begin(struct ust_source *source, struct error *err)
{
	source->notice_fds[0] = source->notice_fds[1] = -1;
	if (pipe2(source->notice_fds, O_CLOEXEC | O_NONBLOCK) < 0)
		return error_set_errno(err, errno, "cannot make a pipe");
	fcntl(source->notice_fds[1], F_SETPIPE_SZ, PIPE_BYTES); /* else it is a smaller one */
	source->missed = missed_create();
	return true;
}

void ust_watched_end(struct ust_source *source)
{
	while (source->watched) {
		struct ust_watched *watched = source->watched;

		source->watched = watched->next;
		unref(watched);
	}
	missed_destroy(source->missed);
	source->missed = NULL;
	text_finish(&source->notice_rest);
	fd_close(&source->notice_fds[0]);
	fd_close(&source->notice_fds[1]);
}

uint64_t ust_missed(struct source *base, uint64_t token)
{
	struct ust_source *source = (struct ust_source *)base;
	const struct ust_watched *watched;
	uint64_t count = 0;

	pthread_mutex_lock(&source->lock);
	watched = source->watched;
	while (watched && watched->token != token)
		watched = watched->next;
	if (watched)
		count = missed_read(source->missed, watched->slot);
	pthread_mutex_unlock(&source->lock);
	return count;
}

int ust_notice_fd(const struct source *base)
{
	return ((const struct ust_source *)base)->notice_fds[0];
}

/* Messages of one token usually come together; those with values are told one by one. */
struct telling {
	void (*noticed)(void *data, uint64_t token, uint64_t count,
			const struct word_list *captured);
	void *data;
	uint64_t token;
	uint64_t same;
};

static void tell_same(struct telling *telling)
{
	if (telling->same > 0)
		telling->noticed(telling->data, telling->token, telling->same, NULL);
	telling->same = 0;
}

static void tell(struct telling *telling, uint64_t token, const unsigned char *captured,
		 size_t length)
{
	struct word_list values = {0};

	if (telling->token != token || length > 0)
		tell_same(telling);
	telling->token = token;
	if (length == 0) {
		telling->same++;
		return;
	}
	capture_read(captured, length, &values);
	telling->noticed(telling->data, token, 1, &values);
	word_list_finish(&values);
}

/* Returns how many bytes were whole messages. All of them if they make no sense. */
static size_t tell_messages(struct telling *telling, const unsigned char *bytes, size_t length)
{
	struct lttng_ust_abi_event_notifier_notification notice;
	size_t at = 0;

	while (length - at >= NOTICE_BYTES) {
		memcpy(&notice, bytes + at, NOTICE_BYTES);
		if (notice.capture_buf_size > CAPTURED_BYTES_MAX)
			return length;
		if (length - at - NOTICE_BYTES < notice.capture_buf_size)
			break;
		tell(telling, notice.token, bytes + at + NOTICE_BYTES, notice.capture_buf_size);
		at += NOTICE_BYTES + notice.capture_buf_size;
	}
	return at;
}

/*
 * Writes of less than a page are whole, reads are not. Applications may write nonsense: tokens are
 * looked up, lengths bounded.
 */
void ust_take_notices(struct source *base,
		      void (*noticed)(void *data, uint64_t token, uint64_t count,
				      const struct word_list *captured),
		      void *data)
{
	struct ust_source *source = (struct ust_source *)base;
	struct telling telling = {.noticed = noticed, .data = data};
	unsigned char bytes[READ_BYTES];

	for (int i = 0; i < READS_MAX; i++) {
		size_t rest = source->notice_rest.length;
		ssize_t got;
		size_t told;

		if (rest > 0)
			memcpy(bytes, source->notice_rest.bytes, rest);
		got = read(ust_notice_fd(base), bytes + rest, sizeof(bytes) - rest);
		if (got <= 0)
			break;
		rest += (size_t)got;
		told = tell_messages(&telling, bytes, rest);
		text_clear(&source->notice_rest);
		text_add_bytes(&source->notice_rest, (const char *)bytes + told, rest - told);
	}
	tell_same(&telling);
}
