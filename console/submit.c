/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A script is what one line, key or file holds. Its commands run in order: each one's answer, which
 * comes from the control thread by message, starts the next.
 */
#include "console/submit.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/control/command.h"
#include "console/action.h"
#include "console/confirm.h"
#include "console/inverse.h"
#include "console/state.h"
#include "console/verb.h"

struct script_command {
	char *text;
	struct word_list words;
	unsigned int line;
	unsigned int depth; /* of aliases that it came from */
	bool is_own;	    /* ours, before one of the person's: saving what will be destroyed */
};

struct script {
	struct console *console;
	enum submit_origin origin;
	char *file;
	bool says_yes;
	struct script_command *commands;
	size_t count, room;
	size_t next;
	size_t confirmed; /* that many commands were asked about and answered with yes */
	bool is_unsaved;  /* what will be destroyed could not be saved */
	size_t prepared;  /* what has to be done before that many commands is done */
	unsigned int failure_count;
	struct text inverse;	   /* takes back what was done so far; last first */
	struct text inverse_title; /* what that is */
	struct text final_title;   /* the last one that nothing takes back */
};

/* One command that the backend works on. */
struct job {
	struct script *script;
	const struct script_command *command; /* the script's */
	uint64_t newest_session_id;	      /* before it ran */
	uint64_t log_serial;		      /* likewise */
	struct text result;		      /* last line of output */
	struct text complaint;		      /* first line of errors */
	struct text detail;		      /* all lines, as many as the log keeps */
	struct text inverse;		      /* takes it back, if it succeeds */
	bool is_final;			      /* nothing takes it back */
};

enum step { STEP_DONE, STEP_FAILED, STEP_WAITS };

static void run_script(struct script *script);

/* ---- scripts ---- */

static void script_destroy(struct script *script)
{
	for (size_t i = 0; i < script->count; i++) {
		free(script->commands[i].text);
		word_list_finish(&script->commands[i].words);
	}
	if (script->inverse.length > 0)
		undo_push_command(&script->console->undo, text_str(&script->inverse_title),
				  text_str(&script->inverse));
	if (script->final_title.length > 0)
		undo_push_final(&script->console->undo, text_str(&script->final_title));
	text_finish(&script->inverse);
	text_finish(&script->inverse_title);
	text_finish(&script->final_title);
	free(script->commands);
	free(script->file);
	free(script);
}

static char *trimmed(const char *begin, const char *end)
{
	while (end > begin && (end[-1] == ';' || end[-1] == ' ' || end[-1] == '\n'))
		end--;
	while (begin < end && *begin == ' ')
		begin++;
	return mem_strndup(begin, (size_t)(end - begin));
}

static void tell_error(struct script *script, unsigned int line, const char *command,
		       const struct error *err)
{
	script->failure_count++;
	if (script->origin == FROM_FILE) {
		log_write(LOG_LEVEL_ERROR, "%s:%u: %s", script->file, line, err->message);
		return;
	}
	console_complain(script->console, command, err);
}

static void add_command(struct script *script, char *text, struct word_list words,
			unsigned int line)
{
	script->commands =
		mem_grow(script->commands, script->count, &script->room, sizeof(*script->commands));
	script->commands[script->count++] =
		(struct script_command){.text = text, .words = words, .line = line};
}

static void add_line(struct script *script, const char *bytes, unsigned int line)
{
	while (*bytes) {
		struct word_list words = {0};
		struct error err = ERROR_INIT;
		const char *rest;

		if (!text_split_command(bytes, &words, &rest, &err)) {
			tell_error(script, line, bytes, &err);
			return;
		}
		if (words.count > 0)
			add_command(script, trimmed(bytes, rest), words, line);
		else
			word_list_finish(&words);
		bytes = rest;
	}
}

/* Puts the commands of the text in front of others. Returns how many. */
static size_t insert_line(struct script *script, size_t at, const char *text, unsigned int line)
{
	size_t before = script->count, added;
	struct script_command *copy;

	add_line(script, text, line);
	added = script->count - before;
	if (added == 0 || at >= before)
		return added;
	copy = mem_zalloc(added * sizeof(*copy));
	memcpy(copy, script->commands + before, added * sizeof(*copy));
	memmove(script->commands + at + added, script->commands + at,
		(before - at) * sizeof(*copy));
	memcpy(script->commands + at, copy, added * sizeof(*copy));
	free(copy);
	return added;
}

