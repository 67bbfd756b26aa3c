/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How to step over one struct of fields: either a fixed number of bytes, or a list of operations.
 * Made once per event type by program.c, run by scan.c for each event.
 */
#ifndef TRACON_CTF_PROGRAM_H
#define TRACON_CTF_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/ctf/metadata.h"
#include "backend/ctf/type.h"

enum scan_code {
	SCAN_SKIP,   /* bits */
	SCAN_ALIGN,  /* to a multiple of bits, from the packet's begin */
	SCAN_STRING, /* aligns to 8 */
	SCAN_READ,   /* an integer of size_bits into slot */
	SCAN_TIMES,  /* slot's number of elements, `bits` each, each but the last with its
			padding: last_bits */
	SCAN_LOOP,   /* repeats the operations up to `target`: slot's number or, with is_constant,
			bits times */
	SCAN_CHOOSE, /* goes where slot's value belongs: ranges first_range and on */
	SCAN_JUMP,   /* to target */
};

struct scan_op {
	enum scan_code code;
	uint8_t slot;
	uint8_t size_bits;
	bool is_big_endian;
	bool is_signed;
	bool is_constant;
	uint32_t target;
	uint32_t first_range;
	uint32_t range_count;
	uint64_t bits;
	uint64_t last_bits;
};

struct scan_range {
	uint64_t begin; /* signed ones have their sign bit flipped: then all compare unsigned */
	uint64_t end;
	uint32_t target;
};

struct scan_program {
	struct scan_program *next; /* all of a scanner, for freeing */
	bool is_fixed;
	uint64_t fixed_bytes;
	struct scan_op *ops;
	uint32_t op_count;
	struct scan_range *ranges;
	/*
	 * Whole bytes and strings only, the most frequent kind that is not fixed: how many bytes
	 * come before each string, and behind the last. NULL: it has more than that.
	 */
	uint32_t *skips_bytes; /* string_count + 1 */
	uint32_t string_count;
};

/* For types that ctf_type_check() takes. */
struct scan_program *scan_program_create(const struct ctf_type *type,
					 const struct ctf_layout *layout);
void scan_program_destroy(struct scan_program *program); /* NULL passes */

#endif
