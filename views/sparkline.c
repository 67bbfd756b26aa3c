/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Samples to bars: which sample a cell shows, how high it is, and the glyph for that height. */
#include "views/sparkline.h"

#include <stdlib.h>

#include "backend/model/picture.h"

#define SHOWN_MAX	256 /* samples that count for the scale */
#define LOG_RATIO	100
#define BLOCK_LEVELS	8
#define BRAILLE_LEVELS	4
#define BRAILLE_BASE	0x2800
#define NO_SAMPLE_GLYPH 0xb7
#define NO_SAMPLE_ASCII '\''

struct scale {
	uint32_t max;
	bool is_log;
};

int sparkline_samples(enum glyphs glyphs, int columns)
{
	return glyphs == GLYPHS_BRAILLE ? 2 * columns : columns;
}

/* Sample `age` seconds before the newest; not sampled outside the history. */
static uint32_t sample_of_age(const struct sparkline *sparkline, uint64_t age)
{
	if (age >= sparkline->count)
		return PICTURE_NO_SAMPLE;
	return sparkline->samples[sparkline->count - 1 - (size_t)age];
}

static int compare_samples(const void *a, const void *b)
{
	uint32_t first = *(const uint32_t *)a, second = *(const uint32_t *)b;

	return (first > second) - (first < second);
}

static struct scale find_scale(const struct sparkline *sparkline, int count)
{
	uint32_t shown[SHOWN_MAX];
	size_t shown_count = 0;
	struct scale scale = {.max = sparkline->scale};
	uint32_t median;

	for (int age = 0; age < count && shown_count < SHOWN_MAX; age++) {
		uint32_t sample = sample_of_age(sparkline, (uint64_t)age);

		if (sample && sample != PICTURE_NO_SAMPLE)
			shown[shown_count++] = sample;
	}
	if (shown_count == 0)
		return scale;
	qsort(shown, shown_count, sizeof(shown[0]), compare_samples);
	if (!scale.max)
		scale.max = shown[shown_count - 1];
	median = shown[(shown_count - 1) / 2];
	scale.is_log = scale.max > (uint64_t)LOG_RATIO * median;
	return scale;
}

/* Binary logarithm in 1/256, linear between powers of two: good for a bar of eight steps. */
static uint32_t log2_256ths(uint32_t value)
{
	uint32_t whole = 31 - (uint32_t)__builtin_clz(value);
	uint64_t fraction = ((uint64_t)value << 8 >> whole) - 256;

	return whole * 256 + (uint32_t)fraction;
}

/* 0 for zero, else 1 to levels. */
static uint32_t level_of(const struct scale *scale, uint32_t sample, uint32_t levels)
{
	uint64_t steps = levels - 1;
	uint32_t full;

	if (sample == 0)
		return 0;
	if (sample >= scale->max)
		return levels;
	if (!scale->is_log)
		return (uint32_t)(((uint64_t)sample * levels + scale->max - 1) / scale->max);
	full = log2_256ths(scale->max);
	return 1 + (uint32_t)((steps * log2_256ths(sample) + full / 2) / full);
}

static bool is_empty_mark(uint32_t glyph)
{
	return glyph == NO_SAMPLE_GLYPH || glyph == NO_SAMPLE_ASCII;
}

static uint32_t block_glyph(const struct scale *scale, uint32_t sample, bool is_ascii)
{
	static const char ascii[] = " _.-:=+*#";
	uint32_t level;

	if (sample == PICTURE_NO_SAMPLE)
		return is_ascii ? NO_SAMPLE_ASCII : NO_SAMPLE_GLYPH;
	level = level_of(scale, sample, BLOCK_LEVELS);
	if (is_ascii)
		return (unsigned char)ascii[level];
	return level ? 0x2580 + level : ' ';
}

/* The left or right dots from the bottom up (Unicode, Braille Patterns: dots 7 3 2 1, 8 6 5 4). */
static uint32_t braille_dots(const struct scale *scale, uint32_t sample, bool is_right)
{
	static const unsigned char dots[2][BRAILLE_LEVELS + 1] = {
		{0, 0x40, 0x44, 0x46, 0x47},
		{0, 0x80, 0xa0, 0xb0, 0xb8},
	};

	if (sample == PICTURE_NO_SAMPLE)
		return 0;
	return dots[is_right][level_of(scale, sample, BRAILLE_LEVELS)];
}

static uint32_t braille_glyph(const struct scale *scale, uint32_t left, uint32_t right)
{
	uint32_t dots = braille_dots(scale, left, false) | braille_dots(scale, right, true);

	if (left == PICTURE_NO_SAMPLE && right == PICTURE_NO_SAMPLE)
		return NO_SAMPLE_GLYPH;
	return dots ? BRAILLE_BASE + dots : ' ';
}

/* A cell holds `per_cell` samples; this one is `distance` cells before the newest one's. */
static uint32_t glyph_at(const struct sparkline *sparkline, const struct scale *scale,
			 enum glyphs glyphs, uint64_t distance)
{
	uint64_t age;
	uint32_t left, right;

	if (glyphs != GLYPHS_BRAILLE)
		return block_glyph(scale, sample_of_age(sparkline, distance),
				   glyphs == GLYPHS_ASCII);
	/* The newest sits left in its cell when its number is even: its right neighbour is to come.
	 */
	age = 2 * distance + sparkline->newest_number % 2;
	left = sample_of_age(sparkline, age);
	right = age ? sample_of_age(sparkline, age - 1) : PICTURE_NO_SAMPLE;
	return braille_glyph(scale, left, right);
}

void sparkline_draw(const struct sparkline *sparkline, struct canvas *canvas, int row, int column,
		    int columns, enum role role)
{
	enum glyphs glyphs = canvas_glyphs(canvas);
	uint64_t number = sparkline->newest_number / (glyphs == GLYPHS_BRAILLE ? 2 : 1);
	struct scale scale = find_scale(sparkline, sparkline_samples(glyphs, columns));
	enum role empty_role = role == ROLE_SPARK ? ROLE_DIM : role;

	for (int i = 0; i < columns; i++) {
		int head = sparkline->is_ring ? (int)(number % (uint64_t)columns) : columns - 1;
		int distance = head >= i ? head - i : head - i + columns;
		bool is_gap = sparkline->is_ring && columns > 1 && distance == columns - 1;
		uint32_t glyph =
			is_gap ? ' ' : glyph_at(sparkline, &scale, glyphs, (uint64_t)distance);

		canvas_fill(canvas, row, column + i, 1, is_empty_mark(glyph) ? empty_role : role,
			    glyph);
	}
}
