/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looks now and then whether anything was recorded; see expiry.h. What lies in the rings is brought
 * to the counters first, so the time of the last event is known to an eighth of the idle time, at
 * most LOOK_MAX_NS.
 */
#include "backend/model/expiry.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/model/lifespan.h"
#include "backend/model/model.h"
#include "backend/model/recording.h"

#define LOOKS_PER_IDLE_TIME 8
#define LOOK_MIN_NS	    (10 * NS_PER_MS)
#define LOOK_MAX_NS	    (30 * NS_PER_S)
/* One that waits for its first event should not begin much later than that. */
#define WAITING_LOOK_MAX_NS NS_PER_S
#define TRY_AGAIN_NS	    NS_PER_S

struct expiry {
	struct session *session;
	struct expiry_limits limits;
	struct timer *look_timer, *lifetime_timer;
	bool is_turning;	 /* an operation is under way */
	bool has_failed;	 /* said once */
	uint64_t event_count;	 /* at the last look */
	uint64_t begun_at_ns;	 /* monotonic */
	uint64_t active_at_ns;	 /* likewise: when more events than before were found */
	uint64_t active_wall_ns; /* the same */
	uint64_t looked_wall_ns; /* the last look that found nothing new */
};

struct expiry_limits expiry_limits_of(const struct expiry *expiry)
{
	return expiry ? expiry->limits : (struct expiry_limits){0, 0};
}

bool expiry_check(const struct expiry_limits *limits, bool is_snapshot, struct error *err)
{
	return !limits->idle_us || !is_snapshot ||
	       error_set(err, ERROR_STATE,
			 "a snapshot session has no idle timeout: its events are not counted as "
			 "they come");
}

static uint64_t count_events(const struct session *session)
{
	struct picture_counts counts;

	session_count(session, &counts);
	return counts.recorded_events;
}

/* --- ending */

struct turning {
	struct model *model;
	uint64_t session_id;
};

static void arm_look(struct expiry *expiry)
{
	uint64_t interval_ns = expiry->limits.idle_us * NS_PER_US / LOOKS_PER_IDLE_TIME;
	uint64_t max_ns = expiry->session->waits_for_event ? WAITING_LOOK_MAX_NS : LOOK_MAX_NS;

	if (!expiry->limits.idle_us || expiry->session->is_ending)
		return;
	if (interval_ns > max_ns)
		interval_ns = max_ns;
	if (interval_ns < LOOK_MIN_NS)
		interval_ns = LOOK_MIN_NS;
	timer_arm(expiry->look_timer, clock_monotonic_ns() + interval_ns);
}

/* A timer may fire a little early, or while the session ended for another reason. */
static void arm_lifetime(struct expiry *expiry, bool has_failed)
{
	uint64_t soon_ns = clock_monotonic_ns() + (has_failed ? TRY_AGAIN_NS : LOOK_MIN_NS);
	uint64_t at_ns = expiry->begun_at_ns + expiry->limits.lifetime_us * NS_PER_US;

	if (!expiry->limits.lifetime_us || expiry->session->waits_for_event ||
	    timer_is_armed(expiry->lifetime_timer))
		return;
	timer_arm(expiry->lifetime_timer, at_ns > soon_ns ? at_ns : soon_ns);
}

static void turned(void *data, const struct error *err)
{
	struct turning *turning = data;
	struct session *session = model_find_session_id(turning->model, turning->session_id);
	struct expiry *expiry = session ? session->expiry : NULL;

	free(turning);
	if (!expiry)
		return;
	expiry->is_turning = false;
	if (err && !expiry->has_failed)
		log_write(
			LOG_LEVEL_WARNING,
			"session '%s' can't be ended and continued now, it will be tried again: %s",
			session_name(session), err->message);
	expiry->has_failed = err != NULL;
	arm_lifetime(expiry, err != NULL);
	arm_look(expiry);
}

static void turn(struct expiry *expiry, const char *reason)
{
	struct session *session = expiry->session;
	struct turning *turning;

	if (expiry->is_turning || session->is_ending)
		return;
	turning = mem_zalloc(sizeof(*turning));
	*turning = (struct turning){session->model, session->id};
	expiry->is_turning = true;
	recording_turn(session, reason, (struct outcome){turned, turning});
}

