/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Slices are folders SLICES/PID-SUFFIX with one folder a trace. The process in the name tells what
 * was left behind: SLICES is one instance's own, so nobody else makes names there.
 */
#include "backend/browse/slice.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/base/places.h"
#include "backend/ctf/decode.h"

#define COPY_BYTES 262144 /* at once, where the kernel can't copy by itself */
#define FILES_MAX  512	  /* kept open */

struct slice_file {
	char *stream;
	size_t trace;
	int fd;
};

struct slice {
	char *path;
	char **traces;
	size_t trace_count, trace_room;
	struct slice_file *files;
	size_t file_count, file_room;
	uint64_t bytes;
};

/* --- removing --------------------------------------------------------------------------------- */

static void remove_files(int directory)
{
	DIR *entries = fdopendir(directory);
	struct dirent *entry;

	if (!entries) {
		close(directory);
		return;
	}
	while ((entry = readdir(entries)))
		unlinkat(dirfd(entries), entry->d_name, 0);
	closedir(entries);
}

/* Two levels: a slice's traces and their files. Links are removed, never followed. */
static void remove_slice(int parent, const char *name)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *entries = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	while (entries && (entry = readdir(entries))) {
		int trace;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		trace = openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (trace >= 0)
			remove_files(trace);
		unlinkat(fd, entry->d_name, trace >= 0 ? AT_REMOVEDIR : 0);
	}
	if (entries)
		closedir(entries);
	else if (fd >= 0)
		close(fd);
	unlinkat(parent, name, AT_REMOVEDIR);
}

static bool is_left_over(const char *name)
{
	unsigned int pid;
	int length = 0;

	if (sscanf(name, "%u-%n", &pid, &length) != 1 || length == 0 || pid == 0 || pid > INT32_MAX)
		return false;
	return (pid_t)pid != getpid() && kill((pid_t)pid, 0) < 0 && errno == ESRCH;
}

bool slices_prepare(const char *path, struct error *err)
{
	struct dirent *entry;
	DIR *entries;

	if (!places_make_private(path, 0700, err))
		return error_prefix(err, "cannot make slices of traces");
	entries = opendir(path);
	if (!entries)
		return error_set_errno(err, errno, "cannot look into '%s'", path);
	while ((entry = readdir(entries))) {
		if (is_left_over(entry->d_name))
			remove_slice(dirfd(entries), entry->d_name);
	}
	closedir(entries);
	return true;
}

/* --- making ----------------------------------------------------------------------------------- */

struct slice *slice_create(const char *slices, struct error *err)
{
	struct slice *slice = mem_zalloc(sizeof(*slice));

	slice->path = mem_printf("%s/%u-XXXXXX", slices, (unsigned int)getpid());
	if (!mkdtemp(slice->path)) {
		error_set_errno(err, errno, "cannot make a slice of a trace in '%s'", slice->path);
		free(slice->path);
		free(slice);
		return NULL;
	}
	return slice;
}

static void close_files(struct slice *slice)
{
	for (size_t i = 0; i < slice->file_count; i++)
		fd_close(&slice->files[i].fd);
}

void slice_destroy(struct slice *slice)
{
	if (!slice)
		return;
	close_files(slice);
	remove_slice(AT_FDCWD, slice->path);
	for (size_t i = 0; i < slice->file_count; i++)
		free(slice->files[i].stream);
	for (size_t i = 0; i < slice->trace_count; i++)
		free(slice->traces[i]);
	free(slice->files);
	free(slice->traces);
	free(slice->path);
	free(slice);
}

static int make_file(const char *trace, const char *name, int flags, struct error *err)
{
	char *path = mem_printf("%s/%s", trace, name);
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW | flags, 0600);

	free(path);
	if (fd < 0)
		error_set_errno(err, errno, "cannot write a slice");
	return fd;
}

