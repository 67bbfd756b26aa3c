/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The channels of the selected session: their ring buffers, how full they are, what passes and what
 * is lost. Moving the selection narrows the other panes to that channel.
 */
#include <stdio.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "views/loss.h"
#include "views/popup.h"
#include "views/request.h"
#include "views/selection.h"
#include "views/table_view.h"
#include "views/views.h"

static const struct picture_channel *row_channel(const struct view_input *input, size_t index)
{
	return &input->picture->channels[index];
}

static uint64_t get_id(const struct view_input *input, size_t index)
{
	return row_channel(input, index)->id;
}

static void collect(const struct view_input *input, struct table *table)
{
	const struct picture_session *session = selection_session(input);

	for (size_t i = 0; session && i < session->channel_count; i++)
		table_add(table, session->first_channel + i);
}

static const char *nothing(const struct view_input *input)
{
	return table_view_nothing(
		input, "no channels: c creates one, and so does \"enable-event -u NAME\"");
}

static void alert(const struct view_input *input, struct text *out)
{
	const struct picture_session *session = selection_session(input);

	if (session && session->has_unseen_loss)
		loss_alert(&session->counts, session->name, out);
}

/* ---- columns ---- */

static uint64_t state_value(const struct view_input *input, size_t index)
{
	return row_channel(input, index)->is_enabled;
}

static void draw_state(const struct view_input *input, size_t index, const struct table_cell *cell)
{
	if (row_channel(input, index)->is_enabled)
		table_cell_text(cell, ROLE_OK, canvas_pick(cell->canvas, "●", "+"));
	else
		table_cell_text(cell, ROLE_DISABLED, canvas_pick(cell->canvas, "○", "-"));
}

static const char *name_text(const struct view_input *input, size_t index)
{
	return row_channel(input, index)->name;
}

/* Bytes per second where events are not counted as they pass: overwritten history. */
static bool has_byte_rate(const struct picture_channel *channel)
{
	return channel->is_overwrite && !channel->counts.rate_per_1000_s &&
	       channel->counts.bytes_per_s;
}

static uint64_t rate_value(const struct view_input *input, size_t index)
{
	return row_channel(input, index)->counts.rate_per_1000_s;
}

static void draw_rate(const struct view_input *input, size_t index, const struct table_cell *cell)
{
	const struct picture_channel *channel = row_channel(input, index);

	if (has_byte_rate(channel))
		table_cell_count_of(cell, ROLE_RATE, channel->counts.bytes_per_s, "B");
	else
		table_cell_rate(cell, channel->counts.rate_per_1000_s);
}

static uint64_t total_value(const struct view_input *input, size_t index)
{
	return row_channel(input, index)->counts.recorded_events;
}

static uint64_t fill_value(const struct view_input *input, size_t index)
{
	return row_channel(input, index)->fill_permille;
}

/* Bytes that nobody can read are no events that could be counted: "!". */
static void draw_discarded(const struct view_input *input, size_t index,
			   const struct table_cell *cell)
{
	const struct picture_counts *counts = &row_channel(input, index)->counts;

	if (!counts->discarded_events && counts->unreadable_bytes)
		table_cell_right(cell, ROLE_ERR, "!");
	else
		table_cell_lost(cell, counts->discarded_events);
}

static uint64_t discarded_value(const struct view_input *input, size_t index)
{
	return row_channel(input, index)->counts.discarded_events;
}

static uint64_t packets_value(const struct view_input *input, size_t index)
{
	return row_channel(input, index)->counts.lost_packets;
}

static uint64_t buffers_value(const struct view_input *input, size_t index)
{
	const struct picture_channel *channel = row_channel(input, index);

	return channel->subbuf_count * channel->subbuf_bytes;
}

/* Sub-buffers are powers of two: "4×512k". */
static void write_buffers(const struct picture_channel *channel, const char *times,
			  char out[UNITS_TEXT_MAX])
{
	static const char units[] = {0, 'k', 'M', 'G'};
	unsigned long long count = channel->subbuf_count, bytes = channel->subbuf_bytes;
	size_t unit = 0;

	while (bytes >= 1024 && bytes % 1024 == 0 && unit + 1 < sizeof(units)) {
		bytes /= 1024;
		unit++;
	}
	snprintf(out, UNITS_TEXT_MAX, "%llu%s%llu%.1s", count, times, bytes, &units[unit]);
}

