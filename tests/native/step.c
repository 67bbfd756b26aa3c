/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Steps a tracing application through its events, one instruction at a time. At each of them: what
 * is published is what would be left if it were killed there, and must decode without a gap; or it
 * gets a signal whose handler traces, after which nothing may be missing; or both: it is looked at
 * after each instruction of that handler.
 */
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/native/console_kit.h"

enum { ROUND_EVENTS = 3, STEPS_MAX = 20000 };

/* NATIVE_STRIDE=1 leaves no instruction out for signals, and takes minutes. */
static int stride(void)
{
	const char *text = getenv("NATIVE_STRIDE");

	return text && atoi(text) > 0 ? atoi(text) : 11;
}

struct found {
	uint32_t counted;
	uint32_t handled;
	bool has_gap;
};

static void note(void *context, uint32_t lane, const struct kit_event *event, uint64_t ticks,
		 const unsigned char *at, uint32_t tid)
{
	struct found *found = context;
	uint32_t number;
	uint32_t *next = strcmp(event->name, "handled") == 0 ? &found->handled : &found->counted;

	(void)lane;
	(void)ticks;
	(void)tid;
	memcpy(&number, at, sizeof(number));
	found->has_gap |= number != (*next)++;
}

static pid_t start(struct kit *kit)
{
	const char *build = getenv("abs_top_builddir");
	char path[PATH_MAX];
	pid_t pid;
	int status;

	snprintf(path, sizeof(path), "%s/tests/native/victim", build ? build : ".");
	pid = fork();
	if (pid == 0) {
		personality(ADDR_NO_RANDOMIZE);
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		execl(path, path, "step", (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		return -1;
	ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)(uintptr_t)PTRACE_O_EXITKILL);
	ptrace(PTRACE_CONT, pid, NULL, NULL);
	if (!kit_wait_ready(kit, 1, 10000))
		return -1;
	kit_enable(kit, "victim", "*", true);
	/* It stops itself before its first event. */
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) || WSTOPSIG(status) != SIGSTOP)
		return -1;
	return pid;
}

enum stop { STOP_STEP, STOP_ROUND, STOP_OVER };

/* A signal that was sent while signals were blocked comes later, and must be passed on then. */
static enum stop wait_stop(pid_t pid, int *pending)
{
	int status;

	*pending = 0;
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		return STOP_OVER;
	if (WSTOPSIG(status) == SIGUSR1)
		*pending = SIGUSR1;
	return WSTOPSIG(status) == SIGSTOP ? STOP_ROUND : STOP_STEP;
}

/* One instruction further. */
static enum stop step(pid_t pid, int signal)
{
	static int pending;

	if (ptrace(PTRACE_SINGLESTEP, pid, NULL, (void *)(uintptr_t)(signal ? signal : pending)) !=
	    0)
		return STOP_OVER;
	return wait_stop(pid, &pending);
}

/* To where the next round begins. */
static void finish_round(pid_t pid)
{
	enum stop stop = step(pid, 0);

	while (stop == STOP_STEP) {
		int pending = 0;

		ptrace(PTRACE_CONT, pid, NULL, NULL);
		stop = wait_stop(pid, &pending);
		if (pending)
			ptrace(PTRACE_SINGLESTEP, pid, NULL, (void *)(uintptr_t)pending);
		if (pending)
			stop = wait_stop(pid, &pending);
	}
	assert_int_equal(stop, STOP_ROUND);
}

/* Reads what a kill would leave now, and forgets that it did. */
static void check_as_if_killed(struct kit *kit, struct found *found, int at)
{
	static struct kit_lane saved[KIT_LANES_MAX];
	struct found before = *found;

	memcpy(saved, kit->state, sizeof(saved));
	if (!kit_look(kit) || found->has_gap)
		fail_msg("after %d steps: %s%s", at, kit->error, found->has_gap ? " a gap" : "");
	memcpy(kit->state, saved, sizeof(saved));
	*found = before;
}

/* Reads what is there and lets it go. */
static void check_round(struct kit *kit, const struct found *found, int at, uint32_t counted,
			uint32_t handled)
{
	if (!kit_drain(kit) || found->has_gap)
		fail_msg("after %d steps: %s%s", at, kit->error, found->has_gap ? " a gap" : "");
	if (found->counted != counted || found->handled != handled)
		fail_msg("after %d steps: %u events of %u, %u of %u from handlers", at,
			 found->counted, counted, found->handled, handled);
}

