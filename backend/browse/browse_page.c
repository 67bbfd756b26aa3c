/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages and searches. Going back is going forward from a place found by walking windows backward:
 * that walk looks at times only, unless there is a filter.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/browse/browse_parts.h"
#include "backend/browse/page_make.h"

#define ROWS_MAX    10000     /* of a page */
#define FIRST_BYTES (1 << 18) /* of the second window backward; the first has what it must */

/* One page request under way. */
struct task_page {
	struct browse_worker *worker;
	const struct page_request *request;
	size_t row_count;
	struct text line;
	char *needle;
	bool ignores_case;
	uint64_t begun_at_ns;
	uint64_t searched_bytes, total_bytes;
};

/* Ends the work with an error in *err. */
static bool check(struct task_page *page, size_t count, struct error *err)
{
	if (count % CHECK_EVENTS == 0 && browse_worker_is_stale(page->worker, page->request))
		return browse_says_canceled(err);
	return true;
}

/* Work that goes beyond one window is told about. */
static void tell_progress(struct task_page *page, uint64_t from_ns, uint64_t until_ns)
{
	struct browse_worker *worker = page->worker;

	if (!worker->jobs)
		worker->job = (struct browse_job){.what = "searching",
						  .done_bytes = page->searched_bytes,
						  .total_bytes = page->total_bytes,
						  .begun_at_ns = page->begun_at_ns};
	if (page->searched_bytes > 0)
		browse_worker_tell(worker, false);
	page->searched_bytes += map_bytes_between(worker->map, from_ns, until_ns);
}

/*
 * The next window from `from_ns` on: small ones at first, for the page that somebody waits for.
 * False: canceled.
 */
static bool next_window(struct task_page *page, uint64_t from_ns, bool is_first, uint64_t *until_ns)
{
	struct browse_worker *worker = page->worker;
	struct map *map = worker->map;

	*until_ns = map_window_end(map, from_ns, is_first ? 0 : WINDOW_BYTES);
	if (map->is_done)
		return true;
	if (from_ns<map->known_until_ns && * until_ns> map->known_until_ns)
		*until_ns = map->known_until_ns;
	if (from_ns < map->known_until_ns)
		return true;
	if (!browse_worker_index_all(worker, page->request))
		return false;
	*until_ns = map_window_end(map, from_ns, is_first ? 0 : WINDOW_BYTES);
	return true;
}

static bool is_shown(const struct browse_worker *worker, const struct read_event *event)
{
	return decoder_matches(event->decoder, worker->filter);
}

static uint64_t clamp_begin(const struct browse_worker *worker, uint64_t ns)
{
	return ns < worker->map->begin_ns ? worker->map->begin_ns : ns;
}

/* --- forward ---------------------------------------------------------------------------------- */

struct filling {
	struct event_page *page;
	struct event_place from;	  /* and later */
	const struct event_place *before; /* NULL: no end */
	size_t row_count;
	bool is_full; /* another event that is shown follows */
	bool is_ended;
};

static bool fill_from_window(struct task_page *page, struct filling *filling, struct reader *reader,
			     struct error *err)
{
	enum decoder_result result;
	struct read_event event;
	size_t count = 0;

	while ((result = reader_next(reader, &event, err)) == DECODER_EVENT) {
		if (!check(page, ++count, err))
			return false;
		if (event_place_compare(event.place, filling->from) < 0)
			continue;
		if (filling->before && event_place_compare(event.place, *filling->before) >= 0) {
			filling->is_full = true;
			return true;
		}
		if (!is_shown(page->worker, &event)) {
			reader_pass(reader);
			continue;
		}
		if (filling->page->row_count == filling->row_count) {
			filling->is_full = true;
			return true;
		}
		reader_add_row(reader, filling->page);
	}
	return result != DECODER_FAILED;
}

/*
 * With a filter, whether anything follows the last row isn't looked for in further windows: that
 * may be all of the trace.
 */
static bool is_enough(const struct task_page *page, const struct filling *filling)
{
	return filling->is_full ||
	       (page->worker->filter && filling->page->row_count == filling->row_count);
}

