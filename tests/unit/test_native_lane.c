/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Application and console in one process: what tracepoints write is what the console reads,
 * whatever threads, handlers and jumps come in between. The console is tests/native/console_kit.c.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/base/tsan.h"
#include "backend/provider/provider.h"
#include "tests/native/console_kit.h"

TRACON_ENUMERATION(colour, {"red", 0, 0}, {"others", 1, 200});

#define LANE_EVENTS(EVENT)                                                                         \
	EVENT(lanetest, pair, TRACON_INFO, (int, uint32_t, number), (hex, uint64_t, value))        \
	EVENT(lanetest, line, TRACON_DEBUG, (int, uint32_t, number), (string, text))               \
	EVENT(lanetest, all, TRACON_NOTICE, (int, int8_t, tiny), (network, uint16_t, port),        \
	      (float, double, real), (enum, uint8_t, shade, colour), (array, int16_t, place, 2),   \
	      (sequence, uint32_t, list), (text, words))                                           \
	EVENT(lanetest, plain, TRACON_ALERT, (none))
TRACON_PROVIDER(lanetest, LANE_EVENTS)
TRACON_PROVIDER_DEFINE(lanetest, LANE_EVENTS)
TRACON_FORBID_THREAD;

#ifdef TSAN_IS_ON
enum { SCALE = 20, DESTRUCTOR_ROUNDS = 3 };
#else
enum { SCALE = 1, DESTRUCTOR_ROUNDS = 4 };
#endif

/* NATIVE_TIMES=100: what is a matter of chance gets more of them. */
static int times(void)
{
	const char *text = getenv("NATIVE_TIMES");

	return text && atoi(text) > 0 ? atoi(text) : 1;
}

static uint64_t attempted; /* of one thread at a time, or atomic */

/* Both sides talk by turns until events can be recorded. */
static struct kit *connected(struct lane_geometry geometry, uint32_t mode)
{
	struct kit *kit;

	attempted = 0;
	tracon_poll(); /* sees that the last console has gone */
	kit = kit_open(geometry, mode);
	for (int i = 0; i < 1000 && !(kit->provider_count && kit->providers[0].is_ready); i++) {
		tracon_poll();
		kit_step(kit, 1);
	}
	assert_true(kit->providers[0].is_ready);
	kit_enable(kit, "lanetest", "*", true);
	return kit;
}

static void finish(struct kit *kit)
{
	if (kit->error[0])
		print_message("# %s\n", kit->error);
	assert_string_equal(kit->error, "");
	kit_close(kit);
	tracon_poll();
}

static void emit(uint32_t number)
{
	tracon_event(lanetest, pair, number, (uint64_t)number * 3);
}

/* --- What is recorded --------------------------------------------------------------------------
 */

static void all_kinds_of_fields_arrive(void **state)
{
	struct kit *kit = connected(kit_geometry(2, 1, 12, 4), LANE_MODE_DISCARD);
	const int16_t place[2] = {-5, 6};
	const uint32_t list[3] = {7, 8, 9};
	const struct kit_event *event = kit_event(kit, "all");
	const unsigned char *at = event->last;
	double real;

	(void)state;
	tracon_event(lanetest, all, -3, htons(80), 2.5, 200, place, list, 3, "words", 4);
	tracon_event(lanetest, plain);
	tracon_event(lanetest, line, 1, NULL);
	assert_true(kit_drain(kit));
	assert_int_equal(event->recorded, 1);
	assert_int_equal(event->last_bytes, 1 + 2 + 8 + 1 + 4 + 4 + 12 + 4 + 4);
	assert_int_equal((int8_t)at[0], -3);
	assert_memory_equal(at + 1, "\0P", 2);
	memcpy(&real, at + 3, sizeof(real));
	assert_true(real > 2.4 && real < 2.6);
	assert_int_equal(at[11], 200);
	assert_memory_equal(at + 12, place, sizeof(place));
	assert_int_equal(at[16], 3);
	assert_memory_equal(at + 20, list, sizeof(list));
	assert_memory_equal(at + 36, "word", 4);
	assert_int_equal(event->fields[0].flags, HANDSHAKE_SIGNED);
	assert_int_equal(event->fields[1].flags, HANDSHAKE_NETWORK_ORDER);
	assert_int_equal(event->labels, 2);
	assert_int_equal(event->level, TRACON_NOTICE);
	assert_int_equal(kit_event(kit, "plain")->field_count, 0);
	assert_int_equal(kit_event(kit, "plain")->recorded, 1);
	assert_memory_equal(kit_event(kit, "line")->last + 4, "(null)", 7);
	finish(kit);
}

