/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Queues: nothing is lost or reordered, and the owner is woken no more often than needed. */
#include "backend/base/queue.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/base/thread.h"

#define SENDERS	      4
#define MESSAGES      20000
#define WAIT_LIMIT_MS 60000

/* What one test collects; its queue's owner is the test's own thread. */
struct log {
	struct queue *queue;
	unsigned int count;
	unsigned int last_of_sender[SENDERS];
	bool is_disordered;
	unsigned int resends;
};

struct note {
	struct message message;
	struct log *log;
	unsigned int sender;
	unsigned int number; /* from 1 */
};

static void note_run(struct message *message)
{
	struct note *note = (struct note *)message;
	struct log *log = note->log;

	if (note->number != log->last_of_sender[note->sender] + 1)
		log->is_disordered = true;
	log->last_of_sender[note->sender] = note->number;
	log->count++;
	free(note);
}

static void send_note(struct log *log, unsigned int sender, unsigned int number)
{
	struct note *note = mem_zalloc(sizeof(*note));

	note->message.run = note_run;
	note->log = log;
	note->sender = sender;
	note->number = number;
	queue_send(log->queue, &note->message);
}

static bool is_readable(int fd, int timeout_ms)
{
	struct pollfd poller = {.fd = fd, .events = POLLIN};

	return poll(&poller, 1, timeout_ms) == 1;
}

static void messages_run_in_order(void **state)
{
	struct log log = {.queue = queue_create()};

	(void)state;
	assert_false(is_readable(queue_fd(log.queue), 0));
	assert_int_equal(queue_drain(log.queue), 0);
	for (unsigned int i = 1; i <= 5; i++)
		send_note(&log, 0, i);
	assert_true(is_readable(queue_fd(log.queue), 0));
	assert_int_equal(log.count, 0);
	assert_int_equal(queue_drain(log.queue), 5);
	assert_int_equal(log.count, 5);
	assert_false(log.is_disordered);
	assert_false(is_readable(queue_fd(log.queue), 0));
	queue_destroy(log.queue);
	queue_destroy(NULL);
}

static void only_the_first_message_wakes(void **state)
{
	struct log log = {.queue = queue_create()};
	uint64_t wakes;

	(void)state;
	for (unsigned int i = 1; i <= 100; i++)
		send_note(&log, 0, i);
	assert_int_equal(read(queue_fd(log.queue), &wakes, sizeof(wakes)), sizeof(wakes));
	assert_int_equal(wakes, 1);
	assert_int_equal(queue_drain(log.queue), 100);
	queue_destroy(log.queue);
}

struct echo {
	struct message message;
	struct log *log;
};

static void echo_run(struct message *message)
{
	struct echo *echo = (struct echo *)message;

	if (++echo->log->resends < 3)
		queue_send(echo->log->queue, message);
}

static void messages_sent_by_handlers_wait_their_turn(void **state)
{
	struct log log = {.queue = queue_create()};
	struct echo echo = {{.run = echo_run}, &log};

	(void)state;
	queue_send(log.queue, &echo.message);
	for (unsigned int round = 1; round <= 3; round++) {
		assert_true(is_readable(queue_fd(log.queue), 0));
		assert_int_equal(queue_drain(log.queue), 1);
		assert_int_equal(log.resends, round);
	}
	assert_false(is_readable(queue_fd(log.queue), 0));
	queue_destroy(log.queue);
}

struct sender {
	struct log *log;
	unsigned int id;
};

static void send_many(void *data)
{
	struct sender *sender = data;

	for (unsigned int i = 1; i <= MESSAGES; i++)
		send_note(sender->log, sender->id, i);
}

/* Woken by the eventfd alone: a lost wake-up would end in the limit. */
static void no_wake_up_is_lost_among_senders(void **state)
{
	struct log log = {.queue = queue_create()};
	struct sender senders[SENDERS];
	struct thread *threads[SENDERS];
	struct error err = ERROR_INIT;

	(void)state;
	for (unsigned int i = 0; i < SENDERS; i++) {
		senders[i] = (struct sender){&log, i};
		threads[i] = thread_start("sender", send_many, &senders[i], &err);
		assert_non_null(threads[i]);
	}
	while (log.count < SENDERS * MESSAGES) {
		if (!is_readable(queue_fd(log.queue), WAIT_LIMIT_MS))
			fail_msg("woken no more after %u messages", log.count);
		queue_drain(log.queue);
	}
	for (unsigned int i = 0; i < SENDERS; i++)
		thread_join(threads[i]);
	assert_false(log.is_disordered);
	assert_int_equal(queue_drain(log.queue), 0);
	queue_destroy(log.queue);
}

