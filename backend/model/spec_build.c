/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Session → spec; see spec_build.h. Everything lies in one block, laid out by a placer. */
#include "backend/model/spec_build.h"

#include "backend/base/mem.h"
#include "backend/model/lifespan.h"
#include "backend/model/model.h"
#include "backend/model/placer.h"

static const char *const *place_exclusions(struct placer *placer,
					   const struct word_list *exclusions)
{
	const char **places = place(placer, exclusions->count, sizeof(*places));

	for (size_t i = 0; i < exclusions->count; i++) {
		const char *copy = place_text(placer, exclusions->words[i]);

		if (places)
			places[i] = copy;
	}
	return places;
}

static struct rule_spec build_rule(struct placer *placer, const struct event_rule *rule)
{
	return (struct rule_spec){
		.id = rule->id,
		.kind = rule->kind,
		.location = shared_text_str(rule->location)[0]
				    ? place_text(placer, shared_text_str(rule->location))
				    : NULL,
		.pattern = place_text(placer, shared_text_str(rule->pattern)),
		.loglevel_match = rule->loglevel_match,
		.loglevel = rule->loglevel,
		.exclusions = place_exclusions(placer, &rule->exclusions),
		.exclusion_count = rule->exclusions.count,
		.filter = shared_text_str(rule->filter)[0]
				  ? place_text(placer, shared_text_str(rule->filter))
				  : NULL,
		.is_enabled = rule->is_enabled,
	};
}

/* The rule in the words of the source that carries its domain. */
static struct rule_spec build_carried_rule(struct placer *placer, const struct source_class *class,
					   const struct event_rule *rule)
{
	const struct rule_spec wanted = {
		.pattern = shared_text_str(rule->pattern),
		.loglevel_match = rule->loglevel_match,
		.loglevel = rule->loglevel,
		.filter = shared_text_str(rule->filter),
	};
	struct rule_spec carried = {.id = rule->id, .is_enabled = rule->is_enabled};
	struct text filter = {0};

	carried.pattern = place_text(placer, class->carry(&wanted, &filter));
	if (filter.length > 0)
		carried.filter = place_text(placer, text_str(&filter));
	text_finish(&filter);
	return carried;
}

static const struct rule_spec *place_rules(struct placer *placer, const struct channel *channel)
{
	const struct source_class *class = source_table[channel->source_index].class;
	struct rule_spec *rules = place(placer, channel->rule_count, sizeof(*rules));

	for (size_t i = 0; i < channel->rule_count; i++) {
		struct rule_spec rule =
			class->carrier ? build_carried_rule(placer, class, channel->rules[i])
				       : build_rule(placer, channel->rules[i]);

		if (rules)
			rules[i] = rule;
	}
	return rules;
}

static const struct context_spec *place_contexts(struct placer *placer,
						 const struct word_list *contexts)
{
	struct context_spec *places = place(placer, contexts->count, sizeof(*places));

	for (size_t i = 0; i < contexts->count; i++) {
		const char *name = place_text(placer, contexts->words[i]);

		if (places)
			places[i] = (struct context_spec){name};
	}
	return places;
}

static struct tracker_spec build_tracker(struct placer *placer, const struct tracker *tracker)
{
	int64_t *values = place(placer, tracker->value_count, sizeof(*values));

	for (size_t i = 0; values && i < tracker->value_count; i++)
		values[i] = tracker->values[i].id;
	return (struct tracker_spec){
		.is_all = !tracker->is_limited,
		.values = values,
		.value_count = tracker->value_count,
	};
}

static struct channel_spec build_channel(struct placer *placer, const struct channel *channel)
{
	const struct channel_attributes *attributes = &channel->attributes;

	return (struct channel_spec){
		.id = channel->id,
		.name = place_text(placer, shared_text_str(channel->name)),
		.is_enabled = channel->is_enabled,
		.is_overwrite = attributes->is_overwrite,
		.subbuf_bytes = attributes->subbuf_bytes,
		.subbuf_count = attributes->subbuf_count,
		.switch_timer_us = attributes->switch_timer_us,
		.read_timer_us = attributes->read_timer_us,
		.blocking_timeout_us = attributes->blocking_timeout_us,
		.file_bytes = attributes->file_bytes,
		.file_count = attributes->file_count,
		.rules = place_rules(placer, channel),
		.rule_count = channel->rule_count,
		.contexts = place_contexts(placer, &channel->contexts),
		.context_count = channel->contexts.count,
	};
}

