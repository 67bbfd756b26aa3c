/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Commands to fill in: a popup of labelled fields that shows the command line it stands for. Forms
 * are tables; fields and choices whose option the command doesn't have are left out.
 */
#ifndef TRACON_CONSOLE_FORM_H
#define TRACON_CONSOLE_FORM_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/text.h"
#include "console/field.h"
#include "console/layout.h"

struct console;

enum form_kind {
	FORM_TEXT,
	FORM_CHOICE,
	FORM_SWITCH, /* the option or not */
	FORM_PICK,   /* typing narrows a list of known words */
	FORM_LINK,   /* Enter opens the form that `option` names */
};

/* What a field holds at first. */
enum form_default { FORM_EMPTY, FORM_OF_SESSION, FORM_OF_CHANNEL, FORM_OF_DOMAIN };

enum form_words { FORM_NO_WORDS, FORM_CHANNELS, FORM_CONTEXTS };

struct form_field {
	const char *label;
	const char *option; /* "--output", "-s"; NULL: an argument, which comes last */
	enum form_kind kind;
	bool is_required;
	enum form_default begins_with;
	enum form_words words;		   /* of FORM_PICK */
	const char *const *choices;	   /* of FORM_CHOICE; ends with NULL */
	const char *const *choice_options; /* what each adds; NULL: the option and the choice,
					      nothing for the first one */
	const char *hint;		   /* NULL: the option's help */
};

struct form;

struct form_class {
	const char *name;
	const char *title;
	const char *command; /* "snapshot record" */
	const struct form_field *fields;
	size_t field_count;
	/* Of a form that is no table, and stands for several commands: all three or none. */
	void (*fill)(struct console *console, struct form *form);
	void (*write)(const struct form *form, struct text *line);
	void (*check)(const struct form *form, struct text *complaint); /* may be NULL */
};

#define FORM_FIELDS_MAX 128

struct form_value {
	const struct form_field *field;
	struct field text;
	size_t choice;
	size_t choice_before; /* as the form was opened */
	bool is_on;
	bool was_on;
	const char *text_before;
	const char *pane; /* that it is about: of a key; NULL: all */
};

struct form {
	bool is_open;
	const struct form_class *class;
	enum pane pane;				       /* that had the focus */
	struct form_field own_fields[FORM_FIELDS_MAX]; /* of a form that is filled */
	struct word_list own_words;		       /* in these */
	struct form_value values[FORM_FIELDS_MAX];
	size_t count;
	size_t focus;
	struct word_list words; /* that match, while a FORM_PICK has the focus */
	size_t picked;
};

extern const struct form_class form_table[];
extern const size_t form_count;
/* What --type of add-context takes in that domain; counters of perf are some of many. */
void form_known_contexts(bool is_kernel, struct word_list *names);

/* False: there is no such form, or its command is missing in this build (the user was told). */
bool form_open(struct console *console, const char *name);
void form_close(struct form *form);
void form_finish(struct form *form);
void form_key(struct console *console, int code);
/* Sanitised already. */
void form_paste(struct console *console, const char *bytes, size_t length);
/* The command line so far, words quoted. */
void form_write(const struct form *form, struct text *line);
/* What is wrong with it; nothing is added if all is well. */
void form_check(const struct form *form, struct text *complaint);
/* What may be said of the focused field. */
const char *form_hint(const struct form *form);

/* What fill() does: a field more, its words copied. NULL: no room. */
struct form_value *form_add(struct form *form, const struct form_field *field);
/* The same words for as long as the form is filled. */
const char *form_keep_word(struct form *form, const char *word);

/* form_own.c: the settings; columns of the pane that has the focus; its keys. */
void form_fill_settings(struct console *console, struct form *form);
void form_write_settings(const struct form *form, struct text *line);
void form_fill_columns(struct console *console, struct form *form);
void form_write_columns(const struct form *form, struct text *line);
void form_fill_keys(struct console *console, struct form *form);
void form_write_keys(const struct form *form, struct text *line);
void form_check_keys(const struct form *form, struct text *complaint);

/* form_draw.c: over the panes. */
void form_draw(const struct form *form, struct canvas *canvas);

#endif
