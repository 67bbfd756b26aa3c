/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See channel.h. */
#include "backend/source/kernel/channel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/source/kernel/matcher.h"
#include "backend/source/kernel/probe.h"
#include "backend/source/kernel/state.h"

#define CLASS_COUNT 65536 /* the kernel's ids have 16 bits */

static const struct ctf_layout packed = {
	.long_bits = 64, .align16 = 8, .align32 = 8, .align64 = 8, .align_long = 8};

struct enabled_event {
	bool is_on;
	bool is_declared;
	bool has_filter; /* in the kernel */
	bool was_open;	 /* records that no rule's filter has passed may be in the ring */
	/* A probe of it that fetches its strings, which is switched in its place; or NULL. */
	struct kernel_event *own;
	char *key; /* the rules and filters it is on for: another one means another matcher */
};

struct kernel_garbage {
	struct kernel_garbage *next;
	struct kernel_class *class;
	struct kernel_matcher *matcher;
	struct kernel_tracked *tracked;
};

/* --- life */

struct kernel_channel *kernel_channel_ref(struct kernel_channel *channel)
{
	atomic_fetch_add_explicit(&channel->references, 1, memory_order_relaxed);
	return channel;
}

static void free_garbage(struct kernel_channel *channel)
{
	while (channel->garbage) {
		struct kernel_garbage *garbage = channel->garbage;

		channel->garbage = garbage->next;
		kernel_class_destroy(garbage->class);
		kernel_matcher_destroy(garbage->matcher);
		free(garbage->tracked);
		free(garbage);
	}
}

static void free_own(struct kernel_event *own)
{
	if (!own)
		return;
	free(own->system);
	free(own->kernel_name);
	free(own->name);
	kernel_format_destroy(own->format);
	free(own);
}

void kernel_channel_finish_events(struct kernel_channel *channel, const struct tracefs *tracefs)
{
	while (channel->probes) {
		struct kernel_probe *probe = channel->probes;

		channel->probes = probe->next;
		kernel_probe_remove(tracefs, probe);
	}
	for (size_t i = 0; i < channel->enabled_count; i++) {
		free_own(channel->enabled[i].own);
		free(channel->enabled[i].key);
	}
	free(channel->enabled);
	free_garbage(channel);
}

static void free_channel(struct kernel_channel *channel)
{
	const struct tracefs *tracefs = channel->instance->tracefs;

	for (unsigned int i = 0; i < channel->instance->cpu_count; i++)
		tally_unref(channel->cpus[i].tally);
	free(channel->cpus);
	kernel_instance_destroy(channel->instance);
	kernel_channel_finish_events(channel, tracefs);
	free(channel->classes.by_id);
	scanner_unref(channel->scanner);
	free(channel);
}

struct removal {
	struct message message;
	struct kernel_channel *channel;
};

static void remove_at_home(struct message *message)
{
	struct removal *removal = (struct removal *)message;

	free_channel(removal->channel);
	free(removal);
}

void kernel_channel_unref(struct kernel_channel *channel)
{
	struct removal *removal;

	if (atomic_fetch_sub_explicit(&channel->references, 1, memory_order_acq_rel) != 1)
		return;
	/* It takes the kernel tens of milliseconds: not on a consumer's thread. */
	removal = mem_zalloc(sizeof(*removal));
	removal->message.run = remove_at_home;
	removal->channel = channel;
	queue_send(channel->home, &removal->message);
}

/* --- streams */

static void type_is_seen(void *data, uint16_t id)
{
	const struct kernel_cpu *cpu = data;
	const struct kernel_channel *channel = cpu->channel;
	const struct kernel_class *class =
		__atomic_load_n(&channel->classes.by_id[id], __ATOMIC_ACQUIRE);

	channel->host->event_type_added(channel->host->data, channel->session_id, channel->id,
					tally_ref(cpu->tally), id, class->name, -1);
}

