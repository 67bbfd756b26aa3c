/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What goes where at every size: nothing overlaps, nothing leaves the screen, the line is there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "console/layout.h"

#define WITHOUT_POINTS_AND_TAIL (1u << PANE_POINTS | 1u << PANE_TAIL)

struct sheet {
	int rows, columns;
	unsigned char *taken;
};

static void take(struct sheet *sheet, int row, int column, int rows, int columns)
{
	for (int y = row; y < row + rows; y++) {
		for (int x = column; x < column + columns; x++) {
			size_t at = (size_t)y * (size_t)sheet->columns + (size_t)x;

			assert_in_range(y, 0, sheet->rows - 1);
			assert_in_range(x, 0, sheet->columns - 1);
			assert_int_equal(sheet->taken[at], 0);
			sheet->taken[at] = 1;
		}
	}
}

static void take_row(struct sheet *sheet, int row)
{
	if (row >= 0)
		take(sheet, row, 0, 1, sheet->columns);
}

static void take_rectangle(struct sheet *sheet, const struct rectangle *place)
{
	take(sheet, place->row, place->column, place->rows, place->columns);
}

/* Returns how many cells nothing uses. */
static int check(const struct layout_wish *wish)
{
	struct sheet sheet = {wish->rows, wish->columns,
			      mem_zalloc((size_t)wish->rows * (size_t)wish->columns)};
	struct layout layout;
	int unused = 0;

	layout_compute(&layout, wish);
	assert_true(layout.prompt >= 0);
	take_row(&sheet, layout.header);
	take_row(&sheet, layout.tabs);
	take_row(&sheet, layout.detail);
	take_row(&sheet, layout.message);
	take_row(&sheet, layout.prompt);
	take_row(&sheet, layout.function_bar);
	take_rectangle(&sheet, &layout.output);
	for (int i = 0; i < layout.pane_count; i++) {
		take_rectangle(&sheet, &layout.panes[i].title);
		take_rectangle(&sheet, &layout.panes[i].body);
		assert_int_equal(layout_find(&layout, layout.panes[i].pane), i);
	}
	for (int i = 0; i < layout.line_count; i++)
		take_rectangle(&sheet, &layout.lines[i]);
	for (int i = 0; i < wish->rows * wish->columns; i++)
		unused += !sheet.taken[i];
	free(sheet.taken);
	if (layout.is_too_small)
		return 0;
	assert_true(layout_find(&layout, wish->focus) >= 0);
	return unused;
}

static void every_size_works(void **state)
{
	(void)state;
	for (int rows = 1; rows < 100; rows += rows < 50 ? 1 : 7) {
		for (int columns = 1; columns < 260; columns += columns < 50 ? 1 : 13) {
			for (int form = LAYOUT_AUTO; form <= LAYOUT_THREE; form++) {
				const struct layout_wish wish = {
					.rows = rows,
					.columns = columns,
					.form = (enum layout_form)form,
					.focus = (enum pane)((rows + columns) % PANE_COUNT),
					.output_rows = columns % 7 * rows / 6,
				};

				check(&wish);
			}
		}
	}
}

static void all_cells_are_used_at_usual_sizes(void **state)
{
	static const int sizes[][2] = {{24, 80},  {40, 120}, {60, 200},
				       {36, 160}, {30, 100}, {10, 40}};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(sizes); i++) {
		for (int pane = 0; pane < PANE_COUNT; pane++) {
			struct layout_wish wish = {
				.rows = sizes[i][0],
				.columns = sizes[i][1],
				.focus = (enum pane)pane,
			};

			assert_int_equal(check(&wish), 0);
			wish.is_zoomed = true;
			assert_int_equal(check(&wish), 0);
			wish.is_bare = true;
			assert_int_equal(check(&wish), 0);
		}
	}
}

static enum layout_form form_at(int rows, int columns)
{
	const struct layout_wish wish = {.rows = rows, .columns = columns};
	struct layout layout;

