/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A row of small bars, one sample each (two per cell in braille). Scaled to the largest sample that
 * shows, logarithmic when that is more than 100 times the median of those that are not zero. Zero
 * is blank; "not sampled" has a mark of its own.
 */
#ifndef TRACON_VIEWS_SPARKLINE_H
#define TRACON_VIEWS_SPARKLINE_H

#include <stddef.h>
#include <stdint.h>

#include "views/canvas.h"

struct sparkline {
	const uint32_t *samples; /* oldest first; PICTURE_NO_SAMPLE where none was taken */
	size_t count;
	/*
	 * Number of the newest sample since any fixed beginning. Braille pairs and the ring's
	 * write head go by it.
	 */
	uint64_t newest_number;
	/* The newest overwrites the oldest in place, a gap behind it, instead of all moving. */
	bool is_ring;
	uint32_t scale; /* value of a full bar; 0: own maximum */
};

void sparkline_draw(const struct sparkline *sparkline, struct canvas *canvas, int row, int column,
		    int columns, enum role role);
/* How many samples fit. */
int sparkline_samples(enum glyphs glyphs, int columns);

#endif
