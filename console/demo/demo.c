/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tracon-demo: an LTTng-UST application that pretends to be a web shop, for `tracon demo`. Two
 * threads serve requests, the main thread does what happens rarely. The same numbers come in every
 * run. Ends with SIGTERM, SIGINT, or its parent.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "console/demo/provider.h"

enum { WORKER_COUNT = 2, TICK_NS = 100000000 };

struct worker {
	pthread_t thread;
	unsigned number;
	uint64_t random;
};

static atomic_bool must_stop;

/* splitmix64: short, and the same everywhere. */
static uint64_t next_random(uint64_t *state)
{
	uint64_t x = *state += 0x9e3779b97f4a7c15;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

/* A number below limit. */
static uint32_t draw(uint64_t *state, uint32_t limit)
{
	return (uint32_t)(next_random(state) % limit);
}

static void look_up(uint64_t *random)
{
	uint32_t luck = draw(random, 100);
	int result = luck < 90 ? 0 : luck < 98 ? 1 : 2;

	lttng_ust_tracepoint(demo_shop, cache_lookup, next_random(random),
			     (uint8_t)draw(random, 16), result);
}

static void query(uint64_t *random)
{
	static const char *const tables[] = {"articles", "customers", "orders", "sessions"};

	lttng_ust_tracepoint(demo_shop, sql_query, tables[draw(random, 4)], draw(random, 50),
			     (float)draw(random, 400) / 100);
}

static void update_cart(uint64_t *random)
{
	uint32_t articles[6];
	size_t count = 1 + draw(random, 6);

	for (size_t i = 0; i < count; i++)
		articles[i] = 1000 + draw(random, 500);
	lttng_ust_tracepoint(demo_shop, cart_update, 1 + draw(random, 9000), articles, count);
}

static void serve_request(uint64_t *random)
{
	static const char *const paths[] = {"/",       "/articles", "/articles/1138",
					    "/search", "/cart",	    "/checkout"};
	uint32_t path = draw(random, 6);
	uint32_t luck = draw(random, 1000);
	uint16_t status = luck < 970 ? 200 : luck < 995 ? 404 : 500;
	int method = path < 4 ? 0 : path == 4 ? 2 : 1;

	for (int i = 0; i < 10; i++)
		look_up(random);
	query(random);
	query(random);
	if (draw(random, 5) == 0)
		update_cart(random);
	lttng_ust_tracepoint(demo_shop, http_request, method, paths[path], status,
			     2 + (double)draw(random, 3000) / 100);
}

/*
 * How long a worker pauses after a request: 11 ms, less and more in turn over 40 s so that the
 * rates are seen to move.
 */
static long pause_ns(unsigned request_number)
{
	unsigned phase = request_number % 4000;
	unsigned height = phase < 2000 ? phase : 4000 - phase;

	return 7000000 + (long)height * 4000;
}

static void *worker_run(void *argument)
{
	struct worker *self = argument;
	char name[16];

	snprintf(name, sizeof(name), "web-%u", self->number);
	pthread_setname_np(pthread_self(), name);
	for (unsigned i = 0; !atomic_load_explicit(&must_stop, memory_order_relaxed); i++) {
		const struct timespec pause = {.tv_nsec = pause_ns(i)};

		serve_request(&self->random);
		nanosleep(&pause, NULL);
	}
	return NULL;
}

/* What happens in one tenth of a second, apart from requests. */
static void tick(unsigned number, uint64_t *random)
{
	static const char *const reasons[] = {"card expired", "limit reached", "no answer"};
	static uint64_t order = 4711;

	if (number % 2 == 0)
		lttng_ust_tracepoint(demo_shop, order_placed, ++order, 1 + draw(random, 9000),
				     500 + draw(random, 20000), "EUR");
	if (number % 10 == 3)
		lttng_ust_tracepoint(demo_shop, payment_declined, order, reasons[draw(random, 3)]);
	if (number % 30 == 17)
		lttng_ust_tracepoint(demo_shop, stock_low, 1000 + draw(random, 500),
				     (int32_t)draw(random, 5), (float)draw(random, 70) / 10);
	if (number % 70 == 42)
		lttng_ust_tracepoint(demo_shop, worker_restarted, "mail-1", SIGSEGV);
}

/* Ends with its parent, and at once if that is gone already. */
static void follow_parent(void)
{
	pid_t parent = getppid();

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		exit(0);
}

int main(int argc, char **argv)
{
	const struct timespec interval = {.tv_nsec = TICK_NS};
	struct worker workers[WORKER_COUNT] = {0};
	uint64_t random = WORKER_COUNT;
	sigset_t signals;

	if (argc > 1) {
		bool asks_help = strcmp(argv[1], "--help") == 0;

		fputs("Usage: tracon-demo\n"
		      "Emits LTTng-UST events demo_shop:* until SIGTERM or the end of its "
		      "parent.\n",
		      asks_help ? stdout : stderr);
		return asks_help ? 0 : 1;
	}
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	follow_parent();

	for (unsigned i = 0; i < WORKER_COUNT; i++) {
		workers[i].number = i + 1;
		workers[i].random = i;
		if (pthread_create(&workers[i].thread, NULL, worker_run, &workers[i]) != 0) {
			fputs("tracon-demo: cannot start a thread\n", stderr);
			return 1;
		}
	}
	for (unsigned i = 0; sigtimedwait(&signals, NULL, &interval) < 0; i++)
		tick(i, &random);
	atomic_store(&must_stop, true);
	for (unsigned i = 0; i < WORKER_COUNT; i++)
		pthread_join(workers[i].thread, NULL);
	return 0;
}
