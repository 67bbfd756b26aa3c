/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds traces and their files below a folder. Links are not followed, so there are no cycles. What
 * was known before is recognised by device and inode: a session that rotates renames folders.
 */
#include "backend/browse/map.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"

#define OPEN_FILES_MAX 256 /* kept open at once */

struct map *map_create(const char *path)
{
	struct map *map = mem_zalloc(sizeof(*map));

	map->path = mem_strdup(path);
	return map;
}

static void destroy_file(struct map *map, struct map_file *file)
{
	if (file->fd >= 0)
		map->open_count--;
	fd_close(&file->fd);
	free(file->packets);
	free(file->path);
	free(file->name);
	free(file);
}

static void destroy_trace(struct map *map, struct map_trace *trace)
{
	for (size_t i = 0; i < trace->file_count; i++)
		destroy_file(map, trace->files[i]);
	fd_close(&trace->metadata_fd);
	ctf_outline_destroy(trace->outline);
	free(trace->files);
	free(trace->path);
	free(trace);
}

static void free_streams(struct map *map)
{
	for (size_t i = 0; i < map->stream_count; i++) {
		free(map->streams[i].spans);
		free(map->streams[i].own_name);
	}
	free(map->streams);
	free(map->groups);
	map->streams = NULL;
	map->groups = NULL;
	map->stream_count = 0;
	map->group_count = 0;
}

void map_destroy(struct map *map)
{
	if (!map)
		return;
	free_streams(map);
	for (size_t i = 0; i < map->trace_count; i++)
		destroy_trace(map, map->traces[i]);
	free(map->traces);
	free(map->path);
	free(map);
}

/* --- files ------------------------------------------------------------------------------------ */

int map_file_open(struct map_file *file, struct error *err)
{
	int fd = file->fd;

	if (fd < 0)
		fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		error_set_errno(err, errno, "cannot read '%s'", file->path);
	return fd;
}

void map_file_close(const struct map_file *file, int fd)
{
	if (fd != file->fd)
		close(fd);
}

/* --- looking ---------------------------------------------------------------------------------- */

/* One look: what is found goes from the old list to the new one. */
struct look {
	struct map *map;
	struct map_trace **old;
	size_t old_count;
	size_t entry_count, file_count;
	bool is_too_much;
};

static struct map_trace *take_old_trace(struct look *look, const struct stat *status)
{
	for (size_t i = 0; i < look->old_count; i++) {
		struct map_trace *trace = look->old[i];

		if (!trace || trace->device != status->st_dev || trace->inode != status->st_ino)
			continue;
		look->old[i] = NULL;
		return trace;
	}
	return NULL;
}

static struct map_trace *make_trace(const char *path, const struct stat *status, int fd)
{
	struct map_trace *trace = mem_zalloc(sizeof(*trace));

	trace->path = mem_strdup(path);
	trace->metadata_fd = fd;
	trace->device = status->st_dev;
	trace->inode = status->st_ino;
	return trace;
}

