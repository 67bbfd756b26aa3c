/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Columns by the room there is, and the rows in them. */
#include <string.h>

#include "backend/base/mem.h"
#include "views/event_rows_layout.h"
#include "views/event_text.h"
#include "views/highlight.h"

#define GUTTER_MIN	20 /* columns from which on marks have their own */
#define FIELDS_MIN	20
#define NAME_MIN	8
#define NAME_MAX_OF_100 50 /* of what is left for name and fields */
#define CPU_COLUMNS	3
#define DELTA_COLUMNS	9
#define LEVEL_COLUMNS	7
#define STREAM_COLUMNS	12
#define OWN_MIN		4
#define OWN_MAX		24
#define NAMES_LOOKED_AT 400 /* lines around the top whose names count for the width */

/* ---- widths ---- */

static const int usual_widths[EVENT_COLUMN_NAME] = {
	[EVENT_COLUMN_TIME] = 18,
	[EVENT_COLUMN_DELTA] = DELTA_COLUMNS,
	[EVENT_COLUMN_CPU] = CPU_COLUMNS,
	[EVENT_COLUMN_LEVEL] = LEVEL_COLUMNS,
	[EVENT_COLUMN_STREAM] = STREAM_COLUMNS,
};

/* What leaves a narrow screen, one after the other; a smaller width first where there is one. */
static const struct {
	enum event_column column;
	int columns;
} leaving[] = {
	{EVENT_COLUMN_STREAM, 0}, {EVENT_COLUMN_LEVEL, 0}, {EVENT_COLUMN_DELTA, 0},
	{EVENT_COLUMN_CPU, 0},	  {EVENT_COLUMN_TIME, 15}, {EVENT_COLUMN_TIME, 12},
	{EVENT_COLUMN_TIME, 8},	  {EVENT_COLUMN_TIME, 0},
};

/* By what comes before the fields, less the name. */
static int used_by(const int widths[EVENT_COLUMN_COUNT])
{
	int used = 0;

	for (int i = 0; i < EVENT_COLUMN_COUNT; i++) {
		if (i != EVENT_COLUMN_NAME && i != EVENT_COLUMN_FIELDS)
			used += widths[i] ? widths[i] + 1 : 0;
	}
	return used;
}

static bool shows(const struct event_rows *rows, enum event_column column)
{
	return event_columns_shows(&rows->columns_shown, column);
}

static void begin_widths(const struct event_rows *rows, int widths[EVENT_COLUMN_COUNT])
{
	for (int i = 0; i < EVENT_COLUMN_COUNT; i++)
		widths[i] = 0;
	for (int i = 0; i < EVENT_COLUMN_NAME; i++)
		widths[i] = shows(rows, (enum event_column)i) ? usual_widths[i] : 0;
	for (int i = EVENT_COLUMN_OWN; i < EVENT_COLUMN_COUNT; i++) {
		int width = rows->columns_shown.widths[i - EVENT_COLUMN_OWN];

		if (shows(rows, (enum event_column)i))
			widths[i] = width > OWN_MIN ? width : OWN_MIN;
	}
}

/* What the user chose by name stays longest: then it goes from the last on. */
static void make_room(int widths[EVENT_COLUMN_COUNT], int room)
{
	for (size_t i = 0; i < COUNT_OF(leaving) && used_by(widths) > room; i++) {
		if (widths[leaving[i].column] > leaving[i].columns)
			widths[leaving[i].column] = leaving[i].columns;
	}
	for (int i = EVENT_COLUMN_COUNT; i-- > EVENT_COLUMN_OWN && used_by(widths) > room;)
		widths[i] = 0;
}

