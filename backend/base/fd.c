/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files and directories. Sockets are in fd_socket.c. */
#include "backend/base/fd.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/mem.h"

#define READ_STEP_BYTES ((size_t)4096)

void fd_close(int *fd)
{
	int saved_errno = errno;

	if (*fd >= 0)
		close(*fd); /* not retried on EINTR: Linux has freed the number by then */
	*fd = -1;
	errno = saved_errno;
}

bool fd_set_nonblocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

bool fd_write_all(int fd, const void *bytes, size_t length)
{
	const char *position = bytes;

	while (length > 0) {
		ssize_t written = write(fd, position, length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return false;
		position += written;
		length -= (size_t)written;
	}
	return true;
}

/* Anything but a file could block or never end. O_NONBLOCK so that opening a FIFO does not wait. */
static int open_regular(const char *path, struct error *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat status;

	if (fd < 0 || fstat(fd, &status) < 0) {
		error_set_errno(err, errno, "cannot open '%s'", path);
		fd_close(&fd);
		return -1;
	}
	if (!S_ISREG(status.st_mode)) {
		error_set(err, ERROR_INVALID, "cannot read '%s': not a regular file", path);
		fd_close(&fd);
	}
	return fd;
}

/* Reads to the end whatever size the file claims: files of /proc and /sys claim none. */
void fd_signal(int event_fd)
{
	uint64_t one = 1;

	if (write(event_fd, &one, sizeof(one)) < 0)
		return; /* it is readable already */
}

void fd_drain(int event_fd)
{
	uint64_t count;

	if (read(event_fd, &count, sizeof(count)) < 0)
		return; /* it was silent */
}

bool fd_read_file(const char *path, size_t length_max, char **bytes, size_t *length,
		  struct error *err)
{
	int fd = open_regular(path, err);
	char *content = NULL;
	size_t room = 0;
	size_t used = 0;

	*bytes = NULL;
	*length = 0;
	if (fd < 0)
		return false;
	for (;;) {
		ssize_t got;

		if (used + READ_STEP_BYTES > room) {
			room = room ? room * 2 : 2 * READ_STEP_BYTES;
			content = mem_realloc_array(content, room, 1);
		}
		got = read(fd, content + used, room - used - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			error_set_errno(err, errno, "cannot read '%s'", path);
			goto fail;
		}
		if (got == 0)
			break;
		used += (size_t)got;
		if (used > length_max) {
			error_set(err, ERROR_INVALID, "'%s' is larger than %zu bytes", path,
				  length_max);
			goto fail;
		}
	}
	fd_close(&fd);
	content[used] = '\0';
	*bytes = content;
	*length = used;
	return true;

fail:
	fd_close(&fd);
	free(content);
	return false;
}

/* The folder part of a path, "." if it has none; caller frees. */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return mem_strdup(".");
	if (slash == path)
		return mem_strdup("/");
	return mem_strndup(path, (size_t)(slash - path));
}

/* Makes the new name durable. A file system that can't sync folders is no reason to fail. */
static void sync_folder(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		fsync(fd);
	fd_close(&fd);
}

static bool replace_file(const char *path, const void *bytes, size_t length, mode_t mode,
			 bool is_durable, struct error *err)
{
	char *folder = folder_of(path);
	char *temporary = mem_printf("%s/.tracon-XXXXXX", folder);
	int fd = mkostemp(temporary, O_CLOEXEC);
	int saved_errno;

	if (fd < 0)
		goto fail;
	if (fchmod(fd, mode) < 0 || !fd_write_all(fd, bytes, length) ||
	    (is_durable && fsync(fd) < 0))
		goto fail_unlink;
	/* Before the rename: some file systems tell of a failed write only when closing. */
	if (close(fd) < 0) {
		fd = -1;
		goto fail_unlink;
	}
	fd = -1;
	if (rename(temporary, path) < 0)
		goto fail_unlink;
	if (is_durable)
		sync_folder(folder);
	free(temporary);
	free(folder);
	return true;

fail_unlink:
	saved_errno = errno;
	unlink(temporary);
	errno = saved_errno;
fail:
	error_set_errno(err, errno, "cannot write '%s'", path);
	fd_close(&fd);
	free(temporary);
	free(folder);
	return false;
}

bool fd_replace_file(const char *path, const void *bytes, size_t length, mode_t mode,
		     struct error *err)
{
	return replace_file(path, bytes, length, mode, true, err);
}

bool fd_swap_file(const char *path, const void *bytes, size_t length, mode_t mode,
		  struct error *err)
{
	return replace_file(path, bytes, length, mode, false, err);
}

/*
 * One folder. Whether it is there already is asked only when mkdir fails: on read-only and
 * automounted file systems mkdir gives other errors than EEXIST for what exists.
 */
static bool make_one(int directory, const char *path, mode_t mode)
{
	struct stat status;
	int saved_errno;

	if (mkdirat(directory, path, mode) == 0)
		return true;
	saved_errno = errno;
	if (fstatat(directory, path, &status, 0) == 0) {
		if (S_ISDIR(status.st_mode))
			return true;
		saved_errno = ENOTDIR;
	}
	errno = saved_errno;
	return false;
}

bool fd_make_directories_at(int directory, const char *path, mode_t mode, struct error *err)
{
	char *partial = mem_strdup(path);
	char *slash = partial;
	bool is_made = true;

	while (*slash == '/')
		slash++;
	while (is_made && (slash = strchr(slash, '/'))) {
		*slash = '\0';
		is_made = make_one(directory, partial, mode);
		*slash = '/';
		while (*slash == '/')
			slash++;
	}
	if (is_made)
		is_made = make_one(directory, partial, mode);
	free(partial);
	if (!is_made)
		return error_set_errno(err, errno, "cannot make directory '%s'", path);
	return true;
}

bool fd_make_directories(const char *path, mode_t mode, struct error *err)
{
	return fd_make_directories_at(AT_FDCWD, path, mode, err);
}
