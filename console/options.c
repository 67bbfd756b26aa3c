/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of general options, and what each means. */
#include "console/options.h"

#include <string.h>
#include <strings.h>

#include "backend/base/mem.h"
#include "backend/base/text.h"
#include "backend/control/args.h"
#include "backend/control/command.h"

static const struct option_spec table[] = {
	{"version", 'V', OPTION_FLAG, NULL, "print the version", COMPLETE_NOTHING},
	{"list-commands", 0, OPTION_FLAG, NULL, "list the commands' names", COMPLETE_NOTHING},
	{"command", 'c', OPTION_TEXT, "'COMMAND; ...'", "run these commands and end",
	 COMPLETE_NOTHING},
	{"file", 'f', OPTION_TEXT, "FILE", "run the commands of a file, one a line, and end",
	 COMPLETE_FILE},
	{"keep-going", 0, OPTION_FLAG, NULL, "with -c, -f, --line: don't stop at an error",
	 COMPLETE_NOTHING},
	{"line", 0, OPTION_FLAG, NULL, "a plain command line instead of the full screen",
	 COMPLETE_NOTHING},
	{"json", 0, OPTION_FLAG, NULL, "answer with one JSON document a line", COMPLETE_NOTHING},
	{"yes", 'y', OPTION_FLAG, NULL, "ask no questions", COMPLETE_NOTHING},
	{"quiet", 'q', OPTION_FLAG, NULL, "print nothing, not even errors", COMPLETE_NOTHING},
	{"verbose", 'v', OPTION_FLAG, NULL, "let an engine that is started log more",
	 COMPLETE_NOTHING},
	{"no-sessiond", 'n', OPTION_FLAG, NULL, "start no engine", COMPLETE_NOTHING},
	{"no-daemon", 0, OPTION_FLAG, NULL,
	 "everything in this process: it records as long as it runs", COMPLETE_NOTHING},
	{"group", 'g', OPTION_TEXT, "GROUP",
	 "whose members may use root's engine (default: tracing)", COMPLETE_NOTHING},
	{"config", 0, OPTION_TEXT, "FILE", "start-up file of the full screen", COMPLETE_FILE},
	{"no-config", 0, OPTION_FLAG, NULL, "read no start-up file", COMPLETE_NOTHING},
	{"utf8", 0, OPTION_FLAG, NULL, "the terminal takes UTF-8 whatever the locale says",
	 COMPLETE_NOTHING},
	{"color", 0, OPTION_TEXT, "auto|always|never", "colours (default: auto)", COMPLETE_NOTHING},
	{"mi", 'm', OPTION_TEXT, "xml", "answer with one XML document, as lttng --mi xml does",
	 COMPLETE_NOTHING},
	{"man-commands", 0, OPTION_FLAG, NULL, "print the commands for the man page",
	 COMPLETE_NOTHING},
	{"man-keys", 0, OPTION_FLAG, NULL, "print the keys for the man page", COMPLETE_NOTHING},
	{"man-verbs", 0, OPTION_FLAG, NULL, "print the console's commands for the man page",
	 COMPLETE_NOTHING},
	{"sessiond-path", 0, OPTION_TEXT, "PATH", "taken for lttng's sake; does nothing",
	 COMPLETE_FILE},
	{"relayd-path", 0, OPTION_TEXT, "PATH", "taken for lttng's sake; does nothing",
	 COMPLETE_FILE},
};

static bool read_color(const char *value, enum color_choice *color, struct error *err)
{
	if (!value || strcmp(value, "auto") == 0)
		*color = COLOR_AUTO;
	else if (strcmp(value, "always") == 0)
		*color = COLOR_ALWAYS;
	else if (strcmp(value, "never") == 0)
		*color = COLOR_NEVER;
	else
		return error_set(err, ERROR_INVALID, "--color is auto, always or never, not '%s'",
				 value);
	return true;
}

/* lttng looks at the first three letters only. */
static bool read_machine_interface(const char *type, bool *wants_mi, struct error *err)
{
	*wants_mi = type && strncasecmp(type, "xml", 3) == 0;
	if (!type || *wants_mi)
		return true;
	return error_set(err, ERROR_UNSUPPORTED, "machine interface '%s' is not supported", type);
}

static void read_texts(const struct args *args, struct options *options)
{
	options->group = args_text(args, "group");
	options->commands = args_text(args, "command");
	options->file = args_text(args, "file");
	options->config = args_text(args, "config");
}

static void read_flags(const struct args *args, struct options *options)
{
	options->has_no_config = args_has(args, "no-config");
	options->verbosity = args_text_count(args, "verbose");
	options->is_quiet = args_has(args, "quiet");
	options->wants_json = args_has(args, "json");
	options->says_yes = args_has(args, "yes");
	options->is_line = args_has(args, "line");
	options->is_alone = args_has(args, "no-daemon");
	options->starts_no_engine = args_has(args, "no-sessiond");
	options->keeps_going = args_has(args, "keep-going");
	options->holder.utf8 = args_has(args, "utf8");
}

static bool check_together(const struct options *options, struct error *err)
{
	if (options->commands && options->file)
		return error_set(err, ERROR_INVALID, "only one of -c and -f can be given");
	if ((options->commands || options->file) && args_count(options->args) > 0)
		return error_set(err, ERROR_INVALID,
				 "'%s' is one command too many: -c and -f bring their own",
				 args_at(options->args, 0));
	if (options->wants_json && options->wants_mi)
		return error_set(err, ERROR_INVALID, "--json and --mi exclude each other");
	if (options->is_alone && args_count(options->args) > 0)
		return error_set(err, ERROR_INVALID,
				 "--no-daemon ends with its process: give commands by -c, -f or "
				 "--line");
	return true;
}

bool options_parse(int argc, char **argv, struct options *options, struct error *err)
{
	memset(options, 0, sizeof(*options));
	options->args = args_parse(table, COUNT_OF(table), true, (size_t)argc,
				   (const char *const *)argv, err);
	if (!options->args)
		return false;
	read_texts(options->args, options);
	read_flags(options->args, options);
	return read_machine_interface(args_text(options->args, "mi"), &options->wants_mi, err) &&
	       read_color(args_text(options->args, "color"), &options->holder.color, err) &&
	       check_together(options, err);
}

void options_finish(struct options *options)
{
	args_destroy(options->args);
	memset(options, 0, sizeof(*options));
}

const char *options_config(const struct options *options, const struct places *places)
{
	if (options->has_no_config)
		return NULL;
	return options->config ? options->config : places->config;
}

void options_print_help(struct text *out)
{
	text_add(out, "Usage: tracon [GENERAL OPTIONS] [COMMAND [OPTIONS] [ARGUMENTS]]\n"
		      "\n"
		      "Traces a running system and shows it. Without a command: the full screen, "
		      "or, where\n"
		      "there is no terminal for it, commands from standard input, one a line.\n"
		      "\n"
		      "General options:\n");
	command_print_options(table, COUNT_OF(table), out);
	text_add_char(out, '\n');
	command_print_help(NULL, out);
}

void options_print_names(struct text *out)
{
	command_print_option_names(table, COUNT_OF(table), out);
}
