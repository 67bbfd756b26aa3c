/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The owner's side and the worker of a tail. The worker wakes when a consumer offered something,
 * takes what the tap holds, decodes it and sends a page of all that is kept, with the numbers; it
 * sends the next one when the owner has taken that. Filters and "clear" are messages to it.
 */
#include "backend/browse/tail.h"

#include <stdlib.h>

#include "backend/base/clock.h"
#include "backend/base/loop_thread.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/browse/slice.h"
#include "backend/browse/tail_decode.h"
#include "backend/browse/tail_store.h"

#define BATCH_BYTES_MAX (UINT64_C(8) << 20) /* and about as much in pages */
#define PAUSE_NS	(250 * NS_PER_MS)
/* Of a trace with thousands of event types each turn costs more: it takes a third of the time. */
#define PAUSE_FACTOR 2

/* Where news find the tail, if it is still there. */
struct tail_home {
	atomic_uint references;
	atomic_bool has_news; /* one is on its way */
	struct tail *tail;    /* the owner's thread; NULL: destroyed */
};

struct news {
	struct message message; /* first */
	struct tail_home *home; /* reference held */
	struct event_page *page;
	struct tail_info info;
};

struct tail {
	struct queue *home_queue;
	struct tail_calls calls;
	struct tail_home *home;
	struct tail_info shown_info;
	struct event_page *shown_page;
	struct tap *tap;
	struct queue *queue;
	struct thread *thread;
	/* The worker's. */
	struct loop *loop;
	struct watch *watch;
	struct timer *timer;
	char *slices;
	bool is_prepared; /* the folder of slices is there */
	struct filter *filter;
	struct tail_store store;
	struct tail_info info;
	uint64_t skipped_before; /* events that were skipped until the counts began */
	uint64_t pause_end_ns;
	bool has_unsent;
};

struct wish {
	struct message message; /* first */
	struct tail *tail;
	struct filter *filter;
};

static void unref_home(struct tail_home *home)
{
	if (atomic_fetch_sub_explicit(&home->references, 1, memory_order_acq_rel) == 1)
		free(home);
}

/* --- news, on the owner's thread */

static void receive(struct message *message)
{
	struct news *news = (struct news *)message;
	struct tail *tail = news->home->tail;

	if (tail) {
		event_page_unref(tail->shown_page);
		tail->shown_page = news->page;
		tail->shown_info = news->info;
		/* Release: the worker may send the next one. */
		atomic_store_explicit(&news->home->has_news, false, memory_order_release);
		tail->calls.changed(tail->calls.data);
	} else {
		event_page_unref(news->page);
	}
	unref_home(news->home);
	free(news);
}

/* --- the worker */

static void send_news(struct tail *tail)
{
	struct news *news = mem_zalloc(sizeof(*news));

	news->message.run = receive;
	news->home = tail->home;
	atomic_fetch_add_explicit(&tail->home->references, 1, memory_order_relaxed);
	news->page = tail_store_page(&tail->store);
	news->info = tail->info;
	tail->has_unsent = false;
	atomic_store_explicit(&tail->home->has_news, true, memory_order_relaxed);
	queue_send(tail->home_queue, &news->message);
}

static void add_rows(void *data, struct event_page *page)
{
	struct tail *tail = data;

	tail_store_add(&tail->store, page);
}

static bool prepare(struct tail *tail)
{
	if (!tail->is_prepared)
		tail->is_prepared = slices_prepare(tail->slices, &tail->info.error);
	return tail->is_prepared;
}

static void count(struct tail *tail, const struct tail_decoded *decoded, uint64_t skipped)
{
	struct tail_info *info = &tail->info;

	info->seen_events += decoded->passed_events + skipped - tail->skipped_before;
	tail->skipped_before = skipped;
	info->decoded_events += decoded->decoded_events;
	info->shown_events += decoded->shown_events;
	info->is_sampling = info->seen_events > info->decoded_events;
	if (error_is_set(&decoded->error))
		info->error = decoded->error;
	else if (decoded->decoded_events > 0)
		info->error = (struct error)ERROR_INIT;
}

static void take_turn(struct tail *tail)
{
	struct tail_decoded decoded;
	uint64_t skipped;

	tap_rewind(tail->tap);
	skipped = tap_skipped_events(tail->tap);
	if (prepare(tail)) {
		tail_decode(tail->tap, tail->slices, tail->filter, &decoded, add_rows, tail);
		count(tail, &decoded, skipped);
	}
	tail->has_unsent = true;
}

static void expect(struct tail *tail, uint64_t at_ns)
{
	if (!timer_is_armed(tail->timer))
		timer_arm(tail->timer, at_ns);
}

/* Acquire: pairs with the release in receive(). */
static bool can_send(const struct tail *tail)
{
	return !atomic_load_explicit(&tail->home->has_news, memory_order_acquire);
}

