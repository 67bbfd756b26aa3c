/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The buffers of one session for the applications of one user and word size, or for one process: a
 * trace of its own, below it channels with a ring per CPU. Rings that several processes share can
 * be replaced while everything else (files, counters, event types) goes on; those of one process
 * end with it.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lttng/ust-tracer.h>

#include "backend/base/clock.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/source/ust/internal.h"
#include "backend/source/ust/shm.h"

#define TRACER_MAJOR 2 /* of the series whose format is written */
#define TRACER_MINOR 13
#define TRACER_PATCH 0

/* Whose buffers a group holds. */
struct owner {
	uid_t uid;
	const struct ctf_layout *layout;
	const struct ust_app *app; /* the only application, or NULL: all of the user's */
};

void ust_group_own_layout(struct ctf_layout *layout)
{
	*layout = (struct ctf_layout){
		.long_bits = 8 * sizeof(long),
		.align16 = 8 * lttng_ust_rb_alignof(uint16_t),
		.align32 = 8 * lttng_ust_rb_alignof(uint32_t),
		.align64 = 8 * lttng_ust_rb_alignof(uint64_t),
		.align_long = 8 * lttng_ust_rb_alignof(unsigned long),
		.is_big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__,
	};
}

struct ust_group *ust_group_ref(struct ust_group *group)
{
	atomic_fetch_add_explicit(&group->references, 1, memory_order_relaxed);
	return group;
}

static void free_channel(struct ust_channel *channel, unsigned int cpu_count)
{
	for (unsigned int i = 0; channel->outputs && i < cpu_count; i++)
		if (channel->outputs[i])
			sink_close_stream(channel->outputs[i]);
	ust_rings_unref(channel->rings);
	scanner_unref(channel->scanner);
	tally_unref(channel->tally);
	free(channel->outputs);
	free(channel->streams);
	free(channel->relays);
	free(channel->name);
	free(channel);
}

static void destroy(struct ust_group *group)
{
	const struct source_host *host = &group->session->source->host;
	unsigned int cpu_count = ust_rings_cpu_count();

	assert(!group->parked);
	while (group->channels) {
		struct ust_channel *channel = group->channels;

		group->channels = channel->next;
		host->tally_ended(host->data, group->session->id, channel->id,
				  tally_ref(channel->tally));
		free_channel(channel, cpu_count);
	}
	ust_registry_destroy(group->registry);
	if (group->trace)
		sink_close_trace(group->trace);
	ust_shm_unref(group->shm);
	pthread_mutex_destroy(&group->lock);
	ust_session_unref(group->session);
	free(group);
}

void ust_group_unref(struct ust_group *group)
{
	/* Release and acquire: all users are done with it before the last one frees it. */
	if (group && atomic_fetch_sub_explicit(&group->references, 1, memory_order_acq_rel) == 1)
		destroy(group);
}

/* --- the trace */

struct environment {
	struct ctf_env entries[20];
	size_t count;
};

static void add_text(struct environment *env, const char *name, const char *text)
{
	env->entries[env->count++] = (struct ctf_env){name, text, 0};
}

static void add_number(struct environment *env, const char *name, int64_t number)
{
	env->entries[env->count++] = (struct ctf_env){name, NULL, number};
}

/* The entries that lttng writes, in its order. */
static void add_process(struct environment *env, const struct ust_app *app,
			char date_time[CLOCK_TEXT_MAX])
{
	if (!app)
		return;
	add_number(env, "tracer_patchlevel", TRACER_PATCH);
	add_number(env, "vpid", app->pid);
	add_text(env, "procname", app->name);
	add_text(env, "vpid_datetime", clock_text_iso_basic(date_time, app->registered_wall_ns));
}

/* What the sink can't write now it keeps. */
static void append_trace(struct ust_group *group, const struct session_spec *spec,
			 const struct ust_app *app)
{
	char created[CLOCK_TEXT_MAX], registered[CLOCK_TEXT_MAX];
	struct environment env = {.count = 0};
	struct ctf_trace trace = {
		.uuid = group->uuid,
		.layout = group->layout,
		.clock = spec->clock,
		.env = env.entries,
	};
	struct error late = ERROR_INIT;
	struct text text = {0};

	add_text(&env, "domain", "ust");
	add_text(&env, "tracer_name", "lttng-ust");
	add_number(&env, "tracer_major", TRACER_MAJOR);
	add_number(&env, "tracer_minor", TRACER_MINOR);
	add_text(&env, "tracer_buffering_scheme", app ? "pid" : "uid");
	add_number(&env, "tracer_buffering_id", app ? (int64_t)app->pid : (int64_t)group->uid);
	add_number(&env, "architecture_bit_width", group->layout.long_bits);
	add_text(&env, "trace_name", spec->name);
	add_text(&env, "trace_creation_datetime",
		 clock_text_iso_basic(created, spec->created_wall_ns));
	add_text(&env, "hostname", spec->hostname);
	if (spec->identity && *spec->identity)
		add_text(&env, "session_id", spec->identity);
	if (spec->previous_identity && *spec->previous_identity)
		add_text(&env, "session_previous_id", spec->previous_identity);
	add_process(&env, app, registered);
	trace.env_count = env.count;
	ctf_metadata_trace(&text, &trace);
	ust_shm_append_metadata(group->shm, text.bytes, text.length);
	if (!sink_append_metadata(group->trace, text.bytes, text.length, &late))
		log_write(LOG_LEVEL_WARNING, "metadata waits to be written: %s", late.message);
	text_finish(&text);
}

