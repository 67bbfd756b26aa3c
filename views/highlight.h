/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shows where a pattern is found in what is drawn already. */
#ifndef TRACON_VIEWS_HIGHLIGHT_H
#define TRACON_VIEWS_HIGHLIGHT_H

#include "views/canvas.h"
#include "views/match.h"

/* An empty pattern shows nothing. */
void highlight_cells(struct canvas *canvas, int row, int column, int columns,
		     const struct match *match);

#endif
