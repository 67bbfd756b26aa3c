/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Appends records and follows what was appended by all; see journal.h. */
#include "backend/identity/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/fd.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/base/uuid.h"
#include "backend/identity/fold.h"
#include "backend/identity/otlp.h"

/* Of a longer journal only the end is looked at: a few thousand sessions. */
#define LOOK_BACK_BYTES	  ((off_t)2 * 1024 * 1024)
#define NOTES_BYTES_MAX	  ((off_t)16 * 1024 * 1024) /* in a larger file: starts and ends only */
#define STAT_BYTES_MAX	  4096
#define STAT_START_NUMBER 20 /* proc(5): starttime, counted from the field behind the name */

struct journal {
	char *path;
	int fd;
	off_t read_to; /* what lies before is in the fold */
	bool is_torn;  /* the file ends within a line */
	uint64_t lost_count;
	struct fold *fold;
	struct otlp_counts counts;
	struct otlp_emitter emitter;
	void (*appended)(void *data); /* or NULL */
	void *data;
};

/* --- who is who */

/* 0: no such process runs. */
static uint64_t process_start(pid_t pid)
{
	char path[64];
	char *content, *at;
	size_t length;
	uint64_t start = 0;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (!fd_read_file(path, STAT_BYTES_MAX, &content, &length, NULL))
		return 0;
	at = strrchr(content, ')');
	if (at && strncmp(at, ") Z", 3) == 0) /* nobody has waited for it yet */
		at = NULL;
	for (int i = 0; at && i < STAT_START_NUMBER; i++)
		at = strchr(at + 1, ' ');
	if (at)
		start = strtoull(at + 1, NULL, 10);
	free(content);
	return start;
}

static void describe_us(struct otlp_emitter *emitter, const char *host_name)
{
	char text[UUID_TEXT_MAX];
	struct uuid uuid;

	uuid_make_random(&uuid);
	emitter->service = mem_strdup("tracon");
	emitter->instance = mem_strdup(uuid_text(text, &uuid));
	emitter->host = mem_strdup(host_name);
	emitter->boot = mem_strdup(uuid_read_boot_id(&uuid) ? uuid_text(text, &uuid) : "");
	emitter->pid = getpid();
	emitter->start = process_start(emitter->pid);
}

/* Only of what says enough: of others' sessions nothing is known. */
static bool is_gone(const struct journal *journal, const char *emitter_line)
{
	struct otlp_emitter emitter;
	bool is_known, is_running;

	otlp_emitter_parse(emitter_line, &emitter);
	is_known = emitter.pid > 0 && emitter.start && *emitter.boot && *journal->emitter.boot &&
		   strcmp(emitter.host, journal->emitter.host) == 0;
	is_running = is_known && strcmp(emitter.boot, journal->emitter.boot) == 0 &&
		     process_start(emitter.pid) == emitter.start;
	otlp_emitter_finish(&emitter);
	return is_known && !is_running;
}

/* --- reading */

static void take_lines(struct journal *journal, const char *bytes, size_t length)
{
	const char *newline;

	while ((newline = memchr(bytes, '\n', length))) {
		size_t part = (size_t)(newline - bytes);

		otlp_read(bytes, part, journal->fold, &journal->counts);
		journal->read_to += (off_t)part + 1;
		bytes = newline + 1;
		length -= part + 1;
	}
	journal->is_torn = length > 0;
}

/* What we and others have appended since the last time. */
static void catch_up(struct journal *journal)
{
	struct stat status;
	char *bytes;
	ssize_t length;

	if (journal->fd < 0 || fstat(journal->fd, &status) < 0 || status.st_size == 0)
		return;
	if (status.st_size < journal->read_to) /* somebody emptied it */
		journal->read_to = 0;
	if (status.st_size - journal->read_to > LOOK_BACK_BYTES)
		journal->read_to = status.st_size - LOOK_BACK_BYTES;
	bytes = mem_alloc((size_t)(status.st_size - journal->read_to) + 1);
	length = pread(journal->fd, bytes, (size_t)(status.st_size - journal->read_to),
		       journal->read_to);
	if (length > 0)
		take_lines(journal, bytes, (size_t)length);
	free(bytes);
}

/* --- writing */

