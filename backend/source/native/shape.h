/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the fields of a native event are: how many bytes they take in a record, what CTF calls them,
 * and what a filter sees. Fields are packed to bytes. Made from messages of applications, so all is
 * bounded; a record may hold anything.
 */
#ifndef TRACON_SOURCE_NATIVE_SHAPE_H
#define TRACON_SOURCE_NATIVE_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/base/error.h"
#include "backend/base/filter/filter.h"
#include "backend/provider/handshake.h"

struct ctf_type;

struct native_field {
	enum handshake_kind kind;
	uint32_t bytes;
	uint32_t base;
	uint32_t flags;
	uint32_t count;
	char *name;
};

struct native_shape {
	uint32_t fixed_bytes; /* of all fields, if is_fixed */
	bool is_fixed;
	uint32_t field_count;
	struct native_field fields[];
};

#define NATIVE_BYTES_NONE UINT64_MAX

/* NULL with ERROR_INVALID. */
struct native_shape *native_shape_create(const struct handshake_field *fields, uint32_t count,
					 struct error *err);
void native_shape_destroy(struct native_shape *shape); /* NULL passes */
/* The caller's; labels of enumerations are added by native_shape_add_label(). */
struct ctf_type *native_shape_type(const struct native_shape *shape);
/* Of field `number` of that type; what is not UTF-8, or is empty, becomes a number. */
void native_shape_add_label(struct ctf_type *payload, uint32_t number,
			    const struct native_shape *shape, const struct handshake_label *label);

/* Bytes of one of the fields at `at`; NATIVE_BYTES_NONE: it goes beyond `left`. */
uint64_t native_field_bytes(const struct native_field *field, const unsigned char *at,
			    uint64_t left);
uint64_t native_shape_walk(const struct native_shape *shape, const unsigned char *at,
			   uint64_t left);

static inline uint64_t native_shape_bytes(const struct native_shape *shape, const unsigned char *at,
					  uint64_t left)
{
	if (!shape->is_fixed)
		return native_shape_walk(shape, at, left);
	return shape->fixed_bytes <= left ? shape->fixed_bytes : NATIVE_BYTES_NONE;
}

/*
 * The value of field `number`, or of one element. MISSING: it is none that can be compared. Text
 * lies in the record.
 */
void native_shape_value(const struct native_shape *shape, uint32_t number, bool has_index,
			uint64_t index, const unsigned char *at, uint64_t left,
			struct filter_value *value);

#endif
