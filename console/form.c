/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fields in, one command line out: it is checked by the command's own options before it runs. */
#include "console/form.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/control/args.h"
#include "backend/control/command.h"
#include "console/keys.h"
#include "console/state.h"
#include "console/submit.h"
#include "views/match.h"
#include "views/selection.h"

#define PICK_PAGE 5 /* words that PageUp and PageDown pass over */

static const struct form_class *find_class(const char *name)
{
	for (size_t i = 0; i < form_count; i++) {
		if (!strcmp(form_table[i].name, name))
			return &form_table[i];
	}
	return NULL;
}

/* "snapshot record": the table knows its first word. */
static const struct command *command_of(const struct form_class *class)
{
	char word[32];
	size_t length = class->command ? strcspn(class->command, " ") : 0;

	if (length == 0 || length >= sizeof(word))
		return NULL;
	memcpy(word, class->command, length);
	word[length] = '\0';
	return command_find(word);
}

/* ---- what the command knows ---- */

/* "--output=splice", "-u", "--set-url" */
static const struct option_spec *find_option(const struct command *command, const char *option)
{
	size_t length;

	for (size_t i = 0; i < command->option_count; i++) {
		const struct option_spec *spec = &command->options[i];

		if (option[0] == '-' && option[1] != '-' && spec->letter == option[1])
			return spec;
		length = strlen(spec->name);
		if (!strncmp(option, "--", 2) && !strncmp(option + 2, spec->name, length) &&
		    (option[2 + length] == '\0' || option[2 + length] == '='))
			return spec;
	}
	return NULL;
}

static bool knows_choice(const struct command *command, const struct form_field *field,
			 size_t choice)
{
	const char *option;

	if (!command || !field->choice_options)
		return true;
	option = field->choice_options[choice];
	return !*option || find_option(command, option);
}

static size_t choice_count(const struct form_field *field)
{
	size_t count = 0;

	while (field->choices[count])
		count++;
	return count;
}

static bool is_offered(const struct command *command, const struct form_field *field)
{
	size_t known = 0;

	if (field->option)
		return find_option(command, field->option) != NULL;
	if (field->kind != FORM_CHOICE)
		return true;
	for (size_t i = 0; field->choices[i]; i++)
		known += knows_choice(command, field, i);
	return known > 0;
}

/* ---- opening ---- */

static void begin_text(struct form_value *value, const struct view_input *input)
{
	const struct picture_session *session = selection_session(input);
	const struct picture_channel *channel = selection_channel(input);
	const char *text = "";

	if (value->field->begins_with == FORM_OF_SESSION && session)
		text = session->name;
	if (value->field->begins_with == FORM_OF_CHANNEL && channel)
		text = channel->name;
	field_set(&value->text, text);
}

static void begin_choice(const struct command *command, struct form_value *value,
			 const struct view_input *input)
{
	const struct picture_channel *channel = selection_channel(input);

	value->choice = 0;
	while (value->field->choices[value->choice + 1] &&
	       !knows_choice(command, value->field, value->choice))
		value->choice++;
	if (value->field->begins_with == FORM_OF_DOMAIN && channel &&
	    strcasestr(channel->domain, "kernel"))
		value->choice = 1;
	value->choice_before = value->choice;
}

static struct form_value *add_value(struct form *form, const struct form_field *field)
{
	struct form_value *value = &form->values[form->count++];

	value->field = field;
	value->is_on = false;
	value->choice = 0;
	value->choice_before = 0;
	value->was_on = false;
	value->text_before = "";
	value->pane = NULL;
	field_set(&value->text, "");
	return value;
}

static void add_fields(struct form *form, const struct view_input *input)
{
	const struct form_class *class = form->class;
	const struct command *command = command_of(class);

	for (size_t i = 0; i < class->field_count && form->count < FORM_FIELDS_MAX; i++) {
		const struct form_field *field = &class->fields[i];
		struct form_value *value;

		if (!is_offered(command, field))
			continue;
		value = add_value(form, field);
		if (field->kind == FORM_CHOICE)
			begin_choice(command, value, input);
		else
			begin_text(value, input);
	}
}

