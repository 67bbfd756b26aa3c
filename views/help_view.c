/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sentences are broken between words, so that all of them can be read. What they take flows down
 * the first column, then the second, then onto the next page; the page with the selected key is
 * shown.
 */
#include "views/help_view.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "views/sentence.h"

#define TWO_COLUMNS_MIN	 80
#define KEYS_COLUMNS	 12
#define KEYS_COLUMNS_MIN 6 /* on a narrow overlay */
#define NARROW_COLUMNS	 30
#define HEADING_ROWS	 2 /* with what it is about */

void help_view_init(struct help_view *help)
{
	*help = (struct help_view){0};
	list_init(&help->list, false);
}

void help_view_finish(struct help_view *help)
{
	list_finish(&help->list);
	free(help->places);
	free(help->lines);
	*help = (struct help_view){0};
}

/* ---- which keys ---- */

static bool is_wanted(const struct help_view *help, const struct help_key *key)
{
	struct text text = {0};
	bool matches;

	text_addf(&text, "%s %s %s", key->keys, key->action, key->help);
	matches = match_text(help->filter, text_str(&text));
	text_finish(&text);
	return matches;
}

static void add_place(struct help_view *help, uint64_t id)
{
	help->places =
		mem_grow(help->places, help->place_count, &help->place_room, sizeof(*help->places));
	help->places[help->place_count++] = id;
}

static void collect_of(struct help_view *help, const struct help_content *content, const char *pane)
{
	for (size_t i = 0; i < content->key_count; i++) {
		const struct help_key *key = &content->keys[i];

		if (pane ? !key->pane || strcmp(key->pane, pane) != 0 : key->pane != NULL)
			continue;
		if (is_wanted(help, key))
			add_place(help, i);
	}
}

/* The pane's own first. */
static void collect(struct help_view *help, const struct help_content *content)
{
	help->place_count = 0;
	help->page_places = 0;
	if (content->view)
		collect_of(help, content, content->view->name);
	collect_of(help, content, NULL);
}

/* ---- where they are ---- */

static int column_count(const struct help_view *help)
{
	return help->columns >= TWO_COLUMNS_MIN ? 2 : 1;
}

/* A blank column is left between two. */
static int column_width(const struct help_view *help)
{
	return help->columns / column_count(help) - (column_count(help) > 1);
}

static int keys_width(const struct help_view *help)
{
	return column_width(help) < NARROW_COLUMNS ? KEYS_COLUMNS_MIN : KEYS_COLUMNS;
}

/* Behind the keys and a blank on either side of them. */
static int text_width(const struct help_view *help, int keys_columns)
{
	int columns = column_width(help) - keys_columns - 2;

	return columns > 0 ? columns : 1;
}

static void add_line(struct help_view *help, struct help_line line)
{
	help->lines =
		mem_grow(help->lines, help->line_count, &help->line_room, sizeof(*help->lines));
	help->lines[help->line_count++] = line;
}

/* What has no room in this column begins the next, unless none would have it. */
static void keep_together(struct help_view *help, int rows)
{
	int used = help->rows > 0 ? (int)(help->line_count % (size_t)help->rows) : 0;

	if (used + rows <= help->rows || rows > help->rows)
		return;
	for (; used < help->rows; used++)
		add_line(help, (struct help_line){0});
}

static void add_text(struct help_view *help, const struct canvas *canvas, const char *text,
		     bool is_heading)
{
	int columns = column_width(help) > 0 ? column_width(help) : 1;
	struct help_line line = {.is_heading = is_heading};

	keep_together(help, is_heading ? HEADING_ROWS : 1);
	while (*text) {
		size_t next;

		line.text = text;
		line.length = sentence_row(canvas, columns, text, &next);
		add_line(help, line);
		text += next;
	}
}

/* Keys that are wider than their column take of the text's, which would else stand beside a part
 * of them only. */
static int columns_for_keys(const struct help_view *help, const struct canvas *canvas,
			    const struct help_key *key)
{
	int columns = canvas_text_columns(canvas, key->keys);
	int most = column_width(help) - canvas_text_columns(canvas, key->help) - 2;

	if (columns <= keys_width(help) || columns > most)
		return keys_width(help);
	return columns;
}

static void add_key(struct help_view *help, const struct canvas *canvas, size_t index,
		    const struct help_key *key)
{
	int keys_columns = columns_for_keys(help, canvas, key);
	int columns = text_width(help, keys_columns);
	int keys_rows = sentence_rows(canvas, keys_columns, key->keys);
	int text_rows = sentence_rows(canvas, columns, key->help);
	struct help_line line = {
		.text = key->help, .keys = key->keys, .keys_columns = keys_columns, .index = index};

	keep_together(help, keys_rows > text_rows ? keys_rows : text_rows);
	while (*line.keys || *line.text) {
		size_t next_key, next;

		line.keys_length = sentence_row(canvas, keys_columns, line.keys, &next_key);
		line.length = sentence_row(canvas, columns, line.text, &next);
		add_line(help, line);
		line.keys += next_key;
		line.text += next;
	}
}

static void add_keys(struct help_view *help, const struct help_content *content,
		     const struct canvas *canvas)
{
	const char *heading = NULL;

	for (size_t i = 0; i < help->place_count; i++) {
		const struct help_key *key = &content->keys[help->places[i]];
		const char *above = key->pane ? "Keys of this pane" : "Keys everywhere";

		if (above != heading)
			add_text(help, canvas, above, true);
		heading = above;
		add_key(help, canvas, i, key);
	}
	if (help->place_count == 0)
		add_text(help, canvas, "no key does that", false);
}

static size_t page_lines(const struct help_view *help)
{
	return (size_t)help->rows * (size_t)column_count(help);
}