	layout_compute(&layout, &wish);
	return layout.form;
}

static void form_goes_by_size(void **state)
{
	(void)state;
	assert_int_equal(form_at(24, 80), LAYOUT_ONE);
	assert_int_equal(form_at(30, 99), LAYOUT_ONE);
	assert_int_equal(form_at(29, 100), LAYOUT_ONE);
	assert_int_equal(form_at(30, 100), LAYOUT_TWO);
	assert_int_equal(form_at(40, 120), LAYOUT_TWO);
	assert_int_equal(form_at(36, 159), LAYOUT_TWO);
	assert_int_equal(form_at(35, 160), LAYOUT_TWO);
	assert_int_equal(form_at(36, 160), LAYOUT_THREE);
}

static void rows_leave_in_order(void **state)
{
	struct layout_wish wish = {.rows = 16, .columns = 80};
	struct layout layout;

	(void)state;
	layout_compute(&layout, &wish);
	assert_int_equal(layout.function_bar, 15);
	wish.rows = 15;
	layout_compute(&layout, &wish);
	assert_int_equal(layout.function_bar, -1);
	assert_int_equal(layout.detail, 12);
	wish.rows = 13;
	layout_compute(&layout, &wish);
	assert_int_equal(layout.detail, -1);
	assert_int_equal(layout.tabs, 1);
	wish.rows = 11;
	layout_compute(&layout, &wish);
	assert_int_equal(layout.tabs, -1);
	assert_true(layout.header_names_pane);
	assert_int_equal(layout.header, 0);
	wish.rows = 9;
	layout_compute(&layout, &wish);
	assert_int_equal(layout.header, -1);
	wish.rows = 4;
	layout_compute(&layout, &wish);
	assert_false(layout.is_too_small);
	assert_int_equal(layout.panes[0].body.rows, 2);
	wish.rows = 3;
	layout_compute(&layout, &wish);
	assert_true(layout.is_too_small);
	assert_int_equal(layout.prompt, 2);
}

static void missing_panes_give_their_place(void **state)
{
	struct layout_wish wish = {.rows = 40, .columns = 120, .missing = WITHOUT_POINTS_AND_TAIL};
	struct layout layout;

	(void)state;
	layout_compute(&layout, &wish);
	assert_int_equal(layout_find(&layout, PANE_TAIL), -1);
	assert_true(layout_find(&layout, PANE_MESSAGES) >= 0);
	wish.columns = 200;
	wish.rows = 60;
	layout_compute(&layout, &wish);
	assert_int_equal(layout_find(&layout, PANE_POINTS), -1);
	assert_true(layout_find(&layout, PANE_MESSAGES) >= 0);
	assert_int_equal(check(&wish), 0);
}

static void chosen_pane_takes_the_right_side(void **state)
{
	struct layout_wish wish = {.rows = 40, .columns = 120, .focus = PANE_POINTS};
	struct layout layout;

	(void)state;
	layout_compute(&layout, &wish);
	assert_true(layout_find(&layout, PANE_POINTS) >= 0);
	assert_int_equal(layout_find(&layout, PANE_EVENTS), -1);
	assert_true(layout_find(&layout, PANE_SESSIONS) >= 0);
}

static void answers_never_take_all(void **state)
{
	struct layout_wish wish = {.rows = 24, .columns = 80, .output_rows = 1000};
	struct layout layout;

	(void)state;
	layout_compute(&layout, &wish);
	assert_true(layout.output.rows > 10);
	assert_true(layout.panes[0].body.rows >= 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_size_works),
		cmocka_unit_test(all_cells_are_used_at_usual_sizes),
		cmocka_unit_test(form_goes_by_size),
		cmocka_unit_test(rows_leave_in_order),
		cmocka_unit_test(missing_panes_give_their_place),
		cmocka_unit_test(chosen_pane_takes_the_right_side),
		cmocka_unit_test(answers_never_take_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