int event_rows_find_widths(const struct event_rows *rows, int widths[EVENT_COLUMN_COUNT])
{
	int begin = rows->columns >= GUTTER_MIN ? 1 : 0;
	int room = rows->columns - begin;
	int name = rows->name_columns > NAME_MIN ? rows->name_columns : NAME_MIN;
	int least = name < room / 4 ? name : room / 4;
	bool has_name = shows(rows, EVENT_COLUMN_NAME),
	     has_fields = shows(rows, EVENT_COLUMN_FIELDS);
	int left, most;

	begin_widths(rows, widths);
	make_room(widths, room - (has_name ? least + 1 : 0) - (has_fields ? FIELDS_MIN : 0));
	left = room - used_by(widths);
	most = has_fields ? left * NAME_MAX_OF_100 / 100 : left;
	if (has_name)
		widths[EVENT_COLUMN_NAME] = name < most ? name : most;
	if (has_fields)
		widths[EVENT_COLUMN_FIELDS] = left - (has_name ? widths[EVENT_COLUMN_NAME] + 1 : 0);
	if (has_fields && widths[EVENT_COLUMN_FIELDS] < 1) {
		widths[EVENT_COLUMN_FIELDS] = 0;
		widths[EVENT_COLUMN_NAME] = has_name ? left : 0;
	}
	return begin;
}

int event_rows_digits(int columns)
{
	return columns >= 18 ? 9 : columns >= 15 ? 6 : columns >= 12 ? 3 : 0;
}

static const struct event_row *row_of(const struct event_rows *rows, size_t line)
{
	return &rows->page->rows[rows->lines[line].row];
}

static void widen(int *columns, int wanted)
{
	if (wanted > *columns)
		*columns = wanted;
}

/* Values and titles of the user's own columns. */
static void fit_own(struct event_rows *rows, size_t line, struct canvas *ruler)
{
	struct event_columns *columns = &rows->columns_shown;
	struct text value = {0};

	for (size_t i = 0; i < columns->fields.count; i++) {
		const char *name = columns->fields.words[i];

		text_clear(&value);
		if (event_text_value(rows->page, row_of(rows, line), name, &value))
			widen(&columns->widths[i], canvas_text_columns(ruler, text_str(&value)));
		widen(&columns->widths[i], canvas_text_columns(ruler, name));
		if (columns->widths[i] > OWN_MAX)
			columns->widths[i] = OWN_MAX;
	}
	text_finish(&value);
}

void event_rows_fit_columns(struct event_rows *rows)
{
	struct canvas *ruler = canvas_create(1, 1);
	size_t begin = rows->selected_line > NAMES_LOOKED_AT / 2
			       ? rows->selected_line - NAMES_LOOKED_AT / 2
			       : 0;

	for (size_t i = begin; i < rows->line_count && i < begin + NAMES_LOOKED_AT; i++) {
		widen(&rows->name_columns, canvas_text_columns(ruler, row_of(rows, i)->name));
		fit_own(rows, i, ruler);
	}
	canvas_destroy(ruler);
}

/* ---- heights ---- */

static bool has_gap(const struct event_row *row)
{
	return row->lost_before || row->lost_packets_before;
}

static void add_fields(const struct event_rows *rows, size_t line, struct text *out)
{
	if (rows->lines[line].repeat_count > 0)
		text_addf(out, "%zu times: ", rows->lines[line].repeat_count + 1);
	event_text_fields(rows->page, row_of(rows, line), out);
}

static int wrapped_rows(const struct event_rows *rows, size_t line)
{
	int widths[EVENT_COLUMN_COUNT];
	struct canvas *ruler = canvas_create(1, 1);
	struct text text = {0};
	int count;

	event_rows_find_widths(rows, widths);
	add_fields(rows, line, &text);
	count = canvas_text_wrapped(ruler, 0, 0, widths[EVENT_COLUMN_FIELDS], 0, 0, ROLE_NORMAL,
				    text_str(&text));
	text_finish(&text);
	canvas_destroy(ruler);
	return count;
}

int event_rows_height(const struct event_rows *rows, size_t line)
{
	int height = rows->wraps ? wrapped_rows(rows, line) : 1;

	return height + has_gap(row_of(rows, line));
}

