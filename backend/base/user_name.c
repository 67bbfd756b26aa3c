/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A list that only grows, to a limit: what was given out must stay. */
#include "backend/base/user_name.h"

#include <pthread.h>
#include <pwd.h>
#include <stddef.h>

#include "backend/base/mem.h"

#define USERS_MAX   256
#define ENTRY_BYTES 4096

static struct {
	pthread_mutex_t lock; /* protects all below; a look-up may be waited for under it */
	size_t count;
	struct {
		uid_t uid;
		char *name; /* NULL: has none */
	} users[USERS_MAX];
} known = {.lock = PTHREAD_MUTEX_INITIALIZER};

static char *look_up(uid_t uid)
{
	struct passwd entry, *found = NULL;
	char strings[ENTRY_BYTES];

	if (getpwuid_r(uid, &entry, strings, sizeof(strings), &found) != 0 || !found)
		return NULL;
	return mem_strdup(found->pw_name);
}

const char *user_name(uid_t uid)
{
	const char *name = NULL;
	size_t i = 0;

	pthread_mutex_lock(&known.lock);
	while (i < known.count && known.users[i].uid != uid)
		i++;
	if (i == known.count && i < USERS_MAX) {
		known.users[i].uid = uid;
		known.users[i].name = look_up(uid);
		known.count++;
	}
	if (i < known.count)
		name = known.users[i].name;
	pthread_mutex_unlock(&known.lock);
	return name;
}