static void insert_own(struct script *script, size_t at, const char *text)
{
	if (insert_line(script, at, text, 0) > 0)
		script->commands[at].is_own = true;
}

static void submit(struct console *console, enum submit_origin origin, const char *file,
		   const char *text, bool says_yes)
{
	struct script *script = mem_zalloc(sizeof(*script));
	char *copy = mem_strdup(text);
	char *rest = copy;
	unsigned int number = 0;

	script->console = console;
	script->origin = origin;
	script->says_yes = says_yes;
	script->file = mem_strdup(file ? file : "");
	while (rest) {
		char *line = strsep(&rest, "\n");

		add_line(script, line, ++number);
	}
	free(copy);
	run_script(script);
}

void submit_text(struct console *console, enum submit_origin origin, const char *file,
		 const char *text)
{
	submit(console, origin, file, text, origin == FROM_FILE);
}

void submit_confirmed(struct console *console, const char *command)
{
	submit(console, FROM_KEY, NULL, command, true);
}

/* ---- answers ---- */

struct answer {
	struct message message;
	struct job *job;
	enum answer_kind kind;
	bool is_done;
	int status;
	size_t length;
	char bytes[];
};

static uint64_t newest_session(struct console *console)
{
	const struct picture *picture = console_picture_acquire(console);
	uint64_t newest = 0;

	for (size_t i = 0; i < picture->session_count; i++) {
		if (picture->sessions[i].id > newest)
			newest = picture->sessions[i].id;
	}
	console_picture_release(console);
	return newest;
}

static uint64_t session_of_name(struct console *console, const char *name)
{
	const struct picture *picture = console_picture_acquire(console);
	uint64_t id = 0;

	for (size_t i = 0; i < picture->session_count; i++) {
		if (!strcmp(picture->sessions[i].name, name))
			id = picture->sessions[i].id;
	}
	console_picture_release(console);
	return id;
}

/* What a command made or named becomes the selected session. */
static void follow_command(const struct job *job)
{
	struct console *console = job->script->console;
	char **words = job->command->words.words;
	size_t count = job->command->words.count;
	uint64_t id = 0;

	if (!console->backend)
		return;
	if (!strcmp(words[0], "set-session") && count == 2)
		id = session_of_name(console, words[1]);
	else if (job->script->origin != FROM_FILE)
		id = newest_session(console);
	if (id == 0 || (id == job->newest_session_id && strcmp(words[0], "set-session") != 0))
		return;
	console->selection = (struct selection){.session_id = id};
}

static enum notice_level notice_level_of(const struct job *job, int status)
{
	if (status != STATUS_OK && status != STATUS_WARNING)
		return NOTICE_ERROR;
	return job->complaint.length > 0 ? NOTICE_WARNING : NOTICE_INFO;
}

/* Later commands are taken back before earlier ones. */
static void keep_inverse(struct script *script, const char *title, const char *inverse)
{
	struct text all = {0};

	if (!*inverse)
		return;
	text_addf(&all, "%s%s%s", inverse, script->inverse.length ? "; " : "",
		  text_str(&script->inverse));
	text_addf(&script->inverse_title, "%s%s", script->inverse_title.length ? "; " : "", title);
	text_finish(&script->inverse);
	script->inverse = all;
}

static void keep_way_back(struct job *job)
{
	struct script *script = job->script;
	struct console *console = script->console;

	if (script->origin != FROM_KEY && script->origin != FROM_PROMPT)
		return;
	if (console->backend && !job->command->is_own) {
		inverse_add_made(console_picture_acquire(console), job->newest_session_id,
				 &job->command->words, &job->inverse);
		console_picture_release(console);
	}
	keep_inverse(script, job->command->text, text_str(&job->inverse));
	if (!job->is_final)
		return;
	text_clear(&script->final_title);
	text_add(&script->final_title, job->command->text);
}

