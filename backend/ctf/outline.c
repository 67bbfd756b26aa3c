/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads TSDL as far as packets go. Types are kept as sizes and alignments only; whatever has no
 * fixed size, or isn't understood, makes the struct it is in unknown, never the parse fail. Blocks
 * that say nothing about packets are skipped by their braces.
 */
#include "backend/ctf/outline.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/text.h"

#define DEPTH_MAX	  24
#define NAME_MAX_BYTES	  128
#define FIELDS_MAX	  256
#define TYPES_MAX	  65536
#define PACKET_MAGIC	  UINT32_C(0x75D11D57) /* of metadata in packets: CTF 1.8 §7.1 */
#define PACKET_HEAD_BYTES 37

enum order { ORDER_NATIVE, ORDER_LITTLE, ORDER_BIG };

/* A field of a struct, or a type by its name. */
struct part {
	char name[NAME_MAX_BYTES];
	struct shape *shape;
	uint64_t count; /* elements; 1 if it is no array */
};

struct shape {
	struct shape *next; /* all of a parse */
	bool is_known;	    /* of fixed size */
	bool is_struct;
	uint64_t size_bits; /* not of structs */
	uint64_t align_bits;
	enum order order;
	char clock[NAME_MAX_BYTES]; /* "map = clock.NAME.value" */
	struct part *parts;	    /* of a struct */
	size_t part_count, part_room;
};

enum kind { KIND_END, KIND_NAME, KIND_NUMBER, KIND_STRING, KIND_MARK };

struct token {
	enum kind kind;
	const char *begin;
	size_t length;
};

struct parser {
	struct ctf_outline *outline;
	const char *at, *end;
	struct token token; /* that comes next */
	enum order order;   /* the trace's */
	struct shape *shapes;
	size_t shape_count;
	struct part *aliases; /* "uint32_t", "struct packet_context" */
	size_t alias_count, alias_room;
	struct shape *header;
	struct shape **contexts; /* one a stream */
	size_t context_count, context_room;
};

/* --- tokens ----------------------------------------------------------------------------------- */

static void skip_blank(struct parser *parser)
{
	while (parser->at < parser->end) {
		const char *at = parser->at;

		if (isspace((unsigned char)*at)) {
			parser->at++;
		} else if (at + 1 < parser->end && at[0] == '/' && at[1] == '*') {
			const char *close = memmem(at + 2, (size_t)(parser->end - at - 2), "*/", 2);

			parser->at = close ? close + 2 : parser->end;
		} else if (at + 1 < parser->end && at[0] == '/' && at[1] == '/') {
			const char *newline = memchr(at, '\n', (size_t)(parser->end - at));

			parser->at = newline ? newline : parser->end;
		} else {
			return;
		}
	}
}

static bool is_name_byte(char byte)
{
	return isalnum((unsigned char)byte) || byte == '_';
}

static void take_string(struct parser *parser)
{
	const char *at = parser->at + 1;

	while (at < parser->end && *at != '"')
		at += *at == '\\' && at + 1 < parser->end ? 2 : 1;
	if (at > parser->end)
		at = parser->end;
	parser->token = (struct token){KIND_STRING, parser->at + 1, (size_t)(at - parser->at - 1)};
	parser->at = at < parser->end ? at + 1 : at;
}

static void advance(struct parser *parser)
{
	const char *begin;

	skip_blank(parser);
	begin = parser->at;
	if (begin == parser->end) {
		parser->token = (struct token){KIND_END, begin, 0};
		return;
	}
	if (*begin == '"') {
		take_string(parser);
		return;
	}
	if (is_name_byte(*begin)) {
		while (parser->at < parser->end && is_name_byte(*parser->at))
			parser->at++;
		parser->token =
			(struct token){isdigit((unsigned char)*begin) ? KIND_NUMBER : KIND_NAME,
				       begin, (size_t)(parser->at - begin)};
		return;
	}
	parser->at += begin + 1 < parser->end && begin[0] == ':' && begin[1] == '=' ? 2 : 1;
	parser->token = (struct token){KIND_MARK, begin, (size_t)(parser->at - begin)};
}

