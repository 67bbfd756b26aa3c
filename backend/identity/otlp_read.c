/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What others emit: unknown keys are passed over, 64-bit numbers are texts or numbers. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/identity/otlp.h"
#include "backend/identity/session_id.h"

#define LINE_BYTES_MAX ((size_t)16 * 1024 * 1024)
#define READ_BYTES     ((size_t)64 * 1024)

/* --- values */

static bool read_u64(const struct json *object, const char *name, uint64_t *value)
{
	const char *text = json_get_text(object, name);

	return text ? units_parse_u64(text, value) : json_get_u64(object, name, value);
}

static uint64_t get_u64(const struct json *object, const char *name)
{
	uint64_t value;

	return read_u64(object, name, &value) ? value : 0;
}

/* The first of that key: what a repeated one means nobody says. */
static const struct json *find_value(const struct json *attributes, const char *key)
{
	for (size_t i = 0; i < json_count(attributes); i++) {
		const struct json *attribute = json_at(attributes, i);
		const char *name = json_get_text(attribute, "key");

		if (name && strcmp(name, key) == 0)
			return json_get(attribute, "value");
	}
	return NULL;
}

static const char *find_text(const struct json *attributes, const char *key)
{
	return json_get_text(find_value(attributes, key), "stringValue");
}

static bool find_u64(const struct json *attributes, const char *key, uint64_t *value)
{
	return read_u64(find_value(attributes, key), "intValue", value);
}

static char *copy_text(const struct json *attributes, const char *key)
{
	const char *text = find_text(attributes, key);

	return mem_strdup(text ? text : "");
}

/* --- records */

struct reading {
	struct fold *fold;
	struct otlp_counts *counts;
	const char *emitter;
};

static char *print_emitter(const struct json *resource)
{
	const struct json *attributes = json_get(resource, "attributes");
	struct otlp_emitter emitter = {
		.service = copy_text(attributes, "service.name"),
		.instance = copy_text(attributes, "service.instance.id"),
		.host = copy_text(attributes, "host.name"),
		.boot = copy_text(attributes, "tracon.boot.id"),
		.start = get_u64(find_value(attributes, "tracon.process.start"), "intValue"),
	};
	uint64_t pid = get_u64(find_value(attributes, "process.pid"), "intValue");
	struct text line = {0};

	emitter.pid = pid <= INT32_MAX ? (pid_t)pid : 0;
	otlp_emitter_print(&emitter, &line);
	otlp_emitter_finish(&emitter);
	return text_take(&line);
}

static uint64_t time_of(const struct json *record)
{
	uint64_t wall_ns = get_u64(record, "timeUnixNano");

	return wall_ns ? wall_ns : get_u64(record, "observedTimeUnixNano");
}

/* Emitters of old gave the event's name as an attribute. */
static enum fold_kind kind_of(const struct json *record, const struct json *attributes)
{
	const char *event = json_get_text(record, "eventName");

	if (!event || !*event)
		event = find_text(attributes, "event.name");
	if (event && strcmp(event, "session.start") == 0)
		return FOLD_START;
	return event && strcmp(event, "session.end") == 0 ? FOLD_END : FOLD_OTHER;
}

static void read_record(const struct reading *reading, const struct json *record)
{
	const struct json *attributes = json_get(record, "attributes");
	struct fold_record said = {
		.kind = kind_of(record, attributes),
		.id = find_text(attributes, "session.id"),
		.previous = find_text(attributes, "session.previous_id"),
		.wall_ns = time_of(record),
		.reason = find_text(attributes, "tracon.session.end.reason"),
		.name = find_text(attributes, "tracon.session.name"),
		.emitter = reading->emitter,
	};
	uint64_t user;
	char digits[24];

	reading->counts->records++;
	if (!session_id_is_usable(said.id)) {
		reading->counts->invalid += said.kind != FOLD_OTHER;
		return;
	}
	if (!session_id_is_usable(said.previous))
		said.previous = NULL;
	if (find_u64(attributes, "tracon.session.user", &user)) {
		snprintf(digits, sizeof(digits), "%" PRIu64, user);
		said.user = digits;
	}
	fold_add(reading->fold, &said);
}

static void read_resource(struct reading *reading, const struct json *resource_logs)
{
	const struct json *scopes = json_get(resource_logs, "scopeLogs");
	char *emitter = print_emitter(json_get(resource_logs, "resource"));

	reading->emitter = emitter;
	for (size_t i = 0; i < json_count(scopes); i++) {
		const struct json *records = json_get(json_at(scopes, i), "logRecords");

		for (size_t j = 0; j < json_count(records); j++)
			read_record(reading, json_at(records, j));
	}
	free(emitter);
}

