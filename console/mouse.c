/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A place on the screen belongs to a tab, the function bar, a pane or the command line. */
#include "console/mouse.h"

#include <stdio.h>
#include <stdlib.h>

#include "backend/base/units.h"
#include "console/action.h"
#include "console/frame.h"
#include "console/input.h"
#include "console/keys.h"
#include "console/state.h"
#include "views/table.h"

#define DOUBLE_CLICK_NS (400 * NS_PER_MS)
#define WHEEL_ROWS	3

static bool is_inside(const struct rectangle *place, int row, int column)
{
	return row >= place->row && row < place->row + place->rows && column >= place->column &&
	       column < place->column + place->columns;
}

static const struct layout_pane *pane_at(const struct console *console, int row, int column)
{
	for (int i = 0; i < console->layout.pane_count; i++) {
		const struct layout_pane *pane = &console->layout.panes[i];

		if (is_inside(&pane->body, row, column) || is_inside(&pane->title, row, column))
			return pane;
	}
	return NULL;
}

static bool is_double(struct console *console, const struct screen_key *key)
{
	struct pointer *pointer = &console->pointer;
	uint64_t now_ns = loop_now_ns(console->loop);
	bool is_second = pointer->row == key->row && abs(pointer->column - key->column) <= 1 &&
			 pointer->clicked_ns && now_ns - pointer->clicked_ns < DOUBLE_CLICK_NS;

	pointer->row = key->row;
	pointer->column = key->column;
	pointer->clicked_ns = is_second ? 0 : now_ns; /* a third click begins again */
	return is_second;
}

static void click_pane(struct console *console, const struct layout_pane *pane,
		       const struct screen_key *key)
{
	int row = key->row - pane->body.row;
	bool has_titles = pane->body.rows >= TABLE_HEADER_ROWS;
	bool is_second = is_double(console, key) && row >= has_titles; /* titles sort each time */
	char place[32];

	console_focus(console, pane->pane);
	if (row < 0)
		return;
	if (is_second) {
		input_run_key(console, KEYS_ENTER);
		return;
	}
	snprintf(place, sizeof(place), "%d %d", row, key->column - pane->body.column);
	action_on_view(console, "click", place);
}

static void click(struct console *console, const struct screen_key *key)
{
	const struct layout_pane *pane = pane_at(console, key->row, key->column);
	enum pane tab = frame_tab_at(console, key->row, key->column);
	int function = frame_function_at(console, key->row, key->column);

	if (tab != PANE_NONE)
		console_focus(console, tab);
	else if (function > 0)
		input_run_key(console, KEYS_F1 + function - 1);
	else if (key->row == console->layout.prompt)
		console_focus_prompt(console, true);
	else if (pane)
		click_pane(console, pane, key);
}

static void turn(struct console *console, const struct screen_key *key)
{
	const struct layout_pane *pane = pane_at(console, key->row, key->column);

	if (!pane)
		return;
	if (console->pointer.wheel_pane != pane->pane)
		console->pointer.wheel_rows = 0;
	console->pointer.wheel_pane = pane->pane;
	console->pointer.wheel_rows += key->code == KEYS_WHEEL_UP ? -WHEEL_ROWS : WHEEL_ROWS;
}

bool mouse_key(struct console *console, const struct screen_key *key)
{
	if (key->code != KEYS_CLICK && key->code != KEYS_WHEEL_UP && key->code != KEYS_WHEEL_DOWN)
		return false;
	if (console->question.is_open || console->entry.is_open || console->form.is_open ||
	    console->details.is_open || console->help.is_open)
		return true;
	if (key->code == KEYS_CLICK)
		click(console, key);
	else
		turn(console, key);
	return true;
}

void mouse_scroll(struct console *console)
{
	int rows = console->pointer.wheel_rows;
	char steps[16];

	if (rows == 0)
		return;
	console->pointer.wheel_rows = 0;
	snprintf(steps, sizeof(steps), "%d", abs(rows));
	action_on_pane(console, console->pointer.wheel_pane, rows < 0 ? "up" : "down", steps);
}
