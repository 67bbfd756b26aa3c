/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `view` in a shell: on a terminal the event browser in this process; else, or with --viewer, the
 * viewer is our child, as lttng has it: its words, then the path. A path needs no engine; of a
 * session the engine is asked where its trace is.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/json.h"
#include "backend/base/mem.h"
#include "backend/base/text.h"
#include "backend/base/thread.h"
#include "backend/control/args.h"
#include "backend/control/command.h"
#include "console/client_parts.h"
#include "console/console.h"
#include "console/foreground.h"
#include "console/options.h"

static const char *const default_viewers[] = {"babeltrace2", "babeltrace"};

/* The viewer and its options; blanks are all that divides them. */
static bool find_viewer(const char *given, struct word_list *words, struct error *err)
{
	char *copy, *rest, *word;

	if (!given) {
		for (size_t i = 0; i < COUNT_OF(default_viewers) && words->count == 0; i++)
			if (foreground_check(default_viewers[i]) == 0)
				word_list_add(words, default_viewers[i]);
		return words->count > 0 ||
		       error_set(err, ERROR_UNSUPPORTED,
				 "no viewer is installed: apt install babeltrace2, or name one "
				 "with --viewer");
	}
	copy = mem_strdup(given);
	rest = copy;
	while ((word = strsep(&rest, " ")))
		if (*word)
			word_list_add(words, word);
	free(copy);
	return words->count > 0 || error_set(err, ERROR_INVALID, "--viewer names no program");
}

/* False: with err, or the engine has said why not. */
static bool find_session_path(const struct dispatch *dispatch, const char *session, bool may_record,
			      struct word_list *words, struct error *err)
{
	const char *question[3] = {"view-place"};
	struct json *answer;
	size_t count = 1;
	const char *path;
	bool has_path;

	if (may_record)
		question[count++] = "--recording";
	if (session)
		question[count++] = session;
	answer = dispatch_query(dispatch, count, question, err);
	path = answer ? json_get_text(json_get(answer, "output"), "path") : NULL;
	has_path = path && *path;
	if (has_path)
		word_list_add(words, path);
	else if (answer)
		error_set(err, ERROR_STATE, "this session has no output to read");
	json_unref(answer);
	return has_path;
}

static bool find_path(const struct dispatch *dispatch, const struct args *args, bool may_record,
		      struct word_list *words, struct error *err)
{
	const char *path = args_text(args, "trace-path");
	const char *argument = args_at(args, 0);

	if (path && argument)
		return error_set(err, ERROR_INVALID,
				 "only one of SESSION, PATH and --trace-path can be given");
	if (!path && argument && strchr(argument, '/'))
		path = argument;
	if (!path)
		return find_session_path(dispatch, argument, may_record, words, err);
	word_list_add(words, path);
	return true;
}

/* Without a viewer of one's own, on a terminal: the event browser, in this process. */
static bool wants_browser(const struct dispatch *dispatch, const struct args *args)
{
	const struct options *options = dispatch->engine.options;

	return !args_text(args, "viewer") && !options->wants_json && !options->is_line &&
	       !options->commands && !options->file && holder_is_possible();
}

static int browse(const struct dispatch *dispatch, const struct args *args, struct error *err)
{
	const struct options *options = dispatch->engine.options;
	const struct engine_options engine = {
		.places = dispatch->engine.places,
		.config = options_config(options, dispatch->engine.places),
	};
	struct word_list path = {0};
	int status = STATUS_ERROR;

	if (find_path(dispatch, args, true, &path, err) &&
	    places_make_runtime(dispatch->engine.places, err)) {
		assert(path.count > 0);
		thread_block_signals();
		status = console_run_viewer(&engine, &options->holder, path.words[0], err);
	}
	word_list_finish(&path);
	return status;
}

static int view(const struct word_list *words, struct error *err)
{
	int failure = 0;
	sigset_t before;
	int status;

	assert(words->count > 0);
	foreground_hold(&before);
	status = foreground_run(words, NULL, &before, &failure);
	foreground_release(&before);
	if (failure)
		error_set_errno(err, failure, "cannot run '%s'", words->words[0]);
	return status;
}

int view_client(const struct dispatch *dispatch, const struct command *command, size_t word_count,
		const char *const *words)
{
	struct args *args =
		args_parse(command->options, command->option_count, false, word_count, words, NULL);
	struct word_list viewer = {0};
	struct error err = ERROR_INIT;
	int status = STATUS_ERROR;

	if (wants_browser(dispatch, args))
		status = browse(dispatch, args, &err);
	else if (find_viewer(args_text(args, "viewer"), &viewer, &err) &&
		 find_path(dispatch, args, false, &viewer, &err))
		status = view(&viewer, &err);
	if (error_is_set(&err))
		status = dispatch_fail(dispatch, command->name, &err, STATUS_ERROR);
	word_list_finish(&viewer);
	args_destroy(args);
	return status;
}
