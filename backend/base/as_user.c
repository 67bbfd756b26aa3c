/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rights of this thread; see as_user.h. setfsuid(2): reading it back is the only way to know. */
#include "backend/base/as_user.h"

#include <stdlib.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "backend/base/mem.h"

static uid_t change_uid(uid_t uid)
{
	return (uid_t)syscall(SYS_setfsuid, uid);
}

static gid_t change_gid(gid_t gid)
{
	return (gid_t)syscall(SYS_setfsgid, gid);
}

bool as_user_begin(struct as_user *as, uid_t uid, gid_t gid, struct error *err)
{
	*as = (struct as_user){.uid = geteuid(), .gid = getegid()};
	if (uid == as->uid)
		return true;
	as->group_count = getgroups(0, NULL);
	if (as->group_count < 0)
		return error_set(err, ERROR_DENIED, "cannot read this process's groups");
	as->groups = mem_alloc(((size_t)as->group_count + 1) * sizeof(*as->groups));
	as->group_count = getgroups(as->group_count, as->groups);
	as->is_changed = true;
	if (syscall(SYS_setgroups, 1, &gid) == 0) {
		change_gid(gid);
		change_uid(uid);
		if (change_uid((uid_t)-1) == uid && change_gid((gid_t)-1) == gid)
			return true;
	}
	as_user_end(as);
	return error_set(err, ERROR_DENIED, "this process can't open files as user %u",
			 (unsigned int)uid);
}

void as_user_end(struct as_user *as)
{
	if (as->is_changed) {
		change_uid(as->uid);
		change_gid(as->gid);
		syscall(SYS_setgroups, as->group_count, as->groups);
	}
	as->is_changed = false;
	free(as->groups);
	as->groups = NULL;
}
