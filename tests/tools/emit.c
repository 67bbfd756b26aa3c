/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * emit: an LTTng-UST application for tests. Emits numbered events of as many types as asked for, at
 * a given rate, and prints how many they were, so that a test can count what arrived.
 */
#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tests/tools/emit_provider.h"

static const char usage[] =
	"Usage: emit [OPTION...]\n"
	"Emits LTTng-UST events emit:event_0000, emit:event_0001, ... in turn, each with the "
	"fields\n"
	"id (32 bits), number (64 bits: 0, 1, 2, ...) and text (string), and prints their count.\n"
	"  --count N        how many, per thread (default 100)\n"
	"  --loop           until SIGTERM, SIGINT or the stop file\n"
	"  --stop-file FILE stop as soon as FILE exists\n"
	"  --rate R         events per second and thread (default 0: as fast as possible)\n"
	"  --threads T      threads that emit; thread T numbers from T * count (default 1)\n"
	"  --types K        use the first K event types (default 1; this program has %d).\n"
	"                   The last digit of the name gives the log level: 0 EMERG, 1 ALERT, 2 "
	"CRIT,\n"
	"                   3 ERR, 4 WARNING, 5 NOTICE, 6 INFO, 7 DEBUG_SYSTEM, 8 DEBUG_LINE, 9 "
	"DEBUG\n"
	"  --name-index I   use only event type I\n"
	"  --fields         emit emit:fields instead: one field of each kind, made from the "
	"number\n"
	"  --id ID          value of the field id (default: the process id)\n"
	"  --size BYTES     length of the field text (default: the word 'text')\n"
	"  --wait           print 'ready', then begin at SIGUSR1\n"
	"  --hold           stay after the last event until SIGTERM or the stop file; the count "
	"is\n"
	"                   printed before\n";

enum { SIZE_MAXIMUM = 65536, CHECK_INTERVAL_NS = 5000000 };

typedef void (*emit_function)(uint32_t id, uint64_t number, const char *text);

struct plan {
	uint64_t count;	  /* per thread; UINT64_MAX: no end */
	uint64_t rate_hz; /* 0: no pause */
	uint32_t id;
	unsigned thread_count;
	unsigned first_type;
	unsigned type_count;
	bool has_all_fields;
	bool waits;
	bool holds;
	const char *stop_file;
	char *text;
};

struct emitter {
	const struct plan *plan;
	pthread_t thread;
	uint64_t first_number;
	uint64_t emitted_count;
};

static atomic_bool must_stop;

#if defined(EMIT_MANY) && !defined(__clang__)
#pragma GCC optimize("O0") /* thousands of functions compile five times faster */
#endif

