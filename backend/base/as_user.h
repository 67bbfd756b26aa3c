/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files that one user asked for and another one's process opens: with the asker's rights, on this
 * thread alone (libc's own calls would change all threads).
 */
#ifndef TRACON_BASE_AS_USER_H
#define TRACON_BASE_AS_USER_H

#include <stdbool.h>
#include <sys/types.h>

#include "backend/base/error.h"

struct as_user {
	bool is_changed;
	uid_t uid;
	gid_t gid;
	gid_t *groups;
	int group_count;
};

/*
 * From here on this thread opens and makes files as that user, in that group. False with
 * ERROR_DENIED: this process may not. Always end it, then.
 */
bool as_user_begin(struct as_user *as, uid_t uid, gid_t gid, struct error *err);
void as_user_end(struct as_user *as);

#endif
