/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the selected channel, or the whole session, records: one row for each event that occurs and
 * for each rule that nothing has matched so far, with its rate and its last seconds.
 */
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/model/event_rule.h"
#include "views/loss.h"
#include "views/popup.h"
#include "views/request.h"
#include "views/rule_edit.h"
#include "views/rules.h"
#include "views/selection.h"
#include "views/table_view.h"
#include "views/views.h"

static const struct picture_event *row_event(const struct view_input *input, size_t index)
{
	return &input->picture->events[index];
}

static uint64_t get_id(const struct view_input *input, size_t index)
{
	return row_event(input, index)->id;
}

static void collect_channel(const struct picture_channel *channel, struct table *table)
{
	for (size_t i = 0; i < channel->event_count; i++)
		table_add(table, channel->first_event + i);
}

static void collect(const struct view_input *input, struct table *table)
{
	const struct picture_session *session = selection_session(input);
	const struct picture_channel *only = selection_channel(input);

	if (!session || !session->is_detailed)
		return;
	if (only) {
		collect_channel(only, table);
		return;
	}
	for (size_t i = 0; i < session->channel_count; i++)
		collect_channel(&input->picture->channels[session->first_channel + i], table);
}

static const char *nothing(const struct view_input *input)
{
	const struct picture_session *session = selection_session(input);

	if (input->picture->serial > 0 && !session)
		return "no session: c in pane 1 creates one";
	if (!session || !session->is_detailed)
		return "loading";
	return "no event rules: e on an event of pane 4, or \"enable-event -u NAME\", adds one";
}

static void alert(const struct view_input *input, struct text *out)
{
	const struct picture_session *session = selection_session(input);
	const struct picture_channel *channel = selection_channel(input);

	if (!session || !session->has_unseen_loss)
		return;
	if (channel)
		loss_alert(&channel->counts, channel->name, out);
	else
		loss_alert(&session->counts, session->name, out);
}

/* ---- columns ---- */

static uint64_t state_value(const struct view_input *input, size_t index)
{
	const struct picture_event *event = row_event(input, index);

	if (!event->is_enabled)
		return 0;
	return event->is_rule ? 1 : 2;
}

static void draw_state(const struct view_input *input, size_t index, const struct table_cell *cell)
{
	static const char *const utf8[] = {"○", "◇", "●"};
	static const char *const ascii[] = {"-", "?", "+"};
	static const enum role roles[] = {ROLE_DISABLED, ROLE_DIM, ROLE_OK};
	uint64_t state = state_value(input, index);

	table_cell_text(cell, roles[state], canvas_pick(cell->canvas, utf8[state], ascii[state]));
}

static const char *name_text(const struct view_input *input, size_t index)
{
	return row_event(input, index)->name;
}

static uint64_t total_value(const struct view_input *input, size_t index)
{
	return row_event(input, index)->recorded_events;
}

static uint64_t rate_value(const struct view_input *input, size_t index)
{
	return row_event(input, index)->rate_per_1000_s;
}

static uint64_t bytes_value(const struct view_input *input, size_t index)
{
	return row_event(input, index)->recorded_bytes;
}

/* Of all that the pane shows, in thousandths. */
static uint64_t share_value(const struct view_input *input, size_t index)
{
	const struct picture_channel *channel = selection_channel(input);
	const struct picture_session *session = selection_session(input);
	uint64_t all = channel ? channel->counts.recorded_events : session->counts.recorded_events;
	uint64_t part = row_event(input, index)->recorded_events;

	while (part > UINT64_MAX / 1000) {
		part /= 2;
		all /= 2;
	}
	return all > 0 ? part * 1000 / all : 0;
}

static void draw_share(const struct table_cell *cell, uint64_t permille)
{
	struct text text = {0};

	text_addf(&text, "%llu.%llu%%", (unsigned long long)(permille / 10),
		  (unsigned long long)(permille % 10));
	table_cell_right(cell, permille ? ROLE_NORMAL : ROLE_DIM, text_str(&text));
	text_finish(&text);
}

