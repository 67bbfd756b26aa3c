/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Points as OTLP and as Prometheus' text. */
#include "backend/identity/metrics.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/identity/otlp.h"

static struct otlp_emitter emitter = {
	.service = (char *)"tracon",
	.instance = (char *)"I",
	.host = (char *)"box",
	.boot = (char *)"",
	.pid = 1,
};

static void add(struct metrics *metrics, enum metric_kind kind, uint64_t count)
{
	metrics_add(metrics, &(struct metric_point){
				     .kind = kind,
				     .session_id = "A",
				     .session_name = "we\"b\\\n\033",
				     .channel = "c",
				     .begin_wall_ns = 5,
				     .count = count,
				     .ratio = 0.25,
			     });
}

static void prometheus_reads_lines(void **state)
{
	struct metrics metrics = {0};
	struct text text = {0};

	(void)state;
	add(&metrics, METRIC_EVENT_RECORDED, UINT64_MAX);
	add(&metrics, METRIC_BUFFER_UTILIZATION, 0);
	metrics_prometheus(&metrics, &emitter, &text);
	assert_non_null(strstr(text_str(&text), "# TYPE tracon_event_recorded_total counter\n"));
	/* What a terminal or the format could trip over is escaped. */
	assert_non_null(strstr(text_str(&text),
			       "tracon_event_recorded_total{session_id=\"A\",tracon_session_name="
			       "\"we\\\"b\\\\^J^[\",tracon_channel_name=\"c\"} "
			       "18446744073709551615\n"));
	assert_non_null(strstr(text_str(&text), "# TYPE tracon_buffer_utilization_ratio gauge\n"));
	assert_non_null(strstr(text_str(&text), "} 0.250\n"));
	assert_null(strstr(text_str(&text), "tracon_packet_lost_total"));
	text_finish(&text);
	metrics_finish(&metrics);
}

static const struct json *at(const struct json *whole, const char *const *names)
{
	const struct json *value = whole;

	for (; *names; names++)
		value = **names == '0' ? json_at(value, 0) : json_get(value, *names);
	return value;
}

static void otlp_has_series(void **state)
{
	static const char *const metric_path[] = {
		"resourceMetrics", "0", "scopeMetrics", "0", "metrics", "0", NULL};
	static const char *const point_path[] = {"sum", "dataPoints", "0", NULL};
	struct metrics metrics = {0};
	const struct json *metric, *point;
	struct json *whole;
	uint64_t temporality;

	(void)state;
	add(&metrics, METRIC_EVENT_RECORDED, 7);
	add(&metrics, METRIC_EVENT_RECORDED, 8);
	whole = metrics_otlp(&metrics, &emitter, 9);
	metric = at(whole, metric_path);
	assert_string_equal(json_get_text(metric, "name"), "tracon.event.recorded");
	assert_true(json_get_u64(json_get(metric, "sum"), "aggregationTemporality", &temporality));
	assert_int_equal(temporality, 2); /* cumulative */
	assert_int_equal(json_count(json_get(json_get(metric, "sum"), "dataPoints")), 2);
	point = at(metric, point_path);
	assert_string_equal(json_get_text(point, "startTimeUnixNano"), "5");
	assert_string_equal(json_get_text(point, "timeUnixNano"), "9");
	assert_string_equal(json_get_text(point, "asInt"), "7");
	json_unref(whole);
	metrics_finish(&metrics);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(prometheus_reads_lines),
		cmocka_unit_test(otlp_has_series),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
