/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The same as list.c prints, as JSON: --mi xml's names, and counters and chunks that lttng does not
 * have. */
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/control/commands/common.h"
#include "backend/control/commands/listing.h"
#include "backend/model/loglevel.h"
#include "backend/source/location.h"

static const char *const loglevel_types[] = {
	[LOGLEVEL_ALL] = "ALL",
	[LOGLEVEL_AT_LEAST] = "RANGE",
	[LOGLEVEL_EXACTLY] = "SINGLE",
};

/* A place in the kernel, in its parts as lttng's machine interface has them. */
static void put_place(struct json *event, const struct event_rule *rule)
{
	struct error ignored = ERROR_INIT;
	struct location location;
	struct json *attributes;

	if (rule->kind != RULE_PROBE && rule->kind != RULE_FUNCTION)
		return;
	if (location_parse(shared_text_str(rule->location), rule->kind, &location, &ignored)) {
		attributes =
			json_put_object(event, rule->kind == RULE_PROBE ? "probe_attributes"
									: "function_attributes");
		if (location.kind == LOCATION_ADDRESS) {
			json_put_u64(attributes, "address", location.number);
		} else {
			json_put_text(attributes, "symbol_name", location.symbol);
			json_put_u64(attributes, "offset", location.number);
		}
	}
	location_finish(&location);
}

struct json *listing_rule_json(struct json *events, size_t source_index,
			       const struct event_rule *rule)
{
	const struct loglevel_scale *scale =
		loglevel_scale(source_table[source_index].class->domain);
	struct json *event = json_add_object(events);
	struct json *exclusions;

	json_put_text(event, "name", shared_text_str(rule->pattern));
	json_put_text(event, "type", rule_kind_names[rule->kind].symbol);
	if (shared_text_str(rule->location)[0])
		json_put_text(event, "location", shared_text_str(rule->location));
	put_place(event, rule);
	json_put_bool(event, "enabled", rule->is_enabled);
	json_put_text(event, "loglevel_type", loglevel_types[rule->loglevel_match]);
	if (rule->loglevel_match != LOGLEVEL_ALL)
		json_put_text(event, "loglevel", loglevel_name(scale, rule->loglevel));
	if (shared_text_str(rule->filter)[0])
		json_put_text(event, "filter_expression", shared_text_str(rule->filter));
	exclusions = json_put_array(event, "exclusions");
	for (size_t i = 0; i < rule->exclusions.count; i++)
		json_add_text(exclusions, rule->exclusions.words[i]);
	return event;
}

static void put_type(struct json *types, const struct event_type *type)
{
	const char *level = loglevel_name_ust(type->loglevel);
	struct json *entry = json_add_object(types);

	json_put_text(entry, "name", shared_text_str(type->name));
	if (level)
		json_put_text(entry, "loglevel", level);
	json_put_u64(entry, "recorded_events", event_type_total(type));
	json_put_u64(entry, "recorded_bytes", event_type_bytes(type));
}

static void put_counts(struct json *object, const struct picture_counts *counts)
{
	json_put_u64(object, "discarded_events", counts->discarded_events);
	json_put_u64(object, "discarded_events_ring", counts->discarded_ring);
	json_put_u64(object, "discarded_events_write", counts->discarded_write);
	json_put_u64(object, "lost_packets", counts->lost_packets);
	json_put_u64(object, "recorded_events", counts->recorded_events);
	json_put_u64(object, "recorded_bytes", counts->recorded_bytes);
	json_put_u64(object, "unreadable_bytes", counts->unreadable_bytes);
	json_put_u64(object, "repairs", counts->repairs);
	json_put_u64(object, "last_loss_ns", counts->last_loss_wall_ns);
}

static void put_attributes(struct json *object, const struct channel *channel)
{
	const struct channel_attributes *attributes = &channel->attributes;
	struct picture_counts counts;

	channel_count(channel, &counts);
	json_put_text(object, "overwrite_mode", attributes->is_overwrite ? "OVERWRITE" : "DISCARD");
	json_put_u64(object, "subbuffer_size", attributes->subbuf_bytes);
	json_put_u64(object, "subbuffer_count", attributes->subbuf_count);
	json_put_u64(object, "switch_timer_interval", attributes->switch_timer_us);
	json_put_u64(object, "read_timer_interval", attributes->read_timer_us);
	json_put_u64(object, "monitor_timer_interval", attributes->monitor_timer_us);
	json_put_i64(object, "blocking_timeout", attributes->blocking_timeout_us);
	json_put_text(object, "output_type", "MMAP");
	json_put_u64(object, "tracefile_size", attributes->file_bytes);
	json_put_u64(object, "tracefile_count", attributes->file_count);
	json_put_u64(object, "live_timer_interval", 0);
	put_counts(object, &counts);
}

