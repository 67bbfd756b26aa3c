/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Asks the layout where things are, lets each view draw its pane from one picture, and adds what is
 * the console's own: tabs, message line, answers, command line, function bar, overlays.
 */
#include "console/frame.h"

#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "console/action.h"
#include "console/details.h"
#include "console/help.h"
#include "console/keys.h"
#include "views/selection.h"
#include "views/sentence.h"

#define BAR_COUNT	    10 /* keys in the function bar */
#define BAR_CELLS	    8  /* columns of one of them */
#define MATCH_GAP_COLUMNS   2
#define COMMAND_PART_LEAST  4  /* of the message line, for the command */
#define COMMAND_COLUMNS_MIN 40 /* of a screen that has room for both */

/* ---- where ---- */

static int wanted_output_rows(const struct console *console)
{
	size_t rows;

	switch (console->output_size) {
	case OUTPUT_HALF:
		return console->rows / 2;
	case OUTPUT_FULL:
		return console->rows;
	case OUTPUT_AUTO:
	case OUTPUT_SIZE_COUNT:
		break;
	}
	if (!console->prompt_has_focus || console->answer_lines == 0)
		return 0;
	rows = output_rows(&console->output, console->answer_lines, console->columns);
	return rows < (size_t)console->rows / 2 ? (int)rows : console->rows / 2;
}

static void compute_layout(struct console *console)
{
	const struct layout_wish wish = {
		.rows = console->rows,
		.columns = console->columns,
		.form = console->settings.layout,
		.focus = console->focus,
		.is_zoomed = console->is_zoomed,
		.is_viewer = console->is_viewer,
		.is_bare = console->is_bare,
		.output_rows = wanted_output_rows(console),
		.missing = console_missing_panes(),
	};

	layout_compute(&console->layout, &wish);
}

static struct canvas *window_of(struct console *console, const struct rectangle *place)
{
	return canvas_window(console->canvas, place->row, place->column, place->rows,
			     place->columns);
}

/* ---- panes ---- */

static void draw_pane(struct console *console, const struct layout_pane *place,
		      struct view_input *input)
{
	const struct view_class *view = console_view(place->pane);
	struct canvas *body;

	if (!view)
		return;
	input->is_focused = place->pane == console->focus && !console->prompt_has_focus;
	if (place->title.rows > 0) {
		struct canvas *title = window_of(console, &place->title);

		view_draw_title(view, input, title);
		canvas_destroy(title);
	}
	body = window_of(console, &place->body);
	view->draw(console->view_states[place->pane], input, body);
	canvas_destroy(body);
}

/* The order of the digits: earlier panes may move the selection that later ones follow. */
static void fit_panes(struct console *console, struct view_input *input)
{
	for (int pane = 0; pane < PANE_COUNT; pane++) {
		const struct view_class *view = console_view((enum pane)pane);
		int index = layout_find(&console->layout, (enum pane)pane);

		if (!view || index < 0)
			continue;
		input->is_focused = (enum pane)pane == console->focus && !console->prompt_has_focus;
		view->fit(console->view_states[pane], input, console->layout.panes[index].body.rows,
			  console->layout.panes[index].body.columns);
	}
}

/* With a blank behind it. */
static int tab_columns(const struct console *console, enum pane pane, bool is_short)
{
	const struct view_class *view = console_view(pane);

	if (!view || !view->digit)
		return 0;
	return is_short && pane != console->focus ? 2 : (int)strlen(view->title) + 4;
}

/* Where not all titles have room, only the pane that has the focus is named. */
static bool has_short_tabs(const struct console *console)
{
	int columns = 0;

	for (int pane = 0; pane < PANE_COUNT; pane++)
		columns += tab_columns(console, (enum pane)pane, false);
	return columns - 1 > console->columns;
}

static void draw_tab(struct console *console, enum pane pane, int column, bool is_short)
{
	const struct view_class *view = console_view(pane);
	int row = console->layout.tabs, columns = console->columns - column;

	if (pane == console->focus)
		canvas_textf(console->canvas, row, column, columns, ROLE_FOCUS, "%c[%s]",
			     view->digit, view->title);
	else
		canvas_textf(console->canvas, row, column, columns, ROLE_DIM, "%c%s%s", view->digit,
			     is_short ? "" : " ", is_short ? "" : view->title);
}

