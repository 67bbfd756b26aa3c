/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A backend without tracing, for tests of the screen: it answers a few commands, publishes pictures
 * made by hand and hands terminals on. Same calls as backend/backend.h.
 */
#ifndef TRACON_TESTS_FAKE_BACKEND_H
#define TRACON_TESTS_FAKE_BACKEND_H

#include <stdbool.h>

enum fake_scene {
	FAKE_EMPTY,   /* no sessions */
	FAKE_IDLE,    /* two sessions, nothing moves */
	FAKE_BUSY,    /* 20 events, a third of them idle, new numbers with each tick */
	FAKE_HOSTILE, /* names that attack the terminal */
};

/* Before backend_start. */
void fake_choose_scene(enum fake_scene scene);
enum fake_scene fake_scene(void);
bool fake_scene_of(const char *name, enum fake_scene *scene);

#endif
