/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What sources, consumers and the model ask of a streaming sink; see relayd.h. */
#include "backend/sink/relayd.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/consume/tally.h"
#include "backend/sink/chunk_parts.h"
#include "backend/sink/chunked.h"
#include "backend/sink/relayd_parts.h"

static struct relayd_sink *sink_of(struct sink *base)
{
	return (struct relayd_sink *)base;
}

/* --- names: one that was used in this chunk would empty the file of that name */

static bool is_used(const void *data, const char *name)
{
	return chunk_word_is_listed(data, name);
}

static char *claim_name(struct relayd_sink *sink, const char *folder, const char *name,
			char separator)
{
	char *whole = folder ? mem_printf("%s/%s", folder, name) : mem_strdup(name);
	char *chosen = chunk_free_name(whole, separator, is_used, &sink->names);

	word_list_add(&sink->names, chosen);
	free(whole);
	if (folder)
		memmove(chosen, chosen + strlen(folder) + 1, strlen(chosen) - strlen(folder));
	return chosen;
}

static void forget_names(struct relayd_sink *sink)
{
	word_list_finish(&sink->names);
	sink->names = (struct word_list){0};
	for (struct relayd_trace *trace = sink->traces; trace; trace = trace->next)
		word_list_add(&sink->names, trace->path);
	for (struct relayd_stream *stream = sink->streams; stream; stream = stream->next) {
		char *whole = mem_printf("%s/%s", stream->trace->path, stream->name);

		word_list_add(&sink->names, whole);
		free(whole);
	}
}

/* --- traces */

static struct sink_trace *open_trace(struct sink *base, const char *path, struct error *err)
{
	struct relayd_sink *sink = sink_of(base);
	struct relayd_trace *trace;

	if (path[0] == '\0' || path[0] == '/' || strstr(path, "..")) {
		error_set(err, ERROR_INVALID, "'%s' can't be a trace's folder", path);
		return NULL;
	}
	trace = mem_zalloc(sizeof(*trace));
	trace->base.sink = base;
	pthread_mutex_lock(&sink->lock);
	trace->path = claim_name(sink, NULL, path, '-');
	trace->next = sink->traces;
	sink->traces = trace;
	pthread_mutex_unlock(&sink->lock);
	return &trace->base;
}

static void push_metadata(struct relayd_sink *sink, struct relayd_trace *trace)
{
	struct relayd_item *item = relayd_item_create(relayd_do_metadata);

	item->trace = trace;
	relayd_push_locked(sink, item);
}

static bool append_metadata(struct sink_trace *base, const char *text, size_t length,
			    struct error *err)
{
	struct relayd_trace *trace = (struct relayd_trace *)base;
	struct relayd_sink *sink = sink_of(base->sink);

	(void)err;
	pthread_mutex_lock(&sink->lock);
	text_add_bytes(&trace->metadata, text, length);
	push_metadata(sink, trace);
	pthread_mutex_unlock(&sink->lock);
	return true;
}

static void replace_in(struct relayd_sink *sink, struct relayd_trace *trace, const char *old,
		       const char *fresh)
{
	if (!text_replace(&trace->metadata, old, fresh))
		return;
	/* Of one that begins anew nothing has to be taken back. */
	trace->is_replaced = trace->is_replaced || trace->sent_bytes > 0;
	push_metadata(sink, trace);
}

static struct relayd_item *make_replacing(const char *old, const char *fresh)
{
	size_t old_size = strlen(old) + 1;
	size_t fresh_size = strlen(fresh) + 1;
	struct relayd_item *item = mem_zalloc(sizeof(*item) + old_size + fresh_size);

	memcpy(item->bytes, old, old_size);
	memcpy(item->bytes + old_size, fresh, fresh_size);
	return item;
}

/* The texts lie in the item, one behind the other. */
static void replace_all(struct relayd_sink *sink, const struct relayd_item *item)
{
	const char *old = (const char *)item->bytes;
	const char *fresh = old + strlen(old) + 1;

	pthread_mutex_lock(&sink->lock);
	for (struct relayd_trace *trace = sink->traces; trace; trace = trace->next)
		replace_in(sink, trace, old, fresh);
	pthread_mutex_unlock(&sink->lock);
}

void relayd_replace_late(struct relayd_sink *sink)
{
	struct relayd_item *item;

	while ((item = sink->late_replacing)) {
		sink->late_replacing = item->next;
		replace_all(sink, item);
		free(item);
	}
}

