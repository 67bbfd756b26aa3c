/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What list and status print: the lines of lttng 2.13, and one for unreadable bytes when there are
 * any. */
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/control/commands/common.h"
#include "backend/control/commands/listing.h"
#include "backend/model/hook.h"
#include "backend/model/lifespan.h"
#include "backend/model/live.h"
#include "backend/model/loglevel.h"
#include "backend/model/schedule.h"
#include "backend/source/location.h"

static void print_timer(struct reply *reply, const char *title, uint64_t timer_us)
{
	if (timer_us > 0)
		reply_print(reply, "      %s %llu us\n", title, (unsigned long long)timer_us);
	else
		reply_print(reply, "      %s inactive\n", title);
}

static void print_attributes(struct reply *reply, const struct channel_attributes *attributes)
{
	reply_print(reply, "    Attributes:\n");
	reply_print(reply, "      Event-loss mode:  %s\n",
		    attributes->is_overwrite ? "overwrite" : "discard");
	reply_print(reply, "      Sub-buffer size:  %llu bytes\n",
		    (unsigned long long)attributes->subbuf_bytes);
	reply_print(reply, "      Sub-buffer count: %llu\n",
		    (unsigned long long)attributes->subbuf_count);
	print_timer(reply, "Switch timer:    ", attributes->switch_timer_us);
	print_timer(reply, "Read timer:      ", attributes->read_timer_us);
	print_timer(reply, "Monitor timer:   ", attributes->monitor_timer_us);
	if (!attributes->is_overwrite && attributes->blocking_timeout_us < 0)
		reply_print(reply, "      Blocking timeout: infinite\n");
	else if (!attributes->is_overwrite)
		reply_print(reply, "      Blocking timeout: %lld us\n",
			    (long long)attributes->blocking_timeout_us);
	reply_print(reply, "      Trace file count: %u per stream\n",
		    attributes->file_count ? attributes->file_count : 1);
	if (attributes->file_bytes)
		reply_print(reply, "      Trace file size:  %llu bytes\n",
			    (unsigned long long)attributes->file_bytes);
	else
		reply_print(reply, "      Trace file size:  unlimited\n");
	reply_print(reply, "      Output mode:      mmap\n\n");
}

/* Sizes differ where a snapshot session keeps copies beside the rings. */
static void print_group_memory(struct reply *reply, const struct tally *tally, bool is_full)
{
	unsigned int count = atomic_load(&tally->buffer_count);
	unsigned long long bytes = tally_read(&tally->buffer_bytes);

	reply_print(reply, "        %s: %llu bytes\n", tally->owner[0] ? tally->owner : "all",
		    bytes);
	if (is_full && count > 0)
		reply_print(reply, "          %u buffers, on average of %llu bytes\n", count,
			    bytes / count);
}

/* Not in lttng 2.13's text, so only for who asks. */
static void print_memory(struct reply *reply, const struct channel *channel,
			 enum listing_memory memory)
{
	if (memory == MEMORY_UNTOLD)
		return;
	reply_print(reply, "    Memory usage:\n      Total: %llu bytes\n",
		    (unsigned long long)channel_buffer_bytes(channel));
	for (size_t i = 0; memory >= MEMORY_COMPACT && i < channel->tally_count; i++)
		print_group_memory(reply, channel->tallies[i], memory == MEMORY_FULL);
	reply_print(reply, "\n");
}

/* Of the kernel's channels, which CPU has lost what; lttng's text has no such lines. */
static void print_losses(struct reply *reply, const struct channel *channel)
{
	for (size_t i = 0; channel_is_per_cpu(channel) && i < channel->tally_count; i++) {
		struct picture_counts counts;

		channel_count_group(channel, i, &counts);
		if (counts.discarded_events > 0 || counts.lost_packets > 0)
			reply_print(reply, "        %s: %llu discarded, %llu packets lost\n",
				    channel->tallies[i]->owner,
				    (unsigned long long)counts.discarded_events,
				    (unsigned long long)counts.lost_packets);
	}
}

