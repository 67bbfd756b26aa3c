/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Canvas: cutting, windows, wide and combining characters, and hostile text that stays text. */
#include "views/canvas.h"

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "tests/views/expect.h"

static int make_canvas(void **state)
{
	expect_setup();
	*state = canvas_create(3, 10);
	return 0;
}

static int destroy_canvas(void **state)
{
	canvas_destroy(*state);
	return 0;
}

static void text_is_cut_with_an_ellipsis(void **state)
{
	struct canvas *canvas = *state;

	assert_int_equal(canvas_text(canvas, 0, 0, 10, ROLE_NORMAL, "0123456789"), 10);
	assert_int_equal(canvas_text(canvas, 1, 0, 10, ROLE_NORMAL, "0123456789a"), 10);
	assert_int_equal(canvas_text(canvas, 2, 2, 3, ROLE_ERR, "abcd"), 3);
	expect_canvas(canvas, "0123456789\n012345678…\n  ab…");
	expect_roles(canvas, "\n\n..EEE");
}

static void ascii_glyphs_cut_with_a_tilde(void **state)
{
	struct canvas *canvas = *state;

	canvas_set_glyphs(canvas, GLYPHS_ASCII);
	canvas_text(canvas, 0, 0, 4, ROLE_NORMAL, "abcdef");
	canvas_text_middle(canvas, 1, 0, 6, ROLE_NORMAL, "abcdefgh");
	canvas_vertical_line(canvas, 0, 9, 2);
	expect_canvas(canvas, "abc~     |\nab~fgh   |");
}

static void text_right_ends_at_its_column(void **state)
{
	struct canvas *canvas = *state;

	assert_int_equal(canvas_text_right(canvas, 0, 10, 5, ROLE_RATE, "42"), 2);
	assert_int_equal(canvas_text_right(canvas, 1, 6, 4, ROLE_RATE, "12345"), 4);
	assert_int_equal(canvas_text_right(canvas, 2, 3, 8, ROLE_RATE, "12345"), 3);
	expect_canvas(canvas, "        42\n  123…\n12…");
	expect_roles(canvas, "........rr\n..rrrr\nrrr");
}

static void names_are_cut_in_the_middle(void **state)
{
	struct canvas *canvas = *state;

	canvas_text_middle(canvas, 0, 0, 10, ROLE_NORMAL, "request_begin");
	canvas_text_middle(canvas, 1, 0, 10, ROLE_NORMAL, "short");
	canvas_text_middle(canvas, 2, 0, 1, ROLE_NORMAL, "request");
	canvas_text_middle(canvas, 2, 3, 2, ROLE_NORMAL, "request");
	expect_canvas(canvas, "requ…begin\nshort\n…  …t");
}

static void text_scrolls_sideways(void **state)
{
	struct canvas *canvas = *state;

	canvas_text_from(canvas, 0, 0, 10, ROLE_NORMAL, "0123456789abc", 3);
	canvas_text_from(canvas, 1, 0, 5, ROLE_NORMAL, "0123456789abc", 3);
	canvas_text_from(canvas, 2, 0, 10, ROLE_NORMAL, "世界x", 1);
	expect_canvas(canvas, "3456789abc\n3456…\n 界x");
}

static void wide_characters_take_two_cells(void **state)
{
	struct canvas *canvas = *state;
	const struct cell *cell;

	assert_int_equal(canvas_text(canvas, 0, 0, 10, ROLE_NAME, "a世b"), 4);
	cell = canvas_cell(canvas, 0, 1);
	assert_int_equal(cell->width, 2);
	assert_int_equal(cell->chars[0], 0x4e16);
	cell = canvas_cell(canvas, 0, 2);
	assert_int_equal(cell->width, 0);
	assert_int_equal(cell->chars[0], 0);
	assert_int_equal(cell->role, ROLE_NAME);
	assert_int_equal(canvas_cell(canvas, 0, 3)->chars[0], 'b');
	/* Cut: the second wide character would need the ellipsis' column. */
	canvas_text(canvas, 1, 0, 4, ROLE_NORMAL, "世界!");
	canvas_text(canvas, 2, 9, 1, ROLE_NORMAL, "世");
	expect_canvas(canvas, "a世b\n世…\n         …");
}

static void no_half_of_a_wide_character_is_left(void **state)
{
	struct canvas *canvas = *state;
	struct canvas *window;

	canvas_text(canvas, 0, 0, 10, ROLE_NORMAL, "世世世");
	canvas_text(canvas, 0, 1, 1, ROLE_NORMAL, "x"); /* over a right half */
	canvas_text(canvas, 0, 4, 1, ROLE_NORMAL, "y"); /* over a left half */
	canvas_text(canvas, 1, 0, 10, ROLE_NORMAL, "世世");
	canvas_text(canvas, 1, 1, 2, ROLE_NORMAL, "界"); /* over both */
	canvas_text(canvas, 2, 0, 10, ROLE_NORMAL, "世世");
	window = canvas_window(canvas, 2, 1, 1, 2); /* its edges cut both */
	canvas_fill(window, 0, 0, 2, ROLE_NORMAL, '-');
	canvas_destroy(window);
	expect_canvas(canvas, " x世y\n 界\n --");
	for (int row = 0; row < 3; row++) {
		for (int column = 0; column < 10; column++) {
			int next = canvas_cell(canvas, row, column + 1)->width;

			assert_int_equal(canvas_cell(canvas, row, column)->width == 2, next == 0);
		}
	}
}

