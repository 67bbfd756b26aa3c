/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which events a channel's rules mean, and which of these its filters decide, record by record. */
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/source/native/internal.h"

#define ENGINE_PROVIDER "tracon:"

struct place { /* of a filter's field in the event */
	bool is_context;
	bool is_field;
	bool has_index;
	uint32_t number;
	uint64_t index;
	char *context;
};

struct expression {
	struct filter *filter;
	struct place *places;
	size_t place_count;
};

/* Of one event: one of its expressions must pass. */
struct native_matcher {
	struct native_matcher *next;
	const struct native_event *event;
	size_t count;
	struct expression expressions[];
};

/* --- rules */

static bool is_excluded(const struct rule_spec *rule, const char *name)
{
	for (size_t i = 0; i < rule->exclusion_count; i++)
		if (text_glob_match(rule->exclusions[i], name))
			return true;
	return false;
}

bool native_rule_names_engine(const struct rule_spec *rule)
{
	return strncmp(rule->pattern, ENGINE_PROVIDER, strlen(ENGINE_PROVIDER)) == 0;
}

/* What the engine tells of itself is no part of "all events" of applications. */
static bool is_unasked(const struct rule_spec *rule, const char *name)
{
	return strncmp(name, ENGINE_PROVIDER, strlen(ENGINE_PROVIDER)) == 0 &&
	       !native_rule_names_engine(rule);
}

/* Severe levels are low numbers, as in LTTng-UST. */
static bool is_meant(const struct rule_spec *rule, const struct native_event *event)
{
	if (!rule->is_enabled || rule->kind != RULE_TRACEPOINT ||
	    !text_glob_match(rule->pattern, event->name) || is_excluded(rule, event->name) ||
	    is_unasked(rule, event->name))
		return false;
	if (rule->loglevel_match == LOGLEVEL_AT_LEAST)
		return event->level <= rule->loglevel;
	return rule->loglevel_match == LOGLEVEL_ALL || event->level == rule->loglevel;
}

/* --- filters */

static bool find_field(const struct native_shape *shape, const char *name, uint32_t *number)
{
	for (uint32_t i = 0; i < shape->field_count; i++) {
		if (strcmp(shape->fields[i].name, name) == 0) {
			*number = i;
			return true;
		}
	}
	return false;
}

static struct place find_place(const struct native_event *event, const struct filter_node *node)
{
	const struct filter_step *steps = node->field.steps;
	struct place place = {0};

	if (!steps[0].name || node->field.step_count > 2)
		return place;
	if (node->field.scope == FILTER_CONTEXT && node->field.step_count == 1) {
		place.is_context = true;
		place.context = mem_strdup(steps[0].name);
		return place;
	}
	if (node->field.scope != FILTER_PAYLOAD)
		return place;
	if (node->field.step_count == 2) {
		if (steps[1].name)
			return place;
		place.has_index = true;
		place.index = steps[1].index;
	}
	place.is_field = find_field(event->shape, steps[0].name, &place.number);
	return place;
}

static bool add_expression(struct native_matcher *matcher, const char *text)
{
	struct filter_problem problem = {.error = ERROR_INIT};
	struct expression *expression = &matcher->expressions[matcher->count];

	expression->filter = filter_parse(text, &problem);
	if (!expression->filter)
		return false; /* lets nothing pass */
	expression->place_count = filter_field_count(expression->filter);
	expression->places = mem_zalloc((expression->place_count + 1) * sizeof(struct place));
	for (size_t i = 0; i < expression->place_count; i++)
		expression->places[i] =
			find_place(matcher->event, filter_field(expression->filter, i));
	matcher->count++;
	return true;
}

static void destroy_matcher(struct native_matcher *matcher)
{
	for (size_t i = 0; i < matcher->count; i++) {
		struct expression *expression = &matcher->expressions[i];

		filter_destroy(expression->filter);
		for (size_t j = 0; j < expression->place_count; j++)
			free(expression->places[j].context);
		free(expression->places);
	}
	free(matcher);
}

static void read_place(const struct place *place, const struct native_event *event,
		       const struct native_record *record, struct filter_value *value)
{
	value->kind = FILTER_VALUE_MISSING;
	if (place->is_context)
		native_context_get(place->context, &record->writer, value);
	else if (place->is_field)
		native_shape_value(event->shape, place->number, place->has_index, place->index,
				   record->fields, record->bytes, value);
}

struct evaluation {
	const struct native_matcher *matcher;
	const struct expression *expression;
	const struct native_record *record;
};

static void value_of(void *data, const struct filter_node *node, struct filter_value *value)
{
	const struct evaluation *evaluation = data;

	read_place(&evaluation->expression->places[node->field.number], evaluation->matcher->event,
		   evaluation->record, value);
}