/* The first row of a key, by its index among those wanted; none: 0. */
static size_t key_line(const struct help_view *help, size_t index)
{
	for (size_t line = 0; line < help->line_count; line++) {
		if (help->lines[line].keys && help->lines[line].index == index)
			return line;
	}
	return 0;
}

/* On a small screen sentences fill pages of their own, which can be gone to as well. */
static void add_page_places(struct help_view *help, const struct help_content *content)
{
	size_t pages = page_lines(help) > 0 ? key_line(help, 0) / page_lines(help) : 0;
	size_t keys = help->place_count;

	for (size_t i = 0; i < pages; i++)
		add_place(help, 0);
	memmove(help->places + pages, help->places, keys * sizeof(*help->places));
	for (size_t i = 0; i < pages; i++)
		help->places[i] = content->key_count + i;
	help->page_places = pages;
}

void help_view_fit(struct help_view *help, const struct help_content *content,
		   const struct canvas *canvas)
{
	help->rows = canvas_rows(canvas);
	help->columns = canvas_columns(canvas);
	help->line_count = 0;
	collect(help, content);
	if (content->view && !help->filter[0]) {
		add_text(help, canvas, content->view->title, true);
		add_text(help, canvas, content->view->help, false);
	}
	add_keys(help, content, canvas);
	add_page_places(help, content);
	if (help->restarts)
		list_restart(&help->list);
	help->restarts = false;
	list_locate(&help->list, help->places, help->place_count);
	list_fit(&help->list, page_lines(help));
}

/* ---- drawing ---- */

static size_t place_line(const struct help_view *help, size_t place)
{
	if (place < help->page_places)
		return place * page_lines(help);
	return key_line(help, place - help->page_places);
}

static size_t selected_line(const struct help_view *help)
{
	return place_line(help, help->list.selected);
}

size_t help_view_pages(const struct help_view *help, size_t *shown)
{
	size_t lines = page_lines(help);

	*shown = lines > 0 ? selected_line(help) / lines + 1 : 1;
	return lines > 0 ? (help->line_count + lines - 1) / lines : 1;
}

static void draw_key(const struct help_view *help, const struct help_line *line,
		     struct canvas *canvas, int row)
{
	bool is_selected = line->index + help->page_places == help->list.selected;
	int keys = line->keys_columns;

	if (is_selected)
		canvas_fill(canvas, row, 0, canvas_columns(canvas), ROLE_SELECT, ' ');
	canvas_textf(canvas, row, 1, keys, is_selected ? ROLE_SELECT : ROLE_KEY, "%.*s",
		     (int)line->keys_length, line->keys);
	canvas_textf(canvas, row, keys + 2, text_width(help, keys),
		     is_selected ? ROLE_SELECT : ROLE_NORMAL, "%.*s", (int)line->length,
		     line->text);
}

static void draw_line(const struct help_view *help, size_t index, struct canvas *canvas, int row)
{
	const struct help_line *line = &help->lines[index];

	if (line->keys)
		draw_key(help, line, canvas, row);
	else if (line->text)
		canvas_textf(canvas, row, 0, canvas_columns(canvas),
			     line->is_heading ? ROLE_TITLE : ROLE_NORMAL, "%.*s", (int)line->length,
			     line->text);
	if (index == selected_line(help))
		canvas_set_cursor(canvas, row, 0);
}

void help_view_draw(const struct help_view *help, struct canvas *canvas)
{
	int rows = help->rows, width = column_width(help);
	size_t shown, line;

	canvas_clear(canvas);
	help_view_pages(help, &shown);
	line = (shown - 1) * page_lines(help);
	for (int i = 0; i < column_count(help); i++) {
		struct canvas *part = canvas_window(canvas, 0, i * (width + 2), rows, width);

		for (int row = 0; row < rows && line < help->line_count; row++)
			draw_line(help, line++, part, row);
		canvas_destroy(part);
	}
}

/* ---- actions ---- */

static bool act_page(struct help_view *help, const char *name)
{
	size_t lines = page_lines(help), place = help->list.selected;
	size_t page = lines > 0 ? selected_line(help) / lines : 0;
	bool is_down = !strcmp(name, "page-down");

	if (lines == 0 || (!is_down && strcmp(name, "page-up") != 0))
		return false;
	while (is_down && place + 1 < help->place_count && place_line(help, place) / lines == page)
		place++;
	/* The first of the page before. */
	while (!is_down && place > 0 && place_line(help, place) / lines == page)
		place--;
	page = place_line(help, place) / lines;
	while (!is_down && place > 0 && place_line(help, place - 1) / lines == page)
		place--;
	list_select(&help->list, help->places, place);
	return true;
}

static void set_filter(struct help_view *help, const char *text)
{
	help->filter[0] = '\0';
	strncat(help->filter, text, sizeof(help->filter) - 1);
	help->restarts = true;
}

bool help_view_act(struct help_view *help, const struct help_content *content, const char *name,
		   const char *argument, const char **action)
{
	bool is_filter = !strcmp(name, "filter");
	uint64_t steps;

	*action = NULL;
	if (is_filter)
		set_filter(help, argument);
	if (is_filter || !help->places) {
		collect(help, content);
		list_restart(&help->list);
		list_locate(&help->list, help->places, help->place_count);
	}
	if (is_filter)
		return true;
	if (!strcmp(name, "open")) {
		if (help->list.selected >= help->page_places && help->place_count > 0)
			*action = content->keys[help->places[help->list.selected]].action;
		return true;
	}
	help->restarts = false;
	if (act_page(help, name))
		return true;
	if (!units_parse_u64(argument, &steps))
		steps = 1;
	return list_act(&help->list, help->places, name, steps);
}
