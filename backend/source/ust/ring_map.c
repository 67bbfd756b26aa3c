/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the description at the begin of a ring's shared memory. Offsets and strides in it are
 * packed and in the writer's byte order; so are we, being its reader on the same machine.
 */
#include "backend/source/ust/ring_map.h"

#include <string.h>

#define WORD_BYTES   sizeof(uint64_t)
#define ENDIAN_MARK  0x1234
#define LAYOUT_UST   0
#define MODE_DISCARD 1

/* In overwrite mode an id holds more than the place, which is its lower half. */
#define ID_PLACE_MASK UINT64_C(0xffffffff)

struct description {
	unsigned char magic[16];
	uint64_t map_bytes;
	uint16_t endian;
	uint16_t major;
	uint16_t minor;
	uint8_t word_bytes;
	uint8_t layout;
	struct {
		uint32_t produced;
		uint32_t consumed;
		uint32_t commits;
		uint32_t commits_field;
		uint32_t ids;
		uint32_t ids_field;
		uint32_t places;
		uint32_t places_field;
		uint32_t place_data_field;
		uint32_t content_size;
		uint32_t packet_size;
	} __attribute__((packed)) offset;
	uint8_t lengths[8];
	struct {
		uint32_t commits;
		uint32_t ids;
		uint32_t places;
	} __attribute__((packed)) stride;
	uint64_t ring_bytes;
	uint64_t subbuf_bytes;
	uint64_t subbuf_count;
	uint32_t mode;
} __attribute__((packed));

static const unsigned char description_magic[16] = {
	0x17, 0x7b, 0xf1, 0x77, 0xbf, 0x17, 0x7b, 0xf1,
	0x77, 0xbf, 0x17, 0x7b, 0xf1, 0x77, 0xbf, 0x17,
};

static bool is_power_of_2(uint64_t value)
{
	return value && !(value & (value - 1));
}

/* A word of shared memory: one load, whatever others write meanwhile. */
static uint64_t load_word(const struct ust_ring_map *map, size_t at)
{
	/* Acquire: what was written before the word was is there. */
	return __atomic_load_n((const uint64_t *)(const void *)(map->bytes + at), __ATOMIC_ACQUIRE);
}

static bool has_words(const struct ust_ring_map *map, size_t at, size_t stride, uint64_t count)
{
	return at % WORD_BYTES == 0 && stride % WORD_BYTES == 0 && stride >= WORD_BYTES &&
	       count <= map->size_bytes / stride && at <= map->size_bytes &&
	       count * stride <= map->size_bytes - at;
}

static bool is_known(const struct description *description, size_t size_bytes)
{
	return !memcmp(description->magic, description_magic, sizeof(description_magic)) &&
	       description->endian == ENDIAN_MARK && description->major == 0 &&
	       description->word_bytes == WORD_BYTES && description->layout == LAYOUT_UST &&
	       description->map_bytes <= size_bytes && is_power_of_2(description->subbuf_bytes) &&
	       is_power_of_2(description->subbuf_count) &&
	       description->ring_bytes / description->subbuf_count == description->subbuf_bytes;
}

/* The places follow each other: then their own table, which writers could change, isn't needed. */
static bool find_data(struct ust_ring_map *map, const struct description *description)
{
	size_t at = (size_t)description->offset.places + description->offset.places_field;
	size_t stride = description->stride.places;

	if (!has_words(map, at, stride, map->place_count))
		return false;
	for (uint64_t i = 0; i < map->place_count; i++) {
		uint64_t place = load_word(map, at + (size_t)i * stride);
		uint64_t data;

		if (place > map->size_bytes ||
		    !has_words(map, (size_t)place + description->offset.place_data_field,
			       WORD_BYTES, 1))
			return false;
		data = load_word(map, (size_t)place + description->offset.place_data_field);
		if (i == 0)
			map->data_at = (size_t)data;
		else if (data != map->data_at + i * map->subbuf_bytes)
			return false;
	}
	return map->data_at <= map->size_bytes &&
	       map->place_count <= (map->size_bytes - map->data_at) / map->subbuf_bytes;
}

bool ust_ring_map_init(struct ust_ring_map *map, const void *bytes, size_t size_bytes,
		       struct error *err)
{
	struct description description;

	memset(map, 0, sizeof(*map));
	map->bytes = bytes;
	map->size_bytes = size_bytes;
	if (size_bytes < sizeof(description))
		goto unknown;
	memcpy(&description, bytes, sizeof(description));
	if (!is_known(&description, size_bytes))
		goto unknown;
	map->produced_at = description.offset.produced;
	map->consumed_at = description.offset.consumed;
	map->commits_at = (size_t)description.offset.commits + description.offset.commits_field;
	map->commits_stride = description.stride.commits;
	map->ids_at = (size_t)description.offset.ids + description.offset.ids_field;
	map->ids_stride = description.stride.ids;
	map->subbuf_bytes = description.subbuf_bytes;
	map->subbuf_count = description.subbuf_count;
	map->is_overwrite = description.mode != MODE_DISCARD;
	map->place_count = map->subbuf_count + (map->is_overwrite ? 1 : 0);
	if (has_words(map, map->produced_at, WORD_BYTES, 1) &&
	    has_words(map, map->consumed_at, WORD_BYTES, 1) &&
	    has_words(map, map->commits_at, map->commits_stride, map->subbuf_count) &&
	    has_words(map, map->ids_at, map->ids_stride, map->subbuf_count) &&
	    find_data(map, &description))
		return true;
unknown:
	return error_set(
		err, ERROR_UNSUPPORTED,
		"this version of liblttng-ust-ctl lays its buffers out in a way unknown to "
		"tracon; use one of the series 2.13");
}

uint64_t ust_ring_produced(const struct ust_ring_map *map)
{
	return load_word(map, map->produced_at);
}

uint64_t ust_ring_consumed(const struct ust_ring_map *map)
{
	return load_word(map, map->consumed_at);
}

static size_t index_of(const struct ust_ring_map *map, uint64_t position)
{
	return (size_t)(position / map->subbuf_bytes % map->subbuf_count);
}

/*
 * The counter of consecutive commits grows by subbuf_bytes with each lap of the ring, so it tells
 * the lap as well: at a position of lap N (from 0) it is between N and N + 1 sub-buffers.
 */
uint64_t ust_ring_written(const struct ust_ring_map *map, uint64_t position)
{
	uint64_t lap = position / map->subbuf_bytes / map->subbuf_count;
	uint64_t commits =
		load_word(map, map->commits_at + index_of(map, position) * map->commits_stride);
	uint64_t written = commits - lap * map->subbuf_bytes;

	if (written > UINT64_MAX / 2)
		return 0; /* an earlier lap's */
	return written < map->subbuf_bytes ? written : map->subbuf_bytes;
}

uint64_t ust_ring_written_until(const struct ust_ring_map *map, uint64_t begin, uint64_t end)
{
	uint64_t position = begin;

	for (uint64_t i = 0; i <= map->subbuf_count && position < end; i++) {
		uint64_t written = ust_ring_written(map, position);

		position += written;
		if (written < map->subbuf_bytes)
			break;
	}
	return position < end ? position : end;
}

const unsigned char *ust_ring_subbuf(const struct ust_ring_map *map, uint64_t position)
{
	uint64_t place = load_word(map, map->ids_at + index_of(map, position) * map->ids_stride);

	if (map->is_overwrite)
		place &= ID_PLACE_MASK;
	if (place >= map->place_count)
		return NULL;
	return map->bytes + map->data_at + (size_t)place * (size_t)map->subbuf_bytes;
}
