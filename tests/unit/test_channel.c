/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Channels: which rules are the same, which types they match, and sums over buffer groups. */
#include "backend/model/channel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static struct channel *create_channel(void)
{
	struct channel_attributes attributes;

	channel_attributes_default(&attributes);
	return channel_create(0, "channel0", 0, &attributes);
}

static struct event_rule *enable(struct channel *channel, const char *pattern,
				 enum loglevel_match match, int loglevel, const char *exclusion,
				 struct error *err)
{
	struct word_list exclusions = {0};
	struct event_rule_key key = {
		.pattern = pattern,
		.loglevel_match = match,
		.loglevel = loglevel,
		.exclusions = &exclusions,
	};
	struct event_rule *rule;

	if (exclusion)
		word_list_add(&exclusions, exclusion);
	rule = channel_enable_rule(channel, (uint32_t)channel->rule_count + 1, &key, err);
	word_list_finish(&exclusions);
	return rule;
}

static void same_rule_twice_is_refused(void **state)
{
	struct channel *channel = create_channel();
	struct error err = ERROR_INIT;

	(void)state;
	assert_non_null(enable(channel, "web:*", LOGLEVEL_ALL, -1, NULL, &err));
	assert_null(enable(channel, "web:*", LOGLEVEL_ALL, -1, NULL, &err));
	assert_int_equal(err.code, ERROR_EVENT_EXISTS);
	channel_destroy(channel);
}

static void exclusions_read_as_they_are_given(void **state)
{
	struct channel *channel = create_channel();
	struct error err = ERROR_INIT;
	struct word_list exclusions = {0};
	struct event_rule_key key = {.pattern = "web:*", .loglevel = -1, .exclusions = &exclusions};
	const struct event_rule *rule;

	(void)state;
	rule = enable(channel, "web:*", LOGLEVEL_AT_LEAST, 4, NULL, &err);
	assert_string_equal(shared_text_str(rule->exclusions_text), "");
	word_list_add(&exclusions, "web:a,b");
	word_list_add(&exclusions, "web:\\*");
	rule = channel_enable_rule(channel, 7, &key, &err);
	assert_string_equal(shared_text_str(rule->exclusions_text), "web:a\\,b,web:\\*");
	word_list_finish(&exclusions);
	text_split_commas(shared_text_str(rule->exclusions_text), &exclusions);
	assert_int_equal(exclusions.count, 2);
	assert_string_equal(exclusions.words[0], "web:a,b");
	assert_string_equal(exclusions.words[1], "web:\\*");
	word_list_finish(&exclusions);
	channel_destroy(channel);
}

static void rules_differ_by_level_and_exclusion(void **state)
{
	struct channel *channel = create_channel();
	struct error err = ERROR_INIT;

	(void)state;
	assert_non_null(enable(channel, "web:*", LOGLEVEL_ALL, -1, NULL, &err));
	assert_non_null(enable(channel, "web:*", LOGLEVEL_AT_LEAST, 4, NULL, &err));
	assert_non_null(enable(channel, "web:*", LOGLEVEL_EXACTLY, 4, NULL, &err));
	assert_non_null(enable(channel, "web:*", LOGLEVEL_ALL, -1, "web:ping", &err));
	assert_int_equal(channel->rule_count, 4);
	channel_destroy(channel);
}

static void disabled_rule_is_enabled_again(void **state)
{
	struct channel *channel = create_channel();
	struct error err = ERROR_INIT;
	struct event_rule *rule = enable(channel, "a:b", LOGLEVEL_ALL, -1, NULL, &err);

	(void)state;
	assert_true(channel_disable_rules(channel, "a:b", &err));
	assert_false(rule->is_enabled);
	assert_ptr_equal(enable(channel, "a:b", LOGLEVEL_ALL, -1, NULL, &err), rule);
	assert_true(rule->is_enabled);
	assert_int_equal(channel->rule_count, 1);
	channel_destroy(channel);
}

static void disabling_goes_by_exact_pattern(void **state)
{
	struct channel *channel = create_channel();
	struct error err = ERROR_INIT;
	struct event_rule *star = enable(channel, "a:*", LOGLEVEL_ALL, -1, NULL, &err);
	struct event_rule *level = enable(channel, "a:*", LOGLEVEL_EXACTLY, 3, NULL, &err);
	struct event_rule *one = enable(channel, "a:b", LOGLEVEL_ALL, -1, NULL, &err);

	(void)state;
	assert_true(channel_disable_rules(channel, "a:*", &err));
	assert_false(star->is_enabled);
	assert_false(level->is_enabled);
	assert_true(one->is_enabled);
	assert_false(channel_disable_rules(channel, "a:c", &err));
	assert_int_equal(err.code, ERROR_EVENT_NOT_FOUND);
	channel_destroy(channel);
}

