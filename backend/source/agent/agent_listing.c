/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See agent_listing.h. */
#include "backend/source/agent/agent_listing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/source/source.h"

#define NAME_BYTES_MAX 65536

struct agent_listing {
	struct point_list *list;
	struct task *task;
	size_t open_count; /* answers that are due, and one of the asker's own */
	size_t room;
	struct point_group *groups;
};

struct agent_listing *agent_listing_create(struct point_list *list, struct task *task)
{
	struct agent_listing *listing = mem_zalloc(sizeof(*listing));

	listing->list = list;
	listing->task = task;
	listing->open_count = 1;
	return listing;
}

void agent_listing_done(struct agent_listing *listing)
{
	struct point_list *list = listing->list;

	if (--listing->open_count > 0)
		return;
	list->groups = point_list_alloc(list, (list->group_count + 1) * sizeof(*list->groups));
	if (list->group_count > 0)
		memcpy(list->groups, listing->groups, list->group_count * sizeof(*list->groups));
	free(listing->groups);
	task_done(listing->task, NULL);
	free(listing);
}

static const char *keep(struct point_list *list, const char *bytes, size_t length)
{
	char *copy = point_list_alloc(list, length + 1);

	memcpy(copy, bytes, length);
	return copy;
}

/* As it was called: the name alone is "java" or "python3" for all. */
static const char *program_name(struct point_list *list, pid_t pid)
{
	char path[64];
	char *text;
	size_t length;
	const char *name;

	snprintf(path, sizeof(path), "/proc/%d/cmdline", (int)pid);
	if (!fd_read_file(path, NAME_BYTES_MAX, &text, &length, NULL))
		return "";
	name = keep(list, text, strcspn(text, "\n"));
	free(text);
	return name;
}

/* Names, each with its NUL; what the counts promise beyond the bytes is not there. */
static void add_names(struct point_list *list, struct point_group *group,
		      const unsigned char *reply, size_t reply_bytes)
{
	const char *name = (const char *)reply + AGENT_LIST_HEADER_BYTES;
	const char *end = (const char *)reply + reply_bytes;
	size_t count = agent_read_u32(reply + 8);
	struct point *points;

	if (count > (size_t)(end - name))
		count = (size_t)(end - name);
	points = point_list_alloc(list, (count + 1) * sizeof(*points));
	while (name < end && group->point_count < count) {
		size_t length = strnlen(name, (size_t)(end - name));

		if (name + length == end)
			break;
		if (length > 0)
			points[group->point_count++] =
				(struct point){.name = keep(list, name, length), .loglevel = -1};
		name += length + 1;
	}
	group->points = points;
}

static void answered(void *data, struct agent_program *program, const unsigned char *reply,
		     size_t reply_bytes)
{
	struct agent_listing *listing = data;
	struct point_list *list = listing->list;
	struct point_group *group;

	if (!reply) {
		list->unanswered_count++;
		agent_listing_done(listing);
		return;
	}
	listing->groups = mem_grow(listing->groups, list->group_count, &listing->room,
				   sizeof(*listing->groups));
	group = &listing->groups[list->group_count++];
	*group = (struct point_group){
		.pid = program->pid,
		.uid = program->uid,
		.name = program_name(list, program->pid),
	};
	if (agent_read_u32(reply) == AGENT_OK)
		add_names(list, group, reply, reply_bytes);
	agent_listing_done(listing);
}

void agent_listing_ask(struct agent_listing *listing, struct agent_program *program)
{
	struct text bytes = {0};

	listing->open_count++;
	agent_write_plain(&bytes, AGENT_LIST);
	agent_program_ask(program, AGENT_LIST, &bytes, answered, listing);
}
