/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The thread ust-notify: while an application executes a command it announces event types,
 * enumerations and channels on its other socket and waits for ids. So this thread takes no lock
 * that is held around a command, and never waits for one application long: the library's receiving
 * blocks, so a message is only received when enough of it is there.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "backend/base/log.h"
#include "backend/base/loop_thread.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/source/ust/codes.h"
#include "backend/source/ust/internal.h"

/* Messages as LTTng-UST's ABI 8 and 9 have them: fixed part, then lengths' sum of bytes. */
enum {
	COMMAND_BYTES = 4,
	EVENT_BYTES = 4 + 312,
	EVENT_LENGTHS_AT = 4 + 268, /* signature, fields, model URI */
	CHANNEL_BYTES = 4 + 44,
	CHANNEL_LENGTH_AT = 4 + 8,
	ENUM_BYTES = 4 + 296,
	ENUM_LENGTH_AT = 4 + 260,
};

#define MESSAGE_BYTES_MAX (UINT64_C(4) << 20)  /* thousands of fields or labels */
#define RECEIVE_BYTES	  (UINT64_C(64) << 10) /* always fits into the socket's buffer */
#define LOOK_AGAIN_NS	  (1 * NS_PER_MS)
#define HURRY_NS	  (1 * NS_PER_MS) /* a message comes in up to four parts, microseconds apart */
#define INCOMPLETE_NS_MAX (5 * NS_PER_S)
#define REFUSED		  (-22) /* EINVAL: any negative number */

struct ust_notify {
	struct loop *loop;
	struct queue *queue;
	struct thread *thread;
	struct timer *timer;
	struct ust_app *incomplete; /* those that sent a part of a message; looked at by timer */
};

/* --- is enough there? */

enum arrival { ARRIVAL_COMPLETE, ARRIVAL_INCOMPLETE, ARRIVAL_WRONG };

static uint32_t get32(const unsigned char *bytes, size_t at)
{
	uint32_t value;

	memcpy(&value, bytes + at, sizeof(value));
	return value;
}

/* Fixed length of the message that begins with these bytes; 0 when it is none. */
static size_t fixed_bytes(const unsigned char *bytes)
{
	switch (get32(bytes, 0)) {
	case LTTNG_UST_CTL_NOTIFY_CMD_EVENT:
		return EVENT_BYTES;
	case LTTNG_UST_CTL_NOTIFY_CMD_CHANNEL:
		return CHANNEL_BYTES;
	case LTTNG_UST_CTL_NOTIFY_CMD_ENUM:
		return ENUM_BYTES;
	default:
		return 0;
	}
}

static uint64_t whole_bytes(const unsigned char *bytes)
{
	switch (get32(bytes, 0)) {
	case LTTNG_UST_CTL_NOTIFY_CMD_EVENT:
		return EVENT_BYTES + (uint64_t)get32(bytes, EVENT_LENGTHS_AT) +
		       get32(bytes, EVENT_LENGTHS_AT + 4) + get32(bytes, EVENT_LENGTHS_AT + 8);
	case LTTNG_UST_CTL_NOTIFY_CMD_CHANNEL:
		return CHANNEL_BYTES + (uint64_t)get32(bytes, CHANNEL_LENGTH_AT);
	default:
		return ENUM_BYTES + (uint64_t)get32(bytes, ENUM_LENGTH_AT);
	}
}

static enum arrival look_at(int fd)
{
	unsigned char bytes[EVENT_BYTES];
	ssize_t peeked = recv(fd, bytes, sizeof(bytes), MSG_PEEK | MSG_DONTWAIT);
	uint64_t whole;
	int waiting = 0;
	size_t fixed;

	if (peeked == 0 || (peeked < 0 && errno != EAGAIN && errno != EINTR))
		return ARRIVAL_WRONG;
	if (peeked < COMMAND_BYTES)
		return ARRIVAL_INCOMPLETE;
	fixed = fixed_bytes(bytes);
	if (!fixed)
		return ARRIVAL_WRONG;
	if ((size_t)peeked < fixed)
		return ARRIVAL_INCOMPLETE;
	whole = whole_bytes(bytes);
	if (whole > MESSAGE_BYTES_MAX || ioctl(fd, FIONREAD, &waiting) < 0)
		return ARRIVAL_WRONG;
	if (whole > RECEIVE_BYTES)
		whole = RECEIVE_BYTES; /* the rest is waited for, for the socket's timeout */
	return (uint64_t)waiting >= whole ? ARRIVAL_COMPLETE : ARRIVAL_INCOMPLETE;
}

