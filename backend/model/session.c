/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sessions; see session.h. What takes time (start, stop, rotate, destroy) is in recording.c. */
#include "backend/model/session.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/model/expiry.h"
#include "backend/model/hook.h"
#include "backend/model/lifespan.h"
#include "backend/model/live.h"
#include "backend/model/model.h"
#include "backend/model/schedule.h"

#define CHANNEL_NAME_MAX 255 /* bytes: lttng-enable-channel(1) */

static bool check_name(const char *name, bool is_saved, struct error *err)
{
	if (name[0] == '\0')
		return error_set(err, ERROR_INVALID, "a session name can't be empty");
	if (strlen(name) > SESSION_NAME_MAX)
		return error_set(err, ERROR_INVALID, "the name is longer than %d bytes",
				 SESSION_NAME_MAX);
	if (strchr(name, '/'))
		return error_set(err, ERROR_INVALID, "a session name can't contain '/'");
	if (!is_saved && (strcmp(name, "auto") == 0 || strncmp(name, "auto-", 5) == 0))
		return error_set(
			err, ERROR_INVALID,
			"names that are 'auto' or begin with 'auto-' are made by tracon itself; "
			"choose another");
	return true;
}

/* auto-DATE-TIME, and if that is taken auto1-DATE-TIME and so on, as lttng has it. */
static char *make_auto_name(const struct model *model, uid_t uid, const char *date_time)
{
	char *name = mem_printf("auto-%s", date_time);

	for (unsigned int i = 1; model_find_session(model, uid, name); i++) {
		free(name);
		name = mem_printf("auto%u-%s", i, date_time);
	}
	return name;
}

static char *make_output(const struct session_wish *wish, const char *name, const char *date_time)
{
	if (wish->url) {
		struct text shown = {0};

		if (wish->is_snapshot)
			relay_url_text(wish->url, &shown);
		else
			relay_url_show(wish->url, &shown);
		return text_take(&shown);
	}
	if (wish->output)
		return mem_strdup(wish->output);
	if (!wish->name)
		return mem_printf("%s/%s", wish->traces, name);
	return mem_printf("%s/%s-%s", wish->traces, name, date_time);
}

/* As lttng makes it; one that was saved is whole. */
static char *make_shm_path(const struct session_wish *wish, const char *name, const char *date_time)
{
	if (!wish->shm_path)
		return NULL;
	if (wish->is_saved)
		return mem_strdup(wish->shm_path);
	return wish->name ? mem_printf("%s/%s-%s", wish->shm_path, name, date_time)
			  : mem_printf("%s/%s", wish->shm_path, name);
}

static enum picture_mode mode_of(const struct session_wish *wish)
{
	if (wish->is_snapshot)
		return PICTURE_MODE_SNAPSHOT;
	if (wish->has_no_output)
		return PICTURE_MODE_NO_OUTPUT;
	if (wish->url)
		return PICTURE_MODE_STREAMING;
	return wish->live_period_us ? PICTURE_MODE_LIVE : PICTURE_MODE_LOCAL;
}

struct session *session_create(struct model *model, const struct session_wish *wish,
			       struct error *err)
{
	uint64_t now_ns = clock_wall_ns();
	char date_time[CLOCK_TEXT_MAX];
	struct session *session;
	char *output;
	char *name;

	clock_text_date_time(date_time, now_ns);
	if (wish->name && !check_name(wish->name, wish->is_saved, err))
		return NULL;
	if (wish->previous_identity && !lifespan_can_continue(model, wish->previous_identity, err))
		return NULL;
	if (!expiry_check(&wish->limits, wish->is_snapshot, err))
		return NULL;
	if (wish->name && model_find_session(model, wish->uid, wish->name)) {
		error_set(err, ERROR_SESSION_EXISTS, "a session with this name exists already");
		return NULL;
	}
	name = wish->name ? mem_strdup(wish->name) : make_auto_name(model, wish->uid, date_time);
	output = make_output(wish, name, date_time);

