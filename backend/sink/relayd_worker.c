/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The thread of a streaming sink: takes items from the queue in order and talks to the relay
 * daemon. When the connection is lost, items that would be sent count their events as lost; the
 * others do their part all the same, so that nobody waits in vain.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/base/units.h"
#include "backend/consume/tally.h"
#include "backend/sink/relayd_parts.h"

#define IDLE_NS	 (NS_PER_S / 2) /* between looks at an idle connection */
#define RETRY_NS (2 * NS_PER_S)

struct relayd_item *relayd_item_create(void (*run)(struct relayd_sink *, struct relayd_item *))
{
	struct relayd_item *item = mem_zalloc(sizeof(*item));

	item->run = run;
	return item;
}

static bool holds_up(const struct relayd_item *item)
{
	return item->run != relayd_do_index;
}

void relayd_append_locked(struct relayd_sink *sink, struct relayd_item *item)
{
	item->next = NULL;
	*sink->last = item;
	sink->last = &item->next;
	sink->holding_count += holds_up(item);
	sink->untold_count++;
}

void relayd_push_locked(struct relayd_sink *sink, struct relayd_item *item)
{
	relayd_append_locked(sink, item);
	sink->untold_count = 0;
	pthread_cond_signal(&sink->is_filled);
}

void relayd_forget_locked(struct relayd_sink *sink, const struct relayd_item *item)
{
	sink->holding_count -= holds_up(item);
	sink->queued_bytes -= item->queued_bytes;
}

void relayd_push(struct relayd_sink *sink, struct relayd_item *item)
{
	pthread_mutex_lock(&sink->lock);
	relayd_push_locked(sink, item);
	pthread_mutex_unlock(&sink->lock);
}

/* --- the connection comes and goes */

static struct relayd_sent sent_of(const struct relayd_item *item)
{
	return (struct relayd_sent){
		.stream = item->stream,
		.chunk = item->chunk,
		.receipt = item->receipt,
		.event_count = item->event_count,
		.bytes = item->packet.size_bytes,
		.number = item->number,
	};
}

static void lose_events(struct relayd_sink *sink, const struct relayd_sent *sent)
{
	tally_receipt_lost(sent->stream->tally, sent->receipt, clock_wall_ns());
	pthread_mutex_lock(&sink->lock);
	sent->chunk->event_count -= sent->event_count;
	sent->chunk->bytes -= sent->bytes;
	pthread_mutex_unlock(&sink->lock);
}

static void tell_moved(struct relayd_sink *sink, const struct error *err)
{
	struct relayd_place place = {
		.path = sink->output,
		.connection_count = sink->session,
		.loss = err,
	};

	if (sink->settings.moved)
		sink->settings.moved(sink->settings.data, &place);
}

/* When nobody is sending past the queue. */
static void disconnect(struct relayd_sink *sink)
{
	pthread_mutex_lock(&sink->data_lock);
	pthread_mutex_lock(&sink->lock);
	sink->direct_session = 0;
	pthread_mutex_unlock(&sink->lock);
	relayd_link_close(&sink->link);
	pthread_mutex_unlock(&sink->data_lock);
	sink->is_connected = false;
}

static void fail(struct relayd_sink *sink, const struct error *err)
{
	if (!sink->is_connected)
		return;
	for (unsigned int i = 0; i < sink->sent_count; i++)
		lose_events(sink, &sink->sent[i]);
	sink->sent_count = 0;
	disconnect(sink);
	sink->has_chunk = false;
	sink->next_try_ns = clock_monotonic_ns() + RETRY_NS;
	pthread_mutex_lock(&sink->lock);
	sink->is_lost = true;
	error_copy(&sink->loss, err);
	pthread_mutex_unlock(&sink->lock);
	log_write(LOG_LEVEL_ERROR,
		  sink->snapshot_name
			  ? "a snapshot of session '%s' could not be sent: %s (relay daemon at %s)"
			  : "session '%s' is no longer streamed: %s; its events are counted as "
			    "discarded until a relay daemon answers at %s again",
		  sink->name, err->message, sink->settings.url.host);
	tell_moved(sink, err);
}

