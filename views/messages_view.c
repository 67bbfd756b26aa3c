/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The log of actions and errors, the newest at the bottom as in any log. */
#include <stdlib.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "views/popup.h"
#include "views/table_view.h"
#include "views/views.h"

static const struct log_entry *row_entry(const struct view_input *input, size_t index)
{
	return &input->log[index];
}

static uint64_t get_id(const struct view_input *input, size_t index)
{
	return row_entry(input, index)->serial;
}

static void collect(const struct view_input *input, struct table *table)
{
	for (size_t i = 0; i < input->log_count; i++)
		table_add(table, i);
}

static const char *nothing(const struct view_input *input)
{
	(void)input;
	return "no messages";
}

/* ---- columns ---- */

static void draw_time(const struct view_input *input, size_t index, const struct table_cell *cell)
{
	table_cell_time(cell, row_entry(input, index)->wall_ns);
}

/* Errors are the largest. */
static uint64_t level_value(const struct view_input *input, size_t index)
{
	return (uint64_t)(LOG_LEVEL_DEBUG - row_entry(input, index)->level);
}

static void draw_level(const struct view_input *input, size_t index, const struct table_cell *cell)
{
	switch (row_entry(input, index)->level) {
	case LOG_LEVEL_ERROR:
		table_cell_text(cell, ROLE_ERR, canvas_pick(cell->canvas, "✗", "E"));
		break;
	case LOG_LEVEL_WARNING:
		table_cell_text(cell, ROLE_WARN, "!");
		break;
	case LOG_LEVEL_INFO:
		break;
	case LOG_LEVEL_DEBUG:
		table_cell_text(cell, ROLE_DIM, "d");
		break;
	}
}

static const char *message_text(const struct view_input *input, size_t index)
{
	return row_entry(input, index)->text;
}

static const char *command_text(const struct view_input *input, size_t index)
{
	return row_entry(input, index)->command;
}

static const struct table_column columns[] = {
	{.name = "time",
	 .title = "TIME",
	 .width = 8,
	 .priority = 1,
	 .value = get_id,
	 .draw = draw_time},
	{.name = "level",
	 .title = "L",
	 .width = 2,
	 .largest_first = true,
	 .value = level_value,
	 .draw = draw_level},
	{.name = "message",
	 .title = "MESSAGE",
	 .width = 20,
	 .width_ideal = 60,
	 .is_flexible = true,
	 .text = message_text},
	{.name = "command",
	 .title = "COMMAND",
	 .width = 24,
	 .width_ideal = 40,
	 .columns_min = 100,
	 .priority = 2,
	 .role = ROLE_DIM,
	 .text = command_text},
};

static void search_text(const struct view_input *input, size_t index, struct text *out)
{
	text_addf(out, "%s %s", message_text(input, index), command_text(input, index));
}

/* ---- the view ---- */

static void describe(const struct view_input *input, size_t index, struct text *out)
{
	char time[CLOCK_TEXT_MAX];

	text_addf(out, "%s  %s", clock_text_time(time, row_entry(input, index)->wall_ns),
		  message_text(input, index));
	if (*command_text(input, index))
		text_addf(out, "  [%s]", command_text(input, index));
}

static void request_row(const struct view_input *input, size_t index, struct text *command)
{
	text_add(command, command_text(input, index));
}

/* All lines of the answer. */
static void add_details(const struct view_input *input, size_t index, struct popup *popup)
{
	char *detail = log_detail(row_entry(input, index)->serial);

	if (detail)
		popup_add(popup, 0, "answer", detail);
	free(detail);
}

static bool act(const struct table *table, const struct view_input *input, const char *action,
		struct text *command)
{
	(void)table;
	(void)input;
	if (strcmp(action, "open") != 0)
		return false;
	text_add(command, "@details");
	return true;
}

static const struct table_view_class class = {
	.table = {.columns = columns,
		  .column_count = COUNT_OF(columns),
		  .sort_column = 0,
		  .has_newest = true,
		  .collect = collect,
		  .id = get_id,
		  .search_text = search_text,
		  .nothing = nothing},
	.act = act,
	.add_details = add_details,
	.copy_text = message_text,
	.request_row = request_row,
	.describe = describe,
};

static void init(void *state)
{
	table_view_init(state, &class);
}

static const struct view_action actions[] = {
	{"open", "all of it, and its command"},
	{NULL, NULL},
};

const struct view_class messages_view = {
	.name = "messages",
	.title = "Messages",
	.digit = '7',
	.help = "What was done and what went wrong, the newest at the bottom. The selection stays "
		"on the newest until it is moved; moving it back to the bottom follows again.",
	.init = init,
	TABLE_VIEW_CALLS,
	.actions = actions,
};