	session = mem_zalloc(sizeof(*session));
	session->model = model;
	session->id = model->next_session_id++;
	session->name = shared_text_create(name);
	session->mode = mode_of(wish);
	session->live_period_us = wish->live_period_us;
	session->output = shared_text_create(session_has_chunks(session) ? output : "");
	session->has_auto_name = !wish->name;
	if (wish->url)
		session->url = *wish->url;
	session->shm_path = make_shm_path(wish, name, date_time);
	session->next_snapshot_output_id = 1;
	session->uid = wish->uid;
	session->gid = wish->gid;
	user_rights_init(&session->owner, wish->uid, wish->gid);
	session->created_wall_ns = now_ns;
	lifespan_init(session, wish->previous_identity);
	session->next_rule_id = 1; /* 0 in pictures: no rule */
	session->clock.frequency_hz = 1000000000;
	session->clock.offset_ns = clock_wall_offset_ns();
	session->clock.has_uuid = uuid_read_boot_id(&session->clock.uuid);
	session->trackers =
		mem_zalloc(source_count * TRACKER_KIND_COUNT * sizeof(*session->trackers));
	if (wish->is_snapshot && !wish->has_no_output)
		session_add_snapshot_output(session, NULL, output, 0, NULL);
	expiry_set(session, &wish->limits);
	if (session->live_period_us && !live_begin(session, err)) {
		session_destroy(session);
		session = NULL;
		goto out;
	}
	model_add_session(model, session);
	if (!wish->is_saved) /* else it may yet turn out to be bad */
		lifespan_begin(session);
out:
	free(output);
	free(name);
	return session;
}

void session_destroy(struct session *session)
{
	if (!session)
		return;
	for (size_t i = 0; i < session->channel_count; i++)
		channel_destroy(session->channels[i]);
	for (size_t i = 0; i < session->chunk_count; i++)
		shared_text_unref(session->chunks[i].path);
	while (session->snapshot_output_count > 0)
		session_remove_snapshot_output(session, session->snapshot_outputs[0].id);
	schedule_destroy(session->schedule);
	live_destroy(session->live);
	expiry_destroy(session->expiry);
	hooks_let_go(session->hooks);
	free(session->last_hook);
	user_rights_finish(&session->owner);
	free(session->snapshot_outputs);
	free(session->channels);
	free(session->chunks);
	for (size_t i = 0; i < source_count * TRACKER_KIND_COUNT; i++)
		tracker_clear(&session->trackers[i], false);
	free(session->trackers);
	sink_destroy(session->sink);
	lifespan_finish(session);
	relay_state_finish(&session->relay);
	shared_text_unref(session->name);
	shared_text_unref(session->output);
	free(session->shm_path);
	free(session);
}

const char *session_name(const struct session *session)
{
	return shared_text_str(session->name);
}

bool session_has_chunks(const struct session *session)
{
	return session->mode == PICTURE_MODE_LOCAL || session->mode == PICTURE_MODE_LIVE ||
	       session->mode == PICTURE_MODE_STREAMING;
}

/* --- snapshot outputs */

static bool check_output(const struct session *session, const char *name, struct error *err)
{
	if (session->mode != PICTURE_MODE_SNAPSHOT)
		return error_set(err, ERROR_STATE,
				 "snapshots can't be taken of session '%s': it was not created "
				 "with --snapshot",
				 session_name(session));
	if (!name)
		return true;
	if (name[0] == '\0' || strlen(name) > SESSION_NAME_MAX || strchr(name, '/') ||
	    name[0] == '.')
		return error_set(
			err, ERROR_INVALID,
			"the name of a snapshot output has 1 to %d bytes, no '/', and does "
			"not begin with '.'",
			SESSION_NAME_MAX);
	if (session_find_snapshot_output(session, name))
		return error_set(err, ERROR_INVALID, "there is a snapshot output '%s' already",
				 name);
	return true;
}

