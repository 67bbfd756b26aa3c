/* SPDX-License-Identifier: GPL-2.0-or-later */
/* demo, engine, and the way into the full screen. run and view have files of their own. */
#include "console/client_parts.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/control/args.h"
#include "backend/control/client.h"
#include "backend/control/command.h"
#include "console/holder.h"
#include "console/options.h"

static struct args *parse(const struct command *command, size_t word_count,
			  const char *const *words)
{
	return args_parse(command->options, command->option_count,
			  command->flags & COMMAND_STOPS_AT_ARGUMENT, word_count, words, NULL);
}

/* --- the full screen -------------------------------------------------------------------------- */

int client_open_console(const struct dispatch *dispatch)
{
	const struct options *options = dispatch->engine.options;
	struct error err = ERROR_INIT;
	int connection = engine_connect(&dispatch->engine, ROLE_OF_TERMINAL,
					dispatch_may_start(dispatch), &err);

	if (connection >= 0)
		return holder_run(connection, &options->holder);
	return dispatch_fail(dispatch, "console", &err, STATUS_ERROR);
}

/* On a terminal the console opens on it, unless only commands are wanted here. */
static int demo_client(const struct dispatch *dispatch, const struct command *command,
		       size_t word_count, const char *const *words)
{
	const struct options *options = dispatch->engine.options;
	struct args *args = parse(command, word_count, words);
	bool stops = args_has(args, "stop");
	int status;

	args_destroy(args);
	status = dispatch_ask(dispatch, word_count, words, !stops, DISPATCH_TO_OUTPUT);
	if (status != STATUS_OK || stops || dispatch->backend || options->commands ||
	    options->file || options->is_line || options->wants_json || !holder_is_possible())
		return status;
	return client_open_console(dispatch);
}

/* --- engine ----------------------------------------------------------------------------------- */

static int engine_client(const struct dispatch *dispatch, const struct command *command,
			 size_t word_count, const char *const *words)
{
	struct args *args = parse(command, word_count, words);
	const char *load = args_text(args, "load");
	char *path = load ? realpath(load, NULL) : NULL;
	struct engine_wish engine = dispatch->engine;
	struct error err = ERROR_INIT;
	int status = STATUS_OK;

	engine.load = path;
	if (dispatch->backend)
		error_set(&err, ERROR_BUSY, "this process is its own engine");
	else if (load && !path)
		error_set_errno(&err, errno, "cannot load '%s'", load);
	else if (!args_has(args, "background"))
		status = engine_run_here(&engine, &err);
	else if (engine_start(&dispatch->engine, &err) && path)
		/* Here somebody reads what can't be loaded. */
		status = dispatch_ask(dispatch, 3, (const char *[]){"load", "--input-path", path},
				      false, DISPATCH_TO_OUTPUT);
	free(path);
	if (error_is_set(&err))
		status = dispatch_fail(dispatch, command->name, &err, STATUS_ERROR);
	args_destroy(args);
	return status;
}

/* --- the table -------------------------------------------------------------------------------- */

static const struct {
	const char *name;
	client_part *part;
} parts[] = {
	{"demo", demo_client},
	{"engine", engine_client},
	{"run", run_client},
	{"view", view_client},
};

client_part *client_part_find(const struct command *command)
{
	for (size_t i = 0; i < COUNT_OF(parts); i++)
		if (strcmp(parts[i].name, command->name) == 0)
			return parts[i].part;
	return NULL;
}
