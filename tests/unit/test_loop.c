/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The loop: what is ready runs, what was removed does not, timers fire once and in order. */
#include "backend/base/loop.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/base/clock.h"
#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/base/thread.h"
#include "backend/base/units.h"

#define WAIT_LIMIT_MS 60000
#define PAIRS	      8

/* One loop with some socket pairs; ends[i][0] is watched, ends[i][1] is the other side. */
struct fixture {
	struct loop *loop;
	int ends[PAIRS][2];
	struct watch *watches[PAIRS];
	unsigned int calls;
	unsigned int last_events;
};

static void fixture_open(struct fixture *fixture)
{
	memset(fixture, 0, sizeof(*fixture));
	fixture->loop = loop_create();
	for (int i = 0; i < PAIRS; i++)
		assert_int_equal(
			socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fixture->ends[i]), 0);
}

static void fixture_close(struct fixture *fixture)
{
	loop_destroy(fixture->loop);
	for (int i = 0; i < PAIRS; i++) {
		fd_close(&fixture->ends[i][0]);
		fd_close(&fixture->ends[i][1]);
	}
}

static void count_call(void *data, unsigned int events)
{
	struct fixture *fixture = data;

	fixture->calls++;
	fixture->last_events = events;
}

static void ready_descriptors_are_told(void **state)
{
	struct fixture f;
	char byte;

	(void)state;
	fixture_open(&f);
	f.watches[0] = loop_watch(f.loop, f.ends[0][0], WATCH_READ, count_call, &f);
	loop_wait(f.loop, 0);
	assert_int_equal(f.calls, 0);
	assert_int_equal(write(f.ends[0][1], "x", 1), 1);
	loop_wait(f.loop, WAIT_LIMIT_MS);
	assert_int_equal(f.calls, 1);
	assert_int_equal(f.last_events, WATCH_READ);
	assert_int_equal(read(f.ends[0][0], &byte, 1), 1);
	loop_change_watch(f.watches[0], WATCH_WRITE);
	loop_wait(f.loop, WAIT_LIMIT_MS);
	assert_int_equal(f.last_events, WATCH_WRITE);
	loop_unwatch(f.loop, f.watches[0]);
	loop_unwatch(f.loop, NULL);
	loop_wait(f.loop, 0);
	assert_int_equal(f.calls, 2);
	fixture_close(&f);
}

static void hang_up_is_told_unasked(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f);
	loop_watch(f.loop, f.ends[0][0], 0, count_call, &f);
	fd_close(&f.ends[0][1]);
	loop_wait(f.loop, WAIT_LIMIT_MS);
	assert_int_equal(f.last_events, WATCH_HANGUP);
	fixture_close(&f);
}

static void remove_all(void *data, unsigned int events)
{
	struct fixture *fixture = data;

	count_call(data, events);
	for (int i = 0; i < PAIRS; i++) {
		loop_unwatch(fixture->loop, fixture->watches[i]);
		loop_unwatch(fixture->loop, fixture->watches[i]); /* still remembered: no harm */
	}
}

static void handler_may_remove_every_watch(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f);
	for (int i = 0; i < PAIRS; i++) {
		f.watches[i] = loop_watch(f.loop, f.ends[i][0], WATCH_READ, remove_all, &f);
		assert_int_equal(write(f.ends[i][1], "x", 1), 1);
	}
	loop_wait(f.loop, WAIT_LIMIT_MS);
	loop_wait(f.loop, 0);
	assert_int_equal(f.calls, 1);
	fixture_close(&f);
}

/* A descriptor is closed and its number taken by another one, within one batch. */
static void replace_others(void *data, unsigned int events)
{
	struct fixture *f = data;

	count_call(data, events);
	for (int i = 0; i < PAIRS; i++) {
		loop_unwatch(f->loop, f->watches[i]);
		fd_close(&f->ends[i][0]);
		fd_close(&f->ends[i][1]);
	}
	for (int i = 0; i < PAIRS; i++) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, f->ends[i]), 0);
		f->watches[i] = loop_watch(f->loop, f->ends[i][0], WATCH_READ, count_call, f);
	}
}

static void reused_numbers_get_no_old_events(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f);
	for (int i = 0; i < PAIRS; i++) {
		f.watches[i] = loop_watch(f.loop, f.ends[i][0], WATCH_READ, replace_others, &f);
		assert_int_equal(write(f.ends[i][1], "x", 1), 1);
	}
	loop_wait(f.loop, WAIT_LIMIT_MS);
	loop_wait(f.loop, 0);
	assert_int_equal(f.calls, 1);
	fixture_close(&f);
}

static void wait_inside(void *data, unsigned int events)
{
	struct fixture *f = data;

	count_call(data, events);
	loop_unwatch(f->loop, f->watches[0]);
	loop_unwatch(f->loop, f->watches[1]);
	loop_wait(f->loop, 0);
}

