/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Puts files together to streams: a trace file that was split, and the chunks of one session, go on
 * with each other. What was lost follows from the counters of neighbours. Then: which packets a
 * window in time needs.
 */
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/browse/map.h"

#define QUANTUM 256 /* packets of one file before the next one's turn */

/* --- indexing --------------------------------------------------------------------------------- */

static bool index_round(struct map *map, size_t packets_max, bool (*must_stop)(void *data),
			void *data)
{
	bool is_done = true;

	for (size_t i = 0; i < map->trace_count; i++) {
		struct map_trace *trace = map->traces[i];

		for (size_t j = 0; j < trace->file_count; j++) {
			struct map_file *file = trace->files[j];

			if (must_stop && must_stop(data))
				return false;
			if (!file->is_done)
				map_index_file(file, packets_max);
			is_done = is_done && file->is_done;
		}
	}
	return is_done;
}

void map_index(struct map *map, size_t each_max, bool (*must_stop)(void *data), void *data)
{
	while (each_max > 0) {
		size_t part = each_max < QUANTUM ? each_max : QUANTUM;

		if (index_round(map, part, must_stop, data) || (must_stop && must_stop(data)))
			break;
		each_max -= part;
	}
	map_assemble(map);
}

void map_progress(const struct map *map, uint64_t *done_bytes, uint64_t *total_bytes)
{
	*done_bytes = 0;
	*total_bytes = 0;
	for (size_t i = 0; i < map->trace_count; i++) {
		for (size_t j = 0; j < map->traces[i]->file_count; j++) {
			const struct map_file *file = map->traces[i]->files[j];

			*total_bytes += file->size_bytes;
			*done_bytes += file->is_done ? file->size_bytes : file->next_bytes;
		}
	}
}

/* --- groups ----------------------------------------------------------------------------------- */

static bool is_same_group(const struct map_trace *one, const struct map_trace *other)
{
	return one->outline && other->outline && one->outline->has_uuid &&
	       other->outline->has_uuid &&
	       !memcmp(one->outline->uuid, other->outline->uuid, sizeof(one->outline->uuid));
}

static void make_groups(struct map *map)
{
	map->groups = mem_zalloc((map->trace_count + 1) * sizeof(*map->groups));
	for (size_t i = 0; i < map->trace_count; i++) {
		struct map_trace *trace = map->traces[i];
		size_t group = 0;

		while (group < map->group_count && !is_same_group(map->groups[group].trace, trace))
			group++;
		trace->group = group;
		if (group == map->group_count)
			map->groups[map->group_count++].trace = trace;
		else if (trace->outline->text_length >
			 map->groups[group].trace->outline->text_length)
			map->groups[group].trace = trace;
	}
}

/* --- streams ---------------------------------------------------------------------------------- */

static bool can_go_on(const struct map_file *file)
{
	return file->has_instance && !file->is_unit && file->trace->outline->has_uuid;
}

static int compare(uint64_t one, uint64_t other)
{
	return one < other ? -1 : one > other;
}

/* Files of one stream beside each other, by time; else as they were found. */
static int by_stream(const void *left, const void *right)
{
	const struct map_file *one = *(struct map_file *const *)left;
	const struct map_file *other = *(struct map_file *const *)right;
	int order = compare(one->trace->group, other->trace->group);

	if (!order)
		order = compare(can_go_on(other), can_go_on(one));
	if (!order && can_go_on(one))
		order = compare(one->stream_id, other->stream_id);
	if (!order && can_go_on(one))
		order = compare(one->instance, other->instance);
	if (!order)
		order = compare(one->packets[0].begin_ns, other->packets[0].begin_ns);
	return order ? order : strcmp(one->path, other->path);
}

static bool goes_on(const struct map_file *one, const struct map_file *other)
{
	return one->trace->group == other->trace->group && can_go_on(one) && can_go_on(other) &&
	       one->stream_id == other->stream_id && one->instance == other->instance;
}

static void add_spans(struct map_stream *stream, struct map_file *file)
{
	for (size_t i = 0; i < file->packet_count; i++) {
		stream->spans = mem_grow(stream->spans, stream->span_count, &stream->span_room,
					 sizeof(*stream->spans));
		stream->spans[stream->span_count++] =
			(struct map_span){.packet = &file->packets[i], .file = file};
	}
}

static int by_begin(const void *left, const void *right)
{
	const struct map_packet *one = ((const struct map_span *)left)->packet;
	const struct map_packet *other = ((const struct map_span *)right)->packet;
	int order = compare(one->begin_ns, other->begin_ns);

	if (!order)
		order = compare(one->sequence, other->sequence);
	return order ? order : compare(one->end_ns, other->end_ns);
}

