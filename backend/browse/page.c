/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pages of decoded events: counted, so that a screen and a worker may hold the same one. */
#include "backend/browse/page_make.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/text.h"

#define BLOCK_BYTES_MIN 1024
#define BLOCK_BYTES_MAX 65536

/* Strings of a page: blocks that are never moved. */
struct block {
	struct block *next;
	size_t used, size;
	char bytes[];
};

struct made_page {
	struct event_page page; /* first */
	atomic_uint references;
	struct event_row *rows;
	struct event_field *fields;
	size_t field_count;
	size_t row_room, field_room;
	struct block *blocks;
	uint64_t block_bytes;
	const struct event_page **held; /* references */
	size_t held_count, held_room;
};

static struct made_page *made(const struct event_page *page)
{
	return (struct made_page *)(uintptr_t)page;
}

struct event_page *event_page_make(void)
{
	struct made_page *page = mem_zalloc(sizeof(*page));

	atomic_init(&page->references, 1);
	return &page->page;
}

char *event_page_alloc(struct event_page *page, size_t size)
{
	struct made_page *own = made(page);
	struct block *block = own->blocks;

	if (!block || block->size - block->used < size) {
		size_t room = block ? 2 * block->size : BLOCK_BYTES_MIN;

		if (room > BLOCK_BYTES_MAX)
			room = BLOCK_BYTES_MAX;
		if (room < size)
			room = size;
		block = mem_alloc(sizeof(*block) + room);
		*block = (struct block){.next = own->blocks, .size = room};
		own->blocks = block;
		own->block_bytes += room;
	}
	block->used += size;
	return block->bytes + block->used - size;
}

const char *event_page_string(struct event_page *page, const char *bytes, size_t length)
{
	char *copy = event_page_alloc(page, length + 1);

	memcpy(copy, bytes, length);
	copy[length] = '\0';
	return copy;
}

struct event_row *event_page_add_row(struct event_page *page)
{
	struct made_page *own = made(page);
	struct event_row *row;

	own->rows = mem_grow(own->rows, page->row_count, &own->row_room, sizeof(*own->rows));
	page->rows = own->rows;
	row = &own->rows[page->row_count++];
	*row = (struct event_row){.cpu = -1, .loglevel = -1, .first_field = own->field_count};
	return row;
}

struct event_row *event_page_last_row(struct event_page *page)
{
	return page->row_count ? &made(page)->rows[page->row_count - 1] : NULL;
}

struct event_field *event_page_add_field(struct event_page *page)
{
	struct made_page *own = made(page);
	struct event_field *field;

	own->fields =
		mem_grow(own->fields, own->field_count, &own->field_room, sizeof(*own->fields));
	page->fields = own->fields;
	own->rows[page->row_count - 1].field_count++;
	field = &own->fields[own->field_count++];
	*field = (struct event_field){.name = "", .value = ""};
	return field;
}

void event_page_hold(struct event_page *page, const struct event_page *other)
{
	struct made_page *own = made(page);

	own->held = mem_grow(own->held, own->held_count, &own->held_room, sizeof(*own->held));
	own->held[own->held_count++] = event_page_ref(other);
}

uint64_t event_page_bytes(const struct event_page *page)
{
	const struct made_page *own = made(page);

	return own->block_bytes + own->row_room * sizeof(*own->rows) +
	       own->field_room * sizeof(*own->fields);
}

struct event_page *event_page_ref(const struct event_page *page)
{
	struct made_page *own = made(page);

	atomic_fetch_add_explicit(&own->references, 1, memory_order_relaxed);
	return &own->page;
}

void event_page_unref(const struct event_page *page)
{
	struct made_page *own = made(page);
	struct block *block;

	if (!page || atomic_fetch_sub_explicit(&own->references, 1, memory_order_acq_rel) != 1)
		return;
	while ((block = own->blocks)) {
		own->blocks = block->next;
		free(block);
	}
	for (size_t i = 0; i < own->held_count; i++)
		event_page_unref(own->held[i]);
	free(own->held);
	free(own->rows);
	free(own->fields);
	free(own);
}

void event_row_print(const struct event_page *page, const struct event_row *row, struct text *out)
{
	const char *before = ": ";

	text_add(out, row->name);
	for (size_t i = 0; i < row->field_count; i++) {
		const struct event_field *field = &page->fields[row->first_field + i];

		if (field->scope != EVENT_PAYLOAD)
			continue;
		text_addf(out, "%s%s", before, field->name);
		before = ", ";
		if (field->is_text)
			text_addf(out, " = \"%s\"", field->value);
		else if (*field->value)
			text_addf(out, " = %s", field->value);
	}
}
