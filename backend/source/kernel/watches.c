/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See watches.h. */
#include "backend/source/kernel/watches.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/source/kernel/catalog.h"
#include "backend/source/kernel/instance.h"
#include "backend/source/kernel/matcher.h"
#include "backend/source/kernel/own.h"
#include "backend/source/kernel/probe.h"
#include "backend/source/kernel/state.h"

#define ID_COUNT     65536	     /* the kernel's ids have 16 bits */
#define NO_SESSION   0		     /* in names of instances and probes: they begin at 1 */
#define PAUSE_NS     (5 * NS_PER_MS) /* between two looks: who reads makes events, too */
#define NOTICES_MAX  4096	     /* with values, that nobody has taken yet */
#define BUFFER_BYTES UINT64_C(65536) /* of a sub-buffer */
#define BUFFER_COUNT 8

/* An event type that is meant. */
struct meant {
	struct kernel_matcher *filter; /* NULL: all pass, or the kernel decides */
	struct kernel_matcher *captures;
};

/* One CPU's. */
struct ring {
	int fd, stats_fd;
	struct kernel_state *state;
	uint64_t refused;
};

struct kernel_watch {
	struct kernel_watch *next; /* under the lock */
	struct kernel_watches *watches;
	uint64_t token;
	struct rule_spec rule;
	struct word_list captures; /* fields */
	struct kernel_probe *probe;
	struct kernel_catalog catalog;
	struct kernel_instance *instance;
	struct meant **by_id; /* ID_COUNT; NULL: not meant */
	struct ring *rings;   /* of each CPU */
	unsigned char *page;
	int wait_fd; /* readable when a ring is */
	struct watch *watch;
	struct timer *timer;
	uint64_t count; /* without values: found since the last notice */
	_Atomic uint64_t missed;
};

struct kernel_watches {
	const struct tracefs *tracefs;
	struct loop *loop;
	struct queue *home;
	struct queue *notices;
	atomic_uint untaken_count; /* of notices with values */
	pthread_mutex_t lock;	   /* the list below; held for a look at it only */
	struct kernel_watch *first;
	/* Whom kernel_watches_take() tells, while it runs. */
	void (*noticed)(void *data, uint64_t token, uint64_t count,
			const struct word_list *captured);
	void *noticed_data;
};

/* --- notices */

struct notice {
	struct message message;
	struct kernel_watches *watches;
	uint64_t token;
	uint64_t count;
	bool has_values;
	struct word_list values;
};

static void take_notice(struct message *message)
{
	struct notice *notice = (struct notice *)message;
	struct kernel_watches *watches = notice->watches;

	if (watches->noticed)
		watches->noticed(watches->noticed_data, notice->token, notice->count,
				 notice->has_values ? &notice->values : NULL);
	if (notice->has_values)
		atomic_fetch_sub_explicit(&watches->untaken_count, 1, memory_order_relaxed);
	word_list_finish(&notice->values);
	free(notice);
}

static struct notice *make_notice(const struct kernel_watch *watch, uint64_t count)
{
	struct notice *notice = mem_zalloc(sizeof(*notice));

	notice->message.run = take_notice;
	notice->watches = watch->watches;
	notice->token = watch->token;
	notice->count = count;
	return notice;
}

static void miss(struct kernel_watch *watch, uint64_t count)
{
	atomic_fetch_add_explicit(&watch->missed, count, memory_order_relaxed);
}

static void send_values(struct kernel_watch *watch, const struct meant *meant,
			const struct kernel_record *record, struct kernel_state *state)
{
	struct kernel_watches *watches = watch->watches;
	struct notice *notice;

	if (atomic_load_explicit(&watches->untaken_count, memory_order_relaxed) >= NOTICES_MAX) {
		miss(watch, 1);
		return;
	}
	atomic_fetch_add_explicit(&watches->untaken_count, 1, memory_order_relaxed);
	notice = make_notice(watch, 1);
	notice->has_values = true;
	for (size_t i = 0; i < watch->captures.count; i++) {
		struct text value = {0};

		kernel_matcher_print(meant->captures, i, record, state, &value);
		word_list_add(&notice->values, text_str(&value));
		text_finish(&value);
	}
	queue_send(watches->notices, &notice->message);
}

