/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Listing the tracepoints of applications: each is asked on its own strand, item by item, as the
 * protocol has it; the answers are joined and put in order of processes at the end.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/source/ust/codes.h"
#include "backend/source/ust/internal.h"
#include "backend/source/ust/known.h"

#define ITEM_COUNT_MAX 200000 /* of one application; each costs it 11 us */

struct listing {
	atomic_uint remaining;
	bool with_fields;
	pthread_mutex_t lock; /* protects *list, a leaf */
	struct point_list *list;
	struct task *task;
};

struct listing_job {
	struct ust_job job;
	struct ust_app *app; /* reference held */
	struct listing *listing;
};

/* What one application says; arrays grow, then move into its list. */
struct answer {
	struct point_list list;
	struct point *points;
	size_t point_count, point_room;
	struct known names;
	struct point_field *fields; /* of the last point */
	size_t field_count, field_room;
};

/* Names arrive in arrays that need not be terminated. */
static const char *copy_name(struct point_list *list, const char *name, size_t room)
{
	size_t length = strnlen(name, room);
	char *copy = point_list_alloc(list, length + 1);

	memcpy(copy, name, length);
	return copy;
}

static void *copy_array(struct point_list *list, const void *items, size_t size_bytes)
{
	void *copy = point_list_alloc(list, size_bytes ? size_bytes : 1);

	if (size_bytes)
		memcpy(copy, items, size_bytes);
	return copy;
}

/* The last point has all its fields. */
static void close_point(struct answer *answer)
{
	struct point *point;

	if (!answer->point_count)
		return;
	point = &answer->points[answer->point_count - 1];
	if (!point->fields && answer->field_count) {
		point->fields = copy_array(&answer->list, answer->fields,
					   answer->field_count * sizeof(*answer->fields));
		point->field_count = answer->field_count;
	}
	answer->field_count = 0;
}

/* A name can come twice, from two providers; one is enough. */
static bool is_new_name(struct answer *answer, const char *name)
{
	bool is_new;

	known_add(&answer->names, name, strnlen(name, LTTNG_UST_ABI_SYM_NAME_LEN), &is_new);
	return is_new;
}

static void add_point(struct answer *answer, const char *name, int loglevel)
{
	struct point *point;

	close_point(answer);
	answer->points =
		mem_grow(answer->points, answer->point_count, &answer->point_room, sizeof(*point));
	point = &answer->points[answer->point_count++];
	*point = (struct point){.name = copy_name(&answer->list, name, LTTNG_UST_ABI_SYM_NAME_LEN),
				.loglevel = loglevel};
}

static const char *type_name(int32_t type)
{
	switch (type) {
	case LTTNG_UST_ABI_FIELD_INTEGER:
		return "integer";
	case LTTNG_UST_ABI_FIELD_ENUM:
		return "enum";
	case LTTNG_UST_ABI_FIELD_FLOAT:
		return "float";
	case LTTNG_UST_ABI_FIELD_STRING:
		return "string";
	default:
		return "unknown";
	}
}

static void add_field(struct answer *answer, const struct lttng_ust_abi_field_iter *item)
{
	struct point_field *field;

	if (!item->field_name[0])
		return;
	answer->fields =
		mem_grow(answer->fields, answer->field_count, &answer->field_room, sizeof(*field));
	field = &answer->fields[answer->field_count++];
	field->name = copy_name(&answer->list, item->field_name, sizeof(item->field_name));
	field->type = type_name(item->type);
}

static int ask_points(int fd, int handle, struct answer *answer)
{
	struct lttng_ust_abi_tracepoint_iter item;
	int code = 0;

	for (unsigned int i = 0; i < ITEM_COUNT_MAX && code >= 0; i++) {
		code = lttng_ust_ctl_tracepoint_list_get(fd, handle, &item);
		if (code >= 0 && is_new_name(answer, item.name))
			add_point(answer, item.name, item.loglevel);
	}
	return code;
}

/* Fields come point by point. */
static int ask_fields(int fd, int handle, struct answer *answer)
{
	struct lttng_ust_abi_field_iter item;
	bool is_skipped = false;
	int code = 0;

	for (unsigned int i = 0; i < ITEM_COUNT_MAX && code >= 0; i++) {
		const struct point *last =
			answer->point_count ? &answer->points[answer->point_count - 1] : NULL;

		code = lttng_ust_ctl_tracepoint_field_list_get(fd, handle, &item);
		if (code < 0)
			break;
		if (!last || strncmp(last->name, item.event_name, LTTNG_UST_ABI_SYM_NAME_LEN)) {
			is_skipped = !is_new_name(answer, item.event_name);
			if (!is_skipped)
				add_point(answer, item.event_name, item.loglevel);
		}
		if (!is_skipped)
			add_field(answer, &item);
	}
	return code;
}

