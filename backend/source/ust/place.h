/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where applications find us: the socket at lttng-sessiond's place, or at another when somebody
 * answers there, and the word in shared memory that wakes those that wait for a daemon.
 */
#ifndef TRACON_SOURCE_UST_PLACE_H
#define TRACON_SOURCE_UST_PLACE_H

#include "backend/base/places.h"

struct ust_place;

/*
 * Listens and wakes waiting applications. *warning is set when somebody else serves applications
 * too. NULL with ERROR_DENIED, ERROR_IO or ERROR_BUSY.
 */
struct ust_place *ust_place_create(const struct places *places, struct error *warning,
				   struct error *err);
/* Applications that start from now on find nobody. NULL passes. */
void ust_place_destroy(struct ust_place *place);

/* Where programs look for a daemon: the socket's directory. As long as the place lives. */
const char *ust_place_directory(const struct ust_place *place);
int ust_place_fd(const struct ust_place *place); /* listening, non-blocking */
/* The LTTNG_HOME a program needs to find us; NULL: none. */
const char *ust_place_home(const struct ust_place *place);

#endif
