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
#include <unistd.h>

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

/* In a new string; NULL: none is mounted where this process sees it. */
static char *find_mounted(void)
{
	FILE *mounts = setmntent("/proc/self/mounts", "re");
	char *found = NULL;
	char buffer[4096];
	struct mntent entry;

	while (mounts && !found && getmntent_r(mounts, &entry, buffer, sizeof(buffer)))
		if (strcmp(entry.mnt_type, "tracefs") == 0)
			found = mem_strdup(entry.mnt_dir);
	if (mounts)
		endmntent(mounts);
	return found;
}

static bool check_rights(const struct tracefs *tracefs, struct error *err)
{
	if (faccessat(tracefs->fd, "instances", W_OK | X_OK, AT_EACCESS) == 0)
		return true;
	return error_set(err, errno == ENOENT ? ERROR_UNSUPPORTED : ERROR_DENIED,
			 errno == ENOENT
				 ? "this kernel's tracing has no instances: it is older than 3.10"
				 : "the kernel lets nobody trace it (lockdown?): see "
				   "kernel_lockdown(7)");
}

bool tracefs_find(struct tracefs *tracefs, struct error *err)
{
	char *place;
	bool is_open;

	*tracefs = (struct tracefs){.fd = -1};
	if (geteuid() != 0)
		return error_set(err, ERROR_DENIED,
				 "tracing the kernel needs root's rights: start tracon as root, or "
				 "join the tracing group and have root start 'tracon engine'");
	place = find_mounted();
	if (!place && mount("nodev", USUAL_PLACE, "tracefs", 0, NULL) < 0 && errno != EBUSY) {
		if (errno == ENOENT || errno == ENODEV)
			return error_set(err, ERROR_UNSUPPORTED,
					 "this kernel has no tracing file system "
					 "(CONFIG_TRACING): another kernel is needed");
		return error_set_errno(err, errno,
				       "cannot mount tracefs at " USUAL_PLACE
				       " (try: mount -t tracefs nodev " USUAL_PLACE ")");
	}
	if (!place)
		place = mem_strdup(USUAL_PLACE);
	is_open = tracefs_open(tracefs, place, err) && check_rights(tracefs, err);
	free(place);
	if (!is_open && tracefs->fd >= 0)
		tracefs_close(tracefs);
	return is_open;
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
