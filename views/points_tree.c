/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sorted arrays: everything is n log n of the events there are. */
#include "views/points_tree.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"

/* User space applications with more events than that begin closed, as the kernel does. */
#define OPEN_LEAVES_MAX 300

void points_tree_finish(struct points_tree *tree)
{
	free(tree->branches);
	free(tree->leaves);
	free(tree->toggled);
	*tree = (struct points_tree){0};
}

/* ---- identity: FNV-1a ---- */

#define HASH_BEGIN UINT64_C(0xcbf29ce484222325)

static uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t length)
{
	const unsigned char *at = bytes;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ at[i]) * UINT64_C(0x100000001b3);
	return hash;
}

static uint64_t hash_number(uint64_t hash, uint64_t number)
{
	return hash_bytes(hash, &number, sizeof(number));
}

/* ---- building ---- */

bool points_tree_has_globs(const struct points_group *group)
{
	return group->domain_option == 'u' || group->domain_option == 'k';
}

size_t points_tree_provider_length(const struct points_group *group, const char *name)
{
	/* LTTng-UST has "provider:event", the kernel "subsystem_event", loggers "org.app.part". */
	char separator = group->domain_option == 'u'   ? ':'
			 : group->domain_option == 'k' ? '_'
						       : '.';
	const char *end = strchr(name, separator);

	return end ? (size_t)(end - name) + 1 : 0;
}

/* The part of the event's name, or what its source calls it; without the separator. */
static size_t provider_of(const struct points_group *group, const struct points_event *event,
			  const char **provider)
{
	size_t length = points_tree_provider_length(group, event->name);

	*provider = event->provider ? event->provider : event->name;
	if (event->provider)
		return strlen(event->provider);
	return length > 0 ? length - 1 : 0;
}

struct sighting {
	const struct points_event *event;
	const struct points_group *group;
};

static int compare_sightings(const void *first, const void *second)
{
	const struct sighting *one = first, *other = second;
	int order = one->group->domain_option - other->group->domain_option;

	if (!order && one->event->provider && other->event->provider)
		order = strcmp(one->event->provider, other->event->provider);
	if (!order)
		order = strcmp(one->event->name, other->event->name);
	if (order)
		return order;
	return (one->group > other->group) - (one->group < other->group);
}

static struct sighting *sort_sightings(const struct points *points)
{
	struct sighting *all = mem_alloc((points->event_count + 1) * sizeof(*all));
	size_t count = 0;

	for (size_t i = 0; i < points->group_count; i++) {
		const struct points_group *group = &points->groups[i];

		for (size_t j = 0; j < group->event_count; j++)
			all[count++] =
				(struct sighting){&points->events[group->first_event + j], group};
	}
	qsort(all, count, sizeof(*all), compare_sightings);
	return all;
}

static struct points_branch *add_branch(struct points_tree *tree, struct points_branch branch)
{
	tree->branches = mem_grow(tree->branches, tree->branch_count, &tree->branch_room,
				  sizeof(*tree->branches));
	branch.first_leaf = tree->leaf_count;
	tree->branches[tree->branch_count++] = branch;
	return &tree->branches[tree->branch_count - 1];
}

static void add_leaf(struct points_tree *tree, struct points_branch *branch,
		     const struct points_event *event, const struct points_group *group)
{
	tree->leaves =
		mem_grow(tree->leaves, tree->leaf_count, &tree->leaf_room, sizeof(*tree->leaves));
	tree->leaves[tree->leaf_count++] = (struct points_leaf){
		.id = hash_bytes(branch->id, event->name, strlen(event->name)),
		.event = event,
		.group = group,
		.app_count = 1,
	};
	branch->leaf_count++;
}

static struct points_branch *branch_of(struct points_tree *tree, const struct sighting *sighting)
{
	const char *provider;
	size_t length = provider_of(sighting->group, sighting->event, &provider);
	struct points_branch *last =
		tree->branch_count ? &tree->branches[tree->branch_count - 1] : NULL;
	struct points_branch fresh = {
		.name = provider,
		.name_length = length > 0 ? length : strlen(sighting->event->name),
		.group = sighting->group,
	};

	if (last && length > 0 && last->group->domain_option == fresh.group->domain_option &&
	    last->name_length == length && memcmp(last->name, provider, length) == 0)
		return last;
	fresh.id = hash_number(HASH_BEGIN, (uint64_t)fresh.group->domain_option);
	fresh.id = hash_bytes(fresh.id, fresh.name, fresh.name_length);
	return add_branch(tree, fresh);
}

static bool is_same_event(const struct sighting *one, const struct sighting *other)
{
	return one->group->domain_option == other->group->domain_option &&
	       strcmp(one->event->name, other->event->name) == 0;
}

