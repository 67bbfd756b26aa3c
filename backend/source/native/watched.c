/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events that somebody waits for, recorded or not. Their flags are on; the source's own thread
 * reads the lanes for them whenever it looks, and lanes wait for it as for any stream. What it
 * finds goes to whoever asks for notices, counted by token.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "backend/base/fd.h"
#include "backend/base/mem.h"
#include "backend/base/self_trace.h"
#include "backend/source/native/stream.h"

#define CAPTURED_MAX 4096 /* notices with values that wait; those beyond are missed */

/* What a rule means in one user's events. */
struct table {
	struct table *next;
	const struct native_catalog *catalog;
	struct native_wants *wants; /* reference held */
};

struct watched {
	struct watched *next;
	uint64_t token;
	uid_t uid; /* 0: everybody's programs */
	struct rule_spec rule;
	struct filter **captures; /* NULL among them: no field */
	size_t capture_count;
	struct table *tables;
	uint64_t found;	 /* not told yet; the notices' lock */
	uint64_t missed; /* likewise */
};

struct notice { /* with values */
	struct notice *next;
	uint64_t token;
	struct word_list values;
};

struct native_watch {
	struct native_source *source;
	int event_fd;
	bool has_news; /* the source's thread: since event_fd was told */
	unsigned char *copy;
	uint64_t copy_bytes;
	const struct native_process *named; /* whose thread's name it is */
	uint32_t named_tid;
	char thread_name[NATIVE_THREAD_NAME_BYTES];
	pthread_mutex_t lock; /* a leaf: what follows; only the source's thread changes `first` */
	struct watched *first;
	struct notice *notices, **notices_end;
	size_t notice_count;
};

/* --- rules */

static void destroy(struct watched *watched)
{
	while (watched->tables) {
		struct table *table = watched->tables;

		watched->tables = table->next;
		native_wants_unref(table->wants);
		free(table);
	}
	for (size_t i = 0; i < watched->capture_count; i++)
		filter_destroy(watched->captures[i]);
	free(watched->captures);
	rule_spec_finish(&watched->rule);
	free(watched);
}

static struct watched *make(const struct watched_rule *wanted)
{
	struct watched *watched = mem_zalloc(sizeof(*watched));

	watched->token = wanted->token;
	watched->uid = wanted->uid;
	watched->rule = rule_spec_copy(wanted->rule);
	watched->capture_count = wanted->captures ? wanted->captures->count : 0;
	watched->captures = mem_zalloc((watched->capture_count + 1) * sizeof(struct filter *));
	for (size_t i = 0; i < watched->capture_count; i++) {
		struct filter_problem problem = {.error = ERROR_INIT};

		watched->captures[i] = filter_parse(wanted->captures->words[i], &problem);
	}
	return watched;
}

static struct table *get_table(struct watched *watched, const struct native_catalog *catalog)
{
	struct table *table = watched->tables;

	while (table && table->catalog != catalog)
		table = table->next;
	if (table)
		return table;
	table = mem_zalloc(sizeof(*table));
	table->catalog = catalog;
	table->next = watched->tables;
	watched->tables = table;
	return table;
}

/* NULL: nothing of that process. */
static const struct native_wants *wants_of(const struct watched *watched,
					   const struct native_process *process)
{
	const struct table *table = watched->tables;

	if (watched->uid != 0 && watched->uid != process->uid)
		return NULL;
	while (table && table->catalog != process->catalog)
		table = table->next;
	return table && table->wants->is_any ? table->wants : NULL;
}

bool native_watch_unite(const struct native_watch *watch, const struct native_process *process,
			unsigned char ids[NATIVE_ID_COUNT])
{
	bool is_watched = false;

	for (const struct watched *one = watch ? watch->first : NULL; one; one = one->next) {
		const struct native_wants *wants = wants_of(one, process);

		if (!wants)
			continue;
		is_watched = true;
		for (uint32_t id = LANE_ID_FIRST; id < process->catalog->end_id; id++)
			ids[id] |= wants->choice[id];
	}
	return is_watched;
}

