/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See cut.h. A slice has one trace for each group that has packets in it. */
#include "backend/browse/cut.h"

/* Packets that lie beside each other in one file are copied at once. */
static bool add_range(struct slice *slice, const struct map_stream *stream, struct map_range range,
		      struct error *err)
{
	size_t i = range.first, end = range.first + range.count;

	while (i < end) {
		struct map_file *file = stream->spans[i].file;
		uint64_t offset_bytes = stream->spans[i].packet->offset_bytes;
		uint64_t length_bytes = 0;
		bool is_added;
		int fd;

		do
			length_bytes += stream->spans[i++].packet->size_bytes;
		while (i < end && stream->spans[i].file == file &&
		       stream->spans[i].packet->offset_bytes == offset_bytes + length_bytes);
		fd = map_file_open(file, err);
		if (fd < 0)
			return false;
		is_added =
			slice_add_range(slice, stream->name, fd, offset_bytes, length_bytes, err);
		map_file_close(file, fd);
		if (!is_added)
			return false;
	}
	return true;
}

static bool add_group(struct slice *slice, const struct map *map, size_t group,
		      const struct map_range *ranges, bool *is_begun, struct error *err)
{
	const struct ctf_outline *outline = map->groups[group].trace->outline;

	*is_begun = false;
	for (size_t i = 0; i < map->stream_count; i++) {
		if (map->streams[i].group != group || ranges[i].count == 0)
			continue;
		if (!*is_begun && !slice_add_trace(slice, outline->text, outline->text_length, err))
			return false;
		*is_begun = true;
		if (!add_range(slice, &map->streams[i], ranges[i], err))
			return false;
	}
	return true;
}

struct slice *cut_slice(const struct map *map, const char *slices, const struct map_range *ranges,
			size_t *groups, size_t *group_count, struct error *err)
{
	struct slice *slice = slice_create(slices, err);
	size_t count = 0;

	for (size_t i = 0; slice && i < map->group_count; i++) {
		bool is_begun;

		if (!add_group(slice, map, i, ranges, &is_begun, err)) {
			slice_destroy(slice);
			return NULL;
		}
		if (is_begun && groups)
			groups[count] = i;
		count += is_begun;
	}
	*group_count = count;
	return slice;
}
