/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bars from block elements (U+2588 full, U+2589 seven eighths … U+258F one eighth) or '#'. */
#include "views/gauge.h"

#include <stdio.h>

#define BLOCK_FULL	0x2588
#define PERCENT_COLUMNS 4 /* "100%" */
#define BAR_COLUMNS_MIN 2
#define WARN_PERMILLE	800
#define ERR_PERMILLE	950

/* Filled steps of columns × steps_per_cell; only an empty bar has none. */
static int filled_steps(int columns, int steps_per_cell, uint32_t permille)
{
	uint64_t steps = (uint64_t)columns * (uint64_t)steps_per_cell;
	uint64_t filled = (steps * permille + 500) / 1000;

	if (permille && !filled)
		filled = 1;
	return (int)filled;
}

void gauge_draw(struct canvas *canvas, int row, int column, int columns, enum role role,
		uint32_t permille)
{
	bool is_ascii = canvas_glyphs(canvas) == GLYPHS_ASCII;
	int steps = is_ascii ? 1 : 8;
	int filled, full, rest;

	if (columns <= 0)
		return;
	if (permille > 1000)
		permille = 1000;
	filled = filled_steps(columns, steps, permille);
	full = filled / steps;
	rest = filled % steps;
	canvas_fill(canvas, row, column, full, role, is_ascii ? '#' : BLOCK_FULL);
	if (rest) {
		canvas_fill(canvas, row, column + full, 1, role, BLOCK_FULL + 8 - (uint32_t)rest);
		full++;
	}
	canvas_fill(canvas, row, column + full, columns - full,
		    role == ROLE_SELECT || role == ROLE_DISABLED ? role : ROLE_DIM,
		    is_ascii ? '.' : 0xb7);
}

void gauge_draw_percent(struct canvas *canvas, int row, int column, int columns, enum role role,
			uint32_t permille)
{
	int bar = columns - PERCENT_COLUMNS - 1;
	char percent[16];

	snprintf(percent, sizeof(percent), "%u%%", permille > 1000 ? 100 : permille / 10);
	if (bar >= BAR_COLUMNS_MIN)
		gauge_draw(canvas, row, column, bar, role, permille);
	canvas_text_right(canvas, row, column + columns, columns, role, percent);
}

enum role gauge_role(uint32_t permille)
{
	if (permille >= ERR_PERMILLE)
		return ROLE_ERR;
	return permille >= WARN_PERMILLE ? ROLE_WARN : ROLE_RATE;
}