static void draw_tabs(struct console *console)
{
	bool is_short = has_short_tabs(console);
	int column = 0;

	for (int pane = 0; pane < PANE_COUNT; pane++) {
		int columns = tab_columns(console, (enum pane)pane, is_short);

		if (columns > 0)
			draw_tab(console, (enum pane)pane, column, is_short);
		column += columns;
	}
	if (console->is_paused)
		canvas_text(console->canvas, console->layout.tabs, column, console->columns,
			    ROLE_WARN, "PAUSED");
}

enum pane frame_tab_at(const struct console *console, int row, int column)
{
	bool is_short = has_short_tabs(console);
	int end = 0;

	if (row != console->layout.tabs || row < 0)
		return PANE_NONE;
	for (int pane = 0; pane < PANE_COUNT; pane++) {
		end += tab_columns(console, (enum pane)pane, is_short);
		if (column < end)
			return (enum pane)pane;
	}
	return PANE_NONE;
}

static void draw_header(struct console *console, const struct view_input *input)
{
	int row = console->layout.header;
	const struct view_class *view = console_view(console->focus);
	int begin = 0;
	struct canvas *rest;

	if (console->layout.header_names_pane && view)
		begin = 1 + canvas_textf(console->canvas, row, 0, console->columns / 2, ROLE_FOCUS,
					 "%.*s[%s]", view->digit ? 1 : 0, &view->digit,
					 view->title);
	rest = canvas_window(console->canvas, row, begin, 1, console->columns - begin);
	header_draw(input, rest);
	canvas_destroy(rest);
}

static void draw_detail(struct console *console, const struct view_input *input)
{
	const struct view_class *view = console_view(console->focus);
	struct text detail = {0};

	if (view && view->detail)
		view->detail(console->view_states[console->focus], input, &detail);
	canvas_text(console->canvas, console->layout.detail, 0, console->columns, ROLE_DIM,
		    text_str(&detail));
	text_finish(&detail);
}

/* ---- function bar ---- */

/* Unless the view says what it would do now. */
static const struct {
	const char *action, *label;
} labels[] = {
	{"help", "Help"},	   {"setup", "Setup"},		{"find", "Find"},
	{"filter", "Filt"},	   {"rotate", "Rotat"},		{"toggle", "Enabl"},
	{"destroy", "Destr"},	   {"session-toggle", "Start"}, {"sort-next", "Sort"},
	{"delete-chunk", "Delet"},
};

/* Something lies over the panes or was made larger: that is closed before anything ends. */
static const char *closing_label(const struct console *console)
{
	bool has_closed = console->focus != PANE_BROWSER || console->is_viewer;

	return has_closed && !console->is_bare && !console->is_zoomed &&
			       console->output_size == OUTPUT_AUTO
		       ? "Quit"
		       : "Close";
}

static const char *label_of(const struct console *console, const struct view_input *input,
			    const char *action)
{
	const struct view_class *view = console_view(console->focus);
	const char *label = NULL;

	if (!action || !action_is_known(console, action))
		return "";
	if (!strcmp(action, "close"))
		return closing_label(console);
	if (view && view->label)
		label = view->label(console->view_states[console->focus], input, action);
	for (size_t i = 0; i < COUNT_OF(labels) && !label; i++) {
		if (!strcmp(labels[i].action, action))
			label = labels[i].label;
	}
	return label ? label : action;
}

/* What lies over the panes takes two of the keys, a question and a field none. */
static const char *overlay_label(const struct console *console, int code)
{
	bool closes = code == KEYS_F1 + 9 || (code == KEYS_F1 && console->help.is_open);

	if (console->question.is_open || console->entry.is_open)
		return "";
	return closes ? "Close" : "";
}

static bool has_overlay(const struct console *console)
{
	return console->question.is_open || console->entry.is_open || console->form.is_open ||
	       console->help.is_open || console->details.is_open;
}

static void draw_bar(struct console *console, const struct view_input *input)
{
	const char *pane = layout_pane_name(console->focus);
	int row = console->layout.function_bar;

	for (int i = 0; i < BAR_COUNT; i++) {
		int code = KEYS_F1 + i, column = i * BAR_CELLS;
		int used = canvas_textf(console->canvas, row, column, 3, ROLE_DIM, "F%d", i + 1);
		const char *label = has_overlay(console)
					    ? overlay_label(console, code)
					    : label_of(console, input,
						       keymap_action(console->keymap, pane, code));

		canvas_fill(console->canvas, row, column + used, BAR_CELLS - used, ROLE_KEY, ' ');
		canvas_text(console->canvas, row, column + used, BAR_CELLS - used, ROLE_KEY, label);
	}
}

