/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What sessions want of native applications: their traces and channels, which flags are on, which
 * stream reads which lane. The source's thread, but for what streams let go of.
 *
 * Whatever changes, the order is the same: flags that nobody wants any more go off, each stream is
 * told from which position on its lane is judged anew, flags that are wanted go on. So every record
 * is judged by the rules of its time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/ctf/type.h"
#include "backend/sink/sink.h"
#include "backend/source/native/internal.h"

#define KEPT_BYTES_MIN (2 * 1024 * 1024) /* what a lane holds */

static const struct ctf_layout packed = {
	.long_bits = 64,
	.align16 = 8,
	.align32 = 8,
	.align64 = 8,
	.align_long = 8,
	.is_big_endian = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__,
};

/* --- channels */

/* The last one closes the output, when nothing can be put any more. Any thread. */
static void trace_unref(struct native_trace *trace)
{
	if (!trace || atomic_fetch_sub_explicit(&trace->references, 1, memory_order_acq_rel) != 1)
		return;
	sink_close_trace(trace->output);
	free(trace);
}

struct native_channel *native_channel_ref(struct native_channel *channel)
{
	atomic_fetch_add_explicit(&channel->references, 1, memory_order_relaxed);
	return channel;
}

void native_channel_unref(struct native_channel *channel)
{
	if (atomic_fetch_sub_explicit(&channel->references, 1, memory_order_acq_rel) != 1)
		return;
	scanner_unref(channel->scanner);
	tally_unref(channel->tally);
	native_wants_unref(channel->wants);
	native_holds_finish(&channel->holds);
	trace_unref(channel->owner);
	free(channel->streams);
	free(channel->is_seen);
	free(channel->is_declared);
	free(channel->name);
	free(channel);
}

static void append(struct sink_trace *trace, struct text *text)
{
	struct error late = ERROR_INIT;

	if (text->length > 0 && !sink_append_metadata(trace, text->bytes, text->length, &late))
		log_write(LOG_LEVEL_WARNING, "metadata waits to be written: %s", late.message);
	text_finish(text);
}

static void declare_stream(struct native_channel *channel, const struct channel_spec *wanted)
{
	struct ctf_type *context = native_context_type(wanted);
	struct text text = {0};

	if (context)
		scanner_set_context(channel->scanner, context);
	ctf_metadata_stream(&text, &packed, channel->id, CTF_HEADER_WIDE, context);
	ctf_type_destroy(context);
	append(channel->trace, &text);
}

static struct native_channel *create_channel(struct native_source *source,
					     struct native_trace *trace,
					     const struct session_spec *spec,
					     const struct channel_spec *wanted)
{
	struct native_channel *channel = mem_zalloc(sizeof(*channel));

	atomic_init(&channel->references, 1);
	channel->source = source;
	channel->host = &source->host;
	channel->session_id = spec->session_id;
	channel->id = wanted->id;
	channel->name = mem_strdup(wanted->name);
	channel->uuid = trace->uuid;
	channel->catalog = trace->catalog;
	channel->scanner = scanner_create(&packed, CTF_HEADER_WIDE);
	channel->tally = tally_create();
	snprintf(channel->tally->owner, sizeof(channel->tally->owner),
		 "user %u, native, per process", (unsigned int)trace->catalog->uid);
	channel->context = native_context_make(wanted);
	channel->is_overwrite = wanted->is_overwrite;
	channel->is_kept = spec->keeps_packets;
	channel->switch_timer_ns = wanted->switch_timer_us * NS_PER_US;
	channel->kept_bytes = wanted->subbuf_bytes * wanted->subbuf_count;
	if (channel->kept_bytes < KEPT_BYTES_MIN)
		channel->kept_bytes = KEPT_BYTES_MIN;
	channel->limits = (struct sink_limits){wanted->file_bytes, wanted->file_count};
	channel->is_seen = mem_zalloc(NATIVE_ID_COUNT);
	channel->is_declared = mem_zalloc(NATIVE_ID_COUNT);
	channel->trace = trace->output;
	channel->owner = trace;
	atomic_fetch_add_explicit(&trace->references, 1, memory_order_relaxed);
	channel->set = spec->streams;
	source->host.tally_added(source->host.data, channel->session_id, channel->id,
				 tally_ref(channel->tally));
	declare_stream(channel, wanted);
	return channel;
}

