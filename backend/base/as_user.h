/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Files with another user's rights: root's engine records, saves and loads for members of the
 * tracing group, and what it opens for them must be theirs, and only where they may. Changes the
 * calling thread's file rights alone (setfsuid(2)), so other threads go on as they are.
 */
#ifndef TRACON_BASE_AS_USER_H
#define TRACON_BASE_AS_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct user_rights {
	bool is_needed; /* this process is root, the user isn't */
	uid_t uid;
	gid_t gid;
	gid_t *groups;
	size_t group_count;
};

/* The groups are those of the user in the system's list now. */
void user_rights_init(struct user_rights *rights, uid_t uid, gid_t gid);
void user_rights_finish(struct user_rights *rights);

/*
 * True: as_user_end(true) must follow on the same thread. False when there is nothing to change:
 * NULL, not needed, or begun already.
 */
bool as_user_begin(const struct user_rights *rights);
void as_user_end(bool has_begun);

/* The same for the rest of the block. */
#define AS_USER(rights)                                                                            \
	__attribute__((cleanup(as_user_leave), unused)) bool as_user_has_begun =                   \
		as_user_begin(rights)
void as_user_leave(const bool *has_begun);

#endif