/* --- reading */

static void look_at(struct kernel_watch *watch, const struct ring *ring,
		    const struct kernel_own *own, const struct kernel_record *record)
{
	const struct meant *meant = watch->by_id[kernel_u16(record->bytes)];

	if (!meant || kernel_own_has(own, record) ||
	    (meant->filter && !kernel_matcher_wants(meant->filter, record, ring->state)))
		return;
	if (meant->captures)
		send_values(watch, meant, record, ring->state);
	else
		watch->count++;
}

/*
 * Until it is empty, or nearly: what came meanwhile may be of the reading itself. A flood does not
 * keep the thread: what a full ring has is enough for one time.
 */
static void read_ring(struct kernel_watch *watch, struct ring *ring, const struct kernel_own *own)
{
	uint64_t size = watch->instance->page_bytes;
	uint64_t left = BUFFER_BYTES * BUFFER_COUNT / size + 1;
	struct kernel_ring_counts counts;
	struct kernel_cursor cursor;
	struct kernel_record record;
	uint64_t used;

	do {
		ssize_t got = read(ring->fd, watch->page, size);

		if (got <= 0 || (uint64_t)got != size ||
		    !kernel_page_begin(&cursor, watch->page, size))
			break;
		used = (uint64_t)(cursor.end - cursor.at);
		while (kernel_page_next(&cursor, &record))
			look_at(watch, ring, own, &record);
	} while (used > size / 2 && --left > 0);
	kernel_instance_count(ring->stats_fd, &counts);
	miss(watch, counts.refused - ring->refused);
	ring->refused = counts.refused;
}

static void read_all(struct kernel_watch *watch)
{
	struct kernel_own own;
	struct notice *notice;

	kernel_own_look(&own);
	for (unsigned int i = 0; i < watch->instance->cpu_count; i++)
		read_ring(watch, &watch->rings[i], &own);
	if (watch->count == 0)
		return;
	notice = make_notice(watch, watch->count);
	watch->count = 0;
	queue_send(watch->watches->notices, &notice->message);
}

static void something_came(void *data, unsigned int events)
{
	struct kernel_watch *watch = data;

	(void)events;
	read_all(watch);
	loop_change_watch(watch->watch, 0);
	timer_arm(watch->timer, loop_now_ns(watch->watches->loop) + PAUSE_NS);
}

static void pause_is_over(void *data, uint64_t now_ns)
{
	struct kernel_watch *watch = data;

	(void)now_ns;
	loop_change_watch(watch->watch, WATCH_READ);
}

/* --- making one: each step leaves what it made to destroy() */

static bool mean_event(struct kernel_watch *watch, struct kernel_event *event, struct error *err)
{
	const struct rule_spec *rule = &watch->rule;
	const struct word_list *captures = &watch->captures;
	const struct kernel_format *format =
		kernel_event_format(event, watch->watches->tracefs, err);
	struct meant *meant;

	if (!format)
		return false;
	meant = mem_zalloc(sizeof(*meant));
	watch->by_id[format->id] = meant;
	if (rule->filter && !kernel_instance_filter(watch->instance, event, &rule->filter, 1))
		meant->filter = kernel_matcher_create(format, &rule->filter, 1);
	if (captures->count > 0)
		meant->captures = kernel_matcher_create(
			format, (const char *const *)captures->words, captures->count);
	return kernel_instance_switch(watch->instance, event, true, err);
}

static bool mean_events(struct kernel_watch *watch, struct error *err)
{
	const struct rule_spec *rule = &watch->rule;
	size_t count = 0;

	watch->by_id = mem_zalloc(ID_COUNT * sizeof(struct meant *));
	for (size_t i = 0; i < watch->catalog.count; i++) {
		if (!kernel_event_is_meant(&watch->catalog.events[i], rule))
			continue;
		if (!mean_event(watch, &watch->catalog.events[i], err))
			return false;
		count++;
	}
	return count > 0 ||
	       error_set(err, ERROR_NOT_FOUND,
			 "this kernel has no event '%.80s' (try: tracon list -k)", rule->pattern);
}

