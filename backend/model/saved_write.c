/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Session → XML; see saved.h. Elements in the order in which lttng writes them. */
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/model/hook.h"
#include "backend/model/lifespan.h"
#include "backend/model/saved.h"
#include "backend/model/saved_parts.h"
#include "backend/model/schedule.h"
#include "backend/source/context.h"
#include "backend/source/location.h"

#define FIELD(element, kind, member, max)                                                          \
	{                                                                                          \
		element, kind, offsetof(struct channel_attributes, member), max                    \
	}

const struct saved_field saved_channel_fields[] = {
	FIELD("overwrite_mode", SAVED_LOSS_MODE, is_overwrite, 0),
	FIELD("subbuffer_size", SAVED_U64, subbuf_bytes, UINT64_C(1) << 32),
	FIELD("subbuffer_count", SAVED_U64, subbuf_count, 65536),
	FIELD("switch_timer_interval", SAVED_U64, switch_timer_us, UINT32_MAX),
	FIELD("read_timer_interval", SAVED_U64, read_timer_us, UINT32_MAX),
	{"output_type", SAVED_OUTPUT, 0, 0},
	FIELD("blocking_timeout", SAVED_I64, blocking_timeout_us, UINT64_C(2147483648000)),
	FIELD("monitor_timer_interval", SAVED_U64, monitor_timer_us, UINT32_MAX),
	FIELD("tracefile_size", SAVED_U64, file_bytes, UINT64_MAX),
	FIELD("tracefile_count", SAVED_UINT, file_count, UINT32_MAX),
	{"live_timer_interval", SAVED_ZERO, 0, 0},
};

const size_t saved_channel_field_count = COUNT_OF(saved_channel_fields);

const char *const saved_schemes[] = {
	[BUFFERS_PER_USER] = "PER_UID",
	[BUFFERS_PER_PROCESS] = "PER_PID",
	[BUFFERS_GLOBAL] = "GLOBAL",
};

const char *const saved_level_types[] = {
	[LOGLEVEL_ALL] = "ALL",
	[LOGLEVEL_AT_LEAST] = "RANGE",
	[LOGLEVEL_EXACTLY] = "SINGLE",
};

static void write_field(struct xml_writer *writer, const struct channel_attributes *attributes,
			const struct saved_field *field)
{
	const char *value = (const char *)attributes + field->offset;

	switch (field->kind) {
	case SAVED_U64:
		xml_put_u64(writer, field->element, *(const uint64_t *)(const void *)value);
		break;
	case SAVED_UINT:
		xml_put_u64(writer, field->element, *(const unsigned int *)(const void *)value);
		break;
	case SAVED_I64:
		xml_put_i64(writer, field->element, *(const int64_t *)(const void *)value);
		break;
	case SAVED_LOSS_MODE:
		xml_put_text(writer, field->element,
			     *(const bool *)value ? "OVERWRITE" : "DISCARD");
		break;
	case SAVED_OUTPUT:
		xml_put_text(writer, field->element,
			     attributes->scheme == BUFFERS_GLOBAL ? "SPLICE" : "MMAP");
		break;
	case SAVED_ZERO:
		xml_put_u64(writer, field->element, 0);
		break;
	}
}

static void write_program(struct xml_writer *writer, const struct location *location)
{
	bool is_sdt = location->kind == LOCATION_SDT;

	xml_begin(writer, is_sdt ? "userspace_probe_tracepoint_attributes"
				 : "userspace_probe_function_attributes");
	xml_put_text(writer, "lookup_method", is_sdt ? "SDT" : "ELF");
	xml_put_text(writer, "binary_path", location->path);
	if (is_sdt) {
		xml_put_text(writer, "probe_name", location->symbol);
		xml_put_text(writer, "provider_name", location->provider);
	} else {
		xml_put_text(writer, "function_name", location->symbol);
	}
	xml_end(writer);
}

