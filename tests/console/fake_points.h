/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the fake backend says could be traced. */
#ifndef TRACON_TESTS_FAKE_POINTS_H
#define TRACON_TESTS_FAKE_POINTS_H

#include <stddef.h>

#include "backend/model/points.h"

/* 0: two applications, as at first; 1: a third one came; 2: none is left. Any thread. */
void fake_points_go_to(size_t stage);
/* Those of the stage and the scene. Any thread. */
const struct points *fake_points_now(void);

#endif
