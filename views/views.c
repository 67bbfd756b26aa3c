/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of all panes in the order of their digits, and what they have in common. */
#include "views/views.h"

#include <string.h>

#include "backend/base/mem.h"
#include "views/selection.h"

const struct view_class *const view_table[] = {
	&sessions_view, &channels_view, &events_view,	&points_view,
	&tail_view,	&chunks_view,	&messages_view, &browser_view,
};
const size_t view_count = COUNT_OF(view_table);

const struct view_action view_row_actions[] = {
	{"down", "next row"},
	{"up", "previous row"},
	{"page-down", "one page down"},
	{"page-up", "one page up"},
	{"half-down", "half a page down"},
	{"half-up", "half a page up"},
	{"first", "first row"},
	{"last", "last row"},
	{"left", "scroll a third of the width to the left"},
	{"right", "scroll a third of the width to the right"},
	{"left-one", "scroll one column to the left"},
	{"right-one", "scroll one column to the right"},
	{"left-end", "scroll to the beginning"},
	{"right-end", "scroll to the end"},
	{"click", "select the row or sort by the title at ROW COLUMN"},
	{"copy", "copy the name or path"},
	{NULL, NULL},
};

const struct view_action view_searches[] = {
	{"filter", "show only rows that match: text, a|b, /re/, col:x, !not"},
	{"find-start", "a search begins here"},
	{"find", "select the next row that matches"},
	{"find-end", "all is typed: says so if nothing matches"},
	{"find-next", "next row that matches"},
	{"find-previous", "previous row that matches"},
	{NULL, NULL},
};

const struct view_action view_list_actions[] = {
	{"sort-next", "sort by the next column"},
	{"sort-previous", "sort by the previous column"},
	{"sort-invert", "sort the other way round"},
	{"mark", "mark the row; actions take all marked rows"},
	{"unmark-all", "remove all marks"},
	{"follow", "stay on the object or on the row; on the newest in logs"},
	{"copy-command", "copy the command that makes such a row"},
	{NULL, NULL},
};

const struct view_action view_event_actions[] = {
	{"open", "all fields of the event"},
	{"time-format", "times: absolute, relative, to the row above"},
	{"columns", "some columns, all, or name and fields only"},
	{"wrap", "long events over several rows"},
	{"repeats", "repeats: shown, dim, collapsed"},
	{NULL, NULL},
};

const struct view_action view_session_actions[] = {
	{"session-toggle", "start or stop the session"},
	{"start", "start the session"},
	{"stop", "stop the session"},
	{"rotate", "close the current trace chunk and open the next"},
	{"snapshot", "record a snapshot"},
	{"clear", "remove what was recorded"},
	{"save", "save the session's configuration"},
	{"destroy", "destroy the session"},
	{"acknowledge", "the losses are seen"},
	{NULL, NULL},
};

static bool has_action(const struct view_action *actions, const char *name)
{
	for (; actions && actions->name; actions++) {
		if (!strcmp(actions->name, name))
			return true;
	}
	return false;
}

bool view_knows(const struct view_class *view, const char *action)
{
	bool is_known = has_action(view->actions, action);

	for (size_t i = 0; i < VIEW_SHARED_MAX && !is_known; i++)
		is_known = has_action(view->shared[i], action);
	return is_known;
}

const struct view_class *view_find(const char *name)
{
	for (size_t i = 0; i < view_count; i++)
		if (!strcmp(view_table[i]->name, name))
			return view_table[i];
	return NULL;
}

/* What the pane shows things of; sessions and messages are everybody's. */
static void add_context(const struct view_class *view, const struct view_input *input,
			struct text *out)
{
	const struct picture_session *session = selection_session(input);
	const struct picture_channel *channel = selection_channel(input);

	if (!session || view == &sessions_view || view == &messages_view || view == &browser_view)
		return;
	text_add(out, session->name);
	if (channel && view == &events_view)
		text_addf(out, " / %s", channel->name);
}

void view_draw_title(const struct view_class *view, const struct view_input *input,
		     struct canvas *canvas)
{
	enum role role = input->is_focused ? ROLE_FOCUS : ROLE_TITLE;
	int columns = canvas_columns(canvas);
	struct text context = {0};
	int at = 0;

	canvas_fill(canvas, 0, 0, columns, ROLE_NORMAL, ' ');
	at += canvas_text(canvas, 0, 0, 1, role,
			  input->is_focused ? canvas_pick(canvas, "▌", ">") : " ");
	if (view->digit)
		at += canvas_textf(canvas, 0, at, columns - at, role, "%c ", view->digit);
	at += canvas_textf(canvas, 0, at, columns - at, role, "%s ", view->title);
	if (input->is_paused)
		at += 1 + canvas_text(canvas, 0, at + 1, columns - at - 1, ROLE_WARN, "PAUSED");
	add_context(view, input, &context);
	canvas_text_middle(canvas, 0, at + 1, columns - at - 1, ROLE_NAME, text_str(&context));
	text_finish(&context);
}
