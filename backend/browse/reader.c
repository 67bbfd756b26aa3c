/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A window as a slice. The names of a slice's files lead from the decoder's streams back to the
 * map's, and so from packets to what the map knows was lost before them.
 */
#include "backend/browse/reader.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/browse/cut.h"
#include "backend/browse/page_make.h"
#include "backend/browse/slice.h"

/* A stream of the map in this window. */
struct reader_stream {
	size_t next;				/* packets before this one have told their losses */
	uint64_t passed_events, passed_packets; /* losses not told yet */
};

struct reader {
	const struct map *map;
	uint64_t from_ns, until_ns;
	struct slice *slice;
	struct decoder *decoder;
	size_t *groups; /* of the map, by the slice's folders */
	size_t group_count;
	struct map_range *ranges;      /* of packets, as the map has its streams */
	struct reader_stream *streams; /* likewise */
	size_t *numbers;	       /* of the map's streams, by the decoder's */
	size_t number_count, number_room;
	struct event_place place;
	bool has_place;
	struct read_event last;
};

int event_place_compare(struct event_place one, struct event_place other)
{
	if (one.wall_ns != other.wall_ns)
		return one.wall_ns < other.wall_ns ? -1 : 1;
	if (one.skip != other.skip)
		return one.skip < other.skip ? -1 : 1;
	return 0;
}

/* --- the window ------------------------------------------------------------------------------- */

/* Packets without events told nobody what was lost before them. */
static size_t first_untold(const struct map_stream *stream, size_t first)
{
	while (first > 0 && stream->spans[first - 1].packet->is_empty)
		first--;
	return first;
}

static bool choose_packets(struct reader *reader)
{
	bool has_packets = false;

	for (size_t i = 0; i < reader->map->stream_count; i++) {
		const struct map_stream *stream = &reader->map->streams[i];

		reader->ranges[i] = map_stream_range(stream, reader->from_ns, reader->until_ns);
		reader->streams[i].next = first_untold(stream, reader->ranges[i].first);
		has_packets = has_packets || reader->ranges[i].count > 0;
	}
	return has_packets;
}

/* One trace that can't be opened hides all: its path is of more use than the slice's. */
static void name_unreadable(struct reader *reader, struct error *err)
{
	const char *const *folders = slice_traces(reader->slice);

	if (err->code != ERROR_INVALID || slice_bytes(reader->slice) == 0)
		return;
	for (size_t i = 0; i < reader->group_count; i++) {
		struct error why = ERROR_INIT;
		struct decoder *decoder = decoder_open(&folders[i], 1, &why);

		decoder_close(decoder);
		if (decoder)
			continue;
		error_set(err, ERROR_INVALID, "'%s': babeltrace2 can't make sense of its metadata",
			  reader->map->groups[reader->groups[i]].trace->path);
		return;
	}
}

struct reader *reader_open(const struct map *map, const char *slices, uint64_t from_ns,
			   uint64_t until_ns, struct error *err)
{
	struct reader *reader = mem_zalloc(sizeof(*reader));

	reader->map = map;
	reader->from_ns = from_ns;
	reader->until_ns = until_ns;
	reader->ranges = mem_zalloc((map->stream_count + 1) * sizeof(*reader->ranges));
	reader->streams = mem_zalloc((map->stream_count + 1) * sizeof(*reader->streams));
	reader->groups = mem_zalloc((map->group_count + 1) * sizeof(*reader->groups));
	if (!choose_packets(reader)) {
		error_set(err, ERROR_NOT_FOUND, "there are no events at that time");
		goto fail;
	}
	reader->slice =
		cut_slice(map, slices, reader->ranges, reader->groups, &reader->group_count, err);
	if (!reader->slice)
		goto fail;
	reader->decoder = slice_decode(reader->slice, err);
	if (!reader->decoder) {
		name_unreadable(reader, err);
		goto fail;
	}
	return reader;

fail:
	reader_close(reader);
	return NULL;
}

