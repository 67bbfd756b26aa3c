/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads TSDL as far as packets go: the declarations of trace, clocks and streams. Blocks that say
 * nothing about packets are skipped by their braces.
 */
#include "backend/ctf/outline_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/text.h"

#define PACKET_MAGIC	  UINT32_C(0x75D11D57) /* of metadata in packets: CTF 1.8 §7.1 */
#define PACKET_HEAD_BYTES 37

static void parse_typealias(struct outline_parser *parser)
{
	char full[2 * OUTLINE_NAME_MAX] = "", word[OUTLINE_NAME_MAX];
	struct outline_shape *shape = outline_parse_type(parser, 0);

	if (outline_accept(parser, ":=")) {
		while (parser->token.kind == KIND_NAME) {
			size_t length = strlen(full);

			outline_token_copy(&parser->token, word);
			snprintf(full + length, sizeof(full) - length, "%s%s", length ? " " : "",
				 word);
			outline_advance(parser);
		}
		if (*full && strlen(full) < OUTLINE_NAME_MAX)
			outline_add_alias(parser, full, shape);
	}
	outline_skip_statement(parser);
}

static void parse_uuid(struct outline_parser *parser, const struct outline_token *value)
{
	char text[OUTLINE_NAME_MAX];
	size_t count = 0;

	outline_token_copy(value, text);
	for (const char *at = text; at[0] && at[1] && count < 16;) {
		unsigned int byte;
		int length = 0;

		if (*at == '-') {
			at++;
			continue;
		}
		if (sscanf(at, "%2x%n", &byte, &length) != 1 || length != 2)
			return;
		parser->outline->uuid[count++] = (unsigned char)byte;
		at += 2;
	}
	parser->outline->has_uuid = count == 16;
}

/* "packet.header" and the like: the words joined by dots; what comes behind them is next. */
static void parse_path(struct outline_parser *parser, char path[OUTLINE_NAME_MAX])
{
	size_t length;

	outline_token_copy(&parser->token, path);
	outline_advance(parser);
	while (outline_accept(parser, ".")) {
		length = strlen(path);
		snprintf(path + length, OUTLINE_NAME_MAX - length, ".%.*s",
			 (int)parser->token.length, parser->token.begin);
		outline_advance(parser);
	}
}

/* Local types may be declared in any block. */
static bool parse_local_type(struct outline_parser *parser)
{
	if (outline_accept(parser, "typealias")) {
		parse_typealias(parser);
		return true;
	}
	if (outline_token_is(parser, "struct") || outline_token_is(parser, "enum") ||
	    outline_token_is(parser, "variant")) {
		outline_parse_type(parser, 0);
		outline_skip_statement(parser);
		return true;
	}
	return false;
}

/* Calls `entry` for each "PATH = VALUE" or "PATH := TYPE" of the block that comes next. */
static void parse_block(struct outline_parser *parser,
			void (*entry)(struct outline_parser *parser, const char *path,
				      const struct outline_token *value,
				      struct outline_shape *shape))
{
	if (!outline_accept(parser, "{"))
		return;
	while (parser->token.kind != KIND_END && !outline_token_is(parser, "}")) {
		const char *before = parser->token.begin;
		char path[OUTLINE_NAME_MAX];

		if (!parse_local_type(parser)) {
			parse_path(parser, path);
			if (outline_accept(parser, ":="))
				entry(parser, path, NULL, outline_parse_type(parser, 0));
			else if (outline_accept(parser, "="))
				entry(parser, path, &parser->token, NULL);
			outline_skip_statement(parser);
		}
		if (parser->token.begin == before)
			outline_advance(parser);
	}
	outline_accept(parser, "}");
}

static void trace_entry(struct outline_parser *parser, const char *path,
			const struct outline_token *value, struct outline_shape *shape)
{
	if (shape && !strcmp(path, "packet.header"))
		parser->header = shape;
	else if (value && !strcmp(path, "byte_order"))
		parser->order = outline_parse_order(value, ORDER_NATIVE);
	else if (value && !strcmp(path, "uuid"))
		parse_uuid(parser, value);
}