static bool open_ring(struct kernel_watch *watch, unsigned int cpu,
		      const struct channel_spec *channel, struct error *err)
{
	struct epoll_event event = {.events = EPOLLIN};
	struct ring *ring = &watch->rings[cpu];

	ring->fd = kernel_instance_open_ring(watch->instance, cpu, err);
	ring->stats_fd = ring->fd < 0 ? -1 : kernel_instance_open_stats(watch->instance, cpu, err);
	if (ring->stats_fd < 0)
		return false;
	ring->state = kernel_state_create(watch->watches->tracefs, channel, cpu);
	return epoll_ctl(watch->wait_fd, EPOLL_CTL_ADD, ring->fd, &event) == 0 ||
	       error_set_errno(err, errno, "cannot wait for the kernel's events");
}

static bool open_rings(struct kernel_watch *watch, const struct channel_spec *channel,
		       struct error *err)
{
	unsigned int count = watch->instance->cpu_count;

	watch->page = mem_alloc(watch->instance->page_bytes);
	watch->rings = mem_zalloc((count + 1) * sizeof(*watch->rings));
	for (unsigned int i = 0; i < count; i++)
		watch->rings[i].fd = watch->rings[i].stats_fd = -1;
	watch->wait_fd = epoll_create1(EPOLL_CLOEXEC);
	if (watch->wait_fd < 0)
		return error_set_errno(err, errno, "cannot wait for the kernel's events");
	for (unsigned int i = 0; i < count; i++)
		if (!open_ring(watch, i, channel, err))
			return false;
	return true;
}

static bool make(struct kernel_watch *watch, struct error *err)
{
	const struct tracefs *tracefs = watch->watches->tracefs;
	struct rule_spec *rule = &watch->rule;
	const struct channel_spec channel = {
		.id = (uint32_t)watch->token,
		.name = rule->pattern,
		.subbuf_bytes = BUFFER_BYTES,
		.subbuf_count = BUFFER_COUNT,
	};

	rule->id = channel.id;
	if (!kernel_catalog_read(&watch->catalog, tracefs, err))
		return false;
	if (rule->kind > RULE_SYSCALL) {
		watch->probe = kernel_probe_define(tracefs, NO_SESSION, rule, err);
		if (!watch->probe)
			return false;
		kernel_catalog_add_probe(&watch->catalog, watch->probe);
	}
	watch->instance = kernel_instance_create(tracefs, NO_SESSION, &channel, err);
	if (!watch->instance)
		return false;
	/* Who waits is told at once; known before rings are waited for. */
	kernel_instance_write(watch->instance, "buffer_percent", "0", NULL);
	if (!mean_events(watch, err) || !open_rings(watch, &channel, err) ||
	    !kernel_instance_run(watch->instance, true, err))
		return false;
	watch->timer = loop_add_timer(watch->watches->loop, pause_is_over, watch);
	watch->watch =
		loop_watch(watch->watches->loop, watch->wait_fd, WATCH_READ, something_came, watch);
	return true;
}

static void close_rings(struct kernel_watch *watch)
{
	for (unsigned int i = 0; watch->rings && i < watch->instance->cpu_count; i++) {
		fd_close(&watch->rings[i].fd);
		fd_close(&watch->rings[i].stats_fd);
		kernel_state_destroy(watch->rings[i].state);
	}
	free(watch->rings);
	free(watch->page);
	fd_close(&watch->wait_fd);
}

static void destroy(struct kernel_watch *watch)
{
	loop_unwatch(watch->watches->loop, watch->watch);
	loop_remove_timer(watch->watches->loop, watch->timer);
	close_rings(watch);
	kernel_instance_destroy(watch->instance);
	kernel_probe_remove(watch->watches->tracefs, watch->probe);
	for (size_t i = 0; watch->by_id && i < ID_COUNT; i++) {
		if (!watch->by_id[i])
			continue;
		kernel_matcher_destroy(watch->by_id[i]->filter);
		kernel_matcher_destroy(watch->by_id[i]->captures);
		free(watch->by_id[i]);
	}
	free(watch->by_id);
	kernel_catalog_finish(&watch->catalog);
	rule_spec_finish(&watch->rule);
	word_list_finish(&watch->captures);
	free(watch);
}

