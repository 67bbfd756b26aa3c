/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tracon: one command, commands from a file or standard input, or the full screen. What is asked
 * for decides whether this process is a client, the holder of a terminal, or the engine.
 */
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/backend.h"
#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/base/text.h"
#include "backend/base/thread.h"
#include "backend/control/args.h"
#include "backend/control/command.h"
#include "console/client_parts.h"
#include "console/console.h"
#include "console/dispatch.h"
#include "console/line.h"
#include "console/manual.h"
#include "console/options.h"

/* --- what needs nothing ----------------------------------------------------------------------- */

static int print(struct text *out, int status)
{
	bool is_written = fd_write_all(1, text_str(out), out->length);

	text_finish(out);
	return is_written ? status : STATUS_ERROR;
}

static void add_command_names(struct text *out)
{
	for (size_t i = 0; i < command_count; i++)
		if (!(command_table[i]->flags & COMMAND_HIDDEN))
			text_addf(out, "%s\n", command_table[i]->name);
}

/* True: that was all that was asked for. */
static bool add_information(const struct args *args, struct text *out)
{
	if (args_has(args, "help"))
		options_print_help(out);
	else if (args_has(args, "version"))
		text_add(out, "tracon (TRAcing CONsole) " PACKAGE_VERSION "\n");
	else if (args_has(args, "list-options"))
		options_print_names(out);
	else if (args_has(args, "list-commands"))
		add_command_names(out);
	else if (args_has(args, "man-commands"))
		command_print_man(out);
	else if (args_has(args, "man-keys"))
		manual_print_keys(out);
	else if (args_has(args, "man-verbs"))
		manual_print_verbs(out);
	return out->length > 0;
}

/* --- command lines ---------------------------------------------------------------------------- */

static int run_lines(const struct line_runner *runner)
{
	const struct options *options = runner->dispatch->engine.options;

	if (options->commands)
		return line_run_commands(runner, options->commands);
	if (options->file)
		return line_run_file(runner, options->file);
	return line_run_input(runner);
}

static bool wants_lines(const struct options *options)
{
	return options->commands || options->file || options->is_line || !holder_is_possible();
}

/* Not of those that never have a screen: theirs is the command line. */
static void say_why_no_screen(const struct options *options)
{
	const char *term = getenv("TERM");
	struct text sane = {0};

	if (options->commands || options->file || options->is_line || !isatty(STDIN_FILENO) ||
	    !isatty(STDOUT_FILENO) || !term || !*term || !strcmp(term, "dumb"))
		return;
	text_add_sane(&sane, term, strlen(term), TEXT_SANE_LINE);
	fprintf(stderr,
		"the terminal's type '%s' is not known here, so there is only the command line; "
		"TERM=xterm-256color may do\n",
		text_str(&sane));
	text_finish(&sane);
}

/* --- --no-daemon ------------------------------------------------------------------------------ */

static void close_terminal(void *data, int connection, const struct requester *who)
{
	(void)data;
	(void)who;
	fd_close(&connection);
}

static void end_wanted(void *data)
{
	atomic_store((atomic_bool *)data, true); /* pairs with the load in is_over() */
}

static bool is_over(void *data)
{
	return atomic_load((atomic_bool *)data);
}

/* The backend's threads keep all signals blocked; here they have their usual effect. */
static int run_lines_alone(struct dispatch *dispatch)
{
	atomic_bool is_ending = false;
	const struct backend_settings settings = {
		.places = dispatch->engine.places,
		.terminal = close_terminal,
		.wants_end = end_wanted,
		.data = &is_ending,
	};
	const struct line_runner runner = {
		.dispatch = dispatch,
		.keeps_going = dispatch->engine.options->keeps_going,
		.is_over = is_over,
		.data = &is_ending,
	};
	struct error err = ERROR_INIT;
	sigset_t before;
	int status;

	pthread_sigmask(SIG_BLOCK, NULL, &before);
	thread_block_signals();
	dispatch->backend = backend_start(&settings, &err);
	if (!dispatch->backend)
		return dispatch_fail(dispatch, "", &err, STATUS_ERROR);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	status = run_lines(&runner);
	backend_stop(dispatch->backend);
	return status;
}

static int show_alone(struct dispatch *dispatch)
{
	const struct options *options = dispatch->engine.options;
	const struct engine_options engine = {
		.places = dispatch->engine.places,
		.config = options_config(options, dispatch->engine.places),
	};
	struct error err = ERROR_INIT;
	int status;

	mem_stay_small();
	thread_block_signals();
	status = console_run_here(&engine, &options->holder, &err);
	return error_is_set(&err) ? dispatch_fail(dispatch, "", &err, STATUS_ERROR) : status;
}

/* --- the choice ------------------------------------------------------------------------------- */

static int run_with_engine(struct dispatch *dispatch)
{
	const struct options *options = dispatch->engine.options;
	const struct line_runner runner = {
		.dispatch = dispatch,
		.keeps_going = options->keeps_going,
	};

	if (wants_lines(options)) {
		say_why_no_screen(options);
		return run_lines(&runner);
	}
	return client_open_console(dispatch);
}

static int run_command(const struct dispatch *dispatch, const struct args *args)
{
	struct word_list words = {0};
	int status;

	for (size_t i = 0; i < args_count(args); i++)
		word_list_add(&words, args_at(args, i));
	status = dispatch_run(dispatch, words.count, (const char *const *)words.words);
	word_list_finish(&words);
	return status;
}

static int run(const struct options *options, const struct places *places, char **argv)
{
	struct dispatch dispatch = {
		.engine = {.places = places, .options = options, .argv = argv},
	};

	if (args_count(options->args) > 0)
		return run_command(&dispatch, options->args);
	if (!options->is_alone)
		return run_with_engine(&dispatch);
	if (wants_lines(options))
		return run_lines_alone(&dispatch);
	return show_alone(&dispatch);
}

/* By this name the program is lttng's client and no console: see README. */
static bool is_called_lttng(const char *program)
{
	const char *slash = strrchr(program, '/');

	return strcmp(slash ? slash + 1 : program, "lttng") == 0;
}

static int run_parsed(const struct options *options, char **argv)
{
	struct text out = {0};
	struct places places;
	int status;

	if (add_information(options->args, &out))
		return print(&out, STATUS_OK);
	if (is_called_lttng(argv[0]) && args_count(options->args) == 0) {
		options_print_help(&out);
		return print(&out, STATUS_ERROR);
	}
	places_find(&places);
	status = run(options, &places, argv);
	places_finish(&places);
	return status;
}

int main(int argc, char **argv)
{
	struct error err = ERROR_INIT;
	struct options options;
	int status = STATUS_ERROR;

	if (argc == 0)
		return STATUS_ERROR;
	if (options_parse(argc, argv, &options, &err))
		status = run_parsed(&options, argv);
	else
		fprintf(stderr, "Error: %s%s.\n", err.message,
			err.code == ERROR_UNKNOWN_COMMAND ? "; see 'tracon --help'" : "");
	options_finish(&options);
	return status;
}
