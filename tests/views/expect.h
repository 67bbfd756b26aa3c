/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Comparing canvases with expected pictures: text of characters and, after a line "roles:", of role
 * letters. Blank ends of lines and blank last lines don't count.
 */
#ifndef TRACON_TESTS_VIEWS_EXPECT_H
#define TRACON_TESTS_VIEWS_EXPECT_H

#include "tests/views/pictures.h"
#include "views/canvas.h"

/* A UTF-8 locale and UTC. */
void expect_setup(void);
void expect_canvas(const struct canvas *canvas, const char *characters);
void expect_roles(const struct canvas *canvas, const char *roles);
/* The file tests/views/golden/NAME. */
void expect_golden(const struct canvas *canvas, const char *name);

/* The same with a text of one's own. */
void expect_golden_text(const char *shown, const char *name);

/* A view with its state. */
struct shown {
	const struct view_class *view;
	void *state;
	struct pictures *pictures;
	struct canvas *canvas;
	struct text command; /* of the last action */
};

void shown_init(struct shown *shown, const struct view_class *view, struct pictures *pictures);
void shown_finish(struct shown *shown);
/* Fits and draws at that size. */
const struct canvas *shown_draw(struct shown *shown, int rows, int columns, enum glyphs glyphs);
/* True if the view knows the action; then shown->command is what it asks for. */
bool shown_act(struct shown *shown, const char *action, const char *argument);
/* The same, and the command must be this one. */
void shown_expect(struct shown *shown, const char *action, const char *command);
/* All golden files of a view: NAME-20x4 … NAME-200x60, and NAME-ascii-20x4 … */
void shown_expect_golden(struct shown *shown);
/* At every size from 1 × 1 to 30 × 130, in all glyphs: nothing but that it lives. */
void shown_try_sizes(struct shown *shown);

#endif
