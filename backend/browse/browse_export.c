/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes a selection to a file or, as CTF, to a folder: text and JSON window by window, CTF in
 * parts that fit into memory, each a trace of its own below the folder when there is more than one.
 * What was written is removed when it isn't finished.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/fd.h"
#include "backend/base/json.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/browse/browse_parts.h"
#include "backend/browse/cut.h"

#define WRITE_BYTES 65536 /* collected before they are written */

struct export_job {
	struct long_job job; /* first */
	enum browse_format format;
	char *path;
	void (*done)(void *data, uint64_t event_count, const struct error *err);
	void *data;
	bool is_begun, is_made;
	struct filter *filter;
	int fd;
	struct text text;
	uint64_t event_count, last_ns;
	bool has_last;
	/* CTF */
	unsigned int part_count;
	bool is_whole; /* in one part */
	struct slice *slice;
	struct decode_copy *copy;
};

/* --- text ------------------------------------------------------------------------------------- */

/* Local time, as `babeltrace2` prints it, and the distance to the line before. */
static void print_time(struct export_job *own, uint64_t wall_ns)
{
	struct tm local;
	char clock[16];

	clock_local(wall_ns, &local);
	strftime(clock, sizeof(clock), "%H:%M:%S", &local);
	text_addf(&own->text, "[%s.%09" PRIu64 "] ", clock, wall_ns % NS_PER_S);
	if (own->has_last)
		text_addf(&own->text, "(+%" PRIu64 ".%09" PRIu64 ") ",
			  (wall_ns - own->last_ns) / NS_PER_S, (wall_ns - own->last_ns) % NS_PER_S);
	else
		text_add(&own->text, "(+?.\?\?\?\?\?\?\?\?\?) ");
	own->last_ns = wall_ns;
	own->has_last = true;
}

static void print_text(struct export_job *own, const struct read_event *event)
{
	if (event->lost_events > 0 || event->lost_packets > 0)
		text_addf(&own->text, "# lost: %" PRIu64 " events, %" PRIu64 " packets\n",
			  event->lost_events, event->lost_packets);
	print_time(own, event->place.wall_ns);
	decoder_print_all(event->decoder, &own->text);
	text_add_char(&own->text, '\n');
}

static void print_json(struct export_job *own, const struct read_event *event)
{
	struct json *line = json_create_object();

	json_put_u64(line, "time_ns", event->place.wall_ns);
	json_put_text(line, "name", event->name);
	json_put_text(line, "stream", event->stream_name);
	if (event->lost_events > 0)
		json_put_u64(line, "lost_events_before", event->lost_events);
	if (event->lost_packets > 0)
		json_put_u64(line, "lost_packets_before", event->lost_packets);
	decoder_put_json(event->decoder, line);
	json_print(line, &own->text);
	text_add_char(&own->text, '\n');
	json_unref(line);
}

static bool flush(struct export_job *own, struct error *err)
{
	if (own->text.length > 0 && !fd_write_all(own->fd, own->text.bytes, own->text.length))
		return error_set_errno(err, errno, "cannot write '%s'", own->path);
	text_clear(&own->text);
	return true;
}

static bool write_window(struct export_job *own, struct browse_worker *worker,
			 struct reader *reader, struct error *err)
{
	enum decoder_result result;
	struct read_event event;
	size_t count = 0;

	while ((result = reader_next(reader, &event, err)) == DECODER_EVENT) {
		if (++count % CHECK_EVENTS == 0 &&
		    browse_worker_is_canceled(worker, own->job.cancels))
			return browse_says_canceled(err);
		if (event.place.wall_ns > own->job.end_ns)
			break;
		if (!decoder_matches(event.decoder, own->filter)) {
			reader_pass(reader);
			continue;
		}
		if (own->format == BROWSE_TEXT)
			print_text(own, &event);
		else
			print_json(own, &event);
		own->event_count++;
		if (own->text.length >= WRITE_BYTES && !flush(own, err))
			return false;
	}
	return result != DECODER_FAILED && flush(own, err);
}