/* What is current goes on there as the first chunk of a new session. */
static bool connect_session(struct relayd_sink *sink, struct error *err)
{
	struct relayd_chunk *current;
	bool is_again = sink->session > 0;

	if (!relayd_talk_open(sink, err))
		return false;
	sink->session++;
	sink->is_connected = true;
	sink->is_rotated_there = false;
	sink->sent_count = 0;
	pthread_mutex_lock(&sink->lock);
	current = sink->current;
	sink->first_id = current ? current->id : sink->next_id;
	pthread_mutex_unlock(&sink->lock);
	if (current && !relayd_talk_begin_chunk(sink, current, err)) {
		fail(sink, err);
		return false;
	}
	pthread_mutex_lock(&sink->lock);
	sink->is_lost = false;
	sink->direct_session = sink->session;
	pthread_mutex_unlock(&sink->lock);
	if (is_again)
		log_write(LOG_LEVEL_WARNING,
			  "session '%s' is streamed again: it goes on in '%s' of the relay daemon",
			  sink->name, sink->output);
	tell_moved(sink, NULL);
	return true;
}

static void look_after(struct relayd_sink *sink)
{
	struct error err = ERROR_INIT;
	bool is_wanted;

	if (sink->is_connected) {
		if (!relayd_link_is_alive(&sink->link, &err) ||
		    !relayd_talk_confirm(sink, sink->sent_count, &err))
			fail(sink, &err);
		return;
	}
	pthread_mutex_lock(&sink->lock);
	is_wanted = sink->is_lost && sink->current && !sink->snapshot_name;
	pthread_mutex_unlock(&sink->lock);
	if (!is_wanted || clock_monotonic_ns() < sink->next_try_ns)
		return;
	connect_session(sink, &err);
	sink->next_try_ns = clock_monotonic_ns() + RETRY_NS;
}

/* --- items */

/* What was begun on a connection that is gone can't be ended on another. */
static bool may_send(const struct relayd_sink *sink, const struct relayd_item *item)
{
	return sink->is_connected && (item->session == 0 || item->session == sink->session);
}

static bool send_packet(struct relayd_sink *sink, struct relayd_item *item,
			bool (*talk)(struct relayd_sink *, struct relayd_item *, struct error *),
			struct error *err)
{
	if (sink->sent_count == RELAYD_SENT_MAX &&
	    !relayd_talk_confirm(sink, RELAYD_SENT_MAX / 2, err))
		return false;
	if (!talk(sink, item, err))
		return false;
	sink->sent[sink->sent_count++] = sent_of(item);
	return true;
}

static void do_part(struct relayd_sink *sink, struct relayd_item *item,
		    bool (*talk)(struct relayd_sink *, struct relayd_item *, struct error *))
{
	struct error err = ERROR_INIT;
	struct relayd_sent lost;

	if (may_send(sink, item)) {
		if (send_packet(sink, item, talk, &err))
			return;
		fail(sink, &err);
	}
	lost = sent_of(item);
	lose_events(sink, &lost);
}

void relayd_do_packet(struct relayd_sink *sink, struct relayd_item *item)
{
	do_part(sink, item, relayd_talk_packet);
}

void relayd_do_index(struct relayd_sink *sink, struct relayd_item *item)
{
	do_part(sink, item, relayd_talk_index);
}

void relayd_do_beacon(struct relayd_sink *sink, struct relayd_item *item)
{
	struct error err = ERROR_INIT;

	if (sink->is_connected &&
	    !relayd_talk_beacon(sink, &item->stream->handle, item->packet.end_clock, &err))
		fail(sink, &err);
}

void relayd_do_metadata(struct relayd_sink *sink, struct relayd_item *item)
{
	struct error err = ERROR_INIT;

	if (sink->is_connected && !relayd_talk_metadata(sink, item->trace, &err))
		fail(sink, &err);
}

void relayd_do_begin_chunk(struct relayd_sink *sink, struct relayd_item *item)
{
	struct error err = ERROR_INIT;

	if (sink->is_connected && !relayd_talk_begin_chunk(sink, item->fresh, &err))
		fail(sink, &err);
}

/* What waits for the chunk's last stream is the caller of rotate: he is in a hurry. */
void relayd_do_rotate(struct relayd_sink *sink, struct relayd_item *item)
{
	if (item->fresh)
		relayd_do_begin_chunk(sink, item);
	relayd_chunk_unref(sink, item->chunk);
}

void relayd_do_cut(struct relayd_sink *sink, struct relayd_item *item)
{
	struct error err = ERROR_INIT;

	if (sink->is_connected &&
	    !relayd_talk_cut(sink, &item->stream->handle, item->fresh, false, &err))
		fail(sink, &err);
	relayd_chunk_unref(sink, item->chunk);
}

