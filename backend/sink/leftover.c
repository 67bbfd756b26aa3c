/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * See leftover.h. Names tell what a folder is (chunk.c makes them); the marks tell begin and number
 * where a name doesn't.
 */
#include "backend/sink/leftover.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/sink/chunk_parts.h"
#include "backend/sink/files.h"
#include "backend/sink/mend.h"

enum left_kind { LEFT_OLD, LEFT_TOP, LEFT_CURRENT, LEFT_NEW };

struct left_chunk {
	enum left_kind kind;
	char *name; /* below the output directory; NULL: its top */
	uint64_t id;
	uint64_t begin_wall_ns;
	struct mend_result found;
};

struct leftover {
	const struct leftover_place *place;
	int directory;
	struct left_chunk *chunks;
	size_t count, room;
	uint64_t highest_id; /* of archives too */
	bool has_any;
};

/* --- names */

static bool is_digits(const char *text, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!isdigit((unsigned char)text[i]))
			return false;
	return true;
}

#define BEGIN_LENGTH 20 /* of 20261122T041906+0000 less one */

/* "20261122T041906+0000" at the begin of the name. */
static bool has_time(const char *name)
{
	return strlen(name) > BEGIN_LENGTH && is_digits(name, 8) && name[8] == 'T' &&
	       is_digits(name + 9, 6) && strchr("+-", name[15]) && is_digits(name + 16, 4) &&
	       name[20] == '-';
}

static uint64_t time_of(const char *name)
{
	struct tm time = {.tm_isdst = 0};
	int zone = atoi(name + 16);
	int64_t seconds;
	char digits[15];

	memcpy(digits, name, 8);
	memcpy(digits + 8, name + 9, 6);
	digits[14] = '\0';
	strptime(digits, "%Y%m%d%H%M%S", &time);
	seconds = timegm(&time);
	zone = (zone / 100) * 3600 + (zone % 100) * 60;
	seconds += name[15] == '-' ? zone : -zone;
	return seconds > 0 ? (uint64_t)seconds * NS_PER_S : 0;
}

/* A decimal number to the end. */
static bool parse_id(const char *text, uint64_t *id)
{
	size_t length = strlen(text);

	if (length == 0 || length > 18 || !is_digits(text, length))
		return false;
	*id = strtoull(text, NULL, 10);
	return true;
}

/* --- finding */

static struct left_chunk *add(struct leftover *left, enum left_kind kind, const char *name)
{
	struct left_chunk *chunk;

	left->chunks = mem_grow(left->chunks, left->count, &left->room, sizeof(*left->chunks));
	chunk = &left->chunks[left->count++];
	*chunk = (struct left_chunk){.kind = kind, .name = name ? mem_strdup(name) : NULL};
	return chunk;
}

static void note_id(struct leftover *left, uint64_t id)
{
	if (!left->has_any || id > left->highest_id)
		left->highest_id = id;
	left->has_any = true;
}

static void look_at_name(struct leftover *left, const char *name)
{
	struct left_chunk *chunk;
	uint64_t id;

	if (strncmp(name, CHUNK_OLD_NAME, strlen(CHUNK_OLD_NAME)) == 0)
		add(left, LEFT_OLD, name);
	else if (strncmp(name, CHUNK_NEW_NAME, strlen(CHUNK_NEW_NAME)) == 0)
		add(left, LEFT_NEW, name);
	else if (has_time(name) && parse_id(name + BEGIN_LENGTH + 1, &id)) {
		chunk = add(left, LEFT_CURRENT, name);
		chunk->id = id;
		chunk->begin_wall_ns = time_of(name);
		note_id(left, id);
	}
}

static void look_at_archive(struct leftover *left, const char *name)
{
	const char *end = has_time(name) ? name + BEGIN_LENGTH + 1 : NULL;
	uint64_t id;

	if (end && has_time(end) && parse_id(end + BEGIN_LENGTH + 1, &id))
		note_id(left, id);
}

static bool for_each_name(int directory, const char *name,
			  void (*visit)(struct leftover *left, const char *name),
			  struct leftover *left)
{
	int fd = openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *folder = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *entry;

	if (!folder) {
		fd_close(&fd);
		return false;
	}
	while ((entry = readdir(folder)) != NULL)
		visit(left, entry->d_name);
	closedir(folder);
	return true;
}

