/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Field types in CTF's terms: a tree that sources build once per event type. metadata.c prints it
 * as TSDL, scan.c compiles it to the few steps that find the next event in a packet.
 */
#ifndef TRACON_CTF_TYPE_H
#define TRACON_CTF_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "backend/base/error.h"

#define CTF_NESTING_MAX 16 /* structs, arrays and choices inside each other */

enum ctf_kind {
	CTF_INTEGER,
	CTF_FLOAT,
	CTF_STRING, /* NUL terminated */
	CTF_ENUM,
	CTF_ARRAY,
	CTF_SEQUENCE,
	CTF_VARIANT,
	CTF_STRUCT,
};

struct ctf_type;

struct ctf_field {
	char *name; /* as the source names it; metadata.c makes an identifier of it */
	struct ctf_type *type;
};

struct ctf_enum_entry {
	char *label;
	int64_t begin; /* for unsigned containers the same bits */
	int64_t end;
	bool is_auto; /* printed without a value */
};

/* Members count for the kinds named behind them. Everything below is owned. */
struct ctf_type {
	enum ctf_kind kind;
	unsigned int align_bits;    /* all; 1 and 8 mean byte-packed or tighter */
	unsigned int size_bits;	    /* integer, enum (its container); float: 32 or 64 */
	unsigned int exponent_bits; /* float */
	unsigned int mantissa_bits; /* float; CTF counts the sign bit in: 24, 53 */
	unsigned int base;	    /* integer: 2, 8, 10 or 16, for display */
	bool is_signed;		    /* integer, enum */
	bool is_reverse_order;	    /* integer, float, enum: not the trace's byte order */
	bool is_text;		    /* integer, string: UTF-8 text */
	struct ctf_type *element;   /* array, sequence */
	uint64_t length;	    /* array: elements */
	char *length_field; /* sequence: name of the integer before it; variant: its tag's name */
	struct ctf_field *fields; /* struct; variant: choices, named by the tag's labels */
	size_t field_count;
	struct ctf_enum_entry *entries; /* enum */
	size_t entry_count;
};

struct ctf_type *ctf_type_create(enum ctf_kind kind);
void ctf_type_destroy(struct ctf_type *type); /* the whole tree; NULL passes */
struct ctf_type *ctf_type_create_integer(unsigned int size_bits, unsigned int align_bits,
					 bool is_signed, unsigned int base);
/* The length is that of an integer before it; its name is copied, element passes to the type. */
struct ctf_type *ctf_type_create_sequence(const char *length_field, struct ctf_type *element);
/* Adds to a struct or variant; name is copied, type passes to `type`. */
void ctf_type_add_field(struct ctf_type *type, const char *name, struct ctf_type *field_type);
void ctf_type_add_entry(struct ctf_type *type, const char *label, int64_t begin, int64_t end,
			bool is_auto);
/*
 * Whether a payload or context can be printed and walked: sizes, alignments, nesting within bounds;
 * lengths and tags name an integer or enum before them in the same or an outer struct; each choice
 * has its label. Sources refuse event types from outside that fail here (ERROR_INVALID): one bad
 * declaration would make the whole trace unreadable.
 */
bool ctf_type_check(const struct ctf_type *type, struct error *err);

#endif