static bool open_file(struct journal *journal, struct error *err)
{
	struct stat status;

	if (journal->fd >= 0)
		return true;
	journal->fd = open(journal->path,
			   O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (journal->fd < 0)
		return error_set_errno(err, errno, "cannot open it");
	if (fstat(journal->fd, &status) == 0 && S_ISREG(status.st_mode))
		return true;
	fd_close(&journal->fd);
	return error_set(err, ERROR_DENIED, "it is no regular file");
}

static bool write_line(struct journal *journal, const struct text *line, struct error *err)
{
	ssize_t written;

	if (!open_file(journal, err))
		return false;
	do {
		written = write(journal->fd, line->bytes, line->length);
	} while (written < 0 && errno == EINTR);
	if (written == (ssize_t)line->length)
		return true;
	if (written < 0)
		return error_set_errno(err, errno, "cannot write");
	journal->is_torn = true; /* the next one begins with a new line */
	return error_set(err, ERROR_NO_SPACE, "the disk is full");
}

/* One write per line: whole lines, whoever else appends. Takes the record. */
static void append(struct journal *journal, struct json *record)
{
	struct error err = ERROR_INIT;
	struct text line = {0};

	catch_up(journal);
	if (journal->is_torn)
		text_add_char(&line, '\n');
	json_print(record, &line);
	json_unref(record);
	text_add_char(&line, '\n');
	if (journal->path && !write_line(journal, &line, &err)) {
		journal->lost_count++;
		log_write(LOG_LEVEL_ERROR,
			  "the journal '%s' lacks a record (%" PRIu64 " by now): %s", journal->path,
			  journal->lost_count, err.message);
	}
	text_finish(&line);
	if (journal->appended)
		journal->appended(journal->data);
}

static void add_identity(struct json *attributes, const struct journal_session *session)
{
	otlp_add_text(attributes, "session.id", session->id);
	otlp_add_text(attributes, "tracon.session.name", session->name);
	otlp_add_u64(attributes, "tracon.session.user", session->uid);
}

void journal_start(struct journal *journal, const struct journal_session *session, uint64_t wall_ns)
{
	struct json *attributes;
	struct json *record;

	if (!journal)
		return;
	record = otlp_log(&journal->emitter, "session.start", wall_ns, clock_wall_ns(),
			  OTLP_SEVERITY_INFO, &attributes);
	add_identity(attributes, session);
	if (*session->previous_id)
		otlp_add_text(attributes, "session.previous_id", session->previous_id);
	append(journal, record);
}

void journal_end(struct journal *journal, const struct journal_session *session,
		 const struct journal_end *end)
{
	bool is_bad = end->discarded_events > 0 || strcmp(end->reason, "crash") == 0;
	struct json *attributes;
	struct json *record;

	if (!journal)
		return;
	record = otlp_log(&journal->emitter, "session.end", end->wall_ns, end->observed_ns,
			  is_bad ? OTLP_SEVERITY_WARN : OTLP_SEVERITY_INFO, &attributes);
	add_identity(attributes, session);
	otlp_add_text(attributes, "tracon.session.end.reason", end->reason);
	if (end->has_totals) {
		otlp_add_u64(attributes, "tracon.event.recorded", end->recorded_events);
		otlp_add_u64(attributes, "tracon.event.discarded", end->discarded_events);
	}
	append(journal, record);
}

static bool has_room_for_notes(const struct journal *journal)
{
	struct stat status;

	return journal->fd < 0 || fstat(journal->fd, &status) < 0 ||
	       status.st_size < NOTES_BYTES_MAX;
}

void journal_note(struct journal *journal, const struct journal_session *session,
		  const struct journal_note *note)
{
	struct json *attributes;
	struct json *record;

	if (!journal)
		return;
	if (!has_room_for_notes(journal)) {
		journal->lost_count++;
		return;
	}
	record = otlp_log(&journal->emitter, note->event, note->wall_ns, clock_wall_ns(),
			  OTLP_SEVERITY_INFO, &attributes);
	add_identity(attributes, session);
	for (const struct journal_text *text = note->texts; text && text->key; text++)
		otlp_add_text(attributes, text->key, text->value);
	for (const struct journal_number *number = note->numbers; number && number->key; number++)
		otlp_add_u64(attributes, number->key, number->value);
	append(journal, record);
}

/* --- what went before */

struct crashed {
	char *id;
	char *name;
	uid_t uid;
	uint64_t seen_ns;
};

static void end_crashed(struct journal *journal, const struct crashed *crashed)
{
	const struct journal_session session = {
		.id = crashed->id,
		.previous_id = "",
		.name = crashed->name,
		.uid = crashed->uid,
	};
	const struct journal_end end = {
		.reason = "crash",
		.wall_ns = crashed->seen_ns,
		.observed_ns = clock_wall_ns(),
	};

	journal_end(journal, &session, &end);
}

/* Copies first: what is written changes the fold. */
static void end_all_crashed(struct journal *journal)
{
	size_t count;
	struct fold_session *sessions = fold_sessions(journal->fold, &count);
	struct crashed *crashed = mem_zalloc((count + 1) * sizeof(*crashed));
	size_t crashed_count = 0;

	for (size_t i = 0; i < count; i++)
		if (sessions[i].state == FOLD_ACTIVE && is_gone(journal, sessions[i].emitter))
			crashed[crashed_count++] = (struct crashed){
				.id = mem_strdup(sessions[i].id),
				.name = mem_strdup(sessions[i].name),
				.uid = (uid_t)strtoul(sessions[i].user, NULL, 10),
				.seen_ns = sessions[i].seen_ns,
			};
	free(sessions);
	for (size_t i = 0; i < crashed_count; i++) {
		end_crashed(journal, &crashed[i]);
		free(crashed[i].id);
		free(crashed[i].name);
	}
	free(crashed);
}

char *journal_last(struct journal *journal, uid_t uid, const char *name)
{
	const struct fold_session *last = NULL;
	struct fold_session *sessions;
	bool is_live = false;
	char user[24];
	char *id = NULL;
	size_t count;

	if (!journal)
		return NULL;
	snprintf(user, sizeof(user), "%u", (unsigned int)uid);
	catch_up(journal);
	sessions = fold_sessions(journal->fold, &count);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(sessions[i].name, name) != 0 || strcmp(sessions[i].user, user) != 0)
			continue;
		is_live = is_live || sessions[i].state == FOLD_ACTIVE;
		if (!last || sessions[i].begin_ns >= last->begin_ns)
			last = &sessions[i];
	}
	if (last && !is_live)
		id = mem_strdup(last->id);
	free(sessions);
	return id;
}

