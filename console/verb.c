/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of the console's own commands. */
#include "console/verb.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/control/command.h"
#include "console/browser.h"
#include "console/keep.h"
#include "console/keymap.h"
#include "console/removal.h"
#include "console/state.h"
#include "console/submit.h"

#define SOURCE_BYTES_MAX (1024 * 1024)

static bool run_set(struct console *console, size_t word_count, char **words, struct text *out,
		    struct error *err)
{
	if (word_count < 3) {
		settings_show(&console->settings, word_count == 2 ? words[1] : NULL, out);
		return true;
	}
	if (!settings_set(&console->settings, words[1], words[2], err))
		return error_prefix(err, "cannot set %s", words[1]);
	console_apply_settings(console);
	return true;
}

static void set_arguments(size_t index, const char *const *words, struct word_list *candidates)
{
	const char *const *values = index == 2 ? settings_values(words[1]) : NULL;

	for (size_t i = 0; index == 1 && i < settings_count(); i++)
		word_list_add(candidates, settings_name(i));
	for (; values && *values; values++)
		word_list_add(candidates, *values);
}

/* An action of the console or of a view, or a command line. */
static bool is_meaningful(const char *first_word)
{
	if (keymap_is_action(first_word) || !strcmp(first_word, "default") ||
	    command_find(first_word) || verb_find(1, &(char *){(char *)(uintptr_t)first_word}))
		return true;
	for (size_t i = 0; i < view_count; i++) {
		if (view_knows(view_table[i], first_word))
			return true;
	}
	return false;
}

static void list_bindings(const struct console *console, struct text *out)
{
	const struct binding *binding;

	for (size_t i = 0; (binding = keymap_own_at(console->keymap, i)); i++)
		text_addf(out, "bind %s %s %s\n", binding->pane ? binding->pane : "all",
			  binding->key, binding->action);
	if (out->length == 0)
		text_add(out, "no keys were bound; ? lists the keys of a pane\n");
}

static bool run_bind(struct console *console, size_t word_count, char **words, struct text *out,
		     struct error *err)
{
	struct text action = {0};
	bool is_bound = false;

	if (word_count == 1) {
		list_bindings(console, out);
		return true;
	}
	if (word_count < 4)
		return error_set(err, ERROR_INVALID, "usage: bind PANE|all KEY ACTION|COMMAND");
	/* One word may hold a whole command line, quoted; several words are one as well. */
	for (size_t i = 3; i < word_count; i++) {
		text_add(&action, i > 3 ? " " : "");
		if (word_count == 4)
			text_add(&action, words[i]);
		else
			text_add_quoted(&action, words[i]);
	}
	words[3][strcspn(words[3], " ")] = '\0';
	if (!is_meaningful(words[3]))
		error_set(err, ERROR_INVALID, "cannot bind %s: '%s' is no action and no command",
			  words[2], words[3]);
	else
		is_bound = keymap_bind(console->keymap, words[1], words[2], text_str(&action), err);
	text_finish(&action);
	return is_bound;
}

static void bind_arguments(size_t index, const char *const *words, struct word_list *candidates)
{
	(void)words;
	if (index == 1)
		word_list_add(candidates, "all");
	for (int i = 0; index == 1 && i < PANE_COUNT; i++)
		word_list_add(candidates, layout_pane_name((enum pane)i));
	for (size_t i = 0; index == 3 && i < keymap_default_count(); i++)
		word_list_add(candidates, keymap_default_at(i)->action);
	for (size_t i = 0; index == 3 && i < command_count; i++)
		word_list_add(candidates, command_table[i]->name);
}

static bool run_source(struct console *console, size_t word_count, char **words, struct text *out,
		       struct error *err)
{
	struct text path = {0};
	char *bytes;
	size_t length;
	bool is_read;

	(void)word_count;
	(void)out;
	if (words[1][0] != '/' && console->directory)
		text_addf(&path, "%s/", console->directory);
	text_add(&path, words[1]);
	is_read = fd_read_file(text_str(&path), SOURCE_BYTES_MAX, &bytes, &length, err);
	text_finish(&path);
	if (!is_read)
		return error_prefix(err, "cannot run the commands of '%s'", words[1]);
	submit_text(console, FROM_FILE, words[1], bytes);
	free(bytes);
	return true;
}

