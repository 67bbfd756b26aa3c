/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copies chosen events to a new CTF trace: babeltrace2's reader and muxer, a filter component of
 * ours that drops what isn't wanted, and babeltrace2's writer. Packets and losses pass as they are,
 * so the copy has the streams, packets and gaps of the original.
 */
#include <stdlib.h>

#include "backend/base/mem.h"
#include "backend/ctf/decode_parts.h"

#define RUNS 64 /* of the graph in one step */

struct decode_copy {
	struct decode_graph graph;
	uint64_t from_ns, until_ns;
	const struct filter *filter;
	uint64_t count;
	bt_message_iterator *upstream;
	struct decoder_view view;
	struct decoder_stream stream; /* of the event in `view` */
	const bt_stream **begun;      /* a packet of theirs came */
	size_t begun_count, begun_room;
	const bt_trace **traces; /* held */
	size_t trace_count, trace_room;
};

/* --- what passes ------------------------------------------------------------------------------ */

static bool has_begun(const struct decode_copy *copy, const bt_stream *stream)
{
	for (size_t i = 0; i < copy->begun_count; i++) {
		if (copy->begun[i] == stream)
			return true;
	}
	return false;
}

static void note_begun(struct decode_copy *copy, const bt_stream *stream)
{
	if (has_begun(copy, stream))
		return;
	copy->begun =
		mem_grow(copy->begun, copy->begun_count, &copy->begun_room, sizeof(*copy->begun));
	copy->begun[copy->begun_count++] = stream;
}

/*
 * A graph that is given up in the middle lets go of its traces first, and then the writer describes
 * them: they must be there as long as it is.
 */
static void hold_trace(struct decode_copy *copy, const bt_trace *trace)
{
	for (size_t i = 0; i < copy->trace_count; i++) {
		if (copy->traces[i] == trace)
			return;
	}
	bt_trace_get_ref(trace);
	copy->traces =
		mem_grow(copy->traces, copy->trace_count, &copy->trace_room, sizeof(*copy->traces));
	copy->traces[copy->trace_count++] = trace;
}

static void let_go_of_traces(struct decode_copy *copy)
{
	for (size_t i = 0; i < copy->trace_count; i++)
		bt_trace_put_ref(copy->traces[i]);
	free(copy->traces);
}

static bool event_passes(struct decode_copy *copy, const bt_message *message)
{
	struct decoder_view *view = &copy->view;
	uint64_t wall_ns = decode_wall_ns(message);
	const char *path;

	if (wall_ns < copy->from_ns || wall_ns >= copy->until_ns)
		return false;
	view->event = bt_message_event_borrow_event_const(message);
	path = bt_stream_get_name(bt_event_borrow_stream_const(view->event));
	copy->stream.name = path ? decode_base_name(path) : "";
	view->wall_ns = wall_ns;
	if (!decode_view_matches(view, copy->filter))
		return false;
	copy->count++;
	return true;
}

/* Before its first packet babeltrace2 tells all that the stream ever lost. */
static bool passes(struct decode_copy *copy, const bt_message *message)
{
	switch (bt_message_get_type(message)) {
	case BT_MESSAGE_TYPE_EVENT:
		return event_passes(copy, message);
	case BT_MESSAGE_TYPE_STREAM_BEGINNING:
		hold_trace(copy, bt_stream_borrow_trace_const(
					 bt_message_stream_beginning_borrow_stream_const(message)));
		return true;
	case BT_MESSAGE_TYPE_PACKET_BEGINNING:
		note_begun(copy, bt_packet_borrow_stream_const(
					 bt_message_packet_beginning_borrow_packet_const(message)));
		return true;
	case BT_MESSAGE_TYPE_DISCARDED_EVENTS:
		return has_begun(copy, bt_message_discarded_events_borrow_stream_const(message));
	case BT_MESSAGE_TYPE_DISCARDED_PACKETS:
		return has_begun(copy, bt_message_discarded_packets_borrow_stream_const(message));
	default:
		return true;
	}
}

