/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inclusion sets; see tracker.h. */
#include "backend/model/tracker.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"

#define ENTRY_BYTES_MAX 65536 /* of a user's or group's entry; groups name their members */

const struct tracker_names tracker_names[TRACKER_KIND_COUNT] = {
	[TRACKER_VPID] = {"vpid", "vpid", "virtual process ID", "Virtual process IDs:  ", false,
			  false},
	[TRACKER_VUID] = {"vuid", "vuid", "virtual user ID", "Virtual user IDs:     ", true, false},
	[TRACKER_VGID] = {"vgid", "vgid", "virtual group ID", "Virtual group IDs:    ", false,
			  true},
	[TRACKER_PID] = {"pid", "pid", "process ID", "Process IDs:          ", false, false},
	[TRACKER_UID] = {"uid", "uid", "user ID", "User IDs:             ", true, false},
	[TRACKER_GID] = {"gid", "gid", "group ID", "Group IDs:            ", false, true},
};

/* Where the value is, or would be. */
static size_t place_of(const struct tracker *tracker, int64_t id)
{
	size_t i = 0;

	while (i < tracker->value_count && tracker->values[i].id < id)
		i++;
	return i;
}

static bool is_at(const struct tracker *tracker, size_t place, int64_t id)
{
	return place < tracker->value_count && tracker->values[place].id == id;
}

bool tracker_add(struct tracker *tracker, int64_t id, const char *name)
{
	size_t place = place_of(tracker, id);
	struct tracker_value *value;

	if (is_at(tracker, place, id))
		return false;
	tracker->is_limited = true;
	tracker->values = mem_grow(tracker->values, tracker->value_count, &tracker->value_room,
				   sizeof(*tracker->values));
	value = &tracker->values[place];
	memmove(value + 1, value, (tracker->value_count++ - place) * sizeof(*value));
	*value = (struct tracker_value){id, name ? mem_strdup(name) : NULL};
	return true;
}

bool tracker_remove(struct tracker *tracker, int64_t id)
{
	size_t place = place_of(tracker, id);
	struct tracker_value *value;

	if (!is_at(tracker, place, id))
		return false;
	value = &tracker->values[place];
	free(value->name);
	memmove(value, value + 1, (--tracker->value_count - place) * sizeof(*value));
	return true;
}

void tracker_clear(struct tracker *tracker, bool is_limited)
{
	for (size_t i = 0; i < tracker->value_count; i++)
		free(tracker->values[i].name);
	free(tracker->values);
	*tracker = (struct tracker){.is_limited = is_limited};
}

static bool find_user(const char *name, int64_t *id, struct error *err)
{
	char *room = mem_alloc(ENTRY_BYTES_MAX);
	struct passwd entry;
	struct passwd *found = NULL;

	getpwnam_r(name, &entry, room, ENTRY_BYTES_MAX, &found);
	if (found)
		*id = found->pw_uid;
	free(room);
	return found || error_set(err, ERROR_NOT_FOUND, "user `%.80s` was not found", name);
}

static bool find_group(const char *name, int64_t *id, struct error *err)
{
	char *room = mem_alloc(ENTRY_BYTES_MAX);
	struct group entry;
	struct group *found = NULL;

	getgrnam_r(name, &entry, room, ENTRY_BYTES_MAX, &found);
	if (found)
		*id = found->gr_gid;
	free(room);
	return found || error_set(err, ERROR_NOT_FOUND, "group `%.80s` was not found", name);
}

static bool parse_number(const char *text, int64_t *id)
{
	char *end;
	unsigned long long value;

	if (text[0] < '0' || text[0] > '9')
		return false;
	errno = 0;
	value = strtoull(text, &end, 10);
	*id = (int64_t)value;
	return errno == 0 && *end == '\0' && value <= UINT32_MAX;
}

bool tracker_parse(enum tracker_kind kind, const char *text, int64_t *id, const char **name,
		   struct error *err)
{
	const struct tracker_names *names = &tracker_names[kind];

	*name = NULL;
	if (parse_number(text, id))
		return true;
	if (text[0] == '\0' || (!names->is_user && !names->is_group))
		return error_set(err, ERROR_INVALID, "'%.80s' is no %s; give a whole number%s",
				 text, names->title,
				 names->is_user || names->is_group ? " or a name" : "");
	*name = text;
	return names->is_user ? find_user(text, id, err) : find_group(text, id, err);
}

void tracker_print(const struct tracker *tracker, struct text *out)
{
	if (!tracker->is_limited || tracker->value_count == 0)
		text_add(out, tracker->is_limited ? "none" : "all");
	for (size_t i = 0; i < tracker->value_count; i++) {
		const struct tracker_value *value = &tracker->values[i];

		text_add(out, i > 0 ? ", " : "");
		if (value->name)
			text_addf(out, "`%s`", value->name);
		else
			text_addf(out, "%lld", (long long)value->id);
	}
}
