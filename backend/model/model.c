/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The model's root: its lists, its sources, and what sources report; see model.h. */
#include "backend/model/model.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/model/gatherer.h"
#include "backend/model/hook.h"
#include "backend/model/lifespan.h"
#include "backend/model/live.h"
#include "backend/model/publisher.h"
#include "backend/model/running.h"
#include "backend/model/schedule.h"
#include "backend/model/tapping.h"
#include "backend/model/telemetry.h"
#include "backend/model/trigger.h"

/* --- what sources tell, brought to the control thread */

struct host_place {
	struct model *model;
	size_t source_index;
};

struct app_message {
	struct message message;
	struct model *model;
	struct app app;
};

static void take_app(struct message *message)
{
	struct app_message *arrived = (struct app_message *)message;
	struct model *model = arrived->model;

	model->apps =
		mem_grow(model->apps, model->app_count, &model->app_room, sizeof(*model->apps));
	model->apps[model->app_count++] = arrived->app;
	gatherer_note_apps(model->gatherer);
	model_changed(model);
	free(arrived);
}

static void host_app_arrived(void *data, const struct app_info *info)
{
	struct host_place *place = data;
	struct app_message *arrived = mem_zalloc(sizeof(*arrived));

	arrived->message.run = take_app;
	arrived->model = place->model;
	arrived->app = (struct app){
		.id = info->id,
		.source_index = place->source_index,
		.pid = info->pid,
		.uid = info->uid,
		.name = shared_text_create(info->name),
		.version = shared_text_create(info->version),
	};
	queue_send(place->model->queue, &arrived->message);
}

static void release_app(struct app *app)
{
	shared_text_unref(app->name);
	shared_text_unref(app->version);
}

static void take_app_left(struct message *message)
{
	struct app_message *left = (struct app_message *)message;
	struct model *model = left->model;

	for (size_t i = 0; i < model->app_count; i++) {
		struct app *app = &model->apps[i];

		if (app->id != left->app.id || app->source_index != left->app.source_index)
			continue;
		release_app(app);
		memmove(app, app + 1, (--model->app_count - i) * sizeof(*app));
		gatherer_note_apps(model->gatherer);
		model_changed(model);
		break;
	}
	free(left);
}

static void host_app_left(void *data, uint64_t app_id)
{
	struct host_place *place = data;
	struct app_message *left = mem_zalloc(sizeof(*left));

	left->message.run = take_app_left;
	left->model = place->model;
	left->app.id = app_id;
	left->app.source_index = place->source_index;
	queue_send(place->model->queue, &left->message);
}

struct channel_message {
	struct message message;
	struct model *model;
	uint64_t session_id;
	uint32_t channel_id;
	struct tally *tally; /* reference held */
	uint32_t type_id;
	int loglevel;
	char *name;
};

static struct channel *find_channel(const struct channel_message *message)
{
	struct session *session = model_find_session_id(message->model, message->session_id);

	return session ? session_find_channel_id(session, message->channel_id) : NULL;
}

static void take_tally(struct message *message)
{
	struct channel_message *added = (struct channel_message *)message;
	struct channel *channel = find_channel(added);

	if (channel)
		channel_add_tally(channel, added->tally);
	else
		tally_unref(added->tally);
	free(added);
}

static void host_tally_added(void *data, uint64_t session_id, uint32_t channel_id,
			     struct tally *tally)
{
	struct host_place *place = data;
	struct channel_message *added = mem_zalloc(sizeof(*added));

	added->message.run = take_tally;
	added->model = place->model;
	added->session_id = session_id;
	added->channel_id = channel_id;
	added->tally = tally;
	queue_send(place->model->queue, &added->message);
}

static void take_tally_end(struct message *message)
{
	struct channel_message *ended = (struct channel_message *)message;
	struct channel *channel = find_channel(ended);

	if (channel)
		channel_end_tally(channel, ended->tally);
	tally_unref(ended->tally);
	free(ended);
}

