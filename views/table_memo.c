/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sort order, columns and marks of a table as a few lines of text, and back. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "views/table.h"

static void remember_columns(const struct table *table, struct text *out)
{
	text_add(out, "columns");
	for (size_t i = 0; i < table->class->column_count; i++)
		text_addf(out, " %c%s", table->hidden & UINT32_C(1) << i ? '-' : '+',
			  table->class->columns[i].name);
	text_add(out, "\n");
}

void table_remember(const struct table *table, bool with_marks, struct text *out)
{
	text_addf(out, "sort %s %s\n", table->class->columns[table->sort_column].name,
		  table->is_descending ? "down" : "up");
	remember_columns(table, out);
	if (!with_marks)
		return;
	text_add(out, "marks");
	for (size_t i = 0; i < table->list.mark_count; i++)
		text_addf(out, " %" PRIu64, table->list.marks[i]);
	text_add(out, "\n");
}

static size_t find_column(const struct table *table, const char *name)
{
	size_t i = 0;

	while (i < table->class->column_count && strcmp(table->class->columns[i].name, name) != 0)
		i++;
	return i;
}

static void recall_sort(struct table *table, size_t count, char **words)
{
	size_t column = count == 3 ? find_column(table, words[1]) : table->class->column_count;

	if (column == table->class->column_count)
		return;
	if (!table->class->columns[column].text && !table->class->columns[column].value)
		return;
	table->sort_column = column;
	table->is_descending = !strcmp(words[2], "down");
}

/* One column stays, whatever is asked for: a table without any could not be brought back by eye. */
static void recall_columns(struct table *table, size_t count, char **words)
{
	uint32_t hidden = table->hidden;
	uint32_t all = (UINT32_C(1) << table->class->column_count) - 1;

	for (size_t i = 1; i < count; i++) {
		size_t column = find_column(table, words[i] + 1);

		if (column == table->class->column_count)
			continue;
		if (words[i][0] == '-')
			hidden |= UINT32_C(1) << column;
		else if (words[i][0] == '+')
			hidden &= ~(UINT32_C(1) << column);
	}
	if (hidden != all)
		table->hidden = hidden;
}

static void recall_marks(struct table *table, size_t count, char **words)
{
	struct list *list = &table->list;

	list->mark_count = 0;
	for (size_t i = 1; i < count; i++) {
		uint64_t id;

		if (!units_parse_u64(words[i], &id))
			continue;
		list->marks = mem_grow(list->marks, list->mark_count, &list->mark_room,
				       sizeof(*list->marks));
		list->marks[list->mark_count++] = id;
	}
}

static void recall_line(struct table *table, const char *line)
{
	static const struct {
		const char *word;
		void (*recall)(struct table *table, size_t count, char **words);
	} lines[] = {
		{"sort", recall_sort},
		{"columns", recall_columns},
		{"marks", recall_marks},
	};
	struct word_list words = {0};
	struct error err = ERROR_INIT;
	const char *rest;

	if (text_split_command(line, &words, &rest, &err) && words.count > 0) {
		for (size_t i = 0; i < COUNT_OF(lines); i++) {
			if (!strcmp(lines[i].word, words.words[0]))
				lines[i].recall(table, words.count, words.words);
		}
	}
	word_list_finish(&words);
}

void table_recall(struct table *table, const char *memo)
{
	char *copy = mem_strdup(memo);
	char *rest = copy;

	while (rest)
		recall_line(table, strsep(&rest, "\n"));
	free(copy);
}