static bool run_stats(struct console *console, size_t word_count, char **words, struct text *out,
		      struct error *err)
{
	char duration[UNITS_TEXT_MAX];

	(void)word_count;
	(void)words;
	(void)err;
	text_addf(out, "terminal: %dx%d, %llu bytes, update every %s, %u frames skipped\n",
		  console->columns, console->rows,
		  console->screen ? (unsigned long long)screen_bytes(console->screen) : 0,
		  units_duration(duration, console_interval_ns(console)), console->pace.skips);
	return true;
}

static bool run_color(struct console *console, size_t word_count, char **words, struct text *out,
		      struct error *err)
{
	if (word_count == 1) {
		settings_show_colors(&console->settings, out);
		return true;
	}
	if (!strcmp(words[1], "--list")) {
		for (int role = 0; role < ROLE_COUNT; role++)
			text_addf(out, "%s\n", theme_role_name(role));
		return true;
	}
	if (!settings_set_color(&console->settings, words[1], word_count - 2, words + 2, err))
		return error_prefix(err, "cannot set color %s", words[1]);
	console_apply_settings(console);
	return true;
}

static void color_arguments(size_t index, const char *const *words, struct word_list *candidates)
{
	static const char *const styles[] = {"bold",	"dim",	   "reverse", "underline", "on",
					     "default", "black",   "red",     "green",	   "yellow",
					     "blue",	"magenta", "cyan",    "white"};

	(void)words;
	for (int role = 0; index == 1 && role < ROLE_COUNT; role++)
		word_list_add(candidates, theme_role_name(role));
	for (size_t i = 0; index > 1 && i < COUNT_OF(styles); i++)
		word_list_add(candidates, styles[i]);
}

static bool run_alias(struct console *console, size_t word_count, char **words, struct text *out,
		      struct error *err)
{
	if (word_count == 1) {
		alias_show(&console->aliases, out);
		return true;
	}
	if (command_find(words[1]) || verb_find(1, words + 1) || strpbrk(words[1], " ;#"))
		return error_set(err, ERROR_INVALID,
				 "cannot call that '%s': it is a command, or more than a word",
				 words[1]);
	alias_set(&console->aliases, words[1], word_count > 2 ? words[2] : "");
	return true;
}

/* What the view remembers of its columns: "columns +name -channel …". */
static void show_columns(const struct console *console, enum pane pane, struct text *out)
{
	struct text memo = {0};
	const char *line;

	if (!console_view(pane) || !console_view(pane)->remember)
		return;
	console_view(pane)->remember(console->view_states[pane], false, &memo);
	line = strstr(text_str(&memo), "columns");
	if (line)
		text_addf(out, "columns %s%.*s", layout_pane_name(pane),
			  (int)strcspn(line + strlen("columns"), "\n"), line + strlen("columns"));
	text_finish(&memo);
}

static bool run_columns(struct console *console, size_t word_count, char **words, struct text *out,
			struct error *err)
{
	enum pane pane = word_count > 1 ? layout_pane_of(words[1]) : console->focus;
	struct text memo = {0};

	if (pane == PANE_NONE || !console_view(pane))
		return error_set(err, ERROR_INVALID, "there is no pane '%s'", words[1]);
	if (word_count < 3) {
		show_columns(console, pane, out);
		text_add(out, "\n");
		return true;
	}
	text_add(&memo, "columns");
	for (size_t i = 2; i < word_count; i++) {
		text_add(&memo, " ");
		text_add_quoted(&memo, words[i]);
	}
	if (console_view(pane)->recall)
		console_view(pane)->recall(console->view_states[pane], text_str(&memo));
	text_finish(&memo);
	return true;
}

static void columns_arguments(size_t index, const char *const *words, struct word_list *candidates)
{
	(void)words;
	for (int i = 0; index == 1 && i < PANE_COUNT; i++)
		word_list_add(candidates, layout_pane_name((enum pane)i));
}