static void host_tally_ended(void *data, uint64_t session_id, uint32_t channel_id,
			     struct tally *tally)
{
	struct host_place *place = data;
	struct channel_message *ended = mem_zalloc(sizeof(*ended));

	ended->message.run = take_tally_end;
	ended->model = place->model;
	ended->session_id = session_id;
	ended->channel_id = channel_id;
	ended->tally = tally;
	queue_send(place->model->queue, &ended->message);
}

static void take_event_type(struct message *message)
{
	struct channel_message *added = (struct channel_message *)message;
	struct session *session = model_find_session_id(added->model, added->session_id);
	struct channel *channel = find_channel(added);

	if (channel) {
		channel_add_type(channel, session->next_row_id++, added->name, added->loglevel,
				 added->tally, added->type_id);
		model_changed(added->model);
	} else {
		tally_unref(added->tally);
	}
	free(added->name);
	free(added);
}

static void host_event_type_added(void *data, uint64_t session_id, uint32_t channel_id,
				  struct tally *tally, uint32_t type_id, const char *name,
				  int loglevel)
{
	struct host_place *place = data;
	struct channel_message *added = mem_zalloc(sizeof(*added));

	added->message.run = take_event_type;
	added->model = place->model;
	added->session_id = session_id;
	added->channel_id = channel_id;
	added->tally = tally;
	added->type_id = type_id;
	added->loglevel = loglevel;
	added->name = mem_strdup(name);
	queue_send(place->model->queue, &added->message);
}

static void take_wrong_chunk(struct message *message)
{
	struct channel_message *told = (struct channel_message *)message;
	struct session *session = model_find_session_id(told->model, told->session_id);

	if (session)
		schedule_leave_chunk(session);
	free(told);
}

static void host_chunk_goes_wrong(void *data, uint64_t session_id)
{
	struct host_place *place = data;
	struct channel_message *told = mem_zalloc(sizeof(*told));

	told->message.run = take_wrong_chunk;
	told->model = place->model;
	told->session_id = session_id;
	queue_send(place->model->queue, &told->message);
}

/* --- sources */

static void points_changed(void *data)
{
	model_changed(data);
}

static void start_source(struct model *model, size_t index)
{
	struct model_source *source = &model->sources[index];
	const struct source_entry *entry = &source_table[index];
	struct host_place *place = mem_zalloc(sizeof(*place));
	struct source_host *host = &model->hosts[index];

	*place = (struct host_place){model, index};
	*host = (struct source_host){
		.data = place,
		.app_arrived = host_app_arrived,
		.app_left = host_app_left,
		.tally_added = host_tally_added,
		.tally_ended = host_tally_ended,
		.event_type_added = host_event_type_added,
		.chunk_goes_wrong = host_chunk_goes_wrong,
	};
	source->entry = entry;
	if (entry->class->carrier)
		host->carrier = model->sources[source_carrier(index)].source;
	if (entry->missing) {
		error_set(&source->missing, ERROR_UNSUPPORTED, "%s", entry->missing);
		return;
	}
	source->source =
		entry->class->create(model->places, host, &source->warning, &source->missing);
	if (!source->source)
		log_write(entry->class->is_optional ? LOG_LEVEL_INFO : LOG_LEVEL_WARNING, "%s: %s",
			  entry->class->title, source->missing.message);
	if (error_is_set(&source->warning))
		log_write(LOG_LEVEL_WARNING, "%s: %s", entry->class->title,
			  source->warning.message);
}

static char *read_host_name(void)
{
	char name[256] = "";

	if (gethostname(name, sizeof(name) - 1) < 0 || name[0] == '\0')
		return mem_strdup("localhost");
	return mem_strdup(name);
}

struct model *model_create(struct loop *loop, struct queue *queue, const struct places *places,
			   struct error *err)
{
	struct model *model = mem_zalloc(sizeof(*model));

