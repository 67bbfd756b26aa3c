/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Instrumentation points that are made up: two applications, a third one after the command
 * `app-comes`, none after `apps-go`. Fixed arrays: there is nothing to count references of.
 */
#include "tests/console/fake_points.h"

#include <stdatomic.h>

#include "backend/base/mem.h"
#include "tests/console/fake_backend.h"

static const struct points_field request_fields[] = {{"size", "integer"}, {"url", "string"}};

static const struct points_field hostile_fields[] = {
	{"\033]0;owned\a", "\033[2J"},
	{"\xe2\x80\xaegnp\xff", "line\nbreak"},
};

/* Those of each application are sorted by name; each stage has those of its applications. */
static const struct points_event events[] = {
	{"my_app:request_00", 6, "TRACE_INFO", request_fields, 2, NULL},
	{"my_app:request_01", 6, "TRACE_INFO", request_fields, 1, NULL},
	{"net:packet", 14, "TRACE_DEBUG", NULL, 0, NULL},
	{"my_app:request_00", 6, "TRACE_INFO", request_fields, 2, NULL},
	{"late:event", 3, "TRACE_ERR", NULL, 0, NULL},
};

static const struct points_event hostile_events[] = {
	{"\033]52;c;ZXZpbA==\a:\033[2J\x9b", 6, "\033[6nLEVEL", hostile_fields, 2, NULL},
};

#define USER_SPACE .domain = "User space", .domain_option = 'u'

static const struct points_group groups[] = {
	{.id = 1, USER_SPACE, .pid = 4711, .name = "web", .event_count = 3},
	{.id = 2,
	 USER_SPACE,
	 .pid = 4800,
	 .uid = 1000,
	 .name = "helper",
	 .first_event = 3,
	 .event_count = 1},
	{.id = 3, USER_SPACE, .pid = 4900, .name = "newcomer", .first_event = 4, .event_count = 1},
};

static const struct points_group hostile_groups[] = {
	{.id = 4,
	 .domain = "\033]0;domain\a",
	 .domain_option = 'u',
	 .pid = 666,
	 .name = "\033c\033[?1049l\x9d",
	 .event_count = 1},
};

static const struct points stages[] = {
	{.serial = 1,
	 .groups = groups,
	 .group_count = 2,
	 .events = events,
	 .event_count = 4,
	 .nothing = ""},
	{.serial = 2,
	 .groups = groups,
	 .group_count = 3,
	 .events = events,
	 .event_count = 5,
	 .nothing = ""},
	{.serial = 3, .nothing = "no application runs: start one with \"tracon run PROGRAM\""},
};

static const struct points hostile_points = {.serial = 4,
					     .groups = hostile_groups,
					     .group_count = 1,
					     .events = hostile_events,
					     .event_count = 1,
					     .nothing = ""};

static atomic_size_t stage;

void fake_points_go_to(size_t wanted)
{
	atomic_store(&stage, wanted);
}

const struct points *fake_points_now(void)
{
	switch (fake_scene()) {
	case FAKE_HOSTILE:
		return &hostile_points;
	case FAKE_EMPTY:
		return &stages[COUNT_OF(stages) - 1];
	case FAKE_IDLE:
	case FAKE_BUSY:
		break;
	}
	return &stages[atomic_load(&stage)];
}

const struct points *points_ref(const struct points *points)
{
	return points;
}

void points_unref(const struct points *points)
{
	(void)points;
}
