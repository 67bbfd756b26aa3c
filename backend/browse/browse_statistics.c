/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counts per event type, and what an integer field's values were like. A count of everything also
 * makes the histogram exact.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/browse/browse_parts.h"
#include "backend/browse/value_counts.h"

#define NAMES_MAX 65536 /* event types; more are counted together */
#define CACHE	  1024	/* of names by their address, within one decoder */

struct type_counts {
	char **names;
	uint64_t *counts;
	size_t count, name_room, count_room;
};

struct statistics_job {
	struct long_job job; /* first */
	char *field;
	void (*done)(void *data, const struct browse_statistics *statistics,
		     const struct error *err);
	void *data;
	bool is_begun, is_of_all;
	struct filter *filter;
	struct type_counts types;
	struct value_counts *values;
	uint64_t event_count, lost_events;
	uint64_t bins[BROWSE_BINS], bins_begin_ns, bin_width_ns;
	/* Event names stay where they are as long as their decoder. */
	const char *cached[CACHE];
	size_t cached_type[CACHE];
};

/* --- types ------------------------------------------------------------------------------------ */

static size_t find_type(struct type_counts *types, const char *name)
{
	for (size_t i = 0; i < types->count; i++) {
		if (!strcmp(types->names[i], name))
			return i;
	}
	if (types->count == NAMES_MAX)
		return NAMES_MAX - 1;
	types->names =
		mem_grow(types->names, types->count, &types->name_room, sizeof(*types->names));
	types->counts =
		mem_grow(types->counts, types->count, &types->count_room, sizeof(*types->counts));
	types->names[types->count] = mem_strdup(name);
	types->counts[types->count] = 0;
	return types->count++;
}

static void count_type(struct statistics_job *own, const char *name)
{
	size_t at = (size_t)((uintptr_t)name >> 3) % CACHE;

	if (own->cached[at] != name) {
		own->cached[at] = name;
		own->cached_type[at] = find_type(&own->types, name);
	}
	own->types.counts[own->cached_type[at]]++;
}

/* --- one window ------------------------------------------------------------------------------- */

static void count_event(struct statistics_job *own, const struct read_event *event)
{
	int64_t value;

	own->event_count++;
	own->lost_events += event->lost_events;
	count_type(own, event->name);
	if (own->field && decoder_integer(event->decoder, own->field, &value))
		value_counts_add(own->values, value);
	if (own->is_of_all && event->place.wall_ns >= own->bins_begin_ns) {
		uint64_t bin = (event->place.wall_ns - own->bins_begin_ns) / own->bin_width_ns;

		own->bins[bin < BROWSE_BINS ? bin : BROWSE_BINS - 1]++;
	}
}

static bool count_window(struct statistics_job *own, struct browse_worker *worker,
			 struct reader *reader, struct error *err)
{
	enum decoder_result result;
	struct read_event event;
	size_t count = 0;

	memset(own->cached, 0, sizeof(own->cached));
	while ((result = reader_next(reader, &event, err)) == DECODER_EVENT) {
		if (++count % CHECK_EVENTS == 0 &&
		    browse_worker_is_canceled(worker, own->job.cancels))
			return browse_says_canceled(err);
		if (event.place.wall_ns > own->job.end_ns)
			return true;
		if (decoder_matches(event.decoder, own->filter))
			count_event(own, &event);
		else
			reader_pass(reader);
	}
	return result != DECODER_FAILED;
}

static void begin(struct statistics_job *own, struct browse_worker *worker)
{
	uint64_t begin_ns, end_ns;

	browse_worker_times(worker, &begin_ns, &end_ns);
	own->is_begun = true;
	own->filter = browse_worker_copy_filter(worker);
	own->is_of_all = !own->filter && own->job.begin_ns <= begin_ns && own->job.end_ns >= end_ns;
	own->bins_begin_ns = begin_ns;
	own->bin_width_ns = (end_ns - begin_ns) / BROWSE_BINS + 1;
}

static bool step(struct long_job *job, struct browse_worker *worker, struct error *err)
{
	struct statistics_job *own = (struct statistics_job *)job;
	struct reader *reader;
	bool is_read;

	if (!own->is_begun) {
		begin(own, worker);
		if (!long_job_begin(job, worker, err))
			return false;
	}
	if (!long_job_next_window(job, worker, WINDOW_BYTES, &reader, err))
		return false;
	is_read = !reader || count_window(own, worker, reader, err);
	reader_close(reader);
	return is_read && !long_job_is_over(job);
}

/* --- the answer ------------------------------------------------------------------------------- */

