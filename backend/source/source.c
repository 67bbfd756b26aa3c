/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of all sources, and the memory of a list of tracepoints. */
#include "backend/source/source.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"

#include "backend/source/kernel/kernel.h"
#include "backend/source/native/native.h"
#include "backend/source/ust/ust.h"

#ifdef HAVE_LTTNG_UST
#define UST_MISSING NULL
#else
#define UST_MISSING                                                                                \
	"this build cannot trace LTTng-UST applications and loggers: install liblttng-ust-dev, "   \
	"then configure and build again"

/* What lists show of them. */
const struct source_class ust_source_class = {
	.name = "ust",
	.domain = "UST",
	.title = "User space",
	.trace_directory = "ust",
};
#define LOGGERS(NAME, DOMAIN, TITLE)                                                               \
	{                                                                                          \
		.name = NAME, .domain = DOMAIN, .title = TITLE, .carrier = &ust_source_class       \
	}
const struct source_class jul_source_class = LOGGERS("jul", "JUL", "java.util.logging (JUL)");
const struct source_class log4j_source_class = LOGGERS("log4j", "LOG4J", "log4j");
const struct source_class log4j2_source_class = LOGGERS("log4j2", "LOG4J2", "log4j2");
const struct source_class python_source_class = LOGGERS("python", "PYTHON", "Python logging");
#endif

#ifdef HAVE_KERNEL
#define KERNEL_MISSING NULL
#else
#define KERNEL_MISSING                                                                             \
	"this build cannot trace the kernel: install libtraceevent-dev, then configure and build " \
	"again"

const struct source_class kernel_source_class = {
	.name = "kernel",
	.domain = "KERNEL",
	.title = "Linux kernel",
	.is_optional = true,
	.trace_directory = "kernel",
};
#endif

const struct source_entry source_table[] = {
	{&ust_source_class, UST_MISSING},	{&jul_source_class, UST_MISSING},
	{&log4j_source_class, UST_MISSING},	{&log4j2_source_class, UST_MISSING},
	{&python_source_class, UST_MISSING},	{&native_source_class, NULL},
	{&kernel_source_class, KERNEL_MISSING},
};
const size_t source_count = COUNT_OF(source_table);

/* The class's; otherwise, for none. */
static size_t index_of(const struct source_class *class, size_t otherwise)
{
	for (size_t i = 0; class && i < source_count; i++)
		if (source_table[i].class == class)
			return i;
	return otherwise;
}

size_t source_carrier(size_t source_index)
{
	return index_of(source_table[source_index].class->carrier, source_index);
}

size_t source_main(size_t source_index)
{
	return index_of(source_table[source_index].class->shares, source_index);
}

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