static void print_statistics(struct reply *reply, const struct session *session,
			     const struct channel *channel)
{
	struct picture_counts counts;

	channel_count(channel, &counts);
	reply_print(reply, "    Statistics:\n");
	if (session->mode == PICTURE_MODE_SNAPSHOT && counts.unreadable_bytes == 0 &&
	    counts.repairs == 0) {
		reply_print(reply, "      None\n\n");
		return;
	}
	if (channel->attributes.is_overwrite)
		reply_print(reply, "      Lost packets:     %llu\n",
			    (unsigned long long)counts.lost_packets);
	if (!channel->attributes.is_overwrite || counts.discarded_events > 0)
		reply_print(reply, "      Discarded events: %llu\n",
			    (unsigned long long)counts.discarded_events);
	print_losses(reply, channel);
	if (counts.unreadable_bytes > 0 || counts.repairs > 0)
		reply_print(reply, "      Unreadable bytes: %llu (%llu repairs)\n",
			    (unsigned long long)counts.unreadable_bytes,
			    (unsigned long long)counts.repairs);
	reply_print(reply, "\n");
}

/* In lttng's words, its one blank that is missing included. */
static const char *kind_text(const struct event_rule *rule)
{
	static const char *const texts[RULE_KIND_COUNT] = {
		[RULE_TRACEPOINT] = " (type: tracepoint)",
		[RULE_SYSCALL] = " (type:syscall)",
		[RULE_PROBE] = " (type: probe)",
		[RULE_FUNCTION] = " (type: function)",
		[RULE_USERSPACE_PROBE] = " (type: userspace-probe)",
	};

	return texts[rule->kind];
}

static void print_program(struct reply *reply, const struct location *location)
{
	bool is_sdt = location->kind == LOCATION_SDT;

	reply_print(reply, "        Type: %s\n", is_sdt ? "Tracepoint" : "Function");
	reply_print(reply, "        Binary path:   %s\n", location->path);
	if (is_sdt)
		reply_print(reply, "        Tracepoint:    %s:%s\n", location->provider,
			    location->symbol);
	else
		reply_print(reply, "        Function:      %s()\n", location->symbol);
	reply_print(reply, "        Lookup method: %s\n", is_sdt ? "SDT" : "ELF");
}

static void print_location(struct reply *reply, const struct event_rule *rule)
{
	const char *text = shared_text_str(rule->location);
	struct location location;

	if (!*text)
		return;
	if (location_parse(text, rule->kind, &location, NULL)) {
		if (location.path)
			print_program(reply, &location);
		else if (location.symbol)
			reply_print(reply, "        offset: 0x%llx\n        symbol: %s\n",
				    (unsigned long long)location.number, location.symbol);
		else
			reply_print(reply, "        addr: 0x%llx\n",
				    (unsigned long long)location.number);
	}
	location_finish(&location);
}

void listing_rule_words(const struct event_rule *rule, struct text *line)
{
	if (rule->loglevel_match != LOGLEVEL_ALL)
		text_addf(line, " (loglevel %s %s (%d))",
			  rule->loglevel_match == LOGLEVEL_AT_LEAST ? "<=" : "==",
			  loglevel_name_ust(rule->loglevel), rule->loglevel);
	text_addf(line, "%s [%s]", kind_text(rule), rule->is_enabled ? "enabled" : "disabled");
	for (size_t i = 0; i < rule->exclusions.count; i++)
		text_addf(line, "%s%s", i == 0 ? " [exclusions: " : ",", rule->exclusions.words[i]);
	if (rule->exclusions.count > 0)
		text_add(line, "]");
	if (shared_text_str(rule->filter)[0])
		text_addf(line, " [filter: '%s']", shared_text_str(rule->filter));
}

static void print_rule(struct reply *reply, const struct event_rule *rule)
{
	struct text line = {0};

	text_addf(&line, "      %s", shared_text_str(rule->pattern));
	listing_rule_words(rule, &line);
	reply_print(reply, "%s\n", text_str(&line));
	text_finish(&line);
	print_location(reply, rule);
}

/* lttng shows none; scripts that read its lines find them unchanged while there are none. */
static void print_contexts(struct reply *reply, const struct channel *channel)
{
	if (channel->contexts.count == 0)
		return;
	reply_print(reply, "    Contexts:\n");
	for (size_t i = 0; i < channel->contexts.count; i++)
		reply_print(reply, "      %s\n", channel->contexts.words[i]);
	reply_print(reply, "\n");
}