static bool run_delete_chunk(struct console *console, size_t word_count, char **words,
			     struct text *out, struct error *err)
{
	(void)out;
	return removal_ask(console, word_count - 1, words + 1, err);
}

static bool run_goto(struct console *console, size_t word_count, char **words, struct text *out,
		     struct error *err)
{
	struct text where = {0};
	bool is_known;

	(void)out;
	/* "2026-11-22 12:00:01" needs no quotes. */
	for (size_t i = 1; i < word_count; i++)
		text_addf(&where, "%s%s", i > 1 ? " " : "", words[i]);
	is_known = browser_goto(console, text_str(&where), err);
	text_finish(&where);
	return is_known;
}

static bool run_export(struct console *console, size_t word_count, char **words, struct text *out,
		       struct error *err)
{
	(void)out;
	return browser_export(console, word_count, words, err);
}

static bool run_view(struct console *console, size_t word_count, char **words, struct text *out,
		     struct error *err)
{
	(void)out;
	return browser_view_argument(console, word_count > 1 ? words[1] : NULL, err);
}

static bool run_help(struct console *console, size_t word_count, char **words, struct text *out,
		     struct error *err);
static void help_arguments(size_t index, const char *const *words, struct word_list *candidates);

static const struct verb verbs[] = {
	{"alias", "[NAME ['COMMAND']]", "Give a command line a name, or list those names.", 1, 3,
	 run_alias, NULL},
	{"bind", "[PANE|all KEY ACTION|COMMAND]", "Give a key a meaning, or list own keys.", 1, 64,
	 run_bind, bind_arguments},
	{"color", "[ROLE [ATTRIBUTE|COLOUR]...]", "Change how something looks; --list: what.", 1,
	 16, run_color, color_arguments},
	{"columns", "[PANE [+NAME|-NAME]...]", "Show or hide columns of a pane.", 1, 40,
	 run_columns, columns_arguments},
	{"delete-chunk", "PATH...", "Delete the files of archived chunks; asks.", 2, 1000,
	 run_delete_chunk, NULL},
	{"export", "[--text|--json|--ctf] PATH", "Write events of the open trace to a file.", 2, 4,
	 run_export, NULL},
	{"goto", "TIME|+DURATION|N%|begin|end", "Go to a place in the open trace.", 2, 3, run_goto,
	 NULL},
	{"help", "[COMMAND]", "Explain a command, or list all.", 1, 2, run_help, help_arguments},
	{"keep", "COMMAND", "Run set, bind, color, alias or columns, and at each start.", 2, 64,
	 keep_run, NULL},
	{"set", "[NAME [VALUE]]", "Change a setting of the screen, or list them.", 1, 3, run_set,
	 set_arguments},
	{"source", "FILE", "Run the commands in a file.", 2, 2, run_source, NULL},
	{"stats", "", "What the screen costs.", 1, 1, run_stats, NULL},
	{"view", "[SESSION|PATH]", "Look at a trace in the event browser.", 1, 2, run_view, NULL},
};

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < COUNT_OF(verbs); i++) {
		if (!strcmp(verbs[i].name, name))
			return &verbs[i];
	}
	return NULL;
}

static void list_verbs(struct text *out)
{
	text_add(out, "\nOf this console alone:\n");
	for (size_t i = 0; i < COUNT_OF(verbs); i++)
		text_addf(out, "  %-16s %s\n", verbs[i].name, verbs[i].help);
}

/* Of the table's commands and of these; `set` is one of each. */
static bool run_help(struct console *console, size_t word_count, char **words, struct text *out,
		     struct error *err)
{
	const struct command *command = word_count > 1 ? command_find(words[1]) : NULL;
	const struct verb *verb = word_count > 1 ? find_verb(words[1]) : NULL;

	(void)console;
	if (word_count > 1 && !command && !verb)
		return error_set(err, ERROR_INVALID, "unknown command '%s'; help lists all",
				 words[1]);
	if (verb)
		text_addf(out, "Usage: %s %s\n\n%s\n", verb->name, verb->usage, verb->help);
	if (verb && command)
		text_add_char(out, '\n');
	if (word_count == 1 || command)
		command_print_help(command, out);
	if (word_count == 1)
		list_verbs(out);
	return true;
}