/* Metadata leave a chunk when the last stream has left it: until then they keep their text. */
static void do_replace(struct relayd_sink *sink, struct relayd_item *item)
{
	const char *old = (const char *)item->bytes;
	struct relayd_item **last = &sink->late_replacing;
	bool is_leaving;

	pthread_mutex_lock(&sink->lock);
	is_leaving = sink->old != NULL;
	pthread_mutex_unlock(&sink->lock);
	if (!is_leaving) {
		replace_all(sink, item);
		return;
	}
	while (*last)
		last = &(*last)->next;
	*last = make_replacing(old, old + strlen(old) + 1);
}

/* In its turn, behind rotations that were asked for before it. */
static bool replace_metadata(struct sink *base, const char *old, const char *fresh,
			     struct error *err)
{
	struct relayd_sink *sink = sink_of(base);
	struct relayd_item *item;

	if (base->is_live)
		return error_set(err, ERROR_UNSUPPORTED,
				 "who reads a live session along has read its metadata: the relay "
				 "daemon takes no other");
	item = make_replacing(old, fresh);
	item->run = do_replace;
	relayd_push(sink, item);
	return true;
}

static void close_trace(struct sink_trace *base)
{
	struct relayd_trace *trace = (struct relayd_trace *)base;
	struct relayd_item *item = relayd_item_create(relayd_do_close_trace);
	struct relayd_sink *sink = sink_of(base->sink);

	item->trace = trace;
	pthread_mutex_lock(&sink->lock);
	for (struct relayd_trace **link = &sink->traces; *link; link = &(*link)->next) {
		if (*link == trace) {
			*link = trace->next;
			break;
		}
	}
	relayd_push_locked(sink, item);
	pthread_mutex_unlock(&sink->lock);
}

/* --- streams */

static struct sink_stream *open_stream(struct sink_trace *base, const char *name,
				       const struct sink_limits *limits, struct error *err)
{
	struct relayd_sink *sink = sink_of(base->sink);
	struct relayd_stream *stream;

	if (name[0] == '\0' || name[0] == '.' || strchr(name, '/')) {
		error_set(err, ERROR_INVALID, "'%s' can't be a stream's file", name);
		return NULL;
	}
	stream = mem_zalloc(sizeof(*stream));
	stream->base.sink = base->sink;
	stream->trace = (struct relayd_trace *)base;
	stream->limits = *limits;
	pthread_mutex_lock(&sink->lock);
	stream->name = claim_name(sink, stream->trace->path, name, '_');
	stream->next = sink->streams;
	sink->streams = stream;
	pthread_mutex_unlock(&sink->lock);
	return &stream->base;
}

/* Lock held. On success the room is taken, and the stream has a chunk. */
static bool admit(struct relayd_sink *sink, struct relayd_stream *stream, uint64_t bytes,
		  struct error *err)
{
	if (sink->is_lost)
		return error_set(err, ERROR_GONE, "the relay daemon can't be reached: %s",
				 sink->loss.message);
	if (!stream->chunk && !sink->current)
		return error_set(err, ERROR_STATE, "no trace chunk is open");
	if (!sink->is_held && sink->queued_bytes > 0 &&
	    sink->queued_bytes + bytes > RELAYD_QUEUE_BYTES)
		return error_set(err, ERROR_NO_SPACE,
				 "the relay daemon at %s takes too little: %u MiB wait to be sent",
				 sink->settings.url.host, RELAYD_QUEUE_BYTES >> 20);
	if (!stream->chunk) {
		stream->chunk = sink->current;
		stream->chunk->references++;
	}
	if (!stream->tally && stream->base.tally)
		stream->tally = tally_ref(stream->base.tally);
	sink->queued_bytes += bytes;
	return true;
}

void relayd_note_put(struct relayd_item *item)
{
	struct relayd_stream *stream = item->stream;

	item->chunk = stream->chunk;
	item->chunk->event_count += item->event_count;
	item->chunk->bytes += item->packet.size_bytes;
	if (stream->tally)
		item->receipt = tally_receipt_create(stream->tally, stream->base.types,
						     item->event_count, item->packet.size_bytes);
	stream->beacon = NULL;
	stream->has_put = true;
	stream->told_clock = item->packet.end_clock;
}

static bool take_room(struct relayd_sink *sink, struct relayd_stream *stream, uint64_t bytes,
		      struct error *err)
{
	bool is_admitted;

	pthread_mutex_lock(&sink->lock);
	is_admitted = admit(sink, stream, bytes, err);
	pthread_mutex_unlock(&sink->lock);
	return is_admitted;
}

