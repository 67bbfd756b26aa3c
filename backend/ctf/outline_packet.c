/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads a packet's header and context at the places that the outline found. */
#include <inttypes.h>
#include <string.h>

#include "backend/ctf/outline.h"

#define CTF_MAGIC UINT64_C(0xC1FC1FC1)

/* Bit by bit, as the specification has it: §4.1.6 of CTF 1.8. A few fields a packet. */
static bool read_slot(const struct ctf_slot *slot, const unsigned char *bytes, size_t length,
		      uint64_t *value)
{
	*value = 0;
	if (!slot->is_there || slot->at_bits + slot->size_bits > (uint64_t)length * 8)
		return false;
	for (unsigned int i = 0; i < slot->size_bits; i++) {
		uint64_t at = slot->at_bits + i;
		unsigned int shift = (unsigned int)(at % 8);
		uint64_t bit =
			(uint64_t)bytes[at / 8] >> (slot->is_big_endian ? 7 - shift : shift) & 1;

		if (slot->is_big_endian)
			*value = *value << 1 | bit;
		else
			*value |= bit << i;
	}
	return true;
}

const struct ctf_outline_stream *ctf_outline_find_stream(const struct ctf_outline *outline,
							 uint64_t id)
{
	for (size_t i = 0; i < outline->stream_count; i++) {
		if (outline->streams[i].id == id)
			return &outline->streams[i];
	}
	return NULL;
}

static bool check_sizes(const struct ctf_packet_facts *facts, struct error *err)
{
	const struct ctf_outline_stream *stream = facts->stream;

	if (facts->size_bits % 8 || (stream->size.is_there && facts->size_bits == 0) ||
	    (facts->size_bits && facts->content_bits > facts->size_bits) ||
	    (stream->content.is_there && facts->content_bits < stream->first_event_bits))
		return error_set(err, ERROR_INVALID,
				 "a packet says that it is %" PRIu64 " bits long with %" PRIu64
				 " of content",
				 facts->size_bits, facts->content_bits);
	if (facts->end_clock < facts->begin_clock)
		return error_set(err, ERROR_INVALID, "a packet ends before it begins");
	return true;
}

bool ctf_outline_read_packet(const struct ctf_outline *outline, const unsigned char *bytes,
			     size_t length, struct ctf_packet_facts *facts, struct error *err)
{
	const struct ctf_outline_stream *stream;
	uint64_t magic;

	*facts = (struct ctf_packet_facts){0};
	if (outline->magic.is_there &&
	    (!read_slot(&outline->magic, bytes, length, &magic) || magic != CTF_MAGIC))
		return error_set(err, ERROR_INVALID, "there is no packet where one should begin");
	if (outline->stream_id.is_there &&
	    !read_slot(&outline->stream_id, bytes, length, &facts->stream_id))
		return error_set(err, ERROR_INVALID, "a packet is cut off in its header");
	facts->has_instance = read_slot(&outline->instance, bytes, length, &facts->instance);
	stream = ctf_outline_find_stream(outline, facts->stream_id);
	if (!stream || !stream->is_known)
		return error_set(err, ERROR_INVALID, "the metadata has no streams of kind %" PRIu64,
				 facts->stream_id);
	if (stream->first_event_bits > (uint64_t)length * 8)
		return error_set(err, ERROR_INVALID, "a packet is cut off in its header");
	facts->stream = stream;
	read_slot(&stream->size, bytes, length, &facts->size_bits);
	if (!read_slot(&stream->content, bytes, length, &facts->content_bits))
		facts->content_bits = facts->size_bits;
	read_slot(&stream->begin, bytes, length, &facts->begin_clock);
	read_slot(&stream->end, bytes, length, &facts->end_clock);
	read_slot(&stream->discarded, bytes, length, &facts->discarded);
	facts->has_sequence = read_slot(&stream->sequence, bytes, length, &facts->sequence);
	return check_sizes(facts, err);
}

/* The same double as babeltrace2's, so that both give the same nanosecond. */
static uint64_t cycles_to_ns(uint64_t cycles, uint64_t frequency_hz)
{
	double ns;

	if (frequency_hz == 1000000000)
		return cycles;
	ns = 1e9 * (double)cycles / (double)frequency_hz;
	return ns >= 18446744073709551615.0 ? UINT64_MAX : (uint64_t)ns;
}

uint64_t ctf_outline_wall_ns(const struct ctf_outline *outline,
			     const struct ctf_outline_stream *stream, uint64_t cycles)
{
	const struct ctf_outline_clock *clock;
	__int128 wall;

	if (stream->clock >= outline->clock_count)
		return cycles;
	clock = &outline->clocks[stream->clock];
	wall = (__int128)clock->offset_s * 1000000000 +
	       cycles_to_ns(clock->offset_cycles, clock->frequency_hz) +
	       cycles_to_ns(cycles, clock->frequency_hz);
	if (wall < 0)
		return 0;
	return wall > INT64_MAX ? INT64_MAX : (uint64_t)wall;
}