static bool token_is(const struct parser *parser, const char *text)
{
	const struct token *token = &parser->token;

	return token->kind != KIND_STRING && token->kind != KIND_END &&
	       token->length == strlen(text) && !memcmp(token->begin, text, token->length);
}

static bool accept(struct parser *parser, const char *text)
{
	if (!token_is(parser, text))
		return false;
	advance(parser);
	return true;
}

static void token_copy(const struct token *token, char out[NAME_MAX_BYTES])
{
	size_t length = token->length < NAME_MAX_BYTES - 1 ? token->length : NAME_MAX_BYTES - 1;

	memcpy(out, token->begin, length);
	out[length] = '\0';
}

static uint64_t token_number(const struct token *token)
{
	char digits[NAME_MAX_BYTES];

	token_copy(token, digits);
	return token->kind == KIND_NUMBER ? strtoull(digits, NULL, 0) : 0;
}

/* Behind the brace that closes the block whose opening one comes next. */
static void skip_block(struct parser *parser)
{
	unsigned int depth = 0;

	do {
		if (token_is(parser, "{"))
			depth++;
		else if (token_is(parser, "}") && depth > 0)
			depth--;
		advance(parser);
	} while (depth > 0 && parser->token.kind != KIND_END);
}

/* Behind the semicolon of the statement, blocks inside it included; not over the outer brace. */
static void skip_statement(struct parser *parser)
{
	while (parser->token.kind != KIND_END && !token_is(parser, "}")) {
		if (token_is(parser, "{")) {
			skip_block(parser);
			continue;
		}
		if (accept(parser, ";"))
			return;
		advance(parser);
	}
}

/* --- types ------------------------------------------------------------------------------------ */

static struct shape *parse_type(struct parser *parser, unsigned int depth);

static struct shape *make_shape(struct parser *parser)
{
	struct shape *shape = mem_zalloc(sizeof(*shape));

	shape->next = parser->shapes;
	shape->align_bits = 1;
	parser->shapes = shape;
	parser->shape_count++;
	return shape;
}

static void add_alias(struct parser *parser, const char *name, struct shape *shape)
{
	struct part *alias;

	if (!shape)
		return;
	parser->aliases = mem_grow(parser->aliases, parser->alias_count, &parser->alias_room,
				   sizeof(*parser->aliases));
	alias = &parser->aliases[parser->alias_count++];
	*alias = (struct part){.shape = shape, .count = 1};
	snprintf(alias->name, sizeof(alias->name), "%s", name);
}

/* The newest of that name. NULL if there is none. */
static struct shape *find_alias(const struct parser *parser, const char *name)
{
	for (size_t i = parser->alias_count; i > 0; i--) {
		if (!strcmp(parser->aliases[i - 1].name, name))
			return parser->aliases[i - 1].shape;
	}
	return NULL;
}

static bool is_power_of_2(uint64_t value)
{
	return value > 0 && !(value & (value - 1));
}

/* "NAME = VALUE;" inside a block; value holds the last token of it. */
static bool next_attribute(struct parser *parser, char name[NAME_MAX_BYTES], struct token *value)
{
	if (token_is(parser, "}") || parser->token.kind == KIND_END)
		return false;
	token_copy(&parser->token, name);
	advance(parser);
	*value = (struct token){KIND_END, "", 0};
	if (accept(parser, "=")) {
		*value = parser->token;
		advance(parser);
	}
	return true;
}

static enum order parse_order(const struct token *value, enum order missing)
{
	char name[NAME_MAX_BYTES];

	token_copy(value, name);
	if (!strcmp(name, "le"))
		return ORDER_LITTLE;
	return !strcmp(name, "be") || !strcmp(name, "network") ? ORDER_BIG : missing;
}