/* A record is never longer than a packet; what is cut is cut at its end. */
static void long_fields_are_cut(void **state)
{
	struct kit *kit = connected(kit_geometry(1, 1, 12, 4), LANE_MODE_DISCARD);
	char *text = malloc(100000);
	static const uint32_t list[5000] = {1};
	static const int16_t place[2];

	(void)state;
	assert_non_null(text);
	memset(text, 'x', 99999);
	text[99999] = '\0';
	tracon_event(lanetest, line, 1, text);
	tracon_event(lanetest, all, 0, 0, 0, 0, place, list, 5000, text, 99999);
	tracon_event(lanetest, all, 0, 0, 0, 0, place, NULL, 9, "short", 5);
	assert_true(kit_drain(kit));
	assert_int_equal(kit->records, 3);
	assert_int_equal(kit_discarded(kit), 0);
	assert_int_equal(kit_event(kit, "all")->last_bytes, 1 + 2 + 8 + 1 + 4 + 4 + 4 + 5);
	free(text);
	finish(kit);
}

/* Names of threads in the stream. */
static void short_strings_keep_their_bytes(void **state)
{
	struct kit *kit = connected(kit_geometry(1, 1, 14, 4), LANE_MODE_DISCARD);
	char text[64] = "";

	(void)state;
	for (size_t i = 0; i < 40; i++) {
		tracon_event(lanetest, line, 1, text);
		assert_true(kit_drain(kit));
		assert_int_equal(kit_event(kit, "line")->last_bytes, 4 + i + 1);
		assert_string_equal((char *)kit_event(kit, "line")->last + 4, text);
		text[i] = (char)('a' + i % 26);
	}
	finish(kit);
}

/* --- Modes --------------------------------------------------------------------------------------
 */

/* Invariant: recorded + discarded = attempted, exactly. */
static void discard_counts_exactly(void **state)
{
	struct kit *kit = connected(kit_geometry(1, 1, 12, 4), LANE_MODE_DISCARD);

	(void)state;
	for (uint32_t i = 0; i < 20000; i++) {
		emit(i);
		if (i % 1777 == 0)
			assert_true(kit_drain(kit));
		assert_true(kit_lane(kit, 0)->commit - kit_lane(kit, 0)->cons <=
			    lane_ring_bytes(&kit->geometry));
	}
	assert_true(kit_drain(kit));
	assert_true(kit_discarded(kit) > 0);
	assert_int_equal(kit->records + kit_discarded(kit), 20000);
	finish(kit);
}

#ifndef TSAN_IS_ON
static void *emit_until_told(void *stop)
{
	uint32_t number = 0;

	while (!__atomic_load_n((bool *)stop, __ATOMIC_RELAXED))
		emit(number++);
	return NULL;
}
#endif

/* Invariant: a copy is accepted only if nothing of it was being overwritten. */
static void overwrite_snapshots_are_whole(void **state)
{
#ifdef TSAN_IS_ON
	(void)state;
	print_message("# reading what is overwritten is a race, found afterwards\n");
	skip();
#else
	struct kit *kit = connected(kit_geometry(1, 1, 12, 8), LANE_MODE_OVERWRITE);
	uint64_t accepted = 0;
	uint64_t rejected = 0;
	bool stop = false;
	pthread_t writer;

	(void)state;
	assert_int_equal(pthread_create(&writer, NULL, emit_until_told, &stop), 0);
	for (int i = 0;
	     i < 200000 * times() && accepted < 3000 * (uint64_t)times() && !kit->error[0]; i++)
		accepted += kit_snapshot(kit, 0, &rejected);
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	pthread_join(writer, NULL);
	accepted += kit_snapshot(kit, 0, &rejected);
	print_message("# %llu accepted, %llu rejected\n", (unsigned long long)accepted,
		      (unsigned long long)rejected);
	assert_true(accepted > 0);
	assert_int_equal(kit_discarded(kit), 0);
	finish(kit);
#endif
}

/* --- Threads ------------------------------------------------------------------------------------
 */

static void *emit_few(void *number)
{
	for (uint32_t i = 0; i < 3; i++)
		emit((uint32_t)(uintptr_t)number);
	return (void *)(uintptr_t)syscall(SYS_gettid);
}

/* The thread that wrote a record is the one its stream names. */
static void check_tid(void *context, uint32_t lane, const struct kit_event *event, uint64_t ticks,
		      const unsigned char *at, uint32_t tid)
{
	uint32_t *tids = context;
	uint32_t number;

	(void)lane;
	(void)event;
	(void)ticks;
	memcpy(&number, at, sizeof(number));
	if (tids[number] == 0)
		tids[number] = tid;
	else if (tids[number] != tid)
		tids[number] = UINT32_MAX;
}

