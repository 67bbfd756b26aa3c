/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Default is no: Enter, Esc, Ctrl-C and every unknown letter leave things as they are. */
#include "console/ask.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "console/keys.h"
#include "views/sentence.h"

#define TYPE_AHEAD_NS (150 * NS_PER_MS)
#define TYPED_COLUMNS 5 /* a blank, "yes", the cursor */

void question_open(struct question *question, enum question_kind kind, char *text,
		   const char *letters, uint64_t now_ns)
{
	free(question->text);
	question->text = text;
	question->kind = kind;
	question->letters = letters;
	question->opened_ns = now_ns;
	question->is_open = true;
	field_set(&question->typed, "");
}

static bool type_answer(struct question *question, int code, char *letter)
{
	if (code == KEYS_ENTER) {
		*letter = strcmp(field_text(&question->typed), "yes") ? QUESTION_NO : 'y';
		return true;
	}
	field_key(&question->typed, code);
	return false;
}

bool question_key(struct question *question, int code, uint64_t now_ns, char *letter)
{
	bool is_answered = true;

	if (now_ns - question->opened_ns < TYPE_AHEAD_NS)
		return false;
	*letter = QUESTION_NO;
	if (code == KEYS_ESCAPE || code == KEYS_CTRL('c'))
		is_answered = true;
	else if (question->kind == QUESTION_YES)
		is_answered = type_answer(question, code, letter);
	else if (code > 0 && code < 0x80 && strchr(question->letters, code))
		*letter = (char)code;
	if (is_answered)
		question->is_open = false;
	return is_answered;
}

int question_rows(const struct question *question, const struct canvas *canvas)
{
	int columns = canvas_columns(canvas);
	int rows = sentence_rows(canvas, columns, question->text);
	const char *last = sentence_skip(canvas, columns, rows - 1, question->text);

	if (question->kind == QUESTION_YES &&
	    canvas_text_columns(canvas, last) + TYPED_COLUMNS > columns)
		rows++;
	return rows;
}

static void draw_typed(const struct question *question, struct canvas *canvas, int row, int at)
{
	int columns = canvas_columns(canvas);
	struct canvas *rest = canvas_window(canvas, row, at, 1, columns - at);

	field_draw(rest, 0, at > 0 ? " " : "", ROLE_NORMAL, field_text(&question->typed),
		   question->typed.point, true);
	canvas_destroy(rest);
}

void question_draw(const struct question *question, struct canvas *canvas)
{
	int columns = canvas_columns(canvas), rows = canvas_rows(canvas);
	int missing = question_rows(question, canvas) - rows;
	int text_rows = sentence_rows(canvas, columns, question->text);
	const char *rest = question->text;
	int row = 0, at;

	canvas_clear(canvas);
	if (missing > 0 && rows > 1) {
		sentence_draw(canvas, row++, 0, columns, 1, ROLE_WARN, rest);
		rest = sentence_skip(canvas, columns, missing + 1, rest);
		text_rows -= missing + 1;
	}
	at = sentence_draw(canvas, row, 0, columns, rows - row, ROLE_WARN, rest);
	row += text_rows < 1 ? 0 : text_rows - 1;
	if (row >= rows)
		row = rows - 1;
	if (question->kind == QUESTION_YES) {
		bool has_room = at + TYPED_COLUMNS <= columns || row + 1 >= rows;

		draw_typed(question, canvas, has_room ? row : row + 1, has_room ? at : 0);
		return;
	}
	canvas_set_cursor(canvas, row, at + 1 < columns ? at + 1 : columns - 1);
}

void question_finish(struct question *question)
{
	free(question->text);
	field_finish(&question->typed);
}

void entry_open(struct entry *entry, const char *title, const char *action, bool is_live,
		const char *text)
{
	entry_open_for_view(entry, action, strlen(action), title, strlen(title), text);
	entry->is_live = is_live;
	entry->is_for_view = false;
}

void entry_open_for_view(struct entry *entry, const char *action, size_t action_length,
			 const char *title, size_t title_length, const char *text)
{
	free(entry->title);
	free(entry->action);
	entry->title = mem_strndup(title, title_length);
	entry->action = mem_strndup(action, action_length);
	entry->is_live = false;
	entry->is_for_view = true;
	entry->is_open = true;
	entry->problem[0] = '\0';
	field_set(&entry->field, text);
}

void entry_complain(struct entry *entry, const char *problem, size_t point)
{
	size_t length = strlen(field_text(&entry->field));

	snprintf(entry->problem, sizeof(entry->problem), "%s", problem);
	entry->field.point = point < length ? point : length;
	while (entry->field.point > 0 &&
	       ((unsigned char)field_text(&entry->field)[entry->field.point] & 0xc0) == 0x80)
		entry->field.point--;
}

/* What is wrong, if the field's own row has no room for it. */
static void add_long_problem(const struct entry *entry, const struct canvas *canvas,
			     struct text *out)
{
	if (!entry->problem[0])
		return;
	text_addf(out, "E %s", entry->problem);
	/* A colon and a blank would follow, in the half of the row that a prefix gets. */
	if (canvas_text_columns(canvas, text_str(out)) + 2 <= canvas_columns(canvas) / 2)
		text_clear(out);
}

int entry_rows(const struct entry *entry, const struct canvas *canvas)
{
	struct text problem = {0};
	int rows = 1;

	add_long_problem(entry, canvas, &problem);
	if (problem.length > 0)
		rows += sentence_rows(canvas, canvas_columns(canvas), text_str(&problem));
	text_finish(&problem);
	return rows;
}

void entry_draw(const struct entry *entry, struct canvas *canvas)
{
	int row = canvas_rows(canvas) - 1;
	struct text problem = {0}, prefix = {0};
	bool is_above, is_beside;

	add_long_problem(entry, canvas, &problem);
	is_above = problem.length > 0 && row > 0;
	is_beside = entry->problem[0] && !is_above;
	canvas_clear(canvas);
	if (is_above)
		sentence_draw(canvas, 0, 0, canvas_columns(canvas), row, ROLE_ERR,
			      text_str(&problem));
	text_addf(&prefix, "%s%s: ", is_beside ? "E " : "",
		  is_beside ? entry->problem : entry->title);
	field_draw(canvas, row, text_str(&prefix), is_beside ? ROLE_ERR : ROLE_TITLE,
		   field_text(&entry->field), entry->field.point, true);
	text_finish(&problem);
	text_finish(&prefix);
}

void entry_finish(struct entry *entry)
{
	free(entry->title);
	free(entry->action);
	field_finish(&entry->field);
}