static bool has_several_lines(const struct text *text)
{
	const char *end = strchr(text_str(text), '\n');

	return end && end[1];
}

/* As the backend writes it with what it logs. */
static void add_words(const struct word_list *words, struct text *out)
{
	for (size_t i = 0; i < words->count; i++) {
		text_add(out, i > 0 ? " " : "");
		text_add_quoted(out, words->words[i]);
	}
}

/* What was logged of the command gets the whole of it: the line, the status, all that was said. */
static void explain(struct job *job, enum notice_level level, int status, const char *text)
{
	struct text command = {0}, detail = {0};

	add_words(&job->command->words, &command);
	text_addf(&detail, "tracon> %s\n%s", job->command->text, text_str(&job->detail));
	if (job->detail.length > 0 && job->detail.bytes[job->detail.length - 1] != '\n')
		text_add_char(&detail, '\n');
	text_addf(&detail, "status %d: %s\n", status,
		  level == NOTICE_ERROR ? "failed" : "done, with warnings");
	if (log_explain(job->log_serial, text_str(&command), text_str(&detail)) == 0)
		log_command_detail(level == NOTICE_ERROR ? LOG_LEVEL_ERROR : LOG_LEVEL_WARNING,
				   job->command->text, text, text_str(&detail));
	text_finish(&command);
	text_finish(&detail);
}

static void show_result(struct job *job, int status)
{
	struct script *script = job->script;
	enum notice_level level = notice_level_of(job, status);
	const char *text = text_str(level == NOTICE_INFO ? &job->result : &job->complaint);

	if (job->command->is_own && level == NOTICE_INFO)
		return;
	if (!*text)
		text = level == NOTICE_ERROR ? "failed" : "done";
	if (script->origin == FROM_FILE) {
		if (level == NOTICE_ERROR)
			log_write(LOG_LEVEL_ERROR, "%s:%u: %s", script->file, job->command->line,
				  text);
		return;
	}
	if (level == NOTICE_INFO)
		log_command_detail(LOG_LEVEL_INFO, job->command->text, text,
				   has_several_lines(&job->detail) ? text_str(&job->detail) : NULL);
	else
		explain(job, level, status, text);
	console_tell(script->console, level, job->command->text, "%s", text);
}

static void job_destroy(struct job *job)
{
	text_finish(&job->result);
	text_finish(&job->complaint);
	text_finish(&job->detail);
	text_finish(&job->inverse);
	free(job);
}

static void finish_job(struct job *job, int status)
{
	struct script *script = job->script;
	struct console *console = script->console;
	bool is_failed = status != STATUS_OK && status != STATUS_WARNING;
	bool is_own = job->command->is_own;

	console->running_count--;
	output_end_line(&console->output, ROLE_NORMAL);
	if (!is_failed)
		follow_command(job);
	if (!is_failed)
		keep_way_back(job);
	show_result(job, status);
	if (!is_own)
		shown_outdate(console);
	job_destroy(job);
	console_draw_soon(console);
	if (is_failed && is_own) {
		script->is_unsaved = true;
	} else if (is_failed) {
		script->failure_count++;
		if (script->origin != FROM_FILE)
			script->next = script->count;
	}
	run_script(script);
}

/* "Error: no such session" → "no such session": the message line has its own mark. */
static void keep_line(struct job *job, enum answer_kind kind, const char *bytes, size_t length)
{
	static const char *const marks[] = {"Error: ", "Warning: "};

	while (length > 0 && bytes[length - 1] == '\n')
		length--;
	for (size_t i = length; i-- > 0;) {
		if (bytes[i] == '\n') {
			bytes += i + 1;
			length -= i + 1;
			break;
		}
	}
	for (size_t i = 0; kind == ANSWER_ERROR && i < COUNT_OF(marks); i++) {
		size_t mark = strlen(marks[i]);

		if (length > mark && !strncmp(bytes, marks[i], mark)) {
			bytes += mark;
			length -= mark;
		}
	}
	if (length == 0 || (kind == ANSWER_ERROR && job->complaint.length > 0))
		return;
	text_clear(kind == ANSWER_ERROR ? &job->complaint : &job->result);
	text_add_bytes(kind == ANSWER_ERROR ? &job->complaint : &job->result, bytes, length);
}