static void stream_entry(struct outline_parser *parser, const char *path,
			 const struct outline_token *value, struct outline_shape *shape)
{
	struct ctf_outline *outline = parser->outline;

	if (shape && !strcmp(path, "packet.context"))
		parser->contexts[parser->context_count - 1] = shape;
	else if (value && !strcmp(path, "id"))
		outline->streams[outline->stream_count - 1].id = outline_token_number(value);
}

static void parse_stream(struct outline_parser *parser)
{
	struct ctf_outline *outline = parser->outline;

	outline->streams = mem_grow(outline->streams, outline->stream_count, &outline->stream_room,
				    sizeof(*outline->streams));
	outline->streams[outline->stream_count++] = (struct ctf_outline_stream){0};
	parser->contexts = mem_grow(parser->contexts, parser->context_count, &parser->context_room,
				    sizeof(*parser->contexts));
	parser->contexts[parser->context_count++] = NULL;
	parse_block(parser, stream_entry);
}

/* The sign is a token of its own. */
static int64_t parse_signed(struct outline_parser *parser)
{
	bool is_negative = outline_accept(parser, "-");
	uint64_t value = outline_token_number(&parser->token);

	if (value > INT64_MAX / 4)
		value = INT64_MAX / 4;
	return is_negative ? -(int64_t)value : (int64_t)value;
}

static void clock_entry(struct outline_parser *parser, const char *path,
			const struct outline_token *value, struct outline_shape *shape)
{
	struct ctf_outline_clock *clock =
		&parser->outline->clocks[parser->outline->clock_count - 1];
	(void)shape;
	if (!value)
		return;
	if (!strcmp(path, "name")) {
		free(clock->name);
		clock->name = mem_strndup(value->begin, value->length);
	} else if (!strcmp(path, "freq")) {
		clock->frequency_hz = outline_token_number(value);
	} else if (!strcmp(path, "offset_s")) {
		clock->offset_s += parse_signed(parser);
	} else if (!strcmp(path, "offset")) {
		/* Kept apart until the frequency is known, which may come later. */
		clock->offset_cycles = (uint64_t)parse_signed(parser);
	}
}

/* Whole seconds go from the cycles to the seconds, as babeltrace2 does it. */
static void finish_clock(struct ctf_outline_clock *clock)
{
	int64_t cycles = (int64_t)clock->offset_cycles, frequency_hz, seconds;

	if (clock->frequency_hz == 0 || clock->frequency_hz > INT64_MAX)
		clock->frequency_hz = 1000000000;
	frequency_hz = (int64_t)clock->frequency_hz;
	seconds = cycles / frequency_hz;
	cycles %= frequency_hz;
	if (cycles < 0) {
		cycles += frequency_hz;
		seconds--;
	}
	clock->offset_s += seconds;
	clock->offset_cycles = (uint64_t)cycles;
}

static void parse_clock(struct outline_parser *parser)
{
	struct ctf_outline *outline = parser->outline;

	outline->clocks = mem_grow(outline->clocks, outline->clock_count, &outline->clock_room,
				   sizeof(*outline->clocks));
	outline->clocks[outline->clock_count++] =
		(struct ctf_outline_clock){.frequency_hz = 1000000000};
	parse_block(parser, clock_entry);
	finish_clock(&outline->clocks[outline->clock_count - 1]);
}

/*
 * Events say nothing about packets. Only text whose characters need not begin at whole bytes is
 * noted: who looks for text in the raw packets would miss it.
 */
