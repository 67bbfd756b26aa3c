/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * calls: makes numbered system calls, lseek(CALLS_FD, N), for tests of the kernel's tracing. Each
 * goes with a call of calls_work(), and with statically defined points if sys/sdt.h was there:
 * calls:step without a semaphore, calls:counted with one. With --rate they are paced. With --events
 * every even number is an LTTng-UST event instead, so that both domains take turns. Prints how many
 * numbers there were.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#if defined(__has_include)
#if __has_include(<sys/sdt.h>)
#define HAS_SDT
#endif
#endif

#ifdef HAS_SDT
#define SDT_USE_VARIADIC
#include <sys/sdt.h>
#endif

#ifdef CALLS_EVENTS
#include "tests/tools/emit_provider.h"
#endif

enum { CALLS_PER_PAUSE = 20, PAUSE_NS = 1000000, NS_PER_S = 1000000000 };

__attribute__((noinline)) int calls_work(int number);

int calls_work(int number)
{
	__asm__ volatile("" ::: "memory");
	return number + 1;
}

#ifdef HAS_SDT
/* A tracer counts this up while it listens. */
__extension__ unsigned short counted_semaphore __attribute__((section(".probes")));

/* As DTRACE_PROBE2 with _SDT_HAS_SEMAPHORES writes it: a note with the semaphore's address. */
static void fire_counted(int number)
{
	if (__builtin_expect(*(volatile unsigned short *)&counted_semaphore != 0, 0))
		__asm__ volatile("990: nop\n"
				 ".pushsection .note.stapsdt,\"\",\"note\"\n"
				 ".balign 4\n"
				 ".4byte 992f-991f, 994f-993f, 3\n"
				 "991: .asciz \"stapsdt\"\n"
				 "992: .balign 4\n"
				 "993: .8byte 990b\n"
				 ".8byte _.stapsdt.base\n"
				 ".8byte counted_semaphore\n"
				 ".asciz \"calls\"\n"
				 ".asciz \"counted\"\n"
				 ".asciz \"-4@%0\"\n"
				 "994: .balign 4\n"
				 ".popsection\n" ::"r"(number));
}
#endif

static bool fire_event(uint64_t number)
{
#ifdef CALLS_EVENTS
	if (number % 2 == 0) {
		lttng_ust_tracepoint(emit, event_0000, 1, number, "call");
		return true;
	}
#endif
	(void)number;
	return false;
}

static void fire(int descriptor, uint64_t number, bool with_events)
{
	if (with_events && fire_event(number))
		return;
	lseek(descriptor, (off_t)number, SEEK_SET);
	if (with_events)
		return;
	calls_work((int)number);
#ifdef HAS_SDT
	DTRACE_PROBE1(calls, step, (int)number);
	fire_counted((int)number);
#endif
}

/* When so many calls are due. */
static void wait_for_turn(const struct timespec *begin, uint64_t number, uint64_t rate)
{
	struct timespec due = *begin;
	uint64_t left = number % rate;

	due.tv_sec += (time_t)(number / rate);
	due.tv_nsec += (long)(left * NS_PER_S / rate);
	if (due.tv_nsec >= NS_PER_S) {
		due.tv_nsec -= NS_PER_S;
		due.tv_sec++;
	}
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
}

/* A millisecond's worth at a time. */
static void fire_paced(int descriptor, uint64_t count, uint64_t rate, bool with_events)
{
	uint64_t at_once = rate / 1000 + 1;
	struct timespec begin;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	for (uint64_t number = 0; number < count; number++) {
		if (number % at_once == 0)
			wait_for_turn(&begin, number, rate);
		fire(descriptor, number, with_events);
	}
}

static const char usage[] =
	"Usage: calls [--events] (--count N [--rate PER_SECOND] | --until FILE)\n"
	"Makes numbered system calls, N of them or until FILE exists.\n";

int main(int argc, char **argv)
{
	const struct timespec pause = {0, PAUSE_NS};
	const char *number_text = getenv("CALLS_FD"); /* one that nobody else uses */
	int descriptor = number_text ? atoi(number_text) : 777;
	const char *stop_file = NULL;
	uint64_t count = 0, number = 0, rate = 0;
	bool with_events = false;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--events") == 0)
			with_events = true;
		else if (strcmp(argv[i], "--count") == 0 && i + 1 < argc)
			count = strtoull(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "--rate") == 0 && i + 1 < argc)
			rate = strtoull(argv[++i], NULL, 10);
		else if (strcmp(argv[i], "--until") == 0 && i + 1 < argc)
			stop_file = argv[++i];
		else
			count = 0;
	}
	if (count == 0 && !stop_file) {
		fputs(usage, stderr);
		return 1;
	}
	if (rate > 0 && !stop_file) {
		fire_paced(descriptor, count, rate, with_events);
		number = count;
	}
	while (stop_file ? access(stop_file, F_OK) != 0 : number < count) {
		for (int i = 0; i < CALLS_PER_PAUSE && (stop_file || number < count); i++)
			fire(descriptor, number++, with_events);
		if (stop_file)
			nanosleep(&pause, NULL);
	}
	printf("%llu\n", (unsigned long long)number);
	return 0;
}