static void take_answer(struct message *message)
{
	struct answer *answer = CONTAINER_OF(message, struct answer, message);
	struct job *job = answer->job;
	struct console *console = job->script->console;

	if (answer->is_done) {
		finish_job(job, answer->status);
	} else {
		size_t before = console->output.count;

		output_add(&console->output, answer->kind == ANSWER_ERROR ? ROLE_ERR : ROLE_NORMAL,
			   answer->bytes, answer->length);
		console->answer_lines += console->output.count - before;
		keep_line(job, answer->kind, answer->bytes, answer->length);
		if (job->detail.length < LOG_DETAIL_MAX)
			text_add_bytes(&job->detail, answer->bytes, answer->length);
		console_draw_soon(console);
	}
	free(answer);
}

static void send_answer(struct job *job, struct answer *answer)
{
	answer->message.run = take_answer;
	answer->job = job;
	queue_send(job->script->console->answers, &answer->message);
}

/* Control thread: nothing of the job is touched here but what never changes. */
static void answer_written(void *data, enum answer_kind kind, const char *bytes, size_t length)
{
	struct answer *answer = mem_zalloc(sizeof(*answer) + length);

	answer->kind = kind;
	answer->length = length;
	memcpy(answer->bytes, bytes, length);
	send_answer(data, answer);
}

static void answer_done(void *data, int status)
{
	struct answer *answer = mem_zalloc(sizeof(*answer));

	answer->is_done = true;
	answer->status = status;
	send_answer(data, answer);
}

/* ---- running ---- */

static char *selected_name(struct console *console)
{
	const struct picture *picture = console_picture_acquire(console);
	const struct picture_session *session =
		picture_session(picture, console->selection.session_id);
	char *name = session ? mem_strdup(session->name) : NULL;

	console_picture_release(console);
	return name;
}

static void fill_requester(struct console *console, struct requester *who, bool says_yes)
{
	requester_of_this_process(who);
	who->is_console = true;
	who->is_terminal = true;
	who->says_yes = says_yes;
	who->columns = (unsigned int)console->columns;
	who->selected_session = selected_name(console);
	if (console->directory) {
		free(who->directory);
		who->directory = mem_strdup(console->directory);
	}
}

static bool is_undoable_origin(enum submit_origin origin)
{
	return origin == FROM_KEY || origin == FROM_PROMPT;
}

static void add_loads(const struct console *console, const struct word_list *names,
		      struct text *inverse)
{
	char *directory = inverse_directory(console->places);

	for (size_t i = 0; directory && i < names->count; i++) {
		text_addf(inverse, "%sload --force --input-path=", inverse->length ? "; " : "");
		text_add_quoted(inverse, directory);
		text_add(inverse, " ");
		text_add_quoted(inverse, names->words[i]);
	}
	free(directory);
}

static void find_inverse(const struct script *script, const struct script_command *command,
			 struct job *job)
{
	struct console *console = script->console;
	struct text *inverse = &job->inverse;
	const struct picture *picture;
	struct word_list names = {0};

	if (!is_undoable_origin(script->origin) || command->is_own)
		return;
	picture = console_picture_acquire(console);
	job->is_final =
		!inverse_add(picture, console->selection.session_id, &command->words, inverse);
	inverse_destroyed(picture, console->selection.session_id, &command->words, &names);
	console_picture_release(console);
	if (!script->is_unsaved)
		add_loads(console, &names, inverse);
	job->is_final |= names.count > 0 && inverse->length == 0;
	word_list_finish(&names);
}

/*
 * Before a destroy its configuration is saved, by commands of our own in front of it. True: some
 * were put there.
 */