/* --- the filter component --------------------------------------------------------------------- */

static bt_component_class_initialize_method_status begin_component(
	bt_self_component_filter *filter, bt_self_component_filter_configuration *unused,
	const bt_value *parameters, void *data)
{
	(void)unused;
	(void)parameters;
	bt_self_component_set_data(bt_self_component_filter_as_self_component(filter), data);
	if (bt_self_component_filter_add_input_port(filter, "in", NULL, NULL) !=
		    BT_SELF_COMPONENT_ADD_PORT_STATUS_OK ||
	    bt_self_component_filter_add_output_port(filter, "out", NULL, NULL) !=
		    BT_SELF_COMPONENT_ADD_PORT_STATUS_OK)
		return BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_ERROR;
	return BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_OK;
}

static bt_message_iterator_class_initialize_method_status begin_iterator(
	bt_self_message_iterator *iterator, bt_self_message_iterator_configuration *configuration,
	bt_self_component_port_output *port)
{
	bt_self_component *component = bt_self_message_iterator_borrow_component(iterator);
	bt_self_component_filter *filter = (bt_self_component_filter *)component;
	struct decode_copy *copy = bt_self_component_get_data(component);

	(void)configuration;
	(void)port;
	if (bt_message_iterator_create_from_message_iterator(
		    iterator, bt_self_component_filter_borrow_input_port_by_index(filter, 0),
		    &copy->upstream) != BT_MESSAGE_ITERATOR_CREATE_FROM_MESSAGE_ITERATOR_STATUS_OK)
		return BT_MESSAGE_ITERATOR_CLASS_INITIALIZE_METHOD_STATUS_ERROR;
	bt_self_message_iterator_set_data(iterator, copy);
	return BT_MESSAGE_ITERATOR_CLASS_INITIALIZE_METHOD_STATUS_OK;
}

static void end_iterator(bt_self_message_iterator *iterator)
{
	struct decode_copy *copy = bt_self_message_iterator_get_data(iterator);

	if (copy && copy->upstream)
		bt_message_iterator_put_ref(copy->upstream);
	if (copy)
		copy->upstream = NULL;
}

/* A batch of nothing isn't allowed: goes on until something passes. */
static bt_message_iterator_class_next_method_status next_messages(
	bt_self_message_iterator *iterator, bt_message_array_const messages, uint64_t capacity,
	uint64_t *count)
{
	struct decode_copy *copy = bt_self_message_iterator_get_data(iterator);
	bt_message_array_const batch;
	uint64_t batch_count = 0;

	*count = 0;
	while (*count == 0) {
		bt_message_iterator_next_status status =
			bt_message_iterator_next(copy->upstream, &batch, &batch_count);

		/* The numbers of both enumerations are the same. */
		if (status != BT_MESSAGE_ITERATOR_NEXT_STATUS_OK)
			return (bt_message_iterator_class_next_method_status)(int)status;
		for (uint64_t i = 0; i < batch_count; i++) {
			if (*count < capacity && passes(copy, batch[i]))
				messages[(*count)++] = batch[i];
			else
				bt_message_put_ref(batch[i]);
		}
	}
	return BT_MESSAGE_ITERATOR_CLASS_NEXT_METHOD_STATUS_OK;
}

static bt_component_class_filter *make_class(void)
{
	bt_message_iterator_class *iterator = bt_message_iterator_class_create(next_messages);
	bt_component_class_filter *class;

	if (!iterator)
		return NULL;
	bt_message_iterator_class_set_initialize_method(iterator, begin_iterator);
	bt_message_iterator_class_set_finalize_method(iterator, end_iterator);
	class = bt_component_class_filter_create("choose", iterator);
	bt_message_iterator_class_put_ref(iterator);
	if (class)
		bt_component_class_filter_set_initialize_method(class, begin_component);
	return class;
}

/* --- the graph -------------------------------------------------------------------------------- */

