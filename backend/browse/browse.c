/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The caller's side of the browser: what is wanted goes to the worker as messages, answers come by
 * the home queue. Patterns and filters are checked here, so that mistakes are said at once.
 */
#include "backend/browse/browse.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/thread.h"
#include "backend/browse/browse_parts.h"

struct browse {
	struct browse_link *link;
	struct browse_calls calls;
	struct browse_info info;
	char *path;
	struct thread *thread;
	struct browse_worker *worker; /* its thread's, once that runs */
	struct queue *queue;	      /* to the worker */
	/* Written here, read by the worker between events: relaxed, for they only say "newer". */
	atomic_uint requests, cancels;
	atomic_uint given_up; /* the number of a request */
	atomic_bool is_over;
};

/* --- the link --------------------------------------------------------------------------------- */

struct browse_link *browse_link_ref(struct browse_link *link)
{
	atomic_fetch_add_explicit(&link->references, 1, memory_order_relaxed);
	return link;
}

void browse_link_unref(struct browse_link *link)
{
	if (atomic_fetch_sub_explicit(&link->references, 1, memory_order_acq_rel) == 1)
		free(link);
}

/* --- answers: from the worker, run on the caller's thread ------------------------------------- */

struct info_message {
	struct message message;
	struct browse_link *link;
	struct browse_info info;
};

static void info_arrived(struct message *message)
{
	struct info_message *arrived = CONTAINER_OF(message, struct info_message, message);
	struct browse *browse = arrived->link->browse;

	if (browse) {
		browse->info = arrived->info;
		browse->info.path = browse->path;
		if (browse->calls.changed)
			browse->calls.changed(browse->calls.data);
	}
	browse_link_unref(arrived->link);
	free(arrived);
}

static void fill_info(struct browse_worker *worker, struct browse_info *info)
{
	const struct map *map = worker->map;

	*info = (struct browse_info){
		.is_open = worker->has_looked && !error_is_set(&worker->error),
		.has_failed = error_is_set(&worker->error),
		.error = error_is_set(&worker->error) ? worker->error : map->problem,
		.trace_count = map->trace_count,
		.stream_count = map->stream_count,
		.packet_count = map->packet_count,
		.packet_bytes = map->packet_bytes,
		.lost_events = map->lost_events,
		.lost_packets = map->lost_packets,
		.gap_count = map->gap_count,
		.is_indexed = map->is_done && worker->has_looked,
		.is_growing = worker->grown_at_ns > 0,
		.is_counted = worker->is_counted,
		.job = worker->job,
	};
	browse_worker_times(worker, &info->begin_wall_ns, &info->end_wall_ns);
	memcpy(info->bins, worker->bins, sizeof(info->bins));
	memcpy(info->has_gap, worker->has_gap, sizeof(info->has_gap));
}

static void send_info(struct browse_worker *worker)
{
	struct info_message *message = mem_zalloc(sizeof(*message));

	message->message.run = info_arrived;
	message->link = browse_link_ref(worker->link);
	fill_info(worker, &message->info);
	queue_send(worker->home, &message->message);
}

#define TELL_NS UINT64_C(250000000)

void browse_worker_tell(struct browse_worker *worker, bool is_now)
{
	uint64_t now_ns = clock_monotonic_ns();

	worker->is_changed = true;
	if (!is_now && worker->told_at_ns && now_ns - worker->told_at_ns < TELL_NS)
		return;
	worker->told_at_ns = now_ns;
	worker->is_changed = false;
	send_info(worker);
}

struct page_message {
	struct message message;
	struct browse_link *link;
	struct event_page *page;
	struct event_place target;
	struct error error;
};

static void page_arrived(struct message *message)
{
	struct page_message *arrived = CONTAINER_OF(message, struct page_message, message);
	struct browse *browse = arrived->link->browse;
	bool has_failed = error_is_set(&arrived->error);

	if (browse && browse->calls.page)
		browse->calls.page(browse->calls.data, arrived->page, &arrived->target,
				   has_failed ? &arrived->error : NULL);
	else
		event_page_unref(arrived->page);
	browse_link_unref(arrived->link);
	free(arrived);
}