/* "clock.NAME.value", of which "clock" was taken. */
static void parse_map(struct parser *parser, struct shape *shape)
{
	if (accept(parser, ".")) {
		token_copy(&parser->token, shape->clock);
		advance(parser);
	}
}

static void note_text(struct parser *parser, const struct token *encoding, uint64_t align_bits)
{
	char name[NAME_MAX_BYTES];

	token_copy(encoding, name);
	if (encoding->length > 0 && strcmp(name, "none") && align_bits % 8)
		parser->outline->has_bit_text = true;
}

static struct shape *parse_integer(struct parser *parser)
{
	struct shape *shape = make_shape(parser);
	struct token value, encoding = {KIND_END, "", 0};
	char name[NAME_MAX_BYTES];
	uint64_t align_bits = 0;

	if (!accept(parser, "{"))
		return shape;
	while (next_attribute(parser, name, &value)) {
		if (!strcmp(name, "size"))
			shape->size_bits = token_number(&value);
		else if (!strcmp(name, "align"))
			align_bits = token_number(&value);
		else if (!strcmp(name, "byte_order"))
			shape->order = parse_order(&value, ORDER_NATIVE);
		else if (!strcmp(name, "encoding"))
			encoding = value;
		else if (!strcmp(name, "map"))
			parse_map(parser, shape);
		skip_statement(parser);
	}
	accept(parser, "}");
	/* CTF 1.8 §4.1.2: whole bytes are byte-aligned by default, others packed. */
	if (align_bits == 0)
		align_bits = shape->size_bits % 8 ? 1 : 8;
	note_text(parser, &encoding, align_bits);
	shape->align_bits = is_power_of_2(align_bits) && align_bits <= 4096 ? align_bits : 1;
	shape->is_known =
		shape->size_bits > 0 && shape->size_bits <= 64 && shape->align_bits == align_bits;
	return shape;
}

static struct shape *parse_float(struct parser *parser)
{
	struct shape *shape = make_shape(parser);
	struct token value;
	char name[NAME_MAX_BYTES];

	if (!accept(parser, "{"))
		return shape;
	while (next_attribute(parser, name, &value)) {
		if (!strcmp(name, "exp_dig") || !strcmp(name, "mant_dig"))
			shape->size_bits += token_number(&value);
		else if (!strcmp(name, "align"))
			shape->align_bits = token_number(&value);
		skip_statement(parser);
	}
	accept(parser, "}");
	if (!is_power_of_2(shape->align_bits) || shape->align_bits > 4096)
		shape->align_bits = 1;
	else
		shape->is_known = shape->size_bits == 32 || shape->size_bits == 64;
	return shape;
}

/* Its container's shape; labels say nothing here. */
static struct shape *parse_enum(struct parser *parser, unsigned int depth)
{
	char name[NAME_MAX_BYTES] = "", full[NAME_MAX_BYTES + 8];
	struct shape *shape = NULL;

	if (parser->token.kind == KIND_NAME) {
		token_copy(&parser->token, name);
		advance(parser);
	}
	snprintf(full, sizeof(full), "enum %s", name);
	if (accept(parser, ":"))
		shape = parse_type(parser, depth + 1);
	if (token_is(parser, "{")) {
		skip_block(parser);
		if (*name)
			add_alias(parser, full, shape);
	} else if (*name) {
		shape = find_alias(parser, full);
	}
	return shape ? shape : make_shape(parser);
}

static struct shape *parse_unknown(struct parser *parser)
{
	while (parser->token.kind == KIND_NAME)
		advance(parser);
	if (accept(parser, "<")) {
		while (parser->token.kind != KIND_END && !accept(parser, ">"))
			advance(parser);
	}
	if (token_is(parser, "{"))
		skip_block(parser);
	return make_shape(parser);
}

