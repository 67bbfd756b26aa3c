/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See exporter.h. One lock protects what other threads see; it is never held while waiting. */
#include "backend/identity/exporter.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/fd.h"
#include "backend/base/json.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/base/thread.h"
#include "backend/base/units.h"
#include "backend/identity/export_verdict.h"

#define SENT_SUFFIX ".sent"
#define BATCH_BYTES ((size_t)4 * 1024 * 1024)
/* Between tries: as OpenTelemetry's own exporters have it, and longer, for the queue is on disk. */
#define RETRY_FACTOR_10 15
#define RETRY_CAP_MS	30000
#define RETRY_JITTER	5 /* a fifth more or less */

struct waiting_metrics {
	char *texts[EXPORTER_METRICS_MAX];
	size_t count;
};

enum signal { LOGS, METRICS, SIGNAL_COUNT };

/* One signal's way to its receiver: the other one's does not wait for it. The thread's own. */
struct way {
	const struct export_target *target;
	uint64_t retry_ms; /* how long the next failure is waited for */
	uint64_t due_ns;   /* not before, monotonic */
	bool was_told;	   /* the last answer refused a part, or had something to say */
	bool is_failing;   /* lock: others read it */
};

struct exporter {
	const struct export_settings *settings;
	struct way ways[SIGNAL_COUNT];
	char *journal_path;
	int sent_fd; /* locked: of several engines one sends the journal. -1: not ours */
	struct thread *thread;
	struct export *export; /* the thread's own, once it is needed */
	unsigned int random;
	_Atomic uint64_t give_up_at_ns; /* monotonic; 0: it is not ending */
	pthread_mutex_t lock;		/* protects the rest, a leaf */
	pthread_cond_t changed;
	bool is_ending;
	bool has_logs;
	struct waiting_metrics metrics;
	struct exporter_state state;
};

/* --- waiting. The lock is not held. */

static void wait_until(struct exporter *exporter, uint64_t at_ns,
		       bool (*is_over)(struct exporter *))
{
	struct timespec until = {(time_t)(at_ns / NS_PER_S), (long)(at_ns % NS_PER_S)};

	pthread_mutex_lock(&exporter->lock);
	while (!is_over(exporter) && clock_monotonic_ns() < at_ns)
		pthread_cond_timedwait(&exporter->changed, &exporter->lock, &until);
	pthread_mutex_unlock(&exporter->lock);
}

static bool is_ending(struct exporter *exporter)
{
	return exporter->is_ending;
}

static bool is_due(const struct way *way)
{
	return clock_monotonic_ns() >= way->due_ns;
}

/* What has to be tried again later is no work yet. */
static bool has_work(struct exporter *exporter)
{
	return exporter->is_ending || (exporter->has_logs && is_due(&exporter->ways[LOGS])) ||
	       (exporter->metrics.count > 0 && is_due(&exporter->ways[METRICS]));
}

static bool ends(struct exporter *exporter)
{
	bool value;

	pthread_mutex_lock(&exporter->lock);
	value = exporter->is_ending;
	pthread_mutex_unlock(&exporter->lock);
	return value;
}

/* --- one request */

/* Lock held. */
static void set_failing(struct exporter *exporter, struct way *way, bool is_failing)
{
	way->is_failing = is_failing;
	exporter->state.is_failing =
		exporter->ways[LOGS].is_failing || exporter->ways[METRICS].is_failing;
}

static void note_failure(struct exporter *exporter, struct way *way, const char *why)
{
	const char *url = way->target->url;
	bool is_new;

	pthread_mutex_lock(&exporter->lock);
	is_new = !way->is_failing;
	set_failing(exporter, way, true);
	snprintf(exporter->state.last_failure, sizeof(exporter->state.last_failure), "%s: %s", url,
		 why);
	pthread_mutex_unlock(&exporter->lock);
	if (is_new)
		log_write(LOG_LEVEL_WARNING, "OTLP export to %s: %s", url, why);
}

