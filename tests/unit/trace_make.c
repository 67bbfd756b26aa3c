/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See trace_make.h. Byte-packed, little-endian, compact event headers: what LTTng-UST writes. */
#include "tests/unit/trace_make.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "backend/base/mem.h"
#include "backend/ctf/index.h"
#include "backend/ctf/metadata.h"

#define HEADER_BYTES  32 /* magic, uuid, stream id, stream instance id */
#define CONTEXT_BYTES 52
#define EVENT_MAX     192

enum { TICK, REQUEST, BLOB };

struct maker {
	const struct trace_recipe *recipe;
	struct trace_made *made;
	unsigned int stream;
	uint64_t random;
	uint64_t clock, last_clock;
	uint64_t number; /* of the next event */
	uint64_t sequence, discarded;
	unsigned char *bytes;
	uint64_t at;
	FILE *file, *index;
};

static const struct ctf_layout packed = {64, 8, 8, 8, 8, false};

static void fail(const char *what)
{
	perror(what);
	exit(99);
}

static uint64_t next_random(struct maker *maker)
{
	maker->random =
		maker->random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return maker->random >> 33;
}

static void put(struct maker *maker, uint64_t value, unsigned int bytes)
{
	for (unsigned int i = 0; i < bytes; i++)
		maker->bytes[maker->at++] = (unsigned char)(value >> 8 * i);
}

static void put_string(struct maker *maker, const char *string)
{
	size_t length = strlen(string) + 1;

	memcpy(maker->bytes + maker->at, string, length);
	maker->at += length;
}

/* --- metadata --------------------------------------------------------------------------------- */

static struct ctf_type *u(unsigned int bits)
{
	return ctf_type_create_integer(bits, 8, false, 10);
}

static struct ctf_type *tick_type(void)
{
	struct ctf_type *type = ctf_type_create(CTF_STRUCT);

	ctf_type_add_field(type, "n", u(64));
	ctf_type_add_field(type, "value", ctf_type_create_integer(32, 8, false, 16));
	ctf_type_add_field(type, "delta", ctf_type_create_integer(32, 8, true, 10));
	return type;
}

static struct ctf_type *request_type(void)
{
	struct ctf_type *type = ctf_type_create(CTF_STRUCT), *status = ctf_type_create(CTF_ENUM);
	struct ctf_type *took = ctf_type_create(CTF_FLOAT);

	status->size_bits = 16;
	status->align_bits = 8;
	status->base = 10;
	ctf_type_add_entry(status, "fine", 200, 299, false);
	ctf_type_add_entry(status, "missing", 404, 404, false);
	took->size_bits = 64;
	took->exponent_bits = 11;
	took->mantissa_bits = 53;
	took->align_bits = 8;
	ctf_type_add_field(type, "n", u(64));
	ctf_type_add_field(type, "path", ctf_type_create(CTF_STRING));
	ctf_type_add_field(type, "status", status);
	ctf_type_add_field(type, "took", took);
	return type;
}

static struct ctf_type *blob_type(void)
{
	struct ctf_type *type = ctf_type_create(CTF_STRUCT), *part = ctf_type_create(CTF_STRUCT);
	struct ctf_type *bytes = ctf_type_create(CTF_SEQUENCE), *parts = ctf_type_create(CTF_ARRAY);

	bytes->element = ctf_type_create_integer(8, 8, false, 16);
	bytes->length_field = mem_strdup("length");
	bytes->align_bits = 8;
	ctf_type_add_field(part, "a", u(16));
	ctf_type_add_field(part, "b", ctf_type_create_integer(16, 8, true, 10));
	parts->element = part;
	parts->length = 2;
	parts->align_bits = 8;
	ctf_type_add_field(type, "n", u(64));
	ctf_type_add_field(type, "length", u(8));
	ctf_type_add_field(type, "bytes", bytes);
	ctf_type_add_field(type, "parts", parts);
	return type;
}

static void add_event(struct text *out, const char *name, uint32_t id, int loglevel,
		      struct ctf_type *type)
{
	ctf_metadata_event(out, name, id, 0, loglevel, NULL, type);
	ctf_type_destroy(type);
}