bool slice_add_trace(struct slice *slice, const void *metadata, size_t length, struct error *err)
{
	char *path = mem_printf("%s/%04zu", slice->path, slice->trace_count);
	bool is_written;
	int fd;

	slice->traces = mem_grow(slice->traces, slice->trace_count, &slice->trace_room,
				 sizeof(*slice->traces));
	slice->traces[slice->trace_count++] = path;
	if (mkdir(path, 0700) < 0)
		return error_set_errno(err, errno, "cannot write a slice");
	fd = make_file(path, "metadata", O_EXCL, err);
	if (fd < 0)
		return false;
	is_written = fd_write_all(fd, metadata, length);
	if (!is_written)
		error_set_errno(err, errno, "cannot write a slice");
	close(fd);
	return is_written;
}

static struct slice_file *find_file(struct slice *slice, const char *stream)
{
	for (size_t i = slice->file_count;
	     i > 0 && slice->files[i - 1].trace + 1 == slice->trace_count; i--) {
		if (!strcmp(slice->files[i - 1].stream, stream))
			return &slice->files[i - 1];
	}
	slice->files =
		mem_grow(slice->files, slice->file_count, &slice->file_room, sizeof(*slice->files));
	slice->files[slice->file_count] = (struct slice_file){
		.stream = mem_strdup(stream), .trace = slice->trace_count - 1, .fd = -1};
	return &slice->files[slice->file_count++];
}

/* A name out of a trace must stay inside its folder. */
static bool is_plain_name(const char *name)
{
	return *name && *name != '.' && !strchr(name, '/') && strcmp(name, "metadata");
}

static int stream_fd(struct slice *slice, const char *stream, struct error *err)
{
	struct slice_file *file;

	if (slice->trace_count == 0 || !is_plain_name(stream)) {
		error_set(err, ERROR_INVALID, "a stream's file can't be called '%s'", stream);
		return -1;
	}
	file = find_file(slice, stream);
	if (file->fd >= 0)
		return file->fd;
	if (slice->file_count % FILES_MAX == 0)
		close_files(slice);
	file->fd = make_file(slice->traces[slice->trace_count - 1], stream, O_APPEND, err);
	return file->fd;
}

bool slice_add_bytes(struct slice *slice, const char *stream, const void *bytes, size_t length,
		     struct error *err)
{
	int fd = stream_fd(slice, stream, err);

	if (fd < 0)
		return false;
	if (!fd_write_all(fd, bytes, length))
		return error_set_errno(err, errno, "cannot write a slice");
	slice->bytes += length;
	return true;
}

bool slice_add_range(struct slice *slice, const char *stream, int fd, uint64_t offset_bytes,
		     uint64_t length_bytes, struct error *err)
{
	char *buffer = mem_alloc(COPY_BYTES);
	bool is_added = true;

	while (length_bytes > 0 && is_added) {
		size_t part = length_bytes < COPY_BYTES ? (size_t)length_bytes : COPY_BYTES;
		ssize_t got = pread(fd, buffer, part, (off_t)offset_bytes);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			is_added = got < 0 ? error_set_errno(err, errno, "cannot read '%s'", stream)
					   : error_set(err, ERROR_IO, "'%s' has become shorter",
						       stream);
			break;
		}
		is_added = slice_add_bytes(slice, stream, buffer, (size_t)got, err);
		offset_bytes += (uint64_t)got;
		length_bytes -= (uint64_t)got;
	}
	free(buffer);
	return is_added;
}

uint64_t slice_bytes(const struct slice *slice)
{
	return slice->bytes;
}

const char *const *slice_traces(struct slice *slice)
{
	close_files(slice);
	return (const char *const *)slice->traces;
}

struct decoder *slice_decode(struct slice *slice, struct error *err)
{
	if (slice->bytes == 0) {
		error_set(err, ERROR_INVALID, "there are no packets to read");
		return NULL;
	}
	return decoder_open(slice_traces(slice), slice->trace_count, err);
}