void event_rows_fit_scroll(struct event_rows *rows)
{
	int widths[EVENT_COLUMN_COUNT];
	struct canvas *ruler = canvas_create(1, 1);
	int longest = 0;
	int room = event_rows_body(rows);

	event_rows_find_widths(rows, widths);
	for (size_t i = rows->top_line; !rows->wraps && i < rows->line_count && room > 0; i++) {
		struct text text = {0};
		int columns;

		add_fields(rows, i, &text);
		columns = canvas_text_columns(ruler, text_str(&text));
		longest = columns > longest ? columns : longest;
		text_finish(&text);
		room -= event_rows_height(rows, i);
	}
	canvas_destroy(ruler);
	rows->scroll_max = longest - widths[EVENT_COLUMN_FIELDS];
	if (rows->scroll_max < 0 || widths[EVENT_COLUMN_FIELDS] == 0)
		rows->scroll_max = 0;
	if (rows->scroll > rows->scroll_max)
		rows->scroll = rows->scroll_max;
}

/* ---- drawing ---- */

/* One line on its way to the canvas. */
struct drawn {
	const struct event_rows *rows;
	const struct event_rows_context *context;
	struct canvas *canvas;
	size_t line;
	int row;
	bool has_role; /* the whole row's goes before each value's */
	enum role role;
};

static enum role role_of(const struct drawn *drawn, enum role role)
{
	return drawn->has_role ? drawn->role : role;
}

static const char *title_of(const struct event_rows *rows, enum event_column column)
{
	static const char *const titles[EVENT_COLUMN_OWN] = {
		[EVENT_COLUMN_TIME] = "TIME",	  [EVENT_COLUMN_DELTA] = "DELTA",
		[EVENT_COLUMN_CPU] = "CPU",	  [EVENT_COLUMN_LEVEL] = "LEVEL",
		[EVENT_COLUMN_STREAM] = "STREAM", [EVENT_COLUMN_NAME] = "EVENT",
		[EVENT_COLUMN_FIELDS] = "FIELDS",
	};
	static const char *const times[EVENT_TIMES] = {"TIME", "SINCE", "SINCE LAST"};

	if (column == EVENT_COLUMN_TIME)
		return times[rows->time];
	if (column < EVENT_COLUMN_OWN)
		return titles[column];
	return event_columns_name(&rows->columns_shown, column);
}

static void draw_header(const struct event_rows *rows, struct canvas *canvas)
{
	int widths[EVENT_COLUMN_COUNT];
	int at = event_rows_find_widths(rows, widths);

	for (size_t i = 0; i < EVENT_COLUMN_COUNT; i++) {
		enum event_column column = event_columns_at(i);
		int width = widths[column];
		bool is_right = column == EVENT_COLUMN_DELTA || column == EVENT_COLUMN_CPU ||
				(column == EVENT_COLUMN_TIME && rows->time != EVENT_TIME_ABSOLUTE);

		if (!width)
			continue;
		if (is_right)
			canvas_text_right(canvas, 0, at + width, width, ROLE_TITLE,
					  title_of(rows, column));
		else
			canvas_text(canvas, 0, at, width, ROLE_TITLE, title_of(rows, column));
		at += width + 1;
	}
}

static uint64_t wall_before(const struct drawn *drawn)
{
	if (drawn->line == 0)
		return row_of(drawn->rows, 0)->place.wall_ns;
	return row_of(drawn->rows, drawn->line - 1)->place.wall_ns;
}

static void draw_time(const struct drawn *drawn, int at, int columns)
{
	const struct event_rows *rows = drawn->rows;
	uint64_t wall_ns = row_of(rows, drawn->line)->place.wall_ns;
	uint64_t from_ns = rows->origin_ns ? rows->origin_ns : row_of(rows, 0)->place.wall_ns;
	enum role role = role_of(drawn, ROLE_TIME);
	int digits = event_rows_digits(columns);
	char text[EVENT_TEXT_MAX];

	if (rows->time == EVENT_TIME_ABSOLUTE) {
		canvas_text(drawn->canvas, drawn->row, at, columns, role,
			    event_text_time(text, wall_ns, digits));
		return;
	}
	if (rows->time == EVENT_TIME_DELTA)
		from_ns = wall_before(drawn);
	canvas_text_right(drawn->canvas, drawn->row, at + columns, columns, role,
			  event_text_offset(text, from_ns, wall_ns, digits));
}