const char *form_keep_word(struct form *form, const char *word)
{
	word_list_add(&form->own_words, word);
	return form->own_words.words[form->own_words.count - 1];
}

struct form_value *form_add(struct form *form, const struct form_field *field)
{
	struct form_field *own = &form->own_fields[form->count];

	if (form->count == FORM_FIELDS_MAX)
		return NULL;
	*own = *field;
	own->label = form_keep_word(form, field->label);
	own->option = field->option ? form_keep_word(form, field->option) : NULL;
	own->hint = form_keep_word(form, field->hint ? field->hint : "");
	return add_value(form, own);
}

static void gather_words(struct console *console);

bool form_open(struct console *console, const char *name)
{
	const struct form_class *class = find_class(name);
	struct form *form = &console->form;
	const struct picture *picture;
	struct view_input input;

	if (!class) {
		console_tell(console, NOTICE_WARNING, "", "there is no form '%s'", name);
		return false;
	}
	if (!class->fill && !command_of(class)) {
		console_tell(console, NOTICE_WARNING, "", "this build has no command %s",
			     class->command);
		return false;
	}
	form_close(form);
	form->class = class;
	form->count = 0;
	form->focus = 0;
	form->pane = console->focus;
	form->is_open = true;
	if (class->fill) {
		class->fill(console, form);
	} else {
		picture = console_picture_acquire(console);
		console_view_input(console, picture, &input);
		add_fields(form, &input);
		console_picture_release(console);
	}
	gather_words(console);
	return true;
}

void form_close(struct form *form)
{
	form->is_open = false;
	form->count = 0;
	word_list_finish(&form->words);
	word_list_finish(&form->own_words);
}

void form_finish(struct form *form)
{
	form_close(form);
	for (size_t i = 0; i < FORM_FIELDS_MAX; i++)
		field_finish(&form->values[i].text);
}

/* ---- words to pick from ---- */

static bool wants_kernel(const struct form *form)
{
	for (size_t i = 0; i < form->count; i++) {
		if (form->values[i].field->begins_with == FORM_OF_DOMAIN)
			return form->values[i].choice == 1;
	}
	return false;
}

static void add_match(struct form *form, const char *typed, const char *word)
{
	if (!*typed || strcasestr(word, typed))
		word_list_add(&form->words, word);
}

static void add_channels(struct console *console, const char *typed)
{
	const struct picture *picture = console_picture_acquire(console);
	const struct picture_session *session =
		picture_session(picture, console->selection.session_id);

	for (size_t i = 0; session && i < session->channel_count; i++)
		add_match(&console->form, typed,
			  picture->channels[session->first_channel + i].name);
	console_picture_release(console);
}

/* The word that was typed whole comes first: it is the one that is meant. */
static void prefer_exact(struct form *form, const char *typed)
{
	for (size_t i = 1; i < form->words.count; i++) {
		char *word = form->words.words[i];

		if (strcmp(word, typed) != 0)
			continue;
		memmove(form->words.words + 1, form->words.words, i * sizeof(char *));
		form->words.words[0] = word;
		return;
	}
}

static void add_contexts(struct form *form, const char *typed)
{
	struct word_list names = {0};

	form_known_contexts(wants_kernel(form), &names);
	for (size_t i = 0; i < names.count; i++)
		add_match(form, typed, names.words[i]);
	word_list_finish(&names);
}

static void gather_words(struct console *console)
{
	struct form *form = &console->form;
	const struct form_value *value = form->count ? &form->values[form->focus] : NULL;
	const char *typed;

	word_list_finish(&form->words);
	form->words = (struct word_list){0};
	form->picked = 0;
	if (!value || value->field->kind != FORM_PICK)
		return;
	typed = field_text(&value->text);
	if (value->field->words == FORM_CHANNELS)
		add_channels(console, typed);
	if (value->field->words == FORM_CONTEXTS)
		add_contexts(form, typed);
	prefer_exact(form, typed);
}

/* Nothing typed means nothing, unless the field must have something. */
static const char *picked_word(const struct form *form, const struct form_value *value)
{
	const char *typed = field_text(&value->text);
	bool has_focus = value == &form->values[form->focus];

	if (!has_focus || form->words.count == 0)
		return typed;
	if (!*typed && !value->field->is_required && form->picked == 0)
		return typed;
	return form->words.words[form->picked];
}

