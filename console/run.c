/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `run` in a shell: the program is our child, with our terminal and directory, and its exit status
 * is ours. The engine is asked by ordinary commands; our own lines go to standard error.
 */
#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/fd.h"
#include "backend/base/json.h"
#include "backend/base/mem.h"
#include "backend/control/args.h"
#include "backend/control/command.h"
#include "backend/control/preload.h"
#include "backend/control/rcfile.h"
#include "console/client_parts.h"
#include "console/foreground.h"

/* As shells have it. */
#define STATUS_NOT_RUNNABLE 126
#define STATUS_NOT_FOUND    127

#define NAME_TRIES_MAX 100

struct run {
	const struct dispatch *dispatch;
	const struct args *args;
	char *lttng_home; /* what the program needs as LTTNG_HOME; "" none */
	char *session;	  /* that records it */
	bool stops_session;
	sigset_t before; /* signals are held: a session that was started is stopped, too */
};

/* --- the program ------------------------------------------------------------------------------ */

static void add_variable(struct word_list *environment, const char *name, const char *value)
{
	char *variable = mem_printf("%s=%s", name, value);

	word_list_add(environment, variable);
	free(variable);
}

static bool is_variable(const char *entry, const char *name)
{
	size_t length = strlen(name);

	return strncmp(entry, name, length) == 0 && entry[length] == '=';
}

static void add_preloads(struct word_list *environment, const struct args *args)
{
	char *value = preload_value(args, getenv("LD_PRELOAD"));

	if (value)
		add_variable(environment, "LD_PRELOAD", value);
	free(value);
}

static void make_environment(const struct run *run, struct word_list *environment)
{
	assert(run->lttng_home); /* the engine has said where it listens */
	for (char **entry = environ; *entry; entry++)
		if (!is_variable(*entry, "LD_PRELOAD") &&
		    !(*run->lttng_home && is_variable(*entry, "LTTNG_HOME")))
			word_list_add(environment, *entry);
	add_preloads(environment, run->args);
	if (*run->lttng_home)
		add_variable(environment, "LTTNG_HOME", run->lttng_home);
}

static int fail_to_run(const struct run *run, int failure)
{
	struct error err = ERROR_INIT;

	error_set_errno(&err, failure, "cannot run '%s'", args_at(run->args, 0));
	dispatch_fail(run->dispatch, "run", &err, STATUS_ERROR);
	return failure == ENOENT || failure == ENOTDIR ? STATUS_NOT_FOUND : STATUS_NOT_RUNNABLE;
}

static int run_program(const struct run *run)
{
	struct word_list environment = {0};
	struct word_list words = {0};
	int failure = 0;
	int status;

	for (size_t i = 0; i < args_count(run->args); i++)
		word_list_add(&words, args_at(run->args, i));
	make_environment(run, &environment);
	status = foreground_run(&words, &environment, &run->before, &failure);
	word_list_finish(&environment);
	word_list_finish(&words);
	return failure ? fail_to_run(run, failure) : status;
}

/* --- what records it -------------------------------------------------------------------------- */

enum state { STATE_UNKNOWN, STATE_INACTIVE, STATE_ACTIVE };

static void read_place(const struct json *output, struct run *run, enum state *state)
{
	const char *home = json_get_text(output, "lttng_home");
	const char *word = json_get_text(output, "session");

	free(run->lttng_home);
	run->lttng_home = mem_strdup(home ? home : "");
	*state = !word			       ? STATE_UNKNOWN
		 : strcmp(word, "active") == 0 ? STATE_ACTIVE
					       : STATE_INACTIVE;
}

/* Asks how a program finds the engine, and what state the session is in (NULL: only the first). */
static bool ask_place(struct run *run, const char *session, enum state *state, struct error *err)
{
	const char *const words[] = {"run-place", session};
	struct json *answer = dispatch_query(run->dispatch, session ? 2 : 1, words, err);

	if (answer)
		read_place(json_get(answer, "output"), run, state);
	else if (!error_is_set(err))
		error_set(err, ERROR_PROTOCOL, "the engine does not say where it listens");
	json_unref(answer);
	return !error_is_set(err);
}

static int ask(const struct run *run, size_t word_count, const char *const *words)
{
	return dispatch_ask(run->dispatch, word_count, words, false, DISPATCH_TO_ERROR);
}

