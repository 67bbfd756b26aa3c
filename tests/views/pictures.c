/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Arrays of fixed size stand in for the one allocation of a real picture. */
#include "tests/views/pictures.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/units.h"

#define FIRST_EVENT_ID 10

void pictures_init(struct pictures *pictures)
{
	memset(pictures, 0, sizeof(*pictures));
	pictures->picture = (struct picture){
		.serial = 1,
		.sample_seconds = 1,
		.sample_count = PICTURES_AT(14, 2, 7) / NS_PER_S,
		.wall_ns = PICTURES_AT(14, 2, 7),
		.host_name = "box",
		.warning = "",
		.sessions = pictures->sessions,
		.channels = pictures->channels,
		.rules = pictures->rules,
		.events = pictures->events,
		.chunks = pictures->chunks,
	};
	pictures->input = (struct view_input){
		.picture = &pictures->picture,
		.selection = &pictures->selection,
		.now_wall_ns = PICTURES_AT(14, 2, 7),
		.is_focused = true,
		.glyphs = GLYPHS_UTF8,
		.log = pictures->log,
	};
}

struct picture_session *pictures_add_session(struct pictures *pictures, const char *name)
{
	struct picture_session *session = &pictures->sessions[pictures->picture.session_count++];

	assert(pictures->picture.session_count <= PICTURES_MAX);
	session->id = pictures->picture.session_count;
	session->name = name;
	session->output = "";
	session->is_detailed = true;
	session->first_channel = pictures->picture.channel_count;
	session->first_chunk = pictures->picture.chunk_count;
	pictures_set_history(session->history, NULL, 0);
	return session;
}

static struct picture_session *last_session(struct pictures *pictures)
{
	return &pictures->sessions[pictures->picture.session_count - 1];
}

struct picture_channel *pictures_add_channel(struct pictures *pictures, const char *name)
{
	struct picture_session *session = last_session(pictures);
	struct picture_channel *channel = &pictures->channels[pictures->picture.channel_count++];

	assert(pictures->picture.channel_count <= PICTURES_MAX);
	channel->session_id = session->id;
	channel->id = (uint32_t)session->channel_count++;
	channel->name = name;
	channel->domain = "User space";
	channel->contexts = "";
	channel->first_rule = pictures->picture.rule_count;
	channel->is_enabled = true;
	channel->subbuf_bytes = 524288;
	channel->subbuf_count = 4;
	channel->first_event = pictures->picture.event_count;
	pictures_set_history(channel->history, NULL, 0);
	return channel;
}

struct picture_rule *pictures_add_rule(struct pictures *pictures, const char *pattern)
{
	struct picture_channel *channel = &pictures->channels[pictures->picture.channel_count - 1];
	struct picture_rule *rule = &pictures->rules[pictures->picture.rule_count++];

	assert(pictures->picture.rule_count <= PICTURES_MAX);
	channel->rule_count++;
	*rule = (struct picture_rule){
		.session_id = channel->session_id,
		.channel_id = channel->id,
		.id = (uint32_t)pictures->picture.rule_count,
		.pattern = pattern,
		.loglevel = -1,
		.loglevel_text = "",
		.exclusions = "",
		.filter = "",
		.is_enabled = true,
	};
	return rule;
}

struct picture_event *pictures_add_event(struct pictures *pictures, const char *name,
					 uint64_t total)
{
	struct picture_channel *channel = &pictures->channels[pictures->picture.channel_count - 1];
	struct picture_event *event = &pictures->events[pictures->picture.event_count];

	event->id = FIRST_EVENT_ID + pictures->picture.event_count++;
	assert(pictures->picture.event_count <= PICTURES_MAX);
	channel->event_count++;
	event->session_id = channel->session_id;
	event->channel_id = channel->id;
	event->name = name;
	event->rule = name;
	event->is_enabled = true;
	event->loglevel = -1;
	event->loglevel_text = "";
	event->recorded_events = total;
	pictures_set_history(event->history, NULL, 0);
	return event;
}

