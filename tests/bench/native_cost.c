/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an event costs the thread that emits it: CPU time, native and LTTng-UST tracepoints with the
 * same payloads in one process, in turn. Says "ready", then obeys lines on standard input.
 *
 * "hot|cold THREADS ROUNDS EVENTS PAUSE_MS" prints a JSON object: for each item the nanoseconds per
 * event of each round, the mean of the threads. hot is a loop that does nothing else; cold touches
 * 40 random cache lines of 32 MiB between two events. After each item there is a pause in which
 * readers catch up.
 *
 * "flood native|ust THREADS EVENTS": that many numbered events from each thread as fast as it goes;
 * prints the seconds. "pace native|ust EVENTS RATE": from one thread, RATE in a second.
 *
 * "pulse BURSTS": native events in bursts that a reader can follow, without an answer.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <x86intrin.h>

#include <tracon/tracepoint.h>

#include "tests/bench/native_cost_ust.h"

#define COST_EVENTS(EVENT)                                                                         \
	EVENT(cost, numbers, TRACON_INFO, (int, uint32_t, number), (int, uint64_t, value))         \
	EVENT(cost, line, TRACON_INFO, (int, uint32_t, number), (string, text))                    \
	EVENT(cost, block, TRACON_INFO, (array, uint8_t, bytes, 64))                               \
	EVENT(cost, never, TRACON_DEBUG, (int, uint32_t, number))
TRACON_PROVIDER(cost, COST_EVENTS)
TRACON_PROVIDER_DEFINE(cost, COST_EVENTS)

enum {
	THREADS_MAX = 64,
	LINES_TOUCHED = 40,
	CACHE_LINE = 64,
	BURST_EVENTS = 2000,
	BURST_PAUSE_US = 200,
	STEP_EVENTS = 250, /* of a steady pace */
};
#define ARENA_BYTES (32UL << 20)
#define WORDS	    "twenty-four bytes long.."

static volatile uint64_t sink;
static uint8_t block[64];

/* One line of the table: what is done once. */
#define ITEM_EMPTY(i)	 __asm__ volatile("" : : "r"(i))
#define ITEM_RDTSC(i)	 (sink = __rdtsc() + (i))
#define ITEM_RDTSCP(i)	 (sink = __rdtscp(&(unsigned int){0}) + (i))
#define ITEM_CLOCK(i)	 (clock_gettime(CLOCK_MONOTONIC, &(struct timespec){0}), (void)(i))
#define ITEM_NUMBERS(i)	 tracon_event(cost, numbers, i, (uint64_t)(i) << 20)
#define ITEM_LINE(i)	 tracon_event(cost, line, i, WORDS)
#define ITEM_BLOCK(i)	 tracon_event(cost, block, block)
#define ITEM_ORDERED(i)	 tracon_event_ordered(cost, numbers, i, (uint64_t)(i) << 20)
#define ITEM_DISABLED(i) tracon_event(cost, never, i)
#define ITEM_UNUMBERS(i) lttng_ust_tracepoint(costust, numbers, i, (uint64_t)(i) << 20)
#define ITEM_ULINE(i)	 lttng_ust_tracepoint(costust, line, i, WORDS)
#define ITEM_UBLOCK(i)	 lttng_ust_tracepoint(costust, block, block)

/* clang-format off */
#define ITEMS(ITEM)                   \
	ITEM(empty, EMPTY)            \
	ITEM(rdtsc, RDTSC)            \
	ITEM(rdtscp, RDTSCP)          \
	ITEM(clock_gettime, CLOCK)    \
	ITEM(numbers, NUMBERS)        \
	ITEM(ust_numbers, UNUMBERS)   \
	ITEM(line, LINE)              \
	ITEM(ust_line, ULINE)         \
	ITEM(block, BLOCK)            \
	ITEM(ust_block, UBLOCK)       \
	ITEM(ordered, ORDERED)        \
	ITEM(disabled, DISABLED)
/* clang-format on */

static uint64_t thread_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Loads whose addresses do not depend on each other: what a program with a large working set does.
 */
static inline __attribute__((always_inline)) void touch(const unsigned char *arena, uint64_t *seed)
{
	uint64_t sum = 0;

	for (int i = 0; i < LINES_TOUCHED; i++) {
		*seed = *seed * 6364136223846793005 + 1442695040888963407;
		sum += arena[(*seed >> 33) % (ARENA_BYTES / CACHE_LINE) * CACHE_LINE];
	}
	sink = sum;
}

#define LOOPS(name, what)                                                                          \
	static __attribute__((noinline)) void hot_##name(uint32_t count,                           \
							 const unsigned char *arena)               \
	{                                                                                          \
		(void)arena;                                                                       \
		for (uint32_t i = 0; i < count; i++) {                                             \
			ITEM_##what(i);                                                            \
			__asm__ volatile("" : : : "memory");                                       \
		}                                                                                  \
	}                                                                                          \
	static __attribute__((noinline)) void cold_##name(uint32_t count,                          \
							  const unsigned char *arena)              \
	{                                                                                          \
		uint64_t seed = (uintptr_t)&seed;                                                  \
                                                                                                   \
		for (uint32_t i = 0; i < count; i++) {                                             \
			touch(arena, &seed);                                                       \
			ITEM_##what(i);                                                            \
		}                                                                                  \
	}
ITEMS(LOOPS)

struct item {
	const char *name;
	void (*hot)(uint32_t count, const unsigned char *arena);
	void (*cold)(uint32_t count, const unsigned char *arena);
};
#define ITEM_ROW(name, what) {#name, hot_##name, cold_##name},
static const struct item items[] = {ITEMS(ITEM_ROW)};
enum { ITEM_COUNT = sizeof(items) / sizeof(items[0]) };