static int start_session(struct run *run)
{
	const char *const words[] = {"start", run->session};
	int status = ask(run, COUNT_OF(words), words);

	run->stops_session = status == STATUS_OK;
	return status;
}

static void stop_session(const struct run *run)
{
	const char *const words[] = {"stop", run->session};

	ask(run, COUNT_OF(words), words);
}

/* NAME, NAME-2, NAME-3 …: the first that is free. */
static bool choose_name(struct run *run, struct error *err)
{
	char *base = preload_session_name(args_at(run->args, 0));
	enum state state = STATE_ACTIVE;

	for (int i = 1; i <= NAME_TRIES_MAX && state != STATE_UNKNOWN; i++) {
		free(run->session);
		run->session = i == 1 ? mem_strdup(base) : mem_printf("%s-%d", base, i);
		if (!ask_place(run, run->session, &state, err))
			break;
	}
	free(base);
	if (state != STATE_UNKNOWN && !error_is_set(err))
		error_set(err, ERROR_SESSION_EXISTS,
			  "there are too many sessions named after this program; destroy some");
	return state == STATE_UNKNOWN && !error_is_set(err);
}

static int make_session(struct run *run)
{
	struct error err = ERROR_INIT;
	int status;

	if (!choose_name(run, &err))
		return dispatch_fail(run->dispatch, "run", &err, STATUS_ERROR);

	const char *const create[] = {"create", run->session};
	const char *const enable[] = {"enable-event", "--session", run->session, "--userspace",
				      "--all"};

	status = ask(run, COUNT_OF(create), create);
	if (status == STATUS_OK)
		status = ask(run, COUNT_OF(enable), enable);
	return status == STATUS_OK ? start_session(run) : status;
}

static char *current_session(void)
{
	const char *home = getenv("LTTNG_HOME");
	struct error none = ERROR_INIT;
	char *name = NULL;

	if (!home || !*home)
		home = getenv("HOME");
	return rcfile_read(home ? home : "", &name, &none) ? name : NULL;
}

/* By the session given, by the current one if it is active, else by a new one. */
static int find_session(struct run *run)
{
	const char *given = args_text(run->args, "session");
	struct error err = ERROR_INIT;
	enum state state = STATE_UNKNOWN;

	run->session = given ? mem_strdup(given) : current_session();
	if (!ask_place(run, run->session, &state, &err))
		return dispatch_fail(run->dispatch, "run", &err, STATUS_ERROR);
	if (state == STATE_ACTIVE)
		return STATUS_OK;
	if (!given)
		return make_session(run);
	if (state == STATE_INACTIVE)
		return start_session(run);
	error_set(&err, ERROR_SESSION_NOT_FOUND, "session '%s' not found", given);
	return dispatch_fail(run->dispatch, "run", &err, STATUS_ERROR);
}

/* --- the whole -------------------------------------------------------------------------------- */

static int need_engine(const struct run *run)
{
	struct error err = ERROR_INIT;
	int connection;

	if (run->dispatch->backend)
		return STATUS_OK;
	connection = engine_connect(&run->dispatch->engine, ROLE_OF_COMMAND,
				    dispatch_may_start(run->dispatch), &err);
	if (connection < 0)
		return dispatch_fail(run->dispatch, "run", &err, STATUS_ERROR);
	fd_close(&connection);
	return STATUS_OK;
}

static int run_recorded(struct run *run)
{
	int failure = foreground_check(args_at(run->args, 0));
	int status;

	if (failure != 0)
		return fail_to_run(run, failure);
	status = need_engine(run);
	if (status == STATUS_OK)
		status = find_session(run);
	if (status == STATUS_OK)
		status = run_program(run);
	if (run->stops_session)
		stop_session(run);
	return status;
}

int run_client(const struct dispatch *dispatch, const struct command *command, size_t word_count,
	       const char *const *words)
{
	struct args *args =
		args_parse(command->options, command->option_count, true, word_count, words, NULL);
	struct run run = {.dispatch = dispatch, .args = args};
	int status;

	foreground_hold(&run.before);
	status = run_recorded(&run);
	foreground_release(&run.before);

	free(run.lttng_home);
	free(run.session);
	args_destroy(args);
	return status;
}