static void build_by_provider(struct points_tree *tree, const struct points *points)
{
	struct sighting *all = sort_sightings(points);
	size_t *counted_in = mem_zalloc((points->group_count + 1) * sizeof(*counted_in));

	for (size_t i = 0; i < points->event_count; i++) {
		size_t *counted = &counted_in[all[i].group - points->groups];

		if (i > 0 && is_same_event(&all[i], &all[i - 1]))
			tree->leaves[tree->leaf_count - 1].app_count++;
		else
			add_leaf(tree, branch_of(tree, &all[i]), all[i].event, all[i].group);
		/* Each application counts once in a branch. */
		tree->branches[tree->branch_count - 1].app_count += *counted != tree->branch_count;
		*counted = tree->branch_count;
	}
	free(counted_in);
	free(all);
}

static void build_by_app(struct points_tree *tree, const struct points *points)
{
	for (size_t i = 0; i < points->group_count; i++) {
		const struct points_group *group = &points->groups[i];
		struct points_branch *branch =
			add_branch(tree, (struct points_branch){
						 .id = hash_number(HASH_BEGIN ^ 1, group->id),
						 .name = group->name,
						 .name_length = strlen(group->name),
						 .group = group,
						 .app_count = 1,
					 });

		for (size_t j = 0; j < group->event_count; j++)
			add_leaf(tree, branch, &points->events[group->first_event + j], group);
	}
}

/* ---- order ---- */

static int compare_numbers(uint64_t one, uint64_t other)
{
	return (one > other) - (one < other);
}

static int compare_leaves(const void *first, const void *second, void *data)
{
	const struct points_leaf *one = first, *other = second;
	const struct points_tree *tree = data;
	int order = 0;

	if (tree->order == POINTS_BY_LEVEL)
		order = one->event->loglevel - other->event->loglevel;
	else if (tree->order == POINTS_BY_FIELDS)
		order = compare_numbers(one->event->field_count, other->event->field_count);
	else if (tree->order == POINTS_BY_APPS)
		order = compare_numbers(one->app_count, other->app_count);
	else
		order = strcmp(one->event->name, other->event->name);
	if (order)
		return tree->is_descending ? -order : order;
	return strcmp(one->event->name, other->event->name);
}

static int compare_names(const struct points_branch *one, const struct points_branch *other)
{
	size_t length =
		one->name_length < other->name_length ? one->name_length : other->name_length;
	int order = memcmp(one->name, other->name, length);

	if (!order)
		order = compare_numbers(one->name_length, other->name_length);
	return order ? order
		     : compare_numbers((uint64_t)one->group->pid, (uint64_t)other->group->pid);
}

/* Applications first, the kernel with its thousands of events last, whichever way is sorted. */
static int rank(const struct points_branch *branch)
{
	return branch->group->domain_option == 'u'   ? 0
	       : branch->group->domain_option == 'k' ? 2
						     : 1;
}

static int compare_branches(const void *first, const void *second, void *data)
{
	const struct points_branch *one = first, *other = second;
	const struct points_tree *tree = data;
	int order = compare_names(one, other);

	if (rank(one) != rank(other))
		return rank(one) - rank(other);

	if (tree->order == POINTS_BY_APPS && one->app_count != other->app_count)
		order = compare_numbers(one->app_count, other->app_count);
	if (tree->order == POINTS_BY_FIELDS && one->leaf_count != other->leaf_count)
		order = compare_numbers(one->leaf_count, other->leaf_count);
	return tree->is_descending ? -order : order;
}

static void sort_all(struct points_tree *tree)
{
	for (size_t i = 0; i < tree->branch_count; i++)
		qsort_r(tree->leaves + tree->branches[i].first_leaf, tree->branches[i].leaf_count,
			sizeof(*tree->leaves), compare_leaves, tree);
	if (tree->branch_count > 1)
		qsort_r(tree->branches, tree->branch_count, sizeof(*tree->branches),
			compare_branches, tree);
}

void points_tree_follow(struct points_tree *tree, const struct points *points)
{
	uint64_t serial = points ? points->serial : 0;

	if (!tree->is_stale && tree->points == points && tree->serial == serial)
		return;
	tree->is_stale = false;
	tree->points = points;
	tree->serial = serial;
	tree->branch_count = 0;
	tree->leaf_count = 0;
	if (!points)
		return;
	if (tree->is_by_app)
		build_by_app(tree, points);
	else
		build_by_provider(tree, points);
	sort_all(tree);
}