/* Behind what may be on its way past the queue just now: no packet is torn by another. */
static void push_packet(struct relayd_sink *sink, struct relayd_item *item)
{
	pthread_mutex_lock(&sink->data_lock);
	pthread_mutex_lock(&sink->lock);
	relayd_note_put(item);
	relayd_push_locked(sink, item);
	pthread_mutex_unlock(&sink->lock);
	pthread_mutex_unlock(&sink->data_lock);
}

static bool queue_packet(struct relayd_sink *sink, struct relayd_item *item,
			 const struct packet *packet, struct error *err)
{
	if (!take_room(sink, item->stream, packet->content_bytes, err))
		return false;
	relayd_copy_content(item, packet, 0);
	item->queued_bytes = packet->content_bytes;
	item->run = relayd_do_packet;
	push_packet(sink, item);
	return true;
}

/* The memory is there before anything is sent: what is begun can be ended. */
static bool put(struct sink_stream *base, const struct packet *packet, uint64_t event_count,
		struct error *err)
{
	struct relayd_sink *sink = sink_of(base->sink);
	uint64_t bytes = packet->content_bytes;
	struct relayd_item *item;

	if (bytes > packet->size_bytes || bytes < packet->header_bytes ||
	    packet->size_bytes > UINT32_MAX)
		return error_set(err, ERROR_PROTOCOL, "a packet of impossible size");
	item = relayd_item_for_packet(sink, bytes);
	if (!item)
		return error_set(err, ERROR_NO_SPACE, "no memory for a packet to be sent");
	item->stream = (struct relayd_stream *)base;
	item->event_count = event_count;
	item->packet = *packet;
	item->packet.bytes = NULL;
	if (relayd_direct_put(sink, item, packet) || queue_packet(sink, item, packet, err))
		return true;
	relayd_item_free(sink, item);
	return false;
}

/*
 * One that is not sent yet is brought up to date: however slow the daemon is, they don't pile up.
 * Lock held.
 */
static void push_beacon(struct relayd_sink *sink, struct relayd_stream *stream)
{
	if (!stream->beacon) {
		stream->beacon = relayd_item_create(relayd_do_beacon);
		stream->beacon->stream = stream;
		relayd_push_locked(sink, stream->beacon);
	}
	stream->beacon->packet.end_clock = stream->told_clock;
}

/* Who reads along is never told of a time before the one that he knows of. */
static void beacon(struct sink_stream *base, uint64_t clock)
{
	struct relayd_stream *stream = (struct relayd_stream *)base;
	struct relayd_sink *sink = sink_of(base->sink);

	pthread_mutex_lock(&sink->lock);
	if (stream->has_put && !sink->is_lost && clock > stream->told_clock) {
		stream->told_clock = clock;
		push_beacon(sink, stream);
	}
	pthread_mutex_unlock(&sink->lock);
}

/* Who reads along hears of a stream with its first packet. */
static bool wants_packet(struct sink_stream *base)
{
	struct relayd_stream *stream = (struct relayd_stream *)base;
	struct relayd_sink *sink = sink_of(base->sink);
	bool is_wanted;

	pthread_mutex_lock(&sink->lock);
	is_wanted = !stream->has_put;
	pthread_mutex_unlock(&sink->lock);
	return is_wanted;
}

static void cut(struct sink_stream *base)
{
	struct relayd_stream *stream = (struct relayd_stream *)base;
	struct relayd_sink *sink = sink_of(base->sink);

	pthread_mutex_lock(&sink->lock);
	if (stream->chunk && stream->chunk != sink->current) {
		struct relayd_item *item = relayd_item_create(relayd_do_cut);

		item->stream = stream;
		item->chunk = stream->chunk;
		item->fresh = sink->current;
		stream->chunk = sink->current;
		if (stream->chunk)
			stream->chunk->references++;
		relayd_push_locked(sink, item);
	}
	pthread_mutex_unlock(&sink->lock);
}

/* No packet follows at once: the daemon hears of those that were sent. */
static void settle(struct sink_stream *base)
{
	struct relayd_sink *sink = sink_of(base->sink);

	pthread_mutex_lock(&sink->lock);
	if (sink->untold_count > 0)
		pthread_cond_signal(&sink->is_filled);
	sink->untold_count = 0;
	pthread_mutex_unlock(&sink->lock);
}

static void forget_packet(struct relayd_sink *sink, struct relayd_item *item)
{
	item->chunk->event_count -= item->event_count;
	item->chunk->bytes -= item->packet.size_bytes;
	relayd_forget_locked(sink, item);
	tally_receipt_arrived(item->stream->tally, item->receipt);
	free(item);
}