/* What was picked stays when the focus leaves. */
static void keep_picked(struct form *form)
{
	struct form_value *value = &form->values[form->focus];

	if (value->field->kind == FORM_PICK) {
		char *word = mem_strdup(picked_word(form, value));

		field_set(&value->text, word);
		free(word);
	}
}

/* ---- the command line ---- */

static const char *text_of(const struct form *form, const struct form_value *value)
{
	return value->field->kind == FORM_PICK ? picked_word(form, value)
					       : field_text(&value->text);
}

static void write_choice(const struct form_value *value, struct text *line)
{
	const struct form_field *field = value->field;

	if (field->choice_options) {
		if (*field->choice_options[value->choice])
			text_addf(line, " %s", field->choice_options[value->choice]);
	} else if (value->choice > 0) {
		text_addf(line, " %s ", field->option);
		text_add_quoted(line, field->choices[value->choice]);
	}
}

static void write_option(const struct form *form, const struct form_value *value, struct text *line)
{
	const char *text = text_of(form, value);

	if (value->field->kind == FORM_CHOICE) {
		write_choice(value, line);
	} else if (value->field->kind == FORM_SWITCH) {
		if (value->is_on)
			text_addf(line, " %s", value->field->option);
	} else if (value->field->option && *text) {
		text_addf(line, " %s ", value->field->option);
		text_add_quoted(line, text);
	}
}

static bool is_argument(const struct form_field *field)
{
	return !field->option && field->kind == FORM_TEXT;
}

static void write_argument(const struct form_value *value, struct text *line)
{
	const char *text = field_text(&value->text);

	if (!*text)
		return;
	text_add(line, *text == '-' ? " -- " : " ");
	text_add_quoted(line, text);
}

void form_write(const struct form *form, struct text *line)
{
	if (form->class->write) {
		form->class->write(form, line);
		return;
	}
	text_add(line, form->class->command);
	for (size_t i = 0; i < form->count; i++) {
		if (!is_argument(form->values[i].field))
			write_option(form, &form->values[i], line);
	}
	for (size_t i = 0; i < form->count; i++) {
		if (is_argument(form->values[i].field))
			write_argument(&form->values[i], line);
	}
}

static bool parse_words(const struct command *command, const struct word_list *words,
			struct error *err)
{
	struct args *args = args_parse(command->options, command->option_count, false, words->count,
				       (const char *const *)words->words, err);
	size_t count = args ? args_count(args) : 0;

	args_destroy(args);
	if (!args)
		return false;
	if (count < command->argument_min || count > command->argument_max)
		return error_set(err, ERROR_INVALID, "usage: %s %s", command->name, command->usage);
	return true;
}

static void check_line(const struct form *form, struct text *complaint)
{
	struct error err = ERROR_INIT;
	struct word_list words = {0};
	struct text line = {0};
	const char *rest;

	form_write(form, &line);
	if (!text_split_command(text_str(&line), &words, &rest, &err) ||
	    !parse_words(command_of(form->class), &words, &err))
		text_add(complaint, err.message);
	word_list_finish(&words);
	text_finish(&line);
}

void form_check(const struct form *form, struct text *complaint)
{
	for (size_t i = 0; i < form->count; i++) {
		const struct form_value *value = &form->values[i];

		if (value->field->is_required && !*text_of(form, value)) {
			text_addf(complaint, "%s: something is needed here", value->field->label);
			return;
		}
	}
	if (form->class->check)
		form->class->check(form, complaint);
	else if (!form->class->write)
		check_line(form, complaint);
}

const char *form_hint(const struct form *form)
{
	const struct form_field *field = form->count ? form->values[form->focus].field : NULL;
	const struct command *command = command_of(form->class);
	const struct option_spec *option;

	if (!field || field->hint)
		return field ? field->hint : "";
	option = field->option && command ? find_option(command, field->option) : NULL;
	return option ? option->help : "";
}

/* ---- keys ---- */