/* False when the application did not answer in time; one that ends meanwhile is no such. */
static bool ask(struct ust_app *app, bool with_fields, struct answer *answer)
{
	int fd = app->command_fd;
	int handle, code;

	if (atomic_load(&app->is_gone))
		return true;
	handle = with_fields ? lttng_ust_ctl_tracepoint_field_list(fd)
			     : lttng_ust_ctl_tracepoint_list(fd);
	code = handle;
	if (handle >= 0) {
		code = with_fields ? ask_fields(fd, handle, answer)
				   : ask_points(fd, handle, answer);
		if (!ust_code_is_gone(code))
			lttng_ust_ctl_release_handle(fd, handle);
	}
	close_point(answer);
	if (ust_code_is_gone(code))
		ust_app_drop(app);
	return code != -EAGAIN && code != -ETIMEDOUT;
}

static void add_group(struct ust_app *app, struct answer *answer)
{
	struct point_list *list = &answer->list;
	struct point_group *group = point_list_alloc(list, sizeof(*group));

	group->app_id = app->id;
	group->pid = app->pid;
	group->uid = app->uid;
	group->name = copy_name(list, app->name, sizeof(app->name));
	group->points =
		copy_array(list, answer->points, answer->point_count * sizeof(*answer->points));
	group->point_count = answer->point_count;
	list->groups = group;
	list->group_count = 1;
}

static int compare_groups(const void *one, const void *other)
{
	const struct point_group *a = one;
	const struct point_group *b = other;

	return a->pid < b->pid ? -1 : a->pid > b->pid;
}

static void end_part(struct listing *listing)
{
	/* Acquire: the last one sees what all others added. */
	if (atomic_fetch_sub_explicit(&listing->remaining, 1, memory_order_acq_rel) > 1)
		return;
	if (listing->list->group_count)
		qsort(listing->list->groups, listing->list->group_count,
		      sizeof(*listing->list->groups), compare_groups);
	if (listing->task)
		task_done(listing->task, NULL);
	pthread_mutex_destroy(&listing->lock);
	free(listing);
}

static void ask_run(struct ust_job *base)
{
	struct listing_job *job = (struct listing_job *)base;
	struct listing *listing = job->listing;
	struct answer answer = {0};

	if (!ask(job->app, listing->with_fields, &answer))
		answer.list.unanswered_count++;
	else if (!atomic_load(&job->app->is_gone))
		add_group(job->app, &answer);
	free(answer.points);
	free(answer.fields);
	known_finish(&answer.names);
	pthread_mutex_lock(&listing->lock);
	point_list_join(listing->list, &answer.list);
	pthread_mutex_unlock(&listing->lock);
	ust_app_unref(job->app);
	free(job);
	end_part(listing);
}

static void begin(struct ust_source *source, bool (*wants)(const struct ust_app *, const void *),
		  const void *data, struct listing wanted)
{
	struct listing *listing = mem_zalloc(sizeof(*listing));
	size_t count;
	struct ust_app **apps = ust_app_list(source, wants, data, &count);

	*listing = wanted;
	atomic_init(&listing->remaining, (unsigned int)count + 1);
	pthread_mutex_init(&listing->lock, NULL);
	for (size_t i = 0; i < count; i++) {
		struct listing_job *job = mem_zalloc(sizeof(*job));

		job->job.run = ask_run;
		job->app = apps[i]; /* its reference passes */
		job->listing = listing;
		ust_strand_post(job->app->strand, &job->job);
	}
	free(apps);
	end_part(listing);
}

struct viewer {
	uid_t uid;
	bool is_root;
};

static bool may_see(const struct ust_app *app, const void *data)
{
	const struct viewer *viewer = data;

	return viewer->is_root || viewer->uid == app->uid;
}

void ust_points_list(struct source *base, bool with_fields, uid_t uid, bool is_root,
		     struct point_list *list, struct task *task)
{
	struct viewer viewer = {uid, is_root};
	struct listing wanted = {.with_fields = with_fields, .list = list, .task = task};

	begin((struct ust_source *)base, may_see, &viewer, wanted);
}

static bool is_app(const struct ust_app *app, const void *data)
{
	return app->id == *(const uint64_t *)data;
}

void ust_points_list_of(struct source *base, uint64_t app_id, struct point_list *list,
			struct task *task)
{
	struct listing wanted = {.with_fields = true, .list = list, .task = task};

	begin((struct ust_source *)base, is_app, &app_id, wanted);
}