static struct native_channel *get_channel(struct native_source *source, struct native_trace *trace,
					  const struct session_spec *spec,
					  const struct channel_spec *wanted)
{
	struct native_channel **link = &trace->channels;

	while (*link && (*link)->id != wanted->id)
		link = &(*link)->next;
	if (!*link)
		*link = create_channel(source, trace, spec, wanted);
	return *link;
}

/* Before any application may record it. */
static void declare_events(struct native_channel *channel)
{
	struct text text = {0};

	for (uint32_t id = LANE_ID_FIRST; id < channel->catalog->end_id; id++) {
		const struct native_event *event;

		if (channel->is_declared[id] || channel->wants->choice[id] == NATIVE_UNWANTED)
			continue;
		event = native_catalog_find(channel->catalog, id);
		channel->is_declared[id] = 1;
		native_holds_add(&channel->holds, event->definition);
		scanner_add_event(channel->scanner, id, event->payload);
		ctf_metadata_event(&text, event->name, id, channel->id, event->level, NULL,
				   event->payload);
	}
	append(channel->trace, &text);
}

/* --- traces */

static void declare_trace(struct native_source *source, struct native_session *session,
			  const struct native_trace *trace)
{
	const struct session_spec *spec = session->spec;
	char created[CLOCK_TEXT_MAX];
	struct ctf_env env[] = {
		{"domain", "ust", 0},
		{"tracer_name", "tracon", 0},
		{"tracer_major", NULL, 0},
		{"tracer_minor", NULL, 0},
		{"tracer_buffering_scheme", "uid", 0},
		{"tracer_buffering_id", NULL, (int64_t)trace->catalog->uid},
		{"architecture_bit_width", NULL, 64},
		{"trace_name", spec->name, 0},
		{"trace_creation_datetime", clock_text_iso_basic(created, spec->created_wall_ns),
		 0},
		{"hostname", spec->hostname, 0},
		{"session_id", spec->identity, 0},
		{"session_previous_id", spec->previous_identity, 0}, /* if there is one */
	};
	struct ctf_trace description = {
		.uuid = trace->uuid,
		.layout = packed,
		.clock = spec->clock,
		.env = env,
		.env_count = COUNT_OF(env) - !*spec->previous_identity,
		.has_threads = true,
	};
	struct text text = {0}, clock = {0};
	int major = 0, minor = 0;

	if (sscanf(PACKAGE_VERSION, "%d.%d", &major, &minor) == 2) {
		env[2].number = major;
		env[3].number = minor;
	}
	if (source->is_counter) {
		native_clock_declare(source, session, spec, &clock);
		description.clock_text = text_str(&clock);
	}
	ctf_metadata_trace(&text, &description);
	append(trace->output, &text);
	text_finish(&clock);
}

static struct native_trace *get_trace(struct native_source *source, struct native_session *session,
				      struct native_catalog *catalog)
{
	struct native_trace *trace = session->traces;
	struct error err = ERROR_INIT;
	struct sink_trace *output;
	char *path;

	while (trace && trace->catalog != catalog)
		trace = trace->next;
	if (trace)
		return trace;
	path = mem_printf("native/uid/%u/64-bit", (unsigned int)catalog->uid);
	output = sink_open_trace(session->spec->sink, path, &err);
	free(path);
	if (!output) {
		log_write(LOG_LEVEL_WARNING, "native applications are not recorded: %s",
			  err.message);
		return NULL;
	}
	trace = mem_zalloc(sizeof(*trace));
	atomic_init(&trace->references, 1);
	trace->catalog = catalog;
	trace->output = output;
	uuid_make_random(&trace->uuid);
	trace->next = session->traces;
	session->traces = trace;
	declare_trace(source, session, trace);
	return trace;
}

static struct native_session *find_session(const struct native_source *source, uint64_t id)
{
	struct native_session *session = source->sessions;

	while (session && session->id != id)
		session = session->next;
	return session;
}

/* --- which records of a process a channel wants */

