/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A ring of lines. Lines longer than the screen are cut there, not wrapped: the rows are few. */
#include "console/output.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"

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

void output_draw(const struct output *output, struct canvas *canvas)
{
	int rows = canvas_rows(canvas);
	long newest = (long)output->count - 1 - (long)output->scroll;

	for (int row = rows - 1; row >= 0; row--) {
		long index = newest - (rows - 1 - row);
		const struct output_line *line;

		if (index < 0)
			break;
		line = &output->lines[(output->first + (size_t)index) % OUTPUT_LINES_MAX];
		canvas_text(canvas, row, 0, canvas_columns(canvas), line->role, line->text);
	}
}