void kernel_channel_init_writer(struct kernel_channel *channel, unsigned int cpu,
				const struct channel_spec *wanted, uint64_t room_bytes,
				struct kernel_writer *writer)
{
	kernel_writer_init(writer, room_bytes);
	writer->uuid = channel->uuid;
	writer->stream_id = channel->id;
	writer->instance_id = cpu;
	writer->cpu = cpu;
	writer->state = kernel_state_create(channel->instance->tracefs, wanted, cpu);
	writer->context = (struct kernel_context){
		.bytes = channel->context_bytes,
		.write = kernel_state_write,
		.data = writer->state,
	};
	writer->callstack = kernel_callstack_create(&channel->stacks);
	writer->first_seen = type_is_seen;
	writer->first_seen_data = &channel->cpus[cpu];
}

void kernel_channel_finish_writer(struct kernel_writer *writer)
{
	kernel_state_destroy(writer->state);
	writer->state = NULL;
	kernel_writer_finish(writer);
}

static bool add_streams(struct kernel_channel *channel, const struct session_spec *spec,
			const struct channel_spec *wanted, struct sink_trace *trace,
			struct error *err)
{
	for (unsigned int cpu = 0; cpu < channel->instance->cpu_count; cpu++) {
		char *name = mem_printf("%s_%u", wanted->name, cpu);
		struct sink_stream *output = sink_open_stream(trace, name, err);
		struct stream *stream = NULL;

		free(name);
		if (output)
			stream = (spec->keeps_packets ? kernel_kept_create : kernel_stream_create)(
				channel, cpu, wanted, output, err);
		if (!stream)
			return false;
		stream_set_add(spec->streams, stream);
	}
	return true;
}

static void declare_stream(struct kernel_channel *channel, const struct channel_spec *wanted,
			   struct sink_trace *trace)
{
	struct ctf_type *context = kernel_context_type(wanted);
	struct text text = {0};

	if (context)
		scanner_set_context(channel->scanner, context);
	channel->context_bytes = kernel_context_bytes(wanted);
	ctf_metadata_stream(&text, &packed, channel->id, CTF_HEADER_LARGE, context);
	ctf_type_destroy(context);
	sink_append_metadata(trace, text.bytes, text.length, NULL);
	text_finish(&text);
}

/* One for each CPU: so it is known, too, which of them has lost how much. */
static void add_tallies(struct kernel_channel *channel)
{
	const struct source_host *host = channel->host;
	unsigned int count = channel->instance->cpu_count;

	channel->cpus = mem_zalloc(count * sizeof(*channel->cpus));
	for (unsigned int i = 0; i < count; i++) {
		struct tally *tally = tally_create();

		snprintf(tally->owner, sizeof(tally->owner), "CPU %u", i);
		tally_note_buffers(tally, true, 1, channel->instance->buffer_bytes);
		channel->cpus[i] = (struct kernel_cpu){channel, tally};
		host->tally_added(host->data, channel->session_id, channel->id, tally_ref(tally));
	}
}

struct kernel_channel *kernel_channel_create(const struct tracefs *tracefs,
					     const struct source_host *host, struct queue *home,
					     const struct kernel_own *own,
					     const struct session_spec *spec,
					     const struct channel_spec *wanted,
					     struct sink_trace *trace, const struct uuid *uuid,
					     struct error *err)
{
	struct kernel_instance *instance =
		kernel_instance_create(tracefs, spec->session_id, wanted, err);
	struct kernel_channel *channel;

	if (!instance)
		return NULL;
	channel = mem_zalloc(sizeof(*channel));
	atomic_init(&channel->references, 1);
	channel->session_id = spec->session_id;
	channel->id = wanted->id;
	channel->host = host;
	channel->home = home;
	channel->instance = instance;
	channel->uuid = *uuid;
	channel->scanner = scanner_create(&packed, CTF_HEADER_LARGE);
	channel->classes.own = own;
	channel->classes.count = CLASS_COUNT;
	channel->classes.by_id = mem_zalloc(CLASS_COUNT * sizeof(struct kernel_class *));
	add_tallies(channel);
	if (kernel_stack_switch_on(instance, wanted, &channel->stacks, err)) {
		declare_stream(channel, wanted, trace);
		if (add_streams(channel, spec, wanted, trace, err))
			return channel;
	}
	kernel_channel_unref(channel);
	return NULL;
}

