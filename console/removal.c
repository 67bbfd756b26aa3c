/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Folder by folder through descriptors, so that nobody can put a link in the way. Links themselves
 * are removed, what they point to is not.
 */
#include "console/removal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/base/queue.h"
#include "backend/base/thread.h"
#include "backend/base/units.h"
#include "console/state.h"

#define DEPTH_MAX 8 /* a chunk has index folders and those of processes below it, no more */

struct removal {
	struct message message; /* when it is done */
	struct console *console;
	struct thread *thread;
	struct word_list paths;
	uid_t uid;
	gid_t gid;
	uint64_t bytes;
	bool *is_done; /* of each path: nothing of it is left */
	size_t done_count;
	struct error err; /* the first that went wrong */
};

/* ---- the thread ---- */

static bool remove_inside(int directory, int depth)
{
	DIR *entries = fdopendir(directory); /* takes it over */
	const struct dirent *entry;
	bool is_done = entries != NULL;

	if (!entries)
		fd_close(&directory);
	while (is_done && (entry = readdir(entries))) {
		const char *name = entry->d_name;
		int below;

		if (!strcmp(name, ".") || !strcmp(name, ".."))
			continue;
		below = openat(dirfd(entries), name,
			       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (below < 0) {
			is_done = unlinkat(dirfd(entries), name, 0) == 0;
			continue;
		}
		if (depth == 0)
			errno = ELOOP;
		is_done = depth > 0 && remove_inside(below, depth - 1) &&
			  unlinkat(dirfd(entries), name, AT_REMOVEDIR) == 0;
		if (depth == 0)
			fd_close(&below);
	}
	if (entries) {
		int saved = errno;

		closedir(entries);
		errno = saved;
	}
	return is_done;
}

static bool remove_chunk(const char *path, struct error *err)
{
	int directory = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	/* Somebody else has deleted it: as wanted. */
	if (directory < 0 && errno == ENOENT)
		return true;
	if (directory < 0)
		return error_set_errno(err, errno, "cannot open '%s'", path);
	if (remove_inside(directory, DEPTH_MAX) && rmdir(path) == 0)
		return true;
	return error_set_errno(err, errno, "'%s' is there in part: cannot delete all of it", path);
}

/* This thread alone: the system call, not the function that tells all threads. */
static void become(uid_t uid, gid_t gid)
{
	if (geteuid() != 0 || uid == 0)
		return;
	syscall(SYS_setgroups, 0, NULL);
	setfsgid(gid);
	setfsuid(uid);
}

static void run_thread(void *data)
{
	struct removal *removal = data;

	become(removal->uid, removal->gid);
	for (size_t i = 0; i < removal->paths.count; i++) {
		struct error err = ERROR_INIT;

		removal->is_done[i] = remove_chunk(removal->paths.words[i], &err);
		if (removal->is_done[i])
			removal->done_count++;
		else if (!error_is_set(&removal->err))
			removal->err = err;
	}
	queue_send(removal->console->answers, &removal->message);
}

/* ---- the console ---- */

static void removal_destroy(struct removal *removal)
{
	word_list_finish(&removal->paths);
	free(removal->is_done);
	free(removal);
}

static void add_command(const struct removal *removal, struct text *command)
{
	text_add(command, "delete-chunk");
	for (size_t i = 0; i < removal->paths.count; i++) {
		text_add_char(command, ' ');
		text_add_quoted(command, removal->paths.words[i]);
	}
}

/* Pictures without what is gone. */
static void forget(const struct removal *removal)
{
	struct backend *backend = removal->console->backend;

	for (size_t i = 0; backend && i < removal->paths.count; i++) {
		if (removal->is_done[i])
			backend_forget_chunk(backend, removal->paths.words[i]);
	}
}

static void add_result(const struct removal *removal, struct text *result)
{
	char bytes[UNITS_TEXT_MAX];

	if (!error_is_set(&removal->err))
		text_addf(result, "deleted %zu chunk%s, %s", removal->done_count,
			  removal->done_count == 1 ? "" : "s",
			  units_short_bytes(bytes, removal->bytes));
	else if (removal->paths.count > 1)
		text_addf(result, "deleted %zu of %zu chunks; %s", removal->done_count,
			  removal->paths.count, removal->err.message);
	else
		text_add(result, removal->err.message);
}

static void show_end(struct message *message)
{
	struct removal *removal = CONTAINER_OF(message, struct removal, message);
	struct console *console = removal->console;
	bool is_failed = error_is_set(&removal->err);
	struct text command = {0}, result = {0};

	thread_join(removal->thread);
	console->removal = NULL;
	forget(removal);
	add_command(removal, &command);
	add_result(removal, &result);
	log_command(is_failed ? LOG_LEVEL_ERROR : LOG_LEVEL_INFO, text_str(&command),
		    text_str(&result));
	console_tell(console, is_failed ? NOTICE_ERROR : NOTICE_INFO, text_str(&command), "%s",
		     text_str(&result));
	text_finish(&command);
	text_finish(&result);
	removal_destroy(removal);
}

static void start(void *asker, void *data, char letter)
{
	struct console *console = asker;
	struct removal *removal = data;
	struct error err = ERROR_INIT;

	if (letter != 'y' || console->removal) {
		console_tell(console, NOTICE_INFO, "", "nothing was done");
		removal_destroy(removal);
		return;
	}
	removal->thread = thread_start("delete", run_thread, removal, &err);
	if (!removal->thread) {
		console_tell(console, NOTICE_ERROR, "", "%s", err.message);
		removal_destroy(removal);
		return;
	}
	console->removal = removal;
	console_tell(console, NOTICE_INFO, "", "deleting %zu chunk%s", removal->paths.count,
		     removal->paths.count == 1 ? "" : "s");
}

static const struct picture_chunk *find_chunk(const struct picture *picture, const char *path)
{
	for (size_t i = 0; i < picture->chunk_count; i++) {
		const struct picture_chunk *chunk = &picture->chunks[i];

		if (chunk->state == PICTURE_CHUNK_ARCHIVED && *chunk->path &&
		    !strcmp(chunk->path, path))
			return chunk;
	}
	return NULL;
}

/* False: it is no archived chunk, or one of another user than those before. */
static bool add_chunk(struct removal *removal, const struct picture *picture, const char *path,
		      struct error *err)
{
	const struct picture_chunk *chunk = find_chunk(picture, path);
	const struct picture_session *session =
		chunk ? picture_session(picture, chunk->session_id) : NULL;

	if (!session)
		return error_set(err, ERROR_INVALID,
				 "'%s' is no archived chunk of a session; see pane Chunks", path);
	if (removal->paths.count > 0 && removal->uid != session->uid)
		return error_set(err, ERROR_INVALID,
				 "the chunks belong to different users: one after the other");
	removal->uid = session->uid;
	removal->bytes += chunk->bytes;
	word_list_add(&removal->paths, path);
	return true;
}

static void find_group(struct removal *removal)
{
	struct passwd entry, *found = NULL;
	char room[4096];

	removal->gid = (gid_t)-1;
	if (getpwuid_r(removal->uid, &entry, room, sizeof(room), &found) == 0 && found)
		removal->gid = found->pw_gid;
}

bool removal_ask(struct console *console, size_t count, char **paths, struct error *err)
{
	const struct picture *picture = console_picture_acquire(console);
	struct removal *removal = mem_zalloc(sizeof(*removal));
	char bytes[UNITS_TEXT_MAX];
	bool is_asked = true;

	removal->console = console;
	removal->message.run = show_end;
	if (console->removal)
		is_asked = error_set(err, ERROR_BUSY, "others are being deleted just now");
	for (size_t i = 0; is_asked && i < count; i++)
		is_asked = add_chunk(removal, picture, paths[i], err);
	console_picture_release(console);
	if (!is_asked) {
		removal_destroy(removal);
		return false;
	}
	find_group(removal);
	removal->is_done = mem_zalloc((count + 1) * sizeof(*removal->is_done));
	console->question.answer = start;
	console->question.data = removal;
	question_open(
		&console->question, QUESTION_YES,
		mem_printf("Delete the files of %zu chunk%s (%s)? No way back. Type yes:", count,
			   count == 1 ? "" : "s", units_short_bytes(bytes, removal->bytes)),
		"y", loop_now_ns(console->loop));
	console_draw_soon(console);
	return true;
}

void removal_end(struct console *console)
{
	if (!console->removal)
		return;
	thread_join(console->removal->thread);
	console->removal->thread = NULL; /* its message may wait in the queue */
}