/* A rule's history is all "nothing": better shown as nothing. */
static void draw_history(const struct view_input *input, size_t index,
			 const struct table_cell *cell)
{
	if (!row_event(input, index)->is_rule)
		table_cell_history(cell, input, row_event(input, index)->history);
}

static const char *channel_text(const struct view_input *input, size_t index)
{
	const struct picture_channel *channel =
		selection_find_channel(input, row_event(input, index)->channel_id);

	return channel ? channel->name : "";
}

/* "TRACE_INFO" without what all of them begin with. */
static const char *level_text(const struct view_input *input, size_t index)
{
	static const char prefix[] = "TRACE_";
	const char *text = row_event(input, index)->loglevel_text;

	return strncmp(text, prefix, strlen(prefix)) ? text : text + strlen(prefix);
}

static uint64_t level_value(const struct view_input *input, size_t index)
{
	int loglevel = row_event(input, index)->loglevel;

	return loglevel < 0 ? 0 : (uint64_t)loglevel + 1;
}

static uint64_t seen_value(const struct view_input *input, size_t index)
{
	return row_event(input, index)->last_seen_wall_ns;
}

static enum role row_role(const struct view_input *input, size_t index)
{
	const struct picture_event *event = row_event(input, index);

	if (!event->is_enabled)
		return ROLE_DISABLED;
	return event->is_rule ? ROLE_DIM : ROLE_NORMAL;
}

enum {
	COLUMN_STATE,
	COLUMN_NAME,
	COLUMN_CHANNEL,
	COLUMN_LEVEL,
	COLUMN_SEEN,
	COLUMN_TOTAL,
	COLUMN_BYTES,
	COLUMN_SHARE,
	COLUMN_RATE,
};

static const struct table_column columns[] = {
	{.name = "state",
	 .title = "S",
	 .width = 2,
	 .largest_first = true,
	 .value = state_value,
	 .draw = draw_state},
	{.name = "name",
	 .title = "EVENT",
	 .width = 36,
	 .width_ideal = 40,
	 .is_flexible = true,
	 .is_cut_in_middle = true,
	 .role = ROLE_NAME,
	 .text = name_text},
	{.name = "channel",
	 .title = "CHANNEL",
	 .width = 12,
	 .columns_min = 100,
	 .priority = 4,
	 .text = channel_text},
	{.name = "level",
	 .title = "LEVEL",
	 .width = 8,
	 .width_ideal = 14,
	 .columns_min = 110,
	 .priority = 5,
	 .value = level_value,
	 .text = level_text},
	{.name = "seen",
	 .title = "SEEN",
	 .width = 8,
	 .columns_min = 120,
	 .priority = 6,
	 .largest_first = true,
	 .value = seen_value,
	 .draw_value = table_cell_time},
	{TABLE_NUMBERS("total", "TOTAL", 6, 2), .value = total_value,
	 .draw_value = table_cell_count},
	{TABLE_NUMBERS("bytes", "BYTES", 8, 2), .value = bytes_value,
	 .draw_value = table_cell_bytes},
	{TABLE_NUMBERS("share", "SHARE", 6, 2), .value = share_value, .draw_value = draw_share},
	{TABLE_NUMBERS("rate", "RATE/s", 7, 0), .value = rate_value, .draw_value = table_cell_rate},
	{.name = "history",
	 .width = 16,
	 .width_wide = 32,
	 .priority = 3,
	 .write_title = table_history_title,
	 .draw = draw_history},
};

/* ---- the view ---- */

static void take(struct table *table, const struct view_input *input)
{
	if (input->selection->has_event)
		table_view_take_id(table, input->selection->event_id);
}

static void give(const struct table *table, const struct view_input *input)
{
	size_t index;

	if (!table_selected(table, &index))
		return;
	input->selection->has_event = true;
	input->selection->event_id = get_id(input, index);
}

static bool is_asked_already(const char *command, const char *one)
{
	size_t length = strlen(one);

	for (; (command = strstr(command, one)); command++)
		if (command[length] == '\0' || command[length] == ';')
			return true;
	return false;
}

static bool is_enabled(const struct view_input *input, size_t index)
{
	return row_event(input, index)->is_enabled;
}