/* --- events */

/* Numbers of events that are gone are given to others; what the trace says of one stays. */
static bool is_declared_already(const struct kernel_class *before,
				const struct kernel_format *format, struct error *err)
{
	return kernel_class_is_of(before, format) ||
	       error_set(err, ERROR_BUSY,
			 "event '%s' can't be recorded: its number was that of '%s', which this "
			 "session has recorded (try: another session)",
			 format->name, before->name);
}

static bool declare(struct kernel_channel *channel, const struct kernel_format *format,
		    struct sink_trace *trace, struct error *err)
{
	const struct kernel_class *before = channel->classes.by_id[format->id];
	struct ctf_type *payload;
	struct text text = {0};
	bool is_fine;

	if (before)
		return is_declared_already(before, format, err);
	payload = kernel_format_type(format);
	is_fine = ctf_type_check(payload, err);
	if (is_fine && scanner_add_event(channel->scanner, format->id, payload)) {
		ctf_metadata_event(&text, format->name, format->id, channel->id, -1, NULL, payload);
		sink_append_metadata(trace, text.bytes, text.length, NULL);
	}
	text_finish(&text);
	ctf_type_destroy(payload);
	return is_fine || error_prefix(err, "event '%s' can't be recorded", format->name);
}

/* Consumers may hold the old ones for as long as the channel is there. */
static void keep_until_end(struct kernel_channel *channel, const struct kernel_garbage *kept)
{
	struct kernel_garbage *garbage = mem_zalloc(sizeof(*garbage));

	*garbage = *kept;
	garbage->next = channel->garbage;
	channel->garbage = garbage;
}

static void set_class(struct kernel_channel *channel, const struct kernel_format *format,
		      struct kernel_matcher *matcher)
{
	struct kernel_class *class = kernel_class_create(format);
	struct kernel_class *before = channel->classes.by_id[format->id];

	if (matcher) {
		class->wants = kernel_matcher_wants;
		class->wants_data = matcher;
	}
	class->since_clock = clock_monotonic_ns();
	class->before = before;
	__atomic_store_n(&channel->classes.by_id[format->id], class, __ATOMIC_RELEASE);
	keep_until_end(channel, &(struct kernel_garbage){.class = class, .matcher = matcher});
}

static bool is_tracked_already(const struct kernel_channel *channel,
			       const struct tracker_spec *processes)
{
	const struct kernel_tracked *tracked = channel->classes.tracked;

	if (processes->is_all || !tracked || tracked->is_all)
		return processes->is_all && (!tracked || tracked->is_all);
	return tracked->count == processes->value_count &&
	       memcmp(tracked->processes, processes->values,
		      tracked->count * sizeof(tracked->processes[0])) == 0;
}

bool kernel_channel_track(struct kernel_channel *channel, const struct tracker_spec *processes,
			  struct error *err)
{
	size_t count = processes->is_all ? 0 : processes->value_count;
	struct kernel_tracked *tracked;

	if (is_tracked_already(channel, processes))
		return true;
	tracked = mem_zalloc(sizeof(*tracked) + count * sizeof(tracked->processes[0]));
	tracked->since_clock = clock_monotonic_ns();
	tracked->before = channel->classes.tracked;
	tracked->is_all = processes->is_all;
	tracked->count = count;
	if (count > 0)
		memcpy(tracked->processes, processes->values,
		       count * sizeof(tracked->processes[0]));
	__atomic_store_n(&channel->classes.tracked, tracked, __ATOMIC_RELEASE);
	keep_until_end(channel, &(struct kernel_garbage){.tracked = tracked});
	return kernel_instance_track(channel->instance, processes, err);
}