static void write_place(struct xml_writer *writer, const struct location *location)
{
	xml_begin(writer, "probe_attributes");
	if (location->symbol) {
		xml_put_text(writer, "symbol_name", location->symbol);
		xml_put_u64(writer, "offset", location->number);
	} else {
		xml_put_u64(writer, "address", location->number);
	}
	xml_end(writer);
}

static void write_location(struct xml_writer *writer, const struct event_rule *rule)
{
	const char *text = shared_text_str(rule->location);
	struct location location;

	if (!*text)
		return;
	if (location_parse(text, rule->kind, &location, NULL)) {
		xml_begin(writer, "attributes");
		if (location.path)
			write_program(writer, &location);
		else
			write_place(writer, &location);
		xml_end(writer);
	}
	location_finish(&location);
}

static void write_rule(struct xml_writer *writer, const struct event_rule *rule)
{
	xml_begin(writer, "event");
	xml_put_text(writer, "name", shared_text_str(rule->pattern));
	xml_put_bool(writer, "enabled", rule->is_enabled);
	xml_put_text(writer, "type", rule_kind_names[rule->kind].symbol);
	xml_put_text(writer, "loglevel_type", saved_level_types[rule->loglevel_match]);
	if (rule->loglevel_match != LOGLEVEL_ALL)
		xml_put_i64(writer, "loglevel", rule->loglevel);
	if (*shared_text_str(rule->filter))
		xml_put_text(writer, "filter", shared_text_str(rule->filter));
	if (rule->exclusions.count > 0) {
		xml_begin(writer, "exclusions");
		for (size_t i = 0; i < rule->exclusions.count; i++)
			xml_put_text(writer, "exclusion", rule->exclusions.words[i]);
		xml_end(writer);
	}
	write_location(writer, rule);
	xml_end(writer);
}

/* The schema of 2.13 ends with the contexts of 2.9. */
static bool schema_has(const char *name)
{
	static const char *const missing[] = {"_ns", "uid", "gid", "cpu_id"};
	size_t length = strlen(name);

	for (size_t i = 0; i < COUNT_OF(missing); i++) {
		size_t tail = strlen(missing[i]);

		if (length >= tail && strcmp(name + length - tail, missing[i]) == 0)
			return false;
	}
	return true;
}

static void write_perf(struct xml_writer *writer, const struct context_perf *perf)
{
	xml_begin(writer, "perf");
	xml_put_u64(writer, "type", perf->type);
	xml_put_u64(writer, "config", perf->config);
	xml_put_text(writer, "name", perf->field);
	xml_end(writer);
}

static void write_app(struct xml_writer *writer, const struct context_app *app)
{
	xml_begin(writer, "app");
	xml_put_text(writer, "provider_name", app->provider);
	xml_put_text(writer, "ctx_name", app->type);
	xml_end(writer);
}

static void write_context(struct xml_writer *writer, const char *name)
{
	const struct context_type *type = context_type_find(name);
	struct context_perf perf;
	struct context_app app;

	if (type && !schema_has(name)) {
		xml_put_instruction(writer, SAVED_CONTEXT_TARGET, type->symbol);
		return;
	}
	xml_begin(writer, "context");
	if (type)
		xml_put_text(writer, "type", type->symbol);
	else if (context_parse_perf(name, &perf))
		write_perf(writer, &perf);
	else if (context_parse_app(name, &app))
		write_app(writer, &app);
	xml_end(writer);
}

static void write_channel(struct xml_writer *writer, const struct channel *channel)
{
	xml_begin(writer, "channel");
	xml_put_text(writer, "name", shared_text_str(channel->name));
	xml_put_bool(writer, "enabled", channel->is_enabled);
	for (size_t i = 0; i < saved_channel_field_count; i++)
		write_field(writer, &channel->attributes, &saved_channel_fields[i]);
	xml_begin(writer, "events");
	for (size_t i = 0; i < channel->rule_count; i++)
		write_rule(writer, channel->rules[i]);
	xml_end(writer);
	xml_begin(writer, "contexts");
	for (size_t i = 0; i < channel->contexts.count; i++)
		write_context(writer, channel->contexts.words[i]);
	xml_end(writer);
	xml_end(writer);
}