static void note_success(struct exporter *exporter, struct way *way, const char *remark)
{
	bool is_told = *remark != '\0';
	bool was_failing;

	pthread_mutex_lock(&exporter->lock);
	was_failing = way->is_failing;
	set_failing(exporter, way, false);
	pthread_mutex_unlock(&exporter->lock);
	way->retry_ms = exporter->settings->retry_first_ms;
	if (was_failing)
		log_write(LOG_LEVEL_INFO, "OTLP export to %s goes on", way->target->url);
	if (is_told && !way->was_told)
		log_write(LOG_LEVEL_WARNING, "OTLP export to %s: %s", way->target->url, remark);
	way->was_told = is_told;
}

static bool is_open(struct exporter *exporter, struct error *err)
{
	if (!exporter->export)
		exporter->export = export_create(err);
	return exporter->export != NULL;
}

static void post(struct exporter *exporter, struct way *way, const struct text *body,
		 struct export_verdict *verdict)
{
	struct export_answer answer = {0};
	struct error err = ERROR_INIT;

	*verdict = (struct export_verdict){.outcome = EXPORT_REFUSED};
	if (body->length > EXPORT_REQUEST_MAX)
		return;
	verdict->outcome = EXPORT_TRY_LATER;
	if (!is_open(exporter, &err) ||
	    !export_post(exporter->export, way->target, body->bytes, body->length,
			 &exporter->give_up_at_ns, &answer, &err)) {
		note_failure(exporter, way, err.message);
	} else {
		export_judge(&answer, verdict);
		if (verdict->outcome == EXPORT_ARRIVED)
			note_success(exporter, way, verdict->why);
		else
			note_failure(exporter, way, verdict->why);
	}
	text_finish(&answer.body);
}

/* Longer from time to time, and not for all programs at once. */
static void back_off(struct exporter *exporter, struct way *way, uint64_t after_s)
{
	uint64_t wait_ms = way->retry_ms;
	uint64_t fifth = wait_ms / RETRY_JITTER;

	exporter->random = exporter->random * 1103515245U + 12345U;
	wait_ms = wait_ms - fifth + (uint64_t)(exporter->random >> 8) % (2 * fifth + 1);
	if (after_s > 0)
		wait_ms = after_s * 1000;
	way->retry_ms = way->retry_ms * RETRY_FACTOR_10 / 10;
	if (way->retry_ms > RETRY_CAP_MS)
		way->retry_ms = RETRY_CAP_MS;
	way->due_ns = clock_monotonic_ns() + wait_ms * NS_PER_MS;
	pthread_mutex_lock(&exporter->lock);
	exporter->state.retries++;
	pthread_mutex_unlock(&exporter->lock);
}

/* --- the journal */

struct sent_mark {
	uint64_t offset;
	uint64_t inode;
};

/* A mark of another file says nothing of this one. */
static uint64_t read_mark(const struct exporter *exporter, const struct stat *journal)
{
	char text[64] = "";
	struct sent_mark mark = {0, 0};

	if (pread(exporter->sent_fd, text, sizeof(text) - 1, 0) > 0 &&
	    sscanf(text, "%" SCNu64 " %" SCNu64, &mark.offset, &mark.inode) == 2 &&
	    mark.inode == journal->st_ino && mark.offset <= (uint64_t)journal->st_size)
		return mark.offset;
	return 0;
}

/* A fixed length: one write, nothing to cut off. */
static void write_mark(const struct exporter *exporter, const struct stat *journal, uint64_t offset)
{
	char text[64];
	int length = snprintf(text, sizeof(text), "%020" PRIu64 " %020" PRIu64 "\n", offset,
			      (uint64_t)journal->st_ino);

	if (pwrite(exporter->sent_fd, text, (size_t)length, 0) != length)
		log_write(LOG_LEVEL_WARNING,
			  "what was exported can't be marked: it may be sent again");
}

static bool claim_journal(struct exporter *exporter)
{
	char *path;

	if (exporter->sent_fd >= 0)
		return true;
	path = mem_printf("%s" SENT_SUFFIX, exporter->journal_path);
	exporter->sent_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	free(path);
	if (exporter->sent_fd >= 0 && flock(exporter->sent_fd, LOCK_EX | LOCK_NB) < 0)
		fd_close(&exporter->sent_fd);
	return exporter->sent_fd >= 0;
}

#define LINE_HEAD "{\"resourceLogs\":["
#define LINE_TAIL "]}"

