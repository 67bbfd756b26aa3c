/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Environment → settings; see export_settings.h. */
#include "backend/identity/export_settings.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backend/base/mem.h"
#include "backend/base/units.h"

/* Of the specification of OTLP exporters and of the batch processor. */
#define ENDPOINT_DEFAULT	   "http://localhost:4318"
#define TIMEOUT_DEFAULT_MS	   10000
#define LOG_DELAY_DEFAULT_MS	   1000
#define RETRY_FIRST_MS		   1000
#define LOG_BATCH_DEFAULT	   512
#define METRIC_INTERVAL_DEFAULT_MS 60000
#define SCRAPE_HOST_DEFAULT	   "localhost"
#define SCRAPE_PORT_DEFAULT	   9464
#define VALUE_MAX		   UINT64_C(86400000) /* a day in ms */

struct reading {
	char *(*get)(const char *name);
	struct text *warnings;
};

/* NULL: unset. */
static const char *value_of(const struct reading *reading, const char *name)
{
	const char *value = reading->get(name);

	return value && *value ? value : NULL;
}

/* OTEL_EXPORTER_OTLP_[SIGNAL_]NAME. */
static const char *signal_value(const struct reading *reading, const char *signal, const char *name)
{
	char variable[80];
	const char *value;

	snprintf(variable, sizeof(variable), "OTEL_EXPORTER_OTLP_%s_%s", signal, name);
	value = value_of(reading, variable);
	if (value)
		return value;
	snprintf(variable, sizeof(variable), "OTEL_EXPORTER_OTLP_%s", name);
	return value_of(reading, variable);
}

static uint64_t read_number(const struct reading *reading, const char *name, const char *text,
			    uint64_t otherwise)
{
	uint64_t value;

	if (!text)
		return otherwise;
	if (units_parse_u64(text, &value) && value > 0 && value <= VALUE_MAX)
		return value;
	text_addf(reading->warnings, "%s=%s is no number above 0; %llu is taken\n", name, text,
		  (unsigned long long)otherwise);
	return otherwise;
}

/* --- lists "k=v,k2=v2", values percent-encoded */

static int hex_digit(char digit)
{
	if (!isxdigit((unsigned char)digit))
		return -1;
	return isdigit((unsigned char)digit) ? digit - '0'
					     : tolower((unsigned char)digit) - 'a' + 10;
}

/* In place; false: it can't be decoded. */
static bool decode(char *text)
{
	char *to = text;

	for (const char *from = text; *from; from++) {
		int value = (unsigned char)*from;

		if (*from == '%') {
			int high = hex_digit(from[1]);
			int low = high < 0 ? -1 : hex_digit(from[2]);

			if (low < 0)
				return false;
			value = high * 16 + low;
			from += 2;
		}
		if (value < ' ')
			return false;
		*to++ = (char)value;
	}
	*to = '\0';
	return true;
}

static char *trim(char *text)
{
	size_t length;

	text += strspn(text, " \t");
	length = strlen(text);
	while (length > 0 && strchr(" \t", text[length - 1]))
		text[--length] = '\0';
	return text;
}

/* A line's end in a name would begin another header. */
static bool is_printable(const char *name)
{
	for (; *name; name++) {
		if ((unsigned char)*name < ' ' || *name == 0x7f)
			return false;
	}
	return true;
}

/* False: some part is bad; `pairs` is left as it was. */
static bool read_pairs(const char *text, struct word_list *pairs)
{
	struct word_list read = {0};
	char *copy = mem_strdup(text);
	char *rest = copy;
	bool is_good = true;

	for (char *part = strsep(&rest, ","); part && is_good; part = strsep(&rest, ",")) {
		char *value = strchr(part, '=');
		const char *name;

		if (!*trim(part))
			continue;
		is_good = value != NULL;
		if (!value)
			break;
		*value++ = '\0';
		name = trim(part);
		value = trim(value);
		is_good = *name && is_printable(name) && decode(value);
		word_list_add(&read, name);
		word_list_add(&read, value);
	}
	for (size_t i = 0; is_good && i < read.count; i++)
		word_list_add(pairs, read.words[i]);
	word_list_finish(&read);
	free(copy);
	return is_good;
}

static void read_headers(const struct reading *reading, const char *signal,
			 struct export_target *target)
{
	const char *text = signal_value(reading, signal, "HEADERS");
	struct word_list pairs = {0};

	if (text && !read_pairs(text, &pairs))
		text_addf(reading->warnings,
			  "the headers for %s can't be read, none is sent: name=value,name=value\n",
			  signal);
	for (size_t i = 0; i + 1 < pairs.count; i += 2) {
		char *header = mem_printf("%s: %s", pairs.words[i], pairs.words[i + 1]);

		word_list_add(&target->headers, header);
		free(header);
	}
	word_list_finish(&pairs);
}

/* --- one signal */

/* NULL: it is not exported. The caller frees it. */
static char *read_url(const struct reading *reading, const char *signal, const char *path)
{
	const char *base = value_of(reading, "OTEL_EXPORTER_OTLP_ENDPOINT");
	const char *exporter, *own;
	char variable[80];
	size_t length;

	snprintf(variable, sizeof(variable), "OTEL_%s_EXPORTER", signal);
	exporter = value_of(reading, variable);
	snprintf(variable, sizeof(variable), "OTEL_EXPORTER_OTLP_%s_ENDPOINT", signal);
	own = value_of(reading, variable);
	if (exporter && !strstr(exporter, "otlp"))
		return NULL;
	if (own)
		return mem_strdup(own);
	if (!base && !exporter)
		return NULL;
	if (!base)
		base = ENDPOINT_DEFAULT;
	length = strlen(base);
	while (length > 0 && base[length - 1] == '/')
		length--;
	return mem_printf("%.*s/%s", (int)length, base, path);
}