static void draw_delta(const struct drawn *drawn, int at, int columns)
{
	uint64_t wall_ns = row_of(drawn->rows, drawn->line)->place.wall_ns;
	char text[EVENT_TEXT_MAX];

	if (drawn->line > 0)
		canvas_text_right(drawn->canvas, drawn->row, at + columns, columns,
				  role_of(drawn, ROLE_NORMAL),
				  event_text_delta(text, wall_before(drawn), wall_ns));
}

static void draw_cpu(const struct drawn *drawn, int at, int columns)
{
	int cpu = row_of(drawn->rows, drawn->line)->cpu;
	struct text text = {0};

	if (cpu < 0)
		return;
	text_addf(&text, "%d", cpu);
	canvas_text_right(drawn->canvas, drawn->row, at + columns, columns,
			  role_of(drawn, ROLE_NORMAL), text_str(&text));
	text_finish(&text);
}

static void draw_level(const struct drawn *drawn, int at, int columns)
{
	const struct event_row *row = row_of(drawn->rows, drawn->line);
	enum role role = ROLE_NORMAL;

	/* LTTng-UST's values: below 4 errors, 4 warnings, from 6 on information and less. */
	if (row->loglevel >= 0 && row->loglevel <= 4)
		role = row->loglevel < 4 ? ROLE_ERR : ROLE_WARN;
	canvas_text(drawn->canvas, drawn->row, at, columns, role_of(drawn, role),
		    event_text_level(row));
}

static void draw_stream(const struct drawn *drawn, int at, int columns)
{
	const char *stream = row_of(drawn->rows, drawn->line)->stream;

	canvas_text_middle(drawn->canvas, drawn->row, at, columns, role_of(drawn, ROLE_DIM),
			   stream ? stream : "");
}

static void draw_name(const struct drawn *drawn, int at, int columns)
{
	canvas_text_middle(drawn->canvas, drawn->row, at, columns, role_of(drawn, ROLE_NAME),
			   row_of(drawn->rows, drawn->line)->name);
}

static void draw_fields(const struct drawn *drawn, int at, int columns)
{
	int rows_left = canvas_rows(drawn->canvas) - drawn->row;
	enum role role = role_of(drawn, ROLE_NORMAL);
	struct text text = {0};

	add_fields(drawn->rows, drawn->line, &text);
	if (drawn->rows->wraps)
		canvas_text_wrapped(drawn->canvas, drawn->row, at, columns, 0, rows_left, role,
				    text_str(&text));
	else
		canvas_text_from(drawn->canvas, drawn->row, at, columns, role, text_str(&text),
				 drawn->rows->scroll);
	text_finish(&text);
}

static void (*const draw_usual[EVENT_COLUMN_OWN])(const struct drawn *drawn, int at,
						  int columns) = {
	draw_time, draw_delta, draw_cpu, draw_level, draw_stream, draw_name, draw_fields,
};

static void draw_own(const struct drawn *drawn, enum event_column column, int at, int columns)
{
	const struct event_rows *rows = drawn->rows;
	struct text text = {0};

	if (event_text_value(rows->page, row_of(rows, drawn->line),
			     event_columns_name(&rows->columns_shown, column), &text))
		canvas_text(drawn->canvas, drawn->row, at, columns, role_of(drawn, ROLE_NORMAL),
			    text_str(&text));
	text_finish(&text);
}

static void draw_columns(const struct drawn *drawn, int at)
{
	int widths[EVENT_COLUMN_COUNT];

	event_rows_find_widths(drawn->rows, widths);
	for (size_t i = 0; i < EVENT_COLUMN_COUNT; i++) {
		enum event_column column = event_columns_at(i);
		int width = widths[column];

		if (width && column < EVENT_COLUMN_OWN)
			draw_usual[column](drawn, at, width);
		else if (width)
			draw_own(drawn, column, at, width);
		at += width ? width + 1 : 0;
	}
}

static bool is_in_range(const struct drawn *drawn)
{
	struct event_place place = row_of(drawn->rows, drawn->line)->place;
	int to_range = event_text_compare(place, drawn->context->range);
	int to_selected = event_text_compare(place, drawn->rows->selected);

	if (!drawn->context->has_range)
		return false;
	return (to_range >= 0 && to_selected <= 0) || (to_range <= 0 && to_selected >= 0);
}