static void draw_buffers(const struct view_input *input, size_t index,
			 const struct table_cell *cell)
{
	char text[UNITS_TEXT_MAX];

	write_buffers(row_channel(input, index), canvas_pick(cell->canvas, "×", "x"), text);
	table_cell_text(cell, ROLE_NORMAL, text);
}

static const char *mode_text(const struct view_input *input, size_t index)
{
	return row_channel(input, index)->is_overwrite ? "overwrite" : "discard";
}

static void draw_history(const struct view_input *input, size_t index,
			 const struct table_cell *cell)
{
	table_cell_history(cell, input, row_channel(input, index)->history);
}

static const char *domain_text(const struct view_input *input, size_t index)
{
	return row_channel(input, index)->domain;
}

static enum role row_role(const struct view_input *input, size_t index)
{
	return row_channel(input, index)->is_enabled ? ROLE_NORMAL : ROLE_DISABLED;
}

static const struct table_column columns[] = {
	{.name = "state",
	 .title = "S",
	 .width = 2,
	 .largest_first = true,
	 .value = state_value,
	 .draw = draw_state},
	{.name = "name",
	 .title = "CHANNEL",
	 .width = 11,
	 .width_ideal = 24,
	 .is_flexible = true,
	 .is_cut_in_middle = true,
	 .role = ROLE_NAME,
	 .text = name_text},
	{TABLE_NUMBERS("rate", "RATE/s", 7, 1), .value = rate_value, .draw = draw_rate},
	{TABLE_NUMBERS("total", "TOTAL", 6, 4), .value = total_value,
	 .draw_value = table_cell_count},
	{TABLE_NUMBERS("fill", "FILL", 9, 3), .width_ideal = 13, .value = fill_value,
	 .draw_value = table_cell_fill},
	{TABLE_NUMBERS("discarded", "DISCARD", 8, 0), .value = discarded_value,
	 .draw = draw_discarded},
	{TABLE_NUMBERS("packets", "LOSTPK", 7, 2), .value = packets_value,
	 .draw_value = table_cell_lost},
	{.name = "buffers",
	 .title = "BUFFERS",
	 .width = 8,
	 .priority = 5,
	 .largest_first = true,
	 .value = buffers_value,
	 .draw = draw_buffers},
	{.name = "mode", .title = "MODE", .width = 9, .priority = 6, .text = mode_text},
	{.name = "history",
	 .width = 8,
	 .width_ideal = 16,
	 .width_wide = 32,
	 .priority = 7,
	 .write_title = table_history_title,
	 .draw = draw_history},
	{.name = "domain", .title = "DOMAIN", .width = 12, .priority = 8, .text = domain_text},
};

/* ---- the view ---- */

static void take(struct table *table, const struct view_input *input)
{
	if (input->selection->has_channel)
		table_view_take_id(table, input->selection->channel_id);
}

static void give(const struct table *table, const struct view_input *input)
{
	struct selection *selection = input->selection;
	size_t index;

	if (!table_selected(table, &index))
		return;
	if (!selection->has_channel || selection->channel_id != get_id(input, index))
		selection->has_event = false;
	selection->has_channel = true;
	selection->channel_id = get_id(input, index);
}

static bool is_enabled(const struct view_input *input, size_t index)
{
	return row_channel(input, index)->is_enabled;
}

static void request_enabled(const struct view_input *input, size_t index, bool enables,
			    struct text *command)
{
	request_channel(command, enables ? "enable-channel" : "disable-channel",
			selection_session(input), row_channel(input, index));
}

static bool act(const struct table *table, const struct view_input *input, const char *action,
		struct text *command)
{
	if (!strcmp(action, "back")) {
		input->selection->has_channel = false;
		text_add(command, "@sessions");
		return true;
	}
	if (strcmp(action, "open") != 0)
		return false;
	give(table, input);
	text_add(command, "@events");
	return true;
}

static void add_timer(const char *name, uint64_t period_us, struct text *out)
{
	char text[UNITS_TEXT_MAX];

	if (period_us)
		text_addf(out, "  %s %s", name, units_duration(text, period_us * 1000));
}

