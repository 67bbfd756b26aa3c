/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files of the decoder share: the event that came last, and babeltrace2's errors. */
#ifndef TRACON_CTF_DECODE_PARTS_H
#define TRACON_CTF_DECODE_PARTS_H

#include <babeltrace2/babeltrace.h>

#include "backend/base/error.h"
#include "backend/base/text.h"
#include "backend/ctf/decode.h"

/* A source of events with what was needed to make it. */
struct decode_graph {
	const bt_plugin_set *sets[2];
	const bt_plugin *ctf, *utils;
	bt_graph *graph;
};

/*
 * Loads the plugins and makes an empty graph. Every decoder has plugin objects of its own, because
 * babeltrace2 counts their users without atomics.
 */
bool decode_graph_open(struct decode_graph *graph, struct error *err);
void decode_graph_close(struct decode_graph *graph);
/*
 * Adds what reads the directories. *port: where its events come out, in time order. False with
 * ERROR_INVALID.
 */
bool decode_graph_add_sources(struct decode_graph *graph, const char *const *directories,
			      size_t count, const bt_port_output **port, struct error *err);

/* Takes babeltrace2's error of this thread: its first cause becomes the sentence. False. */
bool decode_error(struct error *err, enum error_code code, const char *what);

struct decoder_stream {
	const bt_stream *stream;
	const char *name; /* of its file; lives as long as the stream */
	size_t directory;
	size_t number;
	uint64_t packet_count;
	uint64_t lost_events, lost_packets; /* since its last event */
	bool is_first;			    /* no event of the packet came yet */
};

/* The event that came last, for the functions that look into it. */
struct decoder_view {
	const bt_event *event;
	const struct decoder_stream *stream;
	uint64_t wall_ns;
	uint64_t lost_events, lost_packets;
	struct text scratch; /* one value */
};

struct decoder_view *decoder_view(struct decoder *decoder);
/* LTTng-UST's number for it, -1 if it has none. */
int decode_loglevel(const bt_event_class *class, const char **text);
/* The processor that wrote the event; false if its packet doesn't say. */
bool decode_cpu(const bt_event *event, int64_t *cpu);
/* NULL if it has none. */
const bt_field *decode_packet_context(const bt_event *event);
bool decode_view_matches(struct decoder_view *view, const struct filter *filter);
/* bits of a signed number: its own. */
void decode_add_integer(struct text *out, const bt_field_class *class, uint64_t bits,
			bool is_signed);
/* digits_max: 9 for single precision, 17 for double. */
void decode_add_real(struct text *out, double value, int digits_max);
/* The last part of a path. */
const char *decode_base_name(const char *path);
/* Of an event message; 0 without a clock or before the Epoch. */
uint64_t decode_wall_ns(const bt_message *message);

#endif
