/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Model → picture; see picture_build.h. The whole is laid out by a placer: measured first, then
 * filled. */
#include "backend/model/picture_build.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "backend/base/clock.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/base/rcu.h"
#include "backend/base/user_name.h"
#include "backend/model/live.h"
#include "backend/model/loglevel.h"
#include "backend/model/model.h"
#include "backend/model/placer.h"
#include "backend/model/publisher.h"
#include "backend/model/schedule.h"
#include "backend/sink/chunked.h"

struct picture_block {
	struct picture picture; /* first */
	atomic_uint references;
	struct rcu_garbage garbage;
	struct shared_text **held; /* references that live as long as the picture */
	size_t held_count;
};

struct row_counts {
	size_t channels, cpus, rules, events, chunks, texts;
};

/* Where the next row of each kind goes. */
struct rows {
	const struct model *model;
	struct picture_session *sessions;
	struct picture_channel *channels;
	struct picture_cpu *cpus;
	struct picture_rule *rules;
	struct picture_event *events;
	struct picture_chunk *chunks;
	struct picture_source *sources;
	unsigned int window; /* of histories */
	size_t channel_at, cpu_at, rule_at, event_at, chunk_at;
	struct picture_block *block;
};

static size_t count_events(const struct channel *channel)
{
	return channel->type_count + channel->rule_count;
}

static struct row_counts count_rows(const struct model *model)
{
	struct row_counts count = {0};

	for (size_t i = 0; i < model->session_count; i++) {
		const struct session *session = model->sessions[i];

		count.channels += session->channel_count;
		count.chunks += session->chunk_count + 1;
		if (!publisher_shows(model->publisher, session->id))
			continue;
		for (size_t j = 0; j < session->channel_count; j++) {
			if (channel_is_per_cpu(session->channels[j]))
				count.cpus += session->channels[j]->tally_count;
			count.rules += session->channels[j]->rule_count;
			count.events += count_events(session->channels[j]);
		}
	}
	/* name, both ids, output, schedule and trackers of sessions, name and contexts of channels,
	 * pattern, location, exclusions and filter of rules, name and rule of events, path of
	 * chunks */
	count.texts = 6 * model->session_count + 2 * count.channels + 4 * count.rules +
		      2 * count.events + count.chunks;
	return count;
}

static const char *hold(struct rows *rows, struct shared_text *text)
{
	rows->block->held[rows->block->held_count++] = shared_text_ref(text);
	return shared_text_str(text);
}

static void fill_rules(struct rows *rows, const struct session *session,
		       const struct channel *channel)
{
	for (size_t i = 0; i < channel->rule_count; i++) {
		const struct event_rule *rule = channel->rules[i];
		const char *level = rule->loglevel_match == LOGLEVEL_ALL
					    ? NULL
					    : loglevel_name_ust(rule->loglevel);

		rows->rules[rows->rule_at++] = (struct picture_rule){
			.session_id = session->id,
			.channel_id = channel->id,
			.id = rule->id,
			.kind = (int)rule->kind,
			.location = hold(rows, rule->location),
			.pattern = hold(rows, rule->pattern),
			.loglevel_match = (int)rule->loglevel_match,
			.loglevel = rule->loglevel,
			.loglevel_text = level ? level : "",
			.exclusions = hold(rows, rule->exclusions_text),
			.filter = hold(rows, rule->filter),
			.is_enabled = rule->is_enabled && channel->is_enabled,
		};
	}
}

static void fill_rule_row(struct rows *rows, const struct session *session,
			  const struct channel *channel, const struct event_rule *rule)
{
	const char *level =
		rule->loglevel_match == LOGLEVEL_ALL ? NULL : loglevel_name_ust(rule->loglevel);
	struct picture_event *row = &rows->events[rows->event_at++];

	*row = (struct picture_event){
		.id = (UINT64_C(1) << 63) | rule->id,
		.session_id = session->id,
		.channel_id = channel->id,
		.name = hold(rows, rule->pattern),
		.rule = shared_text_str(rule->pattern),
		.rule_id = rule->id,
		.is_rule = true,
		.is_enabled = rule->is_enabled && channel->is_enabled,
		.loglevel = rule->loglevel_match == LOGLEVEL_ALL ? -1 : rule->loglevel,
		.loglevel_text = level ? level : "",
	};
	for (size_t i = 0; i < PICTURE_HISTORY; i++)
		row->history[i] = PICTURE_NO_SAMPLE;
}

