/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Editing by whole characters: a combining mark moves and goes with the character it stands on. */
#include "console/field.h"

#include <stdint.h>
#include <string.h>
#include <wchar.h>

#include "backend/base/mem.h"
#include "backend/base/utf8.h"
#include "console/keys.h"

/* More than any terminal's row before the cursor; keeps drawing a huge paste cheap. */
#define DRAWN_BEFORE_CURSOR_MAX 2048

void field_finish(struct field *field)
{
	text_finish(&field->text);
	text_finish(&field->killed);
	field->point = 0;
}

void field_move(struct field *field, size_t point)
{
	field->point = point < field->text.length ? point : field->text.length;
	while (field->point > 0 && field->point < field->text.length &&
	       ((unsigned char)text_str(&field->text)[field->point] & 0xc0) == 0x80)
		field->point--;
}

const char *field_text(const struct field *field)
{
	return text_str(&field->text);
}

void field_set(struct field *field, const char *text)
{
	text_clear(&field->text);
	field->point = 0;
	field_insert(field, text, strlen(text));
}

static void splice(struct field *field, size_t begin, size_t end, const char *bytes, size_t length)
{
	struct text tail = {0};

	text_add(&tail, text_str(&field->text) + end);
	field->text.length = begin;
	text_add_bytes(&field->text, bytes, length);
	field->point = field->text.length;
	text_add(&field->text, text_str(&tail));
	text_finish(&tail);
}

void field_insert(struct field *field, const char *bytes, size_t length)
{
	struct text valid = {0};

	utf8_add_valid(&valid, bytes, length);
	if (valid.length <= FIELD_LENGTH_MAX - field->text.length)
		splice(field, field->point, field->point, text_str(&valid), valid.length);
	text_finish(&valid);
}

void field_replace_word(struct field *field, size_t begin, const char *replacement)
{
	if (begin <= field->point)
		splice(field, begin, field->point, replacement, strlen(replacement));
}

static int columns_at(const char *text, size_t *length)
{
	uint32_t code_point;
	int columns;

	*length = utf8_decode(text, strlen(text), &code_point);
	if (*length == 0) {
		*length = 1;
		return 1;
	}
	columns = wcwidth((wchar_t)code_point);
	return columns < 0 ? 1 : columns;
}

/* The next character's end, marks included. */
static size_t forward(const struct field *field, size_t at)
{
	const char *text = text_str(&field->text);
	size_t length;

	if (at >= field->text.length)
		return at;
	columns_at(text + at, &length);
	at += length;
	while (at < field->text.length && columns_at(text + at, &length) == 0)
		at += length;
	return at;
}

static size_t backward(const struct field *field, size_t at)
{
	const char *text = text_str(&field->text);
	size_t length;

	while (at > 0) {
		do
			at--;
		while (at > 0 && ((unsigned char)text[at] & 0xc0) == 0x80);
		if (columns_at(text + at, &length) > 0)
			break;
	}
	return at;
}

static bool is_word_byte(char byte)
{
	return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
	       (byte >= 'A' && byte <= 'Z') || byte == '_' || (unsigned char)byte >= 0x80;
}

static size_t word_forward(const struct field *field, size_t at)
{
	const char *text = text_str(&field->text);

	while (at < field->text.length && !is_word_byte(text[at]))
		at++;
	while (at < field->text.length && is_word_byte(text[at]))
		at++;
	return at;
}

static size_t word_backward(const struct field *field, size_t at)
{
	const char *text = text_str(&field->text);

	while (at > 0 && !is_word_byte(text[at - 1]))
		at--;
	while (at > 0 && is_word_byte(text[at - 1]))
		at--;
	return at;
}

/* Ctrl-W goes back to white space, as in every shell. */
static size_t blank_backward(const struct field *field, size_t at)
{
	const char *text = text_str(&field->text);

	while (at > 0 && text[at - 1] == ' ')
		at--;
	while (at > 0 && text[at - 1] != ' ')
		at--;
	return at;
}

static size_t line_begin(const struct field *field, size_t at)
{
	(void)field;
	(void)at;
	return 0;
}

static size_t line_end(const struct field *field, size_t at)
{
	(void)at;
	return field->text.length;
}

/* Every editing key moves the cursor, or deletes what it would have moved over. */
enum effect { MOVES, DELETES, KILLS };

static const struct {
	int code;
	enum effect effect;
	size_t (*target)(const struct field *field, size_t at);
} editing[] = {
	{KEYS_LEFT, MOVES, backward},
	{KEYS_CTRL('b'), MOVES, backward},
	{KEYS_RIGHT, MOVES, forward},
	{KEYS_CTRL('f'), MOVES, forward},
	{KEYS_HOME, MOVES, line_begin},
	{KEYS_CTRL('a'), MOVES, line_begin},
	{KEYS_END, MOVES, line_end},
	{KEYS_CTRL('e'), MOVES, line_end},
	{KEYS_ALT | 'b', MOVES, word_backward},
	{KEYS_CTRL_LEFT, MOVES, word_backward},
	{KEYS_ALT | 'f', MOVES, word_forward},
	{KEYS_CTRL_RIGHT, MOVES, word_forward},
	{KEYS_BACKSPACE, DELETES, backward},
	{KEYS_CTRL('h'), DELETES, backward},
	{KEYS_DELETE, DELETES, forward},
	{KEYS_CTRL('d'), DELETES, forward},
	{KEYS_CTRL('u'), KILLS, line_begin},
	{KEYS_CTRL('k'), KILLS, line_end},
	{KEYS_CTRL('w'), KILLS, blank_backward},
	{KEYS_ALT | KEYS_BACKSPACE, KILLS, word_backward},
	{KEYS_ALT | 'd', KILLS, word_forward},
};