static void write_tracker(struct xml_writer *writer, const struct tracker_names *names,
			  const struct tracker *tracker)
{
	char *element;

	if (!tracker->is_limited)
		return;
	element = mem_printf("%s_process_attr_tracker", names->element);
	xml_begin(writer, element);
	xml_begin(writer, "process_attr_values");
	for (size_t i = 0; i < tracker->value_count; i++) {
		const struct tracker_value *value = &tracker->values[i];

		xml_begin(writer, names->element);
		if (value->name)
			xml_put_text(writer, "name", value->name);
		else
			xml_put_i64(writer, "id", value->id);
		xml_end(writer);
	}
	xml_end(writer);
	xml_end(writer);
	free(element);
}

static void write_domain(struct xml_writer *writer, const struct session *session,
			 size_t source_index)
{
	xml_begin(writer, "domain");
	xml_put_text(writer, "type", source_table[source_index].class->domain);
	xml_put_text(writer, "buffer_type", saved_schemes[session_scheme(session, source_index)]);
	xml_begin(writer, "channels");
	for (size_t i = 0; i < session->channel_count; i++)
		if (session->channels[i]->source_index == source_index)
			write_channel(writer, session->channels[i]);
	xml_end(writer);
	if (source_table[source_index].class->carrier) {
		xml_end(writer);
		return;
	}
	xml_begin(writer, "process_attr_trackers");
	for (int i = 0; i < TRACKER_KIND_COUNT; i++)
		write_tracker(writer, &tracker_names[i],
			      session_tracker(session, source_index, (enum tracker_kind)i));
	xml_end(writer);
	xml_end(writer);
}

static void write_destination(struct xml_writer *writer, bool is_enabled, const char *path)
{
	xml_begin(writer, "consumer_output");
	xml_put_bool(writer, "enabled", is_enabled);
	xml_begin(writer, "destination");
	xml_put_text(writer, "path", path);
	xml_end(writer);
	xml_end(writer);
}

/* The loader of lttng takes both sockets' addresses. */
static void write_network(struct xml_writer *writer, const struct relay_url *url)
{
	struct text control = {0};
	struct text data = {0};

	relay_url_show_control(url, &control);
	relay_url_show_data(url, &data);
	xml_begin(writer, "consumer_output");
	xml_put_bool(writer, "enabled", true);
	xml_begin(writer, "destination");
	xml_begin(writer, "net_output");
	xml_put_text(writer, "control_uri", text_str(&control));
	xml_put_text(writer, "data_uri", text_str(&data));
	xml_end(writer);
	xml_end(writer);
	xml_end(writer);
	text_finish(&control);
	text_finish(&data);
}

static void write_first_output(struct xml_writer *writer, const struct snapshot_output *output)
{
	struct relay_url url;

	xml_begin(writer, "output");
	xml_put_text(writer, "name", output->name);
	xml_put_u64(writer, "max_size", output->bytes_max);
	if (relay_url_is_meant(output->path) && relay_url_parse(output->path, &url, NULL))
		write_network(writer, &url);
	else
		write_destination(writer, true, output->path);
	xml_end(writer);
}

/* An instruction ends with "?>"; words are divided by spaces. */
static void add_encoded(struct text *out, const char *word)
{
	for (const char *at = word; *at; at++)
		if (strchr("%?> ", *at) || (unsigned char)*at < ' ')
			text_addf(out, "%%%02X", (unsigned char)*at);
		else
			text_add_char(out, *at);
}

static void write_further_output(struct xml_writer *writer, const struct snapshot_output *output)
{
	struct text value = {0};

	text_addf(&value, "%llu ", (unsigned long long)output->bytes_max);
	add_encoded(&value, output->name);
	text_add_char(&value, ' ');
	add_encoded(&value, output->path);
	xml_put_instruction(writer, SAVED_OUTPUT_TARGET, text_str(&value));
	text_finish(&value);
}

