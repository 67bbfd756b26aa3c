/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See rule_check.h. Each application is asked by a question of its own, which may come home after
 * the answer was given; the last one frees the check. Control thread.
 */
#include "backend/control/commands/rule_check.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/source/context.h"

#define WAIT_NS	     300000000
#define WARNINGS_MAX 8 /* of one rule */

struct rule_check {
	struct model *model;
	struct reply *reply; /* NULL: ended */
	size_t source_index;
	struct rule_args rule;
	struct word_list names;
	enum exit_status status;
	struct timer *timer;
	struct question **questions;
	size_t question_count, question_room;
	size_t open_count;
};

struct question {
	struct task task; /* first */
	struct rule_check *check;
	struct point_list list;
	bool is_answered;
};

/* A field that events of the rule have. */
struct known_field {
	const char *name;
	enum filter_type type;
};

/* One rule against all fields. */
struct comparison {
	struct rule_check *check;
	const char *pattern;
	struct known_field *fields; /* in order of their names */
	size_t field_count, field_room;
	size_t warning_count;
};

/* --- what is known */

/* Arrays and text are of one name there. */
static enum filter_type type_of_name(const char *name)
{
	if (strcmp(name, "integer") == 0 || strcmp(name, "enum") == 0)
		return FILTER_TYPE_INTEGER;
	if (strcmp(name, "float") == 0)
		return FILTER_TYPE_FLOAT;
	return strcmp(name, "string") == 0 ? FILTER_TYPE_STRING : FILTER_TYPE_ANY;
}

static void add_fields(struct comparison *comparison, const struct point *point)
{
	for (size_t i = 0; i < point->field_count; i++) {
		comparison->fields = mem_grow(comparison->fields, comparison->field_count,
					      &comparison->field_room, sizeof(*comparison->fields));
		comparison->fields[comparison->field_count++] = (struct known_field){
			.name = point->fields[i].name,
			.type = type_of_name(point->fields[i].type),
		};
	}
}

/* Returns how many points the rule is about. */
static size_t collect_fields(struct comparison *comparison, const struct event_rule *rule)
{
	const struct rule_check *check = comparison->check;
	size_t point_count = 0;

	for (size_t i = 0; i < check->question_count; i++) {
		const struct point_list *list = &check->questions[i]->list;

		for (size_t j = 0; check->questions[i]->is_answered && j < list->group_count; j++)
			for (size_t k = 0; k < list->groups[j].point_count; k++) {
				const struct point *point = &list->groups[j].points[k];

				if (!event_rule_matches(rule, point->name, point->loglevel))
					continue;
				add_fields(comparison, point);
				point_count++;
			}
	}
	return point_count;
}

static int compare_fields(const void *left, const void *right)
{
	return strcmp(((const struct known_field *)left)->name,
		      ((const struct known_field *)right)->name);
}

/* One of each name; of no certain type where events differ. */
static void merge_fields(struct comparison *comparison)
{
	size_t count = 0;

	if (comparison->field_count == 0)
		return;
	qsort(comparison->fields, comparison->field_count, sizeof(*comparison->fields),
	      compare_fields);
	for (size_t i = 0; i < comparison->field_count; i++) {
		struct known_field *field = &comparison->fields[i];
		struct known_field *last = count > 0 ? &comparison->fields[count - 1] : NULL;

		if (!last || strcmp(last->name, field->name) != 0)
			comparison->fields[count++] = *field;
		else if (last->type != field->type)
			last->type = FILTER_TYPE_ANY;
	}
	comparison->field_count = count;
}

static enum filter_type type_of_context(const struct comparison *comparison, const char *name)
{
	const char *domain = source_table[comparison->check->source_index].class->domain;
	unsigned int domains = strcmp(domain, "KERNEL") == 0 ? CONTEXT_KERNEL : CONTEXT_USER;
	const struct context_type *type = context_type_find(name);

	if (!type || !(type->domains & domains))
		return strncmp(name, "perf_", strlen("perf_")) == 0 ? FILTER_TYPE_OTHER
								    : FILTER_TYPE_UNKNOWN;
	if (strcmp(name, "procname") == 0 || strcmp(name, "hostname") == 0)
		return FILTER_TYPE_STRING;
	/* An address is no number to LTTng-UST's filters. */
	return strcmp(name, "ip") == 0 ? FILTER_TYPE_OTHER : FILTER_TYPE_INTEGER;
}

static enum filter_type type_of_payload(const struct comparison *comparison, const char *name,
					bool has_index)
{
	struct known_field wanted = {.name = name};
	const struct known_field *field = NULL;

	if (comparison->field_count > 0)
		field = bsearch(&wanted, comparison->fields, comparison->field_count,
				sizeof(*comparison->fields), compare_fields);
	if (!field)
		return FILTER_TYPE_UNKNOWN;
	if (!has_index)
		return field->type;
	return field->type == FILTER_TYPE_ANY ? FILTER_TYPE_INTEGER : FILTER_TYPE_OTHER;
}