static void describe(const struct view_input *input, size_t index, struct text *out)
{
	const struct picture_channel *channel = row_channel(input, index);
	char text[UNITS_TEXT_MAX];

	text_addf(out, "%s %s %s", selection_session(input)->name,
		  input->glyphs == GLYPHS_ASCII ? ">" : "›", channel->name);
	if (!channel->is_enabled)
		text_add(out, "  disabled");
	loss_add_detail(&channel->counts, out);
	text_addf(out, "  %s events", units_grouped_count(text, channel->counts.recorded_events));
	text_addf(out, "  %s", units_short_bytes(text, channel->counts.recorded_bytes));
	write_buffers(channel, "x", text);
	text_addf(out, "  %s  %s  %s", channel->domain, mode_text(input, index), text);
	add_timer("switch", channel->switch_timer_us, out);
	add_timer("read", channel->read_timer_us, out);
	text_addf(out, "  %zu rule%s", channel->rule_count, channel->rule_count == 1 ? "" : "s");
	if (*channel->contexts)
		text_addf(out, "  context %s", channel->contexts);
}

static void request_row(const struct view_input *input, size_t index, struct text *command)
{
	const struct picture_channel *channel = row_channel(input, index);

	request_channel(command, "enable-channel", selection_session(input), channel);
	text_addf(command, " --%s --num-subbuf %llu --subbuf-size %llu --switch-timer %llu",
		  mode_text(input, index), (unsigned long long)channel->subbuf_count,
		  (unsigned long long)channel->subbuf_bytes,
		  (unsigned long long)channel->switch_timer_us);
	text_addf(command, " --read-timer %llu", (unsigned long long)channel->read_timer_us);
}

static void add_period(const char *name, uint64_t period_us, struct popup *popup)
{
	char text[UNITS_TEXT_MAX];

	popup_add(popup, 0, name, period_us ? units_duration(text, period_us * 1000) : "off");
}

/* Of the kernel's channels, which CPU has lost what. */
static void add_cpus(const struct view_input *input, const struct picture_channel *channel,
		     struct popup *popup)
{
	if (channel->cpu_count > 0)
		popup_add_heading(popup, "losses by CPU");
	for (size_t i = 0; i < channel->cpu_count; i++) {
		const struct picture_cpu *cpu = &input->picture->cpus[channel->first_cpu + i];

		loss_add_line(&cpu->counts, cpu->name, 1, popup);
	}
}

static void add_details(const struct view_input *input, size_t index, struct popup *popup)
{
	const struct picture_channel *channel = row_channel(input, index);
	char text[UNITS_TEXT_MAX];

	popup_add(popup, 0, "state", channel->is_enabled ? "enabled" : "disabled");
	popup_addf(popup, 0, "events", "%s",
		   units_grouped_count(text, channel->counts.recorded_events));
	popup_add(popup, 0, "recorded", units_short_bytes(text, channel->counts.recorded_bytes));
	loss_add_line(&channel->counts, "losses", 0, popup);
	add_period("switch timer", channel->switch_timer_us, popup);
	add_period("read timer", channel->read_timer_us, popup);
	popup_addf(popup, 0, "rules", "%zu", channel->rule_count);
	popup_add(popup, 0, "context", *channel->contexts ? channel->contexts : "none; a adds");
	add_cpus(input, channel, popup);
}

static const struct table_view_class class = {
	.table = {.columns = columns,
		  .column_count = COUNT_OF(columns),
		  .sort_column = 1,
		  .collect = collect,
		  .id = get_id,
		  .row_role = row_role,
		  .nothing = nothing,
		  .alert = alert},
	.is_of_session = true,
	.take = take,
	.give = give,
	.gives_when_moved = true,
	.act = act,
	.copy_text = name_text,
	.request_row = request_row,
	.add_details = add_details,
	.is_enabled = is_enabled,
	.request_enabled = request_enabled,
	.describe = describe,
};

static void init(void *state)
{
	table_view_init(state, &class);
}

static const struct view_action actions[] = {
	{"toggle", "enable or disable the selected or marked channels"},
	{"open", "its events"},
	{"back", "to the sessions"},
	{NULL, NULL},
};

const struct view_class channels_view = {
	.name = "channels",
	.title = "Channels",
	.digit = '2',
	.help = "The channels of the selected session. "
		"FILL: its fullest ring buffer. DISCARD: events refused for want of room or not "
		"written. LOSTPK: packets overwritten unread. RATE/s ends with B where only "
		"bytes are known: a channel that overwrites its oldest data.",
	.init = init,
	TABLE_VIEW_CALLS,
	.actions = actions,
};
