/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control thread: its loop, the socket, the model. What other threads ask for arrives by its
 * queue. */
#include "backend/backend.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/loop.h"
#include "backend/base/mem.h"
#include "backend/base/thread.h"
#include "backend/base/units.h"
#include "backend/consume/tap.h"
#include "backend/control/command.h"
#include "backend/control/server.h"
#include "backend/model/forget.h"
#include "backend/model/gatherer.h"
#include "backend/model/hook.h"
#include "backend/model/model.h"
#include "backend/model/picture_build.h"
#include "backend/model/publisher.h"
#include "backend/model/recording.h"
#include "backend/model/tapping.h"

/* Nobody has a session and nobody looks: the engine ends by itself after this. */
#define IDLE_END_NS   (600 * NS_PER_S)
#define IDLE_CHECK_NS (10 * NS_PER_S)
#define HOOKS_WAIT_NS (10 * NS_PER_S) /* for those of the last chunks, when the engine ends */

struct backend {
	struct backend_settings settings;
	struct loop *loop;
	struct queue *queue;
	struct server *server;
	struct model *model;
	struct thread *thread;
	struct timer *idle_timer;
	uint64_t busy_at_ns; /* last time a session existed or a terminal was attached */
};

static void run_control(void *data)
{
	struct backend *backend = data;

	loop_run(backend->loop);
}

static void submit_from_socket(void *data, struct request *request)
{
	struct backend *backend = data;

	command_run(backend->model, request);
}

static void terminal_from_socket(void *data, int connection, const struct requester *who)
{
	struct backend *backend = data;

	backend->settings.terminal(backend->settings.data, connection, who);
}

static void publish_before_answer(void *data)
{
	struct backend *backend = data;

	publisher_flush(backend->model->publisher);
}

static void picture_was_published(void *data)
{
	struct backend *backend = data;

	if (backend->settings.published)
		backend->settings.published(backend->settings.data);
}

static void quit_wanted(void *data)
{
	struct backend *backend = data;

	backend->settings.wants_end(backend->settings.data);
}

static bool detach_wanted(void *data)
{
	struct backend *backend = data;

	return backend->settings.detach && backend->settings.detach(backend->settings.data);
}

static void check_idle(void *data, uint64_t now_ns)
{
	struct backend *backend = data;

	if (backend->model->session_count > 0 || publisher_is_watched(backend->model->publisher))
		backend->busy_at_ns = now_ns;
	mem_give_back(); /* what a trace that was looked at took, say */
	if (now_ns - backend->busy_at_ns >= IDLE_END_NS)
		quit_wanted(backend);
	else
		timer_arm(backend->idle_timer, now_ns + IDLE_CHECK_NS);
}

static bool open_socket(struct backend *backend, struct error *err)
{
	struct server_settings settings = {
		.places = backend->settings.places,
		.group = backend->settings.group,
		.submit = submit_from_socket,
		.terminal = terminal_from_socket,
		.data = backend,
	};

	if (!backend->settings.has_socket)
		return true;
	backend->server = server_create(backend->loop, &settings, err);
	return backend->server != NULL;
}

static void release(struct backend *backend)
{
	server_destroy(backend->server);
	model_destroy(backend->model);
	if (backend->loop) {
		loop_remove_timer(backend->loop, backend->idle_timer);
		loop_unwatch_queue(backend->loop, backend->queue);
	}
	loop_destroy(backend->loop);
	queue_destroy(backend->queue);
	free(backend);
}

struct backend *backend_start(const struct backend_settings *settings, struct error *err)
{
	struct backend *backend = mem_zalloc(sizeof(*backend));

	backend->settings = *settings;
	backend->loop = loop_create();
	backend->queue = queue_create();
	loop_watch_queue(backend->loop, backend->queue);
	backend->busy_at_ns = clock_monotonic_ns();
	/* The socket first: it is what tells two engines apart. */
	if (!places_make_runtime(settings->places, err) || !open_socket(backend, err))
		goto fail;
	backend->model = model_create(backend->loop, backend->queue, settings->places, err);
	if (!backend->model)
		goto fail;
	backend->model->quit = quit_wanted;
	backend->model->detach = detach_wanted;
	backend->model->callback_data = backend;
	publisher_listen(backend->model->publisher, picture_was_published, backend);
	reply_set_before_done(publish_before_answer, backend);
	backend->idle_timer = loop_add_timer(backend->loop, check_idle, backend);
	timer_arm(backend->idle_timer, backend->busy_at_ns + IDLE_CHECK_NS);
	backend->thread = thread_start("control", run_control, backend, err);
	if (!backend->thread)
		goto fail;
	return backend;

fail:
	reply_set_before_done(NULL, NULL);
	release(backend);
	return NULL;
}

/* --- what other threads ask for */

struct asked {
	struct message message;
	struct backend *backend;
	struct request *request;
	uint64_t interval_ns;
	uint64_t session_id;
	size_t count;
	uint64_t session_ids[];
};

static void ask(struct backend *backend, struct asked *asked, void (*run)(struct message *message))
{
	asked->message.run = run;
	asked->backend = backend;
	queue_send(backend->queue, &asked->message);
}

static void run_request(struct message *message)
{
	struct asked *asked = (struct asked *)message;

	command_run(asked->backend->model, asked->request);
	free(asked);
}

void backend_submit(struct backend *backend, struct request *request)
{
	struct asked *asked = mem_zalloc(sizeof(*asked));

	asked->request = request;
	ask(backend, asked, run_request);
}

