/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Forms that are filled from what there is: settings, columns of a pane, keys. What was changed
 * becomes commands, one for each; the rest stays as it is.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "console/form.h"
#include "console/help.h"
#include "console/keys.h"
#include "console/state.h"

#define KEEP_LABEL "keep"

static void begin_command(const struct form *form, struct text *line, const char *verb)
{
	bool is_kept = false;

	for (size_t i = 0; i < form->count; i++) {
		const struct form_value *value = &form->values[i];

		is_kept |= value->field->kind == FORM_SWITCH && value->is_on &&
			   !strcmp(value->field->label, KEEP_LABEL);
	}
	text_addf(line, "%s%s%s", line->length ? "; " : "", is_kept ? "keep " : "", verb);
}

static void add_keep(struct form *form)
{
	form_add(form, &(struct form_field){
			       .label = KEEP_LABEL,
			       .kind = FORM_SWITCH,
			       .hint = "for the next start too: in the configuration file",
		       });
}

/* ---- settings ---- */

static size_t index_of(const char *const *words, const char *word)
{
	for (size_t i = 0; words[i]; i++) {
		if (!strcmp(words[i], word))
			return i;
	}
	return 0;
}

static void add_setting(struct console *console, struct form *form, const char *name,
			const char *help)
{
	const struct form_field field = {
		.label = name,
		.kind = settings_values(name) ? FORM_CHOICE : FORM_TEXT,
		.choices = settings_values(name),
		.hint = help,
	};
	struct form_value *value = form_add(form, &field);
	struct text now = {0};

	if (!value)
		return;
	settings_value(&console->settings, name, &now);
	if (field.choices)
		value->choice = index_of(field.choices, text_str(&now));
	else
		field_set(&value->text, text_str(&now));
	value->choice_before = value->choice;
	text_finish(&now);
}

void form_fill_settings(struct console *console, struct form *form)
{
	for (size_t i = 0; i < settings_count(); i++)
		add_setting(console, form, settings_name(i), settings_help(i));
	form_add(form, &(struct form_field){.label = "columns",
					    .option = "columns",
					    .kind = FORM_LINK,
					    .hint = "of the pane that has the focus"});
	form_add(form, &(struct form_field){.label = "keys",
					    .option = "keys",
					    .kind = FORM_LINK,
					    .hint = "of that pane and of all panes"});
	add_keep(form);
}

void form_write_settings(const struct form *form, struct text *line)
{
	for (size_t i = 0; i < form->count; i++) {
		const struct form_value *value = &form->values[i];
		bool is_choice = value->field->kind == FORM_CHOICE;

		if (is_choice ? value->choice == value->choice_before
			      : value->field->kind != FORM_TEXT || !value->is_on)
			continue;
		begin_command(form, line, "set");
		text_addf(line, " %s ", value->field->label);
		text_add_quoted(line, is_choice ? value->field->choices[value->choice]
						: field_text(&value->text));
	}
}

/* ---- columns ---- */

static void add_column(struct form *form, const char *name, bool is_on)
{
	struct form_value *value;

	for (size_t i = 0; i < form->count; i++) {
		if (!strcmp(form->values[i].field->label, name))
			return;
	}
	value = form_add(form, &(struct form_field){.label = name, .kind = FORM_SWITCH});
	if (value)
		value->is_on = value->was_on = is_on;
}

/* "columns = +time -stream": what the view remembers. */
static void add_remembered(struct form *form, const char *memo)
{
	const char *line = strstr(memo, "columns ");
	char *copy = line ? mem_strndup(line, strcspn(line, "\n")) : mem_strdup("");
	struct word_list words = {0};
	struct error err = ERROR_INIT;
	const char *rest;

	if (text_split_command(copy, &words, &rest, &err)) {
		for (size_t i = 1; i < words.count; i++) {
			if (strchr("+-", words.words[i][0]) && words.words[i][0])
				add_column(form, words.words[i] + 1, words.words[i][0] == '+');
		}
	}
	word_list_finish(&words);
	free(copy);
}

void form_fill_columns(struct console *console, struct form *form)
{
	const struct view_class *view = console_view(form->pane);
	struct word_list names = {0};
	struct text memo = {0};

	if (!view || !view->remember)
		return;
	view->remember(console->view_states[form->pane], false, &memo);
	add_remembered(form, text_str(&memo));
	text_finish(&memo);
	if (!view->add_column_names)
		return;
	view->add_column_names(console->view_states[form->pane], &names);
	for (size_t i = 0; i < names.count; i++)
		add_column(form, names.words[i], false);
	word_list_finish(&names);
	form_add(form, &(struct form_field){.label = "another field",
					    .kind = FORM_TEXT,
					    .hint = "NAME, NAME.MEMBER or $ctx.NAME"});
}

