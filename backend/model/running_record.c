/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of sessions as JSON; see running_record.h. */
#include "backend/model/running_record.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/fd.h"
#include "backend/base/json.h"
#include "backend/base/mem.h"

#define RECORD_MODE	 0600
#define RECORD_BYTES_MAX ((size_t)32 << 20)
#define STAT_BYTES_MAX	 4096

void running_record_finish(struct running_record *record)
{
	free(record->name);
	free(record->output);
	free(record->shm_path);
	free(record->configuration);
	free(record->waiting_identity);
	free(record->waiting_previous);
	memset(record, 0, sizeof(*record));
}

/* --- writing */

static void put_mark(struct json *object, const char *name, const struct leftover_mark *mark)
{
	struct json *inner = json_put_object(object, name);

	json_put_u64(inner, "id", mark->id);
	json_put_u64(inner, "begin_wall_ns", mark->begin_wall_ns);
}

static void print(const struct running_record *record, struct text *out)
{
	struct json *object = json_create_object();

	json_put_text(object, "name", record->name);
	json_put_u64(object, "uid", record->uid);
	json_put_u64(object, "gid", record->gid);
	json_put_u64(object, "pid", (uint64_t)record->pid);
	json_put_u64(object, "pid_start", record->pid_start);
	json_put_u64(object, "created_wall_ns", record->created_wall_ns);
	json_put_u64(object, "active", record->is_active);
	json_put_text(object, "output", record->output);
	json_put_text(object, "shm_path", record->shm_path);
	put_mark(object, "chunk", &record->current);
	put_mark(object, "previous_chunk", &record->previous);
	json_put_text(object, "configuration", record->configuration);
	json_put_text(object, "waiting_id", record->waiting_identity);
	json_put_text(object, "waiting_previous_id", record->waiting_previous);
	json_print(object, out);
	text_add_char(out, '\n');
	json_unref(object);
}

static bool replace(const char *path, const struct text *text, struct error *err)
{
	char *fresh = mem_printf("%s" RUNNING_RECORD_FRESH, path);
	int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, RECORD_MODE);
	bool is_written =
		fd >= 0 && fd_write_all(fd, text->bytes, text->length) && rename(fresh, path) == 0;

	if (!is_written)
		error_set_errno(err, errno, "cannot write '%s'", path);
	if (!is_written && fd >= 0)
		unlink(fresh);
	fd_close(&fd);
	free(fresh);
	return is_written;
}

bool running_record_write(const struct running_record *record, const char *path, struct error *err)
{
	struct text text = {0};
	bool is_written;

	print(record, &text);
	is_written = replace(path, &text, err);
	text_finish(&text);
	return is_written;
}

/* --- reading */

static uint64_t get_u64(const struct json *object, const char *name)
{
	uint64_t value = 0;

	json_get_u64(object, name, &value);
	return value;
}

static char *get_text(const struct json *object, const char *name)
{
	const char *text = json_get_text(object, name);

	return mem_strdup(text ? text : "");
}

static struct leftover_mark get_mark(const struct json *object, const char *name)
{
	const struct json *inner = json_get(object, name);

	return (struct leftover_mark){get_u64(inner, "id"), get_u64(inner, "begin_wall_ns")};
}

static bool is_sound(const struct running_record *record)
{
	return record->name[0] && !strchr(record->name, '/') && record->configuration[0] &&
	       (!record->output[0] || record->output[0] == '/') &&
	       (!record->shm_path[0] || record->shm_path[0] == '/');
}

static bool take(struct running_record *record, const char *bytes, size_t length, struct error *err)
{
	struct json *object = json_parse(bytes, length, err);

	if (!object)
		return false;
	*record = (struct running_record){
		.name = get_text(object, "name"),
		.uid = (uid_t)get_u64(object, "uid"),
		.gid = (gid_t)get_u64(object, "gid"),
		.pid = (pid_t)get_u64(object, "pid"),
		.pid_start = get_u64(object, "pid_start"),
		.created_wall_ns = get_u64(object, "created_wall_ns"),
		.is_active = get_u64(object, "active") > 0,
		.output = get_text(object, "output"),
		.shm_path = get_text(object, "shm_path"),
		.current = get_mark(object, "chunk"),
		.previous = get_mark(object, "previous_chunk"),
		.configuration = get_text(object, "configuration"),
		.waiting_identity = get_text(object, "waiting_id"),
		.waiting_previous = get_text(object, "waiting_previous_id"),
	};
	json_unref(object);
	if (is_sound(record))
		return true;
	running_record_finish(record);
	return error_set(err, ERROR_INVALID, "it is no record of a session");
}

bool running_record_read(struct running_record *record, const char *path, struct error *err)
{
	char *bytes = NULL;
	size_t length;
	bool is_read = fd_read_file(path, RECORD_BYTES_MAX, &bytes, &length, err) &&
		       take(record, bytes, length, err);

	free(bytes);
	return is_read || error_prefix(err, "cannot read '%s'", path);
}

uint64_t running_process_start(pid_t pid)
{
	char *path = mem_printf("/proc/%d/stat", (int)pid);
	unsigned long long start = 0;
	char *bytes = NULL;
	const char *at;
	size_t length;

	if (fd_read_file(path, STAT_BYTES_MAX, &bytes, &length, NULL)) {
		/* Field 22 of proc(5); the second, in parentheses, may hold anything. */
		at = strrchr(bytes, ')');
		/* One that has ended, and nobody waited for. */
		if (at && (strncmp(at, ") Z", 3) == 0 || strncmp(at, ") X", 3) == 0))
			at = NULL;
		for (int i = 2; at && i < 22; i++)
			at = strchr(at + 1, ' ');
		if (at)
			start = strtoull(at, NULL, 10);
	}
	free(bytes);
	free(path);
	return start;
}