/* Snapshots overlap: the same packet may be in several files. */
static void drop_doubles(struct map_stream *stream)
{
	size_t kept = 0;

	for (size_t i = 0; i < stream->span_count; i++) {
		const struct map_packet *packet = stream->spans[i].packet;
		const struct map_packet *before = kept ? stream->spans[kept - 1].packet : NULL;

		if (before && packet->has_sequence && packet->sequence == before->sequence &&
		    packet->begin_ns == before->begin_ns && packet->end_ns == before->end_ns)
			continue;
		stream->spans[kept++] = stream->spans[i];
	}
	stream->span_count = kept;
}

static bool needs_sorting(const struct map_stream *stream)
{
	for (size_t i = 1; i < stream->span_count; i++) {
		if (by_begin(&stream->spans[i - 1], &stream->spans[i]) >= 0)
			return true;
	}
	return false;
}

/*
 * What was lost before the first packet of all is known only if nothing came before it: its number
 * is 0.
 */
static void count_lost(struct map *map, struct map_stream *stream)
{
	for (size_t i = 0; i < stream->span_count; i++) {
		struct map_span *span = &stream->spans[i];
		const struct map_packet *packet = span->packet;
		const struct map_packet *before = i ? stream->spans[i - 1].packet : NULL;

		if (before && packet->discarded > before->discarded)
			span->lost_events = packet->discarded - before->discarded;
		else if (!before && packet->has_sequence && packet->sequence == 0)
			span->lost_events = packet->discarded;
		if (before && packet->has_sequence && packet->sequence > before->sequence + 1)
			span->lost_packets = packet->sequence - before->sequence - 1;
		map->lost_events += span->lost_events;
		map->lost_packets += span->lost_packets;
		map->gap_count += span->lost_events > 0 || span->lost_packets > 0;
	}
}

static void name_stream(struct map *map, struct map_stream *stream, const char *name)
{
	size_t same = 0;

	/* Those of one group follow each other. */
	for (const struct map_stream *other = stream;
	     other > map->streams && other[-1].group == stream->group; other--)
		same += !strcmp(other[-1].name, name);
	stream->name = name;
	if (same > 0) {
		stream->own_name = mem_printf("%s.%zu", name, same + 1);
		stream->name = stream->own_name;
	}
}

static void finish_stream(struct map *map, struct map_stream *stream)
{
	if (needs_sorting(stream)) {
		qsort(stream->spans, stream->span_count, sizeof(*stream->spans), by_begin);
		drop_doubles(stream);
	}
	count_lost(map, stream);
	for (size_t i = 0; i < stream->span_count; i++)
		map->packet_bytes += stream->spans[i].packet->size_bytes;
	map->packet_count += stream->span_count;
}

static void make_streams(struct map *map, struct map_file **files, size_t count)
{
	map->streams = mem_zalloc((count + 1) * sizeof(*map->streams));
	for (size_t i = 0; i < count; i++) {
		struct map_stream *stream = &map->streams[map->stream_count];
		size_t first = i;

		stream->group = files[i]->trace->group;
		stream->id = files[i]->stream_id;
		name_stream(map, stream, files[i]->name);
		add_spans(stream, files[i]);
		while (i + 1 < count && goes_on(files[first], files[i + 1]))
			add_spans(stream, files[++i]);
		finish_stream(map, stream);
		map->stream_count++;
	}
}

static void note_problem(struct map *map, const struct error *problem)
{
	if (error_is_set(problem) && !error_is_set(&map->problem))
		error_copy(&map->problem, problem);
}

/* Of the files that have packets; the caller frees it. */
static struct map_file **list_files(struct map *map, size_t *count)
{
	struct map_file **files = NULL;
	size_t room = 0;

	*count = 0;
	map->is_done = true;
	map->known_until_ns = UINT64_MAX;
	map->has_units = false;
	for (size_t i = 0; i < map->trace_count; i++) {
		note_problem(map, &map->traces[i]->problem);
		for (size_t j = 0; j < map->traces[i]->file_count; j++) {
			struct map_file *file = map->traces[i]->files[j];
			uint64_t known_ns = file->packet_count
						    ? file->packets[file->packet_count - 1].end_ns
						    : 0;

			note_problem(map, &file->problem);
			map->has_units = map->has_units || file->is_unit;
			map->is_done = map->is_done && file->is_done;
			if (!file->is_done && known_ns < map->known_until_ns)
				map->known_until_ns = known_ns;
			if (file->packet_count == 0)
				continue;
			files = mem_grow(files, *count, &room, sizeof(*files));
			files[(*count)++] = file;
		}
	}
	return files;
}

static void find_times(struct map *map)
{
	map->begin_ns = UINT64_MAX;
	map->end_ns = 0;
	for (size_t i = 0; i < map->stream_count; i++) {
		const struct map_stream *stream = &map->streams[i];

		if (stream->spans[0].packet->begin_ns < map->begin_ns)
			map->begin_ns = stream->spans[0].packet->begin_ns;
		for (size_t j = stream->span_count; j > 0 && j + 2 > stream->span_count; j--) {
			if (stream->spans[j - 1].packet->end_ns > map->end_ns)
				map->end_ns = stream->spans[j - 1].packet->end_ns;
		}
	}
	if (map->stream_count == 0)
		map->begin_ns = 0;
}