/* As lttng names it. A process may call itself anything: no folder can be called so. */
static char *process_folder(const struct ust_app *app)
{
	char date_time[CLOCK_TEXT_MAX];
	char *path = mem_printf("ust/pid/%s-%d-%s", app->name, (int)app->pid,
				clock_text_date_time(date_time, app->registered_wall_ns));

	for (char *at = path + strlen("ust/pid/"); *at; at++)
		if (*at == '/' || (unsigned char)*at < ' ')
			*at = '_';
	return path;
}

static struct ust_group *make_group(struct ust_session *session, const struct session_spec *spec,
				    const struct owner *owner, struct error *err)
{
	struct ust_group *group = mem_zalloc(sizeof(*group));
	struct ust_registry_place place;
	char *path;

	atomic_init(&group->references, 1);
	pthread_mutex_init(&group->lock, NULL);
	group->session = ust_session_ref(session);
	group->streams = spec->streams;
	group->uid = owner->uid;
	group->app_id = owner->app ? owner->app->id : 0;
	group->pid = owner->app ? owner->app->pid : 0;
	group->keeps_packets = spec->keeps_packets;
	group->layout = *owner->layout;
	uuid_make_random(&group->uuid);
	path = owner->app ? process_folder(owner->app)
			  : mem_printf("ust/uid/%u/%u-bit", (unsigned int)owner->uid,
				       owner->layout->long_bits);
	if (spec->shm_path)
		group->shm = ust_shm_create(spec, path, err);
	if (group->shm || !spec->shm_path)
		group->trace = sink_open_trace(spec->sink, path, err);
	free(path);
	if (!group->trace) {
		ust_group_unref(group);
		return NULL;
	}
	append_trace(group, spec, owner->app);
	place = (struct ust_registry_place){
		.session_id = session->id,
		.host = &session->source->host,
		.layout = &group->layout,
		.trace = group->trace,
		.shm = group->shm,
	};
	group->registry = ust_registry_create(&place);
	return group;
}

/* --- channels */

struct ust_channel *ust_group_channel(struct ust_group *group, uint32_t channel_id)
{
	struct ust_channel *channel;

	pthread_mutex_lock(&group->lock);
	channel = group->channels;
	while (channel && channel->id != channel_id)
		channel = channel->next;
	pthread_mutex_unlock(&group->lock);
	return channel;
}

/* A stream per ring, handed to the consumers. */
static void add_streams(struct ust_group *group, struct ust_channel *channel)
{
	tally_note_buffers(channel->tally, true, channel->rings->count,
			   ust_rings_bytes_each(channel->rings));
	for (unsigned int i = 0; i < channel->rings->count; i++)
		channel->streams[i] = ust_stream_create(group, channel, channel->rings, i);
	/* Successors get a turn at once, so their outputs follow a rotation that passed between. */
	for (unsigned int i = 0; i < channel->rings->count; i++)
		stream_set_add(group->streams, ust_stream_base(channel->streams[i]));
}

static bool open_outputs(struct ust_group *group, struct ust_channel *channel,
			 const struct channel_spec *wanted, struct error *err)
{
	const struct sink_limits limits = {wanted->file_bytes, wanted->file_count};

	for (unsigned int i = 0; i < channel->rings->count; i++) {
		char *name = mem_printf("%s_%u", channel->name, i);

		channel->outputs[i] = sink_open_limited_stream(group->trace, name, &limits, err);
		free(name);
		if (!channel->outputs[i])
			return false;
	}
	return true;
}

/* What the counters, the scanner and the registry need; nothing here fails. */
static void make_counters(struct ust_group *group, struct ust_channel *channel)
{
	const struct source_host *host = &group->session->source->host;

	channel->tally = tally_create();
	if (group->pid)
		snprintf(channel->tally->owner, sizeof(channel->tally->owner), "process %d",
			 (int)group->pid);
	else
		snprintf(channel->tally->owner, sizeof(channel->tally->owner), "user %u",
			 (unsigned int)group->uid);
	channel->scanner = scanner_create(&group->layout, CTF_HEADER_LARGE);
	ust_registry_add_channel(group->registry, channel->id, channel->tally, channel->scanner,
				 &channel->is_declared);
	host->tally_added(host->data, group->session->id, channel->id, tally_ref(channel->tally));
}