static void write_metadata(const char *directory, const struct trace_recipe *recipe)
{
	const struct ctf_env env[] = {
		{.name = "domain", .text = "ust"},
		{.name = "tracer_name", .text = "lttng-ust"},
		{.name = "tracer_major", .number = 2},
		{.name = "tracer_minor", .number = 13},
	};
	struct ctf_trace trace = {
		.uuid = {{recipe->uuid_byte, 7}},
		.layout = packed,
		.clock = {.uuid = {{1, 2, 3}},
			  .has_uuid = true,
			  .frequency_hz = 1000000000,
			  .offset_ns = (int64_t)TRACE_MAKE_OFFSET_NS},
		.env = env,
		.env_count = COUNT_OF(env),
	};
	struct ctf_type *context = ctf_type_create(CTF_STRUCT);
	char *path = mem_printf("%s/metadata", directory);
	struct text text = {0};
	FILE *file = fopen(path, "w");

	ctf_type_add_field(context, "vpid", ctf_type_create_integer(32, 8, true, 10));
	ctf_metadata_trace(&text, &trace);
	ctf_metadata_stream(&text, &packed, 0, CTF_HEADER_COMPACT, context);
	add_event(&text, "load:tick", TICK, 14, tick_type());
	add_event(&text, "load:request", REQUEST, 6, request_type());
	add_event(&text, "load:blob", BLOB, 14, blob_type());
	if (!file || fwrite(text.bytes, 1, text.length, file) != text.length || fclose(file))
		fail(path);
	ctf_type_destroy(context);
	text_finish(&text);
	free(path);
}

/* --- packets ---------------------------------------------------------------------------------- */

static void put_request(struct maker *maker)
{
	static const char *const words[] = {"index", "style", "user", "cart", "search"};
	double took = (double)(next_random(maker) % 100000) / 1000;
	char path[64];
	uint64_t bits;

	snprintf(path, sizeof(path), "/%s/%" PRIu64 ".html", words[next_random(maker) % 5],
		 maker->number);
	put_string(maker, path);
	put(maker, next_random(maker) % 50 ? 200 : 404, 2);
	memcpy(&bits, &took, sizeof(bits));
	put(maker, bits, 8);
	maker->made->request_count++;
}

static void put_blob(struct maker *maker)
{
	unsigned int length = (unsigned int)(next_random(maker) % 6);

	put(maker, length, 1);
	for (unsigned int i = 0; i < length; i++)
		put(maker, next_random(maker), 1);
	for (unsigned int i = 0; i < 2; i++) {
		put(maker, next_random(maker), 2);
		put(maker, next_random(maker), 2);
	}
	maker->made->blob_count++;
}

static void put_event(struct maker *maker)
{
	uint64_t choice = next_random(maker) % 16;
	unsigned int id = choice == 0 ? BLOB : choice < 4 ? REQUEST : TICK;

	put(maker, id | (maker->clock & 0x7ffffff) << 5, 4);
	put(maker, 1000 + maker->stream, 4);
	put(maker, maker->number, 8);
	if (id == TICK) {
		put(maker, next_random(maker), 4);
		put(maker, next_random(maker) % 2000 - 1000, 4);
		maker->made->tick_count++;
	} else if (id == REQUEST) {
		put_request(maker);
	} else {
		put_blob(maker);
	}
	maker->number++;
	maker->made->event_count++;
	if (maker->made->first_clock == 0 || maker->clock < maker->made->first_clock)
		maker->made->first_clock = maker->clock;
	if (maker->clock > maker->made->last_clock)
		maker->made->last_clock = maker->clock;
	maker->last_clock = maker->clock;
	if (next_random(maker) % 16) /* else the next comes at the same time */
		maker->clock += 1 + next_random(maker) % (2 * maker->recipe->step_ns);
}