void browse_send_page(struct browse_worker *worker, struct event_page *page,
		      struct event_place target, const struct error *err)
{
	struct page_message *message = mem_zalloc(sizeof(*message));

	message->message.run = page_arrived;
	message->link = browse_link_ref(worker->link);
	message->page = page;
	message->target = target;
	error_copy(&message->error, err);
	queue_send(worker->home, &message->message);
}

/* --- requests: from the caller, run on the worker's thread ------------------------------------ */

struct order {
	struct message message;
	struct browse_worker *worker;
	struct page_request *request;
	struct long_job *job;
	struct filter *filter;
};

static struct order *make_order(struct browse *browse, void (*run)(struct message *message))
{
	struct order *order = mem_zalloc(sizeof(*order));

	order->message.run = run;
	order->worker = browse->worker;
	return order;
}

static void take_request(struct message *message)
{
	struct order *order = CONTAINER_OF(message, struct order, message);

	page_request_destroy(order->worker->request);
	order->worker->request = order->request;
	free(order);
}

static void take_job(struct message *message)
{
	struct order *order = CONTAINER_OF(message, struct order, message);
	struct long_job **end = &order->worker->jobs;

	while (*end)
		end = &(*end)->next;
	*end = order->job;
	free(order);
}

static void take_filter(struct message *message)
{
	struct order *order = CONTAINER_OF(message, struct order, message);

	filter_destroy(order->worker->filter);
	order->worker->filter = order->filter;
	order->worker->has_first_place = false;
	free(order);
}

static void take_refresh(struct message *message)
{
	struct order *order = CONTAINER_OF(message, struct order, message);

	order->worker->has_looked = false;
	free(order);
}

/* Only wakes the worker, which then sees that it is over. */
static void take_end(struct message *message)
{
	free(CONTAINER_OF(message, struct order, message));
}

/* --- the interface ---------------------------------------------------------------------------- */

static struct browse_worker *make_worker(struct browse *browse, const char *path,
					 const char *slices, struct queue *home)
{
	struct browse_worker *worker = mem_zalloc(sizeof(*worker));

	worker->link = browse_link_ref(browse->link);
	worker->home = home;
	worker->queue = browse->queue;
	worker->path = mem_strdup(path);
	worker->slices = mem_strdup(slices);
	worker->requests = &browse->requests;
	worker->cancels = &browse->cancels;
	worker->given_up = &browse->given_up;
	worker->is_over = &browse->is_over;
	worker->map = map_create(path);
	return worker;
}

static void destroy_worker(struct browse_worker *worker)
{
	while (worker->jobs) {
		struct long_job *job = worker->jobs;

		worker->jobs = job->next;
		job->destroy(job);
	}
	page_request_destroy(worker->request);
	filter_destroy(worker->filter);
	map_destroy(worker->map);
	browse_link_unref(worker->link);
	free(worker->path);
	free(worker->slices);
	free(worker);
}

struct browse *browse_create(const char *path, const char *slices, struct queue *home,
			     const struct browse_calls *calls)
{
	struct browse *browse = mem_zalloc(sizeof(*browse));

	browse->link = mem_zalloc(sizeof(*browse->link));
	atomic_init(&browse->link->references, 1);
	browse->link->browse = browse;
	browse->calls = *calls;
	browse->path = mem_strdup(path);
	browse->info.path = browse->path;
	browse->queue = queue_create();
	browse->worker = make_worker(browse, path, slices, home);
	browse->thread =
		thread_start("browse", browse_worker_run, browse->worker, &browse->info.error);
	browse->info.has_failed = !browse->thread;
	return browse;
}

void browse_destroy(struct browse *browse)
{
	if (!browse)
		return;
	atomic_store_explicit(&browse->is_over, true, memory_order_relaxed);
	queue_send(browse->queue, &make_order(browse, take_end)->message);
	thread_join(browse->thread);
	queue_drain(browse->queue);
	destroy_worker(browse->worker);
	queue_destroy(browse->queue);
	browse->link->browse = NULL;
	browse_link_unref(browse->link);
	free(browse->path);
	free(browse);
}