void relayd_do_close_stream(struct relayd_sink *sink, struct relayd_item *item)
{
	struct error err = ERROR_INIT;

	if (sink->is_connected && !(relayd_talk_confirm(sink, sink->sent_count, &err) &&
				    relayd_talk_close(sink, &item->stream->handle, false, &err)))
		fail(sink, &err);
	if (item->chunk)
		relayd_chunk_unref(sink, item->chunk);
	tally_unref(item->stream->tally);
	free(item->stream->name);
	free(item->stream);
}

void relayd_do_close_trace(struct relayd_sink *sink, struct relayd_item *item)
{
	struct relayd_trace *trace = item->trace;
	struct error err = ERROR_INIT;

	if (sink->is_connected && trace->handle.session == sink->session &&
	    !(relayd_talk_metadata(sink, trace, &err) &&
	      relayd_talk_close(sink, &trace->handle, true, &err)))
		fail(sink, &err);
	text_finish(&trace->metadata);
	free(trace->path);
	free(trace);
}

static void end_hurry(struct relayd_sink *sink, struct relayd_item *item, const struct error *err)
{
	atomic_fetch_sub(&sink->hurry_count, 1);
	task_done(item->task, err);
}

void relayd_do_prepare(struct relayd_sink *sink, struct relayd_item *item)
{
	struct error err = ERROR_INIT;
	bool is_ready;

	if (sink->is_connected && !relayd_link_is_alive(&sink->link, &err))
		fail(sink, &err);
	is_ready = sink->is_connected || connect_session(sink, &err);
	end_hurry(sink, item, is_ready ? NULL : &err);
}

/* A connection that breaks here has been told of; what did not arrive is counted. */
void relayd_do_arrive(struct relayd_sink *sink, struct relayd_item *item)
{
	struct error err = ERROR_INIT;

	if (sink->is_connected && !relayd_talk_pending(sink, &err))
		fail(sink, &err);
	end_hurry(sink, item, NULL);
}

/* --- chunks */

static struct relayd_trace **copy_traces(struct relayd_sink *sink, size_t *count)
{
	struct relayd_trace **traces = NULL;
	size_t room = 0;

	*count = 0;
	pthread_mutex_lock(&sink->lock);
	for (struct relayd_trace *one = sink->traces; one; one = one->next) {
		traces = mem_grow(traces, *count, &room, sizeof(struct relayd_trace *));
		traces[(*count)++] = one;
	}
	pthread_mutex_unlock(&sink->lock);
	return traces;
}

static bool move_metadata(struct relayd_sink *sink, struct relayd_trace *trace,
			  const struct relayd_chunk *fresh, struct error *err)
{
	bool stays;

	if (!relayd_talk_metadata(sink, trace, err))
		return false;
	stays = fresh && trace->handle.chunk_id == fresh->id; /* it was made known just now */
	if (!relayd_talk_cut(sink, &trace->handle, fresh, true, err))
		return false;
	if (!stays)
		trace->sent_bytes = 0;
	return true;
}

static bool leave_chunk(struct relayd_sink *sink, const struct relayd_chunk *chunk,
			const struct relayd_chunk *fresh, enum relayd_close close, char **path,
			struct error *err)
{
	size_t count;
	struct relayd_trace **traces = copy_traces(sink, &count);
	bool is_left = true;

	for (size_t i = 0; i < count && is_left; i++)
		is_left = move_metadata(sink, traces[i], fresh, err);
	is_left = is_left && relayd_talk_pending(sink, err) &&
		  relayd_talk_close_chunk(sink, chunk, close, path, err);
	if (is_left)
		relayd_replace_late(sink);
	for (size_t i = 0; fresh && i < count && is_left; i++)
		is_left = relayd_talk_metadata(sink, traces[i], err);
	free(traces);
	return is_left;
}

static void tell_closed(struct relayd_sink *sink, const struct relayd_chunk *chunk,
			bool is_archived, const char *path, const struct error *err)
{
	const struct relay_url *url = &sink->settings.url;
	char *shown = mem_printf(url->is_v6 ? "tcp://[%s]/%s [control port %u, data port %u]"
					    : "tcp://%s/%s [control port %u, data port %u]",
				 url->host, path ? path : (sink->output ? sink->output : ""),
				 url->control_port, url->data_port);
	struct chunk_info info = {
		.id = chunk->id,
		.begin_wall_ns = chunk->begin_wall_ns,
		.end_wall_ns = chunk->end_wall_ns,
		.event_count = chunk->event_count,
		.bytes = chunk->bytes,
		.is_archived = is_archived,
		.is_cleared = chunk->is_cleared,
		.path = shown,
	};

	sink->settings.closed(sink->settings.data, &info, err);
	free(shown);
}