int frame_function_at(const struct console *console, int row, int column)
{
	if (row != console->layout.function_bar || row < 0 || console->settings.is_plain)
		return 0;
	return column / BAR_CELLS < BAR_COUNT ? column / BAR_CELLS + 1 : 0;
}

/* Where others have the function bar: what was said last, for readers of the screen. */
static void draw_last_message(struct console *console)
{
	canvas_text(console->canvas, console->layout.function_bar, 0, console->columns, ROLE_NORMAL,
		    console->last_message);
}

/* ---- message line ---- */

static const struct {
	const char *mark;
	enum role role;
} levels[] = {
	[NOTICE_INFO] = {"", ROLE_NORMAL},
	[NOTICE_WARNING] = {"! ", ROLE_WARN},
	[NOTICE_ERROR] = {"E ", ROLE_ERR},
};

/* The text comes first, but the command keeps some of the line. */
static int command_columns(const struct console *console, const char *text, const char *command)
{
	int least = console->columns / COMMAND_PART_LEAST;
	int room = console->columns - field_columns(text) - 1;
	int wanted = field_columns(command);

	if (room < least)
		room = least;
	return wanted < room ? wanted : room;
}

/* After half a second, then whole ones: no more than a few bytes each. */
static void add_progress(const struct notice *notice, struct text *text)
{
	uint64_t running_ns = notice->began_ns ? clock_monotonic_ns() - notice->began_ns : 0;

	if (running_ns < PROGRESS_AFTER_NS)
		return;
	if (running_ns >= NS_PER_S)
		text_addf(text, " %llu s", (unsigned long long)(running_ns / NS_PER_S));
	text_add(text, "  Ctrl-C leaves it in the background");
}

/* All of it can be read: what takes more than the line grows upwards, over the panes. */
static struct canvas *message_window(struct console *console, int rows)
{
	int row = console->layout.message;

	if (rows > row + 1)
		rows = row + 1;
	return window_of(console, &(struct rectangle){row - rows + 1, 0, rows, console->columns});
}

/* The text, and at the right the command if there is room for some of it. */
static void draw_notice_line(struct console *console, const char *text)
{
	const struct notice *notice = &console->notice;
	int row = console->layout.message;
	struct text command = {0};
	int used = 0;

	if (notice->command[0] && console->columns >= COMMAND_COLUMNS_MIN) {
		text_addf(&command, "[%s]", notice->command);
		used = command_columns(console, text, text_str(&command)) + 1;
		canvas_text_right(console->canvas, row, console->columns, used - 1, ROLE_DIM,
				  text_str(&command));
	}
	canvas_text(console->canvas, row, 0, console->columns - used, levels[notice->level].role,
		    text);
	text_finish(&command);
}

/* Until the next key: what helps comes last in it. The command line has its own answers. */
static bool is_long_error(const struct console *console, const char *text)
{
	const struct notice *notice = &console->notice;
	int command = notice->command[0] ? console->columns / COMMAND_PART_LEAST + 1 : 0;

	return notice->level == NOTICE_ERROR && !console->prompt_has_focus &&
	       canvas_text_columns(console->canvas, text) > console->columns - command;
}

static void draw_long_error(struct console *console, const char *text)
{
	int rows = sentence_rows(console->canvas, console->columns, text);
	struct canvas *canvas = message_window(console, rows);

	canvas_clear(canvas);
	sentence_draw(canvas, 0, 0, console->columns, canvas_rows(canvas), ROLE_ERR, text);
	canvas_destroy(canvas);
}

static void draw_notice(struct console *console)
{
	const struct notice *notice = &console->notice;
	struct text text = {0};

	if (notice->level == NOTICE_NONE)
		return;
	text_addf(&text, "%s%s", levels[notice->level].mark, notice->text);
	add_progress(notice, &text);
	if (is_long_error(console, text_str(&text)))
		draw_long_error(console, text_str(&text));
	else
		draw_notice_line(console, text_str(&text));
	text_finish(&text);
}

static void draw_question(struct console *console)
{
	int rows = question_rows(&console->question, console->canvas);
	struct canvas *canvas = message_window(console, rows);

	question_draw(&console->question, canvas);
	canvas_destroy(canvas);
}

static void draw_entry(struct console *console)
{
	int rows = entry_rows(&console->entry, console->canvas);
	struct canvas *canvas = message_window(console, rows);

	entry_draw(&console->entry, canvas);
	canvas_destroy(canvas);
}

