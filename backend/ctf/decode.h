/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * CTF traces to events, in time order, by babeltrace2. What is wanted of an event is asked for
 * after it came: its time alone costs nothing, a field little, a row or line the most. One thread
 * has a decoder; several threads may have one each. Nothing is printed anywhere; what is wrong
 * becomes an error.
 */
#ifndef TRACON_CTF_DECODE_H
#define TRACON_CTF_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/error.h"
#include "backend/base/filter/filter.h"
#include "backend/base/text.h"

#define DECODE_ELEMENTS_MAX 256	  /* of one array or sequence that are shown; the rest is said */
#define DECODE_FIELDS_MAX   4096  /* of one event */
#define DECODE_DEPTH_MAX    16	  /* structures, arrays and choices inside each other */
#define DECODE_STRING_MAX   65536 /* bytes of one string; the rest is said */

struct decoder;
struct event_page;

/* Strings are the decoder's: until its next event. */
struct decoded_event {
	uint64_t wall_ns;
	const char *name;
	const char *stream;   /* its stream's file: "channel0_1" */
	size_t directory;     /* of those opened, the one its stream's first file is in */
	size_t stream_number; /* of this decoder, 0, 1… as they are met */
	uint64_t packet;      /* which of its stream's packets in what is decoded: 0, 1… */
	bool is_first;	      /* of its packet */
	/*
	 * Lost in its stream since the event before it, by the counters in the packets. What was
	 * lost before the first packet that is decoded isn't known here: 0.
	 */
	uint64_t lost_events, lost_packets;
};

/*
 * directories: each has a `metadata` file and stream files; those with one UUID are one trace. They
 * may go once the decoder is closed. NULL with ERROR_INVALID (not a trace that can be read),
 * ERROR_UNSUPPORTED (babeltrace2's plugins are missing).
 */
struct decoder *decoder_open(const char *const *directories, size_t count, struct error *err);
void decoder_close(struct decoder *decoder); /* NULL passes */

enum decoder_result { DECODER_EVENT, DECODER_END, DECODER_FAILED };
enum decoder_result decoder_next(struct decoder *decoder, struct decoded_event *event,
				 struct error *err);

/* --- of the event that came last --- */

/*
 * Adds it to the page as its last row, with all fields; place.wall_ns and what was lost are set,
 * place.skip stays 0.
 */
void decoder_add_row(struct decoder *decoder, struct event_page *page);
/* As event_row_print would print that row. Added to `out`. */
void decoder_print(struct decoder *decoder, struct text *out);
/* One line in the words of `babeltrace2`, without time and newline. */
void decoder_print_all(struct decoder *decoder, struct text *out);
/* Its contexts and fields as members "context" and "fields" of a JSON object. */
struct json;
void decoder_put_json(struct decoder *decoder, struct json *object);
/*
 * A field of the payload by its path, or of the contexts ($ctx.NAME). Own names: $ctx.event_name,
 * $ctx.cpu, $ctx.stream. MISSING if there is none. Strings are borrowed until the next event.
 */
void decoder_value(struct decoder *decoder, const struct filter_node *field,
		   struct filter_value *value);
/* An integer of the payload by its name alone; false if there is none. */
bool decoder_integer(struct decoder *decoder, const char *name, int64_t *value);
bool decoder_matches(struct decoder *decoder, const struct filter *filter); /* NULL: true */

/* --- copying to another trace --- */

/*
 * Writes the events of [from_ns, until_ns) that match (filter NULL: all) as a new CTF trace, with
 * the losses between packets. is_single: the directories are one trace, which becomes `path`, a
 * folder that isn't there yet; else folders below `path`.
 */
struct decode_copy;
struct decode_copy *decode_copy_open(const char *const *directories, size_t count, const char *path,
				     bool is_single, uint64_t from_ns, uint64_t until_ns,
				     const struct filter *filter, struct error *err);
/* Some more events. DECODER_END: all are written, once it is closed. */
enum decoder_result decode_copy_step(struct decode_copy *copy, struct error *err);
uint64_t decode_copy_count(const struct decode_copy *copy);
void decode_copy_close(struct decode_copy *copy); /* NULL passes */

#endif
