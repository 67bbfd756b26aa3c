/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Kills tracing applications at random moments while their lanes are read, also such whose handlers
 * trace: all that was published is there, from each thread's first event on without a gap.
 */
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/native/console_kit.h"

/* Of each lane, as no thread ends before it is killed. */
struct found {
	uint32_t counted[KIT_LANES_MAX];
	bool has_gap;
	uint64_t handled;
};

static void note(void *context, uint32_t lane, const struct kit_event *event, uint64_t ticks,
		 const unsigned char *at, uint32_t tid)
{
	struct found *found = context;
	uint32_t number;

	(void)ticks;
	(void)tid;
	memcpy(&number, at, sizeof(number));
	if (strcmp(event->name, "counted") == 0) {
		/* Where it was refused the numbers go on later; they never go back. */
		found->has_gap |= number < found->counted[lane];
		found->counted[lane] = number + 1;
	} else {
		found->handled++;
	}
}

static pid_t start(const char *handlers)
{
	const char *build = getenv("abs_top_builddir");
	char path[PATH_MAX];
	pid_t pid;

	snprintf(path, sizeof(path), "%s/tests/native/victim", build ? build : ".");
	pid = fork();
	if (pid == 0) {
		execl(path, path, "run", "2", handlers, (char *)NULL);
		_exit(127);
	}
	return pid;
}

static uint64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

/* Reads until the time is over and something has come, then kills and reads the rest. */
static uint64_t run_and_kill(const char *handlers, uint64_t run_us)
{
	struct kit *kit = kit_open(kit_geometry(3, 1, 12, 64), LANE_MODE_DISCARD);
	static struct found found;
	pid_t pid = start(handlers);
	uint64_t records;
	uint64_t begin_us;

	memset(&found, 0, sizeof(found));
	kit->seen = note;
	kit->context = &found;
	if (!kit_wait_ready(kit, 1, 20000))
		fail_msg("%s", kit->error);
	kit_enable(kit, "victim", "*", true);
	begin_us = now_us();
	while ((now_us() - begin_us < run_us || kit->records == 0) &&
	       now_us() - begin_us < 20000000 && kit_drain(kit))
		;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	if (!kit_drain(kit) || found.has_gap)
		fail_msg("%s%s", kit->error, found.has_gap ? " a gap" : "");
	/* Everything published has been read; what was not refused is there. */
	for (uint32_t i = 0; i < kit->geometry.lanes; i++)
		assert_int_equal(kit->state[i].read, kit_lane(kit, i)->commit);
	records = kit->records;
	kit_close(kit);
	return records;
}

static unsigned int rounds(void)
{
	const char *text = getenv("NATIVE_KILLS");

	return text ? (unsigned int)strtoul(text, NULL, 10) : 25;
}

static void kills(const char *handlers)
{
	uint64_t records = 0;

	srand(7);
	for (unsigned int i = 0; i < rounds(); i++)
		records += run_and_kill(handlers, (uint64_t)(rand() % 20000));
	print_message("# %llu events\n", (unsigned long long)records);
	assert_true(records > rounds());
}

static void killed_at_random_moments(void **state)
{
	(void)state;
	kills(NULL);
}

static void killed_with_handlers_that_trace(void **state)
{
	(void)state;
	kills("x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(killed_at_random_moments),
		cmocka_unit_test(killed_with_handlers_that_trace),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
