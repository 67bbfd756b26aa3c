/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Channels; see channel.h. */
#include "backend/model/channel.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/mem.h"
#include "backend/source/source.h"

void channel_attributes_default(struct channel_attributes *attributes)
{
	*attributes = (struct channel_attributes){
		.subbuf_bytes = 524288,
		.subbuf_count = 4,
		.monitor_timer_us = 1000000,
	};
}

void channel_attributes_for(struct channel_attributes *attributes, enum buffer_scheme scheme)
{
	channel_attributes_default(attributes);
	attributes->scheme = scheme;
	if (scheme == BUFFERS_PER_PROCESS)
		attributes->subbuf_bytes = 16384;
	if (scheme == BUFFERS_GLOBAL) {
		attributes->subbuf_bytes = 1048576;
		attributes->read_timer_us = 200000;
	}
}

#define SUBBUF_COUNT_MAX 65536
#define RING_BYTES_MAX	 (UINT64_C(1) << 32) /* of one CPU */

static bool is_power_of_2(uint64_t value)
{
	return value && !(value & (value - 1));
}

bool channel_attributes_check(const struct channel_attributes *attributes, struct error *err)
{
	uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);

	if (attributes->subbuf_bytes < page_bytes)
		return error_set(err, ERROR_INVALID,
				 "a sub-buffer must have at least one page (%llu bytes)",
				 (unsigned long long)page_bytes);
	if (attributes->is_overwrite && attributes->subbuf_count < 2)
		return error_set(err, ERROR_INVALID,
				 "an overwrite channel needs at least 2 sub-buffers");
	if (!is_power_of_2(attributes->subbuf_bytes) || !is_power_of_2(attributes->subbuf_count))
		return error_set(err, ERROR_INVALID,
				 "sizes and numbers of sub-buffers are powers of 2");
	if (attributes->subbuf_count > SUBBUF_COUNT_MAX ||
	    attributes->subbuf_bytes > RING_BYTES_MAX / attributes->subbuf_count)
		return error_set(err, ERROR_INVALID,
				 "a ring of %llu x %llu bytes per CPU is too large",
				 (unsigned long long)attributes->subbuf_count,
				 (unsigned long long)attributes->subbuf_bytes);
	return true;
}

struct channel *channel_create(uint32_t id, const char *name, size_t source_index,
			       const struct channel_attributes *attributes)
{
	struct channel *channel = mem_zalloc(sizeof(*channel));

	channel->id = id;
	channel->name = shared_text_create(name);
	channel->source_index = source_index;
	channel->attributes = *attributes;
	channel->is_enabled = true;
	channel->contexts_text = shared_text_create("");
	return channel;
}

static void event_type_destroy(struct event_type *type)
{
	for (size_t i = 0; i < type->part_count; i++)
		tally_unref(type->parts[i].tally);
	free(type->parts);
	shared_text_unref(type->name);
	free(type);
}

static void leave_node(void *node)
{
	(void)node; /* the tree's items are owned by channel->types */
}

void channel_destroy(struct channel *channel)
{
	if (!channel)
		return;
	tdestroy(channel->types_by_name, leave_node);
	for (size_t i = 0; i < channel->type_count; i++)
		event_type_destroy(channel->types[i]);
	for (size_t i = 0; i < channel->rule_count; i++)
		event_rule_destroy(channel->rules[i]);
	for (size_t i = 0; i < channel->tally_count; i++)
		tally_unref(channel->tallies[i]);
	free(channel->types);
	free(channel->rules);
	free(channel->tallies);
	word_list_finish(&channel->contexts);
	shared_text_unref(channel->contexts_text);
	shared_text_unref(channel->name);
	free(channel);
}

/* A carried domain's events are all of one type: what tells them apart are its fields. */
static bool rule_matches(const struct channel *channel, const struct event_rule *rule,
			 const char *name, int loglevel)
{
	return source_table[channel->source_index].class->carrier ||
	       event_rule_matches(rule, name, loglevel);
}

static const struct event_rule *find_matching_rule(const struct channel *channel, const char *name,
						   int loglevel)
{
	const struct event_rule *disabled = NULL;

	for (size_t i = 0; i < channel->rule_count; i++) {
		const struct event_rule *rule = channel->rules[i];

		if (!rule_matches(channel, rule, name, loglevel))
			continue;
		if (rule->is_enabled)
			return rule;
		if (!disabled)
			disabled = rule;
	}
	return disabled;
}