/* A carried domain's channel is shown as the carrier's; its rules are in their own domain. */
static void print_channel(struct reply *reply, const struct session *session,
			  const struct channel *channel, enum listing_memory memory)
{
	const bool is_carried = source_table[channel->source_index].class->carrier;

	reply_print(reply, "- %s: [%s]\n\n", shared_text_str(channel->name),
		    channel->is_enabled ? "enabled" : "disabled");
	print_attributes(reply, &channel->attributes);
	print_statistics(reply, session, channel);
	print_memory(reply, channel, memory);
	print_contexts(reply, channel);
	reply_print(reply, "    Recording event rules:\n");
	for (size_t i = 0; !is_carried && i < channel->rule_count; i++)
		print_rule(reply, channel->rules[i]);
	if (is_carried || channel->rule_count == 0)
		reply_print(reply, "      None\n");
	reply_print(reply, "\n");
}

static void print_scheme(struct reply *reply, enum buffer_scheme scheme)
{
	if (scheme != BUFFERS_GLOBAL) /* lttng says nothing of the kernel's */
		reply_print(reply, "Buffering scheme: %s\n\n",
			    scheme == BUFFERS_PER_USER ? "per-user" : "per-process");
}

static void print_trackers(struct reply *reply, const struct session *session, size_t source_index)
{
	bool is_kernel = strcmp(source_table[source_index].class->domain, "KERNEL") == 0;
	int count = is_kernel ? TRACKER_KIND_COUNT : TRACKER_VGID + 1;

	reply_print(reply, "Tracked process attributes\n");
	for (int i = 0; i < count; i++) {
		struct text line = {0};

		tracker_print(session_tracker(session, source_index, (enum tracker_kind)i), &line);
		reply_print(reply, "  %s%s\n", tracker_names[i].plural, text_str(&line));
		text_finish(&line);
	}
	reply_print(reply, "\n");
}

static void print_logger(struct reply *reply, const struct source_class *class,
			 const struct event_rule *rule)
{
	const struct rule_spec wanted = {
		.pattern = shared_text_str(rule->pattern),
		.loglevel_match = rule->loglevel_match,
		.loglevel = rule->loglevel,
		.filter = shared_text_str(rule->filter),
	};
	const char *level = loglevel_name(loglevel_scale(class->domain), rule->loglevel);
	struct text line = {0};
	struct text filter = {0};

	text_addf(&line, "    - %s [%s]", wanted.pattern,
		  rule->is_enabled ? "enabled" : "disabled");
	if (rule->loglevel_match != LOGLEVEL_ALL)
		text_addf(&line, " (loglevel %s %s)",
			  rule->loglevel_match == LOGLEVEL_AT_LEAST ? "<=" : "==",
			  level ? level : "UNKNOWN");
	class->carry(&wanted, &filter);
	if (filter.length > 0)
		text_addf(&line, " [filter: '%s']", text_str(&filter));
	reply_print(reply, "%s\n", text_str(&line));
	text_finish(&filter);
	text_finish(&line);
}

static void print_loggers(struct reply *reply, const struct session *session, size_t source_index)
{
	reply_print(reply, "Events (Logger name):\n---------------------\n");
	for (size_t i = 0; i < session->channel_count; i++) {
		const struct channel *channel = session->channels[i];

		for (size_t j = 0; channel->source_index == source_index && j < channel->rule_count;
		     j++)
			print_logger(reply, source_table[source_index].class, channel->rules[j]);
	}
	reply_print(reply, "\n");
}

static void print_domain(struct reply *reply, const struct session *session, size_t source_index,
			 const struct listing *listing)
{
	const struct source_class *class = source_table[source_index].class;

	/* One domain that was asked for has no title. */
	if (!listing->sources || class->carrier)
		reply_print(reply, "=== Domain: %s ===\n\n", class->title);
	if (class->carrier) {
		print_loggers(reply, session, source_index);
		return;
	}
	if (!listing->sources)
		print_scheme(reply, session_scheme(session, source_index));
	print_trackers(reply, session, source_index);
	reply_print(reply, "Channels:\n-------------\n");
	for (size_t i = 0; i < session->channel_count; i++)
		if (source_carrier(session->channels[i]->source_index) == source_index &&
		    listing_wants(listing, session->channels[i]))
			print_channel(reply, session, session->channels[i], listing->memory);
}

