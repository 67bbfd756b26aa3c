/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Names, presets and memory of columns; what is in them is drawn elsewhere. */
#include "views/event_columns.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"

#define BIT(COLUMN) (1u << (COLUMN))
#define ALL_BITS    (BIT(EVENT_COLUMN_OWN) - 1)

static const char *const names[EVENT_COLUMN_OWN] = {
	[EVENT_COLUMN_TIME] = "time",	  [EVENT_COLUMN_DELTA] = "delta",
	[EVENT_COLUMN_CPU] = "cpu",	  [EVENT_COLUMN_LEVEL] = "level",
	[EVENT_COLUMN_STREAM] = "stream", [EVENT_COLUMN_NAME] = "name",
	[EVENT_COLUMN_FIELDS] = "fields",
};

/* What each hides. */
static const unsigned int presets[] = {
	BIT(EVENT_COLUMN_STREAM), /* some */
	0,			  /* all */
	BIT(EVENT_COLUMN_TIME) | BIT(EVENT_COLUMN_DELTA) | BIT(EVENT_COLUMN_CPU) |
		BIT(EVENT_COLUMN_LEVEL) | BIT(EVENT_COLUMN_STREAM), /* few */
};

void event_columns_init(struct event_columns *columns)
{
	*columns = (struct event_columns){.hidden = presets[0]};
}

void event_columns_finish(struct event_columns *columns)
{
	word_list_finish(&columns->fields);
	*columns = (struct event_columns){0};
}

bool event_columns_shows(const struct event_columns *columns, enum event_column column)
{
	if (column < EVENT_COLUMN_OWN)
		return !(columns->hidden & BIT(column));
	return (size_t)(column - EVENT_COLUMN_OWN) < columns->fields.count;
}

enum event_column event_columns_at(size_t position)
{
	if (position < EVENT_COLUMN_FIELDS)
		return (enum event_column)position;
	if (position + 1 < EVENT_COLUMN_COUNT)
		return (enum event_column)(position + 1);
	return EVENT_COLUMN_FIELDS;
}

const char *event_columns_name(const struct event_columns *columns, enum event_column column)
{
	if (column < EVENT_COLUMN_OWN)
		return names[column];
	return columns->fields.words[column - EVENT_COLUMN_OWN];
}

void event_columns_cycle(struct event_columns *columns)
{
	size_t i = 0;

	while (i < COUNT_OF(presets) && presets[i] != columns->hidden)
		i++;
	/* What was chosen one by one is no preset: then the first comes. */
	columns->hidden = presets[i < COUNT_OF(presets) ? (i + 1) % COUNT_OF(presets) : 0];
}

/* ---- memory ---- */

void event_columns_remember(const struct event_columns *columns, struct text *out)
{
	text_add(out, "columns =");
	for (int i = 0; i < EVENT_COLUMN_OWN; i++)
		text_addf(out, " %c%s", columns->hidden & BIT(i) ? '-' : '+', names[i]);
	for (size_t i = 0; i < columns->fields.count; i++) {
		struct text word = {0};

		text_addf(&word, "+%s", columns->fields.words[i]);
		text_add_char(out, ' ');
		text_add_quoted(out, text_str(&word));
		text_finish(&word);
	}
	text_add_char(out, '\n');
}

static int find_usual(const char *name)
{
	for (int i = 0; i < EVENT_COLUMN_OWN; i++) {
		if (!strcmp(names[i], name))
			return i;
	}
	return -1;
}

static size_t find_own(const struct event_columns *columns, const char *name)
{
	size_t i = 0;

	while (i < columns->fields.count && strcmp(columns->fields.words[i], name) != 0)
		i++;
	return i;
}

static void add_own(struct event_columns *columns, const char *name)
{
	size_t index = find_own(columns, name);

	if (index < columns->fields.count || index == EVENT_OWN_COLUMNS_MAX)
		return;
	columns->widths[index] = 0;
	word_list_add(&columns->fields, name);
}

static void remove_own(struct event_columns *columns, const char *name)
{
	size_t index = find_own(columns, name);

	if (index == columns->fields.count)
		return;
	free(columns->fields.words[index]);
	columns->fields.count--;
	/* The list ends with NULL. */
	for (size_t i = index; i <= columns->fields.count; i++)
		columns->fields.words[i] = columns->fields.words[i + 1];
	for (size_t i = index; i < columns->fields.count; i++)
		columns->widths[i] = columns->widths[i + 1];
}

static void recall_word(struct event_columns *columns, char sign, const char *name)
{
	int usual = find_usual(name);

	if (!*name)
		return;
	if (usual >= 0 && sign == '-')
		columns->hidden |= BIT(usual);
	else if (usual >= 0 && sign == '+')
		columns->hidden &= ~BIT(usual);
	else if (sign == '+')
		add_own(columns, name);
	else if (sign == '-')
		remove_own(columns, name);
}

void event_columns_recall(struct event_columns *columns, size_t count, char **words)
{
	unsigned int before = columns->hidden;

	for (size_t i = 1; i < count; i++) {
		if (!strcmp(words[i], "="))
			word_list_finish(&columns->fields);
		else
			recall_word(columns, words[i][0], words[i] + (words[i][0] != '\0'));
	}
	if (columns->hidden == ALL_BITS && columns->fields.count == 0)
		columns->hidden = before;
}