static bool is_tracked(const struct tracker_spec *tracker, int64_t value)
{
	bool is_found = tracker->is_all;

	for (size_t i = 0; i < tracker->value_count && !is_found; i++)
		is_found = tracker->values[i] == value;
	return is_found;
}

static bool is_concerned(const struct native_session *session, const struct native_process *process)
{
	const struct tracker_spec *trackers = session->spec->trackers;

	return (session->spec->is_root || session->spec->uid == process->uid) &&
	       is_tracked(&trackers[TRACKER_VPID], process->pid) &&
	       is_tracked(&trackers[TRACKER_VUID], process->uid) &&
	       is_tracked(&trackers[TRACKER_VGID], process->gid);
}

/* NULL: none. */
static struct native_wants *wants_of(const struct native_session *session,
				     const struct native_channel *channel,
				     const struct native_process *process)
{
	return channel->is_active && channel->wants->is_any &&
			       channel->catalog == process->catalog &&
			       is_concerned(session, process)
		       ? channel->wants
		       : NULL;
}

/* --- flags: those of a process are what any channel wants of it */

struct union_of_wants {
	bool is_recorded;
	bool is_overwrite; /* all that record it are */
	unsigned char ids[NATIVE_ID_COUNT];
};

static void unite(const struct native_source *source, const struct native_process *process,
		  struct union_of_wants *all)
{
	memset(all, 0, sizeof(*all));
	all->is_overwrite = true;
	for (const struct native_session *session = source->sessions; session;
	     session = session->next)
		for (const struct native_trace *trace = session->traces; trace; trace = trace->next)
			for (const struct native_channel *channel = trace->channels; channel;
			     channel = channel->next) {
				const struct native_wants *wants =
					wants_of(session, channel, process);

				if (!wants)
					continue;
				all->is_recorded = true;
				all->is_overwrite = all->is_overwrite && channel->is_overwrite;
				for (uint32_t id = LANE_ID_FIRST; id < process->catalog->end_id;
				     id++)
					all->ids[id] |= wants->choice[id];
			}
	/* Whoever waits for an event must not miss it. */
	if (native_watch_unite(source->watch, process, all->ids)) {
		all->is_recorded = true;
		all->is_overwrite = false;
	}
}

/* is_on: those that are to be on go on; else those that are not go off. */
static void set_flags(const struct native_process *process, const struct union_of_wants *all,
		      bool is_on)
{
	for (struct native_provider *provider = process->providers; provider;
	     provider = provider->next) {
		for (uint32_t i = 0; provider->is_ready && i < provider->definition->event_count;
		     i++) {
			bool is_wanted = all->ids[provider->definition->base + i];

			if (is_wanted == is_on)
				__atomic_store_n(&provider->flags[i], is_on, __ATOMIC_RELEASE);
		}
	}
}

/* --- streams */

static struct native_stream *add_stream(struct native_channel *channel)
{
	char *name = mem_printf("%s_%zu", channel->name, channel->stream_count);
	struct error err = ERROR_INIT;
	struct sink_stream *output =
		sink_open_limited_stream(channel->trace, name, &channel->limits, &err);
	struct native_stream *stream;

	free(name);
	if (!output) {
		log_write(LOG_LEVEL_ERROR, "a native application's thread is not recorded: %s",
			  err.message);
		return NULL;
	}
	stream = native_stream_create(channel, output, (unsigned int)channel->stream_count);
	channel->streams = mem_grow(channel->streams, channel->stream_count, &channel->stream_room,
				    sizeof(struct native_stream *));
	channel->streams[channel->stream_count++] = stream;
	stream_set_add(channel->set, native_stream_base(stream));
	return stream;
}

/* No record from `position` on is of before. */
static uint64_t earliest_ticks(const struct native_lane *lane, uint64_t position)
{
	const struct native_process *process = lane->process;
	const struct lane_packet *packet = (const struct lane_packet *)lane->data;
	uint64_t now = timebase_ticks(process->source->is_counter);
	uint64_t ticks;

	if (position > 0)
		return process->begin_ticks;
	ticks = __atomic_load_n(&packet->begin_ticks, __ATOMIC_RELAXED);
	return ticks < process->begin_ticks || ticks > now ? process->begin_ticks : ticks;
}

