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
#include "backend/identity/export.h"

#define SENT_SUFFIX ".sent"
#define BATCH_BYTES ((size_t)4 * 1024 * 1024)
/* Between tries, in ms: as OpenTelemetry's own exporters have it, and longer, for the queue is on
 * disk. */
#define RETRY_FIRST_MS	1000
#define RETRY_FACTOR_10 15
#define RETRY_CAP_MS	30000
#define RETRY_JITTER	5 /* a fifth more or less */

struct waiting_metrics {
	char *texts[EXPORTER_METRICS_MAX];
	size_t count;
};

struct exporter {
	const struct export_settings *settings;
	char *journal_path;
	int sent_fd; /* locked: of several engines one sends the journal. -1: not ours */
	struct thread *thread;
	struct export *export; /* the thread's own, once it is needed */
	uint64_t retry_ms;
	unsigned int random;
	bool was_told; /* the last answer refused a part, or had something to say */
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

static bool has_work(struct exporter *exporter)
{
	return exporter->is_ending || exporter->has_logs || exporter->metrics.count > 0;
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

enum outcome_kind { ARRIVED, REFUSED, TRY_LATER };

static void note_failure(struct exporter *exporter, const char *url, const char *why)
{
	bool is_new;

	pthread_mutex_lock(&exporter->lock);
	is_new = !exporter->state.is_failing;
	exporter->state.is_failing = true;
	snprintf(exporter->state.last_failure, sizeof(exporter->state.last_failure), "%s: %s", url,
		 why);
	pthread_mutex_unlock(&exporter->lock);
	if (is_new)
		log_write(LOG_LEVEL_WARNING, "OTLP export to %s: %s", url, why);
}

static void note_success(struct exporter *exporter, const char *url)
{
	bool was_failing;

	pthread_mutex_lock(&exporter->lock);
	was_failing = exporter->state.is_failing;
	exporter->state.is_failing = false;
	pthread_mutex_unlock(&exporter->lock);
	exporter->retry_ms = RETRY_FIRST_MS;
	if (was_failing)
		log_write(LOG_LEVEL_INFO, "OTLP export to %s goes on", url);
}

/* Text or number, as others write it. */
static uint64_t read_count(const struct json *object, const char *name)
{
	const char *text = json_get_text(object, name);
	uint64_t value = 0;

	if (!(text ? units_parse_u64(text, &value) : json_get_u64(object, name, &value)))
		return 0;
	return value;
}

/* How many of the records the receiver did not want; an answer that can't be read is a success. */
static uint64_t read_rejected(struct exporter *exporter, const char *url,
			      const struct export_answer *answer)
{
	struct json *whole = json_parse(text_str(&answer->body), answer->body.length, NULL);
	const struct json *partial = json_get(whole, "partialSuccess");
	const char *message = json_get_text(partial, "errorMessage");
	uint64_t rejected = read_count(partial, "rejectedLogRecords") +
			    read_count(partial, "rejectedDataPoints");

	bool is_told = rejected > 0 || (message && *message);

	if (is_told && !exporter->was_told)
		log_write(LOG_LEVEL_WARNING, "OTLP export to %s: %" PRIu64 " rejected: %.100s", url,
			  rejected, message ? message : "");
	exporter->was_told = is_told;
	json_unref(whole);
	return rejected;
}

/* The specification's list; every other failure is for good. */
static bool may_retry(long status)
{
	return status == 429 || status == 502 || status == 503 || status == 504;
}

static void explain(const struct export_answer *answer, char out[ERROR_MESSAGE_MAX])
{
	struct json *whole = json_parse(text_str(&answer->body), answer->body.length, NULL);
	const char *message = json_get_text(whole, "message");

	snprintf(out, ERROR_MESSAGE_MAX, "status %ld%s%.100s", answer->status, message ? ": " : "",
		 message ? message : "");
	json_unref(whole);
}

static bool is_open(struct exporter *exporter, struct error *err)
{
	if (!exporter->export)
		exporter->export = export_create(err);
	return exporter->export != NULL;
}

static enum outcome_kind post(struct exporter *exporter, const struct export_target *target,
			      const struct text *body, uint64_t *rejected, uint64_t *after_s)
{
	struct export_answer answer = {0};
	struct error err = ERROR_INIT;
	enum outcome_kind kind = TRY_LATER;
	char why[ERROR_MESSAGE_MAX];

	*rejected = 0;
	*after_s = 0;
	if (body->length > EXPORT_REQUEST_MAX)
		return REFUSED;
	if (!is_open(exporter, &err) ||
	    !export_post(exporter->export, target, body->bytes, body->length,
			 &exporter->give_up_at_ns, &answer, &err)) {
		note_failure(exporter, target->url, err.message);
	} else if (answer.status >= 200 && answer.status < 300) {
		kind = ARRIVED;
		*rejected = read_rejected(exporter, target->url, &answer);
		note_success(exporter, target->url);
	} else {
		explain(&answer, why);
		note_failure(exporter, target->url, why);
		kind = may_retry(answer.status) ? TRY_LATER : REFUSED;
		*after_s = answer.retry_after_s;
	}
	text_finish(&answer.body);
	return kind;
}

/* Longer from time to time, and not for all programs at once. */
static void back_off(struct exporter *exporter, uint64_t after_s)
{
	uint64_t wait_ms = exporter->retry_ms;
	uint64_t fifth = wait_ms / RETRY_JITTER;

	exporter->random = exporter->random * 1103515245U + 12345U;
	wait_ms = wait_ms - fifth + (uint64_t)(exporter->random >> 8) % (2 * fifth + 1);
	if (after_s > 0)
		wait_ms = after_s * 1000;
	exporter->retry_ms = exporter->retry_ms * RETRY_FACTOR_10 / 10;
	if (exporter->retry_ms > RETRY_CAP_MS)
		exporter->retry_ms = RETRY_CAP_MS;
	pthread_mutex_lock(&exporter->lock);
	exporter->state.retries++;
	pthread_mutex_unlock(&exporter->lock);
	wait_until(exporter, clock_monotonic_ns() + wait_ms * NS_PER_MS, is_ending);
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

static enum outcome_kind send_batch(struct exporter *exporter, struct batch *batch,
				    uint64_t *after_s)
{
	enum outcome_kind kind = ARRIVED;
	uint64_t rejected = 0;

	if (batch->record_count > 0)
		kind = post(exporter, &exporter->settings->logs, &batch->body, &rejected, after_s);
	if (kind == TRY_LATER)
		return kind;
	if (rejected > batch->record_count || kind == REFUSED)
		rejected = batch->record_count;
	drop_logs(exporter, batch->bad_count + rejected);
	pthread_mutex_lock(&exporter->lock);
	exporter->state.sent_logs += batch->record_count - rejected;
	pthread_mutex_unlock(&exporter->lock);
	return kind;
}

/* True: there may be more. */
static bool send_some_logs(struct exporter *exporter, enum outcome_kind *kind, uint64_t *after_s)
{
	int fd = open(exporter->journal_path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct batch batch = {.end = 0};
	uint64_t begin;
	struct stat status;

	*kind = ARRIVED;
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
		*kind = send_batch(exporter, &batch, after_s);
		if (*kind != TRY_LATER)
			write_mark(exporter, &status, batch.end);
	}
	text_finish(&batch.body);
	return batch.end != begin && *kind != TRY_LATER;
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

/* True: there may be more. */
static bool send_some_metrics(struct exporter *exporter, enum outcome_kind *kind, uint64_t *after_s)
{
	struct text body = {0};
	uint64_t rejected;
	char *text = take_metrics(exporter);

	*kind = ARRIVED;
	if (!text)
		return false;
	text_add(&body, text);
	*kind = post(exporter, &exporter->settings->metrics, &body, &rejected, after_s);
	text_finish(&body);
	if (*kind == TRY_LATER) {
		put_back(exporter, text);
		return false;
	}
	free(text);
	pthread_mutex_lock(&exporter->lock);
	if (*kind == ARRIVED)
		exporter->state.sent_metrics++;
	else
		exporter->state.dropped_metrics++;
	pthread_mutex_unlock(&exporter->lock);
	return true;
}

/* --- the thread */

static bool is_time_over(struct exporter *exporter)
{
	uint64_t at_ns = atomic_load(&exporter->give_up_at_ns);

	return at_ns && clock_monotonic_ns() >= at_ns;
}

/* False: something has to be tried again, after_s from now if the receiver says so. */
static bool send_all(struct exporter *exporter, uint64_t *after_s)
{
	enum outcome_kind kind = ARRIVED;

	pthread_mutex_lock(&exporter->lock);
	exporter->has_logs = false;
	pthread_mutex_unlock(&exporter->lock);
	if (exporter->settings->logs.url && exporter->journal_path && claim_journal(exporter))
		while (!is_time_over(exporter) && send_some_logs(exporter, &kind, after_s))
			;
	if (kind == TRY_LATER)
		return false;
	if (exporter->settings->metrics.url)
		while (!is_time_over(exporter) && send_some_metrics(exporter, &kind, after_s))
			;
	return kind != TRY_LATER;
}

/* Those that come together go together. */
static void run(void *data)
{
	struct exporter *exporter = data;
	uint64_t poll_ns = 10 * NS_PER_S; /* another engine may let go of the journal */

	while (true) {
		bool is_last = ends(exporter);
		uint64_t after_s = 0;
		bool is_sent = send_all(exporter, &after_s);

		if (is_last)
			break;
		if (!is_sent) {
			back_off(exporter, after_s);
			continue;
		}
		wait_until(exporter, clock_monotonic_ns() + poll_ns, has_work);
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
	exporter->retry_ms = RETRY_FIRST_MS;
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
