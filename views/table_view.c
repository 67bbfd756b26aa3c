/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The selection of all panes comes first, then the table moves in it, then what views add. */
#include "views/table_view.h"

#include <string.h>

#include "backend/base/mem.h"
#include "views/popup.h"
#include "views/request.h"
#include "views/selection.h"

#define MARK_COLUMNS_MAX 2

void table_view_init(struct table_view *view, const struct table_view_class *class)
{
	*view = (struct table_view){.class = class};
	table_init(&view->table, &class->table);
}

void table_view_finish(void *state)
{
	struct table_view *view = state;

	table_finish(&view->table);
}

void table_view_take_id(struct table *table, uint64_t id)
{
	table->list.selected_id = id;
	table->list.has_selected = true;
}

const char *table_view_nothing(const struct view_input *input, const char *otherwise)
{
	if (input->picture->serial == 0)
		return "loading";
	return selection_session(input) ? otherwise : "no session: c in pane 1 creates one";
}

static void follow_session(struct table_view *view, const struct view_input *input)
{
	selection_follow(input);
	if (view->session_id != input->selection->session_id)
		list_restart(&view->table.list);
	view->session_id = input->selection->session_id;
}

static void take_selection(struct table_view *view, const struct view_input *input)
{
	if (view->class->is_of_session)
		follow_session(view, input);
	if (view->class->take)
		view->class->take(&view->table, input);
}

static void give_selection(const struct table_view *view, const struct view_input *input,
			   bool is_moved)
{
	if (view->class->give && (is_moved || !view->class->gives_when_moved))
		view->class->give(&view->table, input);
}

void table_view_fit(void *state, const struct view_input *input, int rows, int columns)
{
	struct table_view *view = state;

	take_selection(view, input);
	table_fit(&view->table, input, rows, columns);
	give_selection(view, input, false);
}

void table_view_draw(const void *state, const struct view_input *input, struct canvas *canvas)
{
	const struct table_view *view = state;

	table_draw(&view->table, input, canvas);
}

bool table_view_lacks_row(const struct table *table, const struct view_input *input,
			  struct text *command)
{
	if (table->count > 0)
		return false;
	text_add(command, "@say ");
	table_add_nothing(table, input, command);
	return true;
}

/* What every table does to a row. */
static bool is_for_row(const char *action)
{
	static const char *const for_rows[] = {"open", "copy", "copy-command", "mark"};

	for (size_t i = 0; i < COUNT_OF(for_rows); i++) {
		if (!strcmp(action, for_rows[i]))
			return true;
	}
	return false;
}

void table_view_explain_find(const struct table *table, const struct view_input *input,
			     const char *action, struct text *command)
{
	size_t index;

	if (strncmp(action, "find-", 5) != 0 || !strcmp(action, "find-start"))
		return;
	if (!table->find.pattern[0]) {
		if (strcmp(action, "find-end") != 0)
			text_add(command, "@say nothing was searched so far: / searches");
	} else if (table->find.problem[0]) {
		text_addf(command, "@say %s: %s", table->find.pattern, table->find.problem);
	} else if (!table_selected(table, &index) ||
		   !table_row_matches(table, input, index, &table->find)) {
		text_addf(command, "@say nothing matches %s", table->find.pattern);
	}
}

/* Only what moves the rows would show it. */
static void explain_follow(const struct list *list, struct text *command)
{
	static const char *const sentences[] = {
		[LIST_FOLLOW_OBJECT] = "@say the selection stays on its row, wherever that goes",
		[LIST_FOLLOW_PLACE] = "@say the selection stays in its place, whatever comes there",
		[LIST_FOLLOW_NEWEST] = "@say the selection stays on the newest",
	};

	text_add(command, sentences[list->follow]);
}

static void copy(const struct table_view *view, const struct view_input *input,
		 struct text *command)
{
	const char *text = NULL;
	size_t index;

	if (table_selected(&view->table, &index))
		text = view->class->copy_text(input, index);
	if (text && *text)
		text_addf(command, "@copy %s", text);
	else
		text_add(command, "@say there is nothing to copy in this row");
}

static void copy_command(const struct table_view *view, const struct view_input *input,
			 struct text *command)
{
	struct text line = {0};
	size_t index;

