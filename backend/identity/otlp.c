/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What we emit: envelopes after OTLP 1.x's JSON encoding. 64-bit numbers are texts there. */
#include "backend/identity/otlp.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/units.h"

#define SCHEMA_URL "https://opentelemetry.io/schemas/1.44.0"
#define SCOPE_NAME "tracon.sessions"

#define FIELD_SEPARATOR '\n'

/* --- who emits */

void otlp_emitter_finish(struct otlp_emitter *emitter)
{
	free(emitter->service);
	free(emitter->instance);
	free(emitter->host);
	free(emitter->boot);
	word_list_finish(&emitter->extra);
	*emitter = (struct otlp_emitter){0};
}

static void add_field(struct text *out, const char *value)
{
	for (; value && *value; value++)
		text_add_char(out, *value == FIELD_SEPARATOR ? ' ' : *value);
	text_add_char(out, FIELD_SEPARATOR);
}

void otlp_emitter_print(const struct otlp_emitter *emitter, struct text *out)
{
	add_field(out, emitter->service);
	add_field(out, emitter->instance);
	add_field(out, emitter->host);
	add_field(out, emitter->boot);
	text_addf(out, "%d\n%" PRIu64 "\n", (int)emitter->pid, emitter->start);
}

static char *take_field(const char **at)
{
	size_t length = strcspn(*at, "\n");
	char *field = mem_strndup(*at, length);

	*at += length + ((*at)[length] == FIELD_SEPARATOR);
	return field;
}

static uint64_t take_number(const char **at)
{
	char *field = take_field(at);
	uint64_t value = 0;

	if (!units_parse_u64(field, &value))
		value = 0;
	free(field);
	return value;
}

void otlp_emitter_parse(const char *line, struct otlp_emitter *emitter)
{
	uint64_t pid;

	*emitter = (struct otlp_emitter){0};
	emitter->service = take_field(&line);
	emitter->instance = take_field(&line);
	emitter->host = take_field(&line);
	emitter->boot = take_field(&line);
	pid = take_number(&line);
	emitter->pid = pid <= INT32_MAX ? (pid_t)pid : 0;
	emitter->start = take_number(&line);
}

/* --- envelopes */

static struct json *add_value(struct json *attributes, const char *key)
{
	struct json *attribute = json_add_object(attributes);

	json_put_text(attribute, "key", key);
	return json_put_object(attribute, "value");
}

void otlp_add_text(struct json *attributes, const char *key, const char *value)
{
	json_put_text(add_value(attributes, key), "stringValue", value);
}

void otlp_put_u64(struct json *object, const char *name, uint64_t value)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%" PRIu64, value);
	json_put_text(object, name, digits);
}

void otlp_add_u64(struct json *attributes, const char *key, uint64_t value)
{
	otlp_put_u64(add_value(attributes, key), "intValue", value > INT64_MAX ? INT64_MAX : value);
}

static void put_resource(struct json *envelope, const struct otlp_emitter *emitter)
{
	struct json *attributes =
		json_put_array(json_put_object(envelope, "resource"), "attributes");

	otlp_add_text(attributes, "service.name", emitter->service);
	otlp_add_text(attributes, "service.version", PACKAGE_VERSION);
	otlp_add_text(attributes, "service.instance.id", emitter->instance);
	otlp_add_text(attributes, "host.name", emitter->host);
	otlp_add_text(attributes, "os.type", "linux");
	otlp_add_u64(attributes, "process.pid", (uint64_t)emitter->pid);
	otlp_add_u64(attributes, "tracon.process.start", emitter->start);
	if (*emitter->boot)
		otlp_add_text(attributes, "tracon.boot.id", emitter->boot);
	for (size_t i = 0; i + 1 < emitter->extra.count; i += 2)
		otlp_add_text(attributes, emitter->extra.words[i], emitter->extra.words[i + 1]);
}

struct json *otlp_put_scope(struct json *envelope, const struct otlp_emitter *emitter,
			    const char *list_name)
{
	struct json *records;
	struct json *scope;

	put_resource(envelope, emitter);
	json_put_text(envelope, "schemaUrl", SCHEMA_URL);
	records = json_add_object(json_put_array(envelope, list_name));
	scope = json_put_object(records, "scope");
	json_put_text(scope, "name", SCOPE_NAME);
	json_put_text(scope, "version", PACKAGE_VERSION);
	json_put_text(records, "schemaUrl", SCHEMA_URL);
	return records;
}

struct json *otlp_log(const struct otlp_emitter *emitter, const char *event, uint64_t wall_ns,
		      uint64_t observed_ns, int severity, struct json **attributes)
{
	struct json *whole = json_create_object();
	struct json *envelope = json_add_object(json_put_array(whole, "resourceLogs"));
	struct json *logs = otlp_put_scope(envelope, emitter, "scopeLogs");
	struct json *record;

	record = json_add_object(json_put_array(logs, "logRecords"));
	otlp_put_u64(record, "timeUnixNano", wall_ns);
	otlp_put_u64(record, "observedTimeUnixNano", observed_ns);
	json_put_i64(record, "severityNumber", severity);
	json_put_text(record, "severityText", severity >= OTLP_SEVERITY_WARN ? "WARN" : "INFO");
	json_put_text(record, "eventName", event);
	*attributes = json_put_array(record, "attributes");
	return whole;
}
