/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A form as a box over the panes: fields, words to pick from, the command line, what is wrong. */
#include <string.h>

#include "backend/base/mem.h"
#include "console/form.h"
#include "views/sentence.h"

#define COLUMNS_MAX   76
#define LABEL_COLUMNS 17 /* at least */
#define LABEL_MAX     28
#define LINE_ROWS_MAX 3 /* of the command line */
#define WORD_ROWS_MAX 6
#define SAID_ROWS_MAX 4 /* of what is wrong */
#define ROWS_FOR_BOX  8 /* with fewer, every row is needed for what is in it */

static void draw_edge(struct canvas *canvas, int row, const char *text, bool is_top)
{
	int columns = canvas_columns(canvas);
	uint32_t line = canvas_glyphs(canvas) == GLYPHS_ASCII ? '-' : 0x2500;

	canvas_fill(canvas, row, 0, columns, ROLE_DIM, line);
	canvas_text(canvas, row, 0, 1, ROLE_DIM, canvas_pick(canvas, is_top ? "┌" : "└", "+"));
	canvas_text(canvas, row, columns - 1, 1, ROLE_DIM,
		    canvas_pick(canvas, is_top ? "┐" : "┘", "+"));
	canvas_textf(canvas, row, 2, columns - 4, is_top ? ROLE_TITLE : ROLE_DIM, " %s ", text);
}

/* Returns what is inside. */
static struct canvas *draw_box(struct canvas *canvas, const char *title)
{
	int rows = canvas_rows(canvas), columns = canvas_columns(canvas);

	for (int row = 0; row < rows; row++) {
		canvas_fill(canvas, row, 0, columns, ROLE_NORMAL, ' ');
		canvas_text(canvas, row, 0, 1, ROLE_DIM, canvas_pick(canvas, "│", "|"));
		canvas_text(canvas, row, columns - 1, 1, ROLE_DIM, canvas_pick(canvas, "│", "|"));
	}
	draw_edge(canvas, 0, title, true);
	draw_edge(canvas, rows - 1, "Tab next  Enter runs  Esc cancels", false);
	return canvas_window(canvas, 1, 2, rows - 2, columns - 4);
}

static void draw_choice(const struct form_value *value, struct canvas *canvas, bool has_focus)
{
	canvas_textf(canvas, 0, 0, canvas_columns(canvas), has_focus ? ROLE_SELECT : ROLE_NORMAL,
		     has_focus ? "< %s >" : "  %s", value->field->choices[value->choice]);
	if (has_focus)
		canvas_set_cursor(canvas, 0, 0);
}

static void draw_switch(const struct form_value *value, struct canvas *canvas, bool has_focus)
{
	canvas_text(canvas, 0, 0, canvas_columns(canvas), has_focus ? ROLE_SELECT : ROLE_NORMAL,
		    value->is_on ? "[x] yes" : "[ ] no");
	if (has_focus)
		canvas_set_cursor(canvas, 0, 1);
}

static void draw_link(struct canvas *canvas, bool has_focus)
{
	canvas_text(canvas, 0, 0, canvas_columns(canvas), has_focus ? ROLE_SELECT : ROLE_NORMAL,
		    has_focus ? "> Enter shows them" : "  ...");
	if (has_focus)
		canvas_set_cursor(canvas, 0, 0);
}

/* With the blank behind it. */
static int label_columns(const struct form *form, int columns)
{
	int label = LABEL_COLUMNS;

	for (size_t i = 0; i < form->count; i++) {
		int own = field_columns(form->values[i].field->label) + 2;

		label = own > label ? own : label;
	}
	label = label < LABEL_MAX ? label : LABEL_MAX;
	return columns > 2 * label ? label : columns / 2;
}

static void draw_value(const struct form_value *value, struct canvas *canvas, int row, int label,
		       bool has_focus)
{
	int columns = canvas_columns(canvas);
	struct canvas *rest = canvas_window(canvas, row, label, 1, columns - label);

	canvas_text(canvas, row, 0, label - 1, has_focus ? ROLE_TITLE : ROLE_DIM,
		    value->field->label);
	if (value->field->kind == FORM_CHOICE)
		draw_choice(value, rest, has_focus);
	else if (value->field->kind == FORM_SWITCH)
		draw_switch(value, rest, has_focus);
	else if (value->field->kind == FORM_LINK)
		draw_link(rest, has_focus);
	else
		field_draw(rest, 0, has_focus ? "> " : "  ", ROLE_DIM, field_text(&value->text),
			   value->text.point, has_focus);
	canvas_destroy(rest);
}

/* The fields around the focus. */
static void draw_values(const struct form *form, struct canvas *canvas, int row, int rows)
{
	size_t top = form->focus >= (size_t)rows ? form->focus - (size_t)rows + 1 : 0;
	int label = label_columns(form, canvas_columns(canvas));

	for (int i = 0; i < rows && top + (size_t)i < form->count; i++)
		draw_value(&form->values[top + (size_t)i], canvas, row + i, label,
			   top + (size_t)i == form->focus);
}

static void draw_words(const struct form *form, struct canvas *canvas, int row, int rows)
{
	size_t top = form->picked >= (size_t)rows ? form->picked - (size_t)rows + 1 : 0;

	for (int i = 0; i < rows && top + (size_t)i < form->words.count; i++) {
		bool is_picked = top + (size_t)i == form->picked;

		canvas_textf(canvas, row + i, 2, canvas_columns(canvas) - 2,
			     is_picked ? ROLE_SELECT : ROLE_NORMAL, "%s %s", is_picked ? ">" : " ",
			     form->words.words[top + (size_t)i]);
	}
}

