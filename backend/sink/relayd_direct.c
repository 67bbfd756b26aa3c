/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Packets that need not wait go to the relay daemon from where they lie: their consumer sends them
 * and queues only what is left to do. The socket never makes it wait; what it does not take is
 * copied and sent by the sink's thread.
 */
#include <string.h>

#include "backend/sink/relayd_parts.h"

#define UNTOLD_MAX 16

/*
 * Nothing is queued that must be sent before, or that the daemon must hear of before: least of all
 * a rotation, which it would not survive. Lock held.
 */
static bool may_pass(const struct relayd_sink *sink, const struct relayd_stream *stream)
{
	return sink->direct_session != 0 && sink->holding_count == 0 && !sink->is_held &&
	       stream->chunk && stream->handle.session == sink->direct_session;
}

static size_t send_now(struct relayd_sink *sink, const struct relayd_handle *handle,
		       const struct packet *packet)
{
	size_t own = packet->header_bytes;
	struct text *head = &sink->direct_head;
	struct iovec parts[] = {
		{NULL, RELAYD_DATA_HEAD_BYTES},
		{(void *)packet->header, own},
		{(void *)(packet->bytes + own), packet->content_bytes - own},
	};

	text_clear(head);
	relayd_encode_data(head, handle->number, handle->next, packet);
	parts[0].iov_base = head->bytes;
	return relayd_link_try_data(&sink->link, parts, sizeof(parts) / sizeof(parts[0]));
}

void relayd_copy_content(struct relayd_item *item, const struct packet *packet, size_t from)
{
	size_t own = packet->header_bytes;

	if (from < own) {
		memcpy(item->bytes + from, packet->header + from, own - from);
		from = own;
	}
	memcpy(item->bytes + from, packet->bytes + from, packet->content_bytes - from);
}

/* What is left is the worker's. */
static void queue_rest(struct relayd_item *item, const struct packet *packet)
{
	size_t whole = RELAYD_DATA_HEAD_BYTES + packet->content_bytes;
	size_t from = 0;

	if (item->sent_bytes == whole) {
		item->run = relayd_do_index;
		return;
	}
	if (item->sent_bytes > RELAYD_DATA_HEAD_BYTES)
		from = item->sent_bytes - RELAYD_DATA_HEAD_BYTES;
	relayd_copy_content(item, packet, from);
	item->queued_bytes = packet->content_bytes - from;
	item->run = relayd_do_packet;
}

/*
 * An index that comes a little later harms nobody but who reads along, and to wake the worker for
 * each costs more than the index. Lock held.
 */
static bool needs_worker(const struct relayd_sink *sink, const struct relayd_item *item)
{
	return sink->base.is_live || item->run != relayd_do_index ||
	       sink->untold_count >= UNTOLD_MAX;
}

static bool is_allowed(struct relayd_sink *sink, const struct relayd_stream *stream)
{
	bool may;

	pthread_mutex_lock(&sink->lock);
	may = may_pass(sink, stream);
	pthread_mutex_unlock(&sink->lock);
	return may;
}

/* data_lock held: the connection stays what it is, whatever is queued meanwhile. */
static bool send_part(struct relayd_sink *sink, struct relayd_item *item,
		      const struct packet *packet)
{
	struct relayd_stream *stream = item->stream;

	if (!is_allowed(sink, stream))
		return false;
	item->sent_bytes = send_now(sink, &stream->handle, packet);
	if (item->sent_bytes == 0)
		return false;
	queue_rest(item, packet);
	pthread_mutex_lock(&sink->lock);
	item->session = stream->handle.session;
	item->number = relayd_number_packet(&stream->handle, packet);
	sink->queued_bytes += item->queued_bytes;
	relayd_note_put(item);
	if (needs_worker(sink, item))
		relayd_push_locked(sink, item);
	else
		relayd_append_locked(sink, item);
	pthread_mutex_unlock(&sink->lock);
	return true;
}

bool relayd_direct_put(struct relayd_sink *sink, struct relayd_item *item,
		       const struct packet *packet)
{
	bool is_sent;

	pthread_mutex_lock(&sink->data_lock);
	is_sent = send_part(sink, item, packet);
	pthread_mutex_unlock(&sink->data_lock);
	return is_sent;
}