static void fill_type_row(struct rows *rows, const struct session *session,
			  const struct channel *channel, const struct event_type *type)
{
	const char *level = loglevel_name_ust(type->loglevel);
	struct picture_event *row = &rows->events[rows->event_at++];

	*row = (struct picture_event){
		.id = type->row_id,
		.session_id = session->id,
		.channel_id = channel->id,
		.name = hold(rows, type->name),
		.rule = type->rule ? hold(rows, type->rule->pattern) : "",
		.rule_id = type->rule ? type->rule->id : 0,
		.is_enabled = type->rule && type->rule->is_enabled && channel->is_enabled,
		.loglevel = type->loglevel,
		.loglevel_text = level ? level : "",
		.recorded_events = event_type_total(type),
		.recorded_bytes = event_type_bytes(type),
		.rate_per_1000_s = session->is_active ? type->meter.rate_per_1000_s : 0,
		.last_seen_wall_ns = type->meter.last_growth_wall_ns,
	};
	meter_copy_history(&type->meter, rows->window, row->history);
}

static void fill_events(struct rows *rows, const struct session *session,
			const struct channel *channel)
{
	for (size_t i = 0; i < channel->rule_count; i++)
		if (channel->rules[i]->match_count == 0)
			fill_rule_row(rows, session, channel, channel->rules[i]);
	for (size_t i = 0; i < channel->type_count; i++)
		fill_type_row(rows, session, channel, channel->types[i]);
}

/* Those that lost nothing have no row. */
static void fill_cpus(struct rows *rows, const struct channel *channel)
{
	for (size_t i = 0; channel_is_per_cpu(channel) && i < channel->tally_count; i++) {
		struct picture_cpu cpu;

		channel_count_group(channel, i, &cpu.counts);
		if (cpu.counts.discarded_events == 0 && cpu.counts.lost_packets == 0)
			continue;
		snprintf(cpu.name, sizeof(cpu.name), "%s", channel->tallies[i]->owner);
		rows->cpus[rows->cpu_at++] = cpu;
	}
}

static void fill_channel(struct rows *rows, const struct session *session,
			 const struct channel *channel, bool is_detailed)
{
	const struct channel_attributes *attributes = &channel->attributes;
	struct picture_channel *row = &rows->channels[rows->channel_at++];

	*row = (struct picture_channel){
		.session_id = session->id,
		.id = channel->id,
		.name = hold(rows, channel->name),
		.domain = source_table[channel->source_index].class->title,
		.is_enabled = channel->is_enabled,
		.is_overwrite = attributes->is_overwrite,
		.subbuf_bytes = attributes->subbuf_bytes,
		.subbuf_count = attributes->subbuf_count,
		.switch_timer_us = attributes->switch_timer_us,
		.read_timer_us = attributes->read_timer_us,
		.contexts = hold(rows, channel->contexts_text),
		.fill_permille = session->is_active ? channel_fill_permille(channel) : 0,
		.rule_count = channel->rule_count,
		.first_rule = rows->rule_at,
		.first_event = rows->event_at,
		.first_cpu = rows->cpu_at,
	};
	channel_count(channel, &row->counts);
	if (!session->is_active)
		row->counts.rate_per_1000_s = 0;
	meter_copy_history(&channel->meter, rows->window, row->history);
	if (is_detailed) {
		fill_rules(rows, session, channel);
		fill_events(rows, session, channel);
		fill_cpus(rows, channel);
	}
	row->event_count = rows->event_at - row->first_event;
	row->cpu_count = rows->cpu_at - row->first_cpu;
}

static void fill_current_chunk(struct rows *rows, const struct session *session)
{
	struct chunk_info info;

	if (!session->sink || !session_has_chunks(session) ||
	    !chunked_current(session->sink, &info))
		return;
	rows->chunks[rows->chunk_at++] = (struct picture_chunk){
		.session_id = session->id,
		.id = info.id,
		.state = PICTURE_CHUNK_CURRENT,
		.path = "",
		.begin_wall_ns = info.begin_wall_ns,
		.event_count = info.event_count,
		.bytes = info.bytes,
	};
}

static void fill_chunks(struct rows *rows, const struct session *session)
{
	for (size_t i = 0; i < session->chunk_count; i++) {
		const struct chunk_row *chunk = &session->chunks[i];

		rows->chunks[rows->chunk_at++] = (struct picture_chunk){
			.session_id = session->id,
			.id = chunk->id,
			.state = chunk->has_failed ? PICTURE_CHUNK_FAILED : PICTURE_CHUNK_ARCHIVED,
			.path = hold(rows, chunk->path),
			.begin_wall_ns = chunk->begin_wall_ns,
			.end_wall_ns = chunk->end_wall_ns,
			.event_count = chunk->event_count,
			.bytes = chunk->bytes,
		};
	}
	fill_current_chunk(rows, session);
}