bool expiry_is_due(const struct session *session, const char *reason, uint64_t *wall_ns)
{
	const struct expiry *expiry = session->expiry;
	uint64_t now_ns = clock_monotonic_ns();

	*wall_ns = clock_wall_ns();
	if (!expiry || session->is_ending || session->waits_for_event || !session->has_begun)
		return false;
	if (strcmp(reason, LIFESPAN_MAX_LIFETIME) == 0)
		return now_ns >= expiry->begun_at_ns + expiry->limits.lifetime_us * NS_PER_US;
	*wall_ns = expiry->active_wall_ns;
	return count_events(session) == expiry->event_count &&
	       now_ns >= expiry->active_at_ns + expiry->limits.idle_us * NS_PER_US;
}

/* --- looking */

static void note_activity(struct expiry *expiry)
{
	expiry->active_at_ns = clock_monotonic_ns();
	expiry->active_wall_ns = clock_wall_ns();
}

/* True: there are events that were not there at the last look. */
static bool notice(struct expiry *expiry)
{
	uint64_t event_count = count_events(expiry->session);

	if (event_count == expiry->event_count)
		return false;
	expiry->event_count = event_count;
	lifespan_begin_waiting(expiry->session, expiry->looked_wall_ns);
	note_activity(expiry);
	return true;
}

static void looked(void *data, const struct error *err)
{
	struct turning *looking = data;
	struct session *session = model_find_session_id(looking->model, looking->session_id);
	struct expiry *expiry = session ? session->expiry : NULL;
	uint64_t wall_ns;

	(void)err; /* what can't be brought now is looked at the next time */
	free(looking);
	if (!expiry || session->is_ending)
		return;
	if (!notice(expiry)) {
		expiry->looked_wall_ns = clock_wall_ns();
		if (expiry_is_due(session, LIFESPAN_IDLE, &wall_ns))
			turn(expiry, LIFESPAN_IDLE);
	}
	if (!expiry->is_turning)
		arm_look(expiry);
}

static void look(void *data, uint64_t now_ns)
{
	struct expiry *expiry = data;
	struct session *session = expiry->session;
	struct turning *looking;

	(void)now_ns;
	if (session->is_ending || expiry->is_turning)
		return;
	if (notice(expiry)) {
		arm_look(expiry);
		return;
	}
	looking = mem_zalloc(sizeof(*looking));
	*looking = (struct turning){session->model, session->id};
	model_refresh(session->model, session, (struct outcome){looked, looking});
}

static void lifetime_is_over(void *data, uint64_t now_ns)
{
	(void)now_ns;
	turn(data, LIFESPAN_MAX_LIFETIME);
}

/* --- what happens to the session */

void expiry_begun(struct session *session)
{
	struct expiry *expiry = session->expiry;

	if (!expiry)
		return;
	expiry->begun_at_ns = clock_monotonic_ns();
	if (expiry->limits.lifetime_us)
		timer_arm(expiry->lifetime_timer,
			  expiry->begun_at_ns + expiry->limits.lifetime_us * NS_PER_US);
}

void expiry_started(struct session *session)
{
	struct expiry *expiry = session->expiry;

	if (!expiry || timer_is_armed(expiry->look_timer))
		return;
	if (!session->waits_for_event)
		note_activity(expiry);
	expiry->looked_wall_ns = clock_wall_ns();
	arm_look(expiry);
}

void expiry_cleared(struct session *session)
{
	if (session->expiry)
		session->expiry->event_count = 0;
}

bool expiry_settle(struct session *session)
{
	if (session->expiry)
		notice(session->expiry);
	return !session->waits_for_event;
}

void expiry_set(struct session *session, const struct expiry_limits *limits)
{
	struct loop *loop = session->model->loop;
	struct expiry *expiry;

	if (session->expiry || (!limits->idle_us && !limits->lifetime_us))
		return;
	expiry = mem_zalloc(sizeof(*expiry));
	expiry->session = session;
	expiry->limits = *limits;
	expiry->look_timer = loop_add_timer(loop, look, expiry);
	expiry->lifetime_timer = loop_add_timer(loop, lifetime_is_over, expiry);
	session->expiry = expiry;
}

void expiry_destroy(struct expiry *expiry)
{
	if (!expiry)
		return;
	loop_remove_timer(expiry->session->model->loop, expiry->look_timer);
	loop_remove_timer(expiry->session->model->loop, expiry->lifetime_timer);
	free(expiry);
}
