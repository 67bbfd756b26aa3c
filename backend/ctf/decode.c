/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The decoder: babeltrace2's messages taken in batches, and what they say about streams, packets
 * and losses kept per stream.
 */
#include "backend/ctf/decode.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/ctf/decode_parts.h"

#define RECENT 256 /* streams found without a search */

struct decoder {
	struct decode_graph graph;
	char **directories;
	size_t directory_count;
	bt_message_array_const batch;
	uint64_t batch_count, batch_at;
	const bt_message *held; /* the event that came last; its batch may be gone */
	bool is_ended;
	struct decoder_stream **streams;
	size_t stream_count, stream_room;
	struct decoder_stream *recent[RECENT]; /* by the address of babeltrace2's */
	struct decoder_view view;
};

struct decoder_view *decoder_view(struct decoder *decoder)
{
	return &decoder->view;
}

/* --- batches ---------------------------------------------------------------------------------- */

static bt_graph_simple_sink_component_consume_func_status consume(bt_message_iterator *iterator,
								  void *data)
{
	struct decoder *decoder = data;

	decoder->batch_at = 0;
	decoder->batch_count = 0;
	switch (bt_message_iterator_next(iterator, &decoder->batch, &decoder->batch_count)) {
	case BT_MESSAGE_ITERATOR_NEXT_STATUS_OK:
		return BT_GRAPH_SIMPLE_SINK_COMPONENT_CONSUME_FUNC_STATUS_OK;
	case BT_MESSAGE_ITERATOR_NEXT_STATUS_END:
		return BT_GRAPH_SIMPLE_SINK_COMPONENT_CONSUME_FUNC_STATUS_END;
	case BT_MESSAGE_ITERATOR_NEXT_STATUS_AGAIN:
		return BT_GRAPH_SIMPLE_SINK_COMPONENT_CONSUME_FUNC_STATUS_AGAIN;
	case BT_MESSAGE_ITERATOR_NEXT_STATUS_MEMORY_ERROR:
		return BT_GRAPH_SIMPLE_SINK_COMPONENT_CONSUME_FUNC_STATUS_MEMORY_ERROR;
	default:
		return BT_GRAPH_SIMPLE_SINK_COMPONENT_CONSUME_FUNC_STATUS_ERROR;
	}
}

static void drop_batch(struct decoder *decoder)
{
	while (decoder->batch_at < decoder->batch_count)
		bt_message_put_ref(decoder->batch[decoder->batch_at++]);
}

/* The next message, the caller's; NULL at the end or with *has_failed. */
static const bt_message *take_message(struct decoder *decoder, bool *has_failed)
{
	while (decoder->batch_at == decoder->batch_count) {
		if (decoder->is_ended)
			return NULL;
		switch (bt_graph_run_once(decoder->graph.graph)) {
		case BT_GRAPH_RUN_ONCE_STATUS_OK:
			break;
		case BT_GRAPH_RUN_ONCE_STATUS_END:
			decoder->is_ended = true;
			break;
		default:
			decoder->is_ended = true;
			*has_failed = true;
		}
	}
	return decoder->batch[decoder->batch_at++];
}

struct decoder *decoder_open(const char *const *directories, size_t count, struct error *err)
{
	struct decoder *decoder = mem_zalloc(sizeof(*decoder));
	const bt_component_sink *sink;
	const bt_port_output *port;
	bt_graph *graph;

	decoder->directories = mem_zalloc((count + 1) * sizeof(*decoder->directories));
	decoder->directory_count = count;
	for (size_t i = 0; i < count; i++)
		decoder->directories[i] = mem_strdup(directories[i]);
	if (!decode_graph_open(&decoder->graph, err) ||
	    !decode_graph_add_sources(&decoder->graph, directories, count, &port, err))
		goto fail;
	graph = decoder->graph.graph;
	if (bt_graph_add_simple_sink_component(graph, "events", NULL, consume, NULL, decoder,
					       &sink) != BT_GRAPH_ADD_COMPONENT_STATUS_OK ||
	    bt_graph_connect_ports(graph, port,
				   bt_component_sink_borrow_input_port_by_index_const(sink, 0),
				   NULL) != BT_GRAPH_CONNECT_PORTS_STATUS_OK) {
		decode_error(err, ERROR_UNSUPPORTED, "cannot read events");
		goto fail;
	}
	return decoder;

fail:
	decoder_close(decoder);
	return NULL;
}

void decoder_close(struct decoder *decoder)
{
	if (!decoder)
		return;
	drop_batch(decoder);
	if (decoder->held)
		bt_message_put_ref(decoder->held);
	for (size_t i = 0; i < decoder->stream_count; i++) {
		bt_stream_put_ref(decoder->streams[i]->stream);
		free(decoder->streams[i]);
	}
	free(decoder->streams);
	decode_graph_close(&decoder->graph);
	for (size_t i = 0; i < decoder->directory_count; i++)
		free(decoder->directories[i]);
	free(decoder->directories);
	text_finish(&decoder->view.scratch);
	free(decoder);
}

/* --- streams ---------------------------------------------------------------------------------- */

const char *decode_base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static size_t find_directory(const struct decoder *decoder, const char *path, size_t length)
{
	size_t i = 0;

	while (i < decoder->directory_count && (strlen(decoder->directories[i]) != length ||
						memcmp(decoder->directories[i], path, length)))
		i++;
	return i < decoder->directory_count ? i : 0;
}