static bool step_lines(struct export_job *own, struct browse_worker *worker, struct error *err)
{
	struct reader *reader;
	bool is_written;

	if (!long_job_next_window(&own->job, worker, WINDOW_BYTES, &reader, err))
		return false;
	is_written = !reader || write_window(own, worker, reader, err);
	reader_close(reader);
	return is_written && !long_job_is_over(&own->job);
}

/* --- CTF -------------------------------------------------------------------------------------- */

static uint64_t last_needed_ns(const struct long_job *job)
{
	return job->end_ns < UINT64_MAX ? job->end_ns + 1 : UINT64_MAX;
}

/*
 * The packets of the part. Where something was lost before the first of them, the one before goes
 * along: its events stay out, but between two packets the loss has a place.
 */
static struct map_range *choose(const struct map *map, uint64_t from_ns, uint64_t until_ns)
{
	struct map_range *ranges = mem_zalloc((map->stream_count + 1) * sizeof(*ranges));

	for (size_t i = 0; i < map->stream_count; i++) {
		const struct map_stream *stream = &map->streams[i];
		const struct map_span *first;

		ranges[i] = map_stream_range(stream, from_ns, until_ns);
		if (ranges[i].count == 0 || ranges[i].first == 0)
			continue;
		first = &stream->spans[ranges[i].first];
		if (first->lost_events == 0 && first->lost_packets == 0)
			continue;
		ranges[i].first--;
		ranges[i].count++;
	}
	return ranges;
}

static char *part_path(struct export_job *own)
{
	if (own->is_whole)
		return mem_strdup(own->path);
	return mem_printf("%s/part-%04u", own->path, own->part_count++);
}

/* babeltrace2's writer makes the folder of a single trace itself: it takes another name if it is
 * there. */
static bool open_part(struct export_job *own, struct browse_worker *worker, uint64_t until_ns,
		      struct error *err)
{
	const struct map *map = worker->map;
	struct map_range *ranges = choose(map, own->job.at_ns, until_ns);
	char *path = part_path(own);
	const char *const *traces;
	size_t count;

	own->slice = cut_slice(map, worker->slices, ranges, NULL, &count, err);
	traces = own->slice ? slice_traces(own->slice) : NULL;
	if (count == 1 && own->is_whole)
		rmdir(path);
	if (own->slice && count > 0)
		own->copy = decode_copy_open(
			traces, count, path, count == 1, own->job.at_ns,
			until_ns < last_needed_ns(&own->job) ? until_ns : last_needed_ns(&own->job),
			own->filter, err);
	else if (own->slice)
		error_set(err, ERROR_NOT_FOUND, "there are no events at that time");
	free(path);
	free(ranges);
	return own->copy;
}

static void close_part(struct export_job *own)
{
	if (own->copy)
		own->event_count += decode_copy_count(own->copy);
	decode_copy_close(own->copy);
	slice_destroy(own->slice);
	own->copy = NULL;
	own->slice = NULL;
}

/*
 * A part from begin to end in one step: while it is under way the map may not change, but giving up
 * is looked for.
 */
static bool copy_part(struct export_job *own, struct browse_worker *worker, struct error *err)
{
	enum decoder_result result = DECODER_EVENT;

	while (result == DECODER_EVENT) {
		if (browse_worker_is_canceled(worker, own->job.cancels))
			return browse_says_canceled(err);
		result = decode_copy_step(own->copy, err);
		browse_worker_tell(worker, false);
	}
	return result == DECODER_END;
}

static bool step_ctf(struct export_job *own, struct browse_worker *worker, struct error *err)
{
	struct long_job *job = &own->job;
	uint64_t until_ns;
	bool is_copied;

	until_ns = map_window_end(worker->map, job->at_ns, EXPORT_BYTES);
	if (job->at_ns == job->begin_ns)
		own->is_whole = until_ns >= last_needed_ns(job);
	is_copied = open_part(own, worker, until_ns, err) && copy_part(own, worker, err);
	close_part(own);
	if (!is_copied)
		return false;
	job->done_bytes += map_bytes_between(worker->map, job->at_ns, until_ns);
	job->at_ns = until_ns;
	return !long_job_is_over(job);
}

