/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One allocation for each application's part, and one for each whole; see points_build.h. */
#include "backend/model/points.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/user_name.h"
#include "backend/model/loglevel.h"
#include "backend/model/placer.h"
#include "backend/model/points_build.h"

struct points_part {
	atomic_uint references;
	struct points_group *groups; /* first_event counts from the part's first event */
	size_t group_count;
	struct points_event *events;
	size_t event_count;
};

struct points_block {
	struct points points; /* first */
	atomic_uint references;
	struct points_part **parts; /* references held */
	size_t part_count;
};

/* ---- parts ---- */

/* The few types there are need no copies. */
static const char *type_word(const char *type)
{
	static const char *const words[] = {"integer", "string", "float", "enum",
					    "integer, address of a string"};

	for (size_t i = 0; i < COUNT_OF(words); i++)
		if (strcmp(type, words[i]) == 0)
			return words[i];
	return "unknown";
}

static const struct points_field *place_fields(struct placer *placer, const struct point *point)
{
	struct points_field *fields = place(placer, point->field_count, sizeof(*fields));

	for (size_t i = 0; i < point->field_count; i++) {
		const char *name = place_text(placer, point->fields[i].name);

		if (fields)
			fields[i] = (struct points_field){name, type_word(point->fields[i].type)};
	}
	return fields;
}

static void place_event(struct placer *placer, const struct points_part_origin *origin,
			const struct point *point, struct points_event *event)
{
	const char *level =
		origin->domain_option == 'u' ? loglevel_name_ust(point->loglevel) : NULL;
	const char *name = place_text(placer, point->name);
	const char *provider = point->provider ? place_text(placer, point->provider) : NULL;
	const struct points_field *fields = place_fields(placer, point);

	if (event)
		*event = (struct points_event){
			.name = name,
			.provider = provider,
			.loglevel = point->loglevel,
			.loglevel_text = level ? level : "",
			.fields = fields,
			.field_count = point->field_count,
		};
}

static void fill_group(const struct points_part_origin *origin, const struct point_group *from,
		       const char *name, size_t first_event, struct points_group *group)
{
	*group = (struct points_group){
		.id = from->app_id ? (origin->id & ~UINT64_C(0xffffffffffff)) | from->app_id
				   : origin->id,
		.domain = origin->domain,
		.domain_option = origin->domain_option,
		.pid = from->pid,
		.uid = from->uid,
		.user = user_name(from->uid),
		.name = name,
		.first_event = first_event,
		.event_count = from->point_count,
	};
}

static struct points_part *place_part(struct placer *placer,
				      const struct points_part_origin *origin,
				      const struct point_list *list, size_t event_max)
{
	struct points_part *part = place(placer, 1, sizeof(*part));
	struct points_group *groups = place(placer, list->group_count, sizeof(*groups));
	struct points_event *events;
	size_t total = 0, at = 0;

	for (size_t i = 0; i < list->group_count; i++)
		total += list->groups[i].point_count;
	events = place(placer, total < event_max ? total : event_max, sizeof(*events));
	for (size_t i = 0; i < list->group_count; i++) {
		const struct point_group *from = &list->groups[i];
		const char *name = place_text(
			placer, from->app_id || !origin->title ? from->name : origin->title);
		size_t first = at;

		for (size_t j = 0; j < from->point_count && at < event_max; j++, at++)
			place_event(placer, origin, &from->points[j], events ? &events[at] : NULL);
		if (!part)
			continue;
		fill_group(origin, from, name, first, &groups[i]);
		groups[i].event_count = at - first;
	}
	if (part) {
		atomic_init(&part->references, 1);
		part->groups = groups;
		part->group_count = list->group_count;
		part->events = events;
		part->event_count = at;
	}
	return part;
}

static int compare_events(const void *one, const void *other)
{
	return strcmp(((const struct points_event *)one)->name,
		      ((const struct points_event *)other)->name);
}