const struct browse_info *browse_info(const struct browse *browse)
{
	return &browse->info;
}

void browse_refresh(struct browse *browse)
{
	queue_send(browse->queue, &make_order(browse, take_refresh)->message);
}

void browse_cancel(struct browse *browse)
{
	atomic_fetch_add_explicit(&browse->cancels, 1, memory_order_relaxed);
}

void browse_cancel_request(struct browse *browse)
{
	atomic_store_explicit(&browse->given_up,
			      atomic_load_explicit(&browse->requests, memory_order_relaxed),
			      memory_order_relaxed);
}

bool browse_set_filter(struct browse *browse, const char *expression, size_t *begin, size_t *end,
		       struct error *err)
{
	struct filter_problem problem = {0};
	struct filter *filter = NULL;
	struct order *order;

	if (expression) {
		filter = filter_parse(expression, &problem);
		if (!filter) {
			*begin = problem.begin;
			*end = problem.end;
			error_copy(err, &problem.error);
			return false;
		}
	}
	order = make_order(browse, take_filter);
	order->filter = filter;
	queue_send(browse->queue, &order->message);
	return true;
}

static void send_request(struct browse *browse, const struct page_request *wanted)
{
	struct order *order = make_order(browse, take_request);

	order->request = mem_alloc(sizeof(*order->request));
	*order->request = *wanted;
	order->request->number =
		atomic_fetch_add_explicit(&browse->requests, 1, memory_order_relaxed) + 1;
	order->request->cancels = atomic_load_explicit(&browse->cancels, memory_order_relaxed);
	queue_send(browse->queue, &order->message);
}

void page_request_destroy(struct page_request *request)
{
	if (!request)
		return;
	matcher_destroy(request->matcher);
	free(request);
}

void browse_page(struct browse *browse, struct event_place place, enum browse_direction direction,
		 size_t row_count)
{
	send_request(browse, &(struct page_request){.kind = REQUEST_PAGE,
						    .place = place,
						    .direction = direction,
						    .row_count = row_count});
}

void browse_goto(struct browse *browse, uint64_t wall_ns, size_t row_count)
{
	send_request(browse, &(struct page_request){.kind = REQUEST_GOTO,
						    .place = {wall_ns, 0},
						    .row_count = row_count});
}

void browse_goto_end(struct browse *browse, size_t row_count)
{
	send_request(browse, &(struct page_request){.kind = REQUEST_END,
						    .place = {UINT64_MAX, 0},
						    .direction = BROWSE_BACKWARD,
						    .row_count = row_count});
}

bool browse_find(struct browse *browse, const struct browse_find *find, struct error *err)
{
	struct matcher *matcher = matcher_create(find, err);

	if (!matcher)
		return false;
	send_request(browse, &(struct page_request){.kind = REQUEST_FIND,
						    .place = find->from,
						    .direction = find->direction,
						    .row_count = find->row_count,
						    .matcher = matcher});
	return true;
}

static void send_job(struct browse *browse, struct long_job *job)
{
	struct order *order = make_order(browse, take_job);

	job->cancels = atomic_load_explicit(&browse->cancels, memory_order_relaxed);
	order->job = job;
	queue_send(browse->queue, &order->message);
}

void browse_statistics(struct browse *browse, uint64_t begin_wall_ns, uint64_t end_wall_ns,
		       const char *field,
		       void (*done)(void *data, const struct browse_statistics *statistics,
				    const struct error *err),
		       void *data)
{
	send_job(browse, statistics_job_create(begin_wall_ns, end_wall_ns, field, done, data));
}

void browse_export(struct browse *browse, uint64_t begin_wall_ns, uint64_t end_wall_ns,
		   enum browse_format format, const char *path,
		   void (*done)(void *data, uint64_t event_count, const struct error *err),
		   void *data)
{
	send_job(browse, export_job_create(begin_wall_ns, end_wall_ns, format, path, done, data));
}
