/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How points are made: the answer of each application becomes a part, events in order of their
 * names, which every later `struct points` shares by reference.
 */
#ifndef TRACON_MODEL_POINTS_BUILD_H
#define TRACON_MODEL_POINTS_BUILD_H

#include "backend/model/points.h"
#include "backend/source/source.h"

struct points_part;

struct points_part_origin {
	uint64_t id;
	const char *domain;
	char domain_option;
	const char *title; /* name of a group that is no process; copied */
};

/* Copies all that the list holds, at most event_max events of it. */
struct points_part *points_part_create(const struct points_part_origin *origin,
				       const struct point_list *list, size_t event_max);
struct points_part *points_part_ref(struct points_part *part);
void points_part_unref(struct points_part *part); /* NULL passes; any thread */
size_t points_part_event_count(const struct points_part *part);

struct points_state {
	uint64_t serial;
	bool is_loading;
	size_t unanswered_count;
	const char *nothing; /* copied */
};

const struct points *points_create(const struct points_state *state,
				   struct points_part *const *parts, size_t part_count);

#endif