static void put_memory(struct json *object, const struct channel *channel)
{
	struct json *groups;

	object = json_put_object(object, "memory_usage");
	json_put_u64(object, "bytes", channel_buffer_bytes(channel));
	groups = json_put_array(object, "groups");
	for (size_t i = 0; i < channel->tally_count; i++) {
		const struct tally *tally = channel->tallies[i];
		struct json *group = json_add_object(groups);

		json_put_text(group, "owner", tally->owner);
		json_put_u64(group, "buffers", atomic_load(&tally->buffer_count));
		json_put_u64(group, "bytes", tally_read(&tally->buffer_bytes));
	}
}

/* Of the kernel's channels: what each CPU's buffer has had. */
static void put_cpus(struct json *object, const struct channel *channel)
{
	struct json *cpus;

	if (!channel_is_per_cpu(channel))
		return;
	cpus = json_put_array(object, "cpus");
	for (size_t i = 0; i < channel->tally_count; i++) {
		struct json *cpu = json_add_object(cpus);
		struct picture_counts counts;

		channel_count_group(channel, i, &counts);
		json_put_text(cpu, "name", channel->tallies[i]->owner);
		put_counts(cpu, &counts);
	}
}

struct json *listing_channel_json(struct json *channels, const struct channel *channel)
{
	struct json *object = json_add_object(channels);
	struct json *list;

	json_put_text(object, "name", shared_text_str(channel->name));
	json_put_bool(object, "enabled", channel->is_enabled);
	put_attributes(json_put_object(object, "attributes"), channel);
	list = json_put_array(object, "events");
	for (size_t i = 0; i < channel->rule_count; i++)
		listing_rule_json(list, channel->source_index, channel->rules[i]);
	list = json_put_array(object, "contexts");
	for (size_t i = 0; i < channel->contexts.count; i++)
		json_add_text(list, channel->contexts.words[i]);
	put_cpus(object, channel);
	list = json_put_array(object, "event_types");
	for (size_t i = 0; i < channel->type_count; i++)
		put_type(list, channel->types[i]);
	return object;
}

static const char *const schemes[] = {
	[BUFFERS_PER_USER] = "PER_UID",
	[BUFFERS_PER_PROCESS] = "PER_PID",
	[BUFFERS_GLOBAL] = "GLOBAL",
};

static void put_tracker(struct json *trackers, enum tracker_kind kind,
			const struct tracker *tracker)
{
	struct json *object = json_add_object(trackers);
	struct json *values;

	json_put_text(object, "attribute", tracker_names[kind].element);
	values = json_put_array(object, "values");
	for (size_t i = 0; i < tracker->value_count; i++) {
		struct json *value = json_add_object(values);

		json_put_i64(value, "id", tracker->values[i].id);
		if (tracker->values[i].name)
			json_put_text(value, "name", tracker->values[i].name);
	}
}

/* Those that keep somebody out. */
static void put_trackers(struct json *domain, const struct session *session, size_t source_index)
{
	struct json *trackers = json_put_array(domain, "process_attr_trackers");

	for (int i = 0; i < TRACKER_KIND_COUNT; i++) {
		const struct tracker *tracker =
			session_tracker(session, source_index, (enum tracker_kind)i);

		if (tracker->is_limited)
			put_tracker(trackers, (enum tracker_kind)i, tracker);
	}
}

static void put_domains(struct json *object, const struct session *session,
			const struct listing *listing)
{
	struct json *domains = json_put_array(object, "domains");

	for (size_t i = 0; i < source_count; i++) {
		struct json *domain;
		struct json *channels;

		if (!session_has_domain(session, i))
			continue;
		domain = json_add_object(domains);
		json_put_text(domain, "type", source_table[i].class->domain);
		json_put_text(domain, "buffer_type", schemes[session_scheme(session, i)]);
		put_trackers(domain, session, i);
		channels = json_put_array(domain, "channels");
		for (size_t j = 0; j < session->channel_count; j++) {
			const struct channel *channel = session->channels[j];
			struct json *entry;

			if (channel->source_index != i || !listing_wants(listing, channel))
				continue;
			entry = listing_channel_json(channels, channel);
			if (listing->memory != MEMORY_UNTOLD)
				put_memory(entry, channel);
		}
	}
}

