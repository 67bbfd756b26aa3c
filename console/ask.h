/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What takes the message line over for a while: a question to answer, or a field to type into
 * (find, filter, a name). Drawing and keys only; what an answer means is its asker's business.
 */
#ifndef TRACON_CONSOLE_ASK_H
#define TRACON_CONSOLE_ASK_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/base/error.h"
#include "console/field.h"
#include "views/canvas.h"

enum question_kind {
	QUESTION_LETTER, /* one of `letters` */
	QUESTION_YES,	 /* the word "yes": more than one thing, or files, would be gone */
};

#define QUESTION_NO '\0'

struct question {
	bool is_open;
	enum question_kind kind;
	char *text;
	const char *letters; /* constant; every other key means no */
	uint64_t opened_ns;
	struct field typed;
	/* letter: one of letters, 'y', or QUESTION_NO. The question is closed already. */
	void (*answer)(void *asker, void *data, char letter);
	void *data;
};

/* Takes text over. */
void question_open(struct question *question, enum question_kind kind, char *text,
		   const char *letters, uint64_t now_ns);
/*
 * True when the key answered it: the letter is in *letter, and the question is closed. Keys in the
 * first moment are dropped: they were typed before anybody could have read it.
 */
bool question_key(struct question *question, int code, uint64_t now_ns, char *letter);
/* How many rows the question takes on that canvas. */
int question_rows(const struct question *question, const struct canvas *canvas);
/* On all rows of the canvas; with too few, its begin and its end. */
void question_draw(const struct question *question, struct canvas *canvas);
void question_finish(struct question *question);

struct entry {
	bool is_open;
	char *title;			 /* "find" */
	char *action;			 /* what happens with the text */
	bool is_live;			 /* each key acts, not only Enter */
	bool is_for_view;		 /* the focused view gets action and text */
	char problem[ERROR_MESSAGE_MAX]; /* in place of the title: what is wrong at the cursor */
	struct field field;
};

void entry_open(struct entry *entry, const char *title, const char *action, bool is_live,
		const char *text);
/* For the view: neither action nor title need end with NUL. */
void entry_open_for_view(struct entry *entry, const char *action, size_t action_length,
			 const char *title, size_t title_length, const char *text);
/* What is wrong with the text, from that byte on: the cursor shows it. */
void entry_complain(struct entry *entry, const char *problem, size_t point);
/* How many rows it takes on that canvas: a complaint that is too long stands above the field. */
int entry_rows(const struct entry *entry, const struct canvas *canvas);
/* On all rows of the canvas, the field on the last one. */
void entry_draw(const struct entry *entry, struct canvas *canvas);
void entry_finish(struct entry *entry);

#endif