static bool read_all(int fd, char *bytes, uint64_t length)
{
	uint64_t done = 0;

	while (done < length) {
		ssize_t got = pread(fd, bytes + done, length - done, (off_t)done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		done += (uint64_t)got;
	}
	return true;
}

/* Streams of the outline that was are asked for by their number only: it may be replaced. */
static void read_metadata(struct map_trace *trace, uint64_t length)
{
	struct ctf_outline *outline;
	char *bytes;

	if (trace->outline && trace->metadata_bytes == length)
		return;
	if (length > CTF_METADATA_MAX) {
		error_set(&trace->problem, ERROR_INVALID, "the metadata of '%s' is too large",
			  trace->path);
		return;
	}
	bytes = mem_alloc(length + 1);
	if (!read_all(trace->metadata_fd, bytes, length)) {
		free(bytes);
		return;
	}
	outline = ctf_outline_parse(bytes, length, &trace->problem);
	free(bytes);
	if (!outline) {
		error_prefix(&trace->problem, "'%s'", trace->path);
		return;
	}
	ctf_outline_destroy(trace->outline);
	trace->outline = outline;
	trace->metadata_bytes = length;
}

static struct map_file *take_old_file(struct map_file **files, size_t count,
				      const struct stat *status)
{
	for (size_t i = 0; i < count; i++) {
		struct map_file *file = files[i];

		if (!file || file->device != status->st_dev || file->inode != status->st_ino)
			continue;
		files[i] = NULL;
		return file;
	}
	return NULL;
}

static struct map_file *make_file(struct map *map, struct map_trace *trace, int directory,
				  const char *name, const struct stat *status)
{
	struct map_file *file = mem_zalloc(sizeof(*file));

	file->name = mem_strdup(name);
	file->trace = trace;
	file->device = status->st_dev;
	file->inode = status->st_ino;
	file->fd = -1;
	if (map->open_count < OPEN_FILES_MAX)
		file->fd = openat(directory, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (file->fd >= 0)
		map->open_count++;
	map->has_grown = true;
	return file;
}

static void enter_file(struct look *look, struct map_trace *trace, struct map_file *file,
		       uint64_t size_bytes)
{
	free(file->path);
	file->path = mem_printf("%s/%s", trace->path, file->name);
	if (size_bytes > file->size_bytes) {
		file->is_done = false;
		look->map->has_grown = true;
	} else if (size_bytes < file->size_bytes) { /* somebody wrote it anew */
		file->is_done = false;
		file->is_index_read = false;
		file->packet_count = 0;
		file->next_bytes = 0;
	}
	file->size_bytes = size_bytes;
	trace->files =
		mem_grow(trace->files, trace->file_count, &trace->file_room, sizeof(*trace->files));
	trace->files[trace->file_count++] = file;
	look->file_count++;
}

static int by_name(const void *one, const void *other)
{
	return strcmp((*(struct map_file *const *)one)->name,
		      (*(struct map_file *const *)other)->name);
}

/* Every file of a trace's folder that isn't hidden is a stream, as babeltrace2 has it. */
static void look_at_files(struct look *look, struct map_trace *trace, DIR *entries)
{
	struct map_file **old = trace->files;
	size_t old_count = trace->file_count;
	struct dirent *entry;
	struct stat status;

	trace->files = NULL;
	trace->file_count = 0;
	trace->file_room = 0;
	while ((entry = readdir(entries))) {
		struct map_file *file;

		if (*entry->d_name == '.' || !strcmp(entry->d_name, "metadata") ||
		    fstatat(dirfd(entries), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISREG(status.st_mode) || status.st_size == 0)
			continue;
		if (look->file_count >= MAP_FILES_MAX) {
			look->is_too_much = true;
			break;
		}
		file = take_old_file(old, old_count, &status);
		if (!file)
			file = make_file(look->map, trace, dirfd(entries), entry->d_name, &status);
		enter_file(look, trace, file, (uint64_t)status.st_size);
	}
	for (size_t i = 0; i < old_count; i++) {
		if (old[i])
			destroy_file(look->map, old[i]);
	}
	free(old);
	if (trace->file_count > 0)
		qsort(trace->files, trace->file_count, sizeof(*trace->files), by_name);
}

/* False: this folder is no trace. */
static bool look_at_trace(struct look *look, const char *path, DIR *entries)
{
	int fd = openat(dirfd(entries), "metadata", O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct map *map = look->map;
	struct map_trace *trace;
	struct stat status;

	if (fd < 0)
		return false;
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) ||
	    map->trace_count >= MAP_TRACES_MAX) {
		look->is_too_much = look->is_too_much || map->trace_count >= MAP_TRACES_MAX;
		close(fd);
		return false;
	}
	trace = take_old_trace(look, &status);
	if (trace)
		close(fd);
	else
		trace = make_trace(path, &status, fd);
	free(trace->path);
	trace->path = mem_strdup(path);
	map->traces =
		mem_grow(map->traces, map->trace_count, &map->trace_room, sizeof(*map->traces));
	map->traces[map->trace_count++] = trace;
	read_metadata(trace, (uint64_t)status.st_size);
	look_at_files(look, trace, entries);
	return true;
}

static void look_into(struct look *look, const char *path, unsigned int depth)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | (depth > 0 ? O_NOFOLLOW : 0));
	DIR *entries = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!entries) {
		fd_close(&fd);
		return;
	}
	if (look_at_trace(look, path, entries) || depth >= MAP_DEPTH_MAX) {
		closedir(entries);
		return;
	}
	rewinddir(entries);
	while ((entry = readdir(entries)) && !look->is_too_much) {
		struct stat status;
		char *below;

		look->is_too_much = ++look->entry_count > MAP_ENTRIES_MAX;
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..") ||
		    (entry->d_type != DT_DIR && entry->d_type != DT_UNKNOWN) ||
		    fstatat(dirfd(entries), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0 ||
		    !S_ISDIR(status.st_mode))
			continue;
		below = mem_printf("%s/%s", path, entry->d_name);
		look_into(look, below, depth + 1);
		free(below);
	}
	closedir(entries);
}

static int by_path(const void *one, const void *other)
{
	return strcmp((*(struct map_trace *const *)one)->path,
		      (*(struct map_trace *const *)other)->path);
}

static bool say_nothing_found(const struct map *map, struct error *err)
{
	struct stat status;

	if (stat(map->path, &status) < 0)
		return error_set_errno(err, errno, "cannot open '%s'", map->path);
	if (!S_ISDIR(status.st_mode))
		return error_set(err, ERROR_INVALID,
				 "'%s' is no folder: a trace is a folder with a file 'metadata'",
				 map->path);
	if (access(map->path, R_OK | X_OK) < 0)
		return error_set_errno(err, errno, "cannot open '%s'", map->path);
	return error_set(err, ERROR_NOT_FOUND, "there is no trace in '%s'", map->path);
}

bool map_look(struct map *map, struct error *err)
{
	struct look look = {.map = map, .old = map->traces, .old_count = map->trace_count};

	free_streams(map);
	map->traces = NULL;
	map->trace_count = 0;
	map->trace_room = 0;
	map->has_grown = false;
	error_copy(&map->problem, NULL);
	look_into(&look, map->path, 0);
	for (size_t i = 0; i < look.old_count; i++) {
		if (look.old[i])
			destroy_trace(map, look.old[i]);
	}
	free(look.old);
	if (map->trace_count > 0)
		qsort(map->traces, map->trace_count, sizeof(*map->traces), by_path);
	if (look.is_too_much)
		error_set(&map->problem, ERROR_UNSUPPORTED,
			  "there is too much below '%s': only a part is shown", map->path);
	map_assemble(map);
	return map->trace_count > 0 || say_nothing_found(map, err);
}