/* Adds what is between the brackets; false: it is no line of ours, or torn. */
static bool add_line(struct text *body, const char *line, size_t length)
{
	const size_t head = strlen(LINE_HEAD);
	const size_t tail = strlen(LINE_TAIL);
	struct json *whole;

	if (length <= head + tail || memcmp(line, LINE_HEAD, head) != 0 ||
	    memcmp(line + length - tail, LINE_TAIL, tail) != 0)
		return false;
	whole = json_parse(line, length, NULL);
	if (!whole)
		return false;
	json_unref(whole);
	text_add(body, body->length ? "," : LINE_HEAD);
	text_add_bytes(body, line + head, length - head - tail);
	return true;
}

struct batch {
	struct text body;
	uint64_t record_count, bad_count;
	uint64_t end; /* where the next one begins */
};

static void take_lines(struct batch *batch, const char *bytes, size_t length, uint64_t record_max)
{
	const char *newline;

	while (batch->record_count < record_max && (newline = memchr(bytes, '\n', length))) {
		size_t part = (size_t)(newline - bytes);

		if (part > 0 && add_line(&batch->body, bytes, part))
			batch->record_count++;
		else
			batch->bad_count += part > 0;
		bytes = newline + 1;
		length -= part + 1;
		batch->end += part + 1;
	}
	if (batch->record_count > 0)
		text_add(&batch->body, LINE_TAIL);
}

static uint64_t count_lines(int fd, uint64_t from, uint64_t to)
{
	char *block = mem_alloc(65536);
	uint64_t count = 0;

	while (from < to) {
		ssize_t length = pread(fd, block, 65536, (off_t)from);

		if (length <= 0)
			break;
		for (ssize_t i = 0; i < length; i++)
			count += block[i] == '\n';
		from += (uint64_t)length;
	}
	free(block);
	return count;
}

static void drop_logs(struct exporter *exporter, uint64_t count)
{
	if (count == 0)
		return;
	pthread_mutex_lock(&exporter->lock);
	exporter->state.dropped_logs += count;
	pthread_mutex_unlock(&exporter->lock);
}

static void read_batch(struct exporter *exporter, int fd, const struct stat *status,
		       struct batch *batch)
{
	uint64_t size = (uint64_t)status->st_size;
	char *bytes;
	ssize_t length;

	if (size - batch->end > EXPORTER_BACKLOG_MAX) {
		uint64_t from = size - EXPORTER_BACKLOG_MAX;

		drop_logs(exporter, count_lines(fd, batch->end, from));
		batch->end = from;
	}
	bytes = mem_alloc(BATCH_BYTES);
	length = pread(fd, bytes, BATCH_BYTES, (off_t)batch->end);
	if (length > 0)
		take_lines(batch, bytes, (size_t)length, exporter->settings->log_batch_max);
	/* No end of a line in all of that: nothing that was ever written by us. */
	if (length == (ssize_t)BATCH_BYTES && batch->record_count + batch->bad_count == 0) {
		batch->end += BATCH_BYTES;
		batch->bad_count++;
	}
	free(bytes);
}

static void send_batch(struct exporter *exporter, struct batch *batch,
		       struct export_verdict *verdict)
{
	uint64_t rejected;

	*verdict = (struct export_verdict){.outcome = EXPORT_ARRIVED};
	if (batch->record_count > 0)
		post(exporter, &exporter->ways[LOGS], &batch->body, verdict);
	if (verdict->outcome == EXPORT_TRY_LATER)
		return;
	rejected = verdict->rejected;
	if (rejected > batch->record_count || verdict->outcome == EXPORT_REFUSED)
		rejected = batch->record_count;
	drop_logs(exporter, batch->bad_count + rejected);
	pthread_mutex_lock(&exporter->lock);
	exporter->state.sent_logs += batch->record_count - rejected;
	pthread_mutex_unlock(&exporter->lock);
}

/* True: there may be more. */
static bool send_some_logs(struct exporter *exporter, struct export_verdict *verdict)
{
	int fd = open(exporter->journal_path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct batch batch = {.end = 0};
	uint64_t begin;
	struct stat status;

	if (fd < 0)
		return false;
	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
		fd_close(&fd);
		return false;
	}
	begin = read_mark(exporter, &status);
	batch.end = begin;
	read_batch(exporter, fd, &status, &batch);
	fd_close(&fd);
	if (batch.end != begin) {
		send_batch(exporter, &batch, verdict);
		if (verdict->outcome != EXPORT_TRY_LATER)
			write_mark(exporter, &status, batch.end);
	}
	text_finish(&batch.body);
	return batch.end != begin && verdict->outcome != EXPORT_TRY_LATER;
}