static void help_arguments(size_t index, const char *const *words, struct word_list *candidates)
{
	(void)words;
	for (size_t i = 0; index == 1 && i < COUNT_OF(verbs); i++)
		word_list_add(candidates, verbs[i].name);
	for (size_t i = 0; index == 1 && i < command_count; i++) {
		if (!(command_table[i]->flags & COMMAND_HIDDEN))
			word_list_add(candidates, command_table[i]->name);
	}
}

size_t verb_count(void)
{
	return COUNT_OF(verbs);
}

const struct verb *verb_at(size_t index)
{
	return &verbs[index];
}

const struct verb *verb_find(size_t word_count, char **words)
{
	/* The tracer has settings too. */
	if (!strcmp(words[0], "set") && word_count > 1 && !settings_knows(words[1]) &&
	    command_find("set"))
		return NULL;
	/* With options it means another program. */
	if (!strcmp(words[0], "view") && word_count > 1 && words[1][0] == '-')
		return NULL;
	return find_verb(words[0]);
}

/* "bind tail C": what the key means by an own binding, or none of those. */
static void invert_bind(const struct console *console, char **words, struct text *inverse)
{
	const char *action = keymap_own_action(console->keymap, words[1], words[2]);

	text_addf(inverse, "bind %s ", words[1]);
	text_add_quoted(inverse, words[2]);
	text_add_char(inverse, ' ');
	text_add_quoted(inverse, action ? action : "default");
}

static void invert_color(const struct console *console, const char *role, struct text *inverse)
{
	int index = theme_role(role);

	if (index < 0)
		return;
	text_addf(inverse, "color %s", role);
	if (console->settings.colors[index].is_set)
		theme_print_style(&console->settings.colors[index].style, inverse);
}

static void invert_alias(const struct console *console, const char *name, struct text *inverse)
{
	const char *text = alias_find(&console->aliases, name);

	text_add(inverse, "alias ");
	text_add_quoted(inverse, name);
	text_add_char(inverse, ' ');
	text_add_quoted(inverse, text ? text : "");
}

static void invert_keep(const struct console *console, size_t word_count, char **words,
			struct text *inverse)
{
	const struct verb *verb = word_count > 2 ? verb_find(word_count - 1, words + 1) : NULL;
	struct text inner = {0};

	if (verb && strcmp(verb->name, "keep") != 0)
		verb_add_inverse(verb, console, word_count - 1, words + 1, &inner);
	if (inner.length > 0)
		text_addf(inverse, "keep %s", text_str(&inner));
	text_finish(&inner);
}

void verb_add_inverse(const struct verb *verb, const struct console *console, size_t word_count,
		      char **words, struct text *inverse)
{
	if (!strcmp(verb->name, "set") && word_count == 3 && settings_knows(words[1])) {
		text_addf(inverse, "set %s ", words[1]);
		settings_value(&console->settings, words[1], inverse);
	}
	if (!strcmp(verb->name, "columns") && word_count > 2 &&
	    layout_pane_of(words[1]) != PANE_NONE)
		show_columns(console, layout_pane_of(words[1]), inverse);
	if (!strcmp(verb->name, "bind") && word_count > 3)
		invert_bind(console, words, inverse);
	if (!strcmp(verb->name, "color") && word_count > 1)
		invert_color(console, words[1], inverse);
	if (!strcmp(verb->name, "alias") && word_count > 1)
		invert_alias(console, words[1], inverse);
	if (!strcmp(verb->name, "keep"))
		invert_keep(console, word_count, words, inverse);
}

bool verb_run(const struct verb *verb, struct console *console, size_t word_count, char **words,
	      struct text *out, struct error *err)
{
	if (word_count < verb->word_min || word_count > verb->word_max)
		return error_set(err, ERROR_INVALID, "usage: %s %s", verb->name, verb->usage);
	if (!strcmp(verb->name, "set") && word_count > 1 && !settings_knows(words[1]))
		return error_set(err, ERROR_INVALID, "there is no setting '%s'; set lists them",
				 words[1]);
	return verb->run(console, word_count, words, out, err);
}
