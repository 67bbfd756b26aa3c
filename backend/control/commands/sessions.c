/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sessions: what became of the sessions in a journal, ours or anyone's. Needs no engine. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "backend/base/as_user.h"
#include "backend/base/clock.h"
#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/base/places.h"
#include "backend/base/text.h"
#include "backend/base/units.h"
#include "backend/control/commands/commands.h"
#include "backend/control/commands/common.h"
#include "backend/identity/journal.h"
#include "backend/identity/otlp.h"
#include "backend/identity/session_id.h"

/* The engine has other things to do than to read for long. */
#define BYTES_MAX_IN_ENGINE ((uint64_t)8 * 1024 * 1024)
#define NAME_BYTES_MAX	    80
/* An engine's own journal has a record every 30 s of who records. */
#define STALE_AFTER_US (30 * UINT64_C(60) * 1000000)

static const char *const state_names[] = {
	[FOLD_UNKNOWN] = "unknown",
	[FOLD_ACTIVE] = "active",
	[FOLD_ENDED] = "ended",
};

/* --- reading */

/* In the engine: with the rights of who asks, and nothing that could be waited for. */
static int open_file(const struct call *call, const char *path, struct error *err)
{
	const struct requester *who = reply_requester(call->reply);
	struct user_rights rights;
	struct stat status;
	bool has_begun;
	int fd;

	user_rights_init(&rights, who->uid, who->gid);
	has_begun = as_user_begin(&rights);
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | (call->model ? O_NONBLOCK : 0));
	if (fd < 0)
		error_set_errno(err, errno, "cannot open it");
	as_user_end(has_begun);
	user_rights_finish(&rights);
	if (fd < 0 || !call->model || (fstat(fd, &status) == 0 && S_ISREG(status.st_mode)))
		return fd;
	fd_close(&fd);
	error_set(err, ERROR_INVALID, "it is no regular file");
	return -1;
}

static bool read_file(const struct call *call, const char *path, struct fold *fold,
		      struct otlp_counts *counts, struct error *err)
{
	int fd = open_file(call, path, err);
	bool is_read = fd >= 0 && otlp_read_file(fd, call->model ? BYTES_MAX_IN_ENGINE : UINT64_MAX,
						 fold, counts, err);

	fd_close(&fd);
	return is_read || error_prefix(err, "cannot read '%s'", path);
}

/* A journal that was never written is an empty one. */
static bool read_own(const struct call *call, struct fold *fold, struct otlp_counts *counts,
		     struct error *err)
{
	struct places places;
	struct stat status;
	bool is_read = true;
	char *path;

	places_find(&places);
	path = mem_printf("%s/" JOURNAL_NAME, places.state ? places.state : "");
	if (places.state && (stat(path, &status) == 0 || errno != ENOENT))
		is_read = read_file(call, path, fold, counts, err);
	free(path);
	places_finish(&places);
	return is_read;
}

static bool read_all(const struct call *call, struct fold *fold, struct otlp_counts *counts,
		     struct error *err)
{
	const struct requester *who = reply_requester(call->reply);

	if (args_count(call->args) == 0)
		return read_own(call, fold, counts, err);
	for (size_t i = 0; i < args_count(call->args); i++) {
		struct otlp_counts one = {0};
		char *path = common_absolute_path(who, args_at(call->args, i));
		bool is_read = read_file(call, path, fold, &one, err);

		free(path);
		if (!is_read)
			return false;
		counts->lines += one.lines;
		counts->bad_lines += one.bad_lines;
		counts->records += one.records;
		counts->invalid += one.invalid;
	}
	return true;
}

/* --- showing */

static void add_padded(struct text *line, const char *text, size_t columns)
{
	size_t before = line->length;

	text_add(line, text);
	while (line->length - before < columns)
		text_add_char(line, ' ');
	text_add_char(line, ' ');
}

