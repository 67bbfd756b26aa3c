/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See trigger.h. Events are noticed by their sources, rotations are told; sizes and fill are looked
 * at by a timer while there are triggers that want to know, and count when they become true.
 */
#include "backend/model/trigger.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/consume/consumer.h"
#include "backend/model/trigger_act.h"

#define LOOK_INTERVAL_NS (100 * NS_PER_MS)
#define STAND_STILL_MS	 100
#define RATIO_PERMILLE	 1000

struct notice_place {
	struct triggers *triggers;
	struct source *source;
};

struct triggers {
	struct model *model;
	struct trigger *first; /* by name, then user */
	struct timer *timer;
	struct watch **watches;	     /* of each source; NULL: it notices nothing */
	struct notice_place *places; /* likewise */
	uint64_t next_token;
	unsigned int next_number; /* of a name */
};

static void fire(struct triggers *triggers, struct trigger *trigger, uint64_t count)
{
	for (uint64_t i = 0; i < count; i++) {
		trigger->match_count++;
		for (size_t j = 0; j < trigger->action_count; j++)
			trigger_act(triggers->model, trigger, &trigger->actions[j]);
		/* Nothing differs from now on but the number. */
		if (!trigger_has_more(trigger)) {
			trigger->match_count += count - i - 1;
			break;
		}
	}
}

/* --- events */

/* "size = 5, $ctx.vpid = 77" */
static void note_captured(struct trigger *trigger, const struct word_list *captured)
{
	const struct word_list *names = &trigger->condition.captures;
	struct text values = {0};

	for (size_t i = 0; i < names->count && i < captured->count; i++)
		text_addf(&values, "%s%s = %s", i ? ", " : "", names->words[i], captured->words[i]);
	free(trigger->captured);
	trigger->captured = text_take(&values);
}

static void noticed(void *data, uint64_t token, uint64_t count, const struct word_list *captured)
{
	struct triggers *triggers = data;
	struct trigger *trigger = trigger_find(triggers->model, token);

	if (!trigger)
		return;
	if (captured)
		note_captured(trigger, captured);
	fire(triggers, trigger, count);
}

static void notices_arrived(void *data, unsigned int events)
{
	struct notice_place *place = data;

	(void)events;
	place->source->class->take_notices(place->source, noticed, place->triggers);
}

/* --- sizes */

static bool is_full(const struct trigger_condition *condition, const struct channel *channel)
{
	double permille = channel_fill_permille(channel);
	double limit = condition->ratio * RATIO_PERMILLE;

	if (!condition->is_ratio) {
		uint64_t ring_bytes =
			channel->attributes.subbuf_bytes * channel->attributes.subbuf_count;

		limit = (double)condition->bytes * RATIO_PERMILLE / (double)ring_bytes;
	}
	return condition->kind == TRIGGER_USAGE_HIGH ? permille >= limit : permille <= limit;
}

static bool is_true(const struct trigger_condition *condition, const struct session *session)
{
	const struct channel *channel;
	struct picture_counts counts;

	if (condition->kind == TRIGGER_CONSUMED_SIZE) {
		session_count(session, &counts);
		return counts.recorded_bytes >= condition->bytes;
	}
	channel = session_find_channel(session, condition->source_index, condition->channel);
	return channel && channel->tally_count > 0 && is_full(condition, channel);
}

static bool is_sampled(const struct trigger *trigger)
{
	return trigger->condition.kind == TRIGGER_CONSUMED_SIZE ||
	       trigger->condition.kind == TRIGGER_USAGE_HIGH ||
	       trigger->condition.kind == TRIGGER_USAGE_LOW;
}

static struct session *session_of(const struct triggers *triggers, const struct trigger *trigger)
{
	return model_find_session(triggers->model, trigger->uid, trigger->condition.session);
}

static void look_at(struct triggers *triggers, struct trigger *trigger)
{
	struct session *session = session_of(triggers, trigger);
	bool holds = session && session->was_started && is_true(&trigger->condition, session);

	if (session && session->id != trigger->state_session_id) {
		trigger->state_session_id = session->id;
		trigger->was_true = false;
	}
	if (holds && !trigger->was_true)
		fire(triggers, trigger, 1);
	trigger->was_true = holds;
}

/* The fill of rings is measured when their consumers come by; what is read is of the last time. */
static void measure(struct triggers *triggers, const struct trigger *trigger)
{
	struct session *session = session_of(triggers, trigger);

	if (trigger->condition.kind != TRIGGER_CONSUMED_SIZE && session && session->streams &&
	    session->is_active)
		stream_set_drain(session->streams, FLUSH_NONE, STAND_STILL_MS, NULL);
}

static void look(void *data, uint64_t now_ns)
{
	struct triggers *triggers = data;
	bool has_any = false;

	for (struct trigger *one = triggers->first; one; one = one->next) {
		if (!is_sampled(one))
			continue;
		has_any = true;
		look_at(triggers, one);
		measure(triggers, one);
	}
	if (has_any)
		timer_arm(triggers->timer, now_ns + LOOK_INTERVAL_NS);
}