/* --- the job ---------------------------------------------------------------------------------- */

static bool make_target(struct export_job *own, struct error *err)
{
	if (own->format == BROWSE_CTF) {
		if (mkdir(own->path, 0777) < 0)
			return error_set_errno(err, errno, "cannot make '%s'", own->path);
	} else {
		own->fd = open(own->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (own->fd < 0)
			return error_set_errno(err, errno, "cannot make '%s'", own->path);
	}
	own->is_made = true;
	return true;
}

static bool step(struct long_job *job, struct browse_worker *worker, struct error *err)
{
	struct export_job *own = (struct export_job *)job;

	if (!own->is_begun) {
		own->is_begun = true;
		own->filter = browse_worker_copy_filter(worker);
		if (!make_target(own, err) || !long_job_begin(job, worker, err))
			return false;
	}
	return own->format == BROWSE_CTF ? step_ctf(own, worker, err)
					 : step_lines(own, worker, err);
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *place)
{
	(void)status;
	(void)type;
	(void)place;
	remove(path);
	return 0;
}

/* Only what this job made: the folder wasn't there before. Links inside aren't followed. */
static void remove_target(struct export_job *own)
{
	if (own->format == BROWSE_CTF)
		nftw(own->path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	else
		unlink(own->path);
}

struct export_message {
	struct message message;
	struct browse_link *link;
	uint64_t event_count;
	struct error error;
	void (*done)(void *data, uint64_t event_count, const struct error *err);
	void *data;
};

static void arrived(struct message *message)
{
	struct export_message *answer = CONTAINER_OF(message, struct export_message, message);

	if (answer->link->browse)
		answer->done(answer->data, answer->event_count,
			     error_is_set(&answer->error) ? &answer->error : NULL);
	browse_link_unref(answer->link);
	free(answer);
}

static void answer_job(struct long_job *job, struct browse_worker *worker, const struct error *err)
{
	struct export_job *own = (struct export_job *)job;
	struct export_message *answer = mem_zalloc(sizeof(*answer));

	answer->message.run = arrived;
	answer->link = browse_link_ref(worker->link);
	error_copy(&answer->error, err);
	if (!error_is_set(err) && own->fd >= 0 && close(own->fd) < 0)
		error_set_errno(&answer->error, errno, "cannot write '%s'", own->path);
	else if (error_is_set(err))
		fd_close(&own->fd);
	own->fd = -1;
	if (error_is_set(&answer->error) && own->is_made)
		remove_target(own);
	own->is_made = false;
	answer->event_count = error_is_set(&answer->error) ? 0 : own->event_count;
	answer->done = own->done;
	answer->data = own->data;
	queue_send(worker->home, &answer->message);
}

/* Without an answer it was given up. */
static void destroy(struct long_job *job)
{
	struct export_job *own = (struct export_job *)job;

	close_part(own);
	fd_close(&own->fd);
	if (own->is_made)
		remove_target(own);
	text_finish(&own->text);
	filter_destroy(own->filter);
	free(own->path);
	free(own);
}

struct long_job *export_job_create(
	uint64_t begin_ns, uint64_t end_ns, enum browse_format format, const char *path,
	void (*done)(void *data, uint64_t event_count, const struct error *err), void *data)
{
	struct export_job *own = mem_zalloc(sizeof(*own));

	own->job = (struct long_job){.what = "exporting",
				     .begin_ns = begin_ns,
				     .end_ns = end_ns,
				     .step = step,
				     .answer = answer_job,
				     .destroy = destroy};
	own->format = format;
	own->path = mem_strdup(path);
	own->done = done;
	own->data = data;
	own->fd = -1;
	return &own->job;
}
