/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What could be traced: the tree of points_tree.h in a table, and what the rules of the selected
 * session enable of it. What is enabled from here: points_request.c.
 */
#include <string.h>

#include "backend/base/mem.h"
#include "views/points_parts.h"
#include "views/popup.h"
#include "views/rules.h"
#include "views/views.h"

#define INDENT_COLUMNS 2

static struct points_row row_at(const struct view_input *input, size_t index)
{
	return points_view_of(input)->rows[index];
}

static uint64_t get_id(const struct view_input *input, size_t index)
{
	return points_tree_id(&points_view_of(input)->tree, row_at(input, index));
}

/* ---- which rows ---- */

static size_t add_row(struct points_view *state, struct points_row row)
{
	state->rows =
		mem_grow(state->rows, state->row_count, &state->row_room, sizeof(*state->rows));
	state->rows[state->row_count] = row;
	return state->row_count++;
}

static bool row_matches(const struct view_input *input, const struct table *table,
			struct points_row row, const struct match *match)
{
	struct points_view *state = points_view_of(input);
	bool is_accepted = table_row_matches(table, input, add_row(state, row), match);

	state->row_count--;
	return is_accepted;
}

/* An application that passes the filter shows all it has. */
static bool takes_all(const struct view_input *input, const struct table *table,
		      struct points_row branch)
{
	return match_is_empty(&table->filter) ||
	       (points_view_of(input)->tree.is_by_app && !table->filter.is_negated &&
		row_matches(input, table, branch, &table->filter));
}

static void show(struct points_view *state, struct table *table, struct points_row row)
{
	table_add(table, add_row(state, row));
}

static void show_leaf(struct points_view *state, struct table *table, struct points_row row)
{
	const struct points_event *event = points_tree_event(&state->tree, row);

	show(state, table, row);
	if (!points_tree_is_open(&state->tree, row))
		return;
	for (row.field = 0; row.field < event->field_count; row.field++)
		show(state, table, row);
}

static void show_branch(const struct view_input *input, struct table *table, struct points_row row)
{
	struct points_view *state = points_view_of(input);
	struct points_branch *branch = &state->tree.branches[row.branch];
	const struct points_row head = row;
	bool is_taken = takes_all(input, table, row);
	bool is_open = !is_taken || points_tree_is_open(&state->tree, row);
	bool has_head = is_taken;

	branch->is_filtered = !is_taken;
	if (is_taken)
		show(state, table, head);
	table->all_count += branch->leaf_count;
	table->passed_count += is_taken ? branch->leaf_count : 0;
	for (size_t i = 0; is_open && i < branch->leaf_count; i++) {
		row.leaf = (uint32_t)(branch->first_leaf + i);
		if (!is_taken && !row_matches(input, table, row, &table->filter))
			continue;
		table->passed_count += !is_taken;
		if (!has_head)
			show(state, table, head);
		has_head = true;
		show_leaf(state, table, row);
	}
}

static void arrange(struct points_view *state, const struct table *table)
{
	static const enum points_order orders[] = {
		[POINTS_COLUMN_LEVEL] = POINTS_BY_LEVEL,
		[POINTS_COLUMN_TYPE] = POINTS_BY_FIELDS,
		[POINTS_COLUMN_APPS] = POINTS_BY_APPS,
	};
	enum points_order order = POINTS_BY_NAME;

	if (table->sort_column < COUNT_OF(orders))
		order = orders[table->sort_column];
	points_tree_set(&state->tree, state->is_by_app, order, table->is_descending);
}

static void collect(const struct view_input *input, struct table *table)
{
	struct points_view *state = points_view_of(input);

	arrange(state, table);
	points_tree_follow(&state->tree, input->points);
	state->row_count = 0;
	for (size_t i = 0; i < state->tree.branch_count; i++)
		show_branch(input, table,
			    (struct points_row){(uint32_t)i, POINTS_NONE, POINTS_NONE});
}

static void search_text(const struct view_input *input, size_t index, struct text *out)
{
	points_tree_name(&points_view_of(input)->tree, row_at(input, index), out);
}

static const char *nothing(const struct view_input *input)
{
	if (!input->points || input->points->is_loading)
		return "loading";
	return input->points->nothing;
}

static void alert(const struct view_input *input, struct text *out)
{
	size_t count = input->points ? input->points->unanswered_count : 0;

	if (count > 0)
		text_addf(out, "%zu application%s did not answer", count, count == 1 ? "" : "s");
}

/* ---- columns ---- */