static bool fill(struct task_page *page, struct filling *filling, struct error *err)
{
	struct browse_worker *worker = page->worker;
	uint64_t from_ns = clamp_begin(worker, filling->from.wall_ns), until_ns;
	bool is_first = true;

	while (!filling->is_full) {
		struct error why = ERROR_INIT;
		struct reader *reader;
		bool is_read = true;

		if (!next_window(page, from_ns, is_first, &until_ns))
			return browse_says_canceled(err);
		is_first = false;
		reader = reader_open(worker->map, worker->slices, from_ns, until_ns, &why);
		if (reader)
			is_read = fill_from_window(page, filling, reader, err);
		reader_close(reader);
		if (!reader && why.code != ERROR_NOT_FOUND) {
			error_copy(err, &why);
			return false;
		}
		if (!is_read)
			return false;
		if (until_ns == UINT64_MAX) {
			filling->is_ended = !filling->is_full;
			return true;
		}
		if (is_enough(page, filling))
			return true;
		tell_progress(page, from_ns, until_ns);
		from_ns = until_ns;
	}
	return true;
}

/* --- backward --------------------------------------------------------------------------------- */

/* The last `size` places, oldest first from `at` on once it is full. */
struct places {
	struct event_place *ring;
	size_t size, count, at;
};

static void add_place(struct places *places, struct event_place place)
{
	if (places->size == 0)
		return;
	places->ring[places->at] = place;
	places->at = (places->at + 1) % places->size;
	if (places->count < places->size)
		places->count++;
}

static struct event_place oldest(const struct places *places)
{
	return places->ring[places->count < places->size ? 0 : places->at];
}

static bool collect_window(struct task_page *page, struct reader *reader, struct event_place before,
			   struct places *places, struct error *err)
{
	enum decoder_result result;
	struct read_event event;
	size_t count = 0;

	while ((result = reader_next(reader, &event, err)) == DECODER_EVENT) {
		if (!check(page, ++count, err))
			return false;
		if (event_place_compare(event.place, before) >= 0)
			return true;
		if (is_shown(page->worker, &event))
			add_place(places, event.place);
	}
	return result != DECODER_FAILED;
}

/*
 * The place `row_count` shown events before `before`, or the first one's. *found: how many there
 * are; *is_begin: there are no more.
 */
static bool find_back(struct task_page *page, struct event_place before, size_t row_count,
		      struct event_place *place, size_t *found, bool *is_begin, struct error *err)
{
	struct browse_worker *worker = page->worker;
	uint64_t until_ns = before.wall_ns < UINT64_MAX ? before.wall_ns + 1 : UINT64_MAX;
	uint64_t bytes = 0;

	*place = before;
	*found = 0;
	*is_begin = false;
	if (!browse_worker_index_all(worker, page->request))
		return browse_says_canceled(err);
	while (*found < row_count && !*is_begin) {
		uint64_t from_ns = map_window_begin(worker->map, until_ns, bytes);
		struct places places = {.size = row_count - *found};
		struct error why = ERROR_INIT;
		struct reader *reader;
		bool is_read = true;

		reader = reader_open(worker->map, worker->slices, from_ns, until_ns, &why);
		places.ring = mem_realloc_array(NULL, places.size, sizeof(*places.ring));
		if (reader)
			is_read = collect_window(page, reader, before, &places, err);
		reader_close(reader);
		if (!reader && why.code != ERROR_NOT_FOUND) {
			error_copy(err, &why);
			is_read = false;
		}
		if (places.count > 0)
			*place = oldest(&places);
		*found += places.count;
		free(places.ring);
		if (!is_read)
			return false;
		*is_begin = from_ns <= worker->map->begin_ns && *found < row_count;
		tell_progress(page, from_ns, until_ns);
		until_ns = from_ns;
		bytes = bytes == 0 ? FIRST_BYTES : bytes < WINDOW_BYTES ? bytes * 4 : WINDOW_BYTES;
	}
	return true;
}

/* --- pages ------------------------------------------------------------------------------------ */