static void apply(struct field *field, enum effect effect, size_t target)
{
	size_t begin = target < field->point ? target : field->point;
	size_t end = target < field->point ? field->point : target;

	if (effect == MOVES) {
		field->point = target;
		return;
	}
	if (effect == KILLS && end > begin) {
		text_clear(&field->killed);
		text_add_bytes(&field->killed, text_str(&field->text) + begin, end - begin);
	}
	splice(field, begin, end, "", 0);
}

bool field_key(struct field *field, int code)
{
	char bytes[UTF8_BYTES_MAX];

	if (keys_is_text(code)) {
		field_insert(field, bytes, utf8_encode(bytes, (uint32_t)code));
		return true;
	}
	if (code == KEYS_CTRL('y')) {
		field_insert(field, text_str(&field->killed), field->killed.length);
		return true;
	}
	for (size_t i = 0; i < COUNT_OF(editing); i++) {
		if (editing[i].code == code) {
			apply(field, editing[i].effect, editing[i].target(field, field->point));
			return true;
		}
	}
	return false;
}

int field_columns(const char *text)
{
	int columns = 0;
	size_t length;

	for (; *text; text += length)
		columns += columns_at(text, &length);
	return columns;
}

/* Drops `columns` columns of sanitised text; half a wide character leaves a blank. */
static const char *skip_columns(const char *text, int columns, int *blanks)
{
	size_t length;

	*blanks = 0;
	while (*text && columns > 0) {
		columns -= columns_at(text, &length);
		text += length;
	}
	while (*text && columns_at(text, &length) == 0)
		text += length;
	*blanks = -columns;
	return text;
}

/* In steps of a quarter of the window, so that the line doesn't move with every key. */
static int scroll_start(int cursor_column, int columns)
{
	int quarter = columns / 4 > 0 ? columns / 4 : 1;
	int excess = cursor_column - (columns - 1);

	return excess <= 0 ? 0 : (excess + quarter - 1) / quarter * quarter;
}

static void add_sane_before(struct text *out, const char *line, size_t point)
{
	size_t begin = 0;

	if (point > DRAWN_BEFORE_CURSOR_MAX) {
		begin = point - DRAWN_BEFORE_CURSOR_MAX;
		while (begin < point && ((unsigned char)line[begin] & 0xc0) == 0x80)
			begin++;
	}
	text_add_sane(out, line + begin, point - begin, TEXT_SANE_LINE);
}

size_t field_fit(const char *text, int columns)
{
	const char *end = text;
	size_t length;

	while (*end && (columns -= columns_at(end, &length)) >= 0)
		end += length;
	if (end == text && *text) {
		columns_at(text, &length);
		return length;
	}
	return (size_t)(end - text);
}

/* Cut hard at the edge: an ellipsis would look typed. */
static void draw_cut(struct canvas *canvas, int row, int column, int room, const char *visible)
{
	struct text part = {0};

	text_add_bytes(&part, visible, field_fit(visible, room));
	canvas_text(canvas, row, column, room, ROLE_NORMAL, text_str(&part));
	text_finish(&part);
}

static void draw_line(struct canvas *canvas, int row, int column, const char *line, size_t point,
		      bool has_focus)
{
	int room = canvas_columns(canvas) - column;
	struct text shown = {0};
	const char *visible;
	int cursor;
	int start;
	int blanks;

	add_sane_before(&shown, line, point);
	cursor = field_columns(text_str(&shown));
	text_add_sane(&shown, line + point, strlen(line + point), TEXT_SANE_LINE);
	start = scroll_start(cursor, room);
	visible = skip_columns(text_str(&shown), start, &blanks);
	draw_cut(canvas, row, column + blanks, room - blanks, visible);
	if (has_focus)
		canvas_set_cursor(canvas, row, column + cursor - start);
	text_finish(&shown);
}

void field_draw(struct canvas *canvas, int row, const char *prefix, enum role prefix_role,
		const char *line, size_t point, bool has_focus)
{
	int columns = canvas_columns(canvas);
	int half = columns / 2 > 0 ? columns / 2 : 1;
	int column = canvas_text(canvas, row, 0, half, prefix_role, prefix);

	if (column < columns)
		draw_line(canvas, row, column, line, point, has_focus);
	else if (has_focus)
		canvas_set_cursor(canvas, row, columns - 1);
}
