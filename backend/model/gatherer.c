/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One entry for each application that was asked, and one for each source that has none. An
 * application that doesn't answer delays only its own points. Publishing is coalesced.
 */
#include "backend/model/gatherer.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/model/model.h"
#include "backend/model/points_build.h"

#define LOOKS_MAX 4		  /* as long as each finds more than the one before */
#define SILENT_NS (30 * NS_PER_S) /* until one that didn't answer is asked again */
#define FORGET_NS (60 * NS_PER_S)
/* Of all applications together: some hundred bytes each. */
#define EVENTS_MAX 1000000

const struct gatherer_pace gatherer_usual_pace = {
	.publish_ns = 500 * NS_PER_MS,
	.collect_ns = 50 * NS_PER_MS,
	.look_again_ns = NS_PER_S,
};

struct entry {
	size_t source_index;
	uint64_t app_id;   /* 0: the source itself */
	uint64_t serial;   /* of the last question; answers to earlier ones are dropped */
	bool is_asked;	   /* its answer is under way */
	bool is_silent;	   /* did not answer in time */
	uint64_t apps_sum; /* of the source itself: which applications it had when it was asked */
	unsigned int looks;
	uint64_t look_again_ns; /* 0: not */
	struct points_part *part;
};

struct gatherer {
	struct model *model;
	struct gatherer_pace pace;
	void (*changed)(void *data);
	void *data;
	bool is_wanted;
	bool is_changed; /* since the last publication */
	struct entry *entries;
	size_t entry_count, entry_room;
	uint64_t next_question;
	uint64_t serial;
	uint64_t published_at_ns;
	struct timer *publish_timer, *look_timer, *forget_timer;
	pthread_mutex_t lock; /* protects `current`, a leaf */
	const struct points *current;
};

/* ---- publishing ---- */

static bool has_working_source(const struct model *model)
{
	for (size_t i = 0; i < source_count; i++)
		if (model->sources[i].source)
			return true;
	return false;
}

/* What is in the way, then what to do. */
static void explain_nothing(const struct model *model, struct text *out)
{
	bool is_working = has_working_source(model);

	if (!is_working)
		text_add(out, "nothing can be traced here");
	else if (model->app_count > 0)
		text_add(out, "the applications that run have no tracepoints");
	else
		text_add(out, "no application that can be traced runs");
	if (is_working)
		text_add(out, ": start one with \"tracon run -- PROGRAM\", or try \"tracon demo\"");
	for (size_t i = 0; i < source_count; i++) {
		const struct model_source *source = &model->sources[i];
		const struct error *note = source->source ? &source->warning : &source->missing;

		if (error_is_set(note) && (source->source || !is_working))
			text_addf(out, ". %s: %s", source_table[i].class->title, note->message);
	}
}

static size_t total_events(const struct gatherer *gatherer)
{
	size_t total = 0;

	for (size_t i = 0; i < gatherer->entry_count; i++)
		if (gatherer->entries[i].part)
			total += points_part_event_count(gatherer->entries[i].part);
	return total;
}

static const struct points *build(struct gatherer *gatherer)
{
	struct points_part **parts =
		mem_alloc((gatherer->entry_count + 1) * sizeof(struct points_part *));
	struct points_state state = {.serial = ++gatherer->serial};
	const struct points *points;
	struct text nothing = {0};
	size_t count = 0;

	for (size_t i = 0; i < gatherer->entry_count; i++) {
		const struct entry *entry = &gatherer->entries[i];

		if (entry->part)
			parts[count++] = entry->part;
		state.is_loading |= entry->is_asked && !entry->part && !entry->is_silent;
		state.unanswered_count += entry->is_silent;
	}
	if (total_events(gatherer) == 0)
		explain_nothing(gatherer->model, &nothing);
	state.nothing = text_str(&nothing);
	points = points_create(&state, parts, count);
	text_finish(&nothing);
	free(parts);
	return points;
}

static void set_current(struct gatherer *gatherer, const struct points *points)
{
	const struct points *stale;

	pthread_mutex_lock(&gatherer->lock);
	stale = gatherer->current;
	gatherer->current = points;
	pthread_mutex_unlock(&gatherer->lock);
	points_unref(stale);
}

static void publish(void *data, uint64_t now_ns)
{
	struct gatherer *gatherer = data;

	gatherer->is_changed = false;
	gatherer->published_at_ns = now_ns;
	set_current(gatherer, build(gatherer));
	gatherer->changed(gatherer->data);
}

static void mark(struct gatherer *gatherer)
{
	uint64_t due_ns = clock_monotonic_ns() + gatherer->pace.collect_ns;

	if (gatherer->is_changed || !gatherer->is_wanted)
		return;
	gatherer->is_changed = true;
	if (due_ns < gatherer->published_at_ns + gatherer->pace.publish_ns)
		due_ns = gatherer->published_at_ns + gatherer->pace.publish_ns;
	timer_arm(gatherer->publish_timer, due_ns);
}

/* ---- asking ---- */