static void draw_message_line(struct console *console)
{
	if (console->layout.message < 0)
		return;
	if (console->question.is_open)
		draw_question(console);
	else if (console->entry.is_open)
		draw_entry(console);
	else
		draw_notice(console);
}

/* ---- command line ---- */

static void draw_matches(struct console *console)
{
	const struct word_list *matches = prompt_matches(console->prompt);
	int rows_max = console->rows / 3;
	int width = 1;
	int per_row;
	int rows;

	if (!matches || !console->prompt_has_focus || console->layout.prompt < 1)
		return;
	for (size_t i = 0; i < matches->count; i++) {
		int columns = field_columns(matches->words[i]) + MATCH_GAP_COLUMNS;

		if (columns > width)
			width = columns;
	}
	per_row = console->columns / width > 0 ? console->columns / width : 1;
	rows = ((int)matches->count + per_row - 1) / per_row;
	if (rows > rows_max)
		rows = rows_max;
	for (int row = 0; row < rows; row++) {
		int at = console->layout.prompt - rows + row;

		canvas_fill(console->canvas, at, 0, console->columns, ROLE_NORMAL, ' ');
		for (int i = 0; i < per_row && row * per_row + i < (int)matches->count; i++)
			canvas_text(console->canvas, at, i * width, width - 1, ROLE_MATCH,
				    matches->words[row * per_row + i]);
	}
}

static void draw_prompt(struct console *console)
{
	bool has_focus = console->prompt_has_focus && !console->details.is_open &&
			 !console->question.is_open && !console->entry.is_open &&
			 !console->help.is_open && !console->form.is_open;

	if (console->layout.output.rows > 0) {
		struct canvas *output = window_of(console, &console->layout.output);

		output_draw(&console->output, output);
		canvas_destroy(output);
	}
	if (console->layout.prompt >= 0)
		prompt_draw(console->prompt, console->canvas, console->layout.prompt, has_focus);
}

/* ---- all of it ---- */

static void draw_too_small(struct console *console)
{
	if (console->rows > 1 || !console->prompt_has_focus)
		canvas_textf(console->canvas, 0, 0, console->columns, ROLE_WARN, "20x4 needed");
	draw_message_line(console);
	if (console->rows > 1 || console->prompt_has_focus)
		draw_prompt(console);
}

static void draw_picture(struct console *console, const struct picture *picture)
{
	struct view_input input;

	console_view_input(console, picture, &input);
	selection_follow(&input);
	fit_panes(console, &input);
	if (console->layout.header >= 0)
		draw_header(console, &input);
	if (console->layout.tabs >= 0)
		draw_tabs(console);
	for (int i = 0; i < console->layout.line_count; i++)
		canvas_vertical_line(console->canvas, console->layout.lines[i].row,
				     console->layout.lines[i].column,
				     console->layout.lines[i].rows);
	for (int i = 0; i < console->layout.pane_count; i++)
		draw_pane(console, &console->layout.panes[i], &input);
	input.is_focused = true;
	if (console->layout.detail >= 0)
		draw_detail(console, &input);
	if (console->layout.function_bar >= 0 && console->settings.is_plain)
		draw_last_message(console);
	else if (console->layout.function_bar >= 0)
		draw_bar(console, &input);
}

static void draw_form(struct console *console)
{
	struct rectangle place = {0, 0, console->layout.message, console->columns};
	struct canvas *canvas = window_of(console, &place);

	form_draw(&console->form, canvas);
	canvas_destroy(canvas);
}

static void draw_details(struct console *console)
{
	struct rectangle place = {0, 0, console->layout.message, console->columns};
	struct canvas *canvas = window_of(console, &place);

	details_draw(console, canvas);
	canvas_destroy(canvas);
}

static void draw_help(struct console *console)
{
	struct rectangle place = {0, 0, console->layout.message, console->columns};
	struct canvas *canvas = window_of(console, &place);

	help_draw(console, canvas);
	canvas_destroy(canvas);
}

void frame_draw(struct console *console)
{
	compute_layout(console);
	canvas_clear(console->canvas);
	if (console->layout.is_too_small) {
		draw_too_small(console);
		return;
	}
	draw_picture(console, shown_acquire(console));
	console_picture_release(console);
	draw_message_line(console);
	draw_prompt(console);
	draw_matches(console);
	if (console->details.is_open && console->layout.message > 1)
		draw_details(console);
	if (console->help.is_open && console->layout.message > 1)
		draw_help(console);
	if (console->form.is_open && console->layout.message > 0)
		draw_form(console);
}