static void add_tracked(const struct tracker *tracker, const char *domain, const char *option,
			struct text *out)
{
	if (!tracker->is_limited)
		return;
	text_addf(out, "%s%s %s ", out->length > 0 ? ";" : "", domain, option);
	for (size_t i = 0; i < tracker->value_count; i++)
		text_addf(out, "%s%lld", i > 0 ? "," : "", (long long)tracker->values[i].id);
	if (tracker->value_count == 0)
		text_add(out, "none");
}

/* Few sessions track: the text is made for each picture, and belongs to it. */
static const char *tracked(struct rows *rows, const struct session *session)
{
	struct text text = {0};
	struct shared_text *shared;

	for (size_t i = 0; i < source_count; i++) {
		const struct source_class *class = source_table[i].class;

		for (int kind = 0; kind < TRACKER_KIND_COUNT && !class->carrier; kind++)
			add_tracked(session_tracker(session, i, (enum tracker_kind)kind),
				    strcmp(class->domain, "KERNEL") == 0 ? "k" : "u",
				    tracker_names[kind].option, &text);
	}
	if (text.length == 0)
		return "";
	shared = shared_text_create(text_str(&text));
	text_finish(&text);
	rows->block->held[rows->block->held_count++] = shared;
	return shared_text_str(shared);
}

static void fill_session(struct rows *rows, struct picture_session *row,
			 const struct session *session)
{
	*row = (struct picture_session){
		.id = session->id,
		.name = hold(rows, session->name),
		.identity = hold(rows, session->identity),
		.previous_identity =
			session->previous_identity ? hold(rows, session->previous_identity) : "",
		.output = hold(rows, session->output),
		.uid = session->uid,
		.user = user_name(session->uid),
		.mode = session->mode,
		.is_active = session->is_active,
		.was_started = session->was_started,
		.is_rotating = session->rotation != NULL,
		.is_detailed = publisher_shows(rows->model->publisher, session->id),
		.has_unseen_loss = session_losses(session) > session->seen_losses,
		.created_wall_ns = session->created_wall_ns,
		.schedule = schedule_text(session->schedule)
				    ? hold(rows, schedule_text(session->schedule))
				    : "",
		.rotation_us = schedule_value(session->schedule, SCHEDULE_TIMER),
		.rotation_bytes = schedule_value(session->schedule, SCHEDULE_SIZE),
		.tracked = tracked(rows, session),
		.snapshot_output_count = session->snapshot_output_count,
		.viewer_count = live_viewer_count(session),
		.relay_lost_wall_ns = session->relay.lost_wall_ns,
		.first_channel = rows->channel_at,
		.first_chunk = rows->chunk_at,
	};
	session_count(session, &row->counts);
	if (!session->is_active)
		row->counts.rate_per_1000_s = 0;
	meter_copy_history(&session->meter, rows->window, row->history);
	for (size_t i = 0; i < session->channel_count; i++) {
		fill_channel(rows, session, session->channels[i], row->is_detailed);
		if (rows->channels[rows->channel_at - 1].fill_permille > row->fill_permille)
			row->fill_permille = rows->channels[rows->channel_at - 1].fill_permille;
	}
	row->channel_count = rows->channel_at - row->first_channel;
	fill_chunks(rows, session);
	row->chunk_count = rows->chunk_at - row->first_chunk;
}

static void fill_totals(struct picture *picture)
{
	for (size_t i = 0; i < picture->session_count; i++) {
		const struct picture_session *session = &picture->sessions[i];

		picture->total_rate_per_1000_s += session->counts.rate_per_1000_s;
		picture->total_discarded += session->counts.discarded_events;
		picture->active_count += session->is_active;
		if (session->fill_permille > picture->fill_permille)
			picture->fill_permille = session->fill_permille;
	}
}

static void place_sources(struct placer *placer, const struct model *model, struct rows *rows)
{
	rows->sources = place(placer, source_count, sizeof(*rows->sources));
	for (size_t i = 0; i < source_count; i++) {
		const struct model_source *source = &model->sources[i];
		const char *note = place_text(placer, source->source ? source->warning.message
								     : source->missing.message);

		if (rows->sources)
			rows->sources[i] = (struct picture_source){
				.name = source_table[i].class->name,
				.title = source_table[i].class->title,
				.is_working = source->source != NULL,
				.note = note,
			};
	}
}