enum rules_state points_view_state(const struct view_input *input, struct points_row row,
				   const struct picture_rule **rule)
{
	const struct points_tree *tree = &points_view_of(input)->tree;
	const struct points_event *event = points_tree_event(tree, row);
	const char *domain = points_tree_group(tree, row)->domain;
	struct word_list patterns = {0};

	if (event)
		return rules_match(input, domain, event->name, event->loglevel, rule);
	*rule = rules_find(input, domain, "*", true);
	points_view_patterns(tree, row, &patterns);
	for (size_t i = 0; i < patterns.count && !*rule; i++)
		*rule = rules_find(input, domain, patterns.words[i], true);
	word_list_finish(&patterns);
	if (!*rule)
		return RULES_NONE;
	return *(*rule)->filter ? RULES_FILTERED : RULES_ENABLED;
}

static void draw_state(const struct view_input *input, size_t index, const struct table_cell *cell)
{
	static const char *const utf8[] = {"", "○", "◐", "●"};
	static const char *const ascii[] = {"", "-", "~", "+"};
	static const enum role roles[] = {ROLE_DIM, ROLE_DISABLED, ROLE_OK, ROLE_OK};
	const struct picture_rule *rule;
	enum rules_state state;

	if (row_at(input, index).field != POINTS_NONE)
		return;
	state = points_view_state(input, row_at(input, index), &rule);
	table_cell_text(cell, roles[state], canvas_pick(cell->canvas, utf8[state], ascii[state]));
}

static bool has_children(const struct points_tree *tree, struct points_row row)
{
	if (row.leaf == POINTS_NONE)
		return tree->branches[row.branch].leaf_count > 0;
	return row.field == POINTS_NONE && points_tree_event(tree, row)->field_count > 0;
}

/* With what filters show in spite of it as open. */
static bool is_shown_open(const struct view_input *input, struct points_row row)
{
	struct points_view *state = points_view_of(input);

	if (row.leaf == POINTS_NONE && state->tree.branches[row.branch].is_filtered)
		return true;
	return points_tree_is_open(&state->tree, row);
}

static void add_marker(const struct view_input *input, struct points_row row, struct text *out)
{
	static const char *const utf8[] = {"▸ ", "▾ "};
	static const char *const ascii[] = {"+ ", "- "};

	if (!has_children(&points_view_of(input)->tree, row))
		text_add(out, "  ");
	else
		text_add(out,
			 (input->glyphs == GLYPHS_ASCII ? ascii : utf8)[is_shown_open(input, row)]);
}

static const char *name_text(const struct view_input *input, size_t index)
{
	struct points_view *state = points_view_of(input);
	struct points_row row = row_at(input, index);
	int depth = (row.leaf != POINTS_NONE) + (row.field != POINTS_NONE);

	text_clear(&state->scratch);
	text_addf(&state->scratch, "%*s", depth * INDENT_COLUMNS, "");
	add_marker(input, row, &state->scratch);
	points_tree_name(&state->tree, row, &state->scratch);
	return text_str(&state->scratch);
}

static const char *level_text(const struct view_input *input, size_t index)
{
	const struct points_row row = row_at(input, index);
	const struct points_event *event = points_tree_event(&points_view_of(input)->tree, row);
	static const char prefix[] = "TRACE_";

	if (!event || row.field != POINTS_NONE)
		return "";
	if (strncmp(event->loglevel_text, prefix, strlen(prefix)) != 0)
		return event->loglevel_text;
	return event->loglevel_text + strlen(prefix);
}

static const char *type_text(const struct view_input *input, size_t index)
{
	struct points_view *state = points_view_of(input);
	const struct points_row row = row_at(input, index);
	const struct points_event *event = points_tree_event(&state->tree, row);
	size_t count = event ? event->field_count : state->tree.branches[row.branch].leaf_count;

	if (event && row.field != POINTS_NONE)
		return event->fields[row.field].type;
	text_clear(&state->scratch);
	text_addf(&state->scratch, "%zu %s%s", count, event ? "field" : "event",
		  count == 1 ? "" : "s");
	return text_str(&state->scratch);
}

static size_t app_count(const struct points_tree *tree, struct points_row row)
{
	return row.leaf == POINTS_NONE ? tree->branches[row.branch].app_count
				       : tree->leaves[row.leaf].app_count;
}

static uint64_t apps_value(const struct view_input *input, size_t index)
{
	return app_count(&points_view_of(input)->tree, row_at(input, index));
}

