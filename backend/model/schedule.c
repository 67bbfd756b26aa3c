/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Timers that rotate a session; see schedule.h. */
#include "backend/model/schedule.h"

#include <stdlib.h>

#include "backend/base/clock.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/model/recording.h"
#include "backend/model/running.h"
#include "backend/sink/chunked.h"

struct schedule {
	struct session *session;
	uint64_t values[2]; /* by kind; 0: off */
	struct timer *timers[2];
	struct shared_text *text;
	bool is_rotating; /* one that was begun here */
};

static bool may_rotate(const struct session *session)
{
	/* What waits for its first event has nothing to archive. */
	if (session->is_ending || !session->was_started || session->rotation ||
	    session->waits_for_event)
		return false;
	return session->is_active ||
	       (!session->was_rotated_since_stop && !session->was_cleared_since_stop);
}

struct begun_rotation {
	struct model *model;
	uint64_t session_id;
	const char *reason; /* "as scheduled" */
};

static void rotation_done(void *data, const struct chunk_row *chunk, const struct error *err)
{
	struct begun_rotation *begun = data;
	struct session *session = model_find_session_id(begun->model, begun->session_id);

	if (session && session->schedule)
		session->schedule->is_rotating = false;
	if (err)
		log_write(LOG_LEVEL_ERROR, "cannot rotate session '%s' %s: %s",
			  session ? session_name(session) : "", begun->reason, err->message);
	else if (chunk && session)
		log_write(LOG_LEVEL_INFO, "session '%s' was rotated %s: %s", session_name(session),
			  begun->reason, shared_text_str(chunk->path));
	free(begun);
}

static void begin_rotation(struct session *session, const char *reason)
{
	struct begun_rotation *begun = mem_zalloc(sizeof(*begun));

	*begun = (struct begun_rotation){session->model, session->id, reason};
	if (session->schedule)
		session->schedule->is_rotating = true;
	recording_rotate(session, (struct rotation_outcome){.done = rotation_done, .data = begun});
}

static void rotate(struct schedule *schedule)
{
	/* One that is under way does it, too. */
	if (!schedule->is_rotating && may_rotate(schedule->session))
		begin_rotation(schedule->session, "as scheduled");
}

void schedule_leave_chunk(struct session *session)
{
	struct error err = ERROR_INIT;

	if (session->is_active && may_rotate(session) && recording_can_rotate(session, &err))
		begin_rotation(session, "for the sake of its clock");
}

/* How often sizes are looked at; 0: never. */
static uint64_t monitor_interval_us(const struct session *session)
{
	uint64_t fastest_us = 0;

	for (size_t i = 0; i < session->channel_count; i++) {
		uint64_t timer_us = session->channels[i]->attributes.monitor_timer_us;

		if (timer_us && (!fastest_us || timer_us < fastest_us))
			fastest_us = timer_us;
	}
	return fastest_us;
}

static void arm(struct schedule *schedule, enum schedule_kind kind)
{
	const struct session *session = schedule->session;
	uint64_t interval_us =
		kind == SCHEDULE_TIMER ? schedule->values[kind] : monitor_interval_us(session);

	if (!schedule->values[kind] || !interval_us || session->is_ending)
		return;
	/* A stopped session is rotated once more. */
	if (!session->is_active && !may_rotate(session) && !session->rotation)
		return;
	timer_arm(schedule->timers[kind], clock_monotonic_ns() + interval_us * NS_PER_US);
}

static void time_is_over(void *data, uint64_t now_ns)
{
	struct schedule *schedule = data;

	(void)now_ns;
	rotate(schedule);
	arm(schedule, SCHEDULE_TIMER);
}

static void look_at_size(void *data, uint64_t now_ns)
{
	struct schedule *schedule = data;
	struct session *session = schedule->session;
	struct chunk_info info;

	(void)now_ns;
	if (session->sink && chunked_current(session->sink, &info) &&
	    info.bytes >= schedule->values[SCHEDULE_SIZE])
		rotate(schedule);
	arm(schedule, SCHEDULE_SIZE);
}

static void make_text(struct schedule *schedule)
{
	uint64_t timer_us = schedule->values[SCHEDULE_TIMER];
	uint64_t size_bytes = schedule->values[SCHEDULE_SIZE];
	char number[UNITS_TEXT_MAX];
	struct text text = {0};

	if (timer_us)
		text_addf(&text, "every %s", units_duration(number, timer_us * NS_PER_US));
	if (size_bytes)
		text_addf(&text, "%sat %s", timer_us ? ", " : "",
			  units_short_bytes(number, size_bytes));
	shared_text_unref(schedule->text);
	schedule->text = text.length ? shared_text_create(text_str(&text)) : NULL;
	text_finish(&text);
}

static struct schedule *schedule_create(struct session *session)
{
	struct schedule *schedule = mem_zalloc(sizeof(*schedule));
	struct loop *loop = session->model->loop;

	schedule->session = session;
	schedule->timers[SCHEDULE_TIMER] = loop_add_timer(loop, time_is_over, schedule);
	schedule->timers[SCHEDULE_SIZE] = loop_add_timer(loop, look_at_size, schedule);
	return schedule;
}

bool schedule_enable(struct session *session, enum schedule_kind kind, uint64_t value,
		     struct error *err)
{
	struct schedule *schedule;

	if (!recording_can_rotate(session, err))
		return false;
	if (!session->schedule)
		session->schedule = schedule_create(session);
	schedule = session->schedule;
	if (schedule->values[kind])
		return error_set(err, ERROR_STATE,
				 "a %s rotation schedule is set on session '%s' already; "
				 "disable-rotation removes it",
				 kind == SCHEDULE_TIMER ? "periodic" : "size-based",
				 session_name(session));
	schedule->values[kind] = value;
	make_text(schedule);
	if (session->is_active)
		arm(schedule, kind);
	running_note(session);
	model_changed(session->model);
	return true;
}

bool schedule_disable(struct session *session, enum schedule_kind kind, struct error *err)
{
	struct schedule *schedule = session->schedule;

	if (!schedule_value(schedule, kind))
		return error_set(
			err, ERROR_STATE, "no %s rotation schedule is active on session '%s'",
			kind == SCHEDULE_TIMER ? "periodic" : "size-based", session_name(session));
	schedule->values[kind] = 0;
	timer_disarm(schedule->timers[kind]);
	make_text(schedule);
	running_note(session);
	model_changed(session->model);
	return true;
}

uint64_t schedule_value(const struct schedule *schedule, enum schedule_kind kind)
{
	return schedule ? schedule->values[kind] : 0;
}

struct shared_text *schedule_text(const struct schedule *schedule)
{
	return schedule ? schedule->text : NULL;
}

void schedule_started(struct schedule *schedule)
{
	if (!schedule)
		return;
	arm(schedule, SCHEDULE_TIMER);
	arm(schedule, SCHEDULE_SIZE);
}

void schedule_stop(struct schedule *schedule)
{
	if (!schedule)
		return;
	timer_disarm(schedule->timers[SCHEDULE_TIMER]);
	timer_disarm(schedule->timers[SCHEDULE_SIZE]);
}

void schedule_destroy(struct schedule *schedule)
{
	if (!schedule)
		return;
	loop_remove_timer(schedule->session->model->loop, schedule->timers[SCHEDULE_TIMER]);
	loop_remove_timer(schedule->session->model->loop, schedule->timers[SCHEDULE_SIZE]);
	shared_text_unref(schedule->text);
	free(schedule);
}