static bool concerns(const struct native_watch *watch, const struct native_process *process)
{
	for (const struct watched *one = watch ? watch->first : NULL; one; one = one->next)
		if (wants_of(one, process))
			return true;
	return false;
}

/* --- what was found */

static void count_found(struct native_watch *watch, struct watched *watched)
{
	pthread_mutex_lock(&watch->lock);
	watched->found++;
	pthread_mutex_unlock(&watch->lock);
}

static void queue_values(struct native_watch *watch, struct watched *watched,
			 const struct native_event *event, const struct native_record *record)
{
	struct notice *notice = mem_zalloc(sizeof(*notice));
	bool has_room;

	notice->token = watched->token;
	for (size_t i = 0; i < watched->capture_count; i++) {
		const struct filter *field = watched->captures[i];
		struct text value = {0};

		native_record_print(event, field ? filter_root(field) : NULL, record, &value);
		word_list_add(&notice->values, text_str(&value));
		text_finish(&value);
	}
	pthread_mutex_lock(&watch->lock);
	has_room = watch->notice_count < CAPTURED_MAX;
	if (has_room) {
		*watch->notices_end = notice;
		watch->notices_end = &notice->next;
		watch->notice_count++;
	} else {
		watched->missed++;
	}
	pthread_mutex_unlock(&watch->lock);
	if (!has_room) {
		word_list_finish(&notice->values);
		free(notice);
	}
}

static const char *name_of(struct native_watch *watch, const struct native_writer_state *writer)
{
	if (watch->named != writer->process || watch->named_tid != writer->tid)
		native_thread_name(writer->process, writer->tid, watch->thread_name);
	watch->named = writer->process;
	watch->named_tid = writer->tid;
	return watch->thread_name;
}

static void judge(struct native_watch *watch, uint32_t id, struct native_record *record)
{
	const struct native_process *process = record->writer.process;

	for (struct watched *one = watch->first; one; one = one->next) {
		const struct native_wants *wants = wants_of(one, process);

		if (!wants || wants->choice[id] == NATIVE_UNWANTED)
			continue;
		record->writer.thread_name = name_of(watch, &record->writer);
		if (wants->choice[id] == NATIVE_ASKED && !native_wants_match(wants, id, record))
			continue;
		watch->has_news = true;
		if (one->capture_count == 0)
			count_found(watch, one);
		else
			queue_values(watch, one, native_catalog_find(process->catalog, id), record);
	}
}

/* --- lanes */

static void read_records(struct native_watch *watch, struct native_lane *lane, uint64_t bytes)
{
	const struct native_catalog *catalog = lane->process->catalog;

	for (uint64_t at = 0; at < bytes;) {
		uint32_t id = 0;
		uint64_t size = native_record_bytes(catalog, watch->copy + at, bytes - at, &id);
		struct native_record record = {
			.writer = {lane->process, lane->watched_tid, ""},
			.fields = watch->copy + at + LANE_RECORD_BYTES,
			.bytes = size - LANE_RECORD_BYTES,
		};

		if (size == 0)
			return;
		if (id == LANE_ID_OWNER)
			lane->watched_tid = native_record_owner(watch->copy + at);
		else if (id >= LANE_ID_FIRST)
			judge(watch, id, &record);
		at += size;
	}
}

static void hold(struct native_lane *lane, bool is_watched, uint64_t position)
{
	pthread_mutex_lock(&lane->process->lock);
	lane->is_watched = is_watched;
	lane->watched_to = position;
	pthread_mutex_unlock(&lane->process->lock);
}

/* Programs can't tell of which event it was that found no room. */
static void note_discarded(struct native_watch *watch, struct native_lane *lane)
{
	uint64_t discarded = native_lane_discarded(lane);
	uint64_t missed = discarded - lane->watched_discarded;

	lane->watched_discarded = discarded;
	if (missed == 0)
		return;
	pthread_mutex_lock(&watch->lock);
	for (struct watched *one = watch->first; one; one = one->next)
		if (wants_of(one, lane->process))
			one->missed += missed;
	pthread_mutex_unlock(&watch->lock);
}