static void draw_apps(const struct view_input *input, size_t index, const struct table_cell *cell)
{
	const struct points_row row = row_at(input, index);

	/* The kernel is none. */
	if (row.field == POINTS_NONE && points_tree_group(&points_view_of(input)->tree, row)->pid)
		table_cell_count(cell, apps_value(input, index));
}

static enum role row_role(const struct view_input *input, size_t index)
{
	return row_at(input, index).field == POINTS_NONE ? ROLE_NORMAL : ROLE_DIM;
}

static const struct table_column columns[] = {
	[POINTS_COLUMN_STATE] = {.name = "state", .title = "S", .width = 2, .draw = draw_state},
	[POINTS_COLUMN_NAME] = {.name = "name",
				.title = "EVENT",
				.width = 20,
				.is_flexible = true,
				.is_cut_in_middle = true,
				.role = ROLE_NAME,
				.text = name_text},
	[POINTS_COLUMN_LEVEL] = {.name = "level",
				 .title = "LEVEL",
				 .width = 8,
				 .width_ideal = 14,
				 .priority = 2,
				 .text = level_text},
	[POINTS_COLUMN_TYPE] =
		{.name = "type", .title = "TYPE", .width = 10, .priority = 3, .text = type_text},
	[POINTS_COLUMN_APPS] = {TABLE_NUMBERS("apps", "APPS", 5, 1), .value = apps_value,
				.draw = draw_apps},
};

/* ---- opening and closing ---- */

static bool selected_row(const struct view_input *input, struct points_row *row)
{
	struct points_view *state = points_view_of(input);
	size_t index;

	if (!table_selected(&state->view.table, &index))
		return false;
	*row = state->rows[index];
	return true;
}

static void select_row(const struct view_input *input, struct points_row row)
{
	struct points_view *state = points_view_of(input);
	uint64_t id = points_tree_id(&state->tree, row);

	table_refresh(&state->view.table, input);
	table_select_id(&state->view.table, id);
}

static struct points_row parent_of(struct points_row row)
{
	if (row.field != POINTS_NONE)
		row.field = POINTS_NONE;
	else
		row.leaf = POINTS_NONE;
	return row;
}

static void expand(const struct view_input *input, struct points_row row)
{
	struct points_view *state = points_view_of(input);

	if (!has_children(&state->tree, row))
		return;
	if (is_shown_open(input, row))
		table_act(&state->view.table, input, "down", "1");
	else
		points_tree_open(&state->tree, row, true);
}

static void collapse(const struct view_input *input, struct points_row row)
{
	struct points_view *state = points_view_of(input);

	if (has_children(&state->tree, row) && points_tree_is_open(&state->tree, row)) {
		points_tree_open(&state->tree, row, false);
		return;
	}
	if (row.leaf == POINTS_NONE)
		return;
	select_row(input, parent_of(row));
}

/* All branches; if all are open, closes them. */
static void expand_all(struct points_tree *tree)
{
	bool opens = false;

	for (int pass = 0; pass < 2; pass++) {
		for (size_t i = 0; i < tree->branch_count; i++) {
			struct points_row row = {(uint32_t)i, POINTS_NONE, POINTS_NONE};

			if (pass == 0)
				opens |= !points_tree_is_open(tree, row);
			else
				points_tree_open(tree, row, opens);
		}
	}
}

static void open_row(const struct view_input *input, struct points_row row, struct text *command)
{
	struct points_view *state = points_view_of(input);

	if (row.leaf != POINTS_NONE)
		text_add(command, "@details");
	else
		points_tree_open(&state->tree, row, !points_tree_is_open(&state->tree, row));
}

/* The other grouping; the selected event stays selected. */
static void regroup(const struct view_input *input)
{
	struct points_view *state = points_view_of(input);
	struct points_row row = {POINTS_NONE, POINTS_NONE, POINTS_NONE};
	const struct points_event *selected = NULL;

	if (selected_row(input, &row))
		selected = points_tree_event(&state->tree, row);
	state->is_by_app = !state->is_by_app;
	list_restart(&state->view.table.list);
	table_refresh(&state->view.table, input);
	row = (struct points_row){POINTS_NONE, POINTS_NONE, POINTS_NONE};
	while (selected && points_tree_next(&state->tree, &row)) {
		const struct points_event *event = points_tree_event(&state->tree, row);

		if (!event || strcmp(event->name, selected->name) != 0)
			continue;
		points_tree_open(&state->tree, parent_of(row), true);
		select_row(input, row);
		break;
	}
}

/* ---- search, in what is closed too ---- */

struct search {
	struct points_row *rows;
	size_t count, room;
	size_t origin; /* where it begins */
};

