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
#include "console/keymap.h"
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
	if (keymap_is_action(first_word) || command_find(first_word) ||
	    verb_find(1, &(char *){(char *)(uintptr_t)first_word}))
		return true;
	for (const struct view_action *action = view_common_actions; action->name; action++) {
		if (!strcmp(action->name, first_word))
			return true;
	}
	for (size_t i = 0; i < view_count; i++) {
		const struct view_action *action = view_table[i]->actions;

		for (; action && action->name; action++) {
			if (!strcmp(action->name, first_word))
				return true;
		}
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

static const struct verb verbs[] = {
	{"bind", "[PANE|all KEY ACTION|COMMAND]", "Give a key a meaning, or list own keys.", 1, 64,
	 run_bind, bind_arguments},
	{"set", "[NAME [VALUE]]", "Change a setting of the screen, or list them.", 1, 3, run_set,
	 set_arguments},
	{"source", "FILE", "Run the commands in a file.", 2, 2, run_source, NULL},
	{"stats", "", "What the screen costs.", 1, 1, run_stats, NULL},
};

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
	for (size_t i = 0; i < COUNT_OF(verbs); i++) {
		if (!strcmp(verbs[i].name, words[0]))
			return &verbs[i];
	}
	return NULL;
}

void verb_add_inverse(const struct verb *verb, const struct console *console, size_t word_count,
		      char **words, struct text *inverse)
{
	if (!strcmp(verb->name, "set") && word_count == 3 && settings_knows(words[1])) {
		text_addf(inverse, "set %s ", words[1]);
		settings_value(&console->settings, words[1], inverse);
	}
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
