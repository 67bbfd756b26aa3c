/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sparklines and gauges: scaling, empty samples, the three sets of glyphs, the ring form. */
#include "views/sparkline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "tests/views/expect.h"
#include "views/gauge.h"

#define NONE PICTURE_NO_SAMPLE

static int setup(void **state)
{
	(void)state;
	expect_setup();
	return 0;
}

static void expect_line(struct sparkline sparkline, enum glyphs glyphs, int columns,
			const char *expected)
{
	struct canvas *canvas = canvas_create(1, columns);

	canvas_set_glyphs(canvas, glyphs);
	sparkline_draw(&sparkline, canvas, 0, 0, columns, ROLE_SPARK);
	expect_canvas(canvas, expected);
	canvas_destroy(canvas);
}

static void bars_are_relative_to_the_largest(void **state)
{
	static const uint32_t samples[] = {1, 2, 3, 4, 5, 6, 7, 8};
	static const uint32_t large[] = {100, 50, 13, 12};

	(void)state;
	expect_line((struct sparkline){.samples = samples, .count = 8}, GLYPHS_UTF8, 8, "▁▂▃▄▅▆▇█");
	expect_line((struct sparkline){.samples = samples, .count = 8}, GLYPHS_ASCII, 8,
		    "_.-:=+*#");
	/* 12 of 100 is less than an eighth, 13 is more. */
	expect_line((struct sparkline){.samples = large, .count = 4}, GLYPHS_UTF8, 4, "█▄▂▁");
}

static void only_what_shows_counts_for_the_scale(void **state)
{
	static const uint32_t samples[] = {1000, 1, 2};

	(void)state;
	expect_line((struct sparkline){.samples = samples, .count = 3}, GLYPHS_UTF8, 2, "▄█");
	expect_line((struct sparkline){.samples = samples, .count = 3, .scale = 4}, GLYPHS_UTF8, 2,
		    "▂▄");
}

static void zero_is_blank_and_unsampled_is_a_dot(void **state)
{
	static const uint32_t samples[] = {NONE, 0, 0, 4, 0};
	static const uint32_t zeros[] = {0, 0};
	struct canvas *canvas = canvas_create(1, 8);
	struct sparkline sparkline = {.samples = samples, .count = 5};

	(void)state;
	sparkline_draw(&sparkline, canvas, 0, 0, 8, ROLE_SPARK);
	expect_canvas(canvas, "····  █");
	expect_roles(canvas, "ddddpppp");
	canvas_destroy(canvas);
	expect_line(sparkline, GLYPHS_ASCII, 8, "''''  #");
	expect_line((struct sparkline){.samples = zeros, .count = 2}, GLYPHS_UTF8, 2, "");
}

static void far_apart_values_are_logarithmic(void **state)
{
	/* The median is 1. At 100 times it, still linear: 1 of 100 and 13 of 100. */
	static const uint32_t linear[] = {1, 1, 1, 13, 100};
	/* 2^7 is over 100 times: logarithms 0, 0, 0, 3, 7 of 7 on seven steps. */
	static const uint32_t logarithmic[] = {1, 1, 1, 8, 128};
	/* Zeros don't make a median. */
	static const uint32_t sparse[] = {0, 0, 0, 0, 50, 0, 100};

	(void)state;
	expect_line((struct sparkline){.samples = linear, .count = 5}, GLYPHS_UTF8, 5, "▁▁▁▂█");
	expect_line((struct sparkline){.samples = logarithmic, .count = 5}, GLYPHS_UTF8, 5,
		    "▁▁▁▄█");
	expect_line((struct sparkline){.samples = sparse, .count = 7}, GLYPHS_UTF8, 7, "    ▄ █");
}

static void the_largest_values_fit(void **state)
{
	static const uint32_t samples[] = {UINT32_MAX - 1, (UINT32_MAX - 1) / 2, 1};

	(void)state;
	/* Median 2^31: linear. 1 is still seen. */
	expect_line((struct sparkline){.samples = samples, .count = 3}, GLYPHS_UTF8, 3, "█▄▁");
}