struct question {
	struct task task; /* first */
	struct gatherer *gatherer;
	size_t source_index;
	uint64_t app_id;
	uint64_t serial;
	struct point_list list;
};

static struct entry *find_entry(struct gatherer *gatherer, size_t source_index, uint64_t app_id)
{
	for (size_t i = 0; i < gatherer->entry_count; i++) {
		struct entry *entry = &gatherer->entries[i];

		if (entry->source_index == source_index && entry->app_id == app_id)
			return entry;
	}
	return NULL;
}

static void arm_look(struct gatherer *gatherer)
{
	uint64_t next_ns = UINT64_MAX;

	for (size_t i = 0; i < gatherer->entry_count; i++) {
		uint64_t at_ns = gatherer->entries[i].look_again_ns;

		if (at_ns && at_ns < next_ns)
			next_ns = at_ns;
	}
	if (next_ns == UINT64_MAX)
		timer_disarm(gatherer->look_timer);
	else
		timer_arm(gatherer->look_timer, next_ns);
}

/* Of the commands' options. */
static char domain_option(const char *domain)
{
	static const struct {
		const char *domain;
		char option;
	} options[] = {
		{"KERNEL", 'k'}, {"JUL", 'j'}, {"LOG4J", 'l'}, {"LOG4J2", '2'}, {"PYTHON", 'p'}};

	for (size_t i = 0; i < COUNT_OF(options); i++)
		if (strcmp(domain, options[i].domain) == 0)
			return options[i].option;
	return 'u';
}

static struct points_part *make_part(struct gatherer *gatherer, const struct question *question)
{
	const struct source_class *class =
		gatherer->model->sources[question->source_index].source->class;
	const struct points_part_origin origin = {
		.id = (uint64_t)(question->source_index + 1) << 48,
		.domain = class->title,
		.domain_option = domain_option(class->domain),
		.title = class->list_points_of ? NULL : class->title,
	};

	return points_part_create(&origin, &question->list, EVENTS_MAX - total_events(gatherer));
}

static void take_answer(struct entry *entry, struct gatherer *gatherer,
			const struct question *question)
{
	size_t before = entry->part ? points_part_event_count(entry->part) : 0;

	entry->is_asked = false;
	entry->is_silent = question->list.unanswered_count > 0;
	if (entry->is_silent) {
		entry->look_again_ns = clock_monotonic_ns() + SILENT_NS;
		return;
	}
	points_part_unref(entry->part);
	entry->part = NULL;
	entry->part = make_part(gatherer, question);
	if (!entry->app_id || entry->looks >= LOOKS_MAX)
		return;
	if (entry->looks < 2 || points_part_event_count(entry->part) > before)
		entry->look_again_ns = clock_monotonic_ns() + gatherer->pace.look_again_ns;
}

static void answered(struct message *message)
{
	struct question *question = (struct question *)message;
	struct gatherer *gatherer = question->gatherer;
	struct entry *entry = find_entry(gatherer, question->source_index, question->app_id);

	if (entry && entry->serial == question->serial) {
		take_answer(entry, gatherer, question);
		arm_look(gatherer);
		mark(gatherer);
	}
	point_list_finish(&question->list);
	free(question);
}

/* Other applications, another sum: ids are never used again. */
static uint64_t sum_apps(const struct model *model, size_t source_index)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < model->app_count; i++)
		if (model->apps[i].source_index == source_index)
			sum += (model->apps[i].id + 1) * UINT64_C(0x9e3779b97f4a7c15);
	return sum;
}

static void ask(struct gatherer *gatherer, struct entry *entry)
{
	struct source *source = gatherer->model->sources[entry->source_index].source;
	struct question *question = mem_zalloc(sizeof(*question));
	uid_t uid = geteuid();

	question->gatherer = gatherer;
	question->source_index = entry->source_index;
	question->app_id = entry->app_id;
	question->serial = ++gatherer->next_question;
	entry->serial = question->serial;
	entry->is_asked = true;
	if (!entry->app_id)
		entry->apps_sum = sum_apps(gatherer->model, entry->source_index);
	entry->looks++;
	entry->look_again_ns = 0;
	task_init(&question->task, gatherer->model->queue, answered);
	task_add(&question->task);
	if (entry->app_id)
		source->class->list_points_of(source, entry->app_id, &question->list,
					      &question->task);
	else
		source->class->list_points(source, true, uid, uid == 0, &question->list,
					   &question->task);
	task_done(&question->task, NULL);
}

static void look_again(void *data, uint64_t now_ns)
{
	struct gatherer *gatherer = data;

	for (size_t i = 0; gatherer->is_wanted && i < gatherer->entry_count; i++) {
		struct entry *entry = &gatherer->entries[i];

		if (entry->look_again_ns && entry->look_again_ns <= now_ns)
			ask(gatherer, entry);
	}
	if (gatherer->is_wanted)
		arm_look(gatherer);
}

/* ---- who there is ---- */

static void add_entry(struct gatherer *gatherer, size_t source_index, uint64_t app_id)
{
	struct entry *entry;

	gatherer->entries = mem_grow(gatherer->entries, gatherer->entry_count,
				     &gatherer->entry_room, sizeof(*gatherer->entries));
	entry = &gatherer->entries[gatherer->entry_count++];
	*entry = (struct entry){.source_index = source_index, .app_id = app_id};
	ask(gatherer, entry);
}