static char *copy_value(const struct reading *reading, const char *signal, const char *name)
{
	const char *value = signal_value(reading, signal, name);

	return value ? mem_strdup(value) : NULL;
}

/* False: it can't be spoken. */
static bool check_protocol(const struct reading *reading, const char *signal)
{
	const char *protocol = signal_value(reading, signal, "PROTOCOL");

	if (!protocol || strcmp(protocol, "http/json") == 0)
		return true;
	if (strcmp(protocol, "grpc") == 0) {
		text_addf(reading->warnings,
			  "%s are not exported: gRPC is asked for, and tracon speaks OTLP over "
			  "HTTP (OTEL_EXPORTER_OTLP_PROTOCOL=http/json, port 4318)\n",
			  signal);
		return false;
	}
	text_addf(reading->warnings, "OTLP's %s is not spoken: http/json is, to the same place\n",
		  protocol);
	return true;
}

static void read_target(const struct reading *reading, const char *signal, const char *path,
			struct export_target *target)
{
	const char *compression = signal_value(reading, signal, "COMPRESSION");

	target->timeout_ms =
		read_number(reading, "OTEL_EXPORTER_OTLP_TIMEOUT",
			    signal_value(reading, signal, "TIMEOUT"), TIMEOUT_DEFAULT_MS);
	target->url = read_url(reading, signal, path);
	if (!target->url)
		return;
	if (!check_protocol(reading, signal)) {
		free(target->url);
		target->url = NULL;
		return;
	}
	target->is_gzip = compression && strcmp(compression, "gzip") == 0;
	if (compression && !target->is_gzip && strcmp(compression, "none") != 0)
		text_addf(reading->warnings, "compression '%s' is not known: none is used\n",
			  compression);
	read_headers(reading, signal, target);
	target->certificate = copy_value(reading, signal, "CERTIFICATE");
	target->client_certificate = copy_value(reading, signal, "CLIENT_CERTIFICATE");
	target->client_key = copy_value(reading, signal, "CLIENT_KEY");
}

/* --- all */

static void read_scrape(const struct reading *reading, struct export_settings *settings)
{
	const char *exporter = value_of(reading, "OTEL_METRICS_EXPORTER");
	const char *host = value_of(reading, "OTEL_EXPORTER_PROMETHEUS_HOST");
	uint64_t port;

	if (!exporter || !strstr(exporter, "prometheus"))
		return;
	port = read_number(reading, "OTEL_EXPORTER_PROMETHEUS_PORT",
			   value_of(reading, "OTEL_EXPORTER_PROMETHEUS_PORT"), SCRAPE_PORT_DEFAULT);
	settings->scrape_port = (uint16_t)(port <= UINT16_MAX ? port : SCRAPE_PORT_DEFAULT);
	settings->scrape_host = mem_strdup(host ? host : SCRAPE_HOST_DEFAULT);
}

static void read_resource(const struct reading *reading, struct export_settings *settings)
{
	const char *name = value_of(reading, "OTEL_SERVICE_NAME");
	const char *attributes = value_of(reading, "OTEL_RESOURCE_ATTRIBUTES");

	if (attributes && !read_pairs(attributes, &settings->resource))
		text_add(reading->warnings,
			 "OTEL_RESOURCE_ATTRIBUTES can't be read, none is taken: key=value,…\n");
	for (size_t i = 0; !name && i + 1 < settings->resource.count; i += 2)
		if (strcmp(settings->resource.words[i], "service.name") == 0)
			name = settings->resource.words[i + 1];
	settings->service_name = name ? mem_strdup(name) : NULL;
}

void export_settings_read(struct export_settings *settings, char *(*get)(const char *name),
			  struct text *warnings)
{
	const struct reading reading = {get, warnings};
	const char *disabled = value_of(&reading, "OTEL_SDK_DISABLED");

	*settings = (struct export_settings){.retry_first_ms = RETRY_FIRST_MS};
	read_resource(&reading, settings);
	settings->log_delay_ms =
		read_number(&reading, "OTEL_BLRP_SCHEDULE_DELAY",
			    value_of(&reading, "OTEL_BLRP_SCHEDULE_DELAY"), LOG_DELAY_DEFAULT_MS);
	settings->log_batch_max = read_number(&reading, "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE",
					      value_of(&reading, "OTEL_BLRP_MAX_EXPORT_BATCH_SIZE"),
					      LOG_BATCH_DEFAULT);
	settings->metric_interval_ms = read_number(
		&reading, "OTEL_METRIC_EXPORT_INTERVAL",
		value_of(&reading, "OTEL_METRIC_EXPORT_INTERVAL"), METRIC_INTERVAL_DEFAULT_MS);
	if (disabled && strcasecmp(disabled, "true") == 0)
		return;
	read_target(&reading, "LOGS", "v1/logs", &settings->logs);
	read_target(&reading, "METRICS", "v1/metrics", &settings->metrics);
	read_scrape(&reading, settings);
}

static void finish_target(struct export_target *target)
{
	free(target->url);
	word_list_finish(&target->headers);
	free(target->certificate);
	free(target->client_certificate);
	free(target->client_key);
}

void export_settings_finish(struct export_settings *settings)
{
	finish_target(&settings->logs);
	finish_target(&settings->metrics);
	free(settings->service_name);
	word_list_finish(&settings->resource);
	free(settings->scrape_host);
}