#define EMIT_FUNCTION(a, b, c, d)                                                                  \
	static void emit_##a##b##c##d(uint32_t id, uint64_t number, const char *text)              \
	{                                                                                          \
		lttng_ust_tracepoint(emit, event_##a##b##c##d, id, number, text);                  \
	}
EMIT_EACH_TYPE(EMIT_FUNCTION)

#define EMIT_ENTRY(a, b, c, d) emit_##a##b##c##d,
static const emit_function emit_table[] = {EMIT_EACH_TYPE(EMIT_ENTRY)};

_Static_assert(sizeof(emit_table) / sizeof(emit_table[0]) == EMIT_TYPE_COUNT, "list is complete");

static void emit_fields(uint32_t id, uint64_t number, const char *text)
{
	const int16_t series[5] = {(int16_t)number, -1, 2, -3, 4};

	lttng_ust_tracepoint(emit, fields, id, number, text, strlen(text), series, 3 + number % 3);
}

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void sleep_until(uint64_t at_ns)
{
	const struct timespec at = {.tv_sec = (time_t)(at_ns / 1000000000),
				    .tv_nsec = (long)(at_ns % 1000000000)};

	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
}

/* When event `index` of a thread is due. Split so that the product stays below 64 bits. */
static uint64_t due_ns(uint64_t begin_ns, uint64_t index, uint64_t rate_hz)
{
	return begin_ns + index / rate_hz * 1000000000 + index % rate_hz * 1000000000 / rate_hz;
}

static void *emit_run(void *argument)
{
	struct emitter *self = argument;
	const struct plan *plan = self->plan;
	uint64_t begin_ns = now_ns();
	uint64_t i;

	for (i = 0; i < plan->count && !atomic_load_explicit(&must_stop, memory_order_relaxed);
	     i++) {
		unsigned type = plan->first_type + (unsigned)(i % plan->type_count);

		while (plan->rate_hz && now_ns() < due_ns(begin_ns, i, plan->rate_hz) &&
		       !atomic_load_explicit(&must_stop, memory_order_relaxed)) {
			uint64_t due = due_ns(begin_ns, i, plan->rate_hz);
			uint64_t limit = now_ns() + CHECK_INTERVAL_NS;

			sleep_until(due < limit ? due : limit);
		}
		if (plan->has_all_fields)
			emit_fields(plan->id, self->first_number + i, plan->text);
		else
			emit_table[type](plan->id, self->first_number + i, plan->text);
	}
	self->emitted_count = i;
	return NULL;
}

/* Looks for the signals and the stop file while others emit. Never returns; ends with main. */
static void *watch_run(void *argument)
{
	const struct plan *plan = argument;
	const struct timespec interval = {.tv_nsec = CHECK_INTERVAL_NS};
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	while (sigtimedwait(&signals, NULL, plan->stop_file ? &interval : NULL) < 0) {
		if (plan->stop_file && access(plan->stop_file, F_OK) == 0)
			break;
	}
	atomic_store(&must_stop, true);
	return NULL;
}

static void block_signals(sigset_t *begin_signal)
{
	sigset_t signals;

	sigemptyset(begin_signal);
	sigaddset(begin_signal, SIGUSR1);
	signals = *begin_signal;
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
}

/* Emits in all threads; returns how many events. */
static uint64_t emit_all(const struct plan *plan)
{
	struct emitter *emitters = calloc(plan->thread_count, sizeof(*emitters));
	uint64_t sum = 0;

	if (!emitters)
		abort();
	for (unsigned i = 0; i < plan->thread_count; i++) {
		emitters[i].plan = plan;
		emitters[i].first_number =
			plan->count == UINT64_MAX ? (uint64_t)i << 40 : i * plan->count;
		if (i > 0 && pthread_create(&emitters[i].thread, NULL, emit_run, &emitters[i]) != 0)
			abort();
	}
	emit_run(&emitters[0]);
	for (unsigned i = 0; i < plan->thread_count; i++) {
		if (i > 0)
			pthread_join(emitters[i].thread, NULL);
		sum += emitters[i].emitted_count;
	}
	free(emitters);
	return sum;
}

static uint64_t take_number(const char *text, uint64_t maximum)
{
	char *end;
	unsigned long long value = strtoull(text, &end, 0);

	if (end == text || *end || value > maximum) {
		fprintf(stderr, "emit: '%s' is not a number up to %llu\n", text,
			(unsigned long long)maximum);
		exit(2);
	}
	return value;
}

/* emit:fields reads four characters, however short the text. */
static char *make_text(size_t size_bytes)
{
	char *text = calloc(1, size_bytes + 4);

	if (!text)
		abort();
	for (size_t i = 0; i < size_bytes; i++)
		text[i] = (char)('a' + i % 26);
	return text;
}

static bool take_option(struct plan *plan, int option)
{
	switch (option) {
	case 'c':
		plan->count = take_number(optarg, UINT64_MAX / 65536);
		return true;
	case 'l':
		plan->count = UINT64_MAX;
		return true;
	case 's':
		plan->stop_file = optarg;
		return true;
	case 'r':
		plan->rate_hz = take_number(optarg, 1000000000);
		return true;
	case 't':
		plan->thread_count = (unsigned)take_number(optarg, 1024);
		return plan->thread_count > 0;
	case 'k':
		plan->type_count = (unsigned)take_number(optarg, EMIT_TYPE_COUNT);
		return plan->type_count > 0;
	case 'i':
		plan->first_type = (unsigned)take_number(optarg, EMIT_TYPE_COUNT - 1);
		plan->type_count = 1;
		return true;
	case 'f':
		plan->has_all_fields = true;
		return true;
	case 'd':
		plan->id = (uint32_t)take_number(optarg, UINT32_MAX);
		return true;
	case 'z':
		free(plan->text);
		plan->text = make_text(take_number(optarg, SIZE_MAXIMUM));
		return true;
	case 'w':
		plan->waits = true;
		return true;
	case 'o':
		plan->holds = true;
		return true;
	default:
		return false;
	}
}

static void take_options(int argc, char **argv, struct plan *plan)
{
	static const struct option names[] = {
		{"count", required_argument, NULL, 'c'},
		{"loop", no_argument, NULL, 'l'},
		{"stop-file", required_argument, NULL, 's'},
		{"rate", required_argument, NULL, 'r'},
		{"threads", required_argument, NULL, 't'},
		{"types", required_argument, NULL, 'k'},
		{"name-index", required_argument, NULL, 'i'},
		{"fields", no_argument, NULL, 'f'},
		{"id", required_argument, NULL, 'd'},
		{"size", required_argument, NULL, 'z'},
		{"wait", no_argument, NULL, 'w'},
		{"hold", no_argument, NULL, 'o'},
		{"help", no_argument, NULL, 'h'},
		{0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", names, NULL)) != -1) {
		if (option == 'h') {
			printf(usage, EMIT_TYPE_COUNT);
			exit(0);
		}
		if (!take_option(plan, option))
			exit(2);
	}
	if (optind < argc) {
		fprintf(stderr, "emit: what is '%s'? See emit --help.\n", argv[optind]);
		exit(2);
	}
}

int main(int argc, char **argv)
{
	struct plan plan = {
		.count = 100,
		.id = (uint32_t)getpid(),
		.thread_count = 1,
		.type_count = 1,
	};
	pthread_t watcher;
	sigset_t begin_signal;
	int signal_number;

	plan.text = strdup("text");
	take_options(argc, argv, &plan);
	block_signals(&begin_signal);
	setvbuf(stdout, NULL, _IOLBF, 0);
	if (pthread_create(&watcher, NULL, watch_run, &plan) != 0)
		abort();
	if (plan.waits) {
		puts("ready");
		sigwait(&begin_signal, &signal_number);
	}
	printf("%llu\n", (unsigned long long)emit_all(&plan));
	if (plan.holds)
		pthread_join(watcher, NULL);
	free(plan.text);
	return 0;
}
