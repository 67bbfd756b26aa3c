/* SPDX-License-Identifier: GPL-2.0-or-later */
/* See shape.h. */
#include "backend/source/native/shape.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/ctf/type.h"

#define ARRAY_COUNT_MAX 65536

static bool is_list(enum handshake_kind kind)
{
	return kind == HANDSHAKE_SEQUENCE || kind == HANDSHAKE_TEXT;
}

/* --- made from messages */

static bool is_identifier(const char *name)
{
	if (!isalpha((unsigned char)name[0]) && name[0] != '_')
		return false;
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && *name != '_')
			return false;
	return true;
}

static bool has_good_size(const struct handshake_field *field)
{
	bool is_float = field->kind == HANDSHAKE_FLOAT ||
			(field->kind != HANDSHAKE_INTEGER && field->kind != HANDSHAKE_ENUMERATION &&
			 (field->flags & HANDSHAKE_ELEMENTS_FLOAT));

	if (field->kind == HANDSHAKE_STRING)
		return true;
	if (field->kind == HANDSHAKE_TEXT)
		return field->bytes == 1;
	if (is_float)
		return field->bytes == 4 || field->bytes == 8;
	return field->bytes == 1 || field->bytes == 2 || field->bytes == 4 || field->bytes == 8;
}

static bool take_field(const struct handshake_field *from, struct native_field *field,
		       struct error *err)
{
	if (!memchr(from->name, 0, sizeof(from->name)) || !is_identifier(from->name))
		return error_set(err, ERROR_INVALID, "a field's name is no identifier");
	if (from->kind < HANDSHAKE_INTEGER || from->kind > HANDSHAKE_TEXT || !has_good_size(from))
		return error_set(err, ERROR_INVALID, "field '%s' is of no known kind", from->name);
	if (from->kind == HANDSHAKE_ARRAY && (from->count == 0 || from->count > ARRAY_COUNT_MAX))
		return error_set(err, ERROR_INVALID, "array '%s' has %u elements", from->name,
				 from->count);
	*field = (struct native_field){
		.kind = (enum handshake_kind)from->kind,
		.bytes = from->kind == HANDSHAKE_STRING ? 1 : from->bytes,
		.base = from->base == 16 ? 16 : 10,
		.flags = from->flags,
		.count = from->kind == HANDSHAKE_ARRAY ? from->count : 1,
		.name = mem_strdup(from->name),
	};
	return true;
}

struct native_shape *native_shape_create(const struct handshake_field *fields, uint32_t count,
					 struct error *err)
{
	struct native_shape *shape = mem_zalloc(sizeof(*shape) + count * sizeof(shape->fields[0]));

	shape->is_fixed = true;
	for (uint32_t i = 0; i < count; i++) {
		struct native_field *field = &shape->fields[i];

		if (!take_field(&fields[i], field, err)) {
			native_shape_destroy(shape);
			return NULL;
		}
		shape->field_count++;
		if (field->kind == HANDSHAKE_STRING || is_list(field->kind))
			shape->is_fixed = false;
		shape->fixed_bytes += field->bytes * field->count;
	}
	return shape;
}

void native_shape_destroy(struct native_shape *shape)
{
	if (!shape)
		return;
	for (uint32_t i = 0; i < shape->field_count; i++)
		free(shape->fields[i].name);
	free(shape);
}

/* --- as CTF has it */

static struct ctf_type *make_number(const struct native_field *field, bool is_float)
{
	struct ctf_type *type;

	if (is_float) {
		type = ctf_type_create(CTF_FLOAT);
		type->align_bits = 8;
		type->size_bits = field->bytes * 8;
		type->mantissa_bits = field->bytes == 4 ? 24 : 53;
		type->exponent_bits = type->size_bits - type->mantissa_bits;
	} else {
		type = ctf_type_create_integer(field->bytes * 8, 8, field->flags & HANDSHAKE_SIGNED,
					       field->base);
	}
	type->is_reverse_order = (field->flags & HANDSHAKE_NETWORK_ORDER) && field->bytes > 1 &&
				 __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__;
	return type;
}

static struct ctf_type *make_list(const struct native_field *field, const char *length_name)
{
	struct ctf_type *type = ctf_type_create(length_name ? CTF_SEQUENCE : CTF_ARRAY);

	type->element = make_number(field, field->flags & HANDSHAKE_ELEMENTS_FLOAT);
	type->element->is_text = field->kind == HANDSHAKE_TEXT;
	type->length = field->count;
	if (length_name)
		type->length_field = mem_strdup(length_name);
	return type;
}

static struct ctf_type *make_type(const struct native_field *field)
{
	struct ctf_type *type;

	switch (field->kind) {
	case HANDSHAKE_STRING:
		type = ctf_type_create(CTF_STRING);
		type->is_text = true;
		return type;
	case HANDSHAKE_FLOAT:
		return make_number(field, true);
	case HANDSHAKE_ENUMERATION:
		type = make_number(field, false);
		type->kind = CTF_ENUM;
		return type;
	case HANDSHAKE_ARRAY:
		return make_list(field, NULL);
	default:
		return make_number(field, false);
	}
}

static void add_list(struct ctf_type *payload, const struct native_field *field)
{
	char *length_name = mem_printf("_%s_length", field->name);

	ctf_type_add_field(payload, length_name, ctf_type_create_integer(32, 8, false, 10));
	ctf_type_add_field(payload, field->name, make_list(field, length_name));
	free(length_name);
}

struct ctf_type *native_shape_type(const struct native_shape *shape)
{
	struct ctf_type *payload = ctf_type_create(CTF_STRUCT);