static const struct channel_spec *place_channels(struct placer *placer,
						 const struct session *session, size_t source_index,
						 size_t count)
{
	struct channel_spec *channels = place(placer, count, sizeof(*channels));
	size_t at = 0;

	for (size_t i = 0; i < session->channel_count; i++) {
		struct channel_spec channel;

		if (source_carrier(session->channels[i]->source_index) != source_index)
			continue;
		channel = build_channel(placer, session->channels[i]);
		if (channels)
			channels[at++] = channel;
	}
	return channels;
}

static void add_carried(struct placer *placer, const struct channel *channel,
			struct carried_rule *rules, size_t *count)
{
	const struct source_class *class = source_table[channel->source_index].class;

	for (size_t i = 0; i < channel->rule_count && class->carrier; i++) {
		const struct event_rule *rule = channel->rules[i];
		const char *pattern = place_text(placer, shared_text_str(rule->pattern));

		if (!rules || !channel->is_enabled || !rule->is_enabled)
			continue;
		rules[(*count)++] = (struct carried_rule){
			.code = class->carried_code,
			.id = rule->id,
			.pattern = pattern,
			.loglevel_match = rule->loglevel_match,
			.loglevel = rule->loglevel,
		};
	}
}

static void place_carried(struct placer *placer, const struct session *session, size_t source_index,
			  struct session_spec *spec)
{
	struct carried_rule *rules;
	size_t room = 0;

	for (size_t i = 0; i < session->channel_count; i++)
		room += session->channels[i]->rule_count;
	rules = place(placer, room, sizeof(*rules));
	spec->carried = rules;
	spec->carried_count = 0;
	for (size_t i = 0; i < session->channel_count; i++)
		if (source_carrier(session->channels[i]->source_index) == source_index)
			add_carried(placer, session->channels[i], rules, &spec->carried_count);
}

static void place_spec(struct placer *placer, const struct session *session, size_t source_index,
		       struct session_spec *spec)
{
	spec->name = place_text(placer, session_name(session));
	spec->identity = place_text(placer, session_identity(session));
	spec->previous_identity = place_text(placer, session_previous_identity(session));
	spec->shm_path = session->shm_path ? place_text(placer, session->shm_path) : NULL;
	spec->hostname = place_text(placer, session->model->host_name);
	spec->channel_count = session_channels_carried(session, source_index);
	spec->channels = place_channels(placer, session, source_index, spec->channel_count);
	place_carried(placer, session, source_index, spec);
	spec->scheme = session_scheme(session, source_index);
	for (size_t i = 0; i < TRACKER_KIND_COUNT; i++)
		spec->trackers[i] = build_tracker(
			placer, session_tracker(session, source_index, (enum tracker_kind)i));
}

struct session_spec *spec_build(const struct session *session, size_t source_index, bool is_over)
{
	struct session_spec *spec = mem_zalloc(sizeof(*spec));
	struct placer placer = {NULL, 0};

	place_spec(&placer, session, source_index, spec);
	placer = (struct placer){mem_alloc(placer.used_bytes), 0};
	place_spec(&placer, session, source_index, spec);
	spec->memory = placer.base;
	atomic_init(&spec->references, 1);
	spec->session_id = session->id;
	spec->version = session->spec_version;
	spec->uid = session->uid;
	spec->gid = session->gid;
	spec->is_root = session->uid == 0;
	spec->is_active = session->is_active;
	spec->is_over = is_over;
	spec->live_period_us = session->live_period_us;
	spec->keeps_packets = session->mode == PICTURE_MODE_SNAPSHOT;
	spec->statedump_serial = session->statedump_serial;
	spec->created_wall_ns = session->created_wall_ns;
	spec->clock = session->clock;
	spec->sink = session->sink;
	spec->streams = session->streams;
	return spec;
}
