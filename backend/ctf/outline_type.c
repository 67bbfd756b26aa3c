/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Types of TSDL as sizes and alignments. Whatever has no fixed size, or isn't understood, makes the
 * struct it is in unknown, never the parse fail.
 */
#include "backend/ctf/outline_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"

#define FIELDS_MAX 256 /* of a struct */
#define TYPES_MAX  65536

static struct outline_shape *make_shape(struct outline_parser *parser)
{
	struct outline_shape *shape = mem_zalloc(sizeof(*shape));

	shape->next = parser->shapes;
	shape->align_bits = 1;
	parser->shapes = shape;
	parser->shape_count++;
	return shape;
}

void outline_add_alias(struct outline_parser *parser, const char *name, struct outline_shape *shape)
{
	struct outline_part *alias;

	if (!shape)
		return;
	parser->aliases = mem_grow(parser->aliases, parser->alias_count, &parser->alias_room,
				   sizeof(*parser->aliases));
	alias = &parser->aliases[parser->alias_count++];
	*alias = (struct outline_part){.shape = shape, .count = 1};
	snprintf(alias->name, sizeof(alias->name), "%s", name);
}

/* The newest of that name. NULL if there is none. */
static struct outline_shape *find_alias(const struct outline_parser *parser, const char *name)
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
static bool next_attribute(struct outline_parser *parser, char name[OUTLINE_NAME_MAX],
			   struct outline_token *value)
{
	if (outline_token_is(parser, "}") || parser->token.kind == KIND_END)
		return false;
	outline_token_copy(&parser->token, name);
	outline_advance(parser);
	*value = (struct outline_token){KIND_END, "", 0};
	if (outline_accept(parser, "=")) {
		*value = parser->token;
		outline_advance(parser);
	}
	return true;
}

enum outline_order outline_parse_order(const struct outline_token *value,
				       enum outline_order missing)
{
	char name[OUTLINE_NAME_MAX];

	outline_token_copy(value, name);
	if (!strcmp(name, "le"))
		return ORDER_LITTLE;
	return !strcmp(name, "be") || !strcmp(name, "network") ? ORDER_BIG : missing;
}

/* "clock.NAME.value", of which "clock" was taken. */
static void parse_map(struct outline_parser *parser, struct outline_shape *shape)
{
	if (outline_accept(parser, ".")) {
		outline_token_copy(&parser->token, shape->clock);
		outline_advance(parser);
	}
}

void outline_note_text(struct outline_parser *parser, const struct outline_token *encoding,
		       uint64_t align_bits)
{
	char name[OUTLINE_NAME_MAX];

	outline_token_copy(encoding, name);
	if (encoding->length > 0 && strcmp(name, "none") && align_bits % 8)
		parser->outline->has_bit_text = true;
}

static struct outline_shape *parse_integer(struct outline_parser *parser)
{
	struct outline_shape *shape = make_shape(parser);
	struct outline_token value, encoding = {KIND_END, "", 0};
	char name[OUTLINE_NAME_MAX];
	uint64_t align_bits = 0;

	if (!outline_accept(parser, "{"))
		return shape;
	while (next_attribute(parser, name, &value)) {
		if (!strcmp(name, "size"))
			shape->size_bits = outline_token_number(&value);
		else if (!strcmp(name, "align"))
			align_bits = outline_token_number(&value);
		else if (!strcmp(name, "byte_order"))
			shape->order = outline_parse_order(&value, ORDER_NATIVE);
		else if (!strcmp(name, "encoding"))
			encoding = value;
		else if (!strcmp(name, "map"))
			parse_map(parser, shape);
		outline_skip_statement(parser);
	}
	outline_accept(parser, "}");
	/* CTF 1.8 §4.1.2: whole bytes are byte-aligned by default, others packed. */
	if (align_bits == 0)
		align_bits = shape->size_bits % 8 ? 1 : 8;
	outline_note_text(parser, &encoding, align_bits);
	shape->align_bits = is_power_of_2(align_bits) && align_bits <= 4096 ? align_bits : 1;
	shape->is_known =
		shape->size_bits > 0 && shape->size_bits <= 64 && shape->align_bits == align_bits;
	return shape;
}

static struct outline_shape *parse_float(struct outline_parser *parser)
{
	struct outline_shape *shape = make_shape(parser);
	struct outline_token value;
	char name[OUTLINE_NAME_MAX];

	if (!outline_accept(parser, "{"))
		return shape;
	while (next_attribute(parser, name, &value)) {
		if (!strcmp(name, "exp_dig") || !strcmp(name, "mant_dig"))
			shape->size_bits += outline_token_number(&value);
		else if (!strcmp(name, "align"))
			shape->align_bits = outline_token_number(&value);
		outline_skip_statement(parser);
	}
	outline_accept(parser, "}");
	if (!is_power_of_2(shape->align_bits) || shape->align_bits > 4096)
		shape->align_bits = 1;
	else
		shape->is_known = shape->size_bits == 32 || shape->size_bits == 64;
	return shape;
}

/* Its container's shape; labels say nothing here. */
static struct outline_shape *parse_enum(struct outline_parser *parser, unsigned int depth)
{
	char name[OUTLINE_NAME_MAX] = "", full[OUTLINE_NAME_MAX + 8];
	struct outline_shape *shape = NULL;

	if (parser->token.kind == KIND_NAME) {
		outline_token_copy(&parser->token, name);
		outline_advance(parser);
	}
	snprintf(full, sizeof(full), "enum %s", name);
	if (outline_accept(parser, ":"))
		shape = outline_parse_type(parser, depth + 1);
	if (outline_token_is(parser, "{")) {
		outline_skip_block(parser);
		if (*name)
			outline_add_alias(parser, full, shape);
	} else if (*name) {
		shape = find_alias(parser, full);
	}
	return shape ? shape : make_shape(parser);
}

