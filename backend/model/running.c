/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See running.h. Records of different engines lie in one folder: each names its engine. */
#include "backend/model/running.h"

#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/fd.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/base/xml.h"
#include "backend/model/lifespan.h"
#include "backend/model/salvage.h"
#include "backend/model/saved.h"

#define FOLDER_MODE   0700
#define NAME_PART_MAX 200 /* bytes of a session's name in a file's, with a number behind it */
#define LEFT_MAX      1000

struct running {
	char *path;
	struct leftover_mark current, previous;
	bool has_failed; /* said once */
};

/* --- records of our own sessions */

static char *folder_of(const struct model *model)
{
	return model->places->state ? mem_printf("%s/running", model->places->state) : NULL;
}

static bool begin_running(struct session *session, struct error *err)
{
	char *folder = folder_of(session->model);

	if (!folder || !fd_make_directories(folder, FOLDER_MODE, err)) {
		free(folder);
		return false;
	}
	session->running->path =
		mem_printf("%s/%.*s-%llu", folder, NAME_PART_MAX, session_name(session),
			   (unsigned long long)session->created_wall_ns);
	free(folder);
	return true;
}

static bool is_same(const struct leftover_mark *one, const struct leftover_mark *other)
{
	return one->id == other->id && one->begin_wall_ns == other->begin_wall_ns;
}

static void note_chunks(struct session *session)
{
	struct running *running = session->running;
	struct chunk_info info;
	struct leftover_mark mark = {0, 0};

	if (!session_has_chunks(session) || !session->sink)
		return;
	if (chunk_sink_current(session->sink, &info))
		mark = (struct leftover_mark){info.id, info.begin_wall_ns};
	if (is_same(&mark, &running->current))
		return;
	if (running->current.begin_wall_ns)
		running->previous = running->current;
	running->current = mark;
}

static char *waiting_text(const struct session *session, const char *text)
{
	return (char *)(uintptr_t)(session->waits_for_event ? text : "");
}

static bool write_record(struct session *session, struct error *err)
{
	struct running *running = session->running;
	struct text configuration = {0};
	bool is_written;

	saved_write(session, &configuration);
	is_written = running_record_write(
		&(struct running_record){
			.name = (char *)(uintptr_t)session_name(session),
			.uid = session->uid,
			.gid = session->gid,
			.pid = getpid(),
			.pid_start = running_process_start(getpid()),
			.created_wall_ns = session->created_wall_ns,
			.is_active = session->is_active,
			.output = (char *)(uintptr_t)shared_text_str(session->output),
			.shm_path = session->shm_path ? session->shm_path : (char[]){""},
			.current = running->current,
			.previous = running->previous,
			.configuration = (char *)(uintptr_t)text_str(&configuration),
			.waiting_identity = waiting_text(session, session_identity(session)),
			.waiting_previous =
				waiting_text(session, session_previous_identity(session)),
		},
		running->path, err);
	text_finish(&configuration);
	return is_written;
}

void running_note(struct session *session)
{
	struct error err = ERROR_INIT;
	struct running *running;

	if (!session->was_started || session->is_ending || !session->model->places->state ||
	    session->mode == PICTURE_MODE_STREAMING) /* what a relay daemon has is its own */
		return;
	if (!session->running)
		session->running = mem_zalloc(sizeof(*session->running));
	running = session->running;
	note_chunks(session);
	if ((!running->path && !begin_running(session, &err)) || !write_record(session, &err)) {
		if (!running->has_failed)
			log_write(LOG_LEVEL_WARNING,
				  "session '%s' could not be recovered if the engine were killed: "
				  "%s",
				  session_name(session), err.message);
		running->has_failed = true;
	}
}

void running_forget(struct session *session)
{
	struct running *running = session->running;

	if (!running)
		return;
	if (running->path)
		unlink(running->path);
	free(running->path);
	free(running);
	session->running = NULL;
}

/* --- what others left */

static struct leftover_place place_of(const struct left_session *left,
				      const struct user_rights *owner, const char **tops)
{
	size_t count = 0;

	for (size_t i = 0; i < source_count; i++)
		if (source_table[i].class->trace_directory)
			tops[count++] = source_table[i].class->trace_directory;
	tops[count] = NULL;
	return (struct leftover_place){
		.path = left->record.output,
		.owner = owner,
		.tops = tops,
		.current = left->record.current,
		.previous = left->record.previous,
	};
}

static void mend(const struct left_session *left)
{
	const char **tops = mem_alloc((source_count + 1) * sizeof(*tops));
	struct error err = ERROR_INIT;
	struct leftover_place place;
	struct user_rights owner;
	uint64_t cut_bytes = 0;

	user_rights_init(&owner, left->record.uid, left->record.gid);
	place = place_of(left, &owner, tops);
	if (left->record.output[0] && !leftover_mend(&place, &cut_bytes, &err))
		log_write(LOG_LEVEL_WARNING, "what session '%s' recorded may not be readable: %s",
			  left->record.name, err.message);
	if (left->record.shm_path[0] && left->record.output[0] &&
	    salvage_left(&place, left->record.shm_path, left->record.name) > 0)
		leftover_mend(&place, &(uint64_t){0}, NULL); /* index files follow */
	if (cut_bytes > 0)
		log_write(LOG_LEVEL_WARNING,
			  "%llu bytes that session '%s' was writing when its engine was killed "
			  "are lost",
			  (unsigned long long)cut_bytes, left->record.name);
	user_rights_finish(&owner);
	free(tops);
}