/* Invariants: no record with another thread's id, all lanes given back. */
static void thousands_of_short_threads(void **state)
{
	enum { THREADS = 10000 / SCALE, AT_ONCE = 4 };
	struct kit *kit = connected(kit_geometry(3, 1, 12, 16), LANE_MODE_DISCARD);
	static uint32_t tids[THREADS];
	static uint32_t true_tids[THREADS];

	(void)state;
	kit->seen = check_tid;
	kit->context = tids;
	for (uint32_t i = 0; i < THREADS; i += AT_ONCE) {
		pthread_t threads[AT_ONCE];

		for (uint32_t k = 0; k < AT_ONCE; k++)
			assert_int_equal(pthread_create(threads + k, NULL, emit_few,
							(void *)(uintptr_t)(i + k)),
					 0);
		for (uint32_t k = 0; k < AT_ONCE; k++) {
			void *tid;

			pthread_join(threads[k], &tid);
			true_tids[i + k] = (uint32_t)(uintptr_t)tid;
		}
		if (i % 64 == 0)
			assert_true(kit_drain(kit));
	}
	assert_true(kit_drain(kit));
	assert_int_equal(kit->records + kit_discarded(kit), THREADS * 3);
	assert_int_equal(kit_discarded(kit), 0);
	assert_memory_equal(tids, true_tids, sizeof(tids));
	assert_int_equal(kit_lanes_owned(kit), 0);
	finish(kit);
}

static void *emit_many(void *count)
{
	for (uint32_t i = 0; i < (uint32_t)(uintptr_t)count; i++)
		emit(i);
	return NULL;
}

/* More threads than lanes: events borrow one. Also what ThreadSanitizer looks at. */
static void borrowed_lanes_lose_nothing(void **state)
{
	enum { THREADS = 4, EVENTS = 20000 / SCALE };
	struct kit *kit = connected(kit_geometry(1, 2, 16, 8), LANE_MODE_DISCARD);
	pthread_t threads[THREADS];

	(void)state;
	for (int i = 0; i < THREADS; i++)
		assert_int_equal(
			pthread_create(threads + i, NULL, emit_many, (void *)(uintptr_t)EVENTS), 0);
	for (int i = 0; i < 100; i++) {
		assert_true(kit_drain(kit));
		sched_yield();
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	assert_true(kit_drain(kit));
	assert_int_equal(kit->records + kit_discarded(kit), THREADS * EVENTS);
	assert_true(kit->records > EVENTS);
	assert_int_equal(kit_lanes_owned(kit), 0);
	finish(kit);
}

static pthread_key_t late_key;

static void emit_late(void *rounds)
{
	emit(77);
	if ((uintptr_t)rounds > 1)
		pthread_setspecific(late_key, (void *)((uintptr_t)rounds - 1));
}

static void *emit_in_destructor(void *unused)
{
	pthread_setspecific(late_key, (void *)(uintptr_t)DESTRUCTOR_ROUNDS);
	emit(1);
	return unused;
}

/* Events of a thread's destructors are recorded, the last of them in a borrowed lane. */
static void destructors_are_recorded(void **state)
{
	struct kit *kit = connected(kit_geometry(2, 1, 12, 4), LANE_MODE_DISCARD);
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_key_create(&late_key, emit_late), 0);
	assert_int_equal(pthread_create(&thread, NULL, emit_in_destructor, NULL), 0);
	pthread_join(thread, NULL);
	assert_true(kit_drain(kit));
	assert_int_equal(kit->records, DESTRUCTOR_ROUNDS + 1);
	assert_int_equal(kit_lanes_owned(kit), 0);
	pthread_key_delete(late_key);
	finish(kit);
}

/* --- Signals -------------------------------------------------------------------------------------
 */

static volatile sig_atomic_t handled;

static void on_timer(int signal)
{
	(void)signal;
	emit(1000000);
	tracon_event(lanetest, line, 1000001, "from a handler");
	handled++;
}

/* Not every few microseconds: on a machine where a handler takes longer than that nothing else
 * would run. */
static void timer_once(long delay_us)
{
	struct itimerval value = {{0, 0}, {0, delay_us}};

	setitimer(ITIMER_REAL, &value, NULL);
}

