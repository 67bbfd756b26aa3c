/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Points → OTLP JSON, and → Prometheus' text; see metrics.h. */
#include "backend/identity/metrics.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/identity/otlp.h"

#define TEMPORALITY_CUMULATIVE 2

/* Names and units by OpenTelemetry's rules, and what its rules for Prometheus make of them. */
static const struct {
	const char *name, *unit, *help, *prometheus;
	bool is_monotonic, is_gauge;
} kinds[METRIC_KIND_COUNT] = {
	[METRIC_EVENT_RECORDED] = {"tracon.event.recorded", "{event}",
				   "Event records that are in the trace.",
				   "tracon_event_recorded_total", true, false},
	[METRIC_EVENT_DISCARDED] = {"tracon.event.discarded", "{event}",
				    "Events that were refused for want of room, or could not be "
				    "written.",
				    "tracon_event_discarded_total", true, false},
	[METRIC_PACKET_LOST] = {"tracon.packet.lost", "{packet}",
				"Packets that were overwritten unread.", "tracon_packet_lost_total",
				true, false},
	[METRIC_TRACE_WRITTEN] = {"tracon.trace.written", "By", "Bytes of packets in the trace.",
				  "tracon_trace_written_bytes_total", true, false},
	[METRIC_CHUNK_ARCHIVED] = {"tracon.chunk.archived", "{chunk}",
				   "Trace chunks that were archived.",
				   "tracon_chunk_archived_total", true, false},
	[METRIC_SESSION_COUNT] = {"tracon.session.count", "{session}", "Tracing sessions.",
				  "tracon_session_count", false, false},
	[METRIC_BUFFER_UTILIZATION] = {"tracon.buffer.utilization", "1",
				       "Fill of the fullest ring buffer.",
				       "tracon_buffer_utilization_ratio", false, true},
};

void metrics_add(struct metrics *metrics, const struct metric_point *point)
{
	metrics->points = mem_grow(metrics->points, metrics->count, &metrics->room, sizeof(*point));
	metrics->points[metrics->count++] = *point;
}

void metrics_finish(struct metrics *metrics)
{
	free(metrics->points);
	*metrics = (struct metrics){0};
}

/* --- OTLP */

static void add_point(struct json *points, const struct metric_point *point, uint64_t wall_ns)
{
	struct json *object = json_add_object(points);
	struct json *attributes;

	if (!kinds[point->kind].is_gauge)
		otlp_put_u64(object, "startTimeUnixNano", point->begin_wall_ns);
	otlp_put_u64(object, "timeUnixNano", wall_ns);
	if (kinds[point->kind].is_gauge)
		json_put_real(object, "asDouble", point->ratio);
	else
		otlp_put_u64(object, "asInt", point->count);
	attributes = json_put_array(object, "attributes");
	if (point->session_id) {
		otlp_add_text(attributes, "session.id", point->session_id);
		otlp_add_text(attributes, "tracon.session.name", point->session_name);
	}
	if (point->channel)
		otlp_add_text(attributes, "tracon.channel.name", point->channel);
	if (point->state)
		otlp_add_text(attributes, "tracon.session.state", point->state);
}

static bool has_points(const struct metrics *metrics, int kind)
{
	for (size_t i = 0; i < metrics->count; i++)
		if ((int)metrics->points[i].kind == kind)
			return true;
	return false;
}

static void add_metric(struct json *list, const struct metrics *metrics, int kind, uint64_t wall_ns)
{
	struct json *metric = json_add_object(list);
	struct json *data;
	struct json *points;

	json_put_text(metric, "name", kinds[kind].name);
	json_put_text(metric, "unit", kinds[kind].unit);
	json_put_text(metric, "description", kinds[kind].help);
	data = json_put_object(metric, kinds[kind].is_gauge ? "gauge" : "sum");
	if (!kinds[kind].is_gauge)
		json_put_i64(data, "aggregationTemporality", TEMPORALITY_CUMULATIVE);
	if (kinds[kind].is_monotonic)
		json_put_bool(data, "isMonotonic", true);
	points = json_put_array(data, "dataPoints");
	for (size_t i = 0; i < metrics->count; i++)
		if ((int)metrics->points[i].kind == kind)
			add_point(points, &metrics->points[i], wall_ns);
}

struct json *metrics_otlp(const struct metrics *metrics, const struct otlp_emitter *emitter,
			  uint64_t wall_ns)
{
	struct json *whole = json_create_object();
	struct json *envelope = json_add_object(json_put_array(whole, "resourceMetrics"));
	struct json *list =
		json_put_array(otlp_put_scope(envelope, emitter, "scopeMetrics"), "metrics");

	for (int i = 0; i < METRIC_KIND_COUNT; i++)
		if (has_points(metrics, i))
			add_metric(list, metrics, i, wall_ns);
	return whole;
}

/* --- Prometheus */

static void add_label(struct text *out, const char *name, const char *value, bool *is_first)
{
	if (!value)
		return;
	text_addf(out, "%c%s=\"", *is_first ? '{' : ',', name);
	*is_first = false;
	for (const char *at = value; *at; at++) {
		if (*at == '\\' || *at == '"')
			text_add_char(out, '\\');
		if (*at == '\n')
			text_add(out, "\\n");
		else
			text_add_char(out, *at);
	}
	text_add_char(out, '"');
}

/* Names of sessions may be any bytes, the format is UTF-8. */
static void add_sane_label(struct text *out, const char *name, const char *value, bool *is_first)
{
	struct text sane = {0};

	if (!value)
		return;
	text_add_sane(&sane, value, strlen(value), TEXT_SANE_LINE);
	add_label(out, name, text_str(&sane), is_first);
	text_finish(&sane);
}

static void add_line(struct text *out, const struct metric_point *point)
{
	bool is_first = true;

	text_add(out, kinds[point->kind].prometheus);
	add_label(out, "session_id", point->session_id, &is_first);
	if (point->session_id)
		add_sane_label(out, "tracon_session_name", point->session_name, &is_first);
	add_sane_label(out, "tracon_channel_name", point->channel, &is_first);
	add_label(out, "tracon_session_state", point->state, &is_first);
	text_add(out, is_first ? " " : "} ");
	if (kinds[point->kind].is_gauge)
		text_addf(out, "%.3f\n", point->ratio);
	else
		text_addf(out, "%" PRIu64 "\n", point->count);
}

static void add_target(struct text *out, const struct otlp_emitter *emitter)
{
	bool is_first = true;

	text_add(out, "# HELP target_info Who is measured.\n# TYPE target_info gauge\ntarget_info");
	add_sane_label(out, "service_name", emitter->service, &is_first);
	add_sane_label(out, "service_instance_id", emitter->instance, &is_first);
	add_sane_label(out, "host_name", emitter->host, &is_first);
	text_add(out, "} 1\n");
}

void metrics_prometheus(const struct metrics *metrics, const struct otlp_emitter *emitter,
			struct text *out)
{
	add_target(out, emitter);
	for (int i = 0; i < METRIC_KIND_COUNT; i++) {
		if (!has_points(metrics, i))
			continue;
		text_addf(out, "# HELP %s %s\n# TYPE %s %s\n", kinds[i].prometheus, kinds[i].help,
			  kinds[i].prometheus, kinds[i].is_monotonic ? "counter" : "gauge");
		for (size_t j = 0; j < metrics->count; j++)
			if ((int)metrics->points[j].kind == i)
				add_line(out, &metrics->points[j]);
	}
}