static struct outline_shape *parse_unknown(struct outline_parser *parser)
{
	while (parser->token.kind == KIND_NAME)
		outline_advance(parser);
	if (outline_accept(parser, "<")) {
		while (parser->token.kind != KIND_END && !outline_accept(parser, ">"))
			outline_advance(parser);
	}
	if (outline_token_is(parser, "{"))
		outline_skip_block(parser);
	return make_shape(parser);
}

static void parse_lengths(struct outline_parser *parser, struct outline_part *part)
{
	while (outline_accept(parser, "[")) {
		uint64_t length = outline_token_number(&parser->token);

		if (parser->token.kind != KIND_NUMBER || length > CTF_PACKET_HEAD_MAX)
			part->shape = make_shape(parser); /* a sequence */
		else
			part->count = part->count * length < CTF_PACKET_HEAD_MAX * 8
					      ? part->count * length
					      : CTF_PACKET_HEAD_MAX * 8;
		while (parser->token.kind != KIND_END && !outline_accept(parser, "]"))
			outline_advance(parser);
	}
}

static void parse_field(struct outline_parser *parser, struct outline_shape *shape,
			unsigned int depth)
{
	struct outline_part part = {.count = 1};

	part.shape = outline_parse_type(parser, depth + 1);
	outline_token_copy(&parser->token, part.name);
	if (parser->token.kind == KIND_NAME)
		outline_advance(parser);
	parse_lengths(parser, &part);
	if (shape->part_count < FIELDS_MAX) {
		shape->parts = mem_grow(shape->parts, shape->part_count, &shape->part_room,
					sizeof(*shape->parts));
		shape->parts[shape->part_count++] = part;
	} else {
		shape->is_known = false;
	}
	outline_skip_statement(parser);
}

static uint64_t largest(uint64_t one, uint64_t other)
{
	return one > other ? one : other;
}

static void parse_align(struct outline_parser *parser, struct outline_shape *shape)
{
	uint64_t align_bits;

	if (!outline_accept(parser, "align"))
		return;
	outline_accept(parser, "(");
	align_bits = outline_token_number(&parser->token);
	if (is_power_of_2(align_bits) && align_bits <= 4096)
		shape->align_bits = largest(shape->align_bits, align_bits);
	else
		shape->is_known = false;
	outline_advance(parser);
	outline_accept(parser, ")");
}

static struct outline_shape *parse_struct(struct outline_parser *parser, unsigned int depth)
{
	char name[OUTLINE_NAME_MAX] = "", full[OUTLINE_NAME_MAX + 8];
	struct outline_shape *shape;

	if (parser->token.kind == KIND_NAME && !outline_token_is(parser, "align")) {
		outline_token_copy(&parser->token, name);
		outline_advance(parser);
	}
	snprintf(full, sizeof(full), "struct %s", name);
	if (!outline_accept(parser, "{")) {
		shape = find_alias(parser, full);
		return shape ? shape : make_shape(parser);
	}
	shape = make_shape(parser);
	shape->is_struct = true;
	shape->is_known = true;
	while (parser->token.kind != KIND_END && !outline_token_is(parser, "}")) {
		const char *before = parser->token.begin;

		parse_field(parser, shape, depth);
		if (parser->token.begin == before)
			outline_advance(parser);
	}
	outline_accept(parser, "}");
	for (size_t i = 0; i < shape->part_count; i++) {
		const struct outline_shape *part = shape->parts[i].shape;

		shape->is_known = shape->is_known && part->is_known;
		shape->align_bits = largest(shape->align_bits, part->align_bits);
	}
	parse_align(parser, shape);
	if (*name)
		outline_add_alias(parser, full, shape);
	return shape;
}

/* A run of words is a type's name and, when something other than ":=" or "{" follows, a field's. */
static struct outline_shape *parse_alias(struct outline_parser *parser)
{
	char full[2 * OUTLINE_NAME_MAX] = "", word[OUTLINE_NAME_MAX];
	struct outline_shape *shape = NULL, *found;

	while (parser->token.kind == KIND_NAME) {
		size_t length = strlen(full);

		outline_token_copy(&parser->token, word);
		snprintf(full + length, sizeof(full) - length, "%s%s", length ? " " : "", word);
		found = find_alias(parser, full);
		if (!found && shape)
			break; /* this word is the field */
		shape = found;
		outline_advance(parser);
	}
	return shape ? shape : make_shape(parser);
}

/* Never NULL. The token behind the type comes next. */
struct outline_shape *outline_parse_type(struct outline_parser *parser, unsigned int depth)
{
	if (depth > OUTLINE_DEPTH_MAX || parser->shape_count > TYPES_MAX) {
		parser->at = parser->end;
		outline_advance(parser);
		return make_shape(parser);
	}
	outline_accept(parser, "const");
	if (outline_accept(parser, "integer"))
		return parse_integer(parser);
	if (outline_accept(parser, "floating_point"))
		return parse_float(parser);
	if (outline_accept(parser, "enum"))
		return parse_enum(parser, depth);
	if (outline_accept(parser, "struct"))
		return parse_struct(parser, depth);
	if (outline_accept(parser, "string")) {
		if (outline_token_is(parser, "{"))
			outline_skip_block(parser);
		return make_shape(parser);
	}
	if (outline_token_is(parser, "variant"))
		return parse_unknown(parser);
	return parse_alias(parser);
}