static void parse_lengths(struct parser *parser, struct part *part)
{
	while (accept(parser, "[")) {
		uint64_t length = token_number(&parser->token);

		if (parser->token.kind != KIND_NUMBER || length > CTF_PACKET_HEAD_MAX)
			part->shape = make_shape(parser); /* a sequence */
		else
			part->count = part->count * length < CTF_PACKET_HEAD_MAX * 8
					      ? part->count * length
					      : CTF_PACKET_HEAD_MAX * 8;
		while (parser->token.kind != KIND_END && !accept(parser, "]"))
			advance(parser);
	}
}

static void parse_field(struct parser *parser, struct shape *shape, unsigned int depth)
{
	struct part part = {.count = 1};

	part.shape = parse_type(parser, depth + 1);
	token_copy(&parser->token, part.name);
	if (parser->token.kind == KIND_NAME)
		advance(parser);
	parse_lengths(parser, &part);
	if (shape->part_count < FIELDS_MAX) {
		shape->parts = mem_grow(shape->parts, shape->part_count, &shape->part_room,
					sizeof(*shape->parts));
		shape->parts[shape->part_count++] = part;
	} else {
		shape->is_known = false;
	}
	skip_statement(parser);
}

static uint64_t largest(uint64_t one, uint64_t other)
{
	return one > other ? one : other;
}

static void parse_align(struct parser *parser, struct shape *shape)
{
	uint64_t align_bits;

	if (!accept(parser, "align"))
		return;
	accept(parser, "(");
	align_bits = token_number(&parser->token);
	if (is_power_of_2(align_bits) && align_bits <= 4096)
		shape->align_bits = largest(shape->align_bits, align_bits);
	else
		shape->is_known = false;
	advance(parser);
	accept(parser, ")");
}

static struct shape *parse_struct(struct parser *parser, unsigned int depth)
{
	char name[NAME_MAX_BYTES] = "", full[NAME_MAX_BYTES + 8];
	struct shape *shape;

	if (parser->token.kind == KIND_NAME && !token_is(parser, "align")) {
		token_copy(&parser->token, name);
		advance(parser);
	}
	snprintf(full, sizeof(full), "struct %s", name);
	if (!accept(parser, "{")) {
		shape = find_alias(parser, full);
		return shape ? shape : make_shape(parser);
	}
	shape = make_shape(parser);
	shape->is_struct = true;
	shape->is_known = true;
	while (parser->token.kind != KIND_END && !token_is(parser, "}")) {
		const char *before = parser->token.begin;

		parse_field(parser, shape, depth);
		if (parser->token.begin == before)
			advance(parser);
	}
	accept(parser, "}");
	for (size_t i = 0; i < shape->part_count; i++) {
		const struct shape *part = shape->parts[i].shape;

		shape->is_known = shape->is_known && part->is_known;
		shape->align_bits = largest(shape->align_bits, part->align_bits);
	}
	parse_align(parser, shape);
	if (*name)
		add_alias(parser, full, shape);
	return shape;
}

/* A run of words is a type's name and, when something other than ":=" or "{" follows, a field's. */
static struct shape *parse_alias(struct parser *parser)
{
	char full[2 * NAME_MAX_BYTES] = "", word[NAME_MAX_BYTES];
	struct shape *shape = NULL, *found;

	while (parser->token.kind == KIND_NAME) {
		size_t length = strlen(full);

		token_copy(&parser->token, word);
		snprintf(full + length, sizeof(full) - length, "%s%s", length ? " " : "", word);
		found = find_alias(parser, full);
		if (!found && shape)
			break; /* this word is the field */
		shape = found;
		advance(parser);
	}
	return shape ? shape : make_shape(parser);
}