bool native_wants_match(const struct native_wants *wants, uint32_t id,
			const struct native_record *record)
{
	const struct native_matcher *matcher = wants->by_id[id];

	for (size_t i = 0; i < matcher->count; i++) {
		struct evaluation evaluation = {matcher, &matcher->expressions[i], record};

		if (filter_matches(matcher->expressions[i].filter, value_of, &evaluation))
			return true;
	}
	return false;
}

/* --- values for people */

/* Elements until there are no more. */
static void print_list(struct place *place, const struct native_event *event,
		       const struct native_record *record, struct text *out)
{
	struct filter_value value;

	place->has_index = true;
	text_add_char(out, '[');
	for (place->index = 0;; place->index++) {
		read_place(place, event, record, &value);
		if (value.kind == FILTER_VALUE_MISSING)
			break;
		text_add(out, place->index ? ", " : "");
		filter_print_value(&value, out);
	}
	text_add_char(out, ']');
}

static bool is_list(const struct place *place, const struct native_event *event)
{
	enum handshake_kind kind = event->shape->fields[place->number].kind;

	return !place->has_index && (kind == HANDSHAKE_ARRAY || kind == HANDSHAKE_SEQUENCE);
}

void native_record_print(const struct native_event *event, const struct filter_node *field,
			 const struct native_record *record, struct text *out)
{
	struct place place = {0};
	struct filter_value value;

	if (field && field->kind == FILTER_FIELD)
		place = find_place(event, field);
	if (place.is_field && is_list(&place, event)) {
		print_list(&place, event, record, out);
	} else {
		read_place(&place, event, record, &value);
		filter_print_value(&value, out);
	}
	free(place.context);
}

/* --- tables */

/* How the channel's rules take the event; filters decide only if all that mean it have one. */
static unsigned char choose(struct native_wants *wants, const struct native_event *event,
			    const struct channel_spec *channel)
{
	struct native_matcher *matcher;
	size_t count = 0;

	for (size_t i = 0; i < channel->rule_count; i++) {
		if (!is_meant(&channel->rules[i], event))
			continue;
		if (!channel->rules[i].filter)
			return NATIVE_WANTED;
		count++;
	}
	if (count == 0)
		return NATIVE_UNWANTED;
	matcher = mem_zalloc(sizeof(*matcher) + count * sizeof(matcher->expressions[0]));
	matcher->event = event;
	matcher->next = wants->matchers;
	wants->matchers = matcher;
	wants->by_id[event->id] = matcher;
	for (size_t i = 0; i < channel->rule_count; i++)
		if (is_meant(&channel->rules[i], event))
			add_expression(matcher, channel->rules[i].filter);
	return NATIVE_ASKED;
}

struct native_wants *native_wants_create(const struct native_catalog *catalog,
					 const struct channel_spec *channel)
{
	struct native_wants *wants = mem_zalloc(sizeof(*wants));

	atomic_init(&wants->references, 1);
	wants->by_id = mem_zalloc(NATIVE_ID_COUNT * sizeof(struct native_matcher *));
	wants->is_plain = native_context_make(channel).count == 0;
	for (uint32_t id = LANE_ID_FIRST; id < catalog->end_id; id++) {
		const struct native_event *event = native_catalog_find(catalog, id);

		if (!event)
			continue;
		wants->choice[id] = choose(wants, event, channel);
		wants->is_any = wants->is_any || wants->choice[id] != NATIVE_UNWANTED;
		wants->is_plain = wants->is_plain && wants->choice[id] != NATIVE_ASKED;
	}
	return wants;
}

struct native_wants *native_wants_ref(struct native_wants *wants)
{
	atomic_fetch_add_explicit(&wants->references, 1, memory_order_relaxed);
	return wants;
}

void native_wants_unref(struct native_wants *wants)
{
	if (!wants || atomic_fetch_sub_explicit(&wants->references, 1, memory_order_acq_rel) != 1)
		return;
	while (wants->matchers) {
		struct native_matcher *matcher = wants->matchers;

		wants->matchers = matcher->next;
		destroy_matcher(matcher);
	}
	free(wants->by_id);
	free(wants);
}

static bool has_equal_matcher(const struct native_matcher *one, const struct native_matcher *other)
{
	if (one->count != other->count)
		return false;
	for (size_t i = 0; i < one->count; i++)
		if (strcmp(filter_text(one->expressions[i].filter),
			   filter_text(other->expressions[i].filter)) != 0)
			return false;
	return true;
}

bool native_wants_equal(const struct native_wants *one, const struct native_wants *other)
{
	if (memcmp(one->choice, other->choice, sizeof(one->choice)) != 0)
		return false;
	for (const struct native_matcher *matcher = one->matchers; matcher; matcher = matcher->next)
		if (!has_equal_matcher(matcher, other->by_id[matcher->event->id]))
			return false;
	return true;
}