/* The name in front of the first index; dots are a part of it. */
static void print_name(const struct filter_node *field, struct text *name)
{
	for (size_t i = 0; i < field->field.step_count && field->field.steps[i].name; i++)
		text_addf(name, "%s%s", i > 0 ? "." : "", field->field.steps[i].name);
}

static enum filter_type type_of(void *data, const struct filter_node *field)
{
	const struct comparison *comparison = data;
	enum filter_type type = FILTER_TYPE_ANY;
	struct text name = {0};

	print_name(field, &name);
	if (field->field.scope == FILTER_CONTEXT)
		type = type_of_context(comparison, text_str(&name));
	else if (field->field.scope == FILTER_PAYLOAD)
		type = type_of_payload(comparison, text_str(&name), filter_field_has_index(field));
	text_finish(&name);
	return type;
}

static void warn(void *data, const struct filter_problem *problem)
{
	struct comparison *comparison = data;
	struct filter_problem shown = *problem;

	if (comparison->warning_count++ >= WARNINGS_MAX)
		return;
	error_prefix(&shown.error, "in the filter of %s", comparison->pattern);
	reply_warn_at(comparison->check->reply, filter_text(comparison->check->rule.filter),
		      &shown);
}

static void check_rule(struct rule_check *check, const char *pattern)
{
	struct event_rule_key key = rule_args_key(&check->rule, pattern);
	struct event_rule *rule = event_rule_create(0, &key);
	struct comparison comparison = {.check = check, .pattern = pattern};

	/* Without any event of the name there is nothing to compare with. */
	if (collect_fields(&comparison, rule) > 0) {
		merge_fields(&comparison);
		filter_check(check->rule.filter, type_of, warn, &comparison);
		if (comparison.warning_count > WARNINGS_MAX)
			reply_warn(check->reply, "and %zu more in the filter of %s",
				   comparison.warning_count - WARNINGS_MAX, pattern);
	}
	free(comparison.fields);
	event_rule_destroy(rule);
}

/* --- asking */

static void free_when_over(struct rule_check *check)
{
	if (check->reply || check->open_count > 0)
		return;
	for (size_t i = 0; i < check->question_count; i++) {
		point_list_finish(&check->questions[i]->list);
		free(check->questions[i]);
	}
	free(check->questions);
	rule_args_finish(&check->rule);
	word_list_finish(&check->names);
	free(check);
}

static void answer(struct rule_check *check)
{
	for (size_t i = 0; i < check->names.count; i++)
		check_rule(check, check->names.words[i]);
	loop_remove_timer(check->model->loop, check->timer);
	reply_done(check->reply, check->status);
	check->reply = NULL;
}

static void give_up_waiting(void *data, uint64_t now_ns)
{
	struct rule_check *check = data;

	(void)now_ns;
	answer(check);
	free_when_over(check);
}

static void take_answer(struct message *message)
{
	struct question *question = (struct question *)message;
	struct rule_check *check = question->check;

	question->is_answered = true;
	check->open_count--;
	if (check->open_count == 0 && check->reply)
		answer(check);
	free_when_over(check);
}

static void ask(struct rule_check *check, uint64_t app_id)
{
	const struct model_source *source = &check->model->sources[check->source_index];
	struct question *question = mem_zalloc(sizeof(*question));

	question->check = check;
	task_init(&question->task, check->model->queue, take_answer);
	check->questions = mem_grow(check->questions, check->question_count, &check->question_room,
				    sizeof(struct question *));
	check->questions[check->question_count++] = question;
	check->open_count++;
	source->source->class->list_points_of(source->source, app_id, &question->list,
					      &question->task);
}

static void ask_all(struct rule_check *check)
{
	const struct model *model = check->model;
	const struct source *source = model->sources[check->source_index].source;
	uid_t uid = reply_requester(check->reply)->uid;

	for (size_t i = 0; source && source->class->list_points_of && i < model->app_count; i++) {
		const struct app *app = &model->apps[i];

		if (app->source_index == check->source_index && (uid == 0 || uid == app->uid))
			ask(check, app->id);
	}
}

static void begin(void *data, const struct error *err)
{
	struct rule_check *check = data;

	if (err) {
		reply_fail(check->reply, err);
		check->reply = NULL;
	} else {
		ask_all(check);
		check->timer = loop_add_timer(check->model->loop, give_up_waiting, check);
		timer_arm(check->timer, loop_now_ns(check->model->loop) + WAIT_NS);
		if (check->open_count == 0)
			answer(check);
	}
	free_when_over(check);
}

struct outcome rule_check_when_done(struct call *call, size_t source_index, struct rule_args *rule,
				    struct word_list *names, enum exit_status status)
{
	struct rule_check *check = mem_zalloc(sizeof(*check));

	check->model = call->model;
	check->reply = call->reply;
	check->source_index = source_index;
	check->rule = *rule;
	check->names = *names;
	check->status = status;
	*rule = (struct rule_args){0};
	*names = (struct word_list){0};
	return (struct outcome){begin, check};
}
