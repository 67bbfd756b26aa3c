/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See files.h. */
#include "backend/sink/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"

/* A folder on the way need not be readable, and none is read but to remove it. */
#define STEP_FLAGS	(O_PATH | O_DIRECTORY | O_CLOEXEC)
#define DIRECTORY_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

/* One step of mkdir -p. The output directory itself may be reached through links; below it nothing
 * is. */
static int make_step(int parent, const char *name)
{
	if (mkdirat(parent, name, FILES_DIRECTORY_MODE) == 0)
		fchmodat(parent, name, FILES_DIRECTORY_MODE, 0);
	else if (errno != EEXIST)
		return -1;
	return openat(parent, name, STEP_FLAGS | (parent == AT_FDCWD ? 0 : O_NOFOLLOW));
}

int files_make_directory(int directory, const char *path, struct error *err)
{
	char *copy = mem_strdup(path);
	char *rest = copy;
	int at = directory;
	const char *step;

	if (path[0] == '/') {
		at = open("/", STEP_FLAGS);
		rest++;
	}
	while (at != -1 && (step = strsep(&rest, "/")) != NULL) {
		int next;
		bool follows_links = path[0] == '/';

		if (step[0] == '\0')
			continue;
		next = make_step(at, step);
		if (next < 0 && follows_links && (errno == ELOOP || errno == ENOTDIR))
			next = openat(at, step, STEP_FLAGS);
		if (at != directory) {
			int keep = errno;

			close(at);
			errno = keep;
		}
		at = next;
	}
	if (at < 0)
		error_set_errno(err, errno, "cannot make directory '%s'", path);
	free(copy);
	return at;
}

bool files_claim_directory(int directory, const char *name, bool *is_taken, struct error *err)
{
	*is_taken = false;
	if (mkdirat(directory, name, FILES_DIRECTORY_MODE) == 0) {
		fchmodat(directory, name, FILES_DIRECTORY_MODE, 0);
		return true;
	}
	*is_taken = errno == EEXIST;
	return *is_taken ? false : error_set_errno(err, errno, "cannot make directory '%s'", name);
}

void files_remove_empty(int directory, const char *path)
{
	size_t length = strcspn(path, "/");
	char *step = mem_strndup(path, length);
	int fd = openat(directory, step, STEP_FLAGS | O_NOFOLLOW);

	if (fd >= 0) {
		if (path[length] == '/')
			files_remove_empty(fd, path + length + 1);
		close(fd);
		unlinkat(directory, step, AT_REMOVEDIR);
	}
	free(step);
}

int files_create(int directory, const char *name, struct error *err)
{
	int fd = openat(directory, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
			FILES_FILE_MODE);

	if (fd < 0)
		error_set_errno(err, errno, "cannot create '%s'", name);
	else
		fchmod(fd, FILES_FILE_MODE);
	return fd;
}

bool files_rename(int directory, const char *from, const char *to, struct error *err)
{
	if (renameat(directory, from, directory, to) < 0)
		return error_set_errno(err, errno, "cannot rename '%s' to '%s'", from, to);
	return true;
}

void files_remove_tree(int directory, const char *name)
{
	int fd = openat(directory, name, DIRECTORY_FLAGS | O_NOFOLLOW);
	DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	if (!folder) {
		fd_close(&fd);
		unlinkat(directory, name, 0);
		return;
	}
	while ((entry = readdir(folder)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			files_remove_tree(fd, entry->d_name);
	closedir(folder);
	unlinkat(directory, name, AT_REMOVEDIR);
}

bool files_write_at(int fd, uint64_t offset, const void *head, uint64_t head_bytes,
		    const void *rest, uint64_t rest_bytes)
{
	struct iovec parts[2] = {
		{(void *)(uintptr_t)head, head_bytes},
		{(void *)(uintptr_t)rest, rest_bytes},
	};
	struct iovec *part = head_bytes > 0 ? parts : parts + 1;
	uint64_t at = offset;
	uint64_t end = offset + head_bytes + rest_bytes;

	while (at < end) {
		ssize_t written = pwritev(fd, part, (int)(parts + 2 - part), (off_t)at);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0) {
			int keep = written == 0 ? ENOSPC : errno;

			if (at > offset && ftruncate(fd, (off_t)offset) < 0)
				keep = EIO; /* what follows overwrites it all the same */
			errno = keep;
			return false;
		}
		at += (uint64_t)written;
		while (part < parts + 2 && (size_t)written >= part->iov_len) {
			written -= (ssize_t)part->iov_len;
			part++;
		}
		if (part < parts + 2) {
			part->iov_base = (char *)part->iov_base + written;
			part->iov_len -= (size_t)written;
		}
	}
	return true;
}