static void handler_may_wait_itself(void **state)
{
	struct fixture f;

	(void)state;
	fixture_open(&f);
	for (int i = 0; i < 2; i++) {
		f.watches[i] = loop_watch(f.loop, f.ends[i][0], WATCH_READ, wait_inside, &f);
		assert_int_equal(write(f.ends[i][1], "x", 1), 1);
	}
	loop_wait(f.loop, WAIT_LIMIT_MS);
	assert_int_equal(f.calls, 1);
	fixture_close(&f);
}

struct file_reader {
	struct loop *loop;
	struct watch *watch;
	int fd;
	unsigned int bytes;
};

static void read_file(void *data, unsigned int events)
{
	struct file_reader *reader = data;
	char byte;

	assert_int_equal(events, WATCH_READ);
	if (read(reader->fd, &byte, 1) == 1) {
		reader->bytes++;
		return;
	}
	loop_unwatch(reader->loop, reader->watch);
	loop_stop(reader->loop);
}

static void regular_files_are_always_ready(void **state)
{
	char path[] = "/tmp/tracon-loop-XXXXXX";
	struct file_reader reader = {.loop = loop_create(), .fd = mkostemp(path, O_CLOEXEC)};

	(void)state;
	assert_int_equal(write(reader.fd, "12345", 5), 5);
	assert_int_equal(lseek(reader.fd, 0, SEEK_SET), 0);
	reader.watch = loop_watch(reader.loop, reader.fd, WATCH_READ, read_file, &reader);
	loop_run(reader.loop);
	assert_int_equal(reader.bytes, 5);
	loop_wait(reader.loop, 0);
	unlink(path);
	fd_close(&reader.fd);
	loop_destroy(reader.loop);
}

#define TIMERS 40

struct clockwork {
	struct loop *loop;
	struct timer *timers[TIMERS];
	int fired[TIMERS * 2];
	unsigned int count;
};

struct bell {
	struct clockwork *clockwork;
	int id;
};

static void ring(void *data, uint64_t now_ns)
{
	struct bell *bell = data;

	assert_true(now_ns == loop_now_ns(bell->clockwork->loop));
	bell->clockwork->fired[bell->clockwork->count++] = bell->id;
}

static void timers_fire_once_and_in_order(void **state)
{
	struct clockwork works = {.loop = loop_create()};
	struct bell bells[TIMERS];
	uint64_t begin_ns = clock_monotonic_ns();

	(void)state;
	for (int i = 0; i < TIMERS; i++) {
		bells[i] = (struct bell){&works, i};
		works.timers[i] = loop_add_timer(works.loop, ring, &bells[i]);
		assert_false(timer_is_armed(works.timers[i]));
	}
	for (int i = 0; i < TIMERS; i++) {
		int shuffled = i * 17 % TIMERS;

		timer_arm(works.timers[shuffled], begin_ns + (uint64_t)shuffled * 100 * NS_PER_US);
		assert_true(timer_is_armed(works.timers[shuffled]));
	}
	timer_disarm(works.timers[7]);
	assert_false(timer_is_armed(works.timers[7]));
	loop_remove_timer(works.loop, works.timers[9]);
	loop_remove_timer(works.loop, NULL);
	while (works.count < TIMERS - 2)
		loop_wait(works.loop, WAIT_LIMIT_MS);
	assert_true(loop_now_ns(works.loop) >= begin_ns + (TIMERS - 1) * 100 * NS_PER_US);
	for (int i = 0, expected = 0; i < TIMERS - 2; i++, expected++) {
		while (expected == 7 || expected == 9)
			expected++;
		assert_int_equal(works.fired[i], expected);
	}
	assert_false(timer_is_armed(works.timers[0]));
	loop_wait(works.loop, 0);
	assert_int_equal(works.count, TIMERS - 2);
	loop_destroy(works.loop);
}

static void timers_of_one_instant_keep_their_order(void **state)
{
	struct clockwork works = {.loop = loop_create()};
	struct bell bells[TIMERS];

	(void)state;
	for (int i = 0; i < TIMERS; i++) {
		bells[i] = (struct bell){&works, i};
		works.timers[i] = loop_add_timer(works.loop, ring, &bells[i]);
		timer_arm(works.timers[i], 0); /* long past */
	}
	loop_wait(works.loop, WAIT_LIMIT_MS);
	assert_int_equal(works.count, TIMERS);
	for (int i = 0; i < TIMERS; i++)
		assert_int_equal(works.fired[i], i);
	loop_destroy(works.loop);
}