static bool passes_filter(const struct view_input *input, struct points_row row)
{
	const struct table *table = &points_view_of(input)->view.table;
	struct points_row branch = {row.branch, POINTS_NONE, POINTS_NONE};

	if (takes_all(input, table, branch))
		return true;
	row.field = POINTS_NONE;
	return row.leaf != POINTS_NONE && row_matches(input, table, row, &table->filter);
}

static void search_begin(const struct view_input *input, uint64_t from_id, struct search *search)
{
	const struct points_tree *tree = &points_view_of(input)->tree;
	struct points_row row = {POINTS_NONE, POINTS_NONE, POINTS_NONE};

	*search = (struct search){0};
	while (points_tree_next(tree, &row)) {
		if (points_tree_id(tree, row) == from_id)
			search->origin = search->count;
		search->rows =
			mem_grow(search->rows, search->count, &search->room, sizeof(*search->rows));
		search->rows[search->count++] = row;
	}
}

/* Each row once, from `first` steps behind the origin on. */
static void search_run(const struct view_input *input, uint64_t from_id, size_t first,
		       bool is_backward)
{
	struct points_view *state = points_view_of(input);
	struct search search;

	search_begin(input, from_id, &search);
	for (size_t i = first; i < search.count + first; i++) {
		size_t step = i % search.count;
		size_t at =
			(search.origin + (is_backward ? search.count - step : step)) % search.count;
		struct points_row row = search.rows[at];

		if (!row_matches(input, &state->view.table, row, &state->view.table.find) ||
		    !passes_filter(input, row))
			continue;
		if (row.leaf != POINTS_NONE)
			points_tree_open(&state->tree,
					 (struct points_row){row.branch, POINTS_NONE, POINTS_NONE},
					 true);
		if (row.field != POINTS_NONE)
			points_tree_open(&state->tree, parent_of(row), true);
		select_row(input, row);
		break;
	}
	free(search.rows);
}

static void find(const struct view_input *input, const char *pattern)
{
	struct table *table = &points_view_of(input)->view.table;

	if (!table->has_find_origin) {
		table->find_origin_id = table->list.selected_id;
		table->has_find_origin = table->list.has_selected;
	}
	table_compile(table, &table->find, pattern);
	if (!match_is_empty(&table->find)) {
		search_run(input, table->find_origin_id, 0, false);
		return;
	}
	if (table->has_find_origin)
		table_select_id(table, table->find_origin_id);
	table->has_find_origin = false;
}

static bool act_find(const struct view_input *input, const char *action, const char *argument)
{
	struct table *table = &points_view_of(input)->view.table;

	if (!strcmp(action, "find")) {
		find(input, argument);
		return true;
	}
	if (strcmp(action, "find-next") != 0 && strcmp(action, "find-previous") != 0)
		return false;
	table->has_find_origin = false;
	if (!match_is_empty(&table->find))
		search_run(input, table->list.selected_id, 1, !strcmp(action, "find-previous"));
	return true;
}

/* ---- the view ---- */

static bool act_on_tree(const struct view_input *input, const char *action, struct text *command)
{
	struct points_view *state = points_view_of(input);
	struct points_row row;

	if (!strcmp(action, "regroup")) {
		regroup(input);
		return true;
	}
	if (!strcmp(action, "expand-all")) {
		expand_all(&state->tree);
		return true;
	}
	if (strcmp(action, "expand") != 0 && strcmp(action, "collapse") != 0 &&
	    strcmp(action, "open") != 0)
		return false;
	if (table_view_lacks_row(&state->view.table, input, command) || !selected_row(input, &row))
		return true;
	if (!strcmp(action, "expand"))
		expand(input, row);
	else if (!strcmp(action, "collapse"))
		collapse(input, row);
	else
		open_row(input, row, command);
	return true;
}

static void describe(const struct view_input *input, size_t index, struct text *out)
{
	const struct points_tree *tree = &points_view_of(input)->tree;
	const struct points_row row = row_at(input, index);
	const struct points_event *event = points_tree_event(tree, row);
	const struct picture_rule *rule;
	size_t apps = app_count(tree, row);

	points_tree_name(tree, row, out);
	if (row.field != POINTS_NONE)
		text_addf(out, " of %s", event->name);
	text_addf(out, "  %s", type_text(input, index));
	if (event && *event->loglevel_text)
		text_addf(out, "  %s", event->loglevel_text);
	if (points_tree_group(tree, row)->pid)
		text_addf(out, "  in %zu application%s", apps, apps == 1 ? "" : "s");
	if (points_view_state(input, row, &rule) >= RULES_FILTERED)
		text_addf(out, "  enabled by rule %s", rule->pattern);
}