static bool is_repeat(const struct event_rows *rows, size_t line)
{
	return rows->repeats == EVENT_REPEATS_DIM && line > 0 &&
	       event_text_is_repeat(rows->page, row_of(rows, line), row_of(rows, line - 1));
}

static void choose_role(struct drawn *drawn)
{
	drawn->has_role = true;
	if (drawn->line == drawn->rows->selected_line && drawn->context->is_focused)
		drawn->role = ROLE_SELECT;
	else if (is_in_range(drawn))
		drawn->role = ROLE_MARK;
	else if (is_repeat(drawn->rows, drawn->line))
		drawn->role = ROLE_DIM;
	else
		drawn->has_role = false;
}

static void draw_gutter(const struct drawn *drawn)
{
	struct event_place place = row_of(drawn->rows, drawn->line)->place;
	char letter[2] = "";

	for (size_t i = 0; i < drawn->context->mark_count; i++) {
		if (event_text_compare(drawn->context->marks[i].place, place) == 0)
			letter[0] = drawn->context->marks[i].letter;
	}
	if (letter[0])
		canvas_text(drawn->canvas, drawn->row, 0, 1, ROLE_MARK, letter);
	else if (drawn->line == drawn->rows->selected_line)
		canvas_text(drawn->canvas, drawn->row, 0, 1, role_of(drawn, ROLE_MARK),
			    canvas_pick(drawn->canvas, "▌", ">"));
	else if (is_in_range(drawn))
		canvas_text(drawn->canvas, drawn->row, 0, 1, ROLE_MARK, "|");
}

static void draw_gap(const struct drawn *drawn)
{
	const char *line = canvas_pick(drawn->canvas, "—", "--");
	struct text text = {0}, loss = {0};

	event_text_loss(row_of(drawn->rows, drawn->line), &loss);
	text_addf(&text, "%s %s %s", line, text_str(&loss), line);
	canvas_text(drawn->canvas, drawn->row, drawn->rows->columns >= GUTTER_MIN ? 1 : 0,
		    drawn->rows->columns, ROLE_ERR, text_str(&text));
	text_finish(&loss);
	text_finish(&text);
}

static void draw_line(struct drawn *drawn)
{
	int widths[EVENT_COLUMN_COUNT];
	int begin = event_rows_find_widths(drawn->rows, widths);
	int height = event_rows_height(drawn->rows, drawn->line);

	if (has_gap(row_of(drawn->rows, drawn->line))) {
		draw_gap(drawn);
		drawn->row++;
		height--;
	}
	choose_role(drawn);
	if (drawn->line == drawn->rows->selected_line && drawn->context->is_focused)
		canvas_set_cursor(drawn->canvas, drawn->row, 0);
	for (int i = 0; drawn->role == ROLE_SELECT && drawn->has_role && i < height; i++)
		canvas_fill(drawn->canvas, drawn->row + i, 0, drawn->rows->columns, ROLE_SELECT,
			    ' ');
	if (begin > 0)
		draw_gutter(drawn);
	draw_columns(drawn, begin);
	for (int i = 0; drawn->context->find && i < height; i++)
		highlight_cells(drawn->canvas, drawn->row + i, begin, drawn->rows->columns - begin,
				drawn->context->find);
	drawn->row += height;
}

void event_rows_draw(const struct event_rows *rows, const struct event_rows_context *context,
		     struct canvas *canvas)
{
	int header = rows->rows - event_rows_body(rows);
	struct canvas *body =
		canvas_window(canvas, header, 0, event_rows_body(rows), canvas_columns(canvas));
	struct drawn drawn = {.rows = rows, .context = context, .canvas = body};

	canvas_clear(canvas);
	if (header > 0)
		draw_header(rows, canvas);
	for (size_t i = rows->top_line; i < rows->line_count && drawn.row < canvas_rows(body);
	     i++) {
		drawn.line = i;
		draw_line(&drawn);
	}
	canvas_destroy(body);
}
