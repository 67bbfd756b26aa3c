/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of all sources, and the memory of a list of tracepoints. */
#include "backend/source/source.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"

#ifdef HAVE_LTTNG_UST
#include "backend/source/ust/ust.h"
#else
static const struct source_class ust_source_class = {
	.name = "ust",
	.domain = "UST",
	.title = "User space",
	.trace_directory = "ust",
};
#endif

const struct source_entry source_table[] = {
#ifdef HAVE_LTTNG_UST
	{&ust_source_class, NULL},
#else
	{&ust_source_class, "this build cannot trace LTTng-UST applications: install "
			    "liblttng-ust-dev, then configure and build again"},
#endif
};
const size_t source_count = COUNT_OF(source_table);

const char *source_apps_home(const struct source *source)
{
	return source && source->class->home ? source->class->home(source) : NULL;
}

/* One allocation of a list; all are freed together. */
struct point_block {
	struct point_block *next;
	max_align_t bytes[];
};

void *point_list_alloc(struct point_list *list, size_t size_bytes)
{
	struct point_block *block = mem_zalloc(sizeof(*block) + size_bytes);

	block->next = list->memory;
	list->memory = block;
	return block->bytes;
}

void point_list_join(struct point_list *list, struct point_list *other)
{
	struct point_block **end = (struct point_block **)&other->memory;
	struct point_group *groups;

	groups = point_list_alloc(list, (list->group_count + other->group_count) * sizeof(*groups));
	if (list->group_count)
		memcpy(groups, list->groups, list->group_count * sizeof(*groups));
	if (other->group_count)
		memcpy(groups + list->group_count, other->groups,
		       other->group_count * sizeof(*groups));
	list->groups = groups;
	list->group_count += other->group_count;
	list->unanswered_count += other->unanswered_count;
	while (*end)
		end = &(*end)->next;
	*end = list->memory;
	list->memory = other->memory;
	memset(other, 0, sizeof(*other));
}

void point_list_finish(struct point_list *list)
{
	struct point_block *block = list->memory;

	while (block) {
		struct point_block *next = block->next;

		free(block);
		block = next;
	}
	memset(list, 0, sizeof(*list));
}