static void focus_step(struct console *console, size_t step)
{
	struct form *form = &console->form;

	if (form->count == 0)
		return;
	keep_picked(form);
	form->focus = (form->focus + form->count + step) % form->count;
	gather_words(console);
}

static void choose(struct form *form, size_t step)
{
	struct form_value *value = &form->values[form->focus];
	const struct command *command = command_of(form->class);
	size_t count;

	if (value->field->kind == FORM_SWITCH) {
		value->is_on = !value->is_on;
		return;
	}
	count = choice_count(value->field);
	if (count == 0)
		return;
	do
		value->choice = (value->choice + count + step) % count;
	while (!knows_choice(command, value->field, value->choice));
}

static void run(struct console *console)
{
	struct form *form = &console->form;
	const struct form_field *field = form->values[form->focus].field;
	char *link = mem_strdup(field->kind == FORM_LINK ? field->option : "");
	struct text complaint = {0}, line = {0};

	form_check(form, &complaint);
	if (complaint.length > 0) {
		console_tell(console, NOTICE_ERROR, "", "%s", text_str(&complaint));
	} else {
		form_write(form, &line);
		form_close(form);
		if (line.length > 0)
			submit_text(console, FROM_KEY, NULL, text_str(&line));
		if (*link)
			form_open(console, link);
	}
	free(link);
	text_finish(&complaint);
	text_finish(&line);
}

/* True: Up, Down and their like move in the list of words. */
static bool pick(struct form *form, int code)
{
	size_t last = form->words.count - 1;

	if (form->words.count == 0)
		return false;
	if (code == KEYS_DOWN)
		form->picked = form->picked < last ? form->picked + 1 : last;
	else if (code == KEYS_UP)
		form->picked = form->picked > 0 ? form->picked - 1 : 0;
	else if (code == KEYS_PAGE_DOWN)
		form->picked = form->picked + PICK_PAGE < last ? form->picked + PICK_PAGE : last;
	else if (code == KEYS_PAGE_UP)
		form->picked = form->picked > PICK_PAGE ? form->picked - PICK_PAGE : 0;
	else
		return false;
	return true;
}

/* Keys that edit nothing stand for themselves: their names come into the field. */
static void insert_key(struct form_value *value, int code)
{
	char name[KEYS_NAME_MAX];

	keys_name(name, code);
	if (*field_text(&value->text))
		field_insert(&value->text, " ", 1);
	field_insert(&value->text, name, strlen(name));
	value->is_on = true;
}

static void edit(struct console *console, int code)
{
	struct form *form = &console->form;
	struct form_value *value = &form->values[form->focus];

	if (value->field->kind == FORM_CHOICE || value->field->kind == FORM_SWITCH) {
		if (code == KEYS_RIGHT || code == KEYS_SPACE)
			choose(form, 1);
		else if (code == KEYS_LEFT)
			choose(form, (size_t)-1);
		return;
	}
	if (value->field->kind == FORM_LINK)
		return;
	if (field_key(&value->text, code)) {
		value->is_on = true; /* a setting that was typed is set */
		gather_words(console);
	} else if (form->class->fill == form_fill_keys) {
		insert_key(value, code);
	}
}

void form_key(struct console *console, int code)
{
	struct form *form = &console->form;

	if (code == KEYS_ESCAPE || code == KEYS_CTRL('c') || code == KEYS_F1 + 9) {
		form_close(form);
		console_tell(console, NOTICE_INFO, "", "nothing was done");
	} else if (form->count == 0 || pick(form, code)) {
		return;
	} else if (code == KEYS_ENTER) {
		run(console);
	} else if (code == KEYS_TAB || code == KEYS_DOWN) {
		focus_step(console, 1);
	} else if (code == KEYS_BACK_TAB || code == KEYS_UP) {
		focus_step(console, (size_t)-1);
	} else {
		edit(console, code);
	}
}

void form_paste(struct console *console, const char *bytes, size_t length)
{
	struct form_value *value = &console->form.values[console->form.focus];

	if (console->form.count == 0 || value->field->kind == FORM_CHOICE ||
	    value->field->kind == FORM_SWITCH || value->field->kind == FORM_LINK)
		return;
	field_insert(&value->text, bytes, length);
	value->is_on = true;
	gather_words(console);
}