static struct picture_block *place_all(struct placer *placer, const struct model *model,
				       const struct row_counts *count, struct rows *rows)
{
	struct picture_block *block = place(placer, 1, sizeof(*block));
	struct shared_text **held = place(placer, count->texts, sizeof(struct shared_text *));

	rows->model = model;
	rows->sessions = place(placer, model->session_count, sizeof(*rows->sessions));
	rows->channels = place(placer, count->channels, sizeof(*rows->channels));
	rows->cpus = place(placer, count->cpus, sizeof(*rows->cpus));
	rows->rules = place(placer, count->rules, sizeof(*rows->rules));
	rows->events = place(placer, count->events, sizeof(*rows->events));
	rows->chunks = place(placer, count->chunks, sizeof(*rows->chunks));
	place_sources(placer, model, rows);
	rows->block = block;
	if (block) {
		block->held = held;
		block->held_count = 0;
		block->picture = (struct picture){0};
	}
	return block;
}

static const char *first_warning(const struct rows *rows)
{
	for (size_t i = 0; i < source_count; i++)
		if (rows->sources[i].note[0] != '\0' &&
		    (rows->sources[i].is_working || !source_table[i].class->is_optional))
			return rows->sources[i].note;
	return "";
}

struct picture *picture_build(const struct model *model, uint64_t serial)
{
	struct row_counts count = count_rows(model);
	struct placer placer = {NULL, 0};
	struct rows rows = {0};
	struct picture_block *block;
	struct picture *picture;
	const char *host_name;

	place_all(&placer, model, &count, &rows);
	place_text(&placer, model->host_name);
	placer = (struct placer){mem_alloc(placer.used_bytes), 0};
	block = place_all(&placer, model, &count, &rows);
	host_name = place_text(&placer, model->host_name);
	rows.window = publisher_window(model->publisher);

	for (size_t i = 0; i < model->session_count; i++)
		fill_session(&rows, &rows.sessions[i], model->sessions[i]);
	picture = &block->picture;
	*picture = (struct picture){
		.serial = serial,
		.sample_seconds = meter_window_seconds(rows.window),
		.sample_count = publisher_sample_count(model->publisher),
		.wall_ns = clock_wall_ns(),
		.host_name = host_name,
		.log_serial = log_last_serial(),
		.warning = first_warning(&rows),
		.sessions = rows.sessions,
		.session_count = model->session_count,
		.channels = rows.channels,
		.channel_count = rows.channel_at,
		.cpus = rows.cpus,
		.cpu_count = rows.cpu_at,
		.rules = rows.rules,
		.rule_count = rows.rule_at,
		.events = rows.events,
		.event_count = rows.event_at,
		.chunks = rows.chunks,
		.chunk_count = rows.chunk_at,
		.app_count = model->app_count,
		.program_count = children_count_interruptible(&model->children),
		.sources = rows.sources,
		.source_count = source_count,
	};
	fill_totals(picture);
	atomic_init(&block->references, 1);
	return picture;
}

struct picture *picture_build_empty(void)
{
	struct picture_block *block = mem_zalloc(sizeof(*block));

	block->picture.sample_seconds = 1;
	block->picture.host_name = "";
	block->picture.warning = "";
	atomic_init(&block->references, 1);
	return &block->picture;
}

static struct picture_block *block_of(const struct picture *picture)
{
	return (struct picture_block *)picture;
}

void picture_ref(const struct picture *picture)
{
	atomic_fetch_add_explicit(&block_of(picture)->references, 1, memory_order_relaxed);
}

void picture_unref(const struct picture *picture)
{
	struct picture_block *block = block_of(picture);

	if (atomic_fetch_sub_explicit(&block->references, 1, memory_order_acq_rel) != 1)
		return;
	for (size_t i = 0; i < block->held_count; i++)
		shared_text_unref(block->held[i]);
	free(block);
}

static void end_publication(struct rcu_garbage *garbage)
{
	picture_unref(&CONTAINER_OF(garbage, struct picture_block, garbage)->picture);
}

void picture_retire(struct picture *picture)
{
	if (picture)
		rcu_retire(&block_of(picture)->garbage, end_publication);
}

const struct picture_session *picture_session(const struct picture *picture, uint64_t session_id)
{
	for (size_t i = 0; i < picture->session_count; i++)
		if (picture->sessions[i].id == session_id)
			return &picture->sessions[i];
	return NULL;
}