struct crew {
	pthread_barrier_t barrier;
	unsigned char *arena;
	uint32_t rounds;
	uint32_t events;
	uint32_t pause_ms;
	bool is_cold;
};

struct worker {
	pthread_t thread;
	struct crew *crew;
	double *figures; /* [item][round] */
};

static void *work(void *argument)
{
	struct worker *worker = argument;
	struct crew *crew = worker->crew;

	/* Lanes and rings are there before anything is measured. */
	for (int i = 0; i < ITEM_COUNT; i++)
		items[i].hot(10, crew->arena);
	for (uint32_t round = 0; round < crew->rounds; round++) {
		for (int i = 0; i < ITEM_COUNT; i++) {
			uint64_t begin;

			pthread_barrier_wait(&crew->barrier);
			begin = thread_ns();
			(crew->is_cold ? items[i].cold : items[i].hot)(crew->events, crew->arena);
			worker->figures[(uint32_t)i * crew->rounds + round] =
				(double)(thread_ns() - begin) / crew->events;
			pthread_barrier_wait(&crew->barrier);
			usleep(crew->pause_ms * 1000);
		}
	}
	return NULL;
}

static void print_figures(const struct worker *workers, unsigned int count, uint32_t rounds)
{
	for (uint32_t i = 0; i < ITEM_COUNT; i++) {
		printf("%s\"%s\": [", i == 0 ? "{" : ", ", items[i].name);
		for (uint32_t round = 0; round < rounds; round++) {
			double sum = 0;

			for (unsigned int t = 0; t < count; t++)
				sum += workers[t].figures[i * rounds + round];
			printf("%s%.3f", round == 0 ? "" : ", ", sum / count);
		}
		printf("]");
	}
	printf("}\n");
}

static void measure(bool is_cold, unsigned int threads, struct crew *crew)
{
	struct worker workers[THREADS_MAX];

	crew->is_cold = is_cold;
	pthread_barrier_init(&crew->barrier, NULL, threads);
	for (unsigned int i = 0; i < threads; i++) {
		workers[i].crew = crew;
		workers[i].figures = calloc(ITEM_COUNT * crew->rounds, sizeof(double));
		if (!workers[i].figures ||
		    pthread_create(&workers[i].thread, NULL, work, &workers[i]) != 0)
			exit(1);
	}
	for (unsigned int i = 0; i < threads; i++)
		pthread_join(workers[i].thread, NULL);
	print_figures(workers, threads, crew->rounds);
	for (unsigned int i = 0; i < threads; i++)
		free(workers[i].figures);
	pthread_barrier_destroy(&crew->barrier);
}

struct flood {
	uint32_t events;
	bool is_native;
};

static void *run_flood(void *argument)
{
	const struct flood *flood = argument;

	(flood->is_native ? hot_numbers : hot_ust_numbers)(flood->events, NULL);
	return NULL;
}

static double flood_s(struct flood flood, unsigned int threads)
{
	pthread_t thread[THREADS_MAX];
	uint64_t begin = tracon_monotonic();

	for (unsigned int i = 0; i < threads; i++)
		if (pthread_create(&thread[i], NULL, run_flood, &flood) != 0)
			exit(1);
	for (unsigned int i = 0; i < threads; i++)
		pthread_join(thread[i], NULL);
	return (double)(tracon_monotonic() - begin) / 1e9;
}

/* In steps that no buffer notices. Seconds; more than EVENTS / RATE where that is too fast. */
static double pace_s(bool is_native, uint32_t events, uint32_t rate)
{
	uint64_t begin = tracon_monotonic();

	for (uint32_t done = 0; done < events; done += STEP_EVENTS) {
		(is_native ? hot_numbers : hot_ust_numbers)(STEP_EVENTS, NULL);
		while ((double)(tracon_monotonic() - begin) / 1e9 * rate < done)
			;
	}
	return (double)(tracon_monotonic() - begin) / 1e9;
}

/* Numbers go on from burst to burst. */
static void pulse(uint32_t bursts)
{
	for (uint32_t burst = 0; burst < bursts; burst++) {
		for (uint32_t i = 0; i < BURST_EVENTS; i++)
			ITEM_NUMBERS(burst * BURST_EVENTS + i);
		usleep(BURST_PAUSE_US);
	}
}

static void obey(const char *line, struct crew *crew)
{
	char kind[16];
	unsigned int threads;
	uint32_t events, rate;

	if (sscanf(line, "pace %15s %u %u", kind, &events, &rate) == 3)
		printf("%.6f\n", pace_s(kind[0] == 'n', events, rate));
	else if (sscanf(line, "flood %15s %u %u", kind, &threads, &events) == 3 &&
		 threads <= THREADS_MAX)
		printf("%.6f\n", flood_s((struct flood){events, kind[0] == 'n'}, threads));
	else if (sscanf(line, "pulse %u", &events) == 1)
		pulse(events);
	else if (sscanf(line, "%15s %u %u %u %u", kind, &threads, &crew->rounds, &crew->events,
			&crew->pause_ms) == 5 &&
		 threads <= THREADS_MAX)
		measure(kind[0] == 'c', threads, crew);
	else
		exit(2);
}

int main(void)
{
	struct crew crew = {.arena = malloc(ARENA_BYTES)};
	char line[128];

	if (!crew.arena)
		return 1;
	memset(crew.arena, 1, ARENA_BYTES);
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("ready");
	while (fgets(line, sizeof(line), stdin))
		obey(line, &crew);
	free(crew.arena);
	return 0;
}
