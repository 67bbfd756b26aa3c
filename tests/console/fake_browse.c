/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Traces and tails that are made up, for tests of the screen; same calls as backend/browse/. A
 * trace has EVENTS events, one each millisecond from 12:00:00 UTC on, with losses now and then.
 * Answers come by the queue, as from a worker. Paths with "missing" can't be opened; a search for
 * "slow" goes on until it is cancelled. Tails get 50 events every 100 ms.
 */
#include <pthread.h>
#include <regex.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "backend/base/clock.h"
#include "backend/base/filter/filter.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/browse/browse.h"
#include "backend/browse/page_make.h"
#include "backend/browse/tail.h"
#include "tests/console/fake_backend.h"

#define EVENTS	       5000
#define BEGIN_NS       (UINT64_C(1795348800) * NS_PER_S) /* 2026-11-22 12:00:00 UTC */
#define STEP_NS	       NS_PER_MS
#define GAP_EVERY      1000 /* events, at 500, 1500, … */
#define GAP_AT	       500
#define GAP_EVENTS     12
#define SEARCHED_BYTES UINT64_C(1000000000)
#define TAIL_KEPT      2000
#define TAIL_BURST     50
#define TAIL_STEP_MS   100

/* ---- events ---- */

static bool is_hostile(const char *path)
{
	return path && strstr(path, "hostile");
}

static void add_field(struct event_page *page, const char *name, const char *value, bool is_text,
		      unsigned int depth, enum event_scope scope)
{
	struct event_field *field = event_page_add_field(page);

	field->name = event_page_string(page, name, strlen(name));
	field->value = event_page_string(page, value, strlen(value));
	field->is_text = is_text;
	field->depth = (uint8_t)depth;
	field->scope = (uint8_t)scope;
}

static void add_event(struct event_page *page, uint64_t number, uint64_t wall_ns, bool hostile)
{
	struct event_row *row = event_page_add_row(page);
	char text[64];

	snprintf(text, sizeof(text), "my_app:request_%02u", (unsigned int)(number % 20));
	row->name = hostile ? "\033]0;owned\a\033[2J" : event_page_string(page, text, strlen(text));
	row->place.wall_ns = wall_ns;
	row->stream = "channel0_0";
	row->loglevel = 6;
	row->loglevel_text = "TRACE_INFO";
	row->cpu = (int)(number % 2);
	row->lost_before = number % GAP_EVERY == GAP_AT ? GAP_EVENTS : 0;
	snprintf(text, sizeof(text), "%u", (unsigned int)number);
	add_field(page, "id", text, false, 0, EVENT_PAYLOAD);
	snprintf(text, sizeof(text), "/path/%u", (unsigned int)(number / 7));
	add_field(page, "url", hostile ? "\033]52;c;ZXZpbA==\a\xff" : text, true, 0, EVENT_PAYLOAD);
	add_field(page, "point", "", false, 0, EVENT_PAYLOAD);
	add_field(page, "x", "1", false, 1, EVENT_PAYLOAD);
	add_field(page, "y", "-2", false, 1, EVENT_PAYLOAD);
	add_field(page, "vpid", "4711", false, 0, EVENT_CONTEXT);
}

static void value_of(void *data, const struct filter_node *field, struct filter_value *value)
{
	uint64_t number = *(const uint64_t *)data;
	const char *name = field->field.steps[0].name;
	static char event_name[64];

	*value = (struct filter_value){.kind = FILTER_VALUE_MISSING};
	if (name && !strcmp(name, "id")) {
		value->kind = FILTER_VALUE_UNSIGNED;
		value->unsigned_value = number;
	} else if (name && !strcmp(name, "event_name")) {
		snprintf(event_name, sizeof(event_name), "my_app:request_%02u",
			 (unsigned int)(number % 20));
		value->kind = FILTER_VALUE_STRING;
		value->string.bytes = event_name;
		value->string.length = strlen(event_name);
	}
}