/* Never NULL. The token behind the type comes next. */
static struct shape *parse_type(struct parser *parser, unsigned int depth)
{
	if (depth > DEPTH_MAX || parser->shape_count > TYPES_MAX) {
		parser->at = parser->end;
		advance(parser);
		return make_shape(parser);
	}
	accept(parser, "const");
	if (accept(parser, "integer"))
		return parse_integer(parser);
	if (accept(parser, "floating_point"))
		return parse_float(parser);
	if (accept(parser, "enum"))
		return parse_enum(parser, depth);
	if (accept(parser, "struct"))
		return parse_struct(parser, depth);
	if (accept(parser, "string")) {
		if (token_is(parser, "{"))
			skip_block(parser);
		return make_shape(parser);
	}
	if (token_is(parser, "variant"))
		return parse_unknown(parser);
	return parse_alias(parser);
}

/* --- declarations ----------------------------------------------------------------------------- */

static void parse_typealias(struct parser *parser)
{
	char full[2 * NAME_MAX_BYTES] = "", word[NAME_MAX_BYTES];
	struct shape *shape = parse_type(parser, 0);

	if (accept(parser, ":=")) {
		while (parser->token.kind == KIND_NAME) {
			size_t length = strlen(full);

			token_copy(&parser->token, word);
			snprintf(full + length, sizeof(full) - length, "%s%s", length ? " " : "",
				 word);
			advance(parser);
		}
		if (*full && strlen(full) < NAME_MAX_BYTES)
			add_alias(parser, full, shape);
	}
	skip_statement(parser);
}