static void add_time(struct text *line, bool is_known, uint64_t wall_ns)
{
	char text[CLOCK_TEXT_MAX];

	add_padded(line, is_known ? clock_text_date_time(text, wall_ns) : "-", 15);
}

static void add_untrusted(struct text *line, const char *text, size_t columns)
{
	size_t length = strnlen(text, NAME_BYTES_MAX);
	struct text sane = {0};

	text_add_sane(&sane, text, length, TEXT_SANE_LINE);
	add_padded(line, sane.length ? text_str(&sane) : "-", columns);
	text_finish(&sane);
}

static void add_notes(struct text *line, unsigned int notes)
{
	for (unsigned int i = 0; i < FOLD_NOTE_COUNT; i++)
		if (notes & 1U << i)
			text_addf(line, " %s", fold_note_name((enum fold_note)(1U << i)));
}

static const char *why(const struct fold_session *session)
{
	return session->is_implied ? "continued" : session->reason;
}

/* What was asked for, and when. */
struct view {
	uint64_t now_wall_ns;
	uint64_t stale_after_ns;
};

static bool is_stale(const struct view *view, const struct fold_session *session)
{
	return fold_is_stale(session, view->stale_after_ns, view->now_wall_ns);
}

static void print_session(struct reply *reply, const struct view *view,
			  const struct fold_session *session, bool is_first)
{
	struct text line = {0};

	add_padded(&line, is_stale(view, session) ? "stale" : state_names[session->state], 7);
	add_time(&line, session->has_begin, session->begin_ns);
	add_time(&line, session->has_end, session->end_ns);
	add_untrusted(&line, why(session), 12);
	add_untrusted(&line, session->id, 36);
	add_untrusted(&line, session_id_short(session->previous), 9);
	text_add(&line, is_first ? "" : "  ");
	add_untrusted(&line, session->name, 0);
	add_notes(&line, session->notes);
	while (line.length > 0 && line.bytes[line.length - 1] == ' ')
		line.bytes[--line.length] = '\0';
	reply_print(reply, "%s\n", text_str(&line));
	text_finish(&line);
}

static void print_all(struct reply *reply, const struct view *view,
		      const struct fold_session *sessions, size_t count)
{
	if (count == 0) {
		reply_print(reply, "No session in the journal.\n");
		return;
	}
	reply_print(reply, "%-7s %-15s %-15s %-12s %-36s %-9s %s\n", "STATE", "START", "END", "WHY",
		    "ID", "CONTINUES", "SESSION");
	for (size_t i = 0; i < count; i++)
		print_session(reply, view, &sessions[i], sessions[i].root == i);
}

static void put_time(struct json *object, const char *name, bool is_known, uint64_t wall_ns)
{
	if (is_known)
		json_put_u64(object, name, wall_ns);
	else
		json_put_null(object, name);
}

static void put_session(struct json *object, const struct view *view,
			const struct fold_session *session, const char *root)
{
	struct otlp_emitter emitter;
	struct json *notes;

	otlp_emitter_parse(session->emitter, &emitter);
	json_put_text(object, "session_id", session->id);
	json_put_text(object, "session_previous_id", session->previous);
	json_put_text(object, "lineage", root);
	json_put_text(object, "state", state_names[session->state]);
	json_put_bool(object, "stale", is_stale(view, session));
	put_time(object, "start_ns", session->has_begin, session->begin_ns);
	put_time(object, "end_ns", session->has_end, session->end_ns);
	put_time(object, "seen_ns", session->seen_ns > 0, session->seen_ns);
	json_put_bool(object, "end_implied", session->is_implied);
	json_put_text(object, "end_reason", session->reason);
	json_put_text(object, "name", session->name);
	json_put_text(object, "user", session->user);
	json_put_text(object, "service", emitter.service);
	json_put_text(object, "host", emitter.host);
	notes = json_put_array(object, "notes");
	for (unsigned int i = 0; i < FOLD_NOTE_COUNT; i++)
		if (session->notes & 1U << i)
			json_add_text(notes, fold_note_name((enum fold_note)(1U << i)));
	otlp_emitter_finish(&emitter);
}