static bool is_shown(const struct filter *filter, uint64_t number)
{
	return !filter || filter_matches(filter, value_of, &number);
}

static bool replace_filter(struct filter **filter, const char *expression, size_t *begin,
			   size_t *end, struct error *err)
{
	struct filter_problem problem;
	struct filter *fresh = expression ? filter_parse(expression, &problem) : NULL;

	if (expression && !fresh) {
		*begin = problem.begin;
		*end = problem.end;
		*err = problem.error;
		return false;
	}
	filter_destroy(*filter);
	*filter = fresh;
	return true;
}

/* ---- traces ---- */

/* What a worker would do, on the caller's thread a little later. */
struct answer {
	struct message message;
	struct browse *browse; /* NULL: it is gone */
	struct answer *next;
	void (*run)(struct answer *answer);
	uint64_t first, count;
	struct event_place target;
	bool has_target;
	enum browse_direction direction;
	struct error error;
	void (*counted)(void *data, const struct browse_statistics *statistics,
			const struct error *err);
	void (*exported)(void *data, uint64_t event_count, const struct error *err);
	void *data;
	char *path;
	uint64_t begin_ns, end_ns;
	bool has_field;
};

struct browse {
	struct browse_info info;
	struct queue *home;
	struct browse_calls calls;
	struct filter *filter;
	char *path;
	bool is_searching; /* for "slow" */
	struct answer *answers;
};

static uint64_t time_of(uint64_t number)
{
	return BEGIN_NS + number * STEP_NS;
}

static uint64_t number_at(uint64_t wall_ns)
{
	uint64_t number;

	if (wall_ns <= BEGIN_NS)
		return 0;
	number = (wall_ns - BEGIN_NS + STEP_NS - 1) / STEP_NS;
	return number < EVENTS ? number : EVENTS;
}

static void take_answer(struct message *message)
{
	struct answer *answer = CONTAINER_OF(message, struct answer, message);
	struct browse *browse = answer->browse;

	if (browse) {
		struct answer **link = &browse->answers;

		while (*link != answer)
			link = &(*link)->next;
		*link = answer->next;
		answer->run(answer);
	}
	free(answer->path);
	free(answer);
}

static struct answer *make_answer(struct browse *browse, void (*run)(struct answer *answer))
{
	struct answer *answer = mem_zalloc(sizeof(*answer));

	answer->message.run = take_answer;
	answer->browse = browse;
	answer->run = run;
	answer->next = browse->answers;
	browse->answers = answer;
	return answer;
}

static void send_answer(struct browse *browse, struct answer *answer)
{
	queue_send(browse->home, &answer->message);
}

static void run_open(struct answer *answer)
{
	struct browse *browse = answer->browse;
	struct browse_info *info = &browse->info;

	if (strstr(browse->path, "missing")) {
		info->has_failed = true;
		error_set(&info->error, ERROR_NOT_FOUND, "there is no trace in '%s'", browse->path);
	} else {
		info->is_open = true;
		info->begin_wall_ns = BEGIN_NS;
		info->end_wall_ns = time_of(EVENTS - 1);
		info->trace_count = 1;
		info->stream_count = 2;
		info->packet_count = 50;
		info->packet_bytes = SEARCHED_BYTES;
		info->lost_events = GAP_EVENTS * (EVENTS / GAP_EVERY);
		info->gap_count = EVENTS / GAP_EVERY;
		info->is_indexed = true;
		for (size_t i = 0; i < BROWSE_BINS; i++)
			info->bins[i] = i % 32 + 1;
		for (size_t i = 0; i < info->gap_count; i++)
			info->has_gap[(i * GAP_EVERY + GAP_AT) * BROWSE_BINS / EVENTS] = true;
	}
	browse->calls.changed(browse->calls.data);
}

