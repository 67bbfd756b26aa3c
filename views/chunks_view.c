/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What has come out of the selected session: trace chunks as rotations make them, the newest at the
 * top, where it is seen at any size.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "views/selection.h"
#include "views/table_view.h"
#include "views/views.h"

#define NEW_NS (5 * NS_PER_S) /* a chunk that ended less than this ago stands out */

static const struct picture_chunk *row_chunk(const struct view_input *input, size_t index)
{
	return &input->picture->chunks[index];
}

static uint64_t get_id(const struct view_input *input, size_t index)
{
	return row_chunk(input, index)->id;
}

static void collect(const struct view_input *input, struct table *table)
{
	const struct picture_session *session = selection_session(input);

	for (size_t i = 0; session && i < session->chunk_count; i++)
		table_add(table, session->first_chunk + i);
}

static const char *nothing(const struct view_input *input)
{
	return table_view_nothing(
		input, "nothing recorded yet: s starts and stops the session, R rotates");
}

/* ---- columns ---- */

static bool is_new(const struct view_input *input, const struct picture_chunk *chunk)
{
	return chunk->end_wall_ns && chunk->end_wall_ns <= input->now_wall_ns &&
	       input->now_wall_ns - chunk->end_wall_ns < NEW_NS;
}

static void draw_id(const struct view_input *input, size_t index, const struct table_cell *cell)
{
	const struct picture_chunk *chunk = row_chunk(input, index);
	char text[UNITS_TEXT_MAX];

	snprintf(text, sizeof(text), "%" PRIu64, chunk->id);
	table_cell_right(cell, is_new(input, chunk) ? ROLE_NEW : ROLE_NORMAL, text);
}

static uint64_t begin_value(const struct view_input *input, size_t index)
{
	return row_chunk(input, index)->begin_wall_ns;
}

static uint64_t end_value(const struct view_input *input, size_t index)
{
	return row_chunk(input, index)->end_wall_ns;
}

/* The current chunk's grows. */
static uint64_t duration_value(const struct view_input *input, size_t index)
{
	const struct picture_chunk *chunk = row_chunk(input, index);
	uint64_t end_ns = chunk->end_wall_ns ? chunk->end_wall_ns : input->picture->wall_ns;

	if (!chunk->begin_wall_ns || end_ns < chunk->begin_wall_ns)
		return 0;
	return end_ns - chunk->begin_wall_ns;
}

static uint64_t size_value(const struct view_input *input, size_t index)
{
	return row_chunk(input, index)->bytes;
}

static uint64_t events_value(const struct view_input *input, size_t index)
{
	return row_chunk(input, index)->event_count;
}

static uint64_t state_value(const struct view_input *input, size_t index)
{
	return (uint64_t)row_chunk(input, index)->state;
}

static const char *state_word(enum picture_chunk_state state)
{
	switch (state) {
	case PICTURE_CHUNK_CURRENT:
		return "current";
	case PICTURE_CHUNK_CLOSING:
		return "closing";
	case PICTURE_CHUNK_ARCHIVED:
		return "archived";
	case PICTURE_CHUNK_FAILED:
		return "failed";
	}
	return "";
}

static void draw_state(const struct view_input *input, size_t index, const struct table_cell *cell)
{
	const struct picture_chunk *chunk = row_chunk(input, index);
	enum role role = ROLE_NORMAL;

	if (chunk->state == PICTURE_CHUNK_CURRENT)
		role = ROLE_OK;
	else if (chunk->state == PICTURE_CHUNK_FAILED)
		role = ROLE_ERR;
	else if (is_new(input, chunk) || chunk->state == PICTURE_CHUNK_CLOSING)
		role = ROLE_NEW;
	table_cell_text(cell, role, state_word(chunk->state));
}

static const char *path_text(const struct view_input *input, size_t index)
{
	return row_chunk(input, index)->path;
}

static const struct table_column columns[] = {
	{TABLE_NUMBERS("id", "ID", 5, 0), .value = get_id, .draw = draw_id},
	{.name = "begin",
	 .title = "BEGIN",
	 .width = 8,
	 .priority = 2,
	 .largest_first = true,
	 .value = begin_value,
	 .draw_value = table_cell_time},
	{.name = "end",
	 .title = "END",
	 .width = 8,
	 .priority = 5,
	 .largest_first = true,
	 .value = end_value,
	 .draw_value = table_cell_time},
	{TABLE_NUMBERS("duration", "DURATION", 9, 4), .value = duration_value,
	 .draw_value = table_cell_duration},
	{TABLE_NUMBERS("size", "SIZE", 7, 1), .value = size_value, .draw_value = table_cell_bytes},
	{TABLE_NUMBERS("events", "EVENTS", 7, 3), .value = events_value,
	 .draw_value = table_cell_count},
	{.name = "state", .title = "STATE", .width = 8, .value = state_value, .draw = draw_state},
	{.name = "path",
	 .title = "PATH",
	 .width = 12,
	 .priority = 6,
	 .is_flexible = true,
	 .is_cut_in_middle = true,
	 .role = ROLE_DIM,
	 .text = path_text},
};