/* Rules change seldom, pictures are made often: which rule a type belongs to is kept. */
static void match_types(struct channel *channel)
{
	for (size_t i = 0; i < channel->rule_count; i++) {
		struct event_rule *rule = channel->rules[i];

		rule->match_count = 0;
		for (size_t j = 0; j < channel->type_count; j++)
			rule->match_count += rule_matches(channel, rule,
							  shared_text_str(channel->types[j]->name),
							  channel->types[j]->loglevel);
	}
	for (size_t i = 0; i < channel->type_count; i++) {
		struct event_type *type = channel->types[i];

		type->rule =
			find_matching_rule(channel, shared_text_str(type->name), type->loglevel);
	}
}

struct event_rule *channel_find_rule(const struct channel *channel,
				     const struct event_rule_key *key)
{
	for (size_t i = 0; i < channel->rule_count; i++)
		if (event_rule_is(channel->rules[i], key))
			return channel->rules[i];
	return NULL;
}

struct event_rule *channel_enable_rule(struct channel *channel, uint32_t new_id,
				       const struct event_rule_key *key, struct error *err)
{
	struct event_rule *rule = channel_find_rule(channel, key);

	if (rule && rule->is_enabled) {
		error_set(err, ERROR_EVENT_EXISTS, "this event rule is enabled already");
		return NULL;
	}
	if (rule) {
		rule->is_enabled = true;
	} else {
		rule = event_rule_create(new_id, key);
		channel->rules = mem_grow(channel->rules, channel->rule_count, &channel->rule_room,
					  sizeof(struct event_rule *));
		channel->rules[channel->rule_count++] = rule;
	}
	match_types(channel);
	return rule;
}

#define ANY_KIND RULE_KIND_COUNT

static bool is_meant(const struct event_rule *rule, const char *pattern, enum rule_kind kind,
		     const struct event_rule_key *key)
{
	if (key)
		return event_rule_is(rule, key);
	if (kind != ANY_KIND && rule->kind != kind)
		return false;
	return !pattern || strcmp(shared_text_str(rule->pattern), pattern) == 0;
}

static bool complain_of_no_rule(const struct channel *channel, const struct event_rule_key *key,
				struct error *err)
{
	return error_set(err, ERROR_EVENT_NOT_FOUND, "channel '%s' has no event rule with %s",
			 shared_text_str(channel->name),
			 key ? "this name, place, filter, exclusions and log level" : "this name");
}

static bool disable(struct channel *channel, const char *pattern, enum rule_kind kind,
		    const struct event_rule_key *key, struct error *err)
{
	bool found = false;

	for (size_t i = 0; i < channel->rule_count; i++) {
		if (!is_meant(channel->rules[i], pattern, kind, key))
			continue;
		channel->rules[i]->is_enabled = false;
		found = true;
	}
	if (!found && (pattern || key))
		return complain_of_no_rule(channel, key, err);
	match_types(channel);
	return true;
}

bool channel_disable_rules(struct channel *channel, const char *pattern, struct error *err)
{
	return disable(channel, pattern, ANY_KIND, NULL, err);
}

bool channel_disable_rules_of(struct channel *channel, const char *pattern, enum rule_kind kind,
			      struct error *err)
{
	return disable(channel, pattern, kind, NULL, err);
}

bool channel_disable_rule(struct channel *channel, const struct event_rule_key *key,
			  struct error *err)
{
	return disable(channel, NULL, ANY_KIND, key, err);
}

bool channel_remove_rules(struct channel *channel, const char *pattern,
			  const struct event_rule_key *key, struct error *err)
{
	size_t count = channel->rule_count;

	channel->rule_count = 0;
	for (size_t i = 0; i < count; i++) {
		if (is_meant(channel->rules[i], pattern, ANY_KIND, key))
			event_rule_destroy(channel->rules[i]);
		else
			channel->rules[channel->rule_count++] = channel->rules[i];
	}
	if (channel->rule_count == count && (pattern || key))
		return complain_of_no_rule(channel, key, err);
	match_types(channel);
	return true;
}

void channel_add_tally(struct channel *channel, struct tally *tally)
{
	channel->tallies = mem_grow(channel->tallies, channel->tally_count, &channel->tally_room,
				    sizeof(struct tally *));
	channel->tallies[channel->tally_count++] = tally;
}