struct stage {
	struct kit *kit;
	struct found found;
	pid_t pid;
};

static void stage_open(struct stage *stage)
{
	memset(stage, 0, sizeof(*stage));
	stage->kit = kit_open(kit_geometry(2, 1, 12, 8), LANE_MODE_DISCARD);
	stage->kit->seen = note;
	stage->kit->context = &stage->found;
	stage->pid = start(stage->kit);
	if (stage->pid < 0)
		print_message("# %s\n", stage->kit->error);
	assert_true(stage->pid > 0);
}

static void stage_close(struct stage *stage)
{
	int status;

	kill(stage->pid, SIGKILL);
	while (waitpid(stage->pid, &status, 0) == stage->pid && WIFSTOPPED(status))
		;
	kit_close(stage->kit);
}

/* The first round claims a lane, the others open sub-buffers. */
static void kill_at_every_instruction(void **state)
{
	struct stage stage;
	int points = 0;

	(void)state;
	stage_open(&stage);
	for (uint32_t round = 1; round <= 3; round++) {
		do {
			check_as_if_killed(stage.kit, &stage.found, points);
			assert_true(++points < STEPS_MAX);
		} while (step(stage.pid, 0) == STOP_STEP);
		check_round(stage.kit, &stage.found, points, round * ROUND_EVENTS, 0);
	}
	print_message("# %d points\n", points);
	assert_true(points > 500);
	stage_close(&stage);
}

/* Steps `at` instructions into a round; false: the round is shorter. */
static bool step_into_round(pid_t pid, int at)
{
	for (int i = 0; i < at; i++)
		if (step(pid, 0) != STOP_STEP)
			return false;
	return true;
}

/* A signal that met the end of a round is handled in the next one. Returns how many that takes. */
static uint32_t finish_late(struct stage *stage, uint32_t handled)
{
	if (!kit_drain(stage->kit) || stage->found.handled == handled)
		return 0;
	finish_round(stage->pid);
	return 1;
}

static void signal_at_every_instruction(void **state)
{
	struct stage stage;
	uint32_t rounds = 0;
	uint32_t signals = 0;
	bool is_over = false;

	(void)state;
	stage_open(&stage);
	for (int at = 0; !is_over && at < STEPS_MAX; at += stride()) {
		is_over = !step_into_round(stage.pid, at);
		rounds++;
		if (!is_over) {
			signals++;
			if (step(stage.pid, SIGUSR1) == STOP_STEP)
				finish_round(stage.pid);
		}
		rounds += finish_late(&stage, signals * 2);
		check_round(stage.kit, &stage.found, at, rounds * ROUND_EVENTS, signals * 2);
	}
	print_message("# %u points\n", signals);
	assert_true(signals > 50);
	stage_close(&stage);
}

static void kill_inside_a_handler(void **state)
{
	struct stage stage;
	uint32_t rounds = 0;
	uint32_t signals = 0;
	int points = 0;
	bool is_over = false;

	(void)state;
	stage_open(&stage);
	for (int at = 1; !is_over && at < STEPS_MAX; at += 6 * stride() + 1) {
		is_over = !step_into_round(stage.pid, at);
		rounds++;
		for (int i = 0; !is_over && i < 400; i++, points++) {
			enum stop stop = step(stage.pid, i == 0 ? SIGUSR1 : 0);

			check_as_if_killed(stage.kit, &stage.found, at);
			if (stop == STOP_ROUND)
				break;
			if (i == 399)
				finish_round(stage.pid);
		}
		signals += !is_over;
		rounds += finish_late(&stage, signals * 2);
		check_round(stage.kit, &stage.found, at, rounds * ROUND_EVENTS, signals * 2);
	}
	print_message("# %u signals, %d points\n", signals, points);
	assert_true(points > 100);
	stage_close(&stage);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kill_at_every_instruction),
		cmocka_unit_test(signal_at_every_instruction),
		cmocka_unit_test(kill_inside_a_handler),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
