/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Publisher: what lies in buffers when somebody looks again is fetched before it is sampled. The
 * model's own work is played here: a session whose events come with a refresh. */
#include "backend/model/publisher.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "backend/base/clock.h"
#include "backend/base/units.h"
#include "backend/model/model.h"
#include "backend/model/picture_build.h"

static struct session session;
static struct session *sessions[] = {&session};
static struct model model;
static uint64_t emitted, fetched; /* events */
static struct outcome refresh;	  /* of the last call */
static unsigned int refresh_count;

void __wrap_model_refresh(struct model *of, struct session *one, struct outcome outcome);
void __wrap_session_count(const struct session *of, struct picture_counts *counts);
uint64_t __wrap_session_losses(const struct session *of);
struct picture *__wrap_picture_build(const struct model *of, uint64_t serial);

void __wrap_model_refresh(struct model *of, struct session *one, struct outcome outcome)
{
	(void)of;
	(void)one;
	refresh_count++;
	refresh = outcome;
}

static void end_refresh(void)
{
	struct outcome outcome = refresh;

	refresh = (struct outcome){0};
	fetched = emitted;
	outcome.done(outcome.data, NULL);
}

void __wrap_session_count(const struct session *of, struct picture_counts *counts)
{
	(void)of;
	*counts = (struct picture_counts){.recorded_events = fetched};
}

uint64_t __wrap_session_losses(const struct session *of)
{
	(void)of;
	return 0;
}

struct picture *__wrap_picture_build(const struct model *of, uint64_t serial)
{
	(void)of;
	(void)serial;
	return picture_build_empty();
}

static int setup(void **state)
{
	session = (struct session){0};
	model = (struct model){.loop = loop_create(), .sessions = sessions, .session_count = 1};
	emitted = fetched = 0;
	refresh_count = 0;
	*state = publisher_create(&model);
	return 0;
}

static int teardown(void **state)
{
	publisher_destroy(*state);
	loop_destroy(model.loop);
	return 0;
}

static void look(struct publisher *publisher)
{
	publisher_watch(publisher, 3600 * NS_PER_S, NULL, 0);
}

static void look_away(struct publisher *publisher)
{
	publisher_watch(publisher, 0, NULL, 0);
}

static void nothing_is_sampled_before_it_is_fetched(void **state)
{
	look(*state);
	emitted = 500;
	assert_int_equal(session.meter.last_sample_ns, 0);
	end_refresh();
	assert_int_equal(session.meter.last_total, 500);
}

static void a_pause_is_one_sample_with_all_that_came(void **state)
{
	uint64_t begin_ns;

	look(*state);
	end_refresh();
	begin_ns = session.meter.last_sample_ns;
	look_away(*state);
	emitted = 5000000;
	look(*state);
	assert_int_equal(session.meter.last_sample_ns, begin_ns);
	end_refresh();
	assert_true(session.meter.last_sample_ns > begin_ns);
	assert_int_equal(session.meter.last_total, 5000000);
}

static void who_looks_away_at_once_is_not_sampled_for(void **state)
{
	look(*state);
	look_away(*state);
	end_refresh();
	assert_int_equal(session.meter.last_sample_ns, 0);
	look(*state);
	end_refresh();
	assert_int_not_equal(session.meter.last_sample_ns, 0);
}

static void one_refresh_at_a_time(void **state)
{
	look(*state);
	look_away(*state);
	look(*state);
	assert_int_equal(refresh_count, 1);
	end_refresh();
	assert_int_not_equal(session.meter.last_sample_ns, 0);
}

#define PUBLISHER_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		PUBLISHER_TEST(nothing_is_sampled_before_it_is_fetched),
		PUBLISHER_TEST(a_pause_is_one_sample_with_all_that_came),
		PUBLISHER_TEST(who_looks_away_at_once_is_not_sampled_for),
		PUBLISHER_TEST(one_refresh_at_a_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