struct picture_chunk *pictures_add_chunk(struct pictures *pictures, enum picture_chunk_state state)
{
	struct picture_session *session = last_session(pictures);
	struct picture_chunk *chunk = &pictures->chunks[pictures->picture.chunk_count++];

	assert(pictures->picture.chunk_count <= PICTURES_MAX);
	chunk->session_id = session->id;
	chunk->id = session->chunk_count++;
	chunk->state = state;
	chunk->path = "";
	return chunk;
}

void pictures_add_message(struct pictures *pictures, enum log_level level, const char *text,
			  const char *command)
{
	struct log_entry *entry = &pictures->log[pictures->input.log_count++];

	assert(pictures->input.log_count <= PICTURES_MAX);
	entry->serial = pictures->input.log_count;
	entry->wall_ns = PICTURES_AT(14, 2, 4 + pictures->input.log_count);
	entry->level = level;
	snprintf(entry->text, sizeof(entry->text), "%s", text);
	snprintf(entry->command, sizeof(entry->command), "%s", command);
}

void pictures_set_history(uint32_t history[PICTURE_HISTORY], const uint32_t *samples, size_t count)
{
	for (size_t i = 0; i < PICTURE_HISTORY - count; i++)
		history[i] = PICTURE_NO_SAMPLE;
	for (size_t i = 0; i < count; i++)
		history[PICTURE_HISTORY - count + i] = samples[i];
}

static const uint32_t ramp[] = {1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000};
static const uint32_t silence[PICTURE_HISTORY];

static void add_web_channels(struct pictures *pictures)
{
	struct picture_channel *channel = pictures_add_channel(pictures, "ust0");
	uint32_t burst[PICTURE_HISTORY] = {0};
	struct picture_event *event;

	channel->switch_timer_us = 1000000;
	channel->read_timer_us = 200000;
	channel->fill_permille = 420;
	channel->rule_count = 2;
	channel->counts.recorded_events = 1204331;
	channel->counts.recorded_bytes = 12687770;
	channel->counts.rate_per_1000_s = 18400000;
	channel->counts.discarded_events = 1204;
	channel->counts.discarded_ring = 1200;
	channel->counts.discarded_write = 4;
	channel->counts.last_loss_wall_ns = PICTURES_AT(14, 2, 5);
	pictures_set_history(channel->history, ramp, COUNT_OF(ramp));

	event = pictures_add_event(pictures, "my_app:request_begin", 1100000);
	event->rule = "my_app:*";
	event->loglevel = 6;
	event->loglevel_text = "TRACE_INFO";
	event->rate_per_1000_s = 9120000;
	event->last_seen_wall_ns = PICTURES_AT(14, 2, 7);
	pictures_set_history(event->history, ramp, COUNT_OF(ramp));

	event = pictures_add_event(pictures, "my_app:request_end", 4331);
	event->rule = "my_app:*";
	event->loglevel = 12;
	event->loglevel_text = "TRACE_DEBUG_FUNCTION";
	event->rate_per_1000_s = 200;
	event->last_seen_wall_ns = PICTURES_AT(14, 2, 7);
	burst[60] = burst[61] = burst[62] = 1;
	burst[63] = 1000;
	pictures_set_history(event->history, burst, COUNT_OF(burst));

	event = pictures_add_event(pictures, "nobody:*", 0);
	event->is_rule = true;

	event = pictures_add_event(pictures, "old:thing", 100000);
	event->rule = "";
	event->is_enabled = false;
	event->last_seen_wall_ns = PICTURES_AT(13, 59, 0);
	pictures_set_history(event->history, silence, COUNT_OF(silence));
}