static const struct table_view_class class = {
	.table = {.columns = columns,
		  .column_count = COUNT_OF(columns),
		  .sort_column = POINTS_COLUMN_NAME,
		  .is_arranged = true,
		  .collect = collect,
		  .id = get_id,
		  .search_text = search_text,
		  .row_role = row_role,
		  .nothing = nothing,
		  .alert = alert},
	.copy_text = points_view_copy_text,
	.request_row = points_view_request_row,
	.describe = describe,
};

static struct points_input wrap(const void *state, const struct view_input *input)
{
	return (struct points_input){*input, (struct points_view *)(uintptr_t)state};
}

static void init(void *state)
{
	struct points_view *points = state;

	*points = (struct points_view){0};
	table_view_init(&points->view, &class);
}

static void finish(void *state)
{
	struct points_view *points = state;

	table_view_finish(state);
	points_tree_finish(&points->tree);
	free(points->rows);
	free(points->level);
	text_finish(&points->scratch);
}

static void fit(void *state, const struct view_input *input, int rows, int columns_count)
{
	struct points_input wrapped = wrap(state, input);
	struct points_view *points = state;

	if (!points->was_touched)
		list_restart(&points->view.table.list);
	selection_follow(input);
	table_view_fit(state, &wrapped.input, rows, columns_count);
}

static void draw(const void *state, const struct view_input *input, struct canvas *canvas)
{
	struct points_input wrapped = wrap(state, input);

	table_view_draw(state, &wrapped.input, canvas);
}

static bool act(void *state, const struct view_input *input, const char *action,
		const char *argument, struct text *command)
{
	struct points_input wrapped = wrap(state, input);
	struct points_view *points = state;

	points->was_touched = true;
	selection_follow(input);
	table_refresh(&points->view.table, &wrapped.input);
	if (act_find(&wrapped.input, action, argument)) {
		table_view_explain_find(&points->view.table, &wrapped.input, action, command);
		return true;
	}
	return act_on_tree(&wrapped.input, action, command) ||
	       points_view_request(&wrapped.input, action, argument, command) ||
	       table_view_act(state, &wrapped.input, action, argument, command);
}

static void detail(const void *state, const struct view_input *input, struct text *out)
{
	struct points_input wrapped = wrap(state, input);

	table_view_detail(state, &wrapped.input, out);
}

static const char *label(const void *state, const struct view_input *input, const char *action)
{
	struct points_input wrapped = wrap(state, input);
	const struct points_view *points = state;
	const struct picture_rule *rule;
	size_t position = 0, index;

	if (strcmp(action, "toggle") != 0)
		return table_view_label(state, &wrapped.input, action);
	if (!table_next_target(&points->view.table, &position, &index))
		return NULL;
	return points_view_state(&wrapped.input, points->rows[index], &rule) >= RULES_FILTERED
		       ? "Disab"
		       : "Enabl";
}

static bool details(const void *state, const struct view_input *input, struct popup *popup)
{
	struct points_input wrapped = wrap(state, input);
	struct points_row row;

	if (!selected_row(&wrapped.input, &row))
		return false;
	points_view_fill_popup(&wrapped.input, row, popup);
	return true;
}

static const struct view_action actions[] = {
	{"toggle", "enable or disable the selected or marked events in the session"},
	{"enable-in", "the same in the channel NAME"},
	{"enable-level", "enable them from a log level on, or at one level only"},
	{"expand", "open the row; one down if it is open"},
	{"collapse", "close the row; to what it belongs to if it is closed"},
	{"expand-all", "open all, or close all"},
	{"regroup", "by provider, or by application"},
	{"open", "open or close the row; what there is about an event"},
	{NULL, NULL},
};

const struct view_class points_view = {
	.name = "points",
	.title = "Points",
	.digit = '4',
	.help = "What could be traced now: the events of the applications that run, with their "
		"fields, by provider or by application. S: what rules of the selected session "
		"enable; half a mark: a filter decides. Enabling takes the marked rows, else the "
		"selected one: an event, all of a provider, all of an application.",
	.state_bytes = sizeof(struct points_view),
	.init = init,
	.finish = finish,
	.fit = fit,
	.draw = draw,
	.act = act,
	.detail = detail,
	.label = label,
	.details = details,
	.remember = table_view_remember,
	.recall = table_view_recall,
	.actions = actions,
	.shared = TABLE_VIEW_SHARED,
};
