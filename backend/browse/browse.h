/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A trace on disk, opened for looking around in it: pages, times, searches, statistics, export.
 * The work is done on a worker thread of its own, slice by slice: the packets that overlap the
 * wanted time are cut out into a folder in memory and decoded there, so nothing ever reads what
 * comes before. The caller's thread owns the browse; answers arrive there by its queue. A session
 * that still records is read up to its last complete packet; `browse_refresh` looks again.
 */
#ifndef TRACON_BROWSE_BROWSE_H
#define TRACON_BROWSE_BROWSE_H

#include <sys/types.h>

#include "backend/base/error.h"
#include "backend/base/queue.h"
#include "backend/browse/page.h"

#define BROWSE_BINS 256 /* of the histogram */

struct browse;

/* What is going on for longer than a moment. */
struct browse_job {
	const char
		*what; /* constant: "indexing", "searching", "counting", "exporting"; NULL: none */
	uint64_t done_bytes, total_bytes; /* total 0: unknown */
	uint64_t begun_at_ns;		  /* monotonic */
};

/* All that is known of the trace so far. Belongs to the caller's thread; changes only while its
 * queue runs. */
struct browse_info {
	bool is_open; /* pages can be asked for */
	bool has_failed;
	struct error error; /* why it can't be read */
	const char *path;   /* as given */
	uint64_t begin_wall_ns, end_wall_ns;
	size_t trace_count, stream_count, packet_count;
	uint64_t packet_bytes;
	uint64_t lost_events, lost_packets; /* as the packet headers say */
	size_t gap_count;		    /* places where events or packets were lost */
	bool is_indexed;		    /* the numbers above are final */
	bool is_growing;		    /* a session records here */
	/*
	 * Events over time, evenly spread bins from begin to end. Estimated from the packets at
	 * first (bytes); is_counted: from the events themselves (after a count of all).
	 */
	uint64_t bins[BROWSE_BINS];
	bool is_counted;
	bool has_gap[BROWSE_BINS]; /* events or packets were lost there */
	struct browse_job job;
};

struct browse_calls {
	void *data;
	void (*changed)(void *data); /* browse_info() has something new; at most 4 a second */
	/* Answer to browse_page, browse_goto, browse_find: the reference passes. err: why not. */
	void (*page)(void *data, struct event_page *page, const struct event_place *target,
		     const struct error *err);
};

/*
 * path: a chunk, a session's output directory, any directory with CTF traces below. Opens in the
 * background: info->is_open or has_failed tells. slices: an own directory below RUN, in memory
 * (tmpfs), 0700. Never fails at once.
 */
struct browse *browse_create(const char *path, const char *slices, struct queue *home,
			     const struct browse_calls *calls);
/* No call is made after this. What runs is given up. NULL passes. */
void browse_destroy(struct browse *browse);
const struct browse_info *browse_info(const struct browse *browse);
void browse_refresh(struct browse *browse);
/* Gives up search, statistics, export, count: they answer ERROR_CANCELED. */
void browse_cancel(struct browse *browse);
/* Only the page or search that is on its way: it answers ERROR_CANCELED, unless it is done. */
void browse_cancel_request(struct browse *browse);

/*
 * Only events that match are shown and found. NULL: all. The expression's fields are the payload's
 * and, as $ctx.NAME, those of the contexts; beyond lttng's: $ctx.event_name, $ctx.cpu,
 * $ctx.stream. Fails with the sentence and place in *begin, *end.
 */
bool browse_set_filter(struct browse *browse, const char *expression, size_t *begin, size_t *end,
		       struct error *err);

enum browse_direction { BROWSE_FORWARD, BROWSE_BACKWARD };

/*
 * The newest request of these four counts; an older one that waits is dropped. The page has up to
 * row_count rows: forward from `place` on, or backward up to and without it.
 */
void browse_page(struct browse *browse, struct event_place place, enum browse_direction direction,
		 size_t row_count);
/* From the first event at or after that time. */
void browse_goto(struct browse *browse, uint64_t wall_ns, size_t row_count);
void browse_goto_end(struct browse *browse, size_t row_count);

struct browse_find {
	/* One of: text in the event's line (its name and "name = value" of its fields; as match.h
	 * would: without capitals case is ignored), regular expression (extended), filter
	 * expression, next gap of lost events. */
	enum { BROWSE_FIND_TEXT, BROWSE_FIND_REGEX, BROWSE_FIND_FILTER, BROWSE_FIND_GAP } kind;
	const char *pattern; /* copied */
	enum browse_direction direction;
	struct event_place from; /* not itself */
	size_t row_count;	 /* of the page around the hit: it is the target, a third down */
};
/* ERROR_NOT_FOUND is an answer like others. A wrong pattern is said at once, false. */
bool browse_find(struct browse *browse, const struct browse_find *find, struct error *err);

struct browse_type_count {
	const char *name;
	uint64_t count;
};

struct browse_value_count {
	int64_t value;
	uint64_t count;
};

#define BROWSE_TOP_VALUES 10

struct browse_statistics {
	uint64_t begin_wall_ns, end_wall_ns; /* of the trace's own span at most */
	uint64_t event_count;
	uint64_t lost_events;
	const struct browse_type_count *types; /* most frequent first */
	size_t type_count;
	/* Of the integer field that was asked for, if any. */
	bool has_field;
	uint64_t value_count; /* events that have the field */
	int64_t minimum, median, percentile95, maximum;
	struct browse_value_count top[BROWSE_TOP_VALUES];
	size_t top_count;
};

/*
 * Counts what lies in [begin, end] and matches the filter. field: name of an integer field, or
 * NULL. `done` is called once, on the caller's thread; statistics are borrowed for the call.
 */
void browse_statistics(struct browse *browse, uint64_t begin_wall_ns, uint64_t end_wall_ns,
		       const char *field,
		       void (*done)(void *data, const struct browse_statistics *statistics,
				    const struct error *err),
		       void *data);

enum browse_format { BROWSE_TEXT, BROWSE_JSON_LINES, BROWSE_CTF };

/*
 * Writes what lies in [begin, end] and matches the filter to `path`, which must not exist: a file,
 * or for CTF a directory with a trace that babeltrace2 reads. What was written is taken away again
 * on failure or cancel.
 */
void browse_export(struct browse *browse, uint64_t begin_wall_ns, uint64_t end_wall_ns,
		   enum browse_format format, const char *path,
		   void (*done)(void *data, uint64_t event_count, const struct error *err),
		   void *data);

#endif
