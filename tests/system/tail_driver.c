/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An engine that shows the tail of one session instead of a screen:
 * tail_driver SESSION COUNT prints "row NUMBER TEXT" for each event that is kept and then
 * "seen N decoded N shown N sampling 0", once COUNT events were seen, and ends. It takes commands
 * as every engine does.
 */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/backend.h"
#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/rcu.h"
#include "backend/base/text.h"
#include "backend/base/thread.h"
#include "backend/base/units.h"
#include "backend/browse/tail.h"

#define LIMIT_NS (60 * NS_PER_S)

static void no_terminal(void *data, int connection, const struct requester *who)
{
	(void)data;
	(void)who;
	close(connection);
}

static void no_end(void *data)
{
	(void)data;
}

static void changed(void *data)
{
	(void)data;
}

static uint64_t find_session(struct backend *backend, const char *name)
{
	const struct picture *picture = backend_picture_acquire(backend);
	uint64_t id = 0;

	for (size_t i = 0; i < picture->session_count; i++)
		if (strcmp(picture->sessions[i].name, name) == 0)
			id = picture->sessions[i].id;
	backend_picture_release(backend);
	return id;
}

static void print_page(const struct event_page *page)
{
	struct text line = {0};

	for (size_t i = 0; page && i < page->row_count; i++) {
		text_clear(&line);
		event_row_print(page, &page->rows[i], &line);
		printf("row %zu %s\n", i, text_str(&line));
	}
	text_finish(&line);
}

/* Until that many were seen, or too long. */
static bool follow(struct tail *tail, struct queue *home, uint64_t count, uint64_t end_ns)
{
	struct pollfd pollfd = {.fd = queue_fd(home), .events = POLLIN};

	while (tail_info(tail)->seen_events < count && clock_monotonic_ns() < end_ns) {
		poll(&pollfd, 1, 100);
		queue_drain(home);
	}
	return tail_info(tail)->seen_events >= count;
}

static bool show(struct backend *backend, const struct places *places, const char *session,
		 uint64_t count)
{
	char *slices = mem_printf("%s/slices", places->runtime);
	struct tail_calls calls = {.changed = changed};
	uint64_t end_ns = clock_monotonic_ns() + LIMIT_NS;
	struct queue *home = queue_create();
	struct tail *tail = tail_create(slices, home, &calls);
	const struct tail_info *info;
	uint64_t id = 0;
	bool has_come;

	while (!id && clock_monotonic_ns() < end_ns) {
		poll(NULL, 0, 20);
		id = find_session(backend, session);
	}
	backend_tap(backend, id, tail_tap(tail), NULL, NULL);
	backend_watch(backend, NS_PER_S, &id, 1);
	has_come = follow(tail, home, count, end_ns);
	info = tail_info(tail);
	print_page(tail_page(tail));
	printf("seen %" PRIu64 " decoded %" PRIu64 " shown %" PRIu64 " sampling %d%s%s\n",
	       info->seen_events, info->decoded_events, info->shown_events, info->is_sampling,
	       error_is_set(&info->error) ? " error " : "", info->error.message);
	tail_destroy(tail);
	queue_drain(home);
	queue_destroy(home);
	free(slices);
	return has_come;
}

int main(int argc, char **argv)
{
	struct error err = ERROR_INIT;
	struct places places;
	struct backend_settings settings = {
		.places = &places,
		.has_socket = true,
		.terminal = no_terminal,
		.wants_end = no_end,
	};
	struct backend *backend;
	bool is_done;

	if (argc != 3)
		return 2;
	thread_block_signals();
	rcu_thread_begin();
	places_find(&places);
	backend = backend_start(&settings, &err);
	if (!backend) {
		fprintf(stderr, "%s\n", err.message);
		return 1;
	}
	is_done = show(backend, &places, argv[1], strtoull(argv[2], NULL, 10));
	backend_stop(backend);
	places_finish(&places);
	rcu_thread_end();
	return is_done ? 0 : 1;
}