	if (table_selected(&view->table, &index))
		view->class->request_row(input, index, &line);
	if (line.length > 0)
		text_addf(command, "@copy %s", text_str(&line));
	else
		text_add(command, "@say no command makes this row");
	text_finish(&line);
}

/* Enables or disables all targets, whichever the first one needs. */
static void toggle(const struct table_view *view, const struct view_input *input,
		   struct text *command)
{
	size_t position = 0, index;
	bool enables;

	if (!table_next_target(&view->table, &position, &index)) {
		text_add(command, TABLE_VIEW_NO_TARGET);
		return;
	}
	enables = !view->class->is_enabled(input, index);
	do
		view->class->request_enabled(input, index, enables, command);
	while (table_next_target(&view->table, &position, &index));
}

static bool act_on_row(const struct table_view *view, const struct view_input *input,
		       const char *action, struct text *command)
{
	if (view->class->copy_text && !strcmp(action, "copy")) {
		copy(view, input, command);
		return true;
	}
	if (view->class->request_row && !strcmp(action, "copy-command")) {
		copy_command(view, input, command);
		return true;
	}
	if (view->class->is_enabled && !strcmp(action, "toggle")) {
		toggle(view, input, command);
		return true;
	}
	return view->class->act && view->class->act(&view->table, input, action, command);
}

bool table_view_act(void *state, const struct view_input *input, const char *action,
		    const char *argument, struct text *command)
{
	struct table_view *view = state;
	uint64_t before;
	bool is_known;

	take_selection(view, input);
	table_refresh(&view->table, input);
	if (is_for_row(action) && table_view_lacks_row(&view->table, input, command))
		return true;
	before = view->table.list.selected_id;
	is_known = table_act(&view->table, input, action, argument);
	table_view_explain_find(&view->table, input, action, command);
	if (!strcmp(action, "follow"))
		explain_follow(&view->table.list, command);
	give_selection(view, input, view->table.list.selected_id != before);
	if (!is_known && view->class->edit)
		is_known = view->class->edit(&view->table, input, action, argument, command);
	return is_known || act_on_row(view, input, action, command) ||
	       request_session_act(input, action, command);
}

void table_view_detail(const void *state, const struct view_input *input, struct text *out)
{
	const struct table_view *view = state;
	size_t index;

	if (view->class->describe && table_selected(&view->table, &index))
		view->class->describe(input, index, out);
}

/* Every column, shown or not, then what only this view knows. */
bool table_view_details(const void *state, const struct view_input *input, struct popup *popup)
{
	const struct table_view *view = state;
	const struct table_class *class = view->class ? &view->class->table : NULL;
	struct text value = {0};
	size_t index, count;

	if (!class || !table_selected(&view->table, &index))
		return false;
	for (size_t i = 0; i < class->column_count; i++) {
		const struct table_column *column = &class->columns[i];

		text_clear(&value);
		table_add_value(input, index, column, &value);
		if (column->is_flexible)
			popup_set_title(popup, text_str(&value));
		/* Marks are told in words by the view. */
		if (column->width > MARK_COLUMNS_MAX && !column->write_title)
			popup_add(popup, 0, column->name, text_str(&value));
	}
	text_finish(&value);
	count = popup->line_count;
	if (view->class->add_details)
		view->class->add_details(input, index, popup);
	popup_drop_repeated(popup, count);
	return true;
}

const char *table_view_label(const void *state, const struct view_input *input, const char *action)
{
	const struct table_view *view = state;
	size_t position = 0, index;

	if (view->class->label)
		return view->class->label(&view->table, input, action);
	if (!view->class->is_enabled || strcmp(action, "toggle") != 0)
		return request_session_label(selection_session(input), action);
	if (!table_next_target(&view->table, &position, &index))
		return NULL;
	return view->class->is_enabled(input, index) ? "Disab" : "Enabl";
}

void table_view_remember(const void *state, bool with_marks, struct text *out)
{
	table_remember(&((const struct table_view *)state)->table, with_marks, out);
}

void table_view_recall(void *state, const char *memo)
{
	table_recall(&((struct table_view *)state)->table, memo);
}