	for (uint32_t i = 0; i < shape->field_count; i++) {
		const struct native_field *field = &shape->fields[i];

		if (is_list(field->kind))
			add_list(payload, field);
		else
			ctf_type_add_field(payload, field->name, make_type(field));
	}
	return payload;
}

void native_shape_add_label(struct ctf_type *payload, uint32_t number,
			    const struct native_shape *shape, const struct handshake_label *label)
{
	char text[HANDSHAKE_NAME_BYTES];
	struct ctf_type *type;
	size_t place = 0;

	for (uint32_t i = 0; i < number; i++)
		place += is_list(shape->fields[i].kind) ? 2 : 1;
	type = payload->fields[place].type;
	memcpy(text, label->text, sizeof(text));
	text[sizeof(text) - 1] = '\0';
	if (type->is_signed ? label->low > label->high
			    : (uint64_t)label->low > (uint64_t)label->high)
		return;
	ctf_type_add_entry(type, text[0] ? text : "?", label->low, label->high, false);
}

/* --- in records */

static uint32_t load_count(const unsigned char *at)
{
	uint32_t count;

	memcpy(&count, at, sizeof(count));
	/* Once: an application may change it meanwhile. */
	__asm__("" : "+r"(count));
	return count;
}

uint64_t native_field_bytes(const struct native_field *field, const unsigned char *at,
			    uint64_t left)
{
	uint64_t bytes = (uint64_t)field->bytes * field->count;
	const unsigned char *nul;

	if (field->kind == HANDSHAKE_STRING) {
		nul = memchr(at, 0, left);
		return nul ? (uint64_t)(nul - at) + 1 : NATIVE_BYTES_NONE;
	}
	if (is_list(field->kind)) {
		if (left < sizeof(uint32_t))
			return NATIVE_BYTES_NONE;
		bytes = sizeof(uint32_t) + (uint64_t)load_count(at) * field->bytes;
	}
	return bytes <= left ? bytes : NATIVE_BYTES_NONE;
}

uint64_t native_shape_walk(const struct native_shape *shape, const unsigned char *at, uint64_t left)
{
	uint64_t total = 0;

	for (uint32_t i = 0; i < shape->field_count; i++) {
		uint64_t bytes = native_field_bytes(&shape->fields[i], at + total, left - total);

		if (bytes == NATIVE_BYTES_NONE)
			return NATIVE_BYTES_NONE;
		total += bytes;
	}
	return total;
}

/* --- for filters */

static uint64_t load_bits(const struct native_field *field, const unsigned char *at)
{
	uint64_t bits = 0;

	for (uint32_t i = 0; i < field->bytes; i++) {
		bool is_big = (field->flags & HANDSHAKE_NETWORK_ORDER) ||
			      __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;

		bits |= (uint64_t)at[is_big ? field->bytes - 1 - i : i] << (8 * i);
	}
	return bits;
}

static void read_number(const struct native_field *field, bool is_float, const unsigned char *at,
			struct filter_value *value)
{
	uint64_t bits = load_bits(field, at);
	unsigned int unused = field->bytes ? 64 - 8 * field->bytes : 0; /* it is 1 to 8 */
	uint32_t low = (uint32_t)bits;
	float single;

	if (is_float && field->bytes == 4) {
		memcpy(&single, &low, sizeof(single));
		value->kind = FILTER_VALUE_FLOAT;
		value->float_value = (double)single;
	} else if (is_float) {
		value->kind = FILTER_VALUE_FLOAT;
		memcpy(&value->float_value, &bits, sizeof(bits));
	} else if (field->flags & HANDSHAKE_SIGNED) {
		value->kind = FILTER_VALUE_SIGNED;
		value->signed_value = (int64_t)(bits << unused) >> unused;
	} else {
		value->kind = FILTER_VALUE_UNSIGNED;
		value->unsigned_value = bits;
	}
}

static void read_text(const unsigned char *at, uint64_t length, struct filter_value *value)
{
	value->kind = FILTER_VALUE_STRING;
	value->string.bytes = (const char *)at;
	value->string.length = strnlen((const char *)at, length);
}

static void read_field(const struct native_field *field, bool has_index, uint64_t index,
		       const unsigned char *at, uint64_t bytes, struct filter_value *value)
{
	bool is_float = field->flags & HANDSHAKE_ELEMENTS_FLOAT;

	switch (field->kind) {
	case HANDSHAKE_STRING:
		if (!has_index)
			read_text(at, bytes, value);
		return;
	case HANDSHAKE_TEXT:
		if (!has_index)
			read_text(at + sizeof(uint32_t), bytes - sizeof(uint32_t), value);
		return;
	case HANDSHAKE_SEQUENCE:
		at += sizeof(uint32_t);
		bytes -= sizeof(uint32_t);
		break;
	case HANDSHAKE_ARRAY:
		break;
	default:
		if (!has_index)
			read_number(field, field->kind == HANDSHAKE_FLOAT, at, value);
		return;
	}
	if (has_index && index < bytes / field->bytes)
		read_number(field, is_float, at + index * field->bytes, value);
}

void native_shape_value(const struct native_shape *shape, uint32_t number, bool has_index,
			uint64_t index, const unsigned char *at, uint64_t left,
			struct filter_value *value)
{
	uint64_t bytes;

	value->kind = FILTER_VALUE_MISSING;
	for (uint32_t i = 0; i < shape->field_count; i++) {
		bytes = native_field_bytes(&shape->fields[i], at, left);
		if (bytes == NATIVE_BYTES_NONE)
			return;
		if (i == number) {
			read_field(&shape->fields[i], has_index, index, at, bytes, value);
			return;
		}
		at += bytes;
		left -= bytes;
	}
}