/* --- rotations */

void triggers_rotation(struct session *session, bool is_over)
{
	struct triggers *triggers = session->model->triggers;
	enum trigger_kind kind = is_over ? TRIGGER_ROTATION_FINISHES : TRIGGER_ROTATION_STARTS;

	for (struct trigger *one = triggers ? triggers->first : NULL; one; one = one->next)
		if (one->condition.kind == kind && session_of(triggers, one) == session)
			fire(triggers, one, 1);
}

/* --- the list */

void trigger_destroy(struct trigger *trigger)
{
	if (!trigger)
		return;
	for (size_t i = 0; i < trigger->action_count; i++) {
		free(trigger->actions[i].session);
		free(trigger->actions[i].name);
		free(trigger->actions[i].path);
	}
	free(trigger->actions);
	free(trigger->condition.pattern);
	free(trigger->condition.location);
	free(trigger->condition.filter);
	free(trigger->condition.session);
	free(trigger->condition.channel);
	word_list_finish(&trigger->condition.exclusions);
	word_list_finish(&trigger->condition.captures);
	free(trigger->captured);
	free(trigger->name);
	free(trigger);
}

static struct trigger *find(const struct triggers *triggers, uid_t uid, const char *name)
{
	for (struct trigger *one = triggers->first; one; one = one->next)
		if (one->uid == uid && strcmp(one->name, name) == 0)
			return one;
	return NULL;
}

struct trigger *trigger_find(const struct model *model, uint64_t token)
{
	struct trigger *trigger = model->triggers->first;

	while (trigger && trigger->token != token)
		trigger = trigger->next;
	return trigger;
}

static void give_name(struct triggers *triggers, struct trigger *trigger)
{
	do {
		free(trigger->name);
		trigger->name = mem_printf("trigger%u", triggers->next_number++);
	} while (find(triggers, trigger->uid, trigger->name));
}

static void insert(struct triggers *triggers, struct trigger *trigger)
{
	struct trigger **link = &triggers->first;

	while (*link && strcmp((*link)->name, trigger->name) <= 0)
		link = &(*link)->next;
	trigger->next = *link;
	*link = trigger;
}

/*
 * Whether source i notices the trigger's events: all sources of its domain do, or of a domain whose
 * events come as another source's, that one.
 */
static bool watches(const struct model *model, const struct trigger *trigger, size_t i)
{
	size_t index = trigger->condition.source_index;
	const struct source *source = model->sources[i].source;

	if (!source || !source->class->watch)
		return false;
	return source_carrier(index) == index ? source_main(i) == index
					      : source_carrier(index) == i;
}

static bool can_watch(const struct model *model, const struct trigger *trigger, struct error *err)
{
	const struct trigger_condition *condition = &trigger->condition;
	const struct model_source *place = &model->sources[source_carrier(condition->source_index)];
	const struct rule_spec rule = {
		.kind = condition->rule_kind,
		.pattern = condition->pattern,
		.location = condition->location,
	};
	bool is_watched = false;

	for (size_t i = 0; i < source_count && !is_watched; i++)
		is_watched = watches(model, trigger, i);
	if (!is_watched && error_is_set(&place->missing)) {
		error_copy(err, &place->missing);
		return false;
	}
	if (!is_watched)
		return error_set(err, ERROR_UNSUPPORTED,
				 "events of the domain '%s' can't be watched for",
				 source_table[condition->source_index].class->title);
	return !place->source || !place->source->class->check_rule ||
	       place->source->class->check_rule(place->source, &rule, err);
}

struct watch_begin {
	struct task task;
	struct outcome outcome;
	struct model *model;
	uint64_t token;
};

static void take_out(struct triggers *triggers, struct trigger *trigger)
{
	struct trigger **link = &triggers->first;

	while (*link != trigger)
		link = &(*link)->next;
	*link = trigger->next;
	trigger_destroy(trigger);
}

/* One that nobody could begin to watch for is none. */
static void watch_begun(struct message *message)
{
	struct watch_begin *begin = (struct watch_begin *)message;
	const struct error *err = error_is_set(&begin->task.error) ? &begin->task.error : NULL;
	struct trigger *trigger = trigger_find(begin->model, begin->token);

	if (err && trigger)
		take_out(begin->model->triggers, trigger);
	begin->outcome.done(begin->outcome.data, err);
	free(begin);
}

/* One end of a system call has a name of its own. */
static char *watched_pattern(const struct trigger_condition *condition)
{
	static const char *const prefixes[] = {
		[TRIGGER_SITE_BOTH] = "",
		[TRIGGER_SITE_ENTRY] = RULE_SYSCALL_ENTRY,
		[TRIGGER_SITE_EXIT] = RULE_SYSCALL_EXIT,
	};

	return mem_printf("%s%s", prefixes[condition->site], condition->pattern);
}