static bool make_channel(struct ust_group *group, const struct channel_spec *wanted,
			 struct error *err)
{
	struct ust_channel *channel = mem_zalloc(sizeof(*channel));
	unsigned int cpu_count = ust_rings_cpu_count();
	struct ust_channel **end;

	channel->id = wanted->id;
	channel->name = mem_strdup(wanted->name);
	channel->affinity = atomic_fetch_add_explicit(&group->session->source->next_affinity, 1,
						      memory_order_relaxed);
	channel->outputs = mem_zalloc(cpu_count * sizeof(struct sink_stream *));
	channel->streams = mem_zalloc(cpu_count * sizeof(struct ust_stream *));
	channel->relays = mem_zalloc(cpu_count * sizeof(struct ust_relay));
	channel->rings = ust_rings_create(wanted, &group->uuid, group->shm, err);
	if (!channel->rings || !open_outputs(group, channel, wanted, err)) {
		free_channel(channel, cpu_count);
		return false;
	}
	make_counters(group, channel);
	add_streams(group, channel);
	pthread_mutex_lock(&group->lock);
	end = &group->channels;
	while (*end)
		end = &(*end)->next;
	*end = channel;
	pthread_mutex_unlock(&group->lock);
	return true;
}

static bool renew_channel(struct ust_group *group, struct ust_channel *channel,
			  const struct channel_spec *wanted, struct error *err)
{
	struct ust_rings *rings = ust_rings_create(wanted, &group->uuid, group->shm, err);

	if (!rings)
		return false;
	pthread_mutex_lock(&group->lock);
	channel->rings = rings;
	pthread_mutex_unlock(&group->lock);
	add_streams(group, channel);
	return true;
}

/* session->lock is held: nobody else makes rings or channels of this group. */
static bool complete_channels(struct ust_group *group, const struct session_spec *spec,
			      struct error *err)
{
	for (size_t i = 0; i < spec->channel_count; i++) {
		const struct channel_spec *wanted = &spec->channels[i];
		struct ust_channel *channel = ust_group_channel(group, wanted->id);

		if (!channel) {
			if (!make_channel(group, wanted, err))
				return false;
		} else if (!channel->rings && !renew_channel(group, channel, wanted, err)) {
			return false;
		}
	}
	return true;
}

static bool is_in_repair(struct ust_group *group)
{
	bool is_so;

	pthread_mutex_lock(&group->lock);
	is_so = group->state == UST_GROUP_IN_REPAIR;
	pthread_mutex_unlock(&group->lock);
	return is_so;
}

static bool is_same_layout(const struct ctf_layout *one, const struct ctf_layout *other)
{
	return one->long_bits == other->long_bits && one->align16 == other->align16 &&
	       one->align32 == other->align32 && one->align64 == other->align64 &&
	       one->align_long == other->align_long && one->is_big_endian == other->is_big_endian;
}

/* One process's applications: a second tracer in it registers as another one. */
static bool is_owner(const struct ust_group *group, const struct owner *owner)
{
	return owner->app ? group->app_id == owner->app->id
			  : group->app_id == 0 && group->uid == owner->uid;
}

static struct ust_group *find_or_make(struct ust_session *session, const struct session_spec *spec,
				      const struct owner *owner, struct error *err)
{
	struct ust_group *group = session->groups;

	while (group && !is_owner(group, owner))
		group = group->next;
	if (!group) {
		group = make_group(session, spec, owner, err);
		if (!group)
			return NULL;
		group->next = session->groups;
		session->groups = group;
	}
	if (!is_same_layout(&group->layout, owner->layout)) {
		error_set(err, ERROR_UNSUPPORTED,
			  "its data is aligned otherwise than other applications' of its user");
		return NULL;
	}
	if (!is_in_repair(group) && !complete_channels(group, spec, err))
		return NULL;
	return ust_group_ref(group);
}

static struct ust_group *get(struct ust_session *session, const struct session_spec *spec,
			     const struct owner *owner, struct error *err)
{
	struct ust_group *group;

	pthread_mutex_lock(&session->lock);
	group = find_or_make(session, spec, owner, err);
	pthread_mutex_unlock(&session->lock);
	return group;
}

