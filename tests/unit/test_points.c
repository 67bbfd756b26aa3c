/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Points: who is asked and when, what stays while applications come and go, what is said when there
 * is nothing. The source is made here; its answers come when the test lets them. */
#include "backend/model/points.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/model/gatherer.h"
#include "backend/model/model.h"

#define APPS_MAX 32

/* A question that waits for its answer. */
struct held {
	uint64_t app_id;
	struct point_list *list;
	struct task *task;
};

static struct model model;
static struct gatherer *gatherer;
static struct held held[64];
static size_t held_count;
static unsigned int asked_count, changed_count;
static size_t event_counts[APPS_MAX + 1]; /* by application */

static void hold(struct source *source, uint64_t app_id, struct point_list *list, struct task *task)
{
	(void)source;
	asked_count++;
	assert_true(held_count < COUNT_OF(held));
	held[held_count++] = (struct held){app_id, list, task};
}

static void hold_all(struct source *source, bool with_fields, uid_t uid, bool is_root,
		     struct point_list *list, struct task *task)
{
	(void)with_fields;
	(void)uid;
	(void)is_root;
	hold(source, 0, list, task);
}

static const struct source_class apps_class = {
	.name = "apps",
	.domain = "UST",
	.title = "User space",
	.list_points = hold_all,
	.list_points_of = hold,
};

static const struct source_class kernel_class = {
	.name = "machine",
	.domain = "KERNEL",
	.title = "Linux kernel",
	.list_points = hold_all,
};

static struct source source;
static struct app apps[APPS_MAX];
static struct point_field fields[] = {{"size", "integer"}, {"why", "made of wood"}};

static const char *event_name(struct point_list *list, size_t number)
{
	char *name = point_list_alloc(list, 32);

	snprintf(name, 32, "app:event_%05zu", number);
	return name;
}

/* In falling order, so that somebody has to sort them. */
static void fill(const struct held *question)
{
	size_t count = event_counts[question->app_id];
	struct point *points = point_list_alloc(question->list, (count + 1) * sizeof(*points));
	struct point_group *group = point_list_alloc(question->list, sizeof(*group));

	for (size_t i = 0; i < count; i++)
		points[i] = (struct point){
			.name = event_name(question->list, count - i),
			.loglevel = 6,
			.fields = fields,
			.field_count = COUNT_OF(fields),
		};
	*group = (struct point_group){
		.app_id = question->app_id,
		.pid = (pid_t)(1000 + question->app_id),
		.uid = 7,
		.name = "web",
		.points = points,
		.point_count = count,
	};
	question->list->groups = group;
	question->list->group_count = 1;
}

static void answer(size_t at, bool in_time)
{
	const struct held question = held[at];

	memmove(&held[at], &held[at + 1], (--held_count - at) * sizeof(*held));
	if (in_time)
		fill(&question);
	else
		question.list->unanswered_count = 1;
	task_done(question.task, NULL);
	queue_drain(model.queue);
}

static void answer_all(void)
{
	while (held_count)
		answer(0, true);
}

static void note_change(void *data)
{
	(void)data;
	changed_count++;
}

static void add_app(uint64_t id, size_t event_count)
{
	apps[model.app_count++] = (struct app){.id = id, .uid = geteuid()};
	event_counts[id] = event_count;
	gatherer_note_apps(gatherer);
}

static void remove_app(uint64_t id)
{
	for (size_t i = 0; i < model.app_count; i++)
		if (apps[i].id == id)
			apps[i--] = apps[--model.app_count];
	gatherer_note_apps(gatherer);
}

/* Nobody is asked again, however slow the machine is. */
static const struct gatherer_pace patient = {
	.publish_ns = 10 * NS_PER_MS,
	.collect_ns = NS_PER_MS,
	.look_again_ns = 3600 * NS_PER_S,
};

static const struct gatherer_pace curious = {
	.publish_ns = 10 * NS_PER_MS,
	.collect_ns = NS_PER_MS,
	.look_again_ns = 20 * NS_PER_MS,
};

static int begin(const struct gatherer_pace *pace)
{
	model = (struct model){.loop = loop_create(), .queue = queue_create(), .apps = apps};
	loop_watch_queue(model.loop, model.queue);
	model.sources = mem_zalloc(source_count * sizeof(*model.sources));
	source.class = &apps_class;
	model.sources[0].source = &source;
	gatherer = gatherer_create(&model, pace, note_change, NULL);
	held_count = asked_count = changed_count = 0;
	return 0;
}

static int setup(void **state)
{
	(void)state;
	return begin(&patient);
}