/* The rules that want the event now, as text; NULL: none. */
static char *wanted_key(const struct channel_spec *wanted, const struct kernel_event *event)
{
	struct text key = {0};

	if (!wanted->is_enabled)
		return NULL;
	for (size_t i = 0; i < wanted->rule_count; i++) {
		const struct rule_spec *rule = &wanted->rules[i];

		if (rule->is_enabled && kernel_event_is_meant(event, rule))
			text_addf(&key, "%u ", rule->id);
	}
	return key.length > 0 ? text_take(&key) : NULL;
}

/* The filters of the rules that mean the event. 0: one of them has none, so all pass. */
static size_t collect_filters(const struct channel_spec *wanted, const struct kernel_event *event,
			      const char **texts)
{
	size_t count = 0;

	for (size_t i = 0; i < wanted->rule_count; i++) {
		const struct rule_spec *rule = &wanted->rules[i];

		if (!rule->is_enabled || !kernel_event_is_meant(event, rule))
			continue;
		if (!rule->filter)
			return 0;
		texts[count++] = rule->filter;
	}
	return count;
}

/*
 * The kernel decides first, for what it can; the rest here. What it decides wholly is not asked
 * again, for who left the record may have ended by now; but records that it let into the ring
 * before, for other rules, may still come.
 */
static void set_filter(struct kernel_channel *channel, const struct channel_spec *wanted,
		       const struct kernel_event *event, struct enabled_event *state)
{
	const char **texts = mem_zalloc((wanted->rule_count + 1) * sizeof(*texts));
	size_t count = collect_filters(wanted, event, texts);
	struct kernel_matcher *matcher = NULL;
	bool is_decided = false;

	if (count > 0 || state->has_filter)
		is_decided = kernel_instance_filter(channel->instance, event, texts, count);
	state->was_open = state->was_open || !is_decided;
	state->has_filter = count > 0;
	if (count > 0 && state->was_open)
		matcher = kernel_matcher_create(event->format, texts, count);
	set_class(channel, event->format, matcher);
	free(texts);
}

static bool has_string_address(const struct kernel_format *format)
{
	for (size_t i = 0; i < format->field_count; i++)
		if (format->fields[i].is_string_address)
			return true;
	return false;
}

/* Where the kernel can't do it for this one, its addresses are better than nothing. */
static void fetch_strings(struct kernel_channel *channel, const struct kernel_event *event,
			  struct enabled_event *state, const struct tracefs *tracefs)
{
	struct error err = ERROR_INIT;
	struct kernel_probe *probe;

	if (!tracefs->has_event_probes || !has_string_address(event->format))
		return;
	probe = kernel_probe_define_strings(tracefs, channel->session_id, channel->id, event, &err);
	if (!probe) {
		log_write(LOG_LEVEL_DEBUG, "%s", err.message);
		return;
	}
	probe->next = channel->probes;
	channel->probes = probe;
	state->own = mem_zalloc(sizeof(*state->own));
	*state->own = (struct kernel_event){
		.system = mem_strdup(probe->group),
		.kernel_name = mem_strdup(probe->names.words[0]),
		.name = mem_strdup(event->name),
		.is_syscall = true,
	};
}

static bool switch_off(struct kernel_channel *channel, const struct kernel_event *event,
		       struct enabled_event *state, struct error *err)
{
	bool was_on = state->is_on;

	state->is_on = false;
	free(state->key);
	state->key = NULL;
	return !was_on || kernel_instance_switch(channel->instance, event, false, err);
}

/* It is off, and its files are not there: if it comes back, it is another one. */
static bool forget(struct enabled_event *state)
{
	free_own(state->own);
	free(state->key);
	*state = (struct enabled_event){0};
	return true;
}