/* --- answers: negative when the application is to be dropped */

static void log_refused(const struct ust_app *app, const struct error *err)
{
	log_write(LOG_LEVEL_WARNING, "application '%s' (process %d): not recorded: %s", app->name,
		  (int)app->pid, err->message);
}

static int serve_event(struct ust_app *app)
{
	struct ust_event_description event = {0};
	struct lttng_ust_ctl_field *fields = NULL;
	char name[LTTNG_UST_ABI_SYM_NAME_LEN];
	char *signature = NULL, *emf_uri = NULL;
	struct error err = ERROR_INIT;
	int session, channel, code;
	const struct ust_route *route;
	bool is_known = false;
	uint32_t id = 0;

	code = lttng_ust_ctl_recv_register_event(app->notify_fd, &session, &channel, name,
						 &event.loglevel, &signature, &event.field_count,
						 &fields, &emf_uri);
	if (code < 0)
		return code;
	event.name = name;
	event.signature = signature;
	event.fields = fields;
	event.emf_uri = emf_uri;
	route = ust_route_lock(app, session, channel);
	if (route) {
		is_known = ust_registry_add_event(route->group->registry, route->channel_id, &event,
						  &id, &err);
		ust_route_unlock(app);
	}
	if (error_is_set(&err))
		log_refused(app, &err);
	free(signature);
	free(fields);
	free(emf_uri);
	return lttng_ust_ctl_reply_register_event(app->notify_fd, id, is_known ? 0 : REFUSED);
}

static int serve_enum(struct ust_app *app)
{
	struct lttng_ust_ctl_enum_entry *entries = NULL;
	char name[LTTNG_UST_ABI_SYM_NAME_LEN];
	struct error err = ERROR_INIT;
	const struct ust_route *route;
	bool is_known = false;
	uint64_t id = 0;
	size_t count;
	int session, code;

	code = lttng_ust_ctl_recv_register_enum(app->notify_fd, &session, name, &entries, &count);
	if (code < 0)
		return code;
	route = ust_route_lock(app, session, -1);
	if (route) {
		is_known = ust_registry_add_enum(route->group->registry, name, entries, count, &id,
						 &err);
		ust_route_unlock(app);
	}
	if (error_is_set(&err))
		log_refused(app, &err);
	free(entries);
	return lttng_ust_ctl_reply_register_enum(app->notify_fd, id, is_known ? 0 : REFUSED);
}

static int serve_channel(struct ust_app *app)
{
	struct lttng_ust_ctl_field *fields = NULL;
	struct error err = ERROR_INIT;
	const struct ust_route *route;
	bool is_known = false;
	uint32_t id = 0;
	size_t count;
	int session, channel, code;

	code = lttng_ust_ctl_recv_register_channel(app->notify_fd, &session, &channel, &count,
						   &fields);
	if (code < 0)
		return code;
	route = ust_route_lock(app, session, channel);
	if (route) {
		id = route->channel_id;
		is_known =
			ust_registry_begin_channel(route->group->registry, id, fields, count, &err);
		ust_route_unlock(app);
	}
	if (error_is_set(&err))
		log_refused(app, &err);
	free(fields);
	/* Ids exceed the compact header's 30 with the first wildcard. */
	return lttng_ust_ctl_reply_register_channel(
		app->notify_fd, id, LTTNG_UST_CTL_CHANNEL_HEADER_LARGE, is_known ? 0 : REFUSED);
}

static int serve(struct ust_app *app)
{
	enum lttng_ust_ctl_notify_cmd command;
	int code = lttng_ust_ctl_recv_notify(app->notify_fd, &command);

	if (code < 0)
		return code;
	switch (command) {
	case LTTNG_UST_CTL_NOTIFY_CMD_EVENT:
		return serve_event(app);
	case LTTNG_UST_CTL_NOTIFY_CMD_CHANNEL:
		return serve_channel(app);
	case LTTNG_UST_CTL_NOTIFY_CMD_ENUM:
		return serve_enum(app);
	}
	return REFUSED;
}

/* --- watching */

