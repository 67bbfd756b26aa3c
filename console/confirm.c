/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What would be lost, in words that name the object and whether there is a way back. */
#include "console/confirm.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/control/command.h"
#include "console/inverse.h"
#include "console/state.h"

/* A configuration that is saved before its session is destroyed can be loaded again. */
static bool can_save(const struct console *console)
{
	char *directory = inverse_directory(console->places);

	free(directory);
	return directory != NULL;
}

/* What a snapshot session holds is in memory only. */
static const char *what_stays(const struct picture_session *session)
{
	if (session->mode != PICTURE_MODE_SNAPSHOT)
		return "Trace files stay";
	return session->was_started ? "What no snapshot has is lost; snapshots stay"
				    : "Snapshots stay";
}

static void describe_destroy(struct console *console, const struct word_list *words,
			     const char *line, struct text *out)
{
	const struct picture *picture = console_picture_acquire(console);
	const struct picture_session *session =
		picture_session(picture, console->selection.session_id);

	for (size_t i = 0; words->count > 1 && i < picture->session_count; i++) {
		if (!strcmp(picture->sessions[i].name, words->words[words->count - 1]))
			session = &picture->sessions[i];
	}
	if (session)
		text_addf(out, "Destroy session \"%s\" (%s, %zu channel%s)? %s%s.", session->name,
			  session->is_active ? "running" : "stopped", session->channel_count,
			  session->channel_count == 1 ? "" : "s", what_stays(session),
			  can_save(console) ? ", u brings it back" : "; no way back");
	else
		text_addf(out, "Run \"%s\"?", line);
	console_picture_release(console);
}

static bool names_all(const struct word_list *words)
{
	for (size_t i = 1; i < words->count; i++) {
		if (!strcmp(words->words[i], "-a") || !strcmp(words->words[i], "--all"))
			return true;
	}
	return false;
}

static size_t active_count(struct console *console)
{
	const struct picture *picture = console_picture_acquire(console);
	size_t count = picture->active_count;

	console_picture_release(console);
	return count;
}

/* What only looks or chooses what is looked at. */
static bool changes_nothing(const struct command *command)
{
	static const char *const names[] = {"list", "status", "help",  "version",
					    "view", "save",   "stats", "set-session"};

	for (size_t i = 0; i < COUNT_OF(names); i++) {
		if (!strcmp(names[i], command->name))
			return true;
	}
	return command->flags & COMMAND_LOCAL;
}

static bool is_clear(const struct command *command)
{
	return !strcmp(command->name, "clear");
}

/* What a snapshot session holds is in memory only, and goes with it. */
static bool stops_unsaved(struct console *console, const struct word_list *words)
{
	const struct picture *picture = console_picture_acquire(console);
	bool is_unsaved = false;

	for (size_t i = 0; i < picture->session_count; i++) {
		const struct picture_session *session = &picture->sessions[i];
		bool is_meant = words->count > 1
					? !strcmp(session->name, words->words[words->count - 1])
					: session->id == console->selection.session_id;

		is_unsaved |= is_meant && session->mode == PICTURE_MODE_SNAPSHOT &&
			      session->is_active && session->chunk_count == 0;
	}
	console_picture_release(console);
	return is_unsaved;
}

/* Before "Run": what the command takes with it for good. */
static const char *what_is_lost(struct console *console, const struct word_list *words)
{
	const struct command *known = command_resolve(words->words[0], true, NULL);

	if (known && is_clear(known))
		return "What was recorded is deleted, no way back. Run ";
	if (known && !strcmp(known->name, "stop") && stops_unsaved(console, words))
		return "No snapshot was recorded; it can be until the session is destroyed. Run ";
	return "Run ";
}

bool confirm_is_needed(struct console *console, const struct word_list *words, bool is_key)
{
	const struct command *known = command_resolve(words->words[0], true, NULL);
	enum settings_confirm wish = console->settings.confirm;

	if (!known || !console->screen || wish == CONFIRM_NEVER)
		return false;
	if (wish == CONFIRM_ALWAYS && is_key && !changes_nothing(known))
		return true;
	/* Nothing is lost when nothing runs; when something does, quit itself refuses. */
	if (!strcmp(known->name, "quit"))
		return words->count > 1 && active_count(console) > 0;
	if (!strcmp(known->name, "stop"))
		return stops_unsaved(console, words);
	return known->flags & COMMAND_ASKS || is_clear(known);
}

enum question_kind confirm_question(struct console *console, const struct word_list *words,
				    const char *line, struct text *out)
{
	const struct command *known = command_resolve(words->words[0], true, NULL);

	if (names_all(words)) {
		text_addf(out, "%s\"%s\"? Type yes:", what_is_lost(console, words), line);
		return QUESTION_YES;
	}
	if (known && !strcmp(known->name, "destroy"))
		describe_destroy(console, words, line, out);
	else
		text_addf(out, "%s\"%s\"?", what_is_lost(console, words), line);
	text_add(out, " [y/N]");
	return QUESTION_LETTER;
}