static void marks_share_the_cell_of_their_base(void **state)
{
	struct canvas *canvas = *state;
	const struct cell *cell;

	assert_int_equal(canvas_text(canvas, 0, 0, 10, ROLE_NORMAL, "e\u0301x"), 2);
	cell = canvas_cell(canvas, 0, 0);
	assert_int_equal(cell->chars[0], 'e');
	assert_int_equal(cell->chars[1], 0x301);
	assert_int_equal(cell->chars[2], 0);
	/* More than a cell holds are dropped, not spilled. */
	assert_int_equal(canvas_text(canvas, 1, 0, 10, ROLE_NORMAL,
				     "a\u0301\u0302\u0303\u0304\u0305\u0306b"),
			 2);
	assert_int_equal(canvas_cell(canvas, 1, 0)->chars[CELL_CHARS - 1], 0x303);
	assert_int_equal(canvas_cell(canvas, 1, 1)->chars[0], 'b');
	/* Without a base, a mark gets one. */
	assert_int_equal(canvas_text(canvas, 2, 0, 10, ROLE_NORMAL, "\u0301"), 1);
	assert_int_not_equal(canvas_cell(canvas, 2, 0)->chars[0], 0x301);
}

/* What no cell may hold, whatever the text was. */
static void expect_harmless(const struct canvas *canvas)
{
	for (int row = 0; row < canvas_rows(canvas); row++) {
		for (int column = 0; column < canvas_columns(canvas); column++) {
			const struct cell *cell = canvas_cell(canvas, row, column);

			for (int i = 0; i < CELL_CHARS && cell->chars[i]; i++) {
				uint32_t code = cell->chars[i];

				assert_true(code >= 0x20);
				assert_false(code >= 0x7f && code < 0xa0);
				assert_false(code >= 0x200b && code <= 0x200f);
				assert_false(code >= 0x202a && code <= 0x202e);
				assert_false(code >= 0x2060 && code <= 0x206f);
				assert_int_not_equal(code, 0x61c);
				assert_int_not_equal(code, 0xfeff);
				assert_false(code >= 0xe000 && code <= 0xf8ff);
				assert_true(code <= 0x10ffff);
			}
		}
	}
}

static void hostile_text_never_becomes_control(void **state)
{
	static const char *const texts[] = {
		"\033]52;c;AAAA\007",  /* clipboard */
		"\033]0;title\033\\",  /* window title */
		"\033[2J\033[6n\033c", /* clear, report, reset */
		"\23331m",	       /* 8-bit CSI, not UTF-8 */
		"\302\23331m",	       /* the same in UTF-8 */
		"a\tb\nc\rd\be\177",
		"\342\200\256evil\342\200\254 \342\201\246x\342\201\251 \342\200\217y \330\234z",
		"a\u200bb\ufeffc\u00add",
		"\xff\xfe\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80\xe4\xb8",
		"\ue000\U000e0041",
		"世\u0301\u0301\u0301\u0301\u0301\u0301",
	};
	struct canvas *canvas = canvas_create(COUNT_OF(texts) + 1, 90);

	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		canvas_text(canvas, (int)i, 0, 30, ROLE_NAME, texts[i]);
		canvas_text_middle(canvas, (int)i, 30, 9, ROLE_NAME, texts[i]);
		canvas_text_right(canvas, (int)i, 60, 15, ROLE_NAME, texts[i]);
		canvas_textf(canvas, (int)i, 60, 15, ROLE_NAME, "<%s>", texts[i]);
		canvas_text_from(canvas, (int)i, 75, 15, ROLE_NAME, texts[i], 3);
	}
	expect_harmless(canvas);
	canvas_clear(canvas);
	canvas_text(canvas, 0, 0, 90, ROLE_NAME, "a\033[31mb\233c\342\200\256\342\200\254");
	expect_canvas(canvas, "a^[[31mb<9B>c<202E><202C>");
	canvas_destroy(canvas);
}

static void without_utf8_bytes_are_named(void **state)
{
	struct canvas *canvas = canvas_create(2, 20);

	(void)state;
	assert_non_null(setlocale(LC_CTYPE, "C"));
	canvas_set_glyphs(canvas, GLYPHS_ASCII);
	canvas_text(canvas, 0, 0, 20, ROLE_NORMAL, "caf\u00e9!");
	canvas_text(canvas, 1, 0, 6, ROLE_NORMAL, "caf\u00e9!");
	expect_canvas(canvas, "caf<C3><A9>!\ncaf<C~");
	expect_setup();
	canvas_destroy(canvas);
}