/* Of the event's rule, which several events may match: each rule once. */
static void request_enabled(const struct view_input *input, size_t index, bool enables,
			    struct text *command)
{
	const struct picture_event *event = row_event(input, index);
	const struct picture_channel *channel = selection_find_channel(input, event->channel_id);
	struct text one = {0};

	if (!channel)
		return;
	request_event(&one, enables ? "enable-event" : "disable-event", selection_session(input),
		      channel, event);
	if (!is_asked_already(text_str(command), text_str(&one)))
		text_addf(command, "%s%s", command->length ? "; " : "", text_str(&one));
	text_finish(&one);
}

/* All channels of the session, or only that of the selected event. */
static void toggle_all_channels(const struct table *table, const struct view_input *input)
{
	struct selection *selection = input->selection;
	size_t index;

	if (selection->has_channel) {
		selection->has_channel = false;
	} else if (table_selected(table, &index)) {
		selection->has_channel = true;
		selection->channel_id = row_event(input, index)->channel_id;
	}
}

/* The next of total, bytes, share, rate; the table is sorted by it. */
static void change_measure(struct table *table)
{
	static const size_t measures[] = {COLUMN_TOTAL, COLUMN_BYTES, COLUMN_SHARE, COLUMN_RATE};
	size_t next = 0;

	for (size_t i = 0; i < COUNT_OF(measures); i++)
		if (table->sort_column == measures[i])
			next = (i + 1) % COUNT_OF(measures);
	table->sort_column = measures[next];
	table->is_descending = true;
	/* Beside the rate there is room for one. */
	if (measures[next] == COLUMN_RATE)
		return;
	for (size_t i = COLUMN_TOTAL; i <= COLUMN_SHARE; i++) {
		table->hidden |= UINT32_C(1) << i;
		if (i == measures[next])
			table->hidden &= ~(UINT32_C(1) << i);
	}
}

/* 1 s, 10 s, 60 s each sample. */
static void change_window(const struct view_input *input, struct text *command)
{
	unsigned int seconds = input->picture->sample_seconds;

	text_addf(command, "@window %u", seconds >= 60 ? 1 : seconds >= 10 ? 60 : 10);
}

static bool edit(struct table *table, const struct view_input *input, const char *action,
		 const char *argument, struct text *command)
{
	const struct picture_rule *rule = NULL;
	size_t index;

	if (!strcmp(action, "measure")) {
		change_measure(table);
		table_refresh(table, input);
		return true;
	}
	if (!strcmp(action, "window")) {
		change_window(input, command);
		return true;
	}
	if (table_selected(table, &index))
		rule = rules_find_id(input, row_event(input, index)->rule_id);
	return rule_edit_act(input, rule, action, argument, command);
}

static bool act(const struct table *table, const struct view_input *input, const char *action,
		struct text *command)
{
	size_t index;

	if (!strcmp(action, "open")) {
		if (table_selected(table, &index))
			text_addf(command, "@tail %s", row_event(input, index)->name);
		return true;
	}
	if (!strcmp(action, "back")) {
		text_add(command, "@channels");
		return true;
	}
	if (strcmp(action, "all-channels") != 0)
		return false;
	toggle_all_channels(table, input);
	return true;
}

static const struct picture_rule *rule_of(const struct view_input *input, size_t index)
{
	return rules_find_id(input, row_event(input, index)->rule_id);
}

static void request_row(const struct view_input *input, size_t index, struct text *command)
{
	const struct picture_rule *rule = rule_of(input, index);
	const struct picture_channel *channel =
		selection_find_channel(input, row_event(input, index)->channel_id);

	if (rule && channel)
		request_rule(command, "enable-event", selection_session(input), channel, rule);
	else if (channel)
		request_event(command, "enable-event", selection_session(input), channel,
			      row_event(input, index));
}

