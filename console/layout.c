/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Forms are tables of columns; each column lists the panes that share it, with their shares. */
#include "console/layout.h"

#include <string.h>

#include "backend/base/mem.h"

#define THREE_COLUMNS_MIN 160
#define THREE_ROWS_MIN	  36
#define TWO_COLUMNS_MIN	  100
#define TWO_ROWS_MIN	  30
#define COLUMNS_MIN	  20
#define ROWS_MIN	  4
#define LIST_COLUMNS_MIN  40 /* below, and below LIST_ROWS_MIN: message line, list, command line */
#define LIST_ROWS_MIN	  8

/* Rows of the screen from which on these are shown. */
#define BAR_ROWS_MIN	16
#define DETAIL_ROWS_MIN 14
#define TABS_ROWS_MIN	12
#define HEADER_ROWS_MIN 10

#define PANE_ROWS_MIN 2 /* title and one row */
#define SLOTS_MAX     3
#define COLUMNS_MAX   3

static const char *const pane_names[PANE_COUNT] = {
	"sessions", "channels", "events", "points", "tail", "chunks", "messages", "browser",
};

struct slot {
	enum pane pane;
	enum pane substitute; /* when the pane is missing; PANE_NONE: the others share its rows */
	int share;	      /* of the column's rows */
};

struct column {
	int columns; /* of 200; 0: the rest */
	struct slot slots[SLOTS_MAX];
	int slot_count;
	bool shows_chosen; /* a focused pane without a place of its own takes all of it */
};

struct form {
	struct column columns[COLUMNS_MAX];
	int column_count;
	int output_rows;
};

#define LEFT_SLOTS                                                                                 \
	.slots = {{PANE_SESSIONS, PANE_NONE, 8},                                                   \
		  {PANE_CHANNELS, PANE_NONE, 10},                                                  \
		  {PANE_CHUNKS, PANE_NONE, 13}},                                                   \
	.slot_count = 3

static const struct form forms[] = {
	[LAYOUT_TWO] = {.columns = {{.columns = 66, LEFT_SLOTS},
				    {.slots = {{PANE_EVENTS, PANE_NONE, 18},
					       {PANE_TAIL, PANE_MESSAGES, 13}},
				     .slot_count = 2,
				     .shows_chosen = true}},
			.column_count = 2,
			.output_rows = 4},
	[LAYOUT_THREE] = {.columns = {{.columns = 44, LEFT_SLOTS},
				      {.slots = {{PANE_EVENTS, PANE_NONE, 30},
						 {PANE_POINTS, PANE_NONE, 17}},
				       .slot_count = 2},
				      {.columns = 64,
				       .slots = {{PANE_TAIL, PANE_MESSAGES, 1}},
				       .slot_count = 1,
				       .shows_chosen = true}},
			  .column_count = 3,
			  .output_rows = 8},
};

const char *layout_pane_name(enum pane pane)
{
	return pane >= 0 && pane < PANE_COUNT ? pane_names[pane] : "";
}

enum pane layout_pane_of(const char *name)
{
	for (int i = 0; i < PANE_COUNT; i++) {
		if (!strcmp(pane_names[i], name))
			return (enum pane)i;
	}
	return PANE_NONE;
}

int layout_find(const struct layout *layout, enum pane pane)
{
	for (int i = 0; i < layout->pane_count; i++) {
		if (layout->panes[i].pane == pane)
			return i;
	}
	return -1;
}

static enum layout_form choose_form(const struct layout_wish *wish)
{
	if (wish->focus == PANE_BROWSER || wish->is_zoomed || wish->is_bare ||
	    wish->rows < LIST_ROWS_MIN || wish->columns < LIST_COLUMNS_MIN)
		return LAYOUT_ONE;
	if (wish->form != LAYOUT_AUTO)
		return wish->form;
	if (wish->columns >= THREE_COLUMNS_MIN && wish->rows >= THREE_ROWS_MIN)
		return LAYOUT_THREE;
	if (wish->columns >= TWO_COLUMNS_MIN && wish->rows >= TWO_ROWS_MIN)
		return LAYOUT_TWO;
	return LAYOUT_ONE;
}

static bool is_missing(const struct layout_wish *wish, enum pane pane)
{
	return wish->missing >> pane & 1;
}

/* The pane that a slot shows, or PANE_NONE. */
static enum pane pane_of_slot(const struct layout_wish *wish, const struct slot *slot)
{
	if (!is_missing(wish, slot->pane))
		return slot->pane;
	if (slot->substitute != PANE_NONE && !is_missing(wish, slot->substitute))
		return slot->substitute;
	return PANE_NONE;
}

static bool has_place(const struct form *form, const struct layout_wish *wish, enum pane pane)
{
	for (int i = 0; i < form->column_count; i++) {
		for (int j = 0; j < form->columns[i].slot_count; j++) {
			if (pane_of_slot(wish, &form->columns[i].slots[j]) == pane)
				return true;
		}
	}
	return false;
}

static void add_pane(struct layout *layout, enum pane pane, struct rectangle place, bool has_title)
{
	struct layout_pane *entry = &layout->panes[layout->pane_count++];

	entry->pane = pane;
	entry->title = place;
	entry->title.rows = has_title ? 1 : 0;
	entry->body = place;
	entry->body.row += entry->title.rows;
	entry->body.rows -= entry->title.rows;
}