bool journal_knows(struct journal *journal, const char *id, bool *goes_on)
{
	struct fold_session *sessions;
	bool is_known = false;
	size_t count;

	*goes_on = false;
	if (!journal)
		return false;
	catch_up(journal);
	sessions = fold_sessions(journal->fold, &count);
	for (size_t i = 0; i < count; i++)
		if (strcmp(sessions[i].id, id) == 0) {
			is_known = true;
			*goes_on = sessions[i].state == FOLD_ACTIVE;
		}
	free(sessions);
	return is_known;
}

uint64_t journal_lost(const struct journal *journal)
{
	return journal ? journal->lost_count : 0;
}

const struct otlp_emitter *journal_emitter(const struct journal *journal)
{
	return &journal->emitter;
}

static bool is_ours(const char *key)
{
	static const char *const keys[] = {"service.name", "service.version", "service.instance.id",
					   "host.name",	   "os.type",	      "process.pid"};

	for (size_t i = 0; i < COUNT_OF(keys); i++)
		if (strcmp(key, keys[i]) == 0)
			return true;
	return strncmp(key, "tracon.", strlen("tracon.")) == 0;
}

void journal_set_service(struct journal *journal, const char *name, const struct word_list *extra)
{
	if (name) {
		free(journal->emitter.service);
		journal->emitter.service = mem_strdup(name);
	}
	for (size_t i = 0; i + 1 < extra->count; i += 2) {
		if (is_ours(extra->words[i]))
			continue;
		word_list_add(&journal->emitter.extra, extra->words[i]);
		word_list_add(&journal->emitter.extra, extra->words[i + 1]);
	}
}

void journal_listen(struct journal *journal, void (*appended)(void *data), void *data)
{
	journal->appended = appended;
	journal->data = data;
}

const char *journal_path(const struct journal *journal)
{
	return journal->path;
}

struct journal *journal_create(const char *path, const char *host_name)
{
	struct journal *journal = mem_zalloc(sizeof(*journal));
	struct error err = ERROR_INIT;

	journal->path = path ? mem_strdup(path) : NULL;
	journal->fd = -1;
	journal->fold = fold_create();
	describe_us(&journal->emitter, host_name);
	if (path && !open_file(journal, &err))
		log_write(LOG_LEVEL_WARNING, "the journal '%s': %s", path, err.message);
	catch_up(journal);
	end_all_crashed(journal);
	return journal;
}

void journal_destroy(struct journal *journal)
{
	if (!journal)
		return;
	fd_close(&journal->fd);
	fold_destroy(journal->fold);
	otlp_emitter_finish(&journal->emitter);
	free(journal->path);
	free(journal);
}