static const bt_component_filter *add_filter(struct decode_copy *copy)
{
	bt_component_class_filter *class = make_class();
	const bt_component_filter *filter = NULL;

	if (!class)
		return NULL;
	if (bt_graph_add_filter_component_with_initialize_method_data(
		    copy->graph.graph, class, "choose", NULL, copy, BT_LOGGING_LEVEL_NONE,
		    &filter) != BT_GRAPH_ADD_COMPONENT_STATUS_OK)
		filter = NULL;
	bt_component_class_filter_put_ref(class);
	return filter;
}

static const bt_component_sink *add_sink(struct decode_copy *copy, const char *path, bool is_single)
{
	const bt_component_class_sink *class =
		bt_plugin_borrow_sink_component_class_by_name_const(copy->graph.ctf, "fs");
	bt_value *parameters = bt_value_map_create();
	const bt_component_sink *sink = NULL;

	bt_value_map_insert_string_entry(parameters, "path", path);
	bt_value_map_insert_bool_entry(parameters, "quiet", BT_TRUE);
	bt_value_map_insert_bool_entry(parameters, "assume-single-trace",
				       is_single ? BT_TRUE : BT_FALSE);
	if (!class || bt_graph_add_sink_component(copy->graph.graph, class, "write", parameters,
						  BT_LOGGING_LEVEL_NONE,
						  &sink) != BT_GRAPH_ADD_COMPONENT_STATUS_OK)
		sink = NULL;
	bt_value_put_ref(parameters);
	return sink;
}

static bool connect(struct decode_copy *copy, const bt_port_output *out, const bt_port_input *in)
{
	return bt_graph_connect_ports(copy->graph.graph, out, in, NULL) ==
	       BT_GRAPH_CONNECT_PORTS_STATUS_OK;
}

struct decode_copy *decode_copy_open(const char *const *directories, size_t count, const char *path,
				     bool is_single, uint64_t from_ns, uint64_t until_ns,
				     const struct filter *filter, struct error *err)
{
	struct decode_copy *copy = mem_zalloc(sizeof(*copy));
	const bt_component_filter *chooser;
	const bt_component_sink *sink;
	const bt_port_output *port;

	copy->from_ns = from_ns;
	copy->until_ns = until_ns;
	copy->filter = filter;
	copy->view.stream = &copy->stream;
	if (!decode_graph_open(&copy->graph, err) ||
	    !decode_graph_add_sources(&copy->graph, directories, count, &port, err))
		goto fail;
	chooser = add_filter(copy);
	sink = chooser ? add_sink(copy, path, is_single) : NULL;
	if (!sink ||
	    !connect(copy, port,
		     bt_component_filter_borrow_input_port_by_index_const(chooser, 0)) ||
	    !connect(copy, bt_component_filter_borrow_output_port_by_index_const(chooser, 0),
		     bt_component_sink_borrow_input_port_by_index_const(sink, 0))) {
		decode_error(err, ERROR_IO, "cannot write a trace");
		goto fail;
	}
	return copy;

fail:
	decode_copy_close(copy);
	return NULL;
}

enum decoder_result decode_copy_step(struct decode_copy *copy, struct error *err)
{
	for (unsigned int i = 0; i < RUNS; i++) {
		switch (bt_graph_run_once(copy->graph.graph)) {
		case BT_GRAPH_RUN_ONCE_STATUS_OK:
			break;
		case BT_GRAPH_RUN_ONCE_STATUS_END:
			return DECODER_END;
		default:
			decode_error(err, ERROR_IO, "cannot write the trace");
			return DECODER_FAILED;
		}
	}
	return DECODER_EVENT;
}

uint64_t decode_copy_count(const struct decode_copy *copy)
{
	return copy->count;
}

void decode_copy_close(struct decode_copy *copy)
{
	if (!copy)
		return;
	decode_graph_close(&copy->graph);
	let_go_of_traces(copy);
	text_finish(&copy->view.scratch);
	free(copy->begun);
	free(copy);
}
