/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Saved sessions that an engine loads when it starts, before anybody's command. */
#ifndef TRACON_CONSOLE_AUTOLOAD_H
#define TRACON_CONSOLE_AUTOLOAD_H

#include "backend/base/places.h"

struct backend;

/*
 * sessions/auto of this user and of the system, as far as they are this user's own; then `path`
 * (engine --load; NULL: none). Only asks for it: what fails is said in the log.
 */
void autoload_begin(struct backend *backend, const struct places *places, const char *path);

#endif