static bool is_there(int directory, const char *path)
{
	return faccessat(directory, path, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void find_top(struct leftover *left)
{
	bool has_top = false;

	for (const char *const *top = left->place->tops; *top; top++)
		has_top = has_top || is_there(left->directory, *top);
	if (has_top)
		add(left, LEFT_TOP, NULL);
}

static struct left_chunk *find_kind(struct leftover *left, enum left_kind kind)
{
	for (size_t i = 0; i < left->count; i++)
		if (left->chunks[i].kind == kind)
			return &left->chunks[i];
	return NULL;
}

static bool has_id(const struct leftover *left, uint64_t id)
{
	for (size_t i = 0; i < left->count; i++)
		if (left->chunks[i].kind == LEFT_CURRENT && left->chunks[i].id == id)
			return true;
	return false;
}

/* The marks were taken before or after the rotation that was under way. */
static struct leftover_mark mark_of_old(struct leftover *left)
{
	const struct leftover_place *place = left->place;

	if (!place->current.begin_wall_ns)
		return place->previous;
	if (has_id(left, place->current.id + 1))
		return place->current;
	if (has_id(left, place->current.id) || find_kind(left, LEFT_TOP))
		return place->previous;
	return place->current;
}

static void mark(struct leftover *left)
{
	for (size_t i = 0; i < left->count; i++) {
		struct left_chunk *chunk = &left->chunks[i];
		struct leftover_mark mark = left->place->current;

		if (chunk->kind == LEFT_CURRENT)
			continue;
		if (chunk->kind == LEFT_OLD)
			mark = mark_of_old(left);
		if (chunk->kind == LEFT_NEW)
			mark.id++;
		chunk->id = mark.id;
		chunk->begin_wall_ns = mark.begin_wall_ns;
		if (mark.begin_wall_ns)
			note_id(left, mark.id);
	}
}

/* A first chunk that was on its way into a folder of its own: the rest follows. */
static void complete_aside(struct leftover *left)
{
	const struct left_chunk *old = find_kind(left, LEFT_OLD);

	for (const char *const *top = left->place->tops; old && *top; top++) {
		char *target = mem_printf("%s/%s", old->name, *top);

		if (is_there(left->directory, *top) && !is_there(left->directory, target))
			renameat(left->directory, *top, left->directory, target);
		free(target);
	}
}

static int by_id(const void *one, const void *other)
{
	const struct left_chunk *left = one;
	const struct left_chunk *right = other;

	if (left->id != right->id)
		return left->id < right->id ? -1 : 1;
	return (int)left->kind - (int)right->kind;
}

static bool find(struct leftover *left, struct error *err)
{
	left->directory = open(left->place->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (left->directory < 0)
		return errno == ENOENT ||
		       error_set_errno(err, errno, "cannot open '%s'", left->place->path);
	if (!for_each_name(left->directory, ".", look_at_name, left))
		return error_set_errno(err, errno, "cannot read '%s'", left->place->path);
	for_each_name(left->directory, CHUNK_ARCHIVES_NAME, look_at_archive, left);
	complete_aside(left);
	find_top(left);
	mark(left);
	if (left->count > 1)
		qsort(left->chunks, left->count, sizeof(*left->chunks), by_id);
	return true;
}

static void finish(struct leftover *left)
{
	for (size_t i = 0; i < left->count; i++)
		free(left->chunks[i].name);
	free(left->chunks);
	fd_close(&left->directory);
}

/* --- mending */

static bool mend_chunk(struct leftover *left, struct left_chunk *chunk, struct error *err)
{
	bool is_good = true;

	if (chunk->name)
		return mend_folder(left->directory, chunk->name, &chunk->found, err);
	for (const char *const *top = left->place->tops; *top; top++)
		if (is_there(left->directory, *top))
			is_good = mend_folder(left->directory, *top, &chunk->found, err) && is_good;
	return is_good;
}

static bool mend_all(struct leftover *left, struct error *err)
{
	bool is_good = true;

	for (size_t i = 0; i < left->count; i++)
		is_good = mend_chunk(left, &left->chunks[i], err) && is_good;
	return is_good;
}

bool leftover_mend(const struct leftover_place *place, uint64_t *cut_bytes, struct error *err)
{
	struct leftover left = {.place = place, .directory = -1};
	bool is_good;
	AS_USER(place->owner);

	*cut_bytes = 0;
	is_good = find(&left, err) && mend_all(&left, err);
	for (size_t i = 0; i < left.count; i++)
		*cut_bytes += left.chunks[i].found.cut_bytes;
	finish(&left);
	return is_good;
}

/* --- visiting */

static bool visit_chunk(const struct leftover *left, const struct left_chunk *chunk,
			bool (*visit)(void *data, int directory), void *data)
{
	int fd = openat(left->directory, chunk->name ? chunk->name : ".",
			O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	bool goes_on = fd < 0 || visit(data, fd);

	fd_close(&fd);
	return goes_on;
}

bool leftover_visit(const struct leftover_place *place, bool (*visit)(void *data, int directory),
		    void *data, struct error *err)
{
	struct leftover left = {.place = place, .directory = -1};
	bool is_found;
	AS_USER(place->owner);

	is_found = find(&left, err);
	for (size_t i = left.count; is_found && i > 0; i--)
		if (!visit_chunk(&left, &left.chunks[i - 1], visit, data))
			break;
	finish(&left);
	return is_found;
}

/* --- archiving */

static char *archive_name(const struct left_chunk *chunk)
{
	char begin[CLOCK_TEXT_MAX], end[CLOCK_TEXT_MAX];
	uint64_t begin_ns = chunk->begin_wall_ns;
	uint64_t end_ns = chunk->found.newest_wall_ns;

	if (!begin_ns)
		begin_ns = end_ns;
	if (end_ns < begin_ns)
		end_ns = begin_ns;
	return mem_printf(CHUNK_ARCHIVES_NAME "/%s-%s-%llu", clock_text_iso_basic(begin, begin_ns),
			  clock_text_iso_basic(end, end_ns), (unsigned long long)chunk->id);
}

static bool move_top(struct leftover *left, const char *name, struct error *err)
{
	int directory = files_make_directory(left->directory, name, err);
	bool is_good = directory >= 0;

	fd_close(&directory);
	for (const char *const *top = left->place->tops; is_good && *top; top++) {
		char *target = mem_printf("%s/%s", name, *top);

		if (is_there(left->directory, *top))
			is_good = files_rename(left->directory, *top, target, err);
		free(target);
	}
	return is_good;
}

static bool move(struct leftover *left, const struct left_chunk *chunk, const char *name,
		 struct error *err)
{
	int archives = files_make_directory(left->directory, CHUNK_ARCHIVES_NAME, err);

	if (archives < 0)
		return false;
	fd_close(&archives);
	if (is_there(left->directory, name))
		return error_set(err, ERROR_IO, "'%s/%s' exists already", left->place->path, name);
	return chunk->name ? files_rename(left->directory, chunk->name, name, err)
			   : move_top(left, name, err);
}

static bool archive_one(struct leftover *left, const struct left_chunk *chunk,
			void (*archived)(void *data, const struct chunk_info *chunk), void *data,
			struct error *err)
{
	char *name = archive_name(chunk);
	char *path = mem_printf("%s/%s", left->place->path, name);
	bool is_moved = move(left, chunk, name, err);
	struct chunk_info info = {
		.id = chunk->id,
		.begin_wall_ns = chunk->begin_wall_ns,
		.end_wall_ns = chunk->found.newest_wall_ns,
		.bytes = chunk->found.bytes,
		.is_archived = true,
		.path = path,
	};

	if (is_moved)
		archived(data, &info);
	free(path);
	free(name);
	return is_moved;
}

static bool is_empty(const struct left_chunk *chunk)
{
	return chunk->found.bytes == 0 && chunk->found.odd_count == 0 && chunk->name;
}

bool leftover_archive(const struct leftover_place *place, uint64_t *next_id,
		      void (*archived)(void *data, const struct chunk_info *chunk), void *data,
		      struct error *err)
{
	struct leftover left = {.place = place, .directory = -1};
	bool is_good;
	AS_USER(place->owner);

	is_good = find(&left, err) && mend_all(&left, err);
	for (size_t i = 0; i < left.count && is_good; i++) {
		if (is_empty(&left.chunks[i]))
			files_remove_tree(left.directory, left.chunks[i].name);
		else
			is_good = archive_one(&left, &left.chunks[i], archived, data, err);
	}
	*next_id = left.has_any ? left.highest_id + 1 : 0;
	finish(&left);
	return is_good;
}
