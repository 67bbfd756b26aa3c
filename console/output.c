/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A ring of lines, wrapped when they are drawn: what is longer than the screen is often a path. */
#include "console/output.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "console/field.h"

void output_init(struct output *output)
{
	*output = (struct output){0};
	output->lines = mem_zalloc(OUTPUT_LINES_MAX * sizeof(*output->lines));
}

void output_finish(struct output *output)
{
	for (size_t i = 0; i < OUTPUT_LINES_MAX; i++)
		free(output->lines[i].text);
	free(output->lines);
	text_finish(&output->partial);
}

static void add_line(struct output *output, enum role role, char *text)
{
	size_t index = (output->first + output->count) % OUTPUT_LINES_MAX;

	if (output->count == OUTPUT_LINES_MAX)
		output->first = (output->first + 1) % OUTPUT_LINES_MAX;
	else
		output->count++;
	free(output->lines[index].text);
	output->lines[index] = (struct output_line){.text = text, .role = role};
	if (output->scroll > 0 && output->scroll + 1 < output->count)
		output->scroll++;
}

void output_end_line(struct output *output, enum role role)
{
	struct text shown = {0};

	if (output->partial.length == 0)
		return;
	text_add_sane(&shown, text_str(&output->partial), output->partial.length, TEXT_SANE_LINES);
	text_clear(&output->partial);
	add_line(output, role, text_take(&shown));
}

void output_add(struct output *output, enum role role, const char *bytes, size_t length)
{
	while (length > 0) {
		const char *end = memchr(bytes, '\n', length);
		size_t part = end ? (size_t)(end - bytes) : length;

		text_add_bytes(&output->partial, bytes, part);
		if (!end)
			return;
		if (output->partial.length == 0)
			add_line(output, role, mem_strdup(""));
		output_end_line(output, role);
		bytes += part + 1;
		length -= part + 1;
	}
}

void output_scroll(struct output *output, int lines, int rows)
{
	long most = (long)output->count - rows;
	long scroll = (long)output->scroll + lines;

	if (scroll > most)
		scroll = most;
	output->scroll = scroll > 0 ? (size_t)scroll : 0;
}

static const struct output_line *line_at(const struct output *output, size_t index)
{
	return &output->lines[(output->first + index) % OUTPUT_LINES_MAX];
}

static int rows_of(const struct output_line *line, int columns)
{
	const char *rest = line->text;
	int rows = 1;

	rest += field_fit(rest, columns);
	for (; *rest; rest += field_fit(rest, columns))
		rows++;
	return rows;
}

size_t output_rows(const struct output *output, size_t count, int columns)
{
	size_t rows = 0;

	if (count > output->count)
		count = output->count;
	for (size_t i = output->count - count; i < output->count; i++)
		rows += (size_t)rows_of(line_at(output, i), columns);
	return rows;
}

/* Its last row goes to `row`, the others above it as far as there is room. */
static void draw_wrapped(const struct output_line *line, struct canvas *canvas, int row)
{
	int columns = canvas_columns(canvas);
	const char *rest = line->text;

	for (row -= rows_of(line, columns) - 1; *rest; row++) {
		size_t length = field_fit(rest, columns);
		struct text part = {0};

		text_add_bytes(&part, rest, length);
		if (row >= 0)
			canvas_text(canvas, row, 0, columns, line->role, text_str(&part));
		text_finish(&part);
		rest += length;
	}
}

void output_draw(const struct output *output, struct canvas *canvas)
{
	int row = canvas_rows(canvas) - 1;

	for (size_t i = output->count - output->scroll; i > 0 && row >= 0; i--) {
		const struct output_line *line = line_at(output, i - 1);

		draw_wrapped(line, canvas, row);
		row -= rows_of(line, canvas_columns(canvas));
	}
}