/* Of a snapshot: all of the stream's packets are still here. */
static void empty(struct sink_stream *base)
{
	struct relayd_stream *stream = (struct relayd_stream *)base;
	struct relayd_sink *sink = sink_of(base->sink);
	struct relayd_item **link;

	pthread_mutex_lock(&sink->lock);
	for (link = &sink->items; *link;) {
		struct relayd_item *item = *link;

		if (item->stream != stream || item->run != relayd_do_packet) {
			link = &item->next;
			continue;
		}
		*link = item->next;
		forget_packet(sink, item);
	}
	sink->last = link;
	pthread_mutex_unlock(&sink->lock);
}

static void close_stream(struct sink_stream *base)
{
	struct relayd_stream *stream = (struct relayd_stream *)base;
	struct relayd_item *item = relayd_item_create(relayd_do_close_stream);
	struct relayd_sink *sink = sink_of(base->sink);

	item->stream = stream;
	pthread_mutex_lock(&sink->lock);
	for (struct relayd_stream **link = &sink->streams; *link; link = &(*link)->next) {
		if (*link == stream) {
			*link = stream->next;
			break;
		}
	}
	item->chunk = stream->chunk;
	relayd_push_locked(sink, item);
	pthread_mutex_unlock(&sink->lock);
}

/* --- chunks */

static struct relayd_chunk *create_chunk(struct relayd_sink *sink, uint64_t now_wall_ns)
{
	struct relayd_chunk *chunk = mem_zalloc(sizeof(*chunk));

	chunk->id = sink->next_id++;
	chunk->begin_wall_ns = now_wall_ns;
	chunk->references = 1;
	return chunk;
}

static bool open_chunk(struct sink *base, uint64_t now_wall_ns, struct error *err)
{
	struct relayd_sink *sink = sink_of(base);

	(void)err;
	pthread_mutex_lock(&sink->lock);
	if (!sink->current) {
		struct relayd_item *item = relayd_item_create(relayd_do_begin_chunk);

		sink->current = create_chunk(sink, now_wall_ns);
		item->fresh = sink->current;
		relayd_push_locked(sink, item);
		sink->is_held = sink->snapshot_name != NULL;
	}
	pthread_mutex_unlock(&sink->lock);
	return true;
}

/* Lock held. */
static bool replace_current(struct relayd_sink *sink, bool is_last, bool is_clear,
			    uint64_t now_wall_ns, struct error *err)
{
	struct relayd_item *item;

	if (!sink->current)
		return error_set(err, ERROR_STATE, "no trace chunk is open");
	if (sink->is_closing)
		return error_set(err, ERROR_BUSY,
				 "the rotation before this one is not complete yet");
	atomic_fetch_add(&sink->hurry_count, 1);
	sink->is_closing = true;
	sink->old = sink->current;
	sink->old->end_wall_ns = now_wall_ns;
	sink->old->is_cleared = is_clear;
	sink->old->is_last = is_last;
	sink->current = is_last ? NULL : create_chunk(sink, now_wall_ns);
	forget_names(sink);
	item = relayd_item_create(relayd_do_rotate);
	item->chunk = sink->old;
	item->fresh = sink->current;
	relayd_push_locked(sink, item);
	return true;
}

static bool rotate(struct sink *base, bool is_last, uint64_t now_wall_ns, uint64_t *chunk_id,
		   struct error *err)
{
	struct relayd_sink *sink = sink_of(base);
	bool is_replaced;

	pthread_mutex_lock(&sink->lock);
	*chunk_id = sink->current ? sink->current->id : 0;
	is_replaced = replace_current(sink, is_last, false, now_wall_ns, err);
	pthread_mutex_unlock(&sink->lock);
	return is_replaced;
}

/* Lock held. */
static bool may_clear(const struct relayd_sink *sink, struct error *err)
{
	return !sink->is_clear_refused ||
	       error_set(err, ERROR_DENIED,
			 "the relay daemon at %s allows no clear (it runs with --disallow-clear)",
			 sink->settings.url.host);
}

static bool clear(struct sink *base, bool is_last, uint64_t now_wall_ns, bool *is_closing,
		  uint64_t *chunk_id, struct error *err)
{
	struct relayd_sink *sink = sink_of(base);
	bool is_empty;

	pthread_mutex_lock(&sink->lock);
	is_empty = !sink->current;
	*chunk_id = sink->current ? sink->current->id : 0;
	*is_closing = !is_empty && may_clear(sink, err) &&
		      replace_current(sink, is_last, true, now_wall_ns, err);
	pthread_mutex_unlock(&sink->lock);
	return *is_closing || is_empty;
}

