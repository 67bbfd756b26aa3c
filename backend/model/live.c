/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The timer of live sessions, and the server of those that are recorded here; see live.h. */
#include "backend/model/live.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/live/feed.h"
#include "backend/model/model.h"

/* A ring that stands still longer keeps its own stream waiting, not the others. */
#define STAND_STILL_MS 200

struct live {
	struct session *session;
	struct live_feed *feed; /* reference held; NULL: a relay daemon serves its viewers */
	struct timer *timer;
	uint64_t next_ns;
	bool is_beating; /* the consumers are not through with the last period */
};

struct live_service {
	struct live_place place;    /* where viewers connect, or would */
	struct live_server *server; /* from the first session on that needs it */
};

/* --- where viewers connect */

static struct live_service *service_of(struct model *model)
{
	struct live_service *service = model->live_service;

	if (service)
		return service;
	service = mem_zalloc(sizeof(*service));
	strcpy(service->place.address, LIVE_ADDRESS_DEFAULT);
	service->place.port = LIVE_PORT_DEFAULT;
	model->live_service = service;
	return service;
}

static struct live_server *server_of(struct model *model, struct error *err)
{
	struct live_service *service = service_of(model);
	struct live_place wanted = service->place;

	if (!service->server)
		service->server =
			live_server_create(&wanted, model->host_name, &service->place, err);
	return service->server;
}

const struct live_place *live_service_place(struct model *model)
{
	return &service_of(model)->place;
}

bool live_service_move(struct model *model, const struct live_place *wanted, struct error *err)
{
	struct live_service *service = service_of(model);
	bool is_same = service->place.port == wanted->port &&
		       strcmp(service->place.address, wanted->address) == 0;

	if (service->server && is_same)
		return true;
	if (service->server)
		return live_server_move(service->server, wanted, &service->place, err);
	service->place = *wanted;
	return true;
}

void live_service_finish(struct model *model)
{
	if (!model->live_service)
		return;
	live_server_destroy(model->live_service->server);
	free(model->live_service);
	model->live_service = NULL;
}

/* --- periods */

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

/* A relay daemon doesn't say whether somebody looks. */
static bool is_watched(const struct live *live)
{
	return !live->feed || live_viewer_count(live->session) > 0;
}

static void period_is_over(void *data, uint64_t now_ns)
{
	struct live *live = data;

	if (!live->session->streams)
		return;
	if (!live->is_beating && is_watched(live))
		begin_beat(live);
	arm(live, now_ns);
}

/* --- sessions */

bool live_begin(struct session *session, struct error *err)
{
	struct live_server *server = NULL;
	struct live *live;

	if (session->mode == PICTURE_MODE_LIVE) {
		server = server_of(session->model, err);
		if (!server)
			return false;
	}
	live = mem_zalloc(sizeof(*live));
	live->session = session;
	live->timer = loop_add_timer(session->model->loop, period_is_over, live);
	session->live = live;
	if (server) {
		live->feed = live_feed_create(session->id + 1, session_name(session),
					      session->live_period_us);
		live_server_offer(server, live->feed);
	}
	return true;
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
	live_feed_end(live->feed);
	live_feed_unref(live->feed);
	loop_remove_timer(live->session->model->loop, live->timer);
	free(live);
}

struct live_feed *live_feed_of(const struct session *session)
{
	return session->live ? session->live->feed : NULL;
}

unsigned int live_viewer_count(const struct session *session)
{
	struct live_feed *feed = live_feed_of(session);
	struct live_feed_info info;

	if (!feed)
		return 0;
	live_feed_look(feed, &info);
	return info.reader_count;
}

void live_url(const struct session *session, struct text *out)
{
	const struct live_place *place = live_service_place(session->model);

	if (!live_feed_of(session))
		return;
	text_addf(out, "net://%s",
		  strcmp(place->address, "0.0.0.0") == 0 ? "localhost" : place->address);
	if (place->port != LIVE_PORT_DEFAULT)
		text_addf(out, ":%u", place->port);
	text_addf(out, "/host/%s/%s", session->model->host_name, session_name(session));
}
