/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See telemetry.h. */
#include "backend/model/telemetry.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/fd.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/identity/journal.h"
#include "backend/identity/metrics.h"
#include "backend/identity/otlp.h"
#include "backend/identity/scrape.h"
#include "backend/model/lifespan.h"

#define HEARTBEAT_NS   (30 * NS_PER_S)
#define METRICS_NAME   "metrics.jsonl"
#define METRICS_OLD    ".1"
#define METRICS_BYTES  ((off_t)8 * 1024 * 1024) /* then the file becomes METRICS_OLD */
#define LAST_EXPORT_MS 3000
#define PERMILLE       1000.0

struct telemetry {
	struct model *model;
	struct export_settings settings;
	struct exporter *exporter; /* NULL: nothing is exported */
	struct scrape *scrape;	   /* NULL: nobody listens */
	struct timer *metrics_timer, *heartbeat_timer;
	char *metrics_path; /* NULL: there is no place for it */
};

/* --- what is measured */

static void add_channel(struct metrics *metrics, const struct session *session,
			const struct channel *channel)
{
	struct metric_point point = {
		.session_id = session_identity(session),
		.session_name = session_name(session),
		.channel = shared_text_str(channel->name),
		.begin_wall_ns = session->begun_wall_ns,
	};
	struct picture_counts counts;

	channel_count(channel, &counts);
	lifespan_subtract(&counts, &channel->counted_before);
	point.kind = METRIC_EVENT_RECORDED;
	point.count = counts.recorded_events;
	metrics_add(metrics, &point);
	point.kind = METRIC_EVENT_DISCARDED;
	point.count = counts.discarded_events;
	metrics_add(metrics, &point);
	point.kind = METRIC_PACKET_LOST;
	point.count = counts.lost_packets;
	metrics_add(metrics, &point);
	point.kind = METRIC_BUFFER_UTILIZATION;
	point.ratio = channel_fill_permille(channel) / PERMILLE;
	metrics_add(metrics, &point);
}

static void add_session(struct metrics *metrics, const struct session *session)
{
	struct metric_point point = {
		.session_id = session_identity(session),
		.session_name = session_name(session),
		.begin_wall_ns = session->begun_wall_ns,
	};
	struct picture_counts counts;

	lifespan_count(session, &counts);
	for (size_t i = 0; i < session->channel_count; i++)
		add_channel(metrics, session, session->channels[i]);
	point.kind = METRIC_TRACE_WRITTEN;
	point.count = counts.recorded_bytes;
	metrics_add(metrics, &point);
	point.kind = METRIC_CHUNK_ARCHIVED;
	point.count = session->archived_count;
	metrics_add(metrics, &point);
}

static void add_counts(struct metrics *metrics, const struct model *model, uid_t uid)
{
	uint64_t counts[2] = {0, 0};

	for (size_t i = 0; i < model->session_count; i++)
		if (model_may_see(uid, model->sessions[i]))
			counts[model->sessions[i]->is_active]++;
	for (int i = 0; i < 2; i++)
		metrics_add(metrics, &(struct metric_point){
					     .kind = METRIC_SESSION_COUNT,
					     .state = i ? "active" : "inactive",
					     .begin_wall_ns = model->begun_wall_ns,
					     .count = counts[i],
				     });
}

/* One that waits for its first event is nobody's yet. */
static void measure(const struct model *model, uid_t uid, struct metrics *metrics)
{
	add_counts(metrics, model, uid);
	for (size_t i = 0; i < model->session_count; i++)
		if (model->sessions[i]->has_begun && model_may_see(uid, model->sessions[i]))
			add_session(metrics, model->sessions[i]);
}

void telemetry_text(const struct model *model, uid_t uid, struct text *out)
{
	struct metrics metrics = {0};

	measure(model, uid, &metrics);
	metrics_prometheus(&metrics, journal_emitter(model->journal), out);
	metrics_finish(&metrics);
}

struct json *telemetry_json(const struct model *model, uid_t uid)
{
	struct metrics metrics = {0};
	struct json *whole;

	measure(model, uid, &metrics);
	whole = metrics_otlp(&metrics, journal_emitter(model->journal), clock_wall_ns());
	metrics_finish(&metrics);
	return whole;
}

/* --- file and export */

static void write_metrics(const struct telemetry *telemetry, const struct text *line)
{
	int fd = open(telemetry->metrics_path,
		      O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	struct stat status;

	if (fd < 0)
		return;
	if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) &&
	    write(fd, line->bytes, line->length) == (ssize_t)line->length &&
	    status.st_size + (off_t)line->length > METRICS_BYTES) {
		char *old = mem_printf("%s" METRICS_OLD, telemetry->metrics_path);

		rename(telemetry->metrics_path, old);
		free(old);
	}
	fd_close(&fd);
}

void telemetry_publish(struct model *model)
{
	struct telemetry *telemetry = model->telemetry;
	struct text line = {0};
	struct json *whole;

	if (!telemetry || (!telemetry->metrics_path && !telemetry->settings.metrics.url))
		return;
	whole = telemetry_json(model, 0);
	json_print(whole, &line);
	json_unref(whole);
	if (telemetry->settings.metrics.url)
		exporter_send_metrics(telemetry->exporter, mem_strdup(text_str(&line)));
	text_add_char(&line, '\n');
	if (telemetry->metrics_path)
		write_metrics(telemetry, &line);
	text_finish(&line);
}

static void arm_metrics(struct telemetry *telemetry)
{
	timer_arm(telemetry->metrics_timer,
		  clock_monotonic_ns() + telemetry->settings.metric_interval_ms * NS_PER_MS);
}

static void metrics_are_fresh(void *data, const struct error *err)
{
	struct model *model = data;

	(void)err;
	if (model->telemetry && model->session_count > 0)
		telemetry_publish(model);
}

