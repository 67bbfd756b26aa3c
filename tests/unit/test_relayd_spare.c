/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory for packets that wait to be streamed: what is used again, what is kept, what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/sink/relayd_parts.h"

#define MIB	 (1u << 20)
#define KEPT_MAX (8u * MIB)

static int set_up(void **state)
{
	struct relayd_sink *sink = mem_zalloc(sizeof(*sink));

	pthread_mutex_init(&sink->lock, NULL);
	*state = sink;
	return 0;
}

static int tear_down(void **state)
{
	struct relayd_sink *sink = *state;

	relayd_spare_give_back(sink);
	assert_null(sink->spare_items);
	assert_int_equal(sink->spare_bytes, 0);
	pthread_mutex_destroy(&sink->lock);
	free(sink);
	return 0;
}

static struct relayd_item *make(struct relayd_sink *sink, size_t bytes)
{
	struct relayd_item *item = relayd_item_for_packet(sink, bytes);

	assert_non_null(item);
	memset(item->bytes, 0xa5, bytes); /* a sanitizer sees what is too small */
	return item;
}

static void a_packet_gets_the_memory_of_the_one_before(void **state)
{
	struct relayd_sink *sink = *state;
	struct relayd_item *first = make(sink, MIB - 300);
	struct relayd_item *second = make(sink, MIB - 300);
	struct relayd_item *again;

	assert_ptr_not_equal(first, second);
	first->event_count = 5;
	first->packet.sequence = 7;
	relayd_item_free(sink, second);
	relayd_item_free(sink, first);
	again = make(sink, MIB);
	assert_ptr_equal(again, first);
	assert_int_equal(again->event_count, 0);
	assert_int_equal(again->packet.sequence, 0);
	assert_null(again->next);
	assert_ptr_equal(make(sink, MIB / 2 + 1), second);
	relayd_item_free(sink, again);
	relayd_item_free(sink, second);
}

static void another_size_gets_memory_of_its_own(void **state)
{
	struct relayd_sink *sink = *state;
	struct relayd_item *large = make(sink, MIB);
	struct relayd_item *small;

	relayd_item_free(sink, large);
	small = make(sink, MIB / 4);
	assert_ptr_not_equal(small, large);
	assert_int_equal(sink->spare_bytes, MIB);
	relayd_item_free(sink, small);
	assert_int_equal(sink->spare_bytes, MIB + MIB / 4);
}

static void small_and_huge_packets_are_not_kept(void **state)
{
	struct relayd_sink *sink = *state;

	relayd_item_free(sink, make(sink, 0));
	relayd_item_free(sink, make(sink, 4096));
	relayd_item_free(sink, make(sink, KEPT_MAX + 1));
	relayd_item_free(sink, relayd_item_create(relayd_do_metadata));
	assert_null(sink->spare_items);
}

static void no_more_than_a_few_are_kept(void **state)
{
	struct relayd_sink *sink = *state;
	struct relayd_item *items[2 * KEPT_MAX / MIB];
	size_t count = sizeof(items) / sizeof(items[0]);

	for (size_t i = 0; i < count; i++)
		items[i] = make(sink, MIB);
	for (size_t i = 0; i < count; i++) {
		relayd_item_free(sink, items[i]);
		assert_true(sink->spare_bytes <= KEPT_MAX);
	}
	assert_int_equal(sink->spare_bytes, KEPT_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_packet_gets_the_memory_of_the_one_before, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(another_size_gets_memory_of_its_own, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(small_and_huge_packets_are_not_kept, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(no_more_than_a_few_are_kept, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