static void pause_is_over(void *data, uint64_t now_ns)
{
	struct tail *tail = data;
	uint64_t taken_ns;

	/* An owner that is busy gets fewer pages, each with all that came. */
	if (can_send(tail)) {
		if (!tail->has_unsent)
			take_turn(tail);
		send_news(tail);
	}
	taken_ns = clock_monotonic_ns() - now_ns;
	tail->pause_end_ns =
		now_ns + taken_ns +
		(taken_ns * PAUSE_FACTOR > PAUSE_NS ? taken_ns * PAUSE_FACTOR : PAUSE_NS);
	if (tail->has_unsent)
		expect(tail, tail->pause_end_ns);
	else
		loop_change_watch(tail->watch, WATCH_READ);
}

/* Offers are looked at again when the pause is over. */
static void something_passed(void *data, unsigned int events)
{
	struct tail *tail = data;
	uint64_t now_ns = loop_now_ns(tail->loop);

	(void)events;
	loop_change_watch(tail->watch, 0);
	expect(tail, tail->pause_end_ns > now_ns ? tail->pause_end_ns : now_ns);
}

/* What was offered before is not counted any more. */
static void begin_counts(struct tail *tail)
{
	struct tail_decoded ignored;

	if (prepare(tail)) {
		tail_decode(tail->tap, tail->slices, tail->filter, &ignored, add_rows, tail);
		tail->info = (struct tail_info){.error = ERROR_INIT};
	}
	tail->skipped_before = tap_skipped_events(tail->tap);
	tail->has_unsent = true;
	expect(tail, loop_now_ns(tail->loop));
}

static void run_filter(struct message *message)
{
	struct wish *wish = (struct wish *)message;
	struct tail *tail = wish->tail;

	begin_counts(tail);
	filter_destroy(tail->filter);
	tail->filter = wish->filter;
	tail_store_keep(&tail->store, tail->filter);
	free(wish);
}

static void run_clear(struct message *message)
{
	struct wish *wish = (struct wish *)message;

	begin_counts(wish->tail);
	tail_store_clear(&wish->tail->store);
	free(wish);
}

/* --- the owner */

static void send_wish(struct tail *tail, void (*run)(struct message *message),
		      struct filter *filter)
{
	struct wish *wish = mem_zalloc(sizeof(*wish));

	wish->message.run = run;
	wish->tail = tail;
	wish->filter = filter;
	queue_send(tail->queue, &wish->message);
}

struct tail *tail_create(const char *slices, struct queue *home, const struct tail_calls *calls)
{
	struct tail *tail = mem_zalloc(sizeof(*tail));

	tail->home_queue = home;
	tail->calls = *calls;
	tail->home = mem_zalloc(sizeof(*tail->home));
	atomic_init(&tail->home->references, 1);
	tail->home->tail = tail;
	tail->shown_info.error = tail->info.error = (struct error)ERROR_INIT;
	tail->tap = tap_create();
	tail->slices = mem_strdup(slices);
	tail_store_init(&tail->store, TAIL_EVENTS_MAX, BATCH_BYTES_MAX);
	tail->loop = loop_create();
	tail->queue = queue_create();
	loop_watch_queue(tail->loop, tail->queue);
	tail->watch = loop_watch(tail->loop, tap_fd(tail->tap), WATCH_READ, something_passed, tail);
	tail->timer = loop_add_timer(tail->loop, pause_is_over, tail);
	/* Without a thread nothing comes, and the information says why. */
	tail->thread = loop_thread_start("tail", tail->loop, &tail->shown_info.error);
	return tail;
}

void tail_destroy(struct tail *tail)
{
	if (!tail)
		return;
	loop_thread_end(tail->thread, tail->loop, tail->queue);
	queue_drain(tail->queue);
	tail->home->tail = NULL;
	unref_home(tail->home);
	loop_unwatch(tail->loop, tail->watch);
	loop_remove_timer(tail->loop, tail->timer);
	loop_unwatch_queue(tail->loop, tail->queue);
	loop_destroy(tail->loop);
	queue_destroy(tail->queue);
	tail_store_finish(&tail->store);
	event_page_unref(tail->shown_page);
	filter_destroy(tail->filter);
	tap_unref(tail->tap);
	free(tail->slices);
	free(tail);
}

struct tap *tail_tap(struct tail *tail)
{
	return tail->tap;
}

const struct tail_info *tail_info(const struct tail *tail)
{
	return &tail->shown_info;
}

const struct event_page *tail_page(const struct tail *tail)
{
	return tail->shown_page;
}

bool tail_set_filter(struct tail *tail, const char *expression, size_t *begin, size_t *end,
		     struct error *err)
{
	struct filter_problem problem = {.error = ERROR_INIT};
	struct filter *filter = expression ? filter_parse(expression, &problem) : NULL;

	if (expression && !filter) {
		*begin = problem.begin;
		*end = problem.end;
		*err = problem.error;
		return false;
	}
	send_wish(tail, run_filter, filter);
	return true;
}

void tail_clear(struct tail *tail)
{
	send_wish(tail, run_clear, NULL);
}