void map_assemble(struct map *map)
{
	struct map_file **files;
	size_t count;

	for (size_t i = 0; i < map->stream_count; i++) {
		free(map->streams[i].spans);
		free(map->streams[i].own_name);
	}
	free(map->streams);
	free(map->groups);
	map->streams = NULL;
	map->groups = NULL;
	map->stream_count = 0;
	map->group_count = 0;
	map->packet_count = 0;
	map->packet_bytes = 0;
	map->lost_events = 0;
	map->lost_packets = 0;
	map->gap_count = 0;
	make_groups(map);
	files = list_files(map, &count);
	if (count > 0)
		qsort(files, count, sizeof(*files), by_stream);
	make_streams(map, files, count);
	find_times(map);
	free(files);
}

/* --- windows ---------------------------------------------------------------------------------- */

/* The first packet that isn't over before `ns`. */
static size_t first_until(const struct map_stream *stream, uint64_t ns)
{
	size_t low = 0, high = stream->span_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (stream->spans[middle].packet->end_ns < ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The first packet that begins at `ns` or later. */
static size_t first_from(const struct map_stream *stream, uint64_t ns)
{
	size_t low = 0, high = stream->span_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (stream->spans[middle].packet->begin_ns < ns)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct map_range map_stream_range(const struct map_stream *stream, uint64_t from_ns,
				  uint64_t until_ns)
{
	size_t first = first_until(stream, from_ns), end = first_from(stream, until_ns);

	return (struct map_range){first, end > first ? end - first : 0};
}

uint64_t map_bytes_between(const struct map *map, uint64_t from_ns, uint64_t until_ns)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < map->stream_count; i++) {
		struct map_range range = map_stream_range(&map->streams[i], from_ns, until_ns);

		for (size_t j = range.first; j < range.first + range.count; j++)
			bytes += map->streams[i].spans[j].packet->size_bytes;
	}
	return bytes;
}

/* For each stream, the first packet that isn't taken. */
static uint64_t *first_not_taken(const struct map *map, uint64_t from_ns, uint64_t *bytes)
{
	uint64_t *next = mem_zalloc((map->stream_count + 1) * sizeof(*next));

	for (size_t i = 0; i < map->stream_count; i++) {
		const struct map_stream *stream = &map->streams[i];

		next[i] = first_until(stream, from_ns);
		while (next[i] < stream->span_count &&
		       stream->spans[next[i]].packet->begin_ns <= from_ns)
			*bytes += stream->spans[next[i]++].packet->size_bytes;
	}
	return next;
}

uint64_t map_window_end(const struct map *map, uint64_t from_ns, uint64_t bytes)
{
	uint64_t taken = 0, *next = first_not_taken(map, from_ns, &taken), end_ns;

	for (;;) {
		size_t least = map->stream_count;

		end_ns = UINT64_MAX;
		for (size_t i = 0; i < map->stream_count; i++) {
			const struct map_stream *stream = &map->streams[i];

			if (next[i] == stream->span_count ||
			    stream->spans[next[i]].packet->begin_ns >= end_ns)
				continue;
			end_ns = stream->spans[next[i]].packet->begin_ns;
			least = i;
		}
		if (least == map->stream_count)
			break;
		taken += map->streams[least].spans[next[least]].packet->size_bytes;
		if (taken > bytes && end_ns > from_ns)
			break;
		next[least]++;
	}
	free(next);
	return end_ns;
}

uint64_t map_window_begin(const struct map *map, uint64_t until_ns, uint64_t bytes)
{
	uint64_t taken = 0, begin_ns = 0,
		 *left = mem_zalloc((map->stream_count + 1) * sizeof(*left));
	uint64_t last_ns = until_ns ? until_ns - 1 : 0; /* that belongs to the window */

	for (size_t i = 0; i < map->stream_count; i++) {
		const struct map_stream *stream = &map->streams[i];

		left[i] = first_from(stream, until_ns);
		while (left[i] > 0 && stream->spans[left[i] - 1].packet->end_ns >= last_ns)
			taken += stream->spans[--left[i]].packet->size_bytes;
	}
	for (;;) {
		size_t latest = map->stream_count;

		begin_ns = 0;
		for (size_t i = 0; i < map->stream_count; i++) {
			const struct map_packet *packet;

			if (left[i] == 0)
				continue;
			packet = map->streams[i].spans[left[i] - 1].packet;
			if (latest != map->stream_count && packet->end_ns + 1 <= begin_ns)
				continue;
			begin_ns = packet->end_ns + 1;
			latest = i;
		}
		if (latest == map->stream_count)
			break;
		taken += map->streams[latest].spans[left[latest] - 1].packet->size_bytes;
		if (taken > bytes && begin_ns < until_ns)
			break;
		left[latest]--;
	}
	free(left);
	return begin_ns;
}