static void put_all(struct json *output, const struct view *view,
		    const struct fold_session *sessions, size_t count)
{
	struct json *list = json_put_array(output, "sessions");

	for (size_t i = 0; i < count; i++)
		put_session(json_add_object(list), view, &sessions[i],
			    sessions[sessions[i].root].id);
}

static void put_counts(struct json *output, const struct otlp_counts *counts,
		       const struct fold_counts *folded)
{
	json_put_u64(output, "lines", counts->lines);
	json_put_u64(output, "bad_lines", counts->bad_lines);
	json_put_u64(output, "records", counts->records);
	json_put_u64(output, "invalid", counts->invalid);
	json_put_u64(output, "duplicates", folded->duplicates);
	json_put_u64(output, "ignored", folded->ignored);
}

static void warn(struct reply *reply, const struct otlp_counts *counts,
		 const struct fold_counts *folded)
{
	if (counts->bad_lines)
		reply_warn(reply, "%" PRIu64 " of %" PRIu64 " lines are no OTLP JSON",
			   counts->bad_lines, counts->lines);
	if (counts->invalid)
		reply_warn(reply, "%" PRIu64 " starts or ends have no usable session.id",
			   counts->invalid);
	if (folded->duplicates)
		reply_warn(reply, "%" PRIu64 " starts or ends came more than once",
			   folded->duplicates);
	if (folded->ignored)
		reply_warn(reply, "%" PRIu64 " records of more than %d sessions were left out",
			   folded->ignored, FOLD_SESSIONS_MAX);
}

static bool parse_view(const struct args *args, struct view *view, struct error *err)
{
	uint64_t stale_after_us = STALE_AFTER_US;

	if (!common_time(args, "stale-after", &stale_after_us, err))
		return false;
	view->now_wall_ns = clock_wall_ns();
	view->stale_after_ns = stale_after_us * NS_PER_US;
	return true;
}

static void run(struct call *call)
{
	struct otlp_counts counts = {0};
	struct fold *fold = fold_create();
	struct error err = ERROR_INIT;
	struct fold_session *sessions;
	struct view view;
	size_t count;

	if (!parse_view(call->args, &view, &err) || !read_all(call, fold, &counts, &err)) {
		fold_destroy(fold);
		reply_fail(call->reply, &err);
		return;
	}
	sessions = fold_sessions(fold, &count);
	warn(call->reply, &counts, fold_counts(fold));
	print_all(call->reply, &view, sessions, count);
	put_all(reply_json(call->reply), &view, sessions, count);
	put_counts(reply_json(call->reply), &counts, fold_counts(fold));
	free(sessions);
	fold_destroy(fold);
	reply_done(call->reply, STATUS_OK);
}

static const struct option_spec sessions_options[] = {
	{"stale-after", 0, OPTION_TEXT, "TIME",
	 "call a session stale that has no end and of which nothing was heard this long (30m)",
	 COMPLETE_NOTHING},
};

const struct command sessions_command = {
	.name = "sessions",
	.usage = "[--stale-after=TIME] [FILE...]",
	.help = "Show what became of the sessions in a journal.",
	.description =
		"Reads session.start and session.end records, OpenTelemetry's logs as JSON (one "
		"request on a line, or one object), and shows each session with its state, who it "
		"continues, and what is odd about its records. Their order doesn't matter. Without "
		"FILE it is tracon's own journal: sessions.jsonl in the state directory. Sessions "
		"that continue each other stand together, the first one first. A stale one may "
		"have "
		"ended without a word, or nothing was recorded for a while.",
	.options = sessions_options,
	.option_count = COUNT_OF(sessions_options),
	.argument_max = SIZE_MAX,
	.complete = COMPLETE_FILE,
	.flags = COMMAND_LOCAL,
	.run = run,
};
