/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Widths of columns: the least important leave until the rest fits, then each grows to its ideal
 * width from left to right, then the flexible one takes what is left.
 */
#include "views/table_layout.h"

#include <assert.h>

#define GUTTER_COLUMNS_MIN   10 /* a narrower canvas has no gutter for marks */
#define FLEXIBLE_COLUMNS_MIN 4	/* of a shrunk name: "a…z" and one more */

const struct table_column *table_flexible_column(const struct table_class *class)
{
	for (size_t i = 0; i < class->column_count; i++)
		if (class->columns[i].is_flexible)
			return &class->columns[i];
	return NULL;
}

/* With one blank between columns. */
static int total_width(const struct table_class *class, const int widths[TABLE_COLUMNS_MAX])
{
	int total = 0;

	for (size_t i = 0; i < class->column_count; i++)
		if (widths[i] > 0)
			total += widths[i] + (total > 0);
	return total;
}

static bool drop_least_important(const struct table_class *class, int widths[TABLE_COLUMNS_MAX])
{
	size_t least = class->column_count;

	for (size_t i = 0; i < class->column_count; i++) {
		unsigned int priority = class->columns[i].priority;

		if (widths[i] > 0 && priority > 0 &&
		    (least == class->column_count || priority >= class->columns[least].priority))
			least = i;
	}
	if (least == class->column_count)
		return false;
	widths[least] = 0;
	return true;
}

/* Only what should stay is left: the flexible column shrinks to a few, then the others go. */
static void squeeze(const struct table_class *class, int room, int widths[TABLE_COLUMNS_MAX])
{
	for (size_t i = 0; i < class->column_count; i++) {
		int excess = total_width(class, widths) - room;

		if (class->columns[i].is_flexible && excess > 0)
			widths[i] = widths[i] - excess > FLEXIBLE_COLUMNS_MIN
					    ? widths[i] - excess
					    : FLEXIBLE_COLUMNS_MIN;
	}
	for (size_t i = class->column_count; i-- > 0 && total_width(class, widths) > room;) {
		if (!class->columns[i].is_flexible && widths[i] < total_width(class, widths))
			widths[i] = 0;
	}
	for (size_t i = 0; i < class->column_count; i++)
		if (widths[i] > 0 && total_width(class, widths) > room)
			widths[i] = room;
}

static int ideal_width(const struct table_column *column, int columns)
{
	if (columns >= TABLE_WIDE_COLUMNS && column->width_wide)
		return column->width_wide;
	return column->width_ideal ? column->width_ideal : column->width;
}

static void grow(const struct table_class *class, int columns, int room,
		 int widths[TABLE_COLUMNS_MAX])
{
	int left = room - total_width(class, widths);

	for (size_t i = 0; i < class->column_count && left > 0; i++) {
		int more = ideal_width(&class->columns[i], columns) - widths[i];

		if (widths[i] == 0 || more <= 0)
			continue;
		more = more < left ? more : left;
		widths[i] += more;
		left -= more;
	}
	for (size_t i = 0; i < class->column_count && left > 0; i++) {
		if (widths[i] > 0 && class->columns[i].is_flexible)
			widths[i] += left;
	}
}

int table_find_widths(const struct table *table, int columns, int widths[TABLE_COLUMNS_MAX])
{
	const struct table_class *class = table->class;
	int gutter = columns >= GUTTER_COLUMNS_MIN ? 1 : 0;
	int room = columns - gutter;

	assert(class->column_count <= TABLE_COLUMNS_MAX);
	for (size_t i = 0; i < class->column_count; i++) {
		bool is_shown = columns >= class->columns[i].columns_min &&
				!(table->hidden & UINT32_C(1) << i);

		widths[i] = is_shown ? class->columns[i].width : 0;
	}
	while (total_width(class, widths) > room && drop_least_important(class, widths))
		;
	if (total_width(class, widths) > room)
		squeeze(class, room, widths);
	grow(class, columns, room, widths);
	return gutter;
}

int table_flexible_width(const struct table *table, int columns)
{
	int widths[TABLE_COLUMNS_MAX];

	table_find_widths(table, columns, widths);
	for (size_t i = 0; i < table->class->column_count; i++)
		if (table->class->columns[i].is_flexible)
			return widths[i];
	return 0;
}

static void add_status(struct text *status, const char *separator)
{
	if (status->length > 0)
		text_add(status, separator);
}

void table_add_footer(const struct table *table, const struct view_input *input, struct text *alert,
		      struct text *status)
{
	size_t mark_count = 0;

	if (table->class->alert)
		table->class->alert(input, alert);
	if (table->filter.problem[0])
		text_addf(status, "filter %s: %s", table->filter.pattern, table->filter.problem);
	else if (table->filter.pattern[0])
		text_addf(status, "filter %s: %zu of %zu", table->filter.pattern,
			  table->passed_count, table->all_count);
	for (size_t i = 0; i < table->count; i++)
		mark_count += list_is_marked(&table->list, table->ids[i]);
	if (mark_count > 0) {
		add_status(status, ", ");
		text_addf(status, "%zu marked", mark_count);
	}
}

void table_find_frame(const struct table *table, const struct view_input *input, int rows,
		      struct table_frame *frame)
{
	struct text alert = {0}, status = {0};

	*frame = (struct table_frame){.header_rows = rows >= TABLE_HEADER_ROWS};
	if (rows >= TABLE_FOOTER_ROWS) {
		table_add_footer(table, input, &alert, &status);
		frame->footer_rows = alert.length > 0 || status.length > 0;
		text_finish(&alert);
		text_finish(&status);
	}
	frame->body_rows = rows - frame->header_rows - frame->footer_rows;
	if (frame->body_rows < 0)
		frame->body_rows = 0;
}