/* What is on for the rules of the key now: it itself, or a probe in its place. */
static bool switch_on(struct kernel_channel *channel, struct kernel_event *event,
		      struct enabled_event *state, const struct tracefs *tracefs,
		      const struct channel_spec *wanted, struct sink_trace *trace,
		      struct error *err)
{
	if (!kernel_event_format(event, tracefs, err))
		return false;
	if (!state->is_declared && !state->own)
		fetch_strings(channel, event, state, tracefs);
	if (state->own)
		event = state->own;
	if (!kernel_event_format(event, tracefs, err))
		return false;
	if (!state->is_declared && !declare(channel, event->format, trace, err))
		return false;
	state->is_declared = true;
	set_filter(channel, wanted, event, state);
	state->is_on = state->is_on || kernel_instance_switch(channel->instance, event, true, err);
	return state->is_on;
}

static bool follow_event(struct kernel_channel *channel, struct kernel_event *event,
			 struct enabled_event *state, const struct tracefs *tracefs,
			 const struct channel_spec *wanted, struct sink_trace *trace,
			 struct error *err)
{
	char *key = wanted_key(wanted, event);

	if (event->is_gone)
		return forget(state);
	if (!key)
		return switch_off(channel, state->own ? state->own : event, state, err);
	if (state->key && strcmp(state->key, key) == 0) {
		free(key);
		return true;
	}
	free(state->key);
	state->key = key;
	return switch_on(channel, event, state, tracefs, wanted, trace, err);
}

static bool has_probe(const struct kernel_channel *channel, uint32_t rule_id)
{
	const struct kernel_probe *probe = channel->probes;

	while (probe && probe->rule_id != rule_id)
		probe = probe->next;
	return probe;
}

/* Says what went wrong with one of many; the first one is the command's error. */
static bool pass_over(const struct error *one, bool is_first, struct error *err)
{
	log_write(LOG_LEVEL_WARNING, "%s", one->message);
	if (is_first)
		error_copy(err, one);
	return false;
}

static bool define_probes(struct kernel_channel *channel, struct kernel_catalog *catalog,
			  const struct tracefs *tracefs, const struct channel_spec *wanted,
			  struct error *err)
{
	bool is_fine = true;

	for (size_t i = 0; i < wanted->rule_count; i++) {
		const struct rule_spec *rule = &wanted->rules[i];
		struct error one = ERROR_INIT;
		struct kernel_probe *probe;

		if (rule->kind <= RULE_SYSCALL || !rule->is_enabled || has_probe(channel, rule->id))
			continue;
		probe = kernel_probe_define(tracefs, channel->session_id, rule, &one);
		if (!probe) {
			is_fine = pass_over(&one, is_fine, err);
			continue;
		}
		probe->next = channel->probes;
		channel->probes = probe;
		kernel_catalog_add_probe(catalog, probe);
	}
	return is_fine;
}

/* What comes later, probes or events of modules, is behind what was there. */
static void make_room(struct kernel_channel *channel, size_t count)
{
	size_t before = channel->enabled_count;

	if (channel->enabled && count == before)
		return;
	channel->enabled =
		mem_realloc_array(channel->enabled, count + 1, sizeof(*channel->enabled));
	memset(channel->enabled + before, 0, (count + 1 - before) * sizeof(*channel->enabled));
	channel->enabled_count = count;
}

bool kernel_channel_follow(struct kernel_channel *channel, struct kernel_catalog *catalog,
			   const struct tracefs *tracefs, const struct channel_spec *wanted,
			   struct sink_trace *trace, struct error *err)
{
	bool is_fine = define_probes(channel, catalog, tracefs, wanted, err);

	make_room(channel, catalog->count);
	/* One event that the kernel refuses leaves the others on. */
	for (size_t i = 0; i < catalog->count; i++) {
		struct error one = ERROR_INIT;

		if (follow_event(channel, &catalog->events[i], &channel->enabled[i], tracefs,
				 wanted, trace, &one))
			continue;
		is_fine = pass_over(&one, is_fine, err);
	}
	return is_fine;
}