struct ust_group *ust_group_get(struct ust_session *session, const struct session_spec *spec,
				const struct ust_app *app, struct error *err)
{
	struct owner owner = {app->uid, &app->layout,
			      spec->scheme == BUFFERS_PER_PROCESS ? app : NULL};

	return get(session, spec, &owner, err);
}

struct ust_group *ust_group_get_own(struct ust_session *session, const struct session_spec *spec,
				    struct error *err)
{
	struct ctf_layout layout;
	struct owner owner = {spec->uid, &layout, NULL};

	ust_group_own_layout(&layout);
	return get(session, spec, &owner, err);
}

/* --- repair */

bool ust_group_park(struct ust_group *group, struct ust_job *job)
{
	bool is_parked;

	pthread_mutex_lock(&group->lock);
	is_parked = group->state == UST_GROUP_IN_REPAIR;
	if (is_parked) {
		job->next = group->parked;
		group->parked = job;
	}
	pthread_mutex_unlock(&group->lock);
	return is_parked;
}

void ust_group_retire(struct ust_group *group, struct task *task)
{
	pthread_mutex_lock(&group->session->lock);
	for (struct ust_channel *channel = group->channels; channel; channel = channel->next) {
		struct ust_rings *rings = channel->rings;

		if (!rings)
			continue;
		for (unsigned int i = 0; i < rings->count; i++) {
			struct ust_stream *stream = channel->streams[i];

			channel->streams[i] = NULL;
			ust_stream_abandon(stream, UST_STREAM_REPLACED,
					   channel->has_hole && i == 0);
			task_add(task);
			stream_set_retire(group->streams, ust_stream_base(stream), task);
		}
		channel->has_hole = false;
		tally_note_buffers(channel->tally, false, rings->count,
				   ust_rings_bytes_each(rings));
		pthread_mutex_lock(&group->lock);
		channel->rings = NULL;
		pthread_mutex_unlock(&group->lock);
		ust_rings_unref(rings);
	}
	pthread_mutex_unlock(&group->session->lock);
	task_done(task, NULL);
}

bool ust_group_renew(struct ust_group *group, const struct session_spec *spec, struct error *err)
{
	bool is_renewed;

	pthread_mutex_lock(&group->session->lock);
	pthread_mutex_lock(&group->lock);
	group->generation++;
	pthread_mutex_unlock(&group->lock);
	is_renewed = complete_channels(group, spec, err);
	pthread_mutex_unlock(&group->session->lock);
	return is_renewed;
}

void ust_group_unpark(struct ust_group *group)
{
	struct ust_job *job;

	pthread_mutex_lock(&group->lock);
	group->state = UST_GROUP_READY;
	job = group->parked;
	group->parked = NULL;
	pthread_mutex_unlock(&group->lock);
	while (job) {
		struct ust_job *next = job->next;

		ust_strand_post(job->strand, job);
		job = next;
	}
}

/* session->lock is held. */
void ust_group_abandon(struct ust_group *group)
{
	for (struct ust_channel *channel = group->channels; channel; channel = channel->next) {
		struct ust_rings *rings = channel->rings;

		if (!rings)
			continue;
		for (unsigned int i = 0; i < rings->count; i++) {
			channel->outputs[i] = NULL; /* the stream's end closes it */
			ust_stream_abandon(channel->streams[i], UST_STREAM_DRAINED, false);
			channel->streams[i] = NULL;
		}
	}
}

/* --- the end of a process with buffers of its own */

/* session->lock is held. The group's own applications write no more. */
static void end_group(struct ust_group *group)
{
	for (struct ust_channel *channel = group->channels; channel; channel = channel->next) {
		struct ust_rings *rings = channel->rings;

		for (unsigned int i = 0; rings && i < rings->count; i++) {
			struct ust_stream *stream = channel->streams[i];

			channel->outputs[i] = NULL; /* the stream's end closes it */
			channel->streams[i] = NULL;
			ust_stream_abandon(stream, UST_STREAM_LEFT, false);
			stream_set_retire(group->streams, ust_stream_base(stream), NULL);
		}
	}
}

static void end_groups_of(struct ust_session *session, uint64_t app_id)
{
	struct ust_group **link = &session->groups;

	pthread_mutex_lock(&session->lock);
	while (*link) {
		struct ust_group *group = *link;

		if (group->app_id != app_id) {
			link = &group->next;
			continue;
		}
		*link = group->next;
		end_group(group);
		ust_group_unref(group); /* the list's; its streams hold it until they are done */
	}
	pthread_mutex_unlock(&session->lock);
}

void ust_group_end_of_app(struct ust_app *app)
{
	size_t count;
	struct ust_session **sessions = ust_session_list(app->source, &count);

	for (size_t i = 0; i < count; i++) {
		end_groups_of(sessions[i], app->id);
		ust_session_unref(sessions[i]);
	}
	free(sessions);
}
