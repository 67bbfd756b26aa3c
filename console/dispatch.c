/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every command becomes a request with a sink; what differs is who answers it: the command table
 * itself, the engine at the other end of a socket, or, with --no-daemon, a thread of this process.
 */
#include "console/dispatch.h"

#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "backend/backend.h"
#include "backend/base/fd.h"
#include "backend/base/json.h"
#include "backend/base/mem.h"
#include "backend/base/text.h"
#include "backend/control/client.h"
#include "backend/control/command.h"
#include "console/client_parts.h"
#include "console/options.h"
#include "console/verb.h"

/* --- where answers go ------------------------------------------------------------------------- */

struct printer {
	int fds[2]; /* by enum answer_kind */
	bool has_failed;
	int failure; /* errno of the first write that failed */
	int status;
	sem_t is_done; /* --no-daemon: posted by the control thread */
};

static void printer_write(void *data, enum answer_kind kind, const char *bytes, size_t length)
{
	struct printer *printer = data;

	if (fd_write_all(printer->fds[kind], bytes, length) || printer->has_failed)
		return;
	printer->has_failed = true;
	printer->failure = errno;
}

static void printer_done(void *data, int status)
{
	struct printer *printer = data;

	printer->status = status;
	sem_post(&printer->is_done);
}

static struct answer_sink printer_init(struct printer *printer, enum dispatch_output output)
{
	*printer = (struct printer){
		.fds = {output == DISPATCH_TO_OUTPUT ? STDOUT_FILENO : STDERR_FILENO,
			STDERR_FILENO},
	};
	sem_init(&printer->is_done, 0, 0);
	return (struct answer_sink){
		.write = printer_write,
		.done = printer_done,
		.data = printer,
	};
}

/* A full disk below the output is an error, whatever the command did. */
static int printer_end(struct printer *printer)
{
	sem_destroy(&printer->is_done);
	if (!printer->has_failed || printer->status != STATUS_OK)
		return printer->status;
	fprintf(stderr, "Error: cannot write the answer: %s.\n", strerror(printer->failure));
	return STATUS_ERROR;
}

/* --- requests --------------------------------------------------------------------------------- */