static void add_flight_channel(struct pictures *pictures)
{
	struct picture_channel *channel = pictures_add_channel(pictures, "flight");
	static const uint32_t once[] = {5};
	struct picture_event *event;

	channel->is_overwrite = true;
	channel->subbuf_bytes = 4096;
	channel->subbuf_count = 8;
	channel->fill_permille = 1000;
	channel->counts.bytes_per_s = 12300;
	channel->counts.lost_packets = 3;
	pictures_set_history(channel->history, silence, COUNT_OF(silence));

	event = pictures_add_event(pictures, "net:packet", 7);
	event->loglevel = 14;
	event->loglevel_text = "TRACE_DEBUG";
	event->last_seen_wall_ns = PICTURES_AT(14, 1, 30);
	pictures_set_history(event->history, once, COUNT_OF(once));
}

#define WEB	 "/root/lttng-traces/web-20261122-140000"
#define ARCHIVES WEB "/archives/"

static void add_web_chunks(struct pictures *pictures)
{
	struct picture_chunk *chunk = pictures_add_chunk(pictures, PICTURE_CHUNK_ARCHIVED);

	chunk->path = ARCHIVES "20261122T140000+0000-20261122T140030+0000-0";
	chunk->begin_wall_ns = PICTURES_AT(14, 0, 0);
	chunk->end_wall_ns = PICTURES_AT(14, 0, 30);
	chunk->bytes = 1048576;
	chunk->event_count = 4000;

	chunk = pictures_add_chunk(pictures, PICTURE_CHUNK_FAILED);
	chunk->begin_wall_ns = PICTURES_AT(14, 0, 30);
	chunk->end_wall_ns = PICTURES_AT(14, 1, 0);

	chunk = pictures_add_chunk(pictures, PICTURE_CHUNK_ARCHIVED);
	chunk->path = ARCHIVES "20261122T140100+0000-20261122T140205+0000-2";
	chunk->begin_wall_ns = PICTURES_AT(14, 1, 0);
	chunk->end_wall_ns = PICTURES_AT(14, 2, 5);
	chunk->bytes = 12687770;
	chunk->event_count = 400000;

	chunk = pictures_add_chunk(pictures, PICTURE_CHUNK_CURRENT);
	chunk->begin_wall_ns = PICTURES_AT(14, 2, 5);
	chunk->bytes = 409600;
	chunk->event_count = 999;
}

static void add_web(struct pictures *pictures)
{
	struct picture_session *session = pictures_add_session(pictures, "web");

	session->output = WEB;
	session->is_active = true;
	session->was_started = true;
	session->has_unseen_loss = true;
	session->fill_permille = 420;
	session->counts.recorded_events = 1204331;
	session->counts.recorded_bytes = 12687770;
	session->counts.rate_per_1000_s = 18400000;
	session->counts.discarded_events = 1204;
	session->counts.discarded_ring = 1200;
	session->counts.discarded_write = 4;
	session->counts.lost_packets = 3;
	session->counts.last_loss_wall_ns = PICTURES_AT(14, 2, 5);
	pictures_set_history(session->history, ramp, COUNT_OF(ramp));
	add_web_channels(pictures);
	add_flight_channel(pictures);
	pictures_add_channel(pictures, "off")->is_enabled = false;
	add_web_chunks(pictures);
}

void pictures_init_web(struct pictures *pictures)
{
	struct picture_session *session;

	pictures_init(pictures);
	add_web(pictures);
	session = pictures_add_session(pictures, "db");
	session->mode = PICTURE_MODE_SNAPSHOT;
	session->was_started = true;
	session->counts.recorded_events = 999;
	session->counts.recorded_bytes = 524288;
	pictures_set_history(session->history, silence, COUNT_OF(silence));
	pictures->picture.active_count = 1;
	pictures->picture.total_rate_per_1000_s = 18400000;
	pictures->picture.total_discarded = 1204;
	pictures->picture.fill_permille = 420;
	pictures->selection.session_id = 1;
	pictures_add_message(pictures, LOG_LEVEL_INFO, "rotated web: chunk 2 (12.1 MB)",
			     "rotate web");
	pictures_add_message(pictures, LOG_LEVEL_WARNING, "web lost 4 events: disk full", "");
	pictures_add_message(pictures, LOG_LEVEL_ERROR, "cannot start 'x': no such session",
			     "start x");
}