static void rules_match_as_the_tracer_does(void **state)
{
	struct channel *channel = create_channel();
	struct error err = ERROR_INIT;
	struct event_rule *severe = enable(channel, "a:*", LOGLEVEL_AT_LEAST, 4, NULL, &err);
	struct event_rule *exact = enable(channel, "a:*", LOGLEVEL_EXACTLY, 6, NULL, &err);
	struct event_rule *but = enable(channel, "a:*", LOGLEVEL_ALL, -1, "a:x*", &err);

	(void)state;
	assert_true(event_rule_matches(severe, "a:b", 4));
	assert_true(event_rule_matches(severe, "a:b", 0));
	assert_false(event_rule_matches(severe, "a:b", 5));
	assert_true(event_rule_matches(exact, "a:b", 6));
	assert_false(event_rule_matches(exact, "a:b", 5));
	assert_true(event_rule_matches(but, "a:b", 14));
	assert_false(event_rule_matches(but, "a:xb", 14));
	assert_false(event_rule_matches(but, "b:b", 14));
	channel_destroy(channel);
}

static void types_of_one_name_are_summed_over_groups(void **state)
{
	struct channel *channel = create_channel();
	struct tally *first = tally_create();
	struct tally *second = tally_create();

	(void)state;
	event_counts_add(first->recorded_types, 7, 100, 3200);
	event_counts_add(second->recorded_types, 3, 11, 500);
	tally_add(&first->recorded_events, 100);
	tally_add(&second->recorded_events, 11);
	tally_add(&second->discarded_ring, 4);
	tally_add(&second->discarded_write, 5);
	channel_add_type(channel, 1, "a:b", 14, tally_ref(first), 7);
	channel_add_type(channel, 2, "a:b", 14, tally_ref(second), 3);
	channel_add_type(channel, 3, "a:b", 6, tally_ref(second), 4);
	assert_int_equal(channel->type_count, 2); /* another level is another type */
	assert_int_equal(event_type_total(channel->types[0]), 111);
	assert_int_equal(event_type_total(channel->types[1]), 0);
	assert_int_equal(event_type_bytes(channel->types[0]), 3700);

	struct picture_counts counts;

	channel_add_tally(channel, first);
	channel_add_tally(channel, second);
	channel_count(channel, &counts);
	assert_int_equal(counts.recorded_events, 111);
	assert_int_equal(counts.discarded_events, 9);
	channel_destroy(channel);
}

static void type_belongs_to_its_first_enabled_rule(void **state)
{
	struct channel *channel = create_channel();
	struct tally *tally = tally_create();
	struct error err = ERROR_INIT;
	struct event_rule *star = enable(channel, "a:*", LOGLEVEL_ALL, -1, NULL, &err);
	struct event_rule *one = enable(channel, "a:b", LOGLEVEL_ALL, -1, NULL, &err);

	(void)state;
	channel_add_type(channel, 1, "a:b", 14, tally, 0);
	assert_ptr_equal(channel->types[0]->rule, star);
	assert_int_equal(star->match_count, 1);
	assert_int_equal(one->match_count, 1);
	assert_true(channel_disable_rules(channel, "a:*", &err));
	assert_ptr_equal(channel->types[0]->rule, one);
	assert_true(channel_disable_rules(channel, "a:b", &err));
	assert_ptr_equal(channel->types[0]->rule, star);
	assert_false(channel->types[0]->rule->is_enabled);
	channel_destroy(channel);
}

static void thousands_of_types_keep_their_order(void **state)
{
	struct channel *channel = create_channel();
	struct tally *tally = tally_create();
	char name[32];

	(void)state;
	for (uint32_t i = 0; i < 3000; i++) {
		snprintf(name, sizeof(name), "p:event_%u", i);
		channel_add_type(channel, i, name, 14, tally_ref(tally), i);
	}
	assert_int_equal(channel->type_count, 3000);
	assert_string_equal(shared_text_str(channel->types[2999]->name), "p:event_2999");
	tally_unref(tally);
	channel_destroy(channel);
}

