/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory: growth, copies, and the end of the program when a size can't be had. */
#include "backend/base/mem.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void nothing_is_something(void **state)
{
	(void)state;
	free(mem_alloc(0));
	free(mem_zalloc(0));
	free(mem_realloc_array(NULL, 0, 8));
}

static void zalloc_clears(void **state)
{
	unsigned char *bytes = mem_zalloc(1000);

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(bytes[i], 0);
	free(bytes);
}

static void strndup_stops_at_both_ends(void **state)
{
	static const char unterminated[3] = {'a', 'b', 'c'};
	char *copy = mem_strndup(unterminated, 3);

	(void)state;
	assert_string_equal(copy, "abc");
	free(copy);
	copy = mem_strndup("ab", 10);
	assert_string_equal(copy, "ab");
	free(copy);
	copy = mem_printf("%d-%s", 7, "x");
	assert_string_equal(copy, "7-x");
	free(copy);
}

static void grown_arrays_keep_their_items(void **state)
{
	int *items = NULL;
	size_t room = 0;

	(void)state;
	for (size_t count = 0; count < 1000; count++) {
		items = mem_grow(items, count, &room, sizeof(*items));
		assert_true(room > count);
		items[count] = (int)count;
	}
	for (int i = 0; i < 1000; i++)
		assert_int_equal(items[i], i);
	free(items);
}

/* In a child, because it ends there. */
static void assert_aborts(void (*act)(void))
{
	const struct rlimit no_core = {0, 0};
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		signal(SIGABRT, SIG_DFL);
		setrlimit(RLIMIT_CORE, &no_core);
		close(STDERR_FILENO);
		act();
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

static void overflow_count(void)
{
	/* 2^(N/2+1) items of 2^(N/2) bytes: the product is 0 in N bits. */
	size_t half = sizeof(size_t) * 4;

	free(mem_realloc_array(NULL, (size_t)1 << half, (size_t)1 << half));
}

static void overflow_room(void)
{
	size_t room = SIZE_MAX / 2 + 1;

	free(mem_grow(NULL, room, &room, 1));
}

static void sizes_that_overflow_end_the_program(void **state)
{
	(void)state;
	assert_aborts(overflow_count);
	assert_aborts(overflow_room);
}

struct outer {
	int before;
	int inner;
};

static void container_is_found_from_its_member(void **state)
{
	struct outer outer;

	(void)state;
	assert_ptr_equal(CONTAINER_OF(&outer.inner, struct outer, inner), &outer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_something),
		cmocka_unit_test(zalloc_clears),
		cmocka_unit_test(strndup_stops_at_both_ends),
		cmocka_unit_test(grown_arrays_keep_their_items),
		cmocka_unit_test(sizes_that_overflow_end_the_program),
		cmocka_unit_test(container_is_found_from_its_member),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
