/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Whether the system ends a user's programs when the user logs out. */
#ifndef TRACON_CONSOLE_LINGER_H
#define TRACON_CONSOLE_LINGER_H

#include <stdbool.h>

/*
 * logind.conf(5): KillUserProcesses is on and the user does not linger. root: before the paths,
 * for tests; "" else. What can't be read is as if it said nothing.
 */
bool linger_is_missing(const char *root, const char *user);

#endif