static void skip_event(struct outline_parser *parser)
{
	struct outline_token encoding = {KIND_END, "", 0};
	uint64_t align_bits = 8;
	unsigned int depth = 0;

	do {
		if (outline_accept(parser, "encoding")) {
			outline_accept(parser, "=");
			encoding = parser->token;
		} else if (outline_accept(parser, "align")) {
			outline_accept(parser, "=");
			align_bits = outline_token_number(&parser->token);
		} else if (outline_token_is(parser, "{") || outline_token_is(parser, "}")) {
			outline_note_text(parser, &encoding, align_bits);
			encoding.length = 0;
			align_bits = 8;
			if (outline_token_is(parser, "{"))
				depth++;
			else if (depth > 0)
				depth--;
		}
		outline_advance(parser);
	} while (depth > 0 && parser->token.kind != KIND_END);
}

static void parse_all(struct outline_parser *parser)
{
	outline_advance(parser);
	while (parser->token.kind != KIND_END) {
		const char *before = parser->token.begin;

		if (outline_accept(parser, "trace"))
			parse_block(parser, trace_entry);
		else if (outline_accept(parser, "stream"))
			parse_stream(parser);
		else if (outline_accept(parser, "clock"))
			parse_clock(parser);
		else if (outline_accept(parser, "event"))
			skip_event(parser);
		else if (!parse_local_type(parser))
			outline_skip_statement(parser);
		outline_accept(parser, ";");
		if (parser->token.begin == before)
			outline_advance(parser);
	}
}

/* --- in and out ------------------------------------------------------------------------------- */

static uint32_t word_at(const unsigned char *bytes, bool is_swapped)
{
	uint32_t word;

	memcpy(&word, bytes, sizeof(word));
	return is_swapped ? __builtin_bswap32(word) : word;
}

/* Metadata in packets has a header before each piece of text: CTF 1.8 §7.1. */
static bool unpack(struct text *text, const unsigned char *bytes, size_t length)
{
	bool is_swapped;

	if (length < 4 ||
	    (word_at(bytes, false) != PACKET_MAGIC && word_at(bytes, true) != PACKET_MAGIC)) {
		text_add_bytes(text, (const char *)bytes, length);
		return true;
	}
	is_swapped = word_at(bytes, false) != PACKET_MAGIC;
	while (length >= PACKET_HEAD_BYTES && word_at(bytes, is_swapped) == PACKET_MAGIC) {
		uint64_t content_bytes = word_at(bytes + 24, is_swapped) / 8;
		uint64_t packet_bytes = word_at(bytes + 28, is_swapped) / 8;

		if (content_bytes < PACKET_HEAD_BYTES || packet_bytes < content_bytes ||
		    content_bytes > length)
			return false;
		text_add_bytes(text, (const char *)bytes + PACKET_HEAD_BYTES,
			       content_bytes - PACKET_HEAD_BYTES);
		if (packet_bytes >= length)
			return true;
		bytes += packet_bytes;
		length -= packet_bytes;
	}
	return text->length > 0;
}

static void finish_parser(struct outline_parser *parser)
{
	while (parser->shapes) {
		struct outline_shape *shape = parser->shapes;

		parser->shapes = shape->next;
		free(shape->parts);
		free(shape);
	}
	free(parser->aliases);
	free(parser->contexts);
}

struct ctf_outline *ctf_outline_parse(const void *bytes, size_t length, struct error *err)
{
	struct ctf_outline *outline = mem_zalloc(sizeof(*outline));
	struct outline_parser parser = {.outline = outline, .order = ORDER_LITTLE};
	struct text text = {0};

	if (length > CTF_METADATA_MAX || !unpack(&text, bytes, length)) {
		error_set(err, ERROR_INVALID, "the metadata is damaged or too large");
		text_finish(&text);
		free(outline);
		return NULL;
	}
	outline->text_length = text.length;
	outline->text = text_take(&text);
	parser.at = outline->text;
	parser.end = outline->text + outline->text_length;
	parse_all(&parser);
	outline_place_all(&parser);
	finish_parser(&parser);
	return outline;
}

void ctf_outline_destroy(struct ctf_outline *outline)
{
	if (!outline)
		return;
	for (size_t i = 0; i < outline->clock_count; i++)
		free(outline->clocks[i].name);
	free(outline->clocks);
	free(outline->streams);
	free(outline->text);
	free(outline);
}
