/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Where the fields of packet headers and contexts lie, as their types follow each other. */
#include "backend/ctf/outline_parts.h"

#include <string.h>

struct placer {
	const struct outline_parser *parser;
	uint64_t at_bits;
	bool is_known;
	void (*found)(void *data, const struct placer *placer, const char *name,
		      const struct outline_shape *shape);
	void *data;
};

static void align(struct placer *placer, uint64_t align_bits)
{
	placer->at_bits = (placer->at_bits + align_bits - 1) & ~(align_bits - 1);
}

static void place(struct placer *placer, const struct outline_shape *shape, unsigned int depth);

static void place_part(struct placer *placer, const struct outline_part *part, unsigned int depth)
{
	for (uint64_t i = 0; i < part->count; i++) {
		if (placer->at_bits > CTF_PACKET_HEAD_MAX * 8) {
			placer->is_known = false;
			return;
		}
		align(placer, part->shape->align_bits);
		if (i == 0 && !part->shape->is_struct)
			placer->found(placer->data, placer, part->name, part->shape);
		if (part->shape->is_struct)
			place(placer, part->shape, depth + 1);
		else
			placer->at_bits += part->shape->size_bits;
	}
}

static void place(struct placer *placer, const struct outline_shape *shape, unsigned int depth)
{
	if (!shape->is_known || !shape->is_struct || depth > OUTLINE_DEPTH_MAX) {
		placer->is_known = false;
		return;
	}
	align(placer, shape->align_bits);
	for (size_t i = 0; i < shape->part_count && placer->is_known; i++)
		place_part(placer, &shape->parts[i], depth);
}

struct slot_name {
	const char *name;
	struct ctf_slot *slot;
};

static bool is_big_endian(const struct outline_parser *parser, const struct outline_shape *shape)
{
	enum outline_order order = shape->order == ORDER_NATIVE ? parser->order : shape->order;

	return order == ORDER_BIG;
}

static void fill_slots(const struct placer *placer, const struct slot_name *names, const char *name,
		       const struct outline_shape *shape)
{
	for (const struct slot_name *one = names; one->name; one++) {
		if (strcmp(one->name, name))
			continue;
		*one->slot = (struct ctf_slot){
			.is_there = true,
			.at_bits = placer->at_bits,
			.size_bits = (unsigned int)shape->size_bits,
			.is_big_endian = is_big_endian(placer->parser, shape),
		};
	}
}

static void header_field(void *data, const struct placer *placer, const char *name,
			 const struct outline_shape *shape)
{
	struct ctf_outline *outline = data;
	const struct slot_name names[] = {
		{"magic", &outline->magic},
		{"stream_id", &outline->stream_id},
		{"stream_instance_id", &outline->instance},
		{NULL, NULL},
	};

	fill_slots(placer, names, name, shape);
}

struct context_data {
	struct ctf_outline *outline;
	struct ctf_outline_stream *stream;
};

static void context_field(void *data, const struct placer *placer, const char *name,
			  const struct outline_shape *shape)
{
	struct context_data *context = data;
	struct ctf_outline_stream *stream = context->stream;
	const struct slot_name names[] = {
		{"timestamp_begin", &stream->begin},
		{"timestamp_end", &stream->end},
		{"content_size", &stream->content},
		{"packet_size", &stream->size},
		{"events_discarded", &stream->discarded},
		{"packet_seq_num", &stream->sequence},
		{"cpu_id", &stream->cpu},
		{NULL, NULL},
	};

	fill_slots(placer, names, name, shape);
	for (size_t i = 0; i < context->outline->clock_count && *shape->clock; i++) {
		const char *clock = context->outline->clocks[i].name;

		if (clock && !strcmp(clock, shape->clock) && !strcmp(name, "timestamp_begin"))
			stream->clock = i;
	}
}

static void place_stream(struct outline_parser *parser, size_t number, uint64_t header_bits)
{
	struct context_data data = {parser->outline, &parser->outline->streams[number]};
	struct placer placer = {.parser = parser,
				.at_bits = header_bits,
				.is_known = true,
				.found = context_field,
				.data = &data};

	if (number < parser->context_count && parser->contexts && parser->contexts[number])
		place(&placer, parser->contexts[number], 0);
	data.stream->first_event_bits = placer.at_bits;
	data.stream->is_known = placer.is_known && placer.at_bits <= CTF_PACKET_HEAD_MAX * 8 &&
				data.stream->begin.is_there && data.stream->end.is_there;
}

void outline_place_all(struct outline_parser *parser)
{
	struct placer placer = {
		.parser = parser, .is_known = true, .found = header_field, .data = parser->outline};

	if (parser->header)
		place(&placer, parser->header, 0);
	parser->outline->is_known = placer.is_known;
	for (size_t i = 0; i < parser->outline->stream_count && placer.is_known; i++)
		place_stream(parser, i, placer.at_bits);
}
