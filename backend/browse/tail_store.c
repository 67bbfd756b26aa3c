/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rows stay in the batch that they were decoded into; the order of time is a list beside. A page
 * copies rows and fields and holds the batches for their strings.
 */
#include "backend/browse/tail_store.h"

#include <stdlib.h>

#include "backend/base/mem.h"
#include "backend/browse/page_make.h"
#include "backend/browse/row_filter.h"

struct tail_batch {
	struct event_page *page; /* reference held */
	size_t kept_count;
	uint64_t bytes;
	bool is_held; /* by the page that is being made */
};

void tail_store_init(struct tail_store *store, size_t rows_max, uint64_t bytes_max)
{
	*store = (struct tail_store){.rows_max = rows_max, .bytes_max = bytes_max};
}

void tail_store_finish(struct tail_store *store)
{
	tail_store_clear(store);
}

static void let_go(struct tail_store *store, const struct tail_kept *kept)
{
	struct tail_batch *batch = kept->batch;

	if (--batch->kept_count > 0)
		return;
	store->bytes -= batch->bytes;
	event_page_unref(batch->page);
	free(batch);
}

static void drop_oldest(struct tail_store *store)
{
	size_t count = 0;

	while (count < store->kept_count &&
	       (store->kept_count - count > store->rows_max || store->bytes > store->bytes_max))
		let_go(store, &store->kept[count++]);
	for (size_t i = count; i < store->kept_count; i++)
		store->kept[i - count] = store->kept[i];
	store->kept_count -= count;
}

/* Of equal times, what came first stays first. */
static void merge(struct tail_store *store, struct tail_batch *batch)
{
	size_t count = batch->page->row_count, old_at = 0, new_at = 0;
	size_t total = store->kept_count + count;
	struct tail_kept *merged = mem_alloc(total * sizeof(*merged));

	for (size_t i = 0; i < total; i++) {
		uint64_t wall_ns =
			new_at < count ? batch->page->rows[new_at].place.wall_ns : UINT64_MAX;

		if (old_at < store->kept_count &&
		    (new_at == count || store->kept[old_at].wall_ns <= wall_ns))
			merged[i] = store->kept[old_at++];
		else
			merged[i] = (struct tail_kept){wall_ns, batch, new_at++};
	}
	free(store->kept);
	store->kept = merged;
	store->kept_count = total;
}

void tail_store_add(struct tail_store *store, struct event_page *page)
{
	struct tail_batch *batch;

	if (page->row_count == 0) {
		event_page_unref(page);
		return;
	}
	batch = mem_zalloc(sizeof(*batch));
	batch->page = page;
	batch->kept_count = page->row_count;
	batch->bytes = event_page_bytes(page);
	store->bytes += batch->bytes;
	merge(store, batch);
	drop_oldest(store);
}

void tail_store_keep(struct tail_store *store, const struct filter *filter)
{
	size_t count = 0;

	for (size_t i = 0; i < store->kept_count; i++) {
		struct tail_kept *kept = &store->kept[i];
		const struct event_page *page = kept->batch->page;

		if (row_filter_matches(filter, page, &page->rows[kept->row]))
			store->kept[count++] = *kept;
		else
			let_go(store, kept);
	}
	store->kept_count = count;
}

void tail_store_clear(struct tail_store *store)
{
	for (size_t i = 0; i < store->kept_count; i++)
		let_go(store, &store->kept[i]);
	free(store->kept);
	store->kept = NULL;
	store->kept_count = 0;
}

static void copy_row(struct event_page *page, const struct event_page *from, size_t index)
{
	const struct event_row *before = page->row_count ? &page->rows[page->row_count - 1] : NULL;
	const struct event_row *row = &from->rows[index];
	uint64_t skip =
		before && before->place.wall_ns == row->place.wall_ns ? before->place.skip + 1 : 0;
	struct event_row *copy = event_page_add_row(page);
	size_t first_field = copy->first_field;

	*copy = *row;
	copy->place.skip = skip;
	copy->first_field = first_field;
	copy->field_count = 0;
	for (size_t i = 0; i < row->field_count; i++)
		*event_page_add_field(page) = from->fields[row->first_field + i];
}

struct event_page *tail_store_page(const struct tail_store *store)
{
	struct event_page *page = event_page_make();

	for (size_t i = 0; i < store->kept_count; i++) {
		struct tail_kept *kept = &store->kept[i];

		if (!kept->batch->is_held)
			event_page_hold(page, kept->batch->page);
		kept->batch->is_held = true;
		copy_row(page, kept->batch->page, kept->row);
	}
	for (size_t i = 0; i < store->kept_count; i++)
		store->kept[i].batch->is_held = false;
	page->is_at_begin = true;
	page->is_at_end = true;
	return page;
}
