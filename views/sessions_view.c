/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which sessions exist, what they record and whether they lose any of it. The selected row is the
 * session that all other panes show.
 */
#include <stdio.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "views/loss.h"
#include "views/popup.h"
#include "views/request.h"
#include "views/selection.h"
#include "views/table_view.h"
#include "views/views.h"

static const struct picture_session *row_session(const struct view_input *input, size_t index)
{
	return &input->picture->sessions[index];
}

static uint64_t get_id(const struct view_input *input, size_t index)
{
	return row_session(input, index)->id;
}

static void collect(const struct view_input *input, struct table *table)
{
	for (size_t i = 0; i < input->picture->session_count; i++)
		table_add(table, i);
}

static const char *nothing(const struct view_input *input)
{
	bool is_working = false;

	if (input->picture->serial == 0)
		return "loading";
	/* They could be made all the same, but nothing would come of them. */
	for (size_t i = 0; i < input->picture->source_count; i++)
		is_working |= input->picture->sources[i].is_working;
	if (!is_working && input->picture->source_count > 0)
		return input->picture->sources[0].note;
	return "no sessions: c creates one, and so does \"create NAME\"";
}

static void alert(const struct view_input *input, struct text *out)
{
	const struct picture_session *losing = NULL;
	size_t count = 0;

	for (size_t i = 0; i < input->picture->session_count; i++) {
		const struct picture_session *session = row_session(input, i);

		if (!session->has_unseen_loss)
			continue;
		count++;
		if (!losing || session->counts.last_loss_wall_ns > losing->counts.last_loss_wall_ns)
			losing = session;
	}
	if (count == 1) {
		loss_alert(&losing->counts, losing->name, out);
	} else if (count > 1) {
		text_addf(out, "losses in %zu sessions", count);
		loss_add_time(&losing->counts, out);
	}
}

/* ---- columns ---- */

static uint64_t state_value(const struct view_input *input, size_t index)
{
	return row_session(input, index)->is_active;
}

static void draw_state(const struct view_input *input, size_t index, const struct table_cell *cell)
{
	const struct picture_session *session = row_session(input, index);
	struct canvas *canvas = cell->canvas;
	const char *mark =
		session->is_active ? canvas_pick(canvas, "●", "R") : canvas_pick(canvas, "○", "S");

	table_cell_text(cell, session->is_active ? ROLE_OK : ROLE_STOPPED, mark);
	if (session->is_rotating && cell->columns > 1)
		canvas_text(canvas, cell->row, cell->column + 1, 1, table_cell_role(cell, ROLE_NEW),
			    "r");
}

static const char *name_text(const struct view_input *input, size_t index)
{
	return row_session(input, index)->name;
}

static uint64_t rate_value(const struct view_input *input, size_t index)
{
	return row_session(input, index)->counts.rate_per_1000_s;
}

static uint64_t events_value(const struct view_input *input, size_t index)
{
	return row_session(input, index)->counts.recorded_events;
}

static uint64_t lost_value(const struct view_input *input, size_t index)
{
	return row_session(input, index)->counts.discarded_events;
}

/* Packets overwritten unread count only where no single event was counted as lost: "3p". */
static void draw_lost(const struct view_input *input, size_t index, const struct table_cell *cell)
{
	const struct picture_counts *counts = &row_session(input, index)->counts;

	if (counts->discarded_events || !loss_is_any(counts))
		table_cell_lost(cell, counts->discarded_events);
	else if (counts->lost_packets)
		table_cell_count_of(cell, ROLE_ERR, counts->lost_packets, "p");
	else
		table_cell_right(cell, ROLE_ERR, "!"); /* bytes that nobody can read */
}

static uint64_t fill_value(const struct view_input *input, size_t index)
{
	return row_session(input, index)->fill_permille;
}

static uint64_t size_value(const struct view_input *input, size_t index)
{
	return row_session(input, index)->counts.recorded_bytes;
}

static uint64_t chunks_value(const struct view_input *input, size_t index)
{
	return row_session(input, index)->chunk_count;
}

static const char *mode_text(const struct view_input *input, size_t index)
{
	switch (row_session(input, index)->mode) {
	case PICTURE_MODE_LOCAL:
		return "local";
	case PICTURE_MODE_NO_OUTPUT:
		return "no output";
	case PICTURE_MODE_SNAPSHOT:
		return "snapshot";
	case PICTURE_MODE_LIVE:
		return "live";
	case PICTURE_MODE_STREAMING:
		return "streaming";
	}
	return "";
}

/* "live 3": so many look. */
static void draw_mode(const struct view_input *input, size_t index, const struct table_cell *cell)
{
	const struct picture_session *session = row_session(input, index);
	char text[32];

	snprintf(text, sizeof(text), "%s", mode_text(input, index));
	if (session->viewer_count > 0)
		snprintf(text, sizeof(text), "%s %u", mode_text(input, index),
			 session->viewer_count);
	table_cell_text(cell, session->relay_lost_wall_ns ? ROLE_ERR : ROLE_NORMAL, text);
}