static void put_chunks(struct json *object, const struct session *session)
{
	struct json *chunks = json_put_array(object, "chunks");

	for (size_t i = 0; i < session->chunk_count; i++) {
		const struct chunk_row *row = &session->chunks[i];
		struct json *chunk = json_add_object(chunks);

		json_put_u64(chunk, "id", row->id);
		json_put_text(chunk, "path", shared_text_str(row->path));
		json_put_bool(chunk, "archived", row->is_archived);
		json_put_bool(chunk, "failed", row->has_failed);
		json_put_u64(chunk, "begin_ns", row->begin_wall_ns);
		json_put_u64(chunk, "end_ns", row->end_wall_ns);
		json_put_u64(chunk, "recorded_events", row->event_count);
		json_put_u64(chunk, "recorded_bytes", row->bytes);
		json_put_u64(chunk, "discarded_events", row->discarded_events);
	}
}

static void put_snapshot_outputs(struct json *object, const struct session *session)
{
	struct json *outputs = json_put_array(object, "snapshot_outputs");

	for (size_t i = 0; i < session->snapshot_output_count; i++) {
		const struct snapshot_output *output = &session->snapshot_outputs[i];
		struct json *entry = json_add_object(outputs);

		json_put_u64(entry, "id", output->id);
		json_put_text(entry, "name", output->name);
		json_put_text(entry, "path", output->path);
		json_put_u64(entry, "max_size", output->bytes_max);
	}
}

void listing_session_json(struct json *object, const struct session *session,
			  const struct listing *listing)
{
	struct picture_counts counts;

	session_count(session, &counts);
	common_session_json(object, session);
	put_counts(object, &counts);
	put_domains(object, session, listing);
	if (listing->memory != MEMORY_UNTOLD)
		json_put_u64(object, "memory_usage_bytes", listing_memory_bytes(session, listing));
	put_chunks(object, session);
	if (session->mode == PICTURE_MODE_SNAPSHOT)
		put_snapshot_outputs(object, session);
}

static void put_fields(struct json *event, const struct point *point)
{
	struct json *fields = json_put_array(event, "event_fields");

	for (size_t i = 0; i < point->field_count; i++) {
		struct json *field = json_add_object(fields);
		const char *type = point->fields[i].type;
		char *word = mem_printf("%.*s", (int)strcspn(type, ","), type); /* no remark */

		json_put_text(field, "name", point->fields[i].name);
		json_put_text(field, "type", word);
		free(word);
	}
}

/* lttng has no process around the kernel's. */
static void put_kernel_points(struct json *object, const struct point_list *points,
			      enum rule_kind kind, bool with_fields)
{
	struct json *events = json_put_array(object, "kernel_events");

	for (size_t i = 0; i < points->group_count; i++)
		for (size_t j = 0; j < points->groups[i].point_count; j++) {
			const struct point *point = &points->groups[i].points[j];
			const char *name = listing_point_name(point, kind);
			struct json *event;

			if (!name)
				continue;
			event = json_add_object(events);
			json_put_text(event, "name", name);
			json_put_text(event, "type", rule_kind_names[kind].symbol);
			if (with_fields)
				put_fields(event, point);
		}
}

void listing_points_json(struct json *object, size_t source_index, const struct point_list *points,
			 enum rule_kind kind, bool with_fields)
{
	const struct loglevel_scale *scale =
		loglevel_scale(source_table[source_index].class->domain);
	struct json *groups;

	if (strcmp(source_table[source_index].class->domain, "KERNEL") == 0) {
		put_kernel_points(object, points, kind, with_fields);
		return;
	}
	groups = json_put_array(object, "pids");
	for (size_t i = 0; i < points->group_count; i++) {
		const struct point_group *group = &points->groups[i];
		struct json *pid = json_add_object(groups);
		struct json *events;

		json_put_i64(pid, "id", group->pid);
		json_put_text(pid, "name", group->name);
		events = json_put_array(pid, "events");
		for (size_t j = 0; j < group->point_count; j++) {
			const struct point *point = &group->points[j];
			const char *level = loglevel_name(scale, point->loglevel);
			struct json *event = json_add_object(events);

			json_put_text(event, "name", point->name);
			json_put_text(event, "type", "TRACEPOINT");
			json_put_text(event, "loglevel", level ? level : "");
			if (with_fields)
				put_fields(event, point);
		}
	}
}