static void put_header(struct maker *maker, uint64_t begin_clock, uint64_t content_bytes)
{
	const struct trace_recipe *recipe = maker->recipe;
	uint64_t end = maker->at;

	maker->at = 0;
	put(maker, 0xC1FC1FC1, 4);
	put(maker, recipe->uuid_byte, 1);
	put(maker, 7, 1);
	put(maker, 0, 7);
	put(maker, 0, 7);
	put(maker, 0, 4);
	put(maker, maker->stream, 8);
	put(maker, begin_clock, 8);
	put(maker, maker->last_clock, 8);
	put(maker, content_bytes * 8, 8);
	put(maker, recipe->packet_bytes * 8, 8);
	put(maker, maker->sequence, 8);
	put(maker, maker->discarded, 8);
	put(maker, maker->stream, 4);
	if (end)
		maker->at = end;
}

static void write_packet(struct maker *maker, uint64_t begin_clock)
{
	const struct trace_recipe *recipe = maker->recipe;
	unsigned char entry[CTF_INDEX_ENTRY_BYTES];

	ctf_index_encode(entry, &(struct ctf_index_entry){
					.offset_bytes = (uint64_t)ftell(maker->file),
					.packet_bits = recipe->packet_bytes * 8,
					.content_bits = maker->at * 8,
					.begin_clock = begin_clock,
					.end_clock = maker->last_clock,
					.events_discarded = maker->discarded,
					.stream_instance_id = maker->stream,
					.sequence = maker->sequence,
				});
	if (fwrite(maker->bytes, 1, recipe->packet_bytes, maker->file) != recipe->packet_bytes)
		fail("packets");
	if (maker->index && fwrite(entry, 1, sizeof(entry), maker->index) != sizeof(entry))
		fail("index");
	maker->made->bytes += recipe->packet_bytes;
}

static void lose(struct maker *maker)
{
	const struct trace_recipe *recipe = maker->recipe;

	maker->discarded += recipe->gap_events;
	maker->number += recipe->gap_events;
	maker->clock += recipe->gap_events * recipe->step_ns;
	maker->made->lost_events += recipe->gap_events;
	maker->made->gap_count++;
	if (recipe->has_lost_packets) {
		maker->sequence++;
		maker->made->lost_packets++;
	}
}

static void make_packet(struct maker *maker, uint64_t number)
{
	const struct trace_recipe *recipe = maker->recipe;
	uint64_t begin_clock;

	if (recipe->gap_every && number > 0 && number % recipe->gap_every == 0)
		lose(maker);
	begin_clock = maker->clock;
	memset(maker->bytes, 0, recipe->packet_bytes);
	maker->at = HEADER_BYTES + CONTEXT_BYTES;
	while (maker->at + EVENT_MAX < recipe->packet_bytes)
		put_event(maker);
	put_header(maker, begin_clock, maker->at);
	write_packet(maker, begin_clock);
	maker->sequence++;
}

/* The path passes. */
static FILE *open_file(char *path)
{
	FILE *file = fopen(path, "w");

	if (!file)
		fail(path);
	free(path);
	return file;
}

static void make_stream(const char *directory, struct maker *maker)
{
	const struct trace_recipe *recipe = maker->recipe;
	unsigned char header[CTF_INDEX_HEADER_BYTES];

	maker->file = open_file(mem_printf("%s/chan_%u", directory, maker->stream));
	if (recipe->has_index) {
		maker->index =
			open_file(mem_printf("%s/index/chan_%u.idx", directory, maker->stream));
		ctf_index_encode_header(header);
		fwrite(header, 1, sizeof(header), maker->index);
	}
	for (uint64_t i = 0; i < recipe->packets_per_stream; i++)
		make_packet(maker, i);
	if (fclose(maker->file) || (maker->index && fclose(maker->index)))
		fail(directory);
}

void trace_make(const char *directory, const struct trace_recipe *recipe, struct trace_made *made)
{
	unsigned char *bytes = mem_zalloc(recipe->packet_bytes + EVENT_MAX);
	char *index = mem_printf("%s/index", directory);

	*made = (struct trace_made){0};
	write_metadata(directory, recipe);
	if (recipe->has_index && mkdir(index, 0755) < 0)
		fail(index);
	for (unsigned int i = 0; i < recipe->stream_count; i++) {
		struct maker maker = {
			.recipe = recipe,
			.made = made,
			.stream = i,
			.random = i + 1,
			.clock = recipe->begin_clock + i,
			.bytes = bytes,
		};

		make_stream(directory, &maker);
	}
	free(index);
	free(bytes);
}