static void attach(struct native_channel *channel, struct native_lane *lane, uint64_t position,
		   struct native_wants *wants)
{
	uint64_t ticks = earliest_ticks(lane, position);
	struct native_stream *stream;

	for (size_t i = 0; i < channel->stream_count; i++)
		if (native_stream_attach(channel->streams[i], lane, position, ticks, wants))
			return;
	stream = add_stream(channel);
	if (stream)
		native_stream_attach(stream, lane, position, ticks, wants);
}

static struct native_stream *find_stream(const struct native_channel *channel,
					 const struct native_lane *lane)
{
	for (size_t i = 0; i < channel->stream_count; i++)
		if (native_stream_reads(channel->streams[i], lane))
			return channel->streams[i];
	return NULL;
}

/* What is wanted of the lane has changed, or it is read from now on. */
static void judge(struct native_channel *channel, struct native_lane *lane,
		  struct native_wants *wants)
{
	struct native_stream *stream = find_stream(channel, lane);

	if (stream)
		native_stream_judge(stream, lane, wants);
	else if (wants)
		attach(channel, lane, native_lane_commit(lane), wants);
}

static bool is_in_use(const struct native_lane *lane)
{
	return native_lane_commit(lane) > 0 || (lane->index + 1 == lane->process->geometry.lanes &&
						native_lane_discarded(lane) > 0);
}

/* Its first records: whoever wants some of the process reads it from its beginning. */
static void begin_lane(struct native_source *source, struct native_lane *lane)
{
	lane->is_used = true;
	native_watch_begin_lane(source->watch, lane);
	for (struct native_session *session = source->sessions; session; session = session->next)
		for (struct native_trace *trace = session->traces; trace; trace = trace->next)
			for (struct native_channel *channel = trace->channels; channel;
			     channel = channel->next) {
				struct native_wants *wants =
					wants_of(session, channel, lane->process);

				if (wants)
					attach(channel, lane, 0, wants);
			}
}

static void begin_lanes(struct native_source *source, struct native_process *process)
{
	for (uint32_t i = 0; i < process->geometry.lanes && process->lanes; i++)
		if (!process->lanes[i].is_used && is_in_use(&process->lanes[i]))
			begin_lane(source, &process->lanes[i]);
}

/* --- following */

/* What was decided before, to tell what has changed. */
struct decision {
	struct native_session *session;
	struct native_channel *channel;
	struct native_process *process;
	struct native_wants *before; /* reference held */
};

struct decisions {
	struct decision *items;
	size_t count, room;
};

static void note_decisions(struct native_source *source, struct native_session *session,
			   struct decisions *decisions)
{
	for (struct native_trace *trace = session->traces; trace; trace = trace->next)
		for (struct native_channel *channel = trace->channels; channel;
		     channel = channel->next)
			for (struct native_process *process = source->processes; process;
			     process = process->next) {
				struct native_wants *before;

				if (process->catalog != channel->catalog || !channel->wants)
					continue;
				before = wants_of(session, channel, process);
				decisions->items =
					mem_grow(decisions->items, decisions->count,
						 &decisions->room, sizeof(*decisions->items));
				decisions->items[decisions->count++] =
					(struct decision){session, channel, process,
							  before ? native_wants_ref(before) : NULL};
			}
}

static const struct decision *find_decision(const struct decisions *decisions,
					    const struct native_channel *channel,
					    const struct native_process *process)
{
	for (size_t i = 0; i < decisions->count; i++)
		if (decisions->items[i].channel == channel &&
		    decisions->items[i].process == process)
			return &decisions->items[i];
	return NULL;
}

static void finish_decisions(struct decisions *decisions)
{
	for (size_t i = 0; i < decisions->count; i++)
		native_wants_unref(decisions->items[i].before);
	free(decisions->items);
}

static void judge_process(struct native_channel *channel, struct native_process *process,
			  struct native_wants *wants)
{
	for (uint32_t i = 0; i < process->geometry.lanes && process->lanes; i++)
		if (process->lanes[i].is_used)
			judge(channel, &process->lanes[i], wants);
}