void reader_close(struct reader *reader)
{
	if (!reader)
		return;
	decoder_close(reader->decoder);
	slice_destroy(reader->slice);
	free(reader->ranges);
	free(reader->streams);
	free(reader->groups);
	free(reader->numbers);
	free(reader);
}

/* --- events ----------------------------------------------------------------------------------- */

static size_t find_number(const struct reader *reader, const struct decoded_event *event)
{
	const struct map *map = reader->map;

	for (size_t i = 0; i < map->stream_count; i++) {
		if (event->directory < reader->group_count &&
		    map->streams[i].group == reader->groups[event->directory] &&
		    !strcmp(map->streams[i].name, event->stream))
			return i;
	}
	return SIZE_MAX;
}

/* SIZE_MAX: it isn't the map's. */
static size_t number_of(struct reader *reader, const struct decoded_event *event)
{
	while (event->stream_number >= reader->number_count) {
		reader->numbers = mem_grow(reader->numbers, reader->number_count,
					   &reader->number_room, sizeof(*reader->numbers));
		reader->numbers[reader->number_count++] = SIZE_MAX;
	}
	if (reader->numbers[event->stream_number] == SIZE_MAX)
		reader->numbers[event->stream_number] = find_number(reader, event);
	return reader->numbers[event->stream_number];
}

/* The map knows better than a slice what was lost: it has the packets before. */
static void tell_lost(struct reader *reader, const struct decoded_event *event)
{
	size_t number = number_of(reader, event);
	const struct map_stream *stream;
	struct reader_stream *own;
	size_t end;

	reader->last.stream = number;
	reader->last.lost_events = 0;
	reader->last.lost_packets = 0;
	if (number == SIZE_MAX)
		return;
	stream = &reader->map->streams[number];
	own = &reader->streams[number];
	if (event->is_first) {
		end = reader->ranges[number].first + (size_t)event->packet + 1;
		for (; own->next < end && own->next < stream->span_count; own->next++) {
			own->passed_events += stream->spans[own->next].lost_events;
			own->passed_packets += stream->spans[own->next].lost_packets;
		}
		if (stream->spans[0].file->is_unit) {
			own->passed_events += event->lost_events;
			own->passed_packets += event->lost_packets;
		}
	}
	reader->last.lost_events = own->passed_events;
	reader->last.lost_packets = own->passed_packets;
	own->passed_events = 0;
	own->passed_packets = 0;
}

enum decoder_result reader_next(struct reader *reader, struct read_event *event, struct error *err)
{
	struct decoded_event decoded;
	enum decoder_result result;

	while ((result = decoder_next(reader->decoder, &decoded, err)) == DECODER_EVENT) {
		if (decoded.wall_ns >= reader->until_ns)
			return DECODER_END;
		if (reader->has_place && reader->place.wall_ns == decoded.wall_ns)
			reader->place.skip++;
		else
			reader->place = (struct event_place){decoded.wall_ns, 0};
		reader->has_place = true;
		if (!decoded.is_first && decoded.wall_ns < reader->from_ns)
			continue;
		tell_lost(reader, &decoded);
		if (decoded.wall_ns < reader->from_ns)
			continue;
		reader->last.place = reader->place;
		reader->last.name = decoded.name;
		reader->last.stream_name = decoded.stream;
		reader->last.decoder = reader->decoder;
		*event = reader->last;
		return DECODER_EVENT;
	}
	return result;
}

void reader_pass(struct reader *reader)
{
	struct reader_stream *stream;

	if (reader->last.stream == SIZE_MAX)
		return;
	stream = &reader->streams[reader->last.stream];
	stream->passed_events += reader->last.lost_events;
	stream->passed_packets += reader->last.lost_packets;
}

void reader_add_row(struct reader *reader, struct event_page *page)
{
	struct event_row *row;

	decoder_add_row(reader->decoder, page);
	row = (struct event_row *)(uintptr_t)&page->rows[page->row_count - 1];
	row->place = reader->last.place;
	row->lost_before = reader->last.lost_events;
	row->lost_packets_before = reader->last.lost_packets;
}
