/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the browser share. The caller's side (browse.c) sends requests; the worker's
 * side (browse_worker.c and the files of each kind of work) owns the map and reads the trace.
 */
#ifndef TRACON_BROWSE_BROWSE_PARTS_H
#define TRACON_BROWSE_BROWSE_PARTS_H

#include <regex.h>
#include <stdatomic.h>

#include "backend/base/filter/filter.h"
#include "backend/base/queue.h"
#include "backend/browse/browse.h"
#include "backend/browse/map.h"
#include "backend/browse/reader.h"

#define WINDOW_BYTES (8 << 20)	/* of a step of long work: some 100 ms */
#define EXPORT_BYTES (64 << 20) /* of a part of an exported CTF trace: in memory */
#define CHECK_EVENTS 512	/* between looks at whether to give up */

/*
 * Between worker and caller. Counted: the browser and each message on its way home hold it. browse
 * is the caller's thread's alone; NULL after browse_destroy.
 */
struct browse_link {
	atomic_uint references;
	struct browse *browse;
};

struct browse_link *browse_link_ref(struct browse_link *link);
void browse_link_unref(struct browse_link *link);

/* --- what is looked for ----------------------------------------------------------------------- */

struct matcher; /* immutable; any thread */
/* A wrong pattern: NULL with ERROR_INVALID. */
struct matcher *matcher_create(const struct browse_find *find, struct error *err);
void matcher_destroy(struct matcher *matcher); /* NULL passes */
bool matcher_is_gap(const struct matcher *matcher);
/* line: room for the event's text, kept from event to event. */
bool matcher_accepts(const struct matcher *matcher, const struct read_event *event,
		     struct text *line);
/*
 * Bytes that a packet must hold somewhere for an event in it to match, as far as the pattern and
 * the declarations say; NULL: nothing can be said. The caller frees it. *ignores_case: letters
 * match their other case too.
 */
char *matcher_needle(const struct matcher *matcher, const struct map *map, bool *ignores_case);
/* Whether one of the window's packets has these bytes. Errors: true. */
bool needle_is_between(const struct map *map, const char *needle, bool ignores_case,
		       uint64_t from_ns, uint64_t until_ns);

/* --- the worker ------------------------------------------------------------------------------- */

/* A wish for a page: of these only the newest counts. */
struct page_request {
	enum { REQUEST_PAGE, REQUEST_GOTO, REQUEST_END, REQUEST_FIND } kind;
	unsigned int number, cancels; /* as the browser's counters were */
	struct event_place place;
	enum browse_direction direction;
	size_t row_count;
	struct matcher *matcher; /* owned */
};

void page_request_destroy(struct page_request *request); /* NULL passes */

/* Long work, done window by window. */
struct browse_worker;

struct long_job {
	struct long_job *next;
	const char *what;
	unsigned int cancels;
	uint64_t begun_at_ns;
	uint64_t begin_ns, end_ns, at_ns; /* wall; the next window begins at at_ns */
	uint64_t done_bytes, total_bytes;
	/* One window. True: go on. False: done, with *err or without. */
	bool (*step)(struct long_job *job, struct browse_worker *worker, struct error *err);
	/* Sends the answer home. err: code ERROR_NONE when all went well. */
	void (*answer)(struct long_job *job, struct browse_worker *worker, const struct error *err);
	void (*destroy)(struct long_job *job);
};

/* Before the first window: clamps begin to what there is, and adds up the bytes. False: with *err.
 */
bool long_job_begin(struct long_job *job, struct browse_worker *worker, struct error *err);
/*
 * Reads the next window and moves on. *reader: NULL when no packet lies in it; the caller closes
 * it.
 */
bool long_job_next_window(struct long_job *job, struct browse_worker *worker, uint64_t bytes,
			  struct reader **reader, struct error *err);
bool long_job_is_over(const struct long_job *job); /* nothing is left to read */

struct browse_worker {
	struct browse_link *link;
	struct queue *home, *queue;
	char *path, *slices;
	const atomic_uint *requests, *cancels; /* the browser's counters */
	const atomic_uint *given_up;
	const atomic_bool *is_over;
	struct map *map;
	bool has_looked, is_slices_made;
	struct error error; /* why there is nothing to read */
	struct filter *filter;
	struct page_request *request;
	struct long_job *jobs;		 /* the first one runs */
	struct browse_job job;		 /* what is said to go on */
	struct event_place first_place;	 /* of the trace's first event that is shown */
	bool has_first_place, has_times; /* of a trace in one piece */
	uint64_t unit_begin_ns, unit_end_ns;
	uint64_t bins[BROWSE_BINS];
	bool has_gap[BROWSE_BINS];
	bool is_counted;
	uint64_t grown_at_ns; /* monotonic */
	uint64_t told_at_ns;
	bool is_changed;
};

void browse_worker_run(void *data);
/* Tells the caller what is new, at most four times a second; now: in any case. */
void browse_worker_tell(struct browse_worker *worker, bool is_now);
/* Whether the work should be given up: a newer request, cancel, end. */
bool browse_worker_is_stale(const struct browse_worker *worker, const struct page_request *request);
bool browse_worker_is_canceled(const struct browse_worker *worker, unsigned int cancels);
/* Indexes the rest; false: given up. */
bool browse_worker_index_all(struct browse_worker *worker, const struct page_request *request);
/* The times of the first and last events, as far as they are known. */
void browse_worker_times(const struct browse_worker *worker, uint64_t *begin_ns, uint64_t *end_ns);
/* The caller's own; NULL if there is none. */
struct filter *browse_worker_copy_filter(const struct browse_worker *worker);
/* Estimates, from sizes and times of packets. */
void browse_worker_estimate(struct browse_worker *worker);
bool browse_says_canceled(struct error *err); /* false */

/* Answers a page request (browse_page.c). */
void browse_answer_page(struct browse_worker *worker, const struct page_request *request);
/* page passes; NULL with err. */
void browse_send_page(struct browse_worker *worker, struct event_page *page,
		      struct event_place target, const struct error *err);

/* done and data as in browse.h. */
struct long_job *statistics_job_create(uint64_t begin_ns, uint64_t end_ns, const char *field,
				       void (*done)(void *data,
						    const struct browse_statistics *statistics,
						    const struct error *err),
				       void *data);
struct long_job *export_job_create(
	uint64_t begin_ns, uint64_t end_ns, enum browse_format format, const char *path,
	void (*done)(void *data, uint64_t event_count, const struct error *err), void *data);

#endif
