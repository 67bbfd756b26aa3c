/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose events a domain of a session records: everybody's until values are tracked, then only
 * those of the tracked processes, users or groups. Control thread.
 */
#ifndef TRACON_MODEL_TRACKER_H
#define TRACON_MODEL_TRACKER_H

#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/source/spec.h"

struct tracker_value {
	int64_t id;
	char *name; /* the user's or group's, if it was given by name; else NULL */
};

/* Zeroed: all are recorded. */
struct tracker {
	bool is_limited;
	struct tracker_value *values; /* by id */
	size_t value_count;
	size_t value_room;
};

struct tracker_names {
	const char *option;  /* "vpid" */
	const char *element; /* in session files and --mi xml; also with "_process_attr_tracker" */
	const char *title;   /* "virtual process ID" */
	const char *plural;  /* "Virtual process IDs:  ", as list prints it */
	bool is_user;	     /* names of users are taken as well */
	bool is_group;
};
extern const struct tracker_names tracker_names[TRACKER_KIND_COUNT];

/* The first value of one that tracks all leaves only that one. False: it is tracked already. */
bool tracker_add(struct tracker *tracker, int64_t id, const char *name);
/* False: it is not tracked. */
bool tracker_remove(struct tracker *tracker, int64_t id);
/* is_limited: none are recorded; else all. */
void tracker_clear(struct tracker *tracker, bool is_limited);

/*
 * "12", or the name of a user or group. *name: as it was given, or NULL for a number.
 * ERROR_INVALID, ERROR_NOT_FOUND.
 */
bool tracker_parse(enum tracker_kind kind, const char *text, int64_t *id, const char **name,
		   struct error *err);
/* "all", "none" or "1, `root`". */
void tracker_print(const struct tracker *tracker, struct text *out);

#endif