static void add_column_word(const struct form *form, struct text *line, char sign, const char *name)
{
	struct text word = {0};

	if (line->length == 0)
		text_addf(line, "columns %s", layout_pane_name(form->pane));
	text_addf(&word, "%c%s", sign, name);
	text_add_char(line, ' ');
	text_add_quoted(line, text_str(&word));
	text_finish(&word);
}

void form_write_columns(const struct form *form, struct text *line)
{
	for (size_t i = 0; i < form->count; i++) {
		const struct form_value *value = &form->values[i];
		const char *typed = field_text(&value->text);

		if (value->field->kind == FORM_SWITCH && value->is_on != value->was_on)
			add_column_word(form, line, value->is_on ? '+' : '-', value->field->label);
		else if (value->field->kind == FORM_TEXT && *typed)
			add_column_word(form, line, '+', typed);
	}
}

/* ---- keys ---- */

static void add_action(struct form *form, const struct help_key *key)
{
	struct text hint = {0};
	struct form_value *value;

	text_addf(&hint, "%s, in %s; x, C-x, M-x, F5, PageUp, or press it", key->action,
		  key->pane ? "this pane" : "all panes");
	value = form_add(form, &(struct form_field){.label = key->help,
						    .option = key->action,
						    .kind = FORM_TEXT,
						    .hint = text_str(&hint)});
	text_finish(&hint);
	if (!value)
		return;
	field_set(&value->text, key->keys);
	value->text_before = form_keep_word(form, key->keys);
	value->pane = key->pane ? layout_pane_name(form->pane) : NULL;
}

/* The pane's own first. */
static void add_actions(struct form *form, const struct overlay *help, const char *pane)
{
	for (size_t i = 0; i < help->content.key_count; i++) {
		const char *own = help->keys[i].pane;
		bool is_meant = own && pane ? strcmp(own, pane) == 0 : own == pane;

		if (is_meant)
			add_action(form, &help->keys[i]);
	}
}

void form_fill_keys(struct console *console, struct form *form)
{
	struct overlay help = {0};

	help_gather(&help, console->keymap, "");
	add_actions(form, &help, layout_pane_name(form->pane));
	add_actions(form, &help, NULL);
	help_forget(&help);
	add_keep(form);
}

/* The next word; *length 0: there is none. */
static const char *next_key(const char *keys, size_t *length)
{
	keys += strspn(keys, " ");
	*length = strcspn(keys, " ");
	return keys;
}

static bool has_key(const char *keys, const char *key, size_t key_length)
{
	size_t length;

	for (keys = next_key(keys, &length); length > 0; keys = next_key(keys + length, &length)) {
		if (length == key_length && !strncmp(keys, key, length))
			return true;
	}
	return false;
}

/* A command for each key of `keys` that is not in `others`. */
static void write_bindings(const struct form *form, const struct form_value *value,
			   const char *keys, const char *others, bool is_bound, struct text *line)
{
	size_t length;

	for (keys = next_key(keys, &length); length > 0; keys = next_key(keys + length, &length)) {
		char *key = mem_strndup(keys, length);

		if (!has_key(others, key, length)) {
			begin_command(form, line, "bind ");
			text_addf(line, "%s ", value->pane ? value->pane : "all");
			text_add_quoted(line, key);
			text_add_char(line, ' ');
			text_add_quoted(line, is_bound ? value->field->option : "none");
		}
		free(key);
	}
}

void form_write_keys(const struct form *form, struct text *line)
{
	for (size_t i = 0; i < form->count; i++) {
		const struct form_value *value = &form->values[i];
		const char *keys = field_text(&value->text);

		if (value->field->kind != FORM_TEXT || !value->is_on)
			continue;
		write_bindings(form, value, value->text_before, keys, false, line);
		write_bindings(form, value, keys, value->text_before, true, line);
	}
}

static void check_keys(const char *keys, struct text *complaint)
{
	size_t length;

	for (keys = next_key(keys, &length); length > 0; keys = next_key(keys + length, &length)) {
		char *key = mem_strndup(keys, length);

		if (complaint->length == 0 && keys_parse(key) == KEYS_NONE)
			text_addf(complaint, "no key is called '%s'", key);
		free(key);
	}
}

void form_check_keys(const struct form *form, struct text *complaint)
{
	for (size_t i = 0; i < form->count; i++) {
		if (form->values[i].field->kind == FORM_TEXT && form->values[i].is_on)
			check_keys(field_text(&form->values[i].text), complaint);
	}
}