struct browse *browse_create(const char *path, const char *slices, struct queue *home,
			     const struct browse_calls *calls)
{
	struct browse *browse = mem_zalloc(sizeof(*browse));

	(void)slices;
	browse->path = mem_strdup(path);
	browse->info.path = browse->path;
	browse->home = home;
	browse->calls = *calls;
	send_answer(browse, make_answer(browse, run_open));
	return browse;
}

void browse_destroy(struct browse *browse)
{
	if (!browse)
		return;
	for (struct answer *answer = browse->answers; answer; answer = answer->next)
		answer->browse = NULL;
	filter_destroy(browse->filter);
	free(browse->path);
	free(browse);
}

const struct browse_info *browse_info(const struct browse *browse)
{
	return &browse->info;
}

static void run_change(struct answer *answer)
{
	answer->browse->calls.changed(answer->browse->calls.data);
}

void browse_refresh(struct browse *browse)
{
	send_answer(browse, make_answer(browse, run_change));
}

static void run_page(struct answer *answer)
{
	struct browse *browse = answer->browse;
	struct event_page *page = NULL;
	uint64_t first = answer->first;
	uint64_t number;

	if (error_is_set(&answer->error)) {
		browse->calls.page(browse->calls.data, NULL, NULL, &answer->error);
		return;
	}
	page = event_page_make();
	if (answer->direction == BROWSE_BACKWARD) {
		uint64_t left = answer->count;

		for (number = first; number > 0 && left > 0; number--)
			left -= is_shown(browse->filter, number - 1);
		first = number;
		answer->count -= left;
	}
	for (number = first; number < EVENTS && page->row_count < answer->count; number++)
		if (is_shown(browse->filter, number))
			add_event(page, number, time_of(number), is_hostile(browse->path));
	page->is_at_begin = first == 0;
	page->is_at_end = number == EVENTS;
	browse->calls.page(browse->calls.data, page, answer->has_target ? &answer->target : NULL,
			   NULL);
}

void browse_page(struct browse *browse, struct event_place place, enum browse_direction direction,
		 size_t row_count)
{
	struct answer *answer = make_answer(browse, run_page);

	answer->first = number_at(place.wall_ns);
	answer->count = row_count;
	answer->direction = direction;
	send_answer(browse, answer);
}

void browse_goto(struct browse *browse, uint64_t wall_ns, size_t row_count)
{
	browse_page(browse, (struct event_place){.wall_ns = wall_ns}, BROWSE_FORWARD, row_count);
}

void browse_goto_end(struct browse *browse, size_t row_count)
{
	browse_page(browse, (struct event_place){.wall_ns = UINT64_MAX}, BROWSE_BACKWARD,
		    row_count);
}

bool browse_set_filter(struct browse *browse, const char *expression, size_t *begin, size_t *end,
		       struct error *err)
{
	return replace_filter(&browse->filter, expression, begin, end, err);
}

static bool is_hit(const struct browse *browse, const struct browse_find *find,
		   const regex_t *regex, uint64_t number)
{
	struct event_page *page;
	struct text line = {0};
	bool is_found;

	if (!is_shown(browse->filter, number))
		return false;
	if (find->kind == BROWSE_FIND_GAP)
		return number % GAP_EVERY == GAP_AT;
	page = event_page_make();
	add_event(page, number, time_of(number), false);
	event_row_print(page, &page->rows[0], &line);
	is_found = find->kind == BROWSE_FIND_REGEX
			   ? regexec(regex, text_str(&line), 0, NULL, 0) == 0
			   : strstr(text_str(&line), find->pattern) != NULL;
	text_finish(&line);
	event_page_unref(page);
	return is_found;
}

static void search(struct browse *browse, const struct browse_find *find, const regex_t *regex)
{
	struct answer *answer = make_answer(browse, run_page);
	int64_t step = find->direction == BROWSE_FORWARD ? 1 : -1;
	int64_t number = (int64_t)number_at(find->from.wall_ns) + step;

	while (number >= 0 && number < EVENTS && !is_hit(browse, find, regex, (uint64_t)number))
		number += step;
	if (number < 0 || number >= EVENTS) {
		error_set(&answer->error, ERROR_NOT_FOUND, "nothing found");
	} else {
		answer->has_target = true;
		answer->target.wall_ns = time_of((uint64_t)number);
		answer->first = (uint64_t)number > find->row_count / 3
					? (uint64_t)number - find->row_count / 3
					: 0;
		answer->count = find->row_count;
	}
	send_answer(browse, answer);
}