static void draw_history(const struct view_input *input, size_t index,
			 const struct table_cell *cell)
{
	table_cell_history(cell, input, row_session(input, index)->history);
}

static const char *output_text(const struct view_input *input, size_t index)
{
	return row_session(input, index)->output;
}

static void draw_output(const struct view_input *input, size_t index, const struct table_cell *cell)
{
	canvas_text_middle(cell->canvas, cell->row, cell->column, cell->columns,
			   table_cell_role(cell, ROLE_DIM), output_text(input, index));
}

static const struct table_column columns[] = {
	{.name = "state",
	 .title = "S",
	 .width = 2,
	 .largest_first = true,
	 .value = state_value,
	 .draw = draw_state},
	{.name = "name",
	 .title = "SESSION",
	 .width = 14,
	 .width_ideal = 24,
	 .is_flexible = true,
	 .is_cut_in_middle = true,
	 .role = ROLE_NAME,
	 .text = name_text},
	{TABLE_NUMBERS("rate", "RATE/s", 7, 1), .value = rate_value, .draw_value = table_cell_rate},
	{TABLE_NUMBERS("events", "EVENTS", 7, 3), .value = events_value,
	 .draw_value = table_cell_count},
	{TABLE_NUMBERS("lost", "LOST", 5, 0), .value = lost_value, .draw = draw_lost},
	{TABLE_NUMBERS("fill", "FILL", 5, 4), .value = fill_value, .draw_value = table_cell_fill},
	{TABLE_NUMBERS("size", "SIZE", 7, 5), .value = size_value, .draw_value = table_cell_bytes},
	{TABLE_NUMBERS("chunks", "CHUNKS", 7, 6), .value = chunks_value,
	 .draw_value = table_cell_count},
	{.name = "mode",
	 .title = "MODE",
	 .width = 9,
	 .priority = 8,
	 .text = mode_text,
	 .draw = draw_mode},
	{.name = "history",
	 .width = 8,
	 .width_ideal = 16,
	 .width_wide = 32,
	 .priority = 7,
	 .write_title = table_history_title,
	 .draw = draw_history},
	{.name = "output",
	 .title = "OUTPUT",
	 .width = 20,
	 .width_ideal = 48,
	 .priority = 9,
	 .text = output_text,
	 .draw = draw_output},
};

/* ---- the view ---- */

static bool is_there(const struct view_input *input, uint64_t session_id)
{
	for (size_t i = 0; i < input->picture->session_count; i++)
		if (input->picture->sessions[i].id == session_id)
			return true;
	return false;
}

/*
 * The selection may have been moved by another pane or a command. When its session has vanished,
 * the row that took its place comes next, which only this table knows.
 */
static void take(struct table *table, const struct view_input *input)
{
	uint64_t selected = input->selection->session_id;

	if (!table->list.has_selected)
		selection_follow(input);
	else if (!is_there(input, selected))
		return;
	table->list.selected_id = input->selection->session_id;
	table->list.has_selected = input->picture->session_count > 0;
}

static void give(const struct table *table, const struct view_input *input)
{
	size_t index;

	if (table_selected(table, &index))
		selection_set_session(input->selection, get_id(input, index));
	else
		selection_follow(input);
}

/* On every marked session, else on the selected one. */
static bool act_on_targets(const struct table *table, const struct view_input *input,
			   const char *action, struct text *command)
{
	size_t position = 0, index;
	const char *verb;
	bool is_known = false;

	while (table_next_target(table, &position, &index)) {
		const struct picture_session *session = row_session(input, index);

		if (!request_session_verb(action, session, &verb))
			return false;
		request_session(command, verb, session);
		is_known = true;
	}
	return is_known;
}

static void open_output(const struct view_input *input, struct text *command)
{
	const struct picture_session *session = selection_session(input);

	if (session && session->output[0] == '/')
		text_addf(command, "@browse %s", session->output);
	else if (session)
		text_addf(command, "@say %s has no trace on this machine", session->name);
}

static bool act(const struct table *table, const struct view_input *input, const char *action,
		struct text *command)
{
	if (!strcmp(action, "open") || !strcmp(action, "open-chunks")) {
		if (!table_view_lacks_row(table, input, command))
			text_add(command, action[4] ? "@chunks" : "@channels");
		return true;
	}
	if (!strcmp(action, "open-output")) {
		if (!table_view_lacks_row(table, input, command))
			open_output(input, command);
		return true;
	}
	return act_on_targets(table, input, action, command) ||
	       request_session_act(input, action, command);
}

static const char *copy_text(const struct view_input *input, size_t index)
{
	const char *output = output_text(input, index);

	return *output ? output : name_text(input, index);
}