static int compare_types(const void *left_type, const void *right_type)
{
	const struct event_type *left = left_type;
	const struct event_type *right = right_type;
	int order = strcmp(shared_text_str(left->name), shared_text_str(right->name));

	if (order != 0)
		return order;
	return (left->loglevel > right->loglevel) - (left->loglevel < right->loglevel);
}

static struct event_type *find_or_add_type(struct channel *channel, uint64_t row_id,
					   const char *name, int loglevel)
{
	struct event_type *fresh = mem_zalloc(sizeof(*fresh));
	struct event_type **slot;

	fresh->row_id = row_id;
	fresh->name = shared_text_create(name);
	fresh->loglevel = loglevel;
	slot = tsearch(fresh, &channel->types_by_name, compare_types);
	if (!slot)
		abort(); /* no memory */
	if (*slot != fresh) {
		event_type_destroy(fresh);
		return *slot;
	}
	fresh->rule = find_matching_rule(channel, name, loglevel);
	for (size_t i = 0; i < channel->rule_count; i++)
		channel->rules[i]->match_count +=
			rule_matches(channel, channel->rules[i], name, loglevel);
	channel->types = mem_grow(channel->types, channel->type_count, &channel->type_room,
				  sizeof(struct event_type *));
	channel->types[channel->type_count++] = fresh;
	return fresh;
}

void channel_add_type(struct channel *channel, uint64_t row_id, const char *name, int loglevel,
		      struct tally *tally, uint32_t type_id)
{
	struct event_type *type = find_or_add_type(channel, row_id, name, loglevel);

	type->parts =
		mem_grow(type->parts, type->part_count, &type->part_room, sizeof(*type->parts));
	type->parts[type->part_count++] = (struct event_type_part){tally, type_id};
}

uint64_t event_type_total(const struct event_type *type)
{
	uint64_t total = type->past_events;

	for (size_t i = 0; i < type->part_count; i++)
		total += tally_read_type(type->parts[i].tally, type->parts[i].type_id).events;
	return total;
}

/* A packet may be lost before its consumer has counted it. */
static uint64_t read_undelivered(const _Atomic uint64_t *undelivered, uint64_t recorded)
{
	uint64_t count = tally_read(undelivered);

	return count < recorded ? count : recorded;
}

static void add_tally(struct picture_counts *counts, const struct tally *tally)
{
	uint64_t last_loss_ns = tally_read(&tally->last_loss_wall_ns);
	uint64_t recorded = tally_read(&tally->recorded_events);
	uint64_t undelivered = read_undelivered(&tally->undelivered_events, recorded);
	uint64_t bytes = tally_read(&tally->recorded_bytes);

	counts->recorded_events += recorded - undelivered;
	counts->recorded_bytes += bytes - read_undelivered(&tally->undelivered_bytes, bytes);
	counts->discarded_ring += tally_read(&tally->discarded_ring);
	counts->discarded_write += tally_read(&tally->discarded_write) + undelivered;
	counts->lost_packets += tally_read(&tally->lost_packets);
	counts->unreadable_bytes += tally_read(&tally->unreadable_bytes);
	counts->repairs += tally_read(&tally->repairs);
	counts->discarded_events = counts->discarded_ring + counts->discarded_write;
	if (last_loss_ns > counts->last_loss_wall_ns)
		counts->last_loss_wall_ns = last_loss_ns;
}

uint64_t event_type_bytes(const struct event_type *type)
{
	uint64_t total = type->past_bytes;

	for (size_t i = 0; i < type->part_count; i++)
		total += tally_read_type(type->parts[i].tally, type->parts[i].type_id).bytes;
	return total;
}

bool channel_is_per_cpu(const struct channel *channel)
{
	return strcmp(source_table[channel->source_index].class->domain, "KERNEL") == 0;
}

void channel_count_group(const struct channel *channel, size_t index, struct picture_counts *counts)
{
	*counts = (struct picture_counts){0};
	add_tally(counts, channel->tallies[index]);
}

void channel_count(const struct channel *channel, struct picture_counts *counts)
{
	*counts = channel->past;
	for (size_t i = 0; i < channel->tally_count; i++)
		add_tally(counts, channel->tallies[i]);
	counts->rate_per_1000_s = channel->meter.rate_per_1000_s;
}

