/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See tracefs.h. */
#include "backend/source/kernel/tracefs.h"

#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"

#define USUAL_PLACE "/sys/kernel/tracing"
#define READ_STEP   65536

bool tracefs_open(struct tracefs *tracefs, const char *root, struct error *err)
{
	tracefs->fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (tracefs->fd < 0)
		return error_set_errno(err, errno, "cannot open '%s'", root);
	tracefs->root = mem_strdup(root);
	return true;
}

void tracefs_close(struct tracefs *tracefs)
{
	fd_close(&tracefs->fd);
	free(tracefs->root);
	tracefs->root = NULL;
}

static bool check_rights(const struct tracefs *tracefs, struct error *err)
{
	struct statfs system;

	if (fstatfs(tracefs->fd, &system) == 0 && system.f_type != TRACEFS_MAGIC)
		return error_set(err, ERROR_UNSUPPORTED, "something else is mounted over '%s'",
				 tracefs->root);
	if (faccessat(tracefs->fd, "instances", W_OK | X_OK, AT_EACCESS) == 0)
		return true;
	if (errno == ENOENT)
		return error_set(err, ERROR_UNSUPPORTED,
				 "this kernel's tracing has no instances: it is older than 3.10");
	if (errno == EROFS)
		return error_set(err, ERROR_DENIED,
				 "'%s' can only be read (try: mount -o remount,rw %s)",
				 tracefs->root, tracefs->root);
	return error_set(err, ERROR_DENIED,
			 "the kernel lets nobody trace it (lockdown?): see kernel_lockdown(7)");
}

static bool open_checked(struct tracefs *tracefs, const char *place, struct error *err)
{
	if (tracefs_open(tracefs, place, err) && check_rights(tracefs, err))
		return true;
	if (tracefs->fd >= 0)
		tracefs_close(tracefs);
	return false;
}

/* The first mounted one that can be used. *is_any: there is one, whether or not. */
static bool open_mounted(struct tracefs *tracefs, bool *is_any, struct error *err)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	bool is_open = false;
	char buffer[4096];
	struct mntent entry;

	*is_any = false;
	while (mounts && !is_open && getmntent_r(mounts, &entry, buffer, sizeof(buffer))) {
		struct error one = ERROR_INIT;

		if (strcmp(entry.mnt_type, "tracefs") != 0)
			continue;
		is_open = open_checked(tracefs, entry.mnt_dir, &one);
		if (!is_open && !*is_any)
			error_copy(err, &one);
		*is_any = true;
	}
	if (mounts)
		endmntent(mounts);
	return is_open;
}

bool tracefs_find(struct tracefs *tracefs, struct error *err)
{
	struct error mounted = ERROR_INIT;
	bool is_any;

	*tracefs = (struct tracefs){.fd = -1};
	if (geteuid() != 0)
		return error_set(err, ERROR_DENIED,
				 "tracing the kernel needs root's rights: start tracon as root, or "
				 "join the tracing group and have root start 'tracon engine'");
	if (open_mounted(tracefs, &is_any, &mounted))
		return true;
	if (is_any) {
		error_copy(err, &mounted);
		return false;
	}
	if (mount("nodev", USUAL_PLACE, "tracefs", 0, NULL) < 0 && errno != EBUSY) {
		if (errno == ENOENT || errno == ENODEV)
			return error_set(err, ERROR_UNSUPPORTED,
					 "this kernel has no tracing file system "
					 "(CONFIG_TRACING): another kernel is needed");
		return error_set_errno(err, errno,
				       "cannot mount tracefs at " USUAL_PLACE
				       " (try: mount -t tracefs nodev " USUAL_PLACE ")");
	}
	return open_checked(tracefs, USUAL_PLACE, err);
}

static bool write_with(const struct tracefs *tracefs, const char *path, const char *text, int flags,
		       struct error *err)
{
	int fd = openat(tracefs->fd, path, O_WRONLY | O_CLOEXEC | flags);
	size_t length = strlen(text);
	bool is_written;

	if (fd < 0)
		return error_set_errno(err, errno, "cannot open '%s/%s'", tracefs->root, path);
	is_written = write(fd, text, length) == (ssize_t)length;
	if (!is_written)
		error_set_errno(err, errno, "the kernel refused '%.80s' in '%s'", text, path);
	if (close(fd) < 0 && is_written) {
		error_set_errno(err, errno, "the kernel refused '%.80s' in '%s'", text, path);
		is_written = false;
	}
	return is_written;
}

bool tracefs_write(const struct tracefs *tracefs, const char *path, const char *text,
		   struct error *err)
{
	return write_with(tracefs, path, text, O_TRUNC, err);
}

bool tracefs_append(const struct tracefs *tracefs, const char *path, const char *text,
		    struct error *err)
{
	return write_with(tracefs, path, text, O_APPEND, err);
}

bool tracefs_read(const struct tracefs *tracefs, const char *path, size_t length_max, char **text,
		  size_t *length, struct error *err)
{
	int fd = openat(tracefs->fd, path, O_RDONLY | O_CLOEXEC);
	char *content = NULL;
	size_t used = 0, room = 0;
	ssize_t got = -1;

	*text = NULL;
	if (fd < 0)
		return error_set_errno(err, errno, "cannot open '%s/%s'", tracefs->root, path);
	while (used <= length_max) {
		if (used + READ_STEP + 1 > room) {
			room = used + 2 * READ_STEP;
			content = mem_realloc_array(content, room, 1);
		}
		got = read(fd, content + used, READ_STEP);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		used += (size_t)got;
	}
	if (got < 0)
		error_set_errno(err, errno, "cannot read '%s/%s'", tracefs->root, path);
	else if (used > length_max)
		error_set(err, ERROR_INVALID, "'%s/%s' is larger than %zu bytes", tracefs->root,
			  path, length_max);
	fd_close(&fd);
	if (got != 0) {
		free(content);
		return false;
	}
	content[used] = '\0';
	*text = content;
	*length = used;
	return true;
}

bool tracefs_has(const struct tracefs *tracefs, const char *path)
{
	return faccessat(tracefs->fd, path, F_OK, 0) == 0;
}

int tracefs_open_file(const struct tracefs *tracefs, const char *path, struct error *err)
{
	int fd = openat(tracefs->fd, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		error_set_errno(err, errno, "cannot open '%s/%s'", tracefs->root, path);
	return fd;
}