static void print_domain_name(struct reply *reply, const struct source_class *class)
{
	static const struct {
		const char *domain;
		const char *name;
	} names[] = {
		{"KERNEL", "Kernel"},
		{"UST", "UST global"},
		{"JUL", "JUL (Java Util Logging)"},
		{"LOG4J", "LOG4j (Logging for Java)"},
		{"LOG4J2", "LOG4j2 (Logging for Java 2)"},
		{"PYTHON", "Python (logging)"},
	};
	const char *name = class->title;

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (strcmp(names[i].domain, class->domain) == 0)
			name = names[i].name;
	reply_print(reply, "  - %s\n", name);
}

static void print_domain_names(struct reply *reply, const struct session *session)
{
	reply_print(reply, "Domains:\n-------------\n");
	for (size_t i = 0; i < source_count; i++)
		if (session_has_domain(session, i))
			print_domain_name(reply, source_table[i].class);
}

const char *listing_state(const struct session *session)
{
	if (session->mode == PICTURE_MODE_SNAPSHOT)
		return session->is_active ? "active snapshot" : "inactive snapshot";
	return session->is_active ? "active" : "inactive";
}

static void print_schedules(struct reply *reply, const struct schedule *schedule)
{
	uint64_t timer_us = schedule_value(schedule, SCHEDULE_TIMER);
	uint64_t size_bytes = schedule_value(schedule, SCHEDULE_SIZE);

	if (!timer_us && !size_bytes)
		return;
	reply_print(reply, "Automatic rotation schedules:\n");
	if (timer_us)
		reply_print(reply, "    timer period: %llu us\n", (unsigned long long)timer_us);
	if (size_bytes)
		reply_print(reply, "    size threshold: %llu bytes\n",
			    (unsigned long long)size_bytes);
	reply_print(reply, "\n");
}

bool listing_live_text(struct reply *reply, const struct session *session)
{
	struct text url = {0};

	if (!session->live_period_us)
		return false;
	reply_print(reply, "    Live timer interval: %llu us\n",
		    (unsigned long long)session->live_period_us);
	live_url(session, &url);
	if (url.length > 0)
		reply_print(reply, "    Live viewers: %s (%u connected)\n", text_str(&url),
			    live_viewer_count(session));
	text_finish(&url);
	return true;
}

bool listing_relay_text(struct reply *reply, const struct session *session)
{
	struct text sentence = {0};
	bool is_said;

	relay_describe(session, &sentence);
	is_said = sentence.length > 0;
	if (is_said)
		reply_print(reply, "    Relay daemon: %s\n", text_str(&sentence));
	text_finish(&sentence);
	return is_said;
}

static void print_hook(struct reply *reply, const struct session *session)
{
	const struct hook_state state = hooks_state(session);

	if (!session->hooks)
		return;
	reply_print(reply, "Rotation hook: %s\n", state.command ? state.command : "none");
	reply_print(reply, "    %llu runs, %llu failed, %llu left out, %llu waiting\n\n",
		    (unsigned long long)state.run_count, (unsigned long long)state.failed_count,
		    (unsigned long long)state.dropped_count,
		    (unsigned long long)state.waiting_count);
}

static void print_limit(struct reply *reply, const char *title, uint64_t limit_us)
{
	char duration[UNITS_TEXT_MAX];

	if (limit_us)
		reply_print(reply, "    %s: %s\n", title,
			    units_duration(duration, limit_us * NS_PER_US));
}

static void print_lifespan(struct reply *reply, const struct session *session)
{
	const struct expiry_limits limits = expiry_limits_of(session->expiry);

	reply_print(reply, "    Session id: %s%s\n", session_identity(session),
		    session->waits_for_event ? " (begins with the next event)" : "");
	if (*session_previous_identity(session))
		reply_print(reply, "    Continues session id: %s\n",
			    session_previous_identity(session));
	print_limit(reply, "Idle timeout", limits.idle_us);
	print_limit(reply, "Maximum lifetime", limits.lifetime_us);
	reply_print(reply, "\n");
}

