/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A bar that shows how full something is, to an eighth of a cell where the glyphs allow. */
#ifndef TRACON_VIEWS_GAUGE_H
#define TRACON_VIEWS_GAUGE_H

#include <stdint.h>

#include "views/canvas.h"

/* 1000 and above is full; anything above 0 shows. The empty part is dim. */
void gauge_draw(struct canvas *canvas, int row, int column, int columns, enum role role,
		uint32_t permille);
/* The same with " 42%" behind it; only the number in fewer than 7 columns. */
void gauge_draw_percent(struct canvas *canvas, int row, int column, int columns, enum role role,
			uint32_t permille);
/* How alarming a fill level of ring buffers is. */
enum role gauge_role(uint32_t permille);

#endif
