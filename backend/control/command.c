/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Finds a command and runs it: names, prefixes and the nearest name for a typing error, then
 * options and the number of arguments, so that no command has to look at these itself.
 */
#include "backend/control/command.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/text.h"

/* Two slips at most: more makes a suggestion a guess. */
#define NEAR_DISTANCE_MAX 2
#define NEAR_COUNT_MAX	  3
/* Longer words than any command's name are near to none. */
#define NEAR_LENGTH_MAX 31

const struct command *command_find(const char *name)
{
	for (size_t i = 0; i < command_count; i++)
		if (strcmp(command_table[i]->name, name) == 0)
			return command_table[i];
	return NULL;
}

static bool is_listed(const struct command *command)
{
	return !(command->flags & COMMAND_HIDDEN);
}

static size_t smallest(size_t a, size_t b, size_t c)
{
	size_t d = a < b ? a : b;

	return d < c ? d : c;
}

/* Levenshtein's distance, row by row. */
static size_t distance(const char *a, const char *b)
{
	size_t row[NEAR_LENGTH_MAX + 1];
	size_t length = strlen(b);

	if (strlen(a) > NEAR_LENGTH_MAX || length > NEAR_LENGTH_MAX)
		return SIZE_MAX;
	for (size_t i = 0; i <= length; i++)
		row[i] = i;
	for (size_t i = 1; *a; a++, i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= length; j++) {
			size_t above = row[j];

			row[j] = smallest(above + 1, row[j - 1] + 1, diagonal + (*a != b[j - 1]));
			diagonal = above;
		}
	}
	return row[length];
}

/* A whole part of "enable-event" is what somebody remembers who types "event". */
static bool is_near(const char *name, const char *typed)
{
	size_t length = strlen(typed);

	if (length >= 3 && length <= NEAR_LENGTH_MAX && strstr(name, typed))
		return true;
	return length > NEAR_DISTANCE_MAX && distance(typed, name) <= NEAR_DISTANCE_MAX;
}

/* "start, status": as many as fit a sentence. */
static void add_near_names(struct text *names, const char *typed)
{
	size_t count = 0;

	for (size_t i = 0; i < command_count && count < NEAR_COUNT_MAX; i++) {
		const struct command *command = command_table[i];

		if (!is_listed(command) || !is_near(command->name, typed))
			continue;
		text_addf(names, "%s%s", count++ ? ", " : "", command->name);
	}
}

static bool fail_unknown(const char *name, struct error *err)
{
	struct text near = {0};

	add_near_names(&near, name);
	error_set(err, ERROR_UNKNOWN_COMMAND, "unknown command '%.40s'%s%s; 'help' lists all", name,
		  near.length ? "; nearest: " : "", text_str(&near));
	text_finish(&near);
	return false;
}

const struct command *command_resolve(const char *name, bool takes_prefix, struct error *err)
{
	const struct command *found = command_find(name);
	struct text matches = {0};
	size_t count = 0;

	if (found)
		return found;
	for (size_t i = 0; takes_prefix && *name && i < command_count; i++) {
		const struct command *command = command_table[i];

		if (!is_listed(command) || strncmp(command->name, name, strlen(name)) != 0)
			continue;
		found = command;
		text_addf(&matches, "%s%s", count++ ? ", " : "", command->name);
	}
	if (count == 0)
		fail_unknown(name, err);
	if (count > 1)
		error_set(err, ERROR_UNKNOWN_COMMAND, "'%s' may be %s", name, text_str(&matches));
	text_finish(&matches);
	return count == 1 ? found : NULL;
}

/* --- running ---------------------------------------------------------------------------------- */

static void reply_help(struct reply *reply, const struct command *command)
{
	struct text help = {0};

	command_print_help(command, &help);
	reply_print(reply, "%s", text_str(&help));
	json_put_text(reply_json(reply), "help", text_str(&help));
	text_finish(&help);
	reply_done(reply, STATUS_OK);
}

/* The long name, then, on a line of its own, the letter: lttng's form, which completion reads. */
static void reply_options(struct reply *reply, const struct command *command)
{
	struct text names = {0};

	command_print_option_names(command->options, command->option_count, &names);
	reply_print(reply, "%s", text_str(&names));
	json_put_text(reply_json(reply), "options", text_str(&names));
	text_finish(&names);
	reply_done(reply, STATUS_OK);
}

static bool check_argument_count(const struct command *command, const struct args *args,
				 struct error *err)
{
	size_t count = args_count(args);

	if (count < command->argument_min)
		return error_set(err, ERROR_INVALID, "missing argument; usage: %s %s",
				 command->name, command->usage ? command->usage : "");
	if (count > command->argument_max)
		return error_set(err, ERROR_INVALID, "unknown argument '%s'; see 'help %s'",
				 args_at(args, command->argument_max), command->name);
	return true;
}

static bool asks_for_help(const struct request *request)
{
	static const char *const words[] = {"-h", "--help", "--list-options"};

	for (size_t i = 0; i < COUNT_OF(words) && request->word_count > 1; i++)
		if (strcmp(request->words[1], words[i]) == 0)
			return true;
	return false;
}

/* All words are arguments. */
static struct args *take_words(const struct command *command, const struct request *request,
			       struct error *err)
{
	const char **words = mem_zalloc((request->word_count + 2) * sizeof(*words));
	struct args *args;

	words[0] = request->words[0];
	words[1] = "--";
	for (size_t i = 1; i < request->word_count; i++)
		words[i + 1] = request->words[i];
	args = args_parse(command->options, command->option_count, false, request->word_count + 1,
			  words, err);
	free(words);
	return args;
}

static struct args *parse(const struct command *command, const struct request *request,
			  struct error *err)
{
	struct args *args;

	if (command->flags & COMMAND_READS_WORDS && !asks_for_help(request))
		return take_words(command, request, err);
	args = args_parse(command->options, command->option_count,
			  command->flags & COMMAND_STOPS_AT_ARGUMENT, request->word_count,
			  (const char *const *)request->words, err);

	if (!args)
		error_prefix(err, "%s", command->name);
	return args;
}

static void run_parsed(struct model *model, const struct command *command, const struct args *args,
		       struct reply *reply)
{
	struct call call = {.model = model, .args = args, .reply = reply};
	struct error err = ERROR_INIT;

	if (args_has(args, "help"))
		reply_help(reply, command);
	else if (args_has(args, "list-options"))
		reply_options(reply, command);
	else if (!check_argument_count(command, args, &err))
		reply_fail(reply, &err);
	else
		command->run(&call);
}

void command_run(struct model *model, struct request *request)
{
	struct error err = ERROR_INIT;
	const struct command *command =
		command_resolve(request->words[0], request->who.is_console, &err);
	struct reply *reply = reply_create(request, command ? command->name : request->words[0]);
	struct args *args = command ? parse(command, request, &err) : NULL;

	if (args)
		run_parsed(model, command, args, reply);
	else
		reply_fail(reply, &err);
	args_destroy(args);
}

bool command_needs_engine(const struct request *request)
{
	const struct command *command =
		command_resolve(request->words[0], request->who.is_console, NULL);
	struct args *args = command ? parse(command, request, NULL) : NULL;
	bool needs_engine = args && !(command->flags & COMMAND_LOCAL) && !args_has(args, "help") &&
			    !args_has(args, "list-options") &&
			    check_argument_count(command, args, NULL);

	args_destroy(args);
	return needs_engine;
}
