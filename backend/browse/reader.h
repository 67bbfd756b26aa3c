/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads all events of a window of time, in order, each with its place: a slice of the window's
 * packets, decoded. Windows that follow each other give every event once.
 */
#ifndef TRACON_BROWSE_READER_H
#define TRACON_BROWSE_READER_H

#include "backend/browse/map.h"
#include "backend/browse/page.h"
#include "backend/ctf/decode.h"

struct reader;

struct read_event {
	struct event_place place;
	const char *name;
	const char *stream_name;
	struct decoder *decoder;	    /* its fields are asked for here */
	uint64_t lost_events, lost_packets; /* before it, in its stream */
	size_t stream;			    /* of the map */
};

/*
 * The window [from_ns, until_ns). NULL with *err: ERROR_NOT_FOUND when no packet overlaps it. The
 * map must not change until reader_close().
 */
struct reader *reader_open(const struct map *map, const char *slices, uint64_t from_ns,
			   uint64_t until_ns, struct error *err);
void reader_close(struct reader *reader); /* NULL passes */
enum decoder_result reader_next(struct reader *reader, struct read_event *event, struct error *err);
/* The event isn't shown: what was lost before it is told with the next one of its stream. */
void reader_pass(struct reader *reader);
/* Adds the event that came last to a page, with place and losses. */
void reader_add_row(struct reader *reader, struct event_page *page);

/* Order of places. */
int event_place_compare(struct event_place one, struct event_place other);

#endif