static unsigned int terminal_columns(void)
{
	struct winsize size;

	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

static struct request *make_request(const struct dispatch *dispatch, size_t word_count,
				    const char *const *words)
{
	const struct options *options = dispatch->engine.options;
	struct request *request = request_create(word_count, words);

	requester_of_this_process(&request->who);
	request->who.wants_json = options->wants_json;
	request->who.wants_mi = options->wants_mi;
	request->who.is_quiet = options->is_quiet;
	request->who.says_yes = options->says_yes;
	request->who.is_terminal = isatty(STDOUT_FILENO);
	request->who.columns = terminal_columns();
	return request;
}

/* The table itself answers; it takes the request. */
static int run_locally(struct request *request)
{
	struct printer printer;

	request->answer = printer_init(&printer, DISPATCH_TO_OUTPUT);
	command_run(NULL, request);
	return printer_end(&printer);
}

/* NULL unless this asks for help with what only a console knows. */
static const struct verb *verb_to_explain(const struct request *request)
{
	if (request->word_count != 2 || strcmp(request->words[0], "help") != 0 ||
	    command_find(request->words[1]))
		return NULL;
	return verb_find(1, request->words + 1);
}

/* It takes the request. */
static int explain_verb(const struct verb *verb, struct request *request)
{
	struct printer printer;
	struct reply *reply;
	struct json *entry;

	request->answer = printer_init(&printer, DISPATCH_TO_OUTPUT);
	reply = reply_create(request, "help");
	reply_print(reply,
		    "Usage: %s %s\n\n%s\nFor the console's own command line (:) and start-up "
		    "file.\n",
		    verb->name, verb->usage, verb->help);
	entry = json_add_object(json_put_array(reply_json(reply), "commands"));
	json_put_text(entry, "name", verb->name);
	json_put_text(entry, "usage", verb->usage);
	json_put_text(entry, "help", verb->help);
	reply_done(reply, STATUS_OK);
	return printer_end(&printer);
}

int dispatch_fail(const struct dispatch *dispatch, const char *command_name,
		  const struct error *err, enum exit_status status)
{
	struct request *request = make_request(dispatch, 1, &command_name);
	struct printer printer;
	struct reply *reply;

	request->answer = printer_init(&printer, DISPATCH_TO_OUTPUT);
	reply = reply_create(request, command_name);
	reply_error(reply, err);
	reply_done(reply, status);
	return printer_end(&printer);
}

bool dispatch_may_start(const struct dispatch *dispatch)
{
	return !dispatch->engine.options->starts_no_engine;
}

/* --- asking ----------------------------------------------------------------------------------- */

static int ask_thread(const struct dispatch *dispatch, struct request *request,
		      struct printer *printer)
{
	backend_submit(dispatch->backend, request);
	while (sem_wait(&printer->is_done) != 0)
		;
	return printer_end(printer);
}

/* glibc has a function for it only since 2.36. */
static int open_process(pid_t pid)
{
	return pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
}

/* `quit` has answered; it is over when the process is gone. */
static int await_end(const struct dispatch *dispatch, int engine)
{
	struct error err = ERROR_INIT;

	if (engine < 0 || engine_wait_for_end(engine))
		return STATUS_OK;
	error_set(&err, ERROR_TIMEOUT, "the engine has answered but does not end");
	return dispatch_fail(dispatch, "quit", &err, STATUS_ERROR);
}

/* The engine goes on with what was begun: only nobody waits here any more. */
static void stop_waiting(int number)
{
	static const char note[] = "\nNot waiting any longer: what was begun goes on.\n";

	(void)!write(STDERR_FILENO, note, sizeof(note) - 1);
	signal(number, SIG_DFL);
	raise(number);
}

/* Ctrl-C gives the prompt back, as --no-wait would. Where it is ignored or blocked it stays so. */
static void watch_interrupt(struct sigaction *before)
{
	struct sigaction action = {.sa_handler = stop_waiting};

	sigaction(SIGINT, NULL, before);
	if (before->sa_handler == SIG_DFL && isatty(STDERR_FILENO))
		sigaction(SIGINT, &action, NULL);
}

static int ask_socket(const struct dispatch *dispatch, int connection,
		      const struct request *request, struct printer *printer)
{
	bool is_quit = strcmp(request->words[0], "quit") == 0;
	int engine = is_quit ? open_process(client_engine_pid(connection)) : -1;
	struct sigaction before;
	struct error err = ERROR_INIT;
	bool is_answered;
	int status;

	watch_interrupt(&before);
	is_answered = client_ask(connection, request, &err);
	sigaction(SIGINT, &before, NULL);
	if (!is_answered) {
		sem_destroy(&printer->is_done);
		status = dispatch_fail(dispatch, request->words[0], &err,
				       err.code == ERROR_INVALID ? STATUS_ERROR : STATUS_FATAL);
	} else {
		status = printer_end(printer);
		if (is_quit && status == STATUS_OK)
			status = await_end(dispatch, engine);
	}
	fd_close(&engine);
	return status;
}

static int connect_and_ask(const struct dispatch *dispatch, const struct request *request,
			   bool may_start, struct printer *printer)
{
	struct error err = ERROR_INIT;
	int connection = engine_connect(&dispatch->engine, ROLE_OF_COMMAND,
					may_start && dispatch_may_start(dispatch), &err);
	int status;

	if (connection < 0) {
		sem_destroy(&printer->is_done);
		return dispatch_fail(dispatch, request->words[0], &err, STATUS_ERROR);
	}
	status = ask_socket(dispatch, connection, request, printer);
	fd_close(&connection);
	return status;
}

int dispatch_ask(const struct dispatch *dispatch, size_t word_count, const char *const *words,
		 bool may_start, enum dispatch_output output)
{
	struct request *request = make_request(dispatch, word_count, words);
	struct printer printer;
	int status;

	request->answer = printer_init(&printer, output);
	request->who.is_terminal = isatty(printer.fds[ANSWER_OUTPUT]);
	if (dispatch->backend)
		return ask_thread(dispatch, request, &printer);
	status = connect_and_ask(dispatch, request, may_start, &printer);
	request_destroy(request);
	return status;
}

/* --- asking for ourselves --------------------------------------------------------------------- */

struct listener {
	struct text answer;
	int status; /* -1: not answered */
	sem_t is_done;
};

static void listener_write(void *data, enum answer_kind kind, const char *bytes, size_t length)
{
	struct listener *listener = data;

	if (kind == ANSWER_OUTPUT)
		text_add_bytes(&listener->answer, bytes, length);
	else
		fd_write_all(STDERR_FILENO, bytes, length);
}

static void listener_done(void *data, int status)
{
	struct listener *listener = data;

	listener->status = status;
	sem_post(&listener->is_done);
}

static void query_socket(const struct dispatch *dispatch, const struct request *request,
			 struct error *err)
{
	int connection = engine_connect(&dispatch->engine, ROLE_OF_COMMAND, false, err);

	if (connection >= 0)
		client_ask(connection, request, err);
	fd_close(&connection);
}

/* Takes the request. */
static void query(const struct dispatch *dispatch, struct request *request,
		  struct listener *listener, struct error *err)
{
	if (dispatch->backend) {
		backend_submit(dispatch->backend, request);
		while (sem_wait(&listener->is_done) != 0)
			;
	} else {
		query_socket(dispatch, request, err);
		request_destroy(request);
	}
}

struct json *dispatch_query(const struct dispatch *dispatch, size_t word_count,
			    const char *const *words, struct error *err)
{
	struct request *request = make_request(dispatch, word_count, words);
	struct listener listener = {.status = -1};
	struct json *document = NULL;

	sem_init(&listener.is_done, 0, 0);
	request->who.wants_json = true;
	request->who.wants_mi = false;
	request->answer = (struct answer_sink){
		.write = listener_write,
		.done = listener_done,
		.data = &listener,
	};
	query(dispatch, request, &listener, err);
	if (listener.status == STATUS_OK)
		document = json_parse(text_str(&listener.answer), listener.answer.length, err);
	sem_destroy(&listener.is_done);
	text_finish(&listener.answer);
	return document;
}

/* --- one command ------------------------------------------------------------------------------ */

/* A question to a person; anything but yes is no. */
static bool is_confirmed(size_t word_count, const char *const *words)
{
	struct text line = {0};
	char answer[16] = "";

	for (size_t i = 0; i < word_count; i++) {
		if (i > 0)
			text_add_char(&line, ' ');
		text_add_quoted(&line, words[i]);
	}
	fprintf(stderr, "%s: are you sure? [y/N] ", text_str(&line));
	text_finish(&line);
	return fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static int run_known(const struct dispatch *dispatch, const struct command *command,
		     size_t word_count, const char *const *words)
{
	client_part *part = command->flags & COMMAND_CLIENT ? client_part_find(command) : NULL;

	if ((command->flags & COMMAND_ASKS) && dispatch->is_interactive &&
	    !dispatch->engine.options->says_yes && !is_confirmed(word_count, words))
		return STATUS_OK;
	if (part)
		return part(dispatch, command, word_count, words);
	return dispatch_ask(dispatch, word_count, words, command->flags & COMMAND_STARTS_ENGINE,
			    DISPATCH_TO_OUTPUT);
}

int dispatch_run(const struct dispatch *dispatch, size_t word_count, const char *const *words)
{
	struct request *request = make_request(dispatch, word_count, words);
	const struct command *command;
	const struct verb *verb = verb_to_explain(request);
	int status;

	request->who.is_console = dispatch->is_interactive;
	if (verb)
		return explain_verb(verb, request);
	if (!command_needs_engine(request))
		return run_locally(request);
	command = command_resolve(words[0], dispatch->is_interactive, NULL);
	/* The engine takes whole names only. */
	free(request->words[0]);
	request->words[0] = mem_strdup(command->name);
	status = run_known(dispatch, command, word_count, (const char *const *)request->words);
	request_destroy(request);
	return status;
}