static void search_text(const struct view_input *input, size_t index, struct text *out)
{
	const struct picture_chunk *chunk = row_chunk(input, index);

	text_addf(out, "%" PRIu64 " %s %s", chunk->id, state_word(chunk->state), chunk->path);
}

/* ---- the view ---- */

static void give(const struct table *table, const struct view_input *input)
{
	size_t index;

	input->selection->has_chunk = table_selected(table, &index);
	if (input->selection->has_chunk)
		input->selection->chunk_id = get_id(input, index);
}

/* The chunk's own folder; what is still being written is read through the session's. */
static const char *folder_text(const struct view_input *input, size_t index)
{
	const char *path = path_text(input, index);

	return *path ? path : selection_session(input)->output;
}

static void open_chunk(const struct view_input *input, size_t index, struct text *command)
{
	const char *path = folder_text(input, index);

	if (path[0] == '/')
		text_addf(command, "@browse %s", path);
	else
		text_add(command, "@say its files are not on this machine");
}

/* Archived ones among the targets: what is still being written stays. */
static void delete_chunks(const struct table *table, const struct view_input *input,
			  struct text *command)
{
	size_t position = 0, index;

	while (table_next_target(table, &position, &index)) {
		const struct picture_chunk *chunk = row_chunk(input, index);

		if (chunk->state != PICTURE_CHUNK_ARCHIVED || !*chunk->path)
			continue;
		text_add(command, command->length ? " " : "delete-chunk ");
		text_add_quoted(command, chunk->path);
	}
	if (command->length == 0)
		text_add(command, "@say only archived chunks on this machine can be deleted: R "
				  "archives the current one");
}

static bool act(const struct table *table, const struct view_input *input, const char *action,
		struct text *command)
{
	size_t index;

	if (!strcmp(action, "back")) {
		text_add(command, "@sessions");
		return true;
	}
	if (!strcmp(action, "delete-chunk")) {
		if (!table_view_lacks_row(table, input, command))
			delete_chunks(table, input, command);
		return true;
	}
	if (strcmp(action, "open") != 0)
		return false;
	if (table_selected(table, &index))
		open_chunk(input, index, command);
	return true;
}

static void describe(const struct view_input *input, size_t index, struct text *out)
{
	const struct picture_chunk *chunk = row_chunk(input, index);
	char text[UNITS_TEXT_MAX];

	text_addf(out, "chunk %" PRIu64 "  %s  %s events", chunk->id, state_word(chunk->state),
		  units_grouped_count(text, chunk->event_count));
	text_addf(out, "  %s", units_short_bytes(text, chunk->bytes));
	text_addf(out, "  %s", units_duration(text, duration_value(input, index)));
	if (*chunk->path)
		text_addf(out, "  %s", chunk->path);
}

static void request_row(const struct view_input *input, size_t index, struct text *command)
{
	const char *path = folder_text(input, index);

	if (path[0] != '/')
		return;
	text_add(command, "view ");
	text_add_quoted(command, path);
}

static const struct table_view_class class = {
	.table = {.columns = columns,
		  .column_count = COUNT_OF(columns),
		  .sort_column = 0,
		  .sort_descending = true,
		  .has_newest = true,
		  .collect = collect,
		  .id = get_id,
		  .search_text = search_text,
		  .nothing = nothing},
	.is_of_session = true,
	.give = give,
	.act = act,
	.copy_text = folder_text,
	.request_row = request_row,
	.describe = describe,
};

static void init(void *state)
{
	table_view_init(state, &class);
}

static const struct view_action actions[] = {
	{"open", "read it in the event browser"},
	{"delete-chunk", "delete the files of archived chunks"},
	{"back", "to the sessions"},
	{NULL, NULL},
};

const struct view_class chunks_view = {
	.name = "chunks",
	.title = "Chunks",
	.digit = '6',
	.help = "Trace chunks of the selected session, the newest at the top: the current one, "
		"then those that rotations closed. The selection stays on the newest until it is "
		"moved; moving it back to the top follows again.",
	.init = init,
	TABLE_VIEW_CALLS,
	.actions = actions,
};