static bool is_served(const struct running_record *record)
{
	return record->pid > 0 && record->pid_start > 0 &&
	       running_process_start(record->pid) == record->pid_start;
}

static void insert(struct model *model, struct left_session *left)
{
	struct left_session **link = &model->left_sessions;

	while (*link && (*link)->record.created_wall_ns <= left->record.created_wall_ns)
		link = &(*link)->next;
	left->next = *link;
	*link = left;
}

static void look_at(struct model *model, const char *path)
{
	struct left_session *left = mem_zalloc(sizeof(*left));
	struct error err = ERROR_INIT;

	if (!running_record_read(&left->record, path, &err)) {
		log_write(LOG_LEVEL_WARNING, "a session that was left over is passed over: %s",
			  err.message);
		free(left);
		return;
	}
	if (is_served(&left->record)) {
		running_record_finish(&left->record);
		free(left);
		return;
	}
	left->path = mem_strdup(path);
	if (left->record.waiting_identity[0])
		lifespan_left_waiting(model, left->record.name, left->record.uid,
				      left->record.waiting_identity, left->record.waiting_previous);
	insert(model, left);
	mend(left);
	log_write(LOG_LEVEL_WARNING,
		  "session '%s' was left over by an engine that was killed; 'recover' brings it "
		  "back",
		  left->record.name);
}

static bool is_record(const char *name)
{
	size_t length = strlen(name);

	return name[0] != '.' &&
	       (length < 4 || strcmp(name + length - 4, RUNNING_RECORD_FRESH) != 0);
}

void running_find_left(struct model *model)
{
	char *folder = folder_of(model);
	DIR *entries = folder ? opendir(folder) : NULL;
	struct dirent *entry;
	size_t count = 0;

	while (entries && (entry = readdir(entries)) != NULL && count < LEFT_MAX) {
		char *path = mem_printf("%s/%s", folder, entry->d_name);

		if (is_record(entry->d_name)) {
			look_at(model, path);
			count++;
		}
		free(path);
	}
	if (entries)
		closedir(entries);
	free(folder);
}

static void free_left(struct left_session *left)
{
	running_record_finish(&left->record);
	free(left->path);
	free(left);
}

void running_finish(struct model *model)
{
	while (model->left_sessions) {
		struct left_session *left = model->left_sessions;

		model->left_sessions = left->next;
		free_left(left);
	}
}

struct left_session *running_left(const struct model *model, const struct left_session *left,
				  uid_t uid, const char *name)
{
	struct left_session *next = left ? left->next : model->left_sessions;

	while (next && ((uid != 0 && uid != next->record.uid) ||
			(name && strcmp(name, next->record.name) != 0)))
		next = next->next;
	return next;
}

static bool is_in_use(const struct model *model, const char *output)
{
	for (size_t i = 0; i < model->session_count; i++)
		if (model->sessions[i]->was_started &&
		    strcmp(shared_text_str(model->sessions[i]->output), output) == 0)
			return true;
	return false;
}

bool running_archive(struct model *model, const struct left_session *left, uint64_t *next_id,
		     void (*archived)(void *data, const struct chunk_info *chunk), void *data,
		     struct error *err)
{
	const char *output = left->record.output;
	struct leftover_place place;
	struct user_rights owner;
	const char **tops;
	bool is_good;

	*next_id = 0;
	if (!output[0])
		return true;
	if (is_in_use(model, output))
		return error_set(err, ERROR_STATE,
				 "a session records to '%s' at present; destroy it first", output);
	tops = mem_alloc((source_count + 1) * sizeof(*tops));
	user_rights_init(&owner, left->record.uid, left->record.gid);
	place = place_of(left, &owner, tops);
	is_good = leftover_archive(&place, next_id, archived, data, err);
	user_rights_finish(&owner);
	free(tops);
	return is_good;
}

struct session *running_restore(struct model *model, const struct left_session *left,
				uint64_t first_chunk_id, struct word_list *warnings,
				struct error *err)
{
	const struct running_record *record = &left->record;
	struct saved_wish wish = {
		.uid = record->uid,
		.gid = record->gid,
		.traces = model->places->traces,
		.name = record->name,
		.output = record->output[0] ? record->output : NULL,
	};
	struct xml *document = xml_parse(record->configuration, strlen(record->configuration), err);
	const struct xml_node *saved = document ? saved_first(document, err) : NULL;
	struct session *session = NULL;
	bool was_started;

	if (saved)
		session = saved_restore(model, saved, &wish, &was_started, warnings, err);
	if (session)
		session->first_chunk_id = first_chunk_id;
	xml_destroy(document);
	return session;
}

void running_drop(struct model *model, struct left_session *left)
{
	char *fresh;

	for (struct left_session **link = &model->left_sessions; *link; link = &(*link)->next) {
		if (*link != left)
			continue;
		*link = left->next;
		break;
	}
	fresh = mem_printf("%s" RUNNING_RECORD_FRESH, left->path);
	unlink(left->path);
	unlink(fresh); /* its engine was killed while it wrote */
	free(fresh);
	free_left(left);
}