struct snapshot_output *session_add_snapshot_output(struct session *session, const char *name,
						    const char *path, uint64_t bytes_max,
						    struct error *err)
{
	struct snapshot_output *output;

	if (!check_output(session, name, err))
		return NULL;
	session->snapshot_outputs =
		mem_grow(session->snapshot_outputs, session->snapshot_output_count,
			 &session->snapshot_output_room, sizeof(*output));
	output = &session->snapshot_outputs[session->snapshot_output_count++];
	*output = (struct snapshot_output){
		.id = session->next_snapshot_output_id++,
		.path = mem_strdup(path),
		.bytes_max = bytes_max,
	};
	output->name = name ? mem_strdup(name) : mem_printf("snapshot-%u", output->id);
	return output;
}

const struct snapshot_output *session_find_snapshot_output(const struct session *session,
							   const char *id_or_name)
{
	uint64_t id;
	bool is_id = units_parse_u64(id_or_name, &id);

	for (size_t i = 0; i < session->snapshot_output_count; i++) {
		const struct snapshot_output *output = &session->snapshot_outputs[i];

		if ((is_id && output->id == id) || strcmp(output->name, id_or_name) == 0)
			return output;
	}
	return NULL;
}

void session_remove_snapshot_output(struct session *session, uint32_t id)
{
	for (size_t i = 0; i < session->snapshot_output_count; i++) {
		struct snapshot_output *output = &session->snapshot_outputs[i];

		if (output->id != id)
			continue;
		free(output->name);
		free(output->path);
		memmove(output, output + 1,
			(--session->snapshot_output_count - i) * sizeof(*output));
		return;
	}
}

/* --- channels */

struct channel *session_find_channel(const struct session *session, size_t source_index,
				     const char *name)
{
	for (size_t i = 0; i < session->channel_count; i++) {
		struct channel *channel = session->channels[i];

		if (channel->source_index == source_index &&
		    strcmp(shared_text_str(channel->name), name) == 0)
			return channel;
	}
	return NULL;
}

struct channel *session_find_channel_id(const struct session *session, uint32_t channel_id)
{
	for (size_t i = 0; i < session->channel_count; i++)
		if (session->channels[i]->id == channel_id)
			return session->channels[i];
	return NULL;
}

size_t session_channels_of(const struct session *session, size_t source_index)
{
	size_t count = 0;

	for (size_t i = 0; i < session->channel_count; i++)
		count += session->channels[i]->source_index == source_index;
	return count;
}

size_t session_channels_carried(const struct session *session, size_t source_index)
{
	size_t count = 0;

	for (size_t i = 0; i < session->channel_count; i++)
		count += source_carrier(session->channels[i]->source_index) == source_index;
	return count;
}

struct tracker *session_tracker(const struct session *session, size_t source_index,
				enum tracker_kind kind)
{
	return &session->trackers[source_index * TRACKER_KIND_COUNT + kind];
}

bool session_has_domain(const struct session *session, size_t source_index)
{
	for (int i = 0; i < TRACKER_KIND_COUNT; i++)
		if (session_tracker(session, source_index, (enum tracker_kind)i)->is_limited)
			return true;
	return session_channels_of(session, source_index) > 0 ||
	       session_channels_carried(session, source_index) > 0;
}

enum buffer_scheme session_scheme(const struct session *session, size_t source_index)
{
	for (size_t i = 0; i < session->channel_count; i++)
		if (source_carrier(session->channels[i]->source_index) ==
		    source_carrier(source_index))
			return session->channels[i]->attributes.scheme;
	return strcmp(source_table[source_index].class->domain, "KERNEL") == 0 ? BUFFERS_GLOBAL
									       : BUFFERS_PER_USER;
}

