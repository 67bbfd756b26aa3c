/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What OpenTelemetry's environment variables ask for. */
#include "backend/identity/export_settings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"

static const char *const *variables; /* name, value, …, NULL */

static char *get(const char *name)
{
	for (const char *const *at = variables; *at; at += 2)
		if (strcmp(*at, name) == 0)
			return (char *)(uintptr_t)at[1];
	return NULL;
}

static void read_them(const char *const *list, struct export_settings *settings,
		      struct text *warnings)
{
	variables = list;
	*warnings = (struct text){0};
	export_settings_read(settings, get, warnings);
}

static void assert_url(const char *url, const char *expected)
{
	if (expected)
		assert_string_equal(url ? url : "none", expected);
	else
		assert_null(url);
}

static void endpoints(void **state)
{
	static const struct {
		const char *variables[9];
		const char *logs, *metrics;
	} cases[] = {
		{{NULL}, NULL, NULL},
		{{"OTEL_EXPORTER_OTLP_ENDPOINT", "", NULL}, NULL, NULL},
		{{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318", NULL},
		 "http://c:4318/v1/logs",
		 "http://c:4318/v1/metrics"},
		{{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c:4318/mine/", NULL},
		 "http://c:4318/mine/v1/logs",
		 "http://c:4318/mine/v1/metrics"},
		{{"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "http://l/x", NULL}, "http://l/x", NULL},
		{{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
		  "http://m", NULL},
		 "http://c/v1/logs",
		 "http://m"},
		{{"OTEL_LOGS_EXPORTER", "otlp", NULL}, "http://localhost:4318/v1/logs", NULL},
		{{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c", "OTEL_METRICS_EXPORTER", "none", NULL},
		 "http://c/v1/logs",
		 NULL},
		{{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c", "OTEL_SDK_DISABLED", "TRUE", NULL},
		 NULL,
		 NULL},
		{{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c", "OTEL_SDK_DISABLED", "1", NULL},
		 "http://c/v1/logs",
		 "http://c/v1/metrics"},
		{{"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c", "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL",
		  "grpc", NULL},
		 NULL,
		 "http://c/v1/metrics"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct export_settings settings;
		struct text warnings;

		read_them(cases[i].variables, &settings, &warnings);
		assert_url(settings.logs.url, cases[i].logs);
		assert_url(settings.metrics.url, cases[i].metrics);
		export_settings_finish(&settings);
		text_finish(&warnings);
	}
}

static void a_signals_own_value_wins(void **state)
{
	static const char *const list[] = {"OTEL_EXPORTER_OTLP_ENDPOINT",
					   "http://c",
					   "OTEL_EXPORTER_OTLP_HEADERS",
					   "a=1, b = x%20y",
					   "OTEL_EXPORTER_OTLP_LOGS_HEADERS",
					   "c=3",
					   "OTEL_EXPORTER_OTLP_TIMEOUT",
					   "5",
					   "OTEL_EXPORTER_OTLP_LOGS_TIMEOUT",
					   "7",
					   "OTEL_EXPORTER_OTLP_COMPRESSION",
					   "gzip",
					   "OTEL_EXPORTER_OTLP_LOGS_COMPRESSION",
					   "none",
					   NULL};
	struct export_settings settings;
	struct text warnings;

	(void)state;
	read_them(list, &settings, &warnings);
	assert_int_equal(settings.logs.headers.count, 1);
	assert_string_equal(settings.logs.headers.words[0], "c: 3");
	assert_int_equal(settings.metrics.headers.count, 2);
	assert_string_equal(settings.metrics.headers.words[1], "b: x y");
	assert_int_equal(settings.logs.timeout_ms, 7);
	assert_int_equal(settings.metrics.timeout_ms, 5);
	assert_false(settings.logs.is_gzip);
	assert_true(settings.metrics.is_gzip);
	assert_int_equal(warnings.length, 0);
	export_settings_finish(&settings);
	text_finish(&warnings);
}

static void what_makes_no_sense_is_told(void **state)
{
	static const char *const list[] = {"OTEL_EXPORTER_OTLP_ENDPOINT",
					   "http://c",
					   "OTEL_EXPORTER_OTLP_HEADERS",
					   "a=%4",
					   "OTEL_EXPORTER_OTLP_TIMEOUT",
					   "-1",
					   "OTEL_RESOURCE_ATTRIBUTES",
					   "good=1,bad",
					   "OTEL_METRIC_EXPORT_INTERVAL",
					   "often",
					   NULL};
	struct export_settings settings;
	struct text warnings;

	(void)state;
	read_them(list, &settings, &warnings);
	assert_int_equal(settings.logs.headers.count, 0);
	assert_int_equal(settings.logs.timeout_ms, 10000);
	assert_int_equal(settings.resource.count, 0); /* one that is bad: none */
	assert_int_equal(settings.metric_interval_ms, 60000);
	assert_non_null(strstr(text_str(&warnings), "OTEL_RESOURCE_ATTRIBUTES"));
	assert_non_null(strstr(text_str(&warnings), "headers"));
	assert_non_null(strstr(text_str(&warnings), "often"));
	export_settings_finish(&settings);
	text_finish(&warnings);
}

static void a_header_has_one_line(void **state)
{
	static const char *const list[] = {"OTEL_EXPORTER_OTLP_ENDPOINT", "http://c",
					   "OTEL_EXPORTER_OTLP_HEADERS", "a=x%0D%0Aevil:1", NULL};
	struct export_settings settings;
	struct text warnings;

	(void)state;
	read_them(list, &settings, &warnings);
	assert_int_equal(settings.logs.headers.count, 0);
	export_settings_finish(&settings);
	text_finish(&warnings);
}

static void who_sends(void **state)
{
	static const char *const by_attribute[] = {"OTEL_RESOURCE_ATTRIBUTES",
						   "service.name=a%2Cb,rack=7", NULL};
	static const char *const by_name[] = {"OTEL_RESOURCE_ATTRIBUTES", "service.name=a",
					      "OTEL_SERVICE_NAME", "c", NULL};
	struct export_settings settings;
	struct text warnings;

	(void)state;
	read_them(by_attribute, &settings, &warnings);
	assert_string_equal(settings.service_name, "a,b");
	assert_int_equal(settings.resource.count, 4);
	export_settings_finish(&settings);
	read_them(by_name, &settings, &warnings);
	assert_string_equal(settings.service_name, "c");
	export_settings_finish(&settings);
}

static void prometheus(void **state)
{
	static const char *const usual[] = {"OTEL_METRICS_EXPORTER", "prometheus", NULL};
	static const char *const own[] = {"OTEL_METRICS_EXPORTER",
					  "otlp,prometheus",
					  "OTEL_EXPORTER_PROMETHEUS_PORT",
					  "80",
					  "OTEL_EXPORTER_PROMETHEUS_HOST",
					  "::1",
					  NULL};
	struct export_settings settings;
	struct text warnings;

	(void)state;
	read_them(usual, &settings, &warnings);
	assert_string_equal(settings.scrape_host, "localhost");
	assert_int_equal(settings.scrape_port, 9464);
	assert_null(settings.metrics.url);
	export_settings_finish(&settings);
	read_them(own, &settings, &warnings);
	assert_string_equal(settings.scrape_host, "::1");
	assert_int_equal(settings.scrape_port, 80);
	assert_non_null(settings.metrics.url);
	export_settings_finish(&settings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(endpoints),
		cmocka_unit_test(a_signals_own_value_wins),
		cmocka_unit_test(what_makes_no_sense_is_told),
		cmocka_unit_test(a_header_has_one_line),
		cmocka_unit_test(who_sends),
		cmocka_unit_test(prometheus),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
