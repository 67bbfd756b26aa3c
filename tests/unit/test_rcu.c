/* SPDX-License-Identifier: GPL-2.0-or-later */
/* RCU: readers see whole pictures, and none is freed under them. */
#include "backend/base/rcu.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/base/thread.h"

#define READERS	  3
#define PUBLISHED 2000

struct picture {
	struct rcu_garbage garbage;
	unsigned int number;
	unsigned int copies[16]; /* all equal to number */
	atomic_uint *destroyed;
};

static void picture_destroy(struct rcu_garbage *garbage)
{
	struct picture *picture = CONTAINER_OF(garbage, struct picture, garbage);

	for (size_t i = 0; i < COUNT_OF(picture->copies); i++)
		picture->copies[i] = 0; /* a reader still here would see it */
	atomic_fetch_add(picture->destroyed, 1);
	free(picture);
}

static struct picture *picture_create(unsigned int number, atomic_uint *destroyed)
{
	struct picture *picture = mem_zalloc(sizeof(*picture));

	picture->number = number;
	picture->destroyed = destroyed;
	for (size_t i = 0; i < COUNT_OF(picture->copies); i++)
		picture->copies[i] = number;
	return picture;
}

struct shared {
	void *current;
	atomic_bool is_done;
	atomic_bool is_torn;
	atomic_uint destroyed;
};

static void read_on(void *data)
{
	struct shared *shared = data;
	unsigned int last = 0;

	while (!atomic_load(&shared->is_done)) {
		const struct picture *picture;

		rcu_read_begin();
		picture = rcu_read_pointer(&shared->current);
		if (picture) {
			for (size_t i = 0; i < COUNT_OF(picture->copies); i++)
				if (picture->copies[i] != picture->number)
					atomic_store(&shared->is_torn, true);
			if (picture->number < last)
				atomic_store(&shared->is_torn, true);
			last = picture->number;
		}
		rcu_read_end();
	}
}

static void publish(struct shared *shared, struct picture *fresh)
{
	struct picture *stale = rcu_publish_pointer(&shared->current, fresh);

	if (stale)
		rcu_retire(&stale->garbage, picture_destroy);
}

static void readers_see_whole_pictures(void **state)
{
	struct shared shared = {0};
	struct thread *readers[READERS];
	struct error err = ERROR_INIT;

	(void)state;
	for (int i = 0; i < READERS; i++) {
		readers[i] = thread_start("reader", read_on, &shared, &err);
		assert_non_null(readers[i]);
	}
	for (unsigned int i = 1; i <= PUBLISHED; i++)
		publish(&shared, picture_create(i, &shared.destroyed));
	publish(&shared, NULL);
	rcu_wait_for_retired();
	assert_int_equal(atomic_load(&shared.destroyed), PUBLISHED);
	atomic_store(&shared.is_done, true);
	for (int i = 0; i < READERS; i++)
		thread_join(readers[i]);
	assert_false(atomic_load(&shared.is_torn));
}

static void publishing_returns_what_was_there(void **state)
{
	int first, second;
	void *slot = NULL;

	(void)state;
	assert_null(rcu_publish_pointer(&slot, &first));
	assert_ptr_equal(rcu_publish_pointer(&slot, &second), &first);
	rcu_read_begin();
	rcu_read_begin();
	assert_ptr_equal(rcu_read_pointer(&slot), &second);
	rcu_read_end();
	assert_ptr_equal(rcu_read_pointer(&slot), &second);
	rcu_read_end();
}

static void readers_hold_what_they_read(void **state)
{
	struct shared shared = {0};
	const struct picture *held;

	(void)state;
	publish(&shared, picture_create(1, &shared.destroyed));
	rcu_read_begin();
	held = rcu_read_pointer(&shared.current);
	publish(&shared, NULL);
	assert_int_equal(held->copies[15], 1);
	assert_int_equal(atomic_load(&shared.destroyed), 0);
	rcu_read_end();
	rcu_wait_for_retired();
	assert_int_equal(atomic_load(&shared.destroyed), 1);
}

static int begin(void **state)
{
	(void)state;
	rcu_thread_begin();
	return 0;
}

static int end(void **state)
{
	(void)state;
	rcu_thread_end();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(publishing_returns_what_was_there),
		cmocka_unit_test(readers_hold_what_they_read),
		cmocka_unit_test(readers_see_whole_pictures),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