/* Any order of arming and disarming leaves the heap a heap. */
static void random_arming_fires_in_order(void **state)
{
	struct clockwork works = {.loop = loop_create()};
	struct bell bells[TIMERS];
	uint64_t at[TIMERS] = {0};
	uint32_t random = 1;

	(void)state;
	for (int i = 0; i < TIMERS; i++) {
		bells[i] = (struct bell){&works, i};
		works.timers[i] = loop_add_timer(works.loop, ring, &bells[i]);
	}
	for (int round = 0; round < 200; round++) {
		unsigned int armed = 0;

		for (int step = 0; step < 100; step++) {
			uint32_t which;

			random = random * 1664525 + 1013904223;
			which = (random >> 16) % TIMERS;
			at[which] = 1 + (random >> 8) % 1000;
			if (random & 0x80000000)
				timer_arm(works.timers[which], at[which]);
			else
				timer_disarm(works.timers[which]);
		}
		for (int i = 0; i < TIMERS; i++)
			armed += timer_is_armed(works.timers[i]);
		works.count = 0;
		loop_wait(works.loop, armed ? WAIT_LIMIT_MS : 0);
		assert_int_equal(works.count, armed);
		for (unsigned int i = 1; i < works.count; i++)
			assert_true(at[works.fired[i - 1]] <= at[works.fired[i]]);
	}
	loop_destroy(works.loop);
}

static void rearm_in_the_past(void *data, uint64_t now_ns)
{
	struct clockwork *works = data;

	(void)now_ns;
	works->count++;
	timer_arm(works->timers[0], 1);
}

static void timer_armed_in_the_past_does_not_starve(void **state)
{
	struct clockwork works = {.loop = loop_create()};

	(void)state;
	works.timers[0] = loop_add_timer(works.loop, rearm_in_the_past, &works);
	timer_arm(works.timers[0], 1);
	for (unsigned int i = 1; i <= 10; i++) {
		loop_wait(works.loop, WAIT_LIMIT_MS);
		assert_int_equal(works.count, i);
	}
	loop_destroy(works.loop);
}

static void remove_second(void *data, uint64_t now_ns)
{
	struct clockwork *works = data;

	(void)now_ns;
	works->count++;
	loop_remove_timer(works->loop, works->timers[1]);
	loop_remove_timer(works->loop, works->timers[0]);
}

static void due_timer_may_be_removed_by_another(void **state)
{
	struct clockwork works = {.loop = loop_create()};
	struct bell bell = {&works, 1};

	(void)state;
	works.timers[0] = loop_add_timer(works.loop, remove_second, &works);
	works.timers[1] = loop_add_timer(works.loop, ring, &bell);
	timer_arm(works.timers[0], 1);
	timer_arm(works.timers[1], 2);
	loop_wait(works.loop, WAIT_LIMIT_MS);
	loop_wait(works.loop, 0);
	assert_int_equal(works.count, 1);
	loop_destroy(works.loop);
}

static void never_is_far_away(void **state)
{
	struct clockwork works = {.loop = loop_create()};
	struct bell bell = {&works, 0};

	(void)state;
	works.timers[0] = loop_add_timer(works.loop, ring, &bell);
	timer_arm(works.timers[0], UINT64_MAX);
	loop_wait(works.loop, 0);
	assert_int_equal(works.count, 0);
	loop_destroy(works.loop);
}

struct stopper {
	struct message message;
	struct loop *loop;
	struct queue *queue;
};

static void stop_loop(struct message *message)
{
	loop_stop(((struct stopper *)message)->loop);
}

static void send_stop(void *data)
{
	struct stopper *stopper = data;

	queue_send(stopper->queue, &stopper->message);
}

static void message_stops_the_loop_from_another_thread(void **state)
{
	struct stopper stopper = {{.run = stop_loop}, loop_create(), queue_create()};
	struct error err = ERROR_INIT;

	(void)state;
	loop_watch_queue(stopper.loop, stopper.queue);
	for (int i = 0; i < 100; i++) {
		struct thread *thread = thread_start("stopper", send_stop, &stopper, &err);

		assert_non_null(thread);
		loop_run(stopper.loop);
		thread_join(thread);
	}
	loop_unwatch_queue(stopper.loop, stopper.queue);
	loop_unwatch_queue(stopper.loop, stopper.queue);
	queue_destroy(stopper.queue);
	loop_destroy(stopper.loop);
	loop_destroy(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ready_descriptors_are_told),
		cmocka_unit_test(hang_up_is_told_unasked),
		cmocka_unit_test(handler_may_remove_every_watch),
		cmocka_unit_test(reused_numbers_get_no_old_events),
		cmocka_unit_test(handler_may_wait_itself),
		cmocka_unit_test(regular_files_are_always_ready),
		cmocka_unit_test(timers_fire_once_and_in_order),
		cmocka_unit_test(timers_of_one_instant_keep_their_order),
		cmocka_unit_test(random_arming_fires_in_order),
		cmocka_unit_test(timer_armed_in_the_past_does_not_starve),
		cmocka_unit_test(due_timer_may_be_removed_by_another),
		cmocka_unit_test(never_is_far_away),
		cmocka_unit_test(message_stops_the_loop_from_another_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
