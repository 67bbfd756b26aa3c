/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Threads: they run, have their name, take no signal of the process, and run loops. */
#include "backend/base/thread.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/loop_thread.h"
#include "backend/base/mem.h"
#include "backend/base/rcu.h"

struct seen {
	char name[16];
	sigset_t blocked;
};

static void look_around(void *data)
{
	struct seen *seen = data;

	pthread_getname_np(pthread_self(), seen->name, sizeof(seen->name));
	pthread_sigmask(SIG_SETMASK, NULL, &seen->blocked);
	rcu_read_begin(); /* registered, or this would crash */
	rcu_read_end();
}

static void assert_all_but_faults_blocked(const sigset_t *blocked)
{
	static const int faults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};
	const int others[] = {SIGTERM, SIGINT,	SIGHUP,	  SIGCHLD,     SIGPIPE,
			      SIGTSTP, SIGUSR1, SIGWINCH, SIGRTMIN + 3};

	for (size_t i = 0; i < COUNT_OF(faults); i++)
		assert_false(sigismember(blocked, faults[i]));
	for (size_t i = 0; i < COUNT_OF(others); i++)
		assert_true(sigismember(blocked, others[i]));
}

static void thread_runs_undisturbed_and_named(void **state)
{
	struct error err = ERROR_INIT;
	struct seen seen = {0};
	struct thread *thread = thread_start("consumer/0", look_around, &seen, &err);
	sigset_t ours;

	(void)state;
	assert_non_null(thread);
	thread_join(thread);
	assert_string_equal(seen.name, "consumer/0");
	assert_all_but_faults_blocked(&seen.blocked);
	pthread_sigmask(SIG_SETMASK, NULL, &ours);
	assert_false(sigismember(&ours, SIGTERM));
}

static void long_names_are_cut(void **state)
{
	struct error err = ERROR_INIT;
	struct seen seen = {0};

	(void)state;
	thread_join(thread_start("a-name-of-many-letters", look_around, &seen, &err));
	assert_string_equal(seen.name, "a-name-of-many-");
	thread_join(NULL);
}

static void process_blocks_all_but_faults(void **state)
{
	struct sigaction action;
	sigset_t blocked;

	(void)state;
	thread_block_signals();
	pthread_sigmask(SIG_SETMASK, NULL, &blocked);
	assert_all_but_faults_blocked(&blocked);
	assert_int_equal(sigaction(SIGPIPE, NULL, &action), 0);
	assert_ptr_equal(action.sa_handler, SIG_IGN);
}

struct note {
	struct message message;
	bool is_done;
};

static void run_note(struct message *message)
{
	((struct note *)message)->is_done = true;
}

static void a_loop_ends_after_what_was_sent(void **state)
{
	struct error err = ERROR_INIT;
	struct note note = {.message = {.run = run_note}};
	struct loop *loop = loop_create();
	struct queue *queue = queue_create();
	struct thread *thread;

	(void)state;
	loop_watch_queue(loop, queue);
	thread = loop_thread_start("loop", loop, &err);
	assert_non_null(thread);
	queue_send(queue, &note.message);
	loop_thread_end(thread, loop, queue);
	assert_true(note.is_done);
	loop_thread_end(NULL, loop, queue);
	loop_unwatch_queue(loop, queue);
	loop_destroy(loop);
	queue_destroy(queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(thread_runs_undisturbed_and_named),
		cmocka_unit_test(long_names_are_cut),
		cmocka_unit_test(a_loop_ends_after_what_was_sent),
		cmocka_unit_test(process_blocks_all_but_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