static bool may_see(const struct app *app)
{
	return geteuid() == 0 || app->uid == geteuid();
}

/* Applications are few and their ids grow: linear. */
static bool is_there(const struct model *model, const struct entry *entry)
{
	if (!entry->app_id)
		return true;
	for (size_t i = 0; i < model->app_count; i++)
		if (model->apps[i].id == entry->app_id &&
		    model->apps[i].source_index == entry->source_index)
			return true;
	return false;
}

static void drop_gone(struct gatherer *gatherer)
{
	size_t kept = 0;

	for (size_t i = 0; i < gatherer->entry_count; i++) {
		if (is_there(gatherer->model, &gatherer->entries[i]))
			gatherer->entries[kept++] = gatherer->entries[i];
		else
			points_part_unref(gatherer->entries[i].part);
	}
	if (kept != gatherer->entry_count)
		mark(gatherer);
	gatherer->entry_count = kept;
}

static void ask_source(struct gatherer *gatherer, size_t source_index)
{
	struct entry *entry = find_entry(gatherer, source_index, 0);

	if (!entry)
		add_entry(gatherer, source_index, 0);
	else if (entry->apps_sum != sum_apps(gatherer->model, source_index))
		ask(gatherer, entry);
}

static void ask_new(struct gatherer *gatherer)
{
	const struct model *model = gatherer->model;

	for (size_t i = 0; i < source_count; i++) {
		const struct source *source = model->sources[i].source;

		if (source && source->class->list_points && !source->class->list_points_of)
			ask_source(gatherer, i);
	}
	for (size_t i = 0; i < model->app_count; i++) {
		const struct app *app = &model->apps[i];
		const struct source *source = model->sources[app->source_index].source;

		if (source && source->class->list_points_of && may_see(app) &&
		    !find_entry(gatherer, app->source_index, app->id))
			add_entry(gatherer, app->source_index, app->id);
	}
}

void gatherer_note_apps(struct gatherer *gatherer)
{
	drop_gone(gatherer);
	if (gatherer->is_wanted) {
		ask_new(gatherer);
		mark(gatherer);
	}
}

static void ask_all_again(struct gatherer *gatherer)
{
	for (size_t i = 0; i < gatherer->entry_count; i++) {
		gatherer->entries[i].looks = 0;
		if (!gatherer->entries[i].is_asked)
			ask(gatherer, &gatherer->entries[i]);
	}
}

static void forget_all(void *data, uint64_t now_ns)
{
	struct gatherer *gatherer = data;

	(void)now_ns;
	for (size_t i = 0; i < gatherer->entry_count; i++)
		points_part_unref(gatherer->entries[i].part);
	gatherer->entry_count = 0;
	set_current(gatherer, NULL);
}

void gatherer_want(struct gatherer *gatherer, bool is_wanted)
{
	bool was_wanted = gatherer->is_wanted;

	gatherer->is_wanted = is_wanted;
	if (!is_wanted) {
		if (was_wanted)
			timer_arm(gatherer->forget_timer, clock_monotonic_ns() + FORGET_NS);
		return;
	}
	timer_disarm(gatherer->forget_timer);
	if (was_wanted)
		ask_all_again(gatherer);
	ask_new(gatherer);
	arm_look(gatherer);
	/* At once: that it loads, or why there is nothing. */
	if (!was_wanted)
		publish(gatherer, clock_monotonic_ns());
}

const struct points *gatherer_take(struct gatherer *gatherer)
{
	const struct points *points;

	pthread_mutex_lock(&gatherer->lock);
	points = gatherer->current ? points_ref(gatherer->current) : NULL;
	pthread_mutex_unlock(&gatherer->lock);
	return points;
}

struct gatherer *gatherer_create(struct model *model, const struct gatherer_pace *pace,
				 void (*changed)(void *data), void *data)
{
	struct gatherer *gatherer = mem_zalloc(sizeof(*gatherer));

	gatherer->model = model;
	gatherer->pace = *pace;
	gatherer->changed = changed;
	gatherer->data = data;
	gatherer->publish_timer = loop_add_timer(model->loop, publish, gatherer);
	gatherer->look_timer = loop_add_timer(model->loop, look_again, gatherer);
	gatherer->forget_timer = loop_add_timer(model->loop, forget_all, gatherer);
	pthread_mutex_init(&gatherer->lock, NULL);
	return gatherer;
}

void gatherer_destroy(struct gatherer *gatherer)
{
	if (!gatherer)
		return;
	forget_all(gatherer, 0);
	loop_remove_timer(gatherer->model->loop, gatherer->publish_timer);
	loop_remove_timer(gatherer->model->loop, gatherer->look_timer);
	loop_remove_timer(gatherer->model->loop, gatherer->forget_timer);
	pthread_mutex_destroy(&gatherer->lock);
	free(gatherer->entries);
	free(gatherer);
}
