/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See movement.h. */
#include "views/movement.h"

#include <string.h>

#include "backend/base/mem.h"

bool movement_find(const char *action, size_t page, size_t count, struct movement *movement)
{
	const struct {
		const char *action;
		struct movement movement;
	} movements[] = {
		{"down", {1, true}},
		{"up", {1, false}},
		{"half-down", {(page + 1) / 2, true}},
		{"half-up", {(page + 1) / 2, false}},
		{"page-down", {page, true}},
		{"page-up", {page, false}},
		{"last", {count, true}},
		{"first", {count, false}},
	};

	for (size_t i = 0; i < COUNT_OF(movements); i++) {
		if (strcmp(action, movements[i].action) != 0)
			continue;
		*movement = movements[i].movement;
		return true;
	}
	return false;
}