bool browse_find(struct browse *browse, const struct browse_find *find, struct error *err)
{
	bool is_regex = find->kind == BROWSE_FIND_REGEX;
	regex_t regex;

	if (is_regex && regcomp(&regex, find->pattern, REG_EXTENDED | REG_NOSUB) != 0)
		return error_set(err, ERROR_INVALID, "'%s' is no regular expression",
				 find->pattern);
	if (!strcmp(find->pattern, "slow")) {
		browse->is_searching = true;
		browse->info.job = (struct browse_job){.what = "searching",
						       .done_bytes = SEARCHED_BYTES / 100 * 42,
						       .total_bytes = SEARCHED_BYTES,
						       .begun_at_ns = clock_monotonic_ns()};
		browse_refresh(browse);
		return true;
	}
	search(browse, find, &regex);
	if (is_regex)
		regfree(&regex);
	return true;
}

void browse_cancel(struct browse *browse)
{
	struct answer *answer;

	if (!browse->is_searching)
		return;
	browse->is_searching = false;
	browse->info.job.what = NULL;
	answer = make_answer(browse, run_page);
	error_set(&answer->error, ERROR_CANCELED, "canceled");
	send_answer(browse, answer);
}

void browse_cancel_request(struct browse *browse)
{
	browse_cancel(browse);
}

static void run_statistics(struct answer *answer)
{
	struct browse_type_count types[20];
	char names[20][32];
	struct browse_statistics statistics = {
		.begin_wall_ns = answer->begin_ns > BEGIN_NS ? answer->begin_ns : BEGIN_NS,
		.end_wall_ns =
			answer->end_ns < time_of(EVENTS - 1) ? answer->end_ns : time_of(EVENTS - 1),
		.lost_events = GAP_EVENTS,
		.types = types,
		.type_count = COUNT_OF(types),
		.has_field = answer->has_field,
	};

	for (size_t i = 0; i < COUNT_OF(types); i++) {
		snprintf(names[i], sizeof(names[i]), "my_app:request_%02zu", i);
		types[i] = (struct browse_type_count){.name = names[i]};
	}
	for (uint64_t i = 0; i < EVENTS; i++) {
		if (time_of(i) < answer->begin_ns || time_of(i) > answer->end_ns ||
		    !is_shown(answer->browse->filter, i))
			continue;
		statistics.event_count++;
		types[i % 20].count++;
	}
	statistics.value_count = statistics.event_count;
	statistics.maximum = EVENTS - 1;
	answer->counted(answer->data, &statistics, NULL);
}

void browse_statistics(struct browse *browse, uint64_t begin_wall_ns, uint64_t end_wall_ns,
		       const char *field,
		       void (*done)(void *data, const struct browse_statistics *statistics,
				    const struct error *err),
		       void *data)
{
	struct answer *answer = make_answer(browse, run_statistics);

	answer->begin_ns = begin_wall_ns;
	answer->end_ns = end_wall_ns;
	answer->has_field = field != NULL;
	answer->counted = done;
	answer->data = data;
	send_answer(browse, answer);
}

static void run_export(struct answer *answer)
{
	FILE *file = fopen(answer->path, "wxe");
	struct error err = ERROR_INIT;
	uint64_t count = 0;

	if (!file) {
		error_set(&err, ERROR_STATE, "'%s' exists already", answer->path);
		answer->exported(answer->data, 0, &err);
		return;
	}
	for (uint64_t i = 0; i < EVENTS; i++) {
		if (time_of(i) < answer->begin_ns || time_of(i) > answer->end_ns)
			continue;
		fprintf(file, "%u\n", (unsigned int)i);
		count++;
	}
	fclose(file);
	answer->exported(answer->data, count, NULL);
}