static void judge_changed(struct native_source *source, struct native_session *session,
			  const struct decisions *decisions)
{
	for (struct native_trace *trace = session->traces; trace; trace = trace->next)
		for (struct native_channel *channel = trace->channels; channel;
		     channel = channel->next)
			for (struct native_process *process = source->processes; process;
			     process = process->next) {
				struct native_wants *wants = wants_of(session, channel, process);
				const struct decision *decision =
					find_decision(decisions, channel, process);
				const struct native_wants *before =
					decision ? decision->before : NULL;

				if (process->catalog == channel->catalog && wants != before)
					judge_process(channel, process, wants);
			}
}

/* The channel's rules as they are now; the same table if it says the same. */
static void renew_wants(struct native_channel *channel, const struct channel_spec *wanted)
{
	struct native_wants *fresh = native_wants_create(channel->catalog, wanted);

	if (channel->wants && native_wants_equal(channel->wants, fresh)) {
		native_wants_unref(fresh);
		return;
	}
	native_wants_unref(channel->wants);
	channel->wants = fresh;
	declare_events(channel);
}

/*
 * Who views a live session is as far as its slowest stream, and a native one is no further than the
 * last look at the lanes. So one is there before any thread writes: else those of other tracers
 * would lead viewers past the first records of a lane that nobody has found yet.
 */
static void hold_viewers_back(struct native_channel *channel, const struct session_spec *spec)
{
	if (spec->sink->is_live && channel->is_active && channel->wants->is_any &&
	    channel->stream_count == 0)
		add_stream(channel);
}

static void renew_trace(struct native_source *source, struct native_session *session,
			struct native_catalog *catalog)
{
	const struct session_spec *spec = session->spec;
	struct native_trace *trace = get_trace(source, session, catalog);

	if (!trace)
		return;
	for (struct native_channel *channel = trace->channels; channel; channel = channel->next)
		channel->is_active = false;
	for (size_t i = 0; i < spec->channel_count; i++) {
		struct native_channel *channel =
			get_channel(source, trace, spec, &spec->channels[i]);

		renew_wants(channel, &spec->channels[i]);
		channel->is_active = spec->is_active && spec->channels[i].is_enabled;
		hold_viewers_back(channel, spec);
	}
}

/* Some application of that user has said what it has. */
static bool has_programs(const struct native_source *source, const struct native_session *session,
			 const struct native_catalog *catalog)
{
	if (!session->spec->is_root && session->spec->uid != catalog->uid)
		return false;
	for (const struct native_trace *trace = session->traces; trace; trace = trace->next)
		if (trace->catalog == catalog)
			return true;
	for (const struct native_process *process = source->processes; process;
	     process = process->next)
		for (const struct native_provider *provider = process->providers;
		     provider && process->catalog == catalog; provider = provider->next)
			if (provider->is_ready)
				return true;
	return false;
}

static void renew_session(struct native_source *source, struct native_session *session)
{
	if (!session->spec->sink || !session->spec->streams)
		return;
	for (struct native_catalog *catalog = source->catalogs; catalog; catalog = catalog->next)
		if (has_programs(source, session, catalog))
			renew_trace(source, session, catalog);
}

static void set_all_flags(struct native_source *source, bool is_on)
{
	struct union_of_wants *all = mem_alloc(sizeof(*all));

	if (is_on)
		native_source_begin_looking(source);
	for (struct native_process *process = source->processes; process; process = process->next) {
		if (!process->control)
			continue;
		unite(source, process, all);
		if (!is_on)
			__atomic_store_n(&process->control->mode,
					 all->is_recorded && all->is_overwrite ? LANE_MODE_OVERWRITE
									       : LANE_MODE_DISCARD,
					 __ATOMIC_RELAXED);
		set_flags(process, all, is_on);
	}
	free(all);
}

static void follow(struct native_source *source, struct native_session *session)
{
	struct decisions decisions = {0};

	for (struct native_process *process = source->processes; process; process = process->next)
		begin_lanes(source, process);
	note_decisions(source, session, &decisions);
	renew_session(source, session);
	set_all_flags(source, false);
	judge_changed(source, session, &decisions);
	set_all_flags(source, true);
	finish_decisions(&decisions);
}

/* --- what others ask for */

