/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The main thread of the engine: it owns the terminals, and hears the signals for all. Tracing goes
 * on in the backend's threads.
 */
#include "console/engine_loop.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "backend/backend.h"
#include "backend/base/fd.h"
#include "backend/base/log.h"
#include "backend/base/loop.h"
#include "backend/base/mem.h"
#include "backend/base/queue.h"
#include "backend/base/rcu.h"
#include "console/attach.h"
#include "console/autoload.h"

struct engine {
	struct loop *loop;
	struct queue *queue; /* what the control thread has for us */
	int signals;
	struct watch *signal_watch;
	struct attach *attach;
	struct backend *backend;
};

struct end_message {
	struct message message;
	struct engine *engine;
};

/* Fault signals are not blocked and not ours to hear; a hang-up means nothing without a terminal.
 */
static int open_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGQUIT);
	return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

static void on_signal(void *data, unsigned int events)
{
	struct engine *engine = data;
	struct signalfd_siginfo signal;

	(void)events;
	if (read(engine->signals, &signal, sizeof(signal)) != sizeof(signal))
		return;
	log_write(LOG_LEVEL_INFO, "told to end by signal %u (process %u)", signal.ssi_signo,
		  signal.ssi_pid);
	loop_stop(engine->loop);
}

static void end_loop(struct message *message)
{
	struct end_message *end = CONTAINER_OF(message, struct end_message, message);

	loop_stop(end->engine->loop);
	free(end);
}

/* Control thread. */
static void on_end_wanted(void *data)
{
	struct end_message *end = mem_zalloc(sizeof(*end));

	end->message.run = end_loop;
	end->engine = data;
	queue_send(end->engine->queue, &end->message);
}

/* The callbacks have one data pointer for us and for attach. */
static void on_terminal(void *data, int connection, const struct requester *who)
{
	attach_terminal(((struct engine *)data)->attach, connection, who);
}

static void on_published(void *data)
{
	attach_published(((struct engine *)data)->attach);
}

static bool on_detach(void *data)
{
	return attach_detach(((struct engine *)data)->attach);
}

static bool start_backend(struct engine *engine, const struct engine_loop_settings *settings,
			  struct error *err)
{
	const struct backend_settings backend = {
		.places = settings->places,
		.group = settings->group,
		.has_socket = true,
		.terminal = on_terminal,
		.published = on_published,
		.detach = on_detach,
		.wants_end = on_end_wanted,
		.data = engine,
	};

	engine->backend = backend_start(&backend, err);
	return engine->backend != NULL;
}

static bool engine_init(struct engine *engine, const struct places *places, struct error *err)
{
	rcu_thread_begin();
	engine->loop = loop_create();
	engine->queue = queue_create();
	loop_watch_queue(engine->loop, engine->queue);
	engine->attach = attach_create(engine->loop, places);
	engine->signals = open_signals();
	if (engine->signals < 0)
		return error_set_errno(err, errno, "cannot listen for signals");
	engine->signal_watch =
		loop_watch(engine->loop, engine->signals, WATCH_READ, on_signal, engine);
	return true;
}

static void engine_finish(struct engine *engine)
{
	attach_destroy(engine->attach);
	loop_unwatch(engine->loop, engine->signal_watch);
	fd_close(&engine->signals);
	queue_drain(engine->queue);
	loop_unwatch_queue(engine->loop, engine->queue);
	queue_destroy(engine->queue);
	loop_destroy(engine->loop);
	rcu_thread_end();
}

bool engine_loop_run(const struct engine_loop_settings *settings, struct error *err)
{
	struct engine engine = {.signals = -1};
	bool is_started = engine_init(&engine, settings->places, err) &&
			  start_backend(&engine, settings, err);

	if (is_started) {
		attach_begin(engine.attach, engine.backend, settings->config);
		autoload_begin(engine.backend, settings->places, settings->load);
		settings->ready(settings->data);
		log_write(LOG_LEVEL_INFO, "engine %s started (process %d)", PACKAGE_VERSION,
			  (int)getpid());
		loop_run(engine.loop);
		attach_end(engine.attach, "the engine has ended");
		backend_stop(engine.backend);
		log_write(LOG_LEVEL_INFO, "engine ended");
	}
	engine_finish(&engine);
	return is_started;
}