void listing_session_text(struct reply *reply, const struct session *session,
			  const struct listing *listing)
{
	reply_print(reply, "Recording session %s: [%s]\n", session_name(session),
		    listing_state(session));
	if (shared_text_str(session->output)[0] != '\0')
		reply_print(reply, "    Trace output: %s\n\n", shared_text_str(session->output));
	if (listing_live_text(reply, session))
		reply_print(reply, "\n");
	if (listing_relay_text(reply, session))
		reply_print(reply, "\n");
	print_lifespan(reply, session);
	print_schedules(reply, session->schedule);
	print_hook(reply, session);
	if (listing->only_domains) {
		print_domain_names(reply, session);
		return;
	}
	for (size_t i = 0; i < source_count; i++)
		if (session_has_domain(session, i))
			print_domain(reply, session, i, listing);
	if (listing->memory != MEMORY_UNTOLD)
		reply_print(reply, "Memory usage of all channels: %llu bytes\n\n",
			    (unsigned long long)listing_memory_bytes(session, listing));
}

static void print_fields(struct reply *reply, const struct point *point)
{
	for (size_t i = 0; i < point->field_count; i++)
		reply_print(reply, "        field: %s (%s)\n", point->fields[i].name,
			    point->fields[i].type);
}

const char *listing_point_name(const struct point *point, enum rule_kind kind)
{
	bool is_exit = strncmp(point->name, RULE_SYSCALL_EXIT, strlen(RULE_SYSCALL_EXIT)) == 0;

	if (point->kind != kind || (kind == RULE_SYSCALL && is_exit))
		return NULL;
	return kind == RULE_SYSCALL ? rule_syscall_of(point->name) : point->name;
}

static void print_kernel_points(struct reply *reply, const struct point_list *points,
				enum rule_kind kind, bool with_fields)
{
	const char *type = kind == RULE_SYSCALL ? "" : " (type: tracepoint)";

	reply_print(reply, "%s:\n-------------\n",
		    kind == RULE_SYSCALL ? "System calls" : "Kernel events");
	for (size_t i = 0; i < points->group_count; i++)
		for (size_t j = 0; j < points->groups[i].point_count; j++) {
			const struct point *point = &points->groups[i].points[j];

			const char *name = listing_point_name(point, kind);

			if (!name)
				continue;
			reply_print(reply, "      %s%s\n", name, type);
			if (with_fields)
				print_fields(reply, point);
		}
	reply_print(reply, "\n");
}

static void print_point(struct reply *reply, const struct point *point, bool with_fields)
{
	const char *level = loglevel_name_ust(point->loglevel);

	reply_print(reply, "      %s (loglevel: %s (%d)) (type: tracepoint)\n", point->name,
		    level ? level : "UNKNOWN", point->loglevel);
	if (with_fields)
		print_fields(reply, point);
}

void listing_points_text(struct reply *reply, size_t source_index, const struct point_list *points,
			 enum rule_kind kind, bool with_fields)
{
	const bool is_logger = source_table[source_index].class->carrier;

	if (strcmp(source_table[source_index].class->domain, "KERNEL") == 0) {
		print_kernel_points(reply, points, kind, with_fields);
		return;
	}
	if (is_logger)
		reply_print(reply, "%s events (Logger name):\n-------------------------\n%s",
			    common_domain_word(source_index), points->group_count ? "\n" : "");
	else
		reply_print(reply, "UST events:\n-------------\n\n");
	if (points->group_count == 0)
		reply_print(reply, "None\n");
	for (size_t i = 0; i < points->group_count; i++) {
		const struct point_group *group = &points->groups[i];

		reply_print(reply, "PID: %d - Name: %s\n", (int)group->pid, group->name);
		for (size_t j = 0; j < group->point_count; j++)
			if (is_logger)
				reply_print(reply, "      - %s\n", group->points[j].name);
			else
				print_point(reply, &group->points[j], with_fields);
		reply_print(reply, "\n");
	}
}