void browse_export(struct browse *browse, uint64_t begin_wall_ns, uint64_t end_wall_ns,
		   enum browse_format format, const char *path,
		   void (*done)(void *data, uint64_t event_count, const struct error *err),
		   void *data)
{
	struct answer *answer = make_answer(browse, run_export);

	(void)format;
	answer->begin_ns = begin_wall_ns;
	answer->end_ns = end_wall_ns;
	answer->path = mem_strdup(path);
	answer->exported = done;
	answer->data = data;
	send_answer(browse, answer);
}

/* ---- tails ---- */

struct tail {
	struct queue *home;
	struct tail_calls calls;
	struct tail_info info;
	struct event_page *page;
	struct filter *filter;
	struct message burst;
	atomic_bool is_sent; /* the burst is on its way */
	atomic_bool is_ending;
	bool is_dead; /* freed by the burst that is still on its way */
	bool has_thread;
	pthread_t thread;
};

static void fill_tail(struct tail *tail)
{
	uint64_t last = tail->info.seen_events;

	event_page_unref(tail->page);
	tail->page = event_page_make();
	for (uint64_t i = last > TAIL_KEPT ? last - TAIL_KEPT : 0; i < last; i++)
		if (is_shown(tail->filter, i))
			add_event(tail->page, i, time_of(i), fake_scene() == FAKE_HOSTILE);
	tail->info.shown_events = tail->page->row_count;
}

static void take_burst(struct message *message)
{
	struct tail *tail = CONTAINER_OF(message, struct tail, burst);

	if (tail->is_dead) {
		free(tail);
		return;
	}
	atomic_store(&tail->is_sent, false);
	tail->info.seen_events += TAIL_BURST;
	tail->info.decoded_events += TAIL_BURST;
	fill_tail(tail);
	tail->calls.changed(tail->calls.data);
}

static void *send_bursts(void *data)
{
	struct tail *tail = data;
	const struct timespec step = {.tv_nsec = TAIL_STEP_MS * 1000000};

	while (!atomic_load(&tail->is_ending)) {
		if (!atomic_exchange(&tail->is_sent, true))
			queue_send(tail->home, &tail->burst);
		nanosleep(&step, NULL);
	}
	return NULL;
}

struct tail *tail_create(const char *slices, struct queue *home, const struct tail_calls *calls)
{
	struct tail *tail = mem_zalloc(sizeof(*tail));

	(void)slices;
	tail->home = home;
	tail->calls = *calls;
	tail->burst.run = take_burst;
	/* The busy scene is about what its events cost alone. */
	tail->has_thread = fake_scene() != FAKE_BUSY;
	if (tail->has_thread)
		pthread_create(&tail->thread, NULL, send_bursts, tail);
	return tail;
}

void tail_destroy(struct tail *tail)
{
	if (!tail)
		return;
	atomic_store(&tail->is_ending, true);
	if (tail->has_thread)
		pthread_join(tail->thread, NULL);
	event_page_unref(tail->page);
	filter_destroy(tail->filter);
	tail->is_dead = true;
	if (!atomic_load(&tail->is_sent))
		free(tail);
}

struct tap *tail_tap(struct tail *tail)
{
	return (struct tap *)tail;
}

const struct tail_info *tail_info(const struct tail *tail)
{
	return &tail->info;
}

const struct event_page *tail_page(const struct tail *tail)
{
	return tail->page;
}

bool tail_set_filter(struct tail *tail, const char *expression, size_t *begin, size_t *end,
		     struct error *err)
{
	if (!replace_filter(&tail->filter, expression, begin, end, err))
		return false;
	fill_tail(tail);
	return true;
}

void tail_clear(struct tail *tail)
{
	tail->info.seen_events = 0;
	fill_tail(tail);
}
