/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A channel: its attributes, event rules, what passed through it and the event types that occurred.
 * Control thread. */
#ifndef TRACON_MODEL_CHANNEL_H
#define TRACON_MODEL_CHANNEL_H

#include "backend/base/error.h"
#include "backend/consume/tally.h"
#include "backend/model/event_rule.h"
#include "backend/model/meter.h"

#define CHANNEL_DEFAULT_NAME "channel0"

struct channel_attributes {
	enum buffer_scheme scheme; /* the same for all channels of a domain */
	bool is_overwrite;
	uint64_t subbuf_bytes;
	uint64_t subbuf_count;
	uint64_t switch_timer_us;
	uint64_t read_timer_us;
	uint64_t monitor_timer_us;
	int64_t blocking_timeout_us;
	uint64_t file_bytes; /* a stream's files: see sink_limits; 0: no limit */
	unsigned int file_count;
};

/* One type in one buffer group. */
struct event_type_part {
	struct tally *tally; /* reference held */
	uint32_t type_id;
};

/* An event that really occurs, summed over buffer groups (users, word sizes). */
struct event_type {
	uint64_t row_id;
	struct shared_text *name;
	int loglevel;
	struct event_type_part *parts;
	size_t part_count;
	size_t part_room;
	uint64_t past_events; /* in buffer groups that are gone */
	uint64_t past_bytes;
	const struct event_rule
		*rule; /* first enabled rule that matches, else first that matches, else NULL */
	struct meter meter;
};

struct channel {
	uint32_t id; /* unique in the session */
	size_t source_index;
	struct shared_text *name;
	bool is_enabled;
	struct channel_attributes attributes;
	struct event_rule **rules;
	size_t rule_count;
	size_t rule_room;
	struct tally **tallies; /* references held */
	size_t tally_count;
	size_t tally_room;
	struct event_type **types; /* in order of appearance */
	size_t type_count;
	size_t type_room;
	void *types_by_name; /* tsearch tree of the same */
	struct meter meter;
	struct word_list contexts;	      /* as context_resolve() names them */
	struct shared_text *contexts_text;    /* the same, for people: "vpid, procname" */
	struct picture_counts counted_before; /* under ids of the session that ended */
	struct picture_counts past;	      /* of buffer groups that are gone */
};

/* lttng's defaults for user space, buffers per user: lttng-enable-channel(1). */
void channel_attributes_default(struct channel_attributes *attributes);
/* The same for another scheme. */
void channel_attributes_for(struct channel_attributes *attributes, enum buffer_scheme scheme);

/* ERROR_INVALID: rings can't be of these sizes. */
bool channel_attributes_check(const struct channel_attributes *attributes, struct error *err);

struct channel *channel_create(uint32_t id, const char *name, size_t source_index,
			       const struct channel_attributes *attributes);
void channel_destroy(struct channel *channel);

struct event_rule *channel_find_rule(const struct channel *channel,
				     const struct event_rule_key *key);
/* NULL with ERROR_EVENT_EXISTS when the same rule is enabled already; a disabled one is enabled
 * again. */
struct event_rule *channel_enable_rule(struct channel *channel, uint32_t new_id,
				       const struct event_rule_key *key, struct error *err);
/* Disables all rules with this pattern (NULL: all rules). ERROR_EVENT_NOT_FOUND if there is none.
 */
bool channel_disable_rules(struct channel *channel, const char *pattern, struct error *err);
/* The same of one kind only. */
bool channel_disable_rules_of(struct channel *channel, const char *pattern, enum rule_kind kind,
			      struct error *err);
/* Disables this one. ERROR_EVENT_NOT_FOUND. */
bool channel_disable_rule(struct channel *channel, const struct event_rule_key *key,
			  struct error *err);
/*
 * Takes away what the two above disable: the rule of the key, or (key NULL) all with this pattern
 * (NULL: all). Before the session's first start only. ERROR_EVENT_NOT_FOUND.
 */
bool channel_remove_rules(struct channel *channel, const char *pattern,
			  const struct event_rule_key *key, struct error *err);

/* The reference passes. */
void channel_add_tally(struct channel *channel, struct tally *tally);
void channel_add_type(struct channel *channel, uint64_t row_id, const char *name, int loglevel,
		      struct tally *tally, uint32_t type_id);

/* The group of the tally is gone: what it counted is kept, the tally let go; one whose packets may
 * still be lost, with a later one (NULL: with this call). */
void channel_end_tally(struct channel *channel, struct tally *tally);

/* False: it has this context (or has it not). */
bool channel_add_context(struct channel *channel, const char *name);
bool channel_remove_context(struct channel *channel, const char *name);

uint64_t event_type_total(const struct event_type *type);
uint64_t event_type_bytes(const struct event_type *type); /* of its records */

/* Sums over buffer groups; rates are the meter's. */
void channel_count(const struct channel *channel, struct picture_counts *counts);
/* Whether each of its groups is a CPU: the kernel's channels. */
bool channel_is_per_cpu(const struct channel *channel);
/* Of one of them, by its place in `tallies`; no rates. */
void channel_count_group(const struct channel *channel, size_t index,
			 struct picture_counts *counts);
/* Its buffers' memory now. What several channels read (a native application's) is in each. */
uint64_t channel_buffer_bytes(const struct channel *channel);
uint32_t channel_fill_permille(const struct channel *channel);
/*
 * Counts from zero again. The counters that streams write to now are their consumers' to clear;
 * this clears the others, and histories go on.
 */
void channel_begin_clear(struct channel *channel);
void channel_end_clear(struct channel *channel);
void channel_sample(struct channel *channel, bool with_types, const struct meter_time *time);

#endif