static bool current(struct sink *base, struct chunk_info *info)
{
	struct relayd_sink *sink = sink_of(base);
	bool is_open;

	pthread_mutex_lock(&sink->lock);
	is_open = sink->current != NULL;
	if (is_open)
		*info = (struct chunk_info){
			.id = sink->current->id,
			.begin_wall_ns = sink->current->begin_wall_ns,
			.event_count = sink->current->event_count,
			.bytes = sink->current->bytes,
		};
	pthread_mutex_unlock(&sink->lock);
	return is_open;
}

/* --- what is waited for */

static void push_task(struct relayd_sink *sink, struct task *task, struct relayd_chunk *chunk,
		      void (*run)(struct relayd_sink *, struct relayd_item *))
{
	struct relayd_item *item = relayd_item_create(run);

	task_add(task);
	atomic_fetch_add(&sink->hurry_count, 1);
	item->task = task;
	item->chunk = chunk;
	relayd_push(sink, item);
}

static void prepare(struct sink *base, struct task *task)
{
	push_task(sink_of(base), task, NULL, relayd_do_prepare);
}

static void arrive(struct sink *base, struct task *task)
{
	push_task(sink_of(base), task, NULL, relayd_do_arrive);
}

static void finish(struct sink *base, uint64_t now_wall_ns, struct task *task)
{
	struct relayd_sink *sink = sink_of(base);
	struct relayd_chunk *chunk;

	pthread_mutex_lock(&sink->lock);
	chunk = sink->current;
	sink->current = NULL;
	sink->is_held = false;
	if (chunk)
		chunk->end_wall_ns = now_wall_ns;
	pthread_mutex_unlock(&sink->lock);
	push_task(sink, task, chunk, relayd_do_finish);
}

/* --- the sink */

static void finish_locks(struct relayd_sink *sink)
{
	pthread_cond_destroy(&sink->is_filled);
	pthread_mutex_destroy(&sink->lock);
	pthread_mutex_destroy(&sink->data_lock);
}

static void destroy(struct sink *base)
{
	struct relayd_sink *sink = sink_of(base);

	pthread_mutex_lock(&sink->lock);
	sink->is_over = true;
	sink->is_held = false;
	pthread_cond_signal(&sink->is_filled);
	pthread_mutex_unlock(&sink->lock);
	thread_join(sink->thread);
	while (sink->late_replacing) {
		struct relayd_item *item = sink->late_replacing;

		sink->late_replacing = item->next;
		free(item);
	}
	free(sink->current);
	word_list_finish(&sink->names);
	text_finish(&sink->request);
	text_finish(&sink->direct_head);
	free(sink->output);
	free(sink->name);
	free(sink->snapshot_name);
	finish_locks(sink);
	free(sink);
}

static const struct chunked_class relayd_sink_chunked = {
	.open = open_chunk,
	.rotate = rotate,
	.clear = clear,
	.current = current,
	.prepare = prepare,
	.arrive = arrive,
	.finish = finish,
};

static const struct sink_class relayd_sink_class = {
	.name = "relayd",
	.chunked = &relayd_sink_chunked,
	.open_trace = open_trace,
	.append_metadata = append_metadata,
	.close_trace = close_trace,
	.open_stream = open_stream,
	.put = put,
	.cut = cut,
	.close_stream = close_stream,
	.settle = settle,
	.empty = empty,
	.beacon = beacon,
	.wants_packet = wants_packet,
	.replace_metadata = replace_metadata,
	.destroy = destroy,
};

static void init_condition(pthread_cond_t *condition)
{
	pthread_condattr_t attributes;

	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(condition, &attributes);
	pthread_condattr_destroy(&attributes);
}

struct sink *relayd_sink_create(const struct relayd_settings *settings, struct error *err)
{
	struct relayd_sink *sink = mem_zalloc(sizeof(*sink));

	sink->base.class = &relayd_sink_class;
	sink->base.is_live = settings->live_period_us > 0;
	sink->settings = *settings;
	sink->name = mem_strdup(settings->session_name);
	sink->settings.session_name = sink->name;
	if (settings->snapshot_name)
		sink->snapshot_name = mem_strdup(settings->snapshot_name);
	sink->settings.snapshot_name = sink->snapshot_name;
	sink->last = &sink->items;
	pthread_mutex_init(&sink->lock, NULL);
	pthread_mutex_init(&sink->data_lock, NULL);
	init_condition(&sink->is_filled);
	relayd_link_init(&sink->link, &sink->hurry_count);
	sink->thread = thread_start("relayd", relayd_worker_run, sink, err);
	if (sink->thread)
		return &sink->base;
	finish_locks(sink);
	free(sink->name);
	free(sink->snapshot_name);
	free(sink);
	return NULL;
}
