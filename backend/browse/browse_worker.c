/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The worker's loop: a page that is wanted comes first, then a step of long work, then a piece of
 * the index; then it waits. Everything here and below runs on the worker's thread.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/units.h"
#include "backend/browse/browse_parts.h"
#include "backend/browse/slice.h"

#define FIRST_PACKETS  4 /* of each file: enough for the first page */
#define INDEX_PACKETS  4096
#define GROWING_NS     (10 * NS_PER_S) /* since it was last seen to grow */
#define QUIET_CHECK_MS 1000

bool browse_says_canceled(struct error *err)
{
	return error_set(err, ERROR_CANCELED, "given up");
}

bool browse_worker_is_canceled(const struct browse_worker *worker, unsigned int cancels)
{
	return atomic_load_explicit(worker->is_over, memory_order_relaxed) ||
	       atomic_load_explicit(worker->cancels, memory_order_relaxed) != cancels;
}

bool browse_worker_is_stale(const struct browse_worker *worker, const struct page_request *request)
{
	return browse_worker_is_canceled(worker, request->cancels) ||
	       atomic_load_explicit(worker->given_up, memory_order_relaxed) == request->number ||
	       atomic_load_explicit(worker->requests, memory_order_relaxed) != request->number;
}

void browse_worker_times(const struct browse_worker *worker, uint64_t *begin_ns, uint64_t *end_ns)
{
	const struct map *map = worker->map;

	*begin_ns = map->begin_ns;
	*end_ns = map->end_ns;
	if (map->has_units) {
		*begin_ns = worker->has_times ? worker->unit_begin_ns : 0;
		*end_ns = worker->has_times ? worker->unit_end_ns : 0;
	}
}

struct filter *browse_worker_copy_filter(const struct browse_worker *worker)
{
	struct filter_problem problem;

	return worker->filter ? filter_parse(filter_text(worker->filter), &problem) : NULL;
}

/* --- the histogram ---------------------------------------------------------------------------- */

/* A packet's bytes, spread evenly over its time. */
static void spread(uint64_t *bins, uint64_t begin_ns, uint64_t width_ns,
		   const struct map_packet *packet)
{
	uint64_t first = (packet->begin_ns - begin_ns) / width_ns;
	uint64_t last = (packet->end_ns - begin_ns) / width_ns;

	if (first >= BROWSE_BINS)
		return;
	if (last >= BROWSE_BINS)
		last = BROWSE_BINS - 1;
	for (uint64_t i = first; i <= last; i++)
		bins[i] += packet->content_bytes / (last - first + 1);
}

/* Where the first packet after the loss begins: there its row says so too. */
static void mark_gap(bool *has_gap, uint64_t begin_ns, uint64_t width_ns,
		     const struct map_span *span)
{
	uint64_t bin = (span->packet->begin_ns - begin_ns) / width_ns;

	if ((span->lost_events > 0 || span->lost_packets > 0) && bin < BROWSE_BINS)
		has_gap[bin] = true;
}

void browse_worker_estimate(struct browse_worker *worker)
{
	const struct map *map = worker->map;
	uint64_t width_ns = (map->end_ns - map->begin_ns) / BROWSE_BINS + 1;

	worker->is_counted = false;
	memset(worker->bins, 0, sizeof(worker->bins));
	memset(worker->has_gap, 0, sizeof(worker->has_gap));
	if (map->has_units)
		return;
	for (size_t i = 0; i < map->stream_count; i++) {
		for (size_t j = 0; j < map->streams[i].span_count; j++) {
			spread(worker->bins, map->begin_ns, width_ns,
			       map->streams[i].spans[j].packet);
			mark_gap(worker->has_gap, map->begin_ns, width_ns,
				 &map->streams[i].spans[j]);
		}
	}
}

/* --- looking and indexing --------------------------------------------------------------------- */

static bool has_newer_work(void *data)
{
	const struct browse_worker *worker = data;
	struct pollfd wait = {.fd = queue_fd(worker->queue), .events = POLLIN};

	return atomic_load_explicit(worker->is_over, memory_order_relaxed) || poll(&wait, 1, 0) > 0;
}

