/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The line REPL: read, split, run, until an error or the end. */
#include "console/line.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "backend/base/mem.h"
#include "console/options.h"
#include "console/prompt.h"

#define PROMPT "tracon> "

/* Where a line came from, for the sentence when it can't be split. */
struct origin {
	const char *name; /* NULL: nobody needs to know */
	unsigned int line;
};

enum flow { FLOW_GO_ON, FLOW_STOP };

struct run_state {
	const struct line_runner *runner;
	int status; /* what all ends with */
};

static bool is_leaving(const struct dispatch *dispatch, const struct word_list *words)
{
	return dispatch->is_interactive && words->count == 1 &&
	       (strcmp(words->words[0], "exit") == 0 || strcmp(words->words[0], "detach") == 0);
}

static int wait_for_child(pid_t child)
{
	int status;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return STATUS_ERROR;
	return WIFEXITED(status) ? WEXITSTATUS(status) : STATUS_ERROR;
}

/*
 * At a prompt Ctrl-C ends the command's client and not the REPL: the command runs in a child, and
 * the terminal's signals are for that alone.
 */
static int run_in_child(const struct dispatch *dispatch, size_t word_count,
			const char *const *words)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct sigaction before_int, before_quit;
	pid_t child;
	int status;

	sigaction(SIGINT, &ignore, &before_int);
	sigaction(SIGQUIT, &ignore, &before_quit);
	child = fork();
	if (child == 0) {
		sigaction(SIGINT, &before_int, NULL);
		sigaction(SIGQUIT, &before_quit, NULL);
		_exit(dispatch_run(dispatch, word_count, words));
	}
	status = child > 0 ? wait_for_child(child) : STATUS_ERROR;
	sigaction(SIGINT, &before_int, NULL);
	sigaction(SIGQUIT, &before_quit, NULL);
	return status;
}

static int run_words(const struct dispatch *dispatch, const struct word_list *words)
{
	const char *const *list = (const char *const *)words->words;

	if (dispatch->is_interactive && !dispatch->backend)
		return run_in_child(dispatch, words->count, list);
	return dispatch_run(dispatch, words->count, list);
}

/* --no-daemon: `quit` ends us; so does a backend that was idle for long. */
static bool is_over(const struct line_runner *runner, int status, const char *command)
{
	if (!runner->dispatch->backend)
		return false;
	return (status == STATUS_OK && strcmp(command, "quit") == 0) ||
	       runner->is_over(runner->data);
}

static enum flow take_status(struct run_state *state, int status, const char *command)
{
	const struct line_runner *runner = state->runner;

	if (is_over(runner, status, command)) {
		state->status = status;
		return FLOW_STOP;
	}
	if (status == STATUS_OK || runner->dispatch->is_interactive)
		return FLOW_GO_ON;
	if (state->status == STATUS_OK)
		state->status = status;
	return runner->keeps_going ? FLOW_GO_ON : FLOW_STOP;
}

static enum flow fail_to_split(struct run_state *state, const struct origin *origin,
			       struct error *err)
{
	if (origin->name)
		error_prefix(err, "%s:%u", origin->name, origin->line);
	return take_status(state, dispatch_fail(state->runner->dispatch, "", err, STATUS_ERROR),
			   "");
}

/* The next command of the line. */
static enum flow run_next(struct run_state *state, const char **rest, const struct origin *origin)
{
	const struct dispatch *dispatch = state->runner->dispatch;
	struct error err = ERROR_INIT;
	struct word_list words = {0};
	enum flow flow = FLOW_GO_ON;
	const char *next = "";

	if (!text_split_command(*rest, &words, &next, &err)) {
		flow = fail_to_split(state, origin, &err);
		next = "";
	} else if (is_leaving(dispatch, &words)) {
		flow = FLOW_STOP;
	} else if (words.count > 0) {
		flow = take_status(state, run_words(dispatch, &words), words.words[0]);
	}
	*rest = next;
	word_list_finish(&words);
	return flow;
}

static enum flow run_line(struct run_state *state, const char *line, const struct origin *origin)
{
	enum flow flow = FLOW_GO_ON;

	while (*line && flow == FLOW_GO_ON)
		flow = run_next(state, &line, origin);
	return flow;
}

int line_run_commands(const struct line_runner *runner, const char *commands)
{
	struct run_state state = {.runner = runner};
	const struct origin origin = {0};

	run_line(&state, commands, &origin);
	return state.status;
}

/* Without its newline; false at the end. */
static bool read_line(FILE *file, char **line, size_t *room)
{
	ssize_t length = getline(line, room, file);

	if (length > 0 && (*line)[length - 1] == '\n')
		(*line)[length - 1] = '\0';
	return length >= 0;
}

int line_run_file(const struct line_runner *runner, const char *path)
{
	struct run_state state = {.runner = runner};
	struct origin origin = {.name = path};
	struct error err = ERROR_INIT;
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t room = 0;

	if (!file) {
		error_set_errno(&err, errno, "cannot read '%s'", path);
		return dispatch_fail(runner->dispatch, "", &err, STATUS_ERROR);
	}
	while (read_line(file, &line, &room)) {
		origin.line++;
		if (run_line(&state, line, &origin) == FLOW_STOP)
			break;
	}
	free(line);
	fclose(file);
	return state.status;
}

static void set_history(const struct dispatch *dispatch)
{
	const struct places *places = dispatch->engine.places;
	char *path;

	if (!places->state || !places_make_private(places->state, 0700, NULL))
		return;
	path = mem_printf("%s/history", places->state);
	prompt_set_line_history(path);
	free(path);
}

static int run_typed(const struct line_runner *runner)
{
	struct run_state state = {.runner = runner};
	const struct origin origin = {0};
	enum flow flow = FLOW_GO_ON;
	char *line;

	set_history(runner->dispatch);
	while (flow == FLOW_GO_ON && (line = prompt_read_line(PROMPT))) {
		flow = run_line(&state, line, &origin);
		free(line);
	}
	return state.status;
}

static int run_stream(const struct line_runner *runner)
{
	struct run_state state = {.runner = runner};
	const struct origin origin = {0};
	char *line = NULL;
	size_t room = 0;

	while (read_line(stdin, &line, &room))
		if (run_line(&state, line, &origin) == FLOW_STOP)
			break;
	free(line);
	return state.status;
}

int line_run_input(const struct line_runner *runner)
{
	if (!isatty(STDIN_FILENO))
		return run_stream(runner);
	runner->dispatch->is_interactive = true;
	return run_typed(runner);
}