static void write_output(struct xml_writer *writer, const struct session *session)
{
	xml_begin(writer, "output");
	if (session->mode == PICTURE_MODE_SNAPSHOT) {
		xml_begin(writer, "snapshot_outputs");
		for (size_t i = 0; i < session->snapshot_output_count; i++)
			if (i == 0)
				write_first_output(writer, &session->snapshot_outputs[i]);
			else
				write_further_output(writer, &session->snapshot_outputs[i]);
		xml_end(writer);
	} else if (session->mode == PICTURE_MODE_STREAMING) {
		write_network(writer, &session->url);
	} else {
		write_destination(writer, session_has_chunks(session),
				  shared_text_str(session->output));
	}
	xml_end(writer);
}

static void write_schedule(struct xml_writer *writer, const struct schedule *schedule)
{
	uint64_t timer_us = schedule_value(schedule, SCHEDULE_TIMER);
	uint64_t bytes = schedule_value(schedule, SCHEDULE_SIZE);

	if (!timer_us && !bytes)
		return;
	xml_begin(writer, "rotation_schedules");
	if (timer_us) {
		xml_begin(writer, "periodic");
		xml_put_u64(writer, "time_us", timer_us);
		xml_end(writer);
	}
	if (bytes) {
		xml_begin(writer, "size_threshold");
		xml_put_u64(writer, "bytes", bytes);
		xml_end(writer);
	}
	xml_end(writer);
}

static void write_attributes(struct xml_writer *writer, const struct session *session)
{
	if (session->mode != PICTURE_MODE_SNAPSHOT && !session->schedule &&
	    !session->live_period_us)
		return;
	xml_begin(writer, "attributes");
	if (session->mode == PICTURE_MODE_SNAPSHOT)
		xml_put_bool(writer, "snapshot_mode", true);
	if (session->live_period_us)
		xml_put_u64(writer, "live_timer_interval", session->live_period_us);
	write_schedule(writer, session->schedule);
	xml_end(writer);
}

static void write_lifespan(struct xml_writer *writer, const struct session *session)
{
	const struct expiry_limits limits = expiry_limits_of(session->expiry);
	const struct hook_state hook = hooks_state(session);
	struct text value = {0};

	if (limits.idle_us || limits.lifetime_us) {
		text_addf(&value, "%llu %llu", (unsigned long long)limits.idle_us,
			  (unsigned long long)limits.lifetime_us);
		xml_put_instruction(writer, SAVED_EXPIRY_TARGET, text_str(&value));
	}
	if (hook.command) {
		text_clear(&value);
		text_addf(&value, "%llu ", (unsigned long long)hook.limit_us);
		add_encoded(&value, hook.command);
		xml_put_instruction(writer, SAVED_HOOK_TARGET, text_str(&value));
	}
	if (session->has_begun)
		xml_put_instruction(writer, SAVED_IDENTITY_TARGET, session_identity(session));
	text_finish(&value);
}

void saved_write(const struct session *session, struct text *out)
{
	struct xml_writer writer;

	xml_write_begin(&writer, out, true);
	xml_begin(&writer, "sessions");
	xml_begin(&writer, "session");
	xml_put_text(&writer, "name", session_name(session));
	if (session->shm_path)
		xml_put_text(&writer, "shared_memory_path", session->shm_path);
	xml_begin(&writer, "domains");
	for (size_t i = 0; i < source_count; i++)
		if (session_has_domain(session, i))
			write_domain(&writer, session, i);
	xml_end(&writer);
	/* Omitted, lttng would take it for started. */
	xml_put_bool(&writer, "started", session->is_active);
	write_attributes(&writer, session);
	write_output(&writer, session);
	write_lifespan(&writer, session);
	xml_end(&writer);
	xml_end(&writer);
}