/* --- metrics */

static char *take_metrics(struct exporter *exporter)
{
	char *text = NULL;

	pthread_mutex_lock(&exporter->lock);
	if (exporter->metrics.count > 0) {
		text = exporter->metrics.texts[0];
		memmove(exporter->metrics.texts, exporter->metrics.texts + 1,
			--exporter->metrics.count * sizeof(char *));
	}
	pthread_mutex_unlock(&exporter->lock);
	return text;
}

/* Before those that came since; a full queue has newer ones. */
static void put_back(struct exporter *exporter, char *text)
{
	struct waiting_metrics *waiting = &exporter->metrics;

	pthread_mutex_lock(&exporter->lock);
	if (waiting->count < EXPORTER_METRICS_MAX) {
		memmove(waiting->texts + 1, waiting->texts, waiting->count * sizeof(char *));
		waiting->texts[0] = text;
		waiting->count++;
		text = NULL;
	} else {
		exporter->state.dropped_metrics++;
	}
	pthread_mutex_unlock(&exporter->lock);
	free(text);
}

/* The specification asks each data point for its time; what is quoted in texts is escaped. */
static uint64_t count_points(const char *metrics)
{
	static const char key[] = "\"timeUnixNano\":";
	uint64_t count = 0;

	for (const char *at = metrics; (at = strstr(at, key)); at += strlen(key))
		count++;
	return count;
}

/* Counted once for each text, whatever came of it; a receiver may claim to have refused more. */
static void note_metrics(struct exporter *exporter, const char *text,
			 const struct export_verdict *verdict)
{
	bool has_arrived = verdict->outcome == EXPORT_ARRIVED;
	uint64_t points = has_arrived && verdict->rejected > 0 ? count_points(text) : 0;

	pthread_mutex_lock(&exporter->lock);
	exporter->state.sent_metrics += has_arrived;
	exporter->state.dropped_metrics += !has_arrived;
	exporter->state.dropped_points += verdict->rejected < points ? verdict->rejected : points;
	pthread_mutex_unlock(&exporter->lock);
}

/* True: there may be more. */
static bool send_some_metrics(struct exporter *exporter, struct export_verdict *verdict)
{
	struct text body = {0};
	char *text = take_metrics(exporter);

	if (!text)
		return false;
	text_add(&body, text);
	post(exporter, &exporter->ways[METRICS], &body, verdict);
	text_finish(&body);
	if (verdict->outcome == EXPORT_TRY_LATER) {
		put_back(exporter, text);
		return false;
	}
	note_metrics(exporter, text, verdict);
	free(text);
	return true;
}

/* --- the thread */

static bool is_time_over(struct exporter *exporter)
{
	uint64_t at_ns = atomic_load(&exporter->give_up_at_ns);

	return at_ns && clock_monotonic_ns() >= at_ns;
}

static void send_signal(struct exporter *exporter, enum signal signal,
			bool (*send_some)(struct exporter *, struct export_verdict *))
{
	struct export_verdict verdict = {.outcome = EXPORT_ARRIVED};
	struct way *way = &exporter->ways[signal];

	if (!way->target->url || (!is_due(way) && !ends(exporter)))
		return;
	while (!is_time_over(exporter) && send_some(exporter, &verdict))
		;
	if (verdict.outcome == EXPORT_TRY_LATER)
		back_off(exporter, way, verdict.wait_s);
}

static void send_all(struct exporter *exporter)
{
	pthread_mutex_lock(&exporter->lock);
	exporter->has_logs = false;
	pthread_mutex_unlock(&exporter->lock);
	if (exporter->journal_path && claim_journal(exporter))
		send_signal(exporter, LOGS, send_some_logs);
	send_signal(exporter, METRICS, send_some_metrics);
}

