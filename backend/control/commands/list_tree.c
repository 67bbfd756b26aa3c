/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sessions as a tree, the shape in which lttng shows them since 2.15. A terminal's width cuts the
 * lines; what goes elsewhere is whole.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/units.h"
#include "backend/control/commands/common.h"
#include "backend/control/commands/listing.h"
#include "backend/model/schedule.h"

#define ELLIPSIS "…"

struct tree {
	struct reply *reply;
	const struct listing *listing;
	unsigned int columns; /* 0: no line is cut */
	unsigned int node_count;
};

/* Bytes of the first `columns` characters; control characters are the reply's matter. */
static size_t bytes_of(const char *text, unsigned int columns)
{
	size_t at = 0;

	while (text[at] && columns-- > 0) {
		at++;
		while (((unsigned char)text[at] & 0xc0) == 0x80) /* continues a character */
			at++;
	}
	return at;
}

static void print_line(const struct tree *tree, const char *line)
{
	size_t fits = tree->columns ? bytes_of(line, tree->columns) : strlen(line);

	if (line[fits] == '\0')
		reply_print(tree->reply, "%s\n", line);
	else
		reply_print(tree->reply, "%.*s" ELLIPSIS "\n",
			    (int)bytes_of(line, tree->columns - 1), line);
}

__attribute__((format(printf, 3, 4))) static void add(const struct tree *tree, unsigned int depth,
						      const char *format, ...)
{
	struct text line = {0};
	char *words = NULL;
	va_list values;

	for (unsigned int i = 0; i < depth; i++)
		text_add(&line, "┆ ");
	va_start(values, format);
	if (vasprintf(&words, format, values) >= 0)
		text_add(&line, words);
	va_end(values);
	free(words);
	print_line(tree, text_str(&line));
	text_finish(&line);
}

/* Before each node but the first. */
static void breathe(struct tree *tree, unsigned int depth)
{
	if (tree->node_count++ > 0 && tree->listing->style == STYLE_TREE_BREATHE)
		add(tree, depth, "%s", "");
}

static const char *mark(bool is_enabled)
{
	return is_enabled ? "✔" : "✗";
}

static void add_size(const struct tree *tree, unsigned int depth, const char *title, uint64_t bytes)
{
	char size[UNITS_TEXT_MAX];

	add(tree, depth, "🞂 %s: %s (%llu bytes)", title, units_short_bytes(size, bytes),
	    (unsigned long long)bytes);
}

static void add_timer(const struct tree *tree, unsigned int depth, const char *title,
		      uint64_t timer_us)
{
	char duration[UNITS_TEXT_MAX];

	if (timer_us > 0)
		add(tree, depth, "🞂 %s: %s", title,
		    units_duration(duration, timer_us * NS_PER_US));
	else
		add(tree, depth, "🞂 %s: inactive", title);
}

static void add_attributes(const struct tree *tree, const struct channel_attributes *attributes)
{
	static const char *const owners[] = {
		[BUFFERS_PER_USER] = ", per Unix user",
		[BUFFERS_PER_PROCESS] = ", per process",
		[BUFFERS_GLOBAL] = "",
	};
	char size[UNITS_TEXT_MAX];

	add(tree, 3, "🞂 Loss mode: %s",
	    attributes->is_overwrite ? "Overwrite records" : "Discard records");
	add(tree, 3, "🞂 Ring buffer configuration: %llu sub-buffers of %s per CPU%s",
	    (unsigned long long)attributes->subbuf_count,
	    units_short_bytes(size, attributes->subbuf_bytes), owners[attributes->scheme]);
	if (attributes->file_bytes)
		add_size(tree, 3, "Max. trace file size", attributes->file_bytes);
	if (attributes->file_count)
		add(tree, 3, "🞂 Max. trace file count: %u", attributes->file_count);
	if (!attributes->is_overwrite && attributes->blocking_timeout_us < 0)
		add(tree, 3, "🞂 Blocking timeout: infinite");
	else if (!attributes->is_overwrite && attributes->blocking_timeout_us > 0)
		add_timer(tree, 3, "Blocking timeout", (uint64_t)attributes->blocking_timeout_us);
	add(tree, 3, "Timer periods:");
	add_timer(tree, 4, "Switch", attributes->switch_timer_us);
	add_timer(tree, 4, "Read", attributes->read_timer_us);
	add_timer(tree, 4, "Monitor", attributes->monitor_timer_us);
}

static void add_group_memory(const struct tree *tree, const struct tally *tally)
{
	unsigned int count = atomic_load(&tally->buffer_count);
	uint64_t bytes = tally_read(&tally->buffer_bytes);

	add_size(tree, 5, tally->owner[0] ? tally->owner : "all", bytes);
	if (tree->listing->memory == MEMORY_FULL && count > 0)
		add(tree, 6, "🞂 %u buffers, on average of %llu bytes", count,
		    (unsigned long long)(bytes / count));
}