static struct decoder_stream *find_stream(struct decoder *decoder, const bt_stream *stream)
{
	/* Objects are some hundred bytes apart. */
	struct decoder_stream **recent =
		&decoder->recent[((uintptr_t)stream >> 4 ^ (uintptr_t)stream >> 12) % RECENT];
	struct decoder_stream *found = *recent;
	const char *path, *slash;

	if (found && found->stream == stream)
		return found;
	for (size_t i = 0; i < decoder->stream_count; i++) {
		if (decoder->streams[i]->stream == stream)
			return *recent = decoder->streams[i];
	}
	found = mem_zalloc(sizeof(*found));
	path = bt_stream_get_name(stream); /* of its first file */
	slash = path ? strrchr(path, '/') : NULL;
	bt_stream_get_ref(stream);
	found->stream = stream;
	found->directory = slash ? find_directory(decoder, path, (size_t)(slash - path)) : 0;
	found->name = path ? decode_base_name(path) : "";
	found->number = decoder->stream_count;
	decoder->streams = mem_grow(decoder->streams, decoder->stream_count, &decoder->stream_room,
				    sizeof(*decoder->streams));
	decoder->streams[decoder->stream_count++] = found;
	return *recent = found;
}

static void note_packet(struct decoder *decoder, const bt_message *message)
{
	const bt_packet *packet = bt_message_packet_beginning_borrow_packet_const(message);
	struct decoder_stream *stream = find_stream(decoder, bt_packet_borrow_stream_const(packet));

	stream->packet_count++;
	stream->is_first = true;
}

/*
 * The counters in the packets go on from what isn't decoded: what babeltrace2 says before the first
 * packet is everything that was ever lost.
 */
static void note_lost_events(struct decoder *decoder, const bt_message *message)
{
	struct decoder_stream *stream =
		find_stream(decoder, bt_message_discarded_events_borrow_stream_const(message));
	uint64_t count = 1;

	if (stream->packet_count == 0)
		return;
	if (bt_message_discarded_events_get_count(message, &count) !=
	    BT_PROPERTY_AVAILABILITY_AVAILABLE)
		count = 1;
	stream->lost_events += count;
}

static void note_lost_packets(struct decoder *decoder, const bt_message *message)
{
	struct decoder_stream *stream =
		find_stream(decoder, bt_message_discarded_packets_borrow_stream_const(message));
	uint64_t count = 1;

	if (stream->packet_count == 0)
		return;
	if (bt_message_discarded_packets_get_count(message, &count) !=
	    BT_PROPERTY_AVAILABILITY_AVAILABLE)
		count = 1;
	stream->lost_packets += count;
}

/* --- events ----------------------------------------------------------------------------------- */

uint64_t decode_wall_ns(const bt_message *message)
{
	const bt_event *event = bt_message_event_borrow_event_const(message);
	const bt_stream *stream = bt_event_borrow_stream_const(event);
	int64_t ns = 0;

	if (!bt_stream_class_borrow_default_clock_class_const(bt_stream_borrow_class_const(stream)))
		return 0;
	if (bt_clock_snapshot_get_ns_from_origin(
		    bt_message_event_borrow_default_clock_snapshot_const(message), &ns) !=
	    BT_CLOCK_SNAPSHOT_GET_NS_FROM_ORIGIN_STATUS_OK) {
		bt_current_thread_clear_error();
		return 0;
	}
	return ns > 0 ? (uint64_t)ns : 0;
}

static void take_event(struct decoder *decoder, const bt_message *message,
		       struct decoded_event *event)
{
	struct decoder_view *view = &decoder->view;
	struct decoder_stream *stream;
	const char *name;

	if (decoder->held)
		bt_message_put_ref(decoder->held);
	decoder->held = message;
	view->event = bt_message_event_borrow_event_const(message);
	stream = find_stream(decoder, bt_event_borrow_stream_const(view->event));
	name = bt_event_class_get_name(bt_event_borrow_class_const(view->event));
	view->stream = stream;
	view->wall_ns = decode_wall_ns(message);
	view->lost_events = stream->lost_events;
	view->lost_packets = stream->lost_packets;
	*event = (struct decoded_event){
		.wall_ns = view->wall_ns,
		.name = name ? name : "",
		.stream = stream->name,
		.directory = stream->directory,
		.stream_number = stream->number,
		.packet = stream->packet_count > 0 ? stream->packet_count - 1 : 0,
		.is_first = stream->is_first,
		.lost_events = stream->lost_events,
		.lost_packets = stream->lost_packets,
	};
	stream->lost_events = 0;
	stream->lost_packets = 0;
	stream->is_first = false;
}

enum decoder_result decoder_next(struct decoder *decoder, struct decoded_event *event,
				 struct error *err)
{
	const bt_message *message;
	bool has_failed = false;

	while ((message = take_message(decoder, &has_failed))) {
		switch (bt_message_get_type(message)) {
		case BT_MESSAGE_TYPE_EVENT:
			take_event(decoder, message, event);
			return DECODER_EVENT;
		case BT_MESSAGE_TYPE_PACKET_BEGINNING:
			note_packet(decoder, message);
			break;
		case BT_MESSAGE_TYPE_DISCARDED_EVENTS:
			note_lost_events(decoder, message);
			break;
		case BT_MESSAGE_TYPE_DISCARDED_PACKETS:
			note_lost_packets(decoder, message);
			break;
		default:
			break;
		}
		bt_message_put_ref(message);
	}
	if (!has_failed)
		return DECODER_END;
	decode_error(err, ERROR_INVALID, "babeltrace2 can't read on");
	return DECODER_FAILED;
}