/* Then something is to be tried again, or another engine may have let go of the journal. */
static uint64_t next_look_ns(const struct exporter *exporter)
{
	uint64_t now_ns = clock_monotonic_ns();
	uint64_t at_ns = now_ns + 10 * NS_PER_S;

	for (int signal = 0; signal < SIGNAL_COUNT; signal++) {
		uint64_t due_ns = exporter->ways[signal].due_ns;

		if (due_ns > now_ns && due_ns < at_ns)
			at_ns = due_ns;
	}
	return at_ns;
}

/* Those that come together go together. */
static void run(void *data)
{
	struct exporter *exporter = data;

	while (true) {
		bool is_last = ends(exporter);

		send_all(exporter);
		if (is_last)
			break;
		wait_until(exporter, next_look_ns(exporter), has_work);
		wait_until(exporter,
			   clock_monotonic_ns() + exporter->settings->log_delay_ms * NS_PER_MS,
			   is_ending);
	}
	export_destroy(exporter->export);
	exporter->export = NULL;
}

/* --- from other threads */

void exporter_wake(struct exporter *exporter)
{
	if (!exporter)
		return;
	pthread_mutex_lock(&exporter->lock);
	exporter->has_logs = true;
	pthread_cond_signal(&exporter->changed);
	pthread_mutex_unlock(&exporter->lock);
}

void exporter_send_metrics(struct exporter *exporter, char *text)
{
	struct waiting_metrics *waiting = exporter ? &exporter->metrics : NULL;
	char *oldest = NULL;

	if (!exporter || !exporter->settings->metrics.url) {
		free(text);
		return;
	}
	pthread_mutex_lock(&exporter->lock);
	if (waiting->count == EXPORTER_METRICS_MAX) {
		oldest = waiting->texts[0];
		memmove(waiting->texts, waiting->texts + 1, --waiting->count * sizeof(char *));
		exporter->state.dropped_metrics++;
	}
	waiting->texts[waiting->count++] = text;
	pthread_cond_signal(&exporter->changed);
	pthread_mutex_unlock(&exporter->lock);
	free(oldest);
}

struct exporter_state exporter_state(struct exporter *exporter)
{
	struct exporter_state state = {.sends_logs = false};

	if (!exporter)
		return state;
	pthread_mutex_lock(&exporter->lock);
	state = exporter->state;
	pthread_mutex_unlock(&exporter->lock);
	return state;
}

struct exporter *exporter_create(const struct export_settings *settings, const char *journal_path,
				 struct error *err)
{
	struct exporter *exporter = mem_zalloc(sizeof(*exporter));
	pthread_condattr_t attributes;

	exporter->settings = settings;
	exporter->journal_path = journal_path ? mem_strdup(journal_path) : NULL;
	exporter->sent_fd = -1;
	exporter->ways[LOGS] = (struct way){.target = &settings->logs};
	exporter->ways[METRICS] = (struct way){.target = &settings->metrics};
	for (int signal = 0; signal < SIGNAL_COUNT; signal++)
		exporter->ways[signal].retry_ms = settings->retry_first_ms;
	exporter->random = (unsigned int)getpid();
	exporter->has_logs = true;
	exporter->state.sends_logs = settings->logs.url && journal_path;
	exporter->state.sends_metrics = settings->metrics.url != NULL;
	pthread_mutex_init(&exporter->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&exporter->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	exporter->thread = thread_start("export", run, exporter, err);
	if (exporter->thread)
		return exporter;
	exporter_destroy(exporter, 0);
	return NULL;
}

static void let_it_end(struct exporter *exporter, uint64_t wait_ms)
{
	pthread_mutex_lock(&exporter->lock);
	exporter->is_ending = true;
	atomic_store(&exporter->give_up_at_ns, clock_monotonic_ns() + wait_ms * NS_PER_MS);
	pthread_cond_broadcast(&exporter->changed);
	pthread_mutex_unlock(&exporter->lock);
}

void exporter_destroy(struct exporter *exporter, uint64_t wait_ms)
{
	if (!exporter)
		return;
	if (exporter->thread)
		let_it_end(exporter, wait_ms);
	thread_join(exporter->thread);
	for (size_t i = 0; i < exporter->metrics.count; i++)
		free(exporter->metrics.texts[i]);
	fd_close(&exporter->sent_fd);
	pthread_cond_destroy(&exporter->changed);
	pthread_mutex_destroy(&exporter->lock);
	free(exporter->journal_path);
	free(exporter);
}
