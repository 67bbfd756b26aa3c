/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is made from the command table for people: help texts and the man page's part. */
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/text.h"
#include "backend/control/command.h"

#define WIDTH_COLUMNS  80
#define NAME_COLUMNS   19 /* commands in the list of all */
#define OPTION_COLUMNS 26

/* Ends the line so that the next begins at `indent`. */
static void add_indented_newline(struct text *out, size_t indent)
{
	text_addf(out, "\n%*s", (int)indent, "");
}

/*
 * The words of `prose`, wrapped; the first line has `column` columns already. An empty line between
 * paragraphs stays.
 */
static void add_wrapped(struct text *out, const char *prose, size_t column, size_t indent)
{
	bool is_first = true;

	while (*(prose += strspn(prose, " "))) {
		size_t length = strcspn(prose, " \n");

		if (length == 0 && prose[1] == '\n') {
			text_add_char(out, '\n');
			prose++;
		}
		if (length == 0 || (!is_first && column + 1 + length > WIDTH_COLUMNS)) {
			add_indented_newline(out, indent);
			column = indent;
			is_first = true;
		}
		if (length > 0) {
			text_addf(out, "%s%.*s", is_first ? "" : " ", (int)length, prose);
			column += length + !is_first;
			is_first = false;
		}
		prose += length > 0 ? length : 1;
	}
	text_add_char(out, '\n');
}

/* "-s, --session=NAME" */
static void add_option_name(struct text *out, const struct option_spec *option)
{
	const char *value = option->value_name ? option->value_name : "VALUE";

	if (option->letter)
		text_addf(out, "-%c, ", option->letter);
	text_addf(out, "--%s", option->name);
	if (option->kind == OPTION_TEXT)
		text_addf(out, "=%s", value);
	else if (option->kind == OPTION_OPTIONAL_TEXT)
		text_addf(out, "[=%s]", value);
}

static void add_option(struct text *out, const struct option_spec *option)
{
	struct text name = {0};
	size_t column;

	text_add(&name, option->letter ? "  " : "      ");
	add_option_name(&name, option);
	text_addf(out, "%-*s", OPTION_COLUMNS - 1, text_str(&name));
	column = name.length < OPTION_COLUMNS ? OPTION_COLUMNS - 1 : name.length;
	if (column > OPTION_COLUMNS) {
		add_indented_newline(out, OPTION_COLUMNS - 1);
		column = OPTION_COLUMNS - 1;
	}
	text_add_char(out, ' ');
	add_wrapped(out, option->help ? option->help : "", column + 1, OPTION_COLUMNS);
	text_finish(&name);
}

void command_print_options(const struct option_spec *options, size_t count, struct text *out)
{
	for (size_t i = 0; i < count; i++)
		add_option(out, &options[i]);
}

void command_print_option_names(const struct option_spec *options, size_t count, struct text *out)
{
	text_add(out, "--help\n-h\n--list-options\n");
	for (size_t i = 0; i < count; i++) {
		text_addf(out, "--%s\n", options[i].name);
		if (options[i].letter)
			text_addf(out, "-%c\n", options[i].letter);
	}
}

static void add_usage(struct text *out, const struct command *command)
{
	size_t indent = strlen("Usage: ") + strlen(command->name) + 1;

	text_addf(out, "Usage: %s", command->name);
	if (command->usage && *command->usage)
		text_add_char(out, ' ');
	add_wrapped(out, command->usage ? command->usage : "", indent, indent);
}

static void add_one_help(struct text *out, const struct command *command)
{
	const char *prose = command->description ? command->description : command->help;

	add_usage(out, command);
	text_add_char(out, '\n');
	add_wrapped(out, prose, 0, 0);
	if (command->option_count == 0)
		return;
	text_add(out, "\nOptions:\n");
	command_print_options(command->options, command->option_count, out);
}

static void add_all_help(struct text *out)
{
	text_add(out, "Commands:\n");
	for (size_t i = 0; i < command_count; i++) {
		const struct command *command = command_table[i];

		if (command->flags & COMMAND_HIDDEN)
			continue;
		text_addf(out, "  %-*s ", NAME_COLUMNS - 3, command->name);
		add_wrapped(out, command->help, NAME_COLUMNS, NAME_COLUMNS);
	}
	text_add(out, "\n'help COMMAND' explains one.\n");
}

void command_print_help(const struct command *command, struct text *out)
{
	if (command)
		add_one_help(out, command);
	else
		add_all_help(out);
}

/* --- man page --------------------------------------------------------------------------------- */

/* Text for roff: '-' is a minus, a backslash is one, and no line of it is a request. */
void command_print_roff(const char *plain, struct text *out)
{
	bool at_line_start = out->length == 0 || out->bytes[out->length - 1] == '\n';

	for (; *plain; plain++) {
		if (at_line_start && (*plain == '.' || *plain == '\''))
			text_add(out, "\\&");
		if (at_line_start && *plain == '\n')
			text_add(out, ".PP"); /* an empty line between paragraphs */
		if (*plain == '-')
			text_add(out, "\\-");
		else if (*plain == '\\')
			text_add(out, "\\e");
		else
			text_add_char(out, *plain);
		at_line_start = *plain == '\n';
	}
}

static void add_roff_option(struct text *out, const struct option_spec *option)
{
	struct text name = {0};

	add_option_name(&name, option);
	text_add(out, ".TP\n\\fB");
	command_print_roff(text_str(&name), out);
	text_add(out, "\\fR\n");
	command_print_roff(option->help ? option->help : "", out);
	text_add_char(out, '\n');
	text_finish(&name);
}

static void add_roff_command(struct text *out, const struct command *command)
{
	text_add(out, ".TP\n\\fB");
	command_print_roff(command->name, out);
	text_add(out, "\\fR ");
	command_print_roff(command->usage ? command->usage : "", out);
	text_add_char(out, '\n');
	command_print_roff(command->description ? command->description : command->help, out);
	text_add_char(out, '\n');
	if (command->option_count == 0)
		return;
	text_add(out, ".RS\n");
	for (size_t i = 0; i < command->option_count; i++)
		add_roff_option(out, &command->options[i]);
	text_add(out, ".RE\n");
}

void command_print_man(struct text *out)
{
	for (size_t i = 0; i < command_count; i++)
		if (!(command_table[i]->flags & COMMAND_HIDDEN))
			add_roff_command(out, command_table[i]);
}
