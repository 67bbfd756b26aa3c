/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A box over the panes with a title and lines of "name  value" that scroll: the details of an
 * event, of a row, statistics. A view fills one in its `details`; the console opens it (action
 * "details", keys i and Enter), hands it keys and draws it.
 */
#ifndef TRACON_VIEWS_POPUP_H
#define TRACON_VIEWS_POPUP_H

#include "backend/base/text.h"
#include "views/canvas.h"

struct popup_line {
	char *name;  /* "" for the further lines of a value */
	char *value; /* one line */
	int indent;  /* steps */
	bool is_heading;
	enum role role; /* of the value */
};

/* Zero-initialise to begin. */
struct popup {
	char *title;
	struct popup_line *lines;
	size_t line_count, line_room;
	int name_columns; /* as of the last fit */
	int rows, columns;
	size_t top;	  /* first row shown, of all rows of the wrapped lines */
	size_t row_count; /* of these, as of the last fit */
};

/* Texts are copied; untrusted ones pass the sanitiser when they are drawn. */
void popup_set_title(struct popup *popup, const char *title);
void popup_add_heading(struct popup *popup, const char *text);
/* A value with newlines becomes several lines. */
void popup_add(struct popup *popup, int indent, const char *name, const char *value);
void popup_addf(struct popup *popup, int indent, const char *name, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* What is alarming about the line added last. */
void popup_set_role(struct popup *popup, enum role role);
/* Of the first `count` lines those go whose name comes again behind them: it says more there. */
void popup_drop_repeated(struct popup *popup, size_t count);
/* Empty and at its top again. */
void popup_finish(struct popup *popup);

/* Before draw: wraps and keeps the place within what there is. canvas: the whole place. */
void popup_fit(struct popup *popup, struct canvas *canvas);
/* A box in the middle, as large as needed; sets the cursor. Too small a place: no border. */
void popup_draw(const struct popup *popup, struct canvas *canvas);
/* down, up, half-*, page-*, first, last. False: none of those. After popup_fit. */
bool popup_act(struct popup *popup, const char *action);
/* Everything as plain text, for the clipboard. */
void popup_print(const struct popup *popup, struct text *out);

#endif