/* Invariant: all events of handlers and all they interrupt are present, once, in order. */
static void handlers_lose_nothing(void **state)
{
	struct kit *kit = connected(kit_geometry(1, 1, 14, 8), LANE_MODE_DISCARD);
	struct sigaction action = {.sa_handler = on_timer, .sa_flags = SA_RESTART};

	(void)state;
	handled = 0;
	sigaction(SIGALRM, &action, NULL);
	for (uint32_t i = 0; i < 2000000 / SCALE && (handled < 2000 || i < 50000); i++) {
		if (i % 16 == 0)
			timer_once(1);
		emit(i);
		attempted++;
		if (i % 2000 == 0)
			kit_drain(kit);
	}
	timer_once(0);
	signal(SIGALRM, SIG_DFL);
	assert_true(kit_drain(kit));
	assert_int_equal(kit->records + kit_discarded(kit), attempted + 2 * (uint64_t)handled);
	assert_int_equal(kit->paddings, 0);
	finish(kit);
}

static sigjmp_buf jump;

static void on_timer_jump(int signal)
{
	(void)signal;
	emit(1000000);
	handled++;
	siglongjmp(jump, 1);
}

/* The main loop does nothing but trace, so most jumps leave from inside a tracepoint. One signal
 * each time: siglongjmp lets the next one in while the handler's frame still stands, so on a
 * machine where a handler takes longer than the interval the frames would pile up to the end of the
 * stack.
 */
static __attribute__((noinline)) void trace_through_jumps(struct kit *kit, uint64_t end_ms)
{
	static uint32_t number;

	sigsetjmp(jump, 1);
	while (tracon_monotonic() / 1000000 <= end_ms) {
		timer_once(30);
		for (int i = 0; i < 1000; i++) {
			emit(number++);
			tracon_event(lanetest, line, number, "a line that takes a while to copy");
		}
		timer_once(0);
		kit_drain(kit);
	}
	timer_once(0);
}

static void jumps_out_of_handlers_stall_nothing(void **state)
{
	struct kit *kit = connected(kit_geometry(1, 1, 14, 16), LANE_MODE_DISCARD);
	struct sigaction action = {.sa_handler = on_timer_jump};
	uint64_t commit;

	(void)state;
	handled = 0;
	sigaction(SIGALRM, &action, NULL);
	trace_through_jumps(kit, tracon_monotonic() / 1000000 + 400 * (uint64_t)times());
	signal(SIGALRM, SIG_DFL);
	commit = kit_lane(kit, 0)->commit;
	if (!kit_drain(kit))
		fail_msg("%s", kit->error);
	emit(1);
	assert_true(kit_lane(kit, 0)->commit > commit || kit_discarded(kit) > 0);
	assert_true(kit_drain(kit));
	print_message("# %d jumps, %llu repairs\n", (int)handled,
		      (unsigned long long)kit->paddings);
	assert_true(handled > 10);
	finish(kit);
}

/* --- Processes -----------------------------------------------------------------------------------
 */