static void add_statistics(const struct tree *tree, const struct channel *channel)
{
	enum listing_memory memory = tree->listing->memory;
	struct picture_counts counts;

	channel_count(channel, &counts);
	add(tree, 3, "Statistics:");
	if (channel->attributes.is_overwrite)
		add(tree, 4, "🞂 Discarded packets: %llu",
		    (unsigned long long)counts.lost_packets);
	if (!channel->attributes.is_overwrite || counts.discarded_events > 0)
		add(tree, 4, "🞂 Discarded event records: %llu",
		    (unsigned long long)counts.discarded_events);
	if (memory == MEMORY_UNTOLD)
		return;
	add_size(tree, 4, "Memory usage", channel_buffer_bytes(channel));
	for (size_t i = 0; memory >= MEMORY_COMPACT && i < channel->tally_count; i++)
		add_group_memory(tree, channel->tallies[i]);
}

static void add_rule(struct tree *tree, const struct event_rule *rule)
{
	struct text words = {0};

	listing_rule_words(rule, &words);
	breathe(tree, 3);
	add(tree, 3, "%s Event rule `%s`%s", mark(rule->is_enabled), shared_text_str(rule->pattern),
	    text_str(&words));
	text_finish(&words);
}

static void add_channel(struct tree *tree, const struct channel *channel)
{
	breathe(tree, 2);
	add(tree, 2, "%s Event record channel `%s`", mark(channel->is_enabled),
	    shared_text_str(channel->name));
	add_attributes(tree, &channel->attributes);
	add_statistics(tree, channel);
	for (size_t i = 0; i < channel->contexts.count; i++)
		add(tree, 3, "🞂 Context: %s", channel->contexts.words[i]);
	for (size_t i = 0; i < channel->rule_count; i++)
		add_rule(tree, channel->rules[i]);
}

static void add_domain(struct tree *tree, const struct session *session, size_t source_index)
{
	breathe(tree, 1);
	add(tree, 1, "● Domain %s", source_table[source_index].class->title);
	if (tree->listing->only_domains)
		return;
	for (int i = 0; i < TRACKER_KIND_COUNT; i++) {
		const struct tracker *tracker =
			session_tracker(session, source_index, (enum tracker_kind)i);
		struct text line = {0};

		if (!tracker->is_limited)
			continue;
		tracker_print(tracker, &line);
		add(tree, 2, "🞂 %s%s", tracker_names[i].plural, text_str(&line));
		text_finish(&line);
	}
	for (size_t i = 0; i < session->channel_count; i++)
		if (session->channels[i]->source_index == source_index &&
		    listing_wants(tree->listing, session->channels[i]))
			add_channel(tree, session->channels[i]);
}

static void add_session(const struct tree *tree, const struct session *session)
{
	uint64_t timer_us = schedule_value(session->schedule, SCHEDULE_TIMER);
	uint64_t size_bytes = schedule_value(session->schedule, SCHEDULE_SIZE);
	size_t count = session->channel_count;

	add(tree, 0, "%s Recording session `%s`  %s%zu event record channel%s",
	    session->is_active ? "●" : "◼", session_name(session),
	    session->mode == PICTURE_MODE_SNAPSHOT ? "Snapshot mode  "
	    : session->mode == PICTURE_MODE_LIVE   ? "Live mode  "
						   : "",
	    count, count == 1 ? "" : "s");
	if (timer_us)
		add_timer(tree, 1, "Auto. rotation schedule", timer_us);
	if (size_bytes)
		add_size(tree, 1, "Auto. rotation schedule", size_bytes);
	if (session->live_period_us)
		add_timer(tree, 1, "Live timer period", session->live_period_us);
	if (shared_text_str(session->output)[0])
		add(tree, 1, "🞂 Output: %s", shared_text_str(session->output));
	if (tree->listing->memory != MEMORY_UNTOLD)
		add_size(tree, 1, "Memory usage", listing_memory_bytes(session, tree->listing));
}

void listing_session_tree(struct reply *reply, const struct session *session,
			  const struct listing *listing)
{
	struct tree tree = {
		.reply = reply,
		.listing = listing,
		.columns = listing->is_whole ? 0 : reply_requester(reply)->columns,
	};

	breathe(&tree, 0);
	add_session(&tree, session);
	if (!listing->is_list)
		for (size_t i = 0; i < source_count; i++)
			if (session_has_domain(session, i))
				add_domain(&tree, session, i);
	if (listing->style == STYLE_TREE_BREATHE)
		reply_print(reply, "\n");
}
