/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The console on a fake backend: fake_tracon [here|attach] [SCENE]. "here" keeps one process, else
 * the engine is forked off unless one listens already. Its socket is $XDG_RUNTIME_DIR/fake.sock.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "backend/backend.h"
#include "backend/base/fd.h"
#include "backend/base/log.h"
#include "backend/base/loop.h"
#include "backend/base/mem.h"
#include "backend/base/queue.h"
#include "backend/base/rcu.h"
#include "backend/base/thread.h"
#include "console/attach.h"
#include "console/console.h"
#include "console/holder.h"
#include "tests/console/fake_backend.h"

#define START_TRIES   500
#define START_STEP_MS 10

struct engine {
	struct loop *loop;
	struct queue *queue;
	struct attach *attach;
	struct message end;
};

static void take_end(struct message *message)
{
	loop_stop(CONTAINER_OF(message, struct engine, end)->loop);
}

static void wants_end(void *data)
{
	struct engine *engine = data;

	queue_send(engine->queue, &engine->end);
}

static void terminal_came(void *data, int connection, const struct requester *who)
{
	attach_terminal(((struct engine *)data)->attach, connection, who);
}

static void published(void *data)
{
	attach_published(((struct engine *)data)->attach);
}

static bool detach(void *data)
{
	return attach_detach(((struct engine *)data)->attach);
}

static int run_engine(const struct places *places, const char *config)
{
	struct engine engine = {.end.run = take_end};
	struct backend_settings settings = {
		.places = places,
		.has_socket = true,
		.terminal = terminal_came,
		.published = published,
		.detach = detach,
		.wants_end = wants_end,
		.data = &engine,
	};
	struct error err = ERROR_INIT;
	struct backend *backend;

	rcu_thread_begin();
	engine.loop = loop_create();
	engine.queue = queue_create();
	loop_watch_queue(engine.loop, engine.queue);
	engine.attach = attach_create(engine.loop, places);
	backend = backend_start(&settings, &err);
	attach_begin(engine.attach, backend, config);
	loop_run(engine.loop);
	attach_end(engine.attach, "the engine has ended");
	backend_stop(backend);
	attach_destroy(engine.attach);
	loop_unwatch_queue(engine.loop, engine.queue);
	queue_drain(engine.queue);
	queue_destroy(engine.queue);
	loop_destroy(engine.loop);
	rcu_thread_end();
	return 0;
}

static void fork_engine(const struct places *places, const char *config)
{
	int null;

	if (fork() != 0)
		return;
	setsid();
	null = open("/dev/null", O_RDWR);
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	close(null);
	thread_block_signals();
	exit(run_engine(places, config));
}

static int connect_engine(const struct places *places, int tries)
{
	struct error err = ERROR_INIT;
	int connection = -1;

	for (int i = 0; i < tries && connection < 0; i++) {
		connection = fd_connect_unix(places->engine_socket, SOCK_SEQPACKET, &err);
		if (connection < 0)
			poll(NULL, 0, START_STEP_MS);
	}
	return connection;
}

int main(int argc, char **argv)
{
	const struct holder_options holder = {.color = COLOR_AUTO};
	struct places places;
	enum fake_scene scene = FAKE_IDLE;
	const char *config = getenv("FAKE_CONFIG");
	struct error err = ERROR_INIT;
	int status;
	int connection;

	places_find(&places);
	if (argc > 1 && fake_scene_of(argv[argc - 1], &scene))
		argc--;
	fake_choose_scene(scene);
	if (!places_make_runtime(&places, &err)) {
		fprintf(stderr, "%s\n", err.message);
		return 1;
	}
	if (argc > 1 && !strcmp(argv[1], "here")) {
		const struct engine_options options = {.places = &places, .config = config};

		thread_block_signals();
		status = console_run_here(&options, &holder, &err);
		if (error_is_set(&err))
			fprintf(stderr, "%s\n", err.message);
		places_finish(&places);
		return status;
	}
	connection = connect_engine(&places, 1);
	if (connection < 0) {
		fork_engine(&places, config);
		connection = connect_engine(&places, START_TRIES);
	}
	status = connection < 0 ? 1 : holder_run(connection, &holder);
	places_finish(&places);
	return status;
}