static void parse_uuid(struct parser *parser, const struct token *value)
{
	char text[NAME_MAX_BYTES];
	size_t count = 0;

	token_copy(value, text);
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
static void parse_path(struct parser *parser, char path[NAME_MAX_BYTES])
{
	size_t length;

	token_copy(&parser->token, path);
	advance(parser);
	while (accept(parser, ".")) {
		length = strlen(path);
		snprintf(path + length, NAME_MAX_BYTES - length, ".%.*s", (int)parser->token.length,
			 parser->token.begin);
		advance(parser);
	}
}

/* Local types may be declared in any block. */
static bool parse_local_type(struct parser *parser)
{
	if (accept(parser, "typealias")) {
		parse_typealias(parser);
		return true;
	}
	if (token_is(parser, "struct") || token_is(parser, "enum") || token_is(parser, "variant")) {
		parse_type(parser, 0);
		skip_statement(parser);
		return true;
	}
	return false;
}

/* Calls `entry` for each "PATH = VALUE" or "PATH := TYPE" of the block that comes next. */
static void parse_block(struct parser *parser,
			void (*entry)(struct parser *parser, const char *path,
				      const struct token *value, struct shape *shape))
{
	if (!accept(parser, "{"))
		return;
	while (parser->token.kind != KIND_END && !token_is(parser, "}")) {
		const char *before = parser->token.begin;
		char path[NAME_MAX_BYTES];

		if (!parse_local_type(parser)) {
			parse_path(parser, path);
			if (accept(parser, ":="))
				entry(parser, path, NULL, parse_type(parser, 0));
			else if (accept(parser, "="))
				entry(parser, path, &parser->token, NULL);
			skip_statement(parser);
		}
		if (parser->token.begin == before)
			advance(parser);
	}
	accept(parser, "}");
}

static void trace_entry(struct parser *parser, const char *path, const struct token *value,
			struct shape *shape)
{
	if (shape && !strcmp(path, "packet.header"))
		parser->header = shape;
	else if (value && !strcmp(path, "byte_order"))
		parser->order = parse_order(value, ORDER_NATIVE);
	else if (value && !strcmp(path, "uuid"))
		parse_uuid(parser, value);
}

static void stream_entry(struct parser *parser, const char *path, const struct token *value,
			 struct shape *shape)
{
	struct ctf_outline *outline = parser->outline;

	if (shape && !strcmp(path, "packet.context"))
		parser->contexts[parser->context_count - 1] = shape;
	else if (value && !strcmp(path, "id"))
		outline->streams[outline->stream_count - 1].id = token_number(value);
}

static void parse_stream(struct parser *parser)
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
static int64_t parse_signed(struct parser *parser)
{
	bool is_negative = accept(parser, "-");
	uint64_t value = token_number(&parser->token);

	if (value > INT64_MAX / 4)
		value = INT64_MAX / 4;
	return is_negative ? -(int64_t)value : (int64_t)value;
}

static void clock_entry(struct parser *parser, const char *path, const struct token *value,
			struct shape *shape)
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
		clock->frequency_hz = token_number(value);
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

static void parse_clock(struct parser *parser)
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
static void skip_event(struct parser *parser)
{
	struct token encoding = {KIND_END, "", 0};
	uint64_t align_bits = 8;
	unsigned int depth = 0;

	do {
		if (accept(parser, "encoding")) {
			accept(parser, "=");
			encoding = parser->token;
		} else if (accept(parser, "align")) {
			accept(parser, "=");
			align_bits = token_number(&parser->token);
		} else if (token_is(parser, "{") || token_is(parser, "}")) {
			note_text(parser, &encoding, align_bits);
			encoding.length = 0;
			align_bits = 8;
			if (token_is(parser, "{"))
				depth++;
			else if (depth > 0)
				depth--;
		}
		advance(parser);
	} while (depth > 0 && parser->token.kind != KIND_END);
}

static void parse_all(struct parser *parser)
{
	advance(parser);
	while (parser->token.kind != KIND_END) {
		const char *before = parser->token.begin;

		if (accept(parser, "trace"))
			parse_block(parser, trace_entry);
		else if (accept(parser, "stream"))
			parse_stream(parser);
		else if (accept(parser, "clock"))
			parse_clock(parser);
		else if (accept(parser, "event"))
			skip_event(parser);
		else if (!parse_local_type(parser))
			skip_statement(parser);
		accept(parser, ";");
		if (parser->token.begin == before)
			advance(parser);
	}
}

/* --- places ----------------------------------------------------------------------------------- */

struct placer {
	const struct parser *parser;
	uint64_t at_bits;
	bool is_known;
	void (*found)(void *data, const struct placer *placer, const char *name,
		      const struct shape *shape);
	void *data;
};

static void align(struct placer *placer, uint64_t align_bits)
{
	placer->at_bits = (placer->at_bits + align_bits - 1) & ~(align_bits - 1);
}

static void place(struct placer *placer, const struct shape *shape, unsigned int depth);

static void place_part(struct placer *placer, const struct part *part, unsigned int depth)
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

static void place(struct placer *placer, const struct shape *shape, unsigned int depth)
{
	if (!shape->is_known || !shape->is_struct || depth > DEPTH_MAX) {
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

static bool is_big_endian(const struct parser *parser, const struct shape *shape)
{
	enum order order = shape->order == ORDER_NATIVE ? parser->order : shape->order;

	return order == ORDER_BIG;
}

static void fill_slots(const struct placer *placer, const struct slot_name *names, const char *name,
		       const struct shape *shape)
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
			 const struct shape *shape)
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
			  const struct shape *shape)
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

static void place_stream(struct parser *parser, size_t number, uint64_t header_bits)
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

static void place_all(struct parser *parser)
{
	struct placer placer = {
		.parser = parser, .is_known = true, .found = header_field, .data = parser->outline};

	if (parser->header)
		place(&placer, parser->header, 0);
	parser->outline->is_known = placer.is_known;
	for (size_t i = 0; i < parser->outline->stream_count && placer.is_known; i++)
		place_stream(parser, i, placer.at_bits);
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

static void finish_parser(struct parser *parser)
{
	while (parser->shapes) {
		struct shape *shape = parser->shapes;

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
	struct parser parser = {.outline = outline, .order = ORDER_LITTLE};
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
	place_all(&parser);
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