static int setup_curious(void **state)
{
	(void)state;
	return begin(&curious);
}

static int teardown(void **state)
{
	(void)state;
	answer_all();
	gatherer_destroy(gatherer);
	loop_unwatch_queue(model.loop, model.queue);
	queue_destroy(model.queue);
	loop_destroy(model.loop);
	free(model.sources);
	return 0;
}

/* Runs the loop until there is one more publication. */
static void wait_for_change(void)
{
	unsigned int before = changed_count;
	uint64_t end_ns = clock_monotonic_ns() + 20 * NS_PER_S;

	while (changed_count == before && clock_monotonic_ns() < end_ns)
		loop_wait(model.loop, 1000);
	assert_int_not_equal(changed_count, before);
}

static const struct points *take(void)
{
	const struct points *points = gatherer_take(gatherer);

	assert_non_null(points);
	return points;
}

static void nobody_is_asked_unless_wanted(void **state)
{
	(void)state;
	add_app(1, 2);
	assert_int_equal(asked_count, 0);
	assert_null(gatherer_take(gatherer));
}

static void it_is_said_that_it_loads(void **state)
{
	const struct points *points;

	(void)state;
	add_app(1, 2);
	gatherer_want(gatherer, true);
	points = take();
	assert_true(points->is_loading);
	assert_int_equal(points->event_count, 0);
	points_unref(points);
	answer_all();
	wait_for_change();
	points = take();
	assert_false(points->is_loading);
	assert_int_equal(points->event_count, 2);
	points_unref(points);
}

static void events_come_sorted_with_their_fields(void **state)
{
	const struct points *points;

	(void)state;
	add_app(1, 3);
	gatherer_want(gatherer, true);
	answer_all();
	wait_for_change();
	points = take();
	assert_int_equal(points->group_count, 1);
	assert_string_equal(points->groups[0].name, "web");
	assert_string_equal(points->groups[0].domain, "User space");
	assert_int_equal(points->groups[0].domain_option, 'u');
	assert_int_equal(points->groups[0].pid, 1001);
	assert_string_equal(points->events[0].name, "app:event_00001");
	assert_string_equal(points->events[2].name, "app:event_00003");
	assert_string_equal(points->events[0].loglevel_text, "TRACE_INFO");
	assert_int_equal(points->events[0].field_count, 2);
	assert_string_equal(points->events[0].fields[0].type, "integer");
	assert_string_equal(points->events[0].fields[1].name, "why");
	assert_string_equal(points->events[0].fields[1].type, "unknown");
	assert_string_equal(points->nothing, "");
	points_unref(points);
}

static void others_are_not_asked_when_one_comes(void **state)
{
	const struct points *points;
	uint64_t first_id;

	(void)state;
	add_app(1, 2);
	gatherer_want(gatherer, true);
	answer_all();
	wait_for_change();
	points = take();
	first_id = points->groups[0].id;
	points_unref(points);
	asked_count = 0;
	add_app(2, 5);
	assert_int_equal(asked_count, 1);
	assert_int_equal(held[0].app_id, 2);
	answer_all();
	wait_for_change();
	points = take();
	assert_int_equal(points->group_count, 2);
	assert_int_equal(points->event_count, 7);
	assert_true(points->groups[0].id == first_id);
	assert_int_equal(points->groups[1].first_event, 2);
	points_unref(points);
}

static void who_goes_is_gone(void **state)
{
	const struct points *before, *after;

	(void)state;
	add_app(1, 2);
	add_app(2, 5);
	gatherer_want(gatherer, true);
	answer_all();
	wait_for_change();
	before = take();
	remove_app(1);
	wait_for_change();
	after = take();
	assert_int_equal(after->group_count, 1);
	assert_int_equal(after->event_count, 5);
	assert_true(after->serial > before->serial);
	/* Who still holds the former ones can read them. */
	assert_int_equal(before->event_count, 7);
	assert_string_equal(before->events[0].name, "app:event_00001");
	points_unref(before);
	points_unref(after);
}

static void an_answer_of_one_that_is_gone_is_dropped(void **state)
{
	const struct points *points;

	(void)state;
	add_app(1, 2);
	gatherer_want(gatherer, true);
	remove_app(1);
	answer_all();
	wait_for_change();
	points = take();
	assert_int_equal(points->group_count, 0);
	assert_false(points->is_loading);
	points_unref(points);
}

