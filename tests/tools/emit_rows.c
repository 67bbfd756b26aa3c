/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The application of filters.test: says "ready" with its process id, at SIGUSR1 emits each row once
 * with each event type, says how many events that were, and stays until SIGTERM.
 */
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/tools/emit_rows_provider.h"

typedef void (*emit_function)(unsigned int number, const struct emit_row *row);

#define ROWS_FUNCTION(a, b, c, d)                                                                  \
	static void emit_##a##b##c##d(unsigned int number, const struct emit_row *row)             \
	{                                                                                          \
		lttng_ust_tracepoint(filters, row_##a##b##c##d, number, row);                      \
	}
ROWS_EACH_TYPE(ROWS_FUNCTION)

#define ROWS_ENTRY(a, b, c, d) emit_##a##b##c##d,
static const emit_function emitters[] = {ROWS_EACH_TYPE(ROWS_ENTRY)};

int main(void)
{
	sigset_t begin, end;
	int number;

	sigemptyset(&begin);
	sigaddset(&begin, SIGUSR1);
	sigemptyset(&end);
	sigaddset(&end, SIGTERM);
	sigprocmask(SIG_BLOCK, &begin, NULL);
	sigprocmask(SIG_BLOCK, &end, NULL);
	printf("ready %d\n", (int)getpid());
	fflush(stdout);
	sigwait(&begin, &number);
	for (size_t i = 0; i < ROWS_TYPE_COUNT; i++)
		for (size_t j = 0; j < emit_row_count; j++)
			emitters[i]((unsigned int)j, &emit_rows_table[j]);
	printf("%zu\n", ROWS_TYPE_COUNT * emit_row_count);
	fflush(stdout);
	sigwait(&end, &number);
	return 0;
}
