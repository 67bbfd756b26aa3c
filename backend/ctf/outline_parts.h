/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of the outline's parser share: tokens (outline_token.c), types as sizes and
 * alignments (outline_type.c), and the places that follow from them (outline_place.c).
 */
#ifndef TRACON_CTF_OUTLINE_PARTS_H
#define TRACON_CTF_OUTLINE_PARTS_H

#include "backend/ctf/outline.h"

#define OUTLINE_DEPTH_MAX 24
#define OUTLINE_NAME_MAX  128

enum outline_order { ORDER_NATIVE, ORDER_LITTLE, ORDER_BIG };

/* A field of a struct, or a type by its name. */
struct outline_part {
	char name[OUTLINE_NAME_MAX];
	struct outline_shape *shape;
	uint64_t count; /* elements; 1 if it is no array */
};

struct outline_shape {
	struct outline_shape *next; /* all of a parse */
	bool is_known;		    /* of fixed size */
	bool is_struct;
	uint64_t size_bits; /* not of structs */
	uint64_t align_bits;
	enum outline_order order;
	char clock[OUTLINE_NAME_MAX]; /* "map = clock.NAME.value" */
	struct outline_part *parts;   /* of a struct */
	size_t part_count, part_room;
};

enum outline_kind { KIND_END, KIND_NAME, KIND_NUMBER, KIND_STRING, KIND_MARK };

struct outline_token {
	enum outline_kind kind;
	const char *begin;
	size_t length;
};

struct outline_parser {
	struct ctf_outline *outline;
	const char *at, *end;
	struct outline_token token; /* that comes next */
	enum outline_order order;   /* the trace's */
	struct outline_shape *shapes;
	size_t shape_count;
	struct outline_part *aliases; /* "uint32_t", "struct packet_context" */
	size_t alias_count, alias_room;
	struct outline_shape *header;
	struct outline_shape **contexts; /* one a stream */
	size_t context_count, context_room;
};

/* --- tokens --- */

void outline_advance(struct outline_parser *parser); /* to the next token */
bool outline_token_is(const struct outline_parser *parser, const char *text);
bool outline_accept(struct outline_parser *parser, const char *text); /* and goes on behind it */
void outline_token_copy(const struct outline_token *token,
			char out[OUTLINE_NAME_MAX]);		  /* cut if longer */
uint64_t outline_token_number(const struct outline_token *token); /* 0 if it is none */
/* Behind the brace that closes the block whose opening one comes next. */
void outline_skip_block(struct outline_parser *parser);
/* Behind the semicolon of the statement, blocks inside it included; not over the outer brace. */
void outline_skip_statement(struct outline_parser *parser);

/* --- types --- */

/* Never NULL; the parser's. The token behind the type comes next. */
struct outline_shape *outline_parse_type(struct outline_parser *parser, unsigned int depth);
void outline_add_alias(struct outline_parser *parser, const char *name,
		       struct outline_shape *shape);
enum outline_order outline_parse_order(const struct outline_token *value,
				       enum outline_order missing);
/* Text of that encoding and alignment may be in events. */
void outline_note_text(struct outline_parser *parser, const struct outline_token *encoding,
		       uint64_t align_bits);

/* --- places --- */

void outline_place_all(struct outline_parser *parser);

#endif