/* It is copied first: the application may go on writing there. */
static void read_lane(struct native_watch *watch, struct native_lane *lane)
{
	uint64_t sub_bytes = native_sub_bytes(lane->process);
	uint64_t commit = native_lane_commit(lane);
	uint64_t read = lane->watched_to;
	struct native_piece piece;

	if (watch->copy_bytes < sub_bytes) {
		free(watch->copy);
		watch->copy = mem_alloc(sub_bytes);
		watch->copy_bytes = sub_bytes;
	}
	if (commit - (read & ~(sub_bytes - 1)) > native_ring_bytes(lane->process))
		read = commit; /* it can't have written so much */
	for (; read < commit; read = piece.next) {
		bool is_fine = native_piece_find(lane, read, commit, &piece);

		native_piece_tid(lane, read, &lane->watched_tid);
		if (!is_fine)
			continue;
		memcpy(watch->copy, native_piece_bytes(lane, &piece), piece.end - piece.from);
		read_records(watch, lane, piece.end - piece.from);
	}
	note_discarded(watch, lane);
	hold(lane, true, read);
	native_lane_settle(lane);
}

void native_watch_look(struct native_watch *watch, struct native_process *process)
{
	if (!watch || !watch->first)
		return;
	for (uint32_t i = 0; i < process->geometry.lanes && process->lanes; i++)
		if (process->lanes[i].is_watched)
			read_lane(watch, &process->lanes[i]);
	if (watch->has_news)
		fd_signal(watch->event_fd);
	watch->has_news = false;
}

void native_watch_left(struct native_watch *watch, struct native_process *process)
{
	native_watch_look(watch, process);
	if (watch && watch->named == process)
		watch->named = NULL;
}

void native_watch_begin_lane(const struct native_watch *watch, struct native_lane *lane)
{
	if (!concerns(watch, lane->process))
		return;
	lane->watched_discarded = 0;
	hold(lane, true, 0);
}

/* Lanes that nobody watched are read from here on; those of whom nobody wants more are let go of.
 */
static void follow_process(struct native_watch *watch, struct native_process *process)
{
	bool is_watched = concerns(watch, process);

	for (uint32_t i = 0; i < process->geometry.lanes && process->lanes; i++) {
		struct native_lane *lane = &process->lanes[i];

		if (!lane->is_used || lane->is_watched == is_watched)
			continue;
		lane->watched_tid = __atomic_load_n(&lane->header->tid, __ATOMIC_RELAXED);
		lane->watched_discarded = native_lane_discarded(lane);
		hold(lane, is_watched, native_lane_commit(lane));
		native_lane_settle(lane);
	}
}

static void renew_tables(struct native_source *source, struct watched *watched)
{
	const struct channel_spec channel = {.rules = &watched->rule, .rule_count = 1};

	for (struct native_catalog *catalog = source->catalogs; catalog; catalog = catalog->next) {
		struct table *table = get_table(watched, catalog);

		native_wants_unref(table->wants);
		table->wants = native_wants_create(catalog, &channel);
	}
}

void native_watch_follow(struct native_watch *watch)
{
	struct native_source *source;

	if (!watch)
		return;
	source = watch->source;
	for (struct watched *one = watch->first; one; one = one->next)
		renew_tables(source, one);
	for (struct native_process *process = source->processes; process; process = process->next)
		follow_process(watch, process);
}

bool native_watch_is_busy(const struct native_watch *watch)
{
	return watch && watch->first != NULL;
}

/* --- what others ask for */

struct change {
	struct message message;
	struct native_watch *watch;
	struct watched *added; /* NULL: the token goes */
	uint64_t token;
	struct task *task;
};

static void add(struct native_watch *watch, struct watched *watched)
{
	pthread_mutex_lock(&watch->lock);
	watched->next = watch->first;
	watch->first = watched;
	pthread_mutex_unlock(&watch->lock);
}

static void remove_token(struct native_watch *watch, uint64_t token)
{
	struct watched **link = &watch->first;
	struct watched *gone;

	while (*link && (*link)->token != token)
		link = &(*link)->next;
	gone = *link;
	if (!gone)
		return;
	pthread_mutex_lock(&watch->lock);
	*link = gone->next;
	pthread_mutex_unlock(&watch->lock);
	destroy(gone);
}