static bool insert_saves(struct script *script, const struct script_command *command)
{
	struct console *console = script->console;
	char *directory = inverse_directory(console->places);
	size_t at = script->next - 1, before = script->count;
	const struct picture *picture;
	struct word_list names = {0};

	if (!directory || !is_undoable_origin(script->origin)) {
		free(directory);
		return false;
	}
	picture = console_picture_acquire(console);
	inverse_destroyed(picture, console->selection.session_id, &command->words, &names);
	console_picture_release(console);
	for (size_t i = 0; i < names.count && fd_make_directories(directory, 0700, NULL); i++) {
		struct text line = {0};

		text_add(&line, "save --force --output-path=");
		text_add_quoted(&line, directory);
		text_add(&line, " ");
		text_add_quoted(&line, names.words[i]);
		insert_own(script, at + i, text_str(&line));
		text_finish(&line);
	}
	word_list_finish(&names);
	free(directory);
	return script->count > before;
}

static enum step hand_over(struct script *script, const struct script_command *command)
{
	struct console *console = script->console;
	struct job *job = mem_zalloc(sizeof(*job));
	struct request *request =
		request_create(command->words.count, (const char *const *)command->words.words);

	job->script = script;
	job->command = command;
	job->newest_session_id = newest_session(console);
	job->log_serial = log_last_serial();
	find_inverse(script, command, job);
	fill_requester(console, &request->who,
		       script->says_yes || script->confirmed == script->next);
	request->answer =
		(struct answer_sink){.write = answer_written, .done = answer_done, .data = job};
	console->running_count++;
	if (script->origin != FROM_FILE && !command->is_own)
		console_tell_begun(console, command->text);
	backend_submit(console->backend, request);
	return STEP_WAITS;
}

static enum step run_verb(struct script *script, const struct script_command *command,
			  const struct verb *verb)
{
	struct console *console = script->console;
	struct text out = {0}, inverse = {0};
	struct error err = ERROR_INIT;
	size_t before = console->output.count;
	bool is_done;

	if (is_undoable_origin(script->origin))
		verb_add_inverse(verb, console, command->words.count, command->words.words,
				 &inverse);
	/* Before: the verb may have more to say. */
	if (script->origin == FROM_KEY || script->origin == FROM_UNDO)
		console_tell(console, NOTICE_INFO, command->text, "%s",
			     script->origin == FROM_UNDO ? "undone" : "done");
	is_done = verb_run(verb, console, command->words.count, command->words.words, &out, &err);
	if (is_done)
		keep_inverse(script, command->text, text_str(&inverse));
	text_finish(&inverse);

	output_add(&console->output, ROLE_NORMAL, text_str(&out), out.length);
	output_end_line(&console->output, ROLE_NORMAL);
	console->answer_lines += console->output.count - before;
	text_finish(&out);
	if (!is_done)
		tell_error(script, command->line, command->text, &err);
	return is_done ? STEP_DONE : STEP_FAILED;
}

/* ---- questions ---- */

static void take_letter(void *asker, void *data, char letter)
{
	struct console *console = asker;
	struct script *script = data;

	if (letter == 'y') {
		script->confirmed = script->next + 1;
	} else {
		console_tell(console, NOTICE_INFO, "", "nothing was done");
		script->next = script->count;
	}
	run_script(script);
}

static void ask(struct script *script, const struct script_command *command)
{
	struct console *console = script->console;
	struct text text = {0};
	enum question_kind kind = confirm_question(console, &command->words, command->text, &text);

	console->question.answer = take_letter;
	console->question.data = script;
	question_open(&console->question, kind, text_take(&text), "y", loop_now_ns(console->loop));
	console_draw_soon(console);
}

static bool must_ask(const struct script *script, const struct script_command *command)
{
	if (script->says_yes || script->confirmed == script->next || command->is_own)
		return false;
	return confirm_is_needed(script->console, &command->words, script->origin == FROM_KEY);
}

static void echo(struct script *script, const struct script_command *command)
{
	struct text line = {0};

	if (script->origin == FROM_FILE)
		return;
	text_addf(&line, "tracon> %s\n", command->text);
	output_add(&script->console->output, ROLE_DIM, text_str(&line), line.length);
	script->console->answer_lines++;
	text_finish(&line);
}

#define ALIAS_DEPTH_MAX 8

