/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A turn of the tail's worker: packets go from the tap into slices, and rows come out. What was
 * lost before a packet is known from the consumer, who saw every packet; the decoder sees a sample.
 */
#include "backend/browse/tail_decode.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/browse/page_make.h"
#include "backend/browse/slice.h"
#include "backend/consume/label.h"
#include "backend/ctf/decode.h"

/* One turn's packets of one stream. */
struct source_stream {
	struct source_stream *next;
	struct stream_label *label; /* reference held */
	char *file_name;
	size_t packet_count, loss_room;
	struct loss {
		uint64_t events, packets;
	} * losses;	   /* by packet */
	size_t told_count; /* packets whose losses stand in a row */
};

struct source_trace {
	struct source_trace *next;
	struct trace_label *label; /* the streams hold it */
	struct slice *slice;	   /* NULL: could not be made */
	struct source_stream *streams;
};

struct turn {
	const char *slices;
	const struct filter *filter;
	struct tail_decoded *decoded;
	struct source_trace *traces;
};

static void note_error(struct turn *turn, const struct error *err)
{
	turn->decoded->error = *err;
}

static struct source_trace *find_trace(struct turn *turn, struct trace_label *label)
{
	struct source_trace *trace = turn->traces;
	struct error err = ERROR_INIT;
	struct text metadata = {0};

	while (trace && trace->label != label)
		trace = trace->next;
	if (trace)
		return trace;
	trace = mem_zalloc(sizeof(*trace));
	trace->label = label;
	trace->next = turn->traces;
	turn->traces = trace;
	trace->slice = slice_create(turn->slices, &err);
	trace_label_read(label, &metadata);
	if (trace->slice &&
	    !slice_add_trace(trace->slice, text_str(&metadata), metadata.length, &err)) {
		slice_destroy(trace->slice);
		trace->slice = NULL;
	}
	if (!trace->slice)
		note_error(turn, &err);
	text_finish(&metadata);
	return trace;
}

static bool name_is_taken(const struct source_trace *trace, const char *name)
{
	for (const struct source_stream *stream = trace->streams; stream; stream = stream->next)
		if (strcmp(stream->file_name, name) == 0)
			return true;
	return false;
}

/* A stream that ended and one that was opened with its name later are two. */
static char *free_name(const struct source_trace *trace, const char *name)
{
	char *chosen = mem_strdup(name);

	for (unsigned int i = 1; name_is_taken(trace, chosen); i++) {
		free(chosen);
		chosen = mem_printf("%s_%u", name, i);
	}
	return chosen;
}

static struct source_stream *find_stream(struct source_trace *trace, struct stream_label *label)
{
	struct source_stream *stream = trace->streams;

	while (stream && stream->label != label)
		stream = stream->next;
	if (stream)
		return stream;
	stream = mem_zalloc(sizeof(*stream));
	stream->label = stream_label_ref(label);
	stream->file_name = free_name(trace, stream_label_name(label));
	stream->next = trace->streams;
	trace->streams = stream;
	return stream;
}

static void add_packet(struct turn *turn, const struct tap_packet *packet)
{
	struct source_trace *trace = find_trace(turn, stream_label_trace(packet->label));
	struct source_stream *stream = find_stream(trace, packet->label);
	struct error err = ERROR_INIT;

	turn->decoded->passed_events += packet->event_count;
	turn->decoded->is_partial |= packet->is_part;
	if (!trace->slice)
		return;
	if (!slice_add_bytes(trace->slice, stream->file_name, packet->bytes, packet->length,
			     &err)) {
		note_error(turn, &err);
		return;
	}
	stream->losses = mem_grow(stream->losses, stream->packet_count, &stream->loss_room,
				  sizeof(*stream->losses));
	stream->losses[stream->packet_count++] =
		(struct loss){packet->lost_events, packet->lost_packets};
}

static struct source_stream *stream_of_name(const struct source_trace *trace, const char *name)
{
	struct source_stream *stream = trace->streams;

	while (stream && strcmp(stream->file_name, name) != 0)
		stream = stream->next;
	return stream;
}

/* What was lost up to the event's packet and isn't told yet. */
static struct loss untold_loss(struct source_stream *stream, uint64_t packet)
{
	struct loss sum = {0, 0};

	while (stream && stream->told_count < stream->packet_count &&
	       stream->told_count <= packet) {
		const struct loss *loss = &stream->losses[stream->told_count++];

		sum.events += loss->events;
		sum.packets += loss->packets;
	}
	return sum;
}

static void add_row(const struct source_trace *trace, struct decoder *decoder,
		    const struct decoded_event *event, struct event_page *page)
{
	struct loss loss = untold_loss(stream_of_name(trace, event->stream), event->packet);
	struct event_row *row;

	decoder_add_row(decoder, page);
	row = event_page_last_row(page);
	row->lost_before = loss.events;
	row->lost_packets_before = loss.packets;
}

static struct event_page *decode_trace(struct turn *turn, const struct source_trace *trace,
				       struct decoder *decoder)
{
	struct event_page *page = event_page_make();
	struct error err = ERROR_INIT;
	enum decoder_result result;
	struct decoded_event event;

	while ((result = decoder_next(decoder, &event, &err)) == DECODER_EVENT) {
		turn->decoded->decoded_events++;
		if (!decoder_matches(decoder, turn->filter))
			continue;
		turn->decoded->shown_events++;
		add_row(trace, decoder, &event, page);
	}
	if (result == DECODER_FAILED)
		note_error(turn, &err);
	return page;
}

static void finish_trace(struct source_trace *trace)
{
	while (trace->streams) {
		struct source_stream *stream = trace->streams;

		trace->streams = stream->next;
		stream_label_unref(stream->label);
		free(stream->file_name);
		free(stream->losses);
		free(stream);
	}
	slice_destroy(trace->slice);
	free(trace);
}

void tail_decode(struct tap *tap, const char *slices, const struct filter *filter,
		 struct tail_decoded *decoded, void (*add)(void *data, struct event_page *page),
		 void *data)
{
	struct turn turn = {.slices = slices, .filter = filter, .decoded = decoded};
	struct tap_packet packet;

	*decoded = (struct tail_decoded){.error = ERROR_INIT};
	while (tap_take(tap, &packet)) {
		add_packet(&turn, &packet);
		tap_give_back(tap);
	}
	while (turn.traces) {
		struct source_trace *trace = turn.traces;
		struct error err = ERROR_INIT;
		struct decoder *decoder = NULL;

		turn.traces = trace->next;
		if (trace->slice && slice_bytes(trace->slice) > 0) {
			decoder = slice_decode(trace->slice, &err);
			if (!decoder)
				note_error(&turn, &err);
		}
		if (decoder)
			add(data, decode_trace(&turn, trace, decoder));
		decoder_close(decoder);
		finish_trace(trace);
	}
}