static void finish_page(struct task_page *page, struct filling *filling,
			const struct event_place *target)
{
	struct browse_worker *worker = page->worker;
	struct event_page *made = filling->page;
	const struct event_place *first = made->row_count ? &made->rows[0].place : &filling->from;

	if (clamp_begin(worker, filling->from.wall_ns) == worker->map->begin_ns &&
	    filling->from.wall_ns <= worker->map->begin_ns && filling->from.skip == 0 &&
	    made->row_count > 0) {
		worker->first_place = made->rows[0].place;
		worker->has_first_place = true;
	}
	made->is_at_begin = worker->has_first_place
				    ? event_place_compare(*first, worker->first_place) <= 0
				    : first->wall_ns <= worker->map->begin_ns && first->skip == 0;
	made->is_at_end = filling->is_ended;
	browse_send_page(worker, made, target ? *target : *first, NULL);
}

/* The page from `from` on; before: where it ends at the latest, or NULL. */
static bool answer_forward(struct task_page *page, struct event_place from,
			   const struct event_place *before, const struct event_place *target,
			   struct error *err)
{
	struct filling filling = {.page = event_page_make(),
				  .from = from,
				  .before = before,
				  .row_count = page->row_count};

	if (!fill(page, &filling, err)) {
		event_page_unref(filling.page);
		return false;
	}
	finish_page(page, &filling, target);
	return true;
}

static bool answer_backward(struct task_page *page, struct event_place before, struct error *err)
{
	struct event_place from;
	size_t found;
	bool is_begin;

	if (!find_back(page, before, page->row_count, &from, &found, &is_begin, err))
		return false;
	if (is_begin && found > 0) {
		page->worker->first_place = from;
		page->worker->has_first_place = true;
	}
	return answer_forward(page, from, before.wall_ns == UINT64_MAX ? NULL : &before, NULL, err);
}

/* --- searches --------------------------------------------------------------------------------- */

static bool is_hit(struct task_page *page, const struct read_event *event)
{
	const struct matcher *matcher = page->request->matcher;

	if (matcher_is_gap(matcher))
		return event->lost_events > 0 || event->lost_packets > 0;
	return matcher_accepts(matcher, event, &page->line);
}

/* Forward the first hit after `from`, backward the last one before it. */
static bool search_window(struct task_page *page, struct reader *reader, struct event_place *hit,
			  bool *is_found, struct error *err)
{
	bool is_forward = page->request->direction == BROWSE_FORWARD;
	enum decoder_result result;
	struct read_event event;
	size_t count = 0;

	while ((result = reader_next(reader, &event, err)) == DECODER_EVENT) {
		int order = event_place_compare(event.place, page->request->place);

		if (!check(page, ++count, err))
			return false;
		if (!is_forward && order >= 0)
			return true;
		if (is_forward && order <= 0)
			continue;
		if (!is_shown(page->worker, &event)) {
			reader_pass(reader);
			continue;
		}
		if (!is_hit(page, &event))
			continue;
		*hit = event.place;
		*is_found = true;
		if (is_forward)
			return true;
	}
	return result != DECODER_FAILED;
}

/* A window in which nothing can match isn't decoded. */
static bool can_skip(const struct task_page *page, uint64_t from_ns, uint64_t until_ns)
{
	const struct map *map = page->worker->map;

	if (page->needle)
		return !needle_is_between(map, page->needle, page->ignores_case, from_ns, until_ns);
	if (!matcher_is_gap(page->request->matcher) || map->has_units)
		return false;
	for (size_t i = 0; i < map->stream_count; i++) {
		const struct map_stream *stream = &map->streams[i];
		struct map_range range = map_stream_range(stream, from_ns, until_ns);
		size_t first = range.first;

		while (first > 0 && stream->spans[first - 1].packet->is_empty)
			first--;
		for (; first < range.first + range.count; first++) {
			if (stream->spans[first].lost_events || stream->spans[first].lost_packets)
				return false;
		}
	}
	return true;
}

static bool search_one(struct task_page *page, uint64_t from_ns, uint64_t until_ns,
		       struct event_place *hit, bool *is_found, struct error *err)
{
	struct browse_worker *worker = page->worker;
	struct error why = ERROR_INIT;
	struct reader *reader;
	bool is_read;