/* Other signals are requests, too; an empty one says nothing. */
static bool is_request(const struct json *whole)
{
	return json_has_members(whole) &&
	       (json_get(whole, "resourceLogs") || json_get(whole, "resourceMetrics") ||
		json_get(whole, "resourceSpans") || json_member_count(whole) == 0);
}

bool otlp_read(const char *bytes, size_t length, struct fold *fold, struct otlp_counts *counts)
{
	struct json *whole = json_parse(bytes, length, NULL);
	struct reading reading = {.fold = fold, .counts = counts};
	bool is_good = whole && is_request(whole);
	const struct json *resources = is_good ? json_get(whole, "resourceLogs") : NULL;

	for (size_t i = 0; i < json_count(resources); i++)
		read_resource(&reading, json_at(resources, i));
	json_unref(whole);
	return is_good;
}

/* --- files */

static bool is_blank(const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!strchr(" \t\r", bytes[i]) || !bytes[i])
			return false;
	return true;
}

struct file_reading {
	struct fold *fold;
	struct otlp_counts *counts;
	struct text line;
	struct text whole; /* kept until a line is good: the file may be one object */
	bool is_skipping;  /* the rest of a line that is too long */
	uint64_t good_lines;
};

static void end_line(struct file_reading *reading)
{
	bool is_read = !reading->is_skipping;

	if (is_read && is_blank(reading->line.bytes, reading->line.length))
		return;
	reading->counts->lines++;
	if (is_read &&
	    otlp_read(reading->line.bytes, reading->line.length, reading->fold, reading->counts))
		reading->good_lines++;
	else
		reading->counts->bad_lines++;
	reading->is_skipping = false;
	text_clear(&reading->line);
	if (reading->good_lines)
		text_finish(&reading->whole);
}

static void take_bytes(struct file_reading *reading, const char *bytes, size_t length)
{
	const char *end = bytes + length;

	if (!reading->good_lines && reading->whole.length + length <= LINE_BYTES_MAX)
		text_add_bytes(&reading->whole, bytes, length);
	while (bytes < end) {
		const char *newline = memchr(bytes, '\n', (size_t)(end - bytes));
		size_t part = (size_t)((newline ? newline : end) - bytes);

		if (!reading->is_skipping && reading->line.length + part <= LINE_BYTES_MAX) {
			text_add_bytes(&reading->line, bytes, part);
		} else {
			reading->is_skipping = true;
			text_clear(&reading->line);
		}
		if (newline) {
			end_line(reading);
			text_clear(&reading->line);
		}
		bytes += part + (newline != NULL);
	}
}

/* Bytes read, or -1 with an error. */
static int64_t read_all(int fd, uint64_t bytes_max, struct file_reading *reading, struct error *err)
{
	char *block = mem_alloc(READ_BYTES);
	uint64_t sum = 0;
	ssize_t length;

	for (;;) {
		length = read(fd, block, READ_BYTES);
		if (length < 0 && errno == EINTR)
			continue;
		if (length <= 0 || sum + (uint64_t)length > bytes_max)
			break;
		take_bytes(reading, block, (size_t)length);
		sum += (uint64_t)length;
	}
	free(block);
	if (length == 0)
		return (int64_t)sum;
	if (length < 0)
		error_set_errno(err, errno, "cannot read");
	else
		error_set(err, ERROR_INVALID, "it is larger than what is read here");
	return -1;
}

bool otlp_read_file(int fd, uint64_t bytes_max, struct fold *fold, struct otlp_counts *counts,
		    struct error *err)
{
	struct file_reading reading = {.fold = fold, .counts = counts};
	int64_t sum = read_all(fd, bytes_max, &reading, err);
	bool is_whole;

	if (reading.line.length || reading.is_skipping)
		end_line(&reading);
	is_whole = sum > 0 && !reading.good_lines && counts->bad_lines > 0 &&
		   (uint64_t)sum == reading.whole.length &&
		   otlp_read(reading.whole.bytes, reading.whole.length, fold, counts);
	if (is_whole) {
		counts->lines = 1;
		counts->bad_lines = 0;
	}
	text_finish(&reading.line);
	text_finish(&reading.whole);
	if (sum < 0)
		return false;
	if (!is_whole && !reading.good_lines && counts->bad_lines > 0)
		return error_set(err, ERROR_INVALID, "there is no OTLP JSON in it");
	return true;
}