static void windows_have_their_own_coordinates(void **state)
{
	struct canvas *canvas = *state;
	struct canvas *window = canvas_window(canvas, 1, 4, 9, 9);
	struct canvas *inner = canvas_window(window, 1, 2, 1, 2);
	int row, column;

	assert_int_equal(canvas_rows(window), 2);
	assert_int_equal(canvas_columns(window), 6);
	canvas_text(window, 0, 0, 99, ROLE_NORMAL, "1234567");
	canvas_text(inner, 0, 0, 99, ROLE_NORMAL, "xyz");
	canvas_text(window, 2, 0, 9, ROLE_NORMAL, "outside");
	canvas_text(window, -1, 0, 9, ROLE_NORMAL, "outside");
	canvas_text(window, 0, 6, 9, ROLE_NORMAL, "outside");
	expect_canvas(canvas, "\n    12345…\n      x…");
	canvas_set_cursor(inner, 0, 1);
	assert_true(canvas_cursor(canvas, &row, &column));
	assert_int_equal(row, 2);
	assert_int_equal(column, 7);
	canvas_set_cursor(inner, 0, 2); /* outside: no effect */
	assert_true(canvas_cursor(inner, &row, &column));
	assert_int_equal(column, 1);
	canvas_clear(inner);
	expect_canvas(canvas, "\n    12345…\n");
	canvas_destroy(inner);
	canvas_destroy(window);
}

static void windows_outside_are_empty(void **state)
{
	struct canvas *canvas = *state;
	struct canvas *window = canvas_window(canvas, 7, -3, 5, -1);

	assert_int_equal(canvas_rows(window), 0);
	assert_int_equal(canvas_columns(window), 0);
	assert_int_equal(canvas_text(window, 0, 0, 9, ROLE_NORMAL, "x"), 0);
	assert_int_equal(canvas_cell(window, 0, 0)->chars[0], ' ');
	canvas_destroy(window);
}

static void fill_and_paint_stay_inside(void **state)
{
	struct canvas *canvas = *state;

	canvas_fill(canvas, 0, -2, 4, ROLE_OK, '=');
	canvas_fill(canvas, 1, 8, 99, ROLE_OK, '=');
	canvas_fill(canvas, 3, 0, 99, ROLE_OK, '=');
	canvas_paint(canvas, 1, 9, 99, ROLE_SELECT);
	canvas_paint(canvas, 0, 1, 0, ROLE_SELECT);
	expect_canvas(canvas, "==\n        ==");
	expect_roles(canvas, "oo\n........os");
}

static void resizing_blanks_and_forgets_the_cursor(void **state)
{
	struct canvas *canvas = *state;
	int row, column;

	canvas_text(canvas, 0, 0, 9, ROLE_NORMAL, "x");
	canvas_set_cursor(canvas, 0, 0);
	canvas_resize(canvas, 1, 1);
	assert_false(canvas_cursor(canvas, &row, &column));
	expect_canvas(canvas, "");
	canvas_resize(canvas, 0, 0);
	assert_int_equal(canvas_text(canvas, 0, 0, 9, ROLE_NORMAL, "x"), 0);
	canvas_resize(canvas, -5, 1 << 30);
	assert_int_equal(canvas_rows(canvas), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(text_is_cut_with_an_ellipsis, make_canvas,
						destroy_canvas),
		cmocka_unit_test_setup_teardown(ascii_glyphs_cut_with_a_tilde, make_canvas,
						destroy_canvas),
		cmocka_unit_test_setup_teardown(text_right_ends_at_its_column, make_canvas,
						destroy_canvas),
		cmocka_unit_test_setup_teardown(names_are_cut_in_the_middle, make_canvas,
						destroy_canvas),
		cmocka_unit_test_setup_teardown(text_scrolls_sideways, make_canvas, destroy_canvas),
		cmocka_unit_test_setup_teardown(wide_characters_take_two_cells, make_canvas,
						destroy_canvas),
		cmocka_unit_test_setup_teardown(no_half_of_a_wide_character_is_left, make_canvas,
						destroy_canvas),
		cmocka_unit_test_setup_teardown(marks_share_the_cell_of_their_base, make_canvas,
						destroy_canvas),
		cmocka_unit_test_setup_teardown(hostile_text_never_becomes_control, make_canvas,
						destroy_canvas),
		cmocka_unit_test_setup_teardown(without_utf8_bytes_are_named, make_canvas,
						destroy_canvas),
		cmocka_unit_test_setup_teardown(windows_have_their_own_coordinates, make_canvas,
						destroy_canvas),
		cmocka_unit_test_setup_teardown(windows_outside_are_empty, make_canvas,
						destroy_canvas),
		cmocka_unit_test_setup_teardown(fill_and_paint_stay_inside, make_canvas,
						destroy_canvas),
		cmocka_unit_test_setup_teardown(resizing_blanks_and_forgets_the_cursor, make_canvas,
						destroy_canvas),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