static void run_watch(struct message *message)
{
	struct asked *asked = (struct asked *)message;

	publisher_watch(asked->backend->model->publisher, asked->interval_ns, asked->session_ids,
			asked->count);
	free(asked);
}

void backend_watch(struct backend *backend, uint64_t interval_ns, const uint64_t *session_ids,
		   size_t count)
{
	struct asked *asked = mem_zalloc(sizeof(*asked) + count * sizeof(*session_ids));

	asked->interval_ns = interval_ns;
	asked->count = count;
	for (size_t i = 0; i < count; i++)
		asked->session_ids[i] = session_ids[i];
	ask(backend, asked, run_watch);
}

static void run_set_window(struct message *message)
{
	struct asked *asked = (struct asked *)message;

	publisher_set_window(asked->backend->model->publisher, (unsigned int)asked->count);
	free(asked);
}

void backend_set_window(struct backend *backend, unsigned int sample_seconds)
{
	struct asked *asked = mem_zalloc(sizeof(*asked));

	asked->count = sample_seconds;
	ask(backend, asked, run_set_window);
}

static void run_acknowledge(struct message *message)
{
	struct asked *asked = (struct asked *)message;
	struct model *model = asked->backend->model;

	for (size_t i = 0; i < model->session_count; i++) {
		struct session *session = model->sessions[i];

		if (asked->session_id == 0 || asked->session_id == session->id)
			session->seen_losses = session_losses(session);
	}
	model_changed(model);
	free(asked);
}

void backend_acknowledge_losses(struct backend *backend, uint64_t session_id)
{
	struct asked *asked = mem_zalloc(sizeof(*asked));

	asked->session_id = session_id;
	ask(backend, asked, run_acknowledge);
}

struct asked_forget {
	struct message message; /* first */
	struct backend *backend;
	char path[];
};

static void run_forget(struct message *message)
{
	struct asked_forget *asked = (struct asked_forget *)message;

	forget_chunk(asked->backend->model, asked->path);
	free(asked);
}

void backend_forget_chunk(struct backend *backend, const char *path)
{
	struct asked_forget *asked = mem_zalloc(sizeof(*asked) + strlen(path) + 1);

	asked->message.run = run_forget;
	asked->backend = backend;
	memcpy(asked->path, path, strlen(path));
	queue_send(backend->queue, &asked->message);
}

struct asked_tap {
	struct message message; /* first */
	struct backend *backend;
	uint64_t session_id;
	struct tap *tap; /* reference held; may be NULL */
	void (*done)(void *data);
	void *data;
};

static void tap_was_changed(void *data, const struct error *err)
{
	struct asked_tap *asked = data;

	(void)err;
	if (asked->done)
		asked->done(asked->data);
	free(asked);
}

static void run_tap(struct message *message)
{
	struct asked_tap *asked = (struct asked_tap *)message;

	model_tap(asked->backend->model, asked->session_id, asked->tap,
		  (struct outcome){tap_was_changed, asked});
	tap_unref(asked->tap);
}

void backend_tap(struct backend *backend, uint64_t session_id, struct tap *tap,
		 void (*done)(void *data), void *data)
{
	struct asked_tap *asked = mem_zalloc(sizeof(*asked));

	asked->message.run = run_tap;
	asked->backend = backend;
	asked->session_id = session_id;
	asked->tap = tap ? tap_ref(tap) : NULL;
	asked->done = done;
	asked->data = data;
	queue_send(backend->queue, &asked->message);
}

static void run_want_points(struct message *message)
{
	struct asked *asked = (struct asked *)message;

	gatherer_want(asked->backend->model->gatherer, asked->count > 0);
	free(asked);
}

void backend_want_points(struct backend *backend, bool is_wanted)
{
	struct asked *asked = mem_zalloc(sizeof(*asked));

	asked->count = is_wanted;
	ask(backend, asked, run_want_points);
}

const struct points *backend_points_take(struct backend *backend)
{
	return gatherer_take(backend->model->gatherer);
}

const struct picture *backend_picture_acquire(struct backend *backend)
{
	return publisher_acquire(backend->model->publisher);
}

void backend_picture_release(struct backend *backend)
{
	publisher_release(backend->model->publisher);
}

const struct picture *backend_picture_hold(struct backend *backend)
{
	const struct picture *picture = publisher_acquire(backend->model->publisher);

	picture_ref(picture);
	publisher_release(backend->model->publisher);
	return picture;
}

void backend_picture_let_go(struct backend *backend, const struct picture *picture)
{
	(void)backend;
	picture_unref(picture);
}

/* --- the end */

static void hooks_ended(void *data)
{
	struct backend *backend = data;

	loop_stop(backend->loop);
}

static void all_sessions_ended(void *data, const struct error *err)
{
	struct backend *backend = data;

	(void)err;
	hooks_finish(backend->model, HOOKS_WAIT_NS, hooks_ended, backend);
}

static void run_stop(struct message *message)
{
	struct asked *asked = (struct asked *)message;
	struct backend *backend = asked->backend;
	struct outcome outcome = {all_sessions_ended, backend};

	free(asked);
	recording_end_all(backend->model, outcome);
}

void backend_stop(struct backend *backend)
{
	if (!backend)
		return;
	ask(backend, mem_zalloc(sizeof(struct asked)), run_stop);
	thread_join(backend->thread);
	reply_set_before_done(NULL, NULL);
	release(backend);
}