static void metrics_are_due(void *data, uint64_t now_ns)
{
	struct telemetry *telemetry = data;

	(void)now_ns;
	if (telemetry->model->session_count > 0)
		model_refresh(telemetry->model, NULL,
			      (struct outcome){metrics_are_fresh, telemetry->model});
	arm_metrics(telemetry);
}

static void beat(void *data, uint64_t now_ns)
{
	struct telemetry *telemetry = data;
	struct model *model = telemetry->model;

	for (size_t i = 0; i < model->session_count; i++) {
		struct session *session = model->sessions[i];
		struct picture_counts counts;

		session_count(session, &counts);
		if (session->is_active && counts.recorded_events != session->beaten_count)
			lifespan_note(session, "tracon.session.heartbeat");
		session->beaten_count = counts.recorded_events;
	}
	timer_arm(telemetry->heartbeat_timer, now_ns + HEARTBEAT_NS);
}

/* --- Prometheus */

struct scrape_message {
	struct message message; /* first */
	struct model *model;
};

static void answer_scrape(void *data, const struct error *err)
{
	struct model *model = data;
	struct text text = {0};

	(void)err;
	if (!model->telemetry->scrape)
		return;
	telemetry_text(model, 0, &text);
	scrape_answer(model->telemetry->scrape, text_take(&text));
}

static void take_scrape(struct message *message)
{
	struct model *model = ((struct scrape_message *)message)->model;

	free(message);
	if (model->telemetry->scrape)
		model_refresh(model, NULL, (struct outcome){answer_scrape, model});
}

static void somebody_asks(void *data)
{
	struct model *model = data;
	struct scrape_message *asked = mem_zalloc(sizeof(*asked));

	asked->message.run = take_scrape;
	asked->model = model;
	queue_send(model->queue, &asked->message);
}

bool telemetry_listen(struct model *model, const char *host, uint16_t port, struct error *err)
{
	struct scrape_settings settings = {host, port, somebody_asks, model};
	struct scrape *scrape = scrape_create(&settings, err);

	if (!scrape)
		return false;
	telemetry_hush(model);
	model->telemetry->scrape = scrape;
	return true;
}

void telemetry_hush(struct model *model)
{
	struct scrape *scrape = model->telemetry->scrape;

	model->telemetry->scrape = NULL;
	scrape_destroy(scrape);
}

uint16_t telemetry_port(const struct model *model)
{
	return model->telemetry->scrape ? scrape_port(model->telemetry->scrape) : 0;
}

struct exporter_state telemetry_state(const struct model *model)
{
	return exporter_state(model->telemetry->exporter);
}

/* --- begin and end */

static void warn_lines(char *lines)
{
	for (char *line = strtok_r(lines, "\n", &lines); line; line = strtok_r(NULL, "\n", &lines))
		log_write(LOG_LEVEL_WARNING, "OpenTelemetry's environment: %s", line);
}

static void journal_has_grown(void *data)
{
	exporter_wake(data);
}

static void start_exporter(struct telemetry *telemetry)
{
	const struct export_settings *settings = &telemetry->settings;
	struct model *model = telemetry->model;
	struct error err = ERROR_INIT;

	if (!settings->logs.url && !settings->metrics.url)
		return;
	telemetry->exporter = exporter_create(settings, journal_path(model->journal), &err);
	if (!telemetry->exporter)
		log_write(LOG_LEVEL_WARNING, "nothing is exported: %s", err.message);
	else if (settings->logs.url)
		journal_listen(model->journal, journal_has_grown, telemetry->exporter);
}

static void start_scrape(struct telemetry *telemetry)
{
	struct error err = ERROR_INIT;

	if (telemetry->settings.scrape_host &&
	    !telemetry_listen(telemetry->model, telemetry->settings.scrape_host,
			      telemetry->settings.scrape_port, &err))
		log_write(LOG_LEVEL_WARNING, "no metrics for Prometheus: %s", err.message);
}

void telemetry_open(struct model *model)
{
	struct telemetry *telemetry = mem_zalloc(sizeof(*telemetry));
	struct text warnings = {0};

	telemetry->model = model;
	model->telemetry = telemetry;
	model->begun_wall_ns = clock_wall_ns();
	export_settings_read(&telemetry->settings, getenv, &warnings);
	if (warnings.length > 0)
		warn_lines(warnings.bytes);
	text_finish(&warnings);
	journal_set_service(model->journal, telemetry->settings.service_name,
			    &telemetry->settings.resource);
	if (journal_path(model->journal))
		telemetry->metrics_path = mem_printf("%s/" METRICS_NAME, model->places->state);
	telemetry->metrics_timer = loop_add_timer(model->loop, metrics_are_due, telemetry);
	telemetry->heartbeat_timer = loop_add_timer(model->loop, beat, telemetry);
	arm_metrics(telemetry);
	timer_arm(telemetry->heartbeat_timer, clock_monotonic_ns() + HEARTBEAT_NS);
	start_exporter(telemetry);
	start_scrape(telemetry);
}

void telemetry_close(struct model *model)
{
	struct telemetry *telemetry = model->telemetry;

	if (!telemetry)
		return;
	telemetry_hush(model);
	journal_listen(model->journal, NULL, NULL);
	exporter_destroy(telemetry->exporter, LAST_EXPORT_MS);
	telemetry->exporter = NULL;
	loop_remove_timer(model->loop, telemetry->metrics_timer);
	loop_remove_timer(model->loop, telemetry->heartbeat_timer);
}

void telemetry_free(struct telemetry *telemetry)
{
	if (!telemetry)
		return;
	export_settings_finish(&telemetry->settings);
	free(telemetry->metrics_path);
	free(telemetry);
}