static void add_details(const struct view_input *input, size_t index, struct popup *popup)
{
	const struct picture_event *event = row_event(input, index);
	const struct picture_rule *rule = rule_of(input, index);
	char number[UNITS_TEXT_MAX];

	popup_addf(popup, 0, "events", "%s", units_grouped_count(number, event->recorded_events));
	popup_add(popup, 0, "state",
		  !event->is_enabled ? "disabled"
		  : event->is_rule   ? "enabled, nothing matched so far"
				     : "enabled");
	popup_add_heading(popup, "rule");
	popup_add(popup, 1, "pattern", *event->rule ? event->rule : "none any more");
	if (!rule)
		return;
	popup_add(popup, 1, "filter", *rule->filter ? rule->filter : "none");
	popup_add(popup, 1, "but not", *rule->exclusions ? rule->exclusions : "none");
	popup_addf(popup, 1, "levels", "%s%s", *rule->loglevel_text ? rule->loglevel_text : "all",
		   rule->loglevel_match == LOGLEVEL_AT_LEAST  ? " or more severe"
		   : rule->loglevel_match == LOGLEVEL_EXACTLY ? " only"
							      : "");
}

static void add_rule(const struct view_input *input, const struct picture_event *event,
		     struct text *out)
{
	const struct picture_rule *rule = rules_find_id(input, event->rule_id);

	if (event->is_rule)
		text_add(out, "  rule, nothing matched so far");
	else if (!*event->rule)
		text_add(out, "  its rule is gone");
	else if (strcmp(event->rule, event->name) != 0)
		text_addf(out, "  rule %s", event->rule);
	if (!event->is_enabled)
		text_add(out, "  disabled");
	if (rule && *rule->filter)
		text_addf(out, "  filter %s", rule->filter);
	if (rule && *rule->exclusions)
		text_addf(out, "  but not %s", rule->exclusions);
}

static void describe(const struct view_input *input, size_t index, struct text *out)
{
	const char *separator = input->glyphs == GLYPHS_ASCII ? ">" : "›";
	const struct picture_event *event = row_event(input, index);
	char number[UNITS_TEXT_MAX];
	char time[CLOCK_TEXT_MAX];

	text_addf(out, "%s %s %s %s %s", selection_session(input)->name, separator,
		  channel_text(input, index), separator, event->name);
	if (*event->loglevel_text)
		text_addf(out, "  %s", event->loglevel_text);
	add_rule(input, event, out);
	if (event->is_rule)
		return;
	text_addf(out, "  %s events", units_grouped_count(number, event->recorded_events));
	if (event->last_seen_wall_ns)
		text_addf(out, "  last %s", clock_text_time(time, event->last_seen_wall_ns));
}

/* Totals only grow, so rows seldom change places, and what occurs stands above what doesn't. */
static const struct table_view_class class = {
	.table = {.columns = columns,
		  .column_count = COUNT_OF(columns),
		  .sort_column = 5,
		  .sort_descending = true,
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
	.edit = edit,
	.request_row = request_row,
	.add_details = add_details,
	.copy_text = name_text,
	.is_enabled = is_enabled,
	.request_enabled = request_enabled,
	.describe = describe,
};

static void init(void *state)
{
	struct table_view *view = state;

	table_view_init(view, &class);
	view->table.hidden = UINT32_C(1) << COLUMN_BYTES | UINT32_C(1) << COLUMN_SHARE;
}

static const struct view_action actions[] = {
	{"toggle", "enable or disable the rules of the selected or marked events"},
	{"open", "tail of the session with this event only"},
	{"edit-filter", "change the filter of the rule that the event matches"},
	{"edit-exclusions", "change what that rule leaves out"},
	{"edit-level", "change the log level of that rule"},
	{"set-filter", "the same with TEXT"},
	{"set-exclusions", "the same with TEXT"},
	{"set-level", "the same with TEXT"},
	{"measure", "total, bytes, share or rate, sorted by it"},
	{"window", "samples of 1, 10 or 60 seconds in the sparklines"},
	{"all-channels", "events of all channels, or of one"},
	{"back", "to the channels"},
	{NULL, NULL},
};

const struct view_class events_view = {
	.name = "events",
	.title = "Events",
	.digit = '3',
	.help = "Events that occur in the selected channel or session, and rules that nothing "
		"has matched so far (dim, marked). Enabling and disabling acts on the rule that "
		"an event matches, which may match others too: the last row names it. "
		"LAST: events in each second; bars are relative to the row's largest.",
	.init = init,
	TABLE_VIEW_CALLS,
	.actions = actions,
};
