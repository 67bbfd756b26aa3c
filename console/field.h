/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small line editor for search, filter and question fields (and for the command line in a build
 * without readline): UTF-8 text, a cursor, the usual Emacs keys.
 */
#ifndef TRACON_CONSOLE_FIELD_H
#define TRACON_CONSOLE_FIELD_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/text.h"
#include "views/canvas.h"

#define FIELD_LENGTH_MAX 16384

struct field {
	struct text text;   /* valid UTF-8 */
	size_t point;	    /* byte offset of the cursor, on a character's first byte */
	struct text killed; /* for Ctrl-Y */
};

void field_finish(struct field *field);
void field_set(struct field *field, const char *text); /* cursor at the end */
/* To the character that this byte belongs to. */
void field_move(struct field *field, size_t point);
const char *field_text(const struct field *field);
/* Inserts at the cursor. Invalid UTF-8 becomes U+FFFD; beyond FIELD_LENGTH_MAX nothing is added. */
void field_insert(struct field *field, const char *bytes, size_t length);
/* Replaces the bytes from `begin` up to the cursor. */
void field_replace_word(struct field *field, size_t begin, const char *replacement);
/* False: the key is not the editor's (Enter, Tab, Esc, …). */
bool field_key(struct field *field, int code);

/*
 * Draws prefix and line on one row, scrolled so that the cursor is visible; the prefix gets at most
 * half of the columns. The cursor is set when it has the focus.
 */
void field_draw(struct canvas *canvas, int row, const char *prefix, enum role prefix_role,
		const char *line, size_t point, bool has_focus);
/* Columns that sanitised text takes. */
int field_columns(const char *text);
/* Bytes of sanitised text that fit into the columns; at least one character if there is one. */
size_t field_fit(const char *text, int columns);

#endif
