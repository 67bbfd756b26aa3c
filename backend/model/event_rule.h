/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One event rule of a channel. Never removed while the session lives, only disabled. Control
 * thread. */
#ifndef TRACON_MODEL_EVENT_RULE_H
#define TRACON_MODEL_EVENT_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/text.h"
#include "backend/source/spec.h"

#define EVENT_NAME_MAX 255 /* bytes: lttng-enable-event(1) */

struct event_rule {
	uint32_t id;
	enum rule_kind kind;
	struct shared_text *location; /* of probes; else "" */
	struct shared_text *pattern;
	enum loglevel_match loglevel_match;
	int loglevel; /* valid unless LOGLEVEL_ALL */
	struct word_list exclusions;
	struct shared_text *exclusions_text; /* "a,b"; "" */
	struct shared_text *filter;	     /* as it was given; "": none */
	bool is_enabled;
	size_t match_count; /* event types of which this is the first matching rule */
};

/* What tells rules of one channel apart: everything but whether they are enabled. */
struct event_rule_key {
	const char *pattern;
	enum loglevel_match loglevel_match;
	int loglevel;
	const struct word_list *exclusions;
	const char *filter; /* NULL: none */
	enum rule_kind kind;
	const char *location; /* NULL: none */
};

struct event_rule *event_rule_create(uint32_t id, const struct event_rule_key *key);
void event_rule_destroy(struct event_rule *rule);
bool event_rule_is(const struct event_rule *rule, const struct event_rule_key *key);
/* As the tracer decides by type: name, level, exclusions; not the filter, nor whether it is
 * enabled. */
bool event_rule_matches(const struct event_rule *rule, const char *name, int loglevel);

#endif
