/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lines of help flow down the first column, then the second, then onto the next page; the page with
 * the selected key is shown.
 */
#include "views/help_view.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/units.h"

#define TWO_COLUMNS_MIN	 80
#define KEYS_COLUMNS	 12
#define KEYS_COLUMNS_MIN 6 /* on a narrow overlay */
#define NARROW_COLUMNS	 30

void help_view_init(struct help_view *help)
{
	*help = (struct help_view){0};
	list_init(&help->list, false);
}

void help_view_finish(struct help_view *help)
{
	list_finish(&help->list);
	free(help->lines);
	free(help->key_lines);
	*help = (struct help_view){0};
}

static void add_line(struct help_view *help, struct help_line line)
{
	help->lines =
		mem_grow(help->lines, help->line_count, &help->line_room, sizeof(*help->lines));
	help->lines[help->line_count++] = line;
}

static void add_text(struct help_view *help, const char *text, bool is_heading)
{
	while (*text) {
		size_t length = strcspn(text, "\n");

		add_line(help, (struct help_line){
				       .text = text, .length = length, .is_heading = is_heading});
		text += length + (text[length] == '\n');
	}
}

static bool is_wanted(const struct help_view *help, const struct help_key *key)
{
	struct text text = {0};
	bool matches;

	text_addf(&text, "%s %s %s", key->keys, key->action, key->help);
	matches = match_text(help->filter, text_str(&text));
	text_finish(&text);
	return matches;
}

/* The keys of one pane, or those that work everywhere, under a heading. */
static void add_keys(struct help_view *help, const struct help_content *content, const char *pane,
		     const char *heading)
{
	bool has_heading = false;

	for (size_t i = 0; i < content->key_count; i++) {
		const struct help_key *key = &content->keys[i];

		if (pane ? !key->pane || strcmp(key->pane, pane) != 0 : key->pane != NULL)
			continue;
		if (!is_wanted(help, key))
			continue;
		if (!has_heading)
			add_text(help, heading, true);
		has_heading = true;
		help->key_lines = mem_grow(help->key_lines, help->key_count, &help->key_room,
					   sizeof(*help->key_lines));
		help->key_lines[help->key_count++] = help->line_count;
		add_line(help, (struct help_line){.key = key});
	}
}

static void collect(struct help_view *help, const struct help_content *content)
{
	help->line_count = 0;
	help->key_count = 0;
	if (content->view && !help->filter[0]) {
		add_text(help, content->view->title, true);
		add_text(help, content->view->help, false);
	}
	if (content->view)
		add_keys(help, content, content->view->name, "Keys of this pane");
	add_keys(help, content, NULL, "Keys everywhere");
	if (help->key_count == 0)
		add_text(help, "no key does that", false);
	list_locate(&help->list, help->key_lines, help->key_count);
}

static int column_count(int columns)
{
	return columns >= TWO_COLUMNS_MIN ? 2 : 1;
}

void help_view_fit(struct help_view *help, const struct help_content *content, int rows,
		   int columns)
{
	help->rows = rows;
	help->columns = columns;
	collect(help, content);
	list_fit(&help->list, rows > 0 ? (size_t)(rows * column_count(columns)) : 0);
}

/* The first line of the page that shows the selected key. */
static size_t first_line(const struct help_view *help, size_t page_lines)
{
	size_t line = help->key_count ? (size_t)help->key_lines[help->list.selected] : 0;

	/* The sentences above the first key are seen as long as it is selected. */
	if (help->list.selected == 0 && line < page_lines)
		return 0;
	return line / page_lines * page_lines;
}

static void draw_key(const struct help_key *key, bool is_selected, struct canvas *canvas, int row)
{
	int columns = canvas_columns(canvas);
	int keys = columns < NARROW_COLUMNS ? KEYS_COLUMNS_MIN : KEYS_COLUMNS;

	if (is_selected) {
		canvas_fill(canvas, row, 0, columns, ROLE_SELECT, ' ');
		canvas_set_cursor(canvas, row, 0);
	}
	canvas_text(canvas, row, 1, keys, is_selected ? ROLE_SELECT : ROLE_KEY, key->keys);
	canvas_text(canvas, row, keys + 2, columns - keys - 2,
		    is_selected ? ROLE_SELECT : ROLE_NORMAL, key->help);
}

static void draw_line(const struct help_view *help, size_t i, struct canvas *canvas, int row)
{
	const struct help_line *line = &help->lines[i];

	if (line->key)
		draw_key(line->key, help->key_lines[help->list.selected] == i, canvas, row);
	else
		canvas_textf(canvas, row, 0, canvas_columns(canvas),
			     line->is_heading ? ROLE_TITLE : ROLE_NORMAL, "%.*s", (int)line->length,
			     line->text);
}

void help_view_draw(const struct help_view *help, struct canvas *canvas)
{
	int rows = canvas_rows(canvas), columns = canvas_columns(canvas);
	int shown = column_count(columns);
	size_t page_lines = (size_t)rows * (size_t)shown;
	size_t first;

	canvas_clear(canvas);
	if (page_lines == 0)
		return;
	first = first_line(help, page_lines);
	for (int i = 0; i < shown; i++) {
		int begin = i * (columns / shown + 1);
		int width = i + 1 < shown ? columns / shown - 1 : columns - begin;
		struct canvas *part = canvas_window(canvas, 0, begin, rows, width);

		for (int row = 0; row < rows; row++) {
			size_t line = first + (size_t)(i * rows + row);

			if (line < help->line_count)
				draw_line(help, line, part, row);
		}
		canvas_destroy(part);
	}
}

bool help_view_act(struct help_view *help, const struct help_content *content, const char *name,
		   const char *argument, const char **action)
{
	uint64_t steps;

	*action = NULL;
	collect(help, content);
	if (!strcmp(name, "filter")) {
		help->filter[0] = '\0';
		strncat(help->filter, argument, sizeof(help->filter) - 1);
		list_restart(&help->list);
		collect(help, content);
		return true;
	}
	if (!strcmp(name, "open")) {
		if (help->key_count > 0)
			*action = help->lines[help->key_lines[help->list.selected]].key->action;
		return true;
	}
	if (!units_parse_u64(argument, &steps))
		steps = 1;
	return list_act(&help->list, help->key_lines, name, steps);
}