static void braille_shows_two_samples_in_a_cell(void **state)
{
	static const uint32_t samples[] = {1, 2, 3, 4};

	(void)state;
	assert_int_equal(sparkline_samples(GLYPHS_BRAILLE, 8), 16);
	/* Newest number odd: pairs (1,2) and (3,4), heights 1 2 and 3 4: dots 7, 86; 732, 8654. */
	expect_line((struct sparkline){.samples = samples, .count = 4, .newest_number = 3},
		    GLYPHS_BRAILLE, 3, "·\u28e0\u28fe");
	/* Even: the newest sits alone on the left: (-,1) (2,3) (4,-). */
	expect_line((struct sparkline){.samples = samples, .count = 4, .newest_number = 4},
		    GLYPHS_BRAILLE, 3, "\u2880\u28f4\u2847");
}

static void the_ring_only_moves_its_head(void **state)
{
	static const uint32_t samples[] = {1, 2, 3, 4, 5, 6, 7, 8};
	struct sparkline sparkline = {.samples = samples, .count = 7, .is_ring = true, .scale = 8};

	(void)state;
	/* Number 9 stands in cell 9 mod 8 = 1, the gap behind it; the ages go on from the right. */
	sparkline.newest_number = 9;
	expect_line(sparkline, GLYPHS_UTF8, 8, "▆▇ ▁▂▃▄▅");
	/* One second later one cell is new and one is blank, all others are the same. */
	sparkline.newest_number = 10;
	sparkline.count = 8;
	expect_line(sparkline, GLYPHS_UTF8, 8, "▆▇█ ▂▃▄▅");
}

static void a_gauge_fills_by_eighths(void **state)
{
	struct canvas *canvas = canvas_create(6, 10);

	(void)state;
	gauge_draw(canvas, 0, 0, 4, ROLE_RATE, 0);
	gauge_draw(canvas, 1, 0, 4, ROLE_RATE, 1); /* something is never nothing */
	gauge_draw(canvas, 2, 0, 4, ROLE_RATE, 500);
	gauge_draw(canvas, 3, 0, 4, ROLE_RATE, 5000);
	gauge_draw_percent(canvas, 4, 0, 9, ROLE_WARN, 875);
	gauge_draw_percent(canvas, 5, 0, 5, ROLE_ERR, 1000);
	expect_canvas(canvas, "····\n▏···\n██··\n████\n███▌  87%\n 100%");
	expect_roles(canvas, "dddd\nrddd\nrrdd\nrrrr\nWWWW..WWW\n.EEEE");
	canvas_destroy(canvas);
}

static void a_gauge_has_ascii_form(void **state)
{
	struct canvas *canvas = canvas_create(2, 10);

	(void)state;
	canvas_set_glyphs(canvas, GLYPHS_ASCII);
	gauge_draw(canvas, 0, 0, 10, ROLE_RATE, 1);
	gauge_draw(canvas, 1, 0, 10, ROLE_RATE, 700);
	gauge_draw(canvas, 1, 0, 0, ROLE_RATE, 700);
	gauge_draw(canvas, 1, 0, -3, ROLE_RATE, 700);
	expect_canvas(canvas, "#.........\n#######...");
	canvas_destroy(canvas);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bars_are_relative_to_the_largest),
		cmocka_unit_test(only_what_shows_counts_for_the_scale),
		cmocka_unit_test(zero_is_blank_and_unsampled_is_a_dot),
		cmocka_unit_test(far_apart_values_are_logarithmic),
		cmocka_unit_test(the_largest_values_fit),
		cmocka_unit_test(braille_shows_two_samples_in_a_cell),
		cmocka_unit_test(the_ring_only_moves_its_head),
		cmocka_unit_test(a_gauge_fills_by_eighths),
		cmocka_unit_test(a_gauge_has_ascii_form),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