/* As many rows as it takes. Returns how many; draws nothing where row is -1. */
static int draw_wrapped(struct canvas *canvas, int row, int rows, const char *text)
{
	struct text sane = {0};
	const char *rest;
	int used = 0;

	text_add_sane(&sane, text, strlen(text), TEXT_SANE_LINE);
	rest = text_str(&sane);
	while (*rest && used < rows) {
		size_t length = field_fit(rest, canvas_columns(canvas));
		struct text part = {0};

		text_add_bytes(&part, rest, length);
		if (row >= 0)
			canvas_text(canvas, row + used, 0, canvas_columns(canvas), ROLE_RATE,
				    text_str(&part));
		text_finish(&part);
		rest += length;
		used++;
	}
	text_finish(&sane);
	return used;
}

struct parts {
	struct text line;
	struct text said; /* what is wrong; "": the hint is in its place */
	int line_rows, word_rows, said_rows;
};

/*
 * On a small screen the words to pick from go first, then the rest of the command line, then that
 * of what is wrong.
 */
static struct parts fit_parts(const struct parts *all, int rows)
{
	struct parts parts = *all;
	int room;

	/* A field stays, and a row of what is said. */
	if (parts.said_rows > rows - 1)
		parts.said_rows = rows > 1 ? rows - 1 : 1;
	room = rows - 1 - parts.said_rows > 0 ? rows - 1 - parts.said_rows : 0;
	if (parts.word_rows + parts.line_rows > room)
		parts.word_rows = parts.word_rows < room - 1 ? parts.word_rows : room - 1;
	if (parts.word_rows < 0)
		parts.word_rows = 0;
	if (parts.word_rows + parts.line_rows > room)
		parts.line_rows = room - parts.word_rows;
	return parts;
}

static void draw_inside(const struct form *form, const struct parts *all, struct canvas *canvas)
{
	const struct parts fitted = fit_parts(all, canvas_rows(canvas));
	const struct parts *parts = &fitted;
	int last = canvas_rows(canvas) - parts->said_rows;
	int values = last - parts->line_rows - parts->word_rows;

	if (values < 1)
		values = 1;
	if (values > (int)form->count)
		values = (int)form->count;
	draw_values(form, canvas, 0, values);
	draw_words(form, canvas, values, parts->word_rows);
	if (parts->said.length > 0)
		sentence_draw(canvas, last, 0, canvas_columns(canvas), parts->said_rows, ROLE_ERR,
			      text_str(&parts->said));
	else
		canvas_text(canvas, last, 0, canvas_columns(canvas), ROLE_DIM, form_hint(form));
	if (last - parts->line_rows >= values)
		draw_wrapped(canvas, last - parts->line_rows, parts->line_rows,
			     text_str(&parts->line));
}

static int word_rows(const struct form *form)
{
	return form->words.count < WORD_ROWS_MAX ? (int)form->words.count : WORD_ROWS_MAX;
}

static struct canvas *place_box(const struct form *form, const struct parts *parts,
				struct canvas *canvas)
{
	int columns = canvas_columns(canvas) < COLUMNS_MAX ? canvas_columns(canvas) : COLUMNS_MAX;
	int rows = (int)form->count + parts->line_rows + parts->word_rows + parts->said_rows + 2;

	if (rows > canvas_rows(canvas))
		rows = canvas_rows(canvas);
	return canvas_window(canvas, (canvas_rows(canvas) - rows) / 2,
			     (canvas_columns(canvas) - columns) / 2, rows, columns);
}

/* For a canvas that is as wide as what the form will be drawn on. */
static void measure(const struct form *form, struct canvas *canvas, struct parts *parts)
{
	struct text complaint = {0};

	form_write(form, &parts->line);
	parts->line_rows = draw_wrapped(canvas, -1, LINE_ROWS_MAX, text_str(&parts->line));
	parts->word_rows = word_rows(form);
	form_check(form, &complaint);
	if (complaint.length > 0)
		text_addf(&parts->said, "E %s", text_str(&complaint));
	parts->said_rows = sentence_rows(canvas, canvas_columns(canvas), text_str(&parts->said));
	if (parts->said_rows > SAID_ROWS_MAX)
		parts->said_rows = SAID_ROWS_MAX;
	text_finish(&complaint);
}

void form_draw(const struct form *form, struct canvas *canvas)
{
	int columns = canvas_columns(canvas) < COLUMNS_MAX ? canvas_columns(canvas) : COLUMNS_MAX;
	bool has_box = canvas_rows(canvas) >= ROWS_FOR_BOX;
	int room = has_box ? columns - 4 : canvas_columns(canvas);
	struct canvas *sample = canvas_window(canvas, 0, 0, 1, room > 1 ? room : 1);
	struct parts parts = {0};
	struct canvas *box, *inside;

	measure(form, sample, &parts);
	canvas_destroy(sample);
	if (!has_box) {
		canvas_clear(canvas);
		draw_inside(form, &parts, canvas);
	} else {
		box = place_box(form, &parts, canvas);
		inside = draw_box(box, form->class->title);
		draw_inside(form, &parts, inside);
		canvas_destroy(inside);
		canvas_destroy(box);
	}
	text_finish(&parts.line);
	text_finish(&parts.said);
}