/* --- groups that are gone: processes with buffers of their own come and go by the thousand */

static void end_parts(struct event_type *type, const struct tally *tally)
{
	size_t kept = 0;

	for (size_t i = 0; i < type->part_count; i++) {
		struct event_type_part *part = &type->parts[i];
		struct event_count count;

		if (part->tally != tally) {
			type->parts[kept++] = *part;
			continue;
		}
		count = tally_read_type(tally, part->type_id);
		type->past_events += count.events;
		type->past_bytes += count.bytes;
		tally_unref(part->tally);
	}
	type->part_count = kept;
}

static void end_tally(struct channel *channel, size_t at)
{
	struct tally *tally = channel->tallies[at];

	add_tally(&channel->past, tally);
	for (size_t i = 0; i < channel->type_count; i++)
		end_parts(channel->types[i], tally);
	channel->tallies[at] = channel->tallies[--channel->tally_count];
	tally_unref(tally);
}

/* Backwards: the last one takes the place of one that ends. */
void channel_end_tally(struct channel *channel, struct tally *tally)
{
	for (size_t i = channel->tally_count; i-- > 0;) {
		struct tally *one = channel->tallies[i];

		one->is_over = one->is_over || one == tally;
		if (one->is_over && !tally_may_lose(one))
			end_tally(channel, i);
	}
}

/* --- contexts */

static void name_contexts(struct channel *channel)
{
	struct text list = {0};

	for (size_t i = 0; i < channel->contexts.count; i++)
		text_addf(&list, "%s%s", i > 0 ? ", " : "", channel->contexts.words[i]);
	shared_text_unref(channel->contexts_text);
	channel->contexts_text = shared_text_create(text_str(&list));
	text_finish(&list);
}

static size_t find_context(const struct channel *channel, const char *name)
{
	size_t i = 0;

	while (i < channel->contexts.count && strcmp(channel->contexts.words[i], name) != 0)
		i++;
	return i;
}

bool channel_add_context(struct channel *channel, const char *name)
{
	if (find_context(channel, name) < channel->contexts.count)
		return false;
	word_list_add(&channel->contexts, name);
	name_contexts(channel);
	return true;
}

bool channel_remove_context(struct channel *channel, const char *name)
{
	struct word_list *contexts = &channel->contexts;
	size_t place = find_context(channel, name);

	if (place == contexts->count)
		return false;
	free(contexts->words[place]);
	memmove(&contexts->words[place], &contexts->words[place + 1],
		(contexts->count-- - place) * sizeof(char *));
	name_contexts(channel);
	return true;
}

uint64_t channel_buffer_bytes(const struct channel *channel)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < channel->tally_count; i++)
		bytes += tally_read(&channel->tallies[i]->buffer_bytes);
	return bytes;
}

uint32_t channel_fill_permille(const struct channel *channel)
{
	uint32_t fullest = 0;

	for (size_t i = 0; i < channel->tally_count; i++) {
		uint32_t fill = atomic_load_explicit(&channel->tallies[i]->fill_permille,
						     memory_order_relaxed);

		if (fill > fullest)
			fullest = fill;
	}
	return fullest;
}

void channel_begin_clear(struct channel *channel)
{
	channel->past = (struct picture_counts){0};
	for (size_t i = 0; i < channel->type_count; i++) {
		channel->types[i]->past_events = 0;
		channel->types[i]->past_bytes = 0;
	}
	for (size_t i = 0; i < channel->tally_count; i++) {
		struct tally *tally = channel->tallies[i];

		/* Acquire: what the last stream's consumer wrote, pairs with its release. */
		if (atomic_load_explicit(&tally->stream_count, memory_order_acquire) == 0)
			tally_clear(tally);
	}
}

void channel_end_clear(struct channel *channel)
{
	meter_reset(&channel->meter, 0);
	for (size_t i = 0; i < channel->type_count; i++)
		meter_reset(&channel->types[i]->meter, 0);
}

void channel_sample(struct channel *channel, bool with_types, const struct meter_time *time)
{
	struct picture_counts counts;

	channel_count(channel, &counts);
	meter_sample(&channel->meter, counts.recorded_events, time);
	for (size_t i = 0; with_types && i < channel->type_count; i++) {
		struct event_type *type = channel->types[i];

		meter_sample(&type->meter, event_type_total(type), time);
	}
}