/* A child must not write into its parent's lanes, however it was made. */
static void children_leave_the_lanes_alone(void **state)
{
	struct kit *kit = connected(kit_geometry(2, 1, 12, 8), LANE_MODE_DISCARD);
	int status;
	pid_t pid;

	(void)state;
	emit(1);
	pid = fork();
	if (pid == 0) {
		for (uint32_t i = 0; i < 500; i++)
			emit(i);
		_exit(tracon_flags_lanetest[0]);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
#ifndef TSAN_IS_ON /* which must see each fork */
	/* No library function sees this one. */
	pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	if (pid == 0) {
		for (uint32_t i = 0; i < 500; i++)
			emit(i);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
#endif
	emit(2);
	assert_true(kit_drain(kit));
	assert_int_equal(kit->records, 2);
	finish(kit);
}

/* Invariant: without its flag an event touches no shared memory. */
static void disabled_events_store_nothing(void **state)
{
	struct kit *kit = connected(kit_geometry(2, 1, 12, 8), LANE_MODE_DISCARD);
	size_t bytes = lane_file_bytes(&kit->geometry);

	(void)state;
	emit(1);
	kit_enable(kit, "lanetest", "*", false);
	assert_int_equal(mprotect(attachment_current->lanes, bytes, PROT_READ), 0);
	for (uint32_t i = 0; i < 1000; i++)
		emit(i);
	tracon_event_ordered(lanetest, plain);
	assert_int_equal(mprotect(attachment_current->lanes, bytes, PROT_READ | PROT_WRITE), 0);
	assert_true(kit_drain(kit));
	assert_int_equal(kit->records, 1);
	finish(kit);
}

/* The flags are the console's: the application can't switch anything on. */
static void a_dead_console_switches_off(void **state)
{
	struct kit *kit = connected(kit_geometry(2, 1, 12, 8), LANE_MODE_DISCARD);

	(void)state;
	assert_int_equal(tracon_flags_lanetest[0], 1);
	emit(1);
	kit_close(kit);
	assert_false(tracon_poll());
	assert_int_equal(tracon_flags_lanetest[0], 0);
	emit(2);
	kit = connected(kit_geometry(2, 1, 13, 4), LANE_MODE_DISCARD);
	emit(3);
	assert_true(kit_drain(kit));
	assert_int_equal(kit->records, 1);
	finish(kit);
}

/* --- Order ---------------------------------------------------------------------------------------
 */

struct court {
	uint32_t turn;
	uint32_t rounds;
};

static void *play(void *argument)
{
	struct court *court = argument;

	for (uint32_t i = 1; i < court->rounds; i += 2) {
		while (__atomic_load_n(&court->turn, __ATOMIC_ACQUIRE) != i)
			sched_yield();
		tracon_event_ordered(lanetest, pair, i, 0);
		__atomic_store_n(&court->turn, i + 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

static void note_time(void *context, uint32_t lane, const struct kit_event *event, uint64_t ticks,
		      const unsigned char *at, uint32_t tid)
{
	uint32_t number;

	(void)lane;
	(void)event;
	(void)tid;
	memcpy(&number, at, sizeof(number));
	((uint64_t *)context)[number] = ticks;
}

/* Invariant: a hand-over with the ordered form is never the wrong way round. */
static void ordered_events_keep_their_order(void **state)
{
	enum { ROUNDS = 4000 };
	struct kit *kit = connected(kit_geometry(2, 1, 18, 4), LANE_MODE_DISCARD);
	struct court court = {.rounds = ROUNDS};
	static uint64_t times[ROUNDS];
	pthread_t other;

	(void)state;
	kit->seen = note_time;
	kit->context = times;
	assert_int_equal(pthread_create(&other, NULL, play, &court), 0);
	for (uint32_t i = 0; i < ROUNDS; i += 2) {
		while (__atomic_load_n(&court.turn, __ATOMIC_ACQUIRE) != i)
			sched_yield();
		tracon_event_ordered(lanetest, pair, i, 0);
		__atomic_store_n(&court.turn, i + 1, __ATOMIC_RELEASE);
	}
	pthread_join(other, NULL);
	assert_true(kit_drain(kit));
	assert_int_equal(kit->records, ROUNDS);
	for (uint32_t i = 1; i < ROUNDS; i++)
		assert_true(times[i] >= times[i - 1]);
	finish(kit);
}

struct sleeper {
	struct lane_bell *bell;
	bool was_woken;
};

static void *sleep_until_rung(void *data)
{
	struct sleeper *sleeper = data;
	const struct timespec limit = {20, 0};

	sleeper->was_woken =
		syscall(SYS_futex, &sleeper->bell->is_wanted, FUTEX_WAIT, 1, &limit, NULL, 0) == 0;
	__atomic_store_n(&sleeper->bell->is_wanted, 0, __ATOMIC_RELEASE);
	return NULL;
}

/* Promise: a console that sleeps is woken when a sub-buffer is opened. */
static void opening_a_sub_buffer_wakes_who_sleeps(void **state)
{
	struct kit *kit = connected(kit_geometry(2, 1, 12, 4), LANE_MODE_OVERWRITE);
	struct sleeper sleeper = {.bell = kit->bell};
	uint32_t number = 0;
	pthread_t thread;

	(void)state;
	kit->bell->is_wanted = 1;
	assert_int_equal(pthread_create(&thread, NULL, sleep_until_rung, &sleeper), 0);
	while (__atomic_load_n(&kit->bell->is_wanted, __ATOMIC_ACQUIRE))
		emit(number++);
	pthread_join(thread, NULL);
	assert_true(sleeper.was_woken);
	finish(kit);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_kinds_of_fields_arrive),
		cmocka_unit_test(long_fields_are_cut),
		cmocka_unit_test(short_strings_keep_their_bytes),
		cmocka_unit_test(discard_counts_exactly),
		cmocka_unit_test(overwrite_snapshots_are_whole),
		cmocka_unit_test(thousands_of_short_threads),
		cmocka_unit_test(borrowed_lanes_lose_nothing),
		cmocka_unit_test(destructors_are_recorded),
		cmocka_unit_test(handlers_lose_nothing),
		cmocka_unit_test(jumps_out_of_handlers_stall_nothing),
		cmocka_unit_test(children_leave_the_lanes_alone),
		cmocka_unit_test(disabled_events_store_nothing),
		cmocka_unit_test(a_dead_console_switches_off),
		cmocka_unit_test(ordered_events_keep_their_order),
		cmocka_unit_test(opening_a_sub_buffer_wakes_who_sleeps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