static bool is_over(void *data)
{
	const struct browse_worker *worker = data;

	return atomic_load_explicit(worker->is_over, memory_order_relaxed);
}

/*
 * A trace in one piece has no times in its packets: its first and last event have them. It is read
 * once for that.
 */
static void find_unit_times(struct browse_worker *worker)
{
	struct error err = ERROR_INIT;
	struct reader *reader = reader_open(worker->map, worker->slices, 0, UINT64_MAX, &err);
	enum decoder_result result = DECODER_END;
	struct read_event event;

	worker->has_times = false;
	while (reader && !is_over(worker) &&
	       (result = reader_next(reader, &event, &err)) == DECODER_EVENT) {
		if (!worker->has_times)
			worker->unit_begin_ns = event.place.wall_ns;
		worker->unit_end_ns = event.place.wall_ns;
		worker->has_times = true;
	}
	reader_close(reader);
	if ((!reader || result == DECODER_FAILED) && !worker->has_times)
		error_copy(&worker->error, &err);
}

static bool make_slices(struct browse_worker *worker)
{
	if (!worker->is_slices_made)
		worker->is_slices_made = slices_prepare(worker->slices, &worker->error);
	return worker->is_slices_made;
}

static void look(struct browse_worker *worker)
{
	bool is_first = worker->map->trace_count == 0;
	size_t packet_count = worker->map->packet_count;
	uint64_t begin_ns = worker->map->begin_ns;

	worker->has_looked = true;
	error_copy(&worker->error, NULL);
	if (!make_slices(worker) || !map_look(worker->map, &worker->error)) {
		browse_worker_tell(worker, true);
		return;
	}
	map_index(worker->map, FIRST_PACKETS, is_over, worker);
	if (worker->map->has_units)
		find_unit_times(worker);
	if (worker->map->begin_ns != begin_ns)
		worker->has_first_place = false;
	if (worker->map->stream_count == 0 && error_is_set(&worker->map->problem))
		error_copy(&worker->error, &worker->map->problem);
	if (!is_first && (worker->map->has_grown || worker->map->packet_count != packet_count))
		worker->grown_at_ns = clock_monotonic_ns();
	if (worker->map->packet_count != packet_count)
		browse_worker_estimate(worker);
	browse_worker_tell(worker, true);
}

static void note_indexing(struct browse_worker *worker)
{
	if (worker->map->is_done) {
		worker->job = (struct browse_job){0};
		return;
	}
	if (!worker->job.what)
		worker->job.begun_at_ns = clock_monotonic_ns();
	worker->job.what = "indexing";
	map_progress(worker->map, &worker->job.done_bytes, &worker->job.total_bytes);
}

static void index_more(struct browse_worker *worker)
{
	map_index(worker->map, INDEX_PACKETS, has_newer_work, worker);
	note_indexing(worker);
	if (worker->map->is_done && !worker->is_counted)
		browse_worker_estimate(worker);
	browse_worker_tell(worker, worker->map->is_done);
}

bool browse_worker_index_all(struct browse_worker *worker, const struct page_request *request)
{
	while (!worker->map->is_done) {
		if (browse_worker_is_stale(worker, request))
			return false;
		map_index(worker->map, INDEX_PACKETS, is_over, worker);
		note_indexing(worker);
		if (worker->map->is_done)
			browse_worker_estimate(worker);
		browse_worker_tell(worker, false);
	}
	return true;
}

/* --- long work -------------------------------------------------------------------------------- */

bool long_job_begin(struct long_job *job, struct browse_worker *worker, struct error *err)
{
	const struct map *map = worker->map;

	if (job->end_ns < job->begin_ns)
		return error_set(err, ERROR_INVALID, "the end is before the begin");
	if (job->begin_ns < map->begin_ns)
		job->begin_ns = map->begin_ns;
	job->at_ns = job->begin_ns;
	job->total_bytes = map_bytes_between(
		map, job->begin_ns, job->end_ns < UINT64_MAX ? job->end_ns + 1 : UINT64_MAX);
	return true;
}