/* Panes that are left without their two rows by a small screen are not shown. */
static void fill_column(struct layout *layout, const struct layout_wish *wish,
			const struct column *column, struct rectangle place)
{
	int shares = 0;
	int end = place.row + place.rows;

	for (int i = 0; i < column->slot_count; i++) {
		if (pane_of_slot(wish, &column->slots[i]) != PANE_NONE)
			shares += column->slots[i].share;
	}
	for (int i = 0; i < column->slot_count; i++) {
		enum pane pane = pane_of_slot(wish, &column->slots[i]);

		if (pane == PANE_NONE || end - place.row < PANE_ROWS_MIN)
			continue;
		place.rows = (end - place.row) * column->slots[i].share / shares;
		if (place.rows < PANE_ROWS_MIN)
			place.rows = PANE_ROWS_MIN;
		shares -= column->slots[i].share;
		add_pane(layout, pane, place, true);
		place.row += place.rows;
	}
}

static void place_columns(struct layout *layout, const struct layout_wish *wish,
			  const struct form *form, struct rectangle body)
{
	int rest = body.columns - (form->column_count - 1);
	bool is_homeless = !has_place(form, wish, wish->focus);

	for (int i = 0; i < form->column_count; i++)
		rest -= form->columns[i].columns * body.columns / 200;
	for (int i = 0; i < form->column_count; i++) {
		const struct column *column = &form->columns[i];

		if (i > 0) {
			body.columns = 1;
			layout->lines[layout->line_count++] = body;
			body.column++;
		}
		body.columns = column->columns ? column->columns * wish->columns / 200 : rest;
		if (is_homeless && column->shows_chosen)
			add_pane(layout, wish->focus, body, true);
		else
			fill_column(layout, wish, column, body);
		body.column += body.columns;
	}
}

/* Columns that were asked for on a screen that is too low for them. */
static void show_focus_alone(struct layout *layout, const struct layout_wish *wish,
			     struct rectangle body)
{
	layout->pane_count = 0;
	layout->line_count = 0;
	add_pane(layout, wish->focus, body, body.rows >= PANE_ROWS_MIN);
}

/* Takes rows from the end of `free`; -1 when there is none to take. */
static int take_last(struct rectangle *free_rows, bool is_wanted)
{
	if (!is_wanted || free_rows->rows <= 0)
		return -1;
	return free_rows->row + --free_rows->rows;
}

static int take_first(struct rectangle *free_rows, bool is_wanted)
{
	if (!is_wanted || free_rows->rows <= 0)
		return -1;
	free_rows->rows--;
	return free_rows->row++;
}

static int output_rows(const struct layout_wish *wish, enum layout_form form, int available)
{
	int rows = wish->output_rows;

	if (rows == 0 && form != LAYOUT_ONE)
		rows = forms[form].output_rows;
	if (rows > available - PANE_ROWS_MIN)
		rows = available - PANE_ROWS_MIN;
	return rows > 0 ? rows : 0;
}

static void compute_too_small(struct layout *layout, const struct layout_wish *wish)
{
	layout->is_too_small = true;
	layout->message = wish->rows > 1 ? wish->rows - 2 : -1;
	layout->prompt = wish->rows - 1;
}

void layout_compute(struct layout *layout, const struct layout_wish *wish)
{
	struct rectangle body = {0, 0, wish->rows, wish->columns};
	bool is_list = wish->rows < LIST_ROWS_MIN || wish->columns < LIST_COLUMNS_MIN;
	bool has_frame = !is_list && !wish->is_bare;
	int rows = wish->rows;

	*layout = (struct layout){.header = -1,
				  .tabs = -1,
				  .detail = -1,
				  .message = -1,
				  .prompt = -1,
				  .function_bar = -1};
	layout->form = choose_form(wish);
	if (rows < ROWS_MIN || wish->columns < COLUMNS_MIN) {
		compute_too_small(layout, wish);
		return;
	}
	layout->header =
		take_first(&body, has_frame && rows >= HEADER_ROWS_MIN && !wish->is_viewer);
	layout->tabs = take_first(&body, has_frame && rows >= TABS_ROWS_MIN &&
						 layout->form == LAYOUT_ONE &&
						 wish->focus != PANE_BROWSER);
	layout->header_names_pane = layout->tabs < 0 && layout->form == LAYOUT_ONE;
	layout->function_bar = take_last(&body, has_frame && rows >= BAR_ROWS_MIN);
	layout->prompt = take_last(&body, true);
	layout->output.rows = output_rows(wish, layout->form, body.rows - 1);
	body.rows -= layout->output.rows;
	layout->output.row = body.row + body.rows;
	layout->output.columns = wish->columns;
	layout->message = take_last(&body, true);
	layout->detail = take_last(&body, has_frame && rows >= DETAIL_ROWS_MIN);
	if (layout->form == LAYOUT_ONE)
		add_pane(layout, wish->focus, body, false);
	else
		place_columns(layout, wish, &forms[layout->form], body);
	if (layout_find(layout, wish->focus) < 0)
		show_focus_alone(layout, wish, body);
}