/* An application connects before its own providers have registered. */
static void it_is_asked_again_after_a_while(void **state)
{
	const struct points *points;

	(void)state;
	add_app(1, 0);
	gatherer_want(gatherer, true);
	answer_all();
	event_counts[1] = 4;
	/* On a slow machine it is asked, perhaps, before that answer is published. */
	wait_for_change();
	while (held_count == 0)
		loop_wait(model.loop, 1000);
	answer_all();
	wait_for_change();
	points = take();
	assert_int_equal(points->event_count, 4);
	points_unref(points);
}

static void a_silent_one_hides_no_other(void **state)
{
	const struct points *points;

	(void)state;
	add_app(1, 2);
	add_app(2, 3);
	gatherer_want(gatherer, true);
	answer(1, true);
	wait_for_change();
	points = take();
	assert_true(points->is_loading);
	assert_int_equal(points->event_count, 3);
	points_unref(points);
	answer(0, false);
	wait_for_change();
	points = take();
	assert_false(points->is_loading);
	assert_int_equal(points->unanswered_count, 1);
	assert_int_equal(points->event_count, 3);
	points_unref(points);
}

static void wanting_again_asks_again(void **state)
{
	(void)state;
	add_app(1, 2);
	gatherer_want(gatherer, true);
	answer_all();
	gatherer_want(gatherer, false);
	gatherer_want(gatherer, true);
	assert_int_equal(asked_count, 1); /* what it said is known */
	gatherer_want(gatherer, true);
	assert_int_equal(asked_count, 2);
}

static void a_source_without_applications_is_asked_as_a_whole(void **state)
{
	const struct points *points;

	(void)state;
	source.class = &kernel_class;
	event_counts[0] = 3;
	gatherer_want(gatherer, true);
	assert_int_equal(held_count, 1);
	answer_all();
	wait_for_change();
	points = take();
	assert_int_equal(points->group_count, 1);
	assert_string_equal(points->groups[0].name, "Linux kernel");
	assert_int_equal(points->groups[0].domain_option, 'k');
	assert_string_equal(points->events[0].loglevel_text, "");
	points_unref(points);
	/* Again when it has other applications. */
	add_app(1, 0);
	assert_int_equal(held_count, 1);
	answer_all();
	gatherer_note_apps(gatherer);
	assert_int_equal(held_count, 0);
}

static void expect_nothing(const char *sentence)
{
	const struct points *points;

	gatherer_want(gatherer, false);
	gatherer_want(gatherer, true);
	points = take();
	assert_string_equal(points->nothing, sentence);
	points_unref(points);
}

static void it_says_why_there_is_nothing(void **state)
{
	(void)state;
	expect_nothing("no application that can be traced runs: start one with \"tracon run -- "
		       "PROGRAM\", or try \"tracon demo\"");
	error_set(&model.sources[0].warning, ERROR_BUSY, "somebody else is there");
	add_app(1, 0);
	expect_nothing("the applications that run have no tracepoints: start one with \"tracon "
		       "run -- PROGRAM\", or try \"tracon demo\". User space: somebody else is "
		       "there");
	remove_app(1);
	answer_all();
	model.sources[0].source = NULL;
	error_set(&model.sources[0].missing, ERROR_UNSUPPORTED, "not built in");
	expect_nothing("nothing can be traced here. User space: not built in");
}

static void many_events_take_little_time(void **state)
{
	uint64_t begin_ns = clock_monotonic_ns();
	const struct points *points;

	(void)state;
	for (uint64_t id = 1; id <= 20; id++)
		add_app(id, 3000);
	gatherer_want(gatherer, true);
	answer_all();
	wait_for_change();
	points = take();
	assert_int_equal(points->event_count, 60000);
	points_unref(points);
	/* Far from what anything quadratic would take. */
	assert_true(clock_monotonic_ns() - begin_ns < 10 * NS_PER_S);
}

#define POINTS_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		POINTS_TEST(nobody_is_asked_unless_wanted),
		POINTS_TEST(it_is_said_that_it_loads),
		POINTS_TEST(events_come_sorted_with_their_fields),
		POINTS_TEST(others_are_not_asked_when_one_comes),
		POINTS_TEST(who_goes_is_gone),
		POINTS_TEST(an_answer_of_one_that_is_gone_is_dropped),
		cmocka_unit_test_setup_teardown(it_is_asked_again_after_a_while, setup_curious,
						teardown),
		POINTS_TEST(a_silent_one_hides_no_other),
		POINTS_TEST(wanting_again_asks_again),
		POINTS_TEST(a_source_without_applications_is_asked_as_a_whole),
		POINTS_TEST(it_says_why_there_is_nothing),
		POINTS_TEST(many_events_take_little_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