/* The alias's commands, with the other words behind them, come instead of it. */
static enum step expand(struct script *script, const struct script_command *command,
			const char *alias)
{
	unsigned int depth = command->depth + 1, line = command->line;
	struct error err = ERROR_INIT;
	struct text text = {0};
	size_t at = script->next, count;

	if (depth > ALIAS_DEPTH_MAX) {
		error_set(&err, ERROR_INVALID, "the alias '%s' means itself",
			  command->words.words[0]);
		tell_error(script, line, command->text, &err);
		return STEP_FAILED;
	}
	text_add(&text, alias);
	for (size_t i = 1; i < command->words.count; i++) {
		text_add_char(&text, ' ');
		text_add_quoted(&text, command->words.words[i]);
	}
	count = insert_line(script, at, text_str(&text), line);
	for (size_t i = 0; i < count; i++)
		script->commands[at + i].depth = depth;
	text_finish(&text);
	return STEP_DONE;
}

/* What keys stand for can be written as well. */
static bool is_action(const struct script_command *command)
{
	const char *word = command->words.words[0];

	return keymap_is_action(word) && !command_find(word);
}

static enum step run_action(struct script *script, const struct script_command *command)
{
	unsigned int tell_count = script->console->tell_count;
	struct error err = ERROR_INIT;

	if (!action_run(script->console, command->text)) {
		error_set(&err, ERROR_INVALID, "this pane has no action %s", command->text);
		tell_error(script, command->line, command->text, &err);
		return STEP_FAILED;
	}
	if (script->console->tell_count == tell_count && script->origin != FROM_FILE)
		console_tell(script->console, NOTICE_INFO, command->text, "done");
	return STEP_DONE;
}

static enum step run_command(struct script *script, const struct script_command *command)
{
	struct console *console = script->console;
	const struct verb *verb = verb_find(command->words.count, command->words.words);
	struct error err = ERROR_INIT;
	size_t count = script->count;

	/* What the start-up file wants of an engine is not for this process. */
	if (console->is_viewer && !verb && script->origin == FROM_FILE)
		return STEP_DONE;
	if (!verb && !console->question.is_open && is_action(command) &&
	    !alias_find(&console->aliases, command->words.words[0]))
		return run_action(script, command);
	if (!console->backend && !console->is_viewer)
		error_set(&err, ERROR_STATE, "the engine is ending");
	else if (!console->backend && !verb)
		error_set(&err, ERROR_STATE,
			  "there is no engine here: only the browser's commands "
			  "work (goto, export, view, set, bind)");
	else if (console->question.is_open)
		error_set(&err, ERROR_BUSY, "answer the question first");
	if (error_is_set(&err)) {
		tell_error(script, command->line, command->text, &err);
		return STEP_FAILED;
	}
	if (!command->is_own && alias_find(&console->aliases, command->words.words[0]))
		return expand(script, command,
			      alias_find(&console->aliases, command->words.words[0]));
	if (!verb && must_ask(script, command)) {
		script->next--; /* comes again with the answer */
		ask(script, command);
		return STEP_WAITS;
	}
	if (!verb && script->prepared < script->next && insert_saves(script, command)) {
		size_t added = script->count - count;

		script->next--; /* what was inserted comes first */
		if (script->confirmed == script->next + 1)
			script->confirmed += added;
		script->prepared = script->next + added + 1;
		return STEP_DONE;
	}
	if (!command->is_own)
		echo(script, command);
	return verb ? run_verb(script, command, verb) : hand_over(script, command);
}

static void run_script(struct script *script)
{
	while (script->next < script->count) {
		enum step step = run_command(script, &script->commands[script->next++]);

		if (step == STEP_WAITS)
			return;
		if (step == STEP_FAILED && script->origin != FROM_FILE)
			break;
	}
	if (script->origin == FROM_FILE && script->failure_count > 0) {
		console_show_logged(script->console); /* the single lines, so that the sum stays */
		console_tell(script->console, NOTICE_ERROR, "",
			     "%u line%s of %s could not be run; see Messages",
			     script->failure_count, script->failure_count == 1 ? "" : "s",
			     script->file);
	}
	script_destroy(script);
}
