/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is measured of sessions, at one moment: a list of points, and the two forms in which it
 * leaves: OTLP's JSON, and the text that Prometheus reads. Cumulative; a new session.id is a new
 * series.
 */
#ifndef TRACON_IDENTITY_METRICS_H
#define TRACON_IDENTITY_METRICS_H

#include <stdint.h>

#include "backend/base/json.h"
#include "backend/base/text.h"

struct otlp_emitter;

enum metric_kind {
	METRIC_EVENT_RECORDED,
	METRIC_EVENT_DISCARDED,
	METRIC_PACKET_LOST,
	METRIC_TRACE_WRITTEN, /* bytes */
	METRIC_CHUNK_ARCHIVED,
	METRIC_SESSION_COUNT, /* by state */
	METRIC_BUFFER_UTILIZATION,
	METRIC_KIND_COUNT
};

/* Texts are borrowed by the list until it is finished, but for those that are copied. */
struct metric_point {
	enum metric_kind kind;
	const char *session_id; /* NULL: of all sessions */
	const char *session_name;
	const char *channel; /* NULL: of the whole session */
	const char *state;   /* NULL: of every state */
	uint64_t begin_wall_ns;
	uint64_t count;
	double ratio; /* METRIC_BUFFER_UTILIZATION */
};

/* Zero-initialise to begin. */
struct metrics {
	struct metric_point *points;
	size_t count;
	size_t room;
};

void metrics_add(struct metrics *metrics, const struct metric_point *point);
void metrics_finish(struct metrics *metrics);

/* One export request. */
struct json *metrics_otlp(const struct metrics *metrics, const struct otlp_emitter *emitter,
			  uint64_t wall_ns);
/* Text format 0.0.4. */
void metrics_prometheus(const struct metrics *metrics, const struct otlp_emitter *emitter,
			struct text *out);

#endif