static bool check_scheme(const struct session *session, size_t source_index,
			 const struct channel_attributes *attributes, struct error *err)
{
	enum buffer_scheme scheme = session_scheme(session, source_index);

	if (session_channels_carried(session, source_carrier(source_index)) == 0 ||
	    attributes->scheme == scheme)
		return true;
	return error_set(err, ERROR_STATE,
			 "buffer type mismatch for session: its other channels have %s, and all "
			 "channels of one domain have the same",
			 scheme == BUFFERS_PER_PROCESS ? "buffers per process (--buffers-pid)"
			 : scheme == BUFFERS_PER_USER  ? "buffers per user (--buffers-uid)"
						       : "global buffers (--buffers-global)");
}

void session_channel_defaults(const struct session *session, size_t source_index,
			      struct channel_attributes *attributes)
{
	channel_attributes_for(attributes, session_scheme(session, source_index));
	attributes->is_overwrite = session->mode == PICTURE_MODE_SNAPSHOT;
}

static bool check_channel_name(const char *name, struct error *err)
{
	if (name[0] == '\0' || strlen(name) > CHANNEL_NAME_MAX)
		return error_set(err, ERROR_INVALID, "a channel name has 1 to %d bytes",
				 CHANNEL_NAME_MAX);
	if (strchr(name, '/') || name[0] == '.')
		return error_set(err, ERROR_INVALID,
				 "a channel name can't contain '/' or begin with '.'");
	if (strcmp(name, "metadata") == 0)
		return error_set(err, ERROR_INVALID,
				 "'metadata' is the name of a file in every trace; choose another");
	return true;
}

struct channel *session_add_channel(struct session *session, size_t source_index, const char *name,
				    const struct channel_attributes *attributes, struct error *err)
{
	struct channel *channel;

	if (session_find_channel(session, source_index, name)) {
		error_set(err, ERROR_CHANNEL_EXISTS, "a channel with this name exists already");
		return NULL;
	}
	if (!check_channel_name(name, err) || !check_scheme(session, source_index, attributes, err))
		return NULL;
	if (session->was_started) {
		error_set(
			err, ERROR_STATE,
			"the session was started once already, no channel can be added after that");
		return NULL;
	}
	channel = channel_create(session->next_channel_id++, name, source_index, attributes);
	session->channels = mem_grow(session->channels, session->channel_count,
				     &session->channel_room, sizeof(struct channel *));
	session->channels[session->channel_count++] = channel;
	return channel;
}

static void add_counts(struct picture_counts *sum, const struct picture_counts *part)
{
	sum->recorded_events += part->recorded_events;
	sum->recorded_bytes += part->recorded_bytes;
	sum->discarded_events += part->discarded_events;
	sum->discarded_ring += part->discarded_ring;
	sum->discarded_write += part->discarded_write;
	sum->lost_packets += part->lost_packets;
	sum->unreadable_bytes += part->unreadable_bytes;
	sum->repairs += part->repairs;
	if (part->last_loss_wall_ns > sum->last_loss_wall_ns)
		sum->last_loss_wall_ns = part->last_loss_wall_ns;
}

void session_count(const struct session *session, struct picture_counts *counts)
{
	*counts = (struct picture_counts){0};
	for (size_t i = 0; i < session->channel_count; i++) {
		struct picture_counts part;

		channel_count(session->channels[i], &part);
		add_counts(counts, &part);
	}
	counts->rate_per_1000_s = session->meter.rate_per_1000_s;
}

uint64_t session_losses(const struct session *session)
{
	struct picture_counts counts;

	session_count(session, &counts);
	return counts.discarded_events + counts.lost_packets + counts.unreadable_bytes;
}

void session_add_chunk(struct session *session, struct chunk_row row)
{
	session->chunks = mem_grow(session->chunks, session->chunk_count, &session->chunk_room,
				   sizeof(*session->chunks));
	session->chunks[session->chunk_count++] = row;
}