	if (!check(page, 0, err))
		return false;
	tell_progress(page, from_ns, until_ns);
	if (can_skip(page, from_ns, until_ns))
		return true;
	reader = reader_open(worker->map, worker->slices, from_ns, until_ns, &why);
	if (!reader) {
		error_copy(err, &why);
		return why.code == ERROR_NOT_FOUND;
	}
	is_read = search_window(page, reader, hit, is_found, err);
	reader_close(reader);
	return is_read;
}

static bool search(struct task_page *page, struct event_place *hit, bool *is_found,
		   struct error *err)
{
	struct browse_worker *worker = page->worker;
	struct map *map = worker->map;
	uint64_t wall_ns = page->request->place.wall_ns;
	uint64_t from_ns = clamp_begin(worker, wall_ns), until_ns;

	if (page->request->direction == BROWSE_FORWARD) {
		page->total_bytes = map_bytes_between(map, from_ns, UINT64_MAX);
		do {
			until_ns = map_window_end(map, from_ns, WINDOW_BYTES);
			if (!search_one(page, from_ns, until_ns, hit, is_found, err))
				return false;
			from_ns = until_ns;
		} while (!*is_found && until_ns < UINT64_MAX);
		return true;
	}
	until_ns = wall_ns < UINT64_MAX ? wall_ns + 1 : UINT64_MAX;
	page->total_bytes = map_bytes_between(map, 0, until_ns);
	do {
		from_ns = map_window_begin(map, until_ns, WINDOW_BYTES);
		if (!search_one(page, from_ns, until_ns, hit, is_found, err))
			return false;
		until_ns = from_ns;
	} while (!*is_found && from_ns > map->begin_ns);
	return true;
}

static bool answer_find(struct task_page *page, struct error *err)
{
	const struct matcher *matcher = page->request->matcher;
	struct event_place hit, from;
	bool is_found = false, is_begin;
	size_t found;

	if (!browse_worker_index_all(page->worker, page->request))
		return browse_says_canceled(err);
	page->needle = matcher_needle(matcher, page->worker->map, &page->ignores_case);
	if (!search(page, &hit, &is_found, err))
		return false;
	if (!is_found)
		return error_set(err, ERROR_NOT_FOUND, "nothing found %s",
				 page->request->direction == BROWSE_FORWARD ? "from here to the end"
									    : "from here to the "
									      "begin");
	return find_back(page, hit, page->row_count / 3, &from, &found, &is_begin, err) &&
	       answer_forward(page, from, NULL, &hit, err);
}

/* --- the request ------------------------------------------------------------------------------ */

static bool answer(struct task_page *page, struct error *err)
{
	const struct page_request *request = page->request;

	if (error_is_set(&page->worker->error)) {
		error_copy(err, &page->worker->error);
		return false;
	}
	if (request->kind == REQUEST_FIND)
		return answer_find(page, err);
	if (request->direction == BROWSE_BACKWARD)
		return answer_backward(page, request->place, err);
	return answer_forward(page, request->place, NULL, NULL, err);
}

void browse_answer_page(struct browse_worker *worker, const struct page_request *request)
{
	struct task_page page = {.worker = worker,
				 .request = request,
				 .row_count = request->row_count < ROWS_MAX ? request->row_count
									    : ROWS_MAX,
				 .begun_at_ns = clock_monotonic_ns()};
	struct browse_job job = worker->job;
	struct error err = ERROR_INIT;
	bool is_newest;

	if (!answer(&page, &err)) {
		/* Whoever asked again doesn't want the old answer. */
		is_newest = atomic_load_explicit(worker->requests, memory_order_relaxed) ==
			    request->number;
		if (is_newest)
			browse_send_page(worker, NULL, request->place, &err);
	}
	if (page.searched_bytes > 0) {
		worker->job = worker->jobs ? job : (struct browse_job){0};
		browse_worker_tell(worker, false);
	}
	text_finish(&page.line);
	free(page.needle);
}