static void describe(const struct view_input *input, size_t index, struct text *out)
{
	const struct picture_session *session = row_session(input, index);
	char number[UNITS_TEXT_MAX];

	text_addf(out, "%s  %s", session->name,
		  session->is_active	 ? "active"
		  : session->was_started ? "stopped"
					 : "not started");
	if (session->is_rotating)
		text_add(out, ", rotating");
	loss_add_detail(&session->counts, out);
	text_addf(out, "  %s events", units_grouped_count(number, session->counts.recorded_events));
	text_addf(out, "  %s", units_short_bytes(number, session->counts.recorded_bytes));
	text_addf(out, "  %s", mode_text(input, index));
	if (session->viewer_count > 0)
		text_addf(out, ", %u viewer%s", session->viewer_count,
			  session->viewer_count == 1 ? "" : "s");
	if (session->relay_lost_wall_ns)
		text_addf(out, ", no relay daemon since %s",
			  clock_text_time(number, session->relay_lost_wall_ns));
	if (*session->output)
		text_addf(out, "  %s", session->output);
}

static void request_row(const struct view_input *input, size_t index, struct text *command)
{
	const struct picture_session *session = row_session(input, index);

	request_session(command, "create", session);
	if (session->mode == PICTURE_MODE_SNAPSHOT)
		text_add(command, " --snapshot");
	else if (session->mode == PICTURE_MODE_LIVE)
		text_add(command, " --live");
	else if (session->mode == PICTURE_MODE_NO_OUTPUT)
		text_add(command, " --no-output");
	if (!*session->output)
		return;
	text_add(command,
		 session->mode == PICTURE_MODE_LOCAL || session->mode == PICTURE_MODE_SNAPSHOT
			 ? " --output "
			 : " --set-url ");
	text_add_quoted(command, session->output);
}

static void add_details(const struct view_input *input, size_t index, struct popup *popup)
{
	const struct picture_session *session = row_session(input, index);
	char time[CLOCK_TEXT_MAX];
	char text[UNITS_TEXT_MAX];

	popup_add(popup, 0, "state",
		  session->is_active	 ? "active"
		  : session->was_started ? "stopped"
					 : "not started");
	if (session->user)
		popup_addf(popup, 0, "user", "%s (uid %u)", session->user,
			   (unsigned int)session->uid);
	else
		popup_addf(popup, 0, "user", "uid %u", (unsigned int)session->uid);
	popup_add(popup, 0, "created", clock_text_time(time, session->created_wall_ns));
	if (session->identity)
		popup_add(popup, 0, "id", session->identity);
	if (session->previous_identity && *session->previous_identity)
		popup_add(popup, 0, "continues", session->previous_identity);
	popup_add(popup, 0, "output", *session->output ? session->output : "none");
	if (session->mode == PICTURE_MODE_LIVE)
		popup_addf(popup, 0, "viewers", "%u", session->viewer_count);
	if (session->relay_lost_wall_ns) {
		popup_addf(popup, 0, "relay", "does not answer since %s",
			   clock_text_time(time, session->relay_lost_wall_ns));
		popup_set_role(popup, ROLE_ERR);
	}
	if (session->schedule && *session->schedule)
		popup_add(popup, 0, "rotates", session->schedule);
	if (session->tracked && *session->tracked)
		popup_add(popup, 0, "only of", session->tracked);
	if (session->snapshot_output_count > 0)
		popup_addf(popup, 0, "snapshots", "to %zu place%s", session->snapshot_output_count,
			   session->snapshot_output_count == 1 ? "" : "s");
	popup_addf(popup, 0, "events", "%s",
		   units_grouped_count(text, session->counts.recorded_events));
	loss_add_line(&session->counts, "losses", 0, popup);
}

static const char *label(const struct table *table, const struct view_input *input,
			 const char *action)
{
	size_t index;

	if (!table_selected(table, &index))
		return NULL;
	return request_session_label(row_session(input, index), action);
}

static const struct table_view_class class = {
	.table = {.columns = columns,
		  .column_count = COUNT_OF(columns),
		  .sort_column = 1,
		  .collect = collect,
		  .id = get_id,
		  .nothing = nothing,
		  .alert = alert},
	.take = take,
	.give = give,
	.act = act,
	.copy_text = copy_text,
	.request_row = request_row,
	.add_details = add_details,
	.describe = describe,
	.label = label,
};

static void init(void *state)
{
	table_view_init(state, &class);
}

static const struct view_action actions[] = {
	{"open", "its channels"},
	{"open-chunks", "its chunks"},
	{"open-output", "its trace in the event browser"},
	{NULL, NULL},
};

const struct view_class sessions_view = {
	.name = "sessions",
	.title = "Sessions",
	.digit = '1',
	.help = "All sessions. The selected one is what the other panes show. "
		"S: running or stopped, r while it rotates. LOST: events that could not be kept, "
		"or packets overwritten unread (3p); red until acknowledged in the last row. "
		"FILL: the fullest ring buffer.",
	.init = init,
	TABLE_VIEW_CALLS,
	.actions = actions,
};