/* What was there before is judged by the rules of before. */
static void run_change(struct message *message)
{
	struct change *change = (struct change *)message;
	struct native_source *source = change->watch->source;

	native_sessions_poll(source);
	if (change->added)
		add(change->watch, change->added);
	else
		remove_token(change->watch, change->token);
	native_sessions_follow_watch(source);
	if (change->task)
		task_done(change->task, NULL);
	free(change);
}

static struct native_watch *watch_of(const struct source *base)
{
	return ((const struct native_source *)base)->watch;
}

static void post(struct native_watch *watch, struct watched *added, uint64_t token,
		 struct task *task)
{
	struct change *change = mem_zalloc(sizeof(*change));

	*change = (struct change){{.run = run_change}, watch, added, token, task};
	queue_send(watch->source->queue, &change->message);
}

void native_watch_add(struct source *base, const struct watched_rule *rule, struct task *task)
{
	if (native_rule_names_engine(rule->rule))
		native_trace_engine(watch_of(base)->source);
	post(watch_of(base), make(rule), 0, task);
}

void native_watch_remove(struct source *base, uint64_t token)
{
	post(watch_of(base), NULL, token, NULL);
}

int native_watch_fd(const struct source *base)
{
	return watch_of(base)->event_fd;
}

uint64_t native_watch_missed(struct source *base, uint64_t token)
{
	struct native_watch *watch = watch_of(base);
	uint64_t count = 0;

	pthread_mutex_lock(&watch->lock);
	for (const struct watched *one = watch->first; one; one = one->next)
		if (one->token == token)
			count = one->missed;
	pthread_mutex_unlock(&watch->lock);
	return count;
}

/* The lock is not held while it is told: whoever hears it may ask for more. */
static struct notice *take_values(struct native_watch *watch)
{
	struct notice *notices;

	pthread_mutex_lock(&watch->lock);
	notices = watch->notices;
	watch->notices = NULL;
	watch->notices_end = &watch->notices;
	watch->notice_count = 0;
	pthread_mutex_unlock(&watch->lock);
	return notices;
}

static bool take_count(struct native_watch *watch, uint64_t *token, uint64_t *count)
{
	struct watched *one;

	pthread_mutex_lock(&watch->lock);
	one = watch->first;
	while (one && one->found == 0)
		one = one->next;
	if (one) {
		*token = one->token;
		*count = one->found;
		one->found = 0;
	}
	pthread_mutex_unlock(&watch->lock);
	return one != NULL;
}

void native_watch_take(struct source *base,
		       void (*noticed)(void *data, uint64_t token, uint64_t count,
				       const struct word_list *captured),
		       void *data)
{
	struct native_watch *watch = watch_of(base);
	struct notice *notices;
	uint64_t token, count;

	fd_drain(watch->event_fd);
	notices = take_values(watch);
	while (notices) {
		struct notice *notice = notices;

		notices = notice->next;
		noticed(data, notice->token, 1, &notice->values);
		word_list_finish(&notice->values);
		free(notice);
	}
	while (take_count(watch, &token, &count))
		noticed(data, token, count, NULL);
}

/* --- life */

struct native_watch *native_watch_create(struct native_source *source)
{
	struct native_watch *watch = mem_zalloc(sizeof(*watch));

	watch->source = source;
	watch->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	watch->notices_end = &watch->notices;
	pthread_mutex_init(&watch->lock, NULL);
	return watch;
}

void native_watch_destroy(struct native_watch *watch)
{
	struct notice *notices = watch ? take_values(watch) : NULL;

	if (!watch)
		return;
	while (notices) {
		struct notice *notice = notices;

		notices = notice->next;
		word_list_finish(&notice->values);
		free(notice);
	}
	while (watch->first)
		remove_token(watch, watch->first->token);
	fd_close(&watch->event_fd);
	pthread_mutex_destroy(&watch->lock);
	free(watch->copy);
	free(watch);
}