static void groups_that_end_stay_counted(void **state)
{
	struct channel *channel = create_channel();
	struct tally *gone = tally_create(), *stays = tally_create();
	struct picture_counts counts;

	(void)state;
	channel_add_tally(channel, tally_ref(gone));
	channel_add_tally(channel, tally_ref(stays));
	channel_add_type(channel, 1, "a:b", 14, tally_ref(gone), 0);
	channel_add_type(channel, 2, "a:b", 14, tally_ref(stays), 5);
	tally_add(&gone->recorded_events, 10);
	tally_add(&gone->unreadable_bytes, 4096);
	tally_add(&stays->recorded_events, 1);
	event_counts_add(gone->recorded_types, 0, 10, 400);
	event_counts_add(stays->recorded_types, 5, 1, 40);
	channel_end_tally(channel, gone);
	channel_end_tally(channel, gone); /* one that is not there (any more) */
	tally_unref(gone);
	assert_int_equal(channel->tally_count, 1);
	assert_int_equal(channel->types[0]->part_count, 1);
	channel_count(channel, &counts);
	assert_int_equal(counts.recorded_events, 11);
	assert_int_equal(counts.unreadable_bytes, 4096);
	assert_int_equal(event_type_total(channel->types[0]), 11);
	tally_unref(stays);
	channel_destroy(channel);
}

/* One packet with so many events of type 7, 32 bytes each. */
static struct tally_receipt *record(struct tally *tally, uint64_t events)
{
	struct event_counts *types = event_counts_create();
	struct tally_receipt *receipt;

	event_counts_add(types, 7, events, 32 * events);
	receipt = tally_receipt_create(tally, types, events, 4096);
	event_counts_move(types, tally->recorded_types);
	tally_add(&tally->recorded_events, events);
	tally_add(&tally->recorded_bytes, 4096);
	event_counts_destroy(types);
	return receipt;
}

static void assert_counted(const struct channel *channel, uint64_t recorded, uint64_t discarded)
{
	struct picture_counts counts;

	channel_count(channel, &counts);
	assert_int_equal(counts.recorded_events, recorded);
	assert_int_equal(counts.discarded_events, discarded);
	assert_int_equal(event_type_total(channel->types[0]), recorded);
	assert_int_equal(event_type_bytes(channel->types[0]), 32 * recorded);
}

static void what_did_not_arrive_is_discarded_by_type(void **state)
{
	struct channel *channel = create_channel();
	struct tally *tally = tally_create();
	struct tally_receipt *first = record(tally, 10);
	struct tally_receipt *second = record(tally, 3);
	struct tally_receipt *third;

	(void)state;
	channel_add_tally(channel, tally_ref(tally));
	channel_add_type(channel, 1, "a:b", 14, tally_ref(tally), 7);
	assert_counted(channel, 13, 0);
	tally_receipt_lost(tally, first, 1);
	assert_counted(channel, 3, 10);
	tally_clear(tally);
	third = record(tally, 5);
	tally_receipt_lost(tally, second, 2); /* it was cleared before it was lost */
	assert_counted(channel, 5, 0);
	channel_end_tally(channel, tally); /* its group is gone, its packet is not there yet */
	assert_counted(channel, 5, 0);
	tally_receipt_lost(tally, third, 3);
	assert_counted(channel, 0, 5);
	channel_end_tally(channel, NULL);
	assert_int_equal(channel->tally_count, 0);
	assert_counted(channel, 0, 5);
	tally_unref(tally);
	channel_destroy(channel);
}

static void contexts_are_there_once(void **state)
{
	struct channel *channel = create_channel();

	(void)state;
	assert_true(channel_add_context(channel, "vpid"));
	assert_true(channel_add_context(channel, "procname"));
	assert_false(channel_add_context(channel, "vpid"));
	assert_string_equal(shared_text_str(channel->contexts_text), "vpid, procname");
	assert_true(channel_remove_context(channel, "vpid"));
	assert_false(channel_remove_context(channel, "vpid"));
	assert_string_equal(shared_text_str(channel->contexts_text), "procname");
	assert_true(channel_remove_context(channel, "procname"));
	assert_string_equal(shared_text_str(channel->contexts_text), "");
	channel_destroy(channel);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(same_rule_twice_is_refused),
		cmocka_unit_test(exclusions_read_as_they_are_given),
		cmocka_unit_test(rules_differ_by_level_and_exclusion),
		cmocka_unit_test(disabled_rule_is_enabled_again),
		cmocka_unit_test(disabling_goes_by_exact_pattern),
		cmocka_unit_test(rules_match_as_the_tracer_does),
		cmocka_unit_test(types_of_one_name_are_summed_over_groups),
		cmocka_unit_test(type_belongs_to_its_first_enabled_rule),
		cmocka_unit_test(thousands_of_types_keep_their_order),
		cmocka_unit_test(groups_that_end_stay_counted),
		cmocka_unit_test(what_did_not_arrive_is_discarded_by_type),
		cmocka_unit_test(contexts_are_there_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
