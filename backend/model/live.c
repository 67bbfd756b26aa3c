/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The timer of live sessions; see live.h. */
#include "backend/model/live.h"

#include <stdlib.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/model/model.h"

/* A ring that stands still longer keeps its own stream waiting, not the others. */
#define STAND_STILL_MS 200

struct live {
	struct session *session;
	struct timer *timer;
	uint64_t next_ns;
	bool is_beating; /* the consumers are not through with the last period */
};

struct beat {
	struct task task; /* first */
	struct model *model;
	uint64_t session_id;
};

static void beat_is_over(struct message *message)
{
	struct beat *beat = (struct beat *)message;
	struct session *session = model_find_session_id(beat->model, beat->session_id);

	if (session && session->live)
		session->live->is_beating = false;
	free(beat);
}

static void begin_beat(struct live *live)
{
	struct session *session = live->session;
	struct beat *beat = mem_zalloc(sizeof(*beat));

	beat->model = session->model;
	beat->session_id = session->id;
	live->is_beating = true;
	task_init(&beat->task, session->model->queue, beat_is_over);
	stream_set_beat(session->streams, STAND_STILL_MS, &beat->task);
}

/* Periods that were missed are not made up for. */
static void arm(struct live *live, uint64_t now_ns)
{
	uint64_t period_ns = live->session->live_period_us * NS_PER_US;

	live->next_ns += period_ns;
	if (live->next_ns <= now_ns)
		live->next_ns = now_ns + period_ns;
	timer_arm(live->timer, live->next_ns);
}

static void period_is_over(void *data, uint64_t now_ns)
{
	struct live *live = data;

	if (!live->session->streams)
		return;
	if (!live->is_beating)
		begin_beat(live);
	arm(live, now_ns);
}

void live_begin(struct session *session)
{
	struct live *live = mem_zalloc(sizeof(*live));

	live->session = session;
	live->timer = loop_add_timer(session->model->loop, period_is_over, live);
	session->live = live;
}

void live_started(struct session *session)
{
	uint64_t now_ns = clock_monotonic_ns();

	if (!session->live || timer_is_armed(session->live->timer))
		return;
	session->live->next_ns = now_ns;
	arm(session->live, now_ns);
}

void live_stop(struct session *session)
{
	if (session->live)
		timer_disarm(session->live->timer);
}

void live_destroy(struct live *live)
{
	if (!live)
		return;
	loop_remove_timer(live->session->model->loop, live->timer);
	free(live);
}