static void watch(struct model *model, const struct trigger *trigger, struct outcome outcome)
{
	const struct trigger_condition *condition = &trigger->condition;
	struct watch_begin *begin = mem_zalloc(sizeof(*begin));
	const struct source_class *class = source_table[condition->source_index].class;
	struct text filter = {0};
	char *pattern = watched_pattern(condition);
	struct rule_spec rule = {
		.kind = condition->site == TRIGGER_SITE_BOTH ? condition->rule_kind
							     : RULE_TRACEPOINT,
		.location = condition->location,
		.pattern = pattern,
		.loglevel_match = condition->loglevel_match,
		.loglevel = condition->loglevel,
		.exclusions = (const char *const *)condition->exclusions.words,
		.exclusion_count = condition->exclusions.count,
		.filter = condition->filter,
		.is_enabled = true,
	};

	const struct carried_rule carried = {
		.code = class->carried_code,
		.pattern = condition->pattern,
		.loglevel_match = condition->loglevel_match,
		.loglevel = condition->loglevel,
	};
	struct watched_rule watched = {
		.token = trigger->token,
		.uid = trigger->uid,
		.rule = &rule,
		.captures = &condition->captures,
	};

	if (class->carry) {
		watched.carried = &carried;
		rule.pattern = class->carry(&rule, &filter);
		rule.loglevel_match = LOGLEVEL_ALL;
		rule.filter = filter.length ? text_str(&filter) : NULL;
	}
	begin->outcome = outcome;
	begin->model = model;
	begin->token = trigger->token;
	task_init(&begin->task, model->queue, watch_begun);
	for (size_t i = 0; i < source_count; i++) {
		struct source *source = model->sources[i].source;

		if (!watches(model, trigger, i))
			continue;
		task_add(&begin->task);
		source->class->watch(source, &watched, &begin->task);
	}
	task_done(&begin->task, NULL);
	text_finish(&filter);
	free(pattern);
}

bool trigger_add(struct model *model, struct trigger *trigger, struct error *err)
{
	struct triggers *triggers = model->triggers;

	if (trigger->name && find(triggers, trigger->uid, trigger->name))
		return error_set(err, ERROR_EVENT_EXISTS, "Trigger already registered.");
	if (trigger->condition.kind == TRIGGER_EVENT && !can_watch(model, trigger, err))
		return false;
	if (!trigger->name)
		give_name(triggers, trigger);
	trigger->token = triggers->next_token++;
	insert(triggers, trigger);
	return true;
}

void trigger_begin(struct model *model, const struct trigger *trigger, struct outcome outcome)
{
	struct timer *timer = model->triggers->timer;

	if (trigger->condition.kind == TRIGGER_EVENT) {
		watch(model, trigger, outcome);
		return;
	}
	if (is_sampled(trigger) && !timer_is_armed(timer))
		timer_arm(timer, clock_monotonic_ns() + LOOK_INTERVAL_NS);
	outcome.done(outcome.data, NULL);
}

bool trigger_remove(struct model *model, uid_t uid, const char *name)
{
	struct trigger *trigger = find(model->triggers, uid, name);

	if (!trigger)
		return false;
	for (size_t i = 0; i < source_count && trigger->condition.kind == TRIGGER_EVENT; i++)
		if (watches(model, trigger, i))
			source_table[i].class->unwatch(model->sources[i].source, trigger->token);
	take_out(model->triggers, trigger);
	return true;
}

struct trigger *trigger_next(const struct model *model, const struct trigger *trigger)
{
	return trigger ? trigger->next : model->triggers->first;
}

uint64_t trigger_missed_count(const struct model *model, const struct trigger *trigger)
{
	uint64_t count = 0;

	for (size_t i = 0; i < source_count && trigger->condition.kind == TRIGGER_EVENT; i++)
		if (watches(model, trigger, i) && source_table[i].class->missed)
			count += source_table[i].class->missed(model->sources[i].source,
							       trigger->token);
	return count;
}

/* --- all of them */

struct triggers *triggers_create(struct model *model)
{
	struct triggers *triggers = mem_zalloc(sizeof(*triggers));

	triggers->model = model;
	triggers->next_token = 1;
	triggers->timer = loop_add_timer(model->loop, look, triggers);
	triggers->watches = mem_zalloc(source_count * sizeof(struct watch *));
	triggers->places = mem_zalloc(source_count * sizeof(*triggers->places));
	for (size_t i = 0; i < source_count; i++) {
		struct source *source = model->sources[i].source;

		if (!source || !source->class->notice_fd)
			continue;
		triggers->places[i] = (struct notice_place){triggers, source};
		triggers->watches[i] =
			loop_watch(model->loop, source->class->notice_fd(source), WATCH_READ,
				   notices_arrived, &triggers->places[i]);
	}
	return triggers;
}

void triggers_destroy(struct triggers *triggers)
{
	if (!triggers)
		return;
	for (size_t i = 0; i < source_count; i++)
		loop_unwatch(triggers->model->loop, triggers->watches[i]);
	loop_remove_timer(triggers->model->loop, triggers->timer);
	while (triggers->first) {
		struct trigger *trigger = triggers->first;

		triggers->first = trigger->next;
		trigger_destroy(trigger);
	}
	free(triggers->places);
	free(triggers->watches);
	free(triggers);
}
