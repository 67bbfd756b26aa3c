/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An application that is stepped through, interrupted and killed by step.c and killer.c.
 *
 *	victim step             rounds without end, a stop before each: three events, two of them
 *long, so that each round begins a sub-buffer; the handler of SIGUSR1 traces two victim run THREADS
 *[x]  events without end; with x also from a handler, often
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests/native/victim_events.h"

TRACON_PROVIDER_DEFINE(victim, VICTIM_EVENTS)

static void on_signal(int signal)
{
	static uint32_t number;

	(void)signal;
	tracon_event(victim, handled, number);
	number++;
	tracon_event(victim, handled, number);
	number++;
}

static void step(void)
{
	static const char filler[1900];
	uint32_t number = 0;

	for (;;) {
		kill(getpid(), SIGSTOP);
		tracon_event(victim, counted, number++, 7, "stepping");
		tracon_event(victim, filled, number++, filler, sizeof(filler));
		tracon_event(victim, filled, number++, filler, sizeof(filler));
	}
}

/* Set again by those it interrupts: with handlers slower than an interval nothing else would run.
 */
static long interrupt_us;

static void *run(void *unused)
{
	struct itimerval once = {{0, 0}, {0, interrupt_us}};

	(void)unused;
	for (uint32_t i = 0;; i++) {
		if (interrupt_us > 0 && i % 64 == 0)
			setitimer(ITIMER_REAL, &once, NULL);
		tracon_event(victim, counted, i, (uint64_t)i << 32, "running");
	}
	return NULL;
}

int main(int argc, char **argv)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	pthread_t thread;

	if (argc < 2)
		return 2;
	sigaction(SIGUSR1, &action, NULL);
	sigaction(SIGALRM, &action, NULL);
	if (strcmp(argv[1], "step") == 0)
		step();
	if (argc < 3)
		return 2;
	if (argc > 3)
		interrupt_us = 5;
	for (unsigned long i = 1; i < strtoul(argv[2], NULL, 10); i++)
		if (pthread_create(&thread, NULL, run, NULL) != 0)
			return 1;
	run(NULL);
	return 0;
}