struct points_part *points_part_create(const struct points_part_origin *origin,
				       const struct point_list *list, size_t event_max)
{
	struct placer placer = {NULL, 0};
	struct points_part *part;

	place_part(&placer, origin, list, event_max);
	placer = (struct placer){mem_alloc(placer.used_bytes), 0};
	part = place_part(&placer, origin, list, event_max);
	for (size_t i = 0; i < part->group_count; i++)
		if (part->groups[i].event_count > 1)
			qsort(part->events + part->groups[i].first_event,
			      part->groups[i].event_count, sizeof(*part->events), compare_events);
	return part;
}

struct points_part *points_part_ref(struct points_part *part)
{
	atomic_fetch_add_explicit(&part->references, 1, memory_order_relaxed);
	return part;
}

void points_part_unref(struct points_part *part)
{
	/* Acquire and release: who frees it sees it unused by all others. */
	if (part && atomic_fetch_sub_explicit(&part->references, 1, memory_order_acq_rel) == 1)
		free(part);
}

size_t points_part_event_count(const struct points_part *part)
{
	return part->event_count;
}

/* ---- the whole ---- */

static void copy_part(struct points_block *block, struct points_part *part,
		      struct points_group *groups, struct points_event *events)
{
	struct points *points = &block->points;

	block->parts[block->part_count++] = points_part_ref(part);
	for (size_t i = 0; i < part->group_count; i++) {
		groups[points->group_count] = part->groups[i];
		groups[points->group_count++].first_event += points->event_count;
	}
	if (part->event_count)
		memcpy(events + points->event_count, part->events,
		       part->event_count * sizeof(*events));
	points->event_count += part->event_count;
}

struct layout {
	struct points_block *block;
	struct points_part **parts;
	struct points_group *groups;
	struct points_event *events;
	const char *nothing;
};

static struct layout place_whole(struct placer *placer, const struct points_state *state,
				 struct points_part *const *parts, size_t part_count)
{
	size_t group_count = 0, event_count = 0;
	struct layout layout;

	for (size_t i = 0; i < part_count; i++) {
		group_count += parts[i]->group_count;
		event_count += parts[i]->event_count;
	}
	layout.block = place(placer, 1, sizeof(*layout.block));
	layout.parts = place(placer, part_count, sizeof(struct points_part *));
	layout.groups = place(placer, group_count, sizeof(*layout.groups));
	layout.events = place(placer, event_count, sizeof(*layout.events));
	layout.nothing = place_text(placer, state->nothing);
	return layout;
}

const struct points *points_create(const struct points_state *state,
				   struct points_part *const *parts, size_t part_count)
{
	struct placer placer = {NULL, 0};
	struct layout layout;

	place_whole(&placer, state, parts, part_count);
	placer = (struct placer){mem_alloc(placer.used_bytes), 0};
	layout = place_whole(&placer, state, parts, part_count);
	assert(layout.block);
	*layout.block = (struct points_block){
		.points = {.serial = state->serial,
			   .is_loading = state->is_loading,
			   .unanswered_count = state->unanswered_count,
			   .groups = layout.groups,
			   .events = layout.events,
			   .nothing = layout.nothing},
		.parts = layout.parts,
	};
	atomic_init(&layout.block->references, 1);
	for (size_t i = 0; i < part_count; i++)
		copy_part(layout.block, parts[i], layout.groups, layout.events);
	return &layout.block->points;
}

const struct points *points_ref(const struct points *points)
{
	struct points_block *block = (struct points_block *)(uintptr_t)points;

	atomic_fetch_add_explicit(&block->references, 1, memory_order_relaxed);
	return points;
}

void points_unref(const struct points *points)
{
	struct points_block *block = (struct points_block *)(uintptr_t)points;

	if (!block || atomic_fetch_sub_explicit(&block->references, 1, memory_order_acq_rel) > 1)
		return;
	for (size_t i = 0; i < block->part_count; i++)
		points_part_unref(block->parts[i]);
	free(block);
}
