/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See as_user.h. The system calls are made directly: libc's setgroups would change all threads, as
 * POSIX wants it.
 */
#include "backend/base/as_user.h"

#include <grp.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "backend/base/mem.h"

#define NAME_BUFFER_BYTES 16384
#define GROUPS_MAX	  65536 /* NGROUPS_MAX */
#define OWN_GROUPS_MAX	  64
#define NO_ID		  ((uid_t)-1) /* changes nothing, tells what is set */

/* What the thread had before; root needs none of more than these. */
static _Thread_local struct {
	gid_t groups[OWN_GROUPS_MAX];
	int count;
} own;

static void read_groups(struct user_rights *rights)
{
	char buffer[NAME_BUFFER_BYTES];
	struct passwd entry, *found = NULL;
	int count = 64;

	if (getpwuid_r(rights->uid, &entry, buffer, sizeof(buffer), &found) != 0 || !found)
		return;
	rights->groups = mem_realloc_array(NULL, (size_t)count, sizeof(gid_t));
	if (getgrouplist(found->pw_name, rights->gid, rights->groups, &count) < 0) {
		if (count > GROUPS_MAX)
			return;
		rights->groups = mem_realloc_array(rights->groups, (size_t)count, sizeof(gid_t));
		if (getgrouplist(found->pw_name, rights->gid, rights->groups, &count) < 0)
			return;
	}
	rights->group_count = count > 0 ? (size_t)count : 0;
}

void user_rights_init(struct user_rights *rights, uid_t uid, gid_t gid)
{
	*rights = (struct user_rights){
		.is_needed = geteuid() == 0 && uid != 0,
		.uid = uid,
		.gid = gid,
	};
	if (rights->is_needed)
		read_groups(rights);
}

void user_rights_finish(struct user_rights *rights)
{
	free(rights->groups);
	*rights = (struct user_rights){0};
}

bool as_user_begin(const struct user_rights *rights)
{
	if (!rights || !rights->is_needed || (uid_t)setfsuid(NO_ID) == rights->uid)
		return false;
	own.count = getgroups(OWN_GROUPS_MAX, own.groups);
	syscall(SYS_setgroups, rights->group_count, rights->groups);
	setfsgid(rights->gid);
	setfsuid(rights->uid); /* last: it takes the right to the others away */
	return true;
}

void as_user_end(bool has_begun)
{
	if (!has_begun)
		return;
	setfsuid(geteuid());
	setfsgid(getegid());
	syscall(SYS_setgroups, own.count > 0 ? own.count : 0, own.groups);
}

void as_user_leave(const bool *has_begun)
{
	as_user_end(*has_begun);
}