void points_tree_set(struct points_tree *tree, bool is_by_app, enum points_order order,
		     bool is_descending)
{
	tree->is_stale |= tree->is_by_app != is_by_app || tree->order != order ||
			  tree->is_descending != is_descending;
	tree->is_by_app = is_by_app;
	tree->order = order;
	tree->is_descending = is_descending;
}

/* ---- open and closed ---- */

static size_t find_toggled(const struct points_tree *tree, uint64_t id)
{
	size_t low = 0, high = tree->toggled_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (tree->toggled[middle] < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool is_toggled(const struct points_tree *tree, uint64_t id)
{
	size_t at = find_toggled(tree, id);

	return at < tree->toggled_count && tree->toggled[at] == id;
}

static bool begins_open(const struct points_tree *tree, struct points_row row)
{
	const struct points_branch *branch = &tree->branches[row.branch];

	return row.leaf == POINTS_NONE && branch->group->domain_option == 'u' &&
	       branch->leaf_count <= OPEN_LEAVES_MAX;
}

bool points_tree_is_open(const struct points_tree *tree, struct points_row row)
{
	return begins_open(tree, row) != is_toggled(tree, points_tree_id(tree, row));
}

void points_tree_open(struct points_tree *tree, struct points_row row, bool is_open)
{
	uint64_t id = points_tree_id(tree, row);
	size_t at = find_toggled(tree, id);

	if (points_tree_is_open(tree, row) == is_open)
		return;
	if (is_toggled(tree, id)) {
		memmove(&tree->toggled[at], &tree->toggled[at + 1],
			(--tree->toggled_count - at) * sizeof(*tree->toggled));
		return;
	}
	tree->toggled = mem_grow(tree->toggled, tree->toggled_count, &tree->toggled_room,
				 sizeof(*tree->toggled));
	memmove(&tree->toggled[at + 1], &tree->toggled[at],
		(tree->toggled_count++ - at) * sizeof(*tree->toggled));
	tree->toggled[at] = id;
}

/* ---- rows ---- */

uint64_t points_tree_id(const struct points_tree *tree, struct points_row row)
{
	const struct points_field *field;

	if (row.leaf == POINTS_NONE)
		return tree->branches[row.branch].id;
	if (row.field == POINTS_NONE)
		return tree->leaves[row.leaf].id;
	field = &tree->leaves[row.leaf].event->fields[row.field];
	return hash_bytes(hash_number(tree->leaves[row.leaf].id, row.field), field->name,
			  strlen(field->name));
}

static bool next_branch(const struct points_tree *tree, struct points_row *row)
{
	uint32_t branch = row->branch == POINTS_NONE ? 0 : row->branch + 1;

	*row = (struct points_row){branch, POINTS_NONE, POINTS_NONE};
	return branch < tree->branch_count;
}

bool points_tree_next(const struct points_tree *tree, struct points_row *row)
{
	const struct points_branch *branch;

	if (row->branch == POINTS_NONE)
		return next_branch(tree, row);
	branch = &tree->branches[row->branch];
	if (row->leaf == POINTS_NONE) {
		row->leaf = (uint32_t)branch->first_leaf;
		if (branch->leaf_count > 0)
			return true;
		return next_branch(tree, row);
	}
	row->field = row->field == POINTS_NONE ? 0 : row->field + 1;
	if (row->field < tree->leaves[row->leaf].event->field_count)
		return true;
	row->field = POINTS_NONE;
	if (++row->leaf < branch->first_leaf + branch->leaf_count)
		return true;
	return next_branch(tree, row);
}

const struct points_event *points_tree_event(const struct points_tree *tree, struct points_row row)
{
	return row.leaf == POINTS_NONE ? NULL : tree->leaves[row.leaf].event;
}

const struct points_group *points_tree_group(const struct points_tree *tree, struct points_row row)
{
	return row.leaf == POINTS_NONE ? tree->branches[row.branch].group
				       : tree->leaves[row.leaf].group;
}

static void add_process(const struct points_group *group, struct text *out)
{
	if (group->user)
		text_addf(out, " (pid %d, %s)", (int)group->pid, group->user);
	else
		text_addf(out, " (pid %d, uid %u)", (int)group->pid, (unsigned int)group->uid);
}

void points_tree_name(const struct points_tree *tree, struct points_row row, struct text *out)
{
	const struct points_branch *branch = &tree->branches[row.branch];

	if (row.field != POINTS_NONE)
		text_add(out, tree->leaves[row.leaf].event->fields[row.field].name);
	else if (row.leaf != POINTS_NONE)
		text_add(out, tree->leaves[row.leaf].event->name);
	else
		text_add_bytes(out, branch->name, branch->name_length);
	if (row.leaf == POINTS_NONE && tree->is_by_app && branch->group->pid)
		add_process(branch->group, out);
}