static void forget_incomplete(struct ust_notify *notify, struct ust_app *app)
{
	struct ust_app **link = &notify->incomplete;

	app->incomplete_since_ns = 0;
	if (!app->is_paused)
		return;
	app->is_paused = false;
	while (*link != app)
		link = &(*link)->next_incomplete;
	*link = app->next_incomplete;
}

/*
 * The rest is on its way as a rule, so the descriptor, which is ready all the time, is looked at
 * again at once; after a while a timer does it instead.
 */
static void wait_for_rest(struct ust_notify *notify, struct ust_app *app)
{
	uint64_t now_ns = loop_now_ns(notify->loop);

	if (!app->incomplete_since_ns)
		app->incomplete_since_ns = now_ns;
	if (app->is_paused || now_ns - app->incomplete_since_ns < HURRY_NS)
		return;
	app->is_paused = true;
	app->next_incomplete = notify->incomplete;
	notify->incomplete = app;
	loop_change_watch(app->notify_watch, 0);
	if (!timer_is_armed(notify->timer))
		timer_arm(notify->timer, now_ns + LOOK_AGAIN_NS);
}

static void end_watch(struct ust_notify *notify, struct ust_app *app)
{
	if (!app->notify_watch)
		return;
	forget_incomplete(notify, app);
	loop_unwatch(notify->loop, app->notify_watch);
	app->notify_watch = NULL;
	ust_app_drop(app);
	ust_app_unref(app); /* the watch's */
}

static void handle(struct ust_notify *notify, struct ust_app *app)
{
	int code;

	switch (look_at(app->notify_fd)) {
	case ARRIVAL_INCOMPLETE:
		wait_for_rest(notify, app);
		return;
	case ARRIVAL_WRONG:
		end_watch(notify, app);
		return;
	case ARRIVAL_COMPLETE:
		break;
	}
	forget_incomplete(notify, app);
	loop_change_watch(app->notify_watch, WATCH_READ);
	code = serve(app);
	if (code < 0)
		end_watch(notify, app);
}

static void socket_ready(void *data, unsigned int events)
{
	struct ust_app *app = data;
	struct ust_notify *notify = app->source->notify;

	if (events & WATCH_READ)
		handle(notify, app);
	else if (events & WATCH_HANGUP)
		end_watch(notify, app);
}

static void look_again(void *data, uint64_t now_ns)
{
	struct ust_notify *notify = data;
	struct ust_app *app = notify->incomplete;

	while (app) {
		struct ust_app *next = app->next_incomplete;

		if (now_ns - app->incomplete_since_ns > INCOMPLETE_NS_MAX)
			end_watch(notify, app);
		else
			handle(notify, app);
		app = next;
	}
	if (notify->incomplete)
		timer_arm(notify->timer, now_ns + LOOK_AGAIN_NS);
}

/* --- start and end */

static void add_app(void *data)
{
	struct ust_app *app = data;
	struct ust_notify *notify = app->source->notify;

	app->notify_watch = loop_watch(notify->loop, app->notify_fd, WATCH_READ, socket_ready, app);
}

static void remove_app(void *data)
{
	struct ust_app *app = data;

	end_watch(app->source->notify, app);
	ust_app_unref(app); /* the message's */
}

void ust_notify_add(struct ust_notify *notify, struct ust_app *app)
{
	ust_send_call(notify->queue, add_app, ust_app_ref(app));
}

void ust_notify_remove(struct ust_notify *notify, struct ust_app *app)
{
	ust_send_call(notify->queue, remove_app, ust_app_ref(app));
}

struct ust_notify *ust_notify_create(struct error *err)
{
	struct ust_notify *notify = mem_zalloc(sizeof(*notify));

	notify->loop = loop_create();
	notify->queue = queue_create();
	loop_watch_queue(notify->loop, notify->queue);
	notify->timer = loop_add_timer(notify->loop, look_again, notify);
	notify->thread = loop_thread_start("ust-notify", notify->loop, err);
	if (notify->thread)
		return notify;
	ust_notify_destroy(notify);
	return NULL;
}

void ust_notify_destroy(struct ust_notify *notify)
{
	if (!notify)
		return;
	loop_thread_end(notify->thread, notify->loop, notify->queue);
	queue_drain(notify->queue);
	loop_destroy(notify->loop);
	queue_destroy(notify->queue);
	free(notify);
}