static struct native_session *add_session(struct native_source *source, struct session_spec *spec)
{
	struct native_session *session = mem_zalloc(sizeof(*session));

	session->id = spec->session_id;
	session->spec = session_spec_ref(spec);
	pthread_mutex_lock(&source->clock_lock);
	session->next = source->sessions;
	source->sessions = session;
	pthread_mutex_unlock(&source->clock_lock);
	return session;
}

void native_session_apply(struct native_source *source, struct session_spec *spec)
{
	struct native_session *session = find_session(source, spec->session_id);
	struct session_spec *before;

	if (!session)
		session = add_session(source, spec);
	/* Lanes that were used meanwhile are of the rules before. */
	for (struct native_process *process = source->processes; process; process = process->next)
		begin_lanes(source, process);
	pthread_mutex_lock(&source->clock_lock);
	before = session->spec;
	session->spec = session_spec_ref(spec);
	pthread_mutex_unlock(&source->clock_lock);
	follow(source, session);
	if (before->is_active && !spec->is_active)
		native_clock_settle(source, session, false);
	session_spec_unref(before);
}

void native_sessions_follow_watch(struct native_source *source)
{
	native_watch_follow(source->watch);
	set_all_flags(source, false);
	set_all_flags(source, true);
}

void native_sessions_follow(struct native_source *source)
{
	if (native_watch_is_busy(source->watch))
		native_sessions_follow_watch(source);
	for (struct native_session *session = source->sessions; session; session = session->next)
		follow(source, session);
}

void native_session_end(struct native_source *source, uint64_t id)
{
	struct native_session **link = &source->sessions;
	struct native_session *session = find_session(source, id);

	if (!session)
		return;
	while (*link != session)
		link = &(*link)->next;
	pthread_mutex_lock(&source->clock_lock);
	*link = session->next;
	pthread_mutex_unlock(&source->clock_lock);
	set_all_flags(source, false);
	while (session->traces) {
		struct native_trace *trace = session->traces;

		session->traces = trace->next;
		while (trace->channels) {
			struct native_channel *channel = trace->channels;

			trace->channels = channel->next;
			native_channel_unref(channel); /* its streams hold it */
		}
		trace_unref(trace);
	}
	text_finish(&session->clock_text);
	session_spec_unref(session->spec);
	free(session);
}

bool native_sessions_are_active(const struct native_source *source)
{
	for (const struct native_session *session = source->sessions; session;
	     session = session->next)
		if (session->spec->is_active && session->traces)
			return true;
	return native_watch_is_busy(source->watch);
}

static void look(struct native_channel *channel, uint64_t now_ns)
{
	bool is_time = channel->is_active && channel->switch_timer_ns > 0 &&
		       now_ns - channel->switched_at_ns >= channel->switch_timer_ns;

	if (is_time)
		channel->switched_at_ns = now_ns;
	for (size_t i = 0; i < channel->stream_count; i++) {
		if (is_time)
			native_stream_switch(channel->streams[i]);
		else
			native_stream_look(channel->streams[i]);
	}
}

void native_sessions_poll(struct native_source *source)
{
	uint64_t now_ns = clock_monotonic_ns();

	for (struct native_process *process = source->processes; process; process = process->next)
		begin_lanes(source, process);
	for (struct native_session *session = source->sessions; session; session = session->next)
		for (struct native_trace *trace = session->traces; trace; trace = trace->next)
			for (struct native_channel *channel = trace->channels; channel;
			     channel = channel->next)
				look(channel, now_ns);
	for (struct native_process *process = source->processes; process; process = process->next)
		native_watch_look(source->watch, process);
}

void native_process_left(struct native_process *process)
{
	struct native_source *source = process->source;

	begin_lanes(source, process);
	native_watch_left(source->watch, process);
	atomic_store_explicit(&process->is_gone, true, memory_order_release);
	for (struct native_session *session = source->sessions; session; session = session->next)
		for (struct native_trace *trace = session->traces; trace; trace = trace->next)
			for (struct native_channel *channel = trace->channels; channel;
			     channel = channel->next)
				for (size_t i = 0; i < channel->stream_count; i++)
					native_stream_end(channel->streams[i]);
}