/* The chunk goes: nothing that is under way may name it. */
static void forget_sent(struct relayd_sink *sink)
{
	struct error err = ERROR_INIT;

	if (sink->is_connected && !relayd_talk_confirm(sink, sink->sent_count, &err))
		fail(sink, &err);
}

/* Nobody puts into it any more. */
static void close_chunk(struct relayd_sink *sink, struct relayd_chunk *chunk,
			const struct relayd_chunk *fresh, enum relayd_close close)
{
	struct error err = ERROR_INIT;
	char *path = NULL;
	bool is_there = sink->is_connected && chunk->session == sink->session;
	bool is_closed = is_there && leave_chunk(sink, chunk, fresh, close, &path, &err);

	relayd_replace_late(sink);
	forget_sent(sink);
	if (!is_there)
		error_set(&err, ERROR_GONE,
			  "the connection to the relay daemon was lost: what it has of the chunk "
			  "stays where it is");
	else if (!is_closed)
		fail(sink, &err);
	pthread_mutex_lock(&sink->lock);
	sink->is_closing = false;
	pthread_mutex_unlock(&sink->lock);
	tell_closed(sink, chunk, is_closed && close == RELAYD_CLOSE_ARCHIVE, path,
		    is_closed ? NULL : &err);
	free(path);
	free(chunk);
}

void relayd_chunk_unref(struct relayd_sink *sink, struct relayd_chunk *chunk)
{
	struct relayd_chunk *fresh;
	bool is_last;

	pthread_mutex_lock(&sink->lock);
	is_last = --chunk->references == 0;
	fresh = sink->current;
	if (is_last && sink->old == chunk)
		sink->old = NULL;
	pthread_mutex_unlock(&sink->lock);
	if (!is_last)
		return;
	close_chunk(sink, chunk, chunk->is_last ? NULL : fresh,
		    chunk->is_cleared ? RELAYD_CLOSE_DELETE : RELAYD_CLOSE_ARCHIVE);
	atomic_fetch_sub(&sink->hurry_count, 1); /* of whoever rotates or clears */
}

void relayd_do_finish(struct relayd_sink *sink, struct relayd_item *item)
{
	if (item->chunk)
		close_chunk(sink, item->chunk, NULL,
			    sink->is_rotated_there ? RELAYD_CLOSE_ARCHIVE : RELAYD_CLOSE_LEAVE);
	disconnect(sink);
	end_hurry(sink, item, NULL);
}

/* --- the thread */

static void wait_a_moment(struct relayd_sink *sink)
{
	struct timespec end;

	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_nsec += (long)IDLE_NS;
	if (end.tv_nsec >= (long)NS_PER_S) {
		end.tv_nsec -= (long)NS_PER_S;
		end.tv_sec++;
	}
	pthread_cond_timedwait(&sink->is_filled, &sink->lock, &end);
}

/* NULL: the queue is empty, for half a second or, with is_over, for good. */
static struct relayd_item *take(struct relayd_sink *sink, bool *is_over)
{
	struct relayd_item *item;

	pthread_mutex_lock(&sink->lock);
	if ((!sink->items || sink->is_held) && !sink->is_over)
		wait_a_moment(sink);
	item = sink->is_held ? NULL : sink->items;
	if (item) {
		sink->items = item->next;
		if (!sink->items) {
			sink->last = &sink->items;
			sink->untold_count = 0;
		}
		if (item->stream && item->stream->beacon == item)
			item->stream->beacon = NULL;
	}
	*is_over = !item && sink->is_over;
	pthread_mutex_unlock(&sink->lock);
	return item;
}

static void end_item(struct relayd_sink *sink, struct relayd_item *item)
{
	pthread_mutex_lock(&sink->lock);
	relayd_forget_locked(sink, item);
	pthread_mutex_unlock(&sink->lock);
	relayd_item_free(sink, item);
}

void relayd_worker_run(void *data)
{
	struct relayd_sink *sink = data;
	bool is_over = false;

	while (!is_over) {
		struct relayd_item *item = take(sink, &is_over);

		if (item) {
			item->run(sink, item);
			end_item(sink, item);
		} else if (!is_over) {
			relayd_spare_give_back(sink);
			look_after(sink);
		}
	}
	relayd_spare_give_back(sink);
	disconnect(sink);
}