/* --- what is asked of the kernel's own thread */

struct begin {
	struct message message;
	struct kernel_watch *watch;
	struct task *task;
};

static void run_begin(struct message *message)
{
	struct begin *begin = (struct begin *)message;
	struct kernel_watch *watch = begin->watch;
	struct kernel_watches *watches = watch->watches;
	struct error err = ERROR_INIT;

	if (make(watch, &err)) {
		pthread_mutex_lock(&watches->lock);
		watch->next = watches->first;
		watches->first = watch;
		pthread_mutex_unlock(&watches->lock);
	} else {
		destroy(watch);
	}
	task_done(begin->task, error_is_set(&err) ? &err : NULL);
	free(begin);
}

void kernel_watches_begin(struct kernel_watches *watches, const struct watched_rule *rule,
			  struct task *task)
{
	struct begin *begin = mem_zalloc(sizeof(*begin));
	struct kernel_watch *watch = mem_zalloc(sizeof(*watch));

	watch->watches = watches;
	watch->token = rule->token;
	watch->rule = rule_spec_copy(rule->rule);
	for (size_t i = 0; rule->captures && i < rule->captures->count; i++)
		word_list_add(&watch->captures, rule->captures->words[i]);
	watch->wait_fd = -1;
	begin->message.run = run_begin;
	begin->watch = watch;
	begin->task = task;
	queue_send(watches->home, &begin->message);
}

struct end {
	struct message message;
	struct kernel_watches *watches;
	uint64_t token;
};

/* With the lock. The place of it in the list; of NULL: there is none. */
static struct kernel_watch **find(struct kernel_watches *watches, uint64_t token)
{
	struct kernel_watch **link = &watches->first;

	while (*link && (*link)->token != token)
		link = &(*link)->next;
	return link;
}

static void run_end(struct message *message)
{
	struct end *end = (struct end *)message;
	struct kernel_watch **link, *watch;

	pthread_mutex_lock(&end->watches->lock);
	link = find(end->watches, end->token);
	watch = *link;
	if (watch)
		*link = watch->next;
	pthread_mutex_unlock(&end->watches->lock);
	if (watch)
		destroy(watch);
	free(end);
}

void kernel_watches_end(struct kernel_watches *watches, uint64_t token)
{
	struct end *end = mem_zalloc(sizeof(*end));

	*end = (struct end){{.run = run_end}, watches, token};
	queue_send(watches->home, &end->message);
}

/* --- who waits */

int kernel_watches_fd(const struct kernel_watches *watches)
{
	return queue_fd(watches->notices);
}

void kernel_watches_take(struct kernel_watches *watches,
			 void (*noticed)(void *data, uint64_t token, uint64_t count,
					 const struct word_list *captured),
			 void *data)
{
	watches->noticed = noticed;
	watches->noticed_data = data;
	queue_drain(watches->notices);
	watches->noticed = NULL;
}

uint64_t kernel_watches_missed(struct kernel_watches *watches, uint64_t token)
{
	const struct kernel_watch *watch;
	uint64_t count;

	pthread_mutex_lock(&watches->lock);
	watch = *find(watches, token);
	count = watch ? atomic_load_explicit(&watch->missed, memory_order_relaxed) : 0;
	pthread_mutex_unlock(&watches->lock);
	return count;
}

/* --- life */

struct kernel_watches *kernel_watches_create(const struct tracefs *tracefs, struct loop *loop,
					     struct queue *home)
{
	struct kernel_watches *watches = mem_zalloc(sizeof(*watches));

	watches->tracefs = tracefs;
	watches->loop = loop;
	watches->home = home;
	watches->notices = queue_create();
	atomic_init(&watches->untaken_count, 0);
	pthread_mutex_init(&watches->lock, NULL);
	return watches;
}

void kernel_watches_destroy(struct kernel_watches *watches)
{
	if (!watches)
		return;
	while (watches->first) {
		struct kernel_watch *watch = watches->first;

		watches->first = watch->next;
		destroy(watch);
	}
	queue_drain(watches->notices); /* to nobody */
	queue_destroy(watches->notices);
	pthread_mutex_destroy(&watches->lock);
	free(watches);
}