bool long_job_is_over(const struct long_job *job)
{
	return job->at_ns > job->end_ns || job->at_ns == UINT64_MAX;
}

bool long_job_next_window(struct long_job *job, struct browse_worker *worker, uint64_t bytes,
			  struct reader **reader, struct error *err)
{
	uint64_t until_ns = map_window_end(worker->map, job->at_ns, bytes);
	struct error why = ERROR_INIT;

	if (until_ns > job->end_ns && job->end_ns < UINT64_MAX)
		until_ns = job->end_ns + 1;
	*reader = reader_open(worker->map, worker->slices, job->at_ns, until_ns, &why);
	if (!*reader && why.code != ERROR_NOT_FOUND) {
		error_copy(err, &why);
		return false;
	}
	job->done_bytes += map_bytes_between(worker->map, job->at_ns, until_ns);
	if (job->done_bytes > job->total_bytes)
		job->done_bytes = job->total_bytes;
	job->at_ns = until_ns;
	return true;
}

static void finish_job(struct browse_worker *worker, const struct error *err)
{
	struct long_job *job = worker->jobs;

	worker->jobs = job->next;
	worker->job = (struct browse_job){0};
	browse_worker_tell(worker, true);
	job->answer(job, worker, err);
	job->destroy(job);
}

static void step_job(struct browse_worker *worker)
{
	struct long_job *job = worker->jobs;
	struct error err = ERROR_INIT;
	bool goes_on;

	if (browse_worker_is_canceled(worker, job->cancels)) {
		browse_says_canceled(&err);
		finish_job(worker, &err);
		return;
	}
	if (error_is_set(&worker->error)) {
		finish_job(worker, &worker->error);
		return;
	}
	if (!job->begun_at_ns)
		job->begun_at_ns = clock_monotonic_ns();
	goes_on = job->step(job, worker, &err);
	worker->job = (struct browse_job){.what = job->what,
					  .done_bytes = job->done_bytes,
					  .total_bytes = job->total_bytes,
					  .begun_at_ns = job->begun_at_ns};
	if (goes_on)
		browse_worker_tell(worker, false);
	else
		finish_job(worker, &err);
}

/* --- the loop --------------------------------------------------------------------------------- */

static void serve_request(struct browse_worker *worker)
{
	struct page_request *request = worker->request;

	worker->request = NULL;
	browse_answer_page(worker, request);
	page_request_destroy(request);
}

/* A trace that was seen to grow, and has been quiet since, grows no more. */
static void note_quiet(struct browse_worker *worker)
{
	if (!worker->grown_at_ns || clock_monotonic_ns() - worker->grown_at_ns <= GROWING_NS)
		return;
	worker->grown_at_ns = 0;
	worker->is_changed = true;
}

static void wait_for_work(const struct browse_worker *worker)
{
	struct pollfd wait = {.fd = queue_fd(worker->queue), .events = POLLIN};
	int wait_ms = worker->grown_at_ns ? QUIET_CHECK_MS : -1;

	while (poll(&wait, 1, worker->is_changed ? 50 : wait_ms) < 0 && errno == EINTR)
		;
}

void browse_worker_run(void *data)
{
	struct browse_worker *worker = data;

	while (!atomic_load_explicit(worker->is_over, memory_order_relaxed)) {
		queue_drain(worker->queue);
		note_quiet(worker);
		if (!worker->has_looked)
			look(worker);
		else if (worker->request)
			serve_request(worker);
		else if (worker->jobs && worker->map->is_done)
			step_job(worker);
		else if (!error_is_set(&worker->error) && !worker->map->is_done)
			index_more(worker);
		else if (worker->jobs)
			step_job(worker);
		else
			wait_for_work(worker);
		if (worker->is_changed)
			browse_worker_tell(worker, false);
	}
}
