/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The actions that move a selection up and down, as less and vim have them. */
#ifndef TRACON_VIEWS_MOVEMENT_H
#define TRACON_VIEWS_MOVEMENT_H

#include <stdbool.h>
#include <stddef.h>

struct movement {
	size_t distance; /* rows */
	bool is_down;
};

/* page: rows on the screen; count: all, for "first" and "last". False: it is no movement. */
bool movement_find(const char *action, size_t page, size_t count, struct movement *movement);

#endif