	model->loop = loop;
	model->queue = queue;
	model->places = places;
	model->next_session_id = 1;
	model->children.loop = loop;
	model->host_name = read_host_name();
	model->pool = consumer_pool_create(0, err);
	if (!model->pool) {
		free(model->host_name);
		free(model);
		return NULL;
	}
	lifespan_open(model);
	telemetry_open(model);
	model->publisher = publisher_create(model);
	model->gatherer = gatherer_create(model, &gatherer_usual_pace, points_changed, model);
	model->sources = mem_zalloc(source_count * sizeof(*model->sources));
	model->hosts = mem_zalloc(source_count * sizeof(*model->hosts));
	for (size_t i = 0; i < source_count; i++)
		start_source(model, i);
	model->triggers = triggers_create(model);
	running_find_left(model);
	model_changed(model);
	return model;
}

void model_destroy(struct model *model)
{
	if (!model)
		return;
	child_abandon(model->demo);
	telemetry_close(model);
	triggers_destroy(model->triggers);
	hooks_abandon(model);
	children_let_go(&model->children);
	for (size_t i = 0; i < source_count; i++)
		if (model->sources[i].source)
			source_table[i].class->destroy(model->sources[i].source);
	queue_drain(model->queue); /* what sources reported last */
	consumer_pool_destroy(model->pool);
	queue_drain(model->queue);
	for (size_t i = 0; i < model->app_count; i++)
		release_app(&model->apps[i]);
	for (size_t i = 0; i < source_count; i++)
		free(model->hosts[i].data);
	gatherer_destroy(model->gatherer);
	tapping_finish(model);
	live_service_finish(model);
	publisher_destroy(model->publisher);
	running_finish(model);
	telemetry_free(model->telemetry);
	lifespan_close(model);
	free(model->apps);
	free(model->hosts);
	free(model->sources);
	free(model->sessions);
	free(model->host_name);
	free(model);
}

/* --- sessions */

bool model_may_see(uid_t uid, const struct session *session)
{
	return uid == 0 || uid == session->uid;
}

struct session *model_find_session(const struct model *model, uid_t uid, const char *name)
{
	struct session *other = NULL;

	for (size_t i = 0; i < model->session_count; i++) {
		struct session *session = model->sessions[i];

		if (session->is_ending || !model_may_see(uid, session) ||
		    strcmp(session_name(session), name) != 0)
			continue;
		if (session->uid == uid)
			return session;
		other = session;
	}
	return other;
}

struct session *model_find_session_id(const struct model *model, uint64_t id)
{
	for (size_t i = 0; i < model->session_count; i++)
		if (model->sessions[i]->id == id)
			return model->sessions[i];
	return NULL;
}

void model_add_session(struct model *model, struct session *session)
{
	model->sessions = mem_grow(model->sessions, model->session_count, &model->session_room,
				   sizeof(struct session *));
	model->sessions[model->session_count++] = session;
	model_changed(model);
}

void model_remove_session(struct model *model, struct session *session)
{
	for (size_t i = 0; i < model->session_count; i++) {
		if (model->sessions[i] != session)
			continue;
		memmove(&model->sessions[i], &model->sessions[i + 1],
			(--model->session_count - i) * sizeof(struct session *));
		model_changed(model);
		return;
	}
}

bool model_find_source(const struct model *model, const char *domain, size_t *source_index)
{
	(void)model;
	for (size_t i = 0; i < source_count; i++) {
		if (strcmp(source_table[i].class->domain, domain) == 0) {
			*source_index = i;
			return true;
		}
	}
	return false;
}

bool model_can_trace(const struct model *model, size_t source_index, struct error *err)
{
	for (size_t i = 0; i < source_count; i++)
		if (source_main(i) == source_index && model->sources[i].source)
			return true;
	error_copy(err, &model->sources[source_index].missing);
	return false;
}

const char *model_apps_home(const struct model *model)
{
	for (size_t i = 0; i < source_count; i++) {
		const char *home = source_apps_home(model->sources[i].source);

		if (home)
			return home;
	}
	return NULL;
}

void model_changed(struct model *model)
{
	publisher_mark(model->publisher);
}