struct statistics_message {
	struct message message;
	struct browse_link *link;
	struct browse_statistics statistics;
	struct browse_type_count *types;
	struct error error;
	void (*done)(void *data, const struct browse_statistics *statistics,
		     const struct error *err);
	void *data;
};

static void arrived(struct message *message)
{
	struct statistics_message *answer =
		CONTAINER_OF(message, struct statistics_message, message);
	bool has_failed = error_is_set(&answer->error);

	answer->statistics.types = answer->types;
	if (answer->link->browse)
		answer->done(answer->data, has_failed ? NULL : &answer->statistics,
			     has_failed ? &answer->error : NULL);
	for (size_t i = 0; i < answer->statistics.type_count; i++)
		free((char *)(uintptr_t)answer->types[i].name);
	free(answer->types);
	browse_link_unref(answer->link);
	free(answer);
}

static int by_count(const void *left, const void *right)
{
	const struct browse_type_count *one = left, *other = right;

	if (one->count != other->count)
		return one->count > other->count ? -1 : 1;
	return strcmp(one->name, other->name);
}

static void fill_types(struct statistics_message *answer, struct type_counts *types)
{
	answer->types = mem_zalloc((types->count + 1) * sizeof(*answer->types));
	answer->statistics.type_count = types->count;
	for (size_t i = 0; i < types->count; i++) {
		answer->types[i].name = types->names[i];
		answer->types[i].count = types->counts[i];
	}
	qsort(answer->types, types->count, sizeof(*answer->types), by_count);
	types->count = 0; /* the names are the answer's now */
}

static void fill_field(struct browse_statistics *statistics, struct value_counts *values)
{
	struct value_count top[BROWSE_TOP_VALUES];

	statistics->has_field = true;
	statistics->value_count = value_counts_total(values);
	if (statistics->value_count == 0)
		return;
	statistics->minimum = value_counts_least(values);
	statistics->median = value_counts_percentile(values, 50);
	statistics->percentile95 = value_counts_percentile(values, 95);
	statistics->maximum = value_counts_greatest(values);
	statistics->top_count = value_counts_top(values, top, BROWSE_TOP_VALUES);
	for (size_t i = 0; i < statistics->top_count; i++)
		statistics->top[i] = (struct browse_value_count){top[i].value, top[i].count};
}

/* Of what was asked for, the part where the trace is. */
static void fill_times(struct browse_statistics *statistics, const struct long_job *job,
		       const struct browse_worker *worker)
{
	uint64_t begin_ns, end_ns;

	browse_worker_times(worker, &begin_ns, &end_ns);
	statistics->begin_wall_ns = job->begin_ns > begin_ns ? job->begin_ns : begin_ns;
	statistics->end_wall_ns = job->end_ns < end_ns ? job->end_ns : end_ns;
}

static void answer_job(struct long_job *job, struct browse_worker *worker, const struct error *err)
{
	struct statistics_job *own = (struct statistics_job *)job;
	struct statistics_message *answer = mem_zalloc(sizeof(*answer));

	answer->message.run = arrived;
	answer->link = browse_link_ref(worker->link);
	answer->done = own->done;
	answer->data = own->data;
	error_copy(&answer->error, err);
	fill_times(&answer->statistics, job, worker);
	answer->statistics.event_count = own->event_count;
	answer->statistics.lost_events = own->lost_events;
	fill_types(answer, &own->types);
	if (own->field)
		fill_field(&answer->statistics, own->values);
	if (own->is_of_all && !error_is_set(err)) {
		memcpy(worker->bins, own->bins, sizeof(worker->bins));
		worker->is_counted = true;
		browse_worker_tell(worker, true);
	}
	queue_send(worker->home, &answer->message);
}

static void destroy(struct long_job *job)
{
	struct statistics_job *own = (struct statistics_job *)job;

	for (size_t i = 0; i < own->types.count; i++)
		free(own->types.names[i]);
	free(own->types.names);
	free(own->types.counts);
	value_counts_destroy(own->values);
	filter_destroy(own->filter);
	free(own->field);
	free(own);
}

struct long_job *statistics_job_create(uint64_t begin_ns, uint64_t end_ns, const char *field,
				       void (*done)(void *data,
						    const struct browse_statistics *statistics,
						    const struct error *err),
				       void *data)
{
	struct statistics_job *own = mem_zalloc(sizeof(*own));

	own->job = (struct long_job){.what = "counting",
				     .begin_ns = begin_ns,
				     .end_ns = end_ns,
				     .step = step,
				     .answer = answer_job,
				     .destroy = destroy};
	own->field = field ? mem_strdup(field) : NULL;
	own->values = value_counts_create();
	own->done = done;
	own->data = data;
	return &own->job;
}