/* Two threads play a message back and forth: each wake-up counts. */
struct player {
	struct queue *own;
	struct queue *other;
	struct message ball;
	unsigned int left;
	struct player *partner;
};

static void ball_run(struct message *message)
{
	struct player *player = CONTAINER_OF(message, struct player, ball);

	if (player->left-- > 0)
		queue_send(player->other, &player->partner->ball);
}

static void play(void *data)
{
	struct player *player = data;

	while (player->left != UINT32_MAX && is_readable(queue_fd(player->own), WAIT_LIMIT_MS))
		queue_drain(player->own);
}

static void single_messages_wake_both_ways(void **state)
{
	struct queue *left = queue_create(), *right = queue_create();
	struct player a = {.own = left, .other = right, .ball.run = ball_run, .left = 5000};
	struct player b = {.own = right, .other = left, .ball.run = ball_run, .left = 5000};
	struct error err = ERROR_INIT;
	struct thread *thread;

	(void)state;
	a.partner = &b;
	b.partner = &a;
	thread = thread_start("player", play, &b, &err);
	assert_non_null(thread);
	queue_send(left, &a.ball);
	play(&a); /* ends when its count has run out; then the partner misses one ball */
	queue_send(right, &b.ball);
	thread_join(thread);
	assert_int_equal(b.left, UINT32_MAX);
	queue_destroy(left);
	queue_destroy(right);
}

struct operation {
	struct task task;
	bool is_finished;
	struct error result;
};

static void operation_finished(struct message *message)
{
	struct operation *operation = (struct operation *)message;

	operation->is_finished = true;
	error_copy(&operation->result, &operation->task.error);
}

static void task_reports_when_its_last_part_is_done(void **state)
{
	struct queue *home = queue_create();
	struct operation operation = {0};

	(void)state;
	task_init(&operation.task, home, operation_finished);
	task_add(&operation.task);
	task_done(&operation.task, NULL);
	assert_int_equal(queue_drain(home), 0);
	task_done(&operation.task, NULL);
	assert_int_equal(queue_drain(home), 1);
	assert_true(operation.is_finished);
	assert_false(error_is_set(&operation.result));
	queue_destroy(home);
}

static void first_error_of_a_task_wins(void **state)
{
	struct queue *home = queue_create();
	struct operation operation = {0};
	struct error none = ERROR_INIT, first = ERROR_INIT, second = ERROR_INIT;

	(void)state;
	error_set(&first, ERROR_NO_SPACE, "first");
	error_set(&second, ERROR_IO, "second");
	task_init(&operation.task, home, operation_finished);
	for (int i = 0; i < 3; i++)
		task_add(&operation.task);
	task_done(&operation.task, &none);
	task_done(&operation.task, &first);
	task_done(&operation.task, &second);
	task_done(&operation.task, NULL);
	queue_drain(home);
	assert_int_equal(operation.result.code, ERROR_NO_SPACE);
	assert_string_equal(operation.result.message, "first");
	queue_destroy(home);
}

static void finish_parts(void *data)
{
	struct operation *operation = data;
	struct error err = ERROR_INIT;

	error_set(&err, ERROR_IO, "one and the same");
	for (int i = 0; i < 1000; i++)
		task_done(&operation->task, &err);
}

static void parts_end_on_any_thread(void **state)
{
	struct queue *home = queue_create();
	struct operation operation = {0};
	struct error err = ERROR_INIT;
	struct thread *threads[3];

	(void)state;
	task_init(&operation.task, home, operation_finished);
	for (int i = 0; i < 3000; i++)
		task_add(&operation.task);
	for (int i = 0; i < 3; i++)
		threads[i] = thread_start("worker", finish_parts, &operation, &err);
	task_done(&operation.task, NULL);
	assert_true(is_readable(queue_fd(home), WAIT_LIMIT_MS));
	assert_int_equal(queue_drain(home), 1);
	assert_true(operation.is_finished);
	assert_string_equal(operation.result.message, "one and the same");
	for (int i = 0; i < 3; i++)
		thread_join(threads[i]);
	queue_destroy(home);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_run_in_order),
		cmocka_unit_test(only_the_first_message_wakes),
		cmocka_unit_test(messages_sent_by_handlers_wait_their_turn),
		cmocka_unit_test(no_wake_up_is_lost_among_senders),
		cmocka_unit_test(single_messages_wake_both_ways),
		cmocka_unit_test(task_reports_when_its_last_part_is_done),
		cmocka_unit_test(first_error_of_a_task_wins),
		cmocka_unit_test(parts_end_on_any_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
