/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rows are copied: a page is small, and nobody has to know of several. */
#include "console/browser_pages.h"

#include <string.h>

#include "backend/browse/page_make.h"
#include "views/event_text.h"

/* Rows [begin, end) of a page. */
struct part {
	const struct event_page *page;
	size_t begin, end;
};

static size_t count_of(const struct part *part)
{
	return part->end - part->begin;
}

static const char *copy_text(struct event_page *to, const char *text)
{
	return text ? event_page_string(to, text, strlen(text)) : NULL;
}

static void copy_field(struct event_page *to, const struct event_field *from)
{
	struct event_field *field = event_page_add_field(to);

	*field = *from;
	field->name = copy_text(to, from->name);
	field->value = copy_text(to, from->value);
}

static void copy_row(struct event_page *to, const struct event_page *page,
		     const struct event_row *from)
{
	struct event_row *row = event_page_add_row(to);
	size_t first_field = row->first_field;

	*row = *from;
	row->first_field = first_field;
	row->field_count = 0;
	row->name = copy_text(to, from->name);
	row->stream = copy_text(to, from->stream);
	row->loglevel_text = copy_text(to, from->loglevel_text);
	for (size_t i = 0; i < from->field_count; i++)
		copy_field(to, &page->fields[from->first_field + i]);
}

static void copy_part(struct event_page *to, const struct part *part)
{
	if (!part->page)
		return;
	for (size_t i = part->begin; i < part->end; i++)
		copy_row(to, part->page, &part->page->rows[i]);
}

size_t browser_pages_find(const struct event_page *page, struct event_place place)
{
	size_t begin = 0, end = page->row_count;

	while (begin < end) {
		size_t middle = begin + (end - begin) / 2;

		if (event_text_compare(page->rows[middle].place, place) < 0)
			begin = middle + 1;
		else
			end = middle;
	}
	return begin;
}

/* Rows of the second page that the first has too are dropped. */
static size_t first_new(const struct event_page *first, const struct event_page *second)
{
	struct event_place last;

	if (!first || first->row_count == 0)
		return 0;
	last = first->rows[first->row_count - 1].place;
	last.skip++;
	return browser_pages_find(second, last);
}

static void cut(struct part *first, struct part *second, size_t rows_max, bool keeps_end)
{
	size_t count = count_of(first) + count_of(second);
	size_t excess = count > rows_max ? count - rows_max : 0;
	struct part *part = keeps_end ? first : second;
	size_t from_part = excess < count_of(part) ? excess : count_of(part);

	if (keeps_end) {
		first->begin += from_part;
		second->begin += excess - from_part;
	} else {
		second->end -= from_part;
		first->end -= excess - from_part;
	}
}

struct event_page *browser_pages_join(const struct event_page *first,
				      const struct event_page *second, size_t rows_max,
				      bool keeps_end)
{
	struct event_page *page = event_page_make();
	struct part a = {first, 0, first ? first->row_count : 0};
	struct part b = {second, 0, second ? second->row_count : 0};

	if (second)
		b.begin = first_new(first, second);
	cut(&a, &b, rows_max, keeps_end);
	copy_part(page, &a);
	copy_part(page, &b);
	page->is_at_begin = first ? first->is_at_begin && a.begin == 0
				  : second && second->is_at_begin && b.begin == 0;
	page->is_at_end = second ? second->is_at_end && b.end == second->row_count
				 : first && first->is_at_end && a.end == first->row_count;
	return page;
}
